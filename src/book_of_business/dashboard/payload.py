"""The data that scripts read: columns, as gzipped JSON in base64."""

from __future__ import annotations

import base64
import gzip
import json

import polars as pl

from book_of_business.dashboard.charts import Chart
from book_of_business.dashboard.reading import Published

FACTORS = {
    "lifecycle": "Lifecycle stage",
    "stakeholders": "Stakeholders",
    "footprint": "Products in use",
    "custom_configuration": "Custom configuration",
    "health_trajectory": "Health",
    "expansion": "Expansion",
    "sentiment": "Sentiment",
    "follow_up": "Follow-up",
}


def columns_of(frame: pl.DataFrame) -> dict[str, list]:
    """A frame as {column: values}; dates as text, fractions with four decimals."""
    plain = [
        pl.col(name).cast(pl.String)
        if kind.is_temporal()
        else pl.when(pl.col(name).is_finite()).then(pl.col(name)).round(4)
        if kind.is_float()
        else pl.col(name)
        for name, kind in frame.schema.items()
    ]
    return frame.select(plain).to_dict(as_series=False)


def payload(published: Published, charts: list[Chart], csm_ids: list[str] | None = None) -> str:
    """What the scripts of a page read.

    Args:
        published: the marts.
        charts: the charts of the page.
        csm_ids: only these books; null: all.
    """
    books, accounts = published.frame("books"), published.frame("accounts")
    weeks, renewals = published.frame("weeks"), published.frame("renewals")
    if csm_ids is not None:
        books, accounts, weeks, renewals = (
            frame.filter(pl.col("csm_id").is_in(csm_ids)) for frame in (books, accounts, weeks, renewals)
        )
    named = books.select("csm_id", pl.col("csm_name").fill_null(pl.col("csm_id")), "team", "motion")
    teams = (
        published.frame("team_weeks")
        .select(
            pl.when(pl.col("scope") == "organisation")
            .then(pl.lit("all teams"))
            .otherwise(pl.col("team"))
            .alias("team"),
            "week_start_date",
            "load_ratio",
            "net_retention_ratio",
        )
        .filter(pl.col("load_ratio").is_not_null() | pl.col("net_retention_ratio").is_not_null())
    )
    frames = {
        "weeks": weeks.select("csm_id", "week_start_date", "load_ratio")
        .join(named, on="csm_id")
        .rename({"csm_id": "csm"})
        .with_columns(csm_id=pl.col("csm")),
        "renewals": renewals.select(
            pl.col("csm_id").alias("csm"),
            pl.col("csm_name").fill_null(pl.col("csm_id")),
            "team",
            "motion",
            pl.col("quarter_start_date").cast(pl.String).alias("quarter"),
            "renewal_share",
            "renewing_arr_usd",
        ),
        "teams": teams,
    }
    told = {
        "csms": columns_of(books.select(id="csm_id", name="csm_name", team="team", motion="motion")),
        "accounts": columns_of(
            accounts.select(
                id="account_id",
                name="account_name",
                csm="csm_id",
                segment="segment",
                arr="arr_usd",
                effort="effort_hours",
                base="base_hours",
                silent="days_since_meaningful",
                renews="next_renewal_on",
            )
        ),
        "factors": [{"name": name, "label": label} for name, label in FACTORS.items()],
        "levels": columns_of(accounts.select(**{name: f"{name}_level" for name in FACTORS})),
        "weights": columns_of(accounts.select(**{name: f"{name}_weight" for name in FACTORS})),
        "frames": {name: columns_of(frame) for name, frame in frames.items()},
        "charts": [{"name": chart.name, "data": chart.data, "spec": chart.spec} for chart in charts],
    }
    return packed(json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8"))


def packed(content: bytes) -> str:
    """Bytes as gzip in base64: no letter of it can end a script element."""
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode("ascii")
