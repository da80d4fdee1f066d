"""Attributes heard in conversations that no factor of effort uses yet, tried beside the eight factors.

Sentiment and follow-up are factors already. Offered besides are competitors that were mentioned, products that were
asked for and are not owned, and contacts who fell silent. Each is estimated beside all levels that were learnt, by the
same model, and has to pass what a level of a factor has to pass. None changes a weight: a candidate that holds is a
reason to add a factor.
"""

from __future__ import annotations

import duckdb
import numpy as np
import polars as pl
from scipy import stats

from book_of_business.calibration.effort_model import (
    CONFIDENCE,
    Calibration,
    cells_of,
    deviations_of,
    jackknife,
    learnable,
)
from book_of_business.calibration.limits import Limits
from book_of_business.errors import UserError
from book_of_business.marts import query

WEEKS = 13  # how long something heard is kept in mind
PRESENT, ABSENT = "present", "absent"
WORDS = {
    "competitor_mentioned": "a competitor was mentioned",
    "product_asked_for": "a product was asked for that is not owned",
    "contact_silent": "a contact fell silent",
}


def read(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """What was heard, one row per candidate, account and day: candidate (a key of WORDS), account_id, heard_on."""
    return query(
        connection,
        """
        select 'competitor_mentioned' as candidate, account_id, cast(started_at as date) as heard_on
        from marts.fct_competitor_mentions
        union
        select 'product_asked_for', account_id, cast(first_uncaptured_at as date)
        from marts.fct_product_discussions where first_uncaptured_at is not null
        union
        select 'contact_silent', account_id, cast(emerged_at as date)
        from marts.fct_risk_signals where signal_type = 'stakeholder_disengagement'
        order by all
    """,
    )


def marked(rows: pl.DataFrame, heard: pl.DataFrame, candidate: str) -> pl.DataFrame:
    """Account-weeks with `<candidate>_level`: PRESENT from the week in which it was heard, for WEEKS weeks."""
    mondays = heard.filter(pl.col("candidate") == candidate).select(
        "account_id", heard_week=pl.col("heard_on").cast(pl.Date).dt.truncate("1w")
    )
    weeks = (
        mondays.with_columns(later=pl.int_ranges(0, WEEKS))
        .explode("later")
        .select("account_id", week_start_date=pl.col("heard_week") + pl.duration(weeks=pl.col("later")))
        .unique()
        .with_columns(is_heard=pl.lit(value=True))
    )
    level = pl.when(pl.col("is_heard").fill_null(value=False)).then(pl.lit(PRESENT)).otherwise(pl.lit(ABSENT))
    return (
        rows.join(weeks, on=["account_id", "week_start_date"], how="left", maintain_order="left")
        .with_columns(level.alias(f"{candidate}_level"))
        .drop("is_heard")
    )


def judge(calibration: Calibration, heard: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """One row per candidate: attribute, multiplier, lower, upper (95% together, by Bonferroni), accounts, CSMs, answer.

    Args:
        calibration: what was learnt.
        heard: from `read`.
        limits: of a level of a factor.
    """
    found = []
    for candidate, words in WORDS.items():
        rows = marked(calibration.observations.rows, heard, candidate)
        present = rows.filter(pl.col(f"{candidate}_level") == PRESENT)
        accounts, csms = present["account_id"].n_unique(), present["csm_id"].n_unique()
        row = {"attribute": words, "multiplier": None, "lower": None, "upper": None, "accounts": accounts, "CSMs": csms}
        if accounts < limits.level_minimum_account_count or csms < limits.level_minimum_csm_count:
            answer = (
                f"too few: {limits.level_minimum_account_count:.0f} accounts of {limits.level_minimum_csm_count:.0f}"
                " CSMs are needed"
            )
            found.append(row | {"answer": answer})
            continue
        try:
            value, reach, shift = estimate(calibration, rows, candidate)
        except UserError as error:
            found.append(row | {"answer": str(error)})
            continue
        low, high = np.exp(value - reach), np.exp(value + reach)
        if low <= 1 <= high:
            answer = "no more hours than the eight factors explain already, as far as these data can tell"
        elif shift > limits.maximum_csm_shift_ratio:
            answer = f"one CSM alone moves it by {shift:.0%}"
        else:
            answer = (
                f"takes {'more' if value > 0 else 'fewer'} hours than the eight factors explain: a factor to consider"
            )
        found.append(row | {"multiplier": float(np.exp(value)), "lower": low, "upper": high, "answer": answer})
    kinds = {"attribute": pl.String, "multiplier": pl.Float64, "lower": pl.Float64, "upper": pl.Float64,
             "accounts": pl.Int64, "CSMs": pl.Int64, "answer": pl.String}  # fmt: skip
    return pl.DataFrame(found, schema=kinds)


def estimate(calibration: Calibration, rows: pl.DataFrame, candidate: str) -> tuple[float, float, float]:
    """Log multiplier of a candidate, half of its interval, and the largest shift without one CSM.

    Raises:
        UserError: if the data cannot separate it from the levels or the CSMs, or the fit does not converge.
    """
    own = (candidate, PRESENT)
    told = learnable(rows, calibration.in_force, [own, *calibration.errors], without_any=True)
    if own in told.kept:
        raise UserError(told.kept[own].removeprefix("kept: "))
    cells = cells_of(rows, calibration.in_force, told.levels, told.held)
    full = deviations_of(cells)
    csms = range(len(cells.csms))
    without = np.array([deviations_of(cells, cells.csm != csm, full)[:1] for csm in csms])
    count = rows.filter(pl.col(f"{candidate}_level") == PRESENT)["csm_id"].n_unique()
    confidence = 1 - (1 - CONFIDENCE) / len(WORDS)
    reach = float(stats.t.ppf((1 + confidence) / 2, max(1, count - 1)) * jackknife(without)[0])
    return float(full[0]), reach, float(np.abs(np.expm1(without[:, 0] - full[0])).max())
