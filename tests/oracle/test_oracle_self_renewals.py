"""What is in force, settled, rolling and due, and what is not known, against hand-made lines."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from .book import Book
from .contract import Row
from .invariants import check_arr_movements, check_dim_accounts
from .metrics import build_marts
from .signals import check_signals
from .small_book import BOOK, REFERENCE, only, outcome_of

COLUMNS = (
    "subscription_id",
    "account_id",
    "product",
    "arr_usd",
    "starts_on",
    "ends_on",
    "cancelled_on",
    "contract_id",
    "signed_on",
    "renews_subscription_id",
)
AS_OF = date(2025, 3, 16)
# A term that ends on 2025-06-01, and the next one, signed in time. 2025-03-03 is 90 days before that end.
BEFORE = {"subscription_id": "A", "starts_on": "2024-06-01", "ends_on": "2025-06-01"}
NEXT = {"subscription_id": "B", "starts_on": "2025-06-01", "ends_on": "2026-06-01", "signed_on": "2025-03-16"}


def lines(*rows: dict[str, Any]) -> str:
    common = {"account_id": "a1", "product": "core", "arr_usd": 1000}
    filled = [",".join(str((common | row).get(name) or "") for name in COLUMNS) for row in rows]
    return "\n".join([",".join(COLUMNS), *filled, ""])


def book_of(tmp_path: Path, *rows: dict[str, Any], **changed: str) -> Book:
    return Book(outcome_of(tmp_path, subscriptions=lines(*rows), **changed), REFERENCE, AS_OF)


def line(book: Book, subscription_id: str) -> Row:
    return book.subscriptions[subscription_id]


# --- in force --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "last_day"),
    [
        ({}, {}, "2025-05-31"),
        # The next begins the day after the end: the end was still in force.
        ({}, {"starts_on": "2025-06-02"}, "2025-06-01"),
        ({}, {"starts_on": "2025-06-03"}, "2025-05-31"),
        ({}, {"starts_on": "2025-06-02", "product": "Core"}, "2025-05-31"),
        ({}, {"starts_on": "2025-06-02", "account_id": "a2"}, "2025-05-31"),
        # Known or not; one that was taken back before it began does not count.
        ({}, {"starts_on": "2025-06-02", "signed_on": "2025-12-01"}, "2025-06-01"),
        ({}, {"starts_on": "2025-06-02", "signed_on": "", "cancelled_on": "2025-01-01"}, "2025-05-31"),
        ({}, {"starts_on": "2025-06-02", "cancelled_on": "2025-06-02"}, "2025-05-31"),
        ({}, {"starts_on": "2025-06-02", "cancelled_on": "2025-06-03"}, "2025-06-01"),
        ({}, {"starts_on": "2025-05-01", "cancelled_on": "2025-05-01", "renews_subscription_id": "A"}, "2025-05-31"),
        ({}, {"starts_on": "2025-05-01", "cancelled_on": "2025-05-02", "renews_subscription_id": "A"}, "2025-04-30"),
        ({}, {"starts_on": "2025-05-01", "renews_subscription_id": "A"}, "2025-04-30"),
        ({}, {"starts_on": "2025-05-01", "renews_subscription_id": "A", "product": "x"}, "2025-04-30"),
        ({}, {"starts_on": "2025-05-01", "renews_subscription_id": "A", "account_id": "a2"}, "2025-04-30"),
        ({}, {"starts_on": "2025-06-02", "renews_subscription_id": "A"}, "2025-06-01"),
        ({}, {"starts_on": "2025-07-01", "renews_subscription_id": "A"}, "2025-05-31"),
        ({}, {"starts_on": "2025-05-01", "renews_subscription_id": "nothing"}, "2025-05-31"),
        ({"renews_subscription_id": "A"}, {}, "2025-05-31"),
        ({"cancelled_on": "2025-04-01"}, {"starts_on": "2025-05-01", "renews_subscription_id": "A"}, "2025-03-31"),
        ({"ends_on": ""}, {"starts_on": "2025-05-01", "renews_subscription_id": "A"}, "2025-04-30"),
    ],
)
def test_the_last_day_in_force(tmp_path: Path, first: dict[str, str], second: dict[str, str], last_day: str) -> None:
    book = book_of(tmp_path, BEFORE | first, NEXT | second)
    day = date.fromisoformat(last_day)
    assert book.in_force_end(line(book, "A")) == day + timedelta(days=1)
    assert "A" in {row["subscription_id"] for row in book.active_subscriptions("a1", day)}
    after = book.active_subscriptions("a1", day + timedelta(days=1))
    assert "A" not in {row["subscription_id"] for row in after}


def test_a_link_and_no_link_between_two_lines_that_overlap(tmp_path: Path) -> None:
    early = NEXT | {"starts_on": "2025-03-01"}
    assert book_of(tmp_path, BEFORE, early).arr(["a1"], AS_OF) == 2000
    assert book_of(tmp_path, BEFORE, early | {"renews_subscription_id": "A"}).arr(["a1"], AS_OF) == 1000


# --- settled ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({}, True),
        # Known from the day it was signed on.
        ({"signed_on": "2025-03-17"}, False),
        ({"signed_on": ""}, False),
        # Begins by the day after the end, at most 90 days before it.
        ({"starts_on": "2025-06-02"}, True),
        ({"starts_on": "2025-06-03"}, False),
        ({"starts_on": "2025-03-03", "signed_on": ""}, True),
        ({"starts_on": "2025-03-02", "signed_on": ""}, False),
        # Lasts longer.
        ({"ends_on": "2025-06-01"}, False),
        ({"ends_on": "2025-06-02"}, True),
        ({"ends_on": ""}, True),
        # Carries at least half.
        ({"arr_usd": 500.01}, True),
        ({"arr_usd": 500}, True),
        ({"arr_usd": 499.99}, False),
        ({"product": "Core"}, False),
        ({"account_id": "a2"}, False),
        # A link is enough, whatever it names.
        ({"renews_subscription_id": "A", "product": "x", "arr_usd": 1, "account_id": "a2"}, True),
        ({"renews_subscription_id": "A", "starts_on": "2025-09-01", "signed_on": "2025-03-17"}, False),
        ({"renews_subscription_id": "nothing"}, True),
        ({"renews_subscription_id": "C"}, False),
        # Taken back.
        ({"cancelled_on": "2025-03-16"}, False),
        ({"cancelled_on": "2025-03-17"}, True),
        ({"cancelled_on": "2025-03-16", "renews_subscription_id": "A"}, False),
    ],
)
def test_what_settles_an_end(tmp_path: Path, second: dict[str, Any], expected: bool) -> None:
    other = {"subscription_id": "C", "product": "other", "starts_on": "2024-01-01"}
    book = book_of(tmp_path, BEFORE, NEXT | second, other)
    assert book.is_settled(line(book, "A"), AS_OF) == expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        # A step of a contract is known from the contract's first start, if it begins where another ends.
        ({"signed_on": ""}, True),
        ({"signed_on": "", "starts_on": "2025-06-02"}, True),
        ({"signed_on": "", "starts_on": "2025-06-03"}, False),
        ({"signed_on": "", "starts_on": "2025-05-31"}, False),
        ({"signed_on": "2025-03-17"}, False),
        # Neither product nor amount nor how early it began matters.
        ({"product": "x", "arr_usd": 1}, True),
        ({"starts_on": "2024-07-01", "signed_on": ""}, True),
        ({"ends_on": "2025-06-01"}, False),
        ({"account_id": "a2"}, False),
        ({"contract_id": "other", "signed_on": ""}, False),
    ],
)
def test_steps_of_a_contract(tmp_path: Path, second: dict[str, Any], expected: bool) -> None:
    book = book_of(tmp_path, BEFORE | {"contract_id": "deal"}, NEXT | {"contract_id": "deal"} | second)
    assert book.is_settled(line(book, "A"), AS_OF) == expected


def test_a_line_taken_back_before_it_began_settled_until_then(tmp_path: Path) -> None:
    # It begins the day after the end and was cancelled that very day: never in force.
    book = book_of(tmp_path, BEFORE, NEXT | {"starts_on": "2025-06-02", "cancelled_on": "2025-06-02"})
    before = line(book, "A")
    assert [book.is_settled(before, date(2025, *day)) for day in ((3, 15), (3, 16), (6, 1), (6, 2))] == [
        False,
        True,
        True,
        False,
    ]
    # In force from the end on, and cancelled after it: the end was settled and stays so.
    book = book_of(tmp_path, BEFORE, NEXT | {"cancelled_on": "2025-06-02"})
    assert book.is_settled(line(book, "A"), date(2025, 6, 2))


@pytest.mark.parametrize(("days", "expected"), [(89, True), (90, False), (91, False)])
def test_short_terms_roll_on(tmp_path: Path, days: int, expected: bool) -> None:
    ends = date(2025, 2, 1) + timedelta(days=days)
    book = book_of(tmp_path, BEFORE | {"starts_on": "2025-02-01", "ends_on": ends})
    assert book.is_rolling(line(book, "A")) == expected
    assert book.next_renewal_on("a1", AS_OF) == (None if expected else ends)


# --- what renews -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "share", "stage", "due"),
    [
        ({}, 0, "steady", None),
        ({"signed_on": "2025-03-17"}, 1, "renewal", date(2025, 6, 1)),
        # Both are in force, and the later one renews next year.
        ({"starts_on": "2025-03-10"}, 0, "steady", date(2026, 6, 1)),
    ],
)
def test_settled_ends_do_not_renew(
    tmp_path: Path, second: dict[str, str], share: float, stage: str, due: date | None
) -> None:
    rows = (BEFORE, NEXT | second)
    marts = build_marts(outcome_of(tmp_path, subscriptions=lines(*rows)), REFERENCE, AS_OF)
    quarter = only(marts["fct_renewal_concentration"], csm_id="ada", quarter_start_date=date(2025, 4, 1))
    assert (quarter["renewal_share"], quarter["subscription_count"]) == (share, int(share > 0))
    effort = only(marts["fct_account_effort"], account_id="a1", week_start_date=date(2025, 3, 10))
    assert effort["lifecycle_level"] == stage
    assert book_of(tmp_path, *rows).next_renewal_on("a1", AS_OF) == due


def test_published_weeks_keep_what_was_known(tmp_path: Path) -> None:
    # Signed on the last Sunday: the week before still has the renewal.
    books = build_marts(outcome_of(tmp_path, subscriptions=lines(BEFORE, NEXT)), REFERENCE, AS_OF)["fct_books"]
    shares = {row["week_start_date"]: row["peak_renewal_share"] for row in books if row["csm_id"] == "ada"}
    assert shares == {date(2025, 3, 3): 1, date(2025, 3, 10): 0}


@pytest.mark.parametrize(("second", "is_right"), [({"signed_on": "2025-03-15"}, False), ({}, True)])
def test_a_renewal_that_is_settled_is_not_delayed(tmp_path: Path, second: dict[str, str], is_right: bool) -> None:
    book = book_of(tmp_path, BEFORE, NEXT | second)
    emerged = book.completed[0]["started_at"].replace(day=15)
    signal = {"signal_id": "x", "account_id": "a1", "csm_id": "ada"}
    signal |= {"signal_type": "delayed_renewal", "emerged_at": emerged}
    assert (check_signals(book, [signal]) == []) == is_right


# --- not observed ----------------------------------------------------------------------------


def test_without_any_subscription_nothing_is_said_of_money(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, subscriptions=lines())
    marts = build_marts(outcome, REFERENCE, AS_OF)
    at = {"csm_id": "ada", "week_start_date": date(2025, 3, 10)}
    load, book = only(marts["fct_csm_load"], **at), only(marts["fct_books"], **at)
    assert (load["arr_usd"], load["account_count"]) == (None, 1)
    names = ("arr_usd", "arr_band", "peak_renewal_share", "account_band")
    assert [book[name] for name in names] == [None, None, None, "within"]
    effort = only(marts["fct_account_effort"], account_id="a1", week_start_date=date(2025, 3, 10))
    levels = [effort[f"{name}_level"] for name in ("lifecycle", "footprint", "custom_configuration")]
    assert levels == ["steady", "unknown", "unknown"]
    for row in marts["fct_renewal_concentration"]:
        assert {row[name] for name in row if name not in ("csm_id", "quarter_start_date", "as_of_date")} == {None}
    for row in marts["fct_book_renewals"]:
        assert {row[name] for name in row if name not in ("csm_id", "as_of_date")} == {None}
    measured = Book(outcome, REFERENCE, AS_OF)
    account = {"account_id": "a1", "is_active": True, "csm_id": "ada", "arr_usd": None, "next_renewal_on": None,
               "as_of_date": measured.as_of}  # fmt: skip
    others = [
        account | {"account_id": "a2", "csm_id": "unassigned"},
        account | {"account_id": "a3", "is_active": False},
    ]
    assert check_dim_accounts(measured, [account, *others]) == []
    assert check_dim_accounts(measured, [account | {"arr_usd": 0}, *others])
    assert check_arr_movements(measured, []) == []
    assert check_arr_movements(measured, [at | {"closing_arr_usd": 0}])


def test_without_any_conversation_nothing_is_said_of_them(tmp_path: Path) -> None:
    header = BOOK["interactions"].splitlines()[0] + "\n"
    marts = build_marts(outcome_of(tmp_path, interactions=header), REFERENCE, AS_OF)
    [account] = [row for row in marts["fct_account_coverage"] if row["account_id"] == "a1"]
    names = ("days_since_meaningful", "is_unmonitored", "is_overdue", "allowed_gap_days")
    assert [account[name] for name in names] == [None, None, None, 91 / 2.5]
    coverage = only(marts["fct_csm_coverage"], csm_id="ada")
    assert coverage["account_count"] == 1
    assert {value for name, value in coverage.items() if name.endswith(("ratio", "unmonitored_account_count"))} == {
        None
    }
    assert (coverage["expected_unmonitored_count"], coverage["overdue_account_count"]) == (None, None)
    throughput = only(marts["fct_csm_throughput"], csm_id="ada")
    known = {name for name, value in throughput.items() if value is not None}
    assert known == {"csm_id", "week_start_date", "throughput_ceiling_count"}
    engagement = only(marts["fct_csm_engagement"], csm_id="ada")
    assert {name for name, value in engagement.items() if value is not None} == {"csm_id", "week_start_date"}
    plan = only(marts["fct_touch_plan"], csm_id="ada")
    assert (plan["actual_touch_count"], plan["required_touch_count"], plan["verdict"]) == (None, 2.5, "under")
    assert only(marts["fct_csm_load"], csm_id="ada")["load_ratio"] == 3 * 1.25 / 20


@pytest.mark.parametrize(
    ("durations", "expected"),
    [
        # Two of this week, one of the week before; a category without any has 0 minutes.
        (("30", "", "30"), (30, 0)),
        (("", "", "30"), (None, 0)),
        (("", "", ""), (None, None)),
        (("0", "", ""), (0, 0)),
    ],
)
def test_minutes_that_nobody_wrote_down(
    tmp_path: Path, durations: tuple[str, str, str], expected: tuple[Any, Any]
) -> None:
    days = ("2025-03-11", "2025-03-12", "2025-03-04")
    talks = [
        f"i{n},a1,ada,{day}T10:00:00Z,review,{minutes},completed"
        for n, (day, minutes) in enumerate(zip(days, durations, strict=True))
    ]
    interactions = "\n".join([BOOK["interactions"].splitlines()[0], *talks, ""])
    marts = build_marts(outcome_of(tmp_path, interactions=interactions), REFERENCE, AS_OF)
    week = only(marts["fct_csm_throughput"], csm_id="ada", week_start_date=date(2025, 3, 10))
    assert (week["strategic_minutes"], week["onboarding_minutes"]) == expected
