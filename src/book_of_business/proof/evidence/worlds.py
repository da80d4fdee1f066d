"""Worlds in memory: the simulator stepped week by week without writing a file, with what is true beside what is seen.

`simulate_world` gives frames that look like the marts which calibration reads, for weeks after a warm-up that fills
the windows of 90 days. A world of 16 CSMs, 530 accounts and 26 weeks takes about a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from book_of_business.simulate import vocabulary as words
from book_of_business.simulate.days import NEVER
from book_of_business.simulate.run import Simulation
from book_of_business.simulate.settings import DEFAULT_AS_OF, Settings
from book_of_business.simulate.touchpoints import IS_COUNTED, Touches
from book_of_business.simulate.worlds import World

ACCOUNTS_PER_CSM = 400 / 12  # as in the bundled book
WARM_UP_WEEKS = 13
RED_HEALTH_SCORE = 50
ID_WIDTH = 5


@dataclass(frozen=True)
class PlantedSettings(Settings):
    """Settings of a world that is given, not named."""

    planted: World | None = None

    @property
    def world(self) -> World:
        """The planted world, else the named one."""
        return self.planted or super().world


@dataclass(frozen=True)
class SimulatedWorld:
    """What was seen and what is true. Ids are texts; weeks are Mondays.

    account_weeks: account_id, csm_id (`unassigned`: nobody), week_start_date, week (0 is the first after the warm-up),
        segment, `<factor>_level` of the eight, arr_usd, availability_ratio (of the owner), minutes (logged on the
        account), entry_count, interaction_count, interaction_minutes, meaningful_minutes (completed interactions);
        true: expected_minutes, true_hours, reference_hours (by the reference weights).
    csm_weeks: csm_id, role_tier, week_start_date, week, fte, ramp_ratio, availability_ratio, target_capacity_hours,
        account_count, at_risk_share (stage at_risk), red_share (health under 50), counted_count, completed_count,
        meaningful_count, scored_count, quality_sum, logged_minutes, ownerless_minutes, entry_count;
        true: true_load, reference_load.
    perceived: csm_id, surveyed_on, perceived_load.
    """

    settings: Settings
    account_weeks: pl.DataFrame
    csm_weeks: pl.DataFrame
    perceived: pl.DataFrame

    @property
    def world(self) -> World:
        return self.settings.world


def simulate_world(
    seed: int,
    csms: int = 16,
    weeks: int = 26,
    world: World | str = "standard",
    accounts: int | None = None,
    warm_up: int = WARM_UP_WEEKS,
    has_story: bool = False,
) -> SimulatedWorld:
    """Step a world and keep what happened after the warm-up.

    Args:
        seed: of the simulator.
        csms: number of CSMs.
        weeks: weeks that are kept.
        world: a name of `simulate.worlds.WORLDS`, or a world with planted parameters (`dataclasses.replace`).
        accounts: number of accounts (default: as many per CSM as in the bundled book).
        warm_up: weeks before, in which the windows of 90 days fill.
        has_story: whether the people of the demo's story are planted.
    """
    named = world if isinstance(world, str) else "standard"
    settings = PlantedSettings(
        accounts=accounts or round(csms * ACCOUNTS_PER_CSM),
        csms=csms,
        weeks=warm_up + weeks,
        seed=seed,
        as_of=DEFAULT_AS_OF,
        world_name=named,
        has_story=has_story,
        planted=None if isinstance(world, str) else world,
    )
    run = Simulation(settings, is_lean=True)
    ids = Ids(settings.csms, settings.accounts)
    account_weeks, csm_weeks = [], []
    for week in range(settings.weeks):
        touches, frames, minutes = run.step(week)
        if week >= warm_up:
            entries = frames.get("time_entries")
            account_weeks.append(of_accounts(run, ids, touches, entries, minutes, week, week - warm_up))
            csm_weeks.append(of_csms(run, ids, touches, entries, week, week - warm_up))
    return SimulatedWorld(
        settings,
        pl.concat(account_weeks),
        pl.concat(csm_weeks),
        perceived_of(run, ids),
    )


class Ids:
    """Texts of CSMs, accounts and levels, made once."""

    def __init__(self, csms: int, accounts: int) -> None:
        self.csm = pl.Series([*(f"C{number:0{ID_WIDTH}d}" for number in range(csms)), "unassigned"])
        self.account = pl.Series([f"A{number:0{ID_WIDTH}d}" for number in range(accounts)])
        self.levels = {factor: pl.Series([*words.FACTOR_LEVELS[factor], "unknown"]) for factor in words.FACTORS}
        self.segment = pl.Series(words.SEGMENTS)
        self.tier = pl.Series(words.ROLE_TIERS)


def day_of(days: np.ndarray | int) -> pl.Series:
    """Days since 1970 as dates; never is null."""
    array = np.atleast_1d(np.asarray(days, dtype=np.int64))
    return pl.Series(np.where(array >= NEVER, 0, array).astype(np.int32)).cast(pl.Date).set(
        pl.Series(array >= NEVER), None
    )  # fmt: skip


def sums(place: np.ndarray, count: int, values: np.ndarray | None = None) -> np.ndarray:
    """Sums by row number; rows of nobody (-1) are left out."""
    kept = place >= 0
    return np.bincount(place[kept], None if values is None else values[kept], minlength=count)


def of_accounts(
    run: Simulation,
    ids: Ids,
    touches: Touches,
    entries: pl.DataFrame | None,
    minutes: np.ndarray,
    week: int,
    number: int,
) -> pl.DataFrame:
    """The rows of `account_weeks` of one week: the accounts that are active on its Sunday."""
    book, monday = run.book, run.settings.monday(week)
    here = np.flatnonzero(book.active_on(monday + 6) & (book.stage >= 0))
    owner = book.csm[here]
    logged, count = (np.zeros(book.count), np.zeros(book.count, dtype=np.int64))
    if entries is not None:
        account = entries["account"].to_numpy()
        logged, count = sums(account, book.count, entries["minutes"].to_numpy()), sums(account, book.count)
    done = touches.status == words.COMPLETED
    length = np.where(done, np.maximum(touches.minutes, 0), 0)
    talks = np.where(done, touches.account, -1)
    meant = np.where(touches.is_meaningful, touches.account, -1)
    return pl.DataFrame({
        "account_id": ids.account.gather(here),
        "csm_id": ids.csm.gather(np.where(owner >= 0, owner, len(ids.csm) - 1)),
        "week_start_date": day_of(np.full(len(here), monday)),
        "week": np.full(len(here), number, dtype=np.int32),
        "segment": ids.segment.gather(book.segment[here]),
        **{f"{factor}_level": ids.levels[factor].gather(book.levels[factor][here]) for factor in words.FACTORS},
        "arr_usd": run.contracts.arr(here),
        "availability_ratio": np.where(owner >= 0, run.team.availability[owner, week], 0.0),
        "minutes": logged[here].astype(float),
        "entry_count": count[here].astype(np.int64),
        "interaction_count": sums(talks, book.count)[here].astype(np.int64),
        "interaction_minutes": sums(talks, book.count, length)[here].astype(float),
        "meaningful_minutes": sums(meant, book.count, length)[here].astype(float),
        "expected_minutes": minutes[here],
        "true_hours": run.load.true_hours[here],
        "reference_hours": run.load.reference_hours[here],
    })  # fmt: skip


def of_csms(
    run: Simulation, ids: Ids, touches: Touches, entries: pl.DataFrame | None, week: int, number: int
) -> pl.DataFrame:
    """The rows of `csm_weeks` of one week: the CSMs employed in it."""
    team, book, monday = run.team, run.book, run.settings.monday(week)
    people = np.flatnonzero((team.hired_on <= monday + 6) & (team.left_on > monday))
    owner = np.where(book.active_on(monday + 6) & (book.stage >= 0), book.csm, -1)
    size = sums(owner, team.count)
    risky = sums(owner, team.count, (book.stage == words.AT_RISK).astype(float))
    red = sums(owner, team.count, (book.health < RED_HEALTH_SCORE).astype(float))
    done = touches.status == words.COMPLETED
    scored = done & ~np.isnan(touches.quality)
    logged, lost, count = np.zeros((3, team.count))
    if entries is not None:
        csm, spent = entries["csm"].to_numpy(), entries["minutes"].to_numpy()
        nobody = entries["account"].to_numpy() < 0
        logged, count = sums(csm, team.count, spent), sums(csm, team.count)
        lost = sums(np.where(nobody, csm, -1), team.count, spent)
    held = {
        "counted_count": done & IS_COUNTED[touches.kind],
        "completed_count": done,
        "meaningful_count": touches.is_meaningful,
        "scored_count": scored,
    }
    divisor = np.maximum(size, 1)
    return pl.DataFrame({
        "csm_id": ids.csm.gather(people),
        "role_tier": ids.tier.gather(team.tier[people]),
        "week_start_date": day_of(np.full(len(people), monday)),
        "week": np.full(len(people), number, dtype=np.int32),
        "fte": team.fte[people], "ramp_ratio": team.ramp[people, week],
        "availability_ratio": team.availability[people, week],
        "target_capacity_hours": team.capacity[people, week],
        "account_count": size[people].astype(np.int64),
        "at_risk_share": (risky / divisor)[people], "red_share": (red / divisor)[people],
        **{name: sums(np.where(flag, touches.csm, -1), team.count)[people].astype(np.int64)
           for name, flag in held.items()},
        "quality_sum": sums(np.where(scored, touches.csm, -1), team.count, np.nan_to_num(touches.quality))[people],
        "logged_minutes": logged[people], "ownerless_minutes": lost[people],
        "entry_count": count[people].astype(np.int64),
        "true_load": run.load.true_load[people], "reference_load": run.load.reference_load[people],
    })  # fmt: skip


def perceived_of(run: Simulation, ids: Ids) -> pl.DataFrame:
    """Answers of CSMs."""
    felt = run.surveys.effort
    return pl.DataFrame({
        "csm_id": ids.csm.gather(felt["csm"].astype(np.int64)), "surveyed_on": day_of(felt["surveyed_on"]),
        "perceived_load": felt["perceived"].astype(np.int64),
    })  # fmt: skip
