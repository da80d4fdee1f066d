"""Stories for random books: trouble, who notices it and when, silence, use that drops, renewals.

Most of what they are about lies at an edge: the same instant, a microsecond off, a day off.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from .book import DEFAULT_LIMITS, midnight
from .contract import CHILDREN_OF_COPIES, TABLE_BY_NAME, parse_timestamp

if TYPE_CHECKING:
    from .random_book import RandomBook, TextRow

ONE_MICROSECOND = timedelta(microseconds=1)
# Distances at which a rule may turn: windows, lapse, weeks.
TURNS = (0, 0, 0, 0, 1, 3, 7, 10, 14, 21, 28, 30, 35, 45, 60, 90)


def make_events(book: RandomBook) -> None:
    pace = book.pick(((0, 1), (0, 1, 2, 3), (2, 3, 4), (4, 6, 8, 10)))
    for account in book.tables["accounts"]:
        make_trouble(book, account, book.pick(pace))
        if book.chance(0.3):
            make_lapse(book, account)
        if book.chance(0.4):
            make_silence(book, str(account["account_id"]))
    if book.chance(0.3):
        make_spree(book)
    make_usage(book)
    make_renewal_work(book)
    make_strays(book)
    for table in ("interaction_participants", "interaction_topics", "product_usage"):
        book.keep_first_per_key(table)
    make_copies(book)


def turn(book: RandomBook, moment: datetime, *days: float) -> datetime:
    """An instant at one of the distances from the moment, a little off as often as not."""
    nudge = book.pick((-ONE_MICROSECOND, timedelta(0), timedelta(0), timedelta(0), ONE_MICROSECOND, timedelta(hours=7)))
    windows = [value for (_, name), value in book.reference.risk_rules.items() if name == "intervention_window_days"]
    return moment + timedelta(days=book.pick(days or (*TURNS, *windows))) + nudge


def lapse_days(book: RandomBook) -> float:
    return book.reference.thresholds.get("episode_lapse_days", DEFAULT_LIMITS["episode_lapse_days"])


def a_moment(book: RandomBook, account_id: str) -> datetime:
    """Any instant, as often one when nobody talks with the account: before the first time or after the last."""
    moment = parse_timestamp(book.instant_on(book.a_day(before=110, after=3)))
    talks = [row["started_at"] for row in book.tables["interactions"] if row["account_id"] == account_id]
    if not talks or book.chance(0.6):
        return moment
    first, *_, last = sorted(parse_timestamp(str(at)) for at in (*talks, *talks))
    if book.chance(0.5):
        return first - timedelta(days=book.rng.randint(60, 200))
    return last + timedelta(days=book.rng.randint(0, 15))


# --- trouble and who notices it --------------------------------------------------------------


def make_trouble(book: RandomBook, account: TextRow, count: int) -> None:
    """Escalations and departures, and what answers them: flags, conversations, churn or nobody."""
    account_id = str(account["account_id"])
    moment = a_moment(book, account_id)
    for step in range(count):
        if moment.date() > book.last + timedelta(days=10):
            moment = a_moment(book, account_id)
        add_escalation(book, account_id, moment)
        if book.chance(0.15):
            add_departure(book, account_id, moment.date())
        answer = book.pick(("nothing", "nothing", "flag", "flag", "touch", "touch", "both", "churn"))
        noticed = turn(book, moment)
        if answer in ("flag", "both"):
            add_flag(book, account_id, noticed)
        if answer in ("touch", "both"):
            add_touch(book, account_id, noticed, f"{step}a{len(book.tables['interactions'])}")
        if answer == "churn" and account["churned_on"] is None and book.chance(0.5):
            since = date.fromisoformat(str(account["customer_since"]))
            account["churned_on"] = max(since, noticed.date()).isoformat()
            if book.chance(0.3):
                add_flag(book, account_id, midnight(noticed.date()))
        # A second signal at the very detection, around it, or at the lapse of the first.
        if book.chance(0.4):
            add_escalation(
                book, account_id, book.pick((noticed, turn(book, noticed, 0), turn(book, moment, lapse_days(book))))
            )
        moment = book.pick((turn(book, moment), turn(book, moment, lapse_days(book)), a_moment(book, account_id)))


def make_lapse(book: RandomBook, account: TextRow) -> None:
    """Trouble before anyone talks with the account, and what comes at the very lapse of it."""
    account_id, days = str(account["account_id"]), lapse_days(book)
    moment = parse_timestamp(book.instant_on(book.first - timedelta(days=book.rng.randint(100, 250))))
    if book.chance(0.7):
        account["customer_since"] = min(str(account["customer_since"]), moment.date().isoformat())
    add_escalation(book, account_id, moment)
    if book.chance(0.3):
        moment = turn(book, moment, 30, days - 1, days)
        add_escalation(book, account_id, moment)
    for _ in range(book.pick((1, 2))):
        at = turn(book, moment, days, days, days, days - 1, days + 1)
        (add_flag if book.chance(0.5) else add_escalation)(book, account_id, at)


def make_spree(book: RandomBook) -> None:
    """One trouble after the other of one account and owner: enough in a year for a restricted mean."""
    steady = {str(row["account_id"]) for row in book.tables["accounts"] if row["churned_on"] is None}
    spans = []
    for row in book.tables["account_assignments"]:
        start = max(str(row["assigned_on"]), (book.first - timedelta(days=90)).isoformat())
        end = min(str(row["unassigned_on"] or book.last), book.last.isoformat())
        if row["account_id"] in steady and start < end:
            spans.append((date.fromisoformat(end) - date.fromisoformat(start), start, end, str(row["account_id"])))
    if not spans:
        return
    _, start, end, account_id = max(spans)
    for account in book.tables["accounts"]:
        if account["account_id"] == account_id:
            account["customer_since"] = min(str(account["customer_since"]), start)
    moment, last = midnight(date.fromisoformat(start)), midnight(date.fromisoformat(end))
    gap = (last - moment) / 50
    while gap > timedelta(0) and moment < last:
        add_escalation(book, account_id, moment)
        if book.chance(0.95):
            add_flag(book, account_id, moment + gap * book.rng.uniform(0, 0.9))
        moment += gap


def add_escalation(book: RandomBook, account_id: str, at: datetime) -> None:
    opened = at - timedelta(days=book.pick((0, 0, 1, 5)))
    resolved = turn(book, at, 0.5, 3, 20)
    book.add(
        "tickets",
        ticket_id=f"tic{len(book.tables['tickets'])}",
        account_id=account_id,
        opened_at=book.text_of(opened),
        priority=book.pick(("low", "normal", "high", "urgent")),
        escalated_at=book.text_of(at) if book.chance(0.9) else None,
        resolved_at=book.text_of(resolved) if book.chance(0.5) else None,
    )


def add_flag(book: RandomBook, account_id: str, at: datetime) -> None:
    book.add(
        "risk_flags",
        risk_flag_id=f"flag{len(book.tables['risk_flags'])}",
        account_id=account_id,
        csm_id=book.pick((None, *book.ids_of("csms"))),
        raised_at=book.text_of(at),
        resolved_at=book.text_of(turn(book, at, 0.5, 5)) if book.chance(0.4) else None,
        reason=book.pick((None, "quiet")),
    )


def add_touch(book: RandomBook, account_id: str, at: datetime, name: str) -> str | None:
    """A conversation with the account, mostly a meaningful one; None where it would not fit the weeks."""
    if not midnight(book.first) <= at < midnight(book.last) + timedelta(days=10):
        return None
    kinds = [one for one, kind in book.reference.interaction_types.items() if kind.is_meaningful or book.chance(0.1)]
    kind = book.pick(kinds)
    minimum = book.reference.interaction_types[kind].minimum_minutes
    interaction_id = f"story{name}"
    book.add(
        "interactions",
        interaction_id=interaction_id,
        account_id=account_id,
        csm_id=book.pick(book.ids_of("csms")),
        started_at=book.text_of(at),
        interaction_type=kind,
        duration_minutes=book.pick((minimum, minimum, minimum + 1, max(0, minimum - 1))),
        status=book.pick(("completed",) * 8 + ("no_show",)),
        sentiment_score=book.a_scored_value() if book.chance(0.4) else None,
        quality_score=book.pick((None, 20, 60, 95)),
        scorecard=book.pick((None, "MEDDIC", "BANT", "SPIN")),
    )
    return interaction_id


def add_departure(book: RandomBook, account_id: str, day: date) -> None:
    """A champion, mostly, whose first day gone is that day."""
    book.add(
        "contacts",
        contact_id=f"gone{len(book.tables['contacts'])}",
        account_id=account_id,
        contact_role=book.pick(("champion", "champion", "champion", "decision_maker")),
        added_on=day - timedelta(days=book.pick((0, 1, 400))),
        left_on=day,
    )


# --- silence ---------------------------------------------------------------------------------


def make_silence(book: RandomBook, account_id: str) -> None:
    """One who was there is missed at three to six meetings; the last is about five weeks later."""
    number = len(book.tables["contacts"])
    quiet, other = f"quiet{number}", f"other{number}"
    early = book.first - timedelta(days=300)
    role = book.pick(("champion", "decision_maker", "user"))
    left_on = book.a_day(after=60) if book.chance(0.15) else None
    book.add("contacts", contact_id=quiet, account_id=account_id, contact_role=role, added_on=early, left_on=left_on)
    book.add("contacts", contact_id=other, account_id=account_id, contact_role="user", added_on=early)
    seen_at = parse_timestamp(book.instant_on(book.a_day()))
    missed = book.pick((3, 4, 4, 5, 6))
    meetings = [(seen_at, quiet)]
    for step in range(missed):
        days = book.pick((34, 35, 35, 36)) if step == missed - 1 else 3 + 7 * step
        meetings.append((turn(book, seen_at, min(days, 36)), other))
    if book.chance(0.3):
        meetings.append((turn(book, seen_at, 28, 35, 50), quiet))
    for step, (at, contact_id) in enumerate(meetings):
        interaction_id = add_touch(book, account_id, at, f"{number}s{step}")
        # Without a list of participants a meeting says nothing of who missed it.
        if interaction_id is not None and book.chance(0.9):
            book.add("interaction_participants", interaction_id=interaction_id, contact_id=contact_id)


# --- use -------------------------------------------------------------------------------------


def make_usage(book: RandomBook) -> None:
    """Daily use of some accounts on weekdays, with a drop, a gap or an end in it."""
    accounts = book.ids_of("accounts")
    for account_id in book.rng.sample(accounts, min(len(accounts), book.pick((0, 3, 6)))):
        level = book.pick((5, 40, 300))
        start, days = book.first - timedelta(days=70), 70 + 7 * book.week_count
        breaks, share = book.rng.randrange(days), book.pick((1, 1, 0.65, 0.4, 0))
        skips = book.pick((0, 0.02, 0.4))
        for step in range(days):
            day = start + timedelta(days=step)
            if day.weekday() >= 5 or book.chance(skips):
                continue
            use = level * (share if step >= breaks else 1) * book.rng.uniform(0.8, 1.2)
            if step >= breaks and share == 0:
                break
            book.add(
                "product_usage",
                account_id=account_id,
                product="core",
                used_on=day,
                active_users=None if book.chance(0.02) else round(use),
                event_count=book.pick((None, round(use * 7))),
            )
    for account_id in accounts:
        if book.chance(0.3):
            product = book.pick(("core", "analytics", "null"))
            book.add("product_usage", account_id=account_id, product=product, used_on=book.a_day(), active_users=7)


# --- renewals --------------------------------------------------------------------------------


def make_renewal_work(book: RandomBook) -> None:
    """Opportunities and conversations about renewals, near the days at which they come too late."""
    for subscription in list(book.tables["subscriptions"]):
        ends_on = date.fromisoformat(str(subscription["ends_on"])) if subscription["ends_on"] else None
        if ends_on is None or ends_on.year > 2100 or not book.chance(0.4):
            continue
        day = ends_on - timedelta(days=book.pick((30, 45, 60, 89, 90, 91, 120)))
        if book.chance(0.6):
            closed = day + timedelta(days=book.pick((0, 20, 60)))
            book.add(
                "opportunities",
                opportunity_id=f"ren{len(book.tables['opportunities'])}",
                account_id=subscription["account_id"],
                opportunity_type="renewal",
                amount_usd=subscription["arr_usd"],
                created_on=day,
                expected_close_on=ends_on,
                closed_on=closed if book.chance(0.4) else None,
                is_won=book.pick((None, "true", "false")),
            )
        talks = [row for row in book.tables["interactions"] if row["account_id"] == subscription["account_id"]]
        if talks and book.chance(0.6):
            book.add(
                "interaction_topics",
                interaction_id=book.pick(talks)["interaction_id"],
                topic=book.pick(("renewal", "price of next year")),
                topic_kind="renewal",
                mention_count=book.pick((None, 0, 2)),
            )


# --- what calendars do -----------------------------------------------------------------------


def make_strays(book: RandomBook) -> None:
    """Conversations far from all others, in days around the widest gap; years off where they are too few to count."""
    talks = book.tables["interactions"]
    for is_late in (True, False):
        if not book.chance(0.45):
            continue
        same = [row for row in talks if row["status"] == "completed" or not is_late]
        days = sorted(parse_timestamp(str(row["started_at"])).date() for row in same)
        if not days:
            continue
        gap = int(book.reference.thresholds.get("clock_gap_days", DEFAULT_LIMITS["clock_gap_days"]))
        distances = [gap - 1, gap, gap + 1, gap + 1, gap + 1, gap + 2, 60]
        # Some of the conversations may fall to faults.
        if len(days) > 160:
            distances += [400, 800, 3000]
        for _ in range(book.pick((1, 1, 1, 2))):
            distance = timedelta(days=book.pick(distances))
            day = days[-1] + distance if is_late else days[0] - distance
            book.add(
                "interactions",
                interaction_id=f"stray{len(talks)}",
                account_id=book.pick((None, *book.ids_of("accounts"))),
                csm_id=book.pick(book.ids_of("csms")),
                started_at=book.text_of(midnight(day) + timedelta(hours=book.pick((0, 12, 23)))),
                interaction_type=book.pick(book.reference.interaction_types),
                duration_minutes=60,
                status=book.pick(("completed", "completed", "completed", "no_show")),
            )


def make_copies(book: RandomBook) -> None:
    """A meeting once per attendee, with what hangs on each: the same, or something of its own."""
    share = book.pick((0, 0, 0.02, 0.08))
    for talk in list(book.tables["interactions"]):
        if not book.chance(share):
            continue
        for number in range(book.pick((1, 1, 2))):
            own_id = str(talk["interaction_id"])
            copy_id = book.pick((f"{own_id}-{number}", f"0{number}{own_id}"))
            book.tables["interactions"].append({**talk, "interaction_id": copy_id})
            for table in CHILDREN_OF_COPIES:
                copy_children(book, table, own_id, copy_id)
            contacts = book.ids_of("contacts")
            if contacts and book.chance(0.3):
                book.add("interaction_participants", interaction_id=copy_id, contact_id=book.pick(contacts))
        if book.chance(0.3):
            # Nearly the same is not the same.
            later = parse_timestamp(str(talk["started_at"])) + timedelta(minutes=book.pick((5, 10, 15)))
            name = f"near{len(book.tables['interactions'])}"
            book.tables["interactions"].append({**talk, "interaction_id": name, "started_at": book.text_of(later)})
    for table in ("interaction_participants", "interaction_topics"):
        book.keep_first_per_key(table)


def copy_children(book: RandomBook, table: str, own_id: str, copy_id: str) -> None:
    own_key = TABLE_BY_NAME[table].keys[0]
    for row in [row for row in book.tables[table] if row["interaction_id"] == own_id]:
        if not book.chance(0.6):
            continue
        copy = {**row, "interaction_id": copy_id}
        if own_key != "interaction_id":
            copy[own_key] = f"{row[own_key]}-of-{copy_id}"
        book.tables[table].append(copy)
