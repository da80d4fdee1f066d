"""Opportunities: expansions, renewals and new logos, with their stages."""

import numpy as np
import numpy.typing as npt

from book_of_business.simulate import team as teams
from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.book import Book
from book_of_business.simulate.contracts import BITS, PRODUCT_COUNT, Contracts
from book_of_business.simulate.days import NEVER
from book_of_business.simulate.episodes import Episodes
from book_of_business.simulate.ledger import Ledger
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.streams import Streams
from book_of_business.simulate.team import Team

EXPANSION_RATE_PER_WEEK = np.array([0.016, 0.010, 0.003])
RENEWAL_MILESTONES = (95, 70, 45, 20)  # days before the end: discovery, proposal, negotiation, contract
NEW_LOGO, EXPANSION, RENEWAL_TYPE = range(3)
TALK_AHEAD_WEEKS = 6  # an expansion is talked about this long before it is opened


class Pipeline:
    """Open expansion and renewal opportunities per account; at most one of each."""

    def __init__(self, settings: Settings, team: Team, book: Book, streams: Streams) -> None:
        self.settings, self.team, self.book, self.streams = settings, team, book, streams
        count = book.count
        self.ledger = Ledger(
            account=np.int32, kind=np.int8, segment=np.int8, amount=float, created_on=np.int32,
            expected_on=np.int32, closed_on=np.int32, is_won=np.int8,
        )  # fmt: skip
        self.stages = Ledger(opportunity=np.int64, entered_on=np.int32, stage=np.int8)
        self.expansion = np.full(count, -1, dtype=np.int64)
        self.stage = np.full(count, -1, dtype=np.int8)
        self._next_week = np.zeros(count, dtype=np.int16)
        self.product = np.zeros(count, dtype=np.int8)
        rng = streams.get("expansion_plan")
        rate = EXPANSION_RATE_PER_WEEK[book.segment]
        # The week in which the next expansion opens: known ahead, so that talk can lead it.
        self.opens_in = np.floor(rng.exponential(1.0, count) / rate).clip(0, 30000).astype(np.int16)
        self._plan_growth(rng)
        self.renewal = np.full(count, -1, dtype=np.int64)
        self._renewal_stage = np.full(count, -1, dtype=np.int8)
        self._renewal_end = np.full(count, NEVER, dtype=np.int32)
        self._new_logos()

    def _plan_growth(self, rng: np.random.Generator) -> None:
        """Expansions of the books that the story has grow, spread over its weeks."""
        book, weeks = self.book, self.settings.weeks
        old = book.customer_since < self.settings.start_day
        for role, growth in self.settings.story.growth.items():
            if growth.starts_weeks_ago < weeks:
                mine = np.flatnonzero((self.team.role[book.first_csm] == teams.ROLES.index(role)) & old)
                mine = mine[rng.permutation(len(mine))][: growth.accounts]
                spread = np.arange(len(mine)) * growth.weeks // max(len(mine), 1)
                self.opens_in[mine] = weeks - growth.starts_weeks_ago + spread

    def _new_logos(self) -> None:
        """Deals that made the new customers, deals that were lost, and some still open."""
        book, settings = self.book, self.settings
        rng = self.streams.get("new_logos")
        won = np.flatnonzero(book.customer_since >= settings.start_day)
        others = rng.poisson(0.0022 * book.count * settings.weeks)
        closed = np.concatenate([
            book.customer_since[won],
            settings.start_day + rng.integers(0, 7 * settings.weeks + 75, others),
        ])  # fmt: skip
        segment = np.concatenate([book.segment[won], rng.choice(3, others, p=(0.15, 0.35, 0.5))])
        amount = np.concatenate([
            book.first_arr_usd[won],
            np.round(np.array([280e3, 85e3, 18e3])[segment[len(won) :]] * rng.uniform(0.5, 1.7, others), -2),
        ])  # fmt: skip
        length = np.array([110, 70, 35])[segment] * rng.uniform(0.6, 1.4, len(closed))
        created = closed - np.maximum(length.astype(np.int64), 8)
        known = created < settings.end_day
        account = np.concatenate([won, np.full(others, -1)])
        is_open = closed >= settings.end_day
        rows = self.ledger.append(
            account=account[known], kind=NEW_LOGO, segment=segment[known], amount=amount[known],
            created_on=created[known], expected_on=closed[known],
            closed_on=np.where(is_open, NEVER, closed)[known],
            is_won=np.where(is_open, -1, account >= 0)[known],
        )  # fmt: skip
        for stage in range(len(words.PIPELINE_STAGES)):
            entered = (created + (closed - created) * stage / 5).astype(np.int64)[known]
            reached = (entered < settings.end_day) & (
                (account[known] >= 0) | (rng.random(len(rows)) < 1 - 0.12 * stage)
            )
            self.stages.append(opportunity=rows[reached], entered_on=entered[reached], stage=stage)

    def step(self, week: int, contracts: Contracts, episodes: Episodes) -> None:
        """Open, advance and close what the week brings."""
        rng = self.streams.get("pipeline", week)
        monday = self.settings.monday(week)
        lost = np.flatnonzero((self.expansion >= 0) & (self.book.churned_on <= monday + 6))
        self._close_expansion(lost, np.minimum(self.book.churned_on[lost], monday + 6), won=False)
        self._advance(week, monday, contracts, rng)
        self._open(week, monday, contracts, episodes, rng)
        self._renewals(monday, contracts, episodes, rng)

    def _close_expansion(self, accounts: npt.NDArray[np.integer], day: npt.ArrayLike, won: bool) -> None:
        rows = self.expansion[accounts]
        day = np.maximum(day, self.ledger["created_on"][rows])
        self.ledger["closed_on"][rows] = day
        self.ledger["is_won"][rows] = won
        self.expansion[accounts] = -1
        self.stage[accounts] = -1

    def _advance(self, week: int, monday: int, contracts: Contracts, rng: np.random.Generator) -> None:
        book = self.book
        due = np.flatnonzero((self.expansion >= 0) & (self._next_week <= week))
        day = (monday + rng.integers(0, 5, len(due))).astype(np.int32)
        lost = rng.random(len(due)) < 0.11
        won = ~lost & (self.stage[due] == len(words.PIPELINE_STAGES) - 1)
        # Not in a week of renewal: what is bought then would fall on the wrong side of it.
        won &= (book.term_end[due] > monday + 7) & (contracts.renewed_on[due] < monday)
        self._close_expansion(due[lost], day[lost], won=False)
        amount = self.ledger["amount"][self.expansion[due[won]]]
        self._close_expansion(due[won], day[won], won=True)
        contracts.add_product(due[won], self.product[due[won]], amount, day[won])
        moves = ~lost & ~won & (self.stage[due] < len(words.PIPELINE_STAGES) - 1)
        on, day = due[moves], day[moves]
        self.stage[on] += 1
        self._next_week[on] = week + rng.integers(2, 6, len(on))
        self.stages.append(opportunity=self.expansion[on], entered_on=day, stage=self.stage[on])
        again = np.concatenate([due[lost], due[won]])
        wait = np.floor(rng.exponential(1.0, len(again)) / EXPANSION_RATE_PER_WEEK[book.segment[again]])
        self.opens_in[again] = (week + TALK_AHEAD_WEEKS + 2 + wait).clip(0, 30000)

    def _open(self, week: int, monday: int, contracts: Contracts, episodes: Episodes, rng: np.random.Generator) -> None:
        book = self.book
        free = np.flatnonzero(
            (self.expansion < 0) & (self.opens_in == week - 0) & (book.customer_since < monday - 100)
            & (book.churned_on > monday + 6) & (book.products < 2**PRODUCT_COUNT - 1) & ~episodes.in_trouble
        )  # fmt: skip
        missed = np.flatnonzero((self.expansion < 0) & (self.opens_in <= week))
        wait = np.floor(rng.exponential(1.0, len(missed)) / EXPANSION_RATE_PER_WEEK[book.segment[missed]])
        self.opens_in[missed] = (week + 2 + wait).clip(0, 30000)
        product = self.wanted_product(free)
        day = (monday + rng.integers(0, 5, len(free))).astype(np.int32)
        amount = np.maximum(np.round(contracts.arr(free) * rng.uniform(0.08, 0.25, len(free)), -2), 300.0)
        rows = self.ledger.append(
            account=free, kind=EXPANSION, segment=book.segment[free], amount=amount, created_on=day,
            expected_on=day + 90, closed_on=NEVER, is_won=-1,
        )  # fmt: skip
        self.expansion[free], self.product[free], self.stage[free] = rows, product, 0
        self._next_week[free] = week + rng.integers(2, 6, len(free))
        # A tenth of the deals is opened without a stage: it counts as identified all the same.
        staged = rng.random(len(free)) > 0.1
        self.stages.append(opportunity=rows[staged], entered_on=day[staged], stage=0)

    def wanted_product(self, accounts: npt.NDArray[np.integer]) -> npt.NDArray[np.int8]:
        """The first product that an account does not own."""
        owned = (self.book.products[accounts, None] & BITS) > 0
        return np.argmin(owned, axis=1).astype(np.int8)

    def _renewals(self, monday: int, contracts: Contracts, episodes: Episodes, rng: np.random.Generator) -> None:
        """Renewal opportunities from 95 days before the end; none where the renewal is delayed."""
        book, sunday = self.book, monday + 6
        done = np.flatnonzero((self.renewal >= 0) & (self._renewal_end <= sunday))
        rows = self.renewal[done]
        self.ledger["closed_on"][rows] = np.minimum(self._renewal_end[done], sunday)
        self.ledger["is_won"][rows] = book.churned_on[done] > sunday
        cut = np.flatnonzero((self.renewal >= 0) & (self._renewal_end > sunday) & (book.churned_on <= sunday))
        rows = self.renewal[cut]
        self.ledger["closed_on"][rows] = np.maximum(book.churned_on[cut], self.ledger["created_on"][rows])
        self.ledger["is_won"][rows] = 0
        self.renewal[done] = self.renewal[cut] = -1
        left = book.term_end.astype(np.int64) - monday
        delayed = episodes.has(words.DELAYED_RENEWAL) | (book.silent_from <= sunday)
        start = np.flatnonzero(
            (self.renewal < 0) & (left <= RENEWAL_MILESTONES[0]) & (left > 7) & ~delayed
            & (book.customer_since < monday) & (book.churned_on > sunday)
        )  # fmt: skip
        day = (monday + rng.integers(0, 5, len(start))).astype(np.int32)
        self.renewal[start] = self.ledger.append(
            account=start, kind=RENEWAL_TYPE, segment=book.segment[start], amount=contracts.arr(start),
            created_on=day, expected_on=book.term_end[start], closed_on=NEVER, is_won=-1,
        )  # fmt: skip
        self._renewal_stage[start] = 0
        self._renewal_end[start] = book.term_end[start]
        running = np.flatnonzero(self.renewal >= 0)
        reached = np.digitize(-left[running], -np.asarray(RENEWAL_MILESTONES[1:])) + 1
        moves = reached > self._renewal_stage[running]
        on = running[moves]
        self._renewal_stage[on] = reached[moves]
        entered = np.maximum(monday + rng.integers(0, 5, len(on)), self.ledger["created_on"][self.renewal[on]])
        self.stages.append(opportunity=self.renewal[on], entered_on=entered, stage=reached[moves])
