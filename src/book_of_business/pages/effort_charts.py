"""Charts of notebook 05."""

from __future__ import annotations

import altair as alt
import polars as pl

from book_of_business.calibration import comparisons
from book_of_business.calibration.diagnostics import Signal
from book_of_business.calibration.effort_model import ESTIMATED, Calibration
from book_of_business.calibration.observations import Observations
from book_of_business.calibration.weights import BASE
from book_of_business.pages.charts import BAR_STEP, HEAVY, MUTED, OVER, nothing_to_show, title_of
from book_of_business.pages.effort_page import has_drivers

WIDTH = 520


def weeks_chart(found: Observations) -> alt.Chart:
    """Hours that are learnt from, week by week."""
    rows = found.rows
    if rows.is_empty():
        return nothing_to_show("There are no account-weeks to learn from.")
    shown = rows.group_by("week_start_date").agg(hours=pl.col("minutes").sum() / 60).sort("week_start_date")
    return (
        alt.Chart(shown)
        .mark_bar(color=HEAVY)
        .encode(
            x=alt.X("week_start_date:T", title="week that begins on", axis=alt.Axis(format="%b %y", labelOverlap=True)),
            y=alt.Y("hours:Q", title="hours on accounts"),
        )
        .properties(
            width=WIDTH,
            height=140,
            title=title_of(
                "Hours that are learnt from", "Weeks with next to nothing are weeks in which nobody logged."
            ),
        )
    )


def weights_chart(calibration: Calibration | None, signal: Signal | None) -> alt.LayerChart | alt.Chart:
    """Each learnt multiplier with its interval, and the weight in force beside it; none without a signal."""
    if calibration is None:
        return nothing_to_show("No weight was learnt.")
    if not has_drivers(signal):
        return nothing_to_show("No driver is shown: the logged hours hold hardly any signal.")
    learnt = (pl.col("status") == ESTIMATED) & (pl.col("factor") != BASE)
    shown = calibration.levels.filter(learnt).with_columns(
        name=pl.format("{}: {}", pl.col("factor").str.replace_all("_", " "), pl.col("level").str.replace_all("_", " "))
    )
    if shown.is_empty():
        return nothing_to_show("No level was seen often enough to be learnt.")
    scale = alt.Scale(type="log", nice=False)
    base = alt.Chart(shown).encode(y=alt.Y("name:N", sort=shown["name"].to_list(), title=None))
    interval = base.mark_rule(strokeWidth=2, color=HEAVY).encode(
        x=alt.X("lower:Q", scale=scale, title="multiple of the reference level (logarithmic)"), x2="upper:Q"
    )
    proposed = base.mark_point(filled=True, size=70, color=HEAVY, opacity=1).encode(x=alt.X("weight:Q", scale=scale))
    before = base.mark_tick(thickness=3, size=16, color=OVER).encode(x=alt.X("previous_weight:Q", scale=scale))
    return alt.layer(interval, before, proposed).properties(
        width=WIDTH,
        height=alt.Step(BAR_STEP),
        title=title_of(
            "What each level costs, against the weight in force",
            "Dot: would be proposed (shrunk). Line: 95 % interval of the data alone. Upright tick: in force.",
        ),
    )


def deciles_chart(csms: pl.DataFrame) -> alt.LayerChart | alt.Chart:
    """Observed over predicted minutes by decile, for CSMs that were not seen.

    Args:
        csms: predictions from `effort_page.unseen_csms`.
    """
    if csms.is_empty():
        return nothing_to_show("Too few CSMs to hold some of them out.")
    rows = comparisons.deciles(csms)
    shown = rows.with_columns(pl.col("observed_ratio", "lower", "upper").fill_nan(None)).drop_nulls("observed_ratio")
    if shown.is_empty():
        return nothing_to_show("Nothing was predicted for CSMs held out.")
    base = alt.Chart(shown).encode(x=alt.X("decile:O", title="decile of predicted work", axis=alt.Axis(labelAngle=0)))
    band = (
        alt.Chart(pl.DataFrame({"from": [0.9], "to": [1.1]}))
        .mark_rect(color=MUTED, opacity=0.12)
        .encode(y=alt.Y("from:Q"), y2="to:Q")
    )
    interval = base.mark_rule(color=HEAVY).encode(y=alt.Y("lower:Q", title="observed / predicted"), y2="upper:Q")
    points = base.mark_point(filled=True, size=70, color=HEAVY, opacity=1).encode(y="observed_ratio:Q")
    return alt.layer(band, interval, points).properties(
        width=WIDTH,
        height=220,
        title=title_of(
            "Predicted and observed work of CSMs that were not seen",
            "Band: within a tenth. Lines: 95 % over CSMs, where more than one has accounts in the decile.",
        ),
    )
