"""The claim that larger books lengthen detection: a hazard of being noticed, week by week, clustered by CSM.

Mean days of the detected alone would look the better the more is missed. Each episode counts in every week in which it
is still unseen; one that is open at the end is censored, and a churn or a lapse ends the wait unseen (it competes: the
hazard is that of detection among those still there).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import polars as pl

from book_of_business.marts import UNASSIGNED, query
from book_of_business.outcome_models.clustered import MINIMUM_CLUSTERS, Estimate, Fit, fit
from book_of_business.outcome_models.effects import LARGEST_LOAD

HORIZON_WEEKS = 13
MINIMUM_EPISODES = 30


@dataclass(frozen=True)
class Hazards:
    """Log hazard ratios of detection: per doubling of accounts and per unit of load (null: too few to say).

    Negative: noticed later. `crude` compares all books with each other; `size` and `load` within segments and kinds of
    risk, each in a model of its own.
    """

    episode_count: int
    detected_count: int
    csm_count: int
    crude: Estimate | None
    size: Estimate | None
    load: Estimate | None

    @property
    def lack(self) -> str:
        """Why there is no estimate: the minimum that is not reached."""
        if self.detected_count < MINIMUM_EPISODES:
            noticed = f"{self.detected_count} of {self.episode_count} episodes were noticed"
            return f"{noticed}, which are too few ({MINIMUM_EPISODES} are needed)"
        if self.csm_count < MINIMUM_CLUSTERS:
            return f"{self.csm_count} CSMs are too few ({MINIMUM_CLUSTERS} are needed)"
        return "the sizes of books or the waits are too much alike"

    @property
    def verdict(self) -> str:
        """Whether larger books notice later, in a sentence; either answer is one."""
        if self.size is None:
            return f"Whether larger books notice later cannot be told: {self.lack}."
        said = [reading("a book of twice the accounts", self.size)]
        if self.load is not None:
            said.append(reading("one unit more of load", self.load))
        return "; ".join(said) + "."


def reading(what: str, found: Estimate) -> str:
    """One estimate in words."""
    size = f"{found.value:+.2f} log hazard ({found.low:+.2f} to {found.high:+.2f})"
    if not found.is_told:
        return f"it cannot be told whether {what} changes how soon risk is noticed: {size}"
    return f"with {what} risk is noticed {'later' if found.value < 0 else 'sooner'}: {size}"


def read_waits(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per episode: csm_id, segment, signal_type, book_account_count, load_ratio, wait_days (to detection,
    churn, lapse or the end), is_detected, is_gone (it churned or lapsed unseen).
    """
    return query(
        connection,
        f"""
        select
            episodes.csm_id, accounts.segment, episodes.signal_type,
            cast(episodes.book_account_count as double) as book_account_count,
            episodes.book_load_ratio as load_ratio, episodes.detected_at is not null as is_detected,
            episodes.outcome in ('churned', 'lapsed') as is_gone,
            coalesce(
                episodes.detection_days,
                date_diff(
                    'second', episodes.emerged_at,
                    coalesce(episodes.ended_at, cast(clock.as_of_date as timestamp) + interval 1 day)
                ) / 86400.0
            ) as wait_days
        from marts.fct_risk_episodes as episodes
        inner join marts.dim_accounts as accounts on episodes.account_id = accounts.account_id
        cross join (select max(week_end_date) as as_of_date from marts.dim_weeks) as clock
        where episodes.csm_id <> '{UNASSIGNED}' and episodes.book_account_count > 0
        order by episodes.episode_id
    """,
    )


def episode_weeks(waits: pl.DataFrame) -> pl.DataFrame:
    """A row for each week in which an episode is unseen at its beginning, up to the horizon, with `is_noticed`."""
    held = waits.with_columns(
        last_week=(pl.col("wait_days") / 7).floor().clip(0, HORIZON_WEEKS - 1).cast(pl.Int64),
        is_inside=pl.col("is_detected") & (pl.col("wait_days") < 7 * HORIZON_WEEKS),
    )
    return (
        held.with_columns(wait_week=pl.int_ranges(0, pl.col("last_week") + 1))
        .explode("wait_week")
        .with_columns(
            is_noticed=pl.col("is_inside") & (pl.col("wait_week") == pl.col("last_week")),
            log_week=(pl.col("wait_week") + 1).log(2),
            log_size=pl.col("book_account_count").log(2),
            load_ratio=pl.col("load_ratio").clip(0, LARGEST_LOAD),
        )
        # a week of waiting in which nobody ever is noticed says nothing of anybody
        .filter(pl.col("is_noticed").any().over("wait_week"))
    )


def measure(waits: pl.DataFrame) -> Hazards:
    """Hazards of the episodes of `read_waits`."""
    detected = int(waits["is_detected"].sum())
    if detected < MINIMUM_EPISODES:
        return Hazards(waits.height, detected, waits["csm_id"].n_unique(), None, None, None)
    weeks = episode_weeks(waits)
    kinds = [(name, value) for name in ("segment", "signal_type") if name in weeks.columns
             for value in weeks[name].unique().sort().to_list()[1:]]  # fmt: skip
    weeks = weeks.with_columns((pl.col(name) == value).alias(f"{name}_{value}") for name, value in kinds)
    within = [f"{name}_{value}" for name, value in kinds]

    def of(term: str, terms: list[str]) -> Estimate | None:
        found: Fit | None = fit(weeks, "is_noticed", [term, "log_week", *terms], is_logit=True)
        return found.estimates.get(term) if found else None

    return Hazards(
        waits.height, detected, waits["csm_id"].n_unique(),
        of("log_size", []), of("log_size", within), of("load_ratio", within),
    )  # fmt: skip


def curves(waits: pl.DataFrame) -> pl.DataFrame:
    """Share still unseen by day, for books of each third of size within their segment: book, day, unseen_share.

    Kaplan-Meier; who churns or lapses unseen stays unseen, so that a loss is no detection.
    """
    from lifelines import KaplanMeierFitter

    ranked = waits.with_columns(place=(pl.col("book_account_count").rank() / pl.len()).over("segment"))
    rows = []
    for name, low, high in (("smaller third", 0, 1 / 3), ("middle third", 1 / 3, 2 / 3), ("larger third", 2 / 3, 1)):
        part = ranked.filter((pl.col("place") > low) & (pl.col("place") <= high))
        if part.height < MINIMUM_EPISODES:
            continue
        horizon = 7 * HORIZON_WEEKS
        ends = part.select(pl.when("is_gone").then(horizon + 1).otherwise("wait_days")).to_series()
        fitter = KaplanMeierFitter().fit(ends.to_numpy(), part["is_detected"].to_numpy())
        days = range(0, horizon + 1, 7)
        rows += [{"book": name, "day": day, "unseen_share": float(fitter.predict(day))} for day in days]
    return pl.DataFrame(rows, schema={"book": pl.String, "day": pl.Int64, "unseen_share": pl.Float64})
