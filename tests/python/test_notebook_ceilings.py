"""Notebook 06 on published books that lack what it asks for: it says so and goes on to its end."""

from pathlib import Path

import pytest
from conftest import ROOT
from test_notebooks import change, published, run_in_process

from book_of_business.errors import UserError

__all__ = ["published"]  # the fixture

CEILINGS = ROOT / "notebooks" / "06_throughput_ceilings.ipynb"
UNSCORED = (
    "update marts.fct_csm_engagement set mean_quality_score = null, scored_interaction_count = 0, "
    "standardised_quality_score = null, standardised_interaction_count = 0"
)
EMPTY = tuple(
    f"delete from marts.{mart}"
    for mart in ("fct_csm_throughput", "fct_csm_engagement", "fct_csm_capacity", "fct_touch_plan", "dim_csms",
                 "fct_csm_perceived_load", "fct_csm_load", "fct_books")
)  # fmt: skip
# Scores of a few weeks that no scorecard gives, and a week in which somebody held a thousand calls.
WILD = (
    "update marts.fct_csm_engagement set mean_quality_score = 1e6 where csm_id = "
    "(select min(csm_id) from marts.dim_csms) and date_part('week', week_start_date) % 5 = 0",
    "update marts.fct_csm_throughput set counted_interaction_count = 1000 where week_start_date = "
    "(select max(week_start_date) from marts.dim_weeks)",
)
# Everything of a month entered in its last week: the other weeks are empty.
IN_BULK = (
    "update marts.fct_csm_throughput set counted_interaction_count = case when date_part('week', week_start_date) % 4 "
    "= 0 then 4 * counted_interaction_count else 0 end",
)
ANSWERS_ALIKE = "update marts.fct_csm_perceived_load set perceived_load_score = 7"
NO_SURVEYS = "delete from marts.fct_csm_perceived_load"
NO_LOADS = "update marts.fct_csm_perceived_load set load_ratio = null"
NO_HEALTH_SCORES = "update marts.fct_books set red_account_count = null"
NO_TOUCHES = "delete from marts.fct_touch_plan"


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ((), ["no ceiling identified", "Fewer than 3 CSMs have enough weeks", "Nobody can be listed"]),
        ((UNSCORED, NO_SURVEYS), ["has a quality score", "no number of weeks would show", "Nobody was asked"]),
        ((NO_HEALTH_SCORES, ANSWERS_ALIKE), ["no ceiling identified", "Nobody can be listed"]),
        ((NO_LOADS, NO_TOUCHES), ["No answer fell into a week at work", "the productive hours give no default"]),
        (EMPTY, ["There are no CSMs", "Nobody was asked"]),
        ((*IN_BULK, *WILD), ["no ceiling identified"]),
    ],
    ids=["too_few_csms", "no_scores_no_surveys", "no_health_scores", "no_loads", "empty_book", "wild_values"],
)  # fmt: skip
def test_notebook_says_what_it_cannot_tell(published: Path, statements: tuple[str, ...], said: list[str]) -> None:
    change(published, *statements)
    page = run_in_process(published, CEILINGS)
    for sentence in said:
        assert sentence in page
    assert "The headline holds" in page


def test_a_mart_that_is_absent_is_named(published: Path) -> None:
    change(published, "drop table marts.fct_csm_engagement")
    with pytest.raises(UserError, match="fct_csm_engagement"):
        run_in_process(published, CEILINGS)


def test_last_cell_stops_when_a_join_counts_weeks_twice(published: Path) -> None:
    change(published, "insert into marts.fct_books from marts.fct_books")
    with pytest.raises(AssertionError, match="CSM-weeks behind the ceilings are others"):
        run_in_process(published, CEILINGS)
