"""Marts whose rows are free to design: not computed, but checked for what must be true of them."""

from collections import defaultdict
from datetime import date, timedelta
from math import fsum

from .book import UNASSIGNED, Book, Mart, week_start

HALF_A_CENT = 0.005
OPENING, CLOSING = "opening_arr_usd", "closing_arr_usd"
# What leads from the opening to the closing ARR: columns that begin so, with their sign.
GAINS = ("new_", "reactivated_", "expansion_", "transferred_in_", "other_in_")
LOSSES = ("contraction_", "churn", "transferred_out_", "other_out_")
TRANSFERS = ("transferred_in_", "transferred_out_")


def sign(column: str) -> int:
    if not column.endswith("_arr_usd"):
        return 0
    return int(column.startswith(GAINS)) - int(column.startswith(LOSSES))


def differs(one: float, other: float) -> bool:
    return abs(one - other) > HALF_A_CENT


def arr_of_books(book: Book, sunday: date) -> dict[str, float]:
    """ARR by owner on the Sunday, of those who own something and of those with a row in the week."""
    return {csm_id: book.arr(accounts, sunday) for csm_id, accounts in book.books(sunday).items()}


def check_arr_movements(book: Book, rows: Mart) -> list[str]:
    """Opening and closing of every book, the way between them, and the whole, to the cent."""
    if not book.is_observed("subscriptions"):
        known = [row for row in rows if any(row[name] is not None for name in row if name.endswith("_arr_usd"))]
        return [f"fct_arr_movements {row['week_start_date']} {row['csm_id']!r}: ARR is not known" for row in known]
    lines: list[str] = []
    by_week: dict[date, Mart] = defaultdict(list)
    for row in rows:
        by_week[row["week_start_date"]].append(row)
    for sunday in book.sundays:
        week = week_start(sunday)
        opening = arr_of_books(book, sunday - timedelta(days=7))
        closing = arr_of_books(book, sunday)
        found = {row["csm_id"]: row for row in by_week.pop(week, [])}
        lines += [f"fct_arr_movements {week} {one!r}: row missing" for one in closing if one not in found]
        for csm_id, row in found.items():
            at = f"fct_arr_movements {week} {csm_id!r}"
            measured = [(CLOSING, closing)]
            if sunday > book.sundays[0]:
                measured.append((OPENING, opening))
            else:
                # the week before the first is not measured, so neither is what moved since
                known = [name for name in row if (sign(name) or name == OPENING) and row[name] is not None]
                lines += [f"{at} {name}: not known in the first week" for name in known]
            for name, books in measured:
                expected = books.get(csm_id, 0.0)
                if differs(expected, float(row[name])):
                    lines.append(f"{at} {name}: expected {expected!r}, published {row[name]!r}")
            if sunday == book.sundays[0]:
                continue
            moved = fsum(sign(name) * float(value or 0) for name, value in row.items() if sign(name))
            if differs(float(row[OPENING]) + moved, float(row[CLOSING])):
                lines.append(f"{at}: {row[OPENING]} + {moved} is not {row[CLOSING]}")
        for name, books in ((OPENING, opening), (CLOSING, closing)):
            if name == OPENING and sunday == book.sundays[0]:
                continue
            published, total = fsum(float(row[name]) for row in found.values()), fsum(books.values())
            if differs(published, total):
                lines.append(f"fct_arr_movements {week}: {name} of all books is {published}, and should be {total}")
        passed_on = fsum(
            sign(name) * float(value or 0)
            for row in found.values()
            for name, value in row.items()
            if name.startswith(TRANSFERS)
        )
        if differs(passed_on, 0):
            lines.append(f"fct_arr_movements {week}: {passed_on} passed between books and did not arrive")
    return lines + [f"fct_arr_movements {week}: a week that is none" for week in sorted(by_week)]


def check_dim_accounts(book: Book, rows: Mart) -> list[str]:
    """A row per account that became a customer, and of the active ones owner and ARR."""
    expected = {one for one, account in book.accounts.items() if account["customer_since"] <= book.as_of}
    found = {row["account_id"]: row for row in rows}
    lines = [f"dim_accounts: {len(rows) - len(found)} rows too many"] if len(found) != len(rows) else []
    lines += [f"dim_accounts {one!r}: row missing" for one in sorted(expected - set(found))]
    lines += [f"dim_accounts {one!r}: row not expected" for one in sorted(set(found) - expected)]
    active = set(book.active_accounts(book.as_of))
    for account_id in sorted(expected & set(found)):
        row, at = found[account_id], f"dim_accounts {account_id!r}"
        if row["as_of_date"] != book.as_of:
            lines.append(f"{at} as_of_date: published {row['as_of_date']}")
        if row["is_active"] != (account_id in active):
            lines.append(f"{at} is_active: published {row['is_active']}")
        elif account_id in active:
            owner, arr = book.owner(account_id, book.as_of), book.arr([account_id], book.as_of)
            if (row["csm_id"] or UNASSIGNED) != owner:
                lines.append(f"{at} csm_id: expected {owner!r}, published {row['csm_id']!r}")
            if not book.is_observed("subscriptions"):
                lines += [f"{at} arr_usd: not known"] if row["arr_usd"] is not None else []
            elif differs(float(row["arr_usd"] or 0), arr):
                lines.append(f"{at} arr_usd: expected {arr!r}, published {row['arr_usd']!r}")
            due = book.next_renewal_on(account_id, book.as_of)
            if row["next_renewal_on"] != due:
                lines.append(f"{at} next_renewal_on: expected {due}, published {row['next_renewal_on']}")
    return lines
