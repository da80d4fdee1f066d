"""Effort: factor levels of a Sunday as `metrics.md` measures them, and the minutes they cause."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.book import Book
from book_of_business.simulate.contacts import Contacts
from book_of_business.simulate.contracts import PRODUCT_COUNT, Contracts
from book_of_business.simulate.conversations import is_scored
from book_of_business.simulate.lifecycle import Health
from book_of_business.simulate.pipeline import Pipeline
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.team import Team
from book_of_business.simulate.touchpoints import Touches, pick_days
from book_of_business.simulate.windows import Window

CONVERSATION_MINIMUM_COUNT = 3
BLOCK_MINUTES = np.array([50.0, 42.0, 30.0])  # mean length of a block of work, by segment
BLOCK_SHAPE = 2.0
ROUND_TO_MINUTES = 5
INTERNAL_MINUTES = (60, 45, 30)
_ONES = np.array([bin(mask).count("1") for mask in range(2**PRODUCT_COUNT)])


class Conversations:
    """The 90-day sums behind the sentiment and follow_up levels."""

    def __init__(self, count: int) -> None:
        self.scores = Window(count, ("score", "scored"))
        self.follow_up = Window(count, ("meaningful", "items"))

    def step(self, touches: Touches, items: pl.DataFrame) -> None:
        """Take in a week's interactions and action items."""
        is_monday = (touches.day + 3) % 7 == 0
        scored = is_scored(touches) & (touches.account >= 0)
        self.scores.step(touches.account[scored], is_monday[scored], {
            "score": touches.sentiment[scored], "scored": np.ones(scored.sum(), dtype=np.int64),
        })  # fmt: skip
        number = np.bincount(items["interaction"].to_numpy(), minlength=touches.count)
        real = touches.is_meaningful
        self.follow_up.step(touches.account[real], is_monday[real], {
            "meaningful": np.ones(real.sum(), dtype=np.int64), "items": number[real].astype(np.int64),
        })  # fmt: skip


def measure_levels(book: Book, contacts: Contacts, contracts: Contracts, pipeline: Pipeline, health: Health,
                   talks: Conversations, week: int, sunday: int) -> dict[str, npt.NDArray[np.int8]]:  # fmt: skip
    """Level of each factor per account on the Sunday, as codes into FACTOR_LEVELS.

    The code after the last level is `unknown` (too few scores or conversations, weight 1).
    """
    products = _ONES[book.products]
    scored, total = talks.scores.sums["scored"], talks.scores.sums["score"]
    enough = scored >= CONVERSATION_MINIMUM_COUNT
    mean = np.round(total / (100.0 * np.maximum(scored, 1)), 9)
    meaningful, items = talks.follow_up.sums["meaningful"], talks.follow_up.sums["items"]
    often = meaningful >= CONVERSATION_MINIMUM_COUNT
    density = np.round(items / np.maximum(meaningful, 1), 9)
    levels = {
        "lifecycle": np.maximum(book.stage, 0),
        "stakeholders": contacts.stakeholders(sunday),
        "footprint": np.where(products >= 4, 2, np.where(products >= 2, 1, 0)),
        "custom_configuration": contracts.custom_in_force(),
        "health_trajectory": health.trajectory(week),
        "expansion": np.where(pipeline.expansion < 0, 0, np.where(pipeline.stage >= words.FIRST_ACTIVE_STAGE, 2, 1)),
        "sentiment": np.where(~enough, 3, np.where(mean < -0.2, 0, np.where(mean > 0.2, 2, 1))),
        "follow_up": np.where(~often, 3, np.where(density < 1, 0, np.where(density > 3, 2, 1))),
    }
    return {factor: level.astype(np.int8) for factor, level in levels.items()}


def weigh(
    levels: dict[str, npt.NDArray[np.int8]], weights: dict[str, tuple[float, ...]], count: int
) -> npt.NDArray[np.float64]:
    """Product of the factors' weights per account (without base hours)."""
    result = np.ones(count)
    for factor in words.FACTORS:
        result *= np.asarray(weights[factor] + (1.0,))[levels[factor]]  # unknown weighs 1
    return result


@dataclass
class Load:
    """Hours and load ratios of one week. `*_hours` per account, `*_load` per CSM (0 at no capacity)."""

    reference_hours: npt.NDArray[np.float64]
    true_hours: npt.NDArray[np.float64]
    reference_load: npt.NDArray[np.float64]
    true_load: npt.NDArray[np.float64]


def measure_load(settings: Settings, team: Team, book: Book, week: int) -> Load:
    """Effort and load on the Sunday, by the reference weights and by the true ones."""
    world, sunday = settings.world, settings.monday(week) + 6
    active = book.active_on(sunday) & (book.stage >= 0)
    reference = np.asarray(words.REFERENCE_WEIGHTS["base"])[book.segment] * active
    reference = reference * weigh(book.levels, words.REFERENCE_WEIGHTS, book.count)
    true = np.asarray(world.multipliers["base"])[book.segment] * active * book.true_factor * world.demand
    owned = book.csm >= 0
    capacity = team.capacity[:, week]
    ratios = []
    for hours in (reference, true):
        total = np.bincount(book.csm[owned], hours[owned], minlength=team.count)
        ratios.append(np.where(capacity > 0, total / np.where(capacity > 0, capacity, 1), 0.0))
    return Load(reference, true, ratios[0], ratios[1])


def expected_minutes(settings: Settings, team: Team, book: Book, load: Load, week: int) -> npt.NDArray[np.float64]:
    """Mean worked minutes per account in the week: base x true multipliers x the CSM's and the account's
    own pace x the share of the week that the CSM is there; less for steady accounts where they are squeezed.
    """
    owned = book.csm >= 0
    csm = np.maximum(book.csm, 0)
    minutes = 60.0 * load.true_hours * team.effort_effect[csm] * book.account_effect
    minutes *= np.where(owned, team.availability[csm, week], 0.0)
    if settings.world.squeeze_effect:
        excess = np.clip(settings.world.squeeze_effect * (load.true_load[csm] - 1), 0, 0.75)
        minutes = np.where(book.levels["lifecycle"] == words.STEADY, minutes * (1 - excess), minutes)
    return minutes


def time_entries(settings: Settings, team: Team, book: Book, touches: Touches,
                 minutes: npt.NDArray[np.float64], week: int, rng: np.random.Generator) -> pl.DataFrame:  # fmt: skip
    """Logged time: csm, account (-1: none), day, activity (label), minutes.

    An account-week is a number of blocks (gamma-mixed Poisson) of gamma length, rounded to five
    minutes without bias, so that its expectation is `minutes` times the world's reporting ratio.
    """
    world, monday = settings.world, settings.monday(week)
    active = np.flatnonzero(minutes > 0)
    active = active[team.logs_time[book.csm[active]]]
    size = BLOCK_MINUTES[book.segment[active]]
    mixing = np.round(rng.standard_gamma(world.block_shape, len(active)) / world.block_shape, 6)
    blocks = rng.poisson(minutes[active] * world.reporting_ratio / size * mixing)
    account = np.repeat(active, blocks)
    place = np.arange(len(account)) - np.repeat(np.cumsum(blocks) - blocks, blocks)
    length = rng.standard_gamma(BLOCK_SHAPE, len(account)) / BLOCK_SHAPE * np.repeat(size, blocks)
    length = np.floor(length / ROUND_TO_MINUTES + rng.random(len(account))) * ROUND_TO_MINUTES
    csm = book.csm[account]
    day = monday + pick_days(team, csm, week, rng)
    day = np.maximum(day, book.customer_since[account])  # nobody works for an account before it is one
    if world.is_logged_on_friday:
        day = np.full(len(account), monday + 4)
    held = touches.is_meaningful
    met = np.bincount(touches.account[held], minlength=book.count)
    activity = np.where(place < met[account], 0, rng.choice((1, 2, 3, 4), len(account), p=(0.4, 0.3, 0.12, 0.18)))
    if world.ownerless_share:
        account = np.where(rng.random(len(account)) < world.ownerless_share, -1, account)
    keep = length > 0
    inside = np.flatnonzero(team.is_free[:, week].any(axis=1) & team.logs_time)
    inner = np.repeat(inside, 3)
    which = np.tile(np.arange(3), len(inside))
    spent = np.asarray(INTERNAL_MINUTES)[which] * rng.choice((0.5, 1.0, 1.0, 1.5), len(inner))
    inner_day = (
        np.full(len(inner), monday + 4) if world.is_logged_on_friday else monday + pick_days(team, inner, week, rng)
    )
    labels = words.ACTIVITIES + words.INTERNAL_ACTIVITIES
    frame = pl.DataFrame({
        "csm": np.concatenate([csm[keep], inner]).astype(np.int32),
        "account": np.concatenate([account[keep], np.full(len(inner), -1)]).astype(np.int32),
        "day": np.concatenate([day[keep], inner_day]).astype(np.int32),
        "activity": pl.Series(labels).gather(np.concatenate([activity[keep], which + len(words.ACTIVITIES)])),
        "minutes": np.concatenate([length[keep], spent]).astype(np.int32),
    })  # fmt: skip
    return frame.sort("day", "csm", "account", maintain_order=True)
