"""The books at a glance, for the terminal."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from book_of_business.console import SHOWN_CSMS, one_line


def read_books(published_file: Path) -> pl.DataFrame:
    """One row per book at as_of_date, heaviest load first.

    Columns: csm_id, csm_name, is_unassigned, week_end_date, account_count, arr_usd (US dollars), load_ratio,
    is_over_target, is_uncovered, unmonitored_account_count (null: no interactions on file),
    peak_renewal_share, is_over_cap.
    """
    with duckdb.connect(str(published_file), read_only=True) as connection:
        return connection.sql("""
            select
                loads.csm_id, csms.csm_name, csms.is_unassigned, weeks.week_end_date, loads.account_count,
                loads.arr_usd, loads.load_ratio, loads.is_over_target, loads.is_uncovered,
                coverage.unmonitored_account_count, renewals.peak_renewal_share, renewals.is_over_cap
            from marts.fct_csm_load as loads
            inner join marts.dim_weeks as weeks on loads.week_start_date = weeks.week_start_date and weeks.is_latest
            inner join marts.fct_csm_coverage as coverage
                on loads.csm_id = coverage.csm_id and loads.week_start_date = coverage.week_start_date
            inner join marts.fct_book_renewals as renewals on loads.csm_id = renewals.csm_id
            inner join marts.dim_csms as csms on loads.csm_id = csms.csm_id
            order by
                csms.is_unassigned, loads.load_ratio desc nulls first, loads.effort_hours desc, loads.csm_id
        """).pl()


def read_gaps(published_file: Path) -> pl.DataFrame:
    """One row per raw table that is absent, lacks a column that something is measured from, or has rejected rows.

    Columns: table_name, is_observed, rejected_count, unavailable.
    """
    with duckdb.connect(str(published_file), read_only=True) as connection:
        return connection.sql("""
            select table_name, is_observed, rejected_count, unavailable
            from marts.data_coverage
            where rejected_count > 0 or unavailable is not null
            order by rejected_count desc, table_name
        """).pl()


def read_unclassified(published_file: Path) -> pl.DataFrame:
    """One row per interaction type that the reference lacks, the most frequent first.

    Columns: interaction_type, interaction_count.
    """
    with duckdb.connect(str(published_file), read_only=True) as connection:
        return connection.sql(
            "select * from marts.unclassified_interaction_types order by interaction_count desc, interaction_type"
        ).pl()


def books_table(books: pl.DataFrame) -> Table:
    """The books as a table. Marks stand in words beside the numbers, so that colour is never needed."""
    as_of_date = books["week_end_date"].max()
    table = Table(
        title=f"Books of business, week ending {as_of_date}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("CSM", no_wrap=True)
    for heading in ("Accounts", "ARR", "Load", "Unmonitored", "Peak renewals"):
        table.add_column(heading, justify="right", no_wrap=True)
    for book in books.iter_rows(named=True):
        if book["is_unassigned"] and book["account_count"] == 0:
            continue
        table.add_row(
            Text(one_line(book["csm_name"] or book["csm_id"], limit=24)),
            f"{book['account_count']:,}",
            "-" if book["arr_usd"] is None else f"${book['arr_usd'] / 1e6:,.2f}M",
            load_words(book),
            "-" if book["unmonitored_account_count"] is None else f"{book['unmonitored_account_count']:,}",
            share_words(book),
        )
    return table


def load_words(book: dict[str, object]) -> str:
    """Load as a percentage of capacity, or why there is none."""
    if book["load_ratio"] is None:
        return "uncovered" if book["is_uncovered"] else "-"
    return f"{'over ' if book['is_over_target'] else ''}{book['load_ratio']:.0%}"


def share_words(book: dict[str, object]) -> str:
    """Peak renewal share as a percentage, or a dash where the book has no ARR."""
    if book["peak_renewal_share"] is None:
        return "-"
    return f"{'over cap ' if book['is_over_cap'] else ''}{book['peak_renewal_share']:.0%}"


def print_report(published_file: Path, console: Console) -> None:
    """The table of the books and what is missing from them."""
    books = read_books(published_file)
    owned = books.filter(~pl.col("is_unassigned"))
    console.print(books_table(pl.concat([owned.head(SHOWN_CSMS), books.filter("is_unassigned")])))
    if (left_out := owned.slice(SHOWN_CSMS)).height:
        console.print(
            f"{left_out.height:,} more books, {left_out['is_over_target'].sum():,} of them over target:"
            " see marts.fct_csm_load",
            markup=False,
        )
    if books.height and books["unmonitored_account_count"].null_count() == books.height:
        console.print("Unmonitored: not observed, as no interaction is on file", markup=False)
    unclassified = read_unclassified(published_file)
    if unclassified.height:
        names = ", ".join(one_line(name, limit=30) for name in unclassified["interaction_type"].head(5))
        console.print(
            f"{unclassified['interaction_count'].sum():,} interaction(s) of a type that interaction_types.csv"
            f" lacks count neither toward ceilings nor as meaningful: {names};"
            " see marts.unclassified_interaction_types",
            markup=False,
        )
    gaps = read_gaps(published_file)
    rejected = [
        f"{gap['table_name']} {gap['rejected_count']:,}" for gap in gaps.iter_rows(named=True) if gap["rejected_count"]
    ]
    if rejected:
        console.print(f"rows rejected: {', '.join(rejected)}; see marts.rejected_rows", markup=False)
    for gap in gaps.iter_rows(named=True):
        if gap["unavailable"]:
            table = gap["table_name"]
            console.print(f"{table if gap['is_observed'] else f'no {table}'}: {gap['unavailable']}", markup=False)
