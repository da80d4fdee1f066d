"""What notebook 02 asks of the marts: which kinds of account ask for the hours, and whether the segment alone tells.

Nothing here is a metric: hours, weights and tags are those of the marts, added up and held side by side.
"""

from __future__ import annotations

import altair as alt
import duckdb
import polars as pl

from book_of_business.calibration.weights import FACTORS
from book_of_business.console import count_of
from book_of_business.marts import labelled, query
from book_of_business.pages.charts import (
    BAR_STEP,
    HEAVY,
    INK,
    MUTED,
    OVER,
    PALE,
    first_books,
    nothing_to_show,
    title_of,
)

# Attribute and its values, in the order in which they are shown.
TAGS = {
    "lifecycle_stage": ("onboarding", "adoption", "steady", "renewal", "at_risk"),
    "complexity_tier": ("low", "medium", "high"),
    "health_trajectory": ("declining", "stable", "improving", "unknown"),
    "expansion_potential": ("none", "identified", "active", "unknown"),
    "signal_density": ("silent", "normal", "dense", "unknown"),
}
STRENGTHS = {"half as strong": 0.5, "as they are": 1.0, "half as strong again": 1.5}


def read_accounts(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per active account: csm, csm_id, account_id, account_name, segment, the five tags, base_hours and
    effort_hours (hours a week), `<factor>_weight` for the eight; heaviest first.
    """
    weights = ", ".join(f"efforts.{factor}_weight" for factor in FACTORS)
    return labelled(
        connection,
        f"""
        select
            accounts.csm_id, accounts.account_id, accounts.account_name, accounts.segment, {", ".join(TAGS)},
            efforts.base_hours, efforts.effort_hours, {weights}
        from marts.dim_accounts as accounts
        inner join marts.fct_account_effort as efforts on accounts.account_id = efforts.account_id
        inner join marts.dim_weeks as weeks on efforts.week_start_date = weeks.week_start_date and weeks.is_latest
        where accounts.is_active
        order by efforts.effort_hours desc, accounts.account_id
    """,
    )


def read_changes(connection: duckdb.DuckDBPyConnection, week_count: int) -> pl.DataFrame:
    """Tags that changed in each of the last weeks: week_end_date, attribute, change_count; first tags are no change."""
    return query(
        connection,
        f"""
        select weeks.week_end_date, changes.attribute, count(*) as change_count
        from marts.fct_account_taxonomy_changes as changes
        inner join (
            select week_start_date, week_end_date
            from marts.dim_weeks
            order by week_start_date desc
            limit {int(week_count)}
        ) as weeks on changes.week_start_date = weeks.week_start_date
        where changes.previous_value is not null
        group by weeks.week_end_date, changes.attribute
        order by weeks.week_end_date, changes.attribute
    """,
    )


def by_tag(accounts: pl.DataFrame) -> pl.DataFrame:
    """Accounts and hours of each value of each tag: attribute, tag, account_count, effort_hours and their shares."""
    frames = [
        accounts.group_by(pl.col(attribute).fill_null("not tagged").alias("tag"))
        .agg(account_count=pl.len(), effort_hours=pl.col("effort_hours").sum())
        .with_columns(
            attribute=pl.lit(attribute),
            account_share=pl.col("account_count") / accounts.height,
            hours_share=pl.col("effort_hours") / accounts["effort_hours"].sum(),
            place=pl.col("tag").replace_strict({tag: at for at, tag in enumerate(tags)}, default=len(tags)),
        )
        .sort("place")
        for attribute, tags in TAGS.items()
    ]
    return pl.concat(frames).drop("place")


def by_book(accounts: pl.DataFrame) -> pl.DataFrame:
    """Hours of each book, and what plain accounts of the same segments would ask for: csm, account_count,
    plain_hours, effort_hours, beyond_ratio (the rest, over the plain hours); furthest beyond first.
    """
    return (
        accounts.group_by("csm")
        .agg(account_count=pl.len(), plain_hours=pl.col("base_hours").sum(), effort_hours=pl.col("effort_hours").sum())
        .with_columns(beyond_ratio=pl.col("effort_hours") / pl.col("plain_hours") - 1)
        .sort("beyond_ratio", "csm", descending=[True, False])
    )


def headline(accounts: pl.DataFrame) -> str:
    """The answer in one sentence."""
    if accounts.is_empty():
        return "There are no active accounts, so there is no work to explain."
    plain, effort = accounts["base_hours"].sum(), accounts["effort_hours"].sum()
    books = by_book(accounts)
    heaviest, lightest = books.row(0, named=True), books.row(books.height - 1, named=True)
    tenth = max(1, accounts.height // 10)
    share = accounts.head(tenth)["effort_hours"].sum() / effort
    said = (
        f"Of {effort:,.0f} hours a week that {count_of(accounts.height, 'account')} ask for, the segment alone would "
        f"have told {plain:,.0f} ({plain / effort:.0%}); the heaviest tenth of the accounts takes {share:.0%}"
    )
    if books.height < 2:
        return f"{said}."
    return (
        f"{said}, and what the segment leaves out differs by book, from {signed(lightest['beyond_ratio'])} "
        f"on top of the plain hours "
        f"({lightest['csm']}) to {signed(heaviest['beyond_ratio'])} ({heaviest['csm']})."
    )


def signed(ratio: float) -> str:
    """A ratio as a percentage with its sign."""
    return f"{ratio:+.0%}".replace("-", "\u2212")


def by_factor(accounts: pl.DataFrame) -> pl.DataFrame:
    """Hours that would fall away (or come) if a factor weighed 1 everywhere: factor, added_hours; largest first."""
    added = {
        factor: float((accounts["effort_hours"] * (1 - 1 / accounts[f"{factor}_weight"])).sum()) for factor in FACTORS
    }
    return pl.DataFrame({"factor": list(added), "added_hours": list(added.values())}).sort(
        "added_hours", descending=True
    )


def heaviest(accounts: pl.DataFrame, limit: int = 10) -> pl.DataFrame:
    """The heaviest accounts as a table to read."""
    return accounts.head(limit).select(
        pl.col("account_id").alias("account"),
        pl.col("csm").alias("CSM"),
        "segment",
        *(pl.col(attribute).alias(attribute.replace("_", " ")) for attribute in TAGS),
        pl.col("base_hours").alias("plain hours"),
        pl.col("effort_hours").alias("hours a week"),
    )


def sensitivity(accounts: pl.DataFrame) -> pl.DataFrame:
    """The headline if every weight were nearer to 1 or further from it: reading, effort_hours, plain_share, top_share
    (hours of the heaviest tenth), same_order_share (pairs of books that keep their order by hours).
    """
    if accounts.is_empty():
        return pl.DataFrame()
    now = book_hours(accounts, 1.0)
    rows = []
    for reading, strength in STRENGTHS.items():
        hours = stretched(accounts, strength)
        books = book_hours(accounts, strength)
        pairs = [(one, other) for at, one in enumerate(now) for other in list(now)[:at]]
        kept = [(now[one] - now[other]) * (books[one] - books[other]) > 0 for one, other in pairs]
        tenth = max(1, accounts.height // 10)
        rows.append(
            {
                "reading": f"weights {reading}",
                "effort_hours": float(hours.sum()),
                "plain_share": float(accounts["base_hours"].sum() / hours.sum()),
                "top_share": float(hours.sort(descending=True).head(tenth).sum() / hours.sum()),
                "same_order_share": sum(kept) / len(kept) if kept else None,
            }
        )
    return pl.DataFrame(rows)


def stretched(accounts: pl.DataFrame, strength: float) -> pl.Series:
    """Hours of each account with the distance of every weight from 1 taken `strength` times."""
    hours = accounts["base_hours"]
    for factor in FACTORS:
        hours = hours * (1 + (accounts[f"{factor}_weight"] - 1) * strength)
    return hours


def book_hours(accounts: pl.DataFrame, strength: float) -> dict[str, float]:
    """Hours of each book under `stretched`."""
    frame = accounts.select("csm", hours=stretched(accounts, strength)).group_by("csm").agg(pl.col("hours").sum())
    return dict(frame.sort("csm").iter_rows())


def sensitivity_table(accounts: pl.DataFrame) -> pl.DataFrame:
    """`sensitivity` as a table to read."""
    readings = sensitivity(accounts)
    if readings.is_empty():
        return readings
    return readings.select(
        pl.col("reading"),
        pl.col("effort_hours").alias("hours a week"),
        (100 * pl.col("plain_share")).alias("plain accounts would, %"),
        (100 * pl.col("top_share")).alias("heaviest tenth takes, %"),
        (100 * pl.col("same_order_share")).alias("pairs of books in the same order, %"),
    )


def tags_chart(tags: pl.DataFrame) -> alt.VConcatChart | alt.Chart:
    """Share of the accounts (line) and of the hours (bar) of every tag, one block per attribute."""
    if tags.is_empty():
        return nothing_to_show("There are no active accounts.")
    shown = tags.with_columns(
        words=pl.col("tag").str.replace_all("_", " "),
        label=pl.struct("account_count", "account_share", "hours_share").map_elements(
            lambda row: (
                f"{count_of(row['account_count'], 'account')} ({row['account_share']:.0%}), "
                f"{row['hours_share']:.0%} of the hours"
            ),
            pl.String,
        ),
        label_at=pl.max_horizontal("account_share", "hours_share"),
        kind=pl.when(pl.col("hours_share") > 1.1 * pl.col("account_share"))
        .then(pl.lit("more"))
        .otherwise(pl.lit("not")),
    )
    blocks = []
    for at, attribute in enumerate(TAGS):
        rows = shown.filter(pl.col("attribute") == attribute)
        y = alt.Y(
            "words:N", sort=rows["words"].to_list(), title=attribute.replace("_", " "), axis=alt.Axis(minExtent=90)
        )
        is_last = at == len(TAGS) - 1
        x = alt.X(
            "hours_share:Q",
            title="bar: share of the hours, line: share of the accounts" if is_last else None,
            scale=alt.Scale(domain=[0, 1.5], nice=False),
            axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1], labels=is_last),
        )
        color = alt.Color("kind:N", scale=alt.Scale(domain=["more", "not"], range=[OVER, PALE]), legend=None)
        base = alt.Chart(rows)
        blocks.append(
            alt.layer(
                base.mark_bar(height=14).encode(x=x, y=y, color=color),
                base.mark_tick(color=INK, thickness=2.5, size=19, opacity=1).encode(x="account_share:Q", y=y),
                base.mark_text(align="left", dx=7).encode(x="label_at:Q", y=y, text="label:N"),
            ).properties(width=620, height=alt.Step(22))
        )
    return alt.vconcat(*blocks, spacing=10).properties(
        title=title_of(
            "Which accounts take the hours",
            "Dark: a tag with more than 1.1 times its share of the accounts in the hours.",
        )
    )


def books_chart(books: pl.DataFrame, limit: int = 40) -> alt.LayerChart | alt.Chart:
    """Hours of each book (bar) against what plain accounts of its segments would ask for (line)."""
    if books.is_empty():
        return nothing_to_show("There are no active accounts.")
    shown, remark = first_books(books, limit)
    shown = shown.with_columns(
        label=pl.struct(books.columns).map_elements(
            lambda book: (
                f"{book['effort_hours']:,.1f} h, {signed(book['beyond_ratio'])} on {book['plain_hours']:,.1f} plain"
            ),
            pl.String,
        ),
        label_at=pl.max_horizontal("effort_hours", "plain_hours"),
    )
    y = alt.Y("csm:N", sort=shown["csm"].to_list(), title=None)
    x = alt.X(
        "effort_hours:Q",
        title="hours a week: bar = asked for, line = plain accounts of the same segments would",
        scale=alt.Scale(domain=[0, max(shown["label_at"].max(), 1) * 1.6], nice=False),
        axis=alt.Axis(tickCount=6),
    )
    base = alt.Chart(shown)
    return alt.layer(
        base.mark_bar(height=15, color=PALE).encode(x=x, y=y),
        base.mark_tick(color=INK, thickness=2.5, size=21, opacity=1).encode(x="plain_hours:Q", y=y),
        base.mark_text(align="left", dx=7).encode(x="label_at:Q", y=y, text="label:N"),
    ).properties(
        width=680,
        height=alt.Step(BAR_STEP),
        title=title_of("What the segment alone would have told", "Books in the order of what it leaves out.", remark),
    )


def factors_chart(factors: pl.DataFrame) -> alt.LayerChart | alt.Chart:
    """Hours that each factor adds."""
    if factors.is_empty() or not factors["added_hours"].abs().sum():
        return nothing_to_show("No factor adds anything to the plain hours.")
    shown = factors.with_columns(
        words=pl.col("factor").str.replace_all("_", " "),
        label=pl.col("added_hours").map_elements(lambda hours: f"{hours:+,.1f} h".replace("-", "\u2212"), pl.String),
        label_at=pl.max_horizontal(pl.col("added_hours"), pl.lit(0.0)),
    )
    lowest = min(shown["added_hours"].min(), 0)
    y = alt.Y("words:N", sort=shown["words"].to_list(), title=None)
    x = alt.X(
        "added_hours:Q",
        title="hours a week that the factor adds, all accounts together",
        scale=alt.Scale(domain=[lowest * 1.1, max(shown["added_hours"].max(), 1) * 1.25], nice=False),
    )
    base = alt.Chart(shown)
    return alt.layer(
        base.mark_bar(height=15, color=HEAVY).encode(x=x, y=y),
        base.mark_text(align="left", dx=6).encode(x="label_at:Q", y=y, text="label:N"),
    ).properties(
        width=560,
        height=alt.Step(BAR_STEP),
        title=title_of(
            "What makes accounts heavier than their segment",
            "Each factor by itself; the weights multiply, so the hours do not add up to the whole.",
        ),
    )


def changes_chart(changes: pl.DataFrame) -> alt.Chart:
    """Changes of tags week by week, one small panel per attribute."""
    if changes.is_empty():
        return nothing_to_show("No tag changed in these weeks.")
    shown = changes.with_columns(words=pl.col("attribute").str.replace_all("_", " "))
    order = [attribute.replace("_", " ") for attribute in TAGS]
    return (
        alt.Chart(shown)
        .mark_bar(size=max(2, min(14, 240 // shown["week_end_date"].n_unique())), color=MUTED)
        .encode(
            x=alt.X("week_end_date:T", title=None, axis=alt.Axis(format="%b %y", tickCount=4, grid=False)),
            y=alt.Y("change_count:Q", title=None, axis=alt.Axis(format="d", tickMinStep=1, tickCount=3)),
        )
        .properties(width=270, height=80)
        .facet(
            facet=alt.Facet(
                "words:N", sort=order, title=None, header=alt.Header(labelFontWeight="bold", labelAnchor="start")
            ),
            columns=2,
            spacing={"row": 18, "column": 48},
        )
        .properties(title=title_of("How often a tag changes", "Accounts whose tag changed in the week, count."))
    )
