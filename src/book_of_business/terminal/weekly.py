"""The scorecard of the last complete week, for the terminal: measures, outcomes, and what calls for rebalancing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from book_of_business import marts
from book_of_business.console import SHOWN_CSMS, one_line

Row = dict[str, object]
NOTHING = "-"
PIPED_WIDTH = 100
NAME_WIDTH = 28
WEEKS_IN_A_QUARTER = 13
MOVEMENTS = (
    ("new_arr_usd", "+", "new"),
    ("reactivated_arr_usd", "+", "back"),
    ("expansion_arr_usd", "+", "expansion"),
    ("contraction_arr_usd", "-", "contraction"),
    ("churned_arr_usd", "-", "churn"),
)


@dataclass(frozen=True)
class Metric:
    """One of the seven: where it stands, how it is written, the step below which it is level, decimals of a change."""

    column: str
    heading: str
    step: float
    written: Callable[[float], str]
    decimals: int = 0


def percent(value: float) -> str:
    """A share of 0 to 1 as a whole number of hundredths."""
    return f"{value:.0%}"


METRICS = (
    Metric("load_ratio", "Load", 0.01, percent),
    Metric("counted_interaction_count", "Held", 1, "{:.0f}".format),
    Metric("mean_detection_days", "Detection", 0.1, "{:.1f} d".format, 1),
    Metric("mean_sentiment_score", "Sentiment", 0.01, "{:+.2f}".format, 2),
    Metric("follow_up_density", "Follow-up", 0.01, "{:.2f}".format, 2),
    Metric("unmonitored_ratio", "Unmonitored", 0.01, percent),
    Metric("mean_quality_score", "Quality", 1, "{:.0f}".format),
)


def read_scorecards(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row for the organisation, then one per CSM with a scorecard in the latest week, heaviest load first.

    Columns: csm, csm_id (null for the organisation), and those that fct_csm_scorecard and fct_team_scorecard share.
    """
    columns = ", ".join(
        [f"{prefix}{metric.column}" for metric in METRICS for prefix in ("", "previous_", "trend_")]
        + ["throughput_ceiling_count", "open_undetected_count", "net_retention_ratio", "gross_retention_ratio"]
        + ["logo_retention_ratio", "expansion_ratio", "mean_csat_score", "csat_response_count"]
        + ["net_promoter_score", "nps_response_count"]
    )
    latest = "week_start_date = (select week_start_date from marts.dim_weeks where is_latest)"
    organisation = marts.query(
        connection,
        f"select 'organisation' as csm, cast(null as varchar) as csm_id, {columns} from marts.fct_team_scorecard"
        f" where scope = 'organisation' and {latest}",
    )
    csms = marts.labelled(
        connection,
        f"select csm_id, {columns} from marts.fct_csm_scorecard where {latest}"
        " order by load_ratio desc nulls last, csm_id",
    )
    # who has a scorecard before being hired has no name yet
    csms = csms.with_columns(csm=pl.coalesce("csm", pl.col("csm_id").map_elements(one_line, return_dtype=pl.String)))
    return pl.concat([organisation, csms], how="vertical_relaxed")


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


def read_triggers(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame | None:
    """What calls for rebalancing in the week: csm, csm_id, trigger, since_week_start_date, reason; null: no mart."""
    found = marts.query(
        connection,
        "select 1 from duckdb_tables() where schema_name = 'marts' and table_name = 'fct_rebalancing_triggers'",
    )
    if not found.height:
        return None
    return marts.labelled(
        connection,
        """
        select triggers.csm_id, triggers.trigger, triggers.since_week_start_date, triggers.reason
        from marts.fct_rebalancing_triggers as triggers
        inner join marts.dim_weeks as weeks
            on triggers.week_start_date = weeks.week_start_date and weeks.is_latest
        order by triggers.csm_id, triggers.trigger
    """,
    )


def signed(change: float, decimals: int) -> str:
    """A change with its sign; 0 for one that would be written as nothing."""
    return "0" if round(change, decimals) == 0 else f"{change:+.{decimals}f}"


def change_words(metric: Metric, row: Row) -> str:
    """Change since last week and the direction of the trend: up, down or level; empty where neither is known."""
    value, previous, trend = (row[f"{prefix}{metric.column}"] for prefix in ("", "previous_", "trend_"))
    words = []
    if value is not None and previous is not None:
        change = (float(value) - float(previous)) * (100 if metric.written is percent else 1)
        words.append(signed(change, metric.decimals))
    if trend is not None:
        # level: a quarter of it would not show in the number
        is_level = abs(float(trend)) * WEEKS_IN_A_QUARTER < metric.step
        words.append("→" if is_level else "↗" if float(trend) > 0 else "↘")
    return " ".join(words)


def metric_words(metric: Metric, row: Row) -> str:
    """The value on one line, and what became of it since last week on the next."""
    value = row[metric.column]
    words = NOTHING if value is None else metric.written(float(value))
    ceiling = row["throughput_ceiling_count"]
    if metric.column == "counted_interaction_count" and value is not None and ceiling is not None:
        words += f" of {float(ceiling):.0f}"
    if metric.column == "mean_detection_days" and row["open_undetected_count"]:
        words += f" ({row['open_undetected_count']} open)"
    return f"{words}\n{change_words(metric, row)}"


def name_text(row: Row) -> Text:
    """The name as text: what stands in square brackets in it is no markup."""
    return Text(str(row["csm"]), style="bold" if row["csm_id"] is None else "")


def new_table(title: str) -> Table:
    """A table of CSMs; a long name goes on in the next line, since two may differ at their ends only."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("CSM", overflow="fold", max_width=NAME_WIDTH)
    return table


def metrics_table(scorecards: pl.DataFrame, week: Row) -> Table:
    """The seven metrics. Direction stands in signs and arrows, so that colour is never needed."""
    table = new_table(f"Week of {week['week_start_date']} to {week['week_end_date']}")
    for metric in METRICS:
        table.add_column(metric.heading, justify="right")
    for row in scorecards.iter_rows(named=True):
        table.add_row(name_text(row), *(Text(metric_words(metric, row)) for metric in METRICS))
    return table


def outcomes_table(scorecards: pl.DataFrame) -> Table:
    """Retention of the books held a year ago, and the answers to surveys with their number."""
    table = new_table("Outcomes")
    for heading in ("NRR", "GRR", "Logos kept", "Expansion", "CSAT (answers)", "NPS (answers)"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in scorecards.iter_rows(named=True):
        shares = [
            NOTHING if row[column] is None else f"{row[column]:.1%}"
            for column in ("net_retention_ratio", "gross_retention_ratio", "logo_retention_ratio", "expansion_ratio")
        ]
        csat = NOTHING if row["mean_csat_score"] is None else f"{row['mean_csat_score']:.2f}"
        nps = NOTHING if row["net_promoter_score"] is None else f"{row['net_promoter_score']:+.0f}"
        counts = [
            "" if row[column] is None else f" ({row[column]:,})"
            for column in ("csat_response_count", "nps_response_count")
        ]
        table.add_row(name_text(row), *map(Text, [*shares, csat + counts[0], nps + counts[1]]))
    return table


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
    """The sentences of each CSM under one name."""
    table = Table.grid(padding=(0, 1))
    table.add_column(overflow="fold", max_width=NAME_WIDTH)
    table.add_column()
    named: object = None
    for row in triggers:
        who = row["csm"] or one_line(str(row["csm_id"]))
        reason = f"{one_line(str(row['reason']), 300)} (since {row['since_week_start_date']})"
        table.add_row(Text("" if row["csm_id"] == named else str(who)), Text(reason))
        named = row["csm_id"]
    return table


def print_weekly(build_dir: Path, console: Console) -> None:
    """The scorecard of the last complete week.

    Raises:
        UserError: if nothing is published, or what is published lacks a mart or a column.
    """
    with marts.connect(build_dir) as connection:
        scorecards, movements, triggers = (
            read_scorecards(connection),
            read_movements(connection),
            read_triggers(connection),
        )
    # the organisation stands above its CSMs
    shown = scorecards.head(1 + SHOWN_CSMS)
    console.print(metrics_table(shown, movements))
    if left_out := scorecards.height - shown.height:
        console.print(
            f"{left_out:,} more CSMs, with less load or none measured: see marts.fct_csm_scorecard", markup=False
        )
    console.print(
        "Held: interactions that count, of the ceiling. Detection: mean days; open: not yet detected.\n"
        "Below each value: change since last week (of shares in points), direction of the last quarter.\n"
        "Sentiment: -1 to 1. Follow-up: action items per interaction. Quality: 0 to 100. -: not observed.",
        markup=False,
    )
    if scorecards.height == 1:
        console.print("no CSM is employed in this week", markup=False)
    console.print()
    console.print(outcomes_table(shown))
    console.print(
        "NRR, GRR, logos, expansion look back retention_weeks, answers survey_days (seeds/reference/thresholds.csv).",
        markup=False,
    )
    console.print(movement_words(movements), markup=False)
    if triggers is None:
        return
    console.print()
    if not triggers.height:
        console.print("Nothing calls for rebalancing", markup=False)
        return
    console.print(
        "Signs that a book should be rebalanced (since: the week in which the sign was set off)", markup=False
    )
    told, left_out = first_triggers(triggers, scorecards)
    console.print(triggers_table(told))
    if left_out:
        console.print(f"{left_out:,} more signs: see marts.fct_rebalancing_triggers", markup=False)


def console_for_weekly() -> Console:
    """As wide as the terminal; piped, wide enough for the tables."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
