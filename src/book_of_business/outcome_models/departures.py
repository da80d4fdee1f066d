"""Do people leave after a quarter of overload? The hazard of leaving by load, throughput and detection before.

Everybody who is employed in a week in which somebody leaves is at risk of being the one who does (Cox 1972, with
calendar time as the time scale: what hits all people of a week alike cancels). The exposure is the mean of a quarter
that ends a quarter before: notice is given weeks before the last day, and what comes after notice causes nothing.

Teams have few departures. So the p-value does not rest on large numbers: leavers are drawn at random from those at
risk in each week, and the score of the real ones is compared with that of the drawn.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from scipy import stats
from statsmodels.duration.hazard_regression import PHReg

from book_of_business.marts import UNASSIGNED, query

WEEKS = 13  # a quarter: the length of the exposure, and its distance to the week of the departure
FEWEST_WEEKS = 7  # of an exposure: with fewer known weeks it is not known
MINIMUM_DEPARTURES = 8
DRAWS = 4000
LEVEL, POWER = 0.95, 0.8
LARGEST_LOAD = 2.0
# An effect that matters doubles the hazard: from a load of 80% to one of 130%, and for one standard deviation of others
RELEVANT_LOAD = math.log(2) / 0.5


@dataclass(frozen=True)
class Question:
    """A measure of CSM-weeks that may go along with leaving."""

    name: str
    words: str
    unit: str
    relevant: float


QUESTIONS = (
    Question("load_ratio", "load of the own book", "unit of load (0 to 100% of capacity)", RELEVANT_LOAD),
    Question("throughput_ratio", "counted conversations / the ceiling", "unit (from none to the ceiling)",
             math.log(2) / 0.5),
    Question("restricted_mean_detection_days", "days until a risk is known", "30 days", math.log(2)),
)  # fmt: skip


@dataclass(frozen=True)
class Hazard:
    """The log hazard ratio of leaving per unit, with its 95% interval; null where the data are too few.

    `p_value` is that of drawn leavers. `placebo_p_value` is that of the same measure three quarters before, given the
    one a quarter before: people whose books always were different. `power` is the chance that such data would show an
    effect that matters, `detectable` the smallest effect that they would show four times in five.
    """

    question: Question
    departure_count: int
    csm_count: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    placebo_p_value: float | None = None
    power: float | None = None
    detectable: float | None = None
    lack: str = ""

    @property
    def verdict(self) -> str:
        """What can be said, in a sentence."""
        asked = self.question
        if self.value is None:
            return f"Leaving and {asked.words}: nothing can be said yet, {self.lack}."
        size = f"{self.value:+.2f} log hazard per {asked.unit}"
        interval = f"{size} ({self.low:+.2f} to {self.high:+.2f}, p = {self.p_value:.3f})"
        base = f"{self.departure_count} departures of {self.csm_count} CSMs"
        if self.placebo_p_value is not None and self.placebo_p_value < 1 - LEVEL:
            return (
                f"Leaving and {asked.words}: nothing can be said, since the same measure long before predicts it too"
                f" (p = {self.placebo_p_value:.3f}); {base}."
            )
        if self.p_value < 1 - LEVEL:
            more = "more" if self.value > 0 else "less"
            return f"People leave {more} often after a quarter of a high {asked.words}: {interval}; {base}."
        if -asked.relevant < self.low and self.high < asked.relevant:
            return f"No effect of {asked.words} on leaving that matters ({asked.relevant:.2f}): {interval}; {base}."
        return (
            f"Leaving and {asked.words}: it cannot be told yet, {interval}; {base}. Such data would show an effect that"
            f" matters ({asked.relevant:.2f}) with {self.power:.0%} chance."
        )


def read(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """CSM-weeks of the published marts: csm_id, week_start_date, load_ratio, throughput_ratio,
    restricted_mean_detection_days / 30, is_leaving (the last week of a CSM who has left). Weeks after it are left out.

    A ratio is null without capacity; throughput counts conversations against the ceiling of the week.
    """
    return query(
        connection,
        f"""
        select
            loads.csm_id, loads.week_start_date, least(loads.load_ratio, {LARGEST_LOAD}) as load_ratio,
            throughput.counted_interaction_count / nullif(throughput.throughput_ceiling_count, 0) as throughput_ratio,
            detection.restricted_mean_detection_days / 30 as restricted_mean_detection_days,
            -- the last week with a book: people may leave on any day of it, or on the Monday after
            coalesce(csms.left_on <= clock.as_of_date, false)
            and loads.week_start_date = max(loads.week_start_date) over (partition by loads.csm_id) as is_leaving
        from marts.fct_csm_load as loads
        inner join marts.dim_csms as csms on loads.csm_id = csms.csm_id
        left join marts.fct_csm_throughput as throughput
            on loads.csm_id = throughput.csm_id and loads.week_start_date = throughput.week_start_date
        left join marts.fct_csm_risk_detection as detection
            on loads.csm_id = detection.csm_id and loads.week_start_date = detection.week_start_date
        cross join (select max(week_end_date) as as_of_date from marts.dim_weeks) as clock
        where loads.csm_id <> '{UNASSIGNED}'
            and loads.week_start_date >= csms.hired_on - 6
            and loads.week_start_date <= coalesce(csms.left_on, date '9999-12-31')
        order by loads.csm_id, loads.week_start_date
    """,
    )


def at_risk(csm_weeks: pl.DataFrame, name: str, quarters: int = 1) -> pl.DataFrame:
    """The CSM-weeks in which somebody leaves, with the exposure: csm_id, week_start_date, is_leaving, exposure.

    Args:
        csm_weeks: columns of `read`, one row per CSM and week of employment.
        name: of the measure.
        quarters: how many quarters before the week the exposure ends.
    """
    lag = WEEKS * quarters
    days = pl.col("week_start_date")
    ordered = csm_weeks.select("csm_id", "week_start_date", pl.col(name).alias("value")).sort(
        "csm_id", "week_start_date"
    )
    means = ordered.rolling(index_column="week_start_date", period=f"{7 * WEEKS}d", group_by="csm_id").agg(
        exposure=pl.when(pl.col("value").count() >= FEWEST_WEEKS).then(pl.col("value").mean())
    )
    later = means.with_columns(days + pl.duration(days=7 * lag))
    leaving = csm_weeks.filter("is_leaving")["week_start_date"].unique()
    return (
        csm_weeks.filter(days.is_in(leaving.implode()))
        .select("csm_id", "week_start_date", "is_leaving")
        .join(later, on=["csm_id", "week_start_date"], how="left", maintain_order="left")
    )


def measure(csm_weeks: pl.DataFrame, question: Question, seed: int = 1) -> Hazard:
    """The hazard of leaving by one measure. The seed is that of the drawn leavers."""
    both = at_risk(csm_weeks, question.name).with_columns(
        earlier=at_risk(csm_weeks, question.name, quarters=3)["exposure"]
    )
    known = told(both.drop_nulls("exposure"))
    people, count = csm_weeks["csm_id"].n_unique(), int(known["is_leaving"].sum())
    if count < MINIMUM_DEPARTURES:
        words = f"{count} departures with a known quarter before are too few, {MINIMUM_DEPARTURES} are needed"
        return Hazard(question, count, people, lack=words)
    value, error = cox(known, ["exposure"])[0]
    if not error > 0 or not math.isfinite(error) or abs(value) > 50 * max(error, 1):
        return Hazard(question, count, people, lack="the measure hardly varies between those at risk")
    reach = stats.norm.ppf((1 + LEVEL) / 2)
    longer = told(known.drop_nulls("earlier"))
    placebo = None
    if longer["is_leaving"].sum() >= MINIMUM_DEPARTURES:
        size, wide = cox(longer, ["earlier", "exposure"])[0]
        placebo = float(2 * stats.norm.sf(abs(size) / wide)) if wide > 0 else None
    return Hazard(
        question, count, people, value, value - reach * error, value + reach * error,
        drawn_p_value(known, seed), placebo,
        float(stats.norm.sf(reach - abs(question.relevant) / error)),
        float((reach + stats.norm.ppf(POWER)) * error),
    )  # fmt: skip


def told(rows: pl.DataFrame) -> pl.DataFrame:
    """The weeks in which somebody left and somebody stayed: others say nothing."""
    return rows.filter(
        pl.col("is_leaving").any().over("week_start_date") & (~pl.col("is_leaving")).any().over("week_start_date")
    )


def cox(rows: pl.DataFrame, terms: list[str]) -> list[tuple[float, float]]:
    """Log hazard ratio and standard error of each term, ties by Efron."""
    start = (rows["week_start_date"] - rows["week_start_date"].min()).dt.total_days().to_numpy() / 7
    columns = rows.select(terms).to_numpy()
    centre, spread = columns.mean(axis=0), np.maximum(columns.std(axis=0), 1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = PHReg(
            start + 1, (columns - centre) / spread, status=rows["is_leaving"].to_numpy().astype(int),
            entry=start + 1 / 2,  # after the end of the week before, or its departures would have these rows at risk
            ties="efron",
        ).fit()  # fmt: skip
    return [(float(b / s), float(e / s)) for b, e, s in zip(found.params, found.bse, spread, strict=True)]


def drawn_p_value(rows: pl.DataFrame, seed: int) -> float:
    """Share of draws whose score is as far from its expectation as that of the people who left (the real one included).

    In each week as many leavers are drawn as there were, from those at risk.
    """
    rng = np.random.default_rng(seed)
    real, draws = 0.0, np.zeros(DRAWS)
    for _, week in rows.sort("week_start_date", "csm_id").group_by("week_start_date", maintain_order=True):
        values = week["exposure"].to_numpy() - week["exposure"].mean()
        count = int(week["is_leaving"].sum())
        real += values[week["is_leaving"].to_numpy()].sum()
        order = np.argsort(rng.random((DRAWS, len(values))), axis=1)[:, :count]
        draws += values[order].sum(axis=1)
    return float((1 + (np.abs(draws) >= abs(real) - 1e-12).sum()) / (1 + DRAWS))
