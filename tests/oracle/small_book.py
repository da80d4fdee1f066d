"""A book and reference tables so small that a reader can redo the sums."""

from datetime import date
from pathlib import Path
from typing import Any

from .contract import Outcome, apply_contract
from .reference import Cadence, InteractionType, Level, Reference, RoleTier, Stage, WeightVersion

WEIGHTS = {("base", "smb"): 2.0, ("base", "free"): 0.5}
WEIGHTS |= {
    (factor, level): 1.0
    for factor, levels in {
        "stakeholders": ("single", "multi"),
        "footprint": ("one", "few"),
        "custom_configuration": ("no",),
        "health_trajectory": ("declining", "stable"),
    }.items()
    for level in levels
}
WEIGHTS |= {("lifecycle", "onboarding"): 1.5, ("lifecycle", "steady"): 1.0}
WEIGHTS |= {("lifecycle", "renewal"): 1.25, ("custom_configuration", "yes"): 1.2}
REFERENCE = Reference(
    role_tiers={"mid": RoleTier("hybrid", 20, 2, 100, 90, 0.25)},
    bands={
        "hybrid": {
            "minimum_arr_usd": 100.0,
            "maximum_arr_usd": 1000.0,
            "minimum_account_count": 1.0,
            "maximum_account_count": 1.0,
        }
    },
    interaction_types={"review": InteractionType("strategic", True, True, 30)},
    cadences={"smb": [Cadence(1, 4), Cadence(1.5, 1)], "free": [Cadence(0, 0)]},
    adopted_versions=[
        WeightVersion("v1", date(2025, 3, 9), WEIGHTS),
        WeightVersion("v2", date(2025, 3, 16), {**WEIGHTS, ("base", "smb"): 3.0}),
    ],
    levels={
        "stakeholders": [
            Level("single", None, False, 1, True),
            Level("multi", 1, False, None, False),
        ],
        "footprint": [
            Level("one", None, False, 1, True),
            Level("few", 1, False, None, False),
        ],
        "health_trajectory": [
            Level("declining", None, False, -1, True),
            Level("stable", -1, False, None, False),
        ],
    },
    stages={"proposal": Stage(1, "active")},
    thresholds={
        "onboarding_days": 90,
        "renewal_window_days": 90,
        "stakeholder_days": 90,
        "health_days": 56,
        "health_minimum_count": 3,
        "conversation_days": 90,
        "conversation_minimum_count": 3,
        "target_load_ratio": 1,
        "consecutive_weeks": 3,
        "unmonitored_days": 30,
        "quarter_days": 91,
        "productive_hours_low": 20,
        "productive_hours_high": 25,
        "fiscal_year_start_month": 1,
        "renewal_warn_share": 0.35,
        "renewal_cap_share": 0.4,
        "slope_weeks": 13,
        "slope_minimum_count": 3,
        "red_health_score": 50,
    },
    risk_rules={
        ("usage_decline", "intervention_window_days"): 30,
        ("usage_decline", "severity"): 2,
        ("ticket_escalation", "severity"): 3,
        ("ticket_escalation", "intervention_window_days"): 7,
        ("stakeholder_disengagement", "intervention_window_days"): 21,
        ("stakeholder_disengagement", "missed_meeting_count"): 4,
        ("stakeholder_disengagement", "silent_days"): 35,
        ("stakeholder_disengagement", "minimum_attendance_ratio"): 0.5,
        ("negative_sentiment", "limit_score"): -0.4,
        ("negative_sentiment", "intervention_window_days"): 7,
    },
)
BOOK = {
    "csms": """csm_id,csm_name,role_tier,hired_on,left_on,fte
ada,Ada,mid,2020-01-01,,
eve,Eve,mid,2025-03-05,2025-03-12,2
""",
    "accounts": """account_id,account_name,segment,customer_since,churned_on
a1,One,smb,2024-01-01,
a2,Two,free,2025-03-16,
a3,Three,smb,2024-01-01,2025-03-09
""",
    "account_assignments": """account_id,assigned_on,csm_id,unassigned_on
a1,2024-01-01,eve,2025-03-09
a1,2025-03-09,ada,
a2,2025-03-01,eve,
""",
    "subscriptions": """subscription_id,account_id,product,arr_usd,starts_on,ends_on,cancelled_on
s1,a1,core,350,2024-01-01,2025-04-01,
s2,a1,core,650,2024-01-01,,
s3,a2,core,10,2024-01-01,9999-12-31,
s4,a2,core,99,2024-01-01,2025-03-16,
s5,a2,core,99,2024-01-01,,2023-12-01
""",
    "interactions": """interaction_id,account_id,csm_id,started_at,interaction_type,\
duration_minutes,status
i1,a1,eve,2025-03-09T23:59:59Z,review,30,completed
i2,a1,ada,2025-03-09T22:00:00-05:00,review,29,completed
i3,a1,ada,2025-03-17T00:00:00Z,review,60,completed
i4,,ada,2025-03-12 10:00:00,mystery,,completed
""",
}


def write(raw: Path, tables: dict[str, str]) -> Path:
    raw.mkdir(exist_ok=True)
    for name, content in tables.items():
        (raw / f"{name}.csv").write_text(content, encoding="utf-8")
    return raw


def outcome_of(tmp_path: Path, **changed: str) -> Outcome:
    return apply_contract(write(tmp_path / "raw", {**BOOK, **changed}), REFERENCE)


def only(rows: list[dict[str, Any]], **key: Any) -> dict[str, Any]:
    (row,) = [row for row in rows if all(row[name] == value for name, value in key.items())]
    return row
