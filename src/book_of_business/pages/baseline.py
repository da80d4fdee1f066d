"""What notebook 01 asks of the marts: whether counting per head shows who is over capacity, and whether CSMs feel it.

Nothing here is a metric. The flat ratio (accounts or ARR per head) is the practice that the project is measured
against, and it is judged by the marts' own `is_over_target`.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from book_of_business.calibration.rank_correlation import MINIMUM_ANSWERS, Correlation, correlate, spearman
from book_of_business.console import count_of
from book_of_business.marts import UNASSIGNED

MEASURES = {"account_count": "accounts", "arr_usd": "ARR"}
# Verdicts, in the order in which they matter.
MISSED = "missed"
FALSE_ALARM = "false alarm"
AGREES = "agrees"
NO_CAPACITY = "no capacity"
NO_PEERS = "no peers"
# A book this much (a share) above its peers is called heavy; nobody calls 31 accounts heavy where the peers have 30.
HEAVY_MARGIN = 0.10
AVERAGED_WEEKS = 13


@dataclass(frozen=True)
class Score:
    """How often the flat ratio is wrong: counts of CSMs.

    `by_chance` is what drawing the same number of heavy books from a hat, among the same peers, would get wrong on
    average.
    """

    compared: int
    missed: int
    false_alarms: int
    by_chance: float

    @property
    def wrong(self) -> int:
        return self.missed + self.false_alarms


def judge_flat_ratio(
    books: pl.DataFrame, measure: str = "account_count", peers: str | None = "motion", margin: float = HEAVY_MARGIN
) -> pl.DataFrame:
    """What the flat ratio says of each CSM beside what the load says.

    It says heavy of a book whose measure per head (full-time equivalent) is above that of all its peers together by
    more than `margin` (a share). It is wrong in two ways: `missed` is over target and not called heavy, `false alarm`
    is called heavy and not over target. A CSM without capacity or without peers gets no verdict and stays in the frame.

    Args:
        books: columns csm_id, `measure`, `peers`, fte, load_ratio, is_over_target; `unassigned` is left out.
        measure: account_count or arr_usd.
        peers: column whose groups are compared; null: all together.
        margin: how much above its peers a book is called heavy, a share.

    Returns:
        The rows of books with per_head (the measure's unit), peers_per_head, relative_to_peers (ratio), peer_count
        (itself included), says_heavy, rank_by_ratio and rank_by_load among the peers (1: heaviest), verdict.
    """
    group = pl.col(peers) if peers else pl.lit(0)
    csms = books.filter(pl.col("csm_id") != UNASSIGNED)
    return (
        csms.with_columns(
            per_head=pl.col(measure) / pl.col("fte"),
            peers_per_head=pl.col(measure).sum().over(group) / pl.col("fte").sum().over(group),
            peer_count=pl.len().over(group),
        )
        .with_columns(
            relative_to_peers=pl.when((pl.col("peer_count") > 1) & (pl.col("peers_per_head") > 0)).then(
                (pl.col("per_head") / pl.col("peers_per_head")).round(9)
            ),
            rank_by_ratio=pl.col("per_head").rank("min", descending=True).over(group),
            rank_by_load=pl.col("load_ratio").rank("min", descending=True).over(group),
        )
        .with_columns(says_heavy=pl.col("relative_to_peers") > 1 + margin)
        .with_columns(
            verdict=pl.when(pl.col("load_ratio").is_null())
            .then(pl.lit(NO_CAPACITY))
            .when(pl.col("relative_to_peers").is_null())
            .then(pl.lit(NO_PEERS))
            .when(pl.col("is_over_target") & ~pl.col("says_heavy"))
            .then(pl.lit(MISSED))
            .when(~pl.col("is_over_target") & pl.col("says_heavy"))
            .then(pl.lit(FALSE_ALARM))
            .otherwise(pl.lit(AGREES))
        )
    )


def score(judged: pl.DataFrame, peers: str | None = "motion") -> Score:
    """Count the verdicts of `judge_flat_ratio`."""
    compared = judged.filter(pl.col("verdict").is_in([MISSED, FALSE_ALARM, AGREES]))
    by_chance = 0.0
    groups = compared.partition_by(peers) if peers else [compared]
    for group in groups:
        if group.is_empty():
            continue
        heavy = int(group["says_heavy"].sum())
        over = int(group["is_over_target"].sum())
        by_chance += (heavy * (group.height - over) + (group.height - heavy) * over) / group.height
    verdicts = compared["verdict"]
    return Score(
        compared=compared.height,
        missed=int((verdicts == MISSED).sum()),
        false_alarms=int((verdicts == FALSE_ALARM).sum()),
        by_chance=by_chance,
    )


def averaged_load(weeks: pl.DataFrame, target_load: float, week_count: int = AVERAGED_WEEKS) -> pl.DataFrame:
    """The latest week of each CSM, with the load of the last weeks together: hours asked for over hours there were.

    Takes the frame of `marts.read_load_weeks` and returns its columns.
    """
    last = weeks["week_start_date"].unique().sort().tail(week_count)
    load = pl.col("effort_hours") / pl.col("target_capacity_hours")
    means = (
        weeks.filter(pl.col("week_start_date").is_in(last.implode()))
        .group_by("csm_id")
        .agg(pl.col("effort_hours").sum(), pl.col("target_capacity_hours").sum())
        .select("csm_id", load_ratio=pl.when(pl.col("target_capacity_hours") > 0).then(load))
    )
    return (
        weeks.filter(pl.col("week_start_date").is_in(last.tail(1).implode()))
        .drop("load_ratio", "is_over_target")
        .join(means, on="csm_id", how="left")
        .with_columns(is_over_target=pl.col("load_ratio").round(9) > target_load)
    )


def against_peers_load(books: pl.DataFrame, peers: str = "motion") -> pl.DataFrame:
    """The books, over where the load is above that of all their peers with capacity together: like against like."""
    has_capacity = pl.col("target_capacity_hours") > 0
    peers_load = pl.col("effort_hours").filter(has_capacity).sum().over(peers) / pl.col(
        "target_capacity_hours"
    ).sum().over(peers)
    return books.filter(pl.col("csm_id") != UNASSIGNED).with_columns(
        is_over_target=(pl.col("load_ratio") / peers_load).round(9) > 1
    )


def sensitivity(
    books: pl.DataFrame, weeks: pl.DataFrame, target_load: float, margin: float = HEAVY_MARGIN
) -> pl.DataFrame:
    """The headline under other readings of "per head", "peers", "heavy" and "over": one row each, the headline first.

    Columns: reading, compared, missed, false_alarms, wrong, by_chance (counts of CSMs), wrong_share, chance_share;
    shares null where nothing is compared.
    """
    averaged = averaged_load(weeks, target_load)
    averaged_weeks = min(AVERAGED_WEEKS, weeks["week_start_date"].n_unique())
    accounts, arr = "account_count", "arr_usd"
    readings: list[tuple[str, pl.DataFrame, str, str | None, float]] = [
        ("headline: accounts per head, within motion", books, accounts, "motion", margin),
        ("heavy: anything above the peers", books, accounts, "motion", 0.0),
        (f"heavy: {2 * margin:.0%} above the peers", books, accounts, "motion", 2 * margin),
        (f"over: load of the last {count_of(averaged_weeks, 'week')} together", averaged, accounts, "motion", margin),
        ("over: more load than the peers together", against_peers_load(books), accounts, "motion", margin),
        ("accounts per head, all motions together", books, accounts, None, margin),
        ("ARR per head, within motion", books, arr, "motion", margin),
        ("ARR per head, all motions together", books, arr, None, margin),
    ]
    rows = []
    for reading, frame, measure, peers, margin in readings:
        result = score(judge_flat_ratio(frame, measure, peers, margin), peers)
        rows.append(
            {
                "reading": reading,
                "compared": result.compared,
                "missed": result.missed,
                "false_alarms": result.false_alarms,
                "wrong": result.wrong,
                "by_chance": result.by_chance,
                "wrong_share": result.wrong / result.compared if result.compared else None,
                "chance_share": result.by_chance / result.compared if result.compared else None,
            }
        )
    schema = {
        "reading": pl.String,
        "compared": pl.Int64,
        "missed": pl.Int64,
        "false_alarms": pl.Int64,
        "wrong": pl.Int64,
        "by_chance": pl.Float64,
        "wrong_share": pl.Float64,
        "chance_share": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema)


def weekly_scores(weeks: pl.DataFrame, margin: float = HEAVY_MARGIN) -> pl.DataFrame:
    """The headline in each week: week_end_date, compared, missed, false_alarms (counts of CSMs)."""
    rows = []
    for (week_end_date,), group in weeks.group_by("week_end_date", maintain_order=True):
        result = score(judge_flat_ratio(group, margin=margin))
        rows.append(
            {
                "week_end_date": week_end_date,
                "compared": result.compared,
                "missed": result.missed,
                "false_alarms": result.false_alarms,
            }
        )
    schema = {"week_end_date": pl.Date, "compared": pl.Int64, "missed": pl.Int64, "false_alarms": pl.Int64}
    return pl.DataFrame(rows, schema=schema).sort("week_end_date")


def dollars(amount: float) -> str:
    """US dollars in the unit that leaves two or three digits."""
    if abs(amount) >= 999_500:
        return f"${amount / 1e6:,.2f}M"
    return f"${amount / 1e3:,.0f}k" if abs(amount) >= 999.5 else f"${amount:,.0f}"


def names_of(frame: pl.DataFrame, limit: int = 3) -> str:
    """Names in a sentence, with their loads; no more than a reader takes in."""
    texts = [f"{row['csm']} ({row['load_ratio']:.0%})" for row in frame.head(limit).iter_rows(named=True)]
    rest = frame.height - limit
    return ", ".join(texts) + (f" and {rest:,} more" if rest > 0 else "")


def headline(judged: pl.DataFrame) -> str:
    """The answer in one sentence, from the verdicts of `judge_flat_ratio` on accounts per head within motion."""
    if judged.is_empty():
        return "There is no CSM employed on the day of measurement, so there is nothing to compare."
    result = score(judged)
    over = judged.filter(pl.col("is_over_target")).sort("load_ratio", descending=True)
    said = [
        f"In the week that ends on {judged['week_end_date'].max()}, {over.height} of "
        f"{count_of(judged.height, 'CSM')} {'is' if over.height == 1 else 'are'} over capacity"
        + (f" ({names_of(over)})" if over.height else "")
    ]
    if not result.compared:
        said.append(
            "accounts per head cannot be put to the test, since no CSM with capacity has a peer in the same motion"
        )
    elif not result.wrong:
        whom = "the one CSM that has" if result.compared == 1 else f"all {result.compared:,} CSMs that have"
        said.append(f"accounts per head agrees on {whom} capacity and peers")
    else:
        said.append(
            f"accounts per head puts {result.wrong} of the {count_of(result.compared, 'CSM')} that can be compared on "
            f"the wrong side: {wrong_words(judged)}"
        )
    uncovered = judged.filter(pl.col("is_uncovered"))
    if uncovered.height:
        said.append(uncovered_words(uncovered))
    return f"{'; '.join(said)}."


def wrong_words(judged: pl.DataFrame) -> str:
    """Whom the flat ratio misses, and about whom it raises a false alarm."""
    missed = judged.filter(pl.col("verdict") == MISSED).sort("load_ratio", descending=True)
    alarms = judged.filter(pl.col("verdict") == FALSE_ALARM).sort("load_ratio")
    parts = []
    if missed.height:
        parts.append(f"it misses {names_of(missed)}")
    if alarms.height:
        parts.append(f"it calls {names_of(alarms)} heavy, who {'is' if alarms.height == 1 else 'are'} not over")
    return ", and ".join(parts)


def ranking(judged: pl.DataFrame) -> pl.DataFrame:
    """The verdicts as a table to read: by motion, the heaviest load first."""
    ordered = judged.sort("motion", "load_ratio", "csm", descending=[False, True, False])
    return ordered.select(
        pl.col("csm").alias("CSM"),
        pl.col("motion").alias("motion"),
        pl.col("per_head").alias("accounts per head"),
        pl.col("peers_per_head").alias("peers' accounts per head"),
        pl.col("rank_by_ratio").alias("rank by accounts"),
        (100 * pl.col("load_ratio")).alias("load, % of capacity"),
        pl.col("rank_by_load").alias("rank by load"),
        pl.col("verdict"),
    )


def books_sentences(books: pl.DataFrame, gaps: pl.DataFrame) -> list[str]:
    """How much there is, who holds none of it, and what could not be measured."""
    csms = books.filter(pl.col("csm_id") != UNASSIGNED)
    unassigned = books.filter(pl.col("csm_id") == UNASSIGNED)
    accounts = count_of(books["account_count"].sum(), "account")
    said = [f"{accounts} with {dollars(books['arr_usd'].sum())} of ARR; {count_of(csms.height, 'CSM')} employed."]
    if unassigned.height:
        said.append(f"Owned by nobody who is employed: {count_of(unassigned['account_count'].sum(), 'account')}.")
    if not books["arr_usd"].sum():
        said.append("No subscription is active, so there is no ARR to divide.")
    said.extend(f"No {gap['table_name']}: {gap['unavailable']}." for gap in gaps.iter_rows(named=True))
    return said


def firmness(readings: pl.DataFrame) -> str:
    """How far to trust the answer, from the rows of `sensitivity`."""
    compared = readings.filter(pl.col("compared") > 0)
    if compared.is_empty():
        return ""
    first = compared.row(0, named=True)
    chance = f"{first['by_chance']:.1f} of {first['compared']}"
    said = f"Drawing as many heavy books from a hat would get {chance} wrong on average"
    averaged = compared.filter(pl.col("reading").str.starts_with("over: load of the last"))
    if averaged.height:
        row = averaged.row(0, named=True)
        load, wrong = row["reading"].removeprefix("over: "), f"{row['wrong']} of {row['compared']}"
        said += f"; judged by the {load}, the flat ratio gets {wrong} wrong"
    return f"{said}."


def uncovered_words(uncovered: pl.DataFrame) -> str:
    """How many books nobody works on this week."""
    accounts = count_of(uncovered["account_count"].sum(), "account")
    verb = "leaves" if uncovered.height == 1 else "leave"
    return f"{count_of(uncovered.height, 'CSM')} without capacity that week {verb} {accounts} uncovered"


@dataclass(frozen=True)
class Agreement:
    """How load as felt goes with load as measured and with the flat ratio, over answers.

    `with_load` and `with_ratio` are null where answers are too few or all alike; `within_csm` is the correlation with
    load of each answer's distance from its CSM's own means (null: too few answered twice).
    """

    answer_count: int
    csm_count: int
    without_load_count: int
    with_load: Correlation | None
    with_ratio: Correlation | None
    within_csm: float | None

    @property
    def sentences(self) -> list[str]:
        if not self.answer_count + self.without_load_count:
            return ["Nobody was asked: there are no effort surveys, so how the load feels is not known."]
        answers, csms = count_of(self.answer_count, "answer"), count_of(self.csm_count, "CSM")
        said = [f"{answers} of {csms} can be held against the load of their week."]
        if self.without_load_count:
            said.append(f"{self.without_load_count:,} more fell into weeks without capacity.")
        if self.with_load is None:
            said.append(
                "That is too few, or they are too much alike, to say whether load as felt follows load as measured."
            )
            return said
        said.append(f"Rank correlation of load as felt with the effort-weighted load: {self.with_load.words}.")
        if self.with_ratio is not None:
            said.append(f"With accounts per head against peers: {self.with_ratio.words}.")
        if self.within_csm is not None:
            said.append(f"Of a CSM's own ups and downs with those of the load: {self.within_csm:.2f}.")
        return said


def agreement(answers: pl.DataFrame) -> Agreement:
    """Hold the answers of `marts.read_perceived_load` against the load and the flat ratio of their week."""
    held = answers.drop_nulls("load_ratio")
    own = held.filter(pl.len().over("csm_id") > 1).with_columns(
        (pl.col(column) - pl.col(column).mean().over("csm_id")).round(9)
        for column in ("perceived_load_score", "load_ratio")
    )
    return Agreement(
        answer_count=held.height,
        csm_count=held["csm_id"].n_unique(),
        without_load_count=answers.height - held.height,
        with_load=correlate(held, "load_ratio"),
        with_ratio=correlate(held.drop_nulls("relative_to_peers"), "relative_to_peers"),
        within_csm=spearman(own, "load_ratio") if own.height >= MINIMUM_ANSWERS else None,
    )


def mark_discordant(answers: pl.DataFrame) -> pl.DataFrame:
    """Answers with a load, and whether they sit in the other half of the scale than the load does of the loads.

    Adds rank_gap (place of the answer among the answers less place of the load among the loads, -1 to 1; the scale is
    nobody's and everybody's, so only places are compared) and discordance: `felt more`, `felt less` (by at least half
    of the places) or `in line`.
    """
    held = answers.drop_nulls("load_ratio")
    if held.height < MINIMUM_ANSWERS:
        return held.with_columns(rank_gap=pl.lit(None, pl.Float64), discordance=pl.lit("in line"))
    gap = (pl.col("perceived_load_score").rank() - pl.col("load_ratio").rank()) / pl.len()
    return held.with_columns(rank_gap=gap).with_columns(
        discordance=pl.when(pl.col("rank_gap") >= 0.5)
        .then(pl.lit("felt more"))
        .when(pl.col("rank_gap") <= -0.5)
        .then(pl.lit("felt less"))
        .otherwise(pl.lit("in line"))
    )


def discordant(answers: pl.DataFrame, limit: int = 10) -> pl.DataFrame:
    """The discordant answers of `mark_discordant` as a table to read, the furthest apart first."""
    return (
        answers.filter(pl.col("discordance") != "in line")
        .sort(pl.col("rank_gap").abs(), "surveyed_on", "csm", descending=[True, False, False])
        .head(limit)
        .select(
            pl.col("csm").alias("CSM"),
            pl.col("surveyed_on").alias("asked on"),
            pl.col("perceived_load_score").alias("load as felt, 1 to 10"),
            (100 * pl.col("load_ratio")).alias("load as measured, % of capacity"),
            pl.col("discordance"),
        )
    )


def no_discordance(answers: pl.DataFrame) -> str:
    """What to say where `discordant` has no row, of the frame of `mark_discordant`."""
    if answers.height < MINIMUM_ANSWERS:
        return f"Fewer than {MINIMUM_ANSWERS} answers: there are no places on a scale to compare."
    return "No answer is far from where its load stands among the loads."
