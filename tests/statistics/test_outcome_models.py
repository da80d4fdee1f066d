"""Outcome models on tables worked out by hand, on planted truth, and where nothing can be told."""

import datetime as dt
import math

import duckdb
import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from book_of_business.outcome_models import ablation, detection_sizes, effects, rebalance, separation
from book_of_business.outcome_models.clustered import Estimate, estimate, fit

CHURN = effects.QUESTIONS[0]


def drawn(seed: int, csms: int = 12, each: int = 40, effect: float = 1.0) -> pl.DataFrame:
    """Renewals whose churn follows the load of their book."""
    rng = np.random.default_rng(seed)
    csm = np.repeat(np.arange(csms), each)
    load = 0.8 + 0.3 * rng.standard_normal(csms)[csm] + 0.1 * rng.standard_normal(len(csm))
    churned = rng.random(len(csm)) < 1 / (1 + np.exp(1.5 - effect * (load - 0.8)))
    return pl.DataFrame({
        "csm_id": [f"C{number}" for number in csm], "outcome_type": "renewal", "segment": "smb", "load": load,
        "own_load": rng.random(len(csm)), "later_load": load + 0.1 * rng.standard_normal(len(csm)),
        "earlier_load": pl.Series([None] * len(csm), dtype=pl.Float64),
        "earliest_load": pl.Series([None] * len(csm), dtype=pl.Float64),
        "is_at_risk": rng.random(len(csm)) < 0.1, "is_red": pl.Series([None] * len(csm), dtype=pl.Boolean),
        "has_open_risk": rng.random(len(csm)) < 0.1, "is_mid_term": False, "outcome_score": 1.0,
        "outcome": np.where(churned, "churned", "renewed"),
        "outcome_on": [dt.date(2025, 1, 1) + dt.timedelta(days=int(day)) for day in rng.integers(0, 540, len(csm))],
        "last_csat_score": rng.integers(1, 6, len(csm)).astype(float), "touch_count": rng.integers(0, 5, len(csm)),
    })  # fmt: skip


# --- errors clustered by CSM ---


def test_least_squares_error_is_that_of_leaving_out_each_csm() -> None:
    frame = drawn(1).with_columns(target=pl.col("load") * 2 + pl.col("own_load"))
    frame = frame.with_columns(target=pl.col("target") + pl.Series(np.random.default_rng(2).standard_normal(480)))
    found = fit(frame, "target", ["load", "own_load"], is_logit=False)
    without = []
    for csm_id in frame["csm_id"].unique().sort():
        part = frame.filter(pl.col("csm_id") != csm_id)
        columns = sm.add_constant(part.select("load", "own_load").to_numpy())
        without.append(sm.OLS(part["target"].to_numpy(), columns).fit().params[1])
    value = found.estimates["load"].value
    assert found.estimates["load"].error == pytest.approx(math.sqrt(11 / 12 * sum((np.array(without) - value) ** 2)))
    assert found.estimates["load"].degrees == 11


def test_logit_has_the_values_and_the_sandwich_of_statsmodels() -> None:
    frame = drawn(3).with_columns(target=(pl.col("outcome") == "churned").cast(pl.Float64))
    found = fit(frame, "target", ["load", "own_load"], is_logit=True)
    columns = sm.add_constant(frame.select("load", "own_load").to_numpy())
    groups = np.unique(frame["csm_id"].to_numpy(), return_inverse=True)[1]
    known = sm.Logit(frame["target"].to_numpy(), columns).fit(
        disp=False, cov_type="cluster", cov_kwds={"groups": groups, "use_correction": True}
    )
    assert found.estimates["load"].value == pytest.approx(known.params[1], abs=1e-6)
    # statsmodels also corrects for the columns: (n - 1) / (n - k)
    assert found.sandwich_errors["load"] == pytest.approx(known.bse[1] * math.sqrt(477 / 479), rel=1e-3)
    assert found.event_count == frame["target"].sum()


def test_few_clusters_have_larger_errors_than_the_sandwich_says() -> None:
    ratios = []
    for seed in range(10):
        frame = drawn(seed, csms=6).with_columns(target=(pl.col("outcome") == "churned").cast(pl.Float64))
        found = fit(frame, "target", ["load"], is_logit=True)
        ratios.append(found.estimates["load"].error / found.sandwich_errors["load"])
    assert np.median(ratios) > 1.1


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.permutations(range(6)))
def test_order_of_rows_and_names_of_csms_change_no_estimate(seed: int, names: list[int]) -> None:
    frame = drawn(seed, csms=6, each=20).with_columns(target=pl.col("own_load") + pl.col("load"))
    other = frame.with_columns(pl.col("csm_id").replace({f"C{at}": f"P{name}" for at, name in enumerate(names)}))
    one = fit(frame, "target", ["load"], is_logit=False)
    two = fit(other.sample(fraction=1, shuffle=True, seed=seed), "target", ["load"], is_logit=False)
    assert one.estimates["load"].value == pytest.approx(two.estimates["load"].value)
    assert one.estimates["load"].error == pytest.approx(two.estimates["load"].error)


@pytest.mark.parametrize(
    "frame",
    [
        drawn(1).head(0),
        drawn(1, csms=4),
        drawn(1).with_columns(outcome=pl.lit("renewed")),
        drawn(1).with_columns(load=pl.lit(None, pl.Float64)),
        drawn(1).with_columns(
            outcome=pl.when(pl.col("load") > 0.8).then(pl.lit("churned")).otherwise(pl.lit("renewed"))
        ),
        drawn(1).with_columns(is_mid_term=pl.lit(value=True)),
    ],
    ids=["nothing", "four_csms", "no_churn", "no_load", "separated", "all_within_a_term"],
)
def test_what_cannot_be_told_is_said_and_not_estimated(frame: pl.DataFrame) -> None:
    found = effects.measure(frame, CHURN)
    assert found.load is None
    assert "Nothing can be said yet" in found.verdict


@pytest.mark.parametrize(
    ("frame", "counts", "said"),
    [
        # 19 churns of 300 renewals: one below the minimum
        (drawn(1, csms=10, each=30).with_columns(
            outcome=pl.when(pl.int_range(pl.len()) % 16 == 0).then(pl.lit("churned")).otherwise(pl.lit("renewed"))
        ), (300, 19, 10), "the outcomes are too few, 19 in 300 where 20 are needed"),
        (drawn(1).with_columns(
            outcome=pl.when(pl.int_range(pl.len()) % 26 == 0).then(pl.lit("renewed")).otherwise(pl.lit("churned"))
        ), (480, 461, 12), "the outcomes without it are too few, 19 in 480"),
        (drawn(1, csms=4, each=125).with_columns(
            outcome=pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("churned")).otherwise(pl.lit("renewed"))
        ), (500, 100, 4), "the CSMs are too few, 4 where 5"),
        (drawn(1).with_columns(
            load=pl.lit(None, pl.Float64),
            outcome=pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("churned")).otherwise(pl.lit("renewed")),
        ), (480, 96, 12), "no outcome with a known load"),
        (drawn(1).with_columns(
            load=0.5,
            outcome=pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("churned")).otherwise(pl.lit("renewed")),
        ), (480, 96, 12), effects.NO_FIT),
    ],
    ids=["churns", "renewals", "csms", "load", "same_load"],
)  # fmt: skip
def test_events_are_counted_where_no_model_is_fitted_and_the_limit_is_named(
    frame: pl.DataFrame, counts: tuple[int, int, int], said: str
) -> None:
    found = effects.measure(frame, CHURN)
    assert found.load is None
    assert (found.row_count, found.event_count, found.csm_count) == counts
    assert said in found.verdict


def test_a_separated_outcome_names_the_column_and_the_relation() -> None:
    by_load = drawn(1).with_columns(
        outcome=pl.when(pl.col("load") > 0.8).then(pl.lit("churned")).otherwise(pl.lit("renewed"))
    )
    found = effects.measure(by_load, CHURN)
    assert found.lack == (
        "load of the rest of the book is above that of every other outcome wherever the outcome is churn at a renewal,"
        " without exception"
    )
    columns = np.column_stack([np.ones(6), [0, 1, 2, 3, 4, 5]])
    assert separation.is_separated(columns, np.array([0, 0, 0, 1, 1, 1]))
    assert not separation.is_separated(columns, np.array([0, 0, 1, 0, 1, 1]))
    # quasi-complete: equal at one value, never the other way round
    assert separation.is_separated(np.column_stack([np.ones(6), [0, 0, 1, 1, 1, 1]]), np.array([0, 0, 0, 0, 1, 1]))


def test_the_unit_of_a_column_decides_nothing() -> None:
    """Accounts of a pooled book are a millionth of its load each: their coefficient is in the millions."""
    one = drawn(1, csms=10, each=200)
    small = one.with_columns(pl.col("own_load") * 1e-6)
    first, second = effects.measure(one, CHURN), effects.measure(small, CHURN)
    assert first.load is not None
    assert second.load.value == pytest.approx(first.load.value, rel=1e-6)
    assert second.load.error == pytest.approx(first.load.error, rel=1e-6)


def test_rows_that_a_flag_settles_are_left_out_and_the_estimate_is_that_of_the_others() -> None:
    one = drawn(1, csms=10, each=200)
    settled = one.with_columns(
        outcome=pl.when(pl.col("is_at_risk")).then(pl.lit("churned")).otherwise(pl.col("outcome"))
    )
    found = effects.measure(settled, CHURN)
    without = effects.measure(settled.filter(~pl.col("is_at_risk")), CHURN)
    assert found.load.value == pytest.approx(without.load.value)
    count = settled["is_at_risk"].sum()
    assert found.notes == (f"{count} rows with at risk are left out: churn at a renewal is always their outcome",)


def test_a_record_that_is_one_sided_at_its_end_is_left_out_and_makes_nothing_look_harmful() -> None:
    """Load rises over the year and does nothing; in the last two months churns are on record and renewals are not."""
    rng = np.random.default_rng(5)
    one = drawn(7, csms=20, each=150, effect=0.0)
    day = pl.Series("day", rng.integers(0, 540, one.height))
    one = one.with_columns(
        outcome_on=pl.lit(dt.date(2025, 1, 1)) + pl.duration(days=day),
        load=pl.Series(0.6 + 0.5 * day / 540 + 0.1 * rng.standard_normal(one.height)),
    )
    last = dt.date(2025, 1, 1) + dt.timedelta(days=480)
    truncated = one.filter((pl.col("outcome_on") <= last) | (pl.col("outcome") == "churned"))
    found = effects.measure(truncated, CHURN)
    dropped = truncated.filter(pl.col("outcome_on") > last).height
    latest = truncated.filter(pl.col("outcome") == "renewed")["outcome_on"].max()
    assert dropped > 30
    assert found.notes[0].startswith(f"{dropped} outcomes with churn at a renewal after {latest} are left out")
    assert not found.load.is_told
    rows = effects.rows_of(truncated, CHURN)
    naive = fit(rows, "target", ["load", "own_load"], is_logit=True).estimates["load"]
    assert naive.is_told
    assert naive.value > 0.5
    whole = effects.measure(one, CHURN)
    assert whole.notes == (), "an end that chance explains stays"


def test_calendar_time_is_held_constant() -> None:
    """Load and churn both rise over the quarters, and have nothing to do with each other within one."""
    rng = np.random.default_rng(6)
    one = drawn(8, csms=20, each=200, effect=0.0)
    day = rng.integers(0, 540, one.height)
    churned = rng.random(one.height) < 0.1 + 0.4 * day / 540
    one = one.with_columns(
        outcome_on=pl.lit(dt.date(2025, 1, 1)) + pl.duration(days=pl.Series(day)),
        load=pl.Series(0.6 + 0.5 * day / 540 + 0.1 * rng.standard_normal(one.height)),
        outcome=pl.Series(np.where(churned, "churned", "renewed")),
    )
    assert not effects.measure(one, CHURN).load.is_told
    naive = fit(effects.rows_of(one, CHURN), "target", ["load", "own_load"], is_logit=True)
    assert naive.estimates["load"].is_told


@pytest.mark.parametrize("effect", [0.0, -0.8])
def test_satisfaction_before_a_renewal_is_asked_as_load_is(effect: float) -> None:
    rng = np.random.default_rng(1010)
    one = drawn(10, csms=20, each=150, effect=0.0)
    odds = -1 + effect * (one["last_csat_score"].to_numpy() - 3)
    churned = rng.random(one.height) < 1 / (1 + np.exp(-odds))
    one = one.with_columns(outcome=pl.Series(np.where(churned, "churned", "renewed")))
    found = effects.measure(one, next(asked for asked in effects.QUESTIONS if asked.name == "churn_by_csat"))
    assert found.load.low < effect < found.load.high
    assert "no placebo exists for it" in found.verdict
    assert found.verdict.startswith("Customer satisfaction a quarter before goes along" if effect else "No effect of")


def test_twenty_churns_are_enough() -> None:
    frame = drawn(1, csms=10, each=30).with_columns(
        outcome=pl.when(pl.int_range(pl.len()) % 15 == 0).then(pl.lit("churned")).otherwise(pl.lit("renewed"))
    )
    found = effects.measure(frame, CHURN)
    assert (found.event_count, found.lack) == (20, "")
    assert found.load is not None


def test_power_and_detectable_effect_belong_together() -> None:
    found = estimate("load", 0.2, 0.5, 1000)
    assert found.detectable == pytest.approx((1.9623 + 0.8420) * 0.5, abs=1e-3)
    assert found.power_for(found.detectable) == pytest.approx(0.8, abs=0.002)
    assert estimate("load", 0.0, 0.0, 5).power_for(1.0) == 0
    assert found.power_for(1e-9) == pytest.approx(0.025, abs=0.001), "one side: the effect has a sign"


# --- what is said ---


def effect_of(value: float, error: float, later_p: float = 0.5) -> effects.Effect:
    later = Estimate("later_load", 1.0, 1.0, -1.0, 3.0, later_p, 50)
    return effects.Effect(CHURN, 500, 50, 51, estimate("load", value, error, 50), later, None, None)


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        (effect_of(1.2, 0.3), "Load a quarter before goes along with churn"),
        (effect_of(0.1, 0.9), "it cannot be told yet"),
        (effect_of(0.1, 0.2), "No effect of load a quarter before on churn at a renewal that matters"),
        # enough power in hindsight, and yet the interval holds effects that matter: +0.92 (-0.04 to +1.88)
        (effect_of(0.92, 0.48), "it cannot be told yet: +0.92 log odds per unit of load (-0.04 to +1.88)"),
        (effect_of(-0.92, 0.48), "it cannot be told yet"),
        (effect_of(1.2, 0.3, later_p=0.04), "Nothing can be said about churn at a renewal: what came later"),
        (effect_of(1.2, 0.3, later_p=0.05), "goes along with"),
    ],
)
def test_a_failed_placebo_and_a_lack_of_power_come_before_the_estimate(effect: effects.Effect, said: str) -> None:
    assert said in effect.verdict


def test_no_effect_is_said_only_where_the_interval_leaves_out_what_matters() -> None:
    found = estimate("load", 0.3, 0.4, 59)
    assert found.rules_out(found.high + 0.01)
    assert not found.rules_out(found.high)
    assert not estimate("load", -0.3, 0.4, 59).rules_out(found.high)
    assert not estimate("load", 0.0, 0.0, 59).rules_out(1.0), "no error was measured"


def test_an_estimate_says_how_many_checks_it_passed() -> None:
    fine = Estimate("load", 0.0, 1.0, -2.0, 2.0, 0.9, 50)
    for load in (estimate("load", 1.2, 0.3, 50), estimate("load", 0.1, 0.2, 50), estimate("load", 0.9, 0.9, 50)):
        none, some = (effects.Effect(CHURN, 9, 9, 9, load, *checks) for checks in ((None,) * 3, (fine, None, fine)))
        assert none.is_sound is None
        assert "no check could be made (0 of 3)" in none.verdict
        assert "2 of 3 checks could be made" in some.verdict


def test_three_checks_share_their_five_per_cent() -> None:
    check = Estimate("load", 1.0, 1.0, -1.0, 3.0, 0.02, 50)
    fine = Estimate("load", 0.0, 1.0, -2.0, 2.0, 0.9, 50)
    load = estimate("load", 1.2, 0.3, 50)
    assert effects.Effect(CHURN, 9, 9, 9, load, check, fine, fine).is_sound, "0.02 is above 0.05 / 3"
    assert effects.Effect(CHURN, 9, 9, 9, load, check, None, None).is_sound is False


# --- rebalances ---


def panel_of(rows: dict[str, list[float]], state: dict[str, list[int]] | None = None) -> pl.DataFrame:
    return pl.concat(
        pl.DataFrame({
            "csm_id": csm_id, "week": range(len(values)), "value": [float(value) for value in values],
            "state": (state or {}).get(csm_id, [0] * len(values)),
        })
        for csm_id, values in rows.items()
    )  # fmt: skip


def test_matched_books_are_in_the_same_state_and_as_high() -> None:
    """Two weeks before, two after. Moved at week 2 from 10 to 6; the other book in the same state fell from 10 to 7,
    the calm one stays at 4.
    """
    panel = panel_of(
        {"moved": [10, 10, 6, 6], "alike": [10, 10, 7, 7], "calm": [4, 4, 4, 4]},
        {"moved": [3, 3, 0, 0], "alike": [3, 3, 0, 0], "calm": [0, 0, 0, 0]},
    )
    moves = pl.DataFrame({"csm_id": ["moved"], "week": [2], "is_moved": True})
    found = rebalance.evaluate(panel, moves, relevant=1.0, before_weeks=2, after_weeks=2)
    assert found.before_after == pytest.approx(-4)
    assert found.difference == pytest.approx(-4 - (-3 + 0) / 2)
    assert found.matched is None
    assert "Cannot tell yet: 1 books were moved" in found.verdict


def worlds_of_moves(seed: int, moved: int, effect: float) -> rebalance.Evaluation:
    """Sixty books of Poisson weeks; those moved were chosen for three high weeks in a row."""
    rng = np.random.default_rng(seed)
    count = rng.poisson(12, (60, 80)).astype(float)
    runs = np.zeros(count.shape, dtype=int)
    for week in range(1, 80):
        runs[:, week] = np.where(count[:, week] > 14, runs[:, week - 1] + 1, 0)
    high = [(book, week + 1) for book, week in zip(*np.nonzero(runs >= 2), strict=True) if 10 < week < 60]
    chosen = dict(high[at] for at in rng.permutation(len(high)))
    moves = list(chosen.items())[:moved]
    for book, week in moves:
        count[book, week:] += effect
    panel = panel_of({f"C{at}": row.tolist() for at, row in enumerate(count)},
                     {f"C{at}": np.minimum(row, 3).tolist() for at, row in enumerate(runs)})  # fmt: skip
    return rebalance.evaluate(
        panel,
        pl.DataFrame(
            {"csm_id": [f"C{book}" for book, _ in moves], "week": [int(week) for _, week in moves], "is_moved": True}
        ),
        2.0,
    )


def test_a_rebalance_that_changes_nothing_reads_about_zero_only_when_matched() -> None:
    found = [worlds_of_moves(seed, 13, 0.0) for seed in range(8)]
    assert np.mean([one.before_after for one in found]) < -1
    assert np.mean([one.difference for one in found]) < -1
    assert abs(np.mean([one.matched.value for one in found])) < 0.5
    assert sum(one.matched.is_told for one in found) <= 2


def test_a_rebalance_that_helps_is_found_at_its_size() -> None:
    found = [worlds_of_moves(seed, 13, -3.0) for seed in range(6)]
    assert np.mean([one.matched.value for one in found]) == pytest.approx(-3, abs=0.6)
    assert any(one.matched.is_told for one in found)


@settings(max_examples=10, deadline=None)
@given(st.floats(-50, 50))
def test_a_level_that_all_books_share_changes_no_matched_estimate(level: float) -> None:
    panel = panel_of({f"C{at}": [10 + (at * week) % 5 for week in range(40)] for at in range(20)})
    moves = pl.DataFrame({"csm_id": [f"C{at}" for at in range(6)], "week": [15] * 6, "is_moved": True})
    one = rebalance.evaluate(panel, moves, 1.0)
    two = rebalance.evaluate(panel.with_columns(pl.col("value") + level), moves, 1.0)
    assert one.matched.value == pytest.approx(two.matched.value, abs=1e-6)


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        (-1.35, 0.64, "Cannot tell yet: -1.35 (-2.74 to +0.04); 13 moved books would show an effect of 2"),
        (1.35, 0.64, "Cannot tell yet"),
        (-0.5, 0.64, "No effect that matters (2): -0.50"),
        (-1.5, 0.64, "The moved books changed by -1.50"),
    ],
)
def test_a_rebalance_has_no_effect_only_where_the_interval_leaves_out_what_matters(
    value: float, error: float, said: str
) -> None:
    found = rebalance.Evaluation(13, 30, 2.0, -3.0, -3.0, estimate("matched", value, error, 12))
    assert said in found.verdict


@pytest.mark.parametrize("level", [0.0, 0.1, 1e6])
def test_a_measure_that_does_not_vary_tells_nothing(level: float) -> None:
    panel = panel_of({f"C{at}": [level] * 40 for at in range(20)})
    moves = pl.DataFrame({"csm_id": [f"C{at}" for at in range(6)], "week": [15] * 6, "is_moved": True})
    found = rebalance.evaluate(panel, moves, 0.1)
    assert (found.moved_count, found.matched, found.power) == (6, None, None)
    assert "does not vary" in found.verdict


def test_one_book_that_moved_five_times_is_one_book() -> None:
    rng = np.random.default_rng(1)
    panel = panel_of({f"C{at}": rng.poisson(12, 120).tolist() for at in range(20)})
    moves = pl.DataFrame({"csm_id": ["C0"] * 5, "week": [20, 40, 60, 80, 100], "is_moved": True})
    found = rebalance.evaluate(panel, moves, 1.0)
    assert (found.moved_count, found.matched) == (1, None)
    assert "1 books were moved" in found.verdict
    four_more = pl.DataFrame({"csm_id": [f"C{at}" for at in range(1, 5)], "week": [40] * 4, "is_moved": True})
    found = rebalance.evaluate(panel, pl.concat([moves, four_more]), 1.0)
    assert found.moved_count == 5
    assert math.isfinite(found.matched.high)


def test_of_moves_that_follow_each_other_the_first_counts() -> None:
    moves = [(0, 10), (0, 22), (0, 34), (0, 47), (1, 12), (1, 25)]
    assert rebalance.first_of_each(moves, 13) == [(0, 10), (0, 47), (1, 12), (1, 25)]
    panel = panel_of({"a": [10] * 10 + [6] * 4 + [2] * 16, "b": [8] * 30})
    twice, once = (pl.DataFrame({"csm_id": "a", "week": weeks, "is_moved": True}) for weeks in ([10, 14], [10]))
    found = [rebalance.evaluate(panel, moves, 1.0) for moves in (twice, once)]
    assert found[0].before_after == found[1].before_after == pytest.approx((4 * 6 + 9 * 2) / 13 - 10)


def handed_over(seed: int, is_told: bool) -> rebalance.Evaluation:
    """24 books in one state; eight give 0.1 of load to eight others, who are named as receivers or not."""
    rng = np.random.default_rng(seed)
    load = 0.9 + 0.05 * rng.standard_normal((24, 1)) + 0.03 * rng.standard_normal((24, 60))
    load[:8, 30:] -= 0.1
    load[8:16, 30:] += 0.1
    panel = panel_of({f"C{at}": row.tolist() for at, row in enumerate(load)})
    moves = pl.DataFrame({"csm_id": [f"C{at}" for at in range(16)], "week": 30, "is_moved": [True] * 8 + [False] * 8})
    return rebalance.evaluate(panel, moves if is_told else moves.filter("is_moved"), 0.1)


def test_who_received_accounts_is_no_comparison() -> None:
    told, untold = ([handed_over(seed, is_told) for seed in range(8)] for is_told in (True, False))
    assert np.mean([one.matched.value for one in told]) == pytest.approx(-0.1, abs=0.008)
    assert np.mean([one.matched.value for one in untold]) < -0.11, "else this test would see nothing"
    assert max(one.control_count for one in told) <= 24


def test_moves_are_read_with_who_gave_and_who_received() -> None:
    connection = duckdb.connect()
    connection.execute("create schema marts")
    connection.execute("create table marts.dim_weeks as select date '2025-06-02' as week_start_date")
    connection.execute("""
        create table marts.dim_csms as
        select csm_id, case when csm_id = 'leaver' then date '2025-07-07' end as left_on
        from unnest(['giver', 'leaver', 'receiver', 'newcomer', 'little', 'still', 'first']) as names (csm_id)
    """)
    connection.execute("""
        create table marts.fct_arr_movements as
        select *, date '2025-06-16' as week_start_date from (values
            ('giver', 100.0, 10.0, 0.0), ('leaver', 100.0, 100.0, 0.0), ('receiver', 100.0, 9.0, 10.0),
            ('newcomer', 0.0, 0.0, 50.0), ('little', 100.0, 9.9, 9.9), ('still', 0.0, 0.0, 0.0),
            ('first', null, null, null), ('unassigned', 10.0, 5.0, 5.0)
        ) as movements (csm_id, opening_arr_usd, transferred_out_arr_usd, transferred_in_arr_usd)
    """)
    assert rebalance.read_moves(connection).rows() == [
        ("giver", 2, True), ("leaver", 2, False), ("newcomer", 2, False), ("receiver", 2, False)
    ]  # fmt: skip


def test_rebalances_without_weeks_or_moves_cannot_be_told() -> None:
    empty = panel_of({"a": [1, 2, 3]})
    none = pl.DataFrame(schema={"csm_id": pl.String, "week": pl.Int64, "is_moved": pl.Boolean})
    for moves in (none, pl.DataFrame({"csm_id": ["a", "stranger"], "week": [1, 1], "is_moved": True})):
        assert "Cannot tell yet" in rebalance.evaluate(empty, moves, 1.0).verdict
    assert "Cannot tell yet" in rebalance.evaluate(empty.head(0), none, 1.0).verdict


# --- larger books ---


def test_an_episode_counts_in_each_week_in_which_it_is_unseen() -> None:
    waits = pl.DataFrame({
        "csm_id": ["a", "b", "c", "d"], "segment": "smb", "book_account_count": [8.0, 16.0, 8.0, 8.0],
        "load_ratio": 1.0, "is_detected": [True, True, False, True], "is_gone": [False, False, True, False],
        "wait_days": [3.0, 14.0, 20.0, 91.0],
    })  # fmt: skip
    weeks = detection_sizes.episode_weeks(waits)
    # week 1 has nobody noticed: it says nothing of anybody
    assert sorted(weeks["wait_week"].unique().to_list()) == [0, 2]
    assert weeks.filter("is_noticed").select("csm_id", "wait_week").sort("csm_id").rows() == [("a", 0), ("b", 2)]
    assert weeks.filter(pl.col("csm_id") == "c")["is_noticed"].sum() == 0
    assert weeks.filter(pl.col("csm_id") == "d")["is_noticed"].sum() == 0, "seen beyond the horizon"


@pytest.mark.parametrize(("effect", "is_later"), [(-0.6, True), (0.6, False)])
def test_hazard_of_size_has_its_sign(effect: float, is_later: bool) -> None:
    rng = np.random.default_rng(5)
    csm = np.repeat(np.arange(24), 40)
    size = 2.0 ** rng.integers(3, 7, 24)[csm]
    hazard = np.exp(-1.5 + effect * (np.log2(size) - 5))
    wait = 7 * rng.geometric(np.clip(hazard, 0.01, 0.9)) - 3.0
    waits = pl.DataFrame({
        "csm_id": csm.astype(str), "segment": "smb", "book_account_count": size, "load_ratio": 1.0,
        "is_detected": wait < 80, "is_gone": False, "wait_days": np.minimum(wait, 80.0),
    })  # fmt: skip
    found = detection_sizes.measure(waits)
    assert found.size.is_told
    assert (found.size.value < 0) is is_later
    assert ("noticed later" if is_later else "noticed sooner") in found.verdict


@pytest.mark.parametrize(
    ("csms", "detected", "said"),
    [(4, 250, "4 CSMs are too few (5 are needed)"), (20, 29, "29 of 500 episodes were noticed, which are too few (30")],
)
def test_hazards_name_the_limit_that_failed(csms: int, detected: int, said: str) -> None:
    at = pl.int_range(500, eager=True)
    waits = pl.DataFrame({
        "csm_id": (at % csms).cast(pl.String), "segment": "smb", "book_account_count": (8.0 + at % csms),
        "load_ratio": 1.0, "is_detected": at < detected, "is_gone": False, "wait_days": 1.0 + at % 40,
    })  # fmt: skip
    assert said in detection_sizes.measure(waits).verdict


def test_curves_keep_who_is_gone_as_never_noticed() -> None:
    waits = pl.DataFrame({
        "csm_id": ["a"] * 120, "segment": "smb", "book_account_count": list(range(1, 121)), "load_ratio": 1.0,
        "is_detected": [True, False] * 60, "is_gone": [False, True] * 60, "wait_days": [6.0, 3.0] * 60,
    })  # fmt: skip
    last = detection_sizes.curves(waits).filter(pl.col("day") == 91)
    assert last["unseen_share"].to_list() == pytest.approx([0.5, 0.5, 0.5])
    assert detection_sizes.curves(waits.head(5)).is_empty()


# --- conversations ---


def quarters(weights: tuple[float, float, float], seed: int = 1) -> pl.DataFrame:
    from book_of_business.proof.evidence.claims_outcomes import drawn_quarters

    return drawn_quarters(seed, weights)


def test_either_answer_about_conversations_is_given_where_it_is_planted() -> None:
    assert {found.answer for found in ablation.ablate(quarters((0.4, 0.3, 1.3)))} == {"at best half"}
    assert {found.answer for found in ablation.ablate(quarters((1.0, 0.5, 0.2)))} == {"more than half"}


def test_no_model_is_judged_on_noise_or_too_few() -> None:
    for found in ablation.ablate(quarters((0.0, 0.0, 0.0))):
        assert found.answer == "cannot tell"
        assert "no better than the mean" in found.verdict
    for few in (quarters((1.0, 1.0, 1.0)).head(0), quarters((1.0, 1.0, 1.0)).head(200)):
        assert all("are too few" in found.verdict for found in ablation.ablate(few))


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (200, 29, "29 churns among the rows judged are too few (30 are needed)"),
        (29, 200, "29 churns among the rows learnt from are too few (30 are needed)"),
        (30, 30, None),
    ],
)
def test_churns_are_counted_where_a_scheme_learns_and_where_it_judges(first: int, last: int, said: str | None) -> None:
    frame = quarters((1.0, 1.0, 1.0)).with_columns(is_late=pl.col("period") >= 4)
    place = pl.col("target").cum_count().over("is_late")
    few = frame.with_columns(target=(place <= pl.when("is_late").then(last).otherwise(first)).cast(pl.Float64))
    by_csm, later = ablation.ablate(few.drop("is_late"))
    if said is None:
        assert later.scores
        assert (later.event_count, by_csm.event_count) == (last, first + last)
    else:
        assert later.answer == "cannot tell"
        assert said in later.verdict


def test_folds_count_the_churns_of_the_fold_that_learns_from_the_fewest() -> None:
    target = np.array([1.0, 1.0, 0.0, 1.0])
    one, two = np.array([True, True, False, False]), np.array([False, False, True, True])
    assert ablation.event_counts(target, [(one, two), (two, one)]) == (1, 3)
    assert ablation.event_counts(target, []) == (0, 0)


def test_schemes_leave_out_whole_csms_and_later_quarters() -> None:
    group = np.repeat(np.arange(10), 3)
    for learn, judge in ablation.by_csm(group, 1):
        assert not set(group[learn]) & set(group[judge])
        assert (learn ^ judge).all()
    period = pl.Series([1, 2, 3, 4, 5] * 4)
    [(learn, judge)] = ablation.out_of_time(period)
    assert max(period.filter(pl.Series(learn))) < min(period.filter(pl.Series(judge)))
    assert ablation.out_of_time(pl.Series([1, 1])) == []


def test_a_term_that_says_nothing_new_is_left_out() -> None:
    frame = drawn(1).with_columns(twice=2 * pl.col("load") + 1, same=pl.lit(3.0), target=pl.col("own_load"))
    found = fit(frame, "target", ["load", "twice", "same"], is_logit=False)
    assert set(found.estimates) == {"intercept", "load"}


def test_a_week_with_a_day_of_work_decides_no_slope() -> None:
    frame = drawn(4, each=80)
    wild = frame.with_columns(load=pl.when(pl.int_range(pl.len()) % 97 == 0).then(9.0).otherwise(pl.col("load")))
    found = effects.measure(wild, CHURN).load
    assert effects.rows_of(wild, CHURN)["load"].max() == effects.LARGEST_LOAD
    assert found.low < 1.0 < found.high
