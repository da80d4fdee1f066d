"""What notebook 07 asks of the marts: placebo and pre-trends first, then the estimate, and only then the naive figures.

Nothing here is a metric: exposures and outcomes are those of `fct_outcome_exposure`, models those of `outcome_models`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import polars as pl

from book_of_business.console import count_of
from book_of_business.outcome_models import ablation, rebalance
from book_of_business.outcome_models.clustered import Estimate
from book_of_business.outcome_models.departures import Hazard
from book_of_business.outcome_models.effects import Effect

CHECKS = {
    "later": "placebo: load a quarter after",
    "earlier": "pre-trend: load two quarters before",
    "earliest": "pre-trend: load three quarters before",
}


def headline(churn: Effect) -> str:
    """The answer in one sentence."""
    if not churn.row_count:
        return "No renewal of an account that a CSM held a quarter before is on record, so outcomes tell nothing yet."
    base = (
        f"{count_of(churn.event_count, 'churn')} in {count_of(churn.row_count, 'renewal')} of "
        f"{count_of(churn.csm_count, 'CSM')}: "
    )
    return base + churn.verdict[0].lower() + churn.verdict[1:]


def checks(measured: Sequence[Effect]) -> pl.DataFrame:
    """Placebo and pre-trends of each outcome: outcome, check, and the estimate's columns; those that could be made."""
    rows = [
        row_of(effect, words, getattr(effect, name)) for effect in measured for name, words in CHECKS.items()
    ]  # fmt: skip
    return pl.DataFrame([row for row in rows if row], schema=ROW)


def estimates(measured: Sequence[Effect]) -> pl.DataFrame:
    """The adjusted estimates, with what such data could show: columns as `checks`."""
    rows = [row_of(effect, effect.question.exposure_words, effect.load) for effect in measured]
    return pl.DataFrame([row for row in rows if row], schema=ROW)


ROW = {
    "outcome": pl.String, "reading": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    "p_value": pl.Float64, "rows": pl.Int64, "CSMs": pl.Int64, "smallest detectable": pl.Float64,
    "matters from": pl.Float64, "power": pl.Float64,
}  # fmt: skip


def row_of(effect: Effect, words: str, found: Estimate | None) -> dict | None:
    """A row of a table of estimates."""
    if found is None:
        return None
    return {
        "outcome": effect.question.words, "reading": words, "value": found.value, "low": found.low, "high": found.high,
        "p_value": found.p_value, "rows": effect.row_count, "CSMs": effect.csm_count,
        "smallest detectable": found.detectable, "matters from": effect.question.relevant,
        "power": found.power_for(effect.question.relevant),
    }  # fmt: skip


def check_sentences(measured: Sequence[Effect]) -> list[str]:
    """Whether the checks leave the estimates standing."""
    said = []
    for effect in (one for one in measured if one.question.has_checks):
        if effect.is_sound is None:
            said.append(f"For {effect.question.words} no check can be made: too few outcomes, weeks or CSMs.")
        elif not effect.is_sound:
            said.append(f"For {effect.question.words} a check fails: believe no estimate below it.")
        elif len(effect.checks) < len(CHECKS):
            made = f"{len(effect.checks)} of {len(CHECKS)} checks"
            said.append(f"For {effect.question.words} {made} could be made, and what was checked does not fail.")
    return said or ["No check fails: what came later, or long before, predicts no outcome beyond what load did."]


def touches(frame: pl.DataFrame) -> pl.DataFrame:
    """Naive figure: mean conversations in the quarter before a renewal, by what became of it."""
    rows = frame.filter(pl.col("outcome_type") == "renewal").drop_nulls("touch_count")
    return (
        rows.group_by("outcome")
        .agg(pl.len().alias("renewals"), pl.col("touch_count").mean().alias("conversations in the quarter before"))
        .sort("outcome")
    )


def load_thirds(frame: pl.DataFrame) -> pl.DataFrame:
    """Naive figure: churn by third of the load of the book, nothing held constant."""
    rows = frame.filter(
        (pl.col("outcome_type") == "renewal") & ~pl.col("is_mid_term").fill_null(value=False)
    ).drop_nulls("load_ratio")
    place = pl.col("load_ratio").rank() / pl.len()
    third = pl.when(place <= 1 / 3).then(pl.lit("lowest third")).when(place <= 2 / 3).then(pl.lit("middle third"))
    return (
        rows.with_columns(third.otherwise(pl.lit("highest third")).alias("load of the book"))
        .group_by("load of the book")
        .agg(
            pl.len().alias("renewals"), (100 * (pl.col("outcome") == "churned").mean()).alias("churned, %"),
            (100 * pl.col("load_ratio").mean()).alias("mean load, %"),
        )
        .sort("mean load, %")
    )  # fmt: skip


def rebalance_table(rebalances: Mapping[str, rebalance.Evaluation]) -> pl.DataFrame:
    """Rebalances so far: measure, moved books, three readings, power, and what can be said."""
    return pl.DataFrame(
        [
            {
                "measure": rebalance.MEASURES[name][2], "moved books": result.moved_count,
                "before/after": result.before_after, "against all others": result.difference,
                "matched": result.matched.value if result.matched else None,
                "low": result.matched.low if result.matched else None,
                "high": result.matched.high if result.matched else None,
                "matters from": result.relevant, "power": result.power,
            }
            for name, result in rebalances.items()
        ],
        schema={
            "measure": pl.String, "moved books": pl.Int64, "before/after": pl.Float64, "against all others": pl.Float64,
            "matched": pl.Float64, "low": pl.Float64, "high": pl.Float64, "matters from": pl.Float64,
            "power": pl.Float64,
        },
    )  # fmt: skip


def rebalance_sentences(rebalances: Mapping[str, rebalance.Evaluation]) -> list[str]:
    """What can be said of the rebalances so far."""
    if not any(result.moved_count for result in rebalances.values()):
        return [
            "Cannot tell yet: no book has given away a tenth of its ARR in a week, with a quarter on record after it."
        ]
    return [f"{rebalance.MEASURES[name][2].capitalize()}: {result.verdict}" for name, result in rebalances.items()]


def scores(ablations: Sequence[ablation.Ablation]) -> pl.DataFrame:
    """The models of the ablation on unseen rows: scheme, model, auc, explained share of the deviance with interval."""
    return pl.DataFrame(
        [
            {"unseen": result.scheme, "model": score.model, "AUC": score.auc, "explained": score.explained,
             "low": score.low, "high": score.high}
            for result in ablations for score in result.scores
        ],
        schema={"unseen": pl.String, "model": pl.String, "AUC": pl.Float64, "explained": pl.Float64, "low": pl.Float64,
                "high": pl.Float64},
    )  # fmt: skip


def evaluate_rebalances(connection: duckdb.DuckDBPyConnection) -> dict[str, rebalance.Evaluation]:
    """Rebalances so far, by measure of `rebalance.MEASURES`."""
    moved = rebalance.read_moves(connection)
    return {
        name: rebalance.evaluate(rebalance.read_panel(connection, name), moved, relevant)
        for name, (_, _, _, relevant) in rebalance.MEASURES.items()
    }


def notes(measured: Sequence[Effect]) -> list[str]:
    """Which rows the models left out, each said once."""
    return list(dict.fromkeys(f"{note[0].upper()}{note[1:]}." for effect in measured for note in effect.notes))


def departures_table(hazards: Sequence[Hazard]) -> pl.DataFrame:
    """The hazard of leaving by each measure; measures of which nothing can be said yet are left out."""
    return pl.DataFrame(
        [
            {
                "a quarter before": found.question.words, "per": found.question.unit, "log hazard": found.value,
                "low": found.low, "high": found.high, "p": found.p_value, "departures": found.departure_count,
                "smallest detectable": found.detectable, "power": found.power,
            }
            for found in hazards if found.value is not None
        ],
        schema={
            "a quarter before": pl.String, "per": pl.String, "log hazard": pl.Float64, "low": pl.Float64,
            "high": pl.Float64, "p": pl.Float64, "departures": pl.Int64, "smallest detectable": pl.Float64,
            "power": pl.Float64,
        },
    )  # fmt: skip
