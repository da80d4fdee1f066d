"""Load as felt against load as measured: do they go together, who answers high or low by habit, who is discordant.

The listing compares CSMs, each by the means of their answers and of the loads of those weeks, with the line through all
of them: an outlier test on externally studentised residuals (Cook and Weisberg 1982) with Bonferroni's correction. If
people differ by habit alone, it lists somebody in at most `self_report_false_listing_ratio` of teams. A discordant CSM
answers by an unusual habit, or the metric misses work (or counts work that is none): the survey cannot tell which.

The second listing asks of each CSM's latest answer alone, against their own earlier ones: there the habit cancels. Its
chance is that of a new observation about a line (its own spread, that of the mean, that of the slope). The spread is
the team's or the CSM's own, whichever is larger: at an end of the scale answers spread less, and in the middle more.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import statsmodels.api as sm
from scipy import stats

from book_of_business.calibration.rank_correlation import MINIMUM_ANSWERS, Correlation, correlate
from book_of_business.console import count_of
from book_of_business.receiving.reference_files import read_thresholds

LOWEST, HIGHEST = 1.0, 10.0
NOTHING = 1e-12  # sum of squares of loads that are all alike
AT_END = 0.5  # a mean this near to an end of the scale could not have gone further
FELT_MORE, FELT_LESS, IN_LINE = "felt more", "felt less", "in line"
MEANINGS = {
    FELT_MORE: "the metric may miss work, or high answers are a habit",
    FELT_LESS: "the metric may count work that is none, or low answers are a habit",
    IN_LINE: "",
}


@dataclass(frozen=True)
class Rules:
    """Rows of `thresholds`: how few CSMs, answers and days at work are too few, and how often a team may be shown a
    false listing.
    """

    self_report_minimum_csms: float
    self_report_minimum_answers: float
    self_report_minimum_availability_ratio: float
    self_report_false_listing_ratio: float


@dataclass(frozen=True)
class Line:
    """Answers on loads, each about the CSM's own means: slope (points per load of 1), noise_score (standard deviation
    of single answers about it, points), degrees (of freedom behind that), load_square (sum of squares of the loads).
    """

    slope: float
    noise_score: float
    degrees: int
    load_square: float

    def reach(self, steps: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """How much wider than single answers a gap spreads: to the mean of so many others, at a load so far off."""
        leverage = steps**2 / self.load_square if self.load_square > NOTHING else 0.0
        return np.sqrt(1 + 1 / counts + leverage)


@dataclass(frozen=True)
class SelfReport:
    """What the answers say.

    answer_count: answers that are compared with a load; away_count: those of weeks mostly away, which are not;
    with_load, within_csm: rank correlation of answers with loads, and of both about each CSM's own means (null: too
    few, or too much alike); habit_score, noise_score: standard deviations of people's habits and of single answers
    about them, points of the scale (null: too few repeat answers); csms: one row per CSM with repeat answers, from
    `compare_csms`; latest: from `latest_answers`; reason: why nobody can be listed (empty: they can).
    """

    answer_count: int
    away_count: int
    csm_count: int
    repeat_csm_count: int
    with_load: Correlation | None
    within_csm: Correlation | None
    habit_score: float | None
    noise_score: float | None
    csms: pl.DataFrame
    latest: pl.DataFrame
    reason: str

    @property
    def discordant(self) -> pl.DataFrame:
        return self.csms.filter(pl.col("discordance") != IN_LINE)


CSM_SCHEMA = {
    "csm_id": pl.String, "answer_count": pl.Int64, "mean_answer": pl.Float64, "mean_load_ratio": pl.Float64,
    "expected_answer": pl.Float64, "gap_score": pl.Float64, "chance": pl.Float64, "discordance": pl.String,
}  # fmt: skip
LATEST_SCHEMA = {
    "csm_id": pl.String, "answer_count": pl.Int64, "latest_answer": pl.Float64, "usual_answer": pl.Float64,
    "gap_score": pl.Float64, "chance": pl.Float64, "discordance": pl.String,
}  # fmt: skip


def read_rules(reference_dir: Path | None = None) -> Rules:
    """The rules in force, as `read_thresholds`."""
    return Rules(**read_thresholds(reference_dir, Rules.__dataclass_fields__))


def direction(gap: float, chance: float, limit: float, answer: float) -> str:
    """Whether a gap is listed; at an end of the scale nobody can answer further out."""
    if chance >= limit:
        return IN_LINE
    if gap > 0:
        return FELT_MORE if answer > LOWEST + AT_END else IN_LINE
    return FELT_LESS if answer < HIGHEST - AT_END else IN_LINE


def compare_csms(means: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Each CSM against the line through the others.

    Args:
        means: csm_id, answer_count, mean_answer, mean_load_ratio; CSMs with enough answers, enough of them.
        rules: what is listed.

    Returns:
        Those with expected_answer (of somebody with that load, by the others), gap_score (points above it), chance
        (that a gap as large comes about by habit alone, for this CSM) and discordance.
    """
    load, answer = means["mean_load_ratio"].to_numpy(), means["mean_answer"].to_numpy()
    fitted = sm.OLS(answer, sm.add_constant(load, has_constant="add")).fit()
    influence = fitted.get_influence()
    # the gap to the line of the others: the residual without its own pull on the line
    gaps = fitted.resid / (1 - influence.hat_matrix_diag)
    chances = 2 * stats.t.sf(np.abs(influence.resid_studentized_external), len(means) - 3)
    limit = rules.self_report_false_listing_ratio / len(means)
    return means.with_columns(
        expected_answer=answer - gaps,
        gap_score=gaps,
        chance=chances,
        discordance=pl.Series(
            [direction(gap, chance, limit, said) for gap, chance, said in zip(gaps, chances, answer, strict=True)],
            dtype=pl.String,
        ),
    ).select(*CSM_SCHEMA)


def latest_answers(repeated: pl.DataFrame, line: Line, rules: Rules) -> pl.DataFrame:
    """Each CSM's latest answer against their own earlier ones, changes of load taken into account.

    Args:
        repeated: csm_id, surveyed_on, perceived_load_score, load_ratio of CSMs with enough answers.
        line: of the same answers.
        rules: what is listed.
    """
    adjusted = repeated.sort("csm_id", "surveyed_on").with_columns(
        own=pl.col("perceived_load_score") - line.slope * pl.col("load_ratio"),
        place=pl.int_range(pl.len()).over("csm_id"),
        count=pl.len().over("csm_id"),
    )
    is_last = pl.col("place") == pl.col("count") - 1
    rows = adjusted.group_by("csm_id", maintain_order=True).agg(
        answer_count=pl.len().cast(pl.Int64),
        latest_answer=pl.col("perceived_load_score").filter(is_last).first().cast(pl.Float64),
        gap_score=pl.col("own").filter(is_last).first() - pl.col("own").filter(~is_last).mean(),
        step=pl.col("load_ratio").filter(is_last).first() - pl.col("load_ratio").filter(~is_last).mean(),
        spread=pl.col("own").filter(~is_last).std(),
    )
    gaps, counts, steps = (rows[name].to_numpy() for name in ("gap_score", "answer_count", "step"))
    error = np.fmax(rows["spread"].to_numpy(), line.noise_score) * line.reach(steps, counts - 1)
    is_noisy = line.noise_score > 0
    chances = 2 * stats.t.sf(np.abs(gaps) / error, line.degrees) if is_noisy else np.ones(len(gaps))
    limit = rules.self_report_false_listing_ratio / max(len(gaps), 1)
    said = rows["latest_answer"].to_numpy()
    return rows.with_columns(
        usual_answer=pl.col("latest_answer") - pl.col("gap_score"),
        chance=pl.Series(chances, dtype=pl.Float64),
        discordance=pl.Series(
            [direction(gap, chance, limit, answer) for gap, chance, answer in zip(gaps, chances, said, strict=True)],
            dtype=pl.String,
        ),
    ).select(*LATEST_SCHEMA)


def read(answers: pl.DataFrame, rules: Rules) -> SelfReport:
    """Hold the answers against the loads of their weeks.

    Args:
        answers: of `marts.read_perceived_load`: csm_id, surveyed_on, perceived_load_score (1 to 10), load_ratio (null:
            no capacity that week; left out), availability_ratio (of that week; weeks mostly away are left out).
        rules: see `Rules`.
    """
    is_there = pl.col("availability_ratio") >= rules.self_report_minimum_availability_ratio
    loaded = answers.drop_nulls("load_ratio").with_columns(pl.col("perceived_load_score").cast(pl.Float64))
    held = loaded.filter(is_there)
    repeated = held.filter(pl.len().over("csm_id") >= rules.self_report_minimum_answers)
    own = held.filter(pl.len().over("csm_id") > 1).with_columns(
        (pl.col(column) - pl.col(column).mean().over("csm_id")).round(9)
        for column in ("perceived_load_score", "load_ratio")
    )
    means = (
        repeated.group_by("csm_id")
        .agg(
            answer_count=pl.len().cast(pl.Int64),
            mean_answer=pl.col("perceived_load_score").mean(),
            mean_load_ratio=pl.col("load_ratio").mean(),
        )
        .sort("csm_id")
    )
    reason = ""
    if not answers.height:
        reason = "Nobody was asked: there are no effort surveys, so how the load feels is not known."
    elif not held.height:
        reason = "No answer fell into a week at work with a load, so there is nothing to hold them against."
    elif means.height < rules.self_report_minimum_csms:
        reason = (
            f"Only {count_of(means.height, 'CSM')} answered at least {rules.self_report_minimum_answers:g} times in "
            f"weeks with a load; with fewer than {rules.self_report_minimum_csms:g} nobody stands out from the others."
        )
    elif means["mean_load_ratio"].round(9).n_unique() < 2 or means["mean_answer"].round(9).n_unique() < 3:
        reason = "All loads or all answers are alike: there is nothing to tell apart."
    csms, latest = pl.DataFrame(schema=CSM_SCHEMA), pl.DataFrame(schema=LATEST_SCHEMA)
    habit = noise = None
    if not reason:
        within = within_csm_line(repeated)
        noise = within.noise_score
        csms = compare_csms(means, rules)
        latest = latest_answers(repeated, within, rules)
        line = sm.OLS(
            means["mean_answer"].to_numpy(), sm.add_constant(means["mean_load_ratio"].to_numpy(), has_constant="add")
        ).fit()
        average = float((1 / means["answer_count"]).mean())
        habit = float(np.sqrt(max(line.mse_resid - noise**2 * average, 0.0)))
    return SelfReport(
        answer_count=held.height,
        away_count=loaded.height - held.height,
        csm_count=held["csm_id"].n_unique(),
        repeat_csm_count=means.height,
        with_load=correlate(held, "load_ratio"),
        within_csm=correlate(own, "load_ratio") if own.height >= MINIMUM_ANSWERS else None,
        habit_score=habit,
        noise_score=noise,
        csms=csms,
        latest=latest,
        reason=reason,
    )


def within_csm_line(repeated: pl.DataFrame) -> Line:
    """The line within CSM; where all loads are alike it is level."""
    centred = repeated.select(
        (pl.col(column) - pl.col(column).mean().over("csm_id")) for column in ("perceived_load_score", "load_ratio")
    )
    answer, load = centred.to_numpy().T
    square = float(load @ load)
    slope = float(load @ answer) / square if square > NOTHING else 0.0
    degrees = max(repeated.height - repeated["csm_id"].n_unique() - 1, 1)
    return Line(slope, float(np.sqrt(((answer - slope * load) ** 2).sum() / degrees)), degrees, square)


def sentences(report: SelfReport, labels: pl.DataFrame, rules: Rules) -> list[str]:
    """The answer in words; `labels` has csm_id and csm."""
    if not report.answer_count:
        return [report.reason]
    said = [
        f"{count_of(report.answer_count, 'answer')} of {count_of(report.csm_count, 'CSM')} can be held against the "
        "load of their week."
    ]
    if report.away_count:
        least = f"{rules.self_report_minimum_availability_ratio:.0%}"
        said.append(f"{count_of(report.away_count, 'answer')} of weeks at work for less than {least} left out.")
    if report.with_load is None:
        said.append("They are too few or too much alike to say whether load as felt follows load as measured.")
    else:
        said.append(f"Rank correlation of load as felt with load as measured: {report.with_load.words}.")
    if report.within_csm is not None:
        said.append(f"Of each CSM's own ups and downs: {report.within_csm.words}.")
    if report.reason:
        return [*said, f"Nobody can be listed as discordant. {report.reason}"]
    said.append(
        f"Habits of answering differ by {report.habit_score:.1f} points (standard deviation) on the scale of 1 to 10, "
        f"single answers of one person by {report.noise_score:.1f}."
    )
    names = dict(labels.select("csm_id", "csm").iter_rows())
    found = [f"{names.get(row['csm_id'], row['csm_id'])} ({row['discordance']})"
             for row in report.discordant.iter_rows(named=True)]  # fmt: skip
    risk = f"{rules.self_report_false_listing_ratio:.0%} of teams"
    if found:
        said.append(f"Discordant: {', '.join(found)}. By habit alone somebody would be listed in at most {risk}.")
    else:
        said.append(f"No CSM is discordant, at a rule that lists somebody falsely in at most {risk}.")
    return said


def listed(report: SelfReport, labels: pl.DataFrame) -> pl.DataFrame:
    """Who is listed, by either rule, as a table to read: CSM, what was compared, answer, expected, gap, meaning."""
    habits = report.discordant.select(
        "csm_id",
        pl.lit("with the other CSMs").alias("compared"),
        pl.col("mean_answer").alias("answer"),
        pl.col("expected_answer").alias("expected"),
        "gap_score",
        pl.col("discordance").replace_strict(MEANINGS, default="").alias("meaning"),
        "discordance",
    )
    changes = report.latest.filter(pl.col("discordance") != IN_LINE).select(
        "csm_id",
        pl.lit("latest answer with their own").alias("compared"),
        pl.col("latest_answer").alias("answer"),
        pl.col("usual_answer").alias("expected"),
        "gap_score",
        pl.lit("something changed that the metric does not see").alias("meaning"),
        "discordance",
    )
    return (
        pl.concat([habits, changes])
        .join(labels.select("csm_id", "csm"), on="csm_id", how="left")
        .select(
            pl.col("csm").alias("CSM"), "compared", pl.col("discordance").alias("load"), "answer", "expected",
            pl.col("gap_score").alias("gap, points"), "meaning",
        )
        .sort(pl.col("gap, points").abs(), "CSM", descending=[True, False])
    )  # fmt: skip
