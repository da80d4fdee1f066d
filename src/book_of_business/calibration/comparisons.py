"""The calibrated weights beside what else could be used, on work they have not seen: other CSMs, later weeks.

Every method predicts the minutes of an account-week up to one common factor, since how much is logged in all says
nothing of how much is worked. Deviance is Tweedie's with p = 1.5, the one the weights are fitted by.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from scipy import optimize, stats

from book_of_business.calibration.effort_model import Calibration, hours_of, jackknife, relearn
from book_of_business.calibration.limits import Limits
from book_of_business.calibration.observations import LEVELS
from book_of_business.errors import UserError

CALIBRATED, IN_FORCE, ADDITIVE = "calibrated weights", "weights in force", "added-up minutes (NNLS)"
ARR, COUNT = "ARR only", "account count"
METHODS = (CALIBRATED, IN_FORCE, ADDITIVE, ARR, COUNT)
FOLDS = 4
BLOCKS = 4  # of weeks
DECILES = 10
LEAST = 1e-6  # minutes: the deviance of a prediction of zero would be infinite
Predictor = Callable[[pl.DataFrame], np.ndarray]


def predictors(calibration: Calibration, training: pl.DataFrame) -> dict[str, Predictor]:
    """Each method, taught on the training rows: a frame of account-weeks to minutes at full exposure.

    A method that cannot be taught (no ARR on record) is left out.
    """
    learnt = relearn(calibration, training)
    taught: dict[str, Predictor] = {
        CALIBRATED: lambda rows: hours_of(rows, learnt),
        IN_FORCE: lambda rows: hours_of(rows, calibration.in_force),
        COUNT: lambda rows: np.ones(rows.height),
    }
    if training["arr_usd"].fill_null(0).sum() > 0:
        taught[ARR] = lambda rows: np.maximum(rows["arr_usd"].fill_null(0).to_numpy(), 0.0)
    additive = added_up(training)
    if additive is not None:
        taught[ADDITIVE] = additive
    return {name: taught[name] for name in METHODS if name in taught}


def added_up(rows: pl.DataFrame) -> Predictor | None:
    """Minutes as a sum of what each segment and level adds, none of it negative (non-negative least squares)."""
    names = [("segment", level) for level in rows["segment"].unique().sort()]
    names += [(column, level) for column in LEVELS for level in rows[column].unique().sort()]

    def design(frame: pl.DataFrame) -> np.ndarray:
        return np.column_stack([(frame[column] == level).to_numpy().astype(float) for column, level in names])

    grouped = rows.group_by("segment", *LEVELS, maintain_order=True).agg(
        minutes=pl.col("minutes").sum() / pl.col("exposure_ratio").sum(), weight=pl.col("exposure_ratio").sum()
    )
    root = np.sqrt(grouped["weight"].to_numpy())
    try:
        coefficients, _ = optimize.nnls(design(grouped) * root[:, None], grouped["minutes"].to_numpy() * root)
    except RuntimeError:  # it did not settle
        return None
    return lambda frame: design(frame) @ coefficients


def deviance(minutes: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Tweedie unit deviances with p = 1.5: 4 x (root y - root m)^2 / root m."""
    root = np.sqrt(np.maximum(predicted, LEAST))
    return 4 * (np.sqrt(minutes) - root) ** 2 / root


def rescaled(predicted: np.ndarray, minutes: np.ndarray) -> np.ndarray:
    """Predictions with the sum of the minutes."""
    total = predicted.sum()
    return predicted * (minutes.sum() / total) if total > 0 else predicted


def csm_folds(rows: pl.DataFrame, folds: int = FOLDS) -> list[list[str]]:
    """CSMs in folds, those of like books in different ones: by how much they logged in their main segment."""
    books = (
        rows.group_by("csm_id")
        .agg(segment=pl.col("segment").mode().sort().first(), minutes=pl.col("minutes").sum())
        .sort("segment", "minutes", "csm_id")
    )
    csms = books["csm_id"].to_list()
    return [csms[place::folds] for place in range(folds) if csms[place::folds]]


def by_csm(calibration: Calibration) -> pl.DataFrame:
    """Predictions for CSMs that the method has not seen: the rows with a column per method, in minutes."""
    everything, parts = calibration.observations.rows, []
    for fold in csm_folds(everything):
        held = pl.col("csm_id").is_in(fold)
        taught = predictors(calibration, everything.filter(~held))
        rows = everything.filter(held)
        exposure = rows["exposure_ratio"].to_numpy()
        parts.append(rows.with_columns(pl.Series(name, exposure * f(rows)) for name, f in taught.items()))
    frame = pl.concat(parts, how="diagonal")
    kept = [name for name in METHODS if name in frame.columns and frame[name].null_count() == 0]
    minutes = frame["minutes"].to_numpy()
    return frame.with_columns(pl.Series(name, rescaled(frame[name].to_numpy(), minutes)) for name in kept)


def last_weeks(rows: pl.DataFrame, limits: Limits) -> list[datetime.date]:
    """The last `held_out_ratio` of the weeks, at least one."""
    weeks = rows["week_start_date"].unique().sort().to_list()
    return weeks[len(weeks) - max(1, round(len(weeks) * limits.held_out_ratio)) :]


def out_of_time(calibration: Calibration, limits: Limits) -> pl.DataFrame:
    """Predictions for the last weeks by what the weeks before taught.

    Raises:
        UserError: if the weeks before teach nothing.
    """
    everything = calibration.observations.rows
    is_later = pl.col("week_start_date").is_in(last_weeks(everything, limits))
    taught = predictors(calibration, everything.filter(~is_later))
    rows = everything.filter(is_later)
    exposure, minutes = rows["exposure_ratio"].to_numpy(), rows["minutes"].to_numpy()
    return rows.with_columns(pl.Series(name, rescaled(exposure * f(rows), minutes)) for name, f in taught.items())


def scores(predicted: pl.DataFrame) -> pl.DataFrame:
    """One row per method: method, deviance_explained_ratio, book_error_ratio.

    The deviance explained is the share of the deviance of account-weeks that is left by equal minutes for each account
    (COUNT: 0 by definition) and not by the method; null where the method leaves more than that, since how much worse
    than a count it is says nothing. The book error is the mean over CSMs of how far predicted minutes are from logged
    ones; a CSM's own pace, which no attribute of an account can tell, is in it.
    """
    minutes = predicted["minutes"].to_numpy()
    base = deviance(minutes, predicted[COUNT].to_numpy()).sum()
    rows = []
    for name in METHODS:
        if name not in predicted.columns:
            continue
        explained = 1 - deviance(minutes, predicted[name].to_numpy()).sum() / base if base > 0 else 0.0
        books = predicted.group_by("csm_id").agg(pl.col("minutes").sum(), pl.col(name).sum())
        books = books.filter(pl.col("minutes") > 0)
        error = (books[name] / books["minutes"] - 1).abs().mean()
        rows.append({
            "method": name, "deviance_explained_ratio": explained if explained >= 0 else None,
            "book_error_ratio": error,
        })  # fmt: skip
    kinds = {"method": pl.String, "deviance_explained_ratio": pl.Float64, "book_error_ratio": pl.Float64}
    return pl.DataFrame(rows, schema=kinds)


def held_out_weeks(calibration: Calibration, blocks: int = BLOCKS) -> pl.DataFrame:
    """`predicted_sums` of consecutive blocks of weeks: each is predicted by what the others teach, later ones too."""
    weeks = calibration.observations.rows["week_start_date"].unique().sort().to_list()
    ends = [len(weeks) * place // blocks for place in range(blocks + 1)]
    return predicted_sums(calibration, [weeks[first:last] for first, last in pairwise(ends)])


def later_weeks(calibration: Calibration, limits: Limits) -> pl.DataFrame:
    """`predicted_sums` of the last weeks, predicted by what the weeks before teach."""
    return predicted_sums(calibration, [last_weeks(calibration.observations.rows, limits)])


def predicted_sums(calibration: Calibration, blocks: Sequence[Sequence[datetime.date]]) -> pl.DataFrame:
    """Minutes of each account over blocks of weeks that the weights have not seen: csm_id, account_id, minutes, and
    predictions by IN_FORCE and CALIBRATED with the CSM's own sum.

    Sums over accounts, since the minutes of an account in one week are nearly all chance; the CSM's own sum, since a
    person's pace is no weight. A block without minutes, or with none in the other weeks, is left out, and so are CSMs
    without minutes in the blocks: nothing can be learnt from them, or judged by them.

    Raises:
        UserError: if the fit breaks down.
    """
    rows = calibration.observations.rows
    parts = []
    for block in blocks:
        is_held = pl.col("week_start_date").is_in(block)
        held, others = rows.filter(is_held), rows.filter(~is_held)
        if not held["minutes"].sum() or not others["minutes"].sum():
            continue
        learnt = relearn(calibration, others)
        exposure = held["exposure_ratio"].to_numpy()
        parts.append(
            held.select("csm_id", "account_id", "minutes").with_columns(
                pl.Series(IN_FORCE, exposure * hours_of(held, calibration.in_force)),
                pl.Series(CALIBRATED, exposure * hours_of(held, learnt)),
            )
        )
    if not parts:
        kinds = dict.fromkeys(("minutes", IN_FORCE, CALIBRATED), pl.Float64)
        return pl.DataFrame(schema={"csm_id": pl.String, "account_id": pl.String, **kinds})
    sums = pl.concat(parts).group_by("csm_id", "account_id").agg(pl.col("minutes", IN_FORCE, CALIBRATED).sum())
    own = pl.col("minutes").sum().over("csm_id")
    scaled = sums.filter(own > 0).with_columns(
        pl.col(name) * own / pl.col(name).sum().over("csm_id") for name in (IN_FORCE, CALIBRATED)
    )
    return scaled.sort("csm_id", "account_id")


@dataclass(frozen=True)
class Gain:
    """How much less deviance the calibrated weights leave in weeks held out than the weights in force.

    `ratio` of the deviance of the accounts' sums, with its interval over accounts; `typical_ratio` is that of the
    typical CSM (`signed_rank_interval`), so that no large book decides alone. nan where it cannot be measured.
    """

    ratio: float
    low: float
    high: float
    typical_ratio: float


def gain(calibration: Calibration, confidence: float) -> Gain:
    """The gain in blocks of weeks held out.

    The pairs are the accounts: each is predicted by both versions with the same sum per CSM, so that what moves all
    accounts of a CSM cancels. Over the CSMs as the only pairs, 16 of them show a gain of 7% in one run of two.
    """
    try:
        predicted = held_out_weeks(calibration)
    except UserError:
        return Gain(*[float("nan")] * 4)
    minutes = predicted["minutes"].to_numpy()
    before, after = (deviance(minutes, predicted[name].to_numpy()) for name in (IN_FORCE, CALIBRATED))
    if len(minutes) < 2 or before.sum() <= 0:
        return Gain(*[float("nan")] * 4)
    left, low, high = ratio_interval(after, before, confidence)
    return Gain(1 - left, 1 - high, 1 - low, gain_of(predicted, confidence)[0])


def later_gain(calibration: Calibration, limits: Limits) -> float:
    """`gain_of` in the last weeks, by what the weeks before taught; nan where it cannot be measured."""
    try:
        return gain_of(later_weeks(calibration, limits), limits.gain_confidence_ratio)[0]
    except UserError:
        return float("nan")


def gain_of(predicted: pl.DataFrame, confidence: float) -> tuple[float, float, float]:
    """Deviance gained by the calibrated weights over those in force, with an interval over CSMs.

    `signed_rank_interval` of what is left of each CSM's own deviance, each CSM alike: a pooled book of hundreds would
    else decide alone. nan where fewer than two CSMs tell.
    """
    minutes = predicted["minutes"].to_numpy()
    per_csm = (
        predicted.select("csm_id")
        .with_columns(
            before=pl.Series(deviance(minutes, predicted[IN_FORCE].to_numpy())),
            after=pl.Series(deviance(minutes, predicted[CALIBRATED].to_numpy())),
        )
        .group_by("csm_id")
        .agg(pl.col("before", "after").sum())
        .sort("csm_id")
    )
    return signed_rank_interval(per_csm["before"].to_numpy(), per_csm["after"].to_numpy(), confidence)


def signed_rank_interval(before: np.ndarray, after: np.ndarray, confidence: float) -> tuple[float, float, float]:
    """1 less the typical ratio over CSMs of after / before, with an interval; nan where fewer than two tell.

    The median of all pairs' geometric means with the interval of Wilcoxon's signed ranks (Hodges and Lehmann 1963). A
    CSM can gain at most all and lose any multiple: in a plain mean one who triples their deviance undoes four who halve
    it, in a mean of logs one of whom nearly nothing is left undoes eleven.
    """
    told = (before > 0) & (after > 0)
    logs = np.log(after[told] / before[told])
    if len(logs) < 2:
        return float("nan"), float("nan"), float("nan")
    first, second = np.triu_indices(len(logs))
    pairs = np.sort((logs[first] + logs[second]) / 2)
    outside = pairs_outside(len(logs), (1 - confidence) / 2)
    low, high = (pairs[outside - 1], pairs[-outside]) if outside else (-math.inf, math.inf)
    return 1 - math.exp(np.median(pairs)), 1 - math.exp(high), 1 - math.exp(low)


def pairs_outside(count: int, chance: float) -> int:
    """The place from either end of the sorted pairs at which an interval ends; 0: too few CSMs for such a chance."""
    chances = np.ones(1)  # of each sum of the ranks of positive signs, where signs are thrown
    for rank in range(1, count + 1):
        longer = np.zeros(len(chances) + rank)
        longer[: len(chances)] += chances / 2
        longer[rank:] += chances / 2
        chances = longer
    return int(np.searchsorted(np.cumsum(chances), chance, side="right"))


def ratio_interval(part: np.ndarray, whole: np.ndarray, confidence: float) -> tuple[float, float, float]:
    """Ratio of two sums over CSMs with its jackknife interval."""
    value = part.sum() / whole.sum()
    without = (part.sum() - part) / np.maximum(whole.sum() - whole, 1e-12)
    reach = stats.t.ppf((1 + confidence) / 2, len(part) - 1) * jackknife(without)
    return float(value), float(value - reach), float(value + reach)


def deciles(predicted: pl.DataFrame, method: str = CALIBRATED) -> pl.DataFrame:
    """Calibration by decile of what was predicted for unseen CSMs: decile (1 is the least work), account_week_count,
    predicted_minutes, minutes, observed_ratio (observed / predicted), lower and upper (its 95 % interval over CSMs;
    nan where one CSM has all of them).
    """
    ordered = predicted.sort(method, "week_start_date", "account_id").with_columns(
        decile=(pl.int_range(pl.len()) * DECILES // pl.len() + 1).cast(pl.Int64)
    )
    rows = []
    for (decile,), group in ordered.group_by("decile", maintain_order=True):
        per_csm = group.group_by("csm_id").agg(pl.col("minutes").sum(), pl.col(method).sum()).sort("csm_id")
        value, low, high = float("nan"), float("nan"), float("nan")
        if per_csm[method].sum() > 0:
            value = per_csm["minutes"].sum() / per_csm[method].sum()
        if per_csm.height > 1 and per_csm[method].sum() > 0:
            value, low, high = ratio_interval(per_csm["minutes"].to_numpy(), per_csm[method].to_numpy(), 0.95)
        rows.append({
            "decile": decile, "account_week_count": group.height, "predicted_minutes": group[method].sum(),
            "minutes": group["minutes"].sum(), "observed_ratio": value, "lower": low, "upper": high,
        })  # fmt: skip
    return pl.DataFrame(rows)
