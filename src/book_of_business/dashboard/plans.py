"""What is proposed: the moves of `make rebalance` and the plan of `make plan`, where they have been run."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from book_of_business.dashboard import formats
from book_of_business.dashboard.model import Cell, Column, Row, Section, Table
from book_of_business.dashboard.reading import Published
from book_of_business.dashboard.week import SHOWN_ROWS


def read_parquet(folder: Path, name: str) -> pl.DataFrame | None:
    """A table of a proposal; null where it is not there or cannot be read."""
    path = folder / f"{name}.parquet"
    if not path.is_file():
        return None
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        return None


def proposal(published: Published, folder: Path) -> Section | None:
    """The proposed moves in the order to make them; null where none was proposed for these marts."""
    moves = read_parquet(folder, "moves")
    if moves is None or not {"account_id", "from_csm_id", "to_csm_id", "reason"} <= set(moves.columns):
        return None
    names = dict(published.frame("books").select("csm_id", "csm_name").iter_rows())
    accounts = dict(published.frame("accounts").select("account_id", "account_name").iter_rows())
    # a proposal of another Sunday is about other books
    measured = summary_date(folder)
    if measured is not None and measured != str(published.as_of_date):
        said = f"The last proposal was made for {measured}, not for this week: run `make rebalance`."
        return Section("rebalancing", "Rebalancing", "The proposal is of another week", [said])
    if moves.is_empty():
        return Section("rebalancing", "Rebalancing", "No move is proposed: the books keep their limits as they are")
    receivers = moves["to_csm_id"].n_unique()
    title = (
        f"{formats.count(moves.height, 'account')} could move to {formats.count(receivers, 'other book')};"
        f" {moves.filter(pl.col('relationship_class') == 'established').height} of them established relationships"
    )
    rows = [
        Row(
            [
                Cell(accounts.get(row["account_id"]) or row["account_id"], account_id=row["account_id"]),
                Cell(names.get(row["from_csm_id"]) or row["from_csm_id"], csm_id=row["from_csm_id"]),
                Cell(names.get(row["to_csm_id"]) or row["to_csm_id"], csm_id=row["to_csm_id"]),
                Cell(formats.words(row["relationship_class"])),
                Cell(formats.number(row["effort_hours"], 1)),
                Cell(formats.usd(row["arr_usd"])),
                Cell(row["reason"]),
            ],
            csm_id=row["from_csm_id"],
        )
        for row in moves.head(SHOWN_ROWS).iter_rows(named=True)
    ]
    columns = [
        Column("Account"),
        Column("From"),
        Column("To"),
        Column("Relationship"),
        Column("Hours a week", "effort_hours", is_number=True),
        Column("ARR", "arr_usd", is_number=True),
        Column("Why"),
    ]
    table = Table(
        "moves", "Proposed moves, in the order to make them", columns, rows, moves, max(0, moves.height - SHOWN_ROWS)
    )
    note = "A proposal, for people to decide on: `make rebalance` writes it with a card for each move."
    return Section("rebalancing", "Rebalancing", title, tables=[table], note=note)


def summary_date(folder: Path) -> str | None:
    """The date of the marts that a proposal was made from; null where it does not say."""
    try:
        return str(json.loads((folder / "summary.json").read_text(encoding="utf-8"))["as_of_date"])[:10]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def plan(published: Published, folder: Path) -> Section | None:
    """By when to hire; null where there is no plan for these marts."""
    hires = read_parquet(folder, "hire_by")
    if hires is None:
        return None
    measured = summary_date(folder)
    if measured is not None and measured != str(published.as_of_date):
        said = f"The last plan was made for {measured}, not for this week: run `make plan`."
        return Section("plan", "Capacity plan", "The plan is of another week", [said])
    plain = [name for name, kind in hires.schema.items() if not kind.is_nested()]
    title = (
        "Nobody has to be hired within a year"
        if hires.is_empty()
        else f"{formats.count(hires.height, 'role tier')} need more people within a year"
    )
    rows = [Row([Cell(written(row[name])) for name in plain]) for row in hires.head(SHOWN_ROWS).iter_rows(named=True)]
    columns = [Column(formats.words(name), is_number=hires.schema[name].is_numeric()) for name in plain]
    table = Table("hire_by", "By when to hire", columns, rows, hires)
    return Section("plan", "Capacity plan", title, tables=[table] if rows else [])


def written(value: object) -> str:
    """A value of a plan."""
    if isinstance(value, float):
        return formats.number(value, 2)
    return formats.NOTHING if value is None else formats.words(str(value))
