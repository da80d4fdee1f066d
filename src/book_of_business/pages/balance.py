"""What notebook 04 asks of the marts: on which axes the books of a motion are uneven, and which drift unseen.

Nothing here is a metric: indices, exposures and drifts are those of the marts, put side by side.
"""

from __future__ import annotations

import altair as alt
import duckdb
import polars as pl

from book_of_business.console import count_of
from book_of_business.marts import UNASSIGNED, labelled, query
from book_of_business.pages.charts import (
    BAR_STEP,
    HEAVY,
    INK,
    MUTED,
    OVER,
    PALE,
    first_books,
    motion_words,
    nothing_to_show,
    percent,
    title_of,
)

# Axis of fct_team_balance, how a person says it, and the column of a book that it compares.
AXES = {
    "arr": "ARR",
    "account_count": "accounts",
    "renewal_distribution": "renewal peak",
    "risk_mix": "red ARR",
    "lifecycle": "onboarding",
}
# Fewer books give an index that one of them decides.
MINIMUM_BOOKS = 3
LONGEST_RATIO = 2.0


def read_balance(connection: duckdb.DuckDBPyConnection, week_count: int) -> pl.DataFrame:
    """The rows of fct_team_balance of the last weeks with week_end_date and is_latest, the highest book by name."""
    rows = query(
        connection,
        f"""
        select
            balance.motion, balance.axis, weeks.week_end_date, weeks.is_latest, balance.book_count, balance.gini_index,
            balance.max_to_median_ratio, balance.highest_csm_id as csm_id
        from marts.fct_team_balance as balance
        inner join (
            select week_start_date, week_end_date, is_latest
            from marts.dim_weeks
            order by week_start_date desc
            limit {int(week_count)}
        ) as weeks on balance.week_start_date = weeks.week_start_date
        order by balance.motion, balance.axis, weeks.week_end_date
    """,
    )
    names = labelled(connection, "select csm_id from marts.dim_csms").rename({"csm": "highest"})
    return rows.join(names, on="csm_id", how="left", maintain_order="left").drop("csm_id")


def read_books(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per CSM employed at as_of_date: csm, csm_id, motion, fte, what fct_books, fct_touch_plan and
    fct_book_drift say of the book in the latest week; most exposed first.
    """
    return labelled(
        connection,
        f"""
        select
            books.csm_id, csms.motion, csms.fte, books.account_count, books.arr_usd, books.peak_renewal_share,
            books.red_account_count, books.red_arr_share, books.onboarding_account_count, books.expected_churn_count,
            books.churn_exposure_ratio, books.risk_stacking_threshold_count, books.is_risk_stacked,
            plans.required_touch_count, plans.required_hours_per_week, plans.lowest_productive_hours,
            plans.highest_productive_hours, plans.actual_touch_count, plans.due_touch_count, plans.verdict,
            drift.baseline_week_start_date, drift.baseline_load_ratio, drift.load_ratio, drift.effort_drift_hours,
            drift.is_silent_overload, drift.is_over_target_at_baseline_capacity
        from marts.fct_books as books
        inner join marts.dim_weeks as weeks on books.week_start_date = weeks.week_start_date and weeks.is_latest
        inner join marts.dim_csms as csms on books.csm_id = csms.csm_id and csms.is_employed
        left join marts.fct_touch_plan as plans on books.csm_id = plans.csm_id
        left join marts.fct_book_drift as drift
            on books.csm_id = drift.csm_id and books.week_start_date = drift.week_start_date
        where books.csm_id != '{UNASSIGNED}'
        order by books.churn_exposure_ratio desc nulls last, books.csm_id
    """,
    )


def read_silent_weeks(connection: duckdb.DuckDBPyConnection, week_count: int) -> pl.DataFrame:
    """Books of each of the last weeks: week_end_date, book_count, silent_count (silently overloaded) and grown_count
    (of those, the ones that would be over target at the capacity of their baseline too).
    """
    return query(
        connection,
        f"""
        select
            weeks.week_end_date, count(*) as book_count,
            count(*) filter (where drift.is_silent_overload) as silent_count,
            count(*) filter (
                where drift.is_silent_overload and drift.is_over_target_at_baseline_capacity
            ) as grown_count
        from marts.fct_book_drift as drift
        inner join (
            select week_start_date, week_end_date
            from marts.dim_weeks
            order by week_start_date desc
            limit {int(week_count)}
        ) as weeks on drift.week_start_date = weeks.week_start_date
        group by weeks.week_end_date
        order by weeks.week_end_date
    """,
    )


def latest(balance: pl.DataFrame) -> pl.DataFrame:
    """The rows of the latest week in which enough books can be compared."""
    return balance.filter(pl.col("is_latest") & (pl.col("book_count") >= MINIMUM_BOOKS))


def most_uneven(balance: pl.DataFrame) -> pl.DataFrame:
    """For each motion the axis with the largest Gini index and the one with the smallest: motion, axis, gini_index,
    least_axis, least_gini_index, highest, book_count.

    An axis on which half of the books have nothing (a median of 0) is uneven whatever anybody does, and left out.
    """
    ranked = (
        latest(balance)
        .drop_nulls(["gini_index", "max_to_median_ratio"])
        .sort("motion", "gini_index", "axis", descending=[False, True, False])
    )
    return ranked.group_by("motion", maintain_order=True).agg(
        pl.col("axis").first(),
        pl.col("gini_index").first(),
        pl.col("axis").last().alias("least_axis"),
        pl.col("gini_index").last().alias("least_gini_index"),
        pl.col("highest").first(),
        pl.col("book_count").first(),
    )


def headline(balance: pl.DataFrame, books: pl.DataFrame) -> str:
    """The answer in one sentence."""
    found = most_uneven(balance)
    if found.is_empty():
        return f"No motion has {MINIMUM_BOOKS} books to compare, so nothing can be called even or uneven."
    parts = [
        f"the {motion_words(row['motion'])} books are most even in {AXES[row['least_axis']]} "
        f"(Gini {row['least_gini_index']:.2f}) and least in {AXES[row['axis']]} ({row['gini_index']:.2f}"
        + (f", highest: {row['highest']})" if row["highest"] else ")")
        for row in found.iter_rows(named=True)
    ]
    silent = books.filter(pl.col("is_silent_overload"))["csm"].to_list()
    said = "; ".join(parts)
    drifted = f"{count_of(len(silent), 'book')} of {books.height} drifted over target unseen"
    return f"{said[0].upper()}{said[1:]}; {drifted}{' (' + ', '.join(silent[:3]) + ')' if silent else ''}."


def leave_one_out(books: pl.DataFrame) -> pl.DataFrame:
    """How far one book decides an index: motion, axis, gini_index of all books, lowest and highest without one."""
    rows = []
    for (motion,), group in books.group_by("motion", maintain_order=True):
        for axis in AXES:
            values = axis_values(group, axis)
            if len(values) < MINIMUM_BOOKS:
                continue
            without = [gini(values[:at] + values[at + 1 :]) for at in range(len(values))]
            rows.append(
                {
                    "motion": motion,
                    "axis": axis,
                    "gini_index": gini(values),
                    "lowest": min(without),
                    "highest": max(without),
                    "book_count": len(values),
                }
            )
    return pl.DataFrame(rows)


def axis_values(books: pl.DataFrame, axis: str) -> list[float]:
    """What the books weigh on an axis, those without the measure left out."""
    columns = {
        "arr": pl.col("arr_usd") / pl.col("fte"),
        "account_count": pl.col("account_count") / pl.col("fte"),
        "renewal_distribution": pl.col("peak_renewal_share"),
        "risk_mix": pl.col("red_arr_share"),
        "lifecycle": pl.when(pl.col("account_count") > 0).then(
            pl.col("onboarding_account_count") / pl.col("account_count")
        ),
    }
    return books.select(value=columns[axis])["value"].drop_nulls().to_list()


def gini(values: list[float]) -> float:
    """The Gini index of a few values; 0 where they all are 0."""
    total = sum(values)
    if not total:
        return 0.0
    ranked = sum(rank * value for rank, value in enumerate(sorted(values), start=1))
    return max(0.0, (2 * ranked / total - len(values) - 1) / len(values))


def index_table(balance: pl.DataFrame) -> pl.DataFrame:
    """The latest indices as a table to read."""
    return (
        balance.filter(pl.col("is_latest"))
        .filter(pl.col("book_count") > 0)
        .with_columns(
            axis=pl.col("axis").replace_strict(AXES),
            motion=pl.col("motion").map_elements(motion_words, pl.String),
        )
        .select(
            "motion",
            "axis",
            pl.col("book_count").alias("books compared"),
            pl.col("gini_index").alias("Gini index"),
            pl.col("max_to_median_ratio").alias("highest to median"),
            pl.col("highest").alias("highest book"),
        )
    )


def gini_chart(balance: pl.DataFrame) -> alt.LayerChart | alt.Chart:
    """The indices of the latest week as a table: one row per motion, one column per axis, darker where less even."""
    shown = balance.filter(pl.col("is_latest") & (pl.col("book_count") > 0))
    if shown.is_empty():
        return nothing_to_show("There is no book to compare.")
    shown = shown.with_columns(
        axis_words=pl.col("axis").replace_strict(AXES),
        motion_words=pl.col("motion").map_elements(motion_words, pl.String),
        label=pl.struct("gini_index", "book_count").map_elements(
            lambda row: "one book" if row["gini_index"] is None else f"{row['gini_index']:.2f}",
            pl.String,
        ),
        drawn=pl.col("gini_index").fill_null(0),
    )
    base = alt.Chart(shown).encode(
        x=alt.X(
            "axis_words:N",
            sort=list(AXES.values()),
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, grid=False),
        ),
        y=alt.Y("motion_words:N", title=None, axis=alt.Axis(grid=False)),
    )
    cells = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("drawn:Q", scale=alt.Scale(domain=[0, 1], range=["#f4f6f8", "#4f8fc0"]), legend=None)
    )
    return alt.layer(cells, base.mark_text().encode(text="label:N")).properties(
        width=120 * len(AXES),
        height=alt.Step(30),
        title=title_of(
            "How unevenly each axis is shared out",
            "Gini index of the books of a motion: 0 all alike, 1 \u2212 1/n one has it all; and of how many books.",
        ),
    )


def trend_chart(balance: pl.DataFrame) -> alt.FacetChart | alt.Chart:
    """The indices week by week, one small panel per axis, one line per motion."""
    shown = balance.filter(pl.col("book_count") >= MINIMUM_BOOKS).drop_nulls("gini_index")
    if shown.is_empty():
        return nothing_to_show(f"In none of these weeks has a motion {MINIMUM_BOOKS} books to compare.")
    shown = shown.with_columns(
        axis_words=pl.col("axis").replace_strict(AXES), team=pl.col("motion").map_elements(motion_words, pl.String)
    )
    teams = shown["team"].unique().sort().to_list()
    return (
        alt.Chart(shown)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("week_end_date:T", title=None, axis=alt.Axis(format="%b %y", tickCount=4, grid=False)),
            y=alt.Y("gini_index:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=4)),
            color=alt.Color(
                "team:N",
                scale=alt.Scale(domain=teams, range=[HEAVY, OVER, MUTED][: len(teams)]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            strokeDash=alt.StrokeDash(
                "team:N", scale=alt.Scale(domain=teams), legend=alt.Legend(title=None, orient="top")
            ),
        )
        .properties(width=190, height=90)
        .facet(
            facet=alt.Facet(
                "axis_words:N",
                sort=list(AXES.values()),
                title=None,
                header=alt.Header(labelFontWeight="bold", labelAnchor="start"),
            ),
            columns=3,
            spacing={"row": 18, "column": 34},
        )
        .properties(title=title_of("Is it only this week?", "Gini index of the books of each motion."))
    )


def bars(
    shown: pl.DataFrame,
    column: str,
    title: str,
    heading: alt.TitleParams,
    domain: float,
    line: str | None = None,
    *,
    is_share: bool = False,
) -> alt.LayerChart:
    """Bars of one measure with labels, dark where the row's `kind` is `over`; and a line where there is one."""
    y = alt.Y("csm:N", sort=shown["csm"].to_list(), title=None)
    x = alt.X(
        f"{column}:Q",
        title=title,
        scale=alt.Scale(domain=[0, domain * 1.7], nice=False),
        axis=alt.Axis(format="%", values=[at for at in (0, 0.25, 0.5, 0.75, 1, 1.5, 2) if at <= max(domain, 1)])
        if is_share
        else alt.Axis(tickCount=5),
    )
    color = alt.Color("kind:N", scale=alt.Scale(domain=["over", "not"], range=[OVER, PALE]), legend=None)
    base = alt.Chart(shown)
    layers = [base.mark_bar(height=15).encode(x=x, y=y, color=color)]
    if line:
        layers.append(base.mark_tick(color=INK, thickness=2.5, size=21, opacity=1).encode(x=f"{line}:Q", y=y))
    layers.append(base.mark_text(align="left", dx=7).encode(x="label_at:Q", y=y, text="label:N"))
    return alt.layer(*layers).properties(width=680, height=alt.Step(BAR_STEP), title=heading)


def exposure_chart(books: pl.DataFrame, limit: int = 40) -> alt.LayerChart | alt.Chart:
    """Chance that each book loses at least one account in a quarter, with what is red in it."""
    observed = books.drop_nulls("churn_exposure_ratio")
    if observed.is_empty():
        return nothing_to_show("There are no health scores, so what is at risk is not known.")
    shown, remark = first_books(observed, limit)
    shown = shown.with_columns(
        label=pl.struct(books.columns).map_elements(
            lambda book: (
                f"{percent(book['churn_exposure_ratio'])}: "
                f"{book['red_account_count']:,} red of {book['account_count']:,}"
                + (f" with {book['red_arr_share']:.0%} of the ARR" if book["red_account_count"] else "")
                + (", STACKED" if book["is_risk_stacked"] else "")
            ),
            pl.String,
        ),
        label_at=pl.col("churn_exposure_ratio"),
        kind=pl.when(pl.col("is_risk_stacked")).then(pl.lit("over")).otherwise(pl.lit("not")),
    )
    heading = title_of(
        "Chance of losing at least one account this quarter",
        "At assumed chances for a red account and for any other. Dark: more red accounts than one person can save.",
        remark,
    )
    return bars(shown, "churn_exposure_ratio", "chance, %", heading, 1.0, is_share=True)


def touches_chart(books: pl.DataFrame, limit: int = 40) -> alt.LayerChart | alt.Chart:
    """Hours a week that the cadence of each book asks for, against the most there are for them."""
    observed = books.drop_nulls("required_hours_per_week")
    if observed.is_empty():
        return nothing_to_show("There is no CSM whose touches could be planned.")
    shown, remark = first_books(observed.sort("required_hours_per_week", "csm", descending=[True, False]), limit)
    shown = shown.with_columns(
        label=pl.struct(books.columns).map_elements(touch_words, pl.String),
        label_at=pl.max_horizontal("required_hours_per_week", "highest_productive_hours"),
        kind=pl.when(pl.col("verdict") == "over").then(pl.lit("over")).otherwise(pl.lit("not")),
    )
    heading = title_of(
        "Hours that the cadence of a book asks for",
        "Line: the most productive hours of that week. What accounts ask for beyond their cadence is not in the bar.",
        remark,
    )
    longest = max(shown["label_at"].max() or 0, 1)
    return bars(shown, "required_hours_per_week", "hours a week", heading, longest, "highest_productive_hours")


def touch_words(book: dict[str, object]) -> str:
    """Hours, and touches held of those due."""
    hours = f"{book['required_hours_per_week']:,.1f} h, {book['verdict']}"
    due = f"{book['due_touch_count']:,.0f} due"
    if book["actual_touch_count"] is None:
        return f"{hours}; touches held not observed, {due}"
    return f"{hours}; {book['actual_touch_count']:,} touches held of {due}"


def drift_chart(books: pl.DataFrame, limit: int = 40) -> alt.LayerChart | alt.Chart:
    """Load of each book now (bar) and in the week in which an account last came or left by assignment (line)."""
    observed = books.drop_nulls("load_ratio")
    if observed.is_empty():
        return nothing_to_show("No CSM had capacity in the latest week.")
    shown, remark = first_books(observed.sort("load_ratio", "csm", descending=[True, False]), limit)
    shown = shown.with_columns(
        drawn=pl.col("load_ratio").clip(0, LONGEST_RATIO),
        line=pl.col("baseline_load_ratio").clip(0, LONGEST_RATIO),
        label=pl.struct(books.columns).map_elements(drift_words, pl.String),
        kind=pl.when(pl.col("is_silent_overload")).then(pl.lit("over")).otherwise(pl.lit("not")),
    ).with_columns(label_at=pl.max_horizontal("drawn", "line"))
    heading = title_of(
        "Load now and when the book was last changed",
        "Line: the load in the week in which an account last came or left by assignment. Dark: over target since then.",
        remark,
    )
    longest = max(shown["label_at"].max() or 0, 1)
    return bars(shown, "drawn", "load, % of capacity", heading, longest, "line", is_share=True)


def drift_words(book: dict[str, object]) -> str:
    """Load, and since when the accounts of the book are the same."""
    hours = f"{book['effort_drift_hours']:+,.1f}".replace("-", "\u2212")
    return f"{percent(book['load_ratio'])}, {hours} h since the week of {book['baseline_week_start_date']:%d %b %y}"


def silent_chart(weeks: pl.DataFrame) -> alt.Chart:
    """Silently overloaded books week by week, in two kinds."""
    if weeks.is_empty() or not weeks["silent_count"].sum():
        return nothing_to_show("In none of these weeks did a book drift over target.")
    kinds = ["the work grew", "the week was short"]
    shown = weeks.select(
        "week_end_date",
        pl.col("grown_count").alias(kinds[0]),
        (pl.col("silent_count") - pl.col("grown_count")).alias(kinds[1]),
    ).unpivot(on=kinds, index="week_end_date", variable_name="kind", value_name="book_count")
    return (
        alt.Chart(shown)
        .mark_bar(size=max(4, 420 // weeks.height))
        .encode(
            x=alt.X("week_end_date:T", title="week ending", axis=alt.Axis(format="%d %b %y", tickCount=8, grid=False)),
            y=alt.Y("book_count:Q", title="books, count", axis=alt.Axis(format="d", tickMinStep=1)),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=kinds, range=[OVER, "#9ec5e0"]),
                legend=alt.Legend(title=None, orient="top", labelLimit=300),
            ),
            order=alt.Order("kind:N", sort="descending"),
        )
        .properties(
            width=620,
            height=140,
            title=title_of(
                "Overload that nobody assigned", "Books over target that were not when an account last came or left."
            ),
        )
    )


def leave_one_out_chart(ranges: pl.DataFrame) -> alt.LayerChart | alt.Chart:
    """Each index (dot) with what it would be without any one book (line)."""
    if ranges.is_empty():
        return nothing_to_show(f"No motion has {MINIMUM_BOOKS} books to compare.")
    shown = ranges.with_columns(
        label_at=pl.max_horizontal("gini_index", "highest"),
        name=pl.struct("motion", "axis").map_elements(
            lambda row: f"{motion_words(row['motion'])}, {AXES[row['axis']]}", pl.String
        ),
        label=pl.struct("gini_index", "lowest", "highest", "book_count").map_elements(
            lambda row: (
                f"{row['gini_index']:.2f} ({row['lowest']:.2f} to {row['highest']:.2f}, {row['book_count']} books)"
            ),
            pl.String,
        ),
    )
    y = alt.Y("name:N", sort=shown["name"].to_list(), title=None)
    scale = alt.Scale(domain=[0, 1.35], nice=False)
    base = alt.Chart(shown)
    x = alt.X("lowest:Q", title="Gini index", scale=scale, axis=alt.Axis(format=".2f", values=[0, 0.25, 0.5, 0.75, 1]))
    return alt.layer(
        base.mark_rule(color=MUTED, strokeWidth=3).encode(x=x, x2="highest:Q", y=y),
        base.mark_point(color=INK, filled=True, size=70, opacity=1).encode(x="gini_index:Q", y=y),
        base.mark_text(align="left", dx=9).encode(x="label_at:Q", y=y, text="label:N"),
    ).properties(
        width=560,
        height=alt.Step(BAR_STEP),
        title=title_of(
            "Does one book decide?", "Dot: all books. Line: from the lowest to the highest without one of them."
        ),
    )
