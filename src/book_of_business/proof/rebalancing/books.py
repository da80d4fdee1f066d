"""Random books: accounts and CSMs in pods, some overloaded, renewals in clusters, few new relationships."""

from __future__ import annotations

import numpy as np

from book_of_business.rebalancing.problem import PARTS, Limit, Pod
from book_of_business.rebalancing.rules import Rules

POD_CSMS = 20
QUARTERS = 4


def random_pods(account_count: int, csm_count: int, seed: int, rules: Rules) -> list[Pod]:
    """Pods of at most 20 CSMs.

    Effort is lognormal (mean 0.8 of what fits), a fifth of the books got accounts of a colleague on top; a fifth of
    the relationships is new, a tenth at risk and not engaged, a tenth locked; one book in four renews mostly at once.
    """
    rng = np.random.default_rng(seed)
    pods = []
    left_accounts, left_csms = account_count, csm_count
    while left_csms:
        csms = min(POD_CSMS, left_csms)
        accounts = left_accounts if left_csms == csms else round(account_count * csms / csm_count)
        pods.append(random_pod(f"pod {len(pods)}", accounts, csms, rng, rules))
        left_csms, left_accounts = left_csms - csms, left_accounts - accounts
    return pods


def random_pod(name: str, account_count: int, csm_count: int, rng: np.random.Generator, rules: Rules) -> Pod:
    """One pod."""
    heavy = rng.random(csm_count) < 0.2
    odds = np.where(heavy, 1.6, 1.0)
    owner = rng.choice(csm_count, account_count, p=odds / odds.sum())
    effort = rng.lognormal(0, 0.6, account_count)
    effort *= 0.8 * 23 * csm_count / effort.sum()
    arr = rng.lognormal(11, 0.8, account_count)
    piled = rng.random(csm_count) < 0.25
    quarter = np.where(
        piled[owner] & (rng.random(account_count) < 0.6), owner % QUARTERS, rng.integers(0, QUARTERS, account_count)
    )
    renewing = np.zeros((account_count, QUARTERS))
    renewing[np.arange(account_count), quarter] = arr
    red = rng.random(account_count) < 0.08
    onboarding = rng.random(account_count) < 0.06
    parts = np.column_stack(
        [
            effort,
            arr,
            np.ones(account_count),
            red,
            np.full(account_count, 4.0),
            np.full(account_count, 0.2),
            onboarding,
            renewing,
        ]
    ).astype(float)
    classes = rng.choice(["new", "at_risk_not_engaged", "established"], account_count, p=[0.2, 0.1, 0.7])
    costs = np.repeat([[rules.prices[f"move_{each}"]] for each in classes], csm_count, axis=1).reshape(-1, csm_count)
    costs = costs + rules.prices["fit_skill"] * (rng.random(costs.shape) < 0.3)
    costs[np.arange(account_count), owner] = 0.0
    return Pod(
        name,
        [f"a{n}" for n in range(account_count)],
        [f"c{n}" for n in range(csm_count)],
        parts,
        owner,
        rng.random(account_count) >= 0.1,
        costs,
        limits(csm_count, float(arr.sum()) / csm_count, rules),
        list(classes),
        rules.prices["unassigned"],
    )


def limits(csm_count: int, typical_arr: float, rules: Rules) -> list[Limit]:
    """Load, red accounts, onboardings and renewals, as the rules price them."""
    width = len(PARTS) + QUARTERS
    unit = {name: np.eye(width)[place] for place, name in enumerate(PARTS)}
    made = [
        Limit("load_ratio", "load", unit["effort_hours"], np.full(csm_count, 23.0), rules.prices["load"]),
        Limit(
            "red_account_count", "red_accounts", unit["red_account_count"], np.full(csm_count, 5.0),
            rules.prices["red_accounts"],
        ),
        Limit(
            "onboarding_account_count", "onboarding_accounts", unit["onboarding_account_count"],
            np.full(csm_count, 4.0), rules.prices["onboarding_accounts"],
        ),
    ]  # fmt: skip
    for place in range(QUARTERS):
        for rule, share in (("renewal_cap", 0.40), ("renewal_warn", 0.35)):
            weights = np.eye(width)[len(PARTS) + place] - share * unit["arr_usd"]
            price = rules.prices[rule] / (0.01 * typical_arr)
            made.append(Limit("peak_renewal_share", rule, weights, np.zeros(csm_count), price))
    return made
