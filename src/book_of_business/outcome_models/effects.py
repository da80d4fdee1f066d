"""Does what a book or an account was like a quarter before go along with its outcomes? Placebo, pre-trends, estimate.

A frame of exposures (`outcome_models.exposures.read`) has a row per outcome: load (of the rest of the account's book, a
lag before), own_load (what the account itself adds), later_load, earlier_load, earliest_load (of the rest of the same
CSM's book, a lag after the outcome, and one and two more lags before), is_at_risk, is_red, has_open_risk,
last_csat_score (then), segment, csm_id, outcome, outcome_on, outcome_score, is_mid_term, touch_count.

Calendar time is held constant: books grow and churn moves with the seasons, and what both do at once is no effect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from book_of_business.outcome_models.clustered import MINIMUM_CLUSTERS, Estimate, Fit, fit, independent
from book_of_business.outcome_models.separation import is_separated, relation

RISKS = ("is_at_risk", "is_red", "has_open_risk")
# What would matter: odds that double when a book goes from 80 % to 130 % of capacity.
RELEVANT_LOG_ODDS = math.log(2) / 0.5
MINIMUM_EVENTS = 20
LOADS = ("load", "later_load", "earlier_load", "earliest_load")
NO_FIT = "it does not vary once the other columns are held constant"
# In a week with a day of work the load reads five times what it is: such weeks would decide a slope.
LARGEST_LOAD = 2.0
EVENTS_PER_QUARTER = 10  # with fewer, a column per quarter would cost more than it holds constant: a trend instead
BY_CHANCE = 0.001  # of a run of outcomes of one kind at an end of the record: less is a record that ends earlier
WORDS = {
    "load": "load of the rest of the book", "later_load": "load a quarter after", "own_load": "the account's own load",
    "earlier_load": "load two quarters before", "earliest_load": "load three quarters before",
    "is_at_risk": "at risk", "is_red": "red health score", "has_open_risk": "open risk",
    "last_csat_score": "last satisfaction score", "segment": "segment", "quarter": "quarter",
    "calendar_years": "calendar time",
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """An outcome as a model asks it: which rows, what counts, and how large an effect of one unit matters.

    `exposure` is the column in question, `held` the columns held constant besides segment and calendar time.
    """

    name: str
    outcome_type: str
    target: pl.Expr
    words: str
    unit: str
    is_logit: bool
    relevant: float
    exposure: str = "load"
    exposure_words: str = "load a quarter before"
    per: str = "unit of load"
    held: tuple[str, ...] = ("own_load", *RISKS)

    @property
    def has_checks(self) -> bool:
        """Whether the same exposure at other times is on record: only loads are."""
        return self.exposure == "load"


IS_CHURNED = pl.col("outcome") == "churned"
QUESTIONS = (
    Question("churn", "renewal", IS_CHURNED, "churn at a renewal", "log odds", True, RELEVANT_LOG_ODDS),
    Question("nrr", "nrr", pl.col("outcome_score").clip(0, 2), "net retention of a quarter", "ratio", False, 0.05),
    Question("csat", "csat", pl.col("outcome_score"), "customer satisfaction, 1 to 5", "points", False, 0.5),
    Question("expansion", "expansion", pl.col("outcome") == "won", "an expansion won", "log odds", True,
             RELEVANT_LOG_ODDS),
    # odds that double for each point of five; and an account that is red or not
    Question("churn_by_csat", "renewal", IS_CHURNED, "churn at a renewal", "log odds", True, math.log(2),
             "last_csat_score", "customer satisfaction a quarter before", "point", ("own_load",)),
    Question("churn_by_health", "renewal", IS_CHURNED, "churn at a renewal", "log odds", True, math.log(2),
             "is_red", "a red health score a quarter before", "red score", ("own_load",)),
)  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """Answers to one question; null where the data are too few to say.

    `later` is the placebo, `earlier` and `earliest` the pre-trends: each beside load, in a model of their own. Counts
    are of the rows with a known load and known risks, or of all rows if none is so; `event_count` of a ratio or of
    points is that of the rows. `lack` says why there is no estimate, `notes` which rows were left out. `load` is the
    estimate of the question's exposure.
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
    notes: tuple[str, ...] = ()

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
        asked, what = self.question, self.question.words
        if self.load is None:
            return f"Nothing can be said yet about {what} and {asked.exposure_words}: {self.lack}."
        if self.is_sound is False:
            return (
                f"Nothing can be said about {what}: what came later or long before predicts it too, so the books differ"
                " in something else."
            )
        size, relevant = self.load, asked.relevant
        interval = f"{size.value:+.2f} {asked.unit} per {asked.per} ({size.low:+.2f} to {size.high:+.2f})"
        checked = f"{len(self.checks)} of 3 checks could be made"
        if not asked.has_checks:
            checked = "no placebo exists for it, so accounts may differ in something else"
        elif not self.checks:
            checked = "no check could be made (0 of 3), so books may differ in something else"
        about = asked.exposure_words
        if size.is_told:
            return f"{about[0].upper()}{about[1:]} goes along with {what}: {interval}; {checked}."
        if size.rules_out(relevant):
            return f"No effect of {about} on {what} that matters ({relevant:.2f}): {interval}; {checked}."
        return (
            f"About {what} and {about} it cannot be told yet: {interval}. Such data would show an effect that matters "
            f"({relevant:.2f}) with {size.power_for(relevant):.0%} chance; {checked}."
        )


def rows_of(exposures: pl.DataFrame, question: Question) -> pl.DataFrame:
    """The rows of a question with `target`, `quarter` and `calendar_years`; mid-term churn left out, loads above
    LARGEST_LOAD cut to it.
    """
    day = pl.col("outcome_on")
    return exposures.filter(
        (pl.col("outcome_type") == question.outcome_type) & ~pl.col("is_mid_term").fill_null(value=False)
    ).with_columns(
        pl.col(LOADS).clip(0, LARGEST_LOAD),
        target=question.target.cast(pl.Float64),
        quarter=pl.format("{}-Q{}", day.dt.year(), day.dt.quarter()),
        calendar_years=(day - day.min()).dt.total_days() / 365.25,
    )


def common_period(rows: pl.DataFrame, question: Question) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The rows between the days from which, and up to which, both kinds of outcome are on record.

    Where churns reach a quarter further than renewals, all of that quarter's accounts have churned, and whatever rose
    until then looks harmful. An end where one kind stops by chance is left alone: BY_CHANCE decides, by the share of
    the kind among the other rows.
    """
    notes = []
    for is_end in (True, False):
        known = rows.drop_nulls("target")
        days = known.group_by("target").agg(day=pl.col("outcome_on").max() if is_end else pl.col("outcome_on").min())
        if days.height < 2:
            continue
        limit = days["day"].min() if is_end else days["day"].max()
        outside = pl.col("outcome_on") > limit if is_end else pl.col("outcome_on") < limit
        tail, rest = known.filter(outside), known.filter(~outside)
        if tail.is_empty():
            continue
        is_event = bool(tail["target"][0])
        share = rest["target"].mean() if is_event else 1 - rest["target"].mean()
        if share**tail.height >= BY_CHANCE:
            continue
        kind = f"outcomes with {question.words}" if is_event else f"outcomes without {question.words}"
        notes.append(
            f"{tail.height:,} {kind} {'after' if is_end else 'before'} {limit} are left out: none of the other kind is"
            f" on record {'after' if is_end else 'before'} that day, so the record is one-sided there"
        )
        rows = rows.filter(~outside)
    return rows, tuple(notes)


@dataclass(frozen=True)
class Model:
    """What is fitted: rows without nulls, and terms, the exposure first. `known` are the rows before those left out
    that cannot tell; `notes` says which.
    """

    rows: pl.DataFrame
    terms: list[str]
    known: pl.DataFrame
    notes: tuple[str, ...]


def model_of(rows: pl.DataFrame, exposure: str, question: Question) -> Model:
    """Rows and terms of an exposure of a question: what is held constant are the account's own work, its risks as far
    as observed, its segment and calendar time.
    """
    held = [name for name in question.held if name != exposure and rows[name].null_count() < rows.height]
    known = rows.drop_nulls(["target", "csm_id", exposure, *held])
    categories, kept, notes = ["segment"], known, ()
    scarce = min(known["target"].sum(), known.height - known["target"].sum()) if question.is_logit else known.height
    if known["quarter"].n_unique() > 1 and scarce >= EVENTS_PER_QUARTER * known["quarter"].n_unique():
        categories.append("quarter")
    if question.is_logit and 0 < known["target"].sum() < known.height:
        flags = [name for name in held if rows[name].dtype == pl.Boolean]
        kept, left_out, notes = tellable(known, categories, flags, question)
        held = [name for name in held if name not in left_out]
    names = []
    for category in categories:
        for place, value in enumerate(kept[category].unique().sort().to_list()[1:]):
            names.append(f"{category}_{place}")
            kept = kept.with_columns((pl.col(category) == value).alias(names[-1]))
    if "quarter" not in categories:
        names.append("calendar_years")
    return Model(kept, [exposure, *held, *names], known, notes)


def tellable(
    rows: pl.DataFrame, categories: list[str], flags: list[str], question: Question
) -> tuple[pl.DataFrame, list[str], tuple[str, ...]]:
    """Leave out the rows of a segment, quarter or flag whose outcomes are all alike: they tell nothing of any other
    column, and a coefficient of their own would have no end. The others' estimates are the limit of the full model.

    Returns:
        The rows that stay, the flags that are settled, and what was left out in words.
    """
    left_out, notes = [], []
    while True:
        before = rows.height
        for name in [*categories, *(flag for flag in flags if flag not in left_out)]:
            groups = rows.group_by(name).agg(pl.len(), share=pl.col("target").mean()).sort(name)
            alike = groups.filter(pl.col("share").is_in([0.0, 1.0]))
            if alike.is_empty() or alike.height == groups.height:
                continue
            for row in alike.iter_rows(named=True):
                what = f"{WORDS[name]} {row[name]}" if name in categories else (
                    WORDS[name] if row[name] else f"no {WORDS[name]}"
                )  # fmt: skip
                always = "always" if row["share"] else "never"
                notes.append(
                    f"{row['len']:,} rows with {what} are left out: {question.words} is {always} their outcome"
                )
            rows = rows.filter(~pl.col(name).is_in(alike[name].implode()))
            if name in flags:
                left_out.append(name)
        if rows.height == before:
            return rows, left_out, tuple(notes)


def measure(exposures: pl.DataFrame, question: Question) -> Effect:
    """Placebo, pre-trends and the adjusted estimate of one question."""
    rows = rows_of(exposures, question)
    rows, notes = common_period(rows, question) if question.is_logit else (rows, ())
    main = model_of(rows, question.exposure, question)
    load = of(fitted(main, question), question.exposure)
    counted = main.known if main.known.height else rows
    others = ("later_load", "earlier_load", "earliest_load") if question.has_checks else ()
    checks = {name: of(fitted(model_of(rows, name, question), question), name) for name in others}
    return Effect(
        question,
        counted.height, event_count(counted, question), counted["csm_id"].n_unique(),
        load, checks.get("later_load"), checks.get("earlier_load"), checks.get("earliest_load"),
        "" if load else lack_of(main, question), (*notes, *main.notes),
    )  # fmt: skip


def fitted(model: Model, question: Question) -> Fit | None:
    """A fit with enough CSMs and enough of both outcomes; null otherwise."""
    if shortage(model.rows, question):
        return None
    return fit(model.rows, "target", model.terms, is_logit=question.is_logit)


def lack_of(model: Model, question: Question) -> str:
    """Why there is no estimate, in words."""
    if short := shortage(model.known, question) or shortage(model.rows, question):
        return short
    kept = independent(model.rows, model.terms)
    if question.exposure not in kept or not question.is_logit:
        return NO_FIT
    raw = model.rows.select(pl.col(name).cast(pl.Float64) for name in kept).to_numpy()
    columns = np.column_stack([np.ones(len(raw)), (raw - raw.mean(axis=0)) / raw.std(axis=0)])
    if is_separated(columns, model.rows["target"].to_numpy()):
        return relation(model.rows, "target", kept, WORDS, question.words)
    return NO_FIT


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
