"""The scorecard of the last complete week, for the terminal: measures, outcomes, and what calls for rebalancing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from book_of_business import marts
from book_of_business.console import SHOWN_CSMS, add_name_column, add_number_column, name_with_id, new_table, one_line

Row = dict[str, object]
NOTHING = "-"
REASON_LENGTH = 300
MOVEMENTS = (
    ("new_arr_usd", "+", "new"),
    ("reactivated_arr_usd", "+", "back"),
    ("expansion_arr_usd", "+", "expansion"),
    ("contraction_arr_usd", "-", "contraction"),
    ("churned_arr_usd", "-", "churn"),
)


@dataclass(frozen=True)
class Metric:
    """One of the seven: column, heading (broken at blanks), how it is written, decimals of its change."""

    column: str
    heading: str
    written: Callable[[float], str]
    decimals: int = 0


def percent(value: float) -> str:
    """A share of 0 to 1 as a whole number of hundredths."""
    return f"{value:.0%}"


METRICS = (
    Metric("load_ratio", "Load", percent),
    Metric("counted_interaction_count", "Held", "{:.0f}".format),
    Metric("mean_detection_days", "Detection", "{:.1f} d".format, 1),
    Metric("mean_sentiment_score", "Sentiment", "{:+.2f}".format, 2),
    Metric("follow_up_density", "Follow- up", "{:.2f}".format, 2),
    Metric("unmonitored_ratio", "Un- monitored", percent),
    Metric("mean_quality_score", "Quality", "{:.0f}".format),
)
OUTCOMES = (
    ("NRR", "net_retention_ratio"),
    ("GRR", "gross_retention_ratio"),
    ("Logos kept", "logo_retention_ratio"),
    ("Expansion", "expansion_ratio"),
)


def read_scorecards(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row for the organisation, then one per CSM with a scorecard in the latest week, heaviest load first.

    Columns: csm_id (null for the organisation), csm_name (null before hiring), and those of METRICS and of outcomes,
    which fct_csm_scorecard and fct_team_scorecard share.
    """
    columns = ", ".join(
        [f"scores.{prefix}{metric.column}" for metric in METRICS for prefix in ("", "previous_")]
        + [f"scores.{column}" for _, column in OUTCOMES]
        + ["scores.throughput_ceiling_count", "scores.open_undetected_count", "scores.mean_csat_score"]
        + ["scores.csat_response_count", "scores.net_promoter_score", "scores.nps_response_count"]
    )
    weeks = "inner join marts.dim_weeks as weeks on scores.week_start_date = weeks.week_start_date and weeks.is_latest"
    return marts.query(
        connection,
        f"""
        select * from (
            select cast(null as varchar) as csm_id, 'organisation' as csm_name, {columns}
            from marts.fct_team_scorecard as scores
            {weeks}
            where scores.scope = 'organisation'
            union all
            select scores.csm_id, csms.csm_name, {columns}
            from marts.fct_csm_scorecard as scores
            {weeks}
            left join marts.dim_csms as csms on scores.csm_id = csms.csm_id
        )
        order by csm_id is not null, load_ratio desc nulls last, csm_id
    """,
    )


def read_movements(connection: duckdb.DuckDBPyConnection) -> Row:
    """ARR movements of all books in the latest week, US dollars; null where the week before is not measured.

    Keys: week_start_date, week_end_date, opening_arr_usd, closing_arr_usd, and those of MOVEMENTS.
    """
    sums = ", ".join(f"sum(movements.{column}) as {column}" for column, _, _ in MOVEMENTS)
    return marts.query(
        connection,
        f"""
        select
            weeks.week_start_date, weeks.week_end_date, sum(movements.opening_arr_usd) as opening_arr_usd, {sums},
            sum(movements.closing_arr_usd) as closing_arr_usd
        from marts.fct_arr_movements as movements
        inner join marts.dim_weeks as weeks
            on movements.week_start_date = weeks.week_start_date and weeks.is_latest
        group by weeks.week_start_date, weeks.week_end_date
    """,
    ).row(0, named=True)


def read_lookbacks(connection: duckdb.DuckDBPyConnection) -> Row:
    """How far the outcomes look back: retention_weeks and survey_days."""
    names = ("retention_weeks", "survey_days")
    values = ", ".join(f"max(value) filter (where threshold = '{name}') as {name}" for name in names)
    return marts.query(connection, f"select {values} from reference.thresholds").row(0, named=True)


def read_triggers(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame | None:
    """What calls for rebalancing in the week; null: no mart.

    Columns: csm_id, csm_name, trigger, since_week_start_date, reason.
    """
    found = marts.query(
        connection,
        "select 1 from duckdb_tables() where schema_name = 'marts' and table_name = 'fct_rebalancing_triggers'",
    )
    if not found.height:
        return None
    return marts.query(
        connection,
        """
        select triggers.csm_id, csms.csm_name, triggers.trigger, triggers.since_week_start_date, triggers.reason
        from marts.fct_rebalancing_triggers as triggers
        inner join marts.dim_weeks as weeks
            on triggers.week_start_date = weeks.week_start_date and weeks.is_latest
        left join marts.dim_csms as csms on triggers.csm_id = csms.csm_id
        order by triggers.csm_id, triggers.trigger
    """,
    )


def change_words(metric: Metric, row: Row) -> str:
    """Change since last week, of shares in percentage points; empty where one of the two is not observed."""
    value, previous = row[metric.column], row[f"previous_{metric.column}"]
    if value is None or previous is None:
        return ""
    is_share = metric.written is percent
    change = round((float(value) - float(previous)) * (100 if is_share else 1), metric.decimals)
    return "0" if change == 0 else f"{change:+.{metric.decimals}f}{' pts' if is_share else ''}"


def metric_words(metric: Metric, row: Row) -> str:
    """The value, below it its change since last week, and below that the risks that nobody has noticed yet."""
    value = row[metric.column]
    words = NOTHING if value is None else metric.written(float(value))
    ceiling = row["throughput_ceiling_count"]
    if metric.column == "counted_interaction_count" and value is not None and ceiling is not None:
        words += f" of {float(ceiling):.0f}"
    lines = [words, change_words(metric, row)]
    if metric.column == "mean_detection_days" and row["open_undetected_count"]:
        lines.append(f"{row['open_undetected_count']:,} open")
    return "\n".join(line for line in lines if line)


def name_text(row: Row) -> Text:
    """The name with its id; the organisation has none."""
    return name_with_id(row["csm_name"], row["csm_id"], "bold" if row["csm_id"] is None else "")


def scorecard_table(title: str, scorecards: pl.DataFrame, columns: dict[str, Callable[[Row], str]]) -> Table:
    """A table with a row per scorecard and a column per heading; numbers are never cut."""
    rows = list(scorecards.iter_rows(named=True))
    # eight columns, of which the names need the most
    table = new_table(title, gap=1)
    add_name_column(table, "CSM")
    cells = [[words(row) for row in rows] for words in columns.values()]
    for heading, texts in zip(columns, cells, strict=True):
        add_number_column(table, heading, texts)
    for place, row in enumerate(rows):
        table.add_row(name_text(row), *(Text(texts[place]) for texts in cells))
    return table


def metrics_table(scorecards: pl.DataFrame, week: Row) -> Table:
    """The seven metrics. What changed stands in signs, so that colour is never needed."""
    columns = {metric.heading: lambda row, metric=metric: metric_words(metric, row) for metric in METRICS}
    return scorecard_table(f"Week of {week['week_start_date']} to {week['week_end_date']}", scorecards, columns)


def outcomes_table(scorecards: pl.DataFrame) -> Table:
    """Retention of the books held a year ago, and the answers to surveys with their number."""
    columns: dict[str, Callable[[Row], str]] = {
        heading: lambda row, column=column: NOTHING if row[column] is None else f"{row[column]:.1%}"
        for heading, column in OUTCOMES
    }
    columns["CSAT (answers)"] = lambda row: answer_words(row["mean_csat_score"], "{:.2f}", row["csat_response_count"])
    columns["NPS (answers)"] = lambda row: answer_words(row["net_promoter_score"], "{:+.0f}", row["nps_response_count"])
    return scorecard_table("Outcomes", scorecards, columns)


def answer_words(score: object, form: str, count: object) -> str:
    """A score and in brackets the answers that it comes from; a dash where there is none."""
    words = NOTHING if score is None else form.format(score)
    return words if count is None else f"{words} ({count:,})"


def movement_words(movements: Row) -> str:
    """The ARR of all books from one Sunday to the next, as a sum that can be checked."""
    if movements["opening_arr_usd"] is None:
        return f"ARR ${movements['closing_arr_usd']:,.0f}; the week before is not measured"
    moved = [f"{sign} {movements[column]:,.0f} {word}" for column, sign, word in MOVEMENTS if movements[column]]
    words = " ".join([f"${movements['opening_arr_usd']:,.0f}", *moved])
    return f"ARR {words} = ${movements['closing_arr_usd']:,.0f}"


def first_triggers(triggers: pl.DataFrame, scorecards: pl.DataFrame) -> tuple[list[Row], int]:
    """Those of so many CSMs in the order of the scorecards, `unassigned` last, and how many triggers are left out."""
    places = {csm_id: place for place, csm_id in enumerate(scorecards["csm_id"])}
    rows = sorted(triggers.iter_rows(named=True), key=lambda row: places.get(row["csm_id"], len(places)))
    shown = set(list(dict.fromkeys(row["csm_id"] for row in rows))[:SHOWN_CSMS])
    told = [row for row in rows if row["csm_id"] in shown]
    return told, len(rows) - len(told)


def triggers_table(triggers: list[Row]) -> Table:
    """The sentences of each CSM under one name, which takes a quarter of the width and the sentences the rest."""
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(overflow="fold", ratio=1)
    table.add_column(overflow="fold", ratio=3)
    named: object = None
    for row in triggers:
        reason = f"{one_line(str(row['reason']), REASON_LENGTH)} (since {row['since_week_start_date']})"
        table.add_row("" if row["csm_id"] == named else name_with_id(row["csm_name"], row["csm_id"]), Text(reason))
        named = row["csm_id"]
    return table


def print_weekly(build_dir: Path, console: Console) -> None:
    """The scorecard of the last complete week.

    Raises:
        UserError: if nothing is published, or what is published lacks a mart or a column.
    """
    with marts.connect(build_dir) as connection:
        scorecards, movements, lookbacks, triggers = (
            read_scorecards(connection),
            read_movements(connection),
            read_lookbacks(connection),
            read_triggers(connection),
        )
    # the organisation stands above its CSMs
    shown = scorecards.head(1 + SHOWN_CSMS)
    console.print(metrics_table(shown, movements), crop=False)
    if left_out := scorecards.height - shown.height:
        console.print(
            f"{left_out:,} more CSMs, with less load or none measured: see marts.fct_csm_scorecard", markup=False
        )
    console.print(
        "Below each value: its change since last week (pts: percentage points).\n"
        "Held: interactions that count, of the ceiling.\n"
        "Detection: mean days until a risk was noticed; open: not noticed yet.\n"
        "Sentiment: -1 to 1. Follow-up: action items per interaction.\n"
        "Unmonitored: share of accounts. Quality: 0 to 100. -: not observed.",
        markup=False,
    )
    if scorecards.height == 1:
        console.print("no CSM is employed in this week", markup=False)
    console.print()
    console.print(outcomes_table(shown), crop=False)
    console.print(
        f"NRR, GRR, logos and expansion look back {lookbacks['retention_weeks']:g} weeks,"
        f" answers {lookbacks['survey_days']:g} days.",
        markup=False,
    )
    console.print(movement_words(movements), markup=False)
    if triggers is None:
        return
    console.print()
    if not triggers.height:
        console.print("Nothing calls for rebalancing", markup=False)
        return
    console.print("Signs that a book should be rebalanced (since: the week in which the sign began)", markup=False)
    told, left_out = first_triggers(triggers, scorecards)
    console.print(triggers_table(told))
    if left_out:
        console.print(f"{left_out:,} more signs: see marts.fct_rebalancing_triggers", markup=False)
