"""What each choice gives: proposals with other prices for moving an established relationship."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from book_of_business.rebalancing.problem import PARTS, Pod
from book_of_business.rebalancing.rules import Rules
from book_of_business.rebalancing.solving import moved_count, solve

FEW_NODES = 20
FACTORS = (0.0, 0.3, 1.0, 3.0, 1000.0)
SCHEMA = {
    "price_factor": pl.Float64,
    "established_move_count": pl.Int64,
    "move_count": pl.Int64,
    "worst_load_ratio": pl.Float64,
    "renewal_excess_usd": pl.Float64,
    "moved_arr_usd": pl.Float64,
    "revenue_at_risk_usd": pl.Float64,
}


def pareto(pods: Sequence[Pod], rules: Rules, capacity: dict[str, float]) -> pl.DataFrame:
    """One row per distinct number of established moves, from many to none.

    Columns: SCHEMA. `revenue_at_risk_usd` is a share of the ARR that moves: up to that, in the literature.
    """
    rows = []
    for factor in FACTORS:
        answers = [
            solve(priced(pod, rules, factor), rules.values["most_columns"], nodes=FEW_NODES).assignment for pod in pods
        ]
        rows.append({"price_factor": factor, **told(pods, answers, rules, capacity)})
    return (
        pl.DataFrame(rows, schema=SCHEMA)
        .sort("established_move_count", "price_factor", descending=[True, False])
        .unique(["established_move_count", "move_count"], keep="first", maintain_order=True)
    )


def priced(pod: Pod, rules: Rules, factor: float) -> Pod:
    """The pod with another price for established relationships."""
    own = np.array([each == "established" for each in pod.classes])
    costs = pod.move_costs.copy()
    more = (factor - 1) * rules.prices["move_established"]
    moving = np.isfinite(costs) & own[:, None]
    moving[np.flatnonzero(pod.owner >= 0), pod.owner[pod.owner >= 0]] = False
    costs[moving] += more
    return replace(pod, move_costs=np.maximum(costs, 0.0))


def told(
    pods: Sequence[Pod], answers: Sequence[np.ndarray], rules: Rules, capacity: dict[str, float]
) -> dict[str, float]:
    """What a set of assignments comes to."""
    arr, hours = PARTS.index("arr_usd"), PARTS.index("effort_hours")
    established = moves = 0
    moved_arr = excess = 0.0
    worst = None
    for pod, answer in zip(pods, answers, strict=True):
        moved = (answer != pod.owner) & (pod.owner >= 0)
        established += int(sum(moved[place] and each == "established" for place, each in enumerate(pod.classes)))
        moves += moved_count(pod, answer)
        moved_arr += float(pod.parts[moved, arr].sum())
        books = pod.books(answer)
        caps = [limit for limit in pod.limits if limit.rule == "renewal_cap"]
        if caps:
            excess += float(np.max([np.maximum(0, books @ limit.weights) for limit in caps], axis=0).sum())
        for place, csm_id in enumerate(pod.csm_ids):
            if capacity[csm_id] > 0:
                load = books[place, hours] / capacity[csm_id]
                worst = load if worst is None else max(worst, load)
    return {
        "established_move_count": established,
        "move_count": moves,
        "worst_load_ratio": worst,
        "renewal_excess_usd": excess,
        "moved_arr_usd": moved_arr,
        "revenue_at_risk_usd": moved_arr * rules.values["revenue_at_risk_share"],
    }
