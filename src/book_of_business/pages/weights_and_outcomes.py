"""How two versions of effort weights stand against outcomes: load by each, beside churn, satisfaction and quality.

Outcomes cannot tune weights: too few customers leave. They can reject a version whose load goes along with nothing that
the load in force goes along with.
"""

from __future__ import annotations

import duckdb
import numpy as np
import polars as pl

from book_of_business.calibration.effort_model import hours_of
from book_of_business.calibration.observations import LEVELS
from book_of_business.calibration.weights import Weights
from book_of_business.marts import query
from book_of_business.outcome_models import effects, exposures

IN_FORCE, PROPOSED = "load by the weights in force", "load by the proposed weights"
QUALITY = effects.Question(
    "quality", "quality", pl.col("outcome_score"), "quality of a CSM's conversations", "standard deviations", False,
    0.25, held=(),
)  # fmt: skip
ASKED = tuple(question for question in effects.QUESTIONS if question.name in ("churn", "csat"))


def account_hours(connection: duckdb.DuckDBPyConnection, in_force: Weights, proposed: Weights) -> pl.DataFrame:
    """One row per owned account and week: account_id, csm_id, week_start_date, hours_ratio (effort by the proposed
    weights / effort by those in force), effort_hours.
    """
    rows = query(
        connection,
        f"select account_id, csm_id, week_start_date, segment, effort_hours, {', '.join(LEVELS)}"
        " from marts.fct_account_effort where csm_id <> 'unassigned' order by csm_id, week_start_date, account_id",
    )
    known = rows.filter(pl.col("segment").is_in(in_force.segments))
    ratio = hours_of(known, proposed) / hours_of(known, in_force)
    return known.select("account_id", "csm_id", "week_start_date", "effort_hours").with_columns(
        hours_ratio=pl.Series(ratio)
    )


def reweighted(outcomes: pl.DataFrame, hours: pl.DataFrame) -> pl.DataFrame:
    """Exposures with load and own_load as they would be by the proposed weights.

    Args:
        outcomes: from `outcome_models.exposures.read`.
        hours: from `account_hours`.
    """
    weighted = hours.with_columns(new_hours=pl.col("effort_hours") * pl.col("hours_ratio"))
    books = weighted.group_by("csm_id", "week_start_date").agg(pl.col("effort_hours", "new_hours").sum())
    own = weighted.select("account_id", "csm_id", "week_start_date", own_hours="effort_hours", own_new="new_hours")
    both = outcomes.join(books, on=["csm_id", "week_start_date"], how="left", maintain_order="left").join(
        own, on=["account_id", "csm_id", "week_start_date"], how="left", maintain_order="left"
    )
    rest = pl.col("effort_hours") - pl.col("own_hours").fill_null(0)
    rest_new = pl.col("new_hours") - pl.col("own_new").fill_null(0)
    return both.with_columns(
        load=pl.when(rest > 0).then(pl.col("load") * rest_new / rest).otherwise("load"),
        own_load=pl.when(pl.col("own_hours") > 0)
        .then(pl.col("own_load") * pl.col("own_new") / pl.col("own_hours"))
        .otherwise("own_load"),
    ).select(outcomes.columns)


def quality_exposures(connection: duckdb.DuckDBPyConnection, hours: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """CSM-weeks with a scored quality, by the load in force and by the proposed one of a quarter before."""
    rows = query(
        connection,
        """
        select
            'quality' as outcome_type, scores.csm_id, scores.week_start_date as outcome_on, 'scored' as outcome,
            scores.standardised_quality_score as outcome_score, false as is_mid_term, 'all' as segment,
            books.load_ratio as load, books.week_start_date,
            cast(null as double) as later_load, cast(null as double) as earlier_load,
            cast(null as double) as earliest_load
        from marts.fct_csm_engagement as scores
        inner join marts.fct_csm_load as books
            on scores.csm_id = books.csm_id and scores.week_start_date - 91 = books.week_start_date
        where scores.standardised_quality_score is not null and books.load_ratio is not null
        order by scores.csm_id, scores.week_start_date
        """,
    )
    books = (
        hours.group_by("csm_id", "week_start_date")
        .agg(ratio=(pl.col("effort_hours") * pl.col("hours_ratio")).sum() / pl.col("effort_hours").sum())
        .filter(pl.col("ratio").is_finite())
    )
    both = rows.join(books, on=["csm_id", "week_start_date"], how="left", maintain_order="left")
    return rows, both.with_columns(load=pl.col("load") * pl.col("ratio").fill_null(1)).drop("ratio")


def compare(connection: duckdb.DuckDBPyConnection, in_force: Weights, proposed: Weights) -> pl.DataFrame:
    """One row per outcome and version: outcome, reading (IN_FORCE or PROPOSED), value (per standard deviation of the
    load), low, high (95%), rows, CSMs; outcomes of which nothing can be said yet are left out.

    Per standard deviation, since two versions spread loads differently: a unit of one is not a unit of the other.
    """
    hours = account_hours(connection, in_force, proposed)
    outcomes = exposures.read(connection)
    quality, quality_new = quality_exposures(connection, hours)
    found = []
    for question, before, after in (
        *((question, outcomes, reweighted(outcomes, hours)) for question in ASKED),
        (QUALITY, quality, quality_new),
    ):
        for reading, frame in ((IN_FORCE, before), (PROPOSED, after)):
            effect = effects.measure(frame, question)
            if effect.load is None:
                continue
            rows = effects.rows_of(frame, question)
            spread = float(np.std(rows["load"].drop_nulls().to_numpy()))
            size = effect.load
            found.append({
                "outcome": question.words, "reading": reading, "value": size.value * spread, "low": size.low * spread,
                "high": size.high * spread, "rows": effect.row_count, "CSMs": effect.csm_count,
            })  # fmt: skip
    kinds = {"outcome": pl.String, "reading": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
             "rows": pl.Int64, "CSMs": pl.Int64}  # fmt: skip
    return pl.DataFrame(found, schema=kinds)
