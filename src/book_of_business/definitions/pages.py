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
from book_of_business.definitions.measures import NONE, SUBJECTS, Catalogue, Mart, Measure, Threshold, anchor_of
from book_of_business.errors import UserError
from book_of_business.questions.catalogue import Question

COMMAND = "python -m book_of_business definitions"
PAGES = {"docs/metrics.md": "metrics.md.j2", "docs/raw-contract.md": "raw-contract.md.j2"}
TEMPLATES = "docs/templates"
SCORECARD = (
    *("load_ratio", "counted_interaction_count", "mean_detection_days", "mean_sentiment_score", "follow_up_density"),
    *("unmonitored_ratio", "mean_quality_score"),
)
# A name of several words that stands by itself: not between backticks, not part of a link.
BARE_NAME = re.compile(r"(?<![`\w/.\[])[a-z]+(?:_[a-z0-9]+)+(?![`\w/.\]])")
BACKTICKED = re.compile(r"`(\w+)`")
DOCUMENT = re.compile(r"(?<![\w/.\[])(?:docs/)?((?:evidence/)?[a-z_-]+\.md)\b(?!\])")


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
        """One page. Lines of Jinja leave none behind.

        Raises:
            UserError: if the template cannot be rendered, or names a threshold that there is not.
        """
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self.project_dir / TEMPLATES),
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
            autoescape=False,
        )
        environment.filters.update(self.filters)
        try:
            text = environment.get_template(template).render(self.values)
        except jinja2.TemplateError as error:
            place = f", line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
            raise UserError(f"{TEMPLATES}/{template}{place}: {error.message}") from None
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
            "judgement": self.judgement,
            "value": lambda row: f"`{row.name}` = {row.value}",
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
            "judges_of": catalogue.judges_of,
            "thresholds_of_parts": catalogue.thresholds_of_parts,
            "subjects": self.subjects,
            "main_measures": [by_heading[name] for name in SCORECARD if name in by_heading],
            "constants": self.constants,
            "value_of": self.value_of,
            "percent": lambda name: f"{100 * float(self.value_of(name)):g}%",
            "signal_rules": self.read_rows("seeds/reference/risk_signal_rules.csv"),
            "domains": domains,
            "tables": tables,
            "required": [table for table in tables if table.is_required],
            "reference_tables": [(name, path, self.header(path)) for name, path in catalogue.reference_tables.items()],
        }

    @cached_property
    def subjects(self) -> list[dict[str, Any]]:
        """The folders of marts with their titles; marts that define a metric of the scorecard come first."""
        return [
            {
                "title": SUBJECTS.get(name, name.capitalize()),
                "anchor": anchor_of(SUBJECTS.get(name, name)),
                "marts": sorted(
                    (mart for mart in self.catalogue.marts if mart.subject == name),
                    key=lambda mart: (mart.name not in self.main_marts, mart.name),
                ),
            }
            for name in dict.fromkeys(mart.subject for mart in self.catalogue.marts)
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

    def formula(self, text: str, own_heading: str = "") -> str:
        """A formula with the names of columns as links to their entries, or as code; no entry links to itself."""
        anchors = {measure.heading: measure.anchor for measure in self.catalogue.measures}

        def as_link(match: re.Match[str]) -> str:
            name = match.group()
            return f"[{name}](#{anchors[name]})" if name in anchors and name != own_heading else f"`{name}`"

        def as_file(match: re.Match[str]) -> str:
            path = self.catalogue.reference_tables.get(match.group(1))
            return f"[`{match.group(1)}`](../{path})" if path else match.group()

        return BACKTICKED.sub(as_file, BARE_NAME.sub(as_link, text))

    def quotient(self, measure: Measure) -> str:
        """Numerator and denominator."""
        return ", ".join(self.formula(part or NONE) for part in (measure.numerator, measure.denominator))

    def judgement(self, measure: Measure) -> str:
        """A flag or label as a link, with the thresholds that it compares with."""
        values = ", ".join(f"`{row.name}` = {row.value}" for row in measure.thresholds)
        return f"[{measure.heading}](#{measure.anchor})" + (f" ({values})" if values else "")

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

    def value_of(self, name: str) -> str:
        """The value of a threshold.

        Raises:
            UserError: if there is no such threshold.
        """
        if name not in self.catalogue.thresholds:
            raise UserError(f"a template in {TEMPLATES} names the threshold {name}, which thresholds.csv lacks")
        return self.catalogue.thresholds[name].value

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
        f"[{mart}](#{mart})" + ("" if columns == [measure.name] else f" (as {', '.join(columns)})")
        for mart, columns in names.items()
    )


def with_links(text: str) -> str:
    """A rationale with the documents that it names as links from docs/."""
    return DOCUMENT.sub(lambda match: f"[{match.group(1)}]({match.group(1)})", text).replace("|", "\\|")
