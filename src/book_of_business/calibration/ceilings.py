"""The throughput ceiling of a role tier: from how many counted interactions a week on engagement quality falls.

Plateau, then decline: within each CSM (fixed effects) quality is level up to a ceiling and falls by the same points for
each interaction above it, controlled for the share of the book that is red and weighted by the conversations scored.
The interval leaves out one CSM at a time (jackknife, t of CSMs - 1).

A ceiling is believed only where quality bends. To the plateau model alone a straight decline looks like a ceiling, so
the two-slope model has to beat a straight line (sup-F over the grid, Andrews 1993; 8 is its five-per-cent point or
so), the plateau has to fit better than a parabola of as many parameters, the interval has to be narrow and the ceiling
away from the edge of what was observed. "No ceiling identified" is a normal answer, with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats

from book_of_business.console import count_of

Numbers = npt.NDArray[np.float64]

METHOD = "plateau_within_csm"
STEP = 0.1  # of the grid, interactions a week
CONFIDENCE = 0.95
FEWEST_CSMS = 3  # an interval from two would be a decoration
RIDGE = 1e-9


@dataclass(frozen=True)
class Limits:
    """Rows of `thresholds`. Interactions are counted ones a week at full capacity, scores are quality points."""

    ceiling_weeks: float
    ceiling_minimum_scale_ratio: float
    ceiling_minimum_csm_weeks: float
    ceiling_tail_count: float
    ceiling_edge_interactions: float
    ceiling_kink_f: float
    ceiling_widest_interval_interactions: float
    ceiling_minimum_csms: float
    ceiling_minimum_weeks: float
    ceiling_largest_csm_shift_interactions: float
    ceiling_largest_change_ratio: float
    ceiling_power_decline_score: float
    ceiling_power_ratio: float


@dataclass(frozen=True)
class Fit:
    """What `fit` found in one role tier.

    ceiling, lower, upper: interactions a week at full capacity (null: nothing could be fitted); decline_score: points
    of quality lost per interaction above the ceiling; kink_f: F of two slopes against one; residual_score: standard
    deviation of one conversation's score about the fit; largest_csm_shift: how far the ceiling moves without one CSM,
    and without_csm_id whom; excess_share: part of the weeks above the ceiling; reason: why no ceiling is identified
    (empty: it is).
    """

    role_tier: str
    csm_count: int
    week_count: int
    observation_count: int
    scored_count: int
    is_controlled: bool
    reason: str
    ceiling: float | None = None
    lower: float | None = None
    upper: float | None = None
    decline_score: float | None = None
    kink_f: float | None = None
    residual_score: float | None = None
    largest_csm_shift: float | None = None
    without_csm_id: str | None = None
    excess_share: float | None = None

    @property
    def is_identified(self) -> bool:
        return not self.reason

    @property
    def words(self) -> str:
        """The answer in a sentence."""
        seen = f"{count_of(self.csm_count, 'CSM')} and {count_of(self.week_count, 'week')}"
        if not self.is_identified:
            return f"{self.role_tier}: no ceiling identified from {seen}. {self.reason}"
        return (
            f"{self.role_tier}: quality holds up to {self.ceiling:.1f} counted interactions a week (95 % interval "
            f"{self.lower:.1f} to {self.upper:.1f}) and falls by {self.decline_score:.1f} points with each one above, "
            f"from {seen}."
        )


class Moments:
    """Weighted sums of squares and products about each CSM's own means, for hinges at every place of the grid.

    They add up over CSMs, so leaving one out is a subtraction. Columns: quality, volume, controls; then the hinges.
    """

    def __init__(self, frame: pl.DataFrame, grid: Numbers, controls: tuple[str, ...]) -> None:
        own = ("quality_score", "volume", *controls)
        self.grid = grid
        ordered = frame.sort("csm_id")
        self.csm_ids = ordered["csm_id"].unique(maintain_order=True).to_list()
        ends = np.cumsum(ordered["csm_id"].rle().struct.field("len").to_numpy())[:-1]
        weights = np.split(ordered["scored_count"].to_numpy().astype(float), ends)
        values = np.split(ordered.select(own).to_numpy().astype(float), ends)
        self.squares, self.products, self.hinges, self.counts = [], [], [], []
        for columns, weight in zip(values, weights, strict=True):
            together = np.hstack([columns, np.maximum(columns[:, 1:2] - grid, 0.0)])
            together = (together - weight @ together / weight.sum()) * np.sqrt(weight)[:, None]
            columns, hinge = together[:, : len(own)], together[:, len(own) :]
            self.squares.append(columns.T @ columns)
            self.products.append(columns.T @ hinge)
            self.hinges.append((hinge**2).sum(axis=0))
            self.counts.append(len(columns))

    def best(self, without: int | None = None, *, is_two_slope: bool = False) -> tuple[float, int, float, float, int]:
        """The hinge that takes away most: its place, its number in the grid, points per interaction, sums of squares
        taken away and left, degrees of freedom left. Only declines count; where there is none, nothing is taken away.

        Args:
            without: number of a CSM to leave out.
            is_two_slope: whether quality may also fall (or rise) below the hinge.
        """
        kept = [place for place in range(len(self.csm_ids)) if place != without]
        squares = sum(self.squares[place] for place in kept)
        products = sum(self.products[place] for place in kept)
        hinges = sum(self.hinges[place] for place in kept)
        others = [place for place in range(1, len(squares)) if place > 1 or is_two_slope]
        inner = np.linalg.pinv(squares[np.ix_(others, others)] + RIDGE * np.eye(len(others)))
        total = squares[0, 0] - squares[0, others] @ inner @ squares[others, 0]
        shared = products[0] - squares[0, others] @ inner @ products[others]
        left = np.maximum(hinges - np.einsum("ik,ij,jk->k", products[others], inner, products[others]), RIDGE)
        slopes = shared / left
        taken = np.where(slopes < 0, shared * slopes, 0.0)
        number = int(taken.argmax())
        place = self.grid[number]
        if 0 < number < len(self.grid) - 1:
            before, here, after = taken[number - 1 : number + 2]
            if before - 2 * here + after < 0:
                place += STEP * 0.5 * (before - after) / (before - 2 * here + after)
        degrees = sum(self.counts[place] for place in kept) - len(kept) - len(others) - 2
        return float(place), number, float(slopes[number]), float(taken[number]), float(total - taken[number]), degrees


def controls_of(frame: pl.DataFrame) -> tuple[str, ...]:
    """The book's red share where it was observed in every row and varies."""
    share = frame["red_share"]
    return ("red_share",) if frame.height and not share.null_count() and share.n_unique() > 1 else ()


def grid_of(volumes: Numbers, tail_count: int) -> Numbers:
    """Places at which a hinge has at least so many weeks below and above it."""
    ordered = np.sort(volumes)
    if len(ordered) <= 2 * tail_count:
        return np.empty(0)
    low, high = ordered[tail_count], ordered[-tail_count - 1]
    return STEP * np.arange(np.ceil(low / STEP - 1e-9), np.floor(high / STEP + 1e-9) + 1)


def curve_left(frame: pl.DataFrame, controls: tuple[str, ...]) -> float:
    """Sum of squares that a parabola within CSM leaves: as many parameters as plateau and decline have."""
    weight = pl.col("scored_count")
    columns = ("quality_score", "volume", "square", *controls)
    centred = frame.with_columns(square=pl.col("volume") ** 2).select(
        (pl.col(name) - (pl.col(name) * weight).sum().over("csm_id") / weight.sum().over("csm_id")) * weight.sqrt()
        for name in columns
    ).to_numpy()  # fmt: skip
    _, left, *_ = np.linalg.lstsq(centred[:, 1:], centred[:, 0], rcond=None)
    return float(left[0]) if len(left) else float((centred[:, 0] ** 2).sum())


def fit(frame: pl.DataFrame, role_tier: str, limits: Limits) -> Fit:
    """Estimate the ceiling of one role tier and say whether to believe it.

    Args:
        frame: one row per CSM and week of `ceiling_inputs.observations`: csm_id, week_start_date, volume (counted
            interactions at full capacity), quality_score (mean of the week), scored_count, red_share (null: not
            observed).
        role_tier: its name.
        limits: what is believed.
    """
    controls = controls_of(frame)
    seen = {
        "role_tier": role_tier, "csm_count": frame["csm_id"].n_unique(),
        "week_count": frame["week_start_date"].n_unique(), "observation_count": frame.height,
        "scored_count": int(frame["scored_count"].sum()), "is_controlled": bool(controls),
    }  # fmt: skip
    if not frame.height:
        return Fit(**seen, reason="No conversation of the tier has a quality score in a week that counts.")
    if seen["csm_count"] < FEWEST_CSMS:
        return Fit(**seen, reason=f"Fewer than {FEWEST_CSMS} CSMs have enough weeks: one person is no tier.")
    grid = grid_of(frame["volume"].to_numpy(), int(limits.ceiling_tail_count))
    if len(grid) < 3:
        return Fit(**seen, reason="The weeks are too few or too much alike in volume to have a bend.")
    moments = Moments(frame, grid, controls)
    place, _, slope, taken, left, degrees = moments.best()
    if not taken or degrees < 1:
        return Fit(**seen, reason="Quality does not fall with volume: nothing in these weeks is a ceiling.")
    _, _, _, two_taken, two_left, two_degrees = moments.best(is_two_slope=True)
    kink_f = two_taken / max(two_left / two_degrees, RIDGE)
    without = np.array([moments.best(csm)[0] for csm in range(len(moments.csm_ids))])
    count = len(without)
    error = np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2, count - 1) * error)
    furthest = int(np.abs(without - place).argmax())
    low, high = grid[0] + limits.ceiling_edge_interactions, grid[-1] - limits.ceiling_edge_interactions
    reason = ""
    if kink_f < limits.ceiling_kink_f:
        reason = (
            f"There is no bend: two slopes explain hardly more than one straight line (F {kink_f:.1f}, wanted "
            f"{limits.ceiling_kink_f:g}), so quality falls evenly or not at all."
        )
    elif not low <= place <= high:
        reason = (
            f"The best bend ({place:.1f}) is at the edge of the volumes observed ({grid[0]:.1f} to {grid[-1]:.1f}): "
            "what lies beyond was not seen."
        )
    elif curve_left(frame, controls) <= left:
        reason = "A smooth curve fits as well: quality falls faster and faster, without a level up to which it holds."
    elif 2 * reach > limits.ceiling_widest_interval_interactions:
        reason = (
            f"The interval is {2 * reach:.1f} interactions wide (wanted "
            f"{limits.ceiling_widest_interval_interactions:g}): the CSMs do not agree on a place."
        )
    return Fit(
        **seen,
        reason=reason,
        ceiling=place,
        lower=max(place - reach, 0.0),
        upper=place + reach,
        decline_score=-slope,
        kink_f=kink_f,
        residual_score=float(np.sqrt(left / degrees)),
        largest_csm_shift=float(np.abs(without - place).max()),
        without_csm_id=moments.csm_ids[furthest],
        excess_share=float((frame["volume"] > place).mean()),
    )
