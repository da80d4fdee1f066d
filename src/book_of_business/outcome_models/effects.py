"""What load goes along with at a renewal and in the other outcomes: placebo, pre-trends, estimate, and naive figures.

A frame of exposures (`outcome_models.exposures.read`) has a row per outcome: load (of the rest of the account's book, a
lag before), own_load (what the account itself adds), later_load, earlier_load, earliest_load (of the rest of the same
CSM's book, a lag after the outcome, and one and two more lags before), is_at_risk, is_red, has_open_risk (then),
segment, csm_id, outcome, outcome_score, is_mid_term, touch_count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from book_of_business.outcome_models.clustered import MINIMUM_CLUSTERS, Estimate, Fit, fit

RISKS = ("is_at_risk", "is_red", "has_open_risk")
# What would matter: odds that double when a book goes from 80 % to 130 % of capacity.
RELEVANT_LOG_ODDS = math.log(2) / 0.5
MINIMUM_EVENTS = 20
LOADS = ("load", "later_load", "earlier_load", "earliest_load")
NO_FIT = "the load hardly varies, or something tells the outcomes apart without exception"
# In a week with a day of work the load reads five times what it is: such weeks would decide a slope.
LARGEST_LOAD = 2.0


@dataclass(frozen=True)
class Question:
    """An outcome as a model asks it: which rows, what counts, and how large an effect of one unit of load matters."""

    name: str
    outcome_type: str
    target: pl.Expr
    words: str
    unit: str
    is_logit: bool
    relevant: float


QUESTIONS = (
    Question("churn", "renewal", pl.col("outcome") == "churned", "churn at a renewal", "log odds", True,
             RELEVANT_LOG_ODDS),
    Question("nrr", "nrr", pl.col("outcome_score").clip(0, 2), "net retention of a quarter", "ratio", False, 0.05),
    Question("csat", "csat", pl.col("outcome_score"), "customer satisfaction, 1 to 5", "points", False, 0.5),
    Question("expansion", "expansion", pl.col("outcome") == "won", "an expansion won", "log odds", True,
             RELEVANT_LOG_ODDS),
)  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """Answers to one question; null where the data are too few to say.

    `later` is the placebo, `earlier` and `earliest` the pre-trends: each beside load, in a model of their own. Counts
    are of the rows with a known load and known risks, or of all rows if none is so; `event_count` of a ratio or of
    points is that of the rows. `lack` says why there is no estimate.
    """

    question: Question
    row_count: int
    event_count: int
    csm_count: int
    load: Estimate | None
    later: Estimate | None
    earlier: Estimate | None
    earliest: Estimate | None
    lack: str = ""

    @property
    def checks(self) -> list[Estimate]:
        """Those of placebo and pre-trends that could be made."""
        return [check for check in (self.later, self.earlier, self.earliest) if check is not None]

    @property
    def is_sound(self) -> bool | None:
        """Whether placebo and pre-trends leave the estimate standing; null: none could be made."""
        # a check at 5 % each: three of them together at 5 % (Bonferroni)
        return all(check.p_value >= 0.05 / len(self.checks) for check in self.checks) if self.checks else None

    @property
    def verdict(self) -> str:
        """What can be said, in a sentence."""
        what = self.question.words
        if self.load is None:
            return f"Of {what} nothing can be told yet: {self.lack}."
        if self.is_sound is False:
            return f"Of {what} nothing can be told: what came later or long before predicts it too, so books differ."
        size, unit, relevant = self.load, self.question.unit, self.question.relevant
        interval = f"{size.value:+.2f} {unit} per unit of load ({size.low:+.2f} to {size.high:+.2f})"
        checked = f"{len(self.checks)} of 3 checks could be made"
        if not self.checks:
            checked = "no check could be made (0 of 3), so books may differ in something else"
        if size.is_told:
            return f"Load a quarter before goes along with {what}: {interval}; {checked}."
        if size.rules_out(relevant):
            return f"No effect of load on {what} that matters ({relevant:.2f}): {interval}; {checked}."
        return (
            f"Of {what} it cannot be told yet: {interval}, and such data would show an effect that matters "
            f"({relevant:.2f}) with {size.power_for(relevant):.0%} chance; {checked}."
        )


def rows_of(exposures: pl.DataFrame, question: Question) -> pl.DataFrame:
    """The rows of a question with `target` and a column for each segment but the first; mid-term churn left out, loads
    above LARGEST_LOAD cut to it.
    """
    rows = exposures.filter(
        (pl.col("outcome_type") == question.outcome_type) & ~pl.col("is_mid_term").fill_null(value=False)
    ).with_columns(pl.col(LOADS).clip(0, LARGEST_LOAD), target=question.target.cast(pl.Float64))
    segments = rows["segment"].unique().sort().to_list()[1:]
    return rows.with_columns((pl.col("segment") == segment).alias(f"segment_{segment}") for segment in segments)


def terms_of(rows: pl.DataFrame) -> list[str]:
    """What is held constant: the account's own work, its risks as far as observed, its segment."""
    risks = [name for name in RISKS if rows[name].null_count() < rows.height]
    return ["own_load", *risks, *(name for name in rows.columns if name.startswith("segment_"))]


def measure(exposures: pl.DataFrame, question: Question) -> Effect:
    """Placebo, pre-trends and the adjusted estimate of one question."""
    rows = rows_of(exposures, question)
    terms = ["load", *terms_of(rows)]
    main = fitted(rows, terms, question)
    known = rows.drop_nulls(["target", "csm_id", *terms])
    load = of(main, "load")
    counted = known if known.height else rows
    checks = [fitted(rows, [name, *terms], question) for name in ("later_load", "earlier_load", "earliest_load")]
    named = zip(("later_load", "earlier_load", "earliest_load"), checks, strict=True)
    later, earlier, earliest = (of(check, name) for name, check in named)
    return Effect(
        question,
        counted.height, event_count(counted, question), counted["csm_id"].n_unique(),
        load, later, earlier, earliest,
        "" if load else shortage(known, question) or NO_FIT,
    )  # fmt: skip


def fitted(rows: pl.DataFrame, terms: list[str], question: Question) -> Fit | None:
    """A fit with enough CSMs and enough of both outcomes; null otherwise."""
    if shortage(rows.drop_nulls(["target", "csm_id", *terms]), question):
        return None
    return fit(rows, "target", terms, is_logit=question.is_logit)


def event_count(rows: pl.DataFrame, question: Question) -> int:
    """Rows of which the question holds (of a logit), or all of them."""
    return int(rows["target"].sum()) if question.is_logit else rows.height


def shortage(rows: pl.DataFrame, question: Question) -> str | None:
    """Which minimum the rows do not reach, in words; null: none."""
    events, csms = event_count(rows, question), rows["csm_id"].n_unique()
    others = rows.height - events
    if not rows.height:
        return "there is no outcome with a known load and known risks"
    if csms < MINIMUM_CLUSTERS:
        return f"the CSMs are too few, {csms} where {MINIMUM_CLUSTERS} are needed"
    if events < MINIMUM_EVENTS:
        return f"the outcomes are too few, {events} in {rows.height} where {MINIMUM_EVENTS} are needed"
    if question.is_logit and others < MINIMUM_EVENTS:
        return f"the outcomes without it are too few, {others} in {rows.height} where {MINIMUM_EVENTS} are needed"
    return None


def of(found: Fit | None, name: str) -> Estimate | None:
    """An estimate of a fit, if there is one."""
    return found.estimates.get(name) if found else None
