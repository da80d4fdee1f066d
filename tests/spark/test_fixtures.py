"""Rows of unit tests in DuckDB's SQL reach Spark as the same values. Spark itself is not needed."""

import duckdb
import pytest

from book_of_business.spark.fixtures import as_values, literal


@pytest.mark.parametrize(
    "query",
    [
        "select unnest(['a', null, 'b']) as name, unnest([1.25, 2.5, null])::double as score",
        "select i as place, date '2025-01-06' + 7 * cast(i as integer) as week, i % 2 = 0 as is_even,"
        " timestamp '2025-01-01 00:00:00.000001' as at, sum(i) over () as total from generate_series(1, 3) as t (i)",
        "select unnest([1, 2]) as place, cast(null as date) as never where false",
    ],
)
def test_values_are_those_of_the_query(query: str) -> None:
    with duckdb.connect() as connection:
        given = connection.execute(query).fetchall()
        values = as_values(connection, query)
        assert "unnest" not in values
        assert "generate_series" not in values
        assert connection.execute(values).fetchall() == given


def test_quotes_and_backslashes_are_those_of_spark() -> None:
    assert literal("it's \\ here", "VARCHAR", "note") == "cast('it\\'s \\\\ here' as string) as note"
