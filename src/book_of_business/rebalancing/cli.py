"""`rebalance`: propose, check and explain; `place`: where one account should go; `accept` and `reject`: decide."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.text import Text

from book_of_business.console import (
    add_name_column,
    add_number_column,
    count_of,
    error_console,
    new_table,
    one_line,
    output_console,
    step,
)
from book_of_business.errors import UserError
from book_of_business.settings import Settings

MOST_PARETO = 20_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `rebalance` and its commands."""
    parser.add_argument("--max-moves", type=int, metavar="N", help="moves at the most (default: as many as pay)")
    parser.add_argument("--policy", choices=("named", "round_robin", "vertical"), default="named")
    parser.add_argument("--freeze", type=Path, metavar="FILE", help="accounts not to move: one account_id per line")
    parser.add_argument("--robust", action="store_true", help="keep room for what effort weights do not know")
    parser.add_argument("--depart", nargs=2, action="append", default=[], metavar=("CSM", "DATE"))
    parser.add_argument("--leave", nargs=3, action="append", default=[], metavar=("CSM", "FROM", "TO"))
    parser.add_argument("--hire", nargs=2, action="append", default=[], metavar=("TIER", "DATE"))
    parser.add_argument("--win", action="append", default=[], metavar="OPPORTUNITY")
    commands = parser.add_subparsers(dest="action", metavar="COMMAND")
    for name, done in (("accept", "accepted"), ("reject", "rejected")):
        one = commands.add_parser(name, help=f"write down that a move is {done}")
        one.add_argument("move", help="move_id, or its number in the last proposal")
        one.add_argument("--by", required=True, metavar="NAME")
        one.add_argument("--because", required=True, metavar="TEXT")


def add_place_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `place`."""
    parser.add_argument("account", nargs="?", help="an active account")
    parser.add_argument("--segment")
    parser.add_argument("--arr", type=float, metavar="USD")
    parser.add_argument("--stage", default="onboarding")


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Propose, or write down a decision.

    Raises:
        UserError: whenever the user has to act.
    """
    if arguments.action:
        from book_of_business.rebalancing.decisions import decide

        decision = {"accept": "accepted", "reject": "rejected"}[arguments.action]
        entry = decide(
            settings.project_dir,
            settings.build_dir / "rebalancing",
            arguments.move,
            decision,
            arguments.by,
            arguments.because,
        )
        print(f"{decision}: {entry['account_id']} from {entry['from_csm_id']} to {entry['to_csm_id']}")
        return 0
    return propose(settings, arguments)


def propose(settings: Settings, arguments: argparse.Namespace) -> int:
    """Solve, explain, write and check."""
    from book_of_business.rebalancing import pareto as choices
    from book_of_business.rebalancing import policies, proposal, writing
    from book_of_business.rebalancing.decisions import read_decisions, with_decisions
    from book_of_business.rebalancing.handover import briefs
    from book_of_business.rebalancing.pages import pages
    from book_of_business.rebalancing.problem import pods_of
    from book_of_business.rebalancing.reading import frozen, open_build, read_freeze, read_situation
    from book_of_business.rebalancing.robust import with_margin
    from book_of_business.rebalancing.rules import read_rules
    from book_of_business.rebalancing.solving import solve

    if arguments.max_moves is not None and arguments.max_moves < 0:
        raise UserError(f"--max-moves is zero or more, not {arguments.max_moves}")
    began = time.monotonic()
    rules = read_rules(settings.project_dir)
    with step("Reading the books", is_brief=True):
        situation = read_situation(settings.published_file, settings.working_file, rules)
        frozen_ids = read_freeze(arguments.freeze) if arguments.freeze else set()
        if frozen_ids:
            situation = frozen(situation, frozen_ids, "somebody named it")
        situation, recognised = with_decisions(situation, read_decisions(settings.project_dir))
        connection = open_build(settings.published_file, settings.working_file)
    try:
        situation, what_if = changed(situation, rules, arguments, connection)
        pods = pods_of(situation, rules)
        with step("Looking for moves", is_brief=True) as progress:
            solutions = []
            left = arguments.max_moves
            for number, pod in enumerate(pods):
                progress(number, len(pods), pod.name)
                if arguments.policy == "round_robin":
                    solutions.append(policies.round_robin(pod, situation))
                elif arguments.policy == "vertical":
                    solutions.append(policies.vertical(pod, situation))
                else:
                    robust = with_margin(pod, situation, connection) if arguments.robust else pod
                    found = solve(robust, rules.values["most_columns"], left)
                    solutions.append(replace(found, cost=pod.cost(found.assignment)) if arguments.robust else found)
                    if left is not None:
                        from book_of_business.rebalancing.solving import moved_count

                        left -= moved_count(pod, found.assignment)
        made = proposal.propose(situation, rules, pods, solutions)
        capacity = dict(situation.csms.select("csm_id", "capacity_hours").iter_rows())
        sheet = None
        if sum(len(pod.account_ids) * len(pod.csm_ids) for pod in pods) <= MOST_PARETO:
            with step("Comparing choices", is_brief=True):
                sheet = choices.pareto(pods, rules, capacity)
        with step("Writing the proposal", is_brief=True):
            told = briefs(connection, made)
    finally:
        connection.close()
    summary = writing.summary_of(made, rules, time.monotonic() - began, what_if, arguments.policy)
    if arguments.robust:
        plain = [solve(pod, rules.values["most_columns"], arguments.max_moves) for pod in pods]
        summary["robust"] = robust_words(pods, solutions, plain)
    folder = settings.build_dir / "rebalancing"
    tables = {"moves": made.moves, "books": made.books, "missed_limits": made.missed_limits}
    if sheet is not None:
        tables["pareto"] = sheet
    writing.write(folder, tables, summary, pages(made, told, sheet))
    faults = [] if what_if or recognised else verify(settings, folder, frozen_ids)
    show(made, summary, recognised, policies.advice(situation, arguments.policy), folder, is_checked=not what_if)
    if faults:
        raise UserError("the proposal does not pass its check, do not use it:\n" + "\n".join(faults[:20]))
    return 0


def changed(situation, rules, arguments: argparse.Namespace, connection):
    """The situation with what is asked by --depart, --leave, --hire and --win, and these in words."""
    from book_of_business.rebalancing import what_if

    said = []
    for csm_id, start, end in arguments.leave:
        situation = what_if.leave(situation, rules, csm_id, start, end)
        said.append(f"{csm_id} is away from {start} to {end}")
    for number, (tier, on) in enumerate(arguments.hire, start=1):
        situation = what_if.hire(situation, rules, tier, on, number, what_if.read_tiers(connection))
        said.append(f"a {tier} begins on {on}")
    for opportunity in arguments.win:
        situation = what_if.win(situation, opportunity, connection)
        said.append(f"opportunity {opportunity} is won")
    for csm_id, on in arguments.depart:
        situation = what_if.depart(situation, rules, csm_id, on)
        said.append(f"{csm_id} leaves on {on}")
    return situation, said


def verify(settings: Settings, folder: Path, frozen_ids: set[str]) -> list[str]:
    """What the independent check finds, in words."""
    from book_of_business.rebalancing.rules import FILE
    from book_of_business.rebalancing_check.check import check

    found = check(folder, settings.working_file, settings.project_dir / FILE, frozen_ids)
    return [f"  {fault.check}: {one_line(fault.found, 200)}" for fault in found]


def robust_words(pods: Sequence, robust: Sequence, plain: Sequence) -> dict[str, int]:
    """What the room for uncertainty costs in moves."""
    from book_of_business.rebalancing.solving import moved_count

    with_room, without = (
        sum(moved_count(pod, each.assignment) for pod, each in zip(pods, side, strict=True)) for side in (robust, plain)
    )
    return {"move_count": with_room, "move_count_without": without, "more_moves": with_room - without}


def show(made, summary, recognised: list[str], advice: str | None, folder: Path, *, is_checked: bool) -> None:
    """A small table of the books that change or miss a limit, the gap, and where the files are."""
    import polars as pl

    from book_of_business.dashboard import formats

    console = output_console()
    for line in recognised:
        console.print(one_line(line, 200), markup=False)
    if advice:
        console.print(advice, markup=False)
    books = made.books
    shown = books.filter(
        (pl.col("account_count_before") != pl.col("account_count_after"))
        | (pl.col("load_ratio_before") != pl.col("load_ratio_after"))
        | pl.col("csm_id").is_in(made.missed_limits["csm_id"].to_list())
    ).sort("csm_name", "csm_id", nulls_last=True)
    if shown.height:
        table = new_table()
        add_name_column(table, "CSM")
        columns = {
            "Load before": ("load_ratio_before", formats.percent),
            "after": ("load_ratio_after", formats.percent),
            "Peak renewals before": ("peak_renewal_share_before", formats.percent),
            "after ": ("peak_renewal_share_after", formats.percent),
            "Accounts before": ("account_count_before", formats.number),
            " after": ("account_count_after", formats.number),
        }
        for heading, (column, written) in columns.items():
            add_number_column(table, heading.strip(), [written(value) for value in shown[column]])
        for row in shown.head(40).iter_rows(named=True):
            name = one_line(row["csm_name"] or row["csm_id"], 40)
            table.add_row(Text(name), *(Text(written(row[column])) for column, written in columns.values()))
        console.print(table)
    classes = summary["move_count_by_class"]
    console.print(
        f"{count_of(summary['move_count'], 'move')}: {classes['new']} new, {classes['at_risk_not_engaged']} at risk and"
        f" not engaged, {classes['established']} established; {count_of(summary['missed_limit_count'], 'limit')} still"
        f" missed. Gap to the proven bound {summary['gap']:.2%}, {summary['seconds']:.1f} s.",
        markup=False,
    )
    if "robust" in summary:
        more = summary["robust"]["more_moves"]
        console.print(f"Room for uncertainty costs {more:+d} moves.", markup=False)
    for name in ("moves.csv", "books.csv", "missed_limits.csv", "index.html"):
        console.print(f"{folder / name}", markup=False)
    if not is_checked:
        error_console.print("A what-if is not checked: it is about books that are not in the marts.", markup=False)


def run_place(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print the three best CSMs for an account.

    Raises:
        UserError: if it is not said which account, or nobody can take it.
    """
    from book_of_business.rebalancing.place import places
    from book_of_business.rebalancing.problem import pods_of
    from book_of_business.rebalancing.reading import open_build, read_situation
    from book_of_business.rebalancing.rules import read_rules
    from book_of_business.rebalancing.what_if import effort_of, with_account

    if (arguments.account is None) == (arguments.segment is None):
        raise UserError("name an account, or say --segment, --arr and --stage of a new one")
    rules = read_rules(settings.project_dir)
    situation = read_situation(settings.published_file, settings.working_file, rules)
    account_id = arguments.account
    if account_id is None:
        segments = sorted(situation.accounts["segment"].drop_nulls().unique())
        if arguments.segment not in segments:
            raise UserError(f"no account has the segment {one_line(arguments.segment)}: {', '.join(segments)}")
        connection = open_build(settings.published_file, settings.working_file)
        effort = effort_of(connection, arguments.segment, arguments.stage)
        connection.close()
        account_id = "(new)"
        named = {"account_id": account_id, "account_name": "the new account"}
        accounts = with_account(situation.accounts, named, arguments.segment, arguments.arr or 0.0, effort)
        situation = replace(situation, accounts=accounts)
        print(f"A {arguments.segment} account in {arguments.stage} takes {effort:.1f} hours a week.")
    elif account_id not in set(situation.accounts["account_id"]):
        raise UserError(f"there is no active account {one_line(account_id)}")
    capacity = dict(situation.csms.select("csm_id", "capacity_hours").iter_rows())
    found = places(pods_of(situation, rules), account_id, capacity, situation.csm_names)
    if not found:
        raise UserError(f"nobody can take {one_line(account_id)}: it is in a pooled book, or no CSM serves its segment")
    for number, each in enumerate(found, start=1):
        print(f"{number}. {one_line(each.sentence, 200)} ({each.csm_id}; costs {each.cost:,.0f} by the rules)")
    return 0
