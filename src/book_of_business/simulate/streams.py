"""Random numbers: one independent stream per purpose and week.

A stream depends on the seed, its name and the week alone, so a change to one table does not shift the
others, and neither threads nor the order of calls matter (SeedSequence spawn keys, NumPy PCG64).
"""

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Streams:
    """The family of random streams of one seed."""

    seed: int

    def get(self, name: str, week: int = -1) -> np.random.Generator:
        """The generator for a purpose, in a week (-1: outside the weeks)."""
        key = (zlib.crc32(name.encode()), week + 1)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key)))


def mean_one_lognormal(rng: np.random.Generator, spread: float, count: int) -> npt.NDArray[np.float64]:
    """Positive factors with mean 1 and log standard deviation `spread`, rounded to 4 decimals.

    The rounding takes away last-digit differences between machines' exponentials.
    """
    draws = np.exp(spread * rng.standard_normal(count) - spread * spread / 2)
    return np.maximum(np.round(draws, 4), 0.05)


def choose(rng: np.random.Generator, probabilities: npt.ArrayLike, count: int) -> npt.NDArray[np.int8]:
    """`count` codes 0..k-1 drawn with the given probabilities."""
    edges = np.cumsum(np.asarray(probabilities, dtype=float))
    draws = np.searchsorted(edges[:-1] / edges[-1], rng.random(count), side="right")
    return draws.astype(np.int8)


def choose_by_row(
    rng: np.random.Generator, probabilities: npt.NDArray[np.float64], rows: npt.NDArray[np.integer]
) -> npt.NDArray[np.int8]:
    """One code per entry of `rows`, drawn with the probabilities in that row of the table."""
    edges = np.cumsum(probabilities, axis=1)
    edges = edges[:, :-1] / edges[:, -1:]
    return (rng.random(len(rows))[:, None] >= edges[rows]).sum(axis=1).astype(np.int8)
