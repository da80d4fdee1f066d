"""Movements of ARR, retention and satisfaction on random histories: the SQL of the models against plain Python."""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest
from conftest import Run
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

MONDAY = datetime.date(2025, 1, 6)
WEEKS = 9
WINDOW = 3  # weeks of retention
SURVEY_DAYS = 10
CSMS = ("ana", "ben", "cleo")
TEAMS = {"ana": "north", "ben": None, "cleo": "organisation"}
# In the order in which dbt builds them; those before are given.
MODELS = (
    "int_accounts__active",
    "int_accounts__owned",
    "int_subscriptions__known",
    "int_subscriptions__in_force",
    "int_subscriptions__owned",
    "int_account_weeks__owned",
    "int_books__weeks",
    "int_account_arr__held",
    "int_account_arr__moved",
    "fct_arr_movements",
    "int_csms__grouped",
    "int_books__retained",
    "int_books__surveyed",
    "fct_csm_outcomes",
    "fct_team_outcomes",
)
CENT = 0.005

Day = int | None


@dataclass
class Book:
    """Days are counted from the first measured Monday; a span's end is the first day it no longer holds."""

    employed: dict[str, tuple[int, Day]]
    customers: dict[str, tuple[int, Day]]
    assignments: list[tuple[str, str, int, Day]]
    subscriptions: list[tuple[str, float, int, Day, Day]]
    answers: list[tuple[str, int, str, float]] = field(default_factory=list)

    def holder(self, account: str, day: int) -> str | None:
        """The book that holds the account on the day; none when it is no customer."""
        if not holds(self.customers[account], day):
            return None
        for of, csm, start, end in self.assignments:
            if of == account and holds((start, end), day) and holds(self.employed[csm], day):
                return csm
        return "unassigned"

    def arr(self, account: str, day: int) -> float:
        """What a customer pays on the day."""
        if not holds(self.customers[account], day):
            return 0.0
        lines = [line for line in self.subscriptions if line[0] == account]
        starts = {start for _, _, start, _, _ in lines}
        total = 0.0
        for _, arr, start, end, cancelled in lines:
            # All are of one product: where it goes on the day after, the end was written inclusively.
            until = end + 1 if end is not None and end + 1 in starts else end
            if holds((start, until), day) and (cancelled is None or day < cancelled):
                total += arr
        return total


def holds(span: tuple[int, Day], day: int) -> bool:
    return span[0] <= day and (span[1] is None or day < span[1])


def sunday(week: int) -> int:
    return 7 * week + 6


days = st.integers(-30, 7 * WEEKS + 10)
# Mondays and Sundays are where a week changes.
ends = st.one_of(
    st.none(), days, st.integers(-4, WEEKS).flatmap(lambda week: st.sampled_from([7 * week, 7 * week - 1]))
)
amounts = st.sampled_from([0.0, 0.1, 0.2, 0.3, 99.99, 1200.0, 1234567.89])


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Renewals with and without a gap, handovers, leavers, accounts that come, go, and come back."""

    def span(start: int) -> tuple[int, Day]:
        end = draw(ends)
        return start, None if end is None else max(start, end)

    book = Book({csm: span(draw(st.integers(-40, 20))) for csm in CSMS}, {}, [], [])
    for account in [f"account {number}" for number in range(draw(st.integers(1, 4)))]:
        book.customers[account] = span(draw(st.integers(-40, 40)))
        cuts = sorted(draw(st.lists(days, min_size=0, max_size=4, unique=True)))
        following = [*cuts[1:], span(cuts[-1])[1]] if cuts else []
        for start, end in zip(cuts, following, strict=True):
            if draw(st.booleans()):  # else nobody's until the next
                book.assignments.append((account, draw(st.sampled_from(CSMS)), start, end))
        for _ in range(draw(st.integers(0, 4))):
            start, end = span(draw(days))
            book.subscriptions.append((account, draw(amounts), start, end, draw(ends)))
        for day in draw(st.lists(days, max_size=4, unique=True)):
            survey = draw(st.sampled_from(["csat", "nps"]))
            book.answers.append((account, day, survey, draw(st.sampled_from([1.0, 3.9, 4.0, 5.0]))))
            if survey == "nps":
                book.answers[-1] = (account, day, survey, draw(st.sampled_from([0.0, 6.0, 6.1, 8.9, 9.0, 10.0])))
    return book


def date(day: Day) -> datetime.date | None:
    return None if day is None else MONDAY + datetime.timedelta(days=day)


def load(connection: duckdb.DuckDBPyConnection, book: Book) -> None:
    """The tables that the models read, as staging and the clock would give them."""
    tables: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
        "staging.stg_crm__csms": (
            "csm_id varchar, team varchar, hired_on date, left_on date",
            [(csm, TEAMS[csm], date(start), date(end)) for csm, (start, end) in book.employed.items()],
        ),
        "staging.stg_crm__accounts": (
            "account_id varchar, customer_since date, churned_on date, segment varchar",
            [(account, date(start), date(end), "smb") for account, (start, end) in book.customers.items()],
        ),
        "staging.stg_crm__account_assignments": (
            "account_id varchar, csm_id varchar, assigned_on date, unassigned_on date",
            [(account, csm, date(start), date(end)) for account, csm, start, end in book.assignments],
        ),
        "staging.stg_crm__subscriptions": (
            "subscription_id integer, account_id varchar, arr_usd double, starts_on date, ends_on date,"
            " cancelled_on date, product varchar, has_custom_configuration boolean, contract_id varchar,"
            " signed_on date, renews_subscription_id integer",
            [
                (number, account, arr, date(start), date(end), date(cancelled), "Atlas", None, None, None, None)
                for number, (account, arr, start, end, cancelled) in enumerate(book.subscriptions)
            ],
        ),
        "staging.stg_outcomes__survey_responses": (
            "account_id varchar, responded_on date, survey varchar, score double",
            [(account, date(day), survey, score) for account, day, survey, score in book.answers],
        ),
        "reference.thresholds": (
            "threshold varchar, value double",
            [
                ("retention_weeks", WINDOW),
                ("rolling_term_days", 90),
                ("survey_days", SURVEY_DAYS),
                ("csat_satisfied_score", 4),
                ("nps_promoter_score", 9),
                ("nps_detractor_score", 6),
            ],
        ),
        "intermediate.int_clock": (
            "as_of_date date, first_week_start_date date, latest_week_start_date date",
            [(date(sunday(WEEKS - 1)), MONDAY, date(7 * (WEEKS - 1)))],
        ),
        "intermediate.int_weeks": (
            "week_start_date date, week_end_date date",
            [(date(7 * week), date(sunday(week))) for week in range(WEEKS)],
        ),
        "intermediate.int_csm_weeks__capacity": (
            "csm_id varchar, week_start_date date",
            [(csm, date(7 * week)) for csm, week in employed_weeks(book)],
        ),
    }
    for name, (columns, rows) in tables.items():
        connection.execute(f"create or replace table working.{name} ({columns})")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into working.{name} values ({marks})", rows)


def employed_weeks(book: Book) -> list[tuple[str, int]]:
    """CSM and week in which they are employed on any day."""
    return [
        (csm, week)
        for csm, span in book.employed.items()
        for week in range(WEEKS)
        if any(holds(span, day) for day in range(7 * week, 7 * week + 7))
    ]


@pytest.fixture(scope="module")
def compiled(small_build: Run) -> dict[str, str]:
    """The models' SQL as dbt ran it."""
    folder = small_build.build_dir / "dbt" / "compiled" / "book_of_business" / "models"
    paths = {path.stem: path for path in folder.glob("*/*/*.sql")}
    return {model: paths[model].read_text() for model in MODELS}


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("attach ':memory:' as working")
    for schema in ("staging", "reference", "intermediate", "marts"):
        connection.execute(f"create schema working.{schema}")
    return connection


def rows_of(connection: duckdb.DuckDBPyConnection, mart: str, *keys: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The mart by key, weeks as numbers."""
    found = connection.execute(f"select * from working.marts.{mart}")
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    for row in rows:
        row["week_start_date"] = (row["week_start_date"] - MONDAY).days // 7
    by_key = {tuple(row[key] for key in (*keys, "week_start_date")): row for row in rows}
    assert len(by_key) == len(rows), f"{mart} repeats a key"
    return by_key


AMOUNTS = ("new", "reactivated", "expansion", "contraction", "churned", "transferred_in", "transferred_out")


def expected_movements(book: Book) -> dict[tuple[str, int], dict[str, float]]:
    """Movements per book and week, from the state of each account on each Sunday."""
    found: dict[tuple[str, int], dict[str, float]] = defaultdict(lambda: dict.fromkeys(AMOUNTS, 0.0))
    for account in book.customers:
        paid_before = any(book.arr(account, sunday(week)) > 0 for week in range(-10, 0))
        for week in range(WEEKS):
            before, now = book.arr(account, sunday(week - 1)), book.arr(account, sunday(week))
            old, new = book.holder(account, sunday(week - 1)), book.holder(account, sunday(week))
            if week and old and new and old != new:
                found[old, week]["transferred_out"] += before
                found[new, week]["transferred_in"] += before
            if week and round(now - before, 9):
                kind = ("expansion" if now > before else "contraction") if before and now else "churned"
                if not before:
                    kind = "reactivated" if paid_before else "new"
                found[new or old, week][kind] += abs(now - before)
            paid_before |= now > 0
    return found


def expected_retention(book: Book, csm: str, week: int) -> tuple[float, float, float, int, int]:
    """Opening, net and gross retained ARR, opening and retained accounts of the book of `csm`."""
    opening = net = gross = 0.0
    accounts = retained = 0
    for account in book.customers:
        before, now = book.arr(account, sunday(week - WINDOW)), book.arr(account, sunday(week))
        if book.holder(account, sunday(week - WINDOW)) == csm and before > 0:
            opening, net, gross = opening + before, net + now, gross + min(before, now)
            accounts, retained = accounts + 1, retained + (now > 0)
    return opening, net, gross, accounts, retained


def expected_answers(book: Book, csm: str, week: int) -> dict[str, list[float]]:
    """Scores by survey of the trailing window that belong to the book of `csm`."""
    scores: dict[str, list[float]] = {"csat": [], "nps": []}
    for account, day, survey, score in book.answers:
        if not 7 * week + 7 - SURVEY_DAYS <= day < 7 * week + 7:
            continue
        answered = day // 7
        holders = [book.holder(account, sunday(past)) for past in range(min(answered + 1, WEEKS))]
        known = [holder for holder in holders if holder]
        if known and known[-1] == csm:
            scores[survey].append(score)
    return scores


def check_outcomes(row: dict[str, Any], book: Book, csms: list[str], week: int) -> None:
    if week >= WINDOW and book.subscriptions:
        sums = [sum(parts) for parts in zip(*(expected_retention(book, csm, week) for csm in csms), strict=True)]
    else:
        sums = [None] * 5
    opening, net, gross, accounts, retained = sums
    assert row["opening_account_count"] == accounts
    assert row["retained_account_count"] == retained
    assert row["opening_arr_usd"] == (None if opening is None else pytest.approx(opening, abs=CENT))
    assert row["net_retention_ratio"] == (pytest.approx(net / opening, abs=1e-6) if opening else None)
    assert row["gross_retention_ratio"] == (pytest.approx(gross / opening, abs=1e-6) if opening else None)
    assert row["expansion_ratio"] == (pytest.approx((net - gross) / opening, abs=1e-6) if opening else None)
    assert row["logo_retention_ratio"] == (pytest.approx(retained / accounts) if accounts else None)
    answers = [expected_answers(book, csm, week) for csm in csms]
    csat = [score for scores in answers for score in scores["csat"]]
    nps = [score for scores in answers for score in scores["nps"]]
    assert row["csat_response_count"] == (len(csat) if book.answers else None)
    assert row["nps_response_count"] == (len(nps) if book.answers else None)
    assert row["mean_csat_score"] == (pytest.approx(sum(csat) / len(csat)) if csat else None)
    assert row["csat_satisfied_ratio"] == (pytest.approx(sum(s >= 4 for s in csat) / len(csat)) if csat else None)
    balance = sum(s >= 9 for s in nps) - sum(s <= 6 for s in nps)
    assert row["net_promoter_score"] == (pytest.approx(100 * balance / len(nps)) if nps else None)


# Who leaves on a Monday has no book in the week in which the accounts go: to somebody, to nobody, and altogether.
LEAVER = Book(
    employed={"ana": (-40, 21), "ben": (-40, None), "cleo": (-40, None)},
    customers={"handed over": (-40, None), "orphaned": (-40, None), "gone": (-40, 21)},
    assignments=[
        ("handed over", "ana", -40, 21),
        ("handed over", "ben", 21, None),
        ("orphaned", "ana", -40, None),
        ("gone", "ana", -40, None),
    ],
    subscriptions=[(account, 99.99, -40, None, None) for account in ("handed over", "orphaned", "gone")],
    answers=[],
)


@example(book=LEAVER)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(book=books())
def test_random_histories_reconcile_and_are_what_plain_python_counts(
    book: Book, compiled: dict[str, str], connection: duckdb.DuckDBPyConnection
) -> None:
    load(connection, book)
    for model, sql in compiled.items():
        schema = "marts" if model.startswith("fct_") else "intermediate"
        connection.execute(f"create or replace table working.{schema}.{model} as {sql}")

    movements = rows_of(connection, "fct_arr_movements", "csm_id")
    expected = expected_movements(book)
    everybody = {("unassigned", week) for week in range(WEEKS)} | set(employed_weeks(book))
    # without any subscription on file there is no revenue to reconcile
    assert everybody <= set(movements) if book.subscriptions else not movements
    assert set(expected) <= set(movements)
    for (csm, week), row in movements.items():
        closing = sum(book.arr(a, sunday(week)) for a in book.customers if book.holder(a, sunday(week)) == csm)
        opening = sum(book.arr(a, sunday(week - 1)) for a in book.customers if book.holder(a, sunday(week - 1)) == csm)
        assert row["closing_arr_usd"] == pytest.approx(closing, abs=CENT)
        assert row["opening_arr_usd"] == (pytest.approx(opening, abs=CENT) if week else None)
        wanted = expected.get((csm, week), dict.fromkeys(AMOUNTS, 0.0))
        for kind in AMOUNTS:
            got = row[f"{kind}_arr_usd"]
            assert got == (pytest.approx(wanted[kind], abs=CENT) if week else None), (csm, week, kind)
        if week:
            gains = ("new", "reactivated", "expansion", "transferred_in")
            moved = sum(row[f"{kind}_arr_usd"] * (1 if kind in gains else -1) for kind in AMOUNTS)
            assert row["opening_arr_usd"] + moved == pytest.approx(row["closing_arr_usd"], abs=CENT)

    csm_rows = rows_of(connection, "fct_csm_outcomes", "csm_id")
    assert set(csm_rows) == set(employed_weeks(book))
    for (csm, week), row in csm_rows.items():
        check_outcomes(row, book, [csm], week)
    for (scope, team, week), row in rows_of(connection, "fct_team_outcomes", "scope", "team").items():
        members = {
            "organisation": [*CSMS, "unassigned"],
            "team": [csm for csm in CSMS if TEAMS[csm] == team],
            "no_team": ["ben"],
            "unassigned": ["unassigned"],
        }[scope]
        check_outcomes(row, book, members, week)
