"""How accounts may be shared out: named (the least disruptive), round robin within a segment, or by industry."""

from __future__ import annotations

import numpy as np
import polars as pl

from book_of_business.rebalancing.problem import Pod
from book_of_business.rebalancing.reading import Situation
from book_of_business.rebalancing.solving import Solution

POLICIES = ("named", "round_robin", "vertical")
VERTICAL_FROM_USD = 30e6
VERTICAL_ADVICE = (
    "Advice: below $30M of ARR a vertical team is usually too small to fill books of one industry; named books by"
    " segment do as well and move less."
)


def round_robin(pod: Pod, situation: Situation) -> Solution:
    """The accounts of each segment that may move, in the order of their ids, to one CSM after the other."""
    segments = dict(situation.accounts.select("account_id", "segment").iter_rows())
    assignment = pod.owner.copy()
    turns: dict[str, int] = {}
    for place in sorted(range(len(pod.account_ids)), key=lambda place: pod.account_ids[place]):
        if not pod.is_movable[place]:
            continue
        segment = segments.get(pod.account_ids[place]) or ""
        for _ in pod.csm_ids:
            turn = turns.get(segment, 0)
            turns[segment] = (turn + 1) % len(pod.csm_ids)
            if np.isfinite(pod.move_costs[place, turn]):
                assignment[place] = turn
                break
    cost = pod.cost(assignment)
    return Solution(assignment, cost, 0.0)


def vertical(pod: Pod, situation: Situation) -> Solution:
    """Whole industries to one CSM each, the heaviest industry first to the emptiest book."""
    industries = dict(situation.accounts.select("account_id", "industry").iter_rows())
    assignment = np.where(pod.is_movable, -1, pod.owner)
    load = next((limit for limit in pod.limits if limit.name == "load_ratio"), None)
    capacity = np.maximum(load.right, 1e-9) if load is not None else np.ones(len(pod.csm_ids))
    hours = pod.books(assignment)[:, 0]
    groups: dict[str, list[int]] = {}
    for place in np.flatnonzero(pod.is_movable):
        groups.setdefault(industries.get(pod.account_ids[place]) or "", []).append(int(place))
    for _, places in sorted(groups.items(), key=lambda item: (-pod.parts[item[1], 0].sum(), item[0])):
        to = int(np.argmin((hours + pod.parts[places, 0].sum()) / capacity))
        for place in places:
            able = to if np.isfinite(pod.move_costs[place, to]) else pod.owner[place]
            assignment[place] = able
            if able >= 0:
                hours[able] += pod.parts[place, 0]
    return Solution(assignment, pod.cost(assignment), 0.0)


def greedy(pod: Pod) -> np.ndarray:
    """What people do by hand: from the fullest book to the emptiest, the heaviest account first, until none is over."""
    load = next((limit for limit in pod.limits if limit.name == "load_ratio"), None)
    assignment = pod.owner.copy()
    if load is None:
        return assignment
    capacity = np.maximum(load.right, 1e-9)
    for _ in range(len(pod.account_ids)):
        ratio = pod.books(assignment)[:, 0] / capacity
        full, empty = int(np.argmax(ratio)), int(np.argmin(ratio))
        own = np.flatnonzero((assignment == full) & pod.is_movable & np.isfinite(pod.move_costs[:, empty]))
        if ratio[full] <= 1 or not len(own):
            break
        for place in own[np.argsort(-pod.parts[own, 0], kind="stable")]:
            if (ratio[empty] * capacity[empty] + pod.parts[place, 0]) / capacity[empty] < ratio[full]:
                assignment[place] = empty
                break
        else:
            break
    return assignment


def advice(situation: Situation, policy: str) -> str | None:
    """What to know before a policy is chosen."""
    total = float(situation.accounts.select(pl.col("arr_usd").sum()).item() or 0)
    return VERTICAL_ADVICE if policy == "vertical" and total < VERTICAL_FROM_USD else None
