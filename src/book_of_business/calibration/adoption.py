"""From learnt weights to weights in force: proposed by `calibrate propose`, adopted by a person, through the guard.

A proposal is a version of `seeds/reference/effort_weights.csv`. What it was learnt from is in its run id: the last
week, and a hash of the account-weeks, the weights in force, the limits and the method. Adopting learns it again from
the published marts and compares, so that neither a number nor a verdict can be edited past the guard.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import polars as pl

from book_of_business.calibration import guard, observations, proposals
from book_of_business.calibration.effort_model import ESTIMATED, REFERENCE, Calibration, calibrate
from book_of_business.calibration.limits import Limits, read_limits
from book_of_business.calibration.observations import LEVELS, Observations
from book_of_business.calibration.proposals import is_same, last_week_of, next_version, versions
from book_of_business.calibration.weights import Weights, read_order, read_version
from book_of_business.errors import UserError
from book_of_business.marts import query
from book_of_business.receiving.reference_files import add_columns, checked_name, read_rows, rewrite

FILE = "effort_weights.csv"
METHOD, KEPT = "tweedie_1.5_within_csm", "kept"
METHOD_VERSION = 3  # raised with each change of the method that changes a weight or its interval
NEW_COLUMNS = ("raw_weight", "previous_weight", "run_id")
DECIMALS = 4
WEEK = datetime.timedelta(days=7)
AFTERWARDS = (
    "Weeks before that day keep the weights of their time. Commit seeds/reference/effort_weights.csv; since a reference"
    " table changed, the next `make build` builds everything anew."
)


@dataclass(frozen=True)
class Proposed:
    """What `propose` did: the version, whether it is new, what was learnt, and what the guard would say.

    `rejected` names the latest version that was rejected since one was adopted, with its reason; empty: none was.
    """

    version: str
    is_new: bool
    calibration: Calibration
    checks: list[guard.Check]
    rejected: str = ""


@dataclass(frozen=True)
class Adopted:
    """What `adopt` did, in words, and whether the version is in force (or will be)."""

    sentences: list[str]
    is_adopted: bool


def learn(
    connection: duckdb.DuckDBPyConnection, reference: Path, limits: Limits, last_week: datetime.date | None = None
) -> Calibration:
    """Learn from the published marts (null: all weeks; else those up to a Monday).

    Raises:
        UserError: if there is nothing to learn from.
    """
    found = observations.read(connection, limits, last_week)
    return calibrate(found, weights_in_force(connection, reference), limits)


def weights_in_force(connection: duckdb.DuckDBPyConnection, reference: Path) -> Weights:
    """The version that the latest published week is weighed with; without accounts in it, one that weighs nothing."""
    version = query(
        connection,
        "select max(efforts.weight_version) from marts.fct_account_effort as efforts"
        " inner join marts.dim_weeks as weeks on efforts.week_start_date = weeks.week_start_date and weeks.is_latest",
    ).item()
    return read_version(reference, version) if version else Weights("none", {}, read_order(reference))


def latest_week(connection: duckdb.DuckDBPyConnection) -> datetime.date:
    """Monday of the latest published week."""
    return query(connection, "select week_start_date from marts.dim_weeks where is_latest").item()


def run_id(found: Observations, in_force: Weights, limits: Limits) -> str:
    """`proposals.run_id` of the account-weeks, the weights in force, the limits and the method."""
    columns = ["week_start_date", "account_id", "csm_id", "segment", *LEVELS, "exposure_ratio", "minutes"]
    rows = found.rows.select(columns).with_columns(pl.col("exposure_ratio", "minutes").round(6))
    values = sorted((factor, level, weight) for (factor, level), weight in in_force.values.items())
    told = json.dumps([METHOD, METHOD_VERSION, found.source, values, asdict(limits)], sort_keys=True)
    text = told + rows.sort("week_start_date", "account_id").write_csv()
    return proposals.run_id(found.rows["week_start_date"].max(), text)


def propose(connection: duckdb.DuckDBPyConnection, reference: Path) -> Proposed:
    """Learn the weights and append them as a proposed version; the same weights only once.

    Raises:
        UserError: if there is nothing to learn from.
    """
    limits = read_limits(reference)
    learnt = learn(connection, reference, limits)
    checks = guard.judge(learnt, limits)
    path = reference / FILE
    rows, own = read_rows(path), run_id(learnt.observations, learnt.in_force, limits)
    rejected = latest_rejection(rows)
    for row in rows:
        if row.get("run_id") == own:
            return Proposed(row["version"], False, learnt, checks, rejected)
    version = next_version(rows, "v")
    add_columns(path, NEW_COLUMNS)
    begins = latest_week(connection) + WEEK
    rewrite(path, append=as_rows(learnt, version, begins, own))
    return Proposed(version, True, learnt, checks, rejected)


def latest_rejection(rows: Sequence[dict[str, str]]) -> str:
    """The last rejected version with its reason, if none was adopted after it."""
    last = next((row for row in reversed(rows) if row["status"] in ("adopted", "rejected") and row.get("run_id")), None)
    if last is None or last["status"] != "rejected":
        return ""
    why = next(
        (row["rationale"] for row in rows if row["version"] == last["version"] and "Rejected: " in row["rationale"]), ""
    )
    return f"{last['version']} ({why.rpartition('Rejected: ')[2].rstrip('.') or 'no reason on record'})"


def as_rows(learnt: Calibration, version: str, begins: datetime.date, own_id: str) -> list[dict[str, str]]:
    """What was learnt as rows of the table, in order of factor and level."""
    rows = []
    for row in learnt.levels.sort("factor", "level").iter_rows(named=True):
        is_learnt = row["status"] == ESTIMATED
        rows.append({
            "version": version, "status": "proposed", "effective_from_date": begins.isoformat(),
            "factor": row["factor"], "level": row["level"], "weight": number(row["weight"]),
            "lower": number(row["lower"]), "upper": number(row["upper"]), "method": METHOD if is_learnt else KEPT,
            "sample_count": str(row["sample_count"]), "approved_by": "", "raw_weight": number(row["raw_weight"]),
            "previous_weight": number(row["previous_weight"]), "run_id": own_id,
            "rationale": reason(row["status"], row, learnt),
        })  # fmt: skip
    return rows


def reason(status: str, row: dict, learnt: Calibration) -> str:
    """Why a weight is what it is."""
    if status == REFERENCE:
        return "Reference level."
    found, before = learnt.observations, learnt.in_force.version
    if status != ESTIMATED:
        return f"Not learnt ({status.removeprefix('kept: ')}): {before} kept, base hours rescaled with the others."
    return (
        f"Learnt from {found.source}: {row['account_count']:,} accounts of {row['csm_count']} CSMs in"
        f" {found.week_count} weeks, shrunk to {before}; 95 % interval of the raw weight without one CSM at a time."
    )


def number(value: float | None) -> str:
    """A weight as it stands in the file."""
    return "" if value is None else f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".") if value >= 1e-3 else f"{value:.6g}"


def adopt(
    connection: duckdb.DuckDBPyConnection, reference: Path, version: str, approved_by: str, begins: str | None = None
) -> Adopted:
    """Put a proposed version in force from a Monday on, if the guard lets it; else reject it.

    Raises:
        UserError: if there is no such version, it cannot be learnt again from what is published, its numbers were
            edited, or the day will not do.
    """
    name, path, limits = checked_name(approved_by), reference / FILE, read_limits(reference)
    rows = read_rows(path)
    own = [row for row in rows if row["version"] == version]
    if not own:
        raise UserError(f"there is no version {version} in {path}; there are: {', '.join(versions(rows))}")
    status = own[0]["status"]
    if status != "proposed":
        since = f" from {own[0]['effective_from_date']}" if status == "adopted" else f": {own[0]['rationale']}"
        return Adopted([f"{version} is {status} already{since}; nothing was changed"], status == "adopted")
    day = checked_day(begins or own[0]["effective_from_date"], latest_week(connection), rows, is_given=bool(begins))
    learnt = learnt_again(connection, reference, limits, own)
    failed = guard.failures(guard.judge(learnt, limits))
    if failed:
        words = "; ".join(f"{check.name} {check.figure}, wanted {check.limit}" for check in failed)
        change = {"status": "rejected"}
        rewrite(
            path,
            lambda row: of_version(row, version, {**change, "rationale": f"{row['rationale']} Rejected: {words}."}),
        )
        return Adopted([f"{version} is rejected:", *(f"  {check.sentence}" for check in failed)], False)
    change = {"status": "adopted", "approved_by": name, "effective_from_date": day}
    rewrite(path, lambda row: of_version(row, version, change))
    return Adopted([f"{version} is adopted from {day} on, approved by {name}.", AFTERWARDS], True)


def of_version(row: dict[str, str], version: str, change: dict[str, str]) -> dict[str, str]:
    """A change of the rows of one version alone."""
    return change if row["version"] == version else {}


def learnt_again(
    connection: duckdb.DuckDBPyConnection, reference: Path, limits: Limits, own: list[dict[str, str]]
) -> Calibration:
    """The calibration that a proposal came from.

    Raises:
        UserError: if the run id is none of ours, other weights come out, or the rows are not as they were written.
    """
    version, known = own[0]["version"], own[0].get("run_id", "")
    last = last_week_of(known)
    if last is None:
        raise UserError(
            f"{version} has no run id of `calibrate propose`, so the guard cannot check it: a version that people"
            " decided is adopted by editing its status, in a reviewed change"
        )
    learnt = learn(connection, reference, limits, last)
    again = run_id(learnt.observations, learnt.in_force, limits)
    if again != known:
        raise UserError(
            f"{version} was learnt from something else (run id {known}, now {again}): the published weeks, the weights"
            " in force, the limits or the method changed since; run `calibrate propose` again"
        )
    begins = datetime.date.fromisoformat(own[0]["effective_from_date"])
    for row, expected in zip(own, as_rows(learnt, version, begins, known), strict=False):
        differing = [name for name in expected if not is_same(row.get(name), expected[name])]
        if differing or len(own) != learnt.levels.height:
            where = f"{row['factor']} {row['level']}: {', '.join(differing) or 'rows are missing or added'}"
            raise UserError(f"{version} is not as it was proposed ({where}): restore it, or propose again")
    return learnt


def checked_day(text: str, latest: datetime.date, rows: Sequence[dict[str, str]], is_given: bool) -> str:
    """The Monday from which a version holds.

    A day that was given has to lie after the published weeks; one from the proposal is moved there.

    Raises:
        UserError: if it is no Monday, lies in a published week, or is that of another adopted version.
    """
    try:
        day = datetime.date.fromisoformat(text)
        if len(text) != len("YYYY-MM-DD"):
            raise ValueError
    except ValueError:
        raise UserError(f"--effective-from is {text[:40]!r}, which is not a date; give YYYY-MM-DD, a Monday") from None
    if day.weekday() != 0:
        raise UserError(f"--effective-from is {text}, which is no Monday: weeks begin on Mondays")
    if day <= latest and is_given:
        raise UserError(
            f"--effective-from is {text}, in weeks that are published (the latest begins on {latest}): they keep their"
            f" weights; give {latest + WEEK} or a later Monday"
        )
    day = max(day, latest + WEEK)
    taken = {
        row["version"] for row in rows if row["status"] == "adopted" and row["effective_from_date"] == day.isoformat()
    }
    if taken:
        raise UserError(f"{', '.join(sorted(taken))} is in force from {day} on already: give another --effective-from")
    return day.isoformat()


def listing(reference: Path) -> pl.DataFrame:
    """One row per version: version, status, effective_from_date, approved_by, learnt_count, kept_count, run_id."""
    rows = read_rows(reference / FILE)
    found = []
    for version in versions(rows):
        own = [row for row in rows if row["version"] == version]
        found.append({
            **{name: own[0].get(name) or None for name in ("version", "status", "effective_from_date", "approved_by")},
            "learnt_count": sum(row["method"] == METHOD for row in own), "row_count": len(own),
            "run_id": own[0].get("run_id") or None,
        })  # fmt: skip
    return pl.DataFrame(found)
