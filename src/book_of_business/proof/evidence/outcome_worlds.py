"""Worlds for the outcomes: what each account and its book were under before each outcome, as the marts have it.

The frames have the columns that `outcome_models.exposures` reads from the marts, made from the simulator's state, with
the true load beside that of the reference weights. 60 CSMs, 2,000 accounts and 104 weeks take about two seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from book_of_business.proof.evidence.worlds import Ids, PlantedSettings, day_of, sums
from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.days import NEVER
from book_of_business.simulate.run import Simulation
from book_of_business.simulate.settings import DEFAULT_AS_OF
from book_of_business.simulate.touchpoints import IS_COUNTED, Touches
from book_of_business.simulate.worlds import WORLDS, World

LAG = 13
WARM_UP = 13
RED_HEALTH_SCORE = 50
# Everything but the effects of load: deteriorations and their confounding stay, so that this null is a hard one.
UNAFFECTED = replace(WORLDS["standard"], churn_load_effect=0.0, detection_load_effect=0.0, attention_load_effect=0.0)


@dataclass
class History:
    """A stepped world: arrays of account x week, and of CSM x week (`*_load`, `counted`)."""

    run: Simulation
    csm: np.ndarray
    own_hours: np.ndarray
    own_true_hours: np.ndarray
    stage: np.ndarray
    is_red: np.ndarray
    is_unseen: np.ndarray
    touches: np.ndarray
    reference_load: np.ndarray
    true_load: np.ndarray
    counted: np.ndarray
    features: dict[str, np.ndarray]

    @property
    def weeks(self) -> int:
        return self.run.settings.weeks


def step_world(seed: int, world: World, csms: int = 60, accounts: int = 2000, weeks: int = 104) -> History:
    """Step a world without story and time entries, and keep its states."""
    planted = replace(world, has_time_entries=False)
    settings = PlantedSettings(
        accounts=accounts, csms=csms, weeks=weeks, seed=seed, as_of=DEFAULT_AS_OF, has_story=False, planted=planted
    )
    run = Simulation(settings, is_lean=True)
    shape, size = (settings.accounts, weeks), (run.team.count, weeks)
    history = History(
        run, np.full(shape, -1, dtype=np.int32), *np.zeros((2, *shape)), np.full(shape, -1, dtype=np.int8),
        *np.zeros((2, *shape), dtype=bool), np.zeros(shape), *np.zeros((3, *size)),
        {name: np.zeros(shape, dtype=np.float32) for name in FEATURES},
    )  # fmt: skip
    noise = np.random.default_rng([seed, 7])
    for week in range(weeks):
        touches, _, _ = run.step(week)
        keep_week(history, week, touches, noise)
    return history


FEATURES = ("health", "usage", "sentiment", "scored", "tickets_hot", "silent", "arr", "active", "delayed")


def keep_week(history: History, week: int, touches: Touches, noise: np.random.Generator) -> None:
    """Write the state of one week into the history."""
    run = history.run
    book, episodes = run.book, run.episodes
    active = book.active_on(run.settings.monday(week) + 6) & (book.stage >= 0)
    history.csm[:, week] = np.where(active, book.csm, -1)
    history.own_hours[:, week] = run.load.reference_hours
    history.own_true_hours[:, week] = run.load.true_hours
    history.stage[:, week] = np.where(active, book.stage, -1)
    history.is_red[:, week] = active & (book.health < RED_HEALTH_SCORE)
    history.is_unseen[:, week] = active & episodes.in_trouble & (episodes.detected >= NEVER)
    history.touches[:, week] = sums(np.where(touches.is_meaningful, touches.account, -1), book.count)
    history.reference_load[:, week], history.true_load[:, week] = run.load.reference_load, run.load.true_load
    done = (touches.status == words.COMPLETED) & IS_COUNTED[touches.kind]
    history.counted[:, week] = sums(np.where(done, touches.csm, -1), run.team.count)
    heard = np.where((touches.sentiment > -1000) & (touches.status == words.COMPLETED), touches.account, -1)
    seen = history.features
    seen["active"][:, week] = active
    seen["health"][:, week] = np.clip(book.health + 1.5 * noise.standard_normal(book.count), 0, 100)
    seen["usage"][:, week] = noise.poisson(np.round(book.users * book.usage_level, 4)) / book.users
    seen["sentiment"][:, week] = sums(heard, book.count, touches.sentiment / 100.0)
    seen["scored"][:, week] = sums(heard, book.count)
    hot = episodes.has(words.TICKET_ESCALATION)
    seen["tickets_hot"][:, week] = noise.random(book.count) < np.where(hot, 0.3, 0.02)
    seen["silent"][:, week] = active & (book.champion_silent_from <= run.settings.monday(week))
    seen["delayed"][:, week] = active & episodes.has(words.DELAYED_RENEWAL)
    seen["arr"][:, week] = run.contracts.arr(np.arange(book.count))


def renewal_exposures(history: History, is_true_load: bool = True) -> pl.DataFrame:
    """One row per renewal a lag after the warm-up: the columns of `outcome_models.exposures`, with loads by the true
    weights or by those of the reference.
    """
    run, ids = history.run, Ids(history.run.settings.csms, history.run.settings.accounts)
    found = run.contracts.renewals
    account = found["account"].astype(np.int64)
    week = (found["renewed_on"].astype(np.int64) - run.settings.start_day) // 7
    cut = np.zeros(run.book.count, dtype=bool)
    cut[run.contracts.ledger["account"][run.contracts.ledger["cancelled_on"] < NEVER]] = True
    kept = (week >= WARM_UP + LAG) & (week < history.weeks)
    kept &= history.csm[account, np.maximum(week - LAG, 0)] >= 0
    account, week = account[kept], week[kept]
    lag, is_churned = week - LAG, found["outcome"][kept] == words.RENEWAL_OUTCOMES.index("churned")
    csm = history.csm[account, lag]
    loads = history.true_load if is_true_load else history.reference_load
    hours = history.own_true_hours if is_true_load else history.own_hours

    def rest(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Load of the rest of the book, and of the account itself; nan where not known."""
        inside, place = (at >= 0) & (at < history.weeks), np.clip(at, 0, history.weeks - 1)
        capacity = run.team.capacity[csm, place]
        known = inside & (capacity > 0)
        own = np.where(history.csm[account, place] == csm, hours[account, place], 0.0)
        own = own / np.where(capacity > 0, capacity, 1.0)
        return np.where(known, loads[csm, place] - own, np.nan), np.where(known, own, np.nan)

    load, own_load = rest(lag)
    steps = [history.touches[account, np.minimum(lag + ahead, history.weeks - 1)] for ahead in range(1, LAG)]
    return pl.DataFrame({
        "outcome_type": pl.Series(["renewal"]).new_from_index(0, len(account)),
        "account_id": ids.account.gather(account), "csm_id": ids.csm.gather(csm),
        "outcome_on": day_of(found["renewed_on"][kept]),
        "segment": ids.segment.gather(run.book.segment[account]),
        "outcome": pl.Series(words.RENEWAL_OUTCOMES).gather(found["outcome"][kept].astype(np.int64)),
        "outcome_score": found["arr_after"][kept] / np.maximum(found["arr_before"][kept], 1.0),
        "is_mid_term": is_churned & cut[account],
        "load": load, "own_load": own_load,
        "later_load": rest(week + LAG)[0], "earlier_load": rest(lag - LAG)[0], "earliest_load": rest(lag - 2 * LAG)[0],
        "is_at_risk": history.stage[account, lag] == words.AT_RISK, "is_red": history.is_red[account, lag],
        "has_open_risk": history.is_unseen[account, lag],
        "touch_count": np.sum(steps, axis=0),
    }).with_columns(pl.col(pl.Float64).fill_nan(None))  # fmt: skip


def episode_waits(history: History) -> pl.DataFrame:
    """One row per deterioration since the warm-up, with the columns of `outcome_models.detection_sizes.read_waits`."""
    run, ids = history.run, Ids(history.run.settings.csms, history.run.settings.accounts)
    found = run.episodes.ledger
    start, end = run.settings.start_day, run.settings.end_day
    week = (found["onset_on"].astype(np.int64) - start) // 7
    kept = (week >= WARM_UP) & (found["csm"] >= 0)
    onset, week, csm = found["onset_on"][kept].astype(np.int64), week[kept], found["csm"][kept].astype(np.int64)
    detected, ended = (found[name][kept].astype(np.int64) for name in ("detected_on", "ended_on"))
    sizes = np.stack([sums(history.csm[:, at], run.team.count) for at in range(history.weeks)], axis=1)
    seen = detected < NEVER
    return pl.DataFrame({
        "csm_id": ids.csm.gather(csm),
        "segment": ids.segment.gather(run.book.segment[found["account"][kept].astype(np.int64)]),
        "book_account_count": np.maximum(sizes[csm, week], 1).astype(float),
        "load_ratio": np.where(run.team.capacity[csm, week] > 0, history.true_load[csm, week], np.nan),
        "is_detected": seen, "is_gone": ~seen & (ended < NEVER),
        "wait_days": np.where(seen, detected, np.minimum(ended, end)) - onset + 0.5,
    }).with_columns(pl.col("load_ratio").fill_nan(None))  # fmt: skip


def account_quarters(history: History) -> pl.DataFrame:
    """Rows of `outcome_models.ablation`: each account and quarter, what was seen before it, and whether it churned."""
    run, ids, seen = history.run, Ids(history.run.settings.csms, history.run.settings.accounts), history.features
    frames = []
    for at in range(WARM_UP + LAG, history.weeks - LAG, LAG):
        here = np.flatnonzero((seen["active"][:, at] > 0) & (history.csm[:, at] >= 0))
        past = {name: values[here, at - LAG + 1 : at + 1] for name, values in seen.items()}
        heard, stage = past["scored"].sum(axis=1), history.stage[here, at]
        recent, earlier = past["usage"][:, -4:].mean(axis=1), past["usage"][:, :-4].mean(axis=1)
        frames.append(pl.DataFrame({
            "csm_id": ids.csm.gather(history.csm[here, at]), "period": np.full(len(here), at),
            "target": (seen["active"][here, at + LAG] == 0).astype(float),
            "crm_mid": run.book.segment[here] == 1, "crm_small": run.book.segment[here] == 2,
            "crm_arr": np.log1p(past["arr"][:, -1]),
            "crm_renewal": stage == words.RENEWAL, "crm_risk": stage == words.AT_RISK,
            "crm_onboarding": stage == words.ONBOARDING, "crm_health": past["health"][:, -4:].mean(axis=1),
            "crm_trend": past["health"][:, -4:].mean(axis=1) - past["health"][:, :4].mean(axis=1),
            "crm_delayed": past["delayed"][:, -1], "crm_tickets": past["tickets_hot"].sum(axis=1),
            "usage_change": recent / np.maximum(earlier, 0.05) - 1,
            "conversation_sentiment": past["sentiment"].sum(axis=1) / np.maximum(heard, 1),
            "conversation_heard": heard > 0, "conversation_silent": past["silent"][:, -1],
            "conversation_touches": np.log1p(history.touches[here, at - LAG + 1 : at + 1].sum(axis=1)),
        }))  # fmt: skip
    return pl.concat(frames)


def throughput_panel(history: History) -> pl.DataFrame:
    """Book-weeks of `outcome_models.rebalance`: counted interactions, and how many weeks in a row they were above what
    one week in five of the tier exceeds.
    """
    team, ids = history.run.team, Ids(history.run.settings.csms, history.run.settings.accounts)
    counted, runs = history.counted, np.zeros(history.counted.shape, dtype=np.int64)
    ceiling = np.array([np.quantile(counted[team.tier == tier, WARM_UP:], 0.8) for tier in team.tier])
    for week in range(1, history.weeks):
        runs[:, week] = np.where(counted[:, week] > ceiling, runs[:, week - 1] + 1, 0)
    csm, week = np.indices(counted.shape)
    return pl.DataFrame({
        "csm_id": ids.csm.gather(csm.ravel()), "week": week.ravel(), "value": counted.ravel(),
        "state": np.minimum(runs, 3).ravel(),
    })  # fmt: skip


def draw_moves(panel: pl.DataFrame, seed: int, count: int, weeks: int) -> pl.DataFrame:
    """Books that are called rebalanced after three weeks above the ceiling, at most one move each, and for each of them
    another that receives what it gives: csm_id, week, is_moved.

    The receiver is of those in the highest state, which would else be matched with moved books: the hardest case.
    """
    rng = np.random.default_rng([seed, 11])
    due = panel.filter((pl.col("state") == 3) & pl.col("week").is_between(2 * WARM_UP, weeks - LAG - 2)).with_columns(
        week=pl.col("week") + 1
    )
    drawn = due.with_columns(draw=pl.Series(rng.random(due.height))).sort("draw")
    moved = drawn.unique("csm_id", keep="first", maintain_order=True).head(count).select("csm_id", "week")
    others = panel.filter(~pl.col("csm_id").is_in(moved["csm_id"].implode())).with_columns(week=pl.col("week") + 1)
    others = others.with_columns(draw=pl.Series(rng.random(others.height))).sort("state", "draw", descending=True)
    found = moved.join(others, on="week", how="inner", maintain_order="left_right")
    taken: dict[str, tuple[str, int]] = {}
    for giver, week, receiver in found.select("csm_id", "week", "csm_id_right").iter_rows():
        if giver not in taken and receiver not in {name for name, _ in taken.values()}:
            taken[giver] = (receiver, week)
    received = pl.DataFrame(list(taken.values()), schema=moved.schema, orient="row")
    return pl.concat([moved.with_columns(is_moved=pl.lit(value=True)),
                      received.with_columns(is_moved=pl.lit(value=False))])  # fmt: skip
