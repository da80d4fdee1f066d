"""The CSMs: tiers, story roles, employment, capacity per week, absences, their own ways."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.days import NEVER, Days
from book_of_business.simulate.ledger import Ledger
from book_of_business.simulate.names import person_names
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.streams import Streams, mean_one_lognormal

ROLES = ("ordinary", "drowning", "coasting", "leaver", "new_hire", "cliff", "pool", "on_leave", "onboarding_wave",
         "growing_book")  # fmt: skip
ORDINARY, DROWNING, COASTING, LEAVER, NEW_HIRE, CLIFF, POOL, ON_LEAVE, ONBOARDING_WAVE, GROWING_BOOK = range(10)
PARENTAL_LEAVE = words.ABSENCE_REASONS.index("parental_leave")
TYPICAL_BOOK = np.array([10.0, 32.0, 225.0])  # accounts per CSM, by tier
TIER_MIX = np.array([7.0, 4.0, 1.0])
POOL_FTE = 1.2
REGION_CYCLE = (0, 1, 0, 2, 1, 0)
STORY_END_DAYS = 56


@dataclass
class Team:
    """One entry per CSM; arrays with a second axis have one column per week.

    `capacity` is target hours a week as `metrics.md` defines it; `free_days` the fraction of the five
    weekdays on which work is possible; `is_free` each of those days.
    """

    tier: npt.NDArray[np.int8]
    role: npt.NDArray[np.int8]
    name: list[str]
    region: npt.NDArray[np.int8]
    hired_on: Days
    left_on: Days
    leave_from: Days  # of a parental leave; NEVER: none
    leave_until: Days  # the day of return
    fte: npt.NDArray[np.float64]
    target_load: npt.NDArray[np.float64]
    effort_effect: npt.NDArray[np.float64]
    quality_base: npt.NDArray[np.float64]
    survey_bias: npt.NDArray[np.float64]
    logs_time: npt.NDArray[np.bool_]
    absences: Ledger
    ramp: npt.NDArray[np.float64]
    availability: npt.NDArray[np.float64]
    capacity: npt.NDArray[np.float64]
    is_free: npt.NDArray[np.bool_]

    @property
    def count(self) -> int:
        """Number of CSMs."""
        return len(self.tier)


def tier_counts(settings: Settings) -> npt.NDArray[np.int64]:
    """CSMs per tier. The mix leans to pooled books when there are many accounts per CSM."""
    wanted = np.clip(settings.accounts / settings.csms, TYPICAL_BOOK[0] + 0.5, TYPICAL_BOOK[2] - 0.5)
    low, high = -5.0, 5.0
    for _ in range(60):  # bisection on how far the mix leans
        lean = (low + high) / 2
        mix = TIER_MIX * TYPICAL_BOOK**lean
        mix /= mix.sum()
        low, high = (lean, high) if mix @ TYPICAL_BOOK < wanted else (low, lean)
    shares = np.round(mix * settings.csms, 6)
    counts = np.floor(shares).astype(np.int64)
    for tier in np.argsort(-(shares - counts), kind="stable")[: settings.csms - counts.sum()]:
        counts[tier] += 1
    if settings.csms >= 3:  # each tier has someone
        for tier in np.flatnonzero(counts == 0):
            counts[np.argmax(counts)] -= 1
            counts[tier] += 1
    return counts


def story_roles(settings: Settings, tier: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """The story's people, one set per twelve CSMs; those for whom there is a tier with room."""
    role = np.where(tier == 2, POOL, ORDINARY).astype(np.int8)
    if not settings.tells_story or settings.csms < 3:
        return role
    sets = max(1, settings.csms // 12)
    spare = [list(np.flatnonzero(tier == code)) for code in range(3)]
    wanted = [DROWNING, COASTING, LEAVER, NEW_HIRE] if settings.csms >= 10 else [DROWNING, COASTING]
    for _ in range(sets):
        for story in wanted:
            places = spare[0] if len(spare[0]) > 1 else spare[1]
            if len(places) > 1:
                role[places.pop(0)] = story
        for story in settings.story.mid_market_roles:
            if len(spare[1]) > 1:
                role[spare[1].pop(0)] = ROLES.index(story)
        if "growing_book" in settings.story.growth and len(spare[0]) > 1:
            role[spare[0].pop(0)] = GROWING_BOOK
    return role


def _absences(settings: Settings, role: npt.NDArray[np.int8], fte: npt.NDArray[np.float64],
              hired: Days, left: Days, leave_from: Days, leave_until: Days, streams: Streams) -> Ledger:  # fmt: skip
    """Vacations of one or two weeks, a few sick days and trainings, inside employment; parental leaves."""
    rng = streams.get("absences")
    span = 7 * settings.weeks
    people, starts, ends, reasons = [], [], [], []
    lengths_of = ((0, 2.6, (5, 12)), (1, 1.6, (1, 2)), (2, 0.8, settings.story.training_days))
    for reason, per_year, lengths in lengths_of:
        count = rng.poisson(per_year * span / 365.25, len(role))
        csm = np.repeat(np.arange(len(role)), count)
        start = settings.start_day + rng.integers(0, span, len(csm))
        if reason == 0:
            start -= (start + 3) % 7  # vacations start on a Monday
        people.append(csm)
        starts.append(start)
        ends.append(start + rng.choice(lengths, len(csm)) - 1)
        reasons.append(np.full(len(csm), reason))
    csm, start, end, reason = (np.concatenate(part) for part in (people, starts, ends, reasons))
    keep = (start >= hired[csm] + 14) & (end < left[csm]) & (end < settings.end_day)
    # The story's people are there at its end, so that their last weeks can be read.
    keep &= (role[csm] == ORDINARY) | (end < settings.end_day - STORY_END_DAYS)
    keep &= (end < leave_from[csm] - 7) | (start - 7 > leave_until[csm])
    csm, start, end, reason = csm[keep], start[keep], end[keep], reason[keep]
    first = np.unique(csm * 10**6 + start, return_index=True)[1]  # one absence per CSM and start
    if settings.story.is_orderly:
        before, after = first[:-1], first[1:]
        is_apart = (csm[after] != csm[before]) | ((start[after] + 3) // 7 > (end[before] + 3) // 7)
        first = first[np.concatenate([[True], is_apart])] if len(first) else first
    ledger = Ledger(csm=np.int32, starts_on=np.int32, ends_on=np.int32, absent_fte=float, reason=np.int8)
    # In a pooled book one person is away, not the whole pool.
    part = np.where(fte[csm[first]] > 1, 0.5, np.nan)
    ledger.append(csm=csm[first], starts_on=start[first], ends_on=end[first],
                  absent_fte=part, reason=reason[first])  # fmt: skip
    leaves = np.flatnonzero(leave_from < NEVER)
    ledger.append(csm=leaves, starts_on=leave_from[leaves], ends_on=leave_until[leaves] - 1,
                  absent_fte=np.nan, reason=PARENTAL_LEAVE)  # fmt: skip
    return ledger


def _leaves(settings: Settings, role: npt.NDArray[np.int8]) -> tuple[Days, Days]:
    """First day of parental leave and day of return per CSM; NEVER without one that fits into the window."""
    first, back = np.full((2, len(role)), NEVER, dtype=np.int32)
    leave = settings.story.leave
    if leave and leave.starts_weeks_ago < settings.weeks:
        start = settings.weeks - leave.starts_weeks_ago
        first[role == ON_LEAVE], back[role == ON_LEAVE] = settings.monday(start), settings.monday(start + leave.weeks)
    return first, back


def _capacity(settings: Settings, fte: npt.NDArray[np.float64], hired: Days, left: Days,
              absences: Ledger) -> tuple[npt.NDArray[np.float64], ...]:  # fmt: skip
    """Ramp, availability, capacity (CSM x week) and the free weekdays (CSM x week x 5)."""
    weeks = settings.weeks
    days = settings.start_day + np.arange(7 * weeks)
    away = np.zeros((len(fte), 7 * weeks + 1), dtype=np.float32)
    csm = absences["csm"]
    part = np.where(np.isnan(absences["absent_fte"]), fte[csm], absences["absent_fte"])
    first = np.clip(absences["starts_on"] - settings.start_day, 0, 7 * weeks)
    after = np.clip(absences["ends_on"] + 1 - settings.start_day, 0, 7 * weeks)
    np.add.at(away, (csm, first), part)
    np.add.at(away, (csm, after), -part)
    away = np.minimum(np.cumsum(away[:, :-1], axis=1), fte[:, None])
    present = (days >= hired[:, None]) & (days < left[:, None])
    free = np.where(present, 1 - away / fte[:, None], 0.0)
    free = np.round(free.reshape(len(fte), weeks, 7)[:, :, :5], 6)
    availability = free.mean(axis=2)
    sundays = settings.start_day + 7 * np.arange(weeks) + 6
    progress = np.clip((sundays - hired[:, None]) / words.RAMP_DAYS, 0, 1)
    ramp = words.RAMP_START_RATIO + (1 - words.RAMP_START_RATIO) * progress
    capacity = words.PRODUCTIVE_HOURS * fte[:, None] * ramp * availability
    return ramp, availability, capacity, free > 0


def _rank_in_tier(tier: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """Place of each CSM among those of the tier (tiers are contiguous)."""
    return np.arange(len(tier)) - np.searchsorted(tier, tier)


def build_team(settings: Settings, streams: Streams) -> Team:
    """The whole team, with everything that the run needs to know about it beforehand."""
    rng = streams.get("team")
    world, story = settings.world, settings.story
    tier = np.repeat(np.arange(3, dtype=np.int8), tier_counts(settings))
    role = story_roles(settings, tier)
    count = len(tier)
    hired = settings.start_day - rng.integers(200, 2200, count)
    hired -= (hired + 3) % 7  # people start on Mondays
    hired[role == NEW_HIRE] = settings.end_day - 7 * (story.new_hire_days_ago // 7 + 1)
    left = np.full(count, NEVER, dtype=np.int32)
    left[role == LEAVER] = settings.monday(max(0, settings.weeks - min(story.leaver_weeks_ago, settings.weeks // 2)))
    leave_from, leave_until = _leaves(settings, role)
    fte = np.where(tier == 2, POOL_FTE, 1.0)
    target = np.array([story.target_loads.get(name, 0.0) for name in ROLES])[role]
    target = np.where((role == ORDINARY) & (tier == 0), story.enterprise_ordinary_load, target)
    target = np.where(role == ORDINARY, target + rng.uniform(-0.06, 0.06, count), target)
    hired = hired.astype(np.int32)
    absences = _absences(settings, role, fte, hired, left, leave_from, leave_until, streams)
    ramp, availability, capacity, is_free = _capacity(settings, fte, hired, left, absences)
    logs = np.ones(count, dtype=bool)
    if world.silent_csm_share:
        logs[rng.permutation(count)[: max(1, round(count * world.silent_csm_share))]] = False
    effect = mean_one_lognormal(rng, world.csm_effect_sd, count)
    return Team(
        tier=tier, role=role, name=person_names(streams.get("people"), count),
        region=np.asarray(REGION_CYCLE, dtype=np.int8)[_rank_in_tier(tier) % len(REGION_CYCLE)],
        hired_on=hired, left_on=left, leave_from=leave_from, leave_until=leave_until, fte=fte,
        target_load=target, effort_effect=effect,
        quality_base=np.round(np.clip(rng.normal(73, 4, count), 60, 86), 2),
        survey_bias=np.round(rng.normal(0, 0.7, count), 2), logs_time=logs, absences=absences,
        ramp=ramp, availability=availability, capacity=capacity, is_free=is_free,
    )  # fmt: skip
