"""Great Expectations at the edge (raw tables as received) and on drift (distributions of the marts).

dbt owns structure, keys and invariants; nothing is asserted twice. `run` validates, `summary` is what came of it,
`page` shows it, `edge_suites` keeps the edge suites in step with the raw contract, `__main__` is the command.
Nothing here imports great_expectations before it is needed: its import takes seconds.
"""

from book_of_business.validation.page import render_page
from book_of_business.validation.run import validate_edge, validate_marts
from book_of_business.validation.summary import ValidationSummary, read_summary

__all__ = ["ValidationSummary", "read_summary", "render_page", "validate_edge", "validate_marts"]
