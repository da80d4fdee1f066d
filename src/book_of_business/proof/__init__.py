"""Measurements of the project itself: benchmark, evidence, parity of engines, alarms, house rules.

No other package imports from here; the entries at the root of the package do.
"""
