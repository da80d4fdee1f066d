"""Where one account should go today: the three books that it costs least, with why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from book_of_business.rebalancing.problem import Pod
from book_of_business.rebalancing.proposal import WORDS, written

BEST = 3


@dataclass(frozen=True)
class Place:
    """A CSM for an account: what it costs by the rules, the load with it, and why."""

    csm_id: str
    cost: float
    load_ratio: float | None
    sentence: str


def places(pods: list[Pod], account_id: str, capacity: dict[str, float], names: dict[str, str]) -> list[Place]:
    """The best CSMs for an account, the cheapest first."""
    found = []
    for pod in pods:
        if account_id not in pod.account_ids:
            continue
        place = list(pod.account_ids).index(account_id)
        without = pod.owner.copy()
        without[place] = -1
        books = pod.books(without)
        for number, csm_id in enumerate(pod.csm_ids):
            fit = pod.move_costs[place, number]
            if not np.isfinite(fit):
                continue
            before = pod.excess_cost(books[number : number + 1], np.array([number]))[0]
            after = pod.excess_cost((books[number] + pod.parts[place])[None, :], np.array([number]))[0]
            hours = float(books[number, 0] + pod.parts[place, 0])
            load = hours / capacity[csm_id] if capacity[csm_id] > 0 else None
            broken = [
                limit.name
                for limit in pod.limits
                if (books[number] + pod.parts[place]) @ limit.weights > limit.right[number] + 1e-9
            ]
            words = ", ".join(dict.fromkeys(WORDS[name] for name in broken))
            told = f"{names[csm_id]} is at {written('load_ratio', load)} of capacity with it"
            told += f"; above the limit for {words}." if words else "; every limit is kept."
            found.append(Place(csm_id, float(after - before + fit), load, told))
    return sorted(found, key=lambda each: (round(each.cost, 6), each.load_ratio or 0, each.csm_id))[:BEST]
