"""Time against accounts, both on logarithmic axes: a slope of 1 is time in step with the accounts."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import polars as pl

from book_of_business.proof.bench.figures import Figures, exponent, whole_build

NAMES = {
    "build": "make build",
    "dbt": "dbt build",
    "compiled": "compiled SQL",
    "increment": "increment",
    "core": "core marts, models",
    "sql": "core marts, SQL by hand",
    "polars": "core marts, Polars",
    "pandas": "core marts, pandas",
    "scan": "scan floor",
    "spark": "dbt on Spark",
}
PANELS = {"the build": ("build", "dbt", "compiled", "increment", "spark"),
          "six core marts": ("core", "sql", "polars", "pandas", "scan")}  # fmt: skip
COLOURS = ("#1f5a8a", "#2c9c6a", "#d1822b", "#a5467f", "#6b6b6b")


def points(found: Figures) -> pl.DataFrame:
    """One row per step and size: panel, name with its slope, accounts, seconds of wall and CPU time."""
    rows = []
    whole = {size: build for size, _ in found if (build := whole_build(found, size))}
    for panel, steps in PANELS.items():
        for step in steps:
            of_step = sorted(
                whole.values() if step == "dbt" else (figure for figure in found.values() if figure.step == step),
                key=lambda each: each.accounts,
            )
            slope = f" (slope {exponent(of_step[-2], of_step[-1]):.2f})" if len(of_step) > 1 else ""
            rows += [
                {"panel": panel, "name": NAMES[step] + slope, "accounts": figure.accounts, "seconds": figure.wall}
                for figure in of_step
            ]
    return pl.DataFrame(
        rows, schema={"panel": pl.String, "name": pl.String, "accounts": pl.Int64, "seconds": pl.Float64}
    )


def chart(found: Figures) -> alt.Chart:
    """Two panels side by side. Slopes are of CPU time between the two largest sizes."""
    frame = points(found)
    panels = []
    for panel in PANELS:
        part = frame.filter(pl.col("panel") == panel)
        names = part["name"].unique(maintain_order=True).to_list()
        panels.append(
            alt.Chart(part, title=alt.Title(panel, anchor="start"), width=330, height=300)
            .mark_line(point=alt.OverlayMarkDef(size=50, filled=True), strokeWidth=2)
            .encode(
                x=alt.X("accounts:Q", scale=alt.Scale(type="log"), title="accounts (two years of data)",
                        axis=alt.Axis(format="~s", values=sorted(frame["accounts"].unique().to_list()))),
                y=alt.Y("seconds:Q", scale=alt.Scale(type="log"), title="seconds, wall time",
                        axis=alt.Axis(format="~g")),
                color=alt.Color("name:N", sort=names, scale=alt.Scale(domain=names, range=list(COLOURS[: len(names)])),
                                legend=alt.Legend(title=None, orient="bottom", columns=1, labelLimit=320)),
            )
        )  # fmt: skip
    both = alt.hconcat(*panels, spacing=40).resolve_scale(color="independent", y="shared")
    return both.properties(background="white", title=alt.Title(
        "What a book of accounts costs",
        subtitle="Straight lines with slope 1 grow in step with the accounts. Slopes: CPU time, two largest sizes.",
        anchor="start",
    )).configure_view(stroke=None)  # fmt: skip


def write(found: Figures, path: Path) -> None:
    """Write the chart as SVG."""
    chart(found).save(str(path))
