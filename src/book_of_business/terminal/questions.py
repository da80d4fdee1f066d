"""Answers of the catalogue of questions as a terminal shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from book_of_business import marts
from book_of_business.console import add_name_column, add_number_column, name_with_id, new_table, one_line
from book_of_business.questions.catalogue import Bound, Question, answer_of

SHOWN_ROWS = 40
SHOWN_WIDTH = 36
SENTENCE_LENGTH = 300
NOTHING = "-"
# A text goes on in the next line, but not in columns as narrow as a word.
LEAST_TEXT_WIDTH = 12
# Blanks between columns: fewer where the terminal has no room for more.
GAPS = (2, 1)
CODE_WIDTH = 24
# Columns of shares and ratios, which are written as percentages.
SHARE = re.compile(r"_(ratio|share)(_|$)")
WHOLE_FROM = 1000
FINE_BELOW = 0.1


@dataclass(frozen=True)
class Shown:
    """A column as it is shown: its name in words, its cells, whether it is text that may go on in the next line."""

    name: str
    cells: list[Text]
    is_text: bool
    is_right: bool = False

    @property
    def heading(self) -> str:
        """Words, not a name: a terminal breaks lines between them."""
        return self.name.replace("_", " ")

    @property
    def width(self) -> int:
        """The columns of a terminal that it takes where there is room."""
        longest = max((cell.cell_len for cell in self.cells), default=0)
        return max(longest, len(self.heading) if self.is_text else self.heading_width)

    @property
    def heading_width(self) -> int:
        """The longest word of the heading."""
        return max(map(len, self.heading.split()))


def read_csm_names(connection: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """{csm_id: name} of all CSMs.

    Raises:
        UserError: if the file lacks them.
    """
    return dict(marts.query(connection, "select csm_id, csm_name from marts.dim_csms").iter_rows())


def shown_columns(answer: pl.DataFrame, csm_names: Mapping[str, str | None]) -> list[Shown]:
    """The first rows of an answer as a person reads them: a name and its id in one column, percentages as such."""
    rows = answer.head(SHOWN_ROWS)
    shown = []
    for place, column in enumerate(rows.columns):
        values = rows[column].to_list()
        subject = column.removesuffix("_id")
        names_column = f"{subject}_name"
        is_id = column.endswith("_id")
        if column.endswith("_name") and f"{column.removesuffix('_name')}_id" in rows.columns:
            # it stands before its id
            continue
        if is_id and (names_column in rows.columns or subject.endswith("csm")):
            known = names_column in rows.columns
            names = rows[names_column].to_list() if known else [csm_names.get(key) for key in values]
            cells = [
                Text(NOTHING) if key is None else name_with_id(name, str(key))
                for name, key in zip(names, values, strict=True)
            ]
            shown.append(Shown(subject, cells, is_text=True))
            continue
        kind = rows.schema[column]
        # a sentence stands in the last column; neither that nor an id is shortened like a name
        limit = SENTENCE_LENGTH if is_id or place == rows.width - 1 else SHOWN_WIDTH
        form = form_of(column) if kind.is_float() else None
        cells = [Text(words(value, limit, form)) for value in values]
        is_text = kind == pl.String and not all(is_code(cell.plain) for cell in cells)
        shown.append(Shown(column, cells, is_text=is_text, is_right=kind.is_numeric()))
    return shown


def is_code(text: str) -> bool:
    """Whether it is a word to look up, such as an id or a level, which is not broken into lines."""
    return " " not in text and cell_len(text) <= CODE_WIDTH


def form_of(column: str) -> str | None:
    """`share` or `usd` by the name of the column, null for other numbers."""
    if SHARE.search(column):
        return "share"
    return "usd" if column.endswith("_usd") else None


def answer_table(shown: Sequence[Shown], gap: int = GAPS[0]) -> Table:
    """An answer with a row per line. Names are text, whatever they hold, and give way to the numbers."""
    table = new_table(gap=gap)
    for column in shown:
        if column.is_text:
            add_name_column(table, column.heading)
        else:
            texts = [cell.plain for cell in column.cells]
            add_number_column(table, column.heading, texts, is_right=column.is_right)
    for row in zip(*(column.cells for column in shown), strict=True):
        table.add_row(*row)
    return table


def least_width(shown: Sequence[Shown], gap: int) -> int:
    """The fewest columns of a terminal for a table in which no number is cut and texts can be read.

    rich shortens the widest texts first, all to one width.
    """
    texts = [column for column in shown if column.is_text]
    least = max([LEAST_TEXT_WIDTH, *(column.heading_width for column in texts)])
    widths = [min(column.width, least) if column.is_text else column.width for column in shown]
    return sum(widths) + gap * (len(shown) - 1)


def answer_records(shown: Sequence[Shown]) -> Table:
    """An answer with a line per value, for one that has more columns than the terminal has room for."""
    table = new_table()
    table.show_header = False
    add_number_column(table, "", [column.heading for column in shown], is_right=False)
    add_name_column(table, "")
    for row in zip(*(column.cells for column in shown), strict=True):
        for column, cell in zip(shown, row, strict=True):
            table.add_row(Text(column.heading), cell)
        table.add_section()
    return table


def words(value: object, limit: int = SHOWN_WIDTH, form: str | None = None) -> str:
    """A value as a reader expects it: a dash for what was not observed, text of at most `limit` characters.

    `form` is that of a number: `share` is written as a percentage, `usd` as whole dollars, others with decimals.
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        # two decimals would hide a slope or a trend, none a small share
        is_fine = 0 < abs(value) < FINE_BELOW
        if form == "share":
            return f"{value:.1%}" if is_fine else f"{value:,.0%}"
        if form == "usd" or abs(value) >= WHOLE_FROM:
            return f"{value:,.0f}"
        return f"{value:.3f}" if is_fine else f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    return one_line(str(value), limit=limit)


def print_catalogue(questions: dict[str, Question], console: Console) -> None:
    """All questions with their names, by subject."""
    table = Table.grid(padding=(0, 2))
    table.add_column(width=2 + max(map(len, questions), default=0))
    table.add_column()
    subject = ""
    for question in questions.values():
        if question.subject != subject:
            subject = question.subject
            table.add_row(Text(f"\n{subject}", style="bold"))
        table.add_row(Text(f"  {question.name}"), Text(question.text))
    console.print(table)
    console.print(
        '\nmake ask QUESTION=<name>, make ask Q="in plain words", or "python -m book_of_business ask <name> --csv"',
        markup=False,
    )


def print_answer(published_file: Path, question: Question | Bound, console: Console) -> None:
    """The answer as a table that fits the console, and how much of it is left out."""
    with marts.open_published(published_file) as connection:
        answer = answer_of(connection, published_file, question)
        csm_names = read_csm_names(connection) if answer.height and needs_csm_names(answer) else {}
    text = question.question.text if isinstance(question, Bound) else question.text
    if answer.is_empty():
        console.print(Text(text))
        console.print("no rows: none, as far as is observed", markup=False)
        return
    shown = shown_columns(answer, csm_names)
    fitting = [gap for gap in GAPS if least_width(shown, gap) <= console.width]
    console.print(Text(text))
    console.print(answer_table(shown, fitting[0]) if fitting else answer_records(shown), crop=False)
    if answer.height > SHOWN_ROWS:
        console.print(f"{answer.height - SHOWN_ROWS:,} more rows: --csv gives all", markup=False)


def needs_csm_names(answer: pl.DataFrame) -> bool:
    """Whether an answer has ids of CSMs without their names."""
    return any(
        column.endswith("csm_id") and f"{column.removesuffix('_id')}_name" not in answer.columns
        for column in answer.columns
    )
