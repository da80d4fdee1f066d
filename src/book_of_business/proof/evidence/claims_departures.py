"""Claims about people who leave: what load a quarter before does to the hazard of leaving, planted and not."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from book_of_business.outcome_models import departures
from book_of_business.proof.evidence.claim import Claim, Numbers, Verdict, mean_with_interval, share_words

MONDAY = dt.date(2024, 1, 1)
PLANTED = 2.5  # log hazard per unit of load
LARGEST_BIAS = 0.25
LEVEL = 0.05


def team(seed: int, effect: float, csms: int = 200, weeks: int = 130, yearly: float = 0.25) -> pl.DataFrame:
    """CSM-weeks whose load wanders, and people who leave by the load of a quarter before (`effect`: of a unit of load).

    Columns: csm_id, week_start_date, load_ratio, is_leaving.
    """
    rng = np.random.default_rng(seed)
    load = np.zeros((csms, weeks))
    level = 0.85 + 0.2 * rng.standard_normal(csms)
    state = np.zeros(csms)
    for week in range(weeks):
        state = 0.95 * state + 0.06 * rng.standard_normal(csms)
        load[:, week] = np.clip(level + state, 0.2, 2.0)
    rows, gone = [], np.zeros(csms, dtype=bool)
    for week in range(weeks):
        monday = MONDAY + dt.timedelta(weeks=week)
        past = load[:, max(0, week - 25) : max(1, week - 12)].mean(axis=1)
        leaving = ~gone & (rng.random(csms) < yearly / 52 * np.exp(effect * (past - 0.85)))
        rows += [(f"C{csm:03}", monday, load[csm, week], bool(leaving[csm])) for csm in np.flatnonzero(~gone)]
        gone |= leaving
    return pl.DataFrame(rows, schema=["csm_id", "week_start_date", "load_ratio", "is_leaving"], orient="row")


def planted_team(seed: int) -> Numbers:
    """200 CSMs over two and a half years, a quarter of whom leave in a year, by load."""
    found = departures.measure(team(seed, PLANTED), departures.QUESTIONS[0], seed)
    return {"value": found.value, "low": found.low, "high": found.high, "p_value": found.p_value,
            "departures": found.departure_count}  # fmt: skip


def unaffected_team(seed: int) -> Numbers:
    """30 CSMs, a third of whom leave in a year whatever their load; and 12, as teams are."""
    found = departures.measure(team(seed, 0.0, csms=30, yearly=0.35), departures.QUESTIONS[0], seed)
    small = departures.measure(team(seed, 0.0, csms=12), departures.QUESTIONS[0], seed)
    return {"p_value": found.p_value, "departures": found.departure_count, "is_small_told": small.value is not None}


def planted_verdict(frame: pl.DataFrame) -> Verdict:
    """Bias, coverage and power."""
    held = frame.drop_nulls("value")
    mean, reach = mean_with_interval(held["value"])
    covered = int(((held["low"] <= PLANTED) & (held["high"] >= PLANTED)).sum())
    told = int((held["p_value"] < LEVEL).sum())
    figure = (
        f"{mean:.2f} +- {reach:.2f}; its interval covers {PLANTED} in {share_words(covered, held.height)}; told in"
        f" {share_words(told, held.height)}; {frame['departures'].mean():.0f} departures on average"
    )
    return Verdict(figure, bool(held.height and abs(mean - PLANTED) <= LARGEST_BIAS and covered / held.height >= 0.92))


def unaffected_verdict(frame: pl.DataFrame) -> Verdict:
    """The share of tests of nothing that speak."""
    held = frame.drop_nulls("p_value")
    told = int((held["p_value"] < LEVEL).sum())
    figure = (
        f"{share_words(told, held.height)}, {frame['departures'].mean():.0f} departures on average; teams of 12 get an"
        f" estimate in {share_words(int(frame['is_small_told'].sum()), frame.height)}"
    )
    most = 0.07 + (0 if held.height >= 200 else 2 * (0.05 * 0.95 / max(held.height, 1)) ** 0.5)
    return Verdict(figure, bool(held.height and told / held.height <= most))


CLAIMS = (
    Claim("departures_planted", "Load a quarter before to leaving, planted at 2.5 (200 CSMs, 2.5 years)",
          f"bias <= {LARGEST_BIAS}, coverage >= 92 %", planted_team, planted_verdict),
    Claim("departures_unaffected", "Leaving that has nothing to do with load (30 CSMs, 2.5 years)",
          "rejects in at most 7 %", unaffected_team, unaffected_verdict),
)  # fmt: skip

NOTES = """\
## People who leave

- Teams are drawn in memory: load wanders around a level of each CSM's own, and people leave at a hazard that follows
  the mean load of a quarter, a quarter before. The simulator's own worlds plant no departures by load.
- The p-value draws leavers from those at risk in each week, so that it holds with eight departures. A team of twelve
  has fewer in two and a half years, and gets no estimate.
"""
