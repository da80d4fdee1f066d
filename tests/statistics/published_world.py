"""A published file made from a world in memory: the marts that calibration reads, without a build."""

from pathlib import Path

import duckdb
import polars as pl

from book_of_business.calibration.observations import LEVELS
from book_of_business.proof.evidence.worlds import SimulatedWorld

ENTRY_CAP = 720.0


def publish(world: SimulatedWorld, build_dir: Path) -> Path:
    """Write the file; returns the build directory."""
    build_dir.mkdir(parents=True, exist_ok=True)
    accounts, csms = world.account_weeks, world.csm_weeks
    logged = accounts.filter(
        (pl.col("csm_id") != "unassigned") & ((pl.col("entry_count") > 0) | (pl.col("interaction_count") > 0))
    )
    frames = {
        "fct_account_effort": accounts.select(
            "account_id", "csm_id", "week_start_date", "segment", *LEVELS, effort_hours="reference_hours",
            weight_version=pl.lit("v1"),
        ),
        "fct_account_logged_time": logged.select(
            "account_id", "csm_id", "week_start_date", time_entry_count="entry_count", time_entry_minutes="minutes",
            capped_entry_minutes="minutes", interaction_count="interaction_count",
            interaction_minutes="interaction_minutes", preparation_minutes="meaningful_minutes",
        ),
        "fct_csm_logged_time": csms.filter(pl.col("entry_count") > 0).select(
            "csm_id", "week_start_date", "logged_minutes", "ownerless_minutes",
            time_entry_count=pl.col("entry_count"), ownerless_entry_count=pl.col("entry_count") // 10,
            long_entry_count=pl.lit(0), longest_entry_minutes=pl.lit(180.0), logged_day_count=pl.lit(5),
            busiest_on=pl.col("week_start_date"), busiest_day_minutes=pl.col("logged_minutes") / 4,
        ),
        "fct_csm_load": csms.select("csm_id", "week_start_date", "availability_ratio", load_ratio="reference_load"),
        "dim_accounts": accounts.group_by("account_id").agg(pl.col("arr_usd").last(), csm_id=pl.col("csm_id").last()),
        "dim_csms": csms.select("csm_id").unique().with_columns(csm_name=pl.col("csm_id"), is_employed=pl.lit(True)),
        "dim_weeks": csms.select("week_start_date").unique().with_columns(
            is_latest=pl.col("week_start_date") == pl.col("week_start_date").max()
        ),
    }  # fmt: skip
    # nothing is known of outcomes
    frames["fct_outcome_exposure"] = pl.DataFrame(schema={
        **dict.fromkeys(("outcome_type", "account_id", "outcome", "segment", "csm_id", "lifecycle_level"), pl.String),
        **dict.fromkeys(("outcome_on", "week_start_date", "later_week_start_date"), pl.Date),
        **dict.fromkeys(("outcome_score", "load_ratio"), pl.Float64),
        **dict.fromkeys(("is_mid_term", "is_red"), pl.Boolean),
        **dict.fromkeys(("open_episode_count", "meaningful_interaction_count"), pl.Int64),
    })  # fmt: skip
    frames["fct_competitor_mentions"] = pl.DataFrame(schema={"account_id": pl.String, "started_at": pl.Datetime})
    frames["fct_product_discussions"] = pl.DataFrame(schema={"account_id": pl.String, "first_uncaptured_at": pl.Date})
    frames["fct_risk_signals"] = pl.DataFrame(
        schema={"account_id": pl.String, "signal_type": pl.String, "emerged_at": pl.Datetime}
    )
    frames["fct_csm_engagement"] = csms.select(
        "csm_id", "week_start_date", standardised_quality_score=pl.lit(None, pl.Float64)
    )
    frames["fct_csm_load"] = frames["fct_csm_load"].join(
        csms.select("csm_id", "week_start_date", "target_capacity_hours"), on=["csm_id", "week_start_date"]
    )
    with duckdb.connect(str(build_dir / "book_of_business.duckdb")) as connection:
        connection.execute("create schema marts")
        for name, frame in frames.items():
            connection.register("frame", frame.to_arrow())
            connection.execute(f"create table marts.{name} as select * from frame")
            connection.unregister("frame")
    return build_dir


def change(build_dir: Path, *statements: str) -> Path:
    """Change a published file."""
    with duckdb.connect(str(build_dir / "book_of_business.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)
    return build_dir
