"""Accounts: renewals against the cap, accounts that nobody has spoken to, and risks that nobody has noticed."""

from __future__ import annotations

import polars as pl

from book_of_business import marts
from book_of_business.dashboard import drawing, formats
from book_of_business.dashboard.model import Cell, Column, Row, Section, Table
from book_of_business.dashboard.reading import Published, read_query
from book_of_business.dashboard.week import SHOWN_ACCOUNTS, about, csm_cell

MOST_NAMED_ROWS = 2000
AGES = (
    (0, 7, "0 to 7 days"),
    (8, 14, "8 to 14"),
    (15, 30, "15 to 30"),
    (31, 60, "31 to 60"),
    (61, 90, "61 to 90"),
    (91, None, "over 90"),
)


def renewals(published: Published) -> Section:
    """A calendar: one row per book, one column per quarter."""
    frame = published.frame("renewals")
    cap, warn = published.thresholds["renewal_cap_share"], published.thresholds["renewal_warn_share"]
    over = frame.filter("is_over_cap")
    books = over["csm_id"].n_unique()
    if frame.is_empty():
        title = "No renewal is on file"
    elif over.is_empty():
        title = f"No book renews more than {formats.percent(cap)} of its ARR in one quarter"
    else:
        worst = over.sort("renewal_share", descending=True).row(0, named=True)
        title = (
            f"{formats.count(books, 'book')} {'renews' if books == 1 else 'renew'} more than {formats.percent(cap)} of"
            f" ARR in one quarter; the largest share is {formats.percent(worst['renewal_share'])}"
            f" ({formats.name(worst['csm_name'], worst['csm_id'])}, from {formats.day(worst['quarter_start_date'])})"
        )
    quarters = sorted(frame["quarter_start_date"].unique())
    rows = []
    for _, own in frame.group_by("csm_id", maintain_order=True):
        first = own.row(0, named=True)
        by_quarter = {row["quarter_start_date"]: row for row in own.iter_rows(named=True)}
        cells = [csm_cell(first)]
        for quarter in quarters:
            row = by_quarter.get(quarter)
            if row is None:
                cells.append(Cell(formats.NOTHING))
                continue
            mark = "over" if row["is_over_cap"] else "warn" if row["is_over_warn"] else ""
            cells.append(
                Cell(formats.percent(row["renewal_share"]), remark=formats.usd(row["renewing_arr_usd"]), mark=mark)
            )
        rows.append(Row(cells, **about(first)))
    columns = [Column("CSM")]
    columns += [Column(f"from {formats.day(quarter)}", "renewal_share", is_number=True) for quarter in quarters]
    table = Table("renewals", "Share of the book's ARR that renews, by quarter", columns, rows, frame)
    note = f"Marked: above {formats.percent(warn)} (warn) and above {formats.percent(cap)} (over) of the book's ARR."
    return Section(
        "renewals", "Renewals", title, tables=[table] if rows else [], note=note, queries=[read_query("renewals")]
    )


def unmonitored(published: Published) -> Section:
    """Accounts without a meaningful conversation, with ARR and days."""
    frame = published.frame("unmonitored")
    limit = published.thresholds["unmonitored_days"]
    total = published.frame("accounts")
    observed = marts.query(
        published.connection, "select count(is_unmonitored) > 0 from marts.fct_account_coverage"
    ).item()
    overdue = frame.filter(pl.col("is_overdue").fill_null(value=False))
    if not observed:
        title = "Whether accounts were spoken to is not observed"
    elif frame.is_empty():
        title = f"Somebody had a real conversation with every account in the last {limit:g} days"
    else:
        title = (
            f"{frame.height:,} of {formats.count(total.height, 'account')}"
            f" ({formats.usd(frame['arr_usd'].sum())} of {formats.usd(total['arr_usd'].sum())} ARR) had no real"
            f" conversation for {limit:g} days; {overdue.height:,} are past what their cadence allows"
        )
    rows = [
        Row(
            [
                Cell(row["account_name"] or row["account_id"], account_id=row["account_id"]),
                csm_cell(row),
                Cell(formats.words(row["segment"])),
                Cell(formats.usd(row["arr_usd"])),
                Cell(
                    "never" if row["days_since_meaningful"] is None else formats.days(row["days_since_meaningful"]),
                    remark=f"{formats.days(row['allowed_gap_days'])} allowed",
                    mark="over" if row["is_overdue"] else "",
                ),
                Cell(formats.day(row["next_renewal_on"])),
            ],
            **about(row),
        )
        for row in shown_first(frame).iter_rows(named=True)
    ]
    columns = [
        Column("Account"),
        Column("CSM"),
        Column("Segment", "segment"),
        Column("ARR", "arr_usd", is_number=True),
        Column("Since a real conversation", "days_since_meaningful", is_number=True),
        Column("Next renewal", "next_renewal_on", is_number=True),
    ]
    table = Table(
        "unmonitored",
        "Accounts that nobody has spoken to, the largest first",
        columns,
        rows,
        slim(frame),
        max(0, frame.height - len(rows)),
    )
    return Section(
        "unmonitored", "Coverage", title, tables=[table] if rows else [], queries=[read_query("unmonitored")]
    )


def shown_first(frame: pl.DataFrame) -> pl.DataFrame:
    """The first rows, and the first of each CSM, so that a filter never meets an empty table for want of rows."""
    if frame.height <= SHOWN_ACCOUNTS:
        return frame
    of_each = frame.with_row_index("place").filter(pl.int_range(pl.len()).over("csm_id") < 2)["place"]
    places = sorted({*range(SHOWN_ACCOUNTS), *of_each.to_list()})
    return frame[places]


def slim(frame: pl.DataFrame) -> pl.DataFrame:
    """What goes into the CSV file: of very many rows without the names of CSMs, which load.csv has by id."""
    return frame if frame.height <= MOST_NAMED_ROWS else frame.drop("csm_name", "team", "motion")


def open_risks(published: Published) -> Section:
    """Risks that nobody has noticed, by age."""
    frame = published.frame("open_risks")
    late = frame.filter(pl.col("open_days") > pl.col("intervention_window_days"))
    if frame.is_empty():
        title = "No risk is waiting to be noticed"
    else:
        wait = "has" if frame.height == 1 else "have"
        title = (
            f"{formats.count(frame.height, 'risk')} {wait} been noticed by nobody, {late.height:,} for longer than"
            f" there is time to act; the oldest has waited {formats.days(frame['open_days'].max())}"
        )
    counts = [
        frame.filter((pl.col("open_days") >= low) & (True if high is None else pl.col("open_days") <= high)).height
        for low, high, _ in AGES
    ]
    rows = [
        Row(
            [
                Cell(row["account_name"] or row["account_id"], account_id=row["account_id"]),
                csm_cell(row),
                Cell(formats.words(row["signal_type"]), remark=formats.count(row["signal_count"], "signal")),
                Cell(
                    formats.days(row["open_days"]),
                    remark=f"{formats.days(row['intervention_window_days'])} to act",
                    mark="over" if row["open_days"] > row["intervention_window_days"] else "",
                ),
                Cell(formats.usd(row["arr_usd"])),
            ],
            **about(row),
        )
        for row in shown_first(frame).iter_rows(named=True)
    ]
    columns = [
        Column("Account"),
        Column("CSM"),
        Column("Sign", "signal_type"),
        Column("Open for", "emerged_at", is_number=True),
        Column("ARR", "arr_usd", is_number=True),
    ]
    table = Table(
        "risks",
        "Risks that nobody has noticed, the oldest first",
        columns,
        rows,
        slim(frame),
        max(0, frame.height - len(rows)),
    )
    art = drawing.columns(counts, [label for _, _, label in AGES]) if rows else drawing.Markup("")
    return Section(
        "risks", "Open risks", title, tables=[table] if rows else [], drawing=art, queries=[read_query("open_risks")]
    )
