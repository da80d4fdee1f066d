"""Leaving after overload: planted, without an effect, and where nothing can be told."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from scipy import stats

from book_of_business.outcome_models import departures
from book_of_business.proof.evidence.claims_departures import MONDAY, team

LOAD = departures.QUESTIONS[0]


def test_a_planted_effect_is_found_at_its_size() -> None:
    found = [departures.measure(team(seed, 2.5), LOAD) for seed in range(6)]
    assert sum(one.low < 2.5 < one.high for one in found) >= 5
    assert np.mean([one.value for one in found]) == pytest.approx(2.5, abs=0.6)
    assert sum(one.p_value < 0.05 for one in found) >= 5
    assert sum("People leave more often after a quarter of a high load" in one.verdict for one in found) >= 4


def test_without_an_effect_few_are_told() -> None:
    """200 teams of 30: the share of p-values under 5% is that of chance, though departures are few."""
    found = [departures.measure(team(seed, 0.0, csms=30, yearly=0.35), LOAD, seed) for seed in range(200)]
    known = [one for one in found if one.value is not None]
    assert len(known) > 150
    told = sum(one.p_value < 0.05 for one in known)
    assert stats.binom.cdf(told, len(known), 0.05) > 0.005
    assert stats.binom.sf(told - 1, len(known), 0.05) > 0.005
    inside = sum(one.low < 0 < one.high for one in known) / len(known)
    assert inside > 0.9


def test_a_team_of_twelve_cannot_tell() -> None:
    found = departures.measure(team(1, 2.5, csms=12, weeks=104), LOAD)
    assert found.value is None
    assert "departures with a known quarter before are too few, 8 are needed" in found.verdict
    nobody = departures.measure(team(1, 0.0, csms=12, yearly=0.0), LOAD)
    assert (nobody.departure_count, nobody.value) == (0, None)


def test_books_that_always_were_different_are_said_and_not_taken_for_an_effect() -> None:
    """Leaving follows the level of three quarters before, and the quarter before only goes along with it."""
    placebo = departures.Hazard(LOAD, 20, 60, 2.0, 1.0, 3.0, 0.001, 0.01, 0.9, 1.0)
    assert "nothing can be said, since the same measure long before predicts it too" in placebo.verdict


@pytest.mark.parametrize(
    ("value", "low", "high", "p_value", "said"),
    [
        (0.2, -0.4, 0.8, 0.5, "No effect of load of the own book on leaving that matters"),
        (0.9, -0.4, 2.2, 0.1, "it cannot be told yet"),
        (-1.5, -2.2, -0.8, 0.01, "People leave less often"),
    ],
)
def test_what_is_said(value: float, low: float, high: float, p_value: float, said: str) -> None:
    assert said in departures.Hazard(LOAD, 20, 60, value, low, high, p_value, 0.5, 0.4, 1.5).verdict


def test_an_exposure_ends_a_quarter_before_and_needs_half_of_its_weeks() -> None:
    weeks = [MONDAY + dt.timedelta(weeks=week) for week in range(40)]
    rows = pl.DataFrame({
        "csm_id": "A", "week_start_date": weeks, "load_ratio": [float(week) for week in range(40)],
        "is_leaving": [week in (19, 18, 39) for week in range(40)],
    })  # fmt: skip
    found = dict(departures.at_risk(rows, "load_ratio").select("week_start_date", "exposure").iter_rows())
    # the weeks 0 to 5 are six, 0 to 6 seven; 14 to 26 a whole quarter
    assert found == {weeks[18]: None, weeks[19]: 3.0, weeks[39]: 20.0}


def test_the_estimate_is_that_of_a_conditional_logit_by_hand() -> None:
    """Two weeks, one leaver each: the partial likelihood maximised on a grid."""
    rows = pl.DataFrame({
        "csm_id": list("ABCABD"), "week_start_date": [MONDAY] * 3 + [MONDAY + dt.timedelta(weeks=1)] * 3,
        "is_leaving": [True, False, False, False, True, False], "exposure": [1.0, 0.5, 0.8, 0.4, 0.9, 1.1],
    })  # fmt: skip
    grid = np.linspace(-10, 10, 200_001)
    likelihood = sum(
        grid * one - np.log(np.exp(np.outer(np.array(week), grid)).sum(axis=0))
        for one, week in ((1.0, [1.0, 0.5, 0.8]), (0.9, [0.4, 0.9, 1.1]))
    )
    assert departures.cox(rows, ["exposure"])[0][0] == pytest.approx(grid[likelihood.argmax()], abs=1e-3)
