"""The raw contract's rules, applied to whole simulated tables at once; for the tests of the simulator.

Each check returns sentences about what is wrong: none is what a test wants to see.
"""

from pathlib import Path

import polars as pl

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.tables import TABLES

KEYS = {
    "csms": ["csm_id"],
    "accounts": ["account_id"],
    "account_assignments": ["account_id", "assigned_on"],
    "subscriptions": ["subscription_id"],
    "lifecycle_stage_changes": ["account_id", "entered_on"],
    "contacts": ["contact_id"],
    "opportunities": ["opportunity_id"],
    "opportunity_stage_changes": ["opportunity_id", "entered_on"],
    "health_scores": ["account_id", "scored_on"],
    "csm_absences": ["csm_id", "starts_on"],
    "risk_flags": ["risk_flag_id"],
    "effort_surveys": ["csm_id", "surveyed_on"],
    "product_usage": ["account_id", "product", "used_on"],
    "tickets": ["ticket_id"],
    "interactions": ["interaction_id"],
    "interaction_participants": ["interaction_id", "contact_id"],
    "interaction_topics": ["interaction_id", "topic"],
    "action_items": ["action_item_id"],
    "time_entries": ["time_entry_id"],
    "transcripts": ["interaction_id", "turn"],
    "renewals": ["account_id", "renewed_on"],
    "survey_responses": ["account_id", "responded_on", "survey"],
}
MAY_BE_NULL = {
    "csms": {"team", "region", "languages", "skills", "left_on", "productive_hours_per_week", "fte"},
    "accounts": {"industry", "region", "language", "churned_on"},
    "account_assignments": {"unassigned_on"},
    "subscriptions": {"has_custom_configuration", "ends_on", "cancelled_on"},
    "contacts": {"left_on"},
    "opportunities": {"account_id", "segment", "amount_usd", "expected_close_on", "closed_on", "is_won"},
    "csm_absences": {"ends_on", "absent_fte", "reason"},
    "risk_flags": {"csm_id", "resolved_at", "reason"},
    "product_usage": {"active_users", "event_count"},
    "tickets": {"escalated_at", "resolved_at"},
    "interactions": {
        "account_id",
        "channel",
        "duration_minutes",
        "sentiment_score",
        "quality_score",
        "scorecard",
        "language",
    },
    "interaction_topics": {"product", "mention_count"},
    "action_items": {"due_on", "completed_at"},
    "time_entries": {"account_id", "activity"},
    "transcripts": {"speaker_contact_id", "speaker_csm_id", "language"},
}
PARENTS = {"account_id": "accounts", "csm_id": "csms", "contact_id": "contacts", "interaction_id": "interactions"}
PARENTS |= {"opportunity_id": "opportunities", "speaker_contact_id": "contacts", "speaker_csm_id": "csms"}
OWN_KEY = {"contact_id": "contact_id", "speaker_contact_id": "contact_id", "speaker_csm_id": "csm_id"}
RANGES = {
    "arr_usd": (0, None),
    "amount_usd": (0, None),
    "health_score": (0, 100),
    "absent_fte": (0, None),
    "perceived_load": (1, 10),
    "active_users": (0, None),
    "event_count": (0, None),
    "duration_minutes": (0, None),
    "sentiment_score": (-1, 1),
    "quality_score": (0, 100),
    "mention_count": (0, None),
    "minutes": (0, None),
    "arr_before_usd": (0, None),
    "arr_after_usd": (0, None),
    "fte": (0.01, None),
}
VALUES = {
    "role_tier": words.ROLE_TIERS,
    "segment": words.SEGMENTS,
    "lifecycle_stage": words.LIFECYCLE_STAGES,
    "contact_role": words.CONTACT_ROLES,
    "opportunity_type": words.OPPORTUNITY_TYPES,
    "stage": words.PIPELINE_STAGES,
    "priority": words.PRIORITIES,
    "status": words.STATUSES,
    "outcome": words.RENEWAL_OUTCOMES,
    "survey": ("csat", "nps"),
    "topic_kind": ("product", "competitor", "risk", "renewal", "other"),
    "interaction_type": tuple(item.name for item in words.INTERACTION_TYPES),
}
SPANS = (
    ("csms", "hired_on", "left_on"),
    ("accounts", "customer_since", "churned_on"),
    ("account_assignments", "assigned_on", "unassigned_on"),
    ("subscriptions", "starts_on", "ends_on"),
    ("contacts", "added_on", "left_on"),
    ("opportunities", "created_on", "closed_on"),
    ("csm_absences", "starts_on", "ends_on"),
    ("risk_flags", "raised_at", "resolved_at"),
    ("tickets", "opened_at", "escalated_at"),
    ("tickets", "opened_at", "resolved_at"),
    ("action_items", "created_at", "completed_at"),
)


def read_tables(folder: Path) -> dict[str, pl.DataFrame]:
    """The tables of a folder (CSV, Parquet or folders of parts; flat or by domain), typed by the contract."""
    found = {}
    for table, (domain, schema) in TABLES.items():
        for base in (folder / table, folder / domain / table):
            if base.with_suffix(".csv").is_file():
                frame = pl.read_csv(base.with_suffix(".csv"), schema_overrides=dict.fromkeys(schema, pl.String))
                times = [name for name, kind in schema.items() if kind == pl.Datetime("us")]
                frame = frame.with_columns(pl.col(times).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=True))
                days = [name for name, kind in schema.items() if kind == pl.Date()]
                frame = frame.with_columns(pl.col(days).str.to_date("%Y-%m-%d", strict=True))
                flags = [name for name, kind in schema.items() if kind == pl.Boolean()]
                frame = frame.with_columns(
                    pl.col(flags).replace_strict({"true": True, "false": False}, return_dtype=pl.Boolean)
                )
                found[table] = frame.cast(dict(schema))
            elif base.with_suffix(".parquet").is_file():
                found[table] = pl.read_parquet(base.with_suffix(".parquet"))
            elif any(base.glob("week=*")):
                found[table] = pl.read_parquet(base / "*" / "*.parquet", hive_partitioning=False)
    return found


def faults(tables: dict[str, pl.DataFrame]) -> list[str]:
    """What breaks the contract, one sentence each."""
    wrong = []
    for table, frame in tables.items():
        schema = TABLES[table][1]
        if dict(frame.schema) != schema:
            wrong.append(f"{table} has other columns or types: {frame.schema}")
            continue
        if frame.select(KEYS[table]).is_duplicated().any():
            wrong.append(f"{table} has a key twice")
        for column in frame.columns:
            values = frame[column]
            if column not in MAY_BE_NULL.get(table, set()) and values.null_count():
                wrong.append(f"{table}.{column} is null")
            low, high = RANGES.get(column, (None, None))
            known = values.drop_nulls()
            if (low is not None and (known < low).any()) or (high is not None and (known > high).any()):
                wrong.append(f"{table}.{column} is out of range")
            if known.dtype == pl.Float64 and not known.is_finite().all():
                wrong.append(f"{table}.{column} is not a number")
            if column in VALUES and not known.is_in(VALUES[column]).all():
                wrong.append(f"{table}.{column} has an unknown value")
            parent = PARENTS.get(column)
            if parent and parent != table:
                own = OWN_KEY.get(column, column)
                if not known.is_in(tables[parent][own].implode()).all():
                    wrong.append(f"{table}.{column} has no parent in {parent}")
    for table, start, end in SPANS:
        if table in tables and (tables[table][end] < tables[table][start]).any():
            wrong.append(f"{table}.{end} is before {start}")
    spans = tables["account_assignments"].sort("account_id", "assigned_on")
    following = spans["assigned_on"].shift(-1)
    same = spans["account_id"] == spans["account_id"].shift(-1)
    if (same & (spans["unassigned_on"].is_null() | (spans["unassigned_on"] > following))).any():
        wrong.append("account_assignments overlap")
    scores = tables["survey_responses"]
    highest = scores["survey"].replace_strict({"csat": 5, "nps": 10}, return_dtype=pl.Int64)
    lowest = scores["survey"].replace_strict({"csat": 1, "nps": 0}, return_dtype=pl.Int64)
    if ((scores["score"] > highest) | (scores["score"] < lowest)).any():
        wrong.append("survey_responses.score is out of range")
    return wrong
