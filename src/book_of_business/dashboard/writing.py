"""Writing the pages: templates with autoescape, one self-contained file each, replaced whole."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

import jinja2
import polars as pl
from markupsafe import Markup

from book_of_business.dashboard import formats
from book_of_business.dashboard.accounts import open_risks, renewals, unmonitored
from book_of_business.dashboard.bundle import bundle
from book_of_business.dashboard.charts import Chart, charts
from book_of_business.dashboard.model import Section, Table
from book_of_business.dashboard.payload import payload
from book_of_business.dashboard.plans import plan, proposal
from book_of_business.dashboard.reading import Published, open_published
from book_of_business.dashboard.teams import balance, coverage, teams
from book_of_business.dashboard.week import load_and_throughput, seven_metrics, this_week

HERE = Path(__file__).parent
# More CSMs than this, and each team has a page of its own beside an index.
MOST_CSMS = 400
NO_TEAM = "no team"


@cache
def environment() -> jinja2.Environment:
    """The templates: everything that is written is escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def static(name: str) -> Markup:
    """A file of our own, as it is."""
    return Markup((HERE / "static" / name).read_text(encoding="utf-8"))


def csv_link(table: Table) -> str:
    """The rows of a table as a link to CSV, with a byte-order mark, so that spreadsheets read UTF-8."""
    return "data:text/csv;charset=utf-8,%EF%BB%BF" + quote(table.csv, safe=",:;/?@=+$-_.!~*()")


def definitions_of(published: Published, sections: Sequence[Section]) -> dict[str, tuple[str, str]]:
    """The definitions of the columns that the tables show."""
    used = sorted(
        {
            column.definition
            for each in sections
            for table in each.tables
            for column in table.columns
            if column.definition
        }
    )
    return {name: shortened(published.definitions[name]) for name in used if name in published.definitions}


def shortened(definition: tuple[str, str]) -> tuple[str, str]:
    """A definition with the first marts that have the column."""
    meaning, names = definition
    return meaning, formats.listed(names.split(", "))


def sections_of(published: Published, build_dir: Path) -> list[Section]:
    """The sections of the leader's page in their order; those of proposals where there are any."""
    made = [
        this_week(published),
        seven_metrics(published),
        load_and_throughput(published),
        renewals(published),
        unmonitored(published),
        open_risks(published),
        balance(published),
        teams(published),
        proposal(published, build_dir / "rebalancing"),
        plan(published, build_dir / "plan"),
        coverage(published),
    ]
    return [section for section in made if section is not None]


def page(
    published: Published,
    sections: Sequence[Section],
    *,
    heading: str,
    lead: str,
    drawn: Sequence[Chart] = (),
    csm_ids: list[str] | None = None,
    links: Sequence[Mapping[str, str]] = (),
    is_paper: bool = False,
) -> str:
    """The HTML of a page.

    Args:
        published: the marts.
        sections: its parts.
        heading: its title.
        lead: the line below it.
        drawn: charts to look around in.
        csm_ids: the books that scripts know; null: all.
        links: pages beside it, as href and label.
        is_paper: without scripts, for reading and printing.
    """
    defined = definitions_of(published, sections)
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            title=f"{heading}, {formats.day(published.as_of_date)}",
            heading=heading,
            lead=lead,
            sections=sections,
            charts=drawn,
            definitions=defined,
            defined=defined,
            csv_link=csv_link,
            links=links,
            as_of=formats.day(published.as_of_date),
            build=published.build,
            style=static("style.css"),
            script=static("page.js"),
            data="" if is_paper else payload(published, list(drawn), csm_ids),
            is_paper=is_paper,
            bundle=base64.b64encode(bundle()).decode("ascii") if drawn else "",
        )
    )


def lead_of(published: Published, books: pl.DataFrame) -> str:
    """The week, and how much it is about."""
    people = books.filter(~pl.col("is_unassigned")).height
    return (
        f"Week ending {formats.day(published.as_of_date)} · {formats.count(people, 'CSM')} ·"
        f" {formats.count(books['account_count'].sum(), 'account')} · {formats.usd(books['arr_usd'].sum())} ARR"
    )


def write_dashboard(published_file: Path, build_dir: Path) -> Path:
    """Write the leader's page, or one per team and an index where there are very many CSMs.

    Returns:
        The page to open.

    Raises:
        UserError: if there is no published file, or it has no week.
    """
    published = open_published(published_file)
    try:
        books = published.frame("books")
        people = books.filter(~pl.col("is_unassigned")).height
        if people <= MOST_CSMS:
            pages = {"index.html": whole_page(published, build_dir)}
        else:
            pages = team_pages(published, build_dir)
        return replace_pages(build_dir / "dashboard", pages)
    finally:
        published.connection.close()


def whole_page(published: Published, build_dir: Path) -> str:
    """All books on one page."""
    thresholds = published.thresholds
    drawn = charts(thresholds["target_load_ratio"], thresholds["renewal_cap_share"])
    return page(
        published,
        sections_of(published, build_dir),
        heading="Books of business",
        lead=lead_of(published, published.frame("books")),
        drawn=[chart for chart in drawn if has_values(published, chart.name)],
        links=links_of(build_dir),
    )


def has_values(published: Published, chart: str) -> bool:
    """Whether there is anything to draw."""
    needed = {
        "load": ("weeks", "load_ratio"),
        "renewals": ("renewals", "renewal_share"),
        "teams": ("team_weeks", "net_retention_ratio"),
    }
    frame, column = needed[chart]
    return published.frame(frame)[column].drop_nulls().len() > 0


def links_of(build_dir: Path) -> list[dict[str, str]]:
    """The pages beside this one that are there."""
    known = {"pack.html": "Monthly pack", "baseline.html": "Baseline"}
    return [
        {"href": name, "label": label} for name, label in known.items() if (build_dir / "dashboard" / name).is_file()
    ]


def team_pages(published: Published, build_dir: Path) -> dict[str, str]:
    """A page per team and an index with the teams; what is about one CSM is on the page of their team."""
    books = published.frame("books").with_columns(pl.col("team").fill_null(NO_TEAM))
    slugs: dict[str, str] = {}
    for team in sorted(books["team"].unique()):
        slug = re.sub(r"[^a-z0-9]+", "-", team.lower()).strip("-") or "team"
        taken = set(slugs.values())
        name, copies = slug, 1
        while name in taken:
            copies += 1
            name = f"{slug}-{copies}"
        slugs[team] = name
    pages = {}
    for team, slug in slugs.items():
        ids = books.filter(pl.col("team") == team)["csm_id"].to_list()
        own = Published(published.connection, part_of(published, ids))
        pages[f"team-{slug}.html"] = page(
            own,
            [
                this_week(own),
                seven_metrics(own),
                load_and_throughput(own),
                renewals(own),
                unmonitored(own),
                open_risks(own),
            ],
            heading=f"Books of business: {team}",
            lead=lead_of(own, own.frame("books")),
            csm_ids=ids,
            links=[{"href": "index.html", "label": "All teams"}],
        )
    links = [{"href": f"team-{slug}.html", "label": team} for team, slug in slugs.items()]
    pages["index.html"] = page(
        published,
        [index_week(published), balance(published), teams(published), coverage(published)],
        heading="Books of business",
        lead=lead_of(published, books),
        csm_ids=[],
        links=links,
    )
    return pages


def index_week(published: Published) -> Section:
    """The week of all teams, without its rows: each team's page has its own."""
    whole = this_week(published)
    said = [*whole.sentences, "Each team has a page of its own: see the links above."]
    return Section(whole.id, whole.topic, whole.title, said, queries=whole.queries)


def part_of(published: Published, csm_ids: list[str]) -> dict[str, pl.DataFrame]:
    """The frames of a page, with the rows of some books alone where they are about books."""
    names = (
        *("books", "weeks", "triggers", "ended_triggers", "renewals", "unmonitored", "open_risks", "accounts"),
        *("team_weeks", "definitions"),
    )
    frames = {name: published.frame(name) for name in names}
    return {
        name: frame.filter(pl.col("csm_id").is_in(csm_ids)) if "csm_id" in frame.columns else frame
        for name, frame in frames.items()
    }


def replace_pages(folder: Path, pages: Mapping[str, str]) -> Path:
    """Write pages as drafts, then put each in its place, the index last; pages of teams that are gone are deleted."""
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {}
    for name, text in pages.items():
        draft = folder / f".{name}.{os.getpid()}"
        draft.write_text(text, encoding="utf-8")
        drafts[name] = draft
    order = sorted(drafts, key=lambda name: name == "index.html")
    for name in order:
        drafts[name].replace(folder / name)
    if "index.html" in pages:
        for stale in folder.glob("team-*.html"):
            if stale.name not in pages:
                stale.unlink()
    return folder / order[-1]
