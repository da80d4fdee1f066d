"""From the arrays of a run to the raw contract's rows: ids, labels, types."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.book import Book
from book_of_business.simulate.contacts import Contacts
from book_of_business.simulate.contracts import Contracts
from book_of_business.simulate.conversations import TOPIC_KINDS
from book_of_business.simulate.days import NEVER
from book_of_business.simulate.episodes import Episodes
from book_of_business.simulate.ledger import Ledger
from book_of_business.simulate.lifecycle import Lifecycle
from book_of_business.simulate.names import company_names
from book_of_business.simulate.ownership import Ownership
from book_of_business.simulate.pipeline import Pipeline
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.signals import Surveys
from book_of_business.simulate.streams import Streams
from book_of_business.simulate.tables import build, dates, ids, take, times
from book_of_business.simulate.team import Team
from book_of_business.simulate.touchpoints import Touches

TEAMS = ("Strategic", "Growth", "Digital")
_TYPE_NAMES = tuple(item.name for item in words.INTERACTION_TYPES)


@dataclass
class Keys:
    """Ids of accounts and CSMs, and the running numbers of what is written week by week."""

    account: pl.Series
    csm: pl.Series
    contact_width: int
    event_width: int
    interaction: int = 0
    time_entry: int = 0
    action_item: int = 0
    ticket: int = 0

    @classmethod
    def of(cls, settings: Settings, contact_count: int) -> "Keys":
        """Ids wide enough for the whole run."""
        accounts, csms = settings.accounts, settings.csms
        return cls(
            account=ids("A", np.arange(1, accounts + 1), max(4, len(str(accounts)))),
            csm=ids("C", np.arange(1, csms + 1), max(2, len(str(csms)))),
            contact_width=max(4, len(str(contact_count))),
            event_width=max(5, len(str(3 * accounts * settings.weeks + 20 * csms * settings.weeks))),
        )

    def contact(self, codes: object) -> pl.Series:
        """Contact ids by row number; negative is null."""
        number = np.asarray(codes, dtype=np.int64)
        return ids("K", np.where(number >= 0, number + 1, -1), self.contact_width)

    def event(self, prefix: str, first: int, count: int) -> pl.Series:
        """Running ids of `count` events after the first `first`."""
        return ids(prefix, first + 1 + np.arange(count), self.event_width)


def write_week(
    write: Callable[[str, pl.DataFrame, int], None],
    keys: Keys,
    book: Book,
    touches: Touches,
    frames: dict[str, pl.DataFrame],
    day: int,
) -> None:
    """Write the event tables of a week. `frames` are the outputs of the weekly steps, by table."""
    base = keys.interaction
    spoken = np.where(touches.account >= 0, book.language[touches.account], 0)
    write("interactions", build(
        "interactions", interaction_id=keys.event("I", base, touches.count),
        account_id=take(keys.account, touches.account), csm_id=take(keys.csm, touches.csm),
        started_at=times(touches.second), interaction_type=take(_TYPE_NAMES, touches.kind),
        channel=take(words.CHANNELS, touches.channel),
        duration_minutes=pl.Series(touches.minutes).set(pl.Series(touches.minutes < 0), None),
        status=take(words.STATUSES, touches.status),
        sentiment_score=(pl.Series(touches.sentiment).set(pl.Series(touches.sentiment < -100), None) / 100).round(2),
        quality_score=pl.Series(touches.quality).fill_nan(None),
        scorecard=take(words.SCORECARDS, touches.scorecard), language=take(words.LANGUAGES, spoken),
    ), day)  # fmt: skip

    def talk(frame: pl.DataFrame) -> pl.Series:
        return ids("I", base + 1 + frame["interaction"].to_numpy(), keys.event_width)

    part = frames["interaction_participants"]
    write("interaction_participants", build(
        "interaction_participants", interaction_id=talk(part), contact_id=keys.contact(part["contact"].to_numpy()),
    ), day)  # fmt: skip
    part = frames["interaction_topics"]
    write("interaction_topics", build(
        "interaction_topics", interaction_id=talk(part), topic=part["topic"],
        topic_kind=take(TOPIC_KINDS, part["kind"].to_numpy()), product=part["product"],
        mention_count=part["mentions"],
    ), day)  # fmt: skip
    part = frames["action_items"]
    write("action_items", build(
        "action_items", action_item_id=keys.event("T", keys.action_item, len(part)), interaction_id=talk(part),
        created_at=times(part["created"].to_numpy()), due_on=dates(part["due"].to_numpy()),
        completed_at=times(part["completed"].to_numpy()),
    ), day)  # fmt: skip
    keys.action_item += len(part)
    keys.interaction += touches.count
    part = frames["product_usage"]
    write("product_usage", build(
        "product_usage", account_id=take(keys.account, part["account"].to_numpy()),
        product=take(words.PRODUCTS, part["product"].to_numpy()), used_on=dates(part["day"].to_numpy()),
        active_users=part["users"], event_count=part["events"],
    ), day)  # fmt: skip
    part = frames["health_scores"]
    write("health_scores", build(
        "health_scores", account_id=take(keys.account, part["account"].to_numpy()),
        scored_on=dates(part["day"].to_numpy()), health_score=part["score"],
    ), day)  # fmt: skip
    part = frames["tickets"]
    write("tickets", build(
        "tickets", ticket_id=keys.event("Q", keys.ticket, len(part)),
        account_id=take(keys.account, part["account"].to_numpy()), opened_at=times(part["opened"].to_numpy()),
        priority=take(words.PRIORITIES, part["priority"].to_numpy()),
        escalated_at=times(part["escalated"].to_numpy()), resolved_at=times(part["resolved"].to_numpy()),
    ), day)  # fmt: skip
    keys.ticket += len(part)
    part = frames.get("time_entries")
    if part is not None:
        write("time_entries", build(
            "time_entries", time_entry_id=keys.event("E", keys.time_entry, len(part)),
            csm_id=take(keys.csm, part["csm"].to_numpy()), account_id=take(keys.account, part["account"].to_numpy()),
            worked_on=dates(part["day"].to_numpy()), activity=part["activity"], minutes=part["minutes"],
        ), day)  # fmt: skip
        keys.time_entry += len(part)


def transcript_rows(keys: Keys, frame: pl.DataFrame, base: int) -> pl.DataFrame:
    """Transcripts of a week; `base` is the number of interactions before it."""
    return build(
        "transcripts", interaction_id=ids("I", base + 1 + frame["interaction"].to_numpy(), keys.event_width),
        turn=frame["turn"], speaker_contact_id=keys.contact(frame["contact"].fill_null(-1).to_numpy()),
        speaker_csm_id=take(keys.csm, frame["csm"].fill_null(-1).to_numpy()), language=frame["language"],
        text=frame["text"],
    )  # fmt: skip


def _of(ledger: Ledger, name: str) -> np.ndarray:
    return np.asarray(ledger[name])


def people(
    settings: Settings, keys: Keys, team: Team, book: Book, contacts: Contacts, streams: Streams
) -> dict[str, pl.DataFrame]:
    """The tables of CSMs, absences, accounts and contacts. Accounts that come later are left out."""
    rng = streams.get("csm_details")
    count = team.count
    spoken = [
        ["en"] + [words.LANGUAGES[1 + (place + number) % 6] for number in range(place % 3)] for place in range(count)
    ]
    skills = [[words.INDUSTRIES[(3 * place + 4 * number) % 10] for number in range(2)]
              + [words.PRODUCTS[place % 6]] for place in rng.permutation(count)]  # fmt: skip
    absences = team.absences
    csms = build(
        "csms", csm_id=keys.csm, csm_name=team.name, role_tier=take(words.ROLE_TIERS, team.tier),
        team=take(TEAMS, team.tier), region=take(words.REGIONS, team.region),
        languages=[";".join(each) for each in spoken], skills=[";".join(each) for each in skills],
        hired_on=dates(team.hired_on), left_on=dates(team.left_on),
        productive_hours_per_week=pl.Series([None] * count, dtype=pl.Float64), fte=team.fte,
    )  # fmt: skip
    accounts = build(
        "accounts", account_id=keys.account, account_name=company_names(streams.get("companies"), book.count),
        segment=take(words.SEGMENTS, book.segment), industry=take(words.INDUSTRIES, book.industry),
        region=take(words.REGIONS, book.region), language=take(words.LANGUAGES, book.language),
        customer_since=dates(book.customer_since), churned_on=dates(book.churned_on),
    )  # fmt: skip
    return {
        "csms": csms,
        "accounts": accounts,
        "csm_absences": build(
            "csm_absences", csm_id=take(keys.csm, _of(absences, "csm")), starts_on=dates(_of(absences, "starts_on")),
            ends_on=dates(_of(absences, "ends_on")), absent_fte=pl.Series(_of(absences, "absent_fte")).fill_nan(None),
            reason=take(words.ABSENCE_REASONS, _of(absences, "reason")),
        ),
        "contacts": build(
            "contacts", contact_id=keys.contact(np.arange(len(contacts.account))),
            account_id=take(keys.account, contacts.account), contact_role=take(words.CONTACT_ROLES, contacts.role),
            added_on=dates(contacts.added_on),
            left_on=dates(np.where(contacts.left_on < settings.end_day, contacts.left_on, NEVER)),
        ).filter(np.asarray(contacts.added_on) < settings.end_day),
    }  # fmt: skip


def histories(keys: Keys, ownership: Ownership, contracts: Contracts, lifecycle: Lifecycle, pipeline: Pipeline,
              episodes: Episodes, surveys: Surveys) -> dict[str, pl.DataFrame]:  # fmt: skip
    """The tables that a run keeps until its end, from their ledgers."""
    spans, subs, stages = ownership.ledger, contracts.ledger, lifecycle.ledger
    deals, steps, flags = pipeline.ledger, pipeline.stages, episodes.flags
    renewals, answers, felt = contracts.renewals, surveys.responses, surveys.effort
    width = len(str(max(subs.count, deals.count, flags.count, 9999)))

    def account(ledger: Ledger) -> pl.Series:
        return take(keys.account, _of(ledger, "account"))

    won = _of(deals, "is_won")
    return {
        "account_assignments": build(
            "account_assignments", account_id=account(spans), assigned_on=dates(_of(spans, "assigned_on")),
            csm_id=take(keys.csm, _of(spans, "csm")), unassigned_on=dates(_of(spans, "unassigned_on")),
        ).sort("account_id", "assigned_on"),
        "subscriptions": build(
            "subscriptions", subscription_id=ids("S", np.arange(1, subs.count + 1), width), account_id=account(subs),
            product=take(words.PRODUCTS, _of(subs, "product")), arr_usd=_of(subs, "arr_usd"),
            has_custom_configuration=_of(subs, "has_custom"), starts_on=dates(_of(subs, "starts_on")),
            ends_on=dates(_of(subs, "ends_on")), cancelled_on=dates(_of(subs, "cancelled_on")),
        ),
        "lifecycle_stage_changes": build(
            "lifecycle_stage_changes", account_id=account(stages), entered_on=dates(_of(stages, "entered_on")),
            lifecycle_stage=take(words.LIFECYCLE_STAGES, _of(stages, "stage")),
        ).sort("account_id", "entered_on"),
        "opportunities": build(
            "opportunities", opportunity_id=ids("P", np.arange(1, deals.count + 1), width), account_id=account(deals),
            opportunity_type=take(words.OPPORTUNITY_TYPES, _of(deals, "kind")),
            segment=take(words.SEGMENTS, _of(deals, "segment")), amount_usd=_of(deals, "amount"),
            created_on=dates(_of(deals, "created_on")), expected_close_on=dates(_of(deals, "expected_on")),
            closed_on=dates(_of(deals, "closed_on")),
            is_won=pl.Series(won == 1).set(pl.Series(won < 0), None),
        ),
        "opportunity_stage_changes": build(
            "opportunity_stage_changes", opportunity_id=ids("P", _of(steps, "opportunity") + 1, width),
            entered_on=dates(_of(steps, "entered_on")), stage=take(words.PIPELINE_STAGES, _of(steps, "stage")),
        ).sort("opportunity_id", "entered_on"),
        "risk_flags": build(
            "risk_flags", risk_flag_id=ids("R", np.arange(1, flags.count + 1), width), account_id=account(flags),
            csm_id=take(keys.csm, _of(flags, "csm")), raised_at=times(_of(flags, "raised_at")),
            resolved_at=times(_of(flags, "resolved_at")), reason=take(words.RISK_REASONS, _of(flags, "reason")),
        ),
        "effort_surveys": build(
            "effort_surveys", csm_id=take(keys.csm, _of(felt, "csm")), surveyed_on=dates(_of(felt, "surveyed_on")),
            perceived_load=_of(felt, "perceived"),
        ),
        "renewals": build(
            "renewals", account_id=account(renewals), renewed_on=dates(_of(renewals, "renewed_on")),
            outcome=take(words.RENEWAL_OUTCOMES, _of(renewals, "outcome")),
            arr_before_usd=_of(renewals, "arr_before"), arr_after_usd=_of(renewals, "arr_after"),
        ).sort("account_id", "renewed_on"),
        "survey_responses": build(
            "survey_responses", account_id=account(answers), responded_on=dates(_of(answers, "responded_on")),
            survey=take(("csat", "nps"), _of(answers, "survey")), score=_of(answers, "score"),
        ).sort("account_id", "responded_on", "survey"),
    }  # fmt: skip
