"""Rank correlation over answers of several CSMs, with an interval that does not take them for independent."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

# Below these an interval would be a decoration.
MINIMUM_ANSWERS = 10
MINIMUM_CSMS = 3


@dataclass(frozen=True)
class Correlation:
    """Spearman's rank correlation with its 95 % interval (null: too few CSMs for one)."""

    value: float
    low: float | None
    high: float | None

    @property
    def words(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.2f} (too few CSMs for an interval)"
        return f"{self.value:.2f} (95 % interval {self.low:.2f} to {self.high:.2f})"


def correlate(answers: pl.DataFrame, column: str, measured: str = "perceived_load_score") -> Correlation | None:
    """Rank correlation of what was measured (the answers) with a column; null where they are too few or all alike.

    Answers of one person are not independent, so the interval leaves out one CSM at a time (a jackknife on Fisher's z
    with t of CSMs - 1): on few CSMs it covers what it says, where resampling does not.
    """
    value = spearman(answers, column, measured) if answers.height >= MINIMUM_ANSWERS else None
    if value is None:
        return None
    csms = answers["csm_id"].unique().sort().to_list()
    without = (
        [spearman(answers.filter(pl.col("csm_id") != csm), column, measured) for csm in csms]
        if len(csms) >= MINIMUM_CSMS
        else [None]
    )
    left = [correlation for correlation in without if correlation is not None]
    if len(left) < len(without):
        return Correlation(value, None, None)
    limit = 1 - 1e-9
    scores = np.arctanh(np.clip(np.array(left), -limit, limit))
    error = math.sqrt((len(csms) - 1) / len(csms) * float(((scores - scores.mean()) ** 2).sum()))
    centre = math.atanh(max(-limit, min(limit, value)))
    reach = t_quantile(len(csms) - 1) * error
    return Correlation(value, math.tanh(centre - reach), math.tanh(centre + reach))


def spearman(answers: pl.DataFrame, column: str, measured: str = "perceived_load_score") -> float | None:
    """Spearman's rank correlation of what was measured and a column; null where one of them does not vary."""
    if answers[measured].n_unique() < 2 or answers[column].n_unique() < 2:
        return None
    ranks = [answers[name].rank().to_numpy() for name in (measured, column)]
    return float(np.corrcoef(*ranks)[0, 1])


def t_quantile(degrees: int) -> float:
    """97.5th percentile of Student's t, by adding up its density (to 3 decimals)."""
    grid = np.linspace(0.0, 15.0, 150_001)
    constant = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2)) / math.sqrt(degrees * math.pi)
    density = constant * (1 + grid**2 / degrees) ** (-(degrees + 1) / 2)
    steps = (density[1:] + density[:-1]) / 2 * np.diff(grid)
    return float(grid[1 + int(np.searchsorted(np.cumsum(steps), 0.475))])
