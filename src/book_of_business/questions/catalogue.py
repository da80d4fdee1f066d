"""The catalogue of questions: named queries over the published marts, in `analyses/`.

Each file begins with `-- Question:` and reads nothing but marts, through `ref()`. dbt compiles them with the models;
here they run on the published file, which needs no dbt. More lines may follow the first:

- `-- Also:` other wordings, separated by semicolons. They help to find the question from plain words.
- `-- Filters:` what the answer can be limited to: account, competitor, csm, motion, product, segment, team.
- `-- Parameter:` `name, least to most: what it is`. The SQL reads it as `{{ parameter('name', default) }}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from book_of_business import marts
from book_of_business.console import one_line
from book_of_business.errors import UserError

REF = re.compile(r"\{\{\s*ref\(\s*'(\w+)'\s*\)\s*\}\}")
HEADER = re.compile(r"^-- (Question|Also|Filters|Parameter): (.+)$")
PARAMETER = re.compile(r"^(\w+), (-?[\d.]+) to (-?[\d.]+): (.+)$")
READ = re.compile(r"\{\{\s*parameter\(\s*'(\w+)',\s*(-?[\d.]+)\s*\)\s*\}\}")
# Longer than any name of a question: what is beyond it is not compared.
NAME_LENGTH = 80
# The columns of an answer that a filter compares, the first that is there; `team` and `segment` can also be looked up.
FILTER_COLUMNS = {
    "account": ("account_id",),
    "competitor": ("competitor", "last_competitor"),
    "csm": ("csm_id", "highest_csm_id"),
    "motion": ("motion",),
    "product": ("product",),
    "segment": ("segment",),
    "team": ("team",),
}
LOOKED_UP = {
    "team": ("csm_id", "select csm_id from marts.dim_csms where team = $value"),
    "segment": ("account_id", "select account_id from marts.dim_accounts where segment = $value"),
}


@dataclass(frozen=True)
class Parameter:
    """A number that a question reads: its default, the least and the most it may be, and what it is."""

    name: str
    default: float
    least: float
    most: float
    meaning: str

    def checked(self, value: float | str) -> float:
        """The value as a number in range; a whole number as such.

        Raises:
            UserError: if it is no number or out of range.
        """
        try:
            number = float(value)
        except ValueError:
            raise UserError(f"{self.name} must be a number, not {one_line(str(value))}") from None
        if not self.least <= number <= self.most:
            raise UserError(f"{self.name} must be {self.least:g} to {self.most:g}, not {number:g}")
        return int(number) if number.is_integer() else number


@dataclass(frozen=True)
class Question:
    """A named query: `subject` is its folder, `sql` runs on a file whose schema `marts` holds `marts`."""

    name: str
    subject: str
    text: str
    sql: str
    marts: tuple[str, ...]
    wordings: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Bound:
    """A question with the values of its parameters and filters: {"days": 90, "csm": "C01"}."""

    question: Question
    values: Mapping[str, str | float] = field(default_factory=dict, hash=False)

    @property
    def parameters(self) -> dict[str, float]:
        """Every parameter with its value, the default where none was given.

        Raises:
            UserError: if a value is out of range.
        """
        return {
            name: parameter.checked(self.values.get(name, parameter.default))
            for name, parameter in self.question.parameters.items()
        }

    @property
    def filters(self) -> dict[str, str]:
        """The filters that have a value."""
        return {name: str(value) for name, value in self.values.items() if name in self.question.filters}


def bind(question: Question, values: Mapping[str, str | float]) -> Bound:
    """A question with values.

    Raises:
        UserError: if it has no such parameter or filter, or a value is out of range.
    """
    known = [*question.parameters, *question.filters]
    for name in values:
        if name not in known:
            has = f"it takes {', '.join(known)}" if known else "it takes no values"
            raise UserError(f"the question {question.name} has no {one_line(name)}: {has}")
    bound = Bound(question, dict(values))
    _ = bound.parameters
    return bound


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
    head: dict[str, list[str]] = {"Question": [], "Also": [], "Filters": [], "Parameter": []}
    for line in source.splitlines():
        said = HEADER.match(line)
        if not said:
            break
        head[said.group(1)].append(said.group(2).strip())
    if not head["Question"] or not source.startswith("-- Question: "):
        raise UserError(f"{path}: its first line has to be `-- Question: ...`")
    defaults = dict(READ.findall(source))
    sql = READ.sub(r"$\1", REF.sub(r"marts.\1", source))
    if "{{" in sql or "{%" in sql:
        raise UserError(f"{path}: only ref() of a mart and parameter() can be asked without dbt")
    filters = tuple(name.strip() for line in head["Filters"] for name in line.split(","))
    if unknown := [name for name in filters if name not in FILTER_COLUMNS]:
        raise UserError(f"{path}: no filter is called {', '.join(unknown)}; there are {', '.join(FILTER_COLUMNS)}")
    parameters = dict(as_parameter(path, line, defaults) for line in head["Parameter"])
    if undeclared := defaults.keys() - parameters.keys():
        raise UserError(f"{path}: no `-- Parameter:` line says what {', '.join(sorted(undeclared))} may be")
    wordings = tuple(wording.strip() for line in head["Also"] for wording in line.split(";") if wording.strip())
    return Question(
        path.stem,
        subject,
        head["Question"][0],
        sql,
        tuple(sorted(set(REF.findall(source)))),
        wordings,
        filters,
        parameters,
    )


def as_parameter(path: Path, line: str, defaults: Mapping[str, str]) -> tuple[str, Parameter]:
    """A parameter as its line says it.

    Raises:
        UserError: if the line has another form, or the SQL does not read the parameter.
    """
    said = PARAMETER.match(line)
    if not said:
        raise UserError(f"{path}: write `-- Parameter: name, least to most: what it is`, not {line}")
    name, least, most, meaning = said.groups()
    if name not in defaults:
        raise UserError(f"{path}: the SQL does not read {{{{ parameter('{name}', ...) }}}}")
    return name, Parameter(name, float(defaults[name]), float(least), float(most), meaning)


def ask(published_file: Path, question: Question | Bound) -> pl.DataFrame:
    """The answer from the published marts, a frame with the columns of the query.

    Raises:
        UserError: if there is no published file, or it lacks a mart that is asked about.
    """
    with marts.open_published(published_file) as connection:
        return answer_of(connection, published_file, question)


def answer_of(connection: duckdb.DuckDBPyConnection, published_file: Path, question: Question | Bound) -> pl.DataFrame:
    """The same from a file that is open.

    Raises:
        UserError: if the file lacks a mart or a column that is asked about.
    """
    bound = question if isinstance(question, Bound) else Bound(question)
    try:
        answer = connection.sql(bound.question.sql, params=bound.parameters or None).pl()
        for name, value in bound.filters.items():
            answer = narrowed(connection, answer, name, value)
    except (duckdb.CatalogException, duckdb.BinderException):
        raise UserError(
            f"{published_file} was published before the question {bound.question.name}: run `make build`"
        ) from None
    return answer


def narrowed(connection: duckdb.DuckDBPyConnection, answer: pl.DataFrame, name: str, value: str) -> pl.DataFrame:
    """The rows of an answer that belong to an account, a CSM, a team and so on; the order stays."""
    for column in FILTER_COLUMNS[name]:
        if column in answer.columns:
            return answer.filter(pl.col(column) == value)
    column, members = LOOKED_UP[name]
    ids = [key for (key,) in connection.execute(members, {"value": value}).fetchall()]
    return answer.filter(pl.col(column).is_in(ids))


def find(questions: Mapping[str, Question], name: str) -> Question:
    """The question of that name, in any case and with blanks for underscores.

    Raises:
        UserError: if there is none, with the nearest names.
    """
    import difflib

    # `Books over capacity?` is books_over_capacity
    asked = "_".join(re.findall(r"\w+", name.lower()))
    if asked in questions:
        return questions[asked]
    near = difflib.get_close_matches(asked[:NAME_LENGTH], questions, n=3, cutoff=0.4)
    hint = f"; near it: {', '.join(near)}" if near else ""
    raise UserError(f"there is no question {one_line(name)}{hint}. `python -m book_of_business ask` lists all")


def as_csv(answer: pl.DataFrame) -> str:
    """The whole answer as CSV. A name that a spreadsheet would run as a formula is led by an apostrophe."""
    texts = [name for name, kind in answer.schema.items() if kind == pl.String]
    formula = "^[=+\\-@\t\r]"
    harmless = [
        pl.when(pl.col(name).str.contains(formula)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in texts
    ]
    return answer.with_columns(harmless).write_csv()
