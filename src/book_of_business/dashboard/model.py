"""What a page is made of: sections with a finding as title, tables whose every column has a definition, sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl
from markupsafe import Markup

from book_of_business.questions.catalogue import as_csv


@dataclass(frozen=True)
class Query:
    """A query over the published marts: its SQL as text, what it gives, and the question of the catalogue behind it."""

    name: str
    text: str
    about: str
    question: str


@dataclass(frozen=True)
class Column:
    """A heading; `definition` is the column of a mart that it shows, null where it is a name or a drawing."""

    label: str
    definition: str | None = None
    is_number: bool = False


@dataclass(frozen=True)
class Cell:
    """Text, a drawing beside it, a remark below, and a mark that says in a word what colour only repeats."""

    text: str
    drawing: Markup = field(default_factory=Markup)
    remark: str = ""
    mark: str = ""
    csm_id: str | None = None
    account_id: str | None = None


@dataclass(frozen=True)
class Row:
    """Cells, and what the row is about, for filters."""

    cells: Sequence[Cell]
    csm_id: str | None = None
    team: str | None = None
    motion: str | None = None


@dataclass(frozen=True)
class Table:
    """A table with a caption, and all of its rows as CSV. `more` counts the rows that are in the CSV alone."""

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    source: pl.DataFrame
    more: int = 0

    @property
    def csv(self) -> str:
        """The rows as CSV that no spreadsheet runs as formulas."""
        shown = [
            pl.col(name).round(6) if kind.is_float() else pl.col(name)
            for name, kind in self.source.schema.items()
            if not kind.is_nested()
        ]
        return as_csv(self.source.select(shown))


@dataclass(frozen=True)
class Finding:
    """A sentence and the query that it is written from."""

    text: str
    query: Query


@dataclass(frozen=True)
class Section:
    """A part of a page: a title that is a finding, sentences, tables, a drawing, and the queries behind them.

    `findings` are sentences that show their own query; `decisions` are to be ticked off.
    """

    id: str
    topic: str
    title: str
    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()
    drawing: Markup = field(default_factory=Markup)
    note: str = ""
    queries: Sequence[Query] = ()
    findings: Sequence[Finding] = ()
    decisions: Sequence[str] = ()
