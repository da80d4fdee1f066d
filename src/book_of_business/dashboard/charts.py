"""Three charts to look around in, as Vega-Lite from Altair. The page gives them their rows by name."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt

WIDTH = 860
LINE = "#5b7f9e"
LIMIT = "#c8500a"


@dataclass(frozen=True)
class Chart:
    """A chart: its name, what it shows, the frames it reads and its specification."""

    name: str
    about: str
    data: tuple[str, ...]
    spec: dict


def charts(target: float, cap: float) -> list[Chart]:
    """Load by week, renewals by quarter, and load beside retention.

    Args:
        target: the load ratio that capacity allows.
        cap: the share of a book's ARR that may renew in one quarter.
    """
    from book_of_business.pages.charts import theme

    config = {key: value for key, value in theme()["config"].items() if key not in ("background",)}
    made = [
        Chart("load", "Load of each CSM by week against capacity", ("weeks",), load_by_week(target)),
        Chart("renewals", "Share of each book's ARR that renews, by quarter", ("renewals",), renewals_by_quarter(cap)),
        Chart("teams", "Load and net retention of each team by week", ("teams",), load_beside_retention()),
    ]
    return [Chart(each.name, each.about, each.data, {**each.spec, "config": config}) for each in made]


def as_spec(chart: alt.TopLevelMixin) -> dict:
    """A chart as Vega-Lite has it, its data left to the page."""
    return chart.to_dict(validate=False)


def load_by_week(target: float) -> dict:
    """A line per CSM; the one under the pointer stands out."""
    near = alt.selection_point(fields=["csm_name"], on="pointerover", nearest=True, empty=False)
    lines = (
        alt.Chart(alt.NamedData("weeks"))
        .mark_line()
        .encode(
            x=alt.X("week_start_date:T", title=None, axis=alt.Axis(format="%d %b", tickCount=8)),
            y=alt.Y("load_ratio:Q", title="load", axis=alt.Axis(format="%")),
            detail="csm_id:N",
            color=alt.when(near).then(alt.value(LIMIT)).otherwise(alt.value(LINE)),
            opacity=alt.when(near).then(alt.value(1)).otherwise(alt.value(0.45)),
            strokeWidth=alt.when(near).then(alt.value(3)).otherwise(alt.value(1.5)),
        )
    )
    points = (
        alt.Chart(alt.NamedData("weeks"))
        .mark_circle(size=60, opacity=0)
        .encode(
            x="week_start_date:T",
            y="load_ratio:Q",
            tooltip=[
                alt.Tooltip("csm_name:N", title="CSM"),
                alt.Tooltip("week_start_date:T", title="week of", format="%d %b %Y"),
                alt.Tooltip("load_ratio:Q", title="load", format=".0%"),
            ],
        )
        .add_params(near)
    )
    rule = (
        alt.Chart(alt.InlineData(values=[{}]))
        .mark_rule(aria=False, color=LIMIT, strokeDash=[5, 3])
        .encode(y=alt.datum(target))
    )
    return as_spec(
        alt.layer(lines, points, rule).properties(
            width=WIDTH, height=300, title=alt.Title("Load of each CSM", subtitle="dashed: all the hours there are")
        )
    )


def renewals_by_quarter(cap: float) -> dict:
    """A cell per book and quarter, darker the more of the book renews, with the figure in it."""
    base = alt.Chart(alt.NamedData("renewals")).encode(
        x=alt.X("quarter:O", title=None, axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("csm_name:N", title=None),
    )
    cells = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color("renewal_share:Q", title="share of ARR", scale=alt.Scale(range=["#eef2f5", LINE]), legend=None),
        stroke=alt.when(f"datum.renewal_share > {cap}").then(alt.value(LIMIT)).otherwise(alt.value(None)),
        strokeWidth=alt.value(2),
        tooltip=[
            alt.Tooltip("csm_name:N", title="CSM"),
            alt.Tooltip("quarter:N", title="quarter from"),
            alt.Tooltip("renewal_share:Q", title="share", format=".0%"),
            alt.Tooltip("renewing_arr_usd:Q", title="ARR", format="$,.0f"),
        ],
    )
    figures = base.mark_text(color="#1f2933").encode(
        text=alt.Text("renewal_share:Q", format=".0%"), color=alt.value("#1f2933")
    )
    return as_spec(
        alt.layer(cells, figures).properties(
            width=WIDTH // 2,
            height=alt.Step(26),
            title=alt.Title("ARR that renews in each quarter", subtitle=f"outlined: above the cap of {cap:.0%}"),
        )
    )


def load_beside_retention() -> dict:
    """Two panels on one axis of weeks: load above, net retention below, a line per team."""
    base = alt.Chart(alt.NamedData("teams")).encode(
        x=alt.X("week_start_date:T", title=None, axis=alt.Axis(format="%d %b", tickCount=8)),
        color=alt.Color("team:N", title="team"),
        strokeDash=alt.StrokeDash("team:N", title="team"),
    )
    panels = [
        base.mark_line()
        .encode(
            y=alt.Y(f"{column}:Q", title=label, axis=alt.Axis(format="%"), scale=alt.Scale(zero=False)),
            tooltip=[
                alt.Tooltip("team:N"),
                alt.Tooltip("week_start_date:T", title="week of", format="%d %b %Y"),
                alt.Tooltip(f"{column}:Q", title=label, format=".0%"),
            ],
        )
        .properties(width=WIDTH - 120, height=150)
        for column, label in (("load_ratio", "load"), ("net_retention_ratio", "net retention (NRR)"))
    ]
    return as_spec(
        alt.vconcat(*panels).properties(
            title=alt.Title("Load beside retention", subtitle="both move for many reasons; notebook 07 tests the link")
        )
    )
