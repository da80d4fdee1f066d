"""The public measures: each column of a mart that states a metric, with its definition from the YAML beside the mart.

Columns that share a doc block are one measure. Its definition stands once, as `config: {meta: ...}` of one of them:
the home. What can be derived is not written: the unit from the name, thresholds from the text, the null meaning from
the description, the model with the rule from the SQL, the questions from the catalogue.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from book_of_business.definitions.lineage import Lineage
from book_of_business.questions.catalogue import Question, read_questions

DOC_BLOCK = re.compile(r"\{%\s*docs\s+(\w+)\s*%\}(.*?)\{%\s*enddocs\s*%\}", re.DOTALL)
DOC = re.compile(r"\{\{\s*doc\('(\w+)'\)\s*\}\}")
NULL_MEANING = re.compile(r"\s*[;.]\s+null(?::|\b)\s*(.+?)\.?\s*$", re.IGNORECASE | re.DOTALL)
BACKTICKED = re.compile(r"`(\w+)`")
MART_IMPORT = re.compile(r"\b(\w+)\s+as\s+\(\s*select\s+\*\s+from\s+marts\.(\w+)")
WORD = re.compile(r"\w+")
NUMBERS = {"double", "bigint", "integer", "decimal"}
# What `config: {meta: ...}` of a mart's column may say; `is_attribute` marks a number or flag that is not a measure.
META = {"formula", "numerator", "denominator", "unit", "null_means", "rule_in", "is_attribute"}
WINDOW = r"(?:_last_\d+_(?:days|weeks))?"
UNITS = {
    "count": "count",
    "usd": "US dollars",
    "hours": "hours",
    "minutes": "minutes",
    "days": "days",
    "ratio": "ratio",
    "share": "share, 0 to 1",
}
UNITS_OF_TYPES = {"boolean": "true or false", "date": "date", "timestamp": "time, UTC", "varchar": "label"}
QUOTIENT = re.compile(r"mean_\w+|\w+_(ratio|share|density)(_last_\d+_(days|weeks))?")
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
NONE = "none"
MANY_CASES = 4


@dataclass(frozen=True)
class Threshold:
    """A row of thresholds.csv."""

    name: str
    value: str
    unit: str
    rationale: str


@dataclass(frozen=True)
class Column:
    """A column of a mart as its YAML has it; `doc_block` is null where the description stands in the YAML itself."""

    mart: str
    name: str
    data_type: str
    description: str
    doc_block: str | None
    is_never_null: bool
    meta: dict[str, Any] = field(hash=False, default_factory=dict)

    @property
    def is_measure(self) -> bool:
        return not self.meta.get("is_attribute") and (self.data_type in NUMBERS | {"boolean"} or self.is_home)

    @property
    def is_home(self) -> bool:
        return bool({"formula", "numerator"} & self.meta.keys())

    @property
    def measure_key(self) -> str:
        return self.doc_block or f"{self.mart}.{self.name}"


@dataclass(frozen=True)
class Mart:
    """A mart: `path` and `yaml_path` are relative to the project, `subject` is its folder."""

    name: str
    subject: str
    path: str
    yaml_path: str
    description: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Measure:
    """A measure with its definition; `columns` are all that publish it, the home first."""

    columns: tuple[Column, ...]
    heading: str
    formula: str
    numerator: str | None
    denominator: str | None
    unit: str | None
    null_means: str | None
    rule_in: str
    thresholds: tuple[Threshold, ...]
    questions: tuple[Question, ...]

    @property
    def home(self) -> Column:
        return self.columns[0]

    @property
    def name(self) -> str:
        return self.home.name

    @property
    def anchor(self) -> str:
        return anchor_of(self.heading)

    @property
    def has_quotient(self) -> bool:
        return {self.numerator, self.denominator} - {None, NONE} != set()

    @property
    def none(self) -> list[str]:
        """The fields that the measure does not have."""
        has = {
            "numerator and denominator": self.has_quotient,
            "questions": self.questions,
        }
        return [name for name, value in has.items() if not value]

    @property
    def formula_parts(self) -> list[str]:
        """The formula by its cases, where it has many; else as it is."""
        parts = self.formula.split("; ")
        return parts if len(parts) > MANY_CASES else [self.formula]

    @property
    def sentence(self) -> str:
        """The description without what it says about null."""
        return NULL_MEANING.sub("", self.home.description).rstrip(" .") + "."


class Catalogue:
    """The marts, measures, thresholds and questions of a project."""

    def __init__(self, project_dir: Path) -> None:
        self.project_dir = project_dir
        self.lineage = Lineage(project_dir)
        self.doc_blocks = read_doc_blocks(project_dir)

    @cached_property
    def thresholds(self) -> dict[str, Threshold]:
        path = self.project_dir / "seeds" / "reference" / "thresholds.csv"
        with path.open(encoding="utf-8", newline="") as handle:
            rows = [
                Threshold(row["threshold"], row["value"], row["unit"], row["rationale"])
                for row in csv.DictReader(handle)
            ]
        return {row.name: row for row in rows}

    @cached_property
    def reference_tables(self) -> dict[str, str]:
        """{reference table: its file}."""
        files = sorted((self.project_dir / "seeds" / "reference").glob("*.csv"))
        return {path.stem: path.relative_to(self.project_dir).as_posix() for path in files}

    @cached_property
    def questions(self) -> list[Question]:
        return list(read_questions(self.project_dir).values())

    @cached_property
    def marts(self) -> list[Mart]:
        """Every mart, in the order of SUBJECTS, then by name."""
        marts = [
            mart
            for path in sorted((self.project_dir / "models" / "marts").glob("*/*.yml"))
            if not path.stem.endswith(".unit_tests")
            for mart in self.read_marts(path)
        ]
        order = list(SUBJECTS)
        return sorted(marts, key=lambda mart: order.index(mart.subject) if mart.subject in order else len(order))

    def read_marts(self, path: Path) -> list[Mart]:
        """The marts that a YAML file describes."""
        content = load_yaml(path)
        yaml_path = path.relative_to(self.project_dir).as_posix()
        return [
            Mart(
                name=entry["name"],
                subject=path.parent.name,
                path=yaml_path.removesuffix(".yml") + ".sql",
                yaml_path=yaml_path,
                description=self.text_of(entry.get("description", "")),
                columns=tuple(self.as_column(entry["name"], column) for column in entry.get("columns", [])),
            )
            for entry in content.get("models", [])
        ]

    def as_column(self, mart: str, written: dict[str, Any]) -> Column:
        """A column as written in YAML."""
        description = written.get("description", "")
        block = DOC.search(description)
        return Column(
            mart=mart,
            name=written["name"],
            data_type=re.sub(r"\(.*", "", str(written.get("data_type", ""))),
            description=self.text_of(description),
            doc_block=block.group(1) if block else None,
            is_never_null=any(constraint.get("type") == "not_null" for constraint in written.get("constraints", [])),
            meta=written.get("config", {}).get("meta", {}),
        )

    def text_of(self, description: str) -> str:
        """A description with its doc blocks in place."""
        return re.sub(r"\s+", " ", DOC.sub(lambda match: self.doc_blocks.get(match.group(1), ""), description)).strip()

    @cached_property
    def groups(self) -> dict[str, list[Column]]:
        """{key: the columns that publish one measure}, in the order of the marts."""
        groups: dict[str, list[Column]] = {}
        for mart in self.marts:
            for column in mart.columns:
                groups.setdefault(column.measure_key, []).append(column)
        return {key: columns for key, columns in groups.items() if any(column.is_measure for column in columns)}

    @cached_property
    def measures(self) -> list[Measure]:
        """Every measure that has a home, in the order of the marts and their columns."""
        homes = [next((column for column in columns if column.is_home), None) for columns in self.groups.values()]
        # of measures with one name, the one in the most marts has it to itself
        sizes = {key: len(columns) for key, columns in self.groups.items()}
        names = Counter(home.name for home in homes if home)
        largest: dict[str, str] = {}
        for home in homes:
            if home and sizes[home.measure_key] > sizes.get(largest.get(home.name, ""), 0):
                largest[home.name] = home.measure_key
        return [
            self.as_measure(
                home,
                home.name
                if names[home.name] == 1 or largest[home.name] == home.measure_key
                else f"{home.name} ({home.mart})",
            )
            for mart in self.marts
            for home in mart.columns
            if home in homes
        ]

    def as_measure(self, home: Column, heading: str) -> Measure:
        """A measure from its home column."""
        meta = home.meta
        others = [column for column in self.groups[home.measure_key] if column is not home]
        numerator, denominator = meta.get("numerator"), meta.get("denominator")
        formula = meta.get("formula") or f"{numerator} / {denominator}"
        named = BACKTICKED.findall(f"{home.description} {formula}")
        return Measure(
            columns=(home, *others),
            heading=heading,
            formula=formula,
            numerator=numerator,
            denominator=denominator,
            unit=meta.get("unit") or unit_of(home),
            null_means=meta.get("null_means") or null_meaning_of(home),
            rule_in=meta.get("rule_in") or self.lineage.origin(home.mart, home.name),
            thresholds=tuple(self.thresholds[name] for name in dict.fromkeys(named) if name in self.thresholds),
            questions=tuple(
                question
                for question in self.questions
                if any(reads(question, column.mart, column.name) for column in (home, *others))
            ),
        )

    def judges_of(self, measure: Measure) -> list[Measure]:
        """The flags and labels beside a measure whose formula names it."""
        marts = {column.mart for column in measure.columns}
        return [
            other
            for other in self.measures
            if other.home.data_type in {"boolean", "varchar"}
            and other is not measure
            and measure.home.data_type in NUMBERS
            and marts & {column.mart for column in other.columns}
            and re.search(rf"\b{measure.name}\b", other.formula)
        ]

    def thresholds_of_parts(self, measure: Measure) -> list[Threshold]:
        """The thresholds that a measure depends on through those that its formula names, without its own."""
        found: dict[str, Threshold] = {}
        seen = {measure.heading}
        waiting = [measure]
        while waiting:
            named = WORD.findall(waiting.pop(0).formula)
            parts = [self.by_heading[name] for name in named if name in self.by_heading and name not in seen]
            seen.update(part.heading for part in parts)
            waiting += dict.fromkeys(parts)
            found.update({row.name: row for part in parts for row in part.thresholds})
        return [row for name, row in found.items() if row not in measure.thresholds]

    @cached_property
    def by_heading(self) -> dict[str, Measure]:
        return {measure.heading: measure for measure in self.measures}


def reads(question: Question, mart: str, column: str) -> bool:
    """Whether a question reads a column of a mart: through the CTE that imports it, or without a prefix."""
    if mart not in question.marts:
        return False
    aliases = [alias for alias, imported in MART_IMPORT.findall(question.sql) if imported == mart]
    if any(re.search(rf"\b{alias}\.{column}\b", question.sql) for alias in aliases):
        return True
    is_only_mart = set(question.marts) <= {mart, "dim_weeks"}
    return is_only_mart and re.search(rf"(?<![.\w]){column}\b", question.sql) is not None


def unit_of(column: Column) -> str | None:
    """The unit that the name or the type of a column tells; null where neither does."""
    if column.data_type in UNITS_OF_TYPES:
        return UNITS_OF_TYPES[column.data_type]
    ending = re.search(rf"_({'|'.join(UNITS)}){WINDOW}$", column.name)
    return UNITS[ending.group(1)] if ending else None


def null_meaning_of(column: Column) -> str | None:
    """What a description says about null; `never` where the column has none; null where nothing is said."""
    said = NULL_MEANING.search(column.description)
    if said:
        return said.group(1)
    return "never" if column.is_never_null else None


def anchor_of(heading: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def read_doc_blocks(project_dir: Path) -> dict[str, str]:
    """{doc block: its text} of all Markdown files under models/."""
    blocks: dict[str, str] = {}
    for path in sorted((project_dir / "models").rglob("*.md")):
        blocks.update({name: text.strip() for name, text in DOC_BLOCK.findall(path.read_text(encoding="utf-8"))})
    return blocks


def load_yaml(path: Path) -> Any:
    """The content of a YAML file."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
