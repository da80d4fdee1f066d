"""Teams: how evenly work is spread, trends beside what customers do, and what the data do not say."""

from __future__ import annotations

import polars as pl

from book_of_business.dashboard import drawing, formats
from book_of_business.dashboard.model import Cell, Column, Row, Section, Table
from book_of_business.dashboard.reading import Published, read_query

AXES = {
    "account_count": ("Accounts", formats.number),
    "arr": ("ARR", formats.usd),
    "lifecycle": ("Accounts in onboarding", formats.percent),
    "risk_mix": ("ARR of red accounts", formats.percent),
    "renewal_distribution": ("Renewals in the fullest quarter", formats.percent),
}
BOOK_VALUES = {
    "account_count": "account_count",
    "arr": "arr_usd",
    "lifecycle": "onboarding_share",
    "risk_mix": "red_arr_share",
    "renewal_distribution": "peak_renewal_share",
}


def balance(published: Published) -> Section:
    """How evenly each motion's books share accounts, ARR, stages and risk."""
    frame = published.frame("balance").filter(pl.col("book_count") > 1)
    uneven = frame.filter(pl.col("max_to_median_ratio").is_not_null()).sort("max_to_median_ratio", descending=True)
    if frame.is_empty():
        title = "No motion has two books to compare"
    elif uneven.is_empty():
        title = "The books of each motion are even, as far as is observed"
    else:
        worst = uneven.row(0, named=True)
        label = AXES.get(worst["axis"], (worst["axis"], None))[0]
        title = (
            f"{label} differ most among {formats.words(worst['motion'])} books: the highest has"
            f" {worst['max_to_median_ratio']:.1f} times the median"
        )
    values = published.frame("axis_values")
    rows = []
    for row in frame.iter_rows(named=True):
        label, written = AXES.get(row["axis"], (formats.words(row["axis"]), lambda v: formats.number(v, 2)))
        column = BOOK_VALUES.get(row["axis"])
        of_books = values.filter(pl.col("motion") == row["motion"])[column].drop_nulls().to_list() if column else []
        if row["median_value"] is None or row["highest_value"] is None:
            continue
        rows.append(
            Row(
                [
                    Cell(formats.words(row["motion"])),
                    Cell(label),
                    Cell(
                        f"{written(row['median_value'])} to {written(row['highest_value'])}",
                        drawing.dots(of_books, row["median_value"], row["highest_value"]),
                    ),
                    Cell(row["highest_csm_name"] or formats.NOTHING, csm_id=row["highest_csm_id"]),
                    Cell(formats.number(row["gini_index"], 2)),
                ],
                motion=row["motion"],
            )
        )
    columns = [
        Column("Motion", "motion"),
        Column("Axis", "axis"),
        Column("Books: median to highest", "median_value", is_number=True),
        Column("Highest", "highest_csm_id"),
        Column("Gini", "gini_index", is_number=True),
    ]
    table = Table("balance", "Balance of the books by motion", columns, rows, frame)
    note = "One dot per book; the upright line is the median. Gini: 0 is even, 1 is all in one book."
    queries = [read_query("balance"), read_query("axis_values")]
    return Section("balance", "Balance", title, tables=[table] if rows else [], note=note, queries=queries)


def teams(published: Published) -> Section:
    """Load, coverage and detection of each team beside NRR, GRR, CSAT and NPS."""
    weeks = published.frame("team_weeks")
    has_books = pl.col("load_ratio").is_not_null() | pl.col("net_retention_ratio").is_not_null()
    latest = weeks.filter((pl.col("weeks_ago") == 0) & has_books).sort(pl.col("scope") == "organisation", "team")
    whole = latest.filter(pl.col("scope") == "organisation")
    title = "What customers do is not observed"
    if not whole.is_empty() and (now := whole.row(0, named=True))["net_retention_ratio"] is not None:
        title = (
            f"Customers kept {formats.percent(now['gross_retention_ratio'])} of last year's ARR,"
            f" {formats.percent(now['net_retention_ratio'])} with expansion, while load is at"
            f" {formats.percent(now['load_ratio'])}"
        )
    rows = []
    for row in latest.iter_rows(named=True):
        is_whole = row["scope"] == "organisation"
        same = pl.col("scope") == row["scope"]
        own = weeks.filter(same if is_whole else same & pl.col("team").eq_missing(row["team"])).sort("week_start_date")

        def trend(column: str, written, limit: float | None = None, own: pl.DataFrame = own, row: dict = row) -> Cell:
            values = own[column].to_list()
            limits = [limit] * len(values) if limit is not None else []
            return Cell(written(row[column]), drawing.sparkline(values, limits))

        rows.append(
            Row(
                [
                    Cell("All teams" if is_whole else row["team"] or "(no team)"),
                    trend("load_ratio", formats.percent, 1.0),
                    trend("unmonitored_ratio", formats.percent),
                    trend("mean_detection_days", lambda v: formats.number(v, 1)),
                    trend("net_retention_ratio", formats.percent),
                    trend("gross_retention_ratio", formats.percent),
                    Cell(formats.number(row["mean_csat_score"], 1), remark=answers(row["csat_response_count"])),
                    Cell(formats.signed(row["net_promoter_score"]), remark=answers(row["nps_response_count"])),
                ],
                team=None if is_whole else row["team"],
            )
        )
    columns = [
        Column("Team", "team"),
        Column("Load", "load_ratio", is_number=True),
        Column("Unmonitored", "unmonitored_ratio", is_number=True),
        Column("Detection, days", "mean_detection_days", is_number=True),
        Column("NRR", "net_retention_ratio", is_number=True),
        Column("GRR", "gross_retention_ratio", is_number=True),
        Column("CSAT", "mean_csat_score", is_number=True),
        Column("NPS", "net_promoter_score", is_number=True),
    ]
    table = Table("teams", "Teams over 26 weeks", columns, rows, latest)
    note = "Both beside each other do not say that one causes the other: notebook 07 asks that question."
    return Section("teams", "Teams", title, tables=[table], note=note, queries=[read_query("team_weeks")])


def answers(count: float | None) -> str:
    """How many answers a score rests on."""
    return formats.count(count, "answer") if count else ""


def coverage(published: Published) -> Section:
    """Which tables were read, and what cannot be measured without the others."""
    frame = published.frame("coverage")
    present, rejected = frame.filter("is_present"), frame["rejected_count"].fill_null(0).sum()
    absent = frame.filter(~pl.col("is_present"))
    title = f"{present.height} of {frame.height} tables were read"
    title += f"; {formats.count(rejected, 'row')} {'was' if rejected == 1 else 'were'} left out" if rejected else ""
    said = [
        f"Without {row['table_name']}: {row['unavailable']}."
        for row in absent.iter_rows(named=True)
        if row["unavailable"]
    ]
    rows = [
        Row(
            [
                Cell(row["table_name"], remark="required" if row["is_required"] else ""),
                Cell("read" if row["is_present"] else "not there"),
                Cell(formats.number(row["read_count"])),
                Cell(formats.number(row["accepted_count"])),
                Cell(formats.number(row["rejected_count"])),
            ]
        )
        for row in frame.iter_rows(named=True)
    ]
    columns = [
        Column("Table", "table_name"),
        Column("State", "is_present"),
        Column("Rows read", "read_count", is_number=True),
        Column("accepted", "accepted_count", is_number=True),
        Column("left out", "rejected_count", is_number=True),
    ]
    table = Table("coverage", "Raw tables", columns, rows, frame)
    return Section("coverage", "Data", title, said, [table], queries=[read_query("coverage")])
