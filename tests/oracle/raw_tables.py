"""The raw contract's tables and columns, written from the document and not from the models."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column. `kind`: text, date, timestamp, number, count or boolean. Range ends inclusive.

    A fault in a measure (`~`) costs the value and not the row. `high_threshold` names the threshold that
    is the range's upper end.
    """

    name: str
    kind: str = "text"
    is_key: bool = False
    is_optional: bool = False
    low: float | None = None
    high: float | None = None
    above: float | None = None
    values: tuple[str, ...] = ()
    reference: str | None = None
    parent: str | None = None
    is_measure: bool = False
    high_threshold: str | None = None

    @property
    def is_enumeration(self) -> bool:
        return bool(self.values) or self.reference is not None

    @property
    def is_typed(self) -> bool:
        """Whether a null word stands for nothing here: not in ids and free text."""
        return self.kind != "text" or self.is_enumeration


@dataclass(frozen=True)
class Table:
    """One table; `spans` are pairs (start, end) of which the end may not precede the start."""

    name: str
    domain: str
    is_required: bool
    columns: tuple[Column, ...]
    spans: tuple[tuple[str, str], ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.is_key)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def key(name: str, kind: str = "text", parent: str | None = None) -> Column:
    return Column(name, kind, is_key=True, parent=parent)


def text(name: str, parent: str | None = None) -> Column:
    return Column(name, parent=parent)


def opt(name: str, kind: str = "text", parent: str | None = None) -> Column:
    return Column(name, kind, is_optional=True, parent=parent)


def enum(name: str, *values: str) -> Column:
    return Column(name, values=values)


def day(name: str) -> Column:
    return Column(name, "date")


def instant(name: str) -> Column:
    return Column(name, "timestamp")


def amount(name: str, is_optional: bool = False) -> Column:
    return Column(name, "number", is_optional=is_optional, low=0)


def measure(
    name: str,
    kind: str = "number",
    low: float = 0,
    high: float | None = None,
    high_threshold: str | None = None,
) -> Column:
    return Column(name, kind, is_optional=True, low=low, high=high, is_measure=True, high_threshold=high_threshold)


TABLES: tuple[Table, ...] = (
    Table(
        "csms",
        "crm",
        True,
        (
            key("csm_id"),
            text("csm_name"),
            Column("role_tier", reference="role_tiers"),
            opt("team"),
            opt("region"),
            opt("languages"),
            opt("skills"),
            day("hired_on"),
            opt("left_on", "date"),
            Column("productive_hours_per_week", "number", is_optional=True, low=0, high=168),
            Column("fte", "number", is_optional=True, above=0),
        ),
        spans=(("hired_on", "left_on"),),
    ),
    Table(
        "accounts",
        "crm",
        True,
        (
            key("account_id"),
            text("account_name"),
            Column("segment", reference="segments"),
            opt("industry"),
            opt("region"),
            opt("language"),
            day("customer_since"),
            opt("churned_on", "date"),
        ),
        spans=(("customer_since", "churned_on"),),
    ),
    Table(
        "account_assignments",
        "crm",
        True,
        (
            key("account_id", parent="accounts"),
            key("assigned_on", "date"),
            text("csm_id", parent="csms"),
            opt("unassigned_on", "date"),
        ),
        spans=(("assigned_on", "unassigned_on"),),
    ),
    Table(
        "subscriptions",
        "crm",
        True,
        (
            key("subscription_id"),
            text("account_id", parent="accounts"),
            text("product"),
            amount("arr_usd"),
            opt("has_custom_configuration", "boolean"),
            day("starts_on"),
            opt("ends_on", "date"),
            opt("cancelled_on", "date"),
            opt("contract_id"),
            opt("signed_on", "date"),
            opt("renews_subscription_id"),
        ),
        spans=(("starts_on", "ends_on"),),
    ),
    Table(
        "lifecycle_stage_changes",
        "crm",
        False,
        (
            key("account_id", parent="accounts"),
            key("entered_on", "date"),
            enum("lifecycle_stage", "onboarding", "adoption", "steady", "renewal", "at_risk"),
        ),
    ),
    Table(
        "contacts",
        "crm",
        False,
        (
            key("contact_id"),
            text("account_id", parent="accounts"),
            enum("contact_role", "champion", "decision_maker", "influencer", "user"),
            day("added_on"),
            opt("left_on", "date"),
        ),
        spans=(("added_on", "left_on"),),
    ),
    Table(
        "opportunities",
        "crm",
        False,
        (
            key("opportunity_id"),
            opt("account_id", parent="accounts"),
            enum("opportunity_type", "new_logo", "expansion", "renewal"),
            Column("segment", is_optional=True, reference="segments"),
            measure("amount_usd"),
            day("created_on"),
            opt("expected_close_on", "date"),
            opt("closed_on", "date"),
            opt("is_won", "boolean"),
        ),
        spans=(("created_on", "closed_on"),),
    ),
    Table(
        "opportunity_stage_changes",
        "crm",
        False,
        (
            key("opportunity_id", parent="opportunities"),
            key("entered_on", "date"),
            Column("stage", reference="stages"),
        ),
    ),
    Table(
        "health_scores",
        "crm",
        False,
        (
            key("account_id", parent="accounts"),
            key("scored_on", "date"),
            Column("health_score", "number", low=0, high=100),
        ),
    ),
    Table(
        "csm_absences",
        "crm",
        False,
        (
            key("csm_id", parent="csms"),
            key("starts_on", "date"),
            opt("ends_on", "date"),
            amount("absent_fte", is_optional=True),
            opt("reason"),
        ),
        spans=(("starts_on", "ends_on"),),
    ),
    Table(
        "risk_flags",
        "crm",
        False,
        (
            key("risk_flag_id"),
            text("account_id", parent="accounts"),
            opt("csm_id", parent="csms"),
            instant("raised_at"),
            opt("resolved_at", "timestamp"),
            opt("reason"),
        ),
        spans=(("raised_at", "resolved_at"),),
    ),
    Table(
        "effort_surveys",
        "crm",
        False,
        (
            key("csm_id", parent="csms"),
            key("surveyed_on", "date"),
            Column("perceived_load", "number", low=1, high=10),
        ),
    ),
    Table(
        "product_usage",
        "usage",
        False,
        (
            key("account_id", parent="accounts"),
            key("product"),
            key("used_on", "date"),
            measure("active_users", "count"),
            measure("event_count", "count"),
        ),
    ),
    Table(
        "tickets",
        "support",
        False,
        (
            key("ticket_id"),
            text("account_id", parent="accounts"),
            instant("opened_at"),
            enum("priority", "low", "normal", "high", "urgent"),
            opt("escalated_at", "timestamp"),
            opt("resolved_at", "timestamp"),
        ),
        spans=(("opened_at", "resolved_at"),),
    ),
    Table(
        "interactions",
        "interactions",
        True,
        (
            key("interaction_id"),
            opt("account_id", parent="accounts"),
            text("csm_id", parent="csms"),
            instant("started_at"),
            text("interaction_type"),
            opt("channel"),
            measure("duration_minutes", high_threshold="maximum_interaction_minutes"),
            enum("status", "completed", "cancelled", "no_show"),
            measure("sentiment_score", low=-1, high=1),
            measure("quality_score", high=100),
            opt("scorecard"),
            opt("language"),
        ),
    ),
    Table(
        "interaction_participants",
        "interactions",
        False,
        (
            key("interaction_id", parent="interactions"),
            key("contact_id", parent="contacts"),
        ),
    ),
    Table(
        "interaction_topics",
        "interactions",
        False,
        (
            key("interaction_id", parent="interactions"),
            key("topic"),
            enum("topic_kind", "product", "competitor", "risk", "renewal", "other"),
            opt("product"),
            measure("mention_count", "count"),
        ),
    ),
    Table(
        "action_items",
        "interactions",
        False,
        (
            key("action_item_id"),
            text("interaction_id", parent="interactions"),
            instant("created_at"),
            opt("due_on", "date"),
            opt("completed_at", "timestamp"),
        ),
        spans=(("created_at", "completed_at"),),
    ),
    Table(
        "time_entries",
        "interactions",
        False,
        (
            key("time_entry_id"),
            text("csm_id", parent="csms"),
            opt("account_id", parent="accounts"),
            day("worked_on"),
            opt("activity"),
            amount("minutes"),
        ),
    ),
    Table(
        "transcripts",
        "interactions",
        False,
        (
            key("interaction_id", parent="interactions"),
            key("turn", "count"),
            opt("speaker_contact_id", parent="contacts"),
            opt("speaker_csm_id", parent="csms"),
            Column("speaker_side", is_optional=True, values=("ours", "theirs")),
            measure("started_seconds"),
            measure("ended_seconds"),
            opt("language"),
            text("text"),
        ),
    ),
    Table(
        "renewals",
        "outcomes",
        False,
        (
            key("account_id", parent="accounts"),
            key("renewed_on", "date"),
            enum("outcome", "renewed", "expanded", "contracted", "churned"),
            amount("arr_before_usd"),
            amount("arr_after_usd"),
        ),
    ),
    Table(
        "survey_responses",
        "outcomes",
        False,
        (
            key("account_id", parent="accounts"),
            key("responded_on", "date"),
            Column("survey", is_key=True, values=("csat", "nps")),
            Column("score", "number"),
        ),
    ),
)
TABLE_BY_NAME = {table.name: table for table in TABLES}
