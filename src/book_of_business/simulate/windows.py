"""Sums over the last 90 days, kept up to date week by week without keeping the events of all weeks."""

from collections import deque

import numpy as np
import numpy.typing as npt

WINDOW_WEEKS = 12  # 90 days are 12 weeks and the last six days of the week before


class Window:
    """Per-account sums of integer event values over the 90 days that end on a Sunday."""

    def __init__(self, count: int, names: tuple[str, ...]) -> None:
        self.sums = {name: np.zeros(count, dtype=np.int64) for name in names}
        self._events: deque[tuple[npt.NDArray[np.integer], npt.NDArray[np.bool_], dict[str, npt.NDArray[np.int64]]]]
        self._events = deque()

    def step(self, accounts: npt.NDArray[np.integer], is_monday: npt.NDArray[np.bool_],
             values: dict[str, npt.NDArray[np.int64]]) -> None:  # fmt: skip
        """Add the events of a new week (one entry per event) and let go of those that leave."""
        self._add(accounts, values, 1)
        self._events.append((accounts, is_monday, values))
        if len(self._events) > WINDOW_WEEKS + 1:  # its Monday went a week ago
            old, monday, gone = self._events.popleft()
            self._add(old[~monday], {name: value[~monday] for name, value in gone.items()}, -1)
        if len(self._events) > WINDOW_WEEKS:
            old, monday, gone = self._events[0]
            self._add(old[monday], {name: value[monday] for name, value in gone.items()}, -1)

    def _add(self, accounts: npt.NDArray[np.integer], values: dict[str, npt.NDArray[np.int64]], sign: int) -> None:
        for name, value in values.items():
            np.add.at(self.sums[name], accounts, sign * value)
