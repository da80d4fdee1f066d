"""The handover brief of a moved account: what its owner knows and the next one needs. No text of a transcript."""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb
import polars as pl

from book_of_business import marts
from book_of_business.dashboard import formats
from book_of_business.rebalancing.proposal import Proposal

SHOWN = 8
FACTORS = (
    *("lifecycle", "stakeholders", "footprint", "custom_configuration", "health_trajectory", "expansion"),
    *("sentiment", "follow_up"),
)
# {frame: its rows, one or more per account}.
QUERIES = {
    "contracts": (
        "select lines.account_id, lines.product, lines.arr_usd, lines.ends_on"
        " from intermediate.int_subscriptions__in_force as lines cross join intermediate.int_clock as clock"
        " where lines.starts_on <= clock.as_of_date and lines.in_force_until > clock.as_of_date"
        " order by lines.account_id, lines.ends_on, lines.product"
    ),
    "people": (
        "select account_id, contact_id, contact_role, last_seen_at, is_silent, is_engaged"
        " from marts.fct_stakeholder_engagement where not has_left"
        " order by account_id, last_seen_at desc nulls last, contact_id"
    ),
    "promises": (
        "select interactions.account_id, items.action_item_id, items.created_at, items.due_on"
        " from staging.stg_interactions__action_items as items"
        " inner join staging.stg_interactions__interactions as interactions"
        " on items.interaction_id = interactions.interaction_id cross join intermediate.int_clock as clock"
        " where cast(items.created_at as date) <= clock.as_of_date"
        " and (items.completed_at is null or cast(items.completed_at as date) > clock.as_of_date)"
        " order by interactions.account_id, items.due_on nulls last, items.action_item_id"
    ),
    "talks": (
        "select done.account_id, done.started_on, raw.interaction_type, done.sentiment_score"
        " from intermediate.int_interactions__completed as done"
        " inner join staging.stg_interactions__interactions as raw on done.interaction_id = raw.interaction_id"
        " where done.is_meaningful order by done.account_id, done.started_at desc, done.interaction_id"
    ),
    "risks": (
        "select account_id, signal_type, emerged_at from marts.fct_risk_episodes where outcome = 'open'"
        " order by account_id, emerged_at, episode_id"
    ),
    "demands": (
        "select account_id, product, last_discussed_at from marts.fct_product_discussions where is_uncaptured_demand"
        " order by account_id, last_discussed_at desc, product"
    ),
    "efforts": (
        "select efforts.* from marts.fct_account_effort as efforts inner join marts.dim_weeks as weeks"
        " on efforts.week_start_date = weeks.week_start_date where weeks.is_latest"
    ),
}


def briefs(connection: duckdb.DuckDBPyConnection, proposal: Proposal) -> dict[str, dict]:
    """{account_id: the brief of its move}, for templates.

    Args:
        connection: to the working file of the build.
        proposal: whose moves get a brief.
    """
    moved = set(proposal.moves["account_id"])
    frames = {
        name: grouped(marts.query(connection, sql).filter(pl.col("account_id").is_in(list(moved))))
        for name, sql in QUERIES.items()
    }
    accounts = {row["account_id"]: row for row in proposal.situation.accounts.iter_rows(named=True)}
    return {
        move["account_id"]: {
            "name": move["account_name"] or move["account_id"],
            "from_name": move["from_csm_name"],
            "to_name": move["to_csm_name"],
            "to_csm_id": move["to_csm_id"],
            "reason": move["reason"],
            "parts": parts(
                accounts[move["account_id"]], {name: rows.get(move["account_id"], []) for name, rows in frames.items()}
            ),
        }
        for move in proposal.moves.iter_rows(named=True)
    }


def grouped(frame: pl.DataFrame) -> dict[str, list[dict]]:
    """{account_id: its rows}."""
    found: dict[str, list[dict]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(row["account_id"], []).append(row)
    return found


def parts(account: Mapping, rows: Mapping[str, list[dict]]) -> list[tuple[str, list[str]]]:
    """Headings and their lines; what is not known is said."""
    day = formats.day
    contract = [f"{formats.usd(account['arr_usd'])} ARR; next renewal {day(account['next_renewal_on'])}."]
    contract += [
        f"{row['product'] or 'Product not named'}: {formats.usd(row['arr_usd'])} until {day(row['ends_on'])}."
        for row in rows["contracts"][:SHOWN]
    ]
    people = [
        f"{formats.words(row['contact_role'])} {row['contact_id']}: last seen {day(row['last_seen_at'])}"
        + (", silent since." if row["is_silent"] else ".")
        for row in rows["people"][:SHOWN]
    ]
    promises = [
        f"Promise {row['action_item_id']} of {day(row['created_at'])}"
        + (f", due {day(row['due_on'])}." if row["due_on"] else ", without a date.")
        for row in rows["promises"][:SHOWN]
    ]
    talks = [
        f"{day(row['started_on'])}: {formats.words(row['interaction_type'])}"
        + (f", mood {formats.signed(row['sentiment_score'], 1)}." if row["sentiment_score"] is not None else ".")
        for row in rows["talks"][:SHOWN]
    ]
    risks = [f"{formats.words(row['signal_type'])} since {day(row['emerged_at'])}." for row in rows["risks"][:SHOWN]]
    demands = [
        f"Asked about {row['product']}, which it does not own (last on {day(row['last_discussed_at'])})."
        for row in rows["demands"][:SHOWN]
    ]
    effort = [f"{account['effort_hours']:.1f} hours a week."]
    for row in rows["efforts"]:
        raised = [
            f"{formats.words(name)}: {formats.words(row[f'{name}_level'])} (times {row[f'{name}_weight']:.2f})"
            for name in FACTORS
            if (row[f"{name}_weight"] or 1) != 1
        ]
        effort.append(
            f"Base {row['base_hours']:.2f} hours" + (f"; {'; '.join(raised)}." if raised else "; nothing raises it.")
        )
    return [
        ("Contract and renewal", contract),
        ("Who is engaged, and who went silent", people or ["No contact is on file."]),
        ("Open promises", promises or ["None is open."]),
        ("Last conversations", talks or ["No real conversation is on file."]),
        ("Open risks", risks or ["None is open."]),
        ("Asked for and not owned", demands or ["Nothing is known."]),
        ("What the effort is made of", effort),
    ]


def file_name(key: str) -> str:
    """A file name for an id, which may hold anything."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", key)[:80]
    return plain if plain == key and not plain.startswith(".") else f"{plain.lstrip('.')}-{abs(hash_of(key))}"


def hash_of(key: str) -> int:
    """A number for an id, the same on every run."""
    import zlib

    return zlib.crc32(key.encode())
