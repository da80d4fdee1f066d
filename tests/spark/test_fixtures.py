"""Rows of unit tests in DuckDB's SQL reach Spark as the same values. Spark itself is not needed."""

from types import SimpleNamespace

import duckdb
import pytest

from book_of_business.spark.fixtures import as_values, give_values, literal


@pytest.mark.parametrize(
    "query",
    [
        "select unnest(['a', null, 'b']) as name, unnest([1.25, 2.5, null])::double as score",
        "select i as place, date '2025-01-06' + 7 * cast(i as integer) as week, i % 2 = 0 as is_even,"
        " timestamp '2025-01-01 00:00:00.000001' as at, sum(i) over () as total from generate_series(1, 3) as t (i)",
        "select 17.0 / 9 as per_item, null as note, timestamp '2025-01-01' + to_days(3) as at",
        "select unnest([1, 2]) as place, cast(null as date) as never where false",
    ],
)
def test_values_are_those_of_the_query(query: str) -> None:
    with duckdb.connect() as connection:
        given = connection.execute(query).fetchall()
        values = as_values(connection, query)
        assert "unnest" not in values
        assert "generate_series" not in values
        assert "to_days" not in values
        assert '"NULL"' not in values
        assert connection.execute(values).fetchall() == given


def test_quotes_and_backslashes_are_those_of_spark() -> None:
    assert literal("it's \\ here", "VARCHAR", "note") == "cast('it\\'s \\\\ here' as string) as note"


def test_rows_of_a_unit_test_in_sql_become_values_and_others_stay() -> None:
    test = SimpleNamespace(
        given=[SimpleNamespace(rows="select 17.0 / 9 as ratio"), SimpleNamespace(rows=[{"ratio": 1}])],
        expect=SimpleNamespace(rows="select date '2025-01-06' + 7 as week"),
    )
    untouched = SimpleNamespace(given=[SimpleNamespace(rows=[])], expect=SimpleNamespace(rows=[{"a": 1}]))
    assert give_values(SimpleNamespace(unit_tests={"a": test, "b": untouched})) == 1
    assert test.given[0].rows == "select cast('1.8888888888888888' as double) as ratio"
    assert test.given[1].rows == [{"ratio": 1}]
    assert test.expect.rows == "select cast('2025-01-13' as date) as week"
