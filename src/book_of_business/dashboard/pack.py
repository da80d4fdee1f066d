"""The monthly pack, for the calibration meeting, and the baseline of the first phase; both made for paper."""

from __future__ import annotations

from pathlib import Path

from book_of_business.dashboard import formats
from book_of_business.dashboard.accounts import open_risks, renewals
from book_of_business.dashboard.model import Section
from book_of_business.dashboard.reading import Published, open_published, read_query
from book_of_business.dashboard.sentences import findings
from book_of_business.dashboard.teams import balance, coverage, teams
from book_of_business.dashboard.week import TRIGGERS, load_and_throughput
from book_of_business.dashboard.writing import lead_of, page, replace_pages

HOME = ({"href": "index.html", "label": "This week"},)


def write_pack(published_file: Path, build_dir: Path) -> list[Path]:
    """Write pack.html and baseline.html beside the leader's page.

    Returns:
        Both.

    Raises:
        UserError: if there is no published file, or it has no week.
    """
    published = open_published(published_file)
    try:
        lead = lead_of(published, published.frame("books"))
        pages = {
            "pack.html": page(
                published, pack_sections(published), heading="Monthly calibration", lead=lead, links=HOME, is_paper=True
            ),
            "baseline.html": page(
                published, baseline_sections(published), heading="Baseline", lead=lead, links=HOME, is_paper=True
            ),
        }
        folder = build_dir / "dashboard"
        replace_pages(folder, pages)
        return [folder / name for name in pages]
    finally:
        published.connection.close()


def part(published: Published, key: str, topic: str, title: str, names: tuple[str, ...], *more: Section) -> Section:
    """A section of sentences with their queries, and the tables of a section of the leader's page."""
    return Section(
        key,
        topic,
        title,
        findings=findings(published, *names),
        tables=[table for section in more for table in section.tables],
        note=" ".join(section.note for section in more if section.note),
        queries=[query for section in more for query in section.queries],
    )


def pack_sections(published: Published) -> list[Section]:
    """Load, throughput, detection, retention, what changed in the month, and the decisions to take."""
    load, risks, team = load_and_throughput(published), open_risks(published), teams(published)
    return [
        part(published, "load", "Load", load.title, ("load_distribution", "longest_over"), load),
        part(published, "throughput", "Throughput", "What was held, and the ceiling", ("throughput_month",)),
        part(published, "detection", "Detection", risks.title, ("detection_month", "coverage_now")),
        part(published, "retention", "Retention", team.title, ("retention_now", "arr_month"), team),
        part(
            published,
            "changes",
            "Changes of the month",
            "What is different from four weeks ago",
            ("triggers_month", "people_month", "handovers_month"),
        ),
        decisions(published),
    ]


def decisions(published: Published) -> Section:
    """One decision per standing trigger, to tick off on paper."""
    triggers = published.frame("triggers")
    asked = [
        f"{formats.name(row['csm_name'], row['csm_id'])}:"
        f" {TRIGGERS.get(row['trigger'], formats.words(row['trigger']))}. {row['reason']}"
        for row in triggers.iter_rows(named=True)
    ]
    title = f"{formats.count(len(asked), 'decision')} to take" if asked else "No trigger stands: nothing to decide"
    return Section("decisions", "Decisions", title, decisions=asked, queries=[read_query("triggers")])


def baseline_sections(published: Published) -> list[Section]:
    """Where the team stands before anything is changed: ratios by heads, then what they hide."""
    load, calendar, even, data = (make(published) for make in (load_and_throughput, renewals, balance, coverage))
    return [
        part(
            published,
            "ratios",
            "Ratios by heads",
            "How books are sized today",
            ("ratios_now", "count_against_load"),
            even,
        ),
        part(published, "load", "Effort", load.title, ("load_distribution",), load),
        part(
            published,
            "attention",
            "Attention",
            "Who is looked after, and how soon risk is noticed",
            ("coverage_now", "detection_month"),
        ),
        part(published, "renewals", "Renewals", calendar.title, ("renewals_now",), calendar),
        part(published, "outcomes", "Outcomes", "What customers do", ("retention_now", "arr_month")),
        part(published, "data", "Data", data.title, ("data_now",), data),
    ]
