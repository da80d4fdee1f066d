"""Synthetic books of business in the tables of the raw contract, with planted truth.

`cli` is the command, `run.simulate` the function behind it, `worlds` what can be true, `vocabulary` the
words shared with the reference seeds.
"""
