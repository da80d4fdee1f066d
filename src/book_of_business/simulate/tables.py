"""The raw contract's tables: domain and columns of each; and how arrays become columns."""

import numpy as np
import numpy.typing as npt
import polars as pl

from book_of_business.simulate.days import NEVER

TEXT, DATE, TIME, BOOL, FLOAT, INT = (
    pl.String(), pl.Date(), pl.Datetime("us"), pl.Boolean(), pl.Float64(), pl.Int64(),
)  # fmt: skip

TABLES: dict[str, tuple[str, dict[str, pl.DataType]]] = {
    "csms": ("crm", {
        "csm_id": TEXT, "csm_name": TEXT, "role_tier": TEXT, "team": TEXT, "region": TEXT, "languages": TEXT,
        "skills": TEXT, "hired_on": DATE, "left_on": DATE, "productive_hours_per_week": FLOAT, "fte": FLOAT}),
    "accounts": ("crm", {
        "account_id": TEXT, "account_name": TEXT, "segment": TEXT, "industry": TEXT, "region": TEXT,
        "language": TEXT, "customer_since": DATE, "churned_on": DATE}),
    "account_assignments": ("crm", {"account_id": TEXT, "assigned_on": DATE, "csm_id": TEXT, "unassigned_on": DATE}),
    "subscriptions": ("crm", {
        "subscription_id": TEXT, "account_id": TEXT, "product": TEXT, "arr_usd": FLOAT,
        "has_custom_configuration": BOOL, "starts_on": DATE, "ends_on": DATE, "cancelled_on": DATE}),
    "lifecycle_stage_changes": ("crm", {"account_id": TEXT, "entered_on": DATE, "lifecycle_stage": TEXT}),
    "contacts": ("crm", {
        "contact_id": TEXT, "account_id": TEXT, "contact_role": TEXT, "added_on": DATE, "left_on": DATE}),
    "opportunities": ("crm", {
        "opportunity_id": TEXT, "account_id": TEXT, "opportunity_type": TEXT, "segment": TEXT, "amount_usd": FLOAT,
        "created_on": DATE, "expected_close_on": DATE, "closed_on": DATE, "is_won": BOOL}),
    "opportunity_stage_changes": ("crm", {"opportunity_id": TEXT, "entered_on": DATE, "stage": TEXT}),
    "health_scores": ("crm", {"account_id": TEXT, "scored_on": DATE, "health_score": FLOAT}),
    "csm_absences": ("crm", {"csm_id": TEXT, "starts_on": DATE, "ends_on": DATE, "absent_fte": FLOAT, "reason": TEXT}),
    "risk_flags": ("crm", {
        "risk_flag_id": TEXT, "account_id": TEXT, "csm_id": TEXT, "raised_at": TIME, "resolved_at": TIME,
        "reason": TEXT}),
    "effort_surveys": ("crm", {"csm_id": TEXT, "surveyed_on": DATE, "perceived_load": INT}),
    "product_usage": ("usage", {
        "account_id": TEXT, "product": TEXT, "used_on": DATE, "active_users": INT, "event_count": INT}),
    "tickets": ("support", {
        "ticket_id": TEXT, "account_id": TEXT, "opened_at": TIME, "priority": TEXT, "escalated_at": TIME,
        "resolved_at": TIME}),
    "interactions": ("interactions", {
        "interaction_id": TEXT, "account_id": TEXT, "csm_id": TEXT, "started_at": TIME, "interaction_type": TEXT,
        "channel": TEXT, "duration_minutes": INT, "status": TEXT, "sentiment_score": FLOAT, "quality_score": FLOAT,
        "scorecard": TEXT, "language": TEXT}),
    "interaction_participants": ("interactions", {"interaction_id": TEXT, "contact_id": TEXT}),
    "interaction_topics": ("interactions", {
        "interaction_id": TEXT, "topic": TEXT, "topic_kind": TEXT, "product": TEXT, "mention_count": INT}),
    "action_items": ("interactions", {
        "action_item_id": TEXT, "interaction_id": TEXT, "created_at": TIME, "due_on": DATE, "completed_at": TIME}),
    "time_entries": ("interactions", {
        "time_entry_id": TEXT, "csm_id": TEXT, "account_id": TEXT, "worked_on": DATE, "activity": TEXT,
        "minutes": INT}),
    "transcripts": ("interactions", {
        "interaction_id": TEXT, "turn": INT, "speaker_contact_id": TEXT, "speaker_csm_id": TEXT, "language": TEXT,
        "text": TEXT}),
    "renewals": ("outcomes", {
        "account_id": TEXT, "renewed_on": DATE, "outcome": TEXT, "arr_before_usd": FLOAT, "arr_after_usd": FLOAT}),
    "survey_responses": ("outcomes", {"account_id": TEXT, "responded_on": DATE, "survey": TEXT, "score": INT}),
}  # fmt: skip
EVENT_TABLES = (  # written week by week; in Parquet as folders of weeks
    "health_scores", "product_usage", "tickets", "interactions", "interaction_participants", "interaction_topics",
    "action_items", "time_entries",
)  # fmt: skip


def ids(prefix: str, numbers: npt.ArrayLike, width: int) -> pl.Series:
    """Ids such as `A0042`: the prefix and a number of fixed width. Negative numbers are null."""
    number = pl.Series("id", np.asarray(numbers, dtype=np.int64))
    frame = number.to_frame().select(
        pl.when(pl.col("id") >= 0).then(pl.lit(prefix) + pl.col("id").cast(pl.String).str.zfill(width))
    )
    return frame.to_series()


def take(labels: pl.Series | tuple[str, ...], codes: npt.ArrayLike) -> pl.Series:
    """Labels by code. Negative codes are null."""
    series = labels if isinstance(labels, pl.Series) else pl.Series(labels, dtype=pl.String)
    number = np.asarray(codes, dtype=np.int64)
    index = pl.Series(number)
    if len(number) and number.min() < 0:
        index = index.set(index < 0, None)
    return series.gather(index)


def dates(days: npt.ArrayLike) -> pl.Series:
    """Days since 1970-01-01 as dates. NEVER is null."""
    number = np.asarray(days, dtype=np.int32)
    series = pl.Series(number)
    if len(number) and number.max() == NEVER:
        series = series.set(series == int(NEVER), None)
    return series.cast(pl.Date)


def times(seconds: npt.ArrayLike) -> pl.Series:
    """Seconds since 1970-01-01 as UTC timestamps. Negative ones are null."""
    number = np.asarray(seconds, dtype=np.int64)
    series = pl.Series(number * 1_000_000)
    if len(number) and number.min() < 0:
        series = series.set(series < 0, None)
    return series.cast(pl.Datetime("us"))


def build(table: str, **columns: object) -> pl.DataFrame:
    """A frame of a table in contract order and types. Raises KeyError on missing or unknown columns."""
    schema = TABLES[table][1]
    if columns.keys() != schema.keys():
        raise KeyError(f"{table} has columns {list(schema)}, got {list(columns)}")
    return pl.DataFrame({name: columns[name] for name in schema}).cast(dict(schema))
