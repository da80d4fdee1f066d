"""What if somebody leaves, is away or is hired, or an opportunity is won: the books, changed before they are solved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import polars as pl

from book_of_business import marts
from book_of_business.console import one_line
from book_of_business.errors import UserError
from book_of_business.rebalancing.reading import UNASSIGNED, Situation
from book_of_business.rebalancing.rules import Rules


def as_date(text: str) -> date:
    """A date.

    Raises:
        UserError: if it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{one_line(text)} is no date: write YYYY-MM-DD") from None


def known_csm(situation: Situation, csm_id: str) -> str:
    """The id of a CSM who is employed.

    Raises:
        UserError: if there is none.
    """
    if csm_id not in set(situation.csms["csm_id"]):
        raise UserError(
            f"there is no CSM {one_line(csm_id)} who is employed: {', '.join(situation.csms['csm_id'][:20])}"
        )
    return csm_id


def workdays(start: date, end: date) -> int:
    """Monday to Friday from `start` up to and with `end`."""
    return sum((start + timedelta(days=day)).weekday() < 5 for day in range((end - start).days + 1))


def horizon(situation: Situation, rules: Rules) -> tuple[date, date]:
    """The first and the last day of the coming quarter."""
    first = situation.as_of_date + timedelta(days=1)
    return first, situation.as_of_date + timedelta(days=7 * int(rules.values["capacity_weeks"]))


def scaled(situation: Situation, csm_id: str, share: float) -> Situation:
    """The same with a part of the capacity of a CSM."""
    own = pl.col("csm_id") == csm_id
    return replace(
        situation,
        csms=situation.csms.with_columns(
            capacity_hours=pl.when(own).then(pl.col("capacity_hours") * share).otherwise(pl.col("capacity_hours"))
        ),
    )


def depart(situation: Situation, rules: Rules, csm_id: str, on: str) -> Situation:
    """A CSM leaves within the coming quarter: all of their accounts need another owner; locks do not hold them.

    Raises:
        UserError: if there is no such CSM, or the day is not in the coming quarter.
    """
    known_csm(situation, csm_id)
    first, last = horizon(situation, rules)
    if not first <= as_date(on) <= last:
        raise UserError(f"a departure is looked at within the coming quarter, {first} to {last}; {on} is not in it")
    own = pl.col("csm_id") == csm_id
    accounts = with_leavers(situation.accounts).with_columns(
        leaves_csm_id=pl.when(own).then(pl.col("csm_id")).otherwise(pl.col("leaves_csm_id")),
        lock_reason=pl.when(own).then(None).otherwise(pl.col("lock_reason")),
        csm_id=pl.when(own).then(pl.lit(UNASSIGNED)).otherwise(pl.col("csm_id")),
    )
    return replace(scaled(situation, csm_id, 0.0), accounts=accounts)


def with_leavers(accounts: pl.DataFrame) -> pl.DataFrame:
    """The accounts with the column of those whose owner leaves."""
    if "leaves_csm_id" in accounts.columns:
        return accounts
    return accounts.with_columns(leaves_csm_id=pl.lit(None, pl.String))


def leave(situation: Situation, rules: Rules, csm_id: str, start: str, end: str) -> Situation:
    """A CSM is away: their capacity over the coming quarter is less by the days of Monday to Friday.

    Raises:
        UserError: if there is no such CSM, or the days are none.
    """
    known_csm(situation, csm_id)
    first, last = horizon(situation, rules)
    away_from, away_to = as_date(start), as_date(end)
    if away_to < away_from:
        raise UserError(f"a leave ends on or after it begins: {end} is before {start}")
    days = workdays(max(first, away_from), min(last, away_to)) if away_from <= last and away_to >= first else 0
    return scaled(situation, csm_id, 1 - days / workdays(first, last))


def hire(situation: Situation, rules: Rules, role_tier: str, on: str, number: int, tiers: pl.DataFrame) -> Situation:
    """Somebody of a tier begins: their capacity over the coming quarter has the ramp; they join the fullest team.

    Raises:
        UserError: if there is no such tier.
    """
    tier = tiers.filter(pl.col("role_tier") == role_tier)
    if tier.is_empty():
        raise UserError(f"there is no role tier {one_line(role_tier)}: {', '.join(tiers['role_tier'])}")
    own = tier.row(0, named=True)
    begins = as_date(on)
    hours = 0.0
    weeks = int(rules.values["capacity_weeks"])
    for week in range(1, weeks + 1):
        days = (situation.as_of_date + timedelta(days=7 * week) - begins).days
        if days >= 0:
            ramp = (
                1.0
                if days >= own["ramp_days"]
                else own["ramp_start_ratio"] + (1 - own["ramp_start_ratio"]) * days / own["ramp_days"]
            )
            hours += own["productive_hours_per_week"] * ramp
    peers = situation.csms.filter((pl.col("motion") == own["motion"]) & ~pl.col("is_pooled"))
    loads = situation.accounts.group_by("csm_id").agg(pl.col("effort_hours").sum())
    teams = (
        peers.join(loads, on="csm_id", how="left")
        .group_by("team")
        .agg((pl.col("effort_hours").sum() / pl.col("capacity_hours").sum()).alias("load"))
        .sort("load", "team", descending=[True, False], nulls_last=True)
    )
    like = peers.row(0, named=True) if peers.height else {}
    row = dict.fromkeys(situation.csms.columns) | {
        "csm_id": f"hire-{number}",
        "csm_name": f"New hire {number} ({role_tier})",
        "role_tier": role_tier,
        "motion": own["motion"],
        "team": teams["team"][0] if teams.height else None,
        "fte": 1.0,
        "is_pooled": False,
        "touch_ceiling_count": own["touch_ceiling_per_quarter"],
        "productive_hours_per_week": own["productive_hours_per_week"],
        "most_account_count": like.get("most_account_count"),
        "most_arr_usd": like.get("most_arr_usd"),
        "capacity_hours": hours / weeks,
    }
    added = pl.DataFrame([row], schema=situation.csms.schema, strict=False)
    return replace(situation, csms=pl.concat([situation.csms, added]))


def win(situation: Situation, opportunity_id: str, connection: duckdb.DuckDBPyConnection) -> Situation:
    """An open opportunity is won: a new logo becomes an account in onboarding, an expansion adds to its account.

    Raises:
        UserError: if there is no such open opportunity.
    """
    found = connection.sql(
        "select opportunities.*, customers.segment as own_segment, customers.account_name, customers.industry,"
        " customers.region, customers.language from staging.stg_crm__opportunities as opportunities"
        " left join staging.stg_crm__accounts as customers on opportunities.account_id = customers.account_id"
        " where opportunities.opportunity_id = $id and opportunities.closed_on is null",
        params={"id": opportunity_id},
    ).pl()
    if found.is_empty():
        raise UserError(f"there is no open opportunity {one_line(opportunity_id)}")
    row = found.row(0, named=True)
    accounts = situation.accounts
    if row["account_id"] in set(accounts["account_id"]):
        own = pl.col("account_id") == row["account_id"]
        more = pl.when(own).then(pl.col("arr_usd") + (row["amount_usd"] or 0)).otherwise(pl.col("arr_usd"))
        return replace(situation, accounts=accounts.with_columns(arr_usd=more))
    segment = row["segment"] or row["own_segment"]
    return replace(
        situation,
        accounts=with_account(
            accounts,
            {
                "account_id": row["account_id"] or opportunity_id,
                "account_name": row["account_name"] or f"Opportunity {opportunity_id}",
                "industry": row["industry"],
                "region": row["region"],
                "language": row["language"],
            },
            segment,
            float(row["amount_usd"] or 0),
            effort_of(connection, segment, "onboarding"),
        ),
    )


def with_account(
    accounts: pl.DataFrame, named: dict, segment: str | None, arr_usd: float, effort: float
) -> pl.DataFrame:
    """The accounts and one more that nobody owns, in onboarding; it is owed what its segment is owed."""
    alike = accounts.filter(pl.col("segment") == segment)
    owed = alike.row(0, named=True) if alike.height else {}
    row = (
        dict.fromkeys(accounts.columns)
        | named
        | {
            "csm_id": UNASSIGNED,
            "segment": segment,
            "arr_usd": arr_usd,
            "effort_hours": effort,
            "is_red": False,
            "is_onboarding": True,
            "required_touch_count": owed.get("required_touch_count", 0.0),
            "required_hours_per_week": owed.get("required_hours_per_week", 0.0),
            "open_risk_count": 0,
            "relationship_class": "new",
        }
    )
    return pl.concat([accounts, pl.DataFrame([row], schema=accounts.schema, strict=False)])


def effort_of(connection: duckdb.DuckDBPyConnection, segment: str | None, stage: str) -> float:
    """Hours a week of a typical account of a segment in a stage: the median of 26 weeks, else that of the segment."""
    for condition in ("efforts.lifecycle_level = $stage", "$stage = $stage"):
        value = connection.sql(
            "select median(efforts.effort_hours) from marts.fct_account_effort as efforts"
            " inner join marts.dim_weeks as weeks on efforts.week_start_date = weeks.week_start_date"
            f" where weeks.weeks_ago < 26 and efforts.segment = $segment and {condition}",
            params={"segment": segment, "stage": stage},
        ).fetchall()
        if value[0][0] is not None:
            return float(value[0][0])
    return 0.0


def read_tiers(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The role tiers in force."""
    return marts.query(connection, "select * from reference.role_tiers order by role_tier")
