"""What notebook 06 says and lists of the ceilings: sentences and tables over all role tiers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from book_of_business.calibration import ceiling_rivals
from book_of_business.calibration.ceilings import Fit, Limits


def by_tier(defaults: pl.DataFrame) -> dict[str, dict[str, float | None]]:
    """The rows of `ceiling_inputs.read_defaults` by role tier."""
    return {row["role_tier"]: row for row in defaults.iter_rows(named=True)}


def default_words(default: dict[str, float | None] | None) -> str:
    """What stands in for a ceiling that is not identified."""
    if not default or default["in_force"] is None:
        return "No ceiling is in force either."
    said = f"The ceiling in force stays at {default['in_force']:g}"
    if default["default_ceiling"] is None:
        return f"{said}; no touch is owed, so the productive hours give no default."
    return (
        f"{said}; the productive hours give a default (flagged: assumptions, not measured) of "
        f"{default['default_ceiling']:.1f}, {default['default_lower']:.1f} to {default['default_upper']:.1f}."
    )


def answers(fits: Sequence[Fit], defaults: pl.DataFrame, limits: Limits) -> list[str]:
    """The answer by tier, in a sentence or two each."""
    if not fits:
        return ["There are no CSMs in these weeks, so there is no ceiling to look for."]
    known, said = by_tier(defaults), []
    for found in fits:
        if not found.is_identified:
            said.append(f"{found.words} {default_words(known.get(found.role_tier))}")
            continue
        in_force = (known.get(found.role_tier) or {}).get("in_force")
        place = "" if in_force is None else f" In force: {in_force:g}, {against(in_force, found)}."
        thin = ""
        if found.csm_count < limits.ceiling_minimum_csms or found.week_count < limits.ceiling_minimum_weeks:
            thin = (
                f" Too few to adopt it: {limits.ceiling_minimum_csms:g} CSMs and {limits.ceiling_minimum_weeks:g} "
                "weeks are wanted."
            )
        said.append(f"{found.words}{place}{thin}")
    return said


def against(in_force: float, found: Fit) -> str:
    """Where the ceiling in force stands."""
    if found.lower <= in_force <= found.upper:
        return "which these data do not contradict"
    return "which is above the interval" if in_force > found.upper else "which is below the interval"


def fits_table(fits: Sequence[Fit]) -> pl.DataFrame:
    """The fits as a table to read; figures of what is not identified are left out, but for the bend."""
    rows = [
        {
            "tier": found.role_tier, "CSMs": found.csm_count, "weeks": found.week_count,
            "CSM-weeks": found.observation_count, "scored": found.scored_count,
            "ceiling": found.ceiling if found.is_identified else None,
            "lower": found.lower if found.is_identified else None,
            "upper": found.upper if found.is_identified else None,
            "points lost per interaction": found.decline_score if found.is_identified else None,
            "bend, F": found.kink_f,
            "moves without one CSM": found.largest_csm_shift if found.is_identified else None,
            "weeks above, %": 100 * found.excess_share if found.is_identified else None,
        }
        for found in fits
    ]  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def defaults_table(defaults: pl.DataFrame) -> pl.DataFrame:
    """The ceilings in force and the defaults as a table to read."""
    return defaults.select(
        tier="role_tier",
        **{
            "in force": pl.col("in_force"),
            "hours per touch": pl.col("hours_per_touch"),
            "default": pl.col("default_ceiling"),
            "at 20 hours": pl.col("default_lower"),
            "at 25 hours": pl.col("default_upper"),
        },
    )


def of_tiers(
    observed: pl.DataFrame,
    fits: Sequence[Fit],
    made: Callable[[pl.DataFrame, Fit, Limits], pl.DataFrame],
    limits: Limits,
) -> pl.DataFrame:
    """A table per tier, one under the other, of the tiers in which anything was fitted."""
    parts = [
        made(observed.filter(pl.col("role_tier") == found.role_tier), found, limits).select(
            pl.lit(found.role_tier).alias("tier"), pl.all()
        )
        for found in fits
        if found.ceiling is not None
    ]
    return pl.concat(parts) if parts else pl.DataFrame()


def all_rivals(observed: pl.DataFrame, fits: Sequence[Fit], limits: Limits) -> pl.DataFrame:
    """`ceiling_rivals.rivals` of every tier."""
    return of_tiers(observed, fits, ceiling_rivals.rivals, limits)


def all_readings(observed: pl.DataFrame, fits: Sequence[Fit], limits: Limits) -> pl.DataFrame:
    """`ceiling_rivals.readings` of every tier."""
    return of_tiers(observed, fits, ceiling_rivals.readings, limits)


def waits(observed: pl.DataFrame, fits: Sequence[Fit], defaults: pl.DataFrame, limits: Limits) -> list[str]:
    """For each tier without a ceiling whether these weeks could have shown one, and how many more it takes."""
    known, said = by_tier(defaults), []
    for found in fits:
        if found.is_identified:
            continue
        in_force = (known.get(found.role_tier) or {}).get("in_force")
        if in_force is None:
            said.append(f"{found.role_tier}: no ceiling is in force, so there is none to look for.")
            continue
        frame = observed.filter(pl.col("role_tier") == found.role_tier)
        now, weeks = ceiling_rivals.power(frame, found, in_force, limits)
        said.append(ceiling_rivals.power_words(found, now, weeks, in_force, limits))
    return said or ["A ceiling is identified in every tier that has CSMs." if fits else "There is no tier to wait for."]
