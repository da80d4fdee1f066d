"""Load as felt against load as measured: the outlier test against statsmodels' own, what is listed, and what is not."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

from book_of_business.calibration import self_report
from book_of_business.calibration.self_report import FELT_LESS, FELT_MORE, IN_LINE

RULES = self_report.read_rules()
LABELS = pl.DataFrame({"csm_id": [f"C{csm}" for csm in range(16)], "csm": [f"Name {csm}" for csm in range(16)]})


def answers(seed: int = 1, csms: int = 12, times: int = 6, habits: dict[int, float] | None = None) -> pl.DataFrame:
    """Answers that follow the load, with habits of 0.5 points and noise of 0.4; some with a habit of their own."""
    rng = np.random.default_rng(seed)
    rows = []
    for csm in range(csms):
        habit, load = rng.normal(0, 0.5), rng.uniform(0.5, 1.1)
        habit = (habits or {}).get(csm, habit)
        for time in range(times):
            now = load + rng.normal(0, 0.05)
            felt = float(np.clip(1 + 5.6 * now + habit + rng.normal(0, 0.4), 1, 10))
            rows.append((f"C{csm}", date(2026, 1, 1) + timedelta(weeks=4 * time), felt, now, 1.0))
    schema = ["csm_id", "surveyed_on", "perceived_load_score", "load_ratio", "availability_ratio"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_chances_are_those_of_the_outlier_test_of_statsmodels() -> None:
    found = self_report.read(answers(), RULES).csms
    line = sm.OLS(found["mean_answer"].to_numpy(), sm.add_constant(found["mean_load_ratio"].to_numpy())).fit()
    own = np.asarray(line.outlier_test(method="bonf"))
    assert found["chance"].to_list() == pytest.approx(own[:, 1].tolist())
    without = sm.OLS(
        found["mean_answer"].to_numpy()[1:], sm.add_constant(found["mean_load_ratio"].to_numpy()[1:])
    ).fit()
    expected = without.params @ [1, found["mean_load_ratio"][0]]
    assert found["expected_answer"][0] == pytest.approx(expected), "expected by the line of the others"


@pytest.mark.parametrize(("habit", "listed"), [(3.5, FELT_MORE), (-3.5, FELT_LESS), (0.0, None)])
def test_who_stands_apart_is_listed_with_the_direction(habit: float, listed: str | None) -> None:
    report = self_report.read(answers(habits={4: habit}), RULES)
    assert report.discordant.select("csm_id", "discordance").rows() == ([("C4", listed)] if listed else [])
    said = " ".join(self_report.sentences(report, LABELS, RULES))
    assert (f"Name 4 ({listed})" in said) if listed else ("No CSM is discordant" in said)
    table = self_report.listed(report, LABELS)
    assert table.filter(compared="with the other CSMs").height == (1 if listed else 0)


@pytest.mark.parametrize(
    ("gap", "chance", "answer", "said"),
    [
        (1.0, 0.009, 8.0, FELT_MORE), (1.0, 0.01, 8.0, IN_LINE), (1.0, 0.011, 8.0, IN_LINE),
        (-1.0, 0.009, 9.4, FELT_LESS), (-1.0, 0.009, 9.5, IN_LINE), (-1.0, 0.009, 9.6, IN_LINE),
        (1.0, 0.009, 1.4, IN_LINE), (1.0, 0.009, 1.5, IN_LINE), (1.0, 0.009, 1.6, FELT_MORE),
    ],
)  # fmt: skip
def test_listing_at_its_limit_and_at_the_ends_of_the_scale(gap: float, chance: float, answer: float, said: str) -> None:
    assert self_report.direction(gap, chance, 0.01, answer) == said


def test_a_latest_answer_is_held_against_the_own_ones_only() -> None:
    """A habit of three points is nobody's change; a jump of three points is."""
    frame = answers(habits={4: 3.0})
    last = pl.col("surveyed_on") == pl.col("surveyed_on").max().over("csm_id")
    jumped = frame.with_columns(
        perceived_load_score=pl.when(last & (pl.col("csm_id") == "C2"))
        .then(pl.col("perceived_load_score") - 3)
        .otherwise("perceived_load_score")
    )
    latest = self_report.read(jumped, RULES).latest.filter(pl.col("discordance") != IN_LINE)
    assert latest.select("csm_id", "discordance").rows() == [("C2", FELT_LESS)]


@pytest.mark.parametrize(("csms", "times", "can_list"), [(5, 6, False), (6, 6, True), (7, 6, True), (12, 2, False),
                                                        (12, 3, True), (12, 4, True)])  # fmt: skip
def test_few_csms_or_answers_list_nobody_and_say_so(csms: int, times: int, can_list: bool) -> None:
    report = self_report.read(answers(csms=csms, times=times), RULES)
    assert (not report.reason) is can_list
    if not can_list:
        assert "Nobody can be listed" in " ".join(self_report.sentences(report, LABELS, RULES))
        assert self_report.listed(report, LABELS).is_empty()


def test_nobody_is_listed_where_there_is_nothing_to_tell_apart() -> None:
    frame = answers()
    assert "Nobody was asked" in self_report.read(frame.head(0), RULES).reason
    none = frame.with_columns(load_ratio=pl.lit(None, pl.Float64))
    assert self_report.sentences(self_report.read(none, RULES), LABELS, RULES) == [
        "No answer fell into a week at work with a load, so there is nothing to hold them against."
    ]
    for column in ("load_ratio", "perceived_load_score"):
        assert "alike" in self_report.read(frame.with_columns(pl.lit(5.0).alias(column)), RULES).reason


@pytest.mark.parametrize(("availability", "is_held"), [(0.79, False), (0.8, True), (0.81, True), (None, False)])
def test_an_answer_of_a_week_mostly_away_is_left_out(availability: float | None, is_held: bool) -> None:
    frame = answers()
    last = pl.col("surveyed_on") == pl.col("surveyed_on").max().over("csm_id")
    away = last & (pl.col("csm_id") == "C2")
    changed = frame.with_columns(
        perceived_load_score=pl.when(away).then(pl.col("perceived_load_score") - 3).otherwise("perceived_load_score"),
        availability_ratio=pl.when(away).then(pl.lit(availability, pl.Float64)).otherwise("availability_ratio"),
    )
    report = self_report.read(changed, RULES)
    assert (report.answer_count, report.away_count) == (frame.height - (not is_held), int(not is_held))
    said = " ".join(self_report.sentences(report, LABELS, RULES))
    assert ("1 answer of weeks at work for less than 80% left out." in said) is not is_held
    assert (report.latest.filter(pl.col("discordance") != IN_LINE).height == 1) is is_held


def test_a_load_never_seen_before_leaves_more_to_chance() -> None:
    """The slope is not known exactly: far from the loads of before, a gap of the same size says less."""
    frame = answers()
    last = pl.col("surveyed_on") == pl.col("surveyed_on").max().over("csm_id")
    far = frame.with_columns(
        load_ratio=pl.when(last & (pl.col("csm_id") == "C2")).then(pl.col("load_ratio") + 2).otherwise("load_ratio")
    )
    line = self_report.within_csm_line(frame)
    near, moved = (
        self_report.latest_answers(rows.with_columns(perceived_load_score=pl.col("load_ratio") * line.slope + pl.when(
            last & (pl.col("csm_id") == "C2")).then(2.0).otherwise(0.0)), line, RULES)
        .filter(pl.col("csm_id") == "C2").row(0, named=True) for rows in (frame, far)
    )  # fmt: skip
    assert near["gap_score"] == pytest.approx(moved["gap_score"]) == pytest.approx(2.0)
    assert near["chance"] < moved["chance"]


def test_an_own_spread_above_that_of_the_team_counts() -> None:
    frame = answers(times=12)
    swing = (pl.int_range(pl.len()).over("csm_id") % 2) * 2.0 - 1
    restless = frame.with_columns(
        perceived_load_score=pl.when(pl.col("csm_id") == "C3").then(pl.col("perceived_load_score") + swing)
        .otherwise("perceived_load_score")
    )  # fmt: skip
    line = self_report.within_csm_line(frame)
    chances = [
        dict(
            self_report.latest_answers(restless, replace(line, noise_score=noise), RULES)
            .select("csm_id", "chance")
            .iter_rows()
        )
        for noise in (0.01, 0.4, 5.0)
    ]
    assert chances[0]["C3"] == pytest.approx(chances[1]["C3"]) != pytest.approx(chances[2]["C3"], rel=0.01)


def test_by_habit_alone_few_teams_list_anybody() -> None:
    teams = [self_report.read(answers(seed), RULES).discordant.height > 0 for seed in range(40)]
    assert sum(teams) <= 9, "one team of ten; nine or more of forty come about once in a hundred"
