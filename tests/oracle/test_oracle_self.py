"""The oracle against hand-computed examples: small, so that a reader can redo the sums."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from .compare import (
    compare_published,
    compare_rejected,
    compare_rows,
    published_marts,
    readable,
)
from .contract import ContractError, apply_contract, parse
from .metrics import build_marts, quarter_start
from .small_book import BOOK, REFERENCE, only, outcome_of, write


def marts_of(tmp_path: Path, **changed: str) -> dict[str, list[dict[str, Any]]]:
    return build_marts(outcome_of(tmp_path, **changed), REFERENCE, date(2025, 3, 18))


MARCH_3, MARCH_10 = date(2025, 3, 3), date(2025, 3, 10)


def test_weeks_ownership_and_effort(tmp_path: Path) -> None:
    effort = marts_of(tmp_path)["fct_account_effort"]
    # as_of_date 2025-03-18 is a Tuesday: the last Sunday before is the 16th. i1 starts the weeks.
    assert {(row["account_id"], row["week_start_date"]) for row in effort} == {
        ("a1", MARCH_3),
        ("a1", MARCH_10),
        ("a2", MARCH_10),
    }
    first = only(effort, account_id="a1", week_start_date=MARCH_3)
    # Handed over on Sunday the 9th: ada's. s1 ends 23 days later: renewal, 2 h x 1.25.
    assert (first["csm_id"], first["lifecycle_level"], first["effort_hours"]) == (
        "ada",
        "renewal",
        2.5,
    )
    assert first["stakeholders_level"] == "unknown"
    second = only(effort, account_id="a1", week_start_date=MARCH_10)
    assert (second["weight_version"], second["effort_hours"]) == ("v2", 3 * 1.25)
    # eve left on the 12th: her account is nobody's. A customer since that Sunday is onboarding.
    new = only(effort, account_id="a2")
    assert (new["csm_id"], new["effort_hours"]) == ("unassigned", 0.5 * 1.5)


def test_capacity_of_a_new_csm_who_leaves(tmp_path: Path) -> None:
    load = marts_of(tmp_path)["fct_csm_load"]
    week = only(load, csm_id="eve", week_start_date=MARCH_3)
    # Hired on Wednesday: 3 of 5 days; on Sunday 4 of 90 days of ramp.
    ramp = 0.25 + 0.75 * 4 / 90
    assert week["availability_ratio"] == pytest.approx(0.6)
    assert week["ramp_ratio"] == pytest.approx(ramp)
    assert week["target_capacity_hours"] == pytest.approx(20 * 2 * ramp * 0.6)
    assert only(load, csm_id="eve", week_start_date=MARCH_10)["availability_ratio"] == 0.4
    assert only(load, csm_id="unassigned", week_start_date=MARCH_3)["arr_usd"] == 0
    nobody = only(load, csm_id="unassigned", week_start_date=MARCH_10)
    assert (nobody["arr_usd"], nobody["fte"], nobody["is_uncovered"]) == (10, None, None)
    assert only(load, csm_id="ada", week_start_date=MARCH_10)["load_ratio"] == 3.75 / 20


def test_absences_add_up_to_at_most_the_fte_and_carry_the_run(tmp_path: Path) -> None:
    absences = """csm_id,starts_on,ends_on,absent_fte
ada,2025-03-03,2025-03-04,0.5
ada,2025-03-04,2025-03-04,0.75
ada,2025-03-10,,
"""
    csms = BOOK["csms"].replace("ada,Ada,mid,2020-01-01,,", "ada,Ada,mid,2020-01-01,,0.1")
    load = marts_of(tmp_path, csm_absences=absences, csms=csms)["fct_csm_load"]
    first = only(load, csm_id="ada", week_start_date=MARCH_3)
    assert first["availability_ratio"] == pytest.approx(3 / 5)
    assert first["load_ratio"] == pytest.approx(2.5 / (20 * 0.1 * 0.6))
    assert (first["is_over_target"], first["consecutive_weeks_over_target"]) == (True, 1)
    away = only(load, csm_id="ada", week_start_date=MARCH_10)
    assert (away["load_ratio"], away["is_over_target"], away["is_uncovered"]) == (None, None, True)
    assert away["consecutive_weeks_over_target"] == 1


def test_coverage_and_cadence(tmp_path: Path) -> None:
    marts = marts_of(tmp_path)
    a1 = only(marts["fct_account_coverage"], account_id="a1")
    # i2 is a minute short, i3 is dated after the clock: i1 of the 9th counts, 7 days ago.
    assert a1["last_meaningful_at"] == datetime(2025, 3, 9, 23, 59, 59, tzinfo=UTC)
    assert (a1["days_since_meaningful"], a1["is_unmonitored"]) == (7, False)
    assert (a1["allowed_gap_days"], a1["is_overdue"]) == (91 / 2.5, False)
    a2 = only(marts["fct_account_coverage"], account_id="a2")
    assert (a2["days_since_meaningful"], a2["is_unmonitored"]) == (None, True)
    assert (a2["allowed_gap_days"], a2["is_overdue"]) == (None, False)
    weeks = marts["fct_csm_coverage"]
    ada = only(weeks, csm_id="ada", week_start_date=MARCH_10)
    assert ada["expected_unmonitored_count"] == pytest.approx(1 - 30 / (91 / 2.5))
    nobody = only(weeks, csm_id="unassigned", week_start_date=MARCH_10)
    assert (nobody["unmonitored_ratio"], nobody["expected_unmonitored_count"]) == (1, 1)


def test_renewals(tmp_path: Path) -> None:
    marts = marts_of(tmp_path)
    quarters = [row for row in marts["fct_renewal_concentration"] if row["csm_id"] == "ada"]
    assert [row["renewing_arr_usd"] for row in quarters] == [0, 350, 0, 0]
    april = only(quarters, quarter_start_date=date(2025, 4, 1))
    assert (april["renewal_share"], april["is_over_warn"]) == (0.35, False)
    peak = only(marts["fct_book_renewals"], csm_id="ada")
    assert peak["peak_quarter_start_date"] == date(2025, 4, 1)
    assert peak["renewal_hhi"] == pytest.approx(0.35**2)
    far = only(
        marts["fct_renewal_concentration"],
        csm_id="unassigned",
        quarter_start_date=date(9999, 10, 1),
    )
    assert (far["renewal_share"], far["is_over_cap"]) == (1, None)
    assert quarter_start(date(2025, 1, 31), 2) == date(2024, 11, 1)


def test_throughput_and_bands(tmp_path: Path) -> None:
    marts = marts_of(tmp_path)
    # 22:00 at -05:00 on Sunday is Monday in UTC.
    row = only(marts["fct_csm_throughput"], csm_id="ada", week_start_date=MARCH_10)
    assert (row["counted_interaction_count"], row["meaningful_interaction_count"]) == (1, 0)
    # Nobody wrote down how long the mystery took, and of escalations there was none.
    assert (row["unclassified_count"], row["unclassified_minutes"]) == (1, None)
    assert (row["escalation_count"], row["escalation_minutes"], row["strategic_minutes"]) == (0, 0, 29)
    assert (row["throughput_ceiling_count"], row["is_over_ceiling"]) == (2, False)
    book = only(marts["fct_books"], csm_id="ada", week_start_date=MARCH_10)
    assert (book["arr_band"], book["account_band"]) == ("within", "within")
    assert book["red_account_count"] is None
    plan = only(marts["fct_touch_plan"], csm_id="ada")
    assert plan["required_hours_per_week"] == pytest.approx((4 + 1.5) / 13)
    assert (plan["verdict"], plan["actual_touch_count"]) == ("under", 0)


def test_every_rule_of_the_contract(tmp_path: Path) -> None:
    outcome = outcome_of(
        tmp_path,
        csms=BOOK["csms"] + "bob,Bob,boss,2020-01-01,,\nunassigned,No,mid,2020-01-01,,0\n",
        account_assignments="""account_id,assigned_on,csm_id,unassigned_on
a1,2025-01-01,bob,
a2,2025-01-01,ada,2025-02-01
a2,2025-01-31,ada,2025-01-31
a2,2025-01-15,ada,2025-03-01
a2,2025-03-01,ada,
a3,2025-02-30,ada,2024-01-01
,2025-02-01,,
""",
        health_scores="""scored_on,account_id,extra,health_score
2025-01-01,a1,x,5
2025-01-01,a1,y,5
2025-01-08,a1,x,5
2025-01-08,a1,x,6
2025-01-15,a1,x,inf
2025-01-22,a1,x,100.5
""",
        interaction_participants="interaction_id,contact_id\ni1,anyone\ni9,anyone\n",
    )
    assert Counter(
        (one.table_name, one.row_key, one.column_name, one.rule)
        for one in outcome.faults
        if one.rule not in ("duplicate_key", "overlapping_assignment", "end_before_start")
    ) == Counter(
        [
            ("csms", "bob", "role_tier", "unknown_enum"),
            ("csms", "unassigned", "csm_id", "unknown_enum"),
            ("csms", "unassigned", "fte", "out_of_range"),
            ("account_assignments", "a1|2025-01-01", "csm_id", "unknown_parent"),
            ("account_assignments", "a3|2025-02-30", "assigned_on", "unparseable_value"),
            ("account_assignments", "|2025-02-01", "account_id", "missing_key"),
            ("account_assignments", "|2025-02-01", "csm_id", "missing_value"),
            ("health_scores", "a1|2025-01-15", "health_score", "unparseable_value"),
            ("health_scores", "a1|2025-01-22", "health_score", "out_of_range"),
            ("interaction_participants", "i9|anyone", "interaction_id", "unknown_parent"),
        ]
    )
    assert Counter(
        (one.row_key, one.rule) for one in outcome.faults if one.rule in ("duplicate_key", "overlapping_assignment")
    ) == Counter(
        {
            ("a2|2025-01-01", "overlapping_assignment"): 1,
            ("a2|2025-01-15", "overlapping_assignment"): 1,
            ("a1|2025-01-01", "duplicate_key"): 1,
            ("a1|2025-01-08", "duplicate_key"): 2,
        }
    )
    scores = next(one for one in outcome.coverage if one.table_name == "health_scores")
    assert (scores.read_count, scores.accepted_count, scores.rejected_count) == (6, 1, 5)


def test_a_missing_required_table_or_column_stops(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", BOOK)
    (raw / "tickets.csv").write_text("ticket_id,account_id\n")
    with pytest.raises(ContractError, match=r"tickets\.opened_at"):
        apply_contract(raw, REFERENCE)
    (raw / "tickets.csv").unlink()
    (raw / "csms.csv").unlink()
    with pytest.raises(ContractError, match="csms"):
        apply_contract(raw, REFERENCE)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", "2025-1-5"),
        ("date", "20250105"),
        ("timestamp", "2025-03-02T25:00:00"),
        ("number", "1_000"),
        ("number", "1e999"),
        ("count", "2.5"),
        ("boolean", "maybe"),
        ("boolean", "2"),
        ("date", "2025-01-05T00:00:01"),
        ("date", "2025-01-05T00:00:00+01:00"),
        ("count", "NaN"),
    ],
)
def test_what_does_not_parse(kind: str, value: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse(kind, value)


def test_timestamps_are_utc() -> None:
    assert parse("timestamp", "2025-03-02T23:30:00-05:00") == datetime(2025, 3, 3, 4, 30, tzinfo=UTC)
    assert parse("timestamp", "2025-03-02 23:30:00") == datetime(2025, 3, 2, 23, 30, tzinfo=UTC)


def test_comparison_finds_every_kind_of_difference() -> None:
    key = {"csm_id": "ada", "week_start_date": MARCH_3}
    expected = [{**key, "load_ratio": 0.5, "is_uncovered": None}]
    same = [{**key, "load_ratio": 0.5 + 1e-12, "is_uncovered": None}]
    assert compare_rows("fct_csm_load", expected, same) == []
    for actual in (
        [],
        same * 2,
        [{**same[0], "csm_id": "eve"}],
        [{**same[0], "load_ratio": 0.5001}],
        [{**same[0], "load_ratio": None}],
        [{**same[0], "is_uncovered": False}],
    ):
        assert compare_rows("fct_csm_load", expected, actual)
    fault = {"table_name": "csms", "row_key": "a", "column_name": "fte", "rule": "out_of_range", "scope": "row"}
    assert compare_rejected([{**fault, "value": "-1"}], [{**fault, "value": "-1.0"}]) == []
    assert compare_rejected([{**fault, "value": "-1"}] * 2, [{**fault, "value": "-1"}])
    assert compare_rejected([{**fault, "value": "-1"}], [{**fault, "value": "-1", "scope": "value"}])


def test_time_is_summed_by_account_and_by_csm(tmp_path: Path) -> None:
    entries = """time_entry_id,csm_id,account_id,worked_on,minutes
t1,ada,a1,2025-03-10,720
t2,ada,a1,2025-03-16,721
t3,ada,,2025-03-16,29
t4,ada,a1,2025-03-17,60
"""
    marts = marts_of(tmp_path, time_entries=entries)
    week = only(marts["fct_account_logged_time"], account_id="a1", csm_id="ada", week_start_date=MARCH_10)
    assert (week["time_entry_count"], week["time_entry_minutes"], week["capped_entry_minutes"]) == (2, 1441, 1440)
    # i2 is of this week (in UTC) and a minute too short to be meaningful
    assert (week["interaction_count"], week["interaction_minutes"], week["preparation_minutes"]) == (1, 29, 0)
    before = only(marts["fct_account_logged_time"], csm_id="eve", week_start_date=MARCH_3)
    assert (before["time_entry_count"], before["interaction_minutes"], before["preparation_minutes"]) == (0, 30, 30)
    [own] = marts["fct_csm_logged_time"]
    assert (own["week_start_date"], own["time_entry_count"], own["logged_minutes"]) == (MARCH_10, 3, 1470)
    assert (own["ownerless_entry_count"], own["ownerless_minutes"], own["long_entry_count"]) == (1, 29, 1)
    assert (own["busiest_on"].isoformat(), own["busiest_day_minutes"], own["logged_day_count"]) == (
        "2025-03-16",
        750,
        2,
    )
    without = tmp_path / "without"
    without.mkdir()
    assert marts_of(without)["fct_csm_logged_time"] == []
    assert only(marts_of(without)["fct_account_logged_time"], csm_id="eve")["time_entry_count"] is None


def test_marts_written_to_duckdb_come_back_equal(tmp_path: Path) -> None:
    health = "account_id,scored_on,health_score\na1,2025-01-01,nan\n"
    entries = "time_entry_id,csm_id,worked_on,minutes\nt1,eve,2025-03-08,30\n"
    expected = marts_of(tmp_path, health_scores=health, time_entries=entries)
    path = tmp_path / "published.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        for mart, rows in expected.items():
            parquet = tmp_path / f"{mart}.parquet"
            pl.DataFrame(rows, infer_schema_length=None).write_parquet(parquet)
            connection.execute(f"create table marts.{mart} as from '{parquet}'")
    assert published_marts(path) >= set(expected)
    assert not any(compare_published(path, expected).values())
    with duckdb.connect(str(path)) as connection:
        connection.execute("update marts.fct_csm_load set fte = 9 where csm_id = 'eve'")
    found = compare_published(path, expected)
    assert {mart for mart, lines in found.items() if lines} == {"fct_csm_load"}
    assert "published 9.0" in readable(found)
