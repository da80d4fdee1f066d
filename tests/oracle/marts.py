"""The marts of capacity, coverage, renewals, engagement and touches, from the raw book alone."""

from collections import defaultdict
from datetime import date, timedelta
from math import fsum
from typing import Any

from .book import (
    CATEGORIES,
    UNASSIGNED,
    UNCLASSIFIED,
    Book,
    Mart,
    is_above,
    mean,
    midnight,
    rounded,
    slope,
    week_start,
)
from .contract import Outcome
from .logged_time import minutes_of


def fct_account_effort(book: Book) -> Mart:
    return [book.effort(account_id, sunday) for sunday in book.sundays for account_id in book.active_accounts(sunday)]


def fct_csm_load(book: Book) -> Mart:
    mart: Mart = []
    run: dict[str, int] = defaultdict(int)
    for sunday in book.sundays:
        for csm_id, accounts in book.books(sunday).items():
            row: dict[str, Any] = {
                "csm_id": csm_id,
                "week_start_date": week_start(sunday),
                "account_count": len(accounts),
                "arr_usd": book.known_arr(accounts, sunday),
                "effort_hours": fsum(book.effort(one, sunday)["effort_hours"] for one in accounts),
                "productive_hours_per_week": None,
                "fte": None,
                "ramp_ratio": None,
                "availability_ratio": None,
                "target_capacity_hours": None,
                "load_ratio": None,
                "is_over_target": None,
                "is_uncovered": None,
                "consecutive_weeks_over_target": None,
            }
            mart.append(row)
            if csm_id == UNASSIGNED:
                continue
            capacity = book.capacity(csm_id, sunday)
            target = capacity.productive_hours_per_week * capacity.scale
            has_capacity = rounded(target) > 0
            load = row["effort_hours"] / target if has_capacity else None
            is_over = is_above(load, book.limits["target_load_ratio"])
            if is_over is not None:
                run[csm_id] = run[csm_id] + 1 if is_over else 0
            row.update(
                productive_hours_per_week=capacity.productive_hours_per_week,
                fte=capacity.fte,
                ramp_ratio=capacity.ramp_ratio,
                availability_ratio=capacity.availability_ratio,
                target_capacity_hours=target,
                load_ratio=load,
                is_over_target=is_over,
                is_uncovered=not has_capacity and len(accounts) > 0,
                consecutive_weeks_over_target=run[csm_id],
            )
    return mart


def fct_csm_throughput(book: Book) -> Mart:
    mart: Mart = []
    run: dict[str, int] = defaultdict(int)
    is_observed = book.is_observed("interactions")
    for sunday in book.sundays:
        for csm_id in book.csms:
            held = book.in_week(book.completed_of_csm[csm_id], sunday)
            if not held and not book.is_employed_in_week(csm_id, sunday):
                continue
            row: dict[str, Any] = {
                "csm_id": csm_id,
                "week_start_date": week_start(sunday),
                "counted_interaction_count": sum(map(book.counts_toward_ceiling, held)),
                "meaningful_interaction_count": sum(map(book.is_meaningful, held)),
            }
            for category in (*CATEGORIES, UNCLASSIFIED):
                of_category = [one for one in held if book.category(one) == category]
                row[f"{category}_count"] = len(of_category)
                row[f"{category}_minutes"] = minutes_of(book, of_category)
            ceiling: float | None = book.tier(csm_id).strategic_ceiling_per_week * book.capacity(csm_id, sunday).scale
            if book.csms[csm_id]["hired_on"] > sunday:
                ceiling = None
            is_over = None
            if ceiling is not None and rounded(ceiling) > 0:
                is_over = row["counted_interaction_count"] > rounded(ceiling)
                run[csm_id] = run[csm_id] + 1 if is_over else 0
            row.update(
                throughput_ceiling_count=ceiling,
                is_over_ceiling=is_over,
                consecutive_weeks_over_ceiling=run[csm_id],
                is_intervention=run[csm_id] >= book.limits["consecutive_weeks"],
            )
            if not is_observed:
                row |= {
                    name: None for name in row if name not in ("csm_id", "week_start_date", "throughput_ceiling_count")
                }
            mart.append(row)
    return mart


def fct_csm_engagement(book: Book) -> Mart:
    mart: Mart = []
    weekly_means: dict[str, list[tuple[date, float]]] = defaultdict(list)
    for sunday in book.sundays:
        for csm_id in book.csms:
            held = book.in_week(book.completed_of_csm[csm_id], sunday)
            if not held and not book.is_employed_in_week(csm_id, sunday):
                continue
            with_account = [one for one in held if one["account_id"] is not None]
            quality = [one["quality_score"] for one in with_account if one["quality_score"] is not None]
            sentiment = [one["sentiment_score"] for one in with_account if one["sentiment_score"] is not None]
            mean_sentiment = mean(sentiment)
            if mean_sentiment is not None:
                weekly_means[csm_id].append((sunday, mean_sentiment))
            points = [
                ((on - sunday).days / 7, value)
                for on, value in weekly_means[csm_id]
                if (sunday - on).days / 7 < book.limits["slope_weeks"]
            ]
            items = density = None
            if book.is_observed("action_items"):
                items = book.items_created(with_account, sunday)
                density = items / len(with_account) if with_account else None
            row: dict[str, Any] = {
                "csm_id": csm_id,
                "week_start_date": week_start(sunday),
                "interaction_count": len(with_account),
                "scored_interaction_count": len(quality),
                "mean_quality_score": mean(quality),
                "sentiment_interaction_count": len(sentiment),
                "mean_sentiment_score": mean_sentiment,
                "sentiment_slope": (slope(points) if len(points) >= book.limits["slope_minimum_count"] else None),
                "action_item_count": items,
                "follow_up_density": density,
            }
            if not book.is_observed("interactions"):
                row |= {name: None for name in row if name not in ("csm_id", "week_start_date")}
            mart.append(row)
    return mart


def fct_account_coverage(book: Book) -> Mart:
    return [
        book.coverage(account_id, book.as_of) | {"as_of_date": book.as_of}
        for account_id in book.active_accounts(book.as_of)
    ]


def fct_csm_coverage(book: Book) -> Mart:
    mart: Mart = []
    unmonitored_days = book.limits["unmonitored_days"]
    for sunday in book.sundays:
        for csm_id, accounts in book.books(sunday).items():
            rows = [book.coverage(account_id, sunday) for account_id in accounts]
            unmonitored = sum(bool(row["is_unmonitored"]) for row in rows)
            expected = []
            for row in rows:
                gap = row["allowed_gap_days"]
                expected.append(1.0 if gap is None else max(0.0, 1 - unmonitored_days / gap))
            measured: dict[str, Any] = {
                "unmonitored_account_count": unmonitored,
                "unmonitored_ratio": unmonitored / len(rows) if rows else None,
                "expected_unmonitored_count": fsum(expected),
                "overdue_account_count": sum(bool(row["is_overdue"]) for row in rows),
            }
            if not book.is_observed("interactions"):
                measured = dict.fromkeys(measured)
            mart.append(
                {"csm_id": csm_id, "week_start_date": week_start(sunday), "account_count": len(rows), **measured}
            )
    return mart


def fct_renewal_concentration(book: Book) -> Mart:
    mart: Mart = []
    first_four = book.quarters(book.as_of)
    for csm_id, accounts in book.books_at_as_of().items():
        book_arr = book.known_arr(accounts, book.as_of)
        renewing = book.renewing(accounts, book.as_of)
        for quarter in sorted({*first_four, *renewing}):
            rows = renewing.get(quarter, [])
            share = book.renewal_share(rows, book_arr)
            is_warn: bool | None = False
            is_cap: bool | None = False
            if quarter in first_four or share is None:
                is_warn = is_above(share, book.limits["renewal_warn_share"])
                is_cap = is_above(share, book.limits["renewal_cap_share"])
            mart.append(
                {
                    "csm_id": csm_id,
                    "quarter_start_date": quarter,
                    "renewing_arr_usd": None if book_arr is None else fsum(row["arr_usd"] for row in rows),
                    "book_arr_usd": book_arr,
                    "renewal_share": share,
                    "subscription_count": None if book_arr is None else len(rows),
                    "is_over_warn": None if csm_id == UNASSIGNED else is_warn,
                    "is_over_cap": None if csm_id == UNASSIGNED else is_cap,
                    "as_of_date": book.as_of,
                }
            )
    return mart


def fct_book_renewals(book: Book) -> Mart:
    """Without null_percentile and is_avoidable, which are no plain arithmetic."""
    mart: Mart = []
    for csm_id, accounts in book.books_at_as_of().items():
        quarter, share = book.peak(accounts, book.as_of)
        shares = [one for _, one in book.first_shares(accounts, book.as_of) if one is not None]
        is_warn = is_above(share, book.limits["renewal_warn_share"])
        is_cap = is_above(share, book.limits["renewal_cap_share"])
        mart.append(
            {
                "csm_id": csm_id,
                "peak_renewal_share": share,
                "peak_quarter_start_date": quarter,
                "renewal_hhi": fsum(one**2 for one in shares) if shares else None,
                "is_over_warn": None if csm_id == UNASSIGNED else is_warn,
                "is_over_cap": None if csm_id == UNASSIGNED else is_cap,
                "as_of_date": book.as_of,
            }
        )
    return mart


def band(value: float, low: float | None, high: float | None, fte: float) -> str:
    if low is not None and rounded(value) < rounded(low * fte):
        return "below"
    if high is not None and rounded(value) > rounded(high * fte):
        return "above"
    return "within"


def fct_books(book: Book) -> Mart:
    mart: Mart = []
    for sunday in book.sundays:
        for csm_id, accounts in book.books(sunday).items():
            arr = book.known_arr(accounts, sunday)
            red: list[str] | None = None
            if book.is_observed("health_scores"):
                red = []
                for account_id in accounts:
                    score = book.latest_health_score(account_id, sunday)
                    if score is not None and score < book.limits["red_health_score"]:
                        red.append(account_id)
            onboarding = [
                account_id for account_id in accounts if book.lifecycle_level(account_id, sunday) == "onboarding"
            ]
            arr_band = account_band = None
            if csm_id != UNASSIGNED:
                limits = book.reference.bands[book.tier(csm_id).motion]
                fte = book.fte(csm_id)
                if arr is not None:
                    arr_band = band(arr, limits["minimum_arr_usd"], limits["maximum_arr_usd"], fte)
                account_band = band(
                    len(accounts),
                    limits["minimum_account_count"],
                    limits["maximum_account_count"],
                    fte,
                )
            mart.append(
                {
                    "csm_id": csm_id,
                    "week_start_date": week_start(sunday),
                    "account_count": len(accounts),
                    "arr_usd": arr,
                    "red_account_count": None if red is None else len(red),
                    "red_arr_usd": None if red is None else book.known_arr(red, sunday),
                    "onboarding_account_count": len(onboarding),
                    "peak_renewal_share": book.peak(accounts, sunday)[1],
                    "arr_band": arr_band,
                    "account_band": account_band,
                }
            )
    return mart


def fct_touch_plan(book: Book) -> Mart:
    mart: Mart = []
    quarter = book.quarters(book.as_of)[0]
    for csm_id, accounts in book.books_at_as_of().items():
        row: dict[str, Any] = {
            "csm_id": csm_id,
            "required_touch_count": None,
            "required_hours_per_week": None,
            "actual_touch_count": None,
            "touch_ceiling_count": None,
            "verdict": None,
            "as_of_date": book.as_of,
        }
        mart.append(row)
        if csm_id == UNASSIGNED:
            continue
        owed = [
            cadence
            for account_id in accounts
            for cadence in book.reference.cadences[book.accounts[account_id]["segment"]]
        ]
        hours = fsum(one.touches_per_quarter * one.hours_per_touch for one in owed) / (book.limits["quarter_days"] / 7)
        scale = book.capacity(csm_id, book.as_of).scale
        verdict = "within"
        if rounded(hours) < rounded(book.limits["productive_hours_low"] * scale):
            verdict = "under"
        if rounded(hours) > rounded(book.limits["productive_hours_high"] * scale):
            verdict = "over"
        end = midnight(book.as_of + timedelta(days=1))
        row.update(
            required_touch_count=fsum(one.touches_per_quarter for one in owed),
            required_hours_per_week=hours,
            actual_touch_count=sum(
                1
                for one in book.completed_of_csm[csm_id]
                if book.is_meaningful(one) and midnight(quarter) <= one["started_at"] < end
            )
            if book.is_observed("interactions")
            else None,
            touch_ceiling_count=book.tier(csm_id).touch_ceiling_per_quarter * book.fte(csm_id),
            verdict=verdict,
        )
    return mart


def data_coverage(outcome: Outcome) -> Mart:
    return [vars(one).copy() for one in outcome.coverage]


def rejected_rows(outcome: Outcome) -> Mart:
    return [vars(one).copy() for one in outcome.faults]
