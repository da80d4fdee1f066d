"""What the raw contract reads, corrects, rejects and stops at, against hand-made files."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from book_of_business.receiving.contract import read_contract

from .book import Book
from .contract import TABLES, ContractError, Coverage, Outcome, apply_contract, must_stop
from .random_book import write_random_book
from .reference import read_reference
from .small_book import BOOK, REFERENCE, outcome_of, write

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "reference"
TALKS = "interaction_id,account_id,csm_id,started_at,interaction_type,duration_minutes,status,sentiment_score\n"


def coverage_of(outcome: Outcome, table: str) -> Coverage:
    return next(one for one in outcome.coverage if one.table_name == table)


def faults_of(outcome: Outcome, table: str) -> list[tuple[Any, ...]]:
    return [
        (one.row_key, one.column_name, one.value, one.rule, one.scope)
        for one in outcome.faults
        if one.table_name == table
    ]


# --- measures --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duration", "read", "rule"),
    [
        ("719", 719, None),
        ("720", 720, None),
        ("720.5", None, "out_of_range"),
        ("-0.1", None, "out_of_range"),
        ("long", None, "unparseable_value"),
        ("inf", None, "unparseable_value"),
        ("NaN", None, None),
    ],
)
def test_a_fault_in_a_measure_costs_the_value(
    tmp_path: Path, duration: str, read: float | None, rule: str | None
) -> None:
    talk = f"i1,a1,ada,2025-03-09T10:00:00Z,review,{duration},completed,0.5\n"
    outcome = outcome_of(tmp_path, interactions=TALKS + talk)
    [row] = outcome.accepted["interactions"]
    assert (row["duration_minutes"], row["sentiment_score"]) == (read, 0.5)
    expected = [("i1", "duration_minutes", duration, rule, "value")] if rule else []
    assert faults_of(outcome, "interactions") == expected
    found = coverage_of(outcome, "interactions")
    assert (found.accepted_count, found.rejected_count) == (1, 0)
    assert (found.normalised_count, found.nulled_value_count) == (int(duration == "NaN"), len(expected))


def test_a_row_may_lose_a_value_and_itself(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, interactions=TALKS + "i1,a1,bob,2025-03-09T10:00:00Z,review,-1,completed,\n")
    assert {(rule, scope) for *_, rule, scope in faults_of(outcome, "interactions")} == {
        ("out_of_range", "value"),
        ("unknown_parent", "row"),
    }
    found = coverage_of(outcome, "interactions")
    assert (found.read_count, found.rejected_count, found.nulled_value_count) == (1, 1, 1)


def test_no_number_at_all_in_parquet_is_a_fault(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", BOOK)
    on = [date(2025, 1, 1), date(2025, 1, 8)]
    scores = pl.DataFrame({"account_id": ["a1", "a1"], "scored_on": on, "health_score": [float("nan"), 5.0]})
    scores.write_parquet(raw / "health_scores.parquet")
    outcome = apply_contract(raw, REFERENCE)
    assert faults_of(outcome, "health_scores") == [("a1|2025-01-01", "health_score", "nan", "unparseable_value", "row")]


# --- plain forms -----------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["TRUE", "True", "t", "T", "yes", "Y", "1", "1.0"])
def test_words_for_true(tmp_path: Path, word: str) -> None:
    header = "subscription_id,account_id,product,arr_usd,starts_on,has_custom_configuration\n"
    outcome = outcome_of(tmp_path, subscriptions=header + f"s1,a1,core,1,2024-01-01,{word}\n")
    assert outcome.accepted["subscriptions"][0]["has_custom_configuration"] is True
    assert coverage_of(outcome, "subscriptions").normalised_count == 1


@pytest.mark.parametrize(
    ("status", "read"),
    [
        ("COMPLETED", "completed"),
        ("No Show", "no_show"),
        ("no-show", "no_show"),
        ("canceled", "cancelled"),
        ("Canceled", "cancelled"),
        ("noshow", None),
        ("completed ", None),
    ],
)
def test_words_of_an_enumeration(tmp_path: Path, status: str, read: str | None) -> None:
    outcome = outcome_of(tmp_path, interactions=TALKS + f"i1,a1,ada,2025-03-09T10:00:00Z,review,30,{status},\n")
    assert [row["status"] for row in outcome.accepted["interactions"]] == ([read] if read else [])
    rules = [rule for *_, rule, _ in faults_of(outcome, "interactions")]
    assert rules == ([] if read else ["unknown_enum"])
    assert coverage_of(outcome, "interactions").normalised_count == int(read is not None)


def test_words_of_the_reference_tables_and_days_and_counts(tmp_path: Path) -> None:
    outcome = outcome_of(
        tmp_path,
        csms=BOOK["csms"].replace("ada,Ada,mid,2020-01-01,", "ada,Ada,MID,2020-01-01 00:00:00.000,N/A"),
        accounts=BOOK["accounts"].replace("a1,One,smb,2024-01-01,", "a1,One,Smb,2024-01-01T00:00:00Z,none"),
        product_usage="account_id,product,used_on,active_users\na1,NA,2025-01-01,12.0\na1,core,2025-01-01,2.5\n",
    )
    ada, a1 = outcome.accepted["csms"][0], outcome.accepted["accounts"][0]
    assert (ada["role_tier"], ada["hired_on"], ada["left_on"]) == ("mid", date(2020, 1, 1), None)
    assert (a1["segment"], a1["customer_since"], a1["churned_on"]) == ("smb", date(2024, 1, 1), None)
    # The name of a product is free text.
    assert [(row["product"], row["active_users"]) for row in outcome.accepted["product_usage"]] == [
        ("NA", 12),
        ("core", None),
    ]
    counts = [coverage_of(outcome, table).normalised_count for table in ("csms", "accounts", "product_usage")]
    assert counts == [3, 3, 1]


def test_nothing_in_a_required_column(tmp_path: Path) -> None:
    scores = "account_id,scored_on,health_score\na1,2025-01-01,N/A\na1,null,5\n"
    outcome = outcome_of(tmp_path, health_scores=scores)
    assert faults_of(outcome, "health_scores") == [
        ("a1|2025-01-01", "health_score", "N/A", "missing_value", "row"),
        ("a1|null", "scored_on", "null", "missing_key", "row"),
    ]


def test_keys_and_copies_are_equal_by_what_they_mean(tmp_path: Path) -> None:
    scores = """account_id,scored_on,health_score
a1,2025-01-01,5
a1,2025-01-01T00:00:00,5.0
a1,2025-01-08,5
a1,2025-01-08 00:00:00,6
"""
    found = coverage_of(outcome_of(tmp_path, health_scores=scores), "health_scores")
    assert (found.accepted_count, found.rejected_count) == (1, 3)


# --- names of columns ------------------------------------------------------------------------


def test_columns_by_letters_and_digits(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", BOOK)
    (raw / "health_scores.csv").write_text("Account ID,scoredOn,HEALTH-SCORE,Owner\na1,2025-01-01,5,x\n")
    outcome = apply_contract(raw, REFERENCE)
    assert [row["health_score"] for row in outcome.accepted["health_scores"]] == [5]
    assert coverage_of(outcome, "health_scores").unread_columns == "Owner"
    assert coverage_of(outcome, "csms").unread_columns is None


def test_of_two_columns_that_fit_neither_is_read_but_the_very_name_is(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", BOOK)
    scores = "account_id,scored_on,health_score,Health Score\na1,2025-01-01,5,6\n"
    (raw / "health_scores.csv").write_text(scores)
    outcome = apply_contract(raw, REFERENCE)
    assert outcome.accepted["health_scores"][0]["health_score"] == 5
    assert coverage_of(outcome, "health_scores").unread_columns == "Health Score"
    (raw / "health_scores.csv").write_text(scores.replace("health_score", "healthScore"))
    with pytest.raises(ContractError, match=r"health_scores\.health_score"):
        apply_contract(raw, REFERENCE)


# --- copies ----------------------------------------------------------------------------------


def test_a_meeting_is_copied_per_attendee(tmp_path: Path) -> None:
    meeting = "a1,ada,2025-03-09T10:00:00Z,review,30,completed,\n"
    talks = f"i2,{meeting}i1,{meeting}i3,{meeting}i4,{meeting.replace('10:00', '10:05')}"
    # What did not take place, and what another CSM held, is no copy.
    talks += f"i5,{meeting.replace('completed', 'no_show')}i6,{meeting.replace('completed', 'no_show')}"
    talks += f"i7,{meeting.replace('ada', 'eve')}"
    outcome = outcome_of(
        tmp_path,
        interactions=TALKS + talks,
        interaction_participants="interaction_id,contact_id\ni2,c1\ni3,c2\ni1,c2\ni2,c3\ni3,c3\ni9,c1\n",
        action_items="action_item_id,interaction_id,created_at\nx,i3,2025-03-09T11:00:00Z\n",
        transcripts="interaction_id,turn,text\ni2,1,hello\ni3,1,other words\n",
    )
    assert [row["interaction_id"] for row in outcome.accepted["interactions"]] == ["i1", "i4", "i5", "i6", "i7"]
    assert faults_of(outcome, "interactions") == [
        ("i2", "interaction_id", "i2", "copied_interaction", "row"),
        ("i3", "interaction_id", "i3", "copied_interaction", "row"),
    ]
    took_part = [(row["interaction_id"], row["contact_id"]) for row in outcome.accepted["interaction_participants"]]
    assert took_part == [("i1", "c1"), ("i1", "c2"), ("i1", "c3")]
    assert [(key, rule) for key, _, _, rule, _ in faults_of(outcome, "interaction_participants")] == [
        ("i3|c2", "copied_interaction"),
        ("i3|c3", "copied_interaction"),
        ("i9|c1", "unknown_parent"),
    ]
    assert [row["interaction_id"] for row in outcome.accepted["action_items"]] == ["i1"]
    assert [row["text"] for row in outcome.accepted["transcripts"]] == ["hello"]
    assert not must_stop(outcome)


# --- assignments -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spans", "expected", "closed", "overlapping"),
    [
        # A handover as two open rows.
        (["01-01,", "02-01,"], [("01-01", "02-01"), ("02-01", None)], 1, []),
        (["01-01,", "02-01,", "03-01,"], [("01-01", "02-01"), ("02-01", "03-01"), ("03-01", None)], 2, []),
        # One that ended overlaps the open one before the handover, and is not closed by a guess.
        (["01-01,03-01", "02-01,"], [("02-01", None)], 0, ["01-01"]),
        (["01-01,02-01", "02-01,"], [("01-01", "02-01"), ("02-01", None)], 0, []),
        # An empty span ends nothing; one that is rejected for itself neither.
        (["01-01,", "02-01,2025-02-01"], [("01-01", None), ("02-01", "02-01")], 0, []),
        (["01-01,", "02-01,2025-01-01"], [("01-01", None)], 0, []),
        # One that overlaps is sound until then, and closes the open one.
        (["01-01,", "02-01,2025-03-01", "02-10,2025-02-20"], [("01-01", "02-01")], 1, ["02-01", "02-10"]),
    ],
)
def test_an_open_span_ends_where_the_next_begins(
    tmp_path: Path, spans: list[str], expected: list[tuple[str, str | None]], closed: int, overlapping: list[str]
) -> None:
    rows = []
    for span in spans:
        start, end = span.split(",")
        rows.append(f"a1,2025-{start},ada,{f'2025-{end}' if len(end) == 5 else end}")
    outcome = outcome_of(
        tmp_path, account_assignments="\n".join(["account_id,assigned_on,csm_id,unassigned_on", *rows, ""])
    )
    found = [
        (row["assigned_on"].isoformat()[5:], row["unassigned_on"] and row["unassigned_on"].isoformat()[5:])
        for row in outcome.accepted["account_assignments"]
    ]
    assert found == expected
    assert coverage_of(outcome, "account_assignments").normalised_count == closed
    faults = faults_of(outcome, "account_assignments")
    assert [key[-5:] for key, *_, rule, _ in faults if rule == "overlapping_assignment"] == overlapping


# --- loss ------------------------------------------------------------------------------------


def lines(count: int, lost: int, copies: int = 0) -> str:
    """Subscriptions, of which some have no amount and some are there twice."""
    header = "subscription_id,account_id,product,arr_usd,starts_on\n"
    rows = [f"s{n},a1,core,{'much' if n < lost else 1},2024-01-01\n" for n in range(count)]
    return header + "".join([*rows, *rows[count - copies :]])


@pytest.mark.parametrize(
    ("count", "lost", "copies", "expected"),
    [(20, 4, 0, False), (20, 5, 0, True), (19, 5, 0, False), (24, 5, 0, True), (25, 5, 0, False), (20, 4, 6, False)],
)
def test_a_required_table_may_lose_a_fifth(tmp_path: Path, count: int, lost: int, copies: int, expected: bool) -> None:
    outcome = outcome_of(tmp_path, subscriptions=lines(count, lost, copies))
    assert coverage_of(outcome, "subscriptions").rejected_count == lost + copies
    assert must_stop(outcome) == expected


@pytest.mark.parametrize(("of_bob", "expected"), [(1, False), (2, True)])
def test_what_hangs_on_the_rows_of_a_small_table(tmp_path: Path, of_bob: int, expected: bool) -> None:
    # Of five conversations one is a fifth. That of one who is on no list at all is no loss of the list.
    talks = [
        f"i{n},,{'bob' if n < of_bob else 'ada'},2025-03-0{n + 1}T10:00:00Z,review,30,completed,\n" for n in range(5)
    ]
    outcome = outcome_of(
        tmp_path, csms=BOOK["csms"] + "bob,Bob,boss,2020-01-01,,\n", interactions=TALKS + "".join(talks)
    )
    assert must_stop(outcome) == expected
    unknown = outcome_of(tmp_path, interactions=TALKS + "".join(talks))
    assert not must_stop(unknown)


# --- clock -----------------------------------------------------------------------------------


def clock_of(
    tmp_path: Path, days: list[date], status: str = "completed", as_of: date | None = None
) -> tuple[date, date]:
    """The first and the last Sunday of a book with a conversation on each of the days."""
    talks = [f"i{n},,ada,{day}T10:00:00Z,review,{n},completed,\n" for n, day in enumerate(days)]
    talks[-1] = talks[-1].replace("completed", status)
    book = Book(outcome_of(tmp_path, interactions=TALKS + "".join(talks)), REFERENCE, as_of)
    return book.sundays[0], book.as_of


MONDAY, SUNDAY = date(2025, 3, 3), date(2025, 3, 9)


@pytest.mark.parametrize(("others", "gap", "is_stray"), [(100, 29, True), (100, 28, False), (99, 29, False)])
def test_few_conversations_beyond_a_long_gap_do_not_move_the_clock(
    tmp_path: Path, others: int, gap: int, is_stray: bool
) -> None:
    days = [MONDAY + timedelta(days=n % 7) for n in range(others)]
    late = SUNDAY + timedelta(days=gap)
    first, last = clock_of(tmp_path, [*days, late])
    assert first == SUNDAY
    assert last == (SUNDAY if is_stray else late - timedelta(days=late.isoweekday() % 7))
    early = MONDAY - timedelta(days=gap)
    first, last = clock_of(tmp_path, [*days, early])
    assert last == SUNDAY
    assert first == (SUNDAY if is_stray else early + timedelta(days=6 - early.weekday()))


def test_of_several_gaps_the_widest_tail_that_is_small_enough_counts(tmp_path: Path) -> None:
    days = [MONDAY + timedelta(days=n % 7) for n in range(201)]
    strays = [SUNDAY + timedelta(days=40), SUNDAY + timedelta(days=4000)]
    assert clock_of(tmp_path, [*days, *strays]) == (SUNDAY, SUNDAY)
    # The early end is judged by all conversations, the late one by those that took place.
    never = [*days[:101], MONDAY - timedelta(days=365)]
    assert clock_of(tmp_path, never, "no_show") == (SUNDAY, SUNDAY)
    assert clock_of(tmp_path, [*days[:101], SUNDAY + timedelta(days=20)], "no_show") == (SUNDAY, SUNDAY)


def test_a_day_that_is_given_is_the_day(tmp_path: Path) -> None:
    days = [MONDAY + timedelta(days=n % 7) for n in range(101)]
    given = SUNDAY + timedelta(days=7)
    both = [MONDAY - timedelta(days=365), *days, SUNDAY + timedelta(days=365)]
    assert clock_of(tmp_path, both, as_of=given) == (SUNDAY, given)


# --- the list of tables and columns ----------------------------------------------------------


def test_every_table_and_column_of_the_contract_is_known() -> None:
    """Its rules are the oracle's own; a name that is new in the contract must not be missed."""
    written = {
        (table.domain, table.name): [column.name for column in table.columns]
        for table in read_contract(SEEDS.parents[1])
    }
    known = {(table.domain, table.name): [column.name for column in table.columns] for table in TABLES}
    assert known == written


# --- random books ----------------------------------------------------------------------------


def test_random_books_reach_every_rule(tmp_path: Path) -> None:
    reference = read_reference(SEEDS)
    rules, forms, unread = set(), 0, 0
    filled: set[tuple[str, str]] = set()
    for seed in range(20):
        outcome = apply_contract(write_random_book(seed, tmp_path / f"raw{seed}", reference).raw, reference)
        rules |= {(fault.rule, fault.scope) for fault in outcome.faults}
        forms += sum(one.normalised_count for one in outcome.coverage)
        unread += sum(one.unread_columns is not None for one in outcome.coverage)
        for name, rows in outcome.accepted.items():
            filled |= {(name, column) for row in rows for column, value in row.items() if value is not None}
        for table in outcome.coverage:
            assert table.read_count == table.accepted_count + table.rejected_count
    row_rules = ("missing_key", "missing_value", "unparseable_value", "out_of_range", "unknown_enum", "duplicate_key")
    row_rules += ("copied_interaction", "unknown_parent", "end_before_start", "overlapping_assignment")
    assert rules == {(rule, "row") for rule in row_rules} | {("unparseable_value", "value"), ("out_of_range", "value")}
    assert forms > 0
    assert unread > 0
    assert filled == {(table.name, column.name) for table in TABLES for column in table.columns}
