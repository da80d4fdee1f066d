"""The data of a size: made by the simulator, and once more without its last week.

Cutting a week away makes the tables as they were received a week before: rows that the contract dates in it are not
there, and of rows that end in it nobody knows the end yet. The weekly folders of the large tables are hard links to the
same files; ends that were written into them later (a ticket's resolution) stay, since what is dated after as_of_date is
ignored.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from book_of_business.errors import UserError
from book_of_business.proof.bench.sizes import Size
from book_of_business.receiving.contract import RawTable, read_contract
from book_of_business.settings import project_dir


def simulate_command(python: str, size: Size) -> list[str]:
    """The simulator's command for a size; it writes beside the place, so that half a book is never taken for one."""
    return [
        python, "-m", "book_of_business", "simulate", str(size.folder / "raw.new"), "--accounts", str(size.accounts),
        "--csms", str(size.csms), "--weeks", str(size.weeks), "--format", "parquet", "--force",
    ]  # fmt: skip


def mondays(raw: Path) -> list[dt.date]:
    """Mondays of the weekly folders, in order.

    Raises:
        UserError: if there are fewer than two.
    """
    found = sorted(dt.date.fromisoformat(path.name[5:]) for path in (raw / "interactions").glob("week=*"))
    if len(found) < 2:
        raise UserError(f"{raw / 'interactions'} has no two weekly folders: delete {raw.parent} and run again")
    return found


def cut_last_week(size: Size) -> dt.date:
    """Write the tables without their last week to `size.growing`; returns the Monday of that week."""
    cut = mondays(size.raw)[-1]
    shutil.rmtree(size.growing, ignore_errors=True)
    size.growing.mkdir(parents=True)
    for folder in sorted(path for path in size.raw.iterdir() if path.is_dir()):
        for week in sorted(folder.glob("week=*")):
            if week.name < f"week={cut}":
                link_week(week, size.growing / folder.name / week.name)
    contract = {table.name: table for table in read_contract(project_dir())}
    parents = {
        name: {column.parent for column in table.columns if column.parent} - {name} for name, table in contract.items()
    }
    with duckdb.connect() as connection:
        for table in map(contract.__getitem__, TopologicalSorter(parents).static_order()):
            source, target = (folder / f"{table.name}.parquet" for folder in (size.raw, size.growing))
            if source.is_file():
                rows = (
                    f"select {columns_before(table, cut)} from '{source}' where {is_there(table, contract, size, cut)}"
                )
                connection.execute(f"copy ({rows}) to '{target}' (format parquet, compression zstd)")
    return cut


def columns_before(table: RawTable, cut: dt.date) -> str:
    """The columns of a table before a Monday: what the contract dates on it or later is not known yet."""
    later = {column.name: column.meta["matters_from"] for column in table.columns if "matters_from" in column.meta}
    ends = ", ".join(f"case when {day} < date '{cut}' then {name} end as {name}" for name, day in later.items())
    return f"* replace ({ends})" if ends else "*"


def is_there(table: RawTable, contract: dict[str, RawTable], size: Size, cut: dt.date) -> str:
    """Whether a row was there before a Monday, and the rows that it names were."""
    conditions = [f"{table.meta['matters_from']} < date '{cut}'"] if "matters_from" in table.meta else []
    for column in table.columns:
        if column.parent:
            folder = size.growing / column.parent
            files = folder / "*" / "*.parquet" if folder.is_dir() else folder.with_suffix(".parquet")
            (key,) = contract[column.parent].grain
            conditions.append(f"({column.name} is null or {column.name} in (select {key} from '{files}'))")
    return " and ".join(conditions) or "true"


def add_last_week(size: Size) -> None:
    """Let the last week arrive: its folders, and the small tables as they are a week later."""
    for path in sorted(size.raw.iterdir()):
        if path.is_file():
            arriving = size.growing / f".{path.name}"
            shutil.copyfile(path, arriving)
            os.replace(arriving, size.growing / path.name)
            continue
        for week in path.glob("week=*"):
            if not (size.growing / path.name / week.name).exists():
                link_week(week, size.growing / path.name / week.name)


def link_week(week: Path, target: Path) -> None:
    """The same files under another folder; copies where the two are on different disks."""
    target.mkdir(parents=True)
    for file in week.iterdir():
        try:
            os.link(file, target / file.name)
        except OSError:
            shutil.copyfile(file, target / file.name)
