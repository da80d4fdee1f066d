"""Risk episodes from given signals, and what they say of each CSM's week.

The signals are taken as published; everything after them is computed from the raw book.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from .book import Book, Mart, end_of, mean, midnight, monday_of, rounded, week_start
from .contract import Row

ONE_DAY = timedelta(days=1)


def days_between(earlier: datetime, later: datetime) -> float:
    return (later - earlier) / ONE_DAY


@dataclass
class Episode:
    """An account's trouble from its opening signal on; `ends_at` as far as its signals so far tell."""

    opening: Row
    detected_at: datetime | None
    churns_at: datetime | None
    signals: list[Row] = field(default_factory=list)
    is_relapse: bool = False

    def ending(self, lapse_days: float) -> tuple[datetime, str]:
        """When it ends and how, would no further signal come."""
        lapses_at = self.signals[-1]["emerged_at"] + timedelta(days=lapse_days)
        last = lapses_at if self.churns_at is None else min(lapses_at, self.churns_at)
        if self.detected_at is not None and (
            self.detected_at < last or (self.detected_at == last == lapses_at and self.detected_at != self.churns_at)
        ):
            return self.detected_at, "detected"
        if self.churns_at is not None and self.churns_at <= lapses_at:
            return self.churns_at, "churned"
        return lapses_at, "lapsed"

    def takes(self, signal: Row, lapse_days: float) -> bool:
        """Whether the signal joins: up to and at a detection, strictly before a lapse or churn."""
        ends_at, outcome = self.ending(lapse_days)
        at = signal["emerged_at"]
        return at < ends_at or (at == ends_at and outcome == "detected")


def detected_at(book: Book, account_id: str, emerged_at: datetime) -> datetime | None:
    """The first flag raised at or after the emergence or meaningful interaction strictly after it."""
    end = end_of(book.as_of)
    flags = [
        row["raised_at"] for row in book.of_account[account_id]["risk_flags"] if emerged_at <= row["raised_at"] < end
    ]
    touches = [
        row["started_at"]
        for row in book.completed_of_account[account_id]
        if book.is_meaningful(row) and emerged_at < row["started_at"] < end
    ]
    return min([*flags, *touches], default=None)


def account_episodes(book: Book, account_id: str, signals: list[Row]) -> list[Episode]:
    """The account's episodes in order. Of signals at one instant the gravest opens."""
    lapse_days = book.limits["episode_lapse_days"]
    churned_on: date | None = book.accounts[account_id]["churned_on"]
    churns_at = None if churned_on is None else midnight(churned_on)
    episodes: list[Episode] = []
    rules = book.reference.risk_rules

    def order(row: Row) -> tuple[datetime, float, str]:
        return row["emerged_at"], -rules.get((row["signal_type"], "severity"), 0), row["signal_id"]

    for signal in sorted(signals, key=order):
        if episodes and episodes[-1].takes(signal, lapse_days):
            episodes[-1].signals.append(signal)
            continue
        is_relapse = bool(episodes) and episodes[-1].ending(lapse_days)[1] == "detected"
        found = detected_at(book, account_id, signal["emerged_at"])
        episodes.append(Episode(signal, found, churns_at, [signal], is_relapse))
    return episodes


def fct_risk_episodes(book: Book, signals: Mart, load: Mart) -> Mart:
    end = end_of(book.as_of)
    books = {(row["csm_id"], row["week_start_date"]): row for row in load}
    by_account: dict[str, list[Row]] = {}
    for row in signals:
        by_account.setdefault(row["account_id"], []).append(row)
    mart: Mart = []
    for account_id, of_account in by_account.items():
        for episode in account_episodes(book, account_id, of_account):
            emerged_at = episode.opening["emerged_at"]
            ends_at: datetime | None
            ends_at, outcome = episode.ending(book.limits["episode_lapse_days"])
            if ends_at >= end:
                ends_at, outcome = None, "open"
            detection_days = None
            if outcome == "detected":
                detection_days = days_between(emerged_at, ends_at)
            signal_type = episode.opening["signal_type"]
            window = book.reference.risk_rules[(signal_type, "intervention_window_days")]
            is_within: bool | None = False
            if detection_days is not None:
                is_within = rounded(detection_days) <= window
            elif outcome == "open" and rounded(days_between(emerged_at, end)) <= window:
                is_within = None
            csm_id = episode.opening["csm_id"]
            of_book = books.get((csm_id, monday_of(emerged_at.date())), {})
            mart.append(
                {
                    "account_id": account_id,
                    "csm_id": csm_id,
                    "signal_type": signal_type,
                    "emerged_at": emerged_at,
                    "detected_at": ends_at if outcome == "detected" else None,
                    "ended_at": ends_at,
                    "detection_days": detection_days,
                    "outcome": outcome,
                    "is_within_window": is_within,
                    "intervention_window_days": window,
                    "signal_count": len(episode.signals),
                    "is_relapse": episode.is_relapse,
                    "book_account_count": of_book.get("account_count"),
                    "book_arr_usd": of_book.get("arr_usd"),
                    "book_load_ratio": of_book.get("load_ratio"),
                    "as_of_date": book.as_of,
                }
            )
    return mart


# --- as known at a week's end ----------------------------------------------------------------


def is_ended(episode: Row, end: datetime) -> bool:
    return episode["ended_at"] is not None and episode["ended_at"] < end


def detected_lately(book: Book, episodes: list[Row], sunday: date) -> list[Row]:
    """Those whose detection falls into the trailing window."""
    end = end_of(sunday)
    start = end - timedelta(days=book.limits["detection_window_days"])
    return [row for row in episodes if row["detected_at"] is not None and start <= row["detected_at"] < end]


def open_undetected(episodes: list[Row], sunday: date) -> list[Row]:
    end = end_of(sunday)
    return [row for row in episodes if row["emerged_at"] < end and not is_ended(row, end)]


def open_age(episode: Row, sunday: date) -> float:
    return days_between(episode["emerged_at"], end_of(sunday))


def is_late(episode: Row, sunday: date) -> bool:
    """Whether an open episode is older than its window."""
    return rounded(open_age(episode, sunday)) > episode["intervention_window_days"]


def kaplan_meier_mean(lives: list[tuple[float, bool]], horizon: float) -> float:
    """The area under the Kaplan-Meier curve up to the horizon, of (days, whether detected then).

    Those censored at an instant are still at risk for the detections of that instant; after the last
    known day the curve stays where it is.
    """
    area = 0.0
    surviving = 1.0
    reached = 0.0
    for at in sorted({days for days, is_event in lives if is_event and days < horizon}):
        area += surviving * (at - reached)
        at_risk = sum(1 for days, _ in lives if days >= at)
        events = sum(1 for days, is_event in lives if is_event and days == at)
        surviving *= 1 - events / at_risk
        reached = at
    return area + surviving * (horizon - reached)


def lives_of(book: Book, episodes: list[Row], sunday: date) -> list[tuple[float, bool]]:
    """Days until detection, or until when at least it had not come, as known at the week's end."""
    end = end_of(sunday)
    start = end - timedelta(days=book.limits["restricted_mean_window_days"])
    lives = []
    for row in episodes:
        if not start <= row["emerged_at"] < end:
            continue
        if not is_ended(row, end):
            lives.append((open_age(row, sunday), False))
        elif row["outcome"] == "churned":
            # Never to be detected any more: not censored but surviving to the horizon.
            lives.append((float(book.limits["restricted_mean_days"]), False))
        else:
            is_detected = row["outcome"] == "detected"
            lives.append((days_between(row["emerged_at"], row["ended_at"]), is_detected))
    return lives


def can_observe_risk(book: Book) -> bool:
    """Whether any of the five signals has its input."""
    scores = any(row["sentiment_score"] is not None for row in book.completed)
    usage = any(row["event_count"] is not None or row["active_users"] is not None for row in book.rows["product_usage"])
    return scores or usage or any(book.is_observed(table) for table in ("tickets", "contacts", "opportunities"))


def fct_csm_risk_detection(book: Book, episodes: Mart) -> Mart:
    # A risk is noticed in a flag or in a conversation.
    can_be_noticed = book.is_observed("risk_flags") or book.is_observed("interactions")
    is_observed = can_be_noticed and (bool(episodes) or can_observe_risk(book))
    mart: Mart = []
    for sunday in book.sundays:
        for csm_id in book.csms:
            if not book.is_employed_in_week(csm_id, sunday):
                continue
            own = [row for row in episodes if row["csm_id"] == csm_id]
            detected = detected_lately(book, own, sunday)
            still_open = open_undetected(own, sunday)
            within = [row for row in detected if rounded(row["detection_days"]) <= row["intervention_window_days"]]
            lives = lives_of(book, own, sunday)
            restricted = None
            if len(lives) >= book.limits["minimum_episodes"]:
                restricted = kaplan_meier_mean(lives, book.limits["restricted_mean_days"])
            row: dict[str, Any] = {
                "csm_id": csm_id,
                "week_start_date": week_start(sunday),
                "detected_episode_count": len(detected),
                "mean_detection_days": mean([one["detection_days"] for one in detected]),
                "open_undetected_count": len(still_open),
                "mean_open_age_days": mean([open_age(one, sunday) for one in still_open]),
                "within_window_count": len(within),
                "within_window_ratio": len(within) / len(detected) if detected else None,
                "late_open_count": sum(is_late(one, sunday) for one in still_open),
                "restricted_episode_count": len(lives),
                "restricted_mean_detection_days": restricted,
            }
            if not is_observed:
                row |= {name: None for name in row if name not in ("csm_id", "week_start_date")}
            mart.append(row)
    return mart
