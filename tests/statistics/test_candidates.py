"""Candidate attributes: one that costs hours is found, chance is not, and too little is said."""

import numpy as np
import polars as pl
import pytest

from book_of_business.calibration import candidates
from book_of_business.calibration.effort_model import Calibration, calibrate
from book_of_business.proof.evidence import planted_effort as planted
from book_of_business.proof.evidence.worlds import simulate_world

WEIGHTS, LIMITS = planted.reference()


@pytest.fixture(scope="module")
def learnt() -> Calibration:
    return calibrate(planted.observations_of(simulate_world(6, 16, 30), LIMITS), WEIGHTS, LIMITS)


def heard_of(learnt: Calibration, share: float, seed: int) -> pl.DataFrame:
    """A competitor is mentioned in some account-weeks at random."""
    rows = learnt.observations.rows.select("account_id", "week_start_date")
    chosen = rows.filter(pl.Series(np.random.default_rng(seed).random(rows.height) < share))
    return chosen.select(
        candidate=pl.lit("competitor_mentioned"), account_id="account_id",
        heard_on=pl.col("week_start_date") + pl.duration(days=2),
    )  # fmt: skip


def test_what_was_heard_counts_for_a_quarter_from_its_week(learnt: Calibration) -> None:
    one = learnt.observations.rows.head(1)
    account, monday = one["account_id"][0], one["week_start_date"][0]
    heard = pl.DataFrame({"candidate": ["competitor_mentioned"], "account_id": [account], "heard_on": [monday]})
    rows = candidates.marked(learnt.observations.rows, heard, "competitor_mentioned")
    present = rows.filter(pl.col("competitor_mentioned_level") == candidates.PRESENT)
    assert present["account_id"].unique().to_list() == [account]
    assert present["week_start_date"].min() == monday
    assert (present["week_start_date"].max() - monday).days == 7 * 12
    assert rows.height == learnt.observations.rows.height


def test_a_planted_cost_is_found_and_chance_is_not(learnt: Calibration) -> None:
    heard = heard_of(learnt, 0.004, 1)
    rows = candidates.marked(learnt.observations.rows, heard, "competitor_mentioned")
    costly = rows.with_columns(
        minutes=pl.when(pl.col("competitor_mentioned_level") == candidates.PRESENT)
        .then(1.5 * pl.col("minutes"))
        .otherwise("minutes")
    ).drop("competitor_mentioned_level")
    planted_cost = Calibration(
        type(learnt.observations)(costly, learnt.observations.source, learnt.observations.exclusions),
        learnt.in_force, learnt.levels, learnt.prior_sd, learnt.errors,
    )  # fmt: skip
    found = candidates.judge(planted_cost, heard, LIMITS).row(0, named=True)
    assert found["lower"] < 1.5 < found["upper"]
    assert found["lower"] > 1
    assert found["answer"] == "takes more hours than the eight factors explain: a factor to consider"
    answers = [candidates.judge(learnt, heard_of(learnt, 0.004, seed), LIMITS)["answer"][0] for seed in range(2, 12)]
    assert sum(answer.startswith("no more hours") for answer in answers) >= 9


def test_too_little_and_what_nothing_tells_apart_are_said(learnt: Calibration) -> None:
    few = candidates.judge(learnt, heard_of(learnt, 0.00005, 1), LIMITS)
    assert few["answer"].to_list() == ["too few: 30 accounts of 4 CSMs are needed"] * 3
    always = candidates.judge(learnt, heard_of(learnt, 1.0, 1), LIMITS).row(0, named=True)
    assert always["multiplier"] is None
    assert "cannot be separated" in always["answer"]
