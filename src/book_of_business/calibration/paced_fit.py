"""Tweedie quasi-likelihood with a log link, in which each CSM has a pace of their own that is profiled out.

A dummy column per CSM gives the same estimates, but a team of 200 has 200 of them. For given coefficients the best pace
of a CSM has a closed form, so Newton's method runs over the coefficients alone, on columns centred within CSM
(concentrated likelihood; Frisch, Waugh and Lovell). With a variance power between 1 and 2 the quasi-likelihood is
concave in the coefficients: there is one maximum, and halving a step that overshoots always reaches it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

VARIANCE_POWER = 1.5  # between Poisson (1) and gamma (2), zeros included (Tweedie 1984; Jorgensen 1987)
LARGEST = np.log(100.0)  # of a coefficient: no level of work takes a hundred times another
STEPS, HALVINGS = 50, 30
SETTLED = 1e-9  # largest change of a coefficient in the last step
NOTHING = 1e-9  # of a column's length: what rounding leaves of a column that is a sum of others
LOADING = 1e-6  # squared share of a column in combinations that the data cannot see


@dataclass(frozen=True)
class Sample:
    """What is fitted: one entry per cell of equal rows.

    csm: index of the CSM, 0 to the number of CSMs less 1. minutes: mean of the cell. count: rows in it. effort: minutes
    expected before pace and coefficients, above 0. columns: one per coefficient, cells x coefficients.
    """

    csm: np.ndarray
    minutes: np.ndarray
    count: np.ndarray
    effort: np.ndarray
    columns: np.ndarray

    def only(self, chosen: np.ndarray) -> Sample:
        """Some of the cells (a boolean per cell). CSMs keep their index."""
        return Sample(self.csm[chosen], self.minutes[chosen], self.count[chosen], self.effort[chosen],
                      self.columns[chosen])  # fmt: skip


@dataclass(frozen=True)
class PacedFit:
    """Coefficients on the log scale, and how the fit ended.

    A coefficient that the data do not identify stays where it began. `is_settled`: the last step changed nothing;
    `at_limit`: which coefficients ended at +-LARGEST.
    """

    coefficients: np.ndarray
    is_settled: bool
    largest_step: float

    @property
    def at_limit(self) -> np.ndarray:
        return np.abs(self.coefficients) >= LARGEST - SETTLED


def fit(sample: Sample, start: np.ndarray | None = None) -> PacedFit:
    """Maximise the quasi-likelihood.

    Args:
        sample: cells; those of CSMs without a minute say nothing and have to be left out before.
        start: coefficients to begin from (null: zeros).
    """
    found = np.zeros(sample.columns.shape[1]) if start is None else np.array(start, dtype=float)
    value, gradient, curvature = at(sample, found)
    moved = 0.0
    for _ in range(STEPS):
        is_free = ~((np.abs(found) >= LARGEST) & (np.sign(gradient) == np.sign(found)))
        step = newton_step(gradient * is_free, curvature * is_free[:, None] * is_free[None, :])
        for _ in range(HALVINGS):
            tried = np.clip(found + step, -LARGEST, LARGEST)
            new = at(sample, tried)
            if new[0] >= value - 1e-12 * abs(value):
                break
            step = step / 2
        moved = float(np.abs(tried - found).max(initial=0.0))
        found, (value, gradient, curvature) = tried, new
        if moved < SETTLED:
            return PacedFit(found, True, moved)
    return PacedFit(found, False, moved)


def at(sample: Sample, coefficients: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Quasi-likelihood, gradient and negative curvature of the profile at some coefficients."""
    mean = sample.effort * np.exp(sample.columns @ coefficients)
    csms = int(sample.csm.max()) + 1 if len(sample.csm) else 0
    low, high = mean ** (1 - VARIANCE_POWER), mean ** (2 - VARIANCE_POWER)
    spent = np.bincount(sample.csm, sample.count * sample.minutes * low, csms)
    pace = spent / np.maximum(np.bincount(sample.csm, sample.count * high, csms), np.finfo(float).tiny)
    own = np.where(pace > 0, pace, 1.0)[sample.csm]
    low, high = low * own ** (1 - VARIANCE_POWER), high * own ** (2 - VARIANCE_POWER)
    worked, expected = sample.count * sample.minutes * low, sample.count * high
    value = float((worked / (1 - VARIANCE_POWER) - expected / (2 - VARIANCE_POWER)).sum())
    weight = (VARIANCE_POWER - 1) * worked + (2 - VARIANCE_POWER) * expected
    centred = within(sample.columns, sample.csm, weight)
    return value, centred.T @ (worked - expected), centred.T @ (weight[:, None] * centred)


def within(columns: np.ndarray, csm: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Columns less their weighted mean over the cells of the CSM."""
    count = int(csm.max()) + 1 if len(csm) else 0
    total = np.maximum(np.bincount(csm, weight, count), np.finfo(float).tiny)
    means = np.zeros((count, columns.shape[1]))
    for place, column in enumerate(columns.T):
        means[:, place] = np.bincount(csm, weight * column, count) / total
    return columns - means[csm]


def newton_step(gradient: np.ndarray, curvature: np.ndarray) -> np.ndarray:
    """The step to the maximum of the local parabola; none along what the data do not identify."""
    scale, values, vectors = decomposed(curvature)
    is_seen = values > NOTHING
    inside = vectors[:, is_seen] / values[is_seen] @ (vectors[:, is_seen].T @ (gradient * scale))
    return inside * scale


def decomposed(products: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scale to columns of length 1, and the eigenvalues and vectors of their products; empty columns stay empty."""
    length = np.sqrt(np.maximum(np.diag(products), 0.0))
    largest = length.max(initial=0.0)
    scale = np.where(length > NOTHING * largest, 1 / np.where(length > 0, length, 1.0), 0.0)
    values, vectors = np.linalg.eigh(products * scale[:, None] * scale[None, :])
    return scale, values, vectors


def identified(products: np.ndarray) -> np.ndarray:
    """Which coefficients the data identify, from the products of the columns centred within CSM.

    One is identified if no combination of columns that adds up to nothing contains it. Neither the order nor the names
    of the columns play a part.
    """
    scale, values, vectors = decomposed(products)
    unseen = vectors[:, values <= NOTHING]
    return (scale > 0) & ((unseen**2).sum(axis=1) <= LOADING)


def products_by_csm(sample: Sample, count: int) -> np.ndarray:
    """Products of the columns centred within CSM, of each of `count` CSMs: CSMs x coefficients x coefficients."""
    centred = within(sample.columns, sample.csm, sample.count)
    width = centred.shape[1]
    found = np.zeros((count, width, width))
    order = np.argsort(sample.csm, kind="stable")
    ends = np.searchsorted(sample.csm[order], np.arange(count + 1))
    for csm in range(count):
        own = order[ends[csm] : ends[csm + 1]]
        found[csm] = centred[own].T @ (sample.count[own][:, None] * centred[own])
    return found
