"""Charts of notebook 06, in the look of `charts`."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import polars as pl

from book_of_business.calibration.ceilings import Fit
from book_of_business.calibration.self_report import FELT_LESS, FELT_MORE, SelfReport
from book_of_business.pages.charts import GRID, HEAVY, INK, MUTED, OVER, PALE, nothing_to_show, title_of

MOST_POINTS = 400  # single weeks that are drawn; the means are of all
LABELLED = 3
VOLUME = "counted interactions a week at full capacity"


def within(frame: pl.DataFrame, found: Fit) -> pl.DataFrame:
    """The observations of a tier with `quality`: the score about its CSM's own level, moved to the mean level of all.

    Without a ceiling the level is the CSM's mean. With one it is that below the ceiling: somebody who is always above
    it has a mean far below their level.
    """
    score, weight = pl.col("quality_score"), pl.col("scored_count")
    level = score
    if found.is_identified:
        level = score + found.decline_score * (pl.col("volume") - found.ceiling).clip(0)
    own = (level * weight).sum().over("csm_id") / weight.sum().over("csm_id")
    return frame.with_columns(quality=score - own + (level * weight).sum() / weight.sum())


def tier_chart(frame: pl.DataFrame, found: Fit, default: dict[str, float | None]) -> alt.LayerChart | alt.Chart:
    """Quality against volume within CSM: single weeks, means by whole interaction, and the fitted line if identified.

    Args:
        frame: the observations of the tier.
        found: what was fitted.
        default: in_force, default_lower, default_upper (interactions a week; null: not known).
    """
    if frame.is_empty():
        return nothing_to_show(f"{tier_words(found.role_tier)}: no scored conversations.")
    rows = within(frame, found).sort("csm_id", "week_start_date")
    points = rows.gather_every(max(1, -(-rows.height // MOST_POINTS)))
    weight = pl.col("scored_count")
    means = (
        rows.group_by(volume=pl.col("volume").round(0))
        .agg(quality=(pl.col("quality") * weight).sum() / weight.sum(), scored=weight.sum())
        .sort("volume")
    )
    right = float(max(rows["volume"].max(), found.upper or 0, default["in_force"] or 0)) * 1.05
    x = alt.X("volume:Q", title=VOLUME, scale=alt.Scale(domain=[0, right]))
    y = alt.Y("quality:Q", title="quality score within CSM", scale=alt.Scale(zero=False))
    layers: list[alt.Chart] = []
    if found.is_identified:
        band = pl.DataFrame({"low": [found.lower], "high": [found.upper]})
        layers.append(
            alt.Chart(band).mark_rect(color=GRID, opacity=0.8).encode(x=alt.X("low:Q", title=VOLUME), x2="high:Q")
        )
    layers += [
        alt.Chart(points).mark_circle(size=16, color=PALE, opacity=0.7).encode(x=x, y=y),
        alt.Chart(means).mark_circle(color=HEAVY, opacity=1).encode(
            x=x, y=y, size=alt.Size("scored:Q", legend=None, scale=alt.Scale(range=[15, 220]))
        ),
    ]  # fmt: skip
    if found.is_identified:
        layers.append(alt.Chart(line_of(rows, found, right)).mark_line(color=OVER, strokeWidth=2.5).encode(x=x, y=y))
    if default["in_force"] is not None:
        rule = pl.DataFrame({"volume": [default["in_force"]]})
        layers.append(alt.Chart(rule).mark_rule(color=INK, strokeDash=[5, 4]).encode(x=x))
    said = (
        f"Line: level up to {found.ceiling:.1f}, then {found.decline_score:.1f} points less with each one above. "
        f"Band: 95 % interval."
        if found.is_identified
        else "No line: no ceiling identified."
    )
    dashes = "Dashed: the ceiling in force. " if default["in_force"] is not None else ""
    return alt.layer(*layers).properties(
        width=620,
        height=210,
        title=title_of(
            tier_words(found.role_tier),
            said,
            f"{dashes}Large points: means of all weeks of that many, by conversations scored.",
        ),
    )


def line_of(rows: pl.DataFrame, found: Fit, right: float) -> pl.DataFrame:
    """Three points of the fitted line, at the level that leaves nothing over on average."""
    hinge = np.maximum(rows["volume"].to_numpy() - found.ceiling, 0)
    weight = rows["scored_count"].to_numpy().astype(float)
    level = float(np.average(rows["quality"].to_numpy() + found.decline_score * hinge, weights=weight))
    places = [0.0, found.ceiling, max(right, found.ceiling)]
    return pl.DataFrame({
        "volume": places, "quality": [level - found.decline_score * max(place - found.ceiling, 0) for place in places],
    })  # fmt: skip


def tiers_chart(observed: pl.DataFrame, fits: Sequence[Fit], defaults: pl.DataFrame) -> alt.VConcatChart | alt.Chart:
    """`tier_chart` of every tier, one under the other.

    Args:
        observed: observations of all tiers.
        fits: one per tier.
        defaults: of `ceiling_inputs.read_defaults`.
    """
    if not fits:
        return nothing_to_show("There are no CSMs.")
    known = {row["role_tier"]: row for row in defaults.iter_rows(named=True)}
    charts = [
        tier_chart(observed.filter(pl.col("role_tier") == found.role_tier), found,
                   known.get(found.role_tier, dict.fromkeys(("in_force", "default_lower", "default_upper"))))
        for found in fits
    ]  # fmt: skip
    return alt.vconcat(*charts, spacing=26)


def tier_words(role_tier: str) -> str:
    """`mid_market_csm` as a person says it."""
    return role_tier.removesuffix("_csm").replace("_", "-") + " CSMs"


def rivals_chart(rivals: pl.DataFrame) -> alt.LayerChart | alt.Chart:
    """Where each way of fitting would put the ceiling, by tier; the ways that find none are left out.

    Args:
        rivals: tier, method, ceiling (interactions a week; null: none), of `ceiling_tables.all_rivals`.
    """
    shown = rivals.drop_nulls("ceiling") if rivals.width else rivals
    if shown.is_empty():
        return nothing_to_show("No way of fitting puts a ceiling anywhere.")
    shown = shown.with_columns(
        tier_words=pl.col("tier").map_elements(tier_words, pl.String),
        is_own=pl.col("method") == pl.col("method").first().over("tier"),
    )
    ways = shown["method"].unique(maintain_order=True).to_list()
    x = alt.X("ceiling:Q", title=VOLUME, scale=alt.Scale(zero=False))
    y = alt.Y("method:N", title=None, sort=ways)
    # tiers of one way stand below each other, so that equal ceilings do not hide each other's names
    beside = alt.YOffset("tier:N")
    color = alt.Color("is_own:N", legend=None, scale=alt.Scale(domain=[True, False], range=[OVER, MUTED]))
    points = alt.Chart(shown).mark_circle(size=90, opacity=1).encode(x=x, y=y, yOffset=beside, color=color)
    texts = (
        alt.Chart(shown).mark_text(align="left", dx=9, color=INK).encode(x=x, y=y, yOffset=beside, text="tier_words:N")
    )
    title = title_of("The same weeks, five ways of fitting", "Only the first compares each CSM with themselves.")
    return alt.layer(points, texts).properties(width=620, height=22 * len(ways) * shown["tier"].n_unique(), title=title)


def felt_chart(report: SelfReport, labels: pl.DataFrame) -> alt.LayerChart | alt.Chart:
    """Mean answer of each CSM against the mean load of those weeks; the discordant by name.

    Args:
        report: of `self_report.read`.
        labels: csm_id and csm.
    """
    if report.csms.is_empty():
        return nothing_to_show(report.reason or "There are no answers.")
    shown = report.csms.join(labels.select("csm_id", "csm"), on="csm_id", how="left").with_columns(
        kind=pl.when(pl.col("discordance").is_in([FELT_MORE, FELT_LESS]))
        .then(pl.lit("discordant"))
        .otherwise(pl.lit("in line")),
        furthest=pl.col("gap_score").abs().rank("ordinal", descending=True) <= LABELLED,
    )
    x = alt.X(
        "mean_load_ratio:Q",
        title="load as measured, mean of the weeks asked, % of capacity",
        axis=alt.Axis(format="%"),
        scale=alt.Scale(zero=False, padding=20),
    )
    y = alt.Y("mean_answer:Q", title="load as felt, mean answer", scale=alt.Scale(domain=[1, 10]))
    base = alt.Chart(shown)
    points = base.mark_point(filled=True, opacity=1).encode(
        x=x,
        y=y,
        color=alt.Color("kind:N", scale=alt.Scale(domain=["discordant", "in line"], range=[OVER, HEAVY]), legend=None),
        size=alt.condition("datum.kind == 'discordant'", alt.value(130), alt.value(60)),
    )
    words = (
        base.transform_filter("datum.kind == 'discordant' || datum.furthest")
        .mark_text(align="left", dx=8, color=MUTED)
        .encode(x=x, y=y, text="csm:N")
    )
    line = base.transform_regression("mean_load_ratio", "mean_answer").mark_line(color=INK, strokeDash=[5, 4]).encode(
        x=x, y=y
    )  # fmt: skip
    return alt.layer(line, points, words).properties(
        width=560,
        height=260,
        title=title_of(
            "Load as felt and load as measured, by CSM",
            "Dashed: the line through all. Large: listed as discordant; the furthest from the line are named too.",
        ),
    )
