"""From an estimate to a ceiling in force: proposed by `calibrate propose --ceilings`, adopted by a person.

A proposal is a row of `seeds/reference/ceiling_proposals.csv`. What it was estimated from is in its run id: the last
week, and a hash of the CSM-weeks, the limits and the method. Adopting one estimates it again from the published marts
and compares, so that no figure can be edited past the guard, and puts its ceiling into `role_tiers.csv`; where a check
of the guard fails, the proposal is rejected, and its rationale says by which check.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import polars as pl

from book_of_business.calibration import ceiling_inputs, proposals
from book_of_business.calibration.ceilings import METHOD, Fit, Limits, fit
from book_of_business.calibration.proposals import is_same, last_week_of, next_version, versions
from book_of_business.errors import UserError
from book_of_business.receiving.reference_files import checked_name, read_rows, rewrite

FILE = "ceiling_proposals.csv"
TIERS = "role_tiers.csv"
METHOD_VERSION = 1  # raised with each change of the method that changes an estimate
CALIBRATED = re.compile(r" ?Ceiling calibrated: [^;]*; see ceiling_proposals\.")
AFTERWARDS = (
    "role_tiers has no dates: the next `make build` builds everything anew and measures all weeks, past ones too, "
    "against the new ceiling, so published weeks over the ceiling and interventions change. Run "
    "`python -m book_of_business.alarms` as well: the error rates of the alarms depend on the ceilings."
)


@dataclass(frozen=True)
class Proposed:
    """What `propose` did: the fits by tier, the version (null: nothing to propose) and whether it was there before."""

    fits: list[Fit]
    version: str | None
    is_new: bool


def fits_of(
    connection: duckdb.DuckDBPyConnection, limits: Limits, last_week: datetime.date | None = None
) -> tuple[list[Fit], pl.DataFrame]:
    """The fit of each role tier that anybody has, and the observations behind them (null: of all weeks)."""
    csm_weeks = ceiling_inputs.read_csm_weeks(connection, limits.ceiling_weeks, last_week)
    kept = ceiling_inputs.observations(csm_weeks, limits)
    tiers = csm_weeks["role_tier"].unique().sort().to_list()
    return [fit(kept.filter(pl.col("role_tier") == tier), tier, limits) for tier in tiers], kept


def run_id(kept: pl.DataFrame, limits: Limits, last_week: datetime.date) -> str:
    """`proposals.run_id` of the data, the limits and the method.

    The last week is that of the book, not of the data: the weeks that are read are counted back from it.
    """
    rounded = kept.with_columns(pl.col(pl.Float64).round(9)).sort("role_tier", "csm_id", "week_start_date")
    text = json.dumps([METHOD, METHOD_VERSION, asdict(limits)], sort_keys=True) + rounded.write_csv()
    return proposals.run_id(last_week, text)


def propose(connection: duckdb.DuckDBPyConnection, reference_dir: Path) -> Proposed:
    """Estimate every tier and append the identified ceilings as one proposed version; the same estimate only once."""
    limits = ceiling_inputs.read_limits(reference_dir)
    fits, kept = fits_of(connection, limits)
    identified = [found for found in fits if found.is_identified]
    path = reference_dir / FILE
    in_force = {row["role_tier"]: row["strategic_ceiling_per_week"] for row in read_rows(reference_dir / TIERS)}
    known = [found for found in identified if found.role_tier in in_force]
    last = ceiling_inputs.read_last_week(connection)
    if not known or last is None:
        return Proposed(fits, None, is_new=False)
    rows, own = read_rows(path), run_id(kept, limits, last)
    for row in rows:
        if row["run_id"] == own:
            return Proposed(fits, row["version"], is_new=False)
    version = next_version(rows, "c")
    rewrite(path, append=[as_row(found, version, in_force[found.role_tier], own) for found in known])
    return Proposed(fits, version, is_new=True)


def as_row(found: Fit, version: str, previous: str, own_id: str) -> dict[str, str]:
    """A fit as a row of the proposals."""
    return {
        "version": version, "status": "proposed", "role_tier": found.role_tier, "ceiling": f"{found.ceiling:.1f}",
        "lower": f"{found.lower:.1f}", "upper": f"{found.upper:.1f}", "previous": previous,
        "decline_score": f"{found.decline_score:.2f}", "kink_f": f"{found.kink_f:.1f}",
        "largest_csm_shift": f"{found.largest_csm_shift:.2f}", "method": METHOD, "csm_count": str(found.csm_count),
        "week_count": str(found.week_count), "observation_count": str(found.observation_count),
        "scored_count": str(found.scored_count), "run_id": own_id, "approved_by": "",
        "rationale": f"Quality holds up to it and falls by {found.decline_score:.1f} points with each interaction "
        "above; within CSM; interval by leaving out one CSM at a time.",
    }  # fmt: skip


def guard(row: dict[str, str], in_force: float, limits: Limits) -> list[str]:
    """Why a proposal may not be adopted, each with its figure and what is wanted; empty: it may.

    Raises:
        UserError: if a figure of the row is no number.
    """
    names = ("ceiling", "lower", "upper", "kink_f", "largest_csm_shift", "csm_count", "week_count")
    try:
        own = {name: float(row[name]) for name in names}
    except ValueError as error:
        raise UserError(f"{FILE}, {row['version']} {row['role_tier']}: {error}; propose again") from None
    ceiling, width, most = own["ceiling"], own["upper"] - own["lower"], limits.ceiling_largest_change_ratio
    checks = [
        (all(math.isfinite(value) for value in own.values()) and 0 < own["lower"] <= ceiling <= own["upper"],
         f"the ceiling {row['ceiling']} is not inside its interval {row['lower']} to {row['upper']}, above 0"),
        (own["csm_count"] >= limits.ceiling_minimum_csms,
         f"{own['csm_count']:.0f} CSMs, at least {limits.ceiling_minimum_csms:g} wanted"),
        (own["week_count"] >= limits.ceiling_minimum_weeks,
         f"{own['week_count']:.0f} weeks, at least {limits.ceiling_minimum_weeks:g} wanted"),
        (own["kink_f"] >= limits.ceiling_kink_f, f"bend F {own['kink_f']:g}, at least "
         f"{limits.ceiling_kink_f:g} wanted"),
        (round(width, 9) <= limits.ceiling_widest_interval_interactions,
         f"interval {width:.1f} wide, at most {limits.ceiling_widest_interval_interactions:g} wanted"),
        (own["largest_csm_shift"] <= limits.ceiling_largest_csm_shift_interactions,
         f"one CSM moves it by {own['largest_csm_shift']:g}, at most "
         f"{limits.ceiling_largest_csm_shift_interactions:g} wanted"),
        (in_force / most <= ceiling <= in_force * most,
         f"{ceiling:g} against {in_force:g} in force, between {1 / most:g} and {most:g} times wanted"),
    ]  # fmt: skip
    return [words for is_good, words in checks if not is_good]


def estimated_again(connection: duckdb.DuckDBPyConnection, row: dict[str, str], limits: Limits) -> dict[str, str]:
    """The proposal as it comes out of the published marts, up to its last week and with the limits of now.

    Raises:
        UserError: if the run id is none of ours, the estimate cannot be made, or it is another.
    """
    name, known = f"{row['version']} {row['role_tier']}", row["run_id"]
    given = last_week_of(known)
    if given is None:
        raise UserError(
            f"{name} has no run id of `calibrate propose --ceilings`, so it cannot be checked: a ceiling that people"
            f" decided is set in {TIERS}, in a reviewed change"
        )
    last = ceiling_inputs.read_last_week(connection, given)
    if last is None:
        raise UserError(f"{name}: no week up to {given} is published, so it cannot be estimated again")
    fits, kept = fits_of(connection, limits, last)
    again = run_id(kept, limits, last)
    if again != known:
        raise UserError(
            f"{name} was estimated from something else (run id {known}, now {again}): the published weeks, the limits"
            " or the method changed since; run `calibrate propose --ceilings` again"
        )
    found = next((one for one in fits if one.role_tier == row["role_tier"] and one.is_identified), None)
    if found is None:
        raise UserError(f"{name} is not as it was proposed (no ceiling is identified there): delete the row")
    expected = as_row(found, row["version"], row["previous"], known)
    differing = [column for column in expected if not is_same(row[column], expected[column])]
    if differing:
        raise UserError(f"{name} is not as it was proposed ({', '.join(differing)}): restore the row")
    return expected


def adopt(
    connection: duckdb.DuckDBPyConnection, reference_dir: Path, version: str, approved_by: str
) -> tuple[list[str], bool]:
    """Adopt the proposals of a version that come out again and pass the guard, reject those that do not pass it.

    Returns:
        What was done with each, in words, and whether every one of them is in force now.

    Raises:
        UserError: if there is no such version, its tier is gone, its estimate does not come out again, or the name
            cannot stand in a file. Nothing is changed then.
    """
    name = checked_name(approved_by)
    limits = ceiling_inputs.read_limits(reference_dir)
    rows = read_rows(reference_dir / FILE)
    own = [row for row in rows if row["version"] == version]
    if not own:
        there = ", ".join(versions(rows)) or "none; `calibrate propose --ceilings` makes one"
        raise UserError(f"there is no version {version} in {FILE}; there are: {there}")
    tiers = {row["role_tier"]: row for row in read_rows(reference_dir / TIERS)}
    changes: dict[str, dict[str, str]] = {}
    adopted: dict[str, dict[str, str]] = {}
    said, is_all = [], True
    for row in own:
        tier = row["role_tier"]
        if row["status"] != "proposed":
            said.append(f"{version} {tier}: {row['status']} already; nothing was changed")
            is_all = is_all and row["status"] == "adopted"
            continue
        if tier not in tiers:
            raise UserError(f"{TIERS} has no role tier {tier}, which {version} is about: propose again")
        previous = tiers[tier]["strategic_ceiling_per_week"]
        found = estimated_again(connection, row, limits)
        failures = guard(found, float(previous), limits)
        if failures:
            is_all = False
            changes[tier] = {"status": "rejected", "rationale": f"{row['rationale']} Rejected: {'; '.join(failures)}."}
            said.append(f"{version} {tier}: rejected: {'; '.join(failures)}")
        else:
            adopted[tier] = found
            changes[tier] = {**found, "status": "adopted", "previous": previous, "approved_by": name}
            said.append(f"{version} {tier}: adopted, {found['ceiling']} in place of {previous}")

    def in_force(tier: dict[str, str]) -> dict[str, str]:
        if tier["role_tier"] not in adopted:
            return {}
        row = adopted[tier["role_tier"]]
        reason = (
            f"Ceiling calibrated: {version}, {row['ceiling']} ({row['lower']} to {row['upper']}) in place of "
            f"{tier['strategic_ceiling_per_week']}, from {row['csm_count']} CSMs and {row['week_count']} weeks; "
            "see ceiling_proposals."
        )
        before = CALIBRATED.sub("", tier["rationale"]).rstrip()
        return {"strategic_ceiling_per_week": row["ceiling"], "rationale": f"{before} {reason}".strip()}

    # the ceiling first: stopped in between, the proposal is still proposed, and adopting it again finishes
    rewrite(reference_dir / TIERS, in_force)
    rewrite(reference_dir / FILE, lambda row: changes.get(row["role_tier"], {}) if row["version"] == version else {})
    return [*said, *([AFTERWARDS] if adopted else [])], is_all
