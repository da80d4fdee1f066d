"""The people at the accounts, and who of them was seen when."""

import numpy as np
import numpy.typing as npt

from book_of_business.simulate.book import Book
from book_of_business.simulate.days import NEVER
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.streams import Streams

STAKEHOLDER_DAYS = 90
CHAMPION = 0


class Contacts:
    """One entry per contact; the contacts of an account are neighbours, its champion first.

    `account`, `role`, `added_on`, `left_on` are the table; `first` and `size` find an account's own;
    `last_seen` is the day of the last completed interaction in which a contact took part.
    """

    def __init__(self, settings: Settings, book: Book, streams: Streams) -> None:
        rng = streams.get("contacts")
        self.book = book
        self.size = book.contact_count.astype(np.int64)
        self.first = np.concatenate([[0], np.cumsum(self.size)[:-1]])
        self.account = np.repeat(np.arange(book.count, dtype=np.int32), self.size)
        count = len(self.account)
        place = np.arange(count) - self.first[self.account]
        later = rng.choice((1, 2, 3), count, p=(0.25, 0.3, 0.45))
        self.role = np.where(place == 0, CHAMPION, later).astype(np.int8)
        since = book.customer_since[self.account]
        late = np.floor(rng.random(count) ** 3 * 500).astype(np.int32)
        self.added_on = np.where(place == 0, since, since + late).astype(np.int32)
        leaves = (place > 0) & (rng.random(count) < 0.12)
        stay = 120 + np.floor(rng.random(count) * 900).astype(np.int32)
        self.left_on = np.where(leaves, self.added_on + stay, NEVER).astype(np.int32)
        self.left_on[(place == 0) & (book.story[self.account] == 3)] = settings.end_day - 50
        self.left_on[self.left_on >= settings.end_day] = NEVER  # not yet known
        self.last_seen = np.full(count, -1, dtype=np.int32)

    def on_file(self, sunday: int) -> npt.NDArray[np.int64]:
        """Contacts of each account on file on a day."""
        here = (self.added_on <= sunday) & (self.left_on > sunday)
        return np.bincount(self.account[here], minlength=self.book.count)

    def stakeholders(self, sunday: int) -> npt.NDArray[np.int8]:
        """Level of stakeholders on the Sunday: 0 single, 1 multi, 2 complex."""
        seen = self.account[self.last_seen >= sunday + 1 - STAKEHOLDER_DAYS]
        engaged = np.bincount(seen, minlength=self.book.count)
        number = np.where(engaged > 0, engaged, self.on_file(sunday))
        return np.where(number >= 5, 2, np.where(number >= 2, 1, 0)).astype(np.int8)
