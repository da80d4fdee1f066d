"""Charts of the books: a Polars frame in, an Altair chart out.

One look for all of them: bars from zero, sorted by value, every bar with its figure, units in the titles. Colour only
repeats what a position, a mark or a word already says, and differs in lightness, so that a chart reads the same in
grey and to a colour-blind eye. Names are data: they are drawn as text in SVG, which nothing can run.

`python -m book_of_business.pages.charts` writes the picture of the README from the published file.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import altair as alt
import polars as pl
import vl_convert

from book_of_business.console import count_of
from book_of_business.marts import UNASSIGNED
from book_of_business.pages.baseline import (
    AGREES,
    FALSE_ALARM,
    HEAVY_MARGIN,
    MISSED,
    NO_CAPACITY,
    NO_PEERS,
    Score,
    dollars,
    score,
)

# Bundled with vl-convert, and as wide as Arial: a picture is the same on every machine.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
INK = "#1f2933"
MUTED = "#5f6b7a"
PALE = "#c3ccd6"
GRID = "#e4e8ed"
# Vermilion and blue of Okabe and Ito, apart to every kind of colour vision; darker than PALE in grey.
OVER = "#c8500a"
HEAVY = "#0067a5"

LIFECYCLE_ORDER = ("onboarding", "adoption", "steady", "renewal", "at_risk", "unknown")
BAR_STEP = 24
LONGEST_BAR = 145
# Beyond this a bar is cut off and says so: one book of 5,000 % would flatten all others.
LONGEST_RATIO = 2.5
LONGEST_TREND_RATIO = 1.6


def theme() -> alt.theme.ThemeConfig:
    """The look that all charts share."""
    return alt.theme.ThemeConfig(
        config={
            "background": "white",
            "font": FONT,
            "view": {"stroke": None},
            "title": {
                "anchor": "start",
                "fontSize": 15,
                "color": INK,
                "subtitleFontSize": 12,
                "subtitleColor": MUTED,
                "subtitlePadding": 5,
                "offset": 12,
                "subtitleLineHeight": 16,
            },
            "axis": {
                "labelFontSize": 12,
                "titleFontSize": 12,
                "labelColor": INK,
                "titleColor": MUTED,
                "titleFontWeight": "normal",
                "gridColor": GRID,
                "domain": False,
                "ticks": False,
                "labelLimit": 260,
                "labelPadding": 6,
            },
            "header": {"labelFontSize": 12, "labelColor": INK, "titleColor": MUTED, "labelLimit": 260},
            "text": {"fontSize": 12, "color": INK},
            "legend": {"labelFontSize": 12, "titleFontSize": 12},
        }
    )


def use_theme() -> None:
    """Set the look, and SVG as what notebooks show of a chart.

    SVG works offline in JupyterLab and in HTML, is light, and holds no script. Altair's `html` renderer would make
    charts interactive, but it writes names into a script element as they are: one with `</script>` in it would run.
    """
    alt.theme.register("book_of_business", enable=True)(theme)
    alt.data_transformers.disable_max_rows()
    alt.renderers.enable("svg")


def motion_words(motion: str | None) -> str:
    """`high_touch` as a person says it; null is the book of nobody."""
    return "nobody's" if motion is None else motion.replace("_", "-")


def percent(ratio: float) -> str:
    """A ratio as a percentage that never rounds onto 100 from a side."""
    text = f"{ratio:,.0%}"
    return f"{ratio:.1%}" if text == "100%" and round(ratio, 9) != 1 else text


def first_books(frame: pl.DataFrame, limit: int) -> tuple[pl.DataFrame, str]:
    """The first rows, and a remark where that is not all of them."""
    if frame.height <= limit:
        return frame, ""
    return frame.head(limit), f"The first {limit} of {frame.height:,} books."


def nothing_to_show(sentence: str) -> alt.Chart:
    """A chart that says why there is none."""
    return (
        alt.Chart(pl.DataFrame({"sentence": [sentence]}))
        .mark_text(align="left", color=MUTED, fontSize=13)
        .encode(text="sentence:N", x=alt.value(0), y=alt.value(10))
        .properties(width=760, height=20)
    )


def books_chart(books: pl.DataFrame, limit: int = 40) -> alt.HConcatChart | alt.Chart:
    """Accounts and ARR of each book, side by side, by motion.

    Args:
        books: csm, motion, account_count, arr_usd (US dollars), account_band, arr_band; nulls where there is no band.
        limit: books to show at most.
    """
    if books.is_empty():
        return nothing_to_show("There are no books.")
    shown, remark = first_books(
        books.sort(pl.col("motion").is_null(), "motion", "arr_usd", descending=[False, False, True]), limit
    )
    shown = shown.with_columns(
        motion_label=pl.col("motion").map_elements(motion_words, pl.String, skip_nulls=False),
        accounts_label=pl.struct("account_count", "account_band").map_elements(
            lambda book: f"{book['account_count']:,}{band_words(book['account_band'])}", pl.String
        ),
        arr_label=pl.struct("arr_usd", "arr_band").map_elements(
            lambda book: f"{dollars(book['arr_usd'])}{band_words(book['arr_band'])}", pl.String
        ),
    )
    panels = [
        ("account_count", "accounts_label", "accounts, count"),
        ("arr_usd", "arr_label", "ARR, US dollars"),
    ]
    charts = []
    for index, (column, label, title) in enumerate(panels):
        longest = max(shown[column].max() or 0, 1)
        base = alt.Chart().encode(
            y=alt.Y("csm:N", sort=shown["csm"].to_list(), title=None, axis=alt.Axis() if index == 0 else None),
            x=alt.X(
                f"{column}:Q",
                title=title,
                scale=alt.Scale(domain=[0, longest * 1.6], nice=False),
                axis=alt.Axis(labels=False, grid=False),
            ),
        )
        marks = alt.layer(
            base.mark_bar(color=PALE, height=15),
            base.mark_text(align="left", dx=5).encode(text=f"{label}:N"),
            data=shown,
        )
        charts.append(by_motion(marks.properties(width=300, height=alt.Step(BAR_STEP)), shown, has_header=index == 0))
    return alt.hconcat(*charts, spacing=20).properties(
        title=title_of(
            "Size of the books",
            "Below, above: against the published band of the motion, scaled by full-time equivalents.",
            remark,
        )
    )


def band_words(band: str | None) -> str:
    """What stands behind a figure when it is outside its band."""
    return f"  {band} band" if band in ("below", "above") else ""


def by_motion(chart: alt.LayerChart | alt.Chart, shown: pl.DataFrame, *, has_header: bool) -> alt.FacetChart:
    """One block of rows per motion, each with its own names."""
    header = alt.Header(
        labelAngle=0,
        labelAnchor="end",
        labelAlign="left",
        labelBaseline="top",
        labelOrient="left",
        labelFontWeight="bold",
        labelColor=MUTED,
        labels=has_header,
        title=None,
    )
    motions = shown["motion_label"].unique(maintain_order=True).to_list()
    return chart.facet(row=alt.Row("motion_label:N", sort=motions, header=header, title=None), spacing=8).resolve_scale(
        y="independent"
    )


def title_of(text: str, *subtitles: str) -> alt.TitleParams:
    """A title with the subtitles that are not empty."""
    kept = [subtitle for subtitle in subtitles if subtitle]
    return alt.TitleParams(text, subtitle=kept) if kept else alt.TitleParams(text)


def capacity_chart(books: pl.DataFrame, limit: int = 40) -> alt.LayerChart | alt.Chart:
    """Hours that each book asks for against the hours its CSM has.

    Args:
        books: csm, effort_hours and target_capacity_hours (hours a week; null capacity: nobody's), load_ratio,
            is_over_target, is_uncovered, consecutive_weeks_over_target, ramp_ratio, availability_ratio; in the order
            to show.
        limit: books to show at most.
    """
    if books.is_empty():
        return nothing_to_show("There are no books.")
    shown, remark = first_books(books, limit)
    shown = shown.with_columns(
        label=pl.struct(books.columns).map_elements(load_words, pl.String),
        kind=pl.when(pl.col("is_over_target"))
        .then(pl.lit("over"))
        .when(pl.col("load_ratio").is_null())
        .then(pl.lit("none"))
        .otherwise(pl.lit("within")),
        label_at=pl.max_horizontal("effort_hours", "target_capacity_hours"),
    )
    longest = max(shown["label_at"].max() or 0, 1)
    x = alt.X(
        "effort_hours:Q",
        title="hours a week: bar = asked for by the accounts, line = there are",
        scale=alt.Scale(domain=[0, longest * 1.75], nice=False),
        axis=alt.Axis(tickCount=6),
    )
    y = alt.Y("csm:N", sort=shown["csm"].to_list(), title=None)
    bars = (
        alt.Chart()
        .mark_bar(height=15)
        .encode(
            x=x,
            y=y,
            color=alt.Color("kind:N", scale=kind_scale(), legend=None),
        )
    )
    ticks = alt.Chart().mark_tick(color=INK, thickness=2.5, size=21, opacity=1).encode(x="target_capacity_hours:Q", y=y)
    words = alt.Chart().mark_text(align="left", dx=7).encode(x="label_at:Q", y=y, text="label:N")
    return alt.layer(bars, ticks, words, data=shown).properties(
        width=720,
        height=alt.Step(BAR_STEP),
        title=title_of(
            "Work asked for against capacity",
            "A bar beyond its line is more work than there are hours; a line at zero: nobody was there that week.",
            remark,
        ),
    )


def kind_scale() -> alt.Scale:
    """Over is dark, without capacity darker still, within pale: apart in grey too."""
    return alt.Scale(domain=["over", "within", "none"], range=[OVER, PALE, MUTED])


def load_words(book: dict[str, object], remarks: int = 3) -> str:
    """The load of a book as a figure, and what makes it special, in as many remarks as there is room for."""
    if book["csm_id"] == UNASSIGNED:
        return f"owned by nobody: {count_of(book['account_count'], 'account')}"
    if book["load_ratio"] is None:
        return (
            f"no capacity that week: {count_of(book['account_count'], 'account')} uncovered"
            if book["is_uncovered"]
            else "no capacity, no accounts"
        )
    words = [percent(book["load_ratio"])]
    if book["is_over_target"] and book["consecutive_weeks_over_target"] > 1:
        words.append(f"over for {book['consecutive_weeks_over_target']:,} weeks")
    if book["availability_ratio"] < 1:
        words.append(f"{1 - book['availability_ratio']:.0%} away")
    if book["ramp_ratio"] < 1:
        words.append(f"on ramp ({book['ramp_ratio']:.0%})")
    return ", ".join(words[: 1 + remarks])


def trend_chart(
    weeks: pl.DataFrame, csms: Sequence[str], target_load: float, limit: int = 24
) -> alt.FacetChart | alt.Chart:
    """Load week by week, one small panel per CSM.

    Args:
        weeks: csm, week_end_date, load_ratio (null: no capacity, a gap in the line), is_over_target.
        csms: whom to show, in this order.
        target_load: the load to draw as the line, ratio.
        limit: CSMs to show at most.
    """
    shown_csms = list(csms)[:limit]
    shown = weeks.filter(pl.col("csm").is_in(shown_csms)).with_columns(
        drawn=pl.col("load_ratio").clip(0, LONGEST_TREND_RATIO), target=pl.lit(target_load)
    )
    measured = shown.drop_nulls("load_ratio")
    if measured.is_empty():
        return nothing_to_show("No CSM had capacity in these weeks.")
    latest = shown["week_end_date"].max()
    last = (
        measured.group_by("csm")
        .agg(pl.col("week_end_date", "load_ratio").sort_by("week_end_date").last())
        .select(
            "csm",
            "week_end_date",
            label=pl.when(pl.col("week_end_date") == latest)
            .then(pl.col("load_ratio").map_elements(percent, pl.String))
            .otherwise(pl.lit("no capacity")),
        )
    )
    shown = shown.join(last, on=["csm", "week_end_date"], how="left")
    top = max(measured["drawn"].max(), target_load) * 1.1
    x = alt.X(
        "week_end_date:T",
        title=None,
        axis=alt.Axis(format="%b %y", tickCount={"interval": "month", "step": 2}, grid=False, labelFontSize=11),
    )
    y = alt.Y(
        "drawn:Q",
        title=None,
        scale=alt.Scale(domain=[0, top], nice=False),
        axis=alt.Axis(format="%", values=[0, 0.5, 1, 1.5], labelFontSize=11),
    )
    target = alt.Chart().mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1).encode(y="target:Q")
    line = alt.Chart().mark_line(color=MUTED, strokeWidth=1.8).encode(x=x, y=y)
    over = alt.Chart().mark_point(color=OVER, filled=True, size=30, shape="triangle-up", opacity=1).encode(x=x, y=y)
    label = alt.Chart().mark_text(align="left", dx=5, fontWeight="bold", fontSize=11).encode(x=x, y=y, text="label:N")
    layers = alt.layer(
        target,
        line,
        over.transform_filter("datum.is_over_target"),
        label.transform_filter("isValid(datum.label)"),
        data=shown,
    )
    header = alt.Header(labelFontWeight="bold", labelAnchor="start", labelLimit=190)
    count = shown["week_end_date"].n_unique()
    remarks = [
        f"Loads above {LONGEST_TREND_RATIO:.0%} are drawn there."
        if measured["load_ratio"].max() > LONGEST_TREND_RATIO
        else "",
        f"The first {limit} of {len(csms):,} CSMs." if len(csms) > limit else "",
    ]
    return (
        layers.properties(width=150, height=80)
        .facet(
            facet=alt.Facet("csm:N", sort=shown_csms, title=None, header=header),
            columns=4,
            spacing={"row": 18, "column": 48},
        )
        .properties(
            title=title_of(
                f"Load over the last {count_of(count, 'week')}, % of capacity",
                f"Dashed: {percent(target_load)}, the target. Triangle: a week over it. Gap: a week without capacity.",
                " ".join(remark for remark in remarks if remark),
            )
        )
    )


def lifecycle_chart(lifecycle: pl.DataFrame, csms: Sequence[str], limit: int = 40) -> alt.LayerChart | alt.Chart:
    """Where the accounts of each book stand: a table of counts, shaded by share of the book.

    Args:
        lifecycle: csm, lifecycle_level, account_count; one row per book and level in it.
        csms: the order of the books.
        limit: books to show at most.
    """
    if lifecycle.is_empty():
        return nothing_to_show("There are no active accounts.")
    shown_csms = list(csms)[:limit]
    remark = f"The first {limit} of {len(csms):,} books." if len(csms) > limit else ""
    found = set(lifecycle["lifecycle_level"])
    levels = [level for level in LIFECYCLE_ORDER if level in found] + sorted(found.difference(LIFECYCLE_ORDER))
    shown = (
        lifecycle.filter(pl.col("csm").is_in(shown_csms))
        .with_columns(share=pl.col("account_count") / pl.col("account_count").sum().over("csm"))
        .with_columns(
            label=pl.struct("account_count", "share").map_elements(
                lambda cell: f"{cell['account_count']:,}  ({cell['share']:.0%})", pl.String
            ),
            level=pl.col("lifecycle_level").str.replace_all("_", " "),
        )
    )
    base = alt.Chart(shown).encode(
        x=alt.X(
            "level:N",
            sort=[level.replace("_", " ") for level in levels],
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, grid=False),
        ),
        y=alt.Y("csm:N", sort=shown_csms, title=None, axis=alt.Axis(grid=False)),
    )
    cells = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=["#f4f6f8", "#4f8fc0"]), legend=None)
    )
    words = base.mark_text().encode(text="label:N")
    return alt.layer(cells, words).properties(
        width=108 * len(levels),
        height=alt.Step(26),
        title=title_of(
            "Lifecycle of the accounts in each book",
            "Accounts, and their share of the book; the darker, the larger the share.",
            remark,
        ),
    )


def perceived_chart(answers: pl.DataFrame, target_load: float, limit: int = 6) -> alt.LayerChart | alt.Chart:
    """Load as felt against load as measured, one mark per answer.

    Args:
        answers: csm, surveyed_on, perceived_load_score (1 to 10), load_ratio, rank_gap and discordance, as from
            `baseline.mark_discordant`.
        target_load: the load to draw as the line, ratio.
        limit: discordant answers to name at most.
    """
    if answers.is_empty():
        return nothing_to_show("No answer falls into a week with capacity.")
    named = (
        answers.filter(pl.col("discordance") != "in line")
        .sort(pl.col("rank_gap").abs(), descending=True)
        .head(limit)
        .select("csm", "surveyed_on")
        .unique()
    )
    shown = answers.with_columns(drawn=pl.col("load_ratio").clip(0, LONGEST_RATIO), target=pl.lit(target_load)).join(
        named.with_columns(name=pl.col("csm")), on=["csm", "surveyed_on"], how="left"
    )
    right = max(shown["drawn"].max() or 0, target_load) * 1.15
    x = alt.X(
        "drawn:Q",
        title="load measured that week, % of capacity",
        scale=alt.Scale(domain=[0, right], nice=False),
        axis=alt.Axis(format="%"),
    )
    y = alt.Y(
        "perceived_load_score:Q",
        title="load as felt, 1 (light) to 10 (unbearable)",
        scale=alt.Scale(domain=[0.5, 10.5], nice=False),
        axis=alt.Axis(values=list(range(1, 11))),
    )
    kinds = ["in line", "felt more", "felt less"]
    points = (
        alt.Chart(shown)
        .mark_point(filled=True, size=60, opacity=0.65)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "discordance:N",
                scale=alt.Scale(domain=kinds, range=["#8793a1", OVER, HEAVY]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            shape=alt.Shape(
                "discordance:N",
                scale=alt.Scale(domain=kinds, range=["circle", "triangle-up", "triangle-down"]),
                legend=alt.Legend(title=None, orient="top"),
            ),
        )
    )
    rule = alt.Chart(shown.head(1)).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="target:Q")
    place = {"align": "left", "dx": 8, "fontSize": 11}
    names = alt.Chart(shown.drop_nulls("name")).encode(x=x, y=y, text="name:N")
    halo = names.mark_text(**place, stroke="white", strokeWidth=4)
    return alt.layer(rule, points, halo, names.mark_text(**place)).properties(
        width=620,
        height=300,
        title=title_of(
            "Load as felt and load as measured",
            f"One mark per answer. Dashed: {percent(target_load)} of capacity, the target.",
            "Triangles: felt much more or much less than where the load stands among the loads.",
        ),
    )


VERDICT_WORDS = {
    MISSED: "MISSED",
    FALSE_ALARM: "FALSE ALARM",
    AGREES: "agree",
    NO_CAPACITY: "",
    NO_PEERS: "",
}


def comparison_chart(
    judged: pl.DataFrame, target_load: float, margin: float = HEAVY_MARGIN, limit: int = 40
) -> alt.HConcatChart | alt.Chart:
    """The flat ratio beside the effort-weighted load: what counting says, what the work says, and where they part.

    Args:
        judged: from `baseline.judge_flat_ratio` on account_count within motion.
        target_load: the load to draw as the line, ratio.
        margin: how much above its peers a book is called heavy, a share; as judged.
        limit: CSMs to show at most.
    """
    if judged.is_empty():
        return nothing_to_show("There is no CSM to compare.")
    result = score(judged)
    ordered = judged.sort(
        "motion", "load_ratio", "account_count", descending=[False, True, True], nulls_last=[False, False, False]
    )
    shown, remark = first_books(ordered, limit)
    shown = shown.with_columns(
        motion_label=pl.col("motion").map_elements(motion_words, pl.String),
        ratio_drawn=pl.col("relative_to_peers").fill_null(0).clip(0, LONGEST_RATIO),
        load_drawn=pl.col("load_ratio").fill_null(0).clip(0, LONGEST_RATIO),
        ratio_label=pl.struct("per_head", "relative_to_peers").map_elements(ratio_words, pl.String),
        load_label=pl.struct(judged.columns).map_elements(lambda book: load_words(book, 1), pl.String),
        ratio_kind=pl.when(pl.col("says_heavy")).then(pl.lit("heavy")).otherwise(pl.lit("not")),
        load_kind=pl.when(pl.col("is_over_target")).then(pl.lit("over")).otherwise(pl.lit("not")),
        verdict_label=pl.col("verdict").replace_strict(VERDICT_WORDS),
        ratio_line=pl.lit(1 + margin),
        load_line=pl.lit(target_load),
    ).with_columns(
        ratio_label_at=pl.max_horizontal("ratio_drawn", "ratio_line"),
        load_label_at=pl.max_horizontal("load_drawn", "load_line"),
    )
    longest = max(shown["ratio_drawn"].max() or 0, shown["load_drawn"].max() or 0, 1.0)
    ratio = panel(shown, "ratio", [HEAVY, PALE], 245, longest, "ACCOUNTS PER HEAD, against peers")
    load = panel(shown, "load", [OVER, PALE], 425, longest, "EFFORT-WEIGHTED LOAD, against capacity")
    heavy = f"{margin:.0%} above the peers' mean" if margin else "the peers' mean"
    subtitle = f"Line: {heavy} on the left, {percent(target_load)} of capacity on the right."
    kinds = "A bar beyond it is heavy, or over. Missed: over, not called heavy. False alarm: the reverse."
    return (
        alt.hconcat(by_motion(ratio, shown, has_header=True), by_motion(load, shown, has_header=False), spacing=14)
        .resolve_scale(color="independent")
        .properties(title=title_of(comparison_title(judged, result), subtitle, kinds, remark))
    )


def comparison_title(judged: pl.DataFrame, result: Score) -> str:
    """What the comparison shows, in a line."""
    over = int(judged["is_over_target"].sum() or 0)
    if not result.compared:
        return f"{over} of {count_of(judged.height, 'CSM')} over capacity; nobody has peers to be counted against"
    over_words = f"{count_of(over, 'CSM')} {'is' if over == 1 else 'are'} over capacity"
    if not result.wrong:
        return f"{over_words}, and counting accounts agrees on all {result.compared:,} compared"
    return f"{over_words}; counting accounts gets {result.wrong:,} of {result.compared:,} wrong"


def ratio_words(book: dict[str, object]) -> str:
    """Accounts per head, and how far that is from the peers' mean."""
    figure = f"{book['per_head']:,.1f}".removesuffix(".0")
    if book["relative_to_peers"] is None:
        return f"{figure}, no peers"
    distance = round(100 * (book["relative_to_peers"] - 1))
    return f"{figure}, as the peers" if distance == 0 else f"{figure}, {distance:+,d}%".replace("-", "\u2212")


def panel(shown: pl.DataFrame, name: str, colors: list[str], width: int, longest: float, title: str) -> alt.LayerChart:
    """Bars of one ratio (`ratio` or `load`) with its reference line; the load's also holds the verdicts, in words.

    One unit of a ratio is as long in both panels, so that the bars can be compared across.
    """
    is_load = name == "load"
    x = alt.X(
        f"{name}_drawn:Q",
        title=title,
        scale=alt.Scale(domain=[0, longest * width / LONGEST_BAR], nice=False),
        axis=alt.Axis(
            orient="top",
            labels=False,
            grid=False,
            titleFontWeight="bold",
            titleAnchor="start",
            titleColor=INK,
            titlePadding=8,
        ),
    )
    y = alt.Y("csm:N", sort=shown["csm"].to_list(), title=None, axis=None if is_load else alt.Axis())
    kinds = ["over", "not"] if is_load else ["heavy", "not"]
    color = alt.Color(f"{name}_kind:N", scale=alt.Scale(domain=kinds, range=colors), legend=None)
    layers = [
        alt.Chart().mark_bar(height=15).encode(x=x, y=y, color=color),
        alt.Chart().mark_rule(color=INK, strokeWidth=1.5).encode(x=f"{name}_line:Q"),
        alt.Chart().mark_text(align="left", dx=6).encode(x=f"{name}_label_at:Q", y=y, text=f"{name}_label:N"),
    ]
    if is_load:
        verdicts = (
            alt.Chart()
            .mark_text(align="left", fontWeight="bold")
            .encode(x=alt.value(width - 95), y=y, text="verdict_label:N")
        )
        for verdict, ink in ((MISSED, OVER), (FALSE_ALARM, HEAVY), (AGREES, MUTED)):
            weight = "normal" if verdict == AGREES else "bold"
            layers.append(
                verdicts.mark_text(align="left", color=ink, fontWeight=weight).transform_filter(
                    f"datum.verdict == '{verdict}'"
                )
            )
    return alt.layer(*layers, data=shown).properties(width=width, height=alt.Step(BAR_STEP))


def sensitivity_chart(readings: pl.DataFrame) -> alt.LayerChart | alt.Chart:
    """How often the flat ratio is wrong under each reading, beside a draw from a hat.

    Args:
        readings: from `baseline.sensitivity`.
    """
    compared = readings.filter(pl.col("compared") > 0)
    if compared.is_empty():
        return nothing_to_show("Under no reading is there a CSM with capacity and peers.")
    shown = compared.with_columns(
        label=pl.struct(readings.columns).map_elements(
            lambda row: (
                f"{row['wrong']} of {row['compared']} wrong ({row['missed']} missed), by chance {row['by_chance']:.1f}"
            ),
            pl.String,
        ),
        label_at=pl.max_horizontal("wrong_share", "chance_share"),
    )
    y = alt.Y("reading:N", sort=shown["reading"].to_list(), title=None, axis=alt.Axis(labelLimit=330))
    bars = (
        alt.Chart(shown)
        .mark_bar(height=15, color=PALE)
        .encode(
            x=alt.X(
                "wrong_share:Q",
                title="CSMs on the wrong side, % of those compared",
                scale=alt.Scale(domain=[0, 1.4], nice=False),
                axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
            ),
            y=y,
        )
    )
    ticks = alt.Chart(shown).mark_tick(color=INK, thickness=2.5, size=21, opacity=1).encode(x="chance_share:Q", y=y)
    words = alt.Chart(shown).mark_text(align="left", dx=7).encode(x="label_at:Q", y=y, text="label:N")
    return alt.layer(bars, ticks, words).properties(
        width=520,
        height=alt.Step(26),
        title=title_of(
            "Is it only this way of counting?",
            "Line: what drawing as many heavy books from a hat would get wrong on average.",
        ),
    )


def weekly_chart(weekly: pl.DataFrame) -> alt.Chart:
    """CSMs on the wrong side week by week, in two kinds.

    Args:
        weekly: from `baseline.weekly_scores`: week_end_date, compared, missed, false_alarms (counts).
    """
    if weekly.is_empty() or not weekly["compared"].sum():
        return nothing_to_show("In no week is there a CSM with capacity and peers.")
    kinds = ["missed: over, not called heavy", "false alarm: called heavy, not over"]
    shown = weekly.rename({"missed": kinds[0], "false_alarms": kinds[1]}).unpivot(
        on=kinds, index="week_end_date", variable_name="kind", value_name="csm_count"
    )
    highest = max(shown.group_by("week_end_date").agg(pl.col("csm_count").sum())["csm_count"].max(), 1)
    return (
        alt.Chart(shown)
        .mark_bar(size=max(4, 420 // weekly.height))
        .encode(
            x=alt.X("week_end_date:T", title="week ending", axis=alt.Axis(format="%d %b %y", tickCount=8, grid=False)),
            y=alt.Y(
                "csm_count:Q",
                title="CSMs, count",
                scale=alt.Scale(domain=[0, highest]),
                axis=alt.Axis(format="d", tickMinStep=1),
            ),
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
            title=title_of("Is it only this week?", "CSMs whom accounts per head puts on the wrong side, by week."),
        )
    )


def write_picture(path: Path, build_dir: str | Path | None = None) -> Path:
    """Write the picture of the README, PNG, from the published file."""
    from book_of_business import marts
    from book_of_business.pages import baseline

    with marts.connect(build_dir) as connection:
        judged = baseline.judge_flat_ratio(marts.read_books(connection))
        target_load = marts.read_target_load(connection)
    use_theme()
    path.parent.mkdir(parents=True, exist_ok=True)
    chart = comparison_chart(judged, target_load)
    path.write_bytes(squeeze(vl_convert.vegalite_to_png(chart.to_json(), scale=2)))
    return path


def squeeze(png: bytes) -> bytes:
    """The same picture in a third of the bytes: vl-convert packs its rows in haste."""
    signature, offset = 8, 8
    rows, chunks = b"", []
    while offset < len(png):
        (length,) = struct.unpack_from(">I", png, offset)
        kind, data = png[offset + 4 : offset + 8], png[offset + 8 : offset + 8 + length]
        offset += 12 + length
        if kind == b"IDAT":
            rows += data
        else:
            chunks.append((kind, data))
    chunks.insert(-1, (b"IDAT", zlib.compress(zlib.decompress(rows), 9)))
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return png[:signature] + b"".join(packed)


def main() -> int:
    """Write docs/img/books.png; 1 with a message when there is nothing published."""
    from book_of_business.errors import UserError
    from book_of_business.settings import project_dir

    try:
        print(write_picture(project_dir() / "docs" / "img" / "books.png"))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
