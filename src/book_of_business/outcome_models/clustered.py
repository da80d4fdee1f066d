"""Regression with errors clustered by CSM that hold with few of them.

statsmodels fits, on standardised columns, so that the unit of a column decides nothing. The covariance is the cluster
jackknife, linearised for the logit (MacKinnon, Nielsen and Webb 2025, "Cluster-robust jackknife and bootstrap inference
for logistic regression models"), with t of clusters - 1. The usual sandwich is too small under some thirty clusters:
docs/evidence/statistics.md has the share of false alarms of both.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import statsmodels.api as sm
from scipy import stats
from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationError, PerfectSeparationWarning

from book_of_business.outcome_models.separation import is_separated

MINIMUM_CLUSTERS = 5
LEVEL = 0.95
POWER = 0.8
SUSPICIOUS_LOG_ODDS = 10.0  # per standard deviation of a column: such a fit is asked whether it is separated


@dataclass(frozen=True)
class Estimate:
    """One coefficient: per unit of its column, on the log odds or the outcome's own scale, with a 95 % interval."""

    name: str
    value: float
    error: float
    low: float
    high: float
    p_value: float
    degrees: int

    @property
    def is_told(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.p_value < 1 - LEVEL

    @property
    def detectable(self) -> float:
        """The smallest effect that such data would show in four of five worlds (minimum detectable effect)."""
        return (stats.t.ppf((1 + LEVEL) / 2, self.degrees) + stats.t.ppf(POWER, self.degrees)) * self.error

    def rules_out(self, effect: float) -> bool:
        """Whether the interval leaves out every effect of this size or more, to either side; not without an error."""
        return self.error > 0 and -effect < self.low and self.high < effect

    def power_for(self, effect: float) -> float:
        """Chance that such data would show an effect of this size; none where no error could be measured."""
        if self.error <= 0:
            return 0.0
        limit = stats.t.ppf((1 + LEVEL) / 2, self.degrees)
        return float(1 - stats.nct.cdf(limit, self.degrees, abs(effect) / self.error))


@dataclass(frozen=True)
class Fit:
    """A fitted model: its estimates by name, and what it rests on."""

    estimates: dict[str, Estimate]
    row_count: int
    event_count: int
    cluster_count: int
    sandwich_errors: dict[str, float]


def fit(
    frame: pl.DataFrame, outcome: str, terms: Sequence[str], *, is_logit: bool, cluster: str = "csm_id"
) -> Fit | None:
    """Fit an outcome on terms and an intercept.

    Args:
        frame: outcome (0 or 1 for a logit), terms (numbers; booleans count as 0 and 1) and the cluster; rows with a
            null are left out.
        outcome: name of the outcome.
        terms: names of the columns; those that do not vary, or are sums of those before them, are left out.
        is_logit: logit, else least squares.
        cluster: what is independent of each other.

    Returns:
        Null where it cannot be told: too few clusters, an outcome that does not vary, or one that is separated.
    """
    held = frame.select(outcome, cluster, *terms).drop_nulls()
    kept = independent(held, terms)
    target = held[outcome].cast(pl.Float64).to_numpy()
    _, group = np.unique(held[cluster].to_numpy(), return_inverse=True)
    count = int(group.max()) + 1 if held.height else 0
    if count < MINIMUM_CLUSTERS or held[outcome].n_unique() < 2 or held.height <= len(kept) + 1:
        return None
    raw = held.select(pl.col(name).cast(pl.Float64) for name in kept).to_numpy()
    centre, spread = raw.mean(axis=0), raw.std(axis=0)
    columns = np.column_stack([np.ones(held.height), (raw - centre) / spread])
    model = sm.GLM(target, columns, sm.families.Binomial()) if is_logit else sm.OLS(target, columns)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PerfectSeparationWarning)
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", RuntimeWarning)  # an overflow of exp() where a fit has no end
            found = model.fit()
    except (PerfectSeparationError, PerfectSeparationWarning, np.linalg.LinAlgError):
        return None
    is_suspicious = is_logit and (not found.converged or np.abs(found.params[1:]).max(initial=0) > SUSPICIOUS_LOG_ODDS)
    if is_suspicious and is_separated(columns, target):
        return None
    mean = np.asarray(found.fittedvalues)
    weight = mean * (1 - mean) if is_logit else np.ones(len(mean))
    value = np.asarray(found.params)
    scores = group_sums(columns * (target - mean)[:, None], group, count)
    covariance = jackknife(columns, weight, scores, group, count)
    if not np.isfinite(covariance).all():
        return None
    bread = np.linalg.pinv(columns.T @ (weight[:, None] * columns))
    sandwich = count / (count - 1) * bread @ (scores.T @ scores) @ bread
    # back to the units of the columns
    back = np.diag([1.0, *(1 / spread)])
    back[0, 1:] = -centre / spread
    value, covariance, sandwich = back @ value, back @ covariance @ back.T, back @ sandwich @ back.T
    names = ["intercept", *kept]
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return Fit(
        {name: estimate(name, value[at], errors[at], count - 1) for at, name in enumerate(names)},
        held.height,
        int(target.sum()) if is_logit else held.height,
        count,
        {name: math.sqrt(max(sandwich[at, at], 0.0)) for at, name in enumerate(names)},
    )


def independent(frame: pl.DataFrame, terms: Sequence[str]) -> list[str]:
    """The terms that vary and are no sum of those before them: who stands first stays."""
    kept: list[str] = []
    columns: list[np.ndarray] = []
    for name in terms:
        column = frame[name].cast(pl.Float64).to_numpy()
        if len(column) and np.ptp(column) > 0:
            found = [*columns, (column - column.mean()) / column.std()]
            if np.linalg.matrix_rank(np.stack(found) @ np.stack(found).T, tol=1e-6 * len(column)) == len(found):
                kept.append(name)
                columns = found
    return kept


def group_sums(values: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Sums of rows by group."""
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, group, values)
    return sums


def jackknife(columns: np.ndarray, weight: np.ndarray, scores: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Covariance of the coefficients from leaving out one cluster at a time (CV3; of a logit one Newton step each)."""
    products = (columns[:, :, None] * columns[:, None, :] * weight[:, None, None]).reshape(len(columns), -1)
    parts = group_sums(products, group, count).reshape(count, columns.shape[1], columns.shape[1])
    rest = parts.sum(axis=0) - parts
    steps = np.stack([-np.linalg.pinv(rest[at]) @ scores[at] for at in range(count)])
    return (count - 1) / count * steps.T @ steps


def estimate(name: str, value: float, error: float, degrees: int) -> Estimate:
    """A coefficient with its interval by Student's t."""
    reach = stats.t.ppf((1 + LEVEL) / 2, degrees) * error
    p_value = float(2 * stats.t.sf(abs(value) / error, degrees)) if error > 0 else 1.0
    return Estimate(name, float(value), float(error), float(value - reach), float(value + reach), p_value, degrees)
