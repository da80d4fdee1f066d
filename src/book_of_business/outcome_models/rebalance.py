"""What a rebalance did to the books that gave accounts away: matched difference-in-differences, with its power.

A book is rebalanced because it stands high, and what stands high falls by itself: before/after shows an effect where
there is none, and so does a comparison with all other books. So each moved book is compared with books in the same
trigger state, as high, that neither gave accounts away nor received any: what one book loses another gets. `evaluate`
is what a rebalancing asks afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from book_of_business.errors import UserError
from book_of_business.marts import UNASSIGNED, query
from book_of_business.outcome_models.clustered import Estimate, estimate

BEFORE_WEEKS = 4
LEVEL_WEEKS = 13
AFTER_WEEKS = 13
NEIGHBOURS = 5
LONGEST_RUN = 3
MINIMUM_MOVED = 5
MINIMUM_CONTROLS = 2
# A book that gives away a tenth of its ARR in a week was rebalanced; single accounts move all the time.
MOVED_SHARE = 0.1
ROUNDING = 1e-9  # share of the largest value
MEASURES = {
    "load_ratio": ("fct_csm_load", "load_ratio", "load", 0.1),
    "counted_interaction_count": (
        "fct_csm_throughput",
        "counted_interaction_count",
        "counted interactions a week",
        2.0,
    ),
    "unmonitored_ratio": ("fct_csm_coverage", "unmonitored_ratio", "share of the book unmonitored", 0.1),
    "standardised_quality_score": ("fct_csm_engagement", "standardised_quality_score", "standardised quality", 0.3),
}


@dataclass(frozen=True)
class Evaluation:
    """Three readings of the same rebalance, in the units of the measure; only `matched` is to be believed.

    Counts are of books, not of moves. `matched` is null with too few moved books, too few to match them with, or where
    the measure does not vary, so that no error can be measured.
    """

    moved_count: int
    control_count: int
    relevant: float
    before_after: float | None
    difference: float | None
    matched: Estimate | None

    @property
    def power(self) -> float | None:
        """Chance that so few books would show an effect that matters."""
        return self.matched.power_for(self.relevant) if self.matched else None

    @property
    def verdict(self) -> str:
        """What can be said, in a sentence."""
        if self.matched is None:
            if self.moved_count < MINIMUM_MOVED:
                return (
                    f"Cannot tell yet: {self.moved_count} books were moved that can be matched, {MINIMUM_MOVED} are "
                    "needed."
                )
            if self.control_count < MINIMUM_CONTROLS:
                return f"Cannot tell yet: {self.control_count} books are like the moved ones, too few."
            return "Cannot tell yet: the measure does not vary."
        size = self.matched
        interval = f"{size.value:+.2f} ({size.low:+.2f} to {size.high:+.2f})"
        if size.is_told:
            return f"The moved books changed by {interval} against books in the same state."
        if size.rules_out(self.relevant):
            return f"No effect that matters ({self.relevant:g}): {interval}."
        return (
            f"Cannot tell yet: {interval}; {self.moved_count} moved books would show an effect of "
            f"{self.relevant:g} with a power of {self.power:.0%}."
        )


def read_panel(connection: duckdb.DuckDBPyConnection, measure: str) -> pl.DataFrame:
    """Book-weeks of a measure: csm_id, week (number), value, state (weeks over target up to three; null: no capacity).

    Raises:
        UserError: if the measure is none of MEASURES.
    """
    if measure not in MEASURES:
        raise UserError(f"there is no measure {measure}; there are: {', '.join(MEASURES)}")
    mart, column, _, _ = MEASURES[measure]
    over, runs = ("fct_csm_throughput", "consecutive_weeks_over_ceiling")
    if measure != "counted_interaction_count":
        over, runs = ("fct_csm_load", "consecutive_weeks_over_target")
    return query(
        connection,
        f"""
        select
            measured.csm_id, cast(date_diff('week', first.week_start_date, measured.week_start_date) as int) as week,
            cast(measured.{column} as double) as value, least(states.{runs}, {LONGEST_RUN}) as state
        from marts.{mart} as measured
        inner join marts.{over} as states
            on measured.csm_id = states.csm_id and measured.week_start_date = states.week_start_date
        cross join (select min(week_start_date) as week_start_date from marts.dim_weeks) as first
        where measured.csm_id <> '{UNASSIGNED}'
        order by measured.csm_id, week
    """,
    )


def read_moves(connection: duckdb.DuckDBPyConnection, share: float = MOVED_SHARE) -> pl.DataFrame:
    """Weeks in which a book gave away or received at least a share of its ARR: csm_id, week, is_moved (it gave, and
    went on; else it only serves for no comparison).
    """
    return query(
        connection,
        f"""
        select
            movements.csm_id, cast(date_diff('week', first.week_start_date, movements.week_start_date) as int) as week,
            movements.opening_arr_usd > 0
            and movements.transferred_out_arr_usd >= {float(share)} * movements.opening_arr_usd
            and (csms.left_on is null or csms.left_on > movements.week_start_date + {7 * AFTER_WEEKS}) as is_moved
        from marts.fct_arr_movements as movements
        inner join marts.dim_csms as csms on movements.csm_id = csms.csm_id
        cross join (select min(week_start_date) as week_start_date from marts.dim_weeks) as first
        where
            movements.csm_id <> '{UNASSIGNED}'
            and greatest(movements.transferred_out_arr_usd, movements.transferred_in_arr_usd)
            >= {float(share)} * movements.opening_arr_usd
            and movements.transferred_out_arr_usd + movements.transferred_in_arr_usd > 0
        order by movements.csm_id, week
    """,
    )


def evaluate(
    panel: pl.DataFrame,
    moved: pl.DataFrame,
    relevant: float,
    before_weeks: int = BEFORE_WEEKS,
    after_weeks: int = AFTER_WEEKS,
) -> Evaluation:
    """Three readings of what happened to moved books.

    Args:
        panel: csm_id, week (whole number), value, state: every book-week, as of `read_panel`. `state` is the trigger
            state at the end of the week; a moved book is matched with books in the state that it was in before.
        moved: csm_id, week, is_moved, of some books of the panel: who gave accounts away in that week, and (false) who
            is no comparison around it, such as those who received them.
        relevant: an effect that would matter, in units of value.
        before_weeks: weeks before the move whose mean is compared.
        after_weeks: weeks from the move on.
    """
    books = panel["csm_id"].unique().sort().to_list()
    place = {csm_id: at for at, csm_id in enumerate(books)}
    last = int(panel["week"].max() or 0)
    value, state = np.full((len(books), last + 1), np.nan), np.full((len(books), last + 1), -1)
    row, week = np.array([place[csm_id] for csm_id in panel["csm_id"]], dtype=int), panel["week"].to_numpy()
    value[row, week] = panel["value"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    state[row, week] = panel["state"].fill_null(-1).to_numpy()
    before, change = changes(value, before_weeks, after_weeks)
    level = level_before(value, before_weeks)
    listed = moved.filter(pl.col("csm_id").is_in(books)).select("csm_id", "week", "is_moved").rows()
    free = np.isfinite(change) & (np.arange(last + 1) > 0)
    for csm_id, when, _ in listed:  # neither a transfer's own weeks nor those that still feel it are controls
        free[place[csm_id], max(when - after_weeks, 0) : when + before_weeks + after_weeks] = False
    moves = first_of_each(sorted({(place[csm_id], when) for csm_id, when, is_moved in listed if is_moved}), after_weeks)
    moves = [(at, when) for at, when in moves if 0 < when <= last and np.isfinite(change[at, when])]
    if not moves:
        return Evaluation(0, 0, relevant, None, None, None)
    differences, pairs = [], []
    spread = np.nanstd(before) if np.isfinite(before).any() else 1.0
    spread = spread if spread > 0 else 1.0
    for at, when in moves:
        beside = change[free[:, when], when]
        if len(beside):
            differences.append(change[at, when] - beside.mean())
        alike = free.copy()
        alike[at] = False
        alike[:, 1:] &= state[:, :-1] == state[at, when - 1]
        rows, weeks = np.nonzero(alike)
        if not len(rows) or state[at, when - 1] < 0:
            continue
        # as high as the moved book, from as high a level: what was high for a month falls back, what always was does
        # not; of equals the nearest in time
        distance = np.abs(before[rows, weeks] - before[at, when]) / spread + np.abs(weeks - when) / 1000
        if np.isfinite(level[at, when]):
            usual = np.abs(level[rows, weeks] - level[at, when]) / spread
            distance = distance + np.where(np.isfinite(usual), usual, np.inf)
        # one week of each other book: who is often high would otherwise be most of the matches; of books equally near
        # the first, where what is left of fractions would depend on the unit of measure
        order = np.argsort(np.round(distance, 9), kind="stable")
        first = np.sort(np.unique(rows[order], return_index=True)[1])
        nearest = order[first][:NEIGHBOURS]
        pairs.append(((at, when), list(zip(rows[nearest].tolist(), weeks[nearest].tolist(), strict=True))))
    controls = {control[0] for _, found in pairs for control in found}
    moved_count = len({at for (at, _), _ in pairs})
    found = None
    if moved_count >= MINIMUM_MOVED and len(controls) >= MINIMUM_CONTROLS:
        found = matched_estimate(change, pairs)
        # what is left of fractions of a constant is no error
        found = found if found.error > ROUNDING * np.nanmax(np.abs(value)) else None
    return Evaluation(
        moved_count, len(controls), relevant,
        float(np.mean([change[move] for move in moves])), float(np.mean(differences)) if differences else None, found,
    )  # fmt: skip


def first_of_each(moves: list[tuple[int, int]], weeks: int) -> list[tuple[int, int]]:
    """The moves (book, week; sorted) without those in the weeks after another of the same book: the weeks before them
    feel the one before, and together they are one rebalance.
    """
    return [
        (at, when)
        for (at, when), (book, previous) in zip(moves, [(-1, 0), *moves], strict=False)
        if at != book or when - previous >= weeks
    ]


def changes(value: np.ndarray, before_weeks: int, after_weeks: int) -> tuple[np.ndarray, np.ndarray]:
    """Per book and week: mean of the weeks before it, and that of the weeks from it on less that; nan where most of
    either is not measured.
    """
    known = np.isfinite(value)
    total = np.pad(np.cumsum(np.where(known, value, 0.0), axis=1), ((0, 0), (1, 0)))
    count = np.pad(np.cumsum(known, axis=1), ((0, 0), (1, 0)))
    weeks = np.arange(value.shape[1])
    first, end = np.maximum(weeks - before_weeks, 0), weeks + after_weeks
    inside = np.minimum(end, value.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        size = count[:, weeks] - count[:, first]
        before = np.where(2 * size > before_weeks, (total[:, weeks] - total[:, first]) / size, np.nan)
        size = count[:, inside] - count[:, weeks]
        after = np.where(2 * size > after_weeks, (total[:, inside] - total[:, weeks]) / size, np.nan)
    return before, np.where(end <= value.shape[1], after - before, np.nan)


def level_before(value: np.ndarray, before_weeks: int) -> np.ndarray:
    """Per book and week: mean of the quarter before the weeks before; nan where most of it is not measured."""
    usual, _ = changes(value, LEVEL_WEEKS, 0)
    return np.pad(usual, ((0, 0), (before_weeks, 0)), constant_values=np.nan)[:, : value.shape[1]]


def matched_estimate(change: np.ndarray, pairs: list[tuple[tuple[int, int], list[tuple[int, int]]]]) -> Estimate:
    """Mean difference of moved books from their matches, with an error clustered by CSM.

    A control may serve several moved books, and its weeks overlap: all that a CSM adds counts together. At least two
    moved books and two controls.
    """
    count = len(pairs)
    moved_mean = float(np.mean([change[move] for move, _ in pairs]))
    control_means = [float(np.mean([change[control] for control in found])) for _, found in pairs]
    control_mean = float(np.mean(control_means))
    parts: dict[int, float] = {}
    for (at, when), found in pairs:
        parts[at] = parts.get(at, 0.0) + (change[at, when] - moved_mean) / count
        for control in found:
            share = (change[control] - control_mean) / (count * len(found))
            parts[control[0]] = parts.get(control[0], 0.0) - share
    moved_books = len({at for (at, _), _ in pairs})
    control_books = len({control[0] for _, found in pairs for control in found})
    degrees = min(moved_books, control_books) - 1
    error = float(np.sqrt((degrees + 1) / degrees * sum(part**2 for part in parts.values())))
    return estimate("matched", moved_mean - control_mean, error, degrees)
