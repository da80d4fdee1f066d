"""Simulated books whose deteriorations are known: built with dbt, their signals compared with what was planted."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from book_of_business.errors import UserError
from book_of_business.settings import Settings, project_dir

SEEDS = (201, 202, 203)
AS_OF = date(2026, 6, 28)
ACCOUNTS, CSMS, WEEKS = 400, 12, 104
STEP = 0.65  # what is left of the use after a planted step of -35 %
STEP_SHARE = 5  # one account in so many steps down
BUILT = ("+int_risk_episodes__ended", "+int_risk_groups__averaged", "int_accounts__active")
# What a deterioration is called in the simulator's truth, and where it could be seen at all.
VISIBLE = {
    "usage_decline": "exists (select 1 from scored where scored.account_id = planted.account_id "
    "and scored.from_week <= planted.onset_on) and ended_on - onset_on >= 21",
    "negative_sentiment": "exists (select 1 from talks where talks.account_id = planted.account_id "
    "and talks.sentiment_score is not null and talks.started_at >= onset_on and talks.started_at < ended_on)",
    "ticket_escalation": "exists (select 1 from tickets where tickets.account_id = planted.account_id "
    "and tickets.opened_at >= onset_on and tickets.opened_at < ended_on)",
    "stakeholder_disengagement": "ended_on - onset_on >= 35 and (select count(*) from meetings "
    "where meetings.account_id = planted.account_id and meetings.started_at >= onset_on "
    "and meetings.started_at < ended_on) >= 4",
    "delayed_renewal": "exists (select 1 from terms where terms.account_id = planted.account_id "
    "and terms.due_on >= onset_on and terms.due_on < ended_on)",
}


@dataclass(frozen=True)
class Book:
    """A simulated book: its world, its seed, where its raw tables, truth and working file are."""

    world: str
    seed: int
    raw: Path
    truth: Path
    build: Path

    @property
    def working_file(self) -> Path:
        return self.build / "working.duckdb"


def simulate(folder: Path, world: str, seed: int, accounts: int = ACCOUNTS, weeks: int = WEEKS) -> Book:
    """Simulate a book with daily usage and without the demo's story."""
    book = Book(
        world, seed, folder / f"{world}{seed}", folder / f"{world}{seed}_truth", folder / f"{world}{seed}_build"
    )
    size = ("--accounts", str(accounts), "--csms", str(CSMS), "--weeks", str(weeks), "--as-of", AS_OF.isoformat())
    run("book_of_business", "simulate", str(book.raw), "--seed", str(seed), "--world", world, *size, "--usage", "daily",
        "--story", "none", "--truth", str(book.truth), "--force")  # fmt: skip
    return book


def build(book: Book) -> None:
    """Build what the signals need, with dbt."""
    book.build.mkdir(parents=True, exist_ok=True)
    dbt(book, "build", "--select", *BUILT, "--exclude-resource-type", "test", "unit_test")


def dbt(book: Book, *arguments: str) -> None:
    """A dbt command on a book."""
    settings = Settings(project_dir(), book.raw.resolve(), book.build.resolve(), AS_OF)
    # one folder for all books: what dbt has parsed for the first it need not parse again
    target = {"DBT_TARGET_PATH": str(book.build.parent.resolve() / "dbt")}
    run("dbt.cli.main", "--quiet", *arguments, environment=settings.environment() | target)


def run(module: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
    """A Python module as a process of its own.

    Raises:
        UserError: with what it said, if it fails.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=project_dir(),
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UserError(f"{module} {arguments[0]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def open_book(book: Book) -> duckdb.DuckDBPyConnection:
    """The working file with views `planted`, `scored`, `talks`, `tickets`, `meetings`, `terms`, `signals`."""
    connection = duckdb.connect()
    connection.execute(f"attach '{book.working_file}' as book (read_only)")
    end = f"date '{AS_OF + timedelta(days=1)}'"
    connection.execute(f"""
        create table planted as select row_number() over () as number, account_id, signals,
            cast(onset_on as date) as onset_on, coalesce(cast(ended_on as date), {end}) as ended_on
        from read_csv('{book.truth}/truth_episodes.csv', all_varchar = true);
        create view scored as select account_id, min(week_start_date) as from_week
        from book.intermediate.int_usage_weeks__scored where usage_z_score is not null group by account_id;
        create view talks as from book.intermediate.int_interactions__completed;
        create view tickets as from book.staging.stg_support__tickets;
        create view meetings as select distinct talks.account_id, talks.started_at from talks
        inner join book.staging.stg_interactions__interaction_participants as participants
            on talks.interaction_id = participants.interaction_id;
        create view terms as select distinct account_id, ends_on - 75 as due_on
        from book.staging.stg_crm__subscriptions where ends_on is not null and cancelled_on is null;
        create view signals as from book.intermediate.int_risk_signals__joined;
    """)
    return connection


def account_years(connection: duckdb.DuckDBPyConnection, signal: str, where: str) -> float:
    """Years in which accounts could raise a false alarm; for usage, the weeks that were scored."""
    if signal == "usage_decline":
        query = """select count(*) * 7 / 365.25 from book.intermediate.int_usage_weeks__scored as accounts
            where usage_z_score is not null"""
    else:
        query = """select sum((to_week - from_week)) / 365.25 from book.intermediate.int_accounts__active as accounts
            where true"""
    return connection.execute(f"{query} and {where}").fetchone()[0] or 0.0


def measure_signal(
    connection: duckdb.DuckDBPyConnection, signal: str, found: str = "signals"
) -> dict[str, float | None]:
    """Recall, delay, precision and false alarms of one signal.

    Args:
        connection: from `open_book`.
        signal: a signal type.
        found: relation with account_id, signal_type and emerged_at.
    """
    same = f"signals.signal_type = '{signal}' and signals.account_id = planted.account_id " \
        "and signals.emerged_at >= onset_on and signals.emerged_at < ended_on"  # fmt: skip
    planted, caught, visible, caught_visible, delay = connection.execute(f"""
        with judged as (
            select planted.number, {VISIBLE[signal]} as is_visible,
                (select min(signals.emerged_at) from {found} as signals where {same}) as caught_at, onset_on
            from planted where contains(signals, '{signal}')
        )
        select count(*), count(caught_at), count(case when is_visible then 1 end),
            count(case when is_visible then caught_at end),
            median(date_diff('hour', cast(onset_on as timestamp), caught_at) / 24.0)
        from judged
    """).fetchone()
    clean = "accounts.account_id not in (select account_id from planted)"
    false_count, count, true_count = connection.execute(f"""
        select count(case when signals.account_id not in (select account_id from planted) then 1 end), count(*),
            count(case when exists (select 1 from planted where {same} and contains(planted.signals, '{signal}'))
                then 1 end)
        from {found} as signals where signals.signal_type = '{signal}'
    """).fetchone()
    return {
        "planted": planted, "caught": caught, "visible": visible, "caught_visible": caught_visible, "delay": delay,
        "signals": count, "true": true_count, "false": false_count,
        "years": account_years(connection, signal, clean),
    }  # fmt: skip


def measure(book: Book) -> pl.DataFrame:
    """All signals of a built book, and beside them champions alone and the plain four-week drop.

    Columns: world, seed, signal, planted, caught, visible, caught_visible (counts of deteriorations), delay (median
    days from onset), signals, true (inside a deterioration with that sign), false (in accounts without any), years.
    """
    rows = []
    with open_book(book) as connection:
        for signal in VISIBLE:
            rows.append({"signal": signal, **measure_signal(connection, signal)})
        connection.execute("""
            create view champions as select signals.* from signals
            inner join book.staging.stg_crm__contacts as contacts
                on contacts.contact_role = 'champion' and contains(signals.signal_id, '|' || contacts.contact_id || '|')
            where signals.detector = 'silent'
        """)
        champions = measure_signal(connection, "stakeholder_disengagement", "champions")
        rows.append({"signal": "champion silent", **champions})
    drops = declines(book, is_cusum=False)
    with open_book(book) as connection:
        connection.execute("create table drops (account_id varchar, week_start_date date, emerged_at timestamp)")
        if drops:
            connection.executemany("insert into drops values (?, ?, ?)", drops)
        connection.execute("alter table drops add column signal_type varchar default 'usage_decline'")
        rows.append({"signal": "four-week drop", **measure_signal(connection, "usage_decline", "drops")})
    return pl.DataFrame(rows).select(pl.lit(book.world).alias("world"), pl.lit(book.seed).alias("seed"), pl.all())


def declines(book: Book, *, is_cusum: bool) -> list[tuple[str, date, datetime]]:
    """Account, week and instant of each decline of usage by one detector or the other: the model's SQL, as compiled."""
    [compiled] = (book.build.parent / "dbt" / "compiled").rglob("int_usage_decline__signalled.sql")
    with duckdb.connect(str(book.working_file)) as connection:
        connection.begin()
        connection.execute(
            "update reference.risk_signal_rules set value = ? where parameter = 'is_cusum'", [float(is_cusum)]
        )
        query = f"select account_id, week_start_date, emerged_at from ({compiled.read_text()}) as declines"
        found = connection.execute(query).fetchall()
        connection.rollback()
    return found


def plant_steps(book: Book, folder: Path) -> tuple[Book, pl.DataFrame]:
    """A copy of a book without deteriorations in which the use of one account in five falls by 35 % for good.

    Returns the book and, per account, `step_on`, a Monday at least 30 weeks in and 13 before the end.
    """
    rng = random.Random(book.seed)
    raw = folder / f"{book.world}{book.seed}_step"
    shutil.rmtree(raw, ignore_errors=True)
    shutil.copytree(book.raw, raw)
    usage = pl.read_csv(raw / "product_usage.csv", try_parse_dates=True)
    accounts = usage.group_by("account_id").agg(pl.col("used_on").min().alias("first"), pl.col("used_on").max())
    last = AS_OF - timedelta(days=AS_OF.weekday())
    steps = []
    for account, first, latest in accounts.sort("account_id").iter_rows():
        earliest = first - timedelta(days=first.weekday()) + timedelta(weeks=30)
        room = (last - timedelta(weeks=13) - earliest).days // 7
        if room >= 0 and latest >= last and rng.randrange(STEP_SHARE) == 0:
            steps.append((account, earliest + timedelta(weeks=rng.randint(0, room))))
    planted = pl.DataFrame(steps, schema={"account_id": pl.String, "step_on": pl.Date}, orient="row")
    is_down = pl.col("used_on") >= pl.col("step_on")
    usage = usage.join(planted, on="account_id", how="left").with_columns(
        pl.when(is_down).then((pl.col(name) * STEP).round()).otherwise(pl.col(name)).cast(pl.Int64).alias(name)
        for name in ("active_users", "event_count")
    )
    usage.drop("step_on").write_csv(raw / "product_usage.csv")
    return Book("step", book.seed, raw, book.truth, folder / f"{book.world}{book.seed}_step_build"), planted


def caught_steps(
    book: Book, planted: pl.DataFrame, *, is_cusum: bool, within_weeks: int = 8
) -> tuple[int, int, float | None]:
    """Steps planted, steps signalled within so many weeks, and the median weeks to the end of the week that told."""
    rows = [row[:2] for row in declines(book, is_cusum=is_cusum)]
    found = pl.DataFrame(rows, schema={"account_id": pl.String, "week_start_date": pl.Date}, orient="row")
    waits = (
        planted.join(found, on="account_id")
        .with_columns(weeks=(pl.col("week_start_date") - pl.col("step_on")).dt.total_days() / 7 + 1)
        .filter(pl.col("weeks").is_between(1, within_weeks))
        .group_by("account_id")
        .agg(pl.col("weeks").min())
    )
    return planted.height, waits.height, waits["weeks"].median()
