"""Lifecycle stages, one change per account and week at most, and the health score that goes along."""

import numpy as np
import numpy.typing as npt
import polars as pl

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.book import Book
from book_of_business.simulate.days import NEVER, Days
from book_of_business.simulate.episodes import BETTER, WORSE, Episodes
from book_of_business.simulate.ledger import Ledger
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.streams import Streams

ONBOARDING_DAYS = np.array([105, 80, 45])
ADOPTION_DAYS = np.array([150, 120, 75])
RENEWAL_DAYS = np.array([85, 80, 70])
SCORE_NOISE = 1.5
HEALTH_WEEKS = 8  # the 56 days of the trajectory
NOT_SCORED = np.float32(np.nan)


class Lifecycle:
    """The stage machine. History before the window is written with plausible dates."""

    def __init__(self, settings: Settings, book: Book, streams: Streams) -> None:
        self.settings, self.book, self.streams = settings, book, streams
        self.ledger = Ledger(account=np.int32, entered_on=np.int32, stage=np.int8)

    def _enter(self, accounts: npt.NDArray[np.integer], day: npt.NDArray[np.integer], stage: npt.ArrayLike) -> None:
        if len(accounts):
            self.book.stage[accounts] = stage
            self.book.stage_since[accounts] = day
            self.ledger.append(account=accounts, entered_on=day, stage=stage)

    def start(self, week: int) -> None:
        """New customers enter onboarding; those from before the window have been through it."""
        book, monday = self.book, self.settings.monday(week)
        new = np.flatnonzero((book.stage < 0) & (book.customer_since < monday + 7))
        self._enter(new, book.customer_since[new], words.ONBOARDING)
        if week == 0:
            for stage, days in ((words.ADOPTION, ONBOARDING_DAYS), (words.STEADY, ONBOARDING_DAYS + ADOPTION_DAYS)):
                day = book.customer_since[new] + days[book.segment[new]]
                past = day < monday
                self._enter(new[past], day[past], stage)
        low = self.book.stage == words.ONBOARDING
        book.health[new] = np.where(low[new], book.health_base[new] - 14, book.health_base[new])

    def step(self, week: int, episodes: Episodes) -> None:
        """The changes of one week. A risk that was seen goes before a renewal, a renewal before age."""
        book, monday = self.book, self.settings.monday(week)
        rng = self.streams.get("lifecycle", week)
        day = (monday + rng.integers(0, 5, book.count)).astype(np.int32)
        here = (book.stage >= 0) & (book.customer_since < monday) & (book.churned_on > monday + 6)
        old = book.stage.copy()
        age = monday - book.stage_since
        stage = old.copy()
        slack = book.phase % 15
        stage[(old == words.ONBOARDING) & (age >= ONBOARDING_DAYS[book.segment] + slack)] = words.ADOPTION
        stage[(old == words.ADOPTION) & (age >= ADOPTION_DAYS[book.segment] + slack)] = words.STEADY
        soon = book.term_end.astype(np.int64) - monday <= RENEWAL_DAYS[book.segment]
        settled = (stage == words.STEADY) | (stage == words.ADOPTION)
        stage[settled & soon] = words.RENEWAL
        stage[(old == words.RENEWAL) & ~soon] = words.STEADY
        seen = (episodes.detected < NEVER) & (episodes.phase != 0)
        stage[seen & (old != words.ONBOARDING)] = words.AT_RISK
        stage[(old == words.AT_RISK) & ~seen] = words.STEADY
        changed = np.flatnonzero(here & (stage != old) & (old >= 0))
        self._enter(changed, day[changed], stage[changed])


class Health:
    """Scores: weekly for larger accounts, fortnightly for small ones; and their slope."""

    def __init__(self, settings: Settings, book: Book, streams: Streams) -> None:
        self.settings, self.book, self.streams = settings, book, streams
        self._recent = np.full((HEALTH_WEEKS, book.count), NOT_SCORED, dtype=np.float32)

    def step(self, week: int, episodes: Episodes) -> pl.DataFrame:
        """Move health on and emit the week's scores: account (row number), day, score."""
        book, monday = self.book, self.settings.monday(week)
        rng = self.streams.get("health", week)
        noise = rng.standard_normal((2, book.count), dtype=np.float32)
        pull = (book.health_base - book.health) * 0.09 + 0.7 * noise[0]
        onboarding = book.stage == words.ONBOARDING
        pull = np.where(onboarding & (book.health < book.health_base), 1.3 + 0.4 * noise[0], pull)
        down = -1.2 - 1.6 * (episodes.drop + 0.2)
        pull = np.where(episodes.phase == WORSE, np.where(book.health > 24, down, 0.0), pull)
        pull = np.where(episodes.phase == BETTER, 2.0, pull)
        book.health = np.clip(book.health + pull, 5, 99).astype(np.float32)
        scored = (book.stage >= 0) & (book.customer_since <= monday) & (book.churned_on > monday + 6)
        scored &= (book.segment < 2) | ((book.phase + week) % 2 == 0)
        score = np.round(np.clip(book.health + SCORE_NOISE * noise[1], 0, 100).astype(np.float64), 1)
        self._recent[week % HEALTH_WEEKS] = np.where(scored, score, NOT_SCORED)
        accounts = np.flatnonzero(scored)
        day: Days = (monday + book.phase[accounts] % 5).astype(np.int32)
        return pl.DataFrame({"account": accounts.astype(np.int32), "day": day, "score": score[accounts]})

    def trajectory(self, week: int) -> npt.NDArray[np.int8]:
        """Level of health_trajectory on the Sunday: 0 declining, 1 stable, 2 improving, 3 unknown.

        Scores of an account fall on one weekday, so the slope in points per week needs week numbers only.
        """
        sums = np.zeros((5, self.book.count))
        for age in range(min(HEALTH_WEEKS, week + 1)):
            score = self._recent[(week - age) % HEALTH_WEEKS].astype(np.float64)
            known = ~np.isnan(score)
            score = np.where(known, np.round(score, 1), 0.0)
            for place, value in enumerate((known, -age * known, age * age * known, score, -age * score)):
                sums[place] += value
        count, x, xx, y, xy = sums
        spread = count * xx - x * x
        slope = np.where(spread > 0, (count * xy - x * y) / np.where(spread > 0, spread, 1), 0.0)
        slope = np.round(slope, 9)
        level = np.where(slope <= -1, 0, np.where(slope >= 1, 2, 1))
        return np.where(count >= 3, level, 3).astype(np.int8)
