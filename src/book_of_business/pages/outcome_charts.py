"""Charts of notebook 07, in the look of `charts`."""

from __future__ import annotations

import altair as alt
import polars as pl

from book_of_business.outcome_models import ablation
from book_of_business.pages.charts import GRID, HEAVY, INK, MUTED, OVER, PALE, nothing_to_show, title_of


def estimates_chart(rows: pl.DataFrame, title: str, *subtitles: str) -> alt.VConcatChart | alt.Chart:
    """Estimates with their intervals, one panel per outcome, since each has a unit of its own.

    Args:
        rows: from `outcome_feedback.checks` or `outcome_feedback.estimates`.
        title: of the chart.
        subtitles: below it.
    """
    if rows.is_empty():
        return nothing_to_show("There are too few outcomes, CSMs or weeks for an estimate.")
    panels = []
    for (outcome,), part in rows.group_by("outcome", maintain_order=True):
        shown = part.with_columns(label=pl.col("value").round(2).cast(pl.String))
        reach = 1.15 * max(shown["high"].abs().max(), shown["low"].abs().max())
        scale, y = alt.Scale(domain=[-reach, reach]), alt.Y("reading:N", sort=None, title=None)
        base = alt.Chart(shown)
        layers = [
            base.mark_rule(color=GRID, strokeWidth=2).encode(x=alt.datum(0)),
            base.mark_rule(color=INK, strokeWidth=2).encode(
                x=alt.X("low:Q", scale=scale, title=None), x2="high:Q", y=y
            ),
            base.mark_point(filled=True, size=70, color=OVER, opacity=1).encode(x=alt.X("value:Q", scale=scale), y=y),
            base.mark_text(dy=-11, fontSize=11).encode(x=alt.X("value:Q", scale=scale), y=y, text="label:N"),
        ]
        panels.append(
            alt.layer(*layers).properties(
                width=380, height=alt.Step(32), title=alt.TitleParams(outcome, anchor="start", fontSize=12)
            )
        )
    return alt.vconcat(*panels).properties(title=title_of(title, *subtitles))


def curves_chart(curves: pl.DataFrame) -> alt.LayerChart | alt.Chart:
    """Share of risks still unnoticed by day, for smaller and larger books of the same segment.

    Args:
        curves: from `outcome_models.detection_sizes.curves`.
    """
    if curves.is_empty():
        return nothing_to_show("There are too few episodes of risk to draw a curve of.")
    names = curves["book"].unique(maintain_order=True).to_list()
    colors = {"smaller third": HEAVY, "middle third": MUTED, "larger third": OVER}
    color = alt.Color(
        "book:N", scale=alt.Scale(domain=names, range=[colors[name] for name in names]),
        legend=alt.Legend(title="accounts in the book", orient="top"),
    )  # fmt: skip
    dash = alt.StrokeDash(
        "book:N", scale=alt.Scale(domain=names, range=[[1, 0], [3, 3], [8, 3]][: len(names)]), legend=None
    )
    return (
        alt.Chart(curves)
        .mark_line(strokeWidth=2.5, interpolate="step-after")
        .encode(
            x=alt.X("day:Q", title="days since the risk emerged", axis=alt.Axis(values=list(range(0, 92, 14)))),
            y=alt.Y(
                "unseen_share:Q", title="not noticed yet", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])
            ),
            color=color,
            strokeDash=dash,
        )
        .properties(
            width=470,
            height=220,
            title=title_of(
                "Do larger books notice later?",
                "Books are ranked within their segment. Who churns or lapses unseen counts as never noticed.",
            ),
        )
    )


def scores_chart(scores: pl.DataFrame) -> alt.FacetChart | alt.Chart:
    """What each model explains of the churn of rows it has not seen, with intervals.

    Args:
        scores: from `outcome_feedback.scores`.
    """
    if scores.is_empty():
        return nothing_to_show("There are too few churns, quarters or CSMs to compare models on.")
    y, scale = alt.Y("model:N", sort=list(ablation.MODELS), title=None), alt.Scale(zero=True)
    base = alt.Chart()
    layers = [
        base.mark_rule(color=GRID, strokeWidth=2).encode(x=alt.datum(0)),
        base.mark_bar(color=PALE, height=12).encode(
            x=alt.X("explained:Q", scale=scale, title="share of the deviance explained, 95 % interval",
                    axis=alt.Axis(format="%")), y=y,
        ),
        base.mark_rule(color=INK, strokeWidth=2).encode(x="low:Q", x2="high:Q", y=y),
    ]  # fmt: skip
    return (
        alt.layer(*layers, data=scores)
        .properties(width=400, height=alt.Step(28))
        .facet(row=alt.Row("unseen:N", title=None, header=alt.Header(labelAngle=0, labelAlign="left")))
        .properties(
            title=title_of(
                "What do conversations add?",
                "Churn of the next quarter, predicted for CSMs and quarters that the model has not seen.",
            )
        )
    )
