"""Models as SQL over tables of the test's own: a rule over thousands of random books takes one query, not one build."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import duckdb
import jinja2

ROOT = Path(__file__).resolve().parents[2]
MACROS = (
    "macros/rules.sql",
    "macros/spans.sql",
    # what begins with spark_ is of use to that engine alone, and some of it no template outside dbt
    *sorted(
        str(path.relative_to(ROOT))
        for path in (ROOT / "macros/engine").glob("*.sql")
        if not path.name.startswith("spark_")
    ),
)
EARLIEST_DATE = "date '-infinity'"
# macros/increments.sql as on a full build
WHOLE_BUILD = {
    "config": lambda **settings: "",
    "keeps_earlier_weeks": lambda column: "",
    "keeps_earlier_spans": lambda: "",
    "rebuild_from": lambda: EARLIEST_DATE,
    "weeks_before_rebuild": lambda weeks: EARLIEST_DATE,
    "is_rebuilding": lambda: False,
    "keeps_earlier_means": lambda: "",
    "means_rebuild_from": lambda counted: EARLIEST_DATE,
}


def render(model: str) -> str:
    """The SQL of a model, its refs as plain names; macros are the project's."""
    [path] = (ROOT / "models").rglob(f"{model}.sql")
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals["adapter"] = SimpleNamespace(dispatch=dispatch)
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in MACROS) + path.read_text(encoding="utf-8")
    return environment.from_string(text).render(ref=lambda name: name, **WHOLE_BUILD, **{"return": lambda value: value})


@jinja2.pass_context
def dispatch(context: jinja2.runtime.Context, name: str, package: str) -> Callable[..., str]:
    """The macro as DuckDB has it, in place of dbt's choice."""
    return context.resolve(f"default__{name}")


def run_models(connection: duckdb.DuckDBPyConnection, *models: str) -> None:
    """Build the models as tables, in the order given."""
    for model in models:
        connection.execute(f"create or replace table {model} as {render(model)}")


def load_reference(connection: duckdb.DuckDBPyConnection, *seeds: str) -> None:
    """The reference tables, as they are."""
    for seed in seeds:
        connection.execute(f"create or replace table {seed} as from '{ROOT}/seeds/reference/{seed}.csv'")


def load(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: list[tuple]) -> None:
    """A table with these columns (`name type, ...`) and rows."""
    connection.execute(f"create or replace table {table} ({columns})")
    if rows:
        # a column at a time: row by row takes a minute for what takes a second
        whole = ", ".join("unnest(?)" for _ in rows[0])
        connection.execute(f"insert into {table} select {whole}", [list(values) for values in zip(*rows, strict=True)])
