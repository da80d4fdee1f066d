"""Triggers, the scorecard and the invariants against hand-computed examples."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from . import triggers
from .book import Book
from .invariants import check_arr_movements, check_dim_accounts
from .metrics import build_marts
from .small_book import BOOK, REFERENCE, only, outcome_of

AS_OF = date(2025, 3, 16)
FEBRUARY_10, FEBRUARY_17, MARCH_3, MARCH_10 = (date(2025, *day) for day in ((2, 10), (2, 17), (3, 3), (3, 10)))


def book_of(tmp_path: Path, **changed: str) -> Book:
    return Book(outcome_of(tmp_path, **changed), REFERENCE, AS_OF)


def marts_of(tmp_path: Path, **changed: str) -> dict[str, list[dict[str, Any]]]:
    return build_marts(outcome_of(tmp_path, **changed), REFERENCE, AS_OF, given={"fct_risk_signals": []})


# --- triggers --------------------------------------------------------------------------------


def test_what_belongs_to_nobody_is_uncovered(tmp_path: Path) -> None:
    # a2, a customer from the last Sunday on, is of eve, who left that week. Nothing else is amiss.
    assert marts_of(tmp_path)["fct_rebalancing_triggers"] == [
        {
            "csm_id": "unassigned",
            "trigger": "uncovered_book",
            "week_start_date": MARCH_10,
            "value": 1,
            "threshold": 0,
            "since_week_start_date": MARCH_10,
        }
    ]


def test_since_when_is_the_first_week_of_the_present_run(tmp_path: Path) -> None:
    # ada is away for two weeks, back for one, and away for two; nobody ever talks with a1.
    rows = marts_of(
        tmp_path,
        account_assignments="account_id,assigned_on,csm_id\na1,2024-01-01,ada\n",
        csm_absences="csm_id,starts_on,ends_on\nada,2025-02-10,2025-02-21\nada,2025-03-03,2025-03-16\n",
        interactions=BOOK["interactions"].splitlines()[0] + "\ni0,a1,ada,2025-02-10T00:00:00Z,mystery,60,completed\n",
    )["fct_rebalancing_triggers"]
    own = [row for row in rows if row["csm_id"] == "ada"]

    def since(trigger: str) -> list[tuple[date, date]]:
        return [(row["week_start_date"], row["since_week_start_date"]) for row in own if row["trigger"] == trigger]

    assert since("uncovered_book") == [
        (FEBRUARY_10, FEBRUARY_10),
        (FEBRUARY_17, FEBRUARY_10),
        (MARCH_3, MARCH_3),
        (MARCH_10, MARCH_3),
    ]
    # nobody ever talks with a1, and one account is no pattern
    assert {row["trigger"] for row in own} == {"uncovered_book"}


def holds(judged: Any, trigger: str) -> bool | None:
    """Whether the trigger holds; None where it was not judged."""
    found = {name: is_held for name, _, _, is_held in judged}
    return found.get(trigger)


@pytest.mark.parametrize(("over", "target", "ceiling"), [(2, False, False), (3, True, False), (4, True, True)])
def test_runs(tmp_path: Path, over: int, target: bool, ceiling: bool) -> None:
    load = {"consecutive_weeks_over_target": over}
    throughput = {"consecutive_weeks_over_ceiling": over - 1, "is_intervention": over - 1 >= 3}
    judged = list(triggers.judge_runs(book_of(tmp_path), load, throughput))
    assert judged == [("load_over_target", over, 3, target), ("throughput_intervention", over - 1, 3, ceiling)]


@pytest.mark.parametrize(
    ("account_count", "row", "expected"),
    [
        # 40 accounts are owed 2.5 touches each: the tier's 100.
        (40, {}, {"touch_ceiling": False}),
        (41, {}, {"touch_ceiling": True}),
        (1, {"peak_renewal_share": 0.4}, {"renewal_cap": False}),
        (1, {"peak_renewal_share": 0.4 + 1e-10}, {"renewal_cap": False}),
        (1, {"peak_renewal_share": 0.401}, {"renewal_cap": True}),
        (1, {}, {"renewal_cap": None, "risk_stacking": None}),
        (15, {"red_account_count": 3}, {"risk_stacking": False}),
        (15, {"red_account_count": 4}, {"risk_stacking": True}),
        (20, {"red_account_count": 4}, {"risk_stacking": False}),
        (20, {"red_account_count": 5}, {"risk_stacking": True}),
    ],
)
def test_books(tmp_path: Path, account_count: int, row: dict[str, Any], expected: dict[str, bool | None]) -> None:
    of_book = {"peak_renewal_share": None, "red_account_count": None} | row
    judged = list(triggers.judge_book(book_of(tmp_path), "ada", ["a1"] * account_count, of_book))
    assert {trigger: holds(judged, trigger) for trigger in expected} == expected


@pytest.mark.parametrize(
    ("unmonitored", "expected_count", "expected"),
    [(7, 5, False), (8, 5, True), (20, 17.9, True), (20, 18, False), (20, 20, False)],
)
def test_unmonitored_is_what_a_compliant_book_would_not_show(
    tmp_path: Path, unmonitored: int, expected_count: float, expected: bool
) -> None:
    # Of 20 accounts; the margin is 2 of them.
    row = {
        "account_count": 20,
        "week_start_date": AS_OF + timedelta(days=28),
        "unmonitored_ratio": unmonitored / 20,
        "expected_unmonitored_count": expected_count,
    }
    judged = list(triggers.judge_coverage(book_of(tmp_path), row))
    assert holds(judged, "unmonitored") == expected


@pytest.mark.parametrize(("unmonitored", "expected"), [(1, False), (2, True)])
def test_one_late_visit_in_a_small_book_is_no_trigger(tmp_path: Path, unmonitored: int, expected: bool) -> None:
    row = {
        "week_start_date": AS_OF + timedelta(days=28),
        "account_count": 8,
        "unmonitored_ratio": unmonitored / 8,
        "expected_unmonitored_count": 0.0,
    }
    judged = list(triggers.judge_coverage(book_of(tmp_path), row))
    assert holds(judged, "unmonitored") == expected


def episode(emerged: int, detected: float | None) -> dict[str, Any]:
    """Of 2025: emerged on that day of the year, 7 days of window, detected after so many days."""
    emerged_at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=emerged - 1)
    detected_at = None if detected is None else emerged_at + timedelta(days=detected)
    return {
        "csm_id": "ada",
        "emerged_at": emerged_at,
        "detected_at": detected_at,
        "ended_at": detected_at,
        "detection_days": detected,
        "intervention_window_days": 7,
    }


@pytest.mark.parametrize(
    ("episodes", "value", "expected"),
    [
        # The week ends on day 76, Monday 03-17.
        ([episode(60, 7), episode(60, 8)], 1 / 2, False),
        ([episode(60, 7), episode(60, 8), episode(60, 7)], 1 / 3, False),
        ([episode(60, 7), episode(60, 8), episode(60, None)], 2 / 3, True),
        # Two of four are no more than half; two of three would be, but they are two alone.
        ([episode(60, 7), episode(60, 7), episode(60, 8), episode(60, None)], 1 / 2, False),
        ([episode(60, 8), episode(60, None)], 1, False),
        # Open within its window: not yet known to be late.
        ([episode(60, 8), episode(60, None), episode(69, None)], 1, False),
        ([episode(60, 8), episode(60, None), episode(68, None)], 1, True),
        # Detected 30 days before the end, and a day too early.
        ([episode(60, 8), episode(60, None), episode(36, 10)], 1, True),
        ([episode(60, 8), episode(60, None), episode(35, 10)], 1, False),
    ],
)
def test_slow_detection(tmp_path: Path, episodes: list[dict[str, Any]], value: float, expected: bool) -> None:
    ((_, share, threshold, is_held),) = triggers.judge_detection(book_of(tmp_path), episodes, AS_OF)
    assert (share, threshold, is_held) == (pytest.approx(value), 0.5, expected)


@pytest.mark.parametrize(
    ("tenure", "load_ratio", "expected"),
    [(89, 0.5, False), (90, 0.5, True), (90, 0.85, False), (180, 0.84, True), (181, 0.5, False), (90, None, None)],
)
def test_ramp_complete(tmp_path: Path, tenure: int, load_ratio: float | None, expected: bool | None) -> None:
    csms = BOOK["csms"].replace("ada,Ada,mid,2020-01-01", f"ada,Ada,mid,{AS_OF - timedelta(days=tenure)}")
    judged = list(triggers.judge_ramp(book_of(tmp_path, csms=csms), "ada", AS_OF, {"load_ratio": load_ratio}))
    assert holds(judged, "ramp_complete") == expected


# --- scorecard -------------------------------------------------------------------------------


def test_the_scorecard_ends_with_the_employment(tmp_path: Path) -> None:
    csms = BOOK["csms"].replace("2025-03-12,2", "2025-03-08,2")
    talk = BOOK["interactions"] + "i5,a1,eve,2025-03-12T10:00:00Z,review,30,completed\n"
    marts = marts_of(tmp_path, csms=csms, interactions=talk)
    card = marts["fct_csm_scorecard"]
    assert {(row["csm_id"], row["week_start_date"]) for row in card} == {
        ("ada", MARCH_3),
        ("eve", MARCH_3),
        ("ada", MARCH_10),
    }
    # throughput shows the call all the same
    gone = only(marts["fct_csm_throughput"], csm_id="eve", week_start_date=MARCH_10)
    assert (gone["counted_interaction_count"], gone["throughput_ceiling_count"]) == (1, 0)
    here = only(card, csm_id="ada", week_start_date=MARCH_10)
    assert (here["load_ratio"], here["unmonitored_ratio"]) == (3.75 / 20, 0)


# --- invariants ------------------------------------------------------------------------------


def movement(week: date, csm_id: str, opening: float, closing: float, **moved: float) -> dict[str, Any]:
    columns = ("new", "expansion", "contraction", "churn", "transferred_in", "transferred_out")
    return {
        "csm_id": csm_id,
        "week_start_date": week,
        "opening_arr_usd": opening,
        **{f"{name}_arr_usd": moved.get(name, 0) for name in columns},
        "closing_arr_usd": closing,
    }


def first_week(csm_id: str, closing: float) -> dict[str, Any]:
    """What moved before the first week is not measured."""
    row = movement(MARCH_3, csm_id, 0, closing)
    return {name: None if name.endswith("_arr_usd") and name != "closing_arr_usd" else row[name] for name in row}


# a2 is new to nobody's book.
MOVEMENTS = [
    first_week("unassigned", 0),
    first_week("ada", 1000),
    first_week("eve", 0),
    movement(MARCH_10, "unassigned", 0, 10, new=10),
    movement(MARCH_10, "ada", 1000, 1000),
    movement(MARCH_10, "eve", 0, 0),
]


def test_movements_of_arr_that_add_up(tmp_path: Path) -> None:
    assert check_arr_movements(book_of(tmp_path), MOVEMENTS) == []


@pytest.mark.parametrize(
    ("at", "change"),
    [
        (4, {"closing_arr_usd": 1000.01}),
        (4, {"opening_arr_usd": 999.99}),
        (4, {"expansion_arr_usd": 5, "contraction_arr_usd": 4}),
        (1, {"transferred_in_arr_usd": 1000}),
        (1, {"closing_arr_usd": 999}),
        (3, {"new_arr_usd": 0, "transferred_in_arr_usd": 10}),
        (5, {"csm_id": "unheard of"}),
        (5, {"week_start_date": date(2025, 3, 17)}),
    ],
)
def test_movements_of_arr_that_do_not(tmp_path: Path, at: int, change: dict[str, Any]) -> None:
    rows = [row | change if number == at else row for number, row in enumerate(MOVEMENTS)]
    assert check_arr_movements(book_of(tmp_path), rows)


def test_accounts_of_today(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    rows = [
        {"account_id": "a1", "is_active": True, "csm_id": "ada", "arr_usd": 1000, "next_renewal_on": date(2025, 4, 1)},
        {"account_id": "a2", "is_active": True, "csm_id": "unassigned", "arr_usd": 10, "next_renewal_on": date.max},
        {"account_id": "a3", "is_active": False, "csm_id": None, "arr_usd": None, "next_renewal_on": None},
    ]
    rows = [row | {"as_of_date": book.as_of} for row in rows]
    assert check_dim_accounts(book, rows) == []
    for change in (
        {"as_of_date": date.max},
        {"account_id": "a4"},
        {"is_active": False},
        {"csm_id": "eve"},
        {"arr_usd": 999},
        {"next_renewal_on": None},
    ):
        assert check_dim_accounts(book, [rows[0] | change, *rows[1:]])
    assert check_dim_accounts(book, [*rows, rows[0]])
