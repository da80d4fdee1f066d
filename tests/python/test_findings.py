"""What a build says of its raw tables, on working files of a few rows: each rule at its limit, and its silence."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from conftest import ROOT

from book_of_business.building import findings

CLOCK = "date '2025-06-29' as as_of_date, date '2025-01-06' as earliest_interaction_on"


def said(tmp_path: Path, reader, **relations: str) -> list[str]:
    """The sentences of a reader over relations (`schema__name`, as a query)."""
    path = tmp_path / "working.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for schema in ("staging", "intermediate", "marts", "reference"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create table reference.thresholds as"
            f" select threshold, value from read_csv('{ROOT}/seeds/reference/thresholds.csv')"
        )
        for name, query in relations.items():
            schema, _, table = name.partition("__")
            connection.execute(f"create table {schema}.{table} as {query}")
    return findings.read_from(path, (reader,))


@pytest.mark.parametrize(
    ("far", "gap", "count"),
    [(9, 92, 1), (10, 92, 0), (9, 91, 0)],
    ids=["a tail of 9 %", "a tail of 10 %", "a gap of a quarter"],
)
def test_a_tail_that_moves_the_weeks_is_reported_below_a_tenth_and_beyond_a_quarter(
    tmp_path: Path, far: int, gap: int, count: int
) -> None:
    told = said(
        tmp_path,
        findings.far_tails,
        intermediate__int_clock=f"select {CLOCK}, date '2025-06-29' as latest_interaction_on",
        staging__stg_interactions__interactions=(
            f"select timestamp '2025-06-29 09:00' as started_at from range({100 - far})"
            f" union all select timestamp '2025-06-29 09:00' - to_days({gap}) from range({far})"
        ),
    )
    assert len(told) == count
    assert all(f"9 of 100 interactions lie before a gap of {gap} days" in text for text in told)


@pytest.mark.parametrize(("days", "is_derived", "count"), [(29, True, 1), (28, True, 0), (29, False, 0)])
def test_a_clock_weeks_after_all_other_tables_is_reported_unless_it_was_given(
    tmp_path: Path, days: int, is_derived: bool, count: int
) -> None:
    latest = "date '2025-06-29'" if is_derived else "cast(null as date)"
    told = said(
        tmp_path,
        findings.clock_beyond_all_else,
        intermediate__int_clock=f"select {CLOCK}, {latest} as latest_interaction_on",
        staging__stg_support__tickets=f"select timestamp '2025-06-29 09:00' - to_days({days}) as opened_at",
        staging__stg_crm__health_scores="select date '2025-01-06' as scored_on",
        staging__stg_interactions__time_entries="select date '2025-01-06' as worked_on where false",
        staging__stg_usage__product_weeks="select date '2025-01-06' as week_start_date",
    )
    assert len(told) == count


def test_a_clock_that_nothing_can_be_compared_with_is_not_doubted(tmp_path: Path) -> None:
    none = "select cast(null as date) as {} where false"
    assert not said(
        tmp_path,
        findings.clock_beyond_all_else,
        intermediate__int_clock=f"select {CLOCK}, date '2025-06-29' as latest_interaction_on",
        staging__stg_support__tickets=none.format("opened_at"),
        staging__stg_crm__health_scores=none.format("scored_on"),
        staging__stg_interactions__time_entries=none.format("worked_on"),
        staging__stg_usage__product_weeks=none.format("week_start_date"),
    )


@pytest.mark.parametrize(("next_on", "count"), [("2025-05-31", 0), ("2025-06-01", 1), ("2025-06-02", 0)])
def test_an_assignment_that_ends_the_day_before_the_next_is_reported(tmp_path: Path, next_on: str, count: int) -> None:
    told = said(
        tmp_path,
        findings.gaps_of_a_day,
        staging__stg_crm__account_assignments=(
            "select 'a' as account_id, date '2025-01-01' as assigned_on, date '2025-05-31' as unassigned_on"
            f" union all select 'a', date '{next_on}', null union all select 'b', date '2025-06-01', null"
        ),
    )
    assert len(told) == count


def test_one_book_on_another_scale_is_named_and_not_the_mixture_that_it_makes(tmp_path: Path) -> None:
    columns = (
        "select 'interactions' as table_name, 'sentiment_score' as column_name, 'optional' as need"
        " union all select 'health_scores', 'health_score', 'required'"
    )
    scales = (
        "select 'interactions' as table_name, 'sentiment_score' as column_name, null as book, '-100 to 100' as scale,"
        " 'score / 100' as conversion"
        " union all select 'interactions', 'sentiment_score', 'c4', '0 to 100', 'score / 50 - 1'"
        " union all select 'health_scores', 'health_score', null, '0 to 1', '100 * score'"
        " union all select 'health_scores', 'health_score', 'c4', '0 to 1', '100 * score'"
    )
    tables = {"intermediate__int_raw_columns": columns, "staging__base_quality__scales": scales}
    # required columns stop the build and are told by it
    assert said(tmp_path, findings.wrong_scales, **tables) == [
        "interactions.sentiment_score is not on the expected scale in the rows of c4: the values are 0 to 100. Convert"
        " them: score / 50 - 1. Until then the whole column counts as not observed"
    ]


def test_ids_that_a_table_lacks_are_counted_over_all_tables_and_not_where_the_parent_was_rejected(
    tmp_path: Path,
) -> None:
    told = said(
        tmp_path,
        findings.causes,
        intermediate__int_raw_causes=(
            "select '' as table_name, '' as column_name, '' as rule, '' as wanted, 0 as read_count, 0 as row_count,"
            " 0 as value_count, 0 as dependent_count, '' as worst_value, 0 as worst_dependent_count where false"
        ),
        intermediate__int_raw_columns=(
            "select unnest(['tickets', 'interactions']) as table_name, 'account_id' as column_name,"
            " 'accounts' as parent_table"
        ),
        intermediate__int_raw_faults=(
            "select 'tickets' as table_name, 't1' as row_key, 'account_id' as column_name, 'A1 ' as value,"
            " 'unknown_parent' as rule, 'row' as scope"
            " union all select 'interactions', 'i1', 'account_id', 'A1 ', 'unknown_parent', 'row'"
            " union all select 'interactions', 'i2', 'account_id', 'A2', 'unknown_parent', 'row'"
            " union all select 'accounts', 'A2', 'segment', 'x', 'unknown_enum', 'row'"
        ),
    )
    assert told == [
        "2 rows of interactions, tickets name an id that accounts lacks: 'A1 ' (2); take out the blanks around it"
    ]


def test_opportunities_accuse_neither_column(tmp_path: Path) -> None:
    (told,) = said(
        tmp_path,
        findings.doubtful_amounts,
        staging__base_quality__currencies=(
            "select '' as table_name, '' as column_name, 0 as currency_count, '' as first_currency where false"
        ),
        staging__base_quality__amounts=(
            "select '' as book, '' as segment, 0 as value_count, 0.0 as times, false as is_stopping where false"
        ),
        staging__base_quality__renewed_amounts=(
            "select 'c8' as book, 'opportunities' as compared_with, 6 as account_count, 0.01 as times,"
            " false as is_stopping"
        ),
    )
    assert "check the unit of arr_usd and of amount_usd" in told
    assert "Convert arr_usd" not in told
