"""`python -m book_of_business.bench_rebalance`: measure, and write docs/evidence/rebalancing.md."""

from __future__ import annotations

import argparse
import platform
import resource
import sys
import time
from dataclasses import dataclass

import numpy as np

from book_of_business.proof.rebalancing.books import random_pods
from book_of_business.rebalancing.policies import greedy
from book_of_business.rebalancing.problem import Pod
from book_of_business.rebalancing.rules import Rules, read_rules
from book_of_business.rebalancing.solving import solve
from book_of_business.settings import project_dir

SIZES = ((120, 6), (600, 20), (25_000, 500))
FIRST_SEED = 101
SMALL_BOOKS, LARGE_BOOKS = 20, 3


@dataclass(frozen=True)
class Measured:
    """One random book: the cost and established moves of the proposal and its rivals, the gap, seconds of CPU."""

    accounts: int
    csms: int
    seed: int
    gap: float
    seconds: float
    costs: dict[str, float]
    established: dict[str, int]


def established_moves(pod: Pod, assignment: np.ndarray) -> int:
    """Established relationships that an assignment moves."""
    return int(((assignment != pod.owner) & (np.array(pod.classes) == "established")).sum())


def without_relationships(pod: Pod, rules: Rules) -> np.ndarray:
    """A solution that counts every move alike."""
    costs = np.where(pod.move_costs > 0, rules.prices["move_at_risk_not_engaged"], 0.0)
    flat = Pod(
        pod.name, pod.account_ids, pod.csm_ids, pod.parts, pod.owner, pod.is_movable, costs, pod.limits, pod.classes,
        pod.unassigned_price,
    )  # fmt: skip
    return solve(flat, rules.values["most_columns"]).assignment


def in_turn(pod: Pod) -> np.ndarray:
    """Round robin over all accounts that may move."""
    assignment = pod.owner.copy()
    movable = np.flatnonzero(pod.is_movable)
    assignment[movable] = np.arange(len(movable)) % len(pod.csm_ids)
    return assignment


def measure(accounts: int, csms: int, seed: int, rules: Rules) -> Measured:
    """One random book."""
    pods = random_pods(accounts, csms, seed, rules)
    began = time.process_time()
    found = [solve(pod, rules.values["most_columns"]) for pod in pods]
    seconds = time.process_time() - began
    answers = {
        "proposal": [each.assignment for each in found],
        "as they are": [pod.owner for pod in pods],
        "greedy": [greedy(pod) for pod in pods],
        "round robin": [in_turn(pod) for pod in pods],
        "ignoring relationships": [without_relationships(pod, rules) for pod in pods],
    }
    cost, bound = sum(each.cost for each in found), sum(each.bound for each in found)
    return Measured(
        accounts,
        csms,
        seed,
        (cost - bound) / cost if cost > 0 else 0.0,
        seconds,
        {name: sum(pod.cost(each) for pod, each in zip(pods, own, strict=True)) for name, own in answers.items()},
        {name: sum(map(established_moves, pods, own)) for name, own in answers.items()},
    )


def page(rows: list[Measured]) -> str:
    """The evidence page."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    lines = [
        "# Rebalancing: what was measured",
        "",
        "Made by `make bench-rebalance`. Random books (`src/book_of_business/proof/rebalancing/books.py`): a fifth of",
        "the books overloaded, a quarter with renewals piled up, a fifth of the relationships new, a tenth at risk and",
        "not engaged. Cost is the objective of the rules; the gap is to the proven bound, as a share of what is left",
        "of the cost. Seconds are CPU seconds of one core.",
        "",
        f"Python {platform.python_version()}, peak memory of all runs {peak:.2f} GB.",
        "",
        "| accounts x CSMs | seeds | gap, worst | seconds, worst | cost against greedy |"
        " established moves against greedy | books where a rival is cheaper |",
        "|---|---|---|---|---|---|---|",
    ]
    for size in dict.fromkeys((row.accounts, row.csms) for row in rows):
        own = [row for row in rows if (row.accounts, row.csms) == size]
        cost = sum(row.costs["proposal"] for row in own) / max(sum(row.costs["greedy"] for row in own), 1e-9)
        kept = sum(row.established["proposal"] for row in own) / max(sum(row.established["greedy"] for row in own), 1)
        worse = sum(min(row.costs.values()) < row.costs["proposal"] - 1e-6 for row in own)
        lines.append(
            f"| {size[0]:,} x {size[1]} | {own[0].seed}-{own[-1].seed} | {max(row.gap for row in own):.2%} |"
            f" {max(row.seconds for row in own):.1f} | {cost - 1:+.0%} | {kept:.0%} | {worse} of {len(own)} |"
        )
    lines += [
        "",
        "| accounts x CSMs | rival | cost against the proposal, mean | established moves, mean |",
        "|---|---|---|---|",
    ]
    for size in dict.fromkeys((row.accounts, row.csms) for row in rows):
        own = [row for row in rows if (row.accounts, row.csms) == size]
        for name in own[0].costs:
            ratio = np.mean([row.costs[name] / max(row.costs["proposal"], 1e-9) for row in own])
            moves = np.mean([row.established[name] for row in own])
            lines.append(f"| {size[0]:,} x {size[1]} | {name} | {ratio:.2f} x | {moves:,.0f} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Measure all sizes and write the page."""
    parser = argparse.ArgumentParser(prog="python -m book_of_business.bench_rebalance", description=__doc__)
    parser.add_argument("--books", type=int, default=SMALL_BOOKS, help="random books of the smaller sizes")
    parser.add_argument("--large", type=int, default=LARGE_BOOKS, help="random books of 25,000 accounts")
    chosen = parser.parse_args(arguments)
    rules = read_rules(project_dir())
    rows = []
    for accounts, csms in SIZES:
        count = chosen.large if (accounts, csms) == SIZES[-1] else chosen.books
        for seed in range(FIRST_SEED, FIRST_SEED + count):
            rows.append(measure(accounts, csms, seed, rules))
            last = rows[-1]
            print(
                f"{accounts:,} x {csms}, seed {seed}: gap {last.gap:.2%}, {last.seconds:.1f} s, against greedy"
                f" {last.costs['proposal'] / max(last.costs['greedy'], 1e-9) - 1:+.0%}",
                file=sys.stderr,
            )
    out = project_dir() / "docs" / "evidence" / "rebalancing.md"
    out.write_text(page(rows), encoding="utf-8")
    print(out)
    return 0
