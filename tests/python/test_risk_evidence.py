"""The short form of docs/evidence/risk_signals.md: the usage detectors and the restricted mean on planted data."""

import datetime as dt
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from rendered_sql import load, load_reference, run_models

from book_of_business.proof.risk_evidence import planted
from book_of_business.proof.risk_evidence.worlds import AS_OF

WEEKS = 104
FIRST = dt.date(2024, 7, 1)
STEP_WEEKS = (40, 85)


def declines(steps: dict[int, int], *, is_cusum: bool) -> list[tuple[int, int]]:
    """Account and week (numbers) of each signal: 200 accounts with 17 % noise, those of `steps` down by 35 %."""
    rng = np.random.default_rng(5)
    usual = rng.gamma(2.0, 300.0, 200) + 60
    rows = []
    for account in range(200):
        level = np.where(np.arange(WEEKS) >= steps.get(account, WEEKS), 0.65, 1.0) * usual[account]
        counts = np.rint(level * rng.lognormal(0, 0.17, WEEKS)).astype(int)
        rows += [(f"{account}", FIRST + dt.timedelta(weeks=week), int(count)) for week, count in enumerate(counts)]
    connection = duckdb.connect()
    load_reference(connection, "risk_signal_rules")
    connection.execute("update risk_signal_rules set value = ? where parameter = 'is_cusum'", [int(is_cusum)])
    columns = "account_id text, week_start_date date, usage_count bigint"
    load(connection, "int_usage_weeks__counted", columns, rows)
    models = ("weeks__baselined", "weeks__scored", "weeks__summed", "decline__signalled")
    run_models(connection, *(f"int_usage_{name}" for name in models))
    found = connection.execute("select account_id, week_start_date from int_usage_decline__signalled").fetchall()
    connection.close()
    return [(int(account), (week - FIRST).days // 7) for account, week in found]


def test_usage_without_a_decline_raises_a_false_alarm_every_four_years() -> None:
    years = 200 * (WEEKS - 15) / 52.18
    assert 0.1 <= len(declines({}, is_cusum=True)) / years <= 0.35
    assert len(declines({}, is_cusum=False)) / years <= 0.4


def test_cusum_sees_a_step_of_35_percent_that_the_plain_drop_mostly_misses() -> None:
    rng = np.random.default_rng(6)
    steps = {account: int(rng.integers(*STEP_WEEKS)) for account in range(0, 200, 5)}

    def caught(*, is_cusum: bool) -> list[int]:
        waits = [(account, week - steps[account] + 1) for account, week in declines(steps, is_cusum=is_cusum)
                 if account in steps and 0 <= week - steps[account] < 8]  # fmt: skip
        return list(dict(sorted(waits, reverse=True)).values())

    by_cusum, by_drop = caught(is_cusum=True), caught(is_cusum=False)
    assert len(by_cusum) >= 0.74 * len(steps)
    assert np.median(by_cusum) <= 4
    assert len(by_drop) < 0.6 * len(steps)


@pytest.mark.parametrize(("mean_days", "churn_share"), [(20.0, 0.0), (60.0, 0.3)])
def test_restricted_mean_is_the_planted_one_where_the_mean_of_the_detected_is_not(
    tmp_path: Path, mean_days: float, churn_share: float
) -> None:
    book, truth, _ = planted.write(tmp_path, 3, 4000, mean_days, churn_share)
    connection = duckdb.connect()
    load_reference(connection, "thresholds", "risk_signal_rules")
    for table, source in (("stg_crm__accounts", "accounts"), ("stg_crm__risk_flags", "risk_flags")):
        connection.execute(f"create table {table} as from '{book.raw}/{source}.parquet'")
    connection.execute(f"""
        create table int_risk_signals__owned as
        select ticket_id as signal_id, account_id, 'C0' as csm_id, 'ticket_escalation' as signal_type,
            'escalated' as detector, escalated_at as emerged_at, 3.0 as severity_score
        from '{book.raw}/tickets.parquet'
    """)
    load(connection, "stg_crm__csms", "csm_id text, team text", [("C0", "all of them")])
    load(connection, "int_clock", "as_of_date date", [(AS_OF,)])
    load(connection, "int_weeks", "week_start_date date", [(AS_OF - dt.timedelta(days=6),)])
    columns = "account_id text, started_at timestamp, is_meaningful boolean"
    load(connection, "int_interactions__completed", columns, [])
    run_models(
        connection,
        *("int_risk_signals__aware", "int_risk_signals__joined", "int_risk_episodes__ended"),
        *(
            "int_risk_episodes__followed",
            "int_risk_groups__counted",
            "int_risk_groups__averaged",
        ),
    )
    query = "select restricted_mean_detection_days from int_risk_groups__averaged where scope = 'organisation'"
    [(restricted,)] = connection.execute(query).fetchall()
    [(detected,)] = connection.execute("select avg(detection_days) from int_risk_episodes__ended").fetchall()
    connection.close()
    assert restricted == pytest.approx(truth, rel=0.02)
    assert detected < 0.95 * truth
    assert pl.read_parquet(book.raw / "tickets.parquet").height == 4000
