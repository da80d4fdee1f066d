"""Charts of notebook 03, in the look of `charts`."""

from __future__ import annotations

import altair as alt
import polars as pl

from book_of_business.pages.charts import GRID, HEAVY, INK, MUTED, OVER, nothing_to_show, title_of

MEANS = {
    "mean_detection_days": "mean of the detected",
    "restricted_mean_detection_days": "mean of all, to 90 days",
    "mean_open_age_days": "age of the unnoticed",
}


def means_chart(weeks: pl.DataFrame) -> alt.LayerChart | alt.Chart:
    """The three means week by week, each line named at its end.

    Args:
        weeks: from `detection.read_weeks`.
    """
    shown = (
        weeks.rename(MEANS)
        .unpivot(on=list(MEANS.values()), index="week_end_date", variable_name="mean", value_name="days")
        .drop_nulls("days")
    )
    if shown.is_empty():
        return nothing_to_show("In no week was a risk noticed or open.")
    names = list(MEANS.values())
    color = alt.Color("mean:N", scale=alt.Scale(domain=names, range=[HEAVY, OVER, MUTED]), legend=None)
    x = alt.X("week_end_date:T", title="week ending", axis=alt.Axis(format="%d %b %y", tickCount=8, grid=False))
    y = alt.Y("days:Q", title="days", scale=alt.Scale(zero=True))
    lines = (
        alt.Chart(shown)
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=18))
        .encode(
            x=x,
            y=y,
            color=color,
            strokeDash=alt.StrokeDash(
                "mean:N", scale=alt.Scale(domain=names, range=[[1, 0], [7, 3], [2, 3]]), legend=None
            ),
        )
    )
    last = apart(shown.group_by("mean").agg(pl.all().sort_by("week_end_date").last()))
    words = (
        alt.Chart(last)
        .mark_text(align="left", dx=8, fontWeight="bold")
        .encode(x="week_end_date:T", y="label_at:Q", text="label:N", color=color)
    )
    return alt.layer(lines, words).properties(
        width=470,
        height=230,
        title=title_of(
            "What is noticed, what is not, and both together",
            "Days, at the end of each week. The mean of the detected knows nothing of who is still waiting.",
        ),
    )


def apart(last: pl.DataFrame, share: float = 0.075) -> pl.DataFrame:
    """Labels at the ends of lines, moved up where they would lie on one another: label, label_at."""
    room = max(last["days"].max(), 1) * share
    rows, reached = [], float("-inf")
    for row in last.sort("days").iter_rows(named=True):
        place = max(row["days"], reached + room)
        reached = place
        rows.append({**row, "label_at": place, "label": f"{row['mean']}: {row['days']:.0f}"})
    return pl.DataFrame(rows)


def months_chart(months: pl.DataFrame) -> alt.VConcatChart | alt.Chart:
    """The mean of the detected by either date, above what nobody has noticed of each month's risks.

    Args:
        months: from `detection.read_months`.
    """
    shown = months.drop_nulls("mean_days")
    if shown.is_empty():
        return nothing_to_show("No risk was ever noticed.")
    names = ["by date of detection", "by date of emergence"]
    x = alt.X("month:T", title=None, axis=alt.Axis(format="%b %y", tickCount=10, grid=False))
    lines = (
        alt.Chart(shown)
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=26))
        .encode(
            x=x,
            y=alt.Y("mean_days:Q", title="days, mean of the detected", scale=alt.Scale(zero=True)),
            color=alt.Color(
                "counted_by:N",
                scale=alt.Scale(domain=names, range=[HEAVY, OVER]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            strokeDash=alt.StrokeDash(
                "counted_by:N", scale=alt.Scale(domain=names, range=[[1, 0], [6, 3]]), legend=None
            ),
        )
        .properties(
            width=620,
            height=170,
            title=title_of(
                "The same risks by two dates",
                "By date of emergence the last months always look quick: whoever waits long is not yet in the mean.",
            ),
        )
    )
    unseen = (
        alt.Chart(months.filter(pl.col("counted_by") == names[1]))
        .mark_bar(color=MUTED, size=14)
        .encode(x=x, y=alt.Y("unseen_count:Q", title="not noticed so far", axis=alt.Axis(format="d", tickMinStep=1)))
        .properties(width=620, height=80)
    )
    return alt.vconcat(lines, unseen).resolve_scale(x="shared")


def rivals_chart(readings: pl.DataFrame) -> alt.FacetChart | alt.Chart:
    """Rank correlation of the wait with accounts, ARR and load, with intervals, under each reading.

    Args:
        readings: from `detection.readings`.
    """
    shown = readings.drop_nulls("correlation").with_columns(
        label=pl.format("{}", pl.col("correlation").round(2)),
        low=pl.col("lower").fill_null(pl.col("correlation")),
        high=pl.col("upper").fill_null(pl.col("correlation")),
    )
    if shown.is_empty():
        return nothing_to_show("There are too few episodes to hold against the books.")
    y = alt.Y("measure:N", sort=["accounts", "ARR", "load"], title=None)
    scale = alt.Scale(domain=[-1, 1])
    base = alt.Chart()
    layers = [
        base.mark_rule(color=GRID, strokeWidth=2).encode(x=alt.datum(0)),
        base.mark_rule(color=INK, strokeWidth=2).encode(
            x=alt.X("low:Q", scale=scale, title="rank correlation with the days waited, 95 % interval"),
            x2="high:Q",
            y=y,
        ),
        base.mark_point(filled=True, size=70, color=OVER, opacity=1).encode(x=alt.X("correlation:Q", scale=scale), y=y),
        base.mark_text(dy=-11, fontSize=11).encode(x=alt.X("correlation:Q", scale=scale), y=y, text="label:N"),
    ]
    order = readings["reading"].unique(maintain_order=True).to_list()
    return (
        alt.layer(*layers, data=shown)
        .properties(width=430, height=alt.Step(30))
        .facet(
            row=alt.Row(
                "reading:N",
                sort=order,
                title=None,
                header=alt.Header(labelAngle=0, labelAlign="left", labelLimit=200),
            )
        )
        .properties(
            title=title_of(
                "Which size of a book goes along with waiting?",
                "An interval across zero says that these episodes cannot tell. Right of it: more means later.",
            )
        )
    )
