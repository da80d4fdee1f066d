"""Run the suites against a DuckDB file, read-only; what comes out are summaries, never rows."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from book_of_business.receiving.contract import RawTable, read_contract
from book_of_business.receiving.forms import look_sql, received_column
from book_of_business.receiving.reference_files import read_thresholds
from book_of_business.validation.edge_suites import EARLIEST_DATE, LATEST_DATE
from book_of_business.validation.summary import Check, SuiteResult, ValidationSummary

if TYPE_CHECKING:
    import sqlalchemy

CHECKOUT = Path(__file__).resolve().parents[3]
# The measures whose failure is explained by what the values look like.
FORM_MEASURES = ("usable", "form")
UNFIT_REMEDY = "the suite in expectations/suites does not fit the columns of this mart: change the one or the other"
STATISTICS = {
    "expect_column_mean_to_be_between": "a mean of ",
    "expect_column_median_to_be_between": "a median of ",
    "expect_column_min_to_be_between": "a minimum of ",
    "expect_column_max_to_be_between": "a maximum of ",
}
UNREADABLE_REMEDY = "write UTF-8, RFC 4180: commas, quotes around a field that contains one, a field per header name"


class ValidationError(Exception):
    """The suites cannot be run; the message says why in one line."""


@dataclass(frozen=True)
class Session:
    """The suites, and one DuckDB file as Great Expectations' data source."""

    suites: Any
    source: Any
    engine: sqlalchemy.Engine

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        import sqlalchemy

        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sqlalchemy.text(query.replace(":", r"\:")))]

    def suite(self, name: str) -> Any:
        """A suite of the context."""
        return self.suites.get(name)

    def validate(self, asset: Any, suite: Any, parameters: dict[str, str] | None = None) -> list[Any]:
        """Great Expectations' results of a suite on a table or query asset."""
        batch = asset.get_batch(asset.build_batch_request())
        found = batch.validate(suite, result_format="BASIC", expectation_parameters=parameters or {})
        return list(found.results)


def validate_edge(
    working_file: Path, results_dir: Path, raw_description: str, project_dir: Path = CHECKOUT
) -> ValidationSummary:
    """Run the edge suite of every raw table on the views `raw.<table>` of the working file.

    `raw_description` says where the tables came from. The summary is also written to `results_dir`/edge.json; the
    marts.json of an earlier run is deleted, since it says nothing of these tables.

    Raises:
        ValidationError: if the working file or the suites cannot be opened.
    """
    (results_dir / "marts.json").unlink(missing_ok=True)
    with opened(working_file, results_dir, project_dir) as session:
        latest = used_until(session, project_dir)
        suites = tuple(edge_result(session, table, latest) for table in read_contract(project_dir))
    summary = ValidationSummary("edge", raw_description, str(working_file), suites)
    summary.write(results_dir / "edge.json")
    return summary


def validate_marts(
    file: Path, results_dir: Path, project_dir: Path = CHECKOUT, known_as: Path | None = None
) -> ValidationSummary:
    """Run the drift suites on the schema `marts` of a DuckDB file, published or working.

    `known_as` is the name that the file is going to have, where that is another. The summary is also written to
    `results_dir`/marts.json.

    Raises:
        ValidationError: if the file or the suites cannot be opened.
    """
    with opened(file, results_dir, project_dir) as session:
        names = sorted(file.stem for file in (project_dir / "expectations" / "suites").glob("drift_*.json"))
        suites = tuple(drift_result(session, name) for name in names)
    name = str(known_as or file)
    summary = ValidationSummary("marts", name, name, suites)
    summary.write(results_dir / "marts.json")
    return summary


@contextmanager
def opened(file: Path, results_dir: Path, project_dir: Path) -> Iterator[Session]:
    """The suites of expectations/, and the file as the data source that they run on.

    Raises:
        ValidationError: if the file does not exist, is held by a writer, or the suites are missing.
    """
    if not file.is_file():
        raise ValidationError(f"{file} does not exist: run `make build`")
    folder = project_dir / "expectations"
    if not (folder / "great_expectations.yml").is_file():
        raise ValidationError(f"{folder} has no great_expectations.yml: run this in a checkout of Book of Business")
    import duckdb

    try:
        duckdb.connect(str(file), read_only=True).close()
    except duckdb.Error as error:
        held = (
            "it is being written by another program" if "Could not set lock" in str(error) else first_line(str(error))
        )
        raise ValidationError(f"{file} cannot be opened: {held}") from None
    quiet()
    import great_expectations
    import sqlalchemy
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.exceptions import GreatExpectationsError

    from book_of_business.validation import measures  # noqa: F401  registers the expectation of its own
    from book_of_business.validation.dialect import close_connections, connection_string

    results_dir.mkdir(parents=True, exist_ok=True)
    try:
        # The file context only reads suites. In it a data source would rewrite great_expectations.yml for every table.
        suites = great_expectations.get_context(mode="file", context_root_dir=str(folder)).suites
        context = great_expectations.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_sql(
            name="book", connection_string=connection_string(file).replace("$", r"\$"), create_temp_table=False
        )
        yield Session(suites, source, source.get_engine())
    except (duckdb.Error, sqlalchemy.exc.SQLAlchemyError, GreatExpectationsError) as error:
        raise ValidationError(f"{file} cannot be validated: {first_line(str(error))}") from None
    finally:
        close_connections()


def quiet() -> None:
    """No telemetry, no progress bars, no logging of Great Expectations; to be called before its import."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"(great_expectations|duckdb_sqlalchemy|sqlalchemy|marshmallow)")


def latest_interaction_on(session: Session, project_dir: Path = CHECKOUT) -> str | None:
    """The day of the latest completed interaction, which is the book's clock; null if there is none.

    As in the contract, a few days beyond a gap do not move it: a typing error of years must not excuse other dates.
    """
    columns = {name.lower() for (name,) in session.rows(columns_query("raw", "interactions", "column_name"))}
    if not {"started_at", "status"} <= columns:
        return None
    limits = read_thresholds(project_dir / "seeds" / "reference", ("clock_gap_days", "clock_stray_share"))
    try:
        return session.rows(latest_day_query(limits["clock_gap_days"], limits["clock_stray_share"]))[0][0]
    except Exception:  # a table that cannot be read is reported by its own suite
        return None


def used_until(session: Session, project_dir: Path = CHECKOUT) -> str | None:
    """The last day up to which rows are used: of the latest completed interaction, or AS_OF_DATE where it is later."""
    days = (latest_interaction_on(session, project_dir), os.environ.get("AS_OF_DATE"))
    return max((day for day in days if day), default=None)


def latest_day_query(gap_days: float, stray_share: float) -> str:
    """The latest day of the completed interactions but for those beyond the widest gap that so few lie beyond."""
    return f"""
        with days as (
            select try_cast(cast(started_at as varchar) as date) as day, count(*) as day_count
            from raw.interactions where lower(cast(status as varchar)) = 'completed' group by all
        ),
        ends as (
            select day, lag(day) over (order by day) as earlier_day, sum(day_count) over () as all_count,
                sum(day_count) over (order by day desc) as tail_count
            from days where day is not null
        )
        select cast(coalesce(
            min(case
                when day - earlier_day > {gap_days} and tail_count < {stray_share} * all_count then earlier_day
            end),
            max(day)
        ) as varchar) from ends
    """


def columns_query(schema: str, table: str, selected: str) -> str:
    """A query for the columns of a table or view, in their order."""
    return (
        f"select {selected} from duckdb_columns() where database_name = current_database()"
        f" and schema_name = '{schema}' and table_name = '{table}' order by column_index"
    )


def edge_result(session: Session, table: RawTable, latest: str | None) -> SuiteResult:
    """The edge suite of one raw table, on the contract's columns that the view has."""
    from book_of_business.validation.dialect import expose_columns_only

    suite = session.suite(f"edge_{table.name}")
    columns = session.rows(columns_query("raw", table.name, "column_name, data_type"))
    raw_columns = {name.lower(): (name, kind) for name, kind in columns}
    if not raw_columns:
        note = "not supplied" + (", though it is required" if table.is_required else "")
        return SuiteResult(suite.name, table.name, None, note, ())
    present = [column for column in table.columns if column.name in raw_columns]
    absent = [column.name for column in table.columns if column.name not in raw_columns]
    selected = [
        received_column(*raw_columns[column.name], column.data_type, is_typed=column.is_typed) for column in present
    ]
    query = f'select {", ".join(selected) or "1 as nothing"} from raw."{table.name}"'
    suite.expectations = [
        expectation
        for expectation in suite.expectations
        if {getattr(expectation, name, None) for name in ("column", "beside")} <= {None, *(one.name for one in present)}
    ]
    asset = session.source.add_query_asset(name=table.name, query=expose_columns_only(query))
    results = session.validate(asset, suite, {"happened_between": f"{EARLIEST_DATE}/{latest or LATEST_DATE}"})
    note = f"columns not supplied: {', '.join(absent)}" if absent else ""
    broken = [message for result in results for message in messages(result)]
    if broken:
        return SuiteResult(suite.name, table.name, None, note, (unreadable_check(broken[0]),))

    def look(column: str, data_type: str) -> str:
        return look_of(session, query, column, data_type)

    return as_suite_result(suite.name, table.name, note, results, look)


def drift_result(session: Session, name: str) -> SuiteResult:
    """One drift suite, on the mart that it names."""
    suite = session.suite(name)
    mart = suite.meta["table"]
    if not session.rows(columns_query("marts", mart, "column_name")):
        return SuiteResult(name, mart, None, "not built", ())
    asset = session.source.add_table_asset(name=mart, table_name=mart, schema_name="marts")
    results = session.validate(asset, suite)
    return as_suite_result(name, mart, "", results, None)


def as_suite_result(
    name: str, table: str, note: str, results: list[Any], look: Callable[[str, str], str] | None
) -> SuiteResult:
    """Great Expectations' results in our words; `look` says what values without their form look like."""
    counted = [result for result in results if is_row_count(result) and not messages(result)]
    row_count = counted[0].result["observed_value"] if counted else None
    return SuiteResult(name, table, row_count, note, tuple(as_check(result, look) for result in results))


def is_row_count(result: Any) -> bool:
    """Whether the expectation is on the number of rows."""
    return result.expectation_config.type == "expect_table_row_count_to_be_between"


def messages(result: Any) -> list[str]:
    """Why the expectation could not be evaluated, in one message or one per metric; empty if it was."""
    told = result.exception_info or {}
    parts = [told] if "raised_exception" in told else [part for part in told.values() if isinstance(part, dict)]
    return [str(part["exception_message"]) for part in parts if part.get("raised_exception")]


def as_check(result: Any, look: Callable[[str, str], str] | None) -> Check:
    """One result of Great Expectations as a check."""
    config = result.expectation_config
    column = config.kwargs.get("column")
    remedy = (config.meta or {}).get("remedy", "")
    observed, verdict = observed_words(result), "met" if result.success else "not met"
    if messages(result):
        observed, verdict, remedy = "could not be evaluated", "not met", UNFIT_REMEDY
    elif result.result.get("observed_value") is None:
        observed, verdict = "too few values to say", "not measured"
    elif not result.success and look and config.kwargs.get("measure") in FORM_MEASURES:
        observed += look(column, config.kwargs["argument"])
    return Check(column, config.description, str(config.severity.value), verdict, observed, remedy)


def observed_words(result: Any) -> str:
    """What was observed, as a share or a figure."""
    value = result.result.get("observed_value")
    kind, measure = result.expectation_config.type, result.expectation_config.kwargs.get("measure")
    if value is None:
        return "nothing"
    if measure == "constant":
        return "one value throughout" if value else "more than one value"
    if kind in ("expect_column_share_to_be_between", "expect_column_proportion_of_non_null_values_to_be_between"):
        return share_words(float(value))
    if is_row_count(result):
        return f"{int(value):,} rows"
    if kind == "unexpected_rows_expectation":
        return f"{int(value):,} such rows"
    return STATISTICS.get(kind, "") + (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}")


def share_words(value: float) -> str:
    """A share as a percentage that does not round to all or nothing."""
    if 0 < value < 0.0005:
        return "less than 0.1 %"
    if 0.9995 <= value < 1:
        return "more than 99.9 %"
    return f"{value * 100:.1f} %"


def look_of(session: Session, query: str, column: str, kind: str) -> str:
    """What most values of a column that lack their form look like: digits as 9, letters as a; empty for none."""
    found = session.rows(f"select {look_sql(chr(34) + column + chr(34), kind)} from ({query}) as received")
    return f", the others mostly look like {found[0][0]}" if found and found[0][0] else ""


def unreadable_check(message: str) -> Check:
    """A table that breaks off while it is read, without the reader's message: it quotes the line.

    Raises:
        ValidationError: if the message is not of reading a file.
    """
    line = re.search(r"CSV Error on Line: (\d+)", message)
    if not line and not re.search(r"unicode|CSV|[Pp]arquet|No files found", message):
        raise ValidationError(f"a suite could not be evaluated: {first_line(message)}")
    where = f"it breaks off at line {line.group(1)}" if line else "it breaks off"
    what = " (not UTF-8)" if "unicode" in message else ""
    return Check(None, "the table can be read to its end", "critical", "not met", where + what, UNREADABLE_REMEDY)


def first_line(text: str) -> str:
    """The first line that says something, at most 200 characters."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:200] if lines else "no message"
