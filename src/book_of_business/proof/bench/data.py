"""The data of a size: made by the simulator, and once more without its last week.

Cutting a week away makes the tables as they were received a week before: rows dated in it are not there, and of rows
that end in it nobody knows the end yet. The weekly folders of the large tables are hard links to the same files; ends
that were written into them later (a ticket's resolution) stay, since what is dated after as_of_date is ignored.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import duckdb

from book_of_business.errors import UserError
from book_of_business.proof.bench.sizes import Size

# Date of a row's beginning, dates of what happens to it later, and the table whose rows it needs.
CUTS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "csms": ("hired_on", ("left_on",), ""),
    "accounts": ("customer_since", ("churned_on",), ""),
    "account_assignments": ("assigned_on", ("unassigned_on",), "accounts"),
    "subscriptions": ("starts_on", ("cancelled_on",), "accounts"),
    "lifecycle_stage_changes": ("entered_on", (), "accounts"),
    "contacts": ("added_on", ("left_on",), "accounts"),
    "opportunities": ("created_on", ("closed_on",), ""),
    "opportunity_stage_changes": ("entered_on", (), "opportunities"),
    "csm_absences": ("starts_on", (), ""),
    "risk_flags": ("raised_at", ("resolved_at",), "accounts"),
    "effort_surveys": ("surveyed_on", (), ""),
    "renewals": ("renewed_on", (), "accounts"),
    "survey_responses": ("responded_on", (), "accounts"),
}
PARENT_KEYS = {"accounts": "account_id", "opportunities": "opportunity_id"}


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
    with duckdb.connect() as connection:
        for table, (begins, later, parent) in CUTS.items():
            source = size.raw / f"{table}.parquet"
            if not source.is_file():
                continue
            ends = ", ".join(f"case when {name} < date '{cut}' then {name} end as {name}" for name in later)
            needed = ""
            if parent:
                key = PARENT_KEYS[parent]
                needed = f" and {key} in (select {key} from '{size.growing / parent}.parquet')"
            kept = (
                f"select * {f'replace ({ends})' if ends else ''} from '{source}' where {begins} < date '{cut}'{needed}"
            )
            if table == "opportunities":
                kept = kept.replace(
                    "replace (", f"replace (case when closed_on < date '{cut}' then is_won end as is_won, "
                )
            connection.execute(f"copy ({kept}) to '{size.growing / table}.parquet' (format parquet, compression zstd)")
        held = f"select interaction_id from read_parquet('{size.growing}/interactions/*/*.parquet')"
        said = f"select * from '{size.raw}/transcripts.parquet' where interaction_id in ({held})"
        if (size.raw / "transcripts.parquet").is_file():
            connection.execute(f"copy ({said}) to '{size.growing}/transcripts.parquet' (format parquet)")
    return cut


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
