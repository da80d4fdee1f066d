"""Effort weights on planted truth: a short version of `make prove-statistics`, loose, and able to fail."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

from book_of_business.calibration import comparisons, diagnostics, freshness, guard, sensitivity
from book_of_business.calibration.effort_model import ESTIMATED, calibrate, hours_of, relearn, result_rows, shrink
from book_of_business.calibration.observations import INTERACTIONS, REASONS, TIME_ENTRIES, Observations
from book_of_business.calibration.weights import BASE
from book_of_business.errors import UserError
from book_of_business.proof.evidence import effort_faults
from book_of_business.proof.evidence import planted_effort as planted
from book_of_business.proof.evidence.worlds import SimulatedWorld, simulate_world

WEIGHTS, LIMITS = planted.reference()


@pytest.fixture(scope="module")
def world() -> SimulatedWorld:
    return simulate_world(1, 16, 34)


@pytest.fixture(scope="module")
def rows(world: SimulatedWorld) -> pl.DataFrame:
    return planted.account_weeks_of(world)


def learn(world: SimulatedWorld, rows: pl.DataFrame):
    return calibrate(planted.observations_of(world, LIMITS, rows), WEIGHTS, LIMITS)


@pytest.fixture(scope="module")
def good(world: SimulatedWorld, rows: pl.DataFrame):
    return learn(world, effort_faults.none(rows, np.random.default_rng(1)))


def test_weights_come_closer_to_what_was_planted_than_those_in_force(world: SimulatedWorld, good) -> None:
    truth = planted.true_weights(world, WEIGHTS)
    learnt = np.abs(planted.multiplier_errors(good.proposed, truth)).mean()
    assert learnt < 0.065 < np.abs(planted.multiplier_errors(WEIGHTS, truth)).mean()
    assert planted.book_error(good.proposed, world) < 0.06 < planted.book_error(WEIGHTS, world)
    rows = good.levels.filter((pl.col("status") == ESTIMATED) & (pl.col("factor") != BASE))
    true = np.array([truth.weight(*level) for level in rows.select("factor", "level").iter_rows()])
    covered = (rows["lower"].to_numpy() <= true) & (true <= rows["upper"].to_numpy())
    assert covered.mean() >= 0.8


def test_guard_lets_a_good_run_pass_and_holds_back_attributes_of_eight_weeks_ago(world, rows, good) -> None:
    assert not guard.failures(guard.judge(good, LIMITS))
    stale = learn(world, effort_faults.stale(8)(rows, np.random.default_rng(1)))
    assert "attributes are fresh" in [check.name for check in guard.failures(guard.judge(stale, LIMITS))]
    frozen = learn(world, effort_faults.frozen(rows, np.random.default_rng(1)))
    assert freshness.measure(frozen, LIMITS).figure == "no attribute of any account ever changes"


def test_guard_asks_for_a_signal_before_anything_that_chance_could_fake(good) -> None:
    passed = guard.judge(good, LIMITS)
    assert [check.name for check in passed][3] == "signal beyond chance"
    assert passed == guard.judge(good, LIMITS), "the same account-weeks have the same verdict"
    chance = diagnostics.Signal(0.02, 0.02, 0.075)
    *_, last = guard.judge(good, LIMITS, chance)
    assert last.sentence == (
        "signal beyond chance: no signal: 2.0% of the deviance explained, 2.0% by chance (p = 0.075); fails (limit: p"
        " at most 0.05)"
    )
    assert guard.failures(guard.judge(good, LIMITS, chance)) == [last], "no other check is made on chance"


def test_a_log_in_which_attributes_change_nothing_is_called_no_signal() -> None:
    world = simulate_world(3, 16, 26, "null")
    found = calibrate(planted.observations_of(world, LIMITS), WEIGHTS, LIMITS)
    [failed] = guard.failures(guard.judge(found, LIMITS))
    assert failed.figure.startswith("no signal: ")


@pytest.mark.parametrize(
    ("gain", "is_passed"),
    [
        (comparisons.Gain(0.01, 0.001, 0.02, 0.001), True),
        (comparisons.Gain(0.0099, 0.001, 0.02, 0.001), False),
        (comparisons.Gain(0.05, 0.0, 0.1, 0.001), False),
        (comparisons.Gain(0.05, 0.01, 0.1, 0.0), False),
        (comparisons.Gain(*[float("nan")] * 4), False),
    ],
)
def test_the_gain_at_its_limits(good, monkeypatch, gain: comparisons.Gain, is_passed: bool) -> None:
    monkeypatch.setattr(comparisons, "gain", lambda *_: gain)
    assert guard.gain(good, LIMITS).is_passed is is_passed


def test_the_gain_is_that_of_the_accounts_sums(good) -> None:
    predicted = comparisons.held_out_weeks(good)
    minutes = predicted["minutes"].to_numpy()
    before, after = (
        comparisons.deviance(minutes, predicted[name].to_numpy()).sum()
        for name in (comparisons.IN_FORCE, comparisons.CALIBRATED)
    )
    found = comparisons.gain(good, 0.9)
    assert found.ratio == pytest.approx(1 - after / before)
    assert found.low < found.ratio < found.high


@pytest.mark.parametrize(
    ("share_of_weeks", "figure"),
    [
        ((0, 26), "all"),
        ((0, 18), "all"),
        ((0, 17), "lifecycle renewal not in the last 9"),
        ((16, 26), "all"),
        ((17, 26), "lifecycle renewal in the last 9 only"),
    ],
)
def test_a_level_has_to_be_recorded_before_the_last_weeks_and_in_them(
    good, share_of_weeks: tuple[int, int], figure: str
) -> None:
    """26 weeks, of which 17 are before the last third; renewal is recorded from one of them to before another."""
    rows = good.observations.rows
    weeks = rows["week_start_date"].unique().sort().to_list()
    assert len(weeks) == 26
    is_recorded = pl.col("week_start_date").is_in(weeks[slice(*share_of_weeks)])
    level = pl.when((pl.col("lifecycle_level") == "renewal") & ~is_recorded).then(pl.lit("steady"))
    changed = rows.with_columns(lifecycle_level=level.otherwise(pl.col("lifecycle_level")))
    check = guard.recorded(replace(good, observations=replace(good.observations, rows=changed)), LIMITS)
    assert (check.figure, check.is_passed) == (figure, figure == "all")


def test_guard_holds_back_a_log_with_minutes_on_wrong_accounts(world, rows, good) -> None:
    name = "conversations have time logged"
    third = learn(world, effort_faults.wrong_account(1 / 3)(rows, np.random.default_rng(1)))
    assert name in [check.name for check in guard.failures(guard.judge(third, LIMITS))]
    half = good.observations.rows.with_columns(pl.col("minutes") / 2)
    under_reported = replace(good, observations=replace(good.observations, rows=half))
    assert guard.logged(under_reported, replace(LIMITS, unlogged_minimum_minutes=30))[0].is_passed
    talked = replace(good, observations=replace(good.observations, source=INTERACTIONS))
    assert guard.logged(talked, replace(LIMITS, maximum_unlogged_ratio=-1)) == []
    silent = good.observations.rows.with_columns(talk_minutes=pl.lit(0.0))
    log_only = replace(good, observations=replace(good.observations, rows=silent))
    assert guard.logged(log_only, LIMITS) == [], "0 of 0 is not a check"


@pytest.mark.parametrize(("unlogged", "is_passed"), [(29, True), (30, True), (31, False)])
def test_conversations_without_time_at_their_limit(good, unlogged: int, is_passed: bool) -> None:
    """200 account-weeks of an hour with a conversation; beside them some without one, and some of less than an hour."""
    one = good.observations.rows.filter(pl.col("segment") == "enterprise").head(1)
    one = one.with_columns(exposure_ratio=pl.lit(1.0))
    pace = 120.0  # of all account-weeks, so that it is what is to be expected of each of one level

    def weeks(count: int, minutes: float, talk: float, part: float = 1.0) -> pl.DataFrame:
        row = one.with_columns(
            minutes=pl.lit(minutes), talk_minutes=pl.lit(talk), exposure_ratio=pl.lit(part, dtype=pl.Float64)
        )
        return pl.concat([row] * count)

    met = 200
    logged = (met * pace) / (met - unlogged)
    rows = pl.concat([
        weeks(met - unlogged, logged, 45.0), weeks(unlogged, 0.0, 45.0), weeks(40, pace, 0.0),
        weeks(40, pace / 3, 45.0, 1 / 3),
    ])  # fmt: skip
    assert diagnostics.unlogged_conversations(rows, WEIGHTS, 60) == (met, unlogged)
    [check] = guard.logged(replace(good, observations=replace(good.observations, rows=rows)), LIMITS)
    assert check.is_passed is is_passed
    assert check.figure.startswith(f"{unlogged / met:.1%} of 200 account-weeks with a conversation and 60 minutes")


@pytest.mark.parametrize(("p_value", "is_passed"), [(0.025, True), (0.05, True), (0.075, False)])
def test_signal_at_its_limit(p_value: float, is_passed: bool) -> None:
    assert guard.signal(diagnostics.Signal(0.1, 0.02, p_value)).is_passed is is_passed


@pytest.mark.parametrize(("known_weeks", "csms_told"), [(9, 8), (10, 9), (11, 9)])
def test_a_csm_tells_of_freshness_with_enough_account_weeks_that_differ(
    good, monkeypatch: pytest.MonkeyPatch, known_weeks: int, csms_told: int
) -> None:
    """Nine CSMs, one account each, whose sentiment is another every week; the last is known for a few weeks only."""
    begins = good.observations.rows["week_start_date"].min()
    weeks = pl.DataFrame({"week": range(31)}).with_columns(
        week_start_date=pl.lit(begins) + pl.duration(days=7 * pl.col("week")),
        sentiment_level=pl.when(pl.col("week") % 2 == 0).then(pl.lit("positive")).otherwise(pl.lit("negative")),
        minutes=pl.when(pl.col("week") % 2 == 0).then(30.0).otherwise(40.0),
    )
    base = good.observations.rows.head(1).drop("week_start_date", "sentiment_level", "minutes", "account_id", "csm_id")
    names = pl.DataFrame({"csm_id": [f"C{place}" for place in range(9)]}).with_columns(account_id=pl.col("csm_id"))
    # each week but the last is held against the week after: one row fewer than weeks
    rows = (
        names.join(weeks, how="cross")
        .join(base, how="cross")
        .filter((pl.col("csm_id") != "C8") | (pl.col("week") <= known_weeks))
    )
    told = []
    monkeypatch.setattr(freshness, "signed_rank_interval", lambda before, *_: told.append(len(before)))
    freshness.later_gain(rows, WEIGHTS, 1, 0.99)
    assert told == [csms_told]


def test_under_reporting_that_all_share_moves_no_weight_and_the_sum_of_hours_stays(good) -> None:
    half = good.observations.rows.with_columns(pl.col("minutes") * 0.5)
    again = calibrate(Observations(half, TIME_ENTRIES, good.observations.exclusions), WEIGHTS, LIMITS)
    assert np.allclose(again.levels["weight"], good.levels["weight"], rtol=1e-4)
    assert good.hours_by(good.proposed) == pytest.approx(good.hours_by(WEIGHTS), rel=1e-3)


def test_a_csm_who_logs_a_third_bends_no_multiplier(good) -> None:
    one = good.observations.rows["csm_id"].unique().sort()[0]
    third = pl.when(pl.col("csm_id") == one).then(pl.col("minutes") / 3).otherwise(pl.col("minutes"))
    less = good.observations.rows.with_columns(minutes=third)
    again = calibrate(Observations(less, TIME_ENTRIES, good.observations.exclusions), WEIGHTS, LIMITS)
    assert sensitivity.changes(good, again)["change_ratio"].abs().max() < 0.05


def test_a_level_seen_too_seldom_keeps_the_weight_in_force(good) -> None:
    kept = good.levels.filter(pl.col("status").str.starts_with("kept") & (pl.col("factor") != BASE))
    assert (kept["weight"] == kept["previous_weight"]).all()
    assert kept["raw_weight"].null_count() == kept.height
    scarce = kept.filter((pl.col("account_count") >= 30) & (pl.col("csm_count") >= 4))
    assert scarce.is_empty(), "it was seen often enough"


def test_a_segment_that_nobody_logged_keeps_its_hours_as_the_others_do_on_average(good) -> None:
    rows = good.observations.rows.filter(pl.col("segment") != "smb")
    found = calibrate(Observations(rows, TIME_ENTRIES, good.observations.exclusions), WEIGHTS, LIMITS)
    before = hours_of(rows, WEIGHTS).sum()
    old_bases = {level: WEIGHTS.values[level] for level in WEIGHTS.values if level[0] == BASE}
    moved = hours_of(rows, replace(found.proposed, values={**found.proposed.values, **old_bases})).sum()
    # multipliers alone would add hours to all accounts, and to those of the segment too
    assert moved > 1.02 * before
    change = found.proposed.values[BASE, "smb"] / WEIGHTS.values[BASE, "smb"]
    # up to weeks of which a part was leave
    assert change == pytest.approx(before / moved, rel=1e-3)
    assert hours_of(rows, found.proposed).sum() == pytest.approx(before, rel=1e-3)


def test_attributes_of_other_accounts_are_no_signal_and_are_not_ranked(world, rows, good) -> None:
    levels = list(good.errors)
    real = diagnostics.signal(good.observations, WEIGHTS, levels, seed=1, deals=19)
    assert real.is_there
    dealt = diagnostics.dealt(good.observations.rows, np.random.default_rng(3))
    found = Observations(dealt, TIME_ENTRIES, good.observations.exclusions)
    none = diagnostics.signal(found, WEIGHTS, levels, seed=1, deals=19)
    assert none.explained_ratio < real.explained_ratio / 2
    assert real.sentence.startswith("There is a signal")
    assert real.p_value <= 0.05


def test_deciles_and_rivals_are_held_against_csms_that_were_not_seen(good) -> None:
    predicted = comparisons.by_csm(good)
    assert predicted.height == good.observations.rows.height
    scores = {row["method"]: row for row in comparisons.scores(predicted).iter_rows(named=True)}
    assert set(scores) == set(comparisons.METHODS)
    best = scores[comparisons.CALIBRATED]["book_error_ratio"]
    assert best < min(scores[name]["book_error_ratio"] for name in (comparisons.ARR, comparisons.COUNT))
    assert comparisons.deciles(predicted)["account_week_count"].sum() == predicted.height


def test_silent_csms_are_left_out_with_a_reason_and_not_taken_for_zeros() -> None:
    world = simulate_world(2, 9, 10, "missing_time")
    found = planted.observations_of(world, LIMITS)
    assert found.source == TIME_ENTRIES
    silent = dict(found.exclusions.select("reason", "account_week_count").iter_rows())[REASONS[2]]
    assert silent > 0
    assert found.rows.height + found.exclusions["account_week_count"].sum() == world.account_weeks.height
    assert found.csm_count <= 6


def test_without_time_entries_interactions_and_preparation_stand_in() -> None:
    world = simulate_world(2, 5, 8, "no_time_entries")
    found = planted.observations_of(world, LIMITS)
    assert found.source == INTERACTIONS
    assert found.rows["minutes"].sum() > 0


def test_nothing_to_learn_from_is_said() -> None:
    world = simulate_world(2, 5, 8)
    found = planted.observations_of(world, LIMITS)
    nobody = found.only(pl.col("csm_id") == "nobody")
    with pytest.raises(UserError, match="0 CSMs with minutes"):
        calibrate(nobody, WEIGHTS, LIMITS)


def test_what_is_known_badly_is_shrunk_most() -> None:
    raw, errors = np.array([0.2, 0.2]), np.array([0.01, 0.4])
    sure, unsure = shrink(raw, errors, prior=0.1)
    assert sure == pytest.approx(0.198, abs=1e-3)
    assert unsure == pytest.approx(0.0118, abs=1e-3)
    assert (shrink(raw, errors, prior=0.0) == 0).all()


def test_interval_of_a_level_has_the_degrees_of_freedom_of_its_own_books() -> None:
    levels = [("lifecycle", "onboarding"), ("sentiment", "negative")]
    table = pl.DataFrame(
        [("lifecycle", "onboarding", 16), ("sentiment", "negative", 4)],
        schema=["factor", "level", "csm_count"],
        orient="row",
    )
    zeros = np.zeros(2)
    found = result_rows(levels, zeros, zeros, np.array([1.0, 1.0]), np.zeros((16, 2)), table)
    # t at 0.975 with 15 and 3 degrees of freedom, of a printed table
    assert [found[level]["reach"] for level in levels] == pytest.approx([2.131, 3.182], abs=1e-3)


def test_guard_holds_back_weights_that_only_earlier_weeks_were_like() -> None:
    world = simulate_world(1, 24, 26)
    rows = planted.account_weeks_of(world)
    changed = rows["week_start_date"].unique().sort()[-6]
    by_weights_in_force = 60 * hours_of(rows, WEIGHTS) * rows["exposure_ratio"].to_numpy()
    ratio = pl.Series(by_weights_in_force) / rows["expected_minutes"]
    is_bent = (pl.col("week_start_date") >= changed) & (pl.col("expected_minutes") > 0)
    minutes = pl.when(is_bent).then(pl.col("entry_minutes") * ratio).otherwise(pl.col("entry_minutes"))
    failed = guard.failures(guard.judge(learn(world, rows.with_columns(entry_minutes=minutes)), LIMITS))
    # all other checks hold, the gain in blocks of weeks too
    assert [check.name for check in failed] == ["later weeks are foretold no worse"]
    assert failed[0].figure.startswith("-")


@pytest.mark.parametrize(
    ("value", "figure", "is_passed"),
    [
        (0.0, "+0.0% deviance gained in the last 9", True),
        (-0.001, "-0.1% deviance gained in the last 9", False),
        (float("nan"), "not measurable", False),
    ],
)
def test_later_weeks_may_not_lose(good, monkeypatch, value: float, figure: str, is_passed: bool) -> None:
    monkeypatch.setattr(comparisons, "later_gain", lambda *_: value)
    check = guard.later(good, LIMITS)
    assert (check.figure, check.is_passed) == (figure, is_passed)


def test_later_weeks_teach_nothing_of_what_they_judge(good) -> None:
    rows = good.observations.rows
    weeks = comparisons.last_weeks(rows, LIMITS)
    assert weeks == rows["week_start_date"].unique().sort().to_list()[-9:]
    is_later = pl.col("week_start_date").is_in(weeks)
    learnt = relearn(good, rows.filter(~is_later))
    held = rows.filter(is_later)
    hours = pl.Series(hours_of(held, learnt)) * held["exposure_ratio"]
    share = held.with_columns(hours=hours).group_by("csm_id", "account_id").agg(pl.col("hours", "minutes").sum())
    own = pl.col("minutes").sum().over("csm_id") / pl.col("hours").sum().over("csm_id")
    expected = share.sort("csm_id", "account_id").select(pl.col("hours") * own)["hours"]
    assert np.allclose(comparisons.later_weeks(good, LIMITS)[comparisons.CALIBRATED], expected)


def test_minutes_in_a_few_weeks_alone_are_not_measurable_and_break_nothing() -> None:
    world = simulate_world(1, 9, 12)
    rows = planted.account_weeks_of(world)
    first = rows["week_start_date"].unique().sort()[-3]
    is_logged = pl.col("week_start_date") >= first
    found = learn(world, rows.with_columns(pl.when(is_logged).then(pl.col("entry_minutes")).otherwise(0.0)))
    [few] = guard.failures(guard.judge(found, LIMITS))
    assert (few.name, few.figure) == ("weeks with logged time", "3")
    assert guard.gain(found, LIMITS).figure == "not measurable"
    assert guard.later(found, LIMITS).figure == "not measurable"
    with pytest.raises(UserError, match="no minutes in these account-weeks"):
        comparisons.out_of_time(found, LIMITS)
    earlier = found.observations.only(pl.col("week_start_date") < first)
    assert diagnostics.explained(earlier.rows, WEIGHTS, list(found.errors)) == 0
    with pytest.raises(UserError, match="no minutes in these account-weeks"):
        relearn(found, earlier.rows)


@pytest.mark.parametrize(
    ("column", "value", "failing"),
    [
        ("weight", 0.19, "multipliers within bounds"),
        ("weight", 6.01, "multipliers within bounds"),
        ("csm_shift_ratio", 0.2001, "largest shift by one CSM"),
    ],
)
def test_guard_names_figure_and_limit(good, column: str, value: float, failing: str) -> None:
    is_one = (pl.col("factor") == "lifecycle") & (pl.col("level") == "onboarding")
    changed = good.levels.with_columns(pl.when(is_one).then(value).otherwise(pl.col(column)).alias(column))
    worse = type(good)(good.observations, WEIGHTS, changed, good.prior_sd, good.errors)
    failed = [check for check in (guard.bounds(worse, LIMITS), guard.single_csm(worse, LIMITS)) if not check.is_passed]
    assert [check.name for check in failed] == [failing]
    assert "lifecycle onboarding" in failed[0].figure


def test_guard_holds_at_its_limits(good) -> None:
    is_one = (pl.col("factor") == "lifecycle") & (pl.col("level") == "onboarding")
    at = good.levels.with_columns(
        pl.when(is_one).then(6.0).otherwise(pl.col("weight")).alias("weight"),
        pl.when(is_one).then(0.2).otherwise(pl.col("csm_shift_ratio")).alias("csm_shift_ratio"),
    )
    same = type(good)(good.observations, WEIGHTS, at, good.prior_sd, good.errors)
    assert guard.bounds(same, LIMITS).is_passed
    assert guard.single_csm(same, LIMITS).is_passed


def test_one_csm_who_loses_does_not_undo_four_who_gain() -> None:
    before, after = np.full(5, 10.0), np.array([5.0, 5.1, 5.2, 4.9, 30.0])
    middle, low, high = comparisons.signed_rank_interval(before, after, 0.8)
    assert middle == pytest.approx(0.49, abs=0.01)
    assert low < middle < high < 1
    assert abs((1 - after / before).mean()) < 0.01, "what a plain mean would say"
    assert np.isnan(comparisons.signed_rank_interval(before[:1], after[:1], 0.9)).all()


def test_one_csm_of_whom_nothing_is_left_does_not_decide() -> None:
    rng = np.random.default_rng(4)
    before = np.append(np.full(12, 5000.0), 2.8)
    after = before * np.append(1.03 + 0.01 * rng.standard_normal(12), 0.04)
    middle, _, high = comparisons.signed_rank_interval(before, after, 0.9)
    assert middle == pytest.approx(-0.03, abs=0.01)
    assert high < 0
    assert 1 - np.exp(np.log(after / before).mean()) > 0.15, "what the geometric mean of all would say"


@pytest.mark.parametrize(("count", "confidence"), [(5, 0.9), (8, 0.99), (12, 0.9), (24, 0.99), (60, 0.95)])
def test_the_interval_is_where_wilcoxons_test_rejects(count: int, confidence: float) -> None:
    logs = np.random.default_rng(count).standard_normal(count)
    _, low, high = comparisons.signed_rank_interval(np.ones(count), np.exp(logs), confidence)
    for end, side in ((np.log(1 - low), "less"), (np.log(1 - high), "greater")):
        way = 1 if side == "less" else -1
        kind = {"alternative": side, "method": "exact"}
        outside = stats.wilcoxon(logs - (end + way * 1e-9), **kind).pvalue
        inside = stats.wilcoxon(logs - (end - way * 1e-9), **kind).pvalue
        assert outside <= (1 - confidence) / 2 < inside


@pytest.mark.parametrize(("count", "confidence", "has_interval"), [(7, 0.99, False), (8, 0.99, True), (4, 0.9, False),
                                                                   (5, 0.9, True)])  # fmt: skip
def test_too_few_csms_have_no_interval(count: int, confidence: float, has_interval: bool) -> None:
    ratios = np.linspace(0.5, 0.6, count)
    _, low, high = comparisons.signed_rank_interval(np.ones(count), ratios, confidence)
    assert (low > 0) is has_interval
    assert (low, high) == ((pytest.approx(0.4), pytest.approx(0.5)) if has_interval else (-np.inf, 1.0))


def test_the_interval_over_csms_holds_what_it_says() -> None:
    """Ratios of one spread, 2,000 teams of 12 CSMs: 90 % of the intervals hold the middle."""
    rng = np.random.default_rng(8)
    held = 0
    for _ in range(2000):
        _, low, high = comparisons.signed_rank_interval(np.ones(12), np.exp(-0.1 + 0.2 * rng.standard_normal(12)), 0.9)
        held += low <= 1 - np.exp(-0.1) <= high
    assert 0.88 <= held / 2000 <= 0.93
