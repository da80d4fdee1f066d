"""DuckDB for Great Expectations: SQLAlchemy's route with every result fetched at once.

Great Expectations sends the next query before it has read the last one to its end; DuckDB's results are lazy and
hold the connection, so that it fails without this.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from duckdb_sqlalchemy import CursorWrapper, Dialect

from book_of_business.settings import memory_limit

NAME = "bufferedduckdb"
_opened: list[Any] = []
_queries: set[str] = set()


class BufferedDuckDB(Dialect):
    """The DuckDB dialect with a cursor that is fully buffered."""

    supports_statement_cache = True

    def connect(self, *arguments: Any, **options: Any) -> Any:
        connection = super().connect(*arguments, **options)
        connection.execute("set TimeZone = 'UTC'")
        _opened.append(connection)
        return connection

    def do_execute(self, cursor: CursorWrapper, statement: str, parameters: Any, context: Any = None) -> None:
        # Great Expectations runs the bare query of an asset for its column names: 20 million rows for five words.
        if statement in _queries:
            statement = f"select * from ({statement}) as received limit 0"
        super().do_execute(cursor, statement, parameters, context)
        if cursor.description is not None:
            cursor._buffer_result()
            cursor._result_consumed()


def connection_string(file: Path) -> str:
    """Where SQLAlchemy opens a DuckDB file read-only, in UTC, without network and within the memory of a build;
    registers the dialect.

    Raises:
        ValueError: for a path that a URL cannot carry.
    """
    from sqlalchemy.dialects import registry
    from sqlalchemy.engine import URL

    registry.register(NAME, __name__, BufferedDuckDB.__name__)
    options = {
        "access_mode": "read_only",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": memory_limit(),
        "temp_directory": str(file.resolve().parent / "spill"),
    }
    return URL.create(NAME, database=str(file.resolve()), query=options).render_as_string(hide_password=False)


def expose_columns_only(query: str) -> str:
    """A query asset's query, of which on its own only the columns are wanted; within another query it is whole."""
    _queries.add(query)
    return query


def close_connections() -> None:
    """Close every connection that was opened here.

    Great Expectations keeps an engine of its own that holds its connection: a writer could not open the file again.
    """
    _queries.clear()
    while _opened:
        _opened.pop().close()
