"""The dimensions that facts are joined to, from the raw book alone."""

from datetime import date, timedelta
from typing import Any

from .book import UNASSIGNED, Book, Mart, quarter_start, week_start
from .logged_time import entries_in_weeks

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def dim_csms(book: Book) -> Mart:
    """Who they are, without the capacity of the last week."""
    at_work = {row["csm_id"] for row in entries_in_weeks(book)}
    at_work |= {one["csm_id"] for sunday in book.sundays for one in book.in_week(book.completed, sunday)}
    mart: Mart = []
    for csm_id, csm in book.csms.items():
        is_hired = csm["hired_on"] <= book.as_of
        if not is_hired and csm_id not in at_work:
            continue
        left_on = csm["left_on"]
        own_hours = csm["productive_hours_per_week"]
        mart.append(
            {
                "csm_id": csm_id,
                "csm_name": csm["csm_name"],
                "role_tier": csm["role_tier"],
                "motion": book.tier(csm_id).motion,
                "hired_on": csm["hired_on"],
                "left_on": left_on if left_on is not None and left_on <= book.as_of else None,
                "is_employed": book.is_employed(csm_id, book.as_of),
                "tenure_days": (book.as_of - csm["hired_on"]).days if is_hired else None,
                "productive_hours_per_week": (
                    book.tier(csm_id).productive_hours_per_week if own_hours is None else own_hours
                ),
                "fte": book.fte(csm_id),
                "is_unassigned": False,
                "as_of_date": book.as_of,
            }
        )
    nobody: dict[str, Any] = dict.fromkeys(
        ("role_tier", "motion", "hired_on", "left_on", "tenure_days", "productive_hours_per_week", "fte")
    )
    nobody |= {"csm_id": UNASSIGNED, "csm_name": "Unassigned", "is_employed": False, "is_unassigned": True}
    return [*mart, nobody | {"as_of_date": book.as_of}]


def dim_weeks(book: Book) -> Mart:
    first_month = int(book.limits["fiscal_year_start_month"])
    mart: Mart = []
    for sunday in book.sundays:
        iso = sunday.isocalendar()
        # Twelve months that begin in `first_month` end in the month before it.
        fiscal_year = sunday.year + int(first_month > 1 and sunday.month >= first_month)
        fiscal_quarter = (sunday.month - first_month) % 12 // 3 + 1
        mart.append(
            {
                "week_start_date": week_start(sunday),
                "week_end_date": sunday,
                "quarter_start_date": quarter_start(sunday, first_month),
                "is_latest": sunday == book.as_of,
                "week_label": f"week ending {sunday.day} {MONTHS[sunday.month - 1]} {sunday.year}",
                "weeks_ago": (book.as_of - sunday) // timedelta(days=7),
                "iso_year": iso.year,
                "iso_week": iso.week,
                "iso_week_label": f"{iso.year}-W{iso.week:02d}",
                "month_start_date": date(sunday.year, sunday.month, 1),
                "month_label": f"{MONTHS[sunday.month - 1]} {sunday.year}",
                "fiscal_year": fiscal_year,
                "fiscal_quarter": fiscal_quarter,
                "fiscal_quarter_label": f"FY{fiscal_year} Q{fiscal_quarter}",
            }
        )
    return mart
