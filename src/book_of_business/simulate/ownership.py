"""Who looks after which account: first assignments, a leaver's book, a new hire's first accounts."""

import numpy as np
import numpy.typing as npt

from book_of_business.simulate import team as teams
from book_of_business.simulate.book import Book
from book_of_business.simulate.days import NEVER
from book_of_business.simulate.ledger import Ledger
from book_of_business.simulate.settings import Settings
from book_of_business.simulate.streams import Streams
from book_of_business.simulate.team import Team

MOVE_RATE_PER_WEEK = 0.0006
HANDOVER_GAP_WEEKS = 3
NOBODY = -1


class Ownership:
    """Assignments as they happen. All moves take effect on Mondays."""

    def __init__(self, settings: Settings, team: Team, book: Book, streams: Streams) -> None:
        self.settings, self.team, self.book, self.streams = settings, team, book, streams
        self.ledger = Ledger(account=np.int32, assigned_on=np.int32, csm=np.int32, unassigned_on=np.int32)
        self._row = np.full(book.count, -1, dtype=np.int64)
        self._gap_until = np.full(book.count, NEVER, dtype=np.int32)
        self._lent_by = np.full(book.count, NOBODY, dtype=np.int32)  # whose account it is, during a leave
        self._ordinary = [self._peers(tier) for tier in range(3)]

    def _peers(self, tier: int) -> npt.NDArray[np.int32]:
        """CSMs of a tier who are there throughout."""
        role = self.team.role
        usual = (self.team.tier == tier) & ~np.isin(role, (teams.LEAVER, teams.NEW_HIRE, teams.COASTING))
        calm = np.flatnonzero(usual & (role != teams.DROWNING))
        return (calm if len(calm) else np.flatnonzero(usual)).astype(np.int32)

    def _is_on_leave(self, csm: npt.NDArray[np.integer], monday: int) -> npt.NDArray[np.bool_]:
        return (self.team.leave_from[csm] <= monday) & (monday < self.team.leave_until[csm])

    def _stand_in(
        self, accounts: npt.NDArray[np.integer], monday: int, rng: np.random.Generator
    ) -> npt.NDArray[np.int32]:
        """A peer in the tier of each account; nobody where there is none."""
        result = np.full(len(accounts), NOBODY, dtype=np.int32)
        for tier, everyone in enumerate(self._ordinary):
            peers = everyone[~self._is_on_leave(everyone, monday)]
            mine = np.flatnonzero(self.book.segment[accounts] == tier)
            if len(peers) and len(mine):
                result[mine] = peers[(rng.integers(len(peers)) + np.arange(len(mine))) % len(peers)]
        return result

    def _assign(self, accounts: npt.NDArray[np.integer], csm: npt.NDArray[np.integer], day: npt.ArrayLike) -> None:
        """Open a span; an owner of nobody opens none."""
        book = self.book
        book.csm[accounts] = csm
        kept = csm >= 0
        self._row[accounts] = -1
        day = np.broadcast_to(day, accounts.shape)[kept]
        self._row[accounts[kept]] = self.ledger.append(
            account=accounts[kept], assigned_on=day, csm=csm[kept], unassigned_on=NEVER
        )

    def close(self, accounts: npt.NDArray[np.integer], day: npt.ArrayLike) -> None:
        """End the open spans of the accounts on a day (exclusive)."""
        row = self._row[accounts]
        day = np.broadcast_to(day, accounts.shape)
        self.ledger["unassigned_on"][row[row >= 0]] = day[row >= 0]
        self._row[accounts] = -1
        self.book.csm[accounts] = NOBODY

    def _settled(self, accounts: npt.NDArray[np.integer], monday: int) -> npt.NDArray[np.integer]:
        """Those of the accounts whose owner has not just changed (a span lasts at least a day)."""
        row = self._row[accounts]
        return accounts[(row >= 0) & (self.ledger["assigned_on"][row] < monday)]

    def step(self, week: int) -> None:
        """The moves of one week."""
        book, team = self.book, self.team
        rng = self.streams.get("ownership", week)
        monday = self.settings.monday(week)
        here = (team.hired_on <= monday) & (team.left_on > monday)
        # New customers (and, in the first week, all that are there already).
        starting = (book.customer_since < monday + 7) & (book.stage < 0)
        starting = np.flatnonzero(starting)
        owner = book.first_csm[starting]
        gone = ~here[owner] | self._is_on_leave(owner, monday)
        owner = np.where(gone, self._stand_in(starting, monday, rng), owner).astype(np.int32)
        hires = np.flatnonzero((team.role == teams.NEW_HIRE) & here)
        for tier in np.unique(team.tier[hires]):  # new customers go to new hires first
            first = np.flatnonzero(team.tier[owner] == tier)[: 2 * (team.tier[hires] == tier).sum()]
            owner[first] = hires[team.tier[hires] == tier][np.arange(len(first)) % (team.tier[hires] == tier).sum()]
        self._assign(starting, owner, book.customer_since[starting])
        self._leaves(monday, rng)
        self._leavers(monday, rng)
        if self.settings.story.takeovers:
            self._takeovers(monday, rng)
        else:
            self._new_hires(monday, rng)
        due = np.flatnonzero((self._gap_until <= monday) & (book.churned_on > monday))
        if len(due):
            self._gap_until[due] = NEVER
            self._assign(due, self._stand_in(due, monday, rng), monday)
        self._random_moves(monday, rng)

    def _move(self, accounts: npt.NDArray[np.integer], csm: npt.NDArray[np.integer], monday: int) -> None:
        """Hand accounts over on a Monday."""
        if len(accounts):
            self.close(accounts, monday)
            self._assign(accounts, csm.astype(np.int32), monday)

    def _leaves(self, monday: int, rng: np.random.Generator) -> None:
        """Peers look after the accounts of a CSM on leave, who takes them back on return."""
        book, team = self.book, self.team
        leaving = np.flatnonzero(team.leave_from == monday)
        lent = self._settled(np.flatnonzero(np.isin(book.csm, leaving) & (book.churned_on > monday)), monday)
        lent = lent[rng.permutation(len(lent))]
        self._lent_by[lent] = book.csm[lent]
        self._move(lent, self._stand_in(lent, monday, rng), monday)
        back = np.flatnonzero(team.leave_until == monday)
        returned = np.flatnonzero(np.isin(self._lent_by, back) & (book.csm >= 0) & (book.churned_on > monday))
        returned = self._settled(returned, monday)
        self._move(returned, self._lent_by[returned], monday)
        self._lent_by[np.isin(self._lent_by, back)] = NOBODY

    def _leavers(self, monday: int, rng: np.random.Generator) -> None:
        """A leaver's book is spread on peers, a good part of it on the drowning CSM; one account waits three
        weeks for its next CSM.
        """
        leavers = np.flatnonzero(self.team.left_on == monday)
        if not len(leavers):
            return
        drowning = self.team.role == teams.DROWNING
        books = np.flatnonzero(np.isin(self.book.csm, leavers) & (self.book.churned_on > monday))
        books = self._settled(books, monday)
        books = books[np.argsort(self.book.csm[books], kind="stable")]
        for theirs in np.split(books, np.searchsorted(self.book.csm[books], leavers[1:])):
            if not len(theirs):
                continue
            leaver = int(self.book.csm[theirs[0]])
            self.close(theirs, monday)
            theirs = theirs[rng.permutation(len(theirs))]
            if self.settings.story.is_by_effort:
                theirs = theirs[np.argsort(-self.book.true_factor[theirs], kind="stable")]
            new = self._stand_in(theirs, monday, rng)
            loaded = np.flatnonzero(drowning & (self.team.tier == self.team.tier[leaver]))
            if len(loaded):
                new[: int(len(theirs) * self.settings.story.drowning_share)] = loaded[leaver % len(loaded)]
            if len(theirs) > 2:
                new[-1] = NOBODY
                self._gap_until[theirs[-1]] = monday + 7 * HANDOVER_GAP_WEEKS
            self._assign(theirs, new, monday)

    def _new_hires(self, monday: int, rng: np.random.Generator) -> None:
        """In their second and third weeks new hires take over a few accounts of ordinary peers."""
        hires = np.flatnonzero((self.team.role == teams.NEW_HIRE) & (self.team.left_on > monday))
        hires = hires[np.isin((monday - self.team.hired_on[hires]) // 7, (1, 2))]
        for tier in np.unique(self.team.tier[hires]):
            mine = hires[self.team.tier[hires] == tier]
            pool = np.flatnonzero(np.isin(self.book.csm, self._ordinary[tier]))
            old = (self.book.churned_on[pool] > monday + 7) & (self.book.customer_since[pool] < monday - 90)
            pool = self._settled(pool[old], monday)
            size = len(mine) * (2 if tier == 0 else 5)
            moved = pool[rng.permutation(len(pool))[: min(size, len(pool) // 4)]]
            self._move(moved, mine[np.arange(len(moved)) % len(mine)], monday)

    def _takeovers(self, monday: int, rng: np.random.Generator) -> None:
        """What new hires take over, from whom and when, as the story has it."""
        book, team = self.book, self.team
        hires = np.flatnonzero((team.role == teams.NEW_HIRE) & (team.left_on > monday))
        for takeover in self.settings.story.takeovers:
            mine = hires[team.hired_on[hires] == monday - 7 * takeover.week]
            pool = np.flatnonzero(team.role[book.csm] == teams.ROLES.index(takeover.from_role))
            pool = pool[(book.csm[pool] >= 0) & np.isin(team.tier[book.csm[pool]], team.tier[mine])]
            old = (book.churned_on[pool] > monday + 7) & (book.customer_since[pool] < monday - 90)
            pool = self._settled(pool[old], monday)
            pool = pool[rng.permutation(len(pool))]
            if self.settings.story.is_by_effort:
                pool = pool[np.argsort(book.true_factor[pool], kind="stable")]
            moved = pool[: takeover.accounts * len(mine)]
            self._move(moved, mine[np.arange(len(moved)) % max(len(mine), 1)], monday)

    def _random_moves(self, monday: int, rng: np.random.Generator) -> None:
        """The few accounts that change hands in any week."""
        book = self.book
        draws = rng.random(book.count) < MOVE_RATE_PER_WEEK
        moved = np.flatnonzero(draws & (book.csm >= 0) & (book.churned_on > monday) & (book.customer_since < monday))
        moved = moved[np.isin(self.team.role[book.csm[moved]], (teams.ORDINARY, teams.CLIFF))]
        moved = self._settled(moved, monday)
        new = self._stand_in(moved, monday, rng)
        differs = (new >= 0) & (new != book.csm[moved])
        self._move(moved[differs], new[differs], monday)
