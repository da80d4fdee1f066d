"""Effort weights from account-weeks: Tweedie quasi-likelihood with a log link, shrunk to the weights in force.

Mean minutes = exposure x own pace of the CSM x base of the segment x multipliers. Each CSM is compared with
themselves: a CSM who always logs half of their time changes no multiplier. The weights in force are the offset: the
model estimates how far each level is from them. Only levels that the data identify are estimated; the others keep
their weight, with the reason. Intervals leave out one CSM at a time (jackknife, t with one degree of freedom less than
CSMs who have the level), because account-weeks of one person are not independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import optimize, stats

from book_of_business.calibration import paced_fit
from book_of_business.calibration.limits import Limits
from book_of_business.calibration.observations import LEVELS, Observations
from book_of_business.calibration.weights import BASE, FACTORS, UNKNOWN, Level, Weights
from book_of_business.errors import UserError

CONFIDENCE = 0.95
SHORTEST = 0.001  # part of a week
WIDEST_PRIOR = 1.0  # sd of log deviations: e-fold; more is no knowledge at all
ESTIMATED, REFERENCE = "estimated", "reference level"
TOO_FEW_ACCOUNTS, TOO_FEW_CSMS, NOT_SEEN = "kept: too few accounts", "kept: too few CSMs", "kept: not seen"
NO_MINUTES = "kept: no minutes logged on it"
NOT_IDENTIFIED = "kept: cannot be separated from other levels or from the CSMs"
ONE_CSM = "kept: only one CSM's accounts tell it from the others"
NO_LIMIT = "kept: the data set no limit to it"


@dataclass(frozen=True)
class Calibration:
    """What was learnt.

    levels: factor, level, previous_weight (in force), raw_weight (as the data have it; null where kept), weight
        (shrunk; what would be proposed), lower and upper (95 % of raw_weight; null where kept), account_count,
        csm_count, sample_count (account-weeks), csm_shift_ratio (largest change of the weight without one CSM),
        status (ESTIMATED, REFERENCE or why it was kept). `base` is hours a week by segment.
    prior_sd: standard deviation of the log deviations from the weights in force (0: no sign of any).
    errors: standard error of the log deviation of each level that was learnt.
    """

    observations: Observations
    in_force: Weights
    levels: pl.DataFrame
    prior_sd: float
    errors: dict[Level, float]

    def hours_by(self, weights: Weights) -> float:
        """Hours of all observed account-weeks by a version."""
        rows = self.observations.rows
        return float((hours_of(rows, weights) * rows["exposure_ratio"].to_numpy()).sum())

    @property
    def proposed(self) -> Weights:
        """The weights that would be proposed."""
        values = {(row["factor"], row["level"]): row["weight"] for row in self.levels.iter_rows(named=True)}
        return Weights("proposed", values, self.in_force.order)


@dataclass(frozen=True)
class Cells:
    """Account-weeks added up where CSM, segment, levels and exposure are the same: enough for the quasi-likelihood,
    since all of them have one mean.

    `csm` is an index into `csms`, `effort` minutes by the weights in force before the CSM's pace. `deviations` has a
    column per level that is estimated, `nuisance` one per other level that has to be held constant: `unknown`, and
    levels that cannot be told apart. `spread` is the deviance of the account-weeks from the mean of their cell, which
    no level can explain.
    """

    csms: np.ndarray
    csm: np.ndarray
    segment: np.ndarray
    minutes: np.ndarray
    count: np.ndarray
    effort: np.ndarray
    spread: np.ndarray
    deviations: np.ndarray
    nuisance: np.ndarray

    @property
    def sample(self) -> paced_fit.Sample:
        """What is fitted: all columns, deviations first."""
        columns = np.hstack([self.deviations, self.nuisance])
        return paced_fit.Sample(self.csm, self.minutes, self.count, self.effort, columns)

    @property
    def has_minutes(self) -> np.ndarray:
        """Whether the CSM of a cell logged anything in these cells."""
        return (np.bincount(self.csm, self.count * self.minutes, len(self.csms)) > 0)[self.csm]


def cells_of(rows: pl.DataFrame, weights: Weights, levels: list[Level], held: list[Level] | None = None) -> Cells:
    """Add up the account-weeks.

    Args:
        rows: account-weeks.
        weights: in force.
        levels: that are estimated; of the eight factors, or of candidates with a column `<name>_level` of their own.
        held: levels to hold constant besides `unknown`.
    """
    candidates = sorted({f"{factor}_level" for factor, _ in levels if factor not in FACTORS})
    keys = ["csm_id", "segment", *LEVELS, *candidates]
    grouped = (
        rows.with_columns(pl.col("exposure_ratio").round(3).clip(lower_bound=SHORTEST))
        .group_by([*keys, "exposure_ratio"], maintain_order=True)
        .agg(minutes=pl.col("minutes").mean(), count=pl.len(), roots=pl.col("minutes").sqrt().sum())
    )
    minutes, count = grouped["minutes"].to_numpy(), grouped["count"].to_numpy().astype(float)
    spent = grouped.filter(pl.col("minutes") > 0)  # nothing can be told of a level on which no minute was spent
    unknown = [(factor, UNKNOWN) for factor in FACTORS if (spent[f"{factor}_level"] == UNKNOWN).any()]
    csms, csm = np.unique(grouped["csm_id"].to_numpy(), return_inverse=True)
    return Cells(
        csms=csms,
        csm=csm,
        segment=grouped["segment"].to_numpy(),
        minutes=minutes,
        count=count,
        effort=60 * hours_of(grouped, weights) * grouped["exposure_ratio"].to_numpy(),
        # the sum of 4 (root y - root m)^2 / root m over the account-weeks of a cell with the mean m
        spread=np.maximum(8 * (count * np.sqrt(minutes) - grouped["roots"].to_numpy()), 0.0),
        deviations=dummies(grouped, levels),
        nuisance=dummies(grouped, [*(held or []), *unknown]),
    )


def dummies(rows: pl.DataFrame, levels: list[Level]) -> np.ndarray:
    """A column per level: 1 in the rows that have it."""
    if not levels:
        return np.zeros((rows.height, 0))
    return np.column_stack([(rows[f"{factor}_level"] == level).to_numpy().astype(float) for factor, level in levels])


def hours_of(rows: pl.DataFrame, weights: Weights) -> np.ndarray:
    """Effort by a version, hours a week of full exposure."""
    hours = np.array([weights.values.get((BASE, segment), math.nan) for segment in rows["segment"].to_list()])
    for factor in FACTORS:
        named = {level: weights.weight(factor, level) for level in rows[f"{factor}_level"].unique().to_list()}
        hours = hours * rows[f"{factor}_level"].replace_strict(named, return_dtype=pl.Float64).to_numpy()
    return hours


def deviations_of(cells: Cells, chosen: np.ndarray | None = None, start: np.ndarray | None = None) -> np.ndarray:
    """Log deviations from the weights in force, of the estimated levels and of those held constant.

    Args:
        cells: added-up account-weeks.
        chosen: which of them (null: all).
        start: deviations of an earlier fit.

    Raises:
        UserError: if no minute was spent in those, or the fit does not converge.
    """
    told = cells.has_minutes if chosen is None else chosen & cells.has_minutes
    if not told.any():
        raise UserError("effort weights cannot be learnt: no minutes in these account-weeks")
    found = paced_fit.fit(cells.sample.only(told), start)
    if not found.is_settled:
        raise UserError(
            f"effort weights cannot be learnt: the fit does not converge (after {paced_fit.STEPS} steps a weight still"
            f" changes by {math.expm1(found.largest_step):.1%}); check the minutes for values that cannot be true"
        )
    return found.coefficients


@dataclass(frozen=True)
class Learnable:
    """Levels that the data identify, and why others that were seen often enough are kept."""

    levels: list[Level]
    kept: dict[Level, str]

    @property
    def held(self) -> list[Level]:
        """Kept levels with minutes: they stay in the model, or the others would take their part."""
        return [level for level, why in self.kept.items() if why != NO_MINUTES]


def learnable(rows: pl.DataFrame, weights: Weights, levels: list[Level], *, without_any: bool = False) -> Learnable:
    """Which levels the account-weeks identify.

    Args:
        rows: account-weeks.
        weights: in force.
        levels: those in question.
        without_any: whether they have to be identified without any one CSM too. A level that one CSM alone tells from
            the others has no interval: without that CSM nothing is known of it.
    """
    cells = cells_of(rows, weights, levels)
    told = cells.has_minutes
    sample, number = cells.sample.only(told), len(levels)
    spent = np.zeros((len(cells.csms), number))
    np.add.at(spent, sample.csm, (sample.count * sample.minutes)[:, None] * sample.columns[:, :number])
    total = spent.sum(axis=0)
    products = paced_fit.products_by_csm(sample, len(cells.csms))
    # a level without minutes has no finite weight: its column would only disturb
    used = np.append(total > 0, np.ones(sample.columns.shape[1] - number, dtype=bool))
    products = products * used[:, None] * used[None, :]
    everybody = products.sum(axis=0)
    is_identified = paced_fit.identified(everybody)[:number]
    is_shared = is_identified.copy()
    for csm, own in zip(spent, products, strict=True) if without_any else ():
        is_shared &= paced_fit.identified(everybody - own)[:number] & (total - csm > 0)
    kept = {}
    for place, level in enumerate(levels):
        if total[place] <= 0:
            kept[level] = NO_MINUTES
        elif not is_identified[place]:
            kept[level] = NOT_IDENTIFIED
        elif not is_shared[place]:
            kept[level] = ONE_CSM
    return Learnable([level for level in levels if level not in kept], kept)


def calibrate(observations: Observations, in_force: Weights, limits: Limits) -> Calibration:
    """Learn the weights.

    Raises:
        UserError: if there is nothing to learn from (no minutes, or fewer than two CSMs).
    """
    rows = observations.rows.filter(pl.col("segment").is_in(in_force.segments))
    spent = rows.group_by("csm_id").agg(pl.col("minutes").sum()).filter(pl.col("minutes") > 0)["csm_id"]
    rows = rows.filter(pl.col("csm_id").is_in(spent.to_list()))
    csms = sorted(spent.to_list())
    if len(csms) < 2:
        raise UserError(
            f"effort weights cannot be learnt: {len(csms)} CSM{'' if len(csms) == 1 else 's'} with minutes on accounts"
            f" ({observations.source}), and two are needed to tell the work from the person"
        )
    table = counted(rows, in_force, limits)
    wanted = [(factor, level) for factor, level, status in
              table.filter(pl.col("status") == ESTIMATED).select("factor", "level", "status").iter_rows()
              if factor != BASE]  # fmt: skip
    found = learnable(rows, in_force, wanted, without_any=True)
    cells = cells_of(rows, in_force, found.levels, found.held)
    full = deviations_of(cells)
    if limitless := [
        level for level, value in zip(found.levels, full, strict=False) if abs(value) >= paced_fit.LARGEST
    ]:
        kept = found.kept | dict.fromkeys(limitless, NO_LIMIT)
        found = Learnable([level for level in found.levels if level not in kept], kept)
        cells = cells_of(rows, in_force, found.levels, found.held)
        full = deviations_of(cells)
    levels, number, everybody = found.levels, len(found.levels), np.ones(len(cells.csm), dtype=bool)
    without = np.array([deviations_of(cells, cells.csm != place, full)[:number] for place in range(len(csms))])
    raw = full[:number]
    fixed = {segment for segment, status in table.filter(pl.col("factor") == BASE).select("level", "status").iter_rows()
             if status != ESTIMATED}  # fmt: skip
    segments = list(in_force.segments)
    errors = jackknife(without)
    prior = prior_sd(raw, errors)
    shrunk = shrink(raw, errors, prior)
    shrunk_without = shrink(without, errors, prior)
    base = bases(cells, everybody, raw, shrunk, segments, fixed)
    base_without = [
        bases(cells, cells.csm != place, own, kept, segments, fixed)
        for place, (own, kept) in enumerate(zip(without, shrunk_without, strict=True))
    ]
    estimates = result_rows(levels, raw, shrunk, errors, shrunk_without, table)
    estimates |= base_rows(segments, base, np.array(base_without), table)
    used = Observations(rows, observations.source, observations.exclusions)
    return Calibration(
        used, in_force, joined(table, estimates, found.kept), prior, dict(zip(levels, errors, strict=True))
    )


def calibrate_if_possible(
    observations: Observations, in_force: Weights, limits: Limits
) -> tuple[Calibration | None, str]:
    """`calibrate`, or null and the reason where nothing can be learnt."""
    try:
        return calibrate(observations, in_force, limits), ""
    except UserError as error:
        return None, str(error)


def relearn(calibration: Calibration, rows: pl.DataFrame) -> Weights:
    """The same levels learnt from part of the account-weeks, for weeks or CSMs that are held out.

    Shrunk as the whole was, for the size of the part: errors grow as the root of the account-weeks left out. That the
    spread of deviations comes from the whole gives a method two numbers (prior and scale of errors) of what it may not
    have seen, and saves a jackknife for each part.

    Raises:
        UserError: if no minute was spent in the part, or the fit breaks down.
    """
    found = learnable(rows, calibration.in_force, list(calibration.errors))
    kept = found.levels
    cells = cells_of(rows, calibration.in_force, kept, found.held)
    raw = deviations_of(cells)[: len(kept)]
    everybody = np.ones(len(cells.csm), dtype=bool)
    scale = math.sqrt(calibration.observations.rows.height / max(1, rows.height))
    errors = scale * np.array([calibration.errors[level] for level in kept])
    shrunk = shrink(raw, errors, calibration.prior_sd)
    table = calibration.levels.filter(pl.col("factor") == BASE)
    fixed = set(table.filter(pl.col("status") != ESTIMATED)["level"])
    segments = list(calibration.in_force.segments)
    change = dict(zip(segments, bases(cells, everybody, raw, shrunk, segments, fixed), strict=True))
    moved = {level: math.exp(value) for level, value in zip(kept, shrunk, strict=True)}
    moved |= {(BASE, segment): math.exp(value) for segment, value in change.items()}
    values = {level: weight * moved.get(level, 1.0) for level, weight in calibration.in_force.values.items()}
    return Weights("learnt from a part", values, calibration.in_force.order)


def counted(rows: pl.DataFrame, weights: Weights, limits: Limits) -> pl.DataFrame:
    """How often each level was seen, and whether that is enough: the columns of `Calibration.levels` on counts."""
    found = []
    for factor in (BASE, *FACTORS):
        column = "segment" if factor == BASE else f"{factor}_level"
        seen = rows.group_by(column).agg(
            account_count=pl.col("account_id").n_unique().cast(pl.Int64),
            csm_count=pl.col("csm_id").n_unique().cast(pl.Int64),
            sample_count=pl.len().cast(pl.Int64),
        )
        counts = {row[column]: row for row in seen.iter_rows(named=True)}
        for level in weights.segments if factor == BASE else weights.levels(factor):
            row = counts.get(level, {"account_count": 0, "csm_count": 0, "sample_count": 0})
            found.append({
                "factor": factor, "level": level, "previous_weight": weights.values[factor, level],
                **{name: row[name] for name in ("account_count", "csm_count", "sample_count")},
                "status": status_of(row, factor != BASE and level == weights.reference_level(factor), limits),
            })  # fmt: skip
    return pl.DataFrame(found)


def status_of(row: dict, is_reference: bool, limits: Limits) -> str:
    """Whether a level was seen often enough to be estimated."""
    if is_reference:
        return REFERENCE
    if not row["sample_count"]:
        return NOT_SEEN
    if row["account_count"] < limits.level_minimum_account_count:
        return TOO_FEW_ACCOUNTS
    return TOO_FEW_CSMS if row["csm_count"] < limits.level_minimum_csm_count else ESTIMATED


def jackknife(without: np.ndarray) -> np.ndarray:
    """Standard errors from estimates without one CSM each: (CSMs, parameters) to (parameters)."""
    count = len(without)
    return np.sqrt((count - 1) / count * ((without - without.mean(axis=0)) ** 2).sum(axis=0))


def prior_sd(raw: np.ndarray, errors: np.ndarray) -> float:
    """Spread of the true deviations around the weights in force, by maximum marginal likelihood (empirical Bayes)."""
    if not len(raw):
        return 0.0

    def negative(spread: float) -> float:
        variance = spread**2 + errors**2
        return float((np.log(variance) + raw**2 / variance).sum())

    found = optimize.minimize_scalar(negative, bounds=(0.0, WIDEST_PRIOR), method="bounded", options={"xatol": 1e-5})
    return float(found.x) if negative(found.x) < negative(1e-6) else 0.0


def shrink(raw: np.ndarray, errors: np.ndarray, prior: float) -> np.ndarray:
    """Posterior means of the log deviations: little is left of those that are known badly."""
    variance = errors**2
    return raw * (prior**2 / np.where(prior**2 + variance > 0, prior**2 + variance, 1.0))


def bases(
    cells: Cells, chosen: np.ndarray, raw: np.ndarray, shrunk: np.ndarray, segments: list[str], fixed: set[str]
) -> np.ndarray:
    """Log change of each segment's base hours. How much is logged in all says nothing of how much is worked, so only
    the segments' shares are learnt: all observed account-weeks keep the hours that they have by the weights in force.

    A segment in `fixed` keeps its own hours: its base makes good what the multipliers change on average. So does one
    that nobody logged, by what they change in the others: its accounts would else grow with every multiplier above 1.
    """
    weight = cells.count[chosen] * cells.effort[chosen]
    ratio = np.exp(cells.deviations[chosen] @ raw)
    kept = np.exp(cells.deviations[chosen] @ shrunk)
    segment = cells.segment[chosen]
    hours, logged, kept_hours, rated = np.zeros((4, len(segments)))
    for place, name in enumerate(segments):
        own = segment == name
        hours[place], kept_hours[place] = weight[own].sum(), (weight * kept)[own].sum()
        rated[place] = (weight * ratio)[own].sum()
        logged[place] = (cells.count[chosen] * cells.minutes[chosen])[own].sum()
    is_fixed = np.array([name in fixed for name in segments])
    learnt = ~is_fixed & (logged > 0) & (rated > 0)
    change = np.zeros(len(segments))
    with np.errstate(divide="ignore", invalid="ignore"):
        change[learnt] = np.log(logged[learnt] / rated[learnt])
        if learnt.any():
            level = (np.exp(change) * kept_hours)[learnt].sum() / hours[learnt].sum()
            change[learnt] -= math.log(level)
        rest = ~learnt & (kept_hours > 0)
        change[rest] = np.log(hours[rest] / kept_hours[rest])
        unseen = (hours == 0) & (hours.sum() > 0)
        change[unseen] = np.log(hours.sum() / kept_hours.sum())
    return change


def result_rows(
    levels: list[Level],
    raw: np.ndarray,
    shrunk: np.ndarray,
    errors: np.ndarray,
    without: np.ndarray,
    table: pl.DataFrame,
) -> dict[Level, dict[str, float]]:
    """Log estimate, half of its interval and largest shift of each level.

    A level's own number of CSMs gives the degrees of freedom: those who do not have it move it next to nothing.
    """
    counts = {(row["factor"], row["level"]): row["csm_count"] for row in table.iter_rows(named=True)}
    freedom = np.array([max(1, counts[level] - 1) for level in levels])
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, freedom) * errors
    shift = np.abs(np.expm1(without - shrunk)).max(axis=0) if len(levels) else np.zeros(0)
    return {
        level: {"raw": raw[place], "shrunk": shrunk[place], "reach": reach[place], "shift": shift[place]}
        for place, level in enumerate(levels)
    }


def base_rows(
    segments: list[str], base: np.ndarray, without: np.ndarray, table: pl.DataFrame
) -> dict[Level, dict[str, float]]:
    """The same for base hours, with a segment's own number of CSMs."""
    errors = jackknife(without)
    counts = dict(table.filter(pl.col("factor") == BASE).select("level", "csm_count").iter_rows())
    found = {}
    for place, segment in enumerate(segments):
        freedom = max(1, counts[segment] - 1)
        found[BASE, segment] = {
            "raw": base[place], "shrunk": base[place],
            "reach": stats.t.ppf((1 + CONFIDENCE) / 2, freedom) * errors[place],
            "shift": float(np.abs(np.expm1(without[:, place] - base[place])).max()),
        }  # fmt: skip
    return found


def joined(table: pl.DataFrame, found: dict[Level, dict[str, float]], kept: dict[Level, str]) -> pl.DataFrame:
    """Counts and estimates side by side, in weights; `kept` says why levels were not estimated."""
    rows = []
    for row in table.iter_rows(named=True):
        level, before = (row["factor"], row["level"]), row["previous_weight"]
        own, status = found.get(level), kept.get(level, row["status"])
        is_known = own is not None and status == ESTIMATED
        rows.append({
            "factor": row["factor"], "level": row["level"], "previous_weight": before,
            "raw_weight": before * math.exp(own["raw"]) if is_known else None,
            "weight": before * math.exp(own["shrunk"]) if own else before,
            "lower": before * math.exp(own["raw"] - own["reach"]) if is_known else None,
            "upper": before * math.exp(own["raw"] + own["reach"]) if is_known else None,
            "account_count": row["account_count"], "csm_count": row["csm_count"], "sample_count": row["sample_count"],
            "csm_shift_ratio": own["shift"] if is_known else None, "status": status,
        })  # fmt: skip
    kinds = dict.fromkeys(("raw_weight", "weight", "lower", "upper", "csm_shift_ratio"), pl.Float64)
    return pl.DataFrame(rows, schema_overrides=kinds)
