"""The raw contract's rules, applied to whole simulated tables at once; for the tests of the simulator.

Each check returns sentences about what is wrong: none is what a test wants to see.
"""

from pathlib import Path

import polars as pl

from book_of_business.receiving.contract import RawColumn, read_contract
from book_of_business.simulate.tables import TABLES

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = {table.name: table for table in read_contract(ROOT)}


def read_tables(folder: Path) -> dict[str, pl.DataFrame]:
    """The tables of a folder (CSV, Parquet or folders of parts; flat or by domain), typed by the contract."""
    found = {}
    for table, (domain, schema) in TABLES.items():
        for base in (folder / table, folder / domain / table):
            if base.with_suffix(".csv").is_file():
                frame = pl.read_csv(base.with_suffix(".csv"), schema_overrides=dict.fromkeys(schema, pl.String))
                times = [name for name, kind in schema.items() if kind == pl.Datetime("us")]
                frame = frame.with_columns(pl.col(times).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=True))
                days = [name for name, kind in schema.items() if kind == pl.Date()]
                frame = frame.with_columns(pl.col(days).str.to_date("%Y-%m-%d", strict=True))
                flags = [name for name, kind in schema.items() if kind == pl.Boolean()]
                frame = frame.with_columns(
                    pl.col(flags).replace_strict({"true": True, "false": False}, return_dtype=pl.Boolean)
                )
                found[table] = frame.cast(dict(schema))
            elif base.with_suffix(".parquet").is_file():
                found[table] = pl.read_parquet(base.with_suffix(".parquet"))
            elif any(base.glob("week=*")):
                found[table] = pl.read_parquet(base / "*" / "*.parquet", hive_partitioning=False)
    return found


def faults(tables: dict[str, pl.DataFrame]) -> list[str]:
    """What breaks the contract, one sentence each."""
    wrong = []
    for name, frame in tables.items():
        table, schema = CONTRACT[name], TABLES[name][1]
        if dict(frame.schema) != schema:
            wrong.append(f"{name} has other columns or types: {frame.schema}")
            continue
        if frame.select(table.grain).is_duplicated().any():
            wrong.append(f"{name} has a key twice")
        for column in table.columns:
            if column.name in schema:
                wrong += [f"{name}.{column.name} {fault}" for fault in faults_of_column(column, frame, tables)]
    spans = tables["account_assignments"].sort("account_id", "assigned_on")
    following = spans["assigned_on"].shift(-1)
    same = spans["account_id"] == spans["account_id"].shift(-1)
    if (same & (spans["unassigned_on"].is_null() | (spans["unassigned_on"] > following))).any():
        wrong.append("account_assignments overlap")
    known = tables["interactions"]["interaction_type"].is_in(words_of("interaction_types", "interaction_type"))
    if not known.all():
        wrong.append("interactions.interaction_type has an unknown value")
    return wrong


def faults_of_column(column: RawColumn, frame: pl.DataFrame, tables: dict[str, pl.DataFrame]) -> list[str]:
    """What breaks the contract in one column."""
    values, meta, wrong = frame[column.name], column.meta, []
    if not column.is_optional and not meta.get("is_measure") and values.null_count():
        wrong.append("is null")
    known = values.drop_nulls()
    if known.dtype == pl.Float64 and not known.is_finite().all():
        wrong.append("is not a number")
    ranges = [(known, meta.get("minimum"), meta.get("maximum"))]
    for word, (low, high) in meta.get("ranges", {}).items():
        ranges.append((frame.filter(pl.col(meta["range_by"]) == word)[column.name], low, high))
    for some, low, high in ranges:
        if (low is not None and (some < low).any()) or (high is not None and (some > high).any()):
            wrong.append("is out of range")
    if "above" in meta and (known <= meta["above"]).any():
        wrong.append("is out of range")
    accepted = column.accepted_values or words_of(meta.get("accepted_from"), column.name)
    if accepted and not known.is_in(accepted).all():
        wrong.append("has an unknown value")
    if column.parent:
        (key,) = CONTRACT[column.parent].grain
        if not known.is_in(tables[column.parent][key].implode()).all():
            wrong.append(f"has no parent in {column.parent}")
    if "not_before" in meta and (values < frame[meta["not_before"]]).any():
        wrong.append(f"is before {meta['not_before']}")
    return wrong


def words_of(table: str | None, column: str) -> list[str]:
    """The words that a reference table allows; without a table, none are listed."""
    return pl.read_csv(ROOT / "seeds" / "reference" / f"{table}.csv")[column].unique().to_list() if table else []
