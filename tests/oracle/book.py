"""A book of business and its measures as metrics.md words them: slow loops, no shortcuts."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import fsum
from typing import Any

from .contract import Outcome, Row
from .reference import Reference, RoleTier, WeightVersion

UNASSIGNED = "unassigned"
UNKNOWN = "unknown"
UNCLASSIFIED = "unclassified"
CATEGORIES = ("strategic", "onboarding", "escalation", "internal_advocacy", "administrative")
FACTORS = (
    "lifecycle",
    "stakeholders",
    "footprint",
    "custom_configuration",
    "health_trajectory",
    "expansion",
    "sentiment",
    "follow_up",
)
# Thresholds that `thresholds` does not have yet, or not under a name that is settled.
DEFAULT_LIMITS = {
    "slope_weeks": 13,
    "slope_minimum_count": 3,
    "episode_lapse_days": 90,
    "minimum_episodes": 30,
    "detection_window_days": 30,
    "restricted_mean_days": 90,
    "restricted_mean_window_days": 364,
    "risk_stacking_minimum_count": 3,
    "risk_stacking_share": 0.2,
    "unmonitored_margin_ratio": 0.1,
    "slow_detection_share": 0.5,
    "slow_detection_minimum_count": 3,
    "ramp_complete_days": 91,
    "ramp_room_load_ratio": 0.85,
    "longest_entry_minutes": 720,
    "preparation_ratio": 1,
    "settled_minimum_share": 0.5,
    "rolling_term_days": 90,
    "clock_gap_days": 28,
    "clock_stray_share": 0.01,
}

Mart = list[dict[str, Any]]


class NoClockError(Exception):
    """No as_of_date was given and no completed interaction tells one."""


# --- small arithmetic ------------------------------------------------------------------------


def rounded(value: float) -> float:
    """A computed measure as it is compared with thresholds."""
    return round(value, 9)


def mean(values: list[float]) -> float | None:
    return fsum(values) / len(values) if values else None


def slope(points: list[tuple[float, float]]) -> float:
    """The least-squares slope of y over x; the x must not all be equal."""
    mean_x = fsum(x for x, _ in points) / len(points)
    mean_y = fsum(y for _, y in points) / len(points)
    above = fsum((x - mean_x) * (y - mean_y) for x, y in points)
    return above / fsum((x - mean_x) ** 2 for x, _ in points)


def sunday_on_or_before(day: date) -> date:
    return day - timedelta(days=day.isoweekday() % 7)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def end_of(sunday: date) -> datetime:
    """The instant at which the week is over: the next Monday 00:00."""
    return midnight(sunday + timedelta(days=1))


def quarter_start(day: date, fiscal_year_start_month: int) -> date:
    month = day.month - (day.month - fiscal_year_start_month) % 3
    return date(day.year, month, 1) if month >= 1 else date(day.year - 1, month + 12, 1)


def next_quarter(start: date) -> date:
    month = start.month + 3
    return date(start.year, month, 1) if month <= 12 else date(start.year + 1, month - 12, 1)


def is_within(day: date, start: date, end: date | None) -> bool:
    """Whether the day lies in the half open span; no end is for ever."""
    return start <= day and (end is None or end > day)


def day_after(day: date) -> date:
    """The next day; after the last day that there is, that one again."""
    return day if day == date.max else day + timedelta(days=1)


def without_early_strays(days: list[date], gap_days: float, stray_share: float) -> list[date]:
    """The days in order, less the most that lie before a long gap and are still too few to count."""
    ordered = sorted(days)
    first = 0
    for position in range(1, len(ordered)):
        gap = (ordered[position] - ordered[position - 1]).days
        if gap > gap_days and rounded(position / len(ordered)) < stray_share:
            first = position
    return ordered[first:]


def without_late_strays(days: list[date], gap_days: float, stray_share: float) -> list[date]:
    """As without_early_strays, for those that lie after a long gap."""
    ordered = sorted(days)
    last = len(ordered)
    for position in range(len(ordered) - 1, 0, -1):
        gap = (ordered[position] - ordered[position - 1]).days
        if gap > gap_days and rounded((len(ordered) - position) / len(ordered)) < stray_share:
            last = position
    return ordered[:last]


def week_start(sunday: date) -> date:
    return sunday - timedelta(days=6)


def is_above(value: float | None, limit: float) -> bool | None:
    return None if value is None else rounded(value) > limit


@dataclass(frozen=True)
class Capacity:
    productive_hours_per_week: float
    fte: float
    ramp_ratio: float
    availability_ratio: float

    @property
    def scale(self) -> float:
        return self.fte * self.ramp_ratio * self.availability_ratio


class Book:
    """Accepted rows, reference tables and the clock, with the measures of metrics.md."""

    def __init__(self, outcome: Outcome, reference: Reference, as_of_date: date | None) -> None:
        self.rows = outcome.accepted
        self.reference = reference
        self.limits = {**DEFAULT_LIMITS, **reference.thresholds}
        self.csms = {row["csm_id"]: row for row in self.rows["csms"]}
        self.accounts = {row["account_id"]: row for row in self.rows["accounts"]}
        self.interactions = {row["interaction_id"]: row for row in self.rows["interactions"]}
        self.completed = [row for row in self.rows["interactions"] if row["status"] == "completed"]
        self.as_of = self._as_of(as_of_date)
        self.sundays = self._sundays()
        # A stray date years before all others is of no week that is measured, and counts nowhere.
        first = midnight(week_start(self.sundays[0]))
        self.completed = [row for row in self.completed if row["started_at"] >= first]

        self.of_account: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for table, rows in self.rows.items():
            for row in rows:
                if row.get("account_id") is not None:
                    self.of_account[row["account_id"]][table].append(row)
        self.completed_of_account: dict[str, list[Row]] = defaultdict(list)
        self.completed_of_csm: dict[str, list[Row]] = defaultdict(list)
        for row in self.completed:
            self.completed_of_csm[row["csm_id"]].append(row)
            if row["account_id"] is not None:
                self.completed_of_account[row["account_id"]].append(row)
        self.participants: dict[str, set[str]] = defaultdict(set)
        for row in self.rows["interaction_participants"]:
            self.participants[row["interaction_id"]].add(row["contact_id"])
        self.action_items: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows["action_items"]:
            self.action_items[row["interaction_id"]].append(row)
        self.stage_changes: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows["opportunity_stage_changes"]:
            self.stage_changes[row["opportunity_id"]].append(row)
        self.absences: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows["csm_absences"]:
            self.absences[row["csm_id"]].append(row)
        self.renewed_by: dict[str, list[Row]] = defaultdict(list)
        self.subscriptions = {row["subscription_id"]: row for row in self.rows["subscriptions"]}
        for row in self.rows["subscriptions"]:
            if self.is_linked(row):
                self.renewed_by[row["renews_subscription_id"]].append(row)
        self._effort_rows: dict[tuple[str, date], dict[str, Any]] = {}
        self._ends: dict[str, date | None] = {}
        self._continued: dict[str, list[tuple[date, Row]]] = {}

    # --- clock ---

    def _as_of(self, given: date | None) -> date:
        if given is not None:
            return sunday_on_or_before(given)
        if not self.completed:
            raise NoClockError("no completed interaction: as_of_date must be given")
        days = [row["started_at"].date() for row in self.completed]
        days = without_late_strays(days, self.limits["clock_gap_days"], self.limits["clock_stray_share"])
        return sunday_on_or_before(max(days))

    def _sundays(self) -> list[date]:
        """The Sundays of all weeks of the weekly facts."""
        first = self.as_of
        days = [row["started_at"].date() for row in self.interactions.values()]
        days = [day for day in days if day <= self.as_of]
        if days:
            days = without_early_strays(days, self.limits["clock_gap_days"], self.limits["clock_stray_share"])
            first = monday_of(min(days)) + timedelta(days=6)
        weeks = (self.as_of - first).days // 7 + 1
        return [first + timedelta(days=7 * week) for week in range(weeks)]

    def is_observed(self, table: str) -> bool:
        return bool(self.rows[table])

    # --- who and whose ---

    def is_employed(self, csm_id: str, day: date) -> bool:
        csm = self.csms[csm_id]
        return is_within(day, csm["hired_on"], csm["left_on"])

    def is_employed_in_week(self, csm_id: str, sunday: date) -> bool:
        return any(self.is_employed(csm_id, sunday - timedelta(days=ago)) for ago in range(7))

    def active_accounts(self, sunday: date) -> list[str]:
        return [
            account_id
            for account_id, account in self.accounts.items()
            if is_within(sunday, account["customer_since"], account["churned_on"])
        ]

    def owner(self, account_id: str, sunday: date) -> str:
        for span in self.of_account[account_id]["account_assignments"]:
            covers = is_within(sunday, span["assigned_on"], span["unassigned_on"])
            if covers and self.is_employed(span["csm_id"], sunday):
                return str(span["csm_id"])
        return UNASSIGNED

    def books(self, sunday: date) -> dict[str, list[str]]:
        """The accounts of every book that has a row in the week, `unassigned` included."""
        books: dict[str, list[str]] = {csm_id: [] for csm_id in self.csms if self.is_employed_in_week(csm_id, sunday)}
        books[UNASSIGNED] = []
        for account_id in self.active_accounts(sunday):
            books[self.owner(account_id, sunday)].append(account_id)
        return books

    def books_at_as_of(self) -> dict[str, list[str]]:
        """As books, of those employed on the very Sunday."""
        return {
            csm_id: accounts
            for csm_id, accounts in self.books(self.as_of).items()
            if csm_id == UNASSIGNED or self.is_employed(csm_id, self.as_of)
        }

    def tier(self, csm_id: str) -> RoleTier:
        return self.reference.role_tiers[self.csms[csm_id]["role_tier"]]

    def fte(self, csm_id: str) -> float:
        fte = self.csms[csm_id]["fte"]
        return 1.0 if fte is None else float(fte)

    # --- money ---

    def is_linked(self, row: Row) -> bool:
        """Whether it names another line on file; one that names itself is a dangling link."""
        renewed = row["renews_subscription_id"]
        return renewed in self.subscriptions and renewed != row["subscription_id"]

    def is_ever_in_force(self, row: Row) -> bool:
        """Whether it began before it was cancelled, if it was."""
        return row["cancelled_on"] is None or bool(row["cancelled_on"] > row["starts_on"])

    def in_force_end(self, row: Row) -> date | None:
        """The first day on which the line is no longer in force: of its end, cancellation and renewal the first."""
        subscription_id = row["subscription_id"]
        if subscription_id not in self._ends:
            ends = [row["starts_on"] for row in self.renewed_by[subscription_id] if self.is_ever_in_force(row)]
            if row["cancelled_on"] is not None:
                ends.append(row["cancelled_on"])
            if row["ends_on"] is not None:
                ends.append(day_after(row["ends_on"]) if self.is_end_inclusive(row) else row["ends_on"])
            self._ends[subscription_id] = min(ends, default=None)
        return self._ends[subscription_id]

    def is_end_inclusive(self, row: Row) -> bool:
        """Whether the same product goes on the day after the end: the end was the last day in force."""
        return row["ends_on"] != date.max and any(
            other["product"] == row["product"] and other["starts_on"] == day_after(row["ends_on"])
            for other in self.other_lines(row)
            if self.is_ever_in_force(other)
        )

    def other_lines(self, row: Row) -> list[Row]:
        """The account's other lines."""
        return [
            other
            for other in self.of_account[row["account_id"]]["subscriptions"]
            if other["subscription_id"] != row["subscription_id"]
        ]

    def active_subscriptions(self, account_id: str, sunday: date) -> list[Row]:
        return [
            row
            for row in self.of_account[account_id]["subscriptions"]
            if is_within(sunday, row["starts_on"], self.in_force_end(row))
        ]

    def arr(self, accounts: list[str], sunday: date) -> float:
        return fsum(row["arr_usd"] for account_id in accounts for row in self.active_subscriptions(account_id, sunday))

    def known_arr(self, accounts: list[str], sunday: date) -> float | None:
        """ARR as published: null where no subscription is on file at all."""
        return self.arr(accounts, sunday) if self.is_observed("subscriptions") else None

    # --- what continues a line ---

    def known_on(self, row: Row) -> date:
        """The day from which the line is known."""
        if row["signed_on"] is not None:
            return row["signed_on"]  # type: ignore[no-any-return]
        if row["contract_id"] is not None:
            steps = [other for other in self.other_lines(row) if other["contract_id"] == row["contract_id"]]
            for other in steps:
                ends_on = other["ends_on"]
                if ends_on is not None and row["starts_on"] in (ends_on, day_after(ends_on)):
                    return min(step["starts_on"] for step in [row, *steps])
        return row["starts_on"]  # type: ignore[no-any-return]

    def continues(self, other: Row, row: Row) -> bool:
        """Whether the other line continues this one, known or not."""
        if other["subscription_id"] == row["subscription_id"] or row["ends_on"] is None:
            return False
        if other["renews_subscription_id"] == row["subscription_id"]:
            return True
        if other["account_id"] != row["account_id"]:
            return False
        lasts_longer = other["ends_on"] is None or other["ends_on"] > row["ends_on"]
        begins_in_time = other["starts_on"] <= day_after(row["ends_on"])
        if not lasts_longer or not begins_in_time:
            return False
        if row["contract_id"] is not None and other["contract_id"] == row["contract_id"]:
            return True
        if self.is_linked(other):
            return False
        days_before = (row["ends_on"] - other["starts_on"]).days
        least = self.limits["settled_minimum_share"] * row["arr_usd"]
        return bool(
            other["product"] == row["product"]
            and days_before <= self.limits["renewal_window_days"]
            and rounded(other["arr_usd"]) >= rounded(least)
        )

    def is_settled(self, row: Row, day: date) -> bool:
        """Whether on that day a line is known that continues this one and was not taken back."""
        subscription_id = row["subscription_id"]
        if subscription_id not in self._continued:
            near = {other["subscription_id"]: other for other in self.other_lines(row)}
            near |= {other["subscription_id"]: other for other in self.renewed_by[subscription_id]}
            found = [other for other in near.values() if self.continues(other, row)]
            self._continued[subscription_id] = [(self.known_on(other), other) for other in found]
        for known_on, other in self._continued[subscription_id]:
            cancelled_on = other["cancelled_on"]
            is_taken_back = (
                cancelled_on is not None
                and cancelled_on <= day
                and (cancelled_on <= row["ends_on"] or cancelled_on <= other["starts_on"])
            )
            if known_on <= day and not is_taken_back:
                return True
        return False

    def is_rolling(self, row: Row) -> bool:
        """Whether the term is so short that it rolls on."""
        return row["ends_on"] is not None and bool(
            (row["ends_on"] - row["starts_on"]).days < self.limits["rolling_term_days"]
        )

    def renews(self, row: Row, day: date) -> bool:
        """Whether the line's end is, on that day, a renewal."""
        return row["ends_on"] is not None and not self.is_rolling(row) and not self.is_settled(row, day)

    def next_renewal_on(self, account_id: str, day: date) -> date | None:
        ends = [row["ends_on"] for row in self.active_subscriptions(account_id, day) if self.renews(row, day)]
        return min(ends, default=None)

    # --- interactions ---

    def is_meaningful(self, row: Row) -> bool:
        kind = self.reference.interaction_types.get(row["interaction_type"])
        return (
            row["status"] == "completed"
            and row["account_id"] is not None
            and kind is not None
            and kind.is_meaningful
            and row["duration_minutes"] is not None
            and row["duration_minutes"] >= kind.minimum_minutes
        )

    def counts_toward_ceiling(self, row: Row) -> bool:
        kind = self.reference.interaction_types.get(row["interaction_type"])
        return kind is not None and kind.counts_toward_ceiling

    def category(self, row: Row) -> str:
        kind = self.reference.interaction_types.get(row["interaction_type"])
        return UNCLASSIFIED if kind is None else kind.category

    def trailing(self, rows: list[Row], sunday: date, days: float) -> list[Row]:
        end = sunday + timedelta(days=1)
        start = end - timedelta(days=int(days))
        return [row for row in rows if midnight(start) <= row["started_at"] < midnight(end)]

    def in_week(self, rows: list[Row], sunday: date) -> list[Row]:
        return self.trailing(rows, sunday, 7)

    def items_created(self, interactions: list[Row], sunday: date) -> int:
        """Action items of the interactions that were created before the week's end."""
        end = midnight(sunday + timedelta(days=1))
        return sum(
            1
            for interaction in interactions
            for item in self.action_items[interaction["interaction_id"]]
            if item["created_at"] < end
        )

    def last_meaningful_at(self, account_id: str, sunday: date) -> datetime | None:
        end = midnight(sunday + timedelta(days=1))
        instants = [
            row["started_at"]
            for row in self.completed_of_account[account_id]
            if self.is_meaningful(row) and row["started_at"] < end
        ]
        return max(instants) if instants else None

    # --- effort ---

    def numeric_level(self, factor: str, value: float) -> str:
        for level in self.reference.levels[factor]:
            if level.level != UNKNOWN and level.holds(rounded(value)):
                return level.level
        raise ValueError(f"no level of {factor} holds {value}")

    def lifecycle_level(self, account_id: str, sunday: date) -> str:
        changes = [row for row in self.of_account[account_id]["lifecycle_stage_changes"] if row["entered_on"] <= sunday]
        if changes:
            return str(max(changes, key=lambda row: row["entered_on"])["lifecycle_stage"])
        tenure = (sunday - self.accounts[account_id]["customer_since"]).days
        if tenure < self.limits["onboarding_days"]:
            return "onboarding"
        for row in self.active_subscriptions(account_id, sunday):
            is_near = row["ends_on"] and (row["ends_on"] - sunday).days <= self.limits["renewal_window_days"]
            if is_near and self.renews(row, sunday):
                return "renewal"
        return "steady"

    def stakeholders_level(self, account_id: str, sunday: date) -> str:
        has_participants = self.is_observed("interaction_participants")
        has_contacts = self.is_observed("contacts")
        if not has_participants and not has_contacts:
            return UNKNOWN
        recent = self.trailing(self.completed_of_account[account_id], sunday, self.limits["stakeholder_days"])
        met = {contact for row in recent for contact in self.participants[row["interaction_id"]]}
        on_file = [
            row for row in self.of_account[account_id]["contacts"] if is_within(sunday, row["added_on"], row["left_on"])
        ]
        return self.numeric_level("stakeholders", len(met) if met else len(on_file))

    def footprint_level(self, account_id: str, sunday: date) -> str:
        if not self.is_observed("subscriptions"):
            return UNKNOWN
        products = {row["product"] for row in self.active_subscriptions(account_id, sunday)}
        return self.numeric_level("footprint", len(products))

    def custom_configuration_level(self, account_id: str, sunday: date) -> str:
        if not self.is_observed("subscriptions"):
            return UNKNOWN
        active = self.active_subscriptions(account_id, sunday)
        return "yes" if any(row["has_custom_configuration"] for row in active) else "no"

    def health_trajectory_level(self, account_id: str, sunday: date) -> str:
        first = sunday + timedelta(days=1) - timedelta(days=int(self.limits["health_days"]))
        points = [
            ((row["scored_on"] - sunday).days / 7, row["health_score"])
            for row in self.of_account[account_id]["health_scores"]
            if first <= row["scored_on"] <= sunday
        ]
        if len(points) < max(self.limits["health_minimum_count"], 2):
            return UNKNOWN
        return self.numeric_level("health_trajectory", slope(points))

    def expansion_level(self, account_id: str, sunday: date) -> str:
        if not self.is_observed("opportunities"):
            return UNKNOWN
        opportunities = [
            row
            for row in self.of_account[account_id]["opportunities"]
            if row["opportunity_type"] == "expansion" and is_within(sunday, row["created_on"], row["closed_on"])
        ]
        if not opportunities:
            return "none"
        in_force = []
        for opportunity in opportunities:
            entered = [row for row in self.stage_changes[opportunity["opportunity_id"]] if row["entered_on"] <= sunday]
            if entered:
                latest = max(entered, key=lambda row: row["entered_on"])
                in_force.append(self.reference.stages[latest["stage"]])
        if not in_force:
            return "identified"
        return max(in_force, key=lambda stage: stage.stage_order).expansion_level

    def sentiment_level(self, account_id: str, sunday: date) -> str:
        recent = self.trailing(self.completed_of_account[account_id], sunday, self.limits["conversation_days"])
        scores = [row["sentiment_score"] for row in recent if row["sentiment_score"] is not None]
        average = mean(scores)
        if average is None or len(scores) < self.limits["conversation_minimum_count"]:
            return UNKNOWN
        return self.numeric_level("sentiment", average)

    def follow_up_level(self, account_id: str, sunday: date) -> str:
        if not self.is_observed("action_items"):
            return UNKNOWN
        recent = self.trailing(self.completed_of_account[account_id], sunday, self.limits["conversation_days"])
        meaningful = [row for row in recent if self.is_meaningful(row)]
        if not meaningful or len(meaningful) < self.limits["conversation_minimum_count"]:
            return UNKNOWN
        items = self.items_created(meaningful, sunday)
        return self.numeric_level("follow_up", items / len(meaningful))

    def weights_in_force(self, sunday: date) -> WeightVersion:
        versions = self.reference.adopted_versions
        in_force = [version for version in versions if version.effective_from <= sunday]
        return in_force[-1] if in_force else versions[0]

    def effort(self, account_id: str, sunday: date) -> dict[str, Any]:
        """The row of fct_account_effort."""
        if (account_id, sunday) in self._effort_rows:
            return self._effort_rows[(account_id, sunday)]
        segment = self.accounts[account_id]["segment"]
        version = self.weights_in_force(sunday)
        base = version.weights[("base", segment)]
        row: dict[str, Any] = {
            "account_id": account_id,
            "week_start_date": sunday - timedelta(days=6),
            "csm_id": self.owner(account_id, sunday),
            "segment": segment,
            "base_hours": base,
            "weight_version": version.version,
        }
        hours = base
        for factor in FACTORS:
            level = getattr(self, f"{factor}_level")(account_id, sunday)
            weight = 1.0 if level == UNKNOWN else version.weights[(factor, level)]
            row[f"{factor}_level"] = level
            row[f"{factor}_weight"] = weight
            hours *= weight
        row["effort_hours"] = hours
        self._effort_rows[(account_id, sunday)] = row
        return row

    # --- capacity ---

    def ramp_ratio(self, csm_id: str, sunday: date) -> float:
        tier = self.tier(csm_id)
        days = max(0, (sunday - self.csms[csm_id]["hired_on"]).days)
        if days >= tier.ramp_days:
            return 1.0
        return tier.ramp_start_ratio + (1 - tier.ramp_start_ratio) * days / tier.ramp_days

    def availability_ratio(self, csm_id: str, sunday: date) -> float:
        fte = self.fte(csm_id)
        parts = []
        for ago in range(6, 1, -1):
            day = sunday - timedelta(days=ago)
            if not self.is_employed(csm_id, day):
                parts.append(0.0)
                continue
            absent = fsum(
                fte if row["absent_fte"] is None else row["absent_fte"]
                for row in self.absences[csm_id]
                if row["starts_on"] <= day and (row["ends_on"] is None or row["ends_on"] >= day)
            )
            parts.append((fte - min(fte, absent)) / fte)
        return fsum(parts) / len(parts)

    def capacity(self, csm_id: str, sunday: date) -> Capacity:
        own = self.csms[csm_id]["productive_hours_per_week"]
        return Capacity(
            productive_hours_per_week=(self.tier(csm_id).productive_hours_per_week if own is None else own),
            fte=self.fte(csm_id),
            ramp_ratio=self.ramp_ratio(csm_id, sunday),
            availability_ratio=self.availability_ratio(csm_id, sunday),
        )

    # --- coverage ---

    def allowed_gap_days(self, account_id: str) -> float | None:
        segment = self.accounts[account_id]["segment"]
        owed = fsum(row.touches_per_quarter for row in self.reference.cadences[segment])
        return self.limits["quarter_days"] / owed if owed > 0 else None

    def coverage(self, account_id: str, sunday: date) -> dict[str, Any]:
        """The row of fct_account_coverage, at any Sunday."""
        last = self.last_meaningful_at(account_id, sunday)
        since = None if last is None else (sunday - last.date()).days
        gap = self.allowed_gap_days(account_id)
        tenure = (sunday - self.accounts[account_id]["customer_since"]).days
        waited = tenure if since is None else since
        is_observed = self.is_observed("interactions")
        return {
            "account_id": account_id,
            "csm_id": self.owner(account_id, sunday),
            "last_meaningful_at": last,
            "days_since_meaningful": since,
            "is_unmonitored": since is None or since >= self.limits["unmonitored_days"] if is_observed else None,
            "allowed_gap_days": gap,
            "is_overdue": gap is not None and waited > rounded(gap) if is_observed else None,
        }

    # --- renewals ---

    def quarters(self, day: date) -> list[date]:
        """The current fiscal quarter and the next three."""
        quarters = [quarter_start(day, int(self.limits["fiscal_year_start_month"]))]
        while len(quarters) < 4:
            quarters.append(next_quarter(quarters[-1]))
        return quarters

    def renewing(self, accounts: list[str], sunday: date) -> dict[date, list[Row]]:
        """The book's active subscriptions that renew, by the quarter in which they end."""
        month = int(self.limits["fiscal_year_start_month"])
        by_quarter: dict[date, list[Row]] = defaultdict(list)
        for account_id in accounts:
            for row in self.active_subscriptions(account_id, sunday):
                if self.renews(row, sunday):
                    by_quarter[quarter_start(row["ends_on"], month)].append(row)
        return by_quarter

    def renewal_share(self, rows: list[Row], book_arr: float | None) -> float | None:
        if book_arr is None or rounded(book_arr) == 0:
            return None
        return fsum(row["arr_usd"] for row in rows) / book_arr

    def first_shares(self, accounts: list[str], sunday: date) -> list[tuple[date, float | None]]:
        book_arr = self.known_arr(accounts, sunday)
        renewing = self.renewing(accounts, sunday)
        return [(quarter, self.renewal_share(renewing.get(quarter, []), book_arr)) for quarter in self.quarters(sunday)]

    def peak(self, accounts: list[str], sunday: date) -> tuple[date | None, float | None]:
        """The first quarter of the highest share among the current and the next three."""
        best: tuple[date | None, float | None] = (None, None)
        for quarter, share in self.first_shares(accounts, sunday):
            if share is None:
                return (None, None)
            if best[1] is None or rounded(share) > rounded(best[1]):
                best = (quarter, share)
        return best

    def latest_health_score(self, account_id: str, sunday: date) -> float | None:
        scores = [row for row in self.of_account[account_id]["health_scores"] if row["scored_on"] <= sunday]
        if not scores:
            return None
        return float(max(scores, key=lambda row: row["scored_on"])["health_score"])
