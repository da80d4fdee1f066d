"""Solving a pod: HiGHS for the exact problem and its bound; a linear program, rounding and exchange where it is large.

The same input gives the same answer: one thread, a fixed seed, and limits on work and not on time.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from book_of_business.rebalancing.problem import Pod

SEED = 20260628
GAP = 0.005
NODES = 600
PASSES = 6
BIG = 1e30
EQUAL = 1e-9


@dataclass(frozen=True)
class Solution:
    """An assignment of a pod (places of CSMs; -1: nobody), its cost, and a proven lower bound of any."""

    assignment: np.ndarray
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the cost is above the bound, as a share of the cost."""
        return max(0.0, (self.cost - self.bound) / max(abs(self.cost), EQUAL)) if self.cost > EQUAL else 0.0


@dataclass(frozen=True)
class Program:
    """A pod as a linear program: columns are possible assignments, then the excess over each limit."""

    lp: highspy.HighsLp
    rows: np.ndarray
    columns: np.ndarray
    constant: float


def solve(pod: Pod, most_columns: float, max_moves: int | None = None, nodes: int = NODES) -> Solution:
    """The best assignment found, and a bound.

    Args:
        pod: the problem.
        most_columns: with more possible assignments the integers are left out, and the answer is rounded.
        max_moves: moves at the most; null: as many as pay.
        nodes: of the search tree at the most; fewer give an answer sooner.
    """
    stay = pod.owner.copy()
    if not len(pod.account_ids) or not len(pod.csm_ids):
        cost = pod.cost(stay)
        return Solution(stay, cost, cost)
    program = program_of(pod, max_moves)
    if not len(program.rows):
        cost = pod.cost(stay)
        return Solution(stay, cost, cost)
    is_whole = len(program.rows) <= most_columns
    values, bound = run(program, nodes, is_whole=is_whole)
    found = [stay]
    if values is not None:
        rounded = rounded_of(pod, program, values)
        found.append(rounded)
        if max_moves is None:
            found.append(exchanged(pod, rounded))
    if max_moves is None:
        found.append(exchanged(pod, stay))
    else:
        found = [each for each in found if moved_count(pod, each) <= max_moves]
    best = min(found, key=lambda each: (round(pod.cost(each), 6), moved_count(pod, each)))
    return Solution(best, pod.cost(best), min(bound, pod.cost(best)))


def moved_count(pod: Pod, assignment: np.ndarray) -> int:
    """Accounts that had another owner; one that nobody owned has not moved."""
    return int(((assignment != pod.owner) & (pod.owner >= 0)).sum())


def program_of(pod: Pod, max_moves: int | None) -> Program:
    """The pod as a linear program. Accounts that stay for sure are constants on the right."""
    receivers = np.isfinite(pod.move_costs)
    free = pod.is_movable & (receivers.sum(axis=1) > (pod.owner >= 0))
    rows, columns = np.nonzero(receivers & free[:, None])
    fixed = np.where(free, -1, pod.owner)
    held = pod.books(fixed)
    accounts = np.flatnonzero(free)
    place = {int(account): number for number, account in enumerate(accounts)}
    csm_count, account_count = len(pod.csm_ids), len(accounts)
    homeless = np.flatnonzero(pod.owner[accounts] < 0)
    limits = [limit for limit in pod.limits if np.isfinite(limit.right).any()]
    excess_count = len(limits) * csm_count
    column_count = len(rows) + excess_count + len(homeless)
    costs = np.concatenate(
        [
            pod.move_costs[rows, columns],
            np.repeat([limit.price for limit in limits], csm_count),
            np.full(len(homeless), pod.unassigned_price),
        ]
    )
    # each account has one owner; of those that nobody owns, one may stay so at its price
    row_index = [np.array([place[int(account)] for account in rows])]
    column_index = [np.arange(len(rows))]
    entries = [np.ones(len(rows))]
    row_index.append(homeless)
    column_index.append(len(rows) + excess_count + np.arange(len(homeless)))
    entries.append(np.ones(len(homeless)))
    lower, upper = [np.ones(account_count)], [np.ones(account_count)]
    row = account_count
    for number, limit in enumerate(limits):
        weight = pod.parts[rows] @ limit.weights
        used = np.abs(weight) > EQUAL
        row_index += [row + columns[used], row + np.arange(csm_count)]
        column_index += [np.flatnonzero(used), len(rows) + number * csm_count + np.arange(csm_count)]
        entries += [weight[used], np.full(csm_count, -1.0)]
        lower.append(np.full(csm_count, -BIG))
        upper.append(np.where(np.isfinite(limit.right), limit.right - held @ limit.weights, BIG))
        row += csm_count
    if max_moves is not None:
        moving = (columns != pod.owner[rows]) & (pod.owner[rows] >= 0)
        row_index.append(np.full(moving.sum(), row))
        column_index.append(np.flatnonzero(moving))
        entries.append(np.ones(moving.sum()))
        lower.append(np.array([-BIG]))
        upper.append(np.array([float(max_moves)]))
        row += 1
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = column_count, row
    lp.col_cost_, lp.col_lower_ = costs, np.zeros(column_count)
    lp.col_upper_ = np.concatenate([np.ones(len(rows)), np.full(excess_count, BIG), np.ones(len(homeless))])
    lp.row_lower_, lp.row_upper_ = np.concatenate(lower), np.concatenate(upper)
    fill(lp, np.concatenate(row_index), np.concatenate(column_index), np.concatenate(entries), column_count)
    never = float((~free & (pod.owner < 0)).sum() * pod.unassigned_price)
    return Program(lp, rows, columns, never)


def fill(lp: highspy.HighsLp, rows: np.ndarray, columns: np.ndarray, entries: np.ndarray, column_count: int) -> None:
    """Give a linear program its matrix, column by column."""
    order = np.lexsort((rows, columns))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.searchsorted(columns[order], np.arange(column_count + 1)).astype(np.int32)
    lp.a_matrix_.index_ = rows[order].astype(np.int32)
    lp.a_matrix_.value_ = entries[order]


def run(program: Program, nodes: int, *, is_whole: bool) -> tuple[np.ndarray | None, float]:
    """The values of the possible assignments and a lower bound of the cost; null where nothing was found."""
    solver = highspy.Highs()
    solver.setOptionValue("log_to_console", False)
    solver.silent()
    for name, value in {
        "output_flag": False,
        "threads": 1,
        "random_seed": SEED % 2**31,
        "mip_rel_gap": GAP,
        "mip_max_nodes": nodes,
        "mip_max_stall_nodes": nodes,
    }.items():
        solver.setOptionValue(name, value)
    if is_whole:
        lp = program.lp
        kinds = [highspy.HighsVarType.kInteger] * len(program.rows)
        lp.integrality_ = kinds + [highspy.HighsVarType.kContinuous] * (lp.num_col_ - len(program.rows))
    solver.passModel(program.lp)
    solver.run()
    info = solver.getInfo()
    values = np.array(solver.getSolution().col_value)
    if not len(values) or info.primal_solution_status == 0:
        return None, 0.0
    bound = info.mip_dual_bound if is_whole else info.objective_function_value
    return values[: len(program.rows)], max(0.0, float(bound)) + program.constant


def rounded_of(pod: Pod, program: Program, values: np.ndarray) -> np.ndarray:
    """Each account to the CSM with the largest share of it; of equal shares to the cheapest."""
    assignment = pod.owner.copy()
    best = np.full(len(pod.account_ids), -1.0)
    for account, csm, value in zip(program.rows, program.columns, values, strict=True):
        better = value > best[account] + EQUAL and value > EQUAL
        if better:
            best[account], assignment[account] = value, csm
    return assignment


def exchanged(pod: Pod, start: np.ndarray) -> np.ndarray:
    """Move single accounts as long as that lowers the cost, the heaviest first; a few passes at the most."""
    assignment = start.copy()
    books = pod.books(assignment)
    costs = pod.excess_cost(books)
    order = np.argsort(-pod.parts[:, 0], kind="stable")
    order = order[pod.is_movable[order]]
    everybody = np.arange(len(pod.csm_ids))
    for _ in range(PASSES):
        has_changed = False
        for account in order:
            now = assignment[account]
            part = pod.parts[account]
            if now >= 0:
                # a book within its limits gives an account back to its owner, and no other
                if costs[now] <= EQUAL and now == pod.owner[account]:
                    continue
                released = pod.excess_cost(books[now] - part, np.array([now]).reshape(()))
                gain = costs[now] - float(released) + pod.move_costs[account, now]
            else:
                gain = pod.unassigned_price
            taken = pod.excess_cost(books + part, everybody) - costs + pod.move_costs[account]
            if now >= 0:
                taken[now] = np.inf
            to = int(np.argmin(taken))
            if taken[to] < gain - 1e-7:
                if now >= 0:
                    books[now] -= part
                    costs[now] = pod.excess_cost(books[now : now + 1], np.array([now]))[0]
                books[to] += part
                costs[to] = pod.excess_cost(books[to : to + 1], np.array([to]))[0]
                assignment[account] = to
                has_changed = True
        if not has_changed:
            break
    return assignment
