"""The metrics again, in plain Python from the documents' words, to compare with what is published.

`contract` judges the raw rows, `book` has the measures of one book of business, `marts`, `risk`,
`scorecard` and `triggers` the rows that follow, `signals` and `invariants` what is only checked, and
`metrics` all marts by name. `random_book` and `random_events` write books, `compare` compares.
"""
