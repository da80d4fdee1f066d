"""Which interactions a week holds: scheduled ones by cadence, others by what the account needs.

Output of `plan`: arrays of accounts (-1: internal), CSMs and type codes. `settle` gives each a time,
a status, a length and scores.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from book_of_business.simulate import team as teams
from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.book import Book
from book_of_business.simulate.episodes import Episodes
from book_of_business.simulate.pipeline import Pipeline
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.streams import choose
from book_of_business.simulate.team import Team

CODE = words.TYPE_CODE
IS_COUNTED = np.array([item.is_meaningful for item in words.INTERACTION_TYPES])
IS_MEANINGFUL = np.array([item.is_meaningful for item in words.INTERACTION_TYPES])
USUAL_MINUTES = np.array([item.usual_minutes for item in words.INTERACTION_TYPES], dtype=float)
STRATEGIC_RATE = np.array([0.35, 0.165, 0.010])  # a week, times the account's effort factor
CHECK_IN_WEEKS = np.array([4, 8, 10_000])
REVIEW_WEEKS = np.array([13, 26, 10_000])
ONBOARDING_RATE = np.array([0.55, 0.35, 0.16])
TRAINING_RATE = np.array([0.10, 0.05, 0.008])
PING_RATE = np.array([0.42, 0.16, 0.02])
UPDATE_RATE = np.array([0.16, 0.05, 0.004])
OTHER_STRATEGIC = (CODE["check_in"], CODE["strategy_session"], CODE["success_plan_review"],
                   CODE["executive_sponsor_call"], CODE["business_review"])  # fmt: skip
OTHER_SHARE = (0.45, 0.2, 0.17, 0.1, 0.08)
TIER_SCORECARDS = ((0, 5, 3), (3, 1, 2), (7, 4, 6))
TEMPO_SHAPE = 25.0
QUALITY_SPREAD = 7.0
SENTIMENT_SPREAD = 0.24
TROUBLE_TONE = -0.55
MEANINGFUL_SHORT_SHARE = 0.05
FIRST_SLOT, LAST_SLOT = 8 * 4, 17 * 4  # quarter hours of the day (UTC)


@dataclass
class Touches:
    """One entry per interaction of a week, in order of time."""

    account: npt.NDArray[np.int32]
    csm: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int8]
    day: npt.NDArray[np.int32]
    second: npt.NDArray[np.int64]
    status: npt.NDArray[np.int8]
    minutes: npt.NDArray[np.int64]  # -1: null
    sentiment: npt.NDArray[np.int64]  # hundredths; -1000: null
    quality: npt.NDArray[np.float64]  # NaN: null
    scorecard: npt.NDArray[np.int8]  # -1: null
    channel: npt.NDArray[np.int8]
    is_meaningful: npt.NDArray[np.bool_]

    @property
    def count(self) -> int:
        """Number of interactions."""
        return len(self.account)


def plan(settings: Settings, team: Team, book: Book, episodes: Episodes, pipeline: Pipeline,
         load: npt.NDArray[np.float64], week: int, rng: np.random.Generator,
         ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int8]]:  # fmt: skip
    """Accounts, CSMs and types of the week's interactions. `load`: load ratio of each account's book."""
    world, monday = settings.world, settings.monday(week)
    here = np.flatnonzero(
        (book.csm >= 0) & (book.stage >= 0) & (book.customer_since <= monday) & (book.churned_on > monday + 6)
    )
    csm, segment, stage = book.csm[here], book.segment[here], book.stage[here]
    free = team.availability[csm, week]
    tempo = np.round(rng.gamma(TEMPO_SHAPE, 1 / TEMPO_SHAPE, team.count), 4)
    story = settings.story
    late = week >= settings.weeks - story.leaver_weeks_ago
    tempo = np.where(team.role == teams.DROWNING, story.drowning_tempo[late], tempo) * world.interaction_rate
    tempo = tempo * np.asarray(story.tier_tempo)[team.tier]
    speed = tempo[csm] * free
    factor = book.true_factor[here]
    silent = book.silent_from[here] <= monday
    shed = np.clip(world.attention_load_effect * (load[here] - 1), 0, 0.7)
    shed = np.where(stage == words.STEADY, shed, 0.0)
    trouble = episodes.in_trouble[here]
    delayed = episodes.has(words.DELAYED_RENEWAL)[here]

    accounts: list[npt.NDArray[np.intp]] = []
    kinds: list[npt.NDArray[np.int8]] = []

    def add(which: npt.NDArray[np.intp], kind: npt.ArrayLike) -> None:
        accounts.append(which)
        kinds.append(np.broadcast_to(np.asarray(kind, dtype=np.int8), which.shape))

    def draw(rate: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        return np.repeat(np.arange(len(here)), rng.poisson(np.where(silent, 0.0, rate * speed)))

    # Scheduled: kept unless the CSM is away or sheds work.
    kept = rng.random(len(here)) < np.where(silent, 0.0, free * (1 - shed) * 0.92)
    turn = book.phase[here].astype(np.int64) + week
    review = kept & (turn % REVIEW_WEEKS[segment] == 0)
    check = kept & (turn % CHECK_IN_WEEKS[segment] == 0) & ~review
    add(np.flatnonzero(review), CODE["business_review"])
    add(np.flatnonzero(check), CODE["check_in"])
    left = (book.term_end[here].astype(np.int64) - monday) // 7
    touch = (segment == 2) & (left == 3 + book.phase[here] % 4) & ~silent & ~delayed
    add(np.flatnonzero(touch & (rng.random(len(here)) < 0.85)), CODE["renewal_call"])
    # Unscheduled, by need.
    scheduled = np.array([0.33, 0.16, 0.0])[segment]
    rate = np.maximum(STRATEGIC_RATE[segment] * factor - scheduled, 0.2 * STRATEGIC_RATE[segment])
    extra = draw(rate * (1 - shed))
    kind = np.asarray(OTHER_STRATEGIC, dtype=np.int8)[choose(rng, OTHER_SHARE, len(extra))]
    renewing = (stage[extra] == words.RENEWAL) & (rng.random(len(extra)) < 0.45)
    kind[renewing] = CODE["renewal_call"]
    keep = ~(delayed[extra] & (kind == CODE["renewal_call"]))
    add(extra[keep], kind[keep])
    onboarding = stage == words.ONBOARDING
    first = onboarding & (monday - book.customer_since[here] <= 7) & (book.customer_since[here] > monday - 8)
    add(np.flatnonzero(first & (segment < 2) & (free > 0)), CODE["kickoff"])
    add(draw(np.where(onboarding, ONBOARDING_RATE[segment], 0.0)), CODE["onboarding_session"])
    training = np.where(stage == words.ADOPTION, TRAINING_RATE[segment] * 2, TRAINING_RATE[segment] / 4)
    add(draw(training), CODE["training"])
    heat = np.array([0.3, 0.18, 0.05])[segment] * episodes.has(words.TICKET_ESCALATION)[here]
    add(draw(heat), CODE["escalation_call"])
    risky = stage == words.AT_RISK
    add(draw(np.where(risky, np.array([0.15, 0.1, 0.03])[segment], 0.0)), CODE["incident_review"])
    add(draw(np.where(risky | trouble & ~silent, 0.5, 0.06) * STRATEGIC_RATE[segment]), CODE["internal_advocacy"])
    deal = pipeline.stage[here] >= words.FIRST_ACTIVE_STAGE
    add(draw(np.where(deal, 0.3, 0.0) * STRATEGIC_RATE[segment]), CODE["internal_deal_desk"])
    pings = rng.poisson(np.where(silent, 0.3, 1.0) * PING_RATE[segment] * free * story.message_rate)
    add(np.repeat(np.arange(len(here)), pings), CODE["email_ping"])
    add(draw(UPDATE_RATE[segment] * story.message_rate), CODE["status_update"])

    which = np.concatenate(accounts)
    account, who = here[which].astype(np.int32), csm[which]
    kind = np.concatenate(kinds)
    # Internal ones, by CSM.
    inside = [(CODE["internal_advocacy"], 0.5), (CODE["internal_deal_desk"], 0.2), (CODE["admin"], 1.0)]
    for code, often in inside:
        people = np.repeat(np.arange(team.count, dtype=np.int32), rng.poisson(often * team.availability[:, week]))
        account = np.concatenate([account, np.full(len(people), -1, dtype=np.int32)])
        who = np.concatenate([who, people])
        kind = np.concatenate([kind, np.full(len(people), code, dtype=np.int8)])
    able = team.is_free[who, week].any(axis=1)
    return account[able], who[able].astype(np.int32), kind[able]


def pick_days(team: Team, csm: npt.NDArray[np.integer], week: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """A weekday (0 to 4) on which the CSM works, per entry; Wednesday where there is none."""
    free = team.is_free[:, week]
    order = np.argsort(~free, axis=1, kind="stable")  # the free days first
    number = free.sum(axis=1)[csm]
    place = np.minimum((rng.random(len(csm)) * number).astype(np.int64), 4)
    return np.where(number > 0, order[csm, place], 2)


def _apart(account: npt.NDArray[np.integer], csm: npt.NDArray[np.integer], day: npt.NDArray[np.integer],
           slot: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:  # fmt: skip
    """Slots such that what a CSM has with one account on one day lies hours apart."""
    order = np.lexsort((slot, day, csm, account))
    keys = np.stack([account, csm, day])[:, order]
    starts = np.flatnonzero(np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0))[: len(order)])
    size = np.diff(np.append(starts, len(order)))
    place = np.arange(len(order)) - np.repeat(starts, size)
    part = (LAST_SLOT - FIRST_SLOT) // np.repeat(size, size)
    result = slot.copy()
    spread = FIRST_SLOT + place * part + (slot[order] - FIRST_SLOT) % np.maximum(part // 4, 1)
    result[order] = np.where((np.repeat(size, size) > 1) & (keys[0] >= 0), spread, slot[order])
    return result


def settle(settings: Settings, team: Team, book: Book, episodes: Episodes, week: int,
           planned: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int8]],
           rng: np.random.Generator) -> Touches:  # fmt: skip
    """Give the planned interactions their times, status, length and scores."""
    account, csm, kind = planned
    count, world, monday = len(account), settings.world, settings.monday(week)
    day = monday + pick_days(team, csm, week, rng)
    # One person plans the next week on Sunday: a book is measured at the last Sunday up to its latest interaction.
    planning = np.flatnonzero((kind == CODE["admin"]) & ~(account >= 0))[:1]
    day[planning] = monday + 6
    slot = rng.integers(FIRST_SLOT, LAST_SLOT, count)
    if settings.story.is_orderly:
        slot = _apart(account, csm, day, slot)
    second = day * 86400 + slot * 900
    order = np.lexsort((kind, account, second))
    account, csm, kind, day, second = account[order], csm[order], kind[order], day[order], second[order]
    has_account = account >= 0
    meeting = IS_MEANINGFUL[kind] & has_account
    shaky = episodes.has(words.DISENGAGEMENT)[account] & has_account
    draw = rng.random(count)
    status = np.where(
        draw < 0.045 + 0.12 * shaky, words.NO_SHOW, np.where(draw > 0.935, words.CANCELLED, words.COMPLETED)
    )
    status = np.where(meeting, status, words.COMPLETED).astype(np.int8)
    done = status == words.COMPLETED

    need = np.where(has_account, np.clip(book.true_factor[account], 0.7, 3.0), 1.0)
    length = USUAL_MINUTES[kind] * (0.8 + 0.2 * need) * np.round(rng.gamma(12.0, 1 / 12.0, count), 4)
    rounded = np.maximum(np.round(length / 5) * 5, words.SHORTEST_LONG_MINUTES)
    short = rng.random(count) < MEANINGFUL_SHORT_SHARE
    minutes = np.where(meeting, np.where(short, 10, rounded), np.maximum(np.round(length), 2)).astype(np.int64)
    minutes[~done | (rng.random(count) < 0.015)] = -1
    is_meaningful = done & meeting & (minutes >= words.MEANINGFUL_MINUTES)

    # Recorded conversations have a tone and a score.
    recorded = is_meaningful & (rng.random(count) < 0.86)
    tone = book.sentiment_base[account] + TROUBLE_TONE * episodes.has(words.NEGATIVE_SENTIMENT)[account]
    tone = np.clip(tone + SENTIMENT_SPREAD * rng.standard_normal(count), -1, 1)
    sentiment = np.where(recorded, np.round(tone * 100), -1000).astype(np.int64)
    counted = np.bincount(csm[done & IS_COUNTED[kind]], minlength=team.count)
    room = np.asarray(world.true_ceilings)[team.tier] * team.fte * team.ramp[:, week] * team.availability[:, week]
    loss = world.quality_decline * np.maximum(counted - room, 0.0)
    quality = team.quality_base[csm] - loss[csm] + QUALITY_SPREAD * rng.standard_normal(count)
    scored = recorded & (rng.random(count) < 0.9)
    quality = np.where(scored, np.round(np.clip(quality, 0, 100), 1), np.nan)
    cards = np.asarray(TIER_SCORECARDS)[team.tier[csm], choose(rng, (0.6, 0.25, 0.15), count)]
    channel = np.where(meeting, choose(rng, (0.78, 0.14, 0.08), count), choose(rng, (0.7, 0.3), count))
    channel = np.where(kind == CODE["email_ping"], 3, channel)
    return Touches(
        account=account, csm=csm, kind=kind, day=day.astype(np.int32), second=second, status=status,
        minutes=minutes, sentiment=sentiment, quality=quality,
        scorecard=np.where(scored, cards, -1).astype(np.int8), channel=channel.astype(np.int8),
        is_meaningful=is_meaningful,
    )  # fmt: skip
