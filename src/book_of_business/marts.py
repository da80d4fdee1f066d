"""Reading the published marts: one connection, read-only, one Polars frame per question, aggregated in SQL.

A connection keeps reading the file it opened while a build publishes the next one over it, so that everything a
notebook shows is of one build.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import polars as pl

from book_of_business.console import one_line
from book_of_business.errors import UserError
from book_of_business.settings import project_dir

UNASSIGNED = "unassigned"
LABEL_LENGTH = 28
# What is read is data, never a path or an address in it.
CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
}


def published_file(build_dir: str | Path | None = None) -> Path:
    """The published file of a build; null: of BUILD_DIR in the environment, else of `build` in the checkout."""
    root = project_dir()
    return (root / (build_dir or os.environ.get("BUILD_DIR") or "build")).resolve() / "book_of_business.duckdb"


def connect(build_dir: str | Path | None = None) -> duckdb.DuckDBPyConnection:
    """Open the published file of a build read-only.

    Raises:
        UserError: if there is none, or if it cannot be read.
    """
    return open_published(published_file(build_dir))


def open_published(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a published file read-only.

    Raises:
        UserError: if there is none, or if it cannot be read.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist yet: run `make build` first")
    try:
        return duckdb.connect(str(path), read_only=True, config=CONFIG)
    except duckdb.Error as error:
        raise UserError(f"{path} cannot be read ({one_line(str(error), 200)}): run `make build` again") from None


def query(connection: duckdb.DuckDBPyConnection, sql: str) -> pl.DataFrame:
    """The rows of a query.

    Raises:
        UserError: if the published file lacks a mart or a column that the query reads.
    """
    try:
        return connection.sql(sql).pl()
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        message = one_line(str(error), 200)
        raise UserError(f"the published file is not of this version ({message}): run `make build` again") from None


def read_labels(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per owner, `unassigned` included: csm_id, csm (its name on one line, with the id where two are alike)."""
    rows = query(connection, "select csm_id, csm_name from marts.dim_csms order by csm_id").rows()
    names = [one_line(name, LABEL_LENGTH) or "?" for _, name in rows]
    taken: set[str] = set()
    labels = []
    for (csm_id, _), name in zip(rows, names, strict=True):
        label = name if names.count(name) == 1 else f"{name} ({one_line(csm_id, LABEL_LENGTH)})"
        copies = 1
        while label in taken:
            copies += 1
            label = f"{name} ({one_line(csm_id, LABEL_LENGTH)}, {copies})"
        taken.add(label)
        labels.append(label)
    schema = {"csm_id": pl.String, "csm": pl.String}
    return pl.DataFrame({"csm_id": [csm_id for csm_id, _ in rows], "csm": labels}, schema)


def labelled(connection: duckdb.DuckDBPyConnection, sql: str) -> pl.DataFrame:
    """The rows of a query that has csm_id, with the column csm in front; their order is kept."""
    frame = query(connection, sql).join(read_labels(connection), on="csm_id", how="left", maintain_order="left")
    return frame.select("csm", pl.exclude("csm"))


def read_books(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per CSM employed at as_of_date, and `unassigned` when it holds accounts; heaviest load first.

    Columns: csm, csm_id, motion (null for `unassigned`), week_end_date, account_count, arr_usd (US dollars),
    account_band, arr_band, fte, effort_hours and target_capacity_hours (hours a week), ramp_ratio,
    availability_ratio, load_ratio, is_over_target, is_uncovered, consecutive_weeks_over_target.
    """
    return labelled(
        connection,
        """
        select
            loads.csm_id, csms.motion, weeks.week_end_date, loads.account_count, loads.arr_usd,
            books.account_band, books.arr_band, loads.fte, loads.effort_hours, loads.target_capacity_hours,
            loads.ramp_ratio, loads.availability_ratio, loads.load_ratio, loads.is_over_target, loads.is_uncovered,
            loads.consecutive_weeks_over_target
        from marts.fct_csm_load as loads
        inner join marts.dim_weeks as weeks on loads.week_start_date = weeks.week_start_date and weeks.is_latest
        inner join marts.fct_books as books
            on loads.csm_id = books.csm_id and loads.week_start_date = books.week_start_date
        inner join marts.dim_csms as csms on loads.csm_id = csms.csm_id
        where csms.is_employed or (csms.is_unassigned and loads.account_count > 0)
        order by
            csms.is_unassigned, loads.load_ratio desc nulls first, loads.effort_hours desc,
            loads.account_count desc, loads.csm_id
    """,
    )


def read_lifecycle(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per book and lifecycle level in it at as_of_date: csm, csm_id, lifecycle_level, account_count."""
    return labelled(
        connection,
        """
        select
            efforts.csm_id, efforts.lifecycle_level, count(*) as account_count
        from marts.fct_account_effort as efforts
        inner join marts.dim_weeks as weeks on efforts.week_start_date = weeks.week_start_date and weeks.is_latest
        group by efforts.csm_id, efforts.lifecycle_level
        order by efforts.csm_id, efforts.lifecycle_level
    """,
    )


def read_load_weeks(connection: duckdb.DuckDBPyConnection, week_count: int) -> pl.DataFrame:
    """One row per CSM and each of the last weeks on whose Sunday they were employed, those who have left since too.

    Columns: csm, csm_id, motion, week_start_date, week_end_date, account_count, arr_usd (US dollars), fte,
    effort_hours and target_capacity_hours (hours a week), load_ratio, is_over_target, is_uncovered.
    """
    return labelled(
        connection,
        f"""
        select
            loads.csm_id, csms.motion, weeks.week_start_date, weeks.week_end_date, loads.account_count, loads.arr_usd,
            loads.fte, loads.effort_hours, loads.target_capacity_hours, loads.load_ratio, loads.is_over_target,
            loads.is_uncovered
        from marts.fct_csm_load as loads
        inner join (
            select week_start_date, week_end_date
            from marts.dim_weeks
            order by week_start_date desc
            limit {int(week_count)}
        ) as weeks on loads.week_start_date = weeks.week_start_date
        inner join marts.dim_csms as csms on loads.csm_id = csms.csm_id
        where csms.hired_on <= weeks.week_end_date and (csms.left_on is null or csms.left_on > weeks.week_end_date)
        order by loads.csm_id, weeks.week_start_date
    """,
    )


def read_perceived_load(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per answer: load as felt beside two ways of measuring it in that week.

    Columns: csm, csm_id, surveyed_on, perceived_load_score (1 to 10), load_ratio (null: no capacity then),
    availability_ratio (of that week), relative_to_peers (accounts per full-time equivalent over that of all in the
    motion; null: no peers then).
    """
    return labelled(
        connection,
        """
        with per_head as (
            select
                loads.csm_id, loads.week_start_date,
                loads.account_count / loads.fte as accounts_per_head,
                sum(loads.account_count) over peers / sum(loads.fte) over peers as peers_per_head,
                count(*) over peers as peer_count
            from marts.fct_csm_load as loads
            inner join marts.dim_weeks as weeks on loads.week_start_date = weeks.week_start_date
            inner join marts.dim_csms as csms on loads.csm_id = csms.csm_id
            where csms.hired_on <= weeks.week_end_date and (csms.left_on is null or csms.left_on > weeks.week_end_date)
            window peers as (partition by csms.motion, loads.week_start_date)
        )
        select
            answers.csm_id, answers.surveyed_on, answers.perceived_load_score, answers.load_ratio,
            loads.availability_ratio,
            case
                when per_head.peer_count > 1 and per_head.peers_per_head > 0
                    then round(per_head.accounts_per_head / per_head.peers_per_head, 9)
            end as relative_to_peers
        from marts.fct_csm_perceived_load as answers
        inner join marts.fct_csm_load as loads
            on answers.csm_id = loads.csm_id and answers.week_start_date = loads.week_start_date
        left join per_head on answers.csm_id = per_head.csm_id and answers.week_start_date = per_head.week_start_date
        order by answers.surveyed_on, answers.csm_id
    """,
    )


def read_gaps(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per raw table that is missed: table_name, unavailable (what cannot be measured without it)."""
    return query(
        connection,
        """
        select table_name, unavailable
        from marts.data_coverage
        where not is_observed and unavailable is not null
        order by table_name
    """,
    )


def read_totals(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """The whole at as_of_date, from the marts by account: account_count, arr_usd (US dollars), effort_hours a week."""
    totals = query(
        connection,
        """
        select
            (select count(*) from marts.dim_accounts where is_active) as account_count,
            (select coalesce(sum(arr_usd), 0) from marts.dim_accounts where is_active) as arr_usd,
            (
                select coalesce(sum(efforts.effort_hours), 0)
                from marts.fct_account_effort as efforts
                inner join marts.dim_weeks as weeks
                    on efforts.week_start_date = weeks.week_start_date and weeks.is_latest
            ) as effort_hours
    """,
    )
    return totals.row(0, named=True)


def read_target_load(connection: duckdb.DuckDBPyConnection) -> float:
    """The load above which the marts call a book over target, as far as its flags tell.

    1 (all of the capacity) where that agrees with every flag; else the largest load that is not over target, which is
    at most one book off.
    """
    loads = query(
        connection,
        """
        select
            max(load_ratio) filter (where not is_over_target) as largest_not_over,
            min(load_ratio) filter (where is_over_target) as smallest_over
        from marts.fct_csm_load
    """,
    ).row(0, named=True)
    largest_not_over = loads["largest_not_over"] if loads["largest_not_over"] is not None else 0.0
    smallest_over = loads["smallest_over"] if loads["smallest_over"] is not None else float("inf")
    if round(largest_not_over, 9) <= 1 < smallest_over:
        return 1.0
    return largest_not_over or smallest_over
