"""Episodes, detection and signals against hand-computed examples."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import polars as pl
import pytest

from .book import Book, end_of, midnight
from .compare import compare_with_book
from .contract import apply_contract
from .metrics import build_marts
from .random_book import write_random_book
from .reference import read_reference
from .risk import kaplan_meier_mean
from .signals import check_signals, negative_sentiments, own_signals, silent_stakeholders
from .small_book import BOOK, REFERENCE, only, outcome_of

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "reference"
AS_OF = date(2025, 6, 29)
NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)
A_MICROSECOND = timedelta(microseconds=1)
# One who talks with nobody starts the weeks.
QUIET = """interaction_id,account_id,csm_id,started_at,interaction_type,duration_minutes,status
i0,,ada,2024-12-30T00:00:00Z,mystery,,completed
"""


def after(days: float, nudge: timedelta = timedelta(0)) -> datetime:
    return NEW_YEAR + timedelta(days=days) + nudge


def signal(at: datetime, signal_type: str = "ticket_escalation", csm_id: str = "ada") -> dict[str, Any]:
    return {
        "signal_id": f"{signal_type}{at}",
        "account_id": "a1",
        "csm_id": csm_id,
        "signal_type": signal_type,
        "emerged_at": at,
    }


def flags(*raised: datetime) -> str:
    lines = [f"f{number},a1,{at.isoformat()}" for number, at in enumerate(raised)]
    return "\n".join(["risk_flag_id,account_id,raised_at", *lines, ""])


def touch(at: datetime, minutes: int = 30) -> str:
    return QUIET + f"t1,a1,eve,{at.isoformat()},review,{minutes},completed\n"


def marts_of(tmp_path: Path, signals: list[dict[str, Any]], **changed: str) -> dict[str, list[dict[str, Any]]]:
    outcome = outcome_of(tmp_path, **{"interactions": QUIET, **changed})
    return build_marts(outcome, REFERENCE, AS_OF, given={"fct_risk_signals": signals})


def episodes_of(tmp_path: Path, *signals: datetime, **changed: str) -> list[tuple[Any, ...]]:
    """Outcome, days from New Year to the end, whether in time, and how many signals, of each episode."""
    rows = marts_of(tmp_path, [signal(at) for at in signals], **changed)["fct_risk_episodes"]
    return [
        (
            row["outcome"],
            None if row["ended_at"] is None else (row["ended_at"] - NEW_YEAR) / timedelta(days=1),
            row["is_within_window"],
            row["signal_count"],
        )
        for row in rows
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ("lapsed", 90, False, 1)),
        ({"risk_flags": flags(after(0))}, ("detected", 0, True, 1)),
        ({"risk_flags": flags(after(0, -A_MICROSECOND))}, ("lapsed", 90, False, 1)),
        ({"risk_flags": flags(after(9), after(7))}, ("detected", 7, True, 1)),
        ({"risk_flags": flags(after(8))}, ("detected", 8, False, 1)),
        ({"risk_flags": flags(after(90))}, ("detected", 90, False, 1)),
        ({"risk_flags": flags(after(90, A_MICROSECOND))}, ("lapsed", 90, False, 1)),
        # A conversation at the very instant was no answer; one too short never is.
        ({"interactions": touch(after(0))}, ("lapsed", 90, False, 1)),
        ({"interactions": touch(after(0.25))}, ("detected", 0.25, True, 1)),
        ({"interactions": touch(after(0.25), 29)}, ("lapsed", 90, False, 1)),
        ({"interactions": touch(after(3)), "risk_flags": flags(after(2))}, ("detected", 2, True, 1)),
    ],
)
def test_one_signal_and_what_answers_it(tmp_path: Path, changed: dict[str, str], expected: tuple[Any, ...]) -> None:
    assert episodes_of(tmp_path, NEW_YEAR, **changed) == [expected]


@pytest.mark.parametrize(
    ("second", "flagged", "expected"),
    [
        (after(60), (), [("lapsed", 150, False, 2)]),
        (after(90, -A_MICROSECOND), (after(170),), [("detected", 170, False, 2)]),
        (after(90), (), [("lapsed", 90, False, 1), ("open", None, False, 1)]),
        (after(5), (after(5),), [("detected", 5, True, 2)]),
        (after(5.5), (after(5),), [("detected", 5, True, 1), ("lapsed", 95.5, False, 1)]),
        # A detection at the lapse counts, and takes a signal of that instant with it.
        (after(90), (after(90),), [("detected", 90, False, 2)]),
    ],
)
def test_a_second_signal_joins_or_opens(
    tmp_path: Path, second: datetime, flagged: tuple[datetime, ...], expected: list[tuple[Any, ...]]
) -> None:
    found = episodes_of(tmp_path, second, NEW_YEAR, risk_flags=flags(*flagged, after(-1)))
    assert found[: len(expected)] == expected
    assert len(found) == len(expected)


def test_only_what_follows_a_detection_is_a_relapse(tmp_path: Path) -> None:
    signals = [signal(after(0)), signal(after(6)), signal(after(96))]
    rows = marts_of(tmp_path, signals, risk_flags=flags(after(5)))["fct_risk_episodes"]
    assert [(row["outcome"], row["is_relapse"]) for row in rows] == [
        ("detected", False),
        ("lapsed", True),
        ("open", False),
    ]


@pytest.mark.parametrize(
    ("churned_on", "flagged", "expected"),
    [
        ("2025-01-11", after(10), ("churned", 10, False, 1)),
        ("2025-01-11", after(10, -timedelta(hours=12)), ("detected", 9.5, False, 1)),
        ("2025-04-01", after(200), ("churned", 90, False, 1)),
        ("2025-04-02", after(200), ("lapsed", 90, False, 1)),
        # Dated after the clock: not yet known.
        ("2025-06-30", after(200), ("lapsed", 90, False, 1)),
    ],
)
def test_churn_ends_an_episode(tmp_path: Path, churned_on: str, flagged: datetime, expected: tuple[Any, ...]) -> None:
    accounts = BOOK["accounts"].replace("a1,One,smb,2024-01-01,", f"a1,One,smb,2024-01-01,{churned_on}")
    assert episodes_of(tmp_path, NEW_YEAR, accounts=accounts, risk_flags=flags(flagged)) == [expected]


def test_an_open_episode_is_late_when_its_window_is_over(tmp_path: Path) -> None:
    # The clock ends on Monday 2025-06-30 00:00; seven days before it is the 23rd.
    found = episodes_of(tmp_path, datetime(2025, 6, 22, 23, tzinfo=UTC), risk_flags=flags(after(400)))
    assert found == [("open", None, False, 1)]
    # as old as the window: a detection now would be in time
    assert episodes_of(tmp_path, datetime(2025, 6, 23, tzinfo=UTC)) == [("open", None, None, 1)]


def test_of_signals_at_one_instant_the_gravest_opens(tmp_path: Path) -> None:
    signals = [signal(NEW_YEAR, "usage_decline"), signal(NEW_YEAR, "ticket_escalation")]
    (row,) = marts_of(tmp_path, signals)["fct_risk_episodes"]
    assert (row["signal_type"], row["intervention_window_days"], row["signal_count"]) == ("ticket_escalation", 7, 2)


def test_a_week_of_detection(tmp_path: Path) -> None:
    # Four episodes of ada's, noticed after 3, 8 and 1 days; the last after the week and never.
    signals = [signal(after(day)) for day in (0, 20, 40, 60)]
    noticed = flags(after(3), after(28), after(41))
    marts = marts_of(tmp_path, signals, risk_flags=noticed)
    weeks = {row["week_start_date"]: row for row in marts["fct_csm_risk_detection"] if row["csm_id"] == "ada"}

    def of(week: date) -> tuple[Any, ...]:
        names = ("detected_episode_count", "mean_detection_days", "within_window_count", "within_window_ratio")
        return tuple(weeks[week][name] for name in names)

    # Ends on Monday 01-06, day 5: 3 days, in time.
    assert of(date(2024, 12, 30)) == (1, 3, 1, 1)
    # Ends on Monday 02-10, day 40: days 10 to 40 have the second alone, and the third emerges at its end.
    assert of(date(2025, 2, 3)) == (1, 8, 0, 0)
    assert weeks[date(2025, 2, 3)]["open_undetected_count"] == 0
    # Ends on day 47.
    assert of(date(2025, 2, 10)) == (2, 4.5, 1, 0.5)
    # Ends on day 61: 31 to 61 have the third alone; the fourth is one day old, on day 75 it is 15.
    assert of(date(2025, 2, 24)) == (1, 1, 1, 1)
    young, old = weeks[date(2025, 2, 24)], weeks[date(2025, 3, 10)]
    assert (young["open_undetected_count"], young["mean_open_age_days"], young["late_open_count"]) == (1, 1, 0)
    assert (old["open_undetected_count"], old["mean_open_age_days"], old["late_open_count"]) == (1, 15, 1)
    assert of(date(2025, 3, 10)) == (0, None, 0, None)
    # The fourth lapsed on day 150, a Saturday.
    assert weeks[date(2025, 5, 26)]["open_undetected_count"] == 0
    assert weeks[date(2025, 5, 26)]["restricted_mean_detection_days"] is None
    assert weeks[date(2025, 5, 26)]["restricted_episode_count"] == 4


def test_without_any_input_nothing_is_counted(tmp_path: Path) -> None:
    rows = marts_of(tmp_path, [])["fct_csm_risk_detection"]
    assert {row["detected_episode_count"] for row in rows} == {None}
    seen = marts_of(tmp_path, [], tickets="ticket_id,account_id,opened_at,priority\nt,a1,2024-01-01,low\n")
    assert {row["open_undetected_count"] for row in seen["fct_csm_risk_detection"]} == {None}
    seen = marts_of(tmp_path, [], tickets="ticket_id,account_id,opened_at,priority\nt,a1,2024-01-01T00:00:00,low\n")
    assert {row["open_undetected_count"] for row in seen["fct_csm_risk_detection"]} == {0}


def test_kaplan_meier_by_hand() -> None:
    # 3 of 4 left at 10, one is lost from sight at 20, of the 2 left one goes at 30.
    lives = [(10.0, True), (20.0, False), (30.0, True), (90.0, False)]
    assert kaplan_meier_mean(lives, 90) == pytest.approx(10 + 0.75 * 20 + 0.375 * 60)
    # Lost at the instant of a detection: still at risk. At 0 half is gone at once; at 90 nothing counts any more.
    assert kaplan_meier_mean([(10.0, True), (10.0, False)], 90) == pytest.approx(10 + 0.5 * 80)
    assert kaplan_meier_mean([(0.0, True), (90.0, True)], 90) == pytest.approx(45)
    assert kaplan_meier_mean([(5.0, True)], 90) == 5


def test_kaplan_meier_against_lifelines() -> None:
    lifelines = pytest.importorskip("lifelines")
    utils = pytest.importorskip("lifelines.utils")
    draw = Random(7)
    for _ in range(5):
        lives = [(draw.choice((draw.uniform(0, 120), draw.randint(0, 100))), draw.random() < 0.6) for _ in range(40)]
        fitted = lifelines.KaplanMeierFitter().fit([days for days, _ in lives], [is_event for _, is_event in lives])
        assert kaplan_meier_mean(lives, 90) == pytest.approx(utils.restricted_mean_survival_time(fitted, 90), abs=1e-9)


def test_the_restricted_mean_of_a_week(tmp_path: Path) -> None:
    # 30 episodes a day apart: 29 noticed after half a day, and one that ends in churn, never noticed.
    signals = [signal(after(day)) for day in range(30)]
    accounts = BOOK["accounts"].replace("a1,One,smb,2024-01-01,", "a1,One,smb,2024-01-01,2025-02-03")
    noticed = flags(*(after(day + 0.5) for day in range(29)))
    rows = marts_of(tmp_path, signals, accounts=accounts, risk_flags=noticed)["fct_csm_risk_detection"]
    week = only(rows, csm_id="ada", week_start_date=date(2025, 2, 3))
    assert week["restricted_mean_detection_days"] == pytest.approx(0.5 + (1 / 30) * 89.5)
    # A week before the last was open, and known for 4 days less a bit: the curve stays there all the same.
    before = only(rows, csm_id="ada", week_start_date=date(2025, 1, 27))
    assert before["restricted_mean_detection_days"] == pytest.approx(0.5 + (1 / 30) * 89.5)
    # 29 are too few.
    fewer = only(rows, csm_id="ada", week_start_date=date(2025, 1, 20))
    assert (fewer["restricted_episode_count"], fewer["restricted_mean_detection_days"]) == (26, None)


def test_an_episode_knows_the_book_it_came_from(tmp_path: Path) -> None:
    # a1 is ada's from Sunday 03-09 on, and 2 hours x 1.25 of her 20 the week after; before the weeks nothing is known.
    signals = [signal(after(-10), csm_id="unassigned"), signal(after(75)), signal(after(167), csm_id="eve")]
    rows = marts_of(tmp_path, signals, risk_flags=flags(after(-9), after(76)))["fct_risk_episodes"]
    assert [(row["book_account_count"], row["book_arr_usd"], row["book_load_ratio"]) for row in rows] == [
        (None, None, None),
        (1, 1000, 3 * 1.25 / 20),
        (None, None, None),
    ]


def test_published_episodes_come_back_equal(tmp_path: Path) -> None:
    signals = [signal(after(0)), signal(after(5, A_MICROSECOND)), signal(after(170), "usage_decline", "unassigned")]
    changed = {"interactions": QUIET, "risk_flags": flags(after(3))}
    outcome = outcome_of(tmp_path, **changed)
    marts = ["fct_risk_episodes", "fct_csm_risk_detection", "fct_csm_scorecard"]
    expected = build_marts(outcome, REFERENCE, AS_OF, marts, {"fct_risk_signals": signals})
    path = tmp_path / "published.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("set timezone = 'America/New_York'")
        connection.execute("create schema marts")
        for mart, rows in (expected | {"fct_risk_signals": signals}).items():
            parquet = tmp_path / f"{mart}.parquet"
            pl.DataFrame(rows, infer_schema_length=None).write_parquet(parquet)
            connection.execute(f"create table marts.{mart} as from '{parquet}'")
    found = compare_with_book(path, outcome, REFERENCE, AS_OF, due=["fct_risk_episodes", "fct_arr_movements"])
    # The signals are invented: no ticket tells them, and one names the wrong owner.
    assert {mart for mart, lines in found.items() if lines} == {"fct_risk_signals", "fct_arr_movements"}
    assert found["fct_arr_movements"] == ["fct_arr_movements: not published"]
    with duckdb.connect(str(path)) as connection:
        connection.execute("update marts.fct_risk_episodes set detected_at = detected_at + interval 1 microsecond")
    found = compare_with_book(path, outcome, REFERENCE, AS_OF)
    assert len(found["fct_risk_episodes"]) == 1


def walk(book: Book, account_id: str, signals: Counter[datetime]) -> list[tuple[Any, ...]]:
    """The account's episodes once more, instant by instant: emerged, ended, outcome and signals."""
    end = end_of(book.as_of)
    flagged = {row["raised_at"] for row in book.of_account[account_id]["risk_flags"]}
    touched = {row["started_at"] for row in book.completed_of_account[account_id] if book.is_meaningful(row)}
    churned_on = book.accounts[account_id]["churned_on"]
    churns_at = churned_on and midnight(churned_on)
    lapse = timedelta(days=book.limits["episode_lapse_days"])
    episodes: list[tuple[Any, ...]] = []
    emerged_at, lapses_at, count = None, end, 0
    for at in sorted(one for one in {*signals, *flagged, *touched, churns_at} - {None} if one < end):
        if emerged_at and lapses_at < at:
            episodes.append((emerged_at, lapses_at, "lapsed", count))
            emerged_at = None
        if emerged_at and at == churns_at:
            episodes.append((emerged_at, at, "churned", count))
            emerged_at = None
        elif emerged_at and at in flagged | touched:
            episodes.append((emerged_at, at, "detected", count + signals[at]))
            emerged_at = None
            continue
        elif emerged_at and at == lapses_at:
            episodes.append((emerged_at, at, "lapsed", count))
            emerged_at = None
        if not signals[at]:
            continue
        if emerged_at:
            lapses_at, count = at + lapse, count + signals[at]
        elif at in flagged:
            episodes.append((at, at, "detected", signals[at]))
        else:
            emerged_at, lapses_at, count = at, at + lapse, signals[at]
    if emerged_at:
        is_over = lapses_at < end
        episodes.append((emerged_at, lapses_at if is_over else None, "lapsed" if is_over else "open", count))
    return episodes


def test_random_books_have_stories_with_every_end_and_two_ways_to_follow_them_agree(tmp_path: Path) -> None:
    reference = replace(read_reference(SEEDS), risk_rules=REFERENCE.risk_rules)
    outcomes: Counter[str] = Counter()
    for seed in range(12):
        written = write_random_book(seed, tmp_path / f"raw{seed}", reference)
        outcome = apply_contract(written.raw, reference)
        book = Book(outcome, reference, written.as_of_date)
        signals = own_signals(book)
        marts = ["fct_risk_episodes", "fct_rebalancing_triggers"]
        built = build_marts(outcome, reference, written.as_of_date, marts, {"fct_risk_signals": signals})
        for account_id in {row["account_id"] for row in signals}:
            found = [row for row in built["fct_risk_episodes"] if row["account_id"] == account_id]
            instants = Counter(row["emerged_at"] for row in signals if row["account_id"] == account_id)
            columns = ("emerged_at", "ended_at", "outcome", "signal_count")
            assert [tuple(row[name] for name in columns) for row in found] == walk(book, account_id, instants)
        outcomes.update(row["outcome"] for row in built["fct_risk_episodes"])
        outcomes.update("relapse" for row in built["fct_risk_episodes"] if row["is_relapse"])
        outcomes.update(row["trigger"] for row in built["fct_rebalancing_triggers"])
    reached = {"detected", "churned", "lapsed", "open", "relapse", "slow_detection", "uncovered_book", "unmonitored"}
    assert reached <= set(outcomes)


# --- signals ---------------------------------------------------------------------------------


def book_of(tmp_path: Path, **changed: str) -> Book:
    return Book(outcome_of(tmp_path, **{"interactions": QUIET, **changed}), REFERENCE, AS_OF)


def test_escalations_and_champions(tmp_path: Path) -> None:
    book = book_of(
        tmp_path,
        tickets="""ticket_id,account_id,opened_at,priority,escalated_at
t1,a1,2025-03-01T00:00:00Z,low,2025-03-08T23:59:59Z
t2,a1,2025-03-01T00:00:00Z,low,2025-06-29T20:00:00-05:00
t3,a1,2025-03-01T00:00:00Z,low,
t4,a3,2025-03-01T00:00:00Z,low,2025-03-09T00:00:00Z
t5,a2,2025-03-01T00:00:00Z,low,2025-03-16T00:00:00Z
""",
        contacts="""contact_id,account_id,contact_role,added_on,left_on
c1,a1,champion,2024-01-01,2025-03-09
c2,a1,user,2024-01-01,2025-03-10
c3,a1,champion,2024-01-01,
""",
    )
    signals = own_signals(book)
    assert [(row["account_id"], row["signal_type"], row["csm_id"]) for row in signals] == [
        ("a1", "ticket_escalation", "eve"),
        ("a1", "stakeholder_disengagement", "ada"),
        ("a2", "ticket_escalation", "unassigned"),
    ]
    assert check_signals(book, signals) == []
    for change in ({"csm_id": "ada"}, {"signal_type": "rumour"}, {"emerged_at": after(180)}, {"account_id": "a3"}):
        assert check_signals(book, [signals[0] | change, *signals[1:]])
    assert check_signals(book, signals[1:])


@pytest.mark.parametrize(
    ("last_missed", "extra", "expected"),
    [
        ("2025-02-20", "", date(2025, 2, 20)),
        ("2025-02-01", "", date(2025, 2, 6)),
        ("2025-02-20", "i9,c1", None),
        ("2025-02-20", "i8,c1", date(2025, 2, 20)),
    ],
)
def test_a_stakeholder_falls_silent(tmp_path: Path, last_missed: str, extra: str, expected: date | None) -> None:
    # Seen on 01-02; 35 days later is 02-06. i9 comes in between, i8 after.
    days = ("2025-01-02", "2025-01-10", "2025-01-17", "2025-01-24", last_missed)
    meetings = [f"i{n},a1,ada,{day}T00:00:00Z,mystery,1,completed" for n, day in enumerate(days, 1)]
    meetings += ["i9,a1,ada,2025-01-20T00:00:00Z,mystery,1,completed"] if "i9" in extra else []
    meetings += ["i8,a1,ada,2025-03-01T00:00:00Z,mystery,1,completed"] if "i8" in extra else []
    # One without participants was missed by nobody.
    meetings += ["i7,a1,ada,2025-01-12T00:00:00Z,mystery,1,completed"]
    took_part = ["i1,c1", *(f"i{number},c2" for number in range(2, 6)), *([extra] if extra else [])]
    book = book_of(
        tmp_path,
        interactions="\n".join([QUIET.strip(), *meetings, ""]),
        contacts="contact_id,account_id,contact_role,added_on\nc1,a1,champion,2024-01-01\nc2,a1,user,2024-01-01\n",
        interaction_participants="\n".join(["interaction_id,contact_id", *took_part, ""]),
    )
    assert [at.date() for _, at in silent_stakeholders(book)] == ([expected] if expected else [])


def test_a_bad_mood_is_a_score_at_or_under_the_limit(tmp_path: Path) -> None:
    header = QUIET.splitlines()[0] + ",sentiment_score\n"
    talks = (
        "i1,a1,ada,2025-01-02T00:00:00Z,mystery,1,completed,-0.4\ni2,a1,ada,2025-01-03T00:00:00Z,mystery,1,no_show,-1\n"
    )
    talks += "i3,a1,ada,2025-01-04T00:00:00Z,mystery,1,completed,-0.39\n"
    book = book_of(tmp_path, interactions=header + talks)
    assert negative_sentiments(book) == {("a1", after(1))}
