"""What happens to the people of a world, in numbers. Roles are those of `team`; weeks count back from the end.

`STANDARD` keeps one CSM over capacity throughout, a fixed target for tests and evidence. `DEMO` is the story of the
bundled book: parental leave, a growing book, a wave of new customers, a leaver, a new hire and a renewal peak ahead.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spell:
    """Some weeks, and the number of accounts that they concern."""

    starts_weeks_ago: int
    weeks: int
    accounts: int = 0


@dataclass(frozen=True)
class Takeover:
    """Accounts that the new hire takes over from a role, some weeks after the first day."""

    week: int
    from_role: str
    accounts: int


@dataclass(frozen=True)
class Story:
    """The parameters of a story. Loads are ratios of capacity, shares 0 to 1."""

    target_loads: dict[str, float]  # of the first book, by role
    enterprise_ordinary_load: float  # their books grow by what the leaver leaves
    drowning_tempo: tuple[float, float]  # interactions per need, before and after the leaver's book came on top
    handed_over_share: float  # of the drowning book, its easiest accounts, that peers have from the start
    drowning_share: float  # of the leaver's book that goes to the drowning CSM
    leaver_weeks_ago: int
    new_hire_days_ago: int
    cliff_quarter: int  # quarters after that of the last Sunday
    mid_market_roles: tuple[str, ...] = ("cliff",)
    tier_tempo: tuple[float, float, float] = (1.0, 1.0, 1.0)  # interactions per need
    message_rate: float = 1.0  # scales emails and status updates
    training_days: tuple[int, ...] = (2, 3)
    is_by_effort: bool = False  # the drowning CSM is given the hardest accounts and gives away the easiest
    is_orderly: bool = False  # a CSM has at most one absence a week, an account no two meetings at a time
    leave: Spell | None = None  # parental leave: peers look after the accounts meanwhile
    growth: dict[str, Spell] = field(default_factory=dict)  # by role: accounts buy another product, one by one
    wave: Spell | None = None  # new customers of one book start within a few weeks
    takeovers: tuple[Takeover, ...] = ()  # empty: a few accounts of ordinary peers


STANDARD = Story(
    target_loads={
        "ordinary": 0.77, "drowning": 1.08, "coasting": 0.58, "leaver": 0.54, "new_hire": 0.0, "cliff": 0.78,
        "pool": 0.58,
    },
    enterprise_ordinary_load=0.68, drowning_tempo=(1.35, 3.1), handed_over_share=0.4, drowning_share=0.25,
    leaver_weeks_ago=20, new_hire_days_ago=41, cliff_quarter=2,
)  # fmt: skip

DEMO = Story(
    target_loads={
        "ordinary": 0.76, "drowning": 0.74, "coasting": 0.65, "leaver": 0.70, "new_hire": 0.0, "cliff": 0.88,
        "pool": 0.58, "on_leave": 0.72, "onboarding_wave": 0.83, "growing_book": 0.78,
    },
    enterprise_ordinary_load=0.61, drowning_tempo=(1.0, 1.9), handed_over_share=0.35,
    drowning_share=0.45, leaver_weeks_ago=20, new_hire_days_ago=76, cliff_quarter=1,
    mid_market_roles=("cliff", "on_leave", "onboarding_wave"),
    tier_tempo=(1.8, 1.4, 1.0), message_rate=0.5, training_days=(1, 2), is_by_effort=True, is_orderly=True,
    leave=Spell(60, 18), wave=Spell(40, 2, accounts=8),
    growth={"growing_book": Spell(45, 8, accounts=7), "drowning": Spell(12, 3, accounts=4)},
    takeovers=(Takeover(1, "growing_book", 1), Takeover(2, "ordinary", 1), Takeover(3, "ordinary", 2),
               Takeover(5, "drowning", 2)),
)  # fmt: skip
