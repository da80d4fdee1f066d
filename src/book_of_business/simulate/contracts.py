"""Subscriptions, renewals, churn: what is owned, for how much, until when.

The products of an account end together. A renewal writes a new row per product that starts on the old
row's `ends_on`; a cancellation sets `cancelled_on`.
"""

import numpy as np
import numpy.typing as npt

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.book import Book
from book_of_business.simulate.days import NEVER, add_months
from book_of_business.simulate.ledger import Ledger
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.streams import Streams

PRODUCT_COUNT = len(words.PRODUCTS)
BITS = (1 << np.arange(PRODUCT_COUNT)).astype(np.uint8)
POPULAR = np.array([0.0, 0.15, 0.3, 0.45, 0.6, 0.75])  # smaller is bought earlier
CHURN_LOGIT = np.array([-3.6, -3.0, -2.5])
MONTHLY_CHURN_IN_TROUBLE = 0.035
RENEWED, EXPANDED, CONTRACTED, CHURNED = range(4)


class Contracts:
    """The subscription and renewal ledgers and the row in force of each account and product."""

    def __init__(self, settings: Settings, book: Book, streams: Streams) -> None:
        self.settings, self.book, self.streams = settings, book, streams
        self.ledger = Ledger(
            account=np.int32, product=np.int8, arr_usd=float, has_custom=bool, starts_on=np.int32,
            ends_on=np.int32, cancelled_on=np.int32,
        )  # fmt: skip
        self.renewals = Ledger(
            account=np.int32, renewed_on=np.int32, outcome=np.int8, arr_before=float, arr_after=float
        )
        self.row = np.full((book.count, PRODUCT_COUNT), -1, dtype=np.int32)
        self.renewed_on = np.full(book.count, -1, dtype=np.int32)  # the last renewal; -1: none yet
        self._start()

    def _start(self) -> None:
        """The first term of every account, also of those that come later."""
        book = self.book
        rng = self.streams.get("contracts")
        score = rng.random((book.count, PRODUCT_COUNT), dtype=np.float32) + POPULAR.astype(np.float32)
        score[:, 0] = -1  # everyone starts with the first product
        rank = np.argsort(np.argsort(score, axis=1, kind="stable"), axis=1, kind="stable")
        owned = rank < book.product_count[:, None]
        account, product = np.nonzero(owned)
        share = rng.uniform(0.6, 1.4, len(account)) * np.where(product == 0, 2.0, 1.0)
        share /= np.bincount(account, share, minlength=book.count)[account]
        arr = np.maximum(np.round(share * book.first_arr_usd[account], -2), 100.0)
        end = np.where(book.is_evergreen, NEVER, add_months(book.first_term_start, 12)).astype(np.int32)
        rows = self.ledger.append(
            account=account, product=product, arr_usd=arr, starts_on=book.first_term_start[account],
            has_custom=book.has_custom[account] & (product == 0), ends_on=end[account], cancelled_on=NEVER,
        )  # fmt: skip
        self.row[account, product] = rows
        book.term_end = end
        book.products = (owned * BITS).sum(axis=1).astype(np.uint8)

    def add_product(self, accounts: npt.NDArray[np.integer], products: npt.NDArray[np.integer],
                    arr: npt.NDArray[np.float64], day: npt.NDArray[np.integer]) -> None:  # fmt: skip
        """A product bought inside a term; it ends with the others."""
        end = self.book.term_end[accounts]
        self.row[accounts, products] = self.ledger.append(
            account=accounts, product=products, arr_usd=arr, has_custom=False, starts_on=day,
            ends_on=end, cancelled_on=NEVER,
        )  # fmt: skip
        self.book.products[accounts] |= BITS[products]

    def arr(self, accounts: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
        """ARR in force of the accounts, US dollars."""
        rows = self.row[accounts]
        return np.where(rows >= 0, self.ledger["arr_usd"][rows], 0.0).sum(axis=1)

    def step(
        self, week: int, lagged_load: npt.NDArray[np.float64], in_trouble: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.intp]:
        """Renewals and cancellations of the week. Returns the accounts that churned.

        `lagged_load`: load ratio, 13 weeks ago, of the book that each account is in; `in_trouble`:
        whether a deterioration is under way.
        """
        book, world = self.book, self.settings.world
        rng = self.streams.get("contracts", week)
        monday = self.settings.monday(week)
        present = (book.customer_since < monday) & (book.churned_on == NEVER)
        due = np.flatnonzero(present & (book.term_end >= monday) & (book.term_end < monday + 7))
        logit = CHURN_LOGIT[book.segment[due]] + world.churn_load_effect * (lagged_load[due] - 0.8)
        logit += world.churn_risk_effect * in_trouble[due]
        churns = rng.random(len(due)) < np.round(1 / (1 + np.exp(-logit)), 6)
        self._renew(due[~churns], in_trouble, rng)
        lost = due[churns]
        day = book.term_end[lost]
        before = self.arr(lost)
        self.renewals.append(account=lost, renewed_on=day, outcome=CHURNED, arr_before=before, arr_after=0.0)
        book.churned_on[lost] = day
        draws = rng.random(book.count) < MONTHLY_CHURN_IN_TROUBLE / 4
        quitting = np.flatnonzero(
            present
            & draws
            & in_trouble
            & (book.term_end > monday + 35)
            & (self.renewed_on < monday)
            & (book.customer_since < monday - 120)
        )
        day = (monday + rng.integers(0, 5, len(quitting))).astype(np.int32)
        rows = self.row[quitting]
        self.ledger["cancelled_on"][rows[rows >= 0]] = np.repeat(day, (rows >= 0).sum(axis=1))
        self.renewals.append(
            account=quitting, renewed_on=day, outcome=CHURNED, arr_before=self.arr(quitting), arr_after=0.0
        )
        book.churned_on[quitting] = day
        gone = np.concatenate([lost, quitting])
        self.row[gone] = -1
        book.products[gone] = 0
        return gone

    def _renew(self, accounts: npt.NDArray[np.integer], in_trouble: npt.NDArray[np.bool_],
               rng: np.random.Generator) -> None:  # fmt: skip
        """New rows for another year (two for one account in ten): same, more, less."""
        book = self.book
        day = book.term_end[accounts]
        before = self.arr(accounts)
        draw = rng.random(len(accounts))
        trouble = in_trouble[accounts]
        outcome = np.where(draw < np.where(trouble, 0.10, 0.34), EXPANDED, RENEWED)
        outcome[draw > np.where(trouble, 0.65, 0.92)] = CONTRACTED
        several = (self.row[accounts] >= 0).sum(axis=1) > 1
        drops = (outcome == CONTRACTED) & several & (rng.random(len(accounts)) < 0.5)
        rate = np.where(outcome == EXPANDED, rng.uniform(1.04, 1.18, len(accounts)), 1.0)
        rate = np.where((outcome == CONTRACTED) & ~drops, rng.uniform(0.72, 0.93, len(accounts)), rate)
        months = np.where(rng.random(len(accounts)) < 0.08, 24, 12)
        end = add_months(day, months)
        place, product = np.nonzero(self.row[accounts] >= 0)
        old = self.row[accounts[place], product]
        last = np.zeros(len(place), dtype=bool)  # the last product of each account is the one dropped
        last[np.flatnonzero(np.append(np.diff(place) > 0, len(place) > 0))] = len(place) > 0
        dropped = last & drops[place]
        self.row[accounts[place[dropped]], product[dropped]] = -1
        book.products[accounts[place[dropped]]] &= ~BITS[product[dropped]]
        place, product, old = place[~dropped], product[~dropped], old[~dropped]
        arr = np.maximum(np.round(self.ledger["arr_usd"][old] * rate[place], 0), 1.0)
        self.row[accounts[place], product] = self.ledger.append(
            account=accounts[place], product=product, arr_usd=arr, ends_on=end[place], cancelled_on=NEVER,
            has_custom=self.ledger["has_custom"][old], starts_on=day[place],
        )  # fmt: skip
        book.term_end[accounts] = end
        self.renewed_on[accounts] = day
        after = self.arr(accounts)
        outcome = np.where(after > before, EXPANDED, np.where(after < before, CONTRACTED, RENEWED))
        self.renewals.append(account=accounts, renewed_on=day, outcome=outcome, arr_before=before, arr_after=after)

    def custom_in_force(self) -> npt.NDArray[np.bool_]:
        """Accounts with a custom configuration among the subscriptions in force."""
        first = self.row[:, 0]
        return (first >= 0) & self.ledger["has_custom"][first]
