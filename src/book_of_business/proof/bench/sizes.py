"""Sizes of books: `10k` accounts, and where a size keeps what it makes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from book_of_business.errors import UserError

ACCOUNTS_PER_CSM = 50
FEWEST_CSMS = 4
SMALL_ACCOUNTS = 20_000  # up to here a step is quick and is run three times
UNITS = {"": 1, "k": 1_000, "m": 1_000_000}


@dataclass(frozen=True)
class Size:
    """A book of so many accounts over so many weeks, and its folder."""

    name: str
    accounts: int
    weeks: int
    folder: Path

    @property
    def csms(self) -> int:
        return max(FEWEST_CSMS, self.accounts // ACCOUNTS_PER_CSM)

    @property
    def runs(self) -> int:
        return 3 if self.accounts <= SMALL_ACCOUNTS else 1

    @property
    def raw(self) -> Path:
        return self.folder / "raw"

    @property
    def growing(self) -> Path:
        return self.folder / "growing"

    @property
    def session_file(self) -> Path:
        return self.folder / "session.jsonl"

    def marts_of(self, who: str) -> Path:
        """Where a version of the core marts writes them."""
        return self.folder / "marts" / who


def parse(text: str, weeks: int, work: Path) -> Size:
    """A size from text such as `10k`, `1m` or `200`.

    Raises:
        UserError: for anything else, or fewer than 100 accounts.
    """
    found = re.fullmatch(r"(\d+)([km]?)", text.strip().lower())
    accounts = int(found.group(1)) * UNITS[found.group(2)] if found else 0
    if accounts < 100:
        raise UserError(f"SIZE is {text}; give a number of accounts from 100 on, such as 2k, 100k or 1m")
    return Size(found.group(0) if found else text, accounts, weeks, work / text.strip().lower())
