"""The problem in numbers: what each account adds to a book, where a book's limits are, and what both cost.

An account can move within its pod: the CSMs of one team and motion. Pooled books stay as they are. Every limit can be
broken at a price, so there is always an answer. The cost of an assignment is the sum of the prices of what is above the
limits and of the moves; `Pod.cost` computes it from scratch, whoever found the assignment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from book_of_business.rebalancing.reading import UNASSIGNED, Situation
from book_of_business.rebalancing.rules import Rules

# What a book is made of: one column of `Pod.parts` each, then one per quarter of the horizon.
PARTS = (
    *("effort_hours", "arr_usd", "account_count", "red_account_count", "required_touch_count"),
    *("required_hours_per_week", "onboarding_account_count"),
)
DOLLARS = 100_000.0


@dataclass(frozen=True)
class Limit:
    """A limit of all books of a pod: `weights @ parts <= right` or its excess costs `price` each.

    name: the measure of `books` that it limits; rule: of the rules.
    """

    name: str
    rule: str
    weights: np.ndarray
    right: np.ndarray
    price: float


@dataclass(frozen=True)
class Pod:
    """Accounts and CSMs among which accounts can move.

    Attributes:
        name: team and motion.
        account_ids, csm_ids: in their order.
        parts: what an account adds, accounts x parts.
        owner: place of the owner of each account in csm_ids; -1: nobody.
        is_movable: accounts that may move.
        move_costs: accounts x CSMs; zero for the owner, infinite where an account may not go.
        limits: what books should not exceed.
        classes: relationship class of each account.
        unassigned_price: of an account that nobody gets.
    """

    name: str
    account_ids: Sequence[str]
    csm_ids: Sequence[str]
    parts: np.ndarray
    owner: np.ndarray
    is_movable: np.ndarray
    move_costs: np.ndarray
    limits: Sequence[Limit]
    classes: Sequence[str]
    unassigned_price: float

    def books(self, assignment: np.ndarray) -> np.ndarray:
        """Sums of the parts by CSM, CSMs x parts, of an assignment (places in csm_ids; -1: nobody)."""
        sums = np.zeros((len(self.csm_ids), self.parts.shape[1]))
        held = assignment >= 0
        np.add.at(sums, assignment[held], self.parts[held])
        return sums

    def excess_cost(self, books: np.ndarray, places: np.ndarray | None = None) -> np.ndarray:
        """What is above the limits, priced, by book. `places` are the CSMs of the rows; null: all."""
        total = np.zeros(books.shape[:-1])
        for limit in self.limits:
            right = limit.right if places is None else limit.right[places]
            total += limit.price * np.maximum(0.0, books @ limit.weights - right)
        return total

    def cost(self, assignment: np.ndarray) -> float:
        """The cost of an assignment: what is above limits, moves, and accounts without an owner."""
        held = assignment >= 0
        moves = self.move_costs[np.flatnonzero(held), assignment[held]].sum()
        return float(self.excess_cost(self.books(assignment)).sum() + moves + (~held).sum() * self.unassigned_price)


def pods_of(situation: Situation, rules: Rules) -> list[Pod]:
    """A pod per team and motion; accounts that nobody owns go to the pod with most room that serves their segment."""
    csms = situation.csms.filter(~pl.col("is_pooled")).with_columns(
        pod=pl.concat_str(pl.col("team").fill_null("no team"), pl.col("motion").fill_null("no motion"), separator=" / ")
    )
    if csms.is_empty():
        return []
    accounts = situation.accounts.join(csms.select("csm_id", "pod"), on="csm_id", how="left")
    accounts = accounts.with_columns(pod=with_homeless(accounts, csms))
    quarters = sorted(situation.renewals["quarter_start_date"].unique())
    renewing = {
        (account, quarter): amount
        for account, quarter, amount in situation.renewals.select(
            "account_id", "quarter_start_date", "renewing_arr_usd"
        ).iter_rows()
    }
    return [
        pod_of(name, members, accounts.filter(pl.col("pod") == name), quarters, renewing, situation, rules)
        for (name,), members in csms.group_by("pod", maintain_order=True)
    ]


def with_homeless(accounts: pl.DataFrame, csms: pl.DataFrame) -> pl.Series:
    """The pod of each account; for those that nobody owns, the one with most room whose motion has their segment."""
    pods = accounts["pod"].to_list()
    room = dict(csms.group_by("pod").agg(pl.col("capacity_hours").sum()).iter_rows())
    serves: dict[str, set[str]] = {}
    for pod, segment, hours in accounts.select("pod", "segment", "effort_hours").iter_rows():
        if pod is not None:
            room[pod] -= hours
            serves.setdefault(segment, set()).add(pod)
    for place, (owner, segment, hours) in enumerate(accounts.select("csm_id", "segment", "effort_hours").iter_rows()):
        if owner != UNASSIGNED:
            continue
        fitting = sorted(serves.get(segment, ()) or room, key=lambda pod: (-room[pod], pod))
        if fitting:
            pods[place] = fitting[0]
            room[fitting[0]] -= hours
    return pl.Series("pod", pods, pl.String)


def pod_of(
    name: str,
    csms: pl.DataFrame,
    accounts: pl.DataFrame,
    quarters: list,
    renewing: dict,
    situation: Situation,
    rules: Rules,
) -> Pod:
    """One pod in numbers."""
    csm_ids = csms["csm_id"].to_list()
    account_ids = accounts["account_id"].to_list()
    place_of = {csm_id: place for place, csm_id in enumerate(csm_ids)}
    owner = np.array([place_of.get(csm_id, -1) for csm_id in accounts["csm_id"]], dtype=int)
    by_quarter = np.array(
        [[renewing.get((account_id, quarter), 0.0) for quarter in quarters] for account_id in account_ids]
    ).reshape(len(account_ids), len(quarters))
    own = accounts.select(
        "effort_hours",
        "arr_usd",
        pl.lit(1.0).alias("account_count"),
        pl.col("is_red").cast(pl.Float64),
        "required_touch_count",
        "required_hours_per_week",
        pl.col("is_onboarding").cast(pl.Float64),
    ).to_numpy()
    parts = np.hstack([own.astype(float).reshape(len(account_ids), len(PARTS)), by_quarter])
    return Pod(
        name,
        account_ids,
        csm_ids,
        parts,
        owner,
        accounts["lock_reason"].is_null().to_numpy(),
        move_costs(accounts, csms, owner, situation, rules),
        limits_of(csms, accounts, len(quarters), situation, rules),
        accounts["relationship_class"].to_list(),
        rules.prices["unassigned"],
    )


def move_costs(
    accounts: pl.DataFrame, csms: pl.DataFrame, owner: np.ndarray, situation: Situation, rules: Rules
) -> np.ndarray:
    """What it costs to give each account to each CSM: the class of the relationship, and what does not fit."""
    prices = rules.prices
    costs = np.array([[prices[f"move_{each}"]] for each in accounts["relationship_class"]]).reshape(-1, 1)
    costs = np.repeat(costs, csms.height, axis=1).astype(float)
    spoken = [codes(each) for each in csms["languages"]]
    known = [codes(each) for each in csms["skills"]]
    regions = csms["region"].to_list()
    for row, (language, region, industry) in enumerate(accounts.select("language", "region", "industry").iter_rows()):
        for column in range(csms.height):
            # what nobody has written down is not held against anybody
            if language and spoken[column] and language.lower() not in spoken[column]:
                costs[row, column] += prices["fit_language"]
            if region and regions[column] and region != regions[column]:
                costs[row, column] += prices["fit_region"]
            if industry and known[column] and industry.lower() not in known[column]:
                costs[row, column] += prices["fit_skill"]
    # whoever left or is away all quarter receives nothing
    costs[:, (csms["capacity_hours"] <= 0).to_numpy()] = np.inf
    place_of = {csm_id: place for place, csm_id in enumerate(csms["csm_id"])}
    row_of = {account_id: place for place, account_id in enumerate(accounts["account_id"])}
    for account_id, csm_id in situation.forbidden:
        if account_id in row_of and csm_id in place_of:
            costs[row_of[account_id], place_of[csm_id]] = np.inf
    held = owner >= 0
    costs[np.flatnonzero(held), owner[held]] = 0.0
    return costs


def codes(text: str | None) -> set[str]:
    """`en;fr` as {en, fr}."""
    return {part.strip().lower() for part in (text or "").split(";") if part.strip()}


def limits_of(
    csms: pl.DataFrame, accounts: pl.DataFrame, quarter_count: int, situation: Situation, rules: Rules
) -> list[Limit]:
    """The limits of the books of a pod, in the order of the rules."""
    width = len(PARTS) + quarter_count
    unit = {name: np.eye(width)[place] for place, name in enumerate(PARTS)}
    thresholds, prices = situation.thresholds, rules.prices
    fte = csms["fte"].to_numpy()
    capacity = csms["capacity_hours"].to_numpy()
    infinite = np.full(csms.height, np.inf)

    def band(column: str) -> np.ndarray:
        return csms[column].cast(pl.Float64).fill_null(float("inf")).to_numpy() if column in csms.columns else infinite

    made = [
        Limit("load_ratio", "load", unit["effort_hours"], thresholds["target_load_ratio"] * capacity, prices["load"]),
        Limit(
            "red_account_count",
            "red_accounts",
            unit["red_account_count"],
            thresholds["risk_stacking_minimum_count"] * np.maximum(fte, 1),
            prices["red_accounts"],
        ),
        Limit(
            "account_count", "account_count", unit["account_count"], band("most_account_count"), prices["account_count"]
        ),
        Limit("arr_usd", "arr_usd", unit["arr_usd"], band("most_arr_usd"), prices["arr_usd"] / DOLLARS),
        Limit(
            "required_touch_count",
            "touch_count",
            unit["required_touch_count"],
            band("touch_ceiling_count"),
            prices["touch_count"],
        ),
        Limit(
            "required_hours_per_week",
            "touch_hours",
            unit["required_hours_per_week"],
            capacity,
            prices["touch_hours"],
        ),
        Limit(
            "onboarding_account_count",
            "onboarding_accounts",
            unit["onboarding_account_count"],
            rules.values["onboarding_accounts"] * np.maximum(fte, 1),
            prices["onboarding_accounts"],
        ),
    ]
    # what renews in a quarter above the cap's share of the book, in dollars, priced by points of a book of the mean ARR
    typical = max(float(accounts["arr_usd"].sum()) / max(csms.height, 1), 1.0)
    for place in range(quarter_count):
        quarter = np.eye(width)[len(PARTS) + place]
        for rule, threshold in (("renewal_cap", "renewal_cap_share"), ("renewal_warn", "renewal_warn_share")):
            weights = quarter - thresholds[threshold] * unit["arr_usd"]
            price = prices[rule] / (0.01 * typical)
            made.append(Limit("peak_renewal_share", rule, weights, np.zeros(csms.height), price))
    return [limit for limit in made if limit.price > 0]
