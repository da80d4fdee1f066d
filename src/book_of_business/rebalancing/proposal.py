"""A proposal: moves in their order, books before and after, and the limits still missed, with reasons."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from book_of_business.rebalancing.problem import PARTS, Limit, Pod
from book_of_business.rebalancing.reading import UNASSIGNED, Situation
from book_of_business.rebalancing.rules import CLASSES, Rules
from book_of_business.rebalancing.solving import Solution, moved_count, solve

MEASURES = (
    *("load_ratio", "account_count", "arr_usd", "peak_renewal_share", "red_account_count"),
    *("required_touch_count", "required_hours_per_week", "onboarding_account_count"),
)
# What a limit is called in a sentence.
WORDS = {
    "load_ratio": "load",
    "account_count": "number of accounts",
    "arr_usd": "ARR",
    "peak_renewal_share": "renewals in one quarter",
    "red_account_count": "red accounts",
    "required_touch_count": "touches a quarter",
    "required_hours_per_week": "hours that the touches take",
    "onboarding_account_count": "onboardings at once",
}
EQUAL = 1e-9
MOST_PRICED = 4
HARD = 1e4
FEW_NODES = 20


@dataclass(frozen=True)
class Proposal:
    """What is proposed. Frames have the columns of the files; `solutions` are by pod."""

    situation: Situation
    pods: Sequence[Pod]
    solutions: Sequence[Solution]
    moves: pl.DataFrame
    books: pl.DataFrame
    missed_limits: pl.DataFrame

    @property
    def objective(self) -> float:
        """The cost of the proposal."""
        return sum(solution.cost for solution in self.solutions)

    @property
    def bound(self) -> float:
        """What no assignment can cost less than."""
        return sum(solution.bound for solution in self.solutions)

    @property
    def gap(self) -> float:
        """How far the cost is above the bound, as a share of the cost."""
        return max(0.0, (self.objective - self.bound) / self.objective) if self.objective > EQUAL else 0.0


def propose(situation: Situation, rules: Rules, pods: Sequence[Pod], solutions: Sequence[Solution]) -> Proposal:
    """Put solved pods into words and tables."""
    books = books_of(situation, rules, pods, solutions)
    return Proposal(
        situation,
        pods,
        solutions,
        moves_of(situation, pods, solutions, books),
        books,
        missed_of(situation, rules, pods, solutions, books),
    )


def books_of(situation: Situation, rules: Rules, pods: Sequence[Pod], solutions: Sequence[Solution]) -> pl.DataFrame:
    """One row per CSM: each measure before, after, and its limit; pooled books stay as they are."""
    owner = {}
    for pod, solution in zip(pods, solutions, strict=True):
        owner |= {
            account: pod.csm_ids[place] if place >= 0 else UNASSIGNED
            for account, place in zip(pod.account_ids, solution.assignment, strict=True)
        }
    accounts = situation.accounts.with_columns(
        after=pl.col("account_id").replace_strict(owner, default=pl.col("csm_id"), return_dtype=pl.String)
    )
    sides = {side: sums_of(situation, accounts, column) for side, column in (("before", "csm_id"), ("after", "after"))}
    thresholds = situation.thresholds
    rows = []
    for csm in situation.csms.iter_rows(named=True):
        scale = max(csm["fte"], 1)
        limits = {
            "load_ratio": thresholds["target_load_ratio"],
            "account_count": csm["most_account_count"],
            "arr_usd": csm["most_arr_usd"],
            "peak_renewal_share": thresholds["renewal_cap_share"],
            "red_account_count": thresholds["risk_stacking_minimum_count"] * scale,
            "required_touch_count": csm["touch_ceiling_count"],
            "required_hours_per_week": csm["capacity_hours"],
            "onboarding_account_count": rules.values["onboarding_accounts"] * scale,
        }
        row = {
            "csm_id": csm["csm_id"],
            "csm_name": csm["csm_name"],
            "team": csm["team"],
            "motion": csm["motion"],
            "is_pooled": csm["is_pooled"],
            "capacity_hours": csm["capacity_hours"],
        }
        for measure in MEASURES:
            for side, sums in sides.items():
                row[f"{measure}_{side}"] = measured(sums.get(csm["csm_id"]), measure, csm["capacity_hours"])
            row[f"{measure}_limit"] = limits[measure]
        rows.append(row)
    schema = dict.fromkeys(("csm_id", "csm_name", "team", "motion"), pl.String) | {"is_pooled": pl.Boolean}
    schema["capacity_hours"] = pl.Float64
    schema |= {f"{measure}_{side}": pl.Float64 for measure in MEASURES for side in ("before", "after", "limit")}
    return pl.DataFrame(rows, schema=schema, strict=False)


def sums_of(situation: Situation, accounts: pl.DataFrame, owner: str) -> dict[str, dict[str, float]]:
    """{csm_id: sums of what the accounts of an owner column add}."""
    own = accounts.group_by(pl.col(owner).alias("csm_id")).agg(
        pl.len().alias("account_count"),
        pl.col("arr_usd").sum(),
        pl.col("effort_hours").sum(),
        pl.col("is_red").sum().alias("red_account_count"),
        pl.col("required_touch_count").sum(),
        pl.col("required_hours_per_week").sum(),
        pl.col("is_onboarding").sum().alias("onboarding_account_count"),
    )
    peaks = (
        situation.renewals.join(accounts.select("account_id", pl.col(owner).alias("csm_id")), on="account_id")
        .group_by("csm_id", "quarter_start_date")
        .agg(pl.col("renewing_arr_usd").sum())
        .group_by("csm_id")
        .agg(pl.col("renewing_arr_usd").max().alias("peak_arr_usd"))
    )
    joined = own.join(peaks, on="csm_id", how="left")
    return {row["csm_id"]: row for row in joined.iter_rows(named=True)}


def measured(sums: dict[str, float] | None, measure: str, capacity: float) -> float | None:
    """A measure of a book; null where it would divide by zero."""
    if sums is None:
        return None if measure in ("load_ratio", "peak_renewal_share") and capacity <= 0 else 0.0
    if measure == "load_ratio":
        return sums["effort_hours"] / capacity if capacity > 0 else None
    if measure == "peak_renewal_share":
        return (sums["peak_arr_usd"] or 0.0) / sums["arr_usd"] if sums["arr_usd"] else None
    return float(sums[measure])


def moves_of(
    situation: Situation, pods: Sequence[Pod], solutions: Sequence[Solution], books: pl.DataFrame
) -> pl.DataFrame:
    """One row per move in the order to make them: new accounts, at-risk ones, established ones; the heaviest first."""
    book = {row["csm_id"]: row for row in books.iter_rows(named=True)}
    account = {row["account_id"]: row for row in situation.accounts.iter_rows(named=True)}
    names = situation.csm_names
    rows = []
    for pod, solution in zip(pods, solutions, strict=True):
        for place in np.flatnonzero(solution.assignment != pod.owner):
            one = account[pod.account_ids[place]]
            to = pod.csm_ids[solution.assignment[place]] if solution.assignment[place] >= 0 else UNASSIGNED
            # an account of somebody who leaves is owned by nobody in the problem, and still comes from them
            origin = one.get("leaves_csm_id") or one["csm_id"]
            relieved = relieves(book.get(origin))
            cost = float(pod.move_costs[place, solution.assignment[place]]) if solution.assignment[place] >= 0 else 0.0
            rows.append(
                {
                    "move_id": move_id(one["account_id"], origin, to),
                    "account_id": one["account_id"],
                    "account_name": one["account_name"],
                    "from_csm_id": origin,
                    "from_csm_name": names.get(origin, origin),
                    "to_csm_id": to,
                    "to_csm_name": names.get(to, to),
                    "relationship_class": one["relationship_class"],
                    "effort_hours": one["effort_hours"],
                    "arr_usd": one["arr_usd"],
                    "move_cost": cost,
                    "relieves": "; ".join(WORDS[each] for each in relieved) or "makes room",
                    "reason": reason(one, origin, to, relieved, book, names),
                }
            )
    rows.sort(key=lambda row: (CLASSES.index(row["relationship_class"]), -row["effort_hours"], row["account_id"]))
    schema = {
        **dict.fromkeys(("move_id", "account_id", "account_name", "from_csm_id", "from_csm_name"), pl.String),
        **dict.fromkeys(("to_csm_id", "to_csm_name", "relationship_class"), pl.String),
        **dict.fromkeys(("effort_hours", "arr_usd", "move_cost"), pl.Float64),
        **dict.fromkeys(("relieves", "reason"), pl.String),
    }
    return pl.DataFrame(rows, schema=schema).with_row_index("move_number", offset=1)


def move_id(account_id: str, from_csm_id: str, to_csm_id: str) -> str:
    """The same move has the same id in every proposal."""
    return hashlib.sha256("\0".join((account_id, from_csm_id, to_csm_id)).encode()).hexdigest()[:10]


def relieves(book: dict | None) -> list[str]:
    """The limits of a book that are missed before and less so after."""
    if book is None:
        return []
    found = []
    for measure in MEASURES:
        before, after, limit = (book[f"{measure}_{side}"] for side in ("before", "after", "limit"))
        if before is not None and limit is not None and before > limit + EQUAL and (after or 0) < before - EQUAL:
            found.append(measure)
    return found


def written(measure: str, value: float | None) -> str:
    """A measure as people write it."""
    if value is None:
        return "not known"
    if measure in ("load_ratio", "peak_renewal_share"):
        return f"{value:.0%}"
    if measure == "arr_usd":
        return f"${value:,.0f}"
    return f"{value:,.1f}" if measure == "required_hours_per_week" else f"{value:,.0f}"


def reason(one: dict, origin: str, to: str, relieved: list[str], book: dict, names: dict[str, str]) -> str:
    """Why this account, from here to there, in one or two sentences. The system has the problem, never the person."""
    name = one["account_name"] or one["account_id"]
    receiver = names.get(to, to)
    after = written("load_ratio", book[to]["load_ratio_after"]) if to in book else "not known"
    takes = f"{name} takes {one['effort_hours']:.1f} hours a week, and {receiver} is at {after} of capacity with it."
    if one.get("leaves_csm_id"):
        first = f"{names.get(origin, origin)} leaves, and {takes}"
    elif origin == UNASSIGNED:
        first = (
            f"Nobody owns {name}. It takes {one['effort_hours']:.1f} hours a week; {receiver} is at {after} with it."
        )
    elif relieved:
        measure = relieved[0]
        own = book[origin]
        first = (
            f"The book of {names.get(origin, origin)} is above its limit for {WORDS[measure]}"
            f" ({written(measure, own[f'{measure}_before'])} of {written(measure, own[f'{measure}_limit'])}); {takes}"
        )
    else:
        first = f"It makes room for another move; {takes}"
    tie = {
        "new": "The owner has not met them yet.",
        "at_risk_not_engaged": "Nobody has had a real conversation with them for a quarter.",
        "established": "The relationship is established; no cheaper move does the same.",
    }[one["relationship_class"]]
    return f"{first} {tie}" if origin != UNASSIGNED else first


def missed_of(
    situation: Situation, rules: Rules, pods: Sequence[Pod], solutions: Sequence[Solution], books: pl.DataFrame
) -> pl.DataFrame:
    """One row per limit that is still missed, with what keeps it so."""
    place_of = {csm_id: (number, place) for number, pod in enumerate(pods) for place, csm_id in enumerate(pod.csm_ids)}
    rows = []
    for book in books.iter_rows(named=True):
        for measure in MEASURES:
            value, limit = book[f"{measure}_after"], book[f"{measure}_limit"]
            if value is None or limit is None or value <= limit + 1e-6:
                continue
            number, place = place_of.get(book["csm_id"], (None, None))
            missed = (
                pooled(book, measure, value, limit)
                if number is None
                else explained(pods[number], solutions[number], place, book, measure, rules, len(rows))
            )
            rows.append(
                {"csm_id": book["csm_id"], "csm_name": book["csm_name"], "limit": measure, "value": value}
                | {"limit_value": limit}
                | missed
            )
    schema = {
        **dict.fromkeys(("csm_id", "csm_name", "limit"), pl.String),
        **dict.fromkeys(("value", "limit_value"), pl.Float64),
        "tier": pl.String,
        "best_possible_value": pl.Float64,
        "sentence": pl.String,
    }
    return pl.DataFrame(rows, schema=schema)


def pooled(book: dict, measure: str, value: float, limit: float) -> dict:
    """A pooled book stays as it is."""
    told = (
        f"A pooled book stays pooled: {WORDS[measure]} is {written(measure, value)}, above {written(measure, limit)}."
    )
    return {"tier": "one_book", "best_possible_value": value, "sentence": told}


def explained(pod: Pod, solution: Solution, place: int, book: dict, measure: str, rules: Rules, number: int) -> dict:
    """Why a limit is missed: no assignment of the pod keeps it, this book alone cannot, or what keeping it costs."""
    value, limit = book[f"{measure}_after"], book[f"{measure}_limit"]
    whole = of_pod(pod, measure, book)
    said = f"{WORDS[measure]} of {book['csm_name'] or book['csm_id']} is {written(measure, value)}"
    if whole is not None and whole > limit + EQUAL:
        told = (
            f"{said}: over all books of {pod.name} it comes to {written(measure, whole)} each, above"
            f" {written(measure, limit)}, however accounts are shared out."
        )
        return {"tier": "arithmetic", "best_possible_value": whole, "sentence": told}
    alone = of_one(pod, measure, place, book)
    if alone > limit + EQUAL:
        told = (
            f"{said}: accounts that are locked or that nobody else can take keep it at {written(measure, alone)} at"
            f" best, above {written(measure, limit)}."
        )
        return {"tier": "one_book", "best_possible_value": alone, "sentence": told}
    return {
        "tier": "price",
        "best_possible_value": alone,
        "sentence": f"{said}: {price(pod, solution, place, measure, rules, number)}",
    }


def of_pod(pod: Pod, measure: str, book: dict) -> float | None:
    """The measure if the pod's accounts were shared out evenly by limit; null where there is none to share."""
    total = pod.parts.sum(axis=0)
    if measure == "peak_renewal_share":
        arr = total[PARTS.index("arr_usd")]
        return float(total[len(PARTS) :].max() / arr) if arr > 0 and len(total) > len(PARTS) else None
    limits = [limit for limit in pod.limits if limit.name == measure]
    if not limits or not np.isfinite(limits[0].right).all() or limits[0].right.sum() <= 0:
        return None
    share = float(total @ limits[0].weights) / float(limits[0].right.sum())
    return share * book[f"{measure}_limit"]


def of_one(pod: Pod, measure: str, place: int, book: dict) -> float:
    """The least that this book could come to with the accounts that it cannot give away."""
    receivers = np.isfinite(pod.move_costs)
    stays = (pod.owner == place) & (~pod.is_movable | (receivers.sum(axis=1) <= 1))
    held = pod.parts[stays].sum(axis=0)
    arr = held[PARTS.index("arr_usd")]
    if measure == "peak_renewal_share":
        if arr <= 0 or len(held) == len(PARTS):
            return 0.0
        # accounts that renew in other quarters, or not at all, would make the share smaller
        share = float(held[len(PARTS) :].max() / arr)
        peak = len(PARTS) + int(np.argmax(held[len(PARTS) :]))
        others = pod.is_movable & (pod.parts[:, peak] <= 0)
        room = float(pod.parts[others, PARTS.index("arr_usd")].sum())
        return min(share, float(held[peak]) / (arr + room))
    if measure == "load_ratio":
        return float(held[0] / book["capacity_hours"]) if book["capacity_hours"] > 0 else float(held[0] > 0) * np.inf
    return float(held[PARTS.index(measure)])


def price(pod: Pod, solution: Solution, place: int, measure: str, rules: Rules, number: int) -> str:
    """What it would cost to keep this limit."""
    if number >= MOST_PRICED or len(pod.account_ids) * len(pod.csm_ids) > rules.values["most_columns"]:
        return "it could be kept, and costs more than it is worth by the rules."
    dear = [
        replace(limit, price=limit.price * HARD, right=only(limit, place)) if limit.name == measure else None
        for limit in pod.limits
    ]
    strict = replace(pod, limits=[*pod.limits, *(limit for limit in dear if limit is not None)])
    kept = solve(strict, rules.values["most_columns"], nodes=FEW_NODES)
    more = moved_count(pod, kept.assignment) - moved_count(pod, solution.assignment)
    cost = pod.cost(kept.assignment) - solution.cost
    said = f"{more:+d} moves" if more else "as many moves"
    return f"it could be kept with {said}, and costs {cost:,.0f} more by the rules."


def only(limit: Limit, place: int) -> np.ndarray:
    """The right side of a limit for one CSM; the others have none."""
    right = np.full(len(limit.right), np.inf)
    right[place] = limit.right[place]
    return right
