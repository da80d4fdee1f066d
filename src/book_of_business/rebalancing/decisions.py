"""What people decided about moves: appended to `seeds/reference/rebalancing_decisions.csv`, read by the next run."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import polars as pl

from book_of_business.console import one_line
from book_of_business.errors import UserError
from book_of_business.rebalancing.reading import Situation, frozen

FILE = Path("seeds") / "reference" / "rebalancing_decisions.csv"
COLUMNS = ("move_id", "account_id", "from_csm_id", "to_csm_id", "decision", "decided_by", "reason", "as_of_date")


def read_decisions(project_dir: Path) -> pl.DataFrame:
    """What was decided, in the order of the decisions; a later one about the same move is the one that holds."""
    path = project_dir / FILE
    if not path.is_file():
        return pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))
    return pl.read_csv(path, infer_schema=False).unique("move_id", keep="last", maintain_order=True)


def decide(project_dir: Path, folder: Path, move: str, decision: str, by: str, because: str) -> dict[str, str]:
    """Append a decision about a move of the last proposal.

    Raises:
        UserError: if there is no proposal or no such move, or it is not said who decided and why.
    """
    if not by.strip() or not because.strip():
        raise UserError("say who decided and why: --by NAME --because TEXT")
    try:
        moves = pl.read_parquet(folder / "moves.parquet")
        as_of_date = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["as_of_date"]
    except (OSError, ValueError, KeyError, pl.exceptions.PolarsError):
        raise UserError(f"there is no proposal in {folder}: run `make rebalance` first") from None
    own = moves.filter((pl.col("move_id") == move) | (pl.col("move_number").cast(pl.String) == move))
    if own.is_empty():
        raise UserError(f"the proposal has no move {one_line(move)}: name a move_id of {folder / 'moves.csv'}")
    row = own.row(0, named=True)
    entry = {
        **{name: row[name] for name in COLUMNS[:4]},
        "decision": decision,
        "decided_by": harmless(one_line(by, 100)),
        "reason": harmless(one_line(because, 500)),
        "as_of_date": as_of_date,
    }
    path = project_dir / FILE
    before = path.read_text(encoding="utf-8") if path.is_file() else ",".join(COLUMNS) + "\n"
    line = io.StringIO()
    csv.DictWriter(line, COLUMNS, lineterminator="\n").writerow(entry)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(before + line.getvalue(), encoding="utf-8")
    draft.replace(path)
    return entry


def harmless(text: str) -> str:
    """A text that no spreadsheet runs as a formula."""
    return f"'{text}" if text[:1] in "=+-@" else text


def with_decisions(situation: Situation, decisions: pl.DataFrame) -> tuple[Situation, list[str]]:
    """The books with accepted moves as if they had happened and locked, and rejected ones forbidden.

    Returns:
        The situation, and what was recognised in words.
    """
    owners = dict(situation.accounts.select("account_id", "csm_id").iter_rows())
    csms = set(situation.csms["csm_id"])
    accepted, said = {}, []
    for row in decisions.filter(pl.col("decision") == "accepted").iter_rows(named=True):
        account_id, to = row["account_id"], row["to_csm_id"]
        if account_id not in owners or to not in csms:
            continue
        if owners[account_id] == to:
            said.append(f"accepted and done: {account_id} is with {to}")
        elif owners[account_id] == row["from_csm_id"]:
            accepted[account_id] = to
            said.append(f"accepted and not done yet: {account_id} goes to {to}")
    rejected = decisions.filter(pl.col("decision") == "rejected")
    forbidden = frozenset(rejected.select("account_id", "to_csm_id").iter_rows())
    if accepted:
        situation = frozen(situation, set(accepted), "its move was accepted")
        situation = replace(
            situation,
            accounts=situation.accounts.with_columns(
                csm_id=pl.col("account_id").replace_strict(accepted, default=pl.col("csm_id"), return_dtype=pl.String)
            ),
        )
    return replace(situation, forbidden=forbidden), said
