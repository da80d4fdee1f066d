"""The week: what calls for a change, the seven metrics of each CSM, and load and throughput against their limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from book_of_business.dashboard import drawing, formats
from book_of_business.dashboard.model import Cell, Column, Row, Section, Table
from book_of_business.dashboard.reading import Published, read_query

WEEKS = 26
SHOWN_ROWS = 40
SHOWN_ACCOUNTS = 12
NOTICED_POINTS = 0.05
# What a trigger is called where people read.
TRIGGERS = {
    "load_over_target": "Load over capacity",
    "throughput_intervention": "Too many conversations",
    "touch_ceiling": "More touches than a quarter holds",
    "renewal_cap": "Renewals in one quarter",
    "risk_stacking": "Risk on one book",
    "unmonitored": "Accounts without conversation",
    "slow_detection": "Risks noticed late",
    "ramp_complete": "Ramp complete, room left",
    "uncovered_book": "Nobody has time for the book",
}


@dataclass(frozen=True)
class Metric:
    """One of the seven: its column, heading, how it is written, the line it is compared with."""

    column: str
    label: str
    written: Callable[[float | None], str]
    change: Callable[[float | None], str]
    limit_column: str | None = None
    limit: float | None = None
    floor: float | None = None


def points(value: float | None) -> str:
    """A change of a ratio in percentage points."""
    return formats.NOTHING if value is None else f"{formats.signed(100 * value)} pts"


def metrics(published: Published) -> list[Metric]:
    """The seven, in the order of the weekly scorecard."""
    return [
        Metric("load_ratio", "Load", formats.percent, points, limit=published.thresholds["target_load_ratio"], floor=0),
        Metric(
            "counted_interaction_count",
            "Conversations",
            formats.number,
            formats.signed,
            limit_column="throughput_ceiling_count",
            floor=0,
        ),
        Metric(
            "mean_detection_days", "Detection, days", lambda v: formats.number(v, 1), lambda v: formats.signed(v, 1)
        ),
        Metric("mean_sentiment_score", "Sentiment", lambda v: formats.signed(v, 2), lambda v: formats.signed(v, 2)),
        Metric("follow_up_density", "Follow-up", lambda v: formats.number(v, 2), lambda v: formats.signed(v, 2)),
        Metric(
            "unmonitored_ratio", "Unmonitored", formats.percent, points, limit_column="unmonitored_limit_ratio", floor=0
        ),
        Metric("mean_quality_score", "Quality", formats.number, formats.signed),
    ]


def about(row: dict) -> dict[str, str | None]:
    """What a row of a frame is about, for filters."""
    return {"csm_id": row.get("csm_id"), "team": row.get("team"), "motion": row.get("motion")}


def csm_cell(row: dict, remark: str = "") -> Cell:
    """The name of a CSM, which opens their accounts."""
    if row.get("is_unassigned") or row.get("csm_id") == "unassigned":
        return Cell("Nobody's accounts", remark=remark, csm_id=row["csm_id"])
    return Cell(row.get("csm_name") or row["csm_id"], remark=remark, csm_id=row["csm_id"])


def this_week(published: Published) -> Section:
    """Triggers with what to do, and what changed since the week before."""
    triggers, ended = published.frame("triggers"), published.frame("ended_triggers")
    books = triggers["csm_id"].n_unique()
    new = triggers.filter("is_new").height
    if triggers.is_empty():
        title = "No book calls for a change this week"
    else:
        stand = "stands" if triggers.height == 1 else "stand"
        title = f"{formats.count(triggers.height, 'trigger')} {stand} in {formats.count(books, 'book')}"
        title += f", {new} of them new" if new else ", none of them new"
    rows = [
        Row(
            [
                csm_cell(row),
                Cell(TRIGGERS.get(row["trigger"], formats.words(row["trigger"])), mark="new" if row["is_new"] else ""),
                Cell(row["reason"]),
                Cell(formats.day(row["since_week_start_date"])),
                Cell(formats.count(row["account_count"], "account"), remark=formats.usd(row["arr_usd"])),
            ],
            **about(row),
        )
        for row in triggers.head(SHOWN_ROWS).iter_rows(named=True)
    ]
    columns = [
        Column("CSM"),
        Column("Trigger", "trigger"),
        Column("Why, and what to do", "reason"),
        Column("Since the week of", "since_week_start_date"),
        Column("Affects", "account_count"),
    ]
    table = Table("triggers", "Triggers of the week", columns, rows, triggers, max(0, triggers.height - SHOWN_ROWS))
    queries = [read_query(name) for name in ("triggers", "ended_triggers", "weeks", "team_weeks")]
    return Section("week", "This week", title, changes(published, ended), [table] if rows else [], queries=queries)


def changes(published: Published, ended: pl.DataFrame) -> list[str]:
    """What changed since the week before, in sentences."""
    said = []
    if not ended.is_empty():
        names = [
            f"{TRIGGERS.get(row['trigger'], row['trigger']).lower()} ({formats.name(row['csm_name'], row['csm_id'])})"
            for row in ended.iter_rows(named=True)
        ]
        said.append(f"No longer standing: {formats.listed(names, 5)}.")
    team = published.frame("team_weeks").filter(pl.col("scope") == "organisation").sort("weeks_ago")
    if team.height > 1:
        now, before = team.row(0, named=True), team.row(1, named=True)
        said.append(
            f"The organisation needs {formats.percent(now['load_ratio'])} of its capacity"
            f" ({formats.percent(before['load_ratio'])} the week before), held"
            f" {formats.number(now['counted_interaction_count'])} conversations"
            f" ({formats.number(before['counted_interaction_count'])}), and has"
            f" {formats.count(now['open_undetected_count'], 'risk')} that nobody has noticed"
            f" ({formats.number(before['open_undetected_count'])})."
        )
    return said


def seven_metrics(published: Published) -> Section:
    """One row per CSM: each metric with 26 weeks, the line it is compared with, and the change of the week."""
    weeks, books = published.frame("weeks"), published.frame("books").filter(~pl.col("is_unassigned"))
    chosen = metrics(published)
    usual = usual_values(published, chosen)
    by_csm = {str(key): frame for (key,), frame in weeks.group_by("csm_id", maintain_order=True)}
    places = {week: place for place, week in enumerate(sorted(weeks["week_start_date"].unique()))}
    rows = []
    for row in books.iter_rows(named=True):
        own = by_csm.get(row["csm_id"])
        cells = [csm_cell(row, remark=row["team"] or "")]
        cells += [metric_cell(metric, own, places, usual[metric.column]) for metric in chosen]
        rows.append(Row(cells, **about(row)))
    columns = [Column("CSM"), *(Column(metric.label, metric.column, is_number=True) for metric in chosen)]
    table = Table(
        "metrics",
        f"Seven metrics per CSM, last {len(places)} weeks",
        columns,
        rows,
        weeks.filter(pl.col("weeks_ago") == 0),
    )
    note = (
        "Line: the last 26 weeks at most. Dashed: the threshold. Dotted: the whole organisation, where there is no"
        " threshold. Below the value: the change since the week before. A dash is not observed, which is not zero."
    )
    queries = [read_query(name) for name in ("weeks", "books", "team_weeks")]
    return Section("metrics", "Seven metrics", load_changes(weeks, books), tables=[table], note=note, queries=queries)


def load_changes(weeks: pl.DataFrame, books: pl.DataFrame) -> str:
    """Whose load changed most since the week before, as a title."""
    now, before = (weeks.filter(pl.col("weeks_ago") == ago).select("csm_id", "load_ratio") for ago in (0, 1))
    both = now.join(before, on="csm_id", suffix="_before").with_columns(
        change=pl.col("load_ratio") - pl.col("load_ratio_before")
    )
    names = {key: formats.name(said, key) for key, said in books.select("csm_id", "csm_name").iter_rows()}
    moved = both.filter(pl.col("csm_id").is_in(list(names)) & (pl.col("change").abs() >= NOTICED_POINTS)).sort("csm_id")
    if moved.is_empty():
        return "No load moved by five points or more since last week"
    told = [f"{names[row['csm_id']]} ({points(row['change'])})" for row in moved.iter_rows(named=True)]
    return f"Load moved by five points or more in {formats.count(moved.height, 'book')}: {formats.listed(told)}"


def usual_values(published: Published, chosen: Sequence[Metric]) -> dict[str, dict]:
    """{metric: {week: value of the organisation}}."""
    team = published.frame("team_weeks").filter(pl.col("scope") == "organisation")
    return {metric.column: dict(team.select("week_start_date", metric.column).iter_rows()) for metric in chosen}


def metric_cell(metric: Metric, own: pl.DataFrame | None, places: dict, usual: dict) -> Cell:
    """A metric of a CSM: the latest value, its line over the weeks, the change, and a mark beyond the threshold."""
    if own is None:
        return Cell(formats.NOTHING)
    values: list[float | None] = [None] * len(places)
    limits: list[float | None] = [None] * len(places)
    is_threshold = metric.limit is not None or metric.limit_column is not None
    for row in own.iter_rows(named=True):
        place = places[row["week_start_date"]]
        values[place] = row[metric.column]
        limits[place] = metric.limit if metric.limit is not None else row.get(metric.limit_column or "")
    if not is_threshold:
        limits = [usual.get(week) for week in places]
    now, before = values[-1], values[-2] if len(values) > 1 else None
    remark = metric.change(now - before) if now is not None and before is not None else ""
    if metric.column == "mean_detection_days":
        unnoticed = own.filter(pl.col("weeks_ago") == 0)["open_undetected_count"].to_list()
        remark = f"{unnoticed[0]:,.0f} not noticed" if unnoticed and unnoticed[0] else remark
    limit = limits[-1]
    is_over = is_threshold and now is not None and limit is not None and round(now - limit, 9) > 0
    return Cell(
        metric.written(now),
        drawing.sparkline(values, limits, is_threshold=is_threshold, floor=metric.floor),
        remark,
        "over" if is_over else "",
    )


def load_and_throughput(published: Published) -> Section:
    """Work against hours, and conversations against the ceiling, as bars."""
    books = published.frame("books")
    own = books.filter(~pl.col("is_unassigned"))
    over = own.filter("is_over_target")
    named = [
        f"{formats.name(row['csm_name'], row['csm_id'])} ({formats.percent(row['load_ratio'])})"
        for row in over.iter_rows(named=True)
    ]
    if own["load_ratio"].null_count() == own.height:
        title = "Load is not observed"
    elif over.is_empty():
        title = f"None of {formats.count(own.height, 'book')} needs more work than its owner has hours"
    else:
        needs = "needs" if over.height == 1 else "need"
        books_over = f"{over.height} of {formats.count(own.height, 'book')}"
        title = f"{books_over} {needs} more work than there are hours for it: {formats.listed(named)}"
    longest = min(max([1.25, *own["load_ratio"].drop_nulls()]), 2.5)
    most = max([1, *own["counted_interaction_count"].drop_nulls(), *own["throughput_ceiling_count"].drop_nulls()])
    rows = [
        Row(
            [
                csm_cell(row),
                Cell(
                    formats.percent(row["load_ratio"]),
                    drawing.bar(row["load_ratio"], None if row["is_unassigned"] else 1.0, longest),
                    mark="over" if row["is_over_target"] else "",
                ),
                Cell(f"{formats.number(row['effort_hours'], 1)} of {formats.number(row['target_capacity_hours'], 1)}"),
                Cell(
                    f"{formats.number(row['counted_interaction_count'])}"
                    f" of {formats.number(row['throughput_ceiling_count'])}",
                    drawing.bar(row["counted_interaction_count"], row["throughput_ceiling_count"], most),
                    mark="over" if row["is_over_ceiling"] else "",
                ),
                Cell(formats.number(row["account_count"])),
                Cell(formats.usd(row["arr_usd"])),
            ],
            **about(row),
        )
        for row in books.iter_rows(named=True)
    ]
    columns = [
        Column("CSM"),
        Column("Load", "load_ratio", is_number=True),
        Column("Hours needed of hours there are", "effort_hours", is_number=True),
        Column("Conversations, of the ceiling", "counted_interaction_count", is_number=True),
        Column("Accounts", "account_count", is_number=True),
        Column("ARR", "arr_usd", is_number=True),
    ]
    table = Table("load", "Load and throughput of the week", columns, rows, books)
    note = "The upright line is the limit: all the hours there are, and the conversations that one can sustain."
    return Section("load", "Load and throughput", title, tables=[table], note=note, queries=[read_query("books")])
