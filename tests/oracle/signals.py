"""The five signals, as far as their words allow: what must be among the published ones.

Escalations, bad scores and stakeholders are compared; usage and renewals rest on designs of their own. The names
of parameters in `risk_signal_rules` stand only here, in the functions that read them.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from .book import Book, Mart, end_of, is_within, midnight, rounded
from .contract import Row

SIGNAL_TYPES = (
    "usage_decline",
    "negative_sentiment",
    "ticket_escalation",
    "stakeholder_disengagement",
    "delayed_renewal",
)
# The account and the instant at which the signal emerges.
Emerged = set[tuple[str, datetime]]


def is_active(book: Book, account_id: str, day: date) -> bool:
    account = book.accounts.get(account_id)
    return account is not None and is_within(day, account["customer_since"], account["churned_on"])


def of_active(book: Book, found: Emerged) -> Emerged:
    """Those that emerge while the account is active and before the clock's end."""
    end = end_of(book.as_of)
    return {(one, at) for one, at in found if at < end and is_active(book, one, at.date())}


def ticket_escalations(book: Book) -> Emerged:
    tickets = book.rows["tickets"]
    return of_active(
        book, {(row["account_id"], row["escalated_at"]) for row in tickets if row["escalated_at"] is not None}
    )


def champion_changes(book: Book) -> Emerged:
    """A champion is gone on the first day without them."""
    gone = [row for row in book.rows["contacts"] if row["contact_role"] == "champion" and row["left_on"] is not None]
    return of_active(book, {(row["account_id"], midnight(row["left_on"])) for row in gone})


def silent_stakeholders(book: Book) -> Emerged:
    """One who took part before has missed enough meetings and not been seen for long enough: when both hold."""
    rules = book.reference.risk_rules
    missed_count = int(rules[("stakeholder_disengagement", "missed_meeting_count")])
    attendance = rules[("stakeholder_disengagement", "minimum_attendance_ratio")]
    silent_days = timedelta(days=rules[("stakeholder_disengagement", "silent_days")])
    found: Emerged = set()
    for contact in book.rows["contacts"]:
        if contact["contact_role"] not in ("champion", "decision_maker"):
            continue
        meetings = sorted(
            (row["started_at"], contact["contact_id"] in book.participants[row["interaction_id"]])
            for row in book.completed_of_account[contact["account_id"]]
            if book.participants[row["interaction_id"]]
        )
        seen = sorted({at for at, took_part in meetings if took_part})
        instants = sorted({at for at, _ in meetings})
        for position, last_seen in enumerate(seen):
            until = seen[position + 1] if position + 1 < len(seen) else None
            missed = [at for at in instants if at > last_seen and (until is None or at < until)]
            invited = [at for at in instants if seen[0] <= at <= last_seen]
            if len(missed) < missed_count or rounded((position + 1) / len(invited)) < attendance:
                continue
            emerged_at = max(missed[missed_count - 1], last_seen + silent_days)
            is_back = until is not None and until <= emerged_at
            is_gone = contact["left_on"] is not None and contact["left_on"] <= emerged_at.date()
            if not is_back and not is_gone:
                found.add((contact["account_id"], emerged_at))
    return of_active(book, found)


def negative_sentiments(book: Book) -> Emerged:
    limit = book.reference.risk_rules[("negative_sentiment", "limit_score")]
    return of_active(
        book,
        {
            (row["account_id"], row["started_at"])
            for row in book.completed
            if row["account_id"] is not None and row["sentiment_score"] is not None and row["sentiment_score"] <= limit
        },
    )


def disengaged_stakeholders(book: Book) -> Emerged:
    return silent_stakeholders(book) | champion_changes(book)


# --- against the published ones --------------------------------------------------------------

# A type's signals are these and no others.
EXACTLY: dict[str, Callable[[Book], Emerged]] = {
    "ticket_escalation": ticket_escalations,
    "negative_sentiment": negative_sentiments,
    "stakeholder_disengagement": disengaged_stakeholders,
}


def own_signals(book: Book) -> Mart:
    """Signals as they might be published, to compute on where nothing is published."""
    found = {
        (account_id, at, signal_type) for signal_type, compute in EXACTLY.items() for account_id, at in compute(book)
    }
    return [
        {
            "signal_id": f"{account_id}|{signal_type}|{at.isoformat()}",
            "account_id": account_id,
            "csm_id": book.owner(account_id, at.date()),
            "signal_type": signal_type,
            "emerged_at": at,
        }
        for account_id, at, signal_type in sorted(found)
    ]


def check_signals(book: Book, signals: Mart) -> list[str]:
    """What is wrong with the published signals, given with `emerged_at` as instants."""
    lines = [f"fct_risk_signals {row['signal_id']!r}: {fault}" for row in signals if (fault := fault_of(book, row))]
    for signal_type, compute in EXACTLY.items():
        expected = compute(book)
        found = {(row["account_id"], row["emerged_at"]) for row in signals if row["signal_type"] == signal_type}
        lines += [f"fct_risk_signals {signal_type} {at!r}: missing" for at in sorted(expected - found)]
        lines += [f"fct_risk_signals {signal_type} {at!r}: not expected" for at in sorted(found - expected)]
    return lines


def fault_of(book: Book, row: Row) -> str | None:
    """The first thing that the signal's own row has wrong."""
    if row["signal_type"] not in SIGNAL_TYPES:
        return f"signal_type {row['signal_type']!r} is none of the five"
    if row["emerged_at"] >= end_of(book.as_of):
        return f"emerged_at {row['emerged_at']} is not yet known"
    day = row["emerged_at"].date()
    if not is_active(book, row["account_id"], day):
        return f"{row['account_id']!r} is not active on {day}"
    owner = book.owner(row["account_id"], day)
    if row["csm_id"] != owner:
        return f"csm_id: expected {owner!r}, published {row['csm_id']!r}"
    if row["signal_type"] == "delayed_renewal" and not has_renewal_due(book, row["account_id"], day):
        return f"no renewal of {row['account_id']!r} is due on {day}"
    return None


def has_renewal_due(book: Book, account_id: str, day: date) -> bool:
    """Whether a line of the account ends soon that day, is neither settled nor rolling, and is not yet over."""
    window = book.reference.risk_rules.get(("delayed_renewal", "window_days"))
    return any(
        book.renews(row, day)
        and row["starts_on"] <= day <= row["ends_on"]
        and (window is None or (row["ends_on"] - day).days <= window)
        for row in book.of_account[account_id]["subscriptions"]
    )
