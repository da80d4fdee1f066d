"""What is wrong with the definitions: a measure without one of its fields, a threshold that no page explains."""

from __future__ import annotations

import re
from collections.abc import Iterator

from book_of_business.definitions.measures import BACKTICKED, QUOTIENT, Catalogue, Measure
from book_of_business.definitions.pages import COMMAND, Pages

THRESHOLDS = "seeds/reference/thresholds.csv"
Fault = tuple[str, str, str]


def faults(pages: Pages) -> Iterator[Fault]:
    """(file, what is wrong, what to do) for each fault."""
    catalogue = pages.catalogue
    yield from without_home(catalogue)
    for measure in catalogue.measures:
        for what, to_do in faults_of(catalogue, measure):
            yield yaml_of(catalogue, measure.home.mart), f"{measure.name} of {measure.home.mart} {what}", to_do
    yield from thresholds_out_of_place(catalogue)
    yield from thresholds_without_a_place(pages)


def without_home(catalogue: Catalogue) -> Iterator[Fault]:
    """Measures that are defined nowhere, or twice."""
    for columns in catalogue.groups.values():
        homes = [column for column in columns if column.is_home]
        first = columns[0]
        if not homes:
            what = f"{first.name} of {first.mart} has no formula"
            to_do = (
                "write `config: {meta: {formula: ...}}` or numerator and denominator beside the column, in one mart;"
                " `is_attribute: true` if it is no measure"
            )
            yield yaml_of(catalogue, first.mart), what, to_do
        if len(homes) > 1:
            what = f"{first.name} is defined in {' and '.join(column.mart for column in homes)}"
            yield yaml_of(catalogue, homes[1].mart), what, "keep one of the definitions, or give it its own description"


def faults_of(catalogue: Catalogue, measure: Measure) -> Iterator[tuple[str, str]]:
    """(what, to do) for what one measure lacks or gets wrong."""
    if not measure.unit:
        yield "has no unit", "add `unit:` to its config.meta, or end its name in the unit"
    if not measure.null_means:
        yield "does not say what null means", "end its description in `; null: when.`, or add `null_means: never`"
    is_quotient = QUOTIENT.fullmatch(measure.name) and measure.home.data_type == "double"
    if is_quotient and not (measure.numerator and measure.denominator):
        yield "is a ratio without numerator and denominator", "add both to its config.meta; `none` if it has none"
    marts = {column.mart for column in measure.columns}
    names = {column.name for mart in catalogue.marts if mart.name in marts for column in mart.columns}
    for part in (measure.numerator, measure.denominator):
        if part and re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", part) and part not in names:
            yield f"is divided from {part}, which is no column beside it", "publish it there, or say it in words"
    reach = catalogue.lineage.reach(measure.home.mart) if measure.home.mart in catalogue.lineage.models else set()
    if measure.rule_in not in reach:
        yield f"names {measure.rule_in} as the model of its rule, which it is not built from", "correct `rule_in`"
    for name in BACKTICKED.findall(measure.formula):
        if name not in known_names(catalogue):
            yield (
                f"names `{name}`, which is no threshold and no table",
                "correct it; columns need no backticks",
            )
    used = {name for model in reach for name in catalogue.lineage.thresholds(model, frozenset(catalogue.thresholds))}
    for threshold in measure.thresholds:
        if threshold.name not in used and threshold.name not in INDIRECT:
            yield f"names the threshold {threshold.name}, which no model of it reads", "correct the formula"


# Read through another threshold, which a test holds to it.
INDIRECT = {"normal_exceedance_share"}


def known_names(catalogue: Catalogue) -> set[str]:
    """Thresholds, reference tables, marts and raw tables."""
    raw_tables = {path.stem.split("__")[-1] for path in (catalogue.project_dir / "models").rglob("stg_*.sql")}
    marts = {mart.name for mart in catalogue.marts}
    return {*catalogue.thresholds, *catalogue.reference_tables, *marts, *raw_tables, "unassigned"}


def thresholds_out_of_place(catalogue: Catalogue) -> Iterator[Fault]:
    """Thresholds that models of a mart read and no column that is built from them names."""
    lineage = catalogue.lineage
    known = frozenset(catalogue.thresholds)
    named_below: dict[str, set[str]] = {}
    for mart in catalogue.marts:
        names = {
            name
            for column in mart.columns
            for home in catalogue.groups.get(column.measure_key, [column])
            for name in BACKTICKED.findall(f"{home.description} {home.meta.get('formula', '')}")
        }
        for model in lineage.reach(mart.name) if mart.name in lineage.models else ():
            named_below.setdefault(model, set()).update(names)
    for model in sorted(lineage.models.values(), key=lambda model: model.path):
        # constants of the raw tables are told in the raw contract
        if model.name.startswith(("base_", "stg_", "int_raw_", "int_clock")) or "/findings/" in model.path:
            continue
        for name in sorted(lineage.thresholds(model.name, known) - named_below.get(model.name, set())):
            what = f"it reads the threshold {name}, which no measure that is built from it names"
            yield model.path, what, "name it between backticks in the formula of the measure that depends on it"


def thresholds_without_a_place(pages: Pages) -> Iterator[Fault]:
    """Thresholds that no measure and no table of a page lists."""
    texts = pages.texts
    named = {threshold.name for measure in pages.catalogue.measures for threshold in measure.thresholds}
    for name in pages.catalogue.thresholds:
        if name not in named | pages.listed_constants:
            to_do = f"name it in a formula, list it in a template of {', '.join(texts)}, or delete it; then `{COMMAND}`"
            yield THRESHOLDS, f"{name} is in no definition", to_do


def yaml_of(catalogue: Catalogue, mart: str) -> str:
    """The YAML file of a mart."""
    return next(found.yaml_path for found in catalogue.marts if found.name == mart)
