"""What a rebalancing starts from: accounts, CSMs and renewals of a build, and what was decided before.

Measures are those of the published marts. What they do not hold by account (who is red, which subscription renews when,
who met whom, who will be away) is read from the working file of the same build.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from book_of_business import marts
from book_of_business.console import one_line
from book_of_business.errors import UserError
from book_of_business.rebalancing.rules import Rules

QUERIES = Path(__file__).parent / "queries"
UNASSIGNED = "unassigned"


@dataclass(frozen=True)
class Situation:
    """The books as they are.

    Attributes:
        accounts: one row per active account (queries/accounts.sql), with `lock_reason`.
        csms: one row per CSM (queries/csms.sql); `capacity_hours` a week over the coming quarter.
        renewals: account_id, quarter_start_date, renewing_arr_usd of the horizon.
        thresholds: {threshold: value}.
        as_of_date: the Sunday.
        build_id: of the published marts.
        forbidden: pairs of account and receiver that somebody has rejected.
        names: {account_id or csm_id: name}.
    """

    accounts: pl.DataFrame
    csms: pl.DataFrame
    renewals: pl.DataFrame
    thresholds: dict[str, float]
    as_of_date: date
    build_id: str
    forbidden: frozenset[tuple[str, str]] = frozenset()
    notes: tuple[str, ...] = field(default=())

    @property
    def csm_names(self) -> dict[str, str]:
        """{csm_id: name, else the id}."""
        return {key: name or key for key, name in self.csms.select("csm_id", "csm_name").iter_rows()} | {
            UNASSIGNED: "nobody"
        }


def open_build(published_file: Path, working_file: Path) -> duckdb.DuckDBPyConnection:
    """A connection to the working file, once it is known to be of the same build as what is published.

    Raises:
        UserError: if one of both is missing, open elsewhere, or they are of different builds.
    """
    with marts.open_published(published_file) as published:
        build = marts.query(published, "select as_of_date from reference.build").row(0)
        loads = marts.query(published, "select count(*), round(sum(effort_hours), 6) from marts.fct_csm_load").row(0)
    if not working_file.is_file():
        raise UserError(f"{working_file} is not there: run `make build`; a rebalancing reads its details from it")
    try:
        connection = duckdb.connect(str(working_file), read_only=True, config=marts.CONFIG)
        same = (
            marts.query(connection, "select as_of_date from intermediate.int_clock").row(0) == build
            and marts.query(connection, "select count(*), round(sum(effort_hours), 6) from marts.fct_csm_load").row(0)
            == loads
        )
    except duckdb.Error as error:
        raise UserError(
            f"{working_file} cannot be read ({one_line(str(error), 160)}): wait for the running build, or run one"
        ) from None
    if not same:
        connection.close()
        raise UserError(f"{working_file} is of another build than {published_file}: run `make build`")
    return connection


def read_situation(published_file: Path, working_file: Path, rules: Rules) -> Situation:
    """The books of a build.

    Raises:
        UserError: as `open_build`.
    """
    with marts.open_published(published_file) as published:
        build = marts.query(published, "select as_of_date, build_id from reference.build").row(0, named=True)
    connection = open_build(published_file, working_file)
    try:
        connection.register("rules", rules.table.to_arrow())
        thresholds = dict(marts.query(connection, "select threshold, value from reference.thresholds").iter_rows())
        accounts, csms, renewals = (
            marts.query(connection, (QUERIES / f"{name}.sql").read_text(encoding="utf-8"))
            for name in ("accounts", "csms", "renewals")
        )
    finally:
        connection.close()
    return Situation(accounts, csms, renewals, thresholds, build["as_of_date"], build["build_id"])


def frozen(situation: Situation, account_ids: set[str], reason: str) -> Situation:
    """The same with some accounts locked.

    Raises:
        UserError: if an account is not there.
    """
    known = set(situation.accounts["account_id"])
    if unknown := sorted(account_ids - known):
        raise UserError(f"there is no active account {', '.join(map(one_line, unknown[:5]))}")
    locked = pl.col("account_id").is_in(list(account_ids))
    return replace(
        situation,
        accounts=situation.accounts.with_columns(
            lock_reason=pl.when(locked).then(pl.lit(reason)).otherwise(pl.col("lock_reason"))
        ),
    )


def read_freeze(path: Path) -> set[str]:
    """Ids of a file: a CSV with a column account_id, or one id per line.

    Raises:
        UserError: if the file cannot be read or holds no id.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}): give a file with one account_id per line") from None
    rows = [[cell.strip().strip('"') for cell in line.split(",")] for line in lines if line.strip()]
    place = rows[0].index("account_id") if rows and "account_id" in rows[0] else 0
    ids = {
        row[place] for row in rows[1 if rows and "account_id" in rows[0] else 0 :] if len(row) > place and row[place]
    }
    if not ids:
        raise UserError(f"{path} holds no account_id: give one per line")
    return ids
