"""The pages that are generated from the project's files, and whether those in docs/ are current."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2

from book_of_business.definitions.contract import ContractTable, read_domains
from book_of_business.definitions.measures import NONE, Catalogue, Mart, Measure, Threshold, anchor_of
from book_of_business.terminal.questions import Question

COMMAND = "python -m book_of_business definitions"
PAGES = {"docs/metrics.md": "metrics.md.j2", "docs/raw-contract.md": "raw-contract.md.j2"}
TEMPLATES = "docs/templates"
# In the order in which a reader meets them; a folder of marts that is not here comes last, under its own name.
SUBJECTS = {
    "capacity": "Load and capacity",
    "throughput": "Throughput",
    "coverage": "Coverage",
    "engagement": "Quality, sentiment and follow-up",
    "risk": "Risk",
    "renewals": "Renewals",
    "outcomes": "Outcomes and scorecards",
    "balance": "Balance of books",
    "triggers": "Rebalancing triggers",
    "conversations": "What conversations say",
    "core": "Accounts, CSMs and weeks",
    "calibration": "Logged time",
    "quality": "Data quality",
}
SCORECARD = (
    *("load_ratio", "counted_interaction_count", "mean_detection_days", "mean_sentiment_score", "follow_up_density"),
    *("unmonitored_ratio", "mean_quality_score"),
)
# A name of several words that stands by itself: not between backticks, not part of a link.
BARE_NAME = re.compile(r"(?<![`\w/.\[])[a-z]+(?:_[a-z0-9]+)+(?![`\w/.\]])")
BACKTICKED = re.compile(r"`(\w+)`")
DOCUMENT = re.compile(r"(?<![\w/.(\[])(?:docs/)?((?:evidence/)?[a-z_-]+\.md)\b(?!\])")


class Pages:
    """The generated pages of a project."""

    def __init__(self, project_dir: Path) -> None:
        self.project_dir = project_dir
        self.catalogue = Catalogue(project_dir)
        self.listed_constants: set[str] = set()

    @cached_property
    def texts(self) -> dict[str, str]:
        """{page, relative to the project: its text}."""
        return {page: self.render(template) for page, template in PAGES.items()}

    def render(self, template: str) -> str:
        """One page. Lines of Jinja leave none behind."""
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self.project_dir / TEMPLATES),
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
            autoescape=False,
        )
        environment.filters.update(self.filters)
        text = environment.get_template(template).render(self.values)
        return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"

    @property
    def filters(self) -> dict[str, Callable[..., str]]:
        return {
            "cell": lambda text: text.replace("|", "\\|"),
            "formula": self.formula,
            "mart_link": lambda mart: f"[{name_of(mart)}](#{name_of(mart)})",
            "measure_link": lambda measure: f"[{measure.name}](#{measure.anchor})",
            "table_link": lambda table: f"[`{name_of(table)}`](#{name_of(table)})",
            "model_link": lambda model: f"[{model}](../{self.catalogue.lineage.models[model].path})",
            "question_link": question_link,
            "quotient": self.quotient,
            "also_in": also_in,
            "threshold": self.threshold,
        }

    @property
    def values(self) -> dict[str, Any]:
        catalogue = self.catalogue
        by_heading = {measure.heading: measure for measure in catalogue.measures}
        domains = read_domains(self.project_dir, catalogue.thresholds)
        tables = [table for domain in domains for table in domain.tables]
        return {
            "marts": catalogue.marts,
            "measures": catalogue.measures,
            "measures_of": self.measures_of,
            "columns_from_elsewhere": self.columns_from_elsewhere,
            "subjects": self.subjects,
            "main_measures": [by_heading[name] for name in SCORECARD if name in by_heading],
            "constants": self.constants,
            "value_of": lambda name: catalogue.thresholds[name].value,
            "percent": lambda name: f"{100 * float(catalogue.thresholds[name].value):g}%",
            "signal_rules": self.read_rows("seeds/reference/risk_signal_rules.csv"),
            "domains": domains,
            "tables": tables,
            "required": [table for table in tables if table.is_required],
            "reference_tables": [(name, path, self.header(path)) for name, path in catalogue.reference_tables.items()],
        }

    @cached_property
    def subjects(self) -> list[dict[str, Any]]:
        """The folders of marts with their titles, in the order of SUBJECTS."""
        folders = list(dict.fromkeys(mart.subject for mart in self.catalogue.marts))
        order = [*(name for name in SUBJECTS if name in folders), *(name for name in folders if name not in SUBJECTS)]
        return [
            {
                "title": SUBJECTS.get(name, name.capitalize()),
                "anchor": anchor_of(SUBJECTS.get(name, name)),
                "marts": sorted(
                    (mart for mart in self.catalogue.marts if mart.subject == name),
                    key=lambda mart: (mart.name not in self.main_marts, mart.name),
                ),
            }
            for name in order
        ]

    @cached_property
    def main_marts(self) -> set[str]:
        """The marts that define a metric of the scorecard."""
        return {measure.home.mart for measure in self.catalogue.measures if measure.heading in SCORECARD}

    def measures_of(self, mart: Mart) -> list[Measure]:
        """The measures that are defined at this mart."""
        return [measure for measure in self.catalogue.measures if measure.home.mart == mart.name]

    def columns_from_elsewhere(self, mart: Mart) -> list[str]:
        """Links to the measures that this mart publishes and another defines, under the names that they have here."""
        links = []
        for column in mart.columns:
            for measure in self.catalogue.measures:
                if column in measure.columns and measure.home.mart != mart.name:
                    links.append(f"[{column.name}](#{measure.anchor})")
        return links

    def formula(self, text: str) -> str:
        """A formula with the names of columns as links to their entries, or as code."""
        anchors = {measure.heading: measure.anchor for measure in self.catalogue.measures}

        def as_link(match: re.Match[str]) -> str:
            name = match.group()
            return f"[{name}](#{anchors[name]})" if name in anchors else f"`{name}`"

        def as_file(match: re.Match[str]) -> str:
            path = self.catalogue.reference_tables.get(match.group(1))
            return f"[`{match.group(1)}`](../{path})" if path else match.group()

        return BACKTICKED.sub(as_file, BARE_NAME.sub(as_link, text))

    def quotient(self, measure: Measure) -> str:
        """Numerator and denominator."""
        return " / ".join(self.formula(part or NONE) for part in (measure.numerator, measure.denominator))

    def threshold(self, row: Threshold) -> str:
        """A threshold with its value and rationale."""
        return f"`{row.name}` = {row.value} {row.unit}. {with_links(row.rationale)}"

    def constants(self, *patterns: str) -> str:
        """A table of the thresholds whose names match any of the patterns."""
        rows = [
            row
            for row in self.catalogue.thresholds.values()
            if any(fnmatchcase(row.name, pattern) for pattern in patterns)
        ]
        self.listed_constants.update(row.name for row in rows)
        lines = ["| threshold | value | rationale |", "|---|---|---|"]
        lines += [f"| `{row.name}` | {row.value} {row.unit} | {with_links(row.rationale)} |" for row in rows]
        return "\n".join(lines)

    def read_rows(self, path: str) -> list[dict[str, str]]:
        """The rows of a CSV file of the project."""
        with (self.project_dir / path).open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
        return [{**row, "rationale": with_links(row["rationale"])} for row in rows]

    def header(self, path: str) -> list[str]:
        """The column names of a CSV file of the project."""
        with (self.project_dir / path).open(encoding="utf-8", newline="") as handle:
            return next(csv.reader(handle))


def write_pages(project_dir: Path) -> list[Path]:
    """Write the generated pages; their paths."""
    written = []
    for page, text in Pages(project_dir).texts.items():
        (project_dir / page).write_text(text, encoding="utf-8")
        written.append(project_dir / page)
    return written


def stale_pages(project_dir: Path) -> list[str]:
    """The generated pages, relative to the project, that are missing or not what the project's files say."""
    return [
        page
        for page, text in Pages(project_dir).texts.items()
        if not (project_dir / page).is_file() or (project_dir / page).read_text(encoding="utf-8") != text
    ]


def name_of(named: Mart | ContractTable | str) -> str:
    """The name of a mart or table, or the text itself."""
    return named if isinstance(named, str) else named.name


def question_link(question: Question) -> str:
    """A question of the catalogue as a link to its SQL."""
    return f"[{question.name}](../analyses/{question.subject}/{question.name}.sql)"


def also_in(measure: Measure) -> str:
    """The other columns that publish a measure: marts, and the names that it has there if they differ."""
    names: dict[str, list[str]] = {}
    for column in measure.columns[1:]:
        names.setdefault(column.mart, []).append(column.name)
    return ", ".join(
        f"[{mart}](#{mart})" + ("" if columns == [measure.name] else f" as {' and '.join(columns)}")
        for mart, columns in names.items()
    )


def with_links(text: str) -> str:
    """A rationale with the documents that it names as links from docs/."""
    return DOCUMENT.sub(lambda match: f"[{match.group(1)}]({match.group(1)})", text).replace("|", "\\|")
