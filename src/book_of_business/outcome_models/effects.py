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

from book_of_business.outcome_models.clustered import Estimate, Fit, fit

RISKS = ("is_at_risk", "is_red", "has_open_risk")
# What would matter: odds that double when a book goes from 80 % to 130 % of capacity.
RELEVANT_LOG_ODDS = math.log(2) / 0.5
MINIMUM_EVENTS = 20
LOADS = ("load", "later_load", "earlier_load", "earliest_load")
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

    `later` is the placebo, `earlier` and `earliest` the pre-trends: each beside load, in a model of their own.
    """

    question: Question
    row_count: int
    event_count: int
    csm_count: int
    load: Estimate | None
    later: Estimate | None
    earlier: Estimate | None
    earliest: Estimate | None

    @property
    def is_sound(self) -> bool | None:
        """Whether placebo and pre-trends leave the estimate standing; null: none could be made."""
        checks = [check for check in (self.later, self.earlier, self.earliest) if check is not None]
        # a check at 5 % each: three of them together at 5 % (Bonferroni)
        return all(check.p_value >= 0.05 / len(checks) for check in checks) if checks else None

    @property
    def verdict(self) -> str:
        """What can be said, in a sentence."""
        what = self.question.words
        if self.load is None:
            return f"Of {what} nothing can be told yet: too few outcomes or CSMs with a known load."
        if self.is_sound is False:
            return f"Of {what} nothing can be told: what came later or long before predicts it too, so books differ."
        size, unit = self.load, self.question.unit
        interval = f"{size.value:+.2f} {unit} per unit of load ({size.low:+.2f} to {size.high:+.2f})"
        if size.is_told:
            return f"Load a quarter before goes along with {what}: {interval}."
        if size.detectable > self.question.relevant:
            return (
                f"Of {what} it cannot be told yet: {interval}, and such data would miss an effect that matters "
                f"({self.question.relevant:.2f}) with {1 - size.power_for(self.question.relevant):.0%} chance."
            )
        return f"No effect of load on {what} that matters: {interval}."


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
    checks = [fitted(rows, [name, *terms], question) for name in ("later_load", "earlier_load", "earliest_load")]
    named = zip(("later_load", "earlier_load", "earliest_load"), checks, strict=True)
    later, earlier, earliest = (of(check, name) for name, check in named)
    return Effect(
        question,
        main.row_count if main else rows.height,
        main.event_count if main else 0,
        main.cluster_count if main else rows["csm_id"].n_unique(),
        of(main, "load"), later, earlier, earliest,
    )  # fmt: skip


def fitted(rows: pl.DataFrame, terms: list[str], question: Question) -> Fit | None:
    """A fit with enough of both outcomes; null otherwise."""
    found = fit(rows, "target", terms, is_logit=question.is_logit)
    if (
        found is None
        or min(found.event_count, found.row_count - found.event_count * question.is_logit) < MINIMUM_EVENTS
    ):
        return None
    return found


def of(found: Fit | None, name: str) -> Estimate | None:
    """An estimate of a fit, if there is one."""
    return found.estimates.get(name) if found else None
