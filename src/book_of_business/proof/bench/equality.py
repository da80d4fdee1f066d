"""Whether two versions of the core marts are the same: keys exactly, numbers to 1e-9 relative."""

from __future__ import annotations

from pathlib import Path

import duckdb

from book_of_business.errors import UserError
from book_of_business.proof.bench.rules import CORE_MARTS
from book_of_business.proof.parity import RESIDUE, TOLERANCE


def core_mart(mart: str, database: str) -> str:
    """A select of the columns of a core mart from a database that a build has made."""
    if mart == "usage_declines":
        return (
            f"select account_id, cast(emerged_at as date) as emerged_on from {database}.marts.fct_risk_signals"
            " where signal_type = 'usage_decline'"
        )
    keys, measures = CORE_MARTS[mart]
    return f"select {', '.join(keys + measures)} from {database}.marts.{mart}"


def differences(connection: duckdb.DuckDBPyConnection, mart: str, ours: str, theirs: str) -> str:
    """What differs between two selects of a mart, in words; empty when nothing does."""
    keys, measures = CORE_MARTS[mart]
    on = " and ".join(f"ours.{key} = theirs.{key}" for key in keys)
    differing = " or ".join(
        f"not coalesce(abs(ours.{name} - theirs.{name})"
        f" <= greatest({RESIDUE}, {TOLERANCE} * greatest(abs(ours.{name}), abs(theirs.{name}))),"
        f" ours.{name} is null and theirs.{name} is null)"
        for name in measures
    )
    both = f"ours.{keys[0]} is not null and theirs.{keys[0]} is not null"
    found = connection.execute(
        f"""
        with ours as ({ours}), theirs as ({theirs})
        select
            count(*),
            count(*) filter (where ours.{keys[0]} is null),
            count(*) filter (where theirs.{keys[0]} is null),
            count(*) filter (where {both} and ({differing or "false"}))
        from ours full join theirs on {on}
        """
    ).fetchone()
    row_count, extra, missing, other = found or (0, 0, 0, 0)
    if extra or missing or other:
        return f"{mart}: of {row_count} rows {missing} are missing, {extra} are not ours, {other} have another number"
    return "" if row_count else f"{mart}: no rows"


def check(working_file: Path, folder: Path, who: str) -> None:
    """Compare the Parquet files of the core marts in a folder with the marts in a working file.

    Raises:
        UserError: naming every mart that differs, and by how many rows.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{working_file}' as built (read_only)")
        told = [
            differences(connection, mart, core_mart(mart, "built"), f"select * from '{folder}/{mart}.parquet'")
            for mart in CORE_MARTS
        ]
    if any(told):
        raise UserError(f"the core marts of {who} are not those of the build:\n  " + "\n  ".join(filter(None, told)))


def check_builds(whole: Path, grown: Path) -> None:
    """Compare the core marts of two working files.

    Raises:
        UserError: naming every mart that differs, and by how many rows.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{whole}' as whole (read_only)")
        connection.execute(f"attach '{grown}' as grown (read_only)")
        told = [
            differences(connection, mart, core_mart(mart, "whole"), core_mart(mart, "grown")) for mart in CORE_MARTS
        ]
    if any(told):
        raise UserError("the increment is not the whole build:\n  " + "\n  ".join(filter(None, told)))
