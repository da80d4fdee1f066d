"""The catalogue of questions: named queries over the published marts, in `analyses/`.

Each file begins with `-- Question:` and reads nothing but marts, through `ref()`. dbt compiles them with the models;
here they are asked of the published file, which needs no dbt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from book_of_business.console import one_line
from book_of_business.errors import UserError

REF = re.compile(r"\{\{\s*ref\(\s*'(\w+)'\s*\)\s*\}\}")
QUESTION = re.compile(r"\A-- Question: (.+)\n")
SHOWN_ROWS = 40
SHOWN_WIDTH = 36
SENTENCE_LENGTH = 300
SENTENCE_WIDTH = 64
WHOLE_FROM = 1000
FINE_BELOW = 0.1


@dataclass(frozen=True)
class Question:
    """A named query: `subject` is its folder, `sql` runs on a file whose schema `marts` holds `marts`."""

    name: str
    subject: str
    text: str
    sql: str
    marts: tuple[str, ...]


def read_questions(project_dir: Path) -> dict[str, Question]:
    """All questions by name, in the order of their subjects and names.

    Raises:
        UserError: if a file does not say its question, or uses more of Jinja than `ref()`.
    """
    return {
        path.stem: read_question(path, path.parent.name) for path in sorted((project_dir / "analyses").rglob("*.sql"))
    }


def read_question(path: Path, subject: str) -> Question:
    """One file of the catalogue.

    Raises:
        UserError: as in `read_questions`.
    """
    source = path.read_text(encoding="utf-8")
    said = QUESTION.match(source)
    if not said:
        raise UserError(f"{path}: its first line has to be `-- Question: ...`")
    sql = REF.sub(r"marts.\1", source)
    if "{{" in sql or "{%" in sql:
        raise UserError(f"{path}: only ref() of a mart can be asked without dbt; take other values from a mart")
    return Question(path.stem, subject, said.group(1).strip(), sql, tuple(sorted(set(REF.findall(source)))))


def ask(published_file: Path, question: Question) -> pl.DataFrame:
    """The answer from the published marts, a frame with the columns of the query.

    Raises:
        UserError: if the published file lacks a mart that is asked about.
    """
    with duckdb.connect(str(published_file), read_only=True) as connection:
        try:
            return connection.sql(question.sql).pl()
        except duckdb.CatalogException:
            raise UserError(
                f"{published_file} was published before the question {question.name}: run `make build`"
            ) from None


def answer_table(question: Question, answer: pl.DataFrame) -> Table:
    """The first rows of an answer for the terminal. Names are text, whatever they hold."""
    # a sentence stands in the last column: it goes over several lines, and is not cut off like a name
    limits = [*[SHOWN_WIDTH] * (answer.width - 1), SENTENCE_LENGTH]
    rows = [[*map(words, row, limits)] for row in answer.head(SHOWN_ROWS).iter_rows()]
    table = Table(
        title=Text(question.text), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for place, (name, kind) in enumerate(answer.schema.items()):
        # words, not names: a terminal breaks lines between them
        heading = name.replace("_", " ")
        longest = max((len(row[place]) for row in rows), default=0)
        table.add_column(
            Text(heading),
            justify="right" if kind.is_numeric() else "left",
            width=max(min(longest, SENTENCE_WIDTH), *map(len, heading.split())),
            overflow="fold",
        )
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def words(value: object, limit: int = SHOWN_WIDTH) -> str:
    """A value as a reader expects it: a dash for what was not observed, text of at most `limit` characters."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if abs(value) >= WHOLE_FROM:
            return f"{value:,.0f}"
        # two decimals would hide a slope or a trend
        return f"{value:.3f}" if 0 < abs(value) < FINE_BELOW else f"{value:,.2f}"
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
    console.print('\nmake ask QUESTION=<name>, or "python -m book_of_business ask <name> --csv"', markup=False)


def print_answer(published_file: Path, question: Question, console: Console) -> None:
    """The answer as a table, and how much of it is left out."""
    answer = ask(published_file, question)
    if answer.is_empty():
        console.print(Text(question.text))
        console.print("no rows: none, as far as is observed", markup=False)
        return
    table = answer_table(question, answer)
    # a table that is too wide for the terminal is better scrolled than broken within its numbers
    needed = sum(2 + (column.width or 0) for column in table.columns)
    console.width = max(console.width, needed)
    console.print(table)
    if answer.height > SHOWN_ROWS:
        console.print(f"{answer.height - SHOWN_ROWS:,} more rows: --csv gives all", markup=False)


def as_csv(answer: pl.DataFrame) -> str:
    """The whole answer as CSV. A name that a spreadsheet would run as a formula is led by an apostrophe."""
    texts = [name for name, kind in answer.schema.items() if kind == pl.String]
    formula = "^[=+\\-@\t\r]"
    harmless = [
        pl.when(pl.col(name).str.contains(formula)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in texts
    ]
    return answer.with_columns(harmless).write_csv()


def find(questions: dict[str, Question], name: str) -> Question:
    """The question of that name.

    Raises:
        UserError: if there is none, with the nearest names.
    """
    import difflib

    if name in questions:
        return questions[name]
    near = difflib.get_close_matches(name, questions, n=3, cutoff=0.4)
    hint = f"; near it: {', '.join(near)}" if near else ""
    raise UserError(f"there is no question {one_line(name)}{hint}. `python -m book_of_business ask` lists all")
