"""The marts of logged time, from the raw book alone."""

from collections import defaultdict
from datetime import date, timedelta
from math import fsum
from typing import Any

from .book import Book, Mart, Row, monday_of


def entries_in_weeks(book: Book) -> list[Row]:
    """Time entries of the weeks that are measured."""
    first = monday_of(book.sundays[0])
    return [row for row in book.rows["time_entries"] if first <= row["worked_on"] <= book.as_of]


def minutes_of(book: Book, held: list[Row]) -> float | None:
    """The minutes of those that have any; null where none has, or no conversation on file ever has."""
    minutes = [one["duration_minutes"] for one in held if one["duration_minutes"] is not None]
    is_observed = any(one["duration_minutes"] is not None for one in book.interactions.values())
    return fsum(minutes) if is_observed and (minutes or not held) else None


def fct_account_logged_time(book: Book) -> Mart:
    entries: dict[tuple[str, str, date], list[Row]] = defaultdict(list)
    for row in entries_in_weeks(book):
        if row["account_id"] is not None:
            entries[row["account_id"], row["csm_id"], monday_of(row["worked_on"])].append(row)
    held: dict[tuple[str, str, date], list[Row]] = defaultdict(list)
    for sunday in book.sundays:
        for row in book.in_week(book.completed, sunday):
            if row["account_id"] is not None:
                held[row["account_id"], row["csm_id"], sunday - timedelta(days=6)].append(row)
    cap = book.limits["longest_entry_minutes"]
    mart: Mart = []
    for key in {*entries, *held}:
        minutes = [row["minutes"] for row in entries[key]]
        logged: dict[str, Any] = {
            "time_entry_count": len(minutes),
            "time_entry_minutes": fsum(minutes),
            "capped_entry_minutes": fsum(min(one, cap) for one in minutes),
        }
        if not book.is_observed("time_entries"):
            logged = dict.fromkeys(logged)
        minutes_held = minutes_of(book, held[key])
        meaningful = fsum(row["duration_minutes"] for row in held[key] if book.is_meaningful(row))
        mart.append(
            {
                "account_id": key[0],
                "csm_id": key[1],
                "week_start_date": key[2],
                **logged,
                "interaction_count": len(held[key]) if book.is_observed("interactions") else None,
                "interaction_minutes": minutes_held,
                "preparation_minutes": None if minutes_held is None else meaningful * book.limits["preparation_ratio"],
            }
        )
    return mart


def fct_csm_logged_time(book: Book) -> Mart:
    weeks: dict[tuple[str, date], list[Row]] = defaultdict(list)
    for row in entries_in_weeks(book):
        weeks[row["csm_id"], monday_of(row["worked_on"])].append(row)
    mart: Mart = []
    for (csm_id, monday), rows in weeks.items():
        days: dict[date, float] = defaultdict(float)
        for row in rows:
            days[row["worked_on"]] += row["minutes"]
        busiest = max(sorted(days), key=lambda day: days[day])
        ownerless = [row["minutes"] for row in rows if row["account_id"] is None]
        mart.append(
            {
                "csm_id": csm_id,
                "week_start_date": monday,
                "time_entry_count": len(rows),
                "logged_minutes": fsum(row["minutes"] for row in rows),
                "ownerless_entry_count": len(ownerless),
                "ownerless_minutes": fsum(ownerless),
                "long_entry_count": sum(row["minutes"] > book.limits["longest_entry_minutes"] for row in rows),
                "longest_entry_minutes": max(row["minutes"] for row in rows),
                "busiest_day_minutes": days[busiest],
                "logged_day_count": len(days),
                "busiest_on": busiest,
            }
        )
    return mart
