"""Ends of lines on random contracts, day by day: the SQL of the models against the sentences of the contract."""

import datetime
from dataclasses import dataclass

import duckdb
import pytest
from conftest import Run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DAY_ONE = datetime.date(2025, 1, 1)
WINDOW, ROLLING, SHARE = 6, 4, 0.5
MODELS = (
    "int_subscriptions__known",
    "int_subscriptions__in_force",
    "int_subscriptions__settled",
    "int_subscriptions__renewing",
)
DAYS = range(-6, 26)

Day = int | None


@dataclass(frozen=True)
class Line:
    """Days are counted from DAY_ONE."""

    key: str
    account: str
    product: str
    arr: float
    starts: int
    ends: Day
    cancelled: Day
    contract: str | None
    signed: Day
    renews: str | None


@st.composite
def lines_of(draw: st.DrawFn) -> list[Line]:
    """Few accounts, products and contracts, and short terms, so that lines meet, overlap and follow each other."""
    found = []
    for number in range(draw(st.integers(1, 7))):
        starts = draw(st.integers(0, 14))
        length = draw(st.sampled_from([None, 0, 3, 4, 5, 7, 8]))
        found.append(
            Line(
                f"line {number}",
                draw(st.sampled_from("aab")),
                draw(st.sampled_from("ppq")),
                draw(st.sampled_from([0.0, 0.15, 0.1 + 0.2, 49.99, 50.0, 100.0])),
                starts,
                None if length is None else starts + length,
                draw(st.one_of(st.none(), st.none(), st.integers(-2, 20))),
                draw(st.sampled_from([None, None, "k", "l"])),
                draw(st.one_of(st.none(), st.none(), st.integers(-5, 20))),
                draw(st.sampled_from([None, None, None, *(f"line {other}" for other in range(8))])),
            )
        )
    return found


def linked(line: Line, lines: list[Line]) -> bool:
    return any(other.key == line.renews and other is not line for other in lines)


def known_on(line: Line, lines: list[Line]) -> int:
    if line.signed is not None:
        return line.signed
    contract = [o for o in lines if line.contract and (o.contract, o.account) == (line.contract, line.account)]
    if any(o is not line and o.ends is not None and line.starts in (o.ends, o.ends + 1) for o in contract):
        return min(o.starts for o in contract)
    return line.starts


def was_ever_in_force(line: Line) -> bool:
    return line.cancelled is None or line.cancelled > line.starts


def is_inclusive(line: Line, lines: list[Line]) -> bool:
    return line.ends is not None and any(
        (o.account, o.product, o.starts) == (line.account, line.product, line.ends + 1) and was_ever_in_force(o)
        for o in lines
    )


def is_in_force(line: Line, lines: list[Line], day: int) -> bool:
    """Whether its ARR counts on the day."""
    if day < line.starts or (line.cancelled is not None and day >= line.cancelled):
        return False
    if any(o is not line and o.renews == line.key and o.starts <= day and was_ever_in_force(o) for o in lines):
        return False
    return line.ends is None or day < line.ends + is_inclusive(line, lines)


def continues(new: Line, old: Line, lines: list[Line]) -> bool:
    """Whether `new` goes on with `old`, whatever is known of it."""
    assert old.ends is not None
    if new is old:
        return False
    if new.renews == old.key:
        return True
    if new.account != old.account or not (new.ends is None or new.ends > old.ends) or new.starts > old.ends + 1:
        return False
    if new.contract and new.contract == old.contract:
        return True
    is_in_time = new.product == old.product and new.starts >= old.ends - WINDOW
    return is_in_time and not linked(new, lines) and round(new.arr, 9) >= round(SHARE * old.arr, 9)


def is_settled(line: Line, lines: list[Line], day: int) -> bool:
    assert line.ends is not None
    return any(
        continues(other, line, lines)
        and known_on(other, lines) <= day
        # cancelled by that end, or before it began
        and (other.cancelled is None or day < other.cancelled or other.cancelled > max(line.ends, other.starts))
        for other in lines
    )


def is_rolling(line: Line) -> bool:
    return line.ends is not None and line.ends - line.starts < ROLLING


def is_overlapping(line: Line, lines: list[Line]) -> bool:
    peers = [o for o in lines if o is not line and (o.account, o.product) == (line.account, line.product)]
    return any(is_in_force(line, lines, day) and is_in_force(o, lines, day) for o in peers for day in range(-2, 60))


def date(day: Day) -> datetime.date | None:
    return None if day is None else DAY_ONE + datetime.timedelta(days=day)


@pytest.fixture(scope="module")
def compiled(small_build: Run) -> dict[str, str]:
    """The models' SQL as dbt ran it."""
    folder = small_build.build_dir / "dbt" / "compiled" / "book_of_business" / "models"
    paths = {path.stem: path for path in folder.glob("*/*/*.sql")}
    return {model: paths[model].read_text() for model in MODELS}


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("attach ':memory:' as working")
    for schema in ("staging", "reference", "intermediate"):
        connection.execute(f"create schema working.{schema}")
    connection.execute("create table working.reference.thresholds (threshold varchar, value double)")
    connection.executemany(
        "insert into working.reference.thresholds values (?, ?)",
        [("renewal_window_days", WINDOW), ("rolling_term_days", ROLLING), ("settled_minimum_share", SHARE)],
    )
    return connection


def build(connection: duckdb.DuckDBPyConnection, compiled: dict[str, str], lines: list[Line]) -> None:
    connection.execute(
        "create or replace table working.staging.stg_crm__subscriptions (subscription_id varchar, account_id varchar,"
        " product varchar, arr_usd double, has_custom_configuration boolean, starts_on date, ends_on date,"
        " cancelled_on date, contract_id varchar, signed_on date, renews_subscription_id varchar)"
    )
    connection.executemany(
        f"insert into working.staging.stg_crm__subscriptions values ({', '.join('?' * 11)})",
        [
            (
                *(line.key, line.account, line.product, line.arr, None, date(line.starts), date(line.ends)),
                *(date(line.cancelled), line.contract, date(line.signed), line.renews),
            )
            for line in lines
        ],
    )
    for model, sql in compiled.items():
        connection.execute(f"create or replace table working.intermediate.{model} as {sql}")


def spans_of(
    connection: duckdb.DuckDBPyConnection, table: str, from_column: str, to_column: str
) -> set[tuple[str, int]]:
    """Lines and days of DAYS on which a span holds."""
    rows = connection.execute(
        f"select subscription_id, {from_column}, {to_column} from working.intermediate.{table}"
    ).fetchall()
    return {(key, day) for key, start, end in rows for day in DAYS if start <= date(day) < end}


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(lines=lines_of())
def test_lines_end_and_are_settled_as_the_contract_says(
    lines: list[Line], compiled: dict[str, str], connection: duckdb.DuckDBPyConnection
) -> None:
    build(connection, compiled, lines)
    rows = connection.execute(
        "select subscription_id, known_on, in_force_until, is_rolling, is_written_inclusively, is_dangling_link,"
        " is_overlapping from working.intermediate.int_subscriptions__in_force"
    ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    assert len(rows) == len(lines)
    for line in lines:
        known, until, rolling, inclusive, dangling, overlapping = found[line.key]
        assert known == date(known_on(line, lines))
        assert (rolling, inclusive) == (is_rolling(line), is_inclusive(line, lines))
        assert dangling == (line.renews is not None and not linked(line, lines))
        assert overlapping == is_overlapping(line, lines), (line, lines)
        for day in DAYS:
            counts = date(line.starts) <= date(day) and (until is None or date(day) < until)
            assert counts == is_in_force(line, lines, day), (line, day)

    ending = [line for line in lines if line.ends is not None and not is_rolling(line)]
    settled = {(line.key, day) for line in ending for day in DAYS if is_settled(line, lines, day)}
    assert spans_of(connection, "int_subscriptions__settled", "settled_from_on", "settled_to_on") == settled
    renewing = {
        (line.key, day)
        for line in ending
        for day in DAYS
        if is_in_force(line, lines, day) and (line.key, day) not in settled
    }
    assert spans_of(connection, "int_subscriptions__renewing", "from_day", "to_day") == renewing
