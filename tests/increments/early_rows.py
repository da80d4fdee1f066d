"""Rows that matter before the date from which they are on record, and values whose first one changes all weeks.

`prepare` turns a history's beginning into one that can be caught by them; the steps then let each happen, with a date
of a few weeks ago, so that a build that trusts the row's own date begins too late.
"""

from collections import Counter
from datetime import timedelta
from random import Random

from tests.increments.history import History, Row, step

RECENT_DAYS = 40


def prepare(history: History) -> None:
    """Put contracts and address book after the conversations, and let some kinds of value be still to come."""
    recent = (history.horizon - timedelta(days=RECENT_DAYS)).isoformat()
    account = talked_to(history)
    account.values["customer_since"] = recent
    for row in history.rows["contacts"]:
        if (row.values["added_on"] or "") < recent and not row.values.get("left_on"):
            row.values["added_on"] = recent
    for row in history.rows["opportunities"]:
        row.is_withheld = row.values["opportunity_type"] == "renewal"
    for row in history.rows["product_usage"]:
        row.values["active_users"], row.values["event_count"] = row.values.get("event_count") or "3", None


def talked_to(history: History) -> Row:
    """The account with the second most conversations: one that tests of the first do not touch."""
    counts = Counter(row.values["account_id"] for row in history.rows["interactions"] if row.values["account_id"])
    chosen = counts.most_common(2)[-1][0]
    return next(row for row in history.rows["accounts"] if row.values["account_id"] == chosen)


@step
def early_segment(history: History, _: Random, __: list[str]) -> str:
    """An account that was talked to before its contract is of another segment."""
    account = talked_to(history)
    old = account.values["segment"]
    account.values["segment"] = "smb" if old == "enterprise" else "enterprise"
    return f"segment of {account.values['account_id']} {old} became {account.values['segment']}"


@step
def early_roles(history: History, _: Random, __: list[str]) -> str:
    """Whoever was met before they stood in the address book is no champion any more."""
    changed = [row for row in history.shown("contacts") if row.values["contact_role"] in ("champion", "decision_maker")]
    for row in changed:
        row.values["contact_role"] = "user"
    return f"{len(changed)} contacts became users"


@step
def first_renewal(history: History, _: Random, __: list[str]) -> str | None:
    """The first opportunity for a renewal comes on record, the last of those known."""
    hidden = [row for row in history.rows["opportunities"] if row.is_withheld]
    known = [row for row in hidden if (day := history.day("opportunities", row)) and day <= history.horizon]
    if not known:
        return None
    row = max(known, key=lambda row: row.values["created_on"] or "")
    row.is_withheld = False
    return f"the first renewal opportunity, created on {row.values['created_on']}"


@step
def first_event_count(history: History, _: Random, __: list[str]) -> str:
    """Use is counted in events for the first time, a few days ago."""
    day = history.horizon - timedelta(days=10)
    rows = history.between("product_usage", day, history.horizon)
    for row in rows:
        row.values["event_count"] = "70"
    return f"{len(rows)} rows of use since {day} have an event count"


@step
def no_sentiment(history: History, _: Random, __: list[str]) -> str:
    """Nothing can tell of risk: no scores, tickets, contacts, opportunities or use."""
    history.absent |= {"tickets", "contacts", "opportunities", "product_usage"}
    scores = [row for row in history.shown("interactions") if row.values.get("sentiment_score")]
    for row in scores:
        row.values["sentiment_score"] = None
    return f"{len(scores)} scores are gone, and with them all that tells of risk"


@step
def first_sentiment(history: History, _: Random, __: list[str]) -> str:
    """Conversations are scored for the first time, and tell of risk (or its absence) alone."""
    day = history.horizon - timedelta(days=20)
    rows = history.between("interactions", day, history.horizon)
    for row in rows:
        row.values["sentiment_score"] = "0.5"
    return f"{len(rows)} conversations since {day} are scored"
