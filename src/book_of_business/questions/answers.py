"""Answers with what a reader needs to judge them: names, definitions, the date, and what was not observed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl

from book_of_business import marts
from book_of_business.questions.catalogue import Bound, Question, answer_of, bind, read_questions
from book_of_business.questions.retrieval import Index
from book_of_business.questions.understanding import Understood, understand
from book_of_business.questions.values import read_names

# An id and the mart that has its name.
NAMES = {
    "csm": "select csm_id as id, csm_name as name from marts.dim_csms",
    "account": "select account_id as id, account_name as name from marts.dim_accounts",
}
JSON_ROWS = 200


@dataclass(frozen=True)
class Answer:
    """An answer: its rows, the definitions of its columns, the date of the marts, and what is missing in them."""

    bound: Bound
    rows: pl.DataFrame
    as_of_date: date
    definitions: dict[str, str]
    not_observed: tuple[str, ...]

    def as_dict(self, limit: int = JSON_ROWS) -> dict[str, object]:
        """The answer as JSON has it, with at most `limit` rows; `row_count` counts all."""
        return {
            "question": self.bound.question.name,
            "question_text": self.bound.question.text,
            "parameters": {**self.bound.parameters, **self.bound.filters},
            "as_of_date": str(self.as_of_date),
            "definitions": self.definitions,
            "not_observed": list(self.not_observed),
            "row_count": self.rows.height,
            "rows": [{key: plain(value) for key, value in row.items()} for row in self.rows.head(limit).to_dicts()],
        }


def plain(value: object) -> object:
    """A value as JSON can hold it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def answer(published_file: Path, bound: Bound) -> Answer:
    """Answer a question from the published file.

    Raises:
        UserError: if there is no published file, or it lacks a mart.
    """
    with marts.open_published(published_file) as connection:
        return answer_from(connection, published_file, bound)


def answer_from(connection: duckdb.DuckDBPyConnection, published_file: Path, bound: Bound) -> Answer:
    """The same from a file that is open."""
    rows = with_names(connection, answer_of(connection, published_file, bound))
    return Answer(
        bound,
        rows,
        read_as_of_date(connection),
        read_definitions(connection, bound.question, rows.columns),
        read_not_observed(connection, rows),
    )


def read_as_of_date(connection: duckdb.DuckDBPyConnection) -> date:
    """The date that the marts are measured at."""
    return marts.query(connection, "select as_of_date from reference.build").item()


def with_names(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the name beside each id of a CSM or an account that lacks it."""
    for column in rows.columns:
        kind = next((kind for kind in NAMES if column == f"{kind}_id" or column.endswith(f"_{kind}_id")), None)
        name = f"{column.removesuffix('_id')}_name"
        if kind is None or name in rows.columns:
            continue
        names = dict(marts.query(connection, NAMES[kind]).iter_rows())
        found = pl.Series(name, [names.get(key) for key in rows[column]], pl.String)
        rows = rows.insert_column(rows.columns.index(column) + 1, found)
    return rows


def read_definitions(connection: duckdb.DuckDBPyConnection, question: Question, columns: list[str]) -> dict[str, str]:
    """{column: what it is} as the published file says it, for the columns that a mart of the question has."""
    found = connection.execute(
        "select column_name, any_value(comment) from duckdb_columns()"
        " where schema_name = 'marts' and list_contains($marts, table_name) and comment is not null"
        " group by column_name",
        {"marts": list(question.marts)},
    ).fetchall()
    comments = dict(found)
    return {column: comments[column] for column in columns if column in comments}


def read_not_observed(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> tuple[str, ...]:
    """Columns of which nothing is known, and what raw tables are not there."""
    empty = [
        f"{column}: not observed in any row"
        for column in rows.columns
        if rows.height and rows[column].null_count() == rows.height
    ]
    absent = marts.query(
        connection,
        "select 'no ' || table_name || ': ' || unavailable from marts.data_coverage"
        " where not is_present and unavailable is not null order by table_name",
    )
    return (*empty, *absent.to_series().to_list())


class Asker:
    """The catalogue and the names of a published file, read once, to understand and answer many texts."""

    def __init__(self, project_dir: Path, published_file: Path) -> None:
        """Read both.

        Raises:
            UserError: if there is no published file, or the catalogue has a fault.
        """
        self.published_file = published_file
        self.questions = read_questions(project_dir)
        self.index = Index(self.questions)

    def understand(self, text: str) -> Understood:
        """What a text asks for, by the names in the latest published file."""
        with marts.open_published(self.published_file) as connection:
            return understand(text, self.index, read_names(connection), read_as_of_date(connection))

    def answer_text(self, text: str) -> tuple[Understood, Answer | None]:
        """What a text asks for and its answer, which is null where it is refused."""
        with marts.open_published(self.published_file) as connection:
            understood = understand(text, self.index, read_names(connection), read_as_of_date(connection))
            if understood.question is None:
                return understood, None
            bound = bind(understood.question, understood.parameters)
            return understood, answer_from(connection, self.published_file, bound)


def as_json(understood: Understood, found: Answer | None) -> dict[str, object]:
    """What `ask --text --json` prints."""
    said = {
        "text": understood.text,
        "question": understood.question.name if understood.question else None,
        "parameters": dict(understood.parameters),
        "alternatives": [question.name for question in understood.alternatives],
        "is_refused": understood.is_refused,
        "reason": understood.reason,
        "understood": list(understood.said),
    }
    if found is None:
        return said
    told = found.as_dict()
    return {**told, **said, "parameters": told["parameters"]}
