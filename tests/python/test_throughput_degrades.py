"""A book in which everybody has left, a week is empty and a type is unknown: shown as it is, nothing invented."""

from pathlib import Path

import pytest
from conftest import Run, rows, run_build

TABLES = {
    "csms": """csm_id,csm_name,role_tier,hired_on,left_on
ana,Ana,enterprise_csm,2020-01-06,2025-06-11
ben,Ben,mid_market_csm,2025-05-26,2025-06-16
""",
    "accounts": """account_id,account_name,segment,customer_since
acme,Acme,enterprise,2024-01-01
""",
    "account_assignments": """account_id,assigned_on,csm_id
acme,2024-01-01,ana
""",
    "subscriptions": """subscription_id,account_id,product,arr_usd,starts_on,ends_on
s1,acme,core,100000,2024-01-01,2026-01-01
""",
    # nothing in the week of 2025-06-02; after both have left, ana is called once more
    "interactions": """interaction_id,account_id,csm_id,started_at,interaction_type,duration_minutes,status
i1,acme,ana,2025-05-26T09:00:00Z,check_in,30,completed
i2,acme,ana,2025-05-27T09:00:00Z,karaoke,60,completed
i3,,ana,2025-05-28T09:00:00Z,internal_deal_desk,20,completed
i4,acme,ana,2025-05-29T09:00:00Z,check_in,30,no_show
i5,acme,ana,2025-06-18T09:00:00Z,check_in,,completed
""",
}


@pytest.fixture(scope="module")
def deserted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    raw = tmp_path_factory.mktemp("raw")
    for name, text in TABLES.items():
        (raw / f"{name}.csv").write_text(text, encoding="utf-8")
    done = run_build(tmp_path_factory.mktemp("build"), raw, "--fast", as_of_date="2025-06-29")
    assert done.code == 0, done.said
    return done


def found(build: Run, query: str) -> list[tuple]:
    return [tuple(map(str, row)) for row in rows(Path(build.published_file), query)]


def test_throughput_ends_with_employment_but_for_what_was_held_after_it(deserted: Run) -> None:
    query = """
        select csm_id, week_start_date, counted_interaction_count, cast(throughput_ceiling_count as decimal(9, 3)),
            is_over_ceiling, consecutive_weeks_over_ceiling, is_intervention, cusum_score, is_cusum_alarm
        from marts.fct_csm_throughput order by csm_id, week_start_date
    """
    assert found(deserted, query) == [
        ("ana", "2025-05-26", "1", "12.000", "False", "0", "False", "0.0", "False"),
        ("ana", "2025-06-02", "0", "12.000", "False", "0", "False", "0.0", "False"),
        ("ana", "2025-06-09", "0", "4.800", "False", "0", "False", "0.0", "False"),
        ("ana", "2025-06-16", "1", "0.000", "None", "0", "False", "0.0", "None"),
        ("ben", "2025-05-26", "0", "4.500", "False", "0", "False", "0.0", "False"),
        ("ben", "2025-06-02", "0", "5.375", "False", "0", "False", "0.0", "False"),
        ("ben", "2025-06-09", "0", "6.250", "False", "0", "False", "0.0", "False"),
    ]


def test_an_unknown_type_is_timed_and_a_conversation_without_a_duration_is_of_unknown_length(deserted: Run) -> None:
    query = """
        select week_start_date, strategic_count, strategic_minutes, internal_advocacy_count, internal_advocacy_minutes,
            unclassified_count, unclassified_minutes
        from marts.fct_csm_throughput where csm_id = 'ana' and week_start_date in ('2025-05-26', '2025-06-16')
        order by week_start_date
    """
    assert found(deserted, query) == [
        ("2025-05-26", "1", "30.0", "1", "20.0", "1", "60.0"),
        ("2025-06-16", "1", "None", "0", "0.0", "0", "0.0"),
    ]


def test_who_has_left_has_a_past_and_no_capacity_now(deserted: Run) -> None:
    query = "select csm_id, is_employed, target_capacity_hours, room_hours from marts.dim_csms order by csm_id"
    assert found(deserted, query) == [(one, "False", "None", "None") for one in ("ana", "ben", "unassigned")]
    assert found(deserted, "select max(week_start_date) from marts.fct_csm_capacity") == [("2025-06-09",)]
    query = "select csm_id, account_count from marts.fct_csm_load where week_start_date = '2025-06-23'"
    assert found(deserted, query) == [("unassigned", "1")]
