"""The pages of a proposal: cards for moves and books, and handover briefs, from templates with autoescape."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2
import polars as pl

from book_of_business.dashboard import drawing, formats
from book_of_business.dashboard.writing import static
from book_of_business.rebalancing.handover import file_name
from book_of_business.rebalancing.proposal import Proposal


@cache
def environment() -> jinja2.Environment:
    """The templates: everything that is written is escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )


def render(template: str, **values: object) -> str:
    """A page."""
    return environment().get_template(template).render(style=static("style.css"), **values)


def pages(proposal: Proposal, briefs: dict[str, dict], pareto: pl.DataFrame | None) -> dict[str, str]:
    """{file: page}: index.html, a brief per account and one printable file per receiver."""
    day = formats.day(proposal.situation.as_of_date)
    lead = f"Measured at {day}. A proposal, for people to decide on."
    made = {"index.html": index(proposal, pareto, lead)}
    for account_id, brief in briefs.items():
        made[f"handover/{file_name(account_id)}.html"] = render(
            "handover.html.j2", title=f"Handover: {brief['name']}", lead=lead, briefs=[brief]
        )
    for receiver in sorted({brief["to_csm_id"] for brief in briefs.values()}):
        own = [brief for brief in briefs.values() if brief["to_csm_id"] == receiver]
        made[f"handover/for-{file_name(receiver)}.html"] = render(
            "handover.html.j2", title=f"Handover to {own[0]['to_name']}", lead=lead, briefs=own
        )
    return made


def index(proposal: Proposal, pareto: pl.DataFrame | None, lead: str) -> str:
    """Books before and after, a card per move, the limits that are missed, the choices."""
    books, moves = proposal.books.sort("csm_name", "csm_id", nulls_last=True), proposal.moves
    longest = max([1.25, *books["load_ratio_before"].drop_nulls(), *books["load_ratio_after"].drop_nulls()])
    limit = proposal.situation.thresholds["target_load_ratio"]
    over = books.filter(pl.col("load_ratio_before") > limit + 1e-9).height
    still = books.filter(pl.col("load_ratio_after") > limit + 1e-9).height
    established = moves.filter(pl.col("relationship_class") == "established").height
    return render(
        "proposal.html.j2",
        title="Rebalancing",
        lead=lead,
        books_title=f"{formats.count(over, 'book')} above capacity before, {still} after",
        moves_title=f"{formats.count(moves.height, 'move')}, {established} of established relationships",
        books=[
            {
                "name": row["csm_name"] or row["csm_id"],
                "bar_before": drawing.bar(row["load_ratio_before"], limit, longest),
                "bar_after": drawing.bar(row["load_ratio_after"], limit, longest),
                "load_before": formats.percent(row["load_ratio_before"]),
                "load_after": formats.percent(row["load_ratio_after"]),
                "peak_before": formats.percent(row["peak_renewal_share_before"]),
                "peak_after": formats.percent(row["peak_renewal_share_after"]),
                "count_before": formats.number(row["account_count_before"]),
                "count_after": formats.number(row["account_count_after"]),
            }
            for row in books.iter_rows(named=True)
        ],
        moves=[
            row
            | {
                "class_words": formats.words(row["relationship_class"]),
                "hours": formats.number(row["effort_hours"], 1),
                "arr": formats.usd(row["arr_usd"]),
                "file": f"{file_name(row['account_id'])}.html",
            }
            for row in moves.iter_rows(named=True)
        ],
        missed=proposal.missed_limits.to_dicts(),
        pareto=[
            {
                "established": f"{row['established_move_count']:,}",
                "moves": f"{row['move_count']:,}",
                "worst": formats.percent(row["worst_load_ratio"]),
                "excess": formats.usd(row["renewal_excess_usd"]),
                "risk": formats.usd(row["revenue_at_risk_usd"]),
            }
            for row in (pareto.to_dicts() if pareto is not None else [])
        ],
    )
