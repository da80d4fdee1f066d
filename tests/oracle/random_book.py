"""Seeded small raw books of business full of edges, as CSV or Parquet.

`python -m tests.oracle.random_book SEED DIRECTORY [REFERENCE_DIR]` writes one to look at.
"""

import csv
import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

from .contract import TABLE_BY_NAME, TABLES, Column, Judged, Table, allowed_values, judge_cell, parse
from .random_contracts import make_contracts
from .random_events import make_events
from .random_forms import extra_columns, keep_scales, labels_of, plain_rows
from .reference import Reference, read_reference

TextRow = dict[str, str | None]

NASTY_IDS = (
    "NA",
    "007",
    "7",
    "07",
    "null",
    "NULL",
    "None",
    "nan",
    "a|b",
    "a",
    "b|c",
    'q"uo"te',
    "o'brien",
    "com,ma",
    "semi;colon",
    "new\nline",
    "ünï—çødé 日本",
    " lead",
    "trail ",
    "<script>alert(1)</script>",
    "=cmd()",
    "X1",
    "x1",
    "-1",
    "1e5",
    "1.0",
    "true",
    "2025-01-01",
    "\\N",
    "back\\slash",
    "%s{{ x }}$1",
    "#1",
    "0",
)
NASTY_NAMES = ("<script>alert(1)</script>", "=cmd()", 'The "Best", Inc.', "O'Neill\nSons", "NULL")
ABSENT_OPTIONAL_CHANCE = 0.2
EMPTY_OPTIONAL_CHANCE = 0.04
REJECTED_OPTIONAL_CHANCE = 0.04
MISSING_COLUMN_CHANCE = 0.07
EMPTY_REQUIRED_CHANCE = 0.05
OFFSETS = ("-05:00", "+05:30", "+14:00", "-11:00", "+00:00")


@dataclass(frozen=True)
class Written:
    """Where a book was written and the as_of_date to build it with (None: from the data)."""

    raw: Path
    as_of_date: date | None
    description: str


class RandomBook:
    """Tables as text rows; every choice comes from the seed."""

    def __init__(self, seed: int, reference: Reference) -> None:
        self.rng = Random(seed)
        self.reference = reference
        self.tables: dict[str, list[TextRow]] = {table.name: [] for table in TABLES}
        first = date(2024, 1, 1) + timedelta(days=self.rng.randrange(0, 700))
        self.first = first - timedelta(days=first.weekday())
        self.week_count = self.rng.randint(6, 30)
        self.last = self.first + timedelta(days=7 * self.week_count - 1)
        self.items: tuple[int, ...] = (0, 1)
        self.unit = 1000
        self.ids = list(NASTY_IDS)
        self.rng.shuffle(self.ids)
        self.make_csms()
        self.make_accounts()
        self.make_assignments()
        self.make_subscriptions()
        make_contracts(self)
        self.make_lifecycle()
        self.make_contacts()
        self.make_opportunities()
        self.make_health()
        self.make_absences()
        self.make_interactions()
        self.make_others()
        make_events(self)
        self.corrupt()
        keep_scales(self.tables)

    # --- drawing ---

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def pick(self, values: Iterable[Any]) -> Any:
        return self.rng.choice(list(values))

    def new_id(self, prefix: str, number: int, nasty: float = 0.5) -> str:
        return self.ids.pop() if self.ids and self.chance(nasty) else f"{prefix}{number}"

    def add(self, table: str, **values: Any) -> TextRow:
        columns = TABLE_BY_NAME[table].columns
        row = {column.name: as_csv_text(values.get(column.name)) for column in columns}
        self.tables[table].append(row)
        return row

    def a_day(self, before: int = 0, after: int = 0) -> date:
        span = (self.last - self.first).days
        return self.first + timedelta(days=self.rng.randint(-before, span + after))

    def a_sunday(self) -> date:
        return self.first + timedelta(days=7 * self.rng.randrange(self.week_count) + 6)

    def near_sunday(self, *distances: int) -> date:
        """A day at one of the distances from a Sunday, one off as often as not."""
        return self.a_sunday() - timedelta(days=self.pick(distances) + self.pick((-1, 0, 0, 1)))

    def text_of(self, moment: datetime) -> str:
        """The instant, in any of its spellings."""
        zone = self.pick(("", "Z", "Z", *OFFSETS))
        if zone not in ("", "Z"):
            shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
            moment += shift if zone[0] == "+" else -shift
        return moment.replace(tzinfo=None).isoformat(self.pick(("T", "T", " "))) + zone

    def instant_on(self, day: date) -> str:
        """A timestamp of that local day, at its edges or with an offset that moves the day."""
        moment = self.pick(
            (
                "00:00:00",
                "23:59:59",
                "23:59:59.999999",
                "23:30:00",
                "00:15:00",
                "12:00:00",
                f"{self.rng.randrange(24):02d}:{self.rng.randrange(60):02d}:00",
            )
        )
        zone = self.pick(("", "", "Z", "Z", self.pick(OFFSETS)))
        return f"{day.isoformat()}{self.pick(('T', 'T', ' '))}{moment}{zone}"

    def ids_of(self, table: str) -> list[str]:
        name = TABLE_BY_NAME[table].keys[0]
        return [str(row[name]) for row in self.tables[table]]

    def keep_first_per_key(self, table: str) -> None:
        """Random days collide: without this most books would be faults and little else."""
        keys = TABLE_BY_NAME[table].keys
        kept = {tuple(row[name] for name in keys): row for row in reversed(self.tables[table])}
        self.tables[table] = list(kept.values())[::-1]

    # --- crm ---

    def make_csms(self) -> None:
        tiers = self.reference.role_tiers
        for number in range(self.rng.randint(3, 6)):
            tier = self.pick(tiers)
            ramp_days = int(tiers[tier].ramp_days)
            hired = self.first - timedelta(days=self.rng.randrange(0, 900))
            if self.chance(0.3):
                hired = self.a_day()
            if self.chance(0.3):
                hired = self.near_sunday(ramp_days, 0)
            left = None
            if self.chance(0.35):
                left = max(hired, self.a_day(after=60))
            if self.chance(0.05):
                left = hired
            self.add(
                "csms",
                csm_id=self.new_id("csm", number),
                csm_name=self.pick((*NASTY_NAMES, "Ada", "Grace")),
                role_tier=tier,
                team=self.pick((None, "North")),
                region=(None, "emea")[number % 2],
                languages=self.pick((None, "en;de")),
                skills=(None, "retail;Atlas", None)[number % 3],
                hired_on=hired,
                left_on=left,
                productive_hours_per_week=self.pick((None, None, None, 0, 1.5, 4, 20, 168)),
                fte=self.pick((None, None, 1, 0.5, 0.8, 3, 1.0)),
            )

    def make_accounts(self) -> None:
        for number in range(self.rng.randint(5, 25)):
            since = self.first - timedelta(days=self.rng.randrange(0, 700))
            if self.chance(0.3):
                since = self.a_day(after=20)
            if self.chance(0.3):
                since = self.near_sunday(0, 89, 90, 91, 22, 30)
            churned = None
            if self.chance(0.25):
                churned = max(since, self.a_day(after=120))
            if self.chance(0.1):
                churned = max(since, self.near_sunday(0))
            if self.chance(0.05):
                churned = since
            self.add(
                "accounts",
                account_id="unassigned" if number == 3 else self.new_id("acc", number),
                account_name=self.pick((*NASTY_NAMES, f"Account {number}")),
                segment=self.pick(self.reference.cadences),
                industry=self.pick((None, "retail")),
                region=(None, "amer")[number % 2],
                language=("de", None, None)[number % 3],
                customer_since=since,
                churned_on=churned,
            )

    def make_assignments(self) -> None:
        """Chains of spans: handovers on every weekday, gaps, overlaps, empty spans, ends left open."""
        csms = self.ids_of("csms")
        if self.chance(0.3):
            csms += csms[:1] * 10
        open_share = self.pick((0, 0.1, 0.4))
        for account_id in self.ids_of("accounts"):
            if self.chance(0.08):
                continue
            start = self.first - timedelta(days=self.rng.randrange(0, 60))
            if self.chance(0.2):
                start = self.a_day()
            for _ in range(self.rng.randint(1, 4)):
                end = start + timedelta(days=self.rng.randint(1, 100))
                if self.chance(0.05):
                    end = start
                is_last = self.chance(0.5)
                self.add(
                    "account_assignments",
                    account_id=account_id,
                    assigned_on=start,
                    csm_id=self.pick(csms),
                    unassigned_on=None if is_last or self.chance(open_share) else end,
                )
                if is_last:
                    break
                gap = self.pick((0, 0, 0, 0, 1, 6, 7, 15))
                start = end + timedelta(days=gap)
                if self.chance(0.07):
                    start = end - timedelta(days=self.rng.randint(1, 5))
        self.keep_first_per_key("account_assignments")

    def make_subscriptions(self) -> None:
        number = 0
        # The second palette meets the renewal shares exactly, the third the bands. All amounts of a book are of one
        # kind (`usd`): fifty times what is usual would be read as cents or another currency.
        self.unit, amounts = self.pick(
            (
                (1000, (0, 0, 1000, 1200.5, 500.25, 2000, 4999.99, 6000)),
                (50, (35, 65, 40, 60, 37, 63, 0)),
                (500000, (500000, 1000000, 250000, 2000000)),
            )
        )
        for account_id in self.ids_of("accounts"):
            for _ in range(self.pick((0, 1, 1, 1, 2, 3, 5))):
                number += 1
                starts = self.first - timedelta(days=self.rng.randrange(0, 500))
                if self.chance(0.2):
                    starts = self.a_day(after=30)
                ends: date | None = self.last + timedelta(days=self.rng.randint(-60, 450))
                if self.chance(0.15):
                    ends = self.a_sunday() + timedelta(days=self.pick((0, 1, 89, 90, 91)))
                if self.chance(0.15):
                    month = self.pick((1, 2, 4, 7, 10, 11))
                    ends = date(self.last.year + self.pick((0, 1)), month, 1)
                    ends -= timedelta(days=self.pick((0, 1)))
                if self.chance(0.1):
                    ends = None
                if self.chance(0.05):
                    ends = date(9999, 12, 31)
                if ends is not None and ends < starts:
                    ends = starts
                cancelled = self.a_day(after=90) if self.chance(0.12) else None
                if self.chance(0.04):
                    cancelled = starts - timedelta(days=self.pick((0, 1, 30)))
                self.add(
                    "subscriptions",
                    subscription_id=f"sub{number}",
                    account_id=account_id,
                    product=self.pick(("core", "core", "Core", "analytics", "null", "sync", "x")),
                    arr_usd=self.pick(amounts),
                    has_custom_configuration=self.pick((None, "true", "false", "false")),
                    starts_on=starts,
                    ends_on=ends,
                    cancelled_on=cancelled,
                )
        if self.chance(0.5) and self.tables["subscriptions"]:
            self.pick(self.tables["subscriptions"])["arr_usd"] = "0.01"
        if self.chance(0.5) and self.tables["subscriptions"]:
            self.pick(self.tables["subscriptions"])["arr_usd"] = "999999.99"

    def usd(self, thousandths: float) -> float:
        """An amount of the kind that the book has, of which 1000 is a usual one."""
        return round(thousandths * self.unit / 1000, 2)

    def make_lifecycle(self) -> None:
        stages = TABLE_BY_NAME["lifecycle_stage_changes"].column("lifecycle_stage").values
        for account_id in self.ids_of("accounts"):
            for _ in range(self.pick((0, 0, 1, 2, 3))):
                self.add(
                    "lifecycle_stage_changes",
                    account_id=account_id,
                    entered_on=self.a_day(before=100, after=20),
                    lifecycle_stage=self.pick(stages),
                )
        self.keep_first_per_key("lifecycle_stage_changes")

    def make_contacts(self) -> None:
        roles = TABLE_BY_NAME["contacts"].column("contact_role").values
        number = 0
        for account_id in self.ids_of("accounts"):
            for _ in range(self.pick((0, 1, 2, 4, 5, 7))):
                number += 1
                added = self.a_day(before=200)
                left = max(added, self.a_day(after=30)) if self.chance(0.3) else None
                self.add(
                    "contacts",
                    contact_id=self.new_id("con", number, 0.03),
                    account_id=account_id,
                    contact_role=self.pick(roles),
                    added_on=added,
                    left_on=left,
                )

    def make_opportunities(self) -> None:
        number = 0
        for account_id in [*self.ids_of("accounts"), None]:
            for _ in range(self.pick((0, 0, 1, 1, 2, 3))):
                number += 1
                opportunity_id = f"opp{number}"
                created = self.a_day(before=60, after=20)
                closed = created + timedelta(days=self.rng.randint(0, 90))
                if self.chance(0.2):
                    closed = max(created, self.a_sunday())
                self.add(
                    "opportunities",
                    opportunity_id=opportunity_id,
                    account_id=account_id,
                    opportunity_type=(
                        "new_logo" if account_id is None else self.pick(("expansion", "expansion", "renewal"))
                    ),
                    segment=self.pick((None, *self.reference.cadences)),
                    amount_usd=self.pick((None, 0, self.usd(2000))),
                    created_on=created,
                    expected_close_on=self.pick((None, closed, created)),
                    closed_on=closed if self.chance(0.4) else None,
                    is_won=self.pick((None, "true", "false")),
                )
                for _ in range(self.pick((0, 1, 2, 3))):
                    self.add(
                        "opportunity_stage_changes",
                        opportunity_id=opportunity_id,
                        entered_on=created + timedelta(days=self.rng.randint(-5, 90)),
                        stage=self.pick(self.reference.stages),
                    )
        self.keep_first_per_key("opportunity_stage_changes")

    def make_health(self) -> None:
        red = self.reference.thresholds["red_health_score"]
        for account_id in self.ids_of("accounts"):
            level = self.rng.randint(20, 80)
            trend = self.pick((-2, -1, 0, 0, 1, 2))
            every = self.pick((7, 7, 14, 20))
            if self.chance(0.15):
                continue
            start = self.a_day(before=100) - timedelta(days=30)
            for step in range(self.rng.randint(1, 30)):
                exact = level + trend * step * every / 7
                score = exact if self.chance(0.7) else self.pick((red, red - 0.1, 0, 100, 55.5))
                self.add(
                    "health_scores",
                    account_id=account_id,
                    scored_on=start + timedelta(days=step * every),
                    health_score=min(100.0, max(0.0, score)),
                )
            if self.chance(0.4):
                self.add(
                    "health_scores",
                    account_id=account_id,
                    scored_on=self.near_sunday(55, 56),
                    health_score=self.rng.randint(0, 100),
                )
        self.keep_first_per_key("health_scores")

    def make_absences(self) -> None:
        for csm_id in self.ids_of("csms"):
            for _ in range(self.pick((0, 0, 1, 2, 4, 6))):
                starts = self.a_day(before=20, after=10)
                ends: date | None = starts + timedelta(days=self.pick((0, 1, 2, 6, 20)))
                if self.chance(0.1):
                    ends = None
                self.add(
                    "csm_absences",
                    csm_id=csm_id,
                    starts_on=starts,
                    ends_on=ends,
                    absent_fte=self.pick((None, None, 0, 0.3, 0.7, 0.5, 1, 2)),
                    reason=self.pick((None, "leave")),
                )
        self.keep_first_per_key("csm_absences")

    # --- interactions ---

    def a_duration(self, interaction_type: str) -> float | None:
        known = self.reference.interaction_types.get(interaction_type)
        minimum = known.minimum_minutes if known else 15.0
        just_short = max(0, minimum - 1)
        if self.chance(0.03):
            longest = self.reference.thresholds.get("maximum_interaction_minutes", 720)
            return self.pick((longest - 1, longest, longest + 0.5, longest + 1, 1440))
        return self.pick((None, 0, just_short, minimum, minimum, minimum + 1, 60, 60.5, 90))

    def a_scored_value(self) -> float:
        return self.pick((-1, -0.5, -0.2, -0.21, 0, 0.2, 0.21, 0.6, 1))

    def make_interactions(self) -> None:
        csms = self.ids_of("csms")
        types = [*self.reference.interaction_types, "mystery_type"]
        pace = self.pick((2, 10, 25, 45))
        # Half of the books talk about what matters, so that minimum counts are reached.
        meaningful = [name for name, kind in self.reference.interaction_types.items() if kind.is_meaningful]
        types += meaningful * self.pick((0, 4))
        self.items = self.pick(((0, 0, 1, 2, 4), (0, 1, 1, 3), (2, 3, 3, 4, 6)))
        statuses = ("completed",) * 8 + ("cancelled", "no_show")
        contacts: dict[str | None, list[str]] = {}
        for row in self.tables["contacts"]:
            contacts.setdefault(row["account_id"], []).append(str(row["contact_id"]))
        days: list[tuple[str | None, date]] = []
        talkers: dict[int, str] = {}
        for account_id in [*self.ids_of("accounts"), None]:
            if account_id is not None and self.chance(0.08):
                continue
            for _ in range(self.rng.randint(1, pace + 1)):
                days.append((account_id, self.a_day(after=10)))
            for _ in range(self.rng.randint(0, 4)):
                days.append((account_id, self.near_sunday(0, 30, 90)))
        # A busy CSM in some weeks, so that ceilings and runs have something to say.
        busy, account_id = self.pick(csms), self.pick(self.ids_of("accounts"))
        start = self.rng.randrange(self.week_count)
        for week in range(start, min(start + 5, self.week_count)):
            for _ in range(self.rng.randint(12, 40)):
                weekday = self.rng.randrange(7)
                talkers[len(days)] = busy
                days.append((account_id, self.first + timedelta(days=7 * week + weekday)))
        for number, (account, day) in enumerate(days):
            kind = self.pick(types)
            row = self.add(
                "interactions",
                interaction_id=f"int{number}" if self.chance(0.99) else f"int|{number}",
                account_id=account,
                csm_id=talkers.get(number) or self.pick(csms),
                started_at=self.instant_on(day),
                interaction_type=kind,
                channel=self.pick((None, "call")),
                duration_minutes=self.a_duration(kind),
                status=self.pick(statuses),
                sentiment_score=self.a_scored_value() if self.chance(0.6) else None,
                quality_score=self.pick((None, 0, 55, 80.5, 100)),
                scorecard=self.pick((None, "MEDDIC", "SPIN", "standard")),
            )
            self.make_details(row, day, contacts.get(account, []))
        self.keep_first_per_key("interaction_participants")

    def make_details(self, interaction: TextRow, day: date, contacts: list[str]) -> None:
        interaction_id = interaction["interaction_id"]
        for contact_id in self.rng.sample(contacts, min(len(contacts), self.pick((0, 0, 1, 2)))):
            self.add("interaction_participants", interaction_id=interaction_id, contact_id=contact_id)
        if self.chance(0.1) and self.tables["contacts"]:
            self.add(
                "interaction_participants",
                interaction_id=interaction_id,
                contact_id=self.pick(self.ids_of("contacts")),
            )
        for item in range(self.pick(self.items)):
            created = day + timedelta(days=self.pick((0, 0, 0, 1, 2, 7, 20, -1)))
            self.add(
                "action_items",
                action_item_id=f"{interaction_id}-{item}",
                interaction_id=interaction_id,
                created_at=self.instant_on(created),
                due_on=self.pick((None, day, created + timedelta(days=2), created + timedelta(days=3))),
                completed_at=(self.instant_on(created + timedelta(days=3)) if self.chance(0.3) else None),
            )
        if self.chance(0.2):
            self.add(
                "interaction_topics",
                interaction_id=interaction_id,
                topic=self.pick(("pricing", "null", "Acme", "acme corp", "renewal")),
                topic_kind=self.pick(("product", "competitor", "competitor", "risk", "renewal", "other")),
                product=self.pick((None, None, "core", "Core", "analytics", "vault")),
                mention_count=self.pick((None, 0, 3)),
            )
        for turn in range(self.pick((0, 0, 0, 0, 0, 0, 0, 0, 1, 3))):
            self.add(
                "transcripts",
                interaction_id=interaction_id,
                turn=turn + 1,
                speaker_csm_id=(interaction["csm_id"], None)[turn % 2],
                speaker_side=self.pick((None, "ours", "theirs")),
                started_seconds=self.pick((None, 0, 12.5 * turn)),
                ended_seconds=self.pick((None, 12.5 * turn + 10)),
                text="hello, \n 'you'",
            )

    def make_others(self) -> None:
        """A row or two of what is left; `random_events` has the stories."""
        for account_id in self.ids_of("accounts"):
            self.add(
                "renewals",
                account_id=account_id,
                renewed_on=self.a_day(),
                outcome=self.pick(("renewed", "churned")),
                arr_before_usd=self.usd(1000),
                arr_after_usd=self.pick((0, self.usd(1500.25))),
            )
            for _ in range(self.pick((0, 1, 2, 5))):
                survey, scores = self.pick((("nps", range(11)), ("csat", (1, 2, 3, 3.5, 4, 5))))
                self.add(
                    "survey_responses",
                    account_id=account_id,
                    responded_on=self.pick((self.a_day(before=100), self.near_sunday(0, 90, 364))),
                    survey=survey,
                    score=self.pick(scores),
                )
        self.keep_first_per_key("survey_responses")
        for csm_id in self.ids_of("csms"):
            days = [self.a_day(before=10), self.near_sunday(0, 1)]
            for _ in range(self.pick((0, 1, 6, 12))):
                self.add(
                    "time_entries",
                    time_entry_id=f"time{len(self.tables['time_entries'])}",
                    csm_id=csm_id,
                    account_id=self.pick((None, *self.ids_of("accounts")[:4])),
                    worked_on=self.pick((*days, self.a_day(after=3))),
                    minutes=self.pick((0.25, 30, 30, 60, 719.5, 720, 720.5, 1440)),
                )
            self.add(
                "effort_surveys",
                csm_id=csm_id,
                surveyed_on=self.a_day(),
                perceived_load=self.pick((1, 10)),
            )
        if self.chance(0.5) and self.tables["time_entries"]:
            self.pick(self.tables["time_entries"])["minutes"] = "4000"

    # --- faults ---

    def corrupt(self) -> None:
        rate = self.pick((0, 0.01, 0.03, 0.1))
        if rate == 0:
            return
        for table in TABLES:
            rows = self.tables[table.name]
            for row in list(rows):
                # Few parents are spoilt, else nearly everything falls with them.
                is_parent = table.name in ("csms", "accounts", "interactions")
                if self.chance(rate / 4 if is_parent else rate):
                    self.spoil(table, row)
                measures = [column for column in table.columns if column.is_measure]
                if measures and self.chance(rate):
                    measure = self.pick(measures)
                    row[measure.name] = self.spoiled(table, measure, row)
                if self.chance(rate / 8 if is_parent else rate / 3):
                    self.duplicate(table, row)
        if self.chance(0.4):
            self.add(
                "csms",
                csm_id="unassigned",
                csm_name="nobody",
                role_tier=self.pick(self.reference.role_tiers),
                hired_on=self.first,
            )
        for table in TABLES:
            if not table.is_required and self.chance(REJECTED_OPTIONAL_CHANCE):
                for row in self.tables[table.name]:
                    row[table.columns[0].name] = None

    def duplicate(self, table: Table, row: TextRow) -> None:
        """One to two copies, identical or differing, anywhere in the file."""
        rows = self.tables[table.name]
        for _ in range(self.pick((1, 1, 2))):
            copy = dict(row)
            others = [column for column in table.columns if not column.is_key]
            if others and self.chance(0.5):
                column = self.pick(others)
                copy[column.name] = self.spoiled(table, column, copy)
                # Two spellings of one value make no difference, and are not told apart everywhere.
                if self.values_of(table, copy) == self.values_of(table, row):
                    copy = dict(row)
            rows.insert(self.rng.randint(0, len(rows)), copy)

    def values_of(self, table: Table, row: TextRow) -> dict[str, Any]:
        judged = Judged(row, {}, "", [])
        for column in table.columns:
            judge_cell(table, column, judged, self.reference)
        return judged.compared

    def spoil(self, table: Table, row: TextRow) -> None:
        spans = [span for span in table.spans if row[span[0]] is not None]
        if spans and self.chance(0.2):
            start, end = self.pick(spans)
            day = date.fromisoformat(str(row[start])[:10]) - timedelta(days=self.rng.randint(2, 40))
            is_instant = table.column(end).kind == "timestamp"
            row[end] = self.instant_on(day) if is_instant else day.isoformat()
            return
        for _ in range(self.pick((1, 1, 1, 2))):
            column: Column = self.pick(table.columns)
            row[column.name] = self.spoiled(table, column, row)

    def spoiled(self, table: Table, column: Column, row: TextRow) -> str | None:
        """A value that breaks (mostly) a rule of the column."""
        if self.chance(0.15):
            return None
        if column.parent:
            # A reserved id, a key of the wrong case, a key that is nowhere.
            return self.pick(("nobody", "unassigned", str(row[column.name]).swapcase()))
        if column.kind in ("number", "count"):
            bad = ["NaN", "N/A", "-", "inf", "-Infinity", "abc", "1,000", "$5", "12 EUR", "--1", "1e400"]
            if column.kind == "count":
                bad += ["2.5", "0.1"]
            edges = [
                edge for low in (column.low, column.above) if low is not None for edge in (low, low - 0.001, low - 1)
            ]
            if column.high is not None:
                edges += [column.high, column.high + 0.001, column.high + 1]
            if column.high_threshold is not None:
                high = self.reference.thresholds.get(column.high_threshold, 720)
                edges += [high, high + 0.001, high + 1]
            if table.name == "survey_responses":
                edges += [0, -1, 5, 6, 10, 11]
            if column.kind == "count":
                edges = [edge for edge in edges if edge == int(edge)]
            return self.pick((*bad, *map(as_csv_text, edges), *map(as_csv_text, edges)))
        if column.kind == "boolean":
            return self.pick(("yes", "1", "0", "no", "t", "maybe", "2", "10"))
        if column.kind == "date":
            bad = [
                "2025-02-30",
                "01/02/2025",
                "2025-13-01",
                "not a date",
                "20250101",
                "2025-1-5",
                "2025-01-05T10:00:00",
            ]
            value = row[column.name]
            if value is not None and len(value) == 10:
                bad.append(f"{value}T00:00:00")
            return self.pick(bad)
        if column.kind == "timestamp":
            return self.pick(
                (
                    "2025-02-30T10:00:00Z",
                    "01/02/2025 10:00",
                    "2025-03-02T25:00:00",
                    "noon",
                    "1740960000",
                    "10:00:00",
                )
            )
        if column.values or column.reference:
            return self.pick(("UNKNOWN", str(row[column.name]).upper(), "nope", "null"))
        return self.pick(NASTY_IDS)

    # --- writing ---

    def write(self, raw: Path) -> Written:
        raw.mkdir(parents=True, exist_ok=True)
        style = self.pick(("csv", "csv", "csv_domains", "parquet_text", "parquet_native", "parts"))
        emptied = [name for name in ("subscriptions", "interactions") if self.chance(EMPTY_REQUIRED_CHANCE)]
        for table in TABLES:
            rows = self.tables[table.name]
            if table.name in emptied:
                rows = []
            if not table.is_required:
                if self.chance(ABSENT_OPTIONAL_CHANCE):
                    continue
                if self.chance(EMPTY_OPTIONAL_CHANCE):
                    rows = []
            names = [
                column.name
                for column in table.columns
                if not (column.is_optional and self.chance(MISSING_COLUMN_CHANCE))
            ]
            if style in ("csv", "csv_domains", "parquet_text"):
                words = {column.name: allowed_values(column, self.reference) for column in table.columns}
                rows = plain_rows(self.rng, table, rows, words)
            # Extra columns differ between copies of a row and still do not make them differ.
            extra = extra_columns(self.rng, table)
            names += extra
            self.rng.shuffle(names)
            rows = [{name: f"x{self.rng.random()}" if name in extra else row[name] for name in names} for row in rows]
            labels = labels_of(self.rng, table)
            if style == "csv":
                self.write_csv(raw / f"{table.name}.csv", names, rows, labels)
            elif style == "csv_domains":
                self.write_csv(raw / table.domain / f"{table.name}.csv", names, rows, labels)
            elif style == "parts" and len(rows) > 3:
                middle = len(rows) // 2
                is_native = self.chance(0.5)
                frame = labelled(as_frame(table, names, rows, is_native), labels)
                folder = raw / table.name
                folder.mkdir()
                frame[:middle].write_parquet(folder / "part-0.parquet")
                frame[middle:].write_parquet(folder / "part-1.parquet")
            else:
                is_native = style != "parquet_text"
                frame = labelled(as_frame(table, names, rows, is_native), labels)
                frame.write_parquet(raw / f"{table.name}.parquet")
        as_of = self.pick(
            (
                None,
                None,
                self.last,
                self.last - timedelta(days=self.rng.randrange(1, 7)),
                self.last - timedelta(days=7 * self.rng.randrange(0, self.week_count)),
                self.last + timedelta(days=7),
            )
        )
        if as_of is None and (not self.is_clock_safe() or "interactions" in emptied):
            as_of = self.last
        return Written(raw, as_of, f"{style}, as_of_date {as_of}, {self.week_count} weeks")

    def is_clock_safe(self) -> bool:
        """Whether enough completed interactions exist for the data to tell as_of_date."""
        completed = [row for row in self.tables["interactions"] if row["status"] == "completed"]
        return len(completed) > 20 and len(self.tables["csms"]) > 3

    def write_csv(self, path: Path, names: list[str], rows: list[TextRow], labels: dict[str, str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(
                file,
                names,
                lineterminator=self.pick(("\n", "\r\n")),
                quoting=self.pick((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
            )
            writer.writerow({name: labels.get(name, name) for name in names})
            writer.writerows(rows)


def as_csv_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value == int(value) and not math.isinf(value):
        return str(int(value))
    return str(value)


def native(kind: str, value: str | None) -> Any:
    """The typed value; NaN and infinity as a float column holds them. Raises ValueError."""
    if value is None:
        return None
    if kind == "number" and value.lower().lstrip("-") in ("nan", "inf", "infinity"):
        return float(value)
    return parse(kind, value)


NATIVE_TYPES: dict[str, Callable[[], pl.DataType]] = {
    "text": pl.String,
    "date": pl.Date,
    "timestamp": lambda: pl.Datetime("us", "UTC"),
    "number": pl.Float64,
    "count": pl.Int64,
    "boolean": pl.Boolean,
}


def as_frame(table: Table, names: list[str], rows: list[TextRow], is_native: bool) -> pl.DataFrame:
    """Columns native where every value allows it, else strings."""
    series = []
    for name in names:
        values: list[Any] = [row[name] for row in rows]
        kind = "text"
        if is_native and name in {column.name for column in table.columns}:
            try:
                wanted = table.column(name).kind
                values = [native(wanted, value) for value in values]
                kind = wanted
            except ValueError:
                kind = "text"
        series.append(pl.Series(name, values, dtype=NATIVE_TYPES[kind]()))
    return pl.DataFrame(series)


def labelled(frame: pl.DataFrame, labels: dict[str, str]) -> pl.DataFrame:
    return frame.rename({name: text for name, text in labels.items() if name in frame.columns})


def write_random_book(seed: int, raw: Path, reference: Reference) -> Written:
    """Write the seed's book into the directory `raw`."""
    return RandomBook(seed, reference).write(raw)


def main(arguments: list[str]) -> int:
    reference = read_reference(Path(arguments[2] if len(arguments) > 2 else "seeds/reference"))
    print(write_random_book(int(arguments[0]), Path(arguments[1]), reference).description)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
