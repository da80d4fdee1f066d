"""Deteriorations: onset, signs, detection, recovery. The planted truth of the risk models."""

import numpy as np
import numpy.typing as npt

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.book import Book
from book_of_business.simulate.days import NEVER
from book_of_business.simulate.ledger import Ledger
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.streams import Streams

NONE, WORSE, BETTER = range(3)
SIGNAL_SHARE = (0.75, 0.6, 0.4, 0.5, 0.4)  # how often each sign belongs to a deterioration
DETECTION_PER_WEEK = np.array([0.17, 0.11, 0.035])
SILENT_FADE_WEEKS = 26
OUTCOMES = ("open", "recovered", "churned", "faded")
FALSE_FLAG_RATE = 0.0004


class Episodes:
    """State per account and a ledger of all deteriorations and risk flags."""

    def __init__(self, settings: Settings, book: Book, streams: Streams) -> None:
        self.settings, self.book, self.streams = settings, book, streams
        count = book.count
        self.phase = np.zeros(count, dtype=np.int8)
        self.signals = np.zeros(count, dtype=np.uint8)
        self.onset = np.full(count, NEVER, dtype=np.int32)
        self.detected = np.full(count, NEVER, dtype=np.int32)
        self.drop = np.zeros(count, dtype=np.float32)
        self._row = np.full(count, -1, dtype=np.int64)
        self._flag = np.full(count, -1, dtype=np.int64)
        self._false_until = np.full(count, NEVER, dtype=np.int32)
        self.ledger = Ledger(
            account=np.int32, csm=np.int32, onset_on=np.int32, signals=np.uint8, usage_drop=np.float32,
            detected_on=np.int32, ended_on=np.int32, outcome=np.int8,
        )  # fmt: skip
        self.flags = Ledger(account=np.int32, csm=np.int32, raised_at=np.int64, resolved_at=np.int64, reason=np.int8)

    @property
    def in_trouble(self) -> npt.NDArray[np.bool_]:
        """Accounts that are getting worse now."""
        return self.phase == WORSE

    def has(self, signal: int) -> npt.NDArray[np.bool_]:
        """Accounts that show a sign now."""
        return (self.phase == WORSE) & ((self.signals & signal) > 0)

    def close(self, accounts: npt.NDArray[np.integer], day: npt.ArrayLike, outcome: int) -> None:
        """End the deteriorations of the accounts, if any."""
        day = np.broadcast_to(day, accounts.shape)
        running = self._row[accounts] >= 0
        rows = self._row[accounts[running]]
        self.ledger["ended_on"][rows] = day[running]
        self.ledger["outcome"][rows] = outcome
        flagged = self._flag[accounts] >= 0
        noon = day[flagged].astype(np.int64) * 86400 + 43200
        flags = self._flag[accounts[flagged]]
        self.flags["resolved_at"][flags] = np.maximum(noon, self.flags["raised_at"][flags] + 3600)
        self._row[accounts] = self._flag[accounts] = -1
        self.phase[accounts] = NONE
        self.detected[accounts] = self._false_until[accounts] = NEVER
        self.book.champion_silent_from[accounts] = NEVER

    def step(self, week: int, load: npt.NDArray[np.float64]) -> None:
        """One week: new ones, detections, recoveries, and what they do to usage and health.

        `load`: last week's load ratio of the book that each account is in.
        """
        book, world = self.book, self.settings.world
        monday = self.settings.monday(week)
        rng = self.streams.get("episodes", week)
        draws = rng.random((3, book.count), dtype=np.float32)
        present = (book.customer_since < monday - 84) & (book.churned_on > monday + 6)
        forced = self._forced(monday)
        starts = present & (self.phase == NONE) & (book.csm >= 0) & (self._flag < 0)
        starts &= (draws[0] < world.episode_rate_per_week) & (book.story == 0) | forced
        self._begin(np.flatnonzero(starts), monday, forced, rng)
        if world.episode_rate_per_week == 0:
            return
        # Detection: after two weeks, slower in loaded books, never in a silent account.
        waits = (self.phase == WORSE) & (self.detected == NEVER) & (self.onset <= monday - 14)
        care = np.clip(1 - world.detection_load_effect * (load - 0.8), 0.2, 1.3)
        seen = waits & (book.csm >= 0) & (book.story == 0) & (draws[1] < DETECTION_PER_WEEK[book.segment] * care)
        self._flag_up(np.flatnonzero(seen), monday, rng)
        # Recovery of what was seen, fading of what was not.
        age = (monday - self.onset) // 7
        turning = (self.phase == WORSE) & (self.detected < monday - 14) & (draws[2] < 0.12)
        self.phase[turning] = BETTER
        fading = (self.phase == WORSE) & (self.detected == NEVER) & (age > SILENT_FADE_WEEKS)
        fading &= (draws[2] > 0.95) & (book.story == 0)
        self.close(np.flatnonzero(fading), monday, OUTCOMES.index("faded"))
        well = (self.phase == BETTER) & (book.health >= book.health_base - 4) & (book.usage_level > 0.93)
        self.close(np.flatnonzero(well), monday, OUTCOMES.index("recovered"))
        self._false_alarms(np.flatnonzero(present & (draws[0] > 1 - FALSE_FLAG_RATE)), monday, rng)
        worse = self.has(words.USAGE_DECLINE)
        step = np.where(worse, -0.1, np.where(self.phase == WORSE, 0.0, 0.07)).astype(np.float32)
        floor = np.where(worse, 1 - self.drop, 0.0).astype(np.float32)
        book.usage_level = np.clip(np.maximum(book.usage_level + step, floor), 0.05, 1.0)

    def _forced(self, monday: int) -> npt.NDArray[np.bool_]:
        """The story's champions and silent accounts start to deteriorate on their dates."""
        book, end = self.book, self.settings.end_day
        when = np.where(book.story == 1, np.where(book.silent_from < NEVER, book.silent_from + 42, NEVER),
                        np.where(book.story == 2, end - 80, np.where(book.story == 3, end - 50, NEVER)))  # fmt: skip
        return (when >= monday) & (when < monday + 7)

    def _begin(self, accounts: npt.NDArray[np.integer], monday: int, forced: npt.NDArray[np.bool_],
               rng: np.random.Generator) -> None:  # fmt: skip
        size = len(accounts)
        bits = (rng.random((size, 5)) < SIGNAL_SHARE) * (1 << np.arange(5))
        signals = bits.sum(axis=1).astype(np.uint8)
        signals[signals == 0] = words.USAGE_DECLINE
        story = self.book.story[accounts]
        signals[story == 1] = words.USAGE_DECLINE | words.DELAYED_RENEWAL
        signals[story >= 2] = words.DISENGAGEMENT | words.USAGE_DECLINE
        onset = (monday + rng.integers(0, 7, size)).astype(np.int32)
        drop = np.round(rng.uniform(0.35, 0.7, size), 2)
        self.phase[accounts], self.signals[accounts] = WORSE, signals
        self.onset[accounts], self.drop[accounts], self.detected[accounts] = onset, drop, NEVER
        quiet = accounts[(signals & words.DISENGAGEMENT > 0) & (self.book.story[accounts] == 0)]
        self.book.champion_silent_from[quiet] = self.onset[quiet]
        self._row[accounts] = self.ledger.append(
            account=accounts, csm=self.book.csm[accounts], onset_on=onset, signals=signals,
            usage_drop=np.where(signals & words.USAGE_DECLINE, drop, 0), detected_on=NEVER, ended_on=NEVER,
            outcome=0,
        )  # fmt: skip

    def _raise(self, accounts: npt.NDArray[np.integer], monday: int, reason: npt.ArrayLike,
               rng: np.random.Generator) -> npt.NDArray[np.integer]:  # fmt: skip
        """Write risk flags; returns the days on which they were raised."""
        day = (monday + rng.integers(0, 5, len(accounts))).astype(np.int32)
        raised = day.astype(np.int64) * 86400 + rng.integers(8 * 60, 17 * 60, len(accounts)) * 60
        self._flag[accounts] = self.flags.append(
            account=accounts, csm=self.book.csm[accounts], raised_at=raised, resolved_at=-1, reason=reason
        )
        return day

    def _flag_up(self, accounts: npt.NDArray[np.integer], monday: int, rng: np.random.Generator) -> None:
        first_sign = np.argmax((self.signals[accounts, None] >> np.arange(5)) & 1, axis=1)
        day = self._raise(accounts, monday, first_sign, rng)
        self.detected[accounts] = day
        self.ledger["detected_on"][self._row[accounts]] = day

    def _false_alarms(self, accounts: npt.NDArray[np.integer], monday: int, rng: np.random.Generator) -> None:
        """Flags without a deterioration, taken down after three weeks."""
        past = np.flatnonzero(self._false_until <= monday)
        self.close(past[self.phase[past] == NONE], monday, 0)
        calm = accounts[(self.phase[accounts] == NONE) & (self._flag[accounts] < 0) & (self.book.csm[accounts] >= 0)]
        self._raise(calm, monday, rng.integers(0, 5, len(calm)), rng)
        self._false_until[calm] = monday + 21
