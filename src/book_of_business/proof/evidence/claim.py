"""What a claim is: a statement, the mark it has to reach, how one replicate is made and how all are judged."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from statsmodels.stats.proportion import proportion_confint

Numbers = dict[str, float | int | bool | None]
FULL_COUNT = 200


@dataclass(frozen=True)
class Verdict:
    """What was measured, in words with its Monte-Carlo interval, and whether the mark is reached.

    `is_reached` is null where a figure is reported without a mark, or where nothing was measured that could be judged.
    """

    figure: str
    is_reached: bool | None


@dataclass(frozen=True)
class Claim:
    """One claim.

    `replicate` makes one replicate from a seed: plain numbers, one row of the frame that `summarise` judges. Claims
    that share a replicate name the same function in `replicate`, and then share its results (`source`). `short_count`
    replicates are what a test can afford; the page wants at least 200.
    """

    name: str
    statement: str
    mark: str
    replicate: Callable[[int], Numbers]
    summarise: Callable[[pl.DataFrame], Verdict]
    short_count: int = 4
    full_count: int = FULL_COUNT

    @property
    def source(self) -> str:
        """Name of the file of results: that of the replicate, which other claims may share."""
        return f"{self.replicate.__module__.rsplit('.', 1)[-1]}.{self.replicate.__qualname__}"


def mean_with_interval(values: pl.Series | np.ndarray | list[float]) -> tuple[float, float]:
    """Mean over replicates and half of its 95 % Monte-Carlo interval (normal; nan where there are under two)."""
    array = np.asarray(values, dtype=float)
    array = array[~np.isnan(array)]
    if len(array) < 2:
        return (float(array.mean()) if len(array) else math.nan), math.nan
    return float(array.mean()), 1.96 * float(array.std(ddof=1)) / math.sqrt(len(array))


def share_with_interval(count: int, total: int) -> tuple[float, float, float]:
    """A share of replicates with Wilson's 95 % interval: share, low, high (nan without replicates)."""
    if not total:
        return math.nan, math.nan, math.nan
    low, high = proportion_confint(count, total, method="wilson")
    return count / total, float(low), float(high)


def percent(value: float, digits: int = 1) -> str:
    """`3.2 %`."""
    return f"{100 * value:.{digits}f} %"


def mean_words(values: pl.Series | np.ndarray | list[float], digits: int = 1) -> str:
    """`3.2 % +- 0.1`, of a measure that is a ratio."""
    mean, reach = mean_with_interval(values)
    return f"{percent(mean, digits)} +- {100 * reach:.{digits}f}"


def share_words(count: int, total: int) -> str:
    """`12 of 200: 6.0 % (3.5-10.2)`."""
    share, low, high = share_with_interval(count, total)
    return f"{count} of {total}: {percent(share)} ({100 * low:.1f}-{100 * high:.1f})"
