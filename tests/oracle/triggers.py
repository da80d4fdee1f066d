"""What sets off a rebalancing: nine rules per book and week, each with its value and threshold."""

from collections.abc import Iterator
from datetime import date, timedelta
from math import fsum

from .book import UNASSIGNED, Book, Mart, rounded, week_start
from .contract import Row
from .risk import detected_lately, is_late, open_undetected

# Trigger, value, threshold and whether it holds.
Judged = tuple[str, float, float, bool]


def is_more(value: float, threshold: float) -> bool:
    return rounded(value) > rounded(threshold)


def required_touches(book: Book, accounts: list[str]) -> float:
    """Touches a quarter that the accounts are owed by the cadence of their segments."""
    return fsum(
        cadence.touches_per_quarter
        for account_id in accounts
        for cadence in book.reference.cadences[book.accounts[account_id]["segment"]]
    )


def judge_runs(book: Book, load: Row, throughput: Row) -> Iterator[Judged]:
    weeks = book.limits["consecutive_weeks"]
    over_target = load["consecutive_weeks_over_target"]
    yield "load_over_target", over_target, weeks, over_target >= weeks
    if throughput["is_intervention"] is not None:
        yield (
            "throughput_intervention",
            throughput["consecutive_weeks_over_ceiling"],
            weeks,
            throughput["is_intervention"],
        )


def judge_book(book: Book, csm_id: str, accounts: list[str], row: Row) -> Iterator[Judged]:
    touches = required_touches(book, accounts)
    ceiling = book.tier(csm_id).touch_ceiling_per_quarter * book.fte(csm_id)
    yield "touch_ceiling", touches, ceiling, is_more(touches, ceiling)
    share = row["peak_renewal_share"]
    if share is not None:
        cap = book.limits["renewal_cap_share"]
        yield "renewal_cap", share, cap, is_more(share, cap)
    red = row["red_account_count"]
    if red is not None:
        stacked = max(book.limits["risk_stacking_minimum_count"], book.limits["risk_stacking_share"] * len(accounts))
        yield "risk_stacking", red, stacked, is_more(red, stacked)


def judge_coverage(book: Book, row: Row) -> Iterator[Judged]:
    ratio = row["unmonitored_ratio"]
    if ratio is not None:
        expected = row["expected_unmonitored_count"] / row["account_count"]
        # one late visit in a book of eight is no reason to move anything
        threshold = min(1.0, expected + max(book.limits["unmonitored_margin_ratio"], 1 / row["account_count"]))
        observed_days = (row["week_start_date"] + timedelta(days=7) - week_start(book.sundays[0])).days
        is_observed = observed_days >= book.limits["unmonitored_days"]
        yield "unmonitored", ratio, threshold, is_observed and is_more(ratio, threshold)


def judge_detection(book: Book, episodes: list[Row], sunday: date) -> Iterator[Judged]:
    """Late ones among those whose lateness is known: detected lately, or open beyond the window."""
    detected = detected_lately(book, episodes, sunday)
    outside = [row for row in detected if rounded(row["detection_days"]) > row["intervention_window_days"]]
    late = [row for row in open_undetected(episodes, sunday) if is_late(row, sunday)]
    known = len(detected) + len(late)
    if known:
        share, limit = (len(outside) + len(late)) / known, book.limits["slow_detection_share"]
        is_enough = known >= book.limits["slow_detection_minimum_count"]
        yield "slow_detection", share, limit, is_enough and is_more(share, limit)


def judge_ramp(book: Book, csm_id: str, sunday: date, load: Row) -> Iterator[Judged]:
    ramp_days = book.tier(csm_id).ramp_days
    ratio = load["load_ratio"]
    if ramp_days == 0 or ratio is None or not book.is_employed(csm_id, sunday):
        return
    tenure = (sunday - book.csms[csm_id]["hired_on"]).days
    is_just_ramped = ramp_days <= tenure < ramp_days + book.limits["ramp_complete_days"]
    room = book.limits["ramp_room_load_ratio"]
    yield "ramp_complete", ratio, room, is_just_ramped and is_more(room, ratio)


def fct_rebalancing_triggers(
    book: Book, load: Mart, throughput: Mart, books: Mart, coverage: Mart, episodes: Mart
) -> Mart:
    """A row in each week in which a trigger holds, without the sentence that says why."""
    loads, throughputs, all_books, coverages = (
        {(row["csm_id"], row["week_start_date"]): row for row in rows} for rows in (load, throughput, books, coverage)
    )
    held: dict[tuple[str, str], tuple[date, date]] = {}
    mart: Mart = []
    for sunday in book.sundays:
        week = week_start(sunday)
        for csm_id, accounts in book.books(sunday).items():
            at = (csm_id, week)
            judged: list[Judged] = []
            if csm_id == UNASSIGNED:
                judged += [("uncovered_book", len(accounts), 0, len(accounts) > 0)]
            else:
                own = [row for row in episodes if row["csm_id"] == csm_id]
                judged += judge_runs(book, loads[at], throughputs[at])
                judged += judge_book(book, csm_id, accounts, all_books[at])
                judged += judge_coverage(book, coverages[at])
                # Flags alone do not say that nobody noticed.
                if book.is_observed("interactions"):
                    judged += judge_detection(book, own, sunday)
                judged += judge_ramp(book, csm_id, sunday, loads[at])
                judged += [("uncovered_book", len(accounts), 0, loads[at]["is_uncovered"])]
            for trigger, value, threshold, holds in judged:
                if not holds:
                    continue
                since, last = held.get((csm_id, trigger), (week, week))
                if last not in (week, week - timedelta(days=7)):
                    since = week
                held[(csm_id, trigger)] = (since, week)
                mart.append(
                    {
                        "csm_id": csm_id,
                        "trigger": trigger,
                        "week_start_date": week,
                        "value": value,
                        "threshold": threshold,
                        "since_week_start_date": since,
                    }
                )
    return mart
