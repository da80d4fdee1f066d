"""The claims about outcomes, short: small worlds, few of them, loose marks that can still fail."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from book_of_business.outcome_models import ablation, detection_sizes, effects, rebalance
from book_of_business.proof.evidence import claims_outcomes
from book_of_business.proof.evidence.outcome_worlds import (
    UNAFFECTED,
    History,
    account_quarters,
    draw_moves,
    episode_waits,
    renewal_exposures,
    step_world,
    throughput_panel,
)
from book_of_business.simulate.worlds import WORLDS

SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def planted() -> list[History]:
    return [step_world(seed, WORLDS["standard"], csms=30, accounts=1200, weeks=91) for seed in SEEDS]


@pytest.fixture(scope="module")
def unaffected() -> list[History]:
    return [step_world(seed, UNAFFECTED, csms=30, accounts=1200, weeks=91) for seed in SEEDS]


def test_load_comes_out_about_as_it_was_planted(planted: list[History]) -> None:
    found = [effects.measure(renewal_exposures(world), effects.QUESTIONS[0]) for world in planted]
    inside = [one.load.low <= claims_outcomes.PLANTED <= one.load.high for one in found]
    assert sum(inside) >= 2
    assert np.mean([one.load.value for one in found]) == pytest.approx(claims_outcomes.PLANTED, abs=1.0)
    assert all(one.event_count >= 30 for one in found)


def test_without_an_effect_load_and_placebos_seldom_speak(unaffected: list[History]) -> None:
    found = [effects.measure(renewal_exposures(world), effects.QUESTIONS[0]) for world in unaffected]
    told = [check.is_told for one in found for check in (one.load, one.later, one.earlier, one.earliest) if check]
    assert len(told) >= 9
    assert sum(told) <= 4


def test_exposures_of_a_world_are_those_of_the_book_without_the_account(planted: list[History]) -> None:
    world = planted[0]
    row = renewal_exposures(world).drop_nulls("load").sort("own_load", descending=True).row(0, named=True)
    account, csm = int(row["account_id"][1:]), int(row["csm_id"][1:])
    first_day = date(1970, 1, 1) + timedelta(days=world.run.settings.start_day)
    lag = (row["outcome_on"] - first_day).days // 7 - 13
    capacity = world.run.team.capacity[csm, lag]
    others = [at for at in range(world.run.book.count) if world.csm[at, lag] == csm and at != account]
    assert row["load"] == pytest.approx(world.own_true_hours[others, lag].sum() / capacity)
    assert row["own_load"] == pytest.approx(world.own_true_hours[account, lag] / capacity)


def test_detection_is_told_apart_where_load_delays_it(planted: list[History], unaffected: list[History]) -> None:
    with_load, without = (
        np.mean([detection_sizes.measure(episode_waits(world)).load.value for world in worlds])
        for worlds in (planted, unaffected)
    )
    assert with_load < without


def test_a_rebalance_that_changes_nothing_is_not_credited(unaffected: list[History]) -> None:
    found = []
    for world, seed in zip(unaffected, SEEDS, strict=True):
        panel = throughput_panel(world)
        found.append(rebalance.evaluate(panel, draw_moves(panel, seed, 13, world.weeks), 2.0))
    assert np.mean([one.before_after for one in found]) < -1.5
    matched = [one.matched.value for one in found if one.matched]
    assert matched
    assert abs(np.mean(matched)) < 1.5


def test_each_moved_book_has_another_that_receives(unaffected: list[History]) -> None:
    panel = throughput_panel(unaffected[0])
    moves = draw_moves(panel, 1, 8, unaffected[0].weeks)
    givers, receivers = (moves.filter(pl.col("is_moved") == side) for side in (True, False))
    assert givers.height == receivers.height >= 3
    assert moves["csm_id"].n_unique() == moves.height
    assert sorted(givers["week"]) == sorted(receivers["week"])
    planted_panel = claims_outcomes.handed_over(panel, moves)
    changed = planted_panel.with_columns(step=pl.col("value") - panel["value"]).join(
        moves, on="csm_id", suffix="_moved"
    )
    for is_moved, step in ((True, -2.0), (False, 2.0)):
        part = changed.filter(pl.col("is_moved") == is_moved)
        assert part.filter(pl.col("week") >= pl.col("week_moved"))["step"].unique().to_list() == [step]
        assert part.filter(pl.col("week") < pl.col("week_moved"))["step"].unique().to_list() == [0.0]


def test_models_are_compared_on_a_world(planted: list[History]) -> None:
    by_csm, later = ablation.ablate(account_quarters(planted[0]))
    assert by_csm.scores
    assert later.scores
    assert by_csm.scores[-1].auc > 0.6
    assert by_csm.answer in ("at best half", "more than half", "cannot tell")


@pytest.mark.parametrize("name", ["unaffected", "null_world", "small_teams"])
def test_the_sandwich_stands_beside_the_jackknife_and_is_not_judged(name: str) -> None:
    claim = next(claim for claim in claims_outcomes.CLAIMS if claim.name == name)
    at = np.arange(200)
    columns = {one: np.where(at < 10, 0.01, 0.5) for one in ("load", "small_0", "small_1", "small_2")}
    columns |= {one: np.where(at < 30, 0.01, 0.5)
                for one in ("sandwich", *(f"small_sandwich_{number}" for number in range(3)))}  # fmt: skip
    found = claim.summarise(pl.DataFrame({f"{one}_p_value": values for one, values in columns.items()}))
    assert ": 5.0 % (" in found.figure.split("; by the sandwich ")[0]
    assert ": 15.0 % (" in found.figure.split("; by the sandwich ")[1]
    assert found.is_reached is True


@pytest.mark.parametrize(
    ("count", "least", "is_reached"),
    [(5, 0.03, False), (6, 0.03, True), (7, 0.03, True), (13, 0.03, True), (14, 0.03, True), (15, 0.03, False),
     (0, 0.0, True), (14, 0.0, True), (15, 0.0, False)],
)  # fmt: skip
def test_share_of_rejections_at_its_limits(count: int, least: float, is_reached: bool) -> None:
    frame = pl.DataFrame({"x_p_value": [0.0499] * count + [0.05] * (200 - count) + [None] * 3})
    found = claims_outcomes.rejects("x", least=least)(frame)
    assert found.is_reached is is_reached
    assert found.figure.startswith(f"{count} of 200: ")
    assert found.figure.endswith(", no estimate in 3")


HALF, WHOLE, OPEN = (0.1, 0.3), (0.8, 0.95), (0.3, 0.8)


@pytest.mark.parametrize(
    ("half", "whole", "is_reached"),
    [
        ([HALF] * 100, [WHOLE] * 100, True),
        ([OPEN] * 100, [OPEN] * 100, False),
        ([(None, None)] * 100, [WHOLE] * 100, False),
        ([HALF] * 50 + [OPEN] * 50, [WHOLE] * 50 + [OPEN] * 50, True),
        ([HALF] * 49 + [OPEN] * 51, [WHOLE] * 100, False),
        ([HALF] * 100, [WHOLE] * 49 + [OPEN] * 51, False),
        ([HALF] * 95 + [WHOLE] * 5, [WHOLE] * 95 + [HALF] * 5, True),
        ([HALF] * 94 + [WHOLE] * 6, [WHOLE] * 100, False),
        ([HALF] * 100, [WHOLE] * 94 + [HALF] * 6, False),
    ],
)
def test_each_picture_is_judged_by_itself_and_has_to_be_told(half: list, whole: list, is_reached: bool) -> None:
    limits = [(*one, *two) for one, two in zip(half, whole, strict=True)]
    frame = pl.DataFrame(limits, schema=["half_low", "half_high", "whole_low", "whole_high"], orient="row")
    assert claims_outcomes.pictures(frame).is_reached is is_reached


@pytest.mark.parametrize("name", ["touches", "ablation_worlds"])
def test_what_has_no_mark_reaches_none(name: str) -> None:
    claim = next(claim for claim in claims_outcomes.CLAIMS if claim.name == name)
    columns = ["touches_value", "touches_p_value", *(f"{scheme}_{part}" for scheme in
               ("CSMs_left_out", "later_quarters") for part in ("share", "low", "high"))]  # fmt: skip
    assert claim.summarise(pl.DataFrame({column: [0.5, 0.6] for column in columns})).is_reached is None
    assert claim.mark == "reported, no mark"


def test_every_claim_judges_few_replicates_without_failing() -> None:
    rows = [claims_outcomes.replicate_pictures(seed) for seed in range(3)]
    names = ("load", "later", "earlier", "earliest", "reference", "touches", "sandwich", "small_0", "small_1",
             "small_2", "hazard_crude", "hazard_size", "hazard_load", "matched", "moved")  # fmt: skip
    other = {f"{name}_{part}": value for name in names
             for part, value in (("value", 1.2), ("low", 0.8), ("high", 1.6), ("p_value", 0.5))}  # fmt: skip
    other |= {"moved_count": 13, "before_after": -3.0, "difference": -3.0, "power": 0.7}
    for scheme in ("CSMs_left_out", "later_quarters"):
        other |= {f"{scheme}_share": 0.9, f"{scheme}_low": 0.8, f"{scheme}_high": 1.0}
    for claim in claims_outcomes.CLAIMS:
        frame = pl.DataFrame(rows if claim.replicate is claims_outcomes.replicate_pictures else [other] * 3)
        assert claim.summarise(frame).figure
