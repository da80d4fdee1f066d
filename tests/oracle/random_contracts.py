"""Stories of contracts for random books: terms that roll on, steps, early renewals, links, overlaps.

Most of what they are about lies at an edge: a day before, on and after the end, half of the amount, the window.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from .book import DEFAULT_LIMITS

if TYPE_CHECKING:
    from .random_book import RandomBook, TextRow

LAST_DAY = date(9999, 12, 31)


def make_contracts(book: RandomBook) -> None:
    pace = book.pick(((0, 0, 1), (0, 1, 1, 2), (1, 2, 3)))
    stories = (make_months, make_years, make_steps, make_successor, make_successor, make_successor, make_overlap)
    for account_id in book.ids_of("accounts"):
        for _ in range(book.pick(pace)):
            book.pick(stories)(book, account_id)
    make_stray_links(book)


def add_line(
    book: RandomBook, account_id: str, starts: date, ends: date | None, amount: float = 1000, **values: object
) -> TextRow:
    """A line of the book's kind of amounts, of which 1000 is a usual one."""
    return book.add(
        "subscriptions",
        **{
            "subscription_id": f"line{len(book.tables['subscriptions'])}",
            "account_id": account_id,
            "product": "core",
            "starts_on": starts,
            "ends_on": ends,
            **values,
            "arr_usd": book.usd(amount),
        },
    )


def limit_days(book: RandomBook, name: str) -> int:
    return int(book.reference.thresholds.get(name, DEFAULT_LIMITS.get(name, 90)))


def a_late_day(book: RandomBook) -> date:
    """An end of a term: most lie around the last week, within a year."""
    return book.pick(
        (book.a_day(after=40), book.last + timedelta(days=book.rng.randint(-30, 250)), book.near_sunday(0))
    )


def make_months(book: RandomBook, account_id: str) -> None:
    """Monthly terms one after the other, their ends written either way."""
    starts = book.first - timedelta(days=book.rng.randint(0, 120))
    is_inclusive, product = book.chance(0.5), book.pick(("core", "metered"))
    for _ in range(book.rng.randint(2, 14)):
        ends = starts + timedelta(days=book.pick((28, 30, 30, 31)))
        amount = book.pick((1000, 1000, 600, 500, 400))
        add_line(book, account_id, starts, ends, product=product, amount=amount)
        starts = ends + timedelta(days=1 if is_inclusive else 0)
        if book.chance(0.05):
            starts += timedelta(days=1)


def make_years(book: RandomBook, account_id: str) -> None:
    """Long terms with inclusive ends, at and around the longest that still rolls on."""
    rolling = limit_days(book, "rolling_term_days")
    ends = a_late_day(book)
    starts = ends - timedelta(days=book.pick((rolling - 1, rolling, rolling + 1, 180, 364, 365)))
    add_line(book, account_id, starts, ends, product="yearly", amount=book.pick((0, 1000)))
    if book.chance(0.7):
        starts = ends + timedelta(days=book.pick((0, 1, 1, 1, 2)))
        length = book.pick((rolling - 1, rolling, 364))
        add_line(
            book,
            account_id,
            starts,
            starts + timedelta(days=length),
            product=book.pick(("yearly", "yearly", "yearly", "core")),
            amount=book.pick((499.99, 500, 1000, 1200)),
            signed_on=book.pick((None, None, book.a_day())),
        )


def make_steps(book: RandomBook, account_id: str) -> None:
    """A ramp: the lines of one contract, mostly one after the other."""
    contract_id = f"deal{len(book.tables['subscriptions'])}"
    starts = book.first - timedelta(days=book.rng.randint(0, 300))
    signed = book.pick((None, None, None, starts - timedelta(days=20), book.a_day()))
    for step in range(book.rng.randint(2, 4)):
        ends = starts + timedelta(days=book.pick((89, 90, 91, 120, 180, 365)))
        is_last_open = book.chance(0.05)
        cancelled = book.a_day(after=60) if book.chance(0.08) else None
        add_line(
            book,
            account_id,
            starts,
            None if is_last_open else ends,
            product=book.pick(("core", "core", "core", "analytics")),
            amount=300 + 400 * step,
            contract_id=contract_id if book.chance(0.95) else book.pick((None, "deal0")),
            signed_on=signed if book.chance(0.8) else book.pick((None, book.a_day())),
            cancelled_on=cancelled,
        )
        starts = ends + timedelta(days=book.pick((0, 0, 0, 1, 1, 2, -1)))


def make_successor(book: RandomBook, account_id: str) -> None:
    """A line and what may continue it: linked or not, early or late, less of it, taken back."""
    window = limit_days(book, "renewal_window_days")
    ends = a_late_day(book)
    starts = ends - timedelta(days=book.pick((90, 91, 200, 365, 365)))
    before = add_line(book, account_id, starts, ends)
    begins = ends - timedelta(days=book.pick((0, 0, 1, 30, window - 1, window, window + 1, -1, -1, -2)))
    until = book.pick(
        (begins + timedelta(days=365), begins + timedelta(days=365), None, ends, ends + timedelta(days=1))
    )
    if until is not None and until < begins:
        until = begins
    share = book.reference.thresholds.get("settled_minimum_share", DEFAULT_LIMITS["settled_minimum_share"])
    contract_id = book.pick((None, None, None, f"deal{before['subscription_id']}"))
    before["contract_id"] = contract_id if book.chance(0.7) else None
    # Signed before, on and after a Sunday on which it is asked whether the end is settled.
    signed = book.pick((None, None, begins, book.near_sunday(0), begins - timedelta(days=60), book.last))
    cancelled = None
    if book.chance(0.35):
        day = book.pick((begins, ends, book.near_sunday(0), book.near_sunday(0)))
        cancelled = day + timedelta(days=book.pick((-10, -1, 0, 1)))
    add_line(
        book,
        account_id,
        begins,
        until,
        product=book.pick(("core", "core", "core", "core", "Core")),
        amount=book.pick((1000, 1000, 1300, 1000 * share, 1000 * share - 0.01, 1000 * share + 0.01)),
        contract_id=contract_id,
        signed_on=signed,
        renews_subscription_id=book.pick((None, None, None, before["subscription_id"], "of last year")),
        cancelled_on=cancelled,
    )


def make_overlap(book: RandomBook, account_id: str) -> None:
    """Lines of one product that nothing links, side by side."""
    starts = book.first - timedelta(days=book.rng.randint(0, 300))
    for _ in range(2):
        add_line(book, account_id, starts, starts + timedelta(days=book.pick((200, 365, 365, 500))))
        starts += timedelta(days=book.pick((0, 30, 150)))


def make_stray_links(book: RandomBook) -> None:
    """Links to lines of any account, or that lead nowhere, or to the line itself."""
    lines = book.tables["subscriptions"]
    for row in lines:
        if row["renews_subscription_id"] is None and book.chance(0.03):
            other = book.pick(lines)["subscription_id"]
            row["renews_subscription_id"] = book.pick((other, other, "nowhere", row["subscription_id"]))
