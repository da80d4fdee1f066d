"""The marts as metrics.md words them, by name: each from the raw book, some also from other marts.

Where a mart is too free for a second computation (which day a signal emerges on), its published rows
are *given*, and what is built on them is computed from there.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from . import marts as plain
from .book import Book, Mart, NoClockError, quarter_start
from .contract import Outcome
from .dimensions import dim_csms, dim_weeks
from .logged_time import fct_account_logged_time, fct_csm_logged_time
from .reference import Reference
from .risk import fct_csm_risk_detection, fct_risk_episodes
from .scorecard import fct_csm_scorecard
from .triggers import fct_rebalancing_triggers

__all__ = ["COVERED_MARTS", "GIVEN", "Mart", "Marts", "NoClockError", "build_marts", "can_build", "quarter_start"]

OF_THE_CONTRACT: dict[str, Callable[[Outcome], Mart]] = {
    "data_coverage": plain.data_coverage,
    "rejected_rows": plain.rejected_rows,
}
OF_THE_BOOK: dict[str, Callable[[Book], Mart]] = {
    "fct_account_effort": plain.fct_account_effort,
    "fct_csm_load": plain.fct_csm_load,
    "fct_account_coverage": plain.fct_account_coverage,
    "fct_csm_coverage": plain.fct_csm_coverage,
    "fct_renewal_concentration": plain.fct_renewal_concentration,
    "fct_book_renewals": plain.fct_book_renewals,
    "fct_books": plain.fct_books,
    "fct_csm_throughput": plain.fct_csm_throughput,
    "fct_csm_engagement": plain.fct_csm_engagement,
    "fct_touch_plan": plain.fct_touch_plan,
    "fct_account_logged_time": fct_account_logged_time,
    "fct_csm_logged_time": fct_csm_logged_time,
    "dim_csms": dim_csms,
    "dim_weeks": dim_weeks,
}
OF_OTHER_MARTS: dict[str, Callable[..., Mart]] = {
    "fct_risk_episodes": fct_risk_episodes,
    "fct_csm_risk_detection": fct_csm_risk_detection,
    "fct_csm_scorecard": fct_csm_scorecard,
    "fct_rebalancing_triggers": fct_rebalancing_triggers,
}
NEEDS: dict[str, tuple[str, ...]] = {
    "fct_risk_episodes": ("fct_risk_signals", "fct_csm_load"),
    "fct_csm_risk_detection": ("fct_risk_episodes",),
    "fct_csm_scorecard": (
        "fct_csm_load",
        "fct_csm_throughput",
        "fct_csm_risk_detection",
        "fct_csm_engagement",
        "fct_csm_coverage",
    ),
    "fct_rebalancing_triggers": (
        "fct_csm_load",
        "fct_csm_throughput",
        "fct_books",
        "fct_csm_coverage",
        "fct_risk_episodes",
    ),
}
# Taken from the published file as they stand, with these columns.
GIVEN = {"fct_risk_signals": ("signal_id", "account_id", "csm_id", "signal_type", "emerged_at")}
COVERED_MARTS = (*OF_THE_CONTRACT, *OF_THE_BOOK, *OF_OTHER_MARTS)


def can_build(mart: str, given: Iterable[str]) -> bool:
    """Whether everything that the mart stands on is computed here or given."""
    if mart in GIVEN:
        return mart in given
    return all(can_build(parent, given) for parent in NEEDS.get(mart, ()))


class Marts:
    """Expected rows by the mart's name, each computed once, when first asked for."""

    def __init__(self, book: Book, outcome: Outcome, given: Mapping[str, Mart]) -> None:
        self.book = book
        self.outcome = outcome
        self.rows: dict[str, Mart] = dict(given)

    def __getitem__(self, mart: str) -> Mart:
        if mart not in self.rows:
            if mart in OF_THE_CONTRACT:
                self.rows[mart] = OF_THE_CONTRACT[mart](self.outcome)
            elif mart in OF_THE_BOOK:
                self.rows[mart] = OF_THE_BOOK[mart](self.book)
            else:
                self.rows[mart] = OF_OTHER_MARTS[mart](self.book, *(self[parent] for parent in NEEDS[mart]))
        return self.rows[mart]


def build_marts(
    outcome: Outcome,
    reference: Reference,
    as_of_date: date | None = None,
    marts: Iterable[str] | None = None,
    given: Mapping[str, Mart] | None = None,
) -> dict[str, Mart]:
    """The expected rows of the named marts, by default of all that the given ones allow.

    Raises NoClockError when nothing tells the day, KeyError when a mart stands on one that is not given.
    """
    known = given or {}
    built = Marts(Book(outcome, reference, as_of_date), outcome, known)
    names = [mart for mart in COVERED_MARTS if can_build(mart, known)] if marts is None else marts
    return {mart: built[mart] for mart in names}
