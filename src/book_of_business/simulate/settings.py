"""The options of one run, checked, and the dates that follow from them."""

import datetime as dt
from dataclasses import dataclass

from book_of_business.simulate.story import STANDARD, Story
from book_of_business.simulate.worlds import WORLDS, World

DEFAULT_AS_OF = dt.date(2026, 6, 28)  # a Sunday; a constant, never the wall clock
EPOCH = dt.date(1970, 1, 1)
MAXIMUM_ACCOUNTS = 10_000_000
MAXIMUM_CSMS = 1_000_000
MAXIMUM_WEEKS = 1_040


class SimulationError(ValueError):
    """A request that cannot be simulated. The message is one line for the user."""


@dataclass(frozen=True)
class Settings:
    """A checked request. `as_of` is the last Sunday of the simulated window.

    Raises SimulationError for a value out of range, an `as_of` that is not a Sunday or an unknown world.
    """

    accounts: int = 400
    csms: int = 12
    weeks: int = 78
    seed: int = 33
    as_of: dt.date = DEFAULT_AS_OF
    world_name: str = "standard"
    has_story: bool = True
    has_daily_usage: bool = False

    def __post_init__(self) -> None:
        for name, value, top in (
            ("accounts", self.accounts, MAXIMUM_ACCOUNTS),
            ("csms", self.csms, MAXIMUM_CSMS),
            ("weeks", self.weeks, MAXIMUM_WEEKS),
        ):
            if not 1 <= value <= top:
                raise SimulationError(f"--{name} must be from 1 to {top:,}; got {value}")
        if not 0 <= self.seed < 2**63:
            raise SimulationError(f"--seed must be from 0 to 2^63 - 1; got {self.seed}")
        if self.as_of.weekday() != 6:
            raise SimulationError(f"--as-of must be a Sunday; {self.as_of} is not")
        if not dt.date(1980, 1, 1) <= self.as_of <= dt.date(2200, 1, 1):
            raise SimulationError(f"--as-of must be between 1980 and 2200; got {self.as_of}")
        if self.as_of - dt.timedelta(weeks=self.weeks) < dt.date(1975, 1, 1):
            raise SimulationError(f"--weeks {self.weeks} before {self.as_of} reaches back too far")
        if self.world_name not in WORLDS:
            known = ", ".join(WORLDS)
            raise SimulationError(f"--world must be one of {known}; got {self.world_name}")

    @property
    def world(self) -> World:
        """The planted world."""
        return WORLDS[self.world_name]

    @property
    def tells_story(self) -> bool:
        """Whether the people of the world's story are planted."""
        return self.has_story and self.world.story is not None

    @property
    def story(self) -> Story:
        """The story of the world; the standard one, of ordinary people only, where none is told."""
        return self.world.story if self.tells_story and self.world.story else STANDARD

    @property
    def start_day(self) -> int:
        """First Monday, in days since 1970-01-01."""
        return self.end_day - 7 * self.weeks

    @property
    def end_day(self) -> int:
        """The Monday after the last Sunday, in days since 1970-01-01."""
        return (self.as_of - EPOCH).days + 1

    def monday(self, week: int) -> int:
        """The Monday of week number `week` (0 is the first), in days since 1970-01-01."""
        return self.start_day + 7 * week
