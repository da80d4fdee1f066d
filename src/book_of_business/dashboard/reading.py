"""What the page is written from: each query of `queries/` once, over one connection to the published file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb
import polars as pl

from book_of_business import marts
from book_of_business.dashboard.model import Query
from book_of_business.errors import UserError

QUERIES = Path(__file__).parent / "queries"
HEAD = re.compile(r"\A-- (?P<about>[^\n]+)\n-- Question: (?P<question>\w+)\n")


def read_query(name: str) -> Query:
    """A query by the name of its file.

    Raises:
        ValueError: if its first two lines do not say what it gives and which question it belongs to.
    """
    text = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
    said = HEAD.match(text)
    if not said:
        raise ValueError(f"{name}.sql: the first two lines have to be `-- what it gives` and `-- Question: name`")
    return Query(name, text, said["about"], said["question"])


@dataclass
class Published:
    """A published file that is open: its frames by query, its date, thresholds and definitions."""

    connection: duckdb.DuckDBPyConnection
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)

    def frame(self, name: str) -> pl.DataFrame:
        """The rows of a query.

        Raises:
            UserError: if the published file lacks a mart.
        """
        if name not in self.frames:
            self.frames[name] = marts.query(self.connection, read_query(name).text)
        return self.frames[name]

    @cached_property
    def as_of_date(self) -> date:
        """The Sunday that the marts are measured at."""
        return self.build["as_of_date"]

    @cached_property
    def build(self) -> dict:
        """The row about the build."""
        return marts.query(self.connection, "select * from reference.build").row(0, named=True)

    @cached_property
    def thresholds(self) -> dict[str, float]:
        """{threshold: value} in force when the marts were built."""
        return dict(marts.query(self.connection, "select threshold, value from reference.thresholds").iter_rows())

    @cached_property
    def definitions(self) -> dict[str, tuple[str, str]]:
        """{column: (what it is, the marts that have it)}."""
        return {row[0]: (row[1], row[2]) for row in self.frame("definitions").iter_rows()}


def open_published(path: Path) -> Published:
    """Open a published file.

    Raises:
        UserError: if there is none, or it has no week.
    """
    published = Published(marts.open_published(path))
    weeks = marts.query(published.connection, "select count(*) from marts.dim_weeks where is_latest").item()
    if not weeks:
        raise UserError(f"{path} has no complete week: nothing can be shown; run `make build` on a longer history")
    return published
