"""The guard: what a calibration has to pass before anybody may adopt it. A refusal names its figure and its limit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from book_of_business.calibration import comparisons, diagnostics, freshness
from book_of_business.calibration.effort_model import ESTIMATED, Calibration
from book_of_business.calibration.limits import Limits
from book_of_business.calibration.observations import TIME_ENTRIES
from book_of_business.calibration.weights import BASE

SEED = 20260628  # of the shuffles that the signal is compared with: the same account-weeks have the same verdict


@dataclass(frozen=True)
class Check:
    """One check: what was asked, the figure, the limit, whether it holds."""

    name: str
    figure: str
    limit: str
    is_passed: bool

    @property
    def sentence(self) -> str:
        return f"{self.name}: {self.figure}; {'holds' if self.is_passed else 'fails'} (limit: {self.limit})"


ENOUGH = ("CSMs with logged time", "weeks with logged time", "levels that could be learnt")


def judge(calibration: Calibration, limits: Limits, told: diagnostics.Signal | None = None) -> list[Check]:
    """All checks, in order. Later checks are not made where an earlier one leaves nothing to judge: too few CSMs or
    weeks, no level, or no signal. Without a signal every other figure is chance, whatever it looks like.

    Args:
        calibration: what was learnt.
        limits: of the checks.
        told: the signal, where it was measured before (null: it is measured here).
    """
    found = [csms(calibration, limits), weeks(calibration, limits), levels_learnt(calibration, limits)]
    if failures(found):
        return found
    found.append(signal(told or measured_signal(calibration)))
    if failures(found):
        return found
    return [
        *found,
        gain(calibration, limits),
        later(calibration, limits),
        bounds(calibration, limits),
        order(calibration, limits),
        recorded(calibration, limits),
        single_csm(calibration, limits),
        fresh(calibration, limits),
        *logged(calibration, limits),
    ]


def failures(checks: list[Check]) -> list[Check]:
    """The checks that do not hold."""
    return [check for check in checks if not check.is_passed]


def csms(calibration: Calibration, limits: Limits) -> Check:
    """Enough CSMs with minutes."""
    count = calibration.observations.csm_count
    needed = limits.minimum_csm_count
    return Check(ENOUGH[0], f"{count}", f"at least {needed:.0f}", count >= needed)


def weeks(calibration: Calibration, limits: Limits) -> Check:
    """Enough weeks with minutes."""
    rows = calibration.observations.rows
    count, needed = rows.filter(pl.col("minutes") > 0)["week_start_date"].n_unique(), limits.minimum_week_count
    return Check(ENOUGH[1], f"{count}", f"at least {needed:.0f}", count >= needed)


def levels_learnt(calibration: Calibration, limits: Limits) -> Check:
    """Some level was seen in enough accounts and books; those that were not keep the weight in force."""
    learnable = calibration.levels.filter((pl.col("factor") != BASE) & (pl.col("status") != "reference level"))
    learnt = learnable.filter(pl.col("status") == ESTIMATED).height
    limit = (
        f"at least 1 level with {limits.level_minimum_account_count:.0f} accounts and"
        f" {limits.level_minimum_csm_count:.0f} CSMs"
    )
    return Check(ENOUGH[2], f"{learnt} of {learnable.height}", limit, learnt > 0)


def gain(calibration: Calibration, limits: Limits) -> Check:
    """What the weights gain in weeks that they were not learnt from: over all accounts, and for the typical CSM."""
    found = comparisons.gain(calibration, limits.gain_confidence_ratio)
    passed = found.ratio >= limits.minimum_gain_ratio and found.low > 0 and found.typical_ratio > 0
    figure = (
        f"{found.ratio:.1%} ({found.low:.1%} to {found.high:.1%}), {found.typical_ratio:.1%} for the typical CSM"
        if not math.isnan(found.ratio)
        else "not measurable"
    )
    limit = (
        f"at least {limits.minimum_gain_ratio:.0%}, its {limits.gain_confidence_ratio:.0%} interval above 0, and"
        " above 0 for the typical CSM"
    )
    return Check("deviance gained in weeks held out", figure, limit, passed)


def later(calibration: Calibration, limits: Limits) -> Check:
    """What the weights will meet: weeks after those they were learnt from. A gain in blocks of weeks, of which later
    ones taught too, can come from weeks that the last ones are nothing like.
    """
    value = comparisons.later_gain(calibration, limits)
    count = len(comparisons.last_weeks(calibration.observations.rows, limits))
    figure = "not measurable" if math.isnan(value) else f"{value:+.1%} deviance gained in the last {count}"
    limit = "at least 0%, learnt from the weeks before"
    return Check("later weeks are foretold no worse", figure, limit, not math.isnan(value) and value >= 0)


def bounds(calibration: Calibration, limits: Limits) -> Check:
    """No multiplier out of what work can do."""
    rows = calibration.levels.filter(pl.col("factor") != BASE)
    outside = rows.filter((pl.col("weight") < limits.lowest_weight) | (pl.col("weight") > limits.highest_weight))
    lowest, highest = rows["weight"].min(), rows["weight"].max()
    named = ", ".join(f"{row['factor']} {row['level']} {row['weight']:.2f}" for row in outside.iter_rows(named=True))
    figure = named or f"{lowest:.2f} to {highest:.2f}"
    limit = f"{limits.lowest_weight:g} to {limits.highest_weight:g}"
    return Check("multipliers within bounds", figure, limit, outside.is_empty())


def order(calibration: Calibration, limits: Limits) -> Check:
    """Levels in the order that the weights in force have: of more people, products or follow-up comes more work.

    Stages of the lifecycle have no such order.
    """
    faults = []
    for factor in (
        "stakeholders",
        "footprint",
        "custom_configuration",
        "expansion",
        "follow_up",
        "sentiment",
        "health_trajectory",
    ):
        own = calibration.levels.filter(pl.col("factor") == factor).sort("previous_weight")
        rows = own.select("level", "weight", "previous_weight").rows()
        for place, (level, weight, before) in enumerate(rows):
            for other, above, previous in rows[place + 1 :]:
                if previous > before and above < weight * (1 - limits.order_tolerance_ratio):
                    faults.append(f"{factor} {other} {above:.2f} under {level} {weight:.2f}")
    limit = f"at most {limits.order_tolerance_ratio:.0%} under a level that weighs less by the weights in force"
    return Check("order of the levels", "; ".join(faults) or "as in force", limit, not faults)


def recorded(calibration: Calibration, limits: Limits) -> Check:
    """Every level that was learnt stands in the last weeks and in those before. One that ends or begins at once is an
    export that changed: its accounts stand under another level, whose weight is then of both.
    """
    rows = calibration.observations.rows
    last = comparisons.last_weeks(rows, limits)
    is_last = rows["week_start_date"].is_in(last)
    missing = []
    for factor, level in calibration.errors:
        has_level = rows[f"{factor}_level"] == level
        if not (has_level & is_last).any():
            missing.append(f"{factor} {level} not in the last {len(last)}")
        elif not (has_level & ~is_last).any():
            missing.append(f"{factor} {level} in the last {len(last)} only")
    return Check("levels recorded in all weeks", "; ".join(missing) or "all", "none that ends or begins", not missing)


def single_csm(calibration: Calibration, limits: Limits) -> Check:
    """No multiplier, and no base, that one CSM moves far: who logs far too much bends the hours of a segment."""
    rows = calibration.levels.filter(pl.col("csm_shift_ratio").is_not_null())
    if rows.is_empty():
        return Check(
            "largest shift by one CSM", "nothing learnt", f"at most {limits.maximum_csm_shift_ratio:.0%}", True
        )
    top = rows.sort("csm_shift_ratio", descending=True).row(0, named=True)
    figure = f"{top['csm_shift_ratio']:.0%} ({top['factor']} {top['level']})"
    passed = top["csm_shift_ratio"] <= limits.maximum_csm_shift_ratio
    return Check("largest shift by one CSM", figure, f"at most {limits.maximum_csm_shift_ratio:.0%}", passed)


def fresh(calibration: Calibration, limits: Limits) -> Check:
    """Attributes of the week explain its minutes better than those written down weeks later."""
    result = freshness.measure(calibration, limits)
    limit = f"less, with its {limits.freshness_confidence_ratio:.0%} interval below 0"
    return Check("attributes are fresh", result.figure, limit, result.is_fresh)


def logged(calibration: Calibration, limits: Limits) -> list[Check]:
    """Conversations have left time in the log of their account and week. Minutes on wrong accounts make all levels look
    alike; what tells them from weak drivers is a record that has nothing to do with the log. No check where there is
    no such record: the log is all there is, or what was learnt from are the conversations themselves.
    """
    name = "conversations have time logged"
    limit = f"at most {limits.maximum_unlogged_ratio:.0%} with none"
    if calibration.observations.source != TIME_ENTRIES:
        return []
    count, unlogged = diagnostics.unlogged_conversations(
        calibration.observations.rows, calibration.in_force, limits.unlogged_minimum_minutes
    )
    if not count:
        return []
    ratio = unlogged / count
    figure = (
        f"{ratio:.1%} of {count} account-weeks with a conversation and {limits.unlogged_minimum_minutes:.0f} minutes to"
        " be expected have none"
    )
    return [Check(name, figure, limit, ratio <= limits.maximum_unlogged_ratio)]


def measured_signal(calibration: Calibration) -> diagnostics.Signal:
    """The signal of a calibration; the same account-weeks always have the same."""
    return diagnostics.signal(calibration.observations, calibration.in_force, list(calibration.errors), SEED)


def signal(told: diagnostics.Signal) -> Check:
    """The levels explain more of the minutes than levels dealt out at random would: else no driver may be ranked, and
    what was learnt is chance, however good it looks.
    """
    figure = (
        f"{'' if told.is_there else 'no signal: '}{told.explained_ratio:.1%} of the deviance explained,"
        f" {told.by_chance_ratio:.1%} by chance (p = {told.p_value:.3f})"
    )
    return Check("signal beyond chance", figure, f"p at most {diagnostics.CHANCE:g}", told.is_there)
