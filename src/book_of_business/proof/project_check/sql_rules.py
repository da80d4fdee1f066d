"""What may stand in SQL: no clock, no business number, no switch, no nameless alias; and which layer reads which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from book_of_business.proof.project_check.allowances import (
    MODEL_NAMES,
    READS,
    READS_BESIDES,
    SENTINEL_DATES,
    STRUCTURAL_NUMBERS,
)
from book_of_business.proof.project_check.project import Problem, Project, SqlFile, blank, literal_numbers
from book_of_business.proof.project_check.use import allows

ALL_SQL = ("models/", "macros/", "tests/dbt/", "analyses/")
WALL_CLOCK = re.compile(
    r"\b(current_date|current_time|current_timestamp|localtime|localtimestamp|run_started_at)\b"
    r"|\b(now|today|getdate|sysdate|get_current_timestamp|get_current_time|random|rand|uuid|gen_random_uuid)\s*\("
    r"|\bmodules\.datetime\b",
    re.IGNORECASE,
)
FEATURE_FLAG = re.compile(r"\{%-?\s*(?:if|elif)\b[^%]*\b(var|env_var|target)\b[^%]*%\}")
ONE_LETTER = re.compile(r"\bas\s+([a-z])\b|\b(?:from|join)\s+(?:\w+|\{\{[^}]*\}\})\s+([a-z])\b", re.IGNORECASE)
ALWAYS = frozenset({"0", "1", "0.0", "1.0"})
DATE = re.compile(r"'(\d{4}-\d{2}-\d{2})[^']*'")
PREFIXES = {"base_": "base", "stg_": "stg", "int_": "int", "dim_": "mart", "fct_": "mart"}
NAMES = {
    "models/staging/": r"stg_[a-z0-9]+__[a-z0-9_]+|base_[a-z0-9]+__[a-z0-9_]+",
    "models/intermediate/": r"int_[a-z0-9_]+?__[a-z0-9_]+",
    "models/marts/": r"(dim|fct)_[a-z0-9_]+",
    "tests/dbt/assert": r"assert_[a-z0-9_]+?__[a-z0-9_]+",
}


def wall_clock(project: Project) -> Iterator[Problem]:
    """A number that depends on when, or on chance, is not the same the next time."""
    for file in project.sql_files(*ALL_SQL):
        for match in WALL_CLOCK.finditer(blank(file.sql, r"'[^'\n]*'")):
            found = match.group().rstrip("( ")
            to_do = "use the as_of_date of int_clock, or random_number()"
            yield Problem(file.path, f"line {file.line_of(match.start())} reads {found}", to_do)


def feature_flags(project: Project) -> Iterator[Problem]:
    """A switch makes two models of one, of which only one is tested."""
    for file in project.models:
        for match in FEATURE_FLAG.finditer(file.code):
            what = f"line {file.line_of(match.start())} switches on {match.group(1)}"
            yield Problem(file.path, what, "let the rows decide: an absent table gives no row")


def one_letter_aliases(project: Project) -> Iterator[Problem]:
    """A letter has to be looked up."""
    for file in project.sql_files(*ALL_SQL):
        for match in ONE_LETTER.finditer(file.sql):
            letter = match.group(1) or match.group(2)
            yield Problem(file.path, f"line {file.line_of(match.start())} calls something {letter}", "write a word")


def hanging_exists(project: Project) -> Iterator[Problem]:
    """DuckDB 2.0 waits for ever where others read a large CTE of which `exists` needs one row."""
    for file in project.models:
        for match in re.finditer(r"\bexists\s*\(\s*select 1 from (\w+)\s*\)", file.code):
            what = f"line {file.line_of(match.start())} asks whether {match.group(1)}, a CTE, has a row"
            yield Problem(file.path, what, "ask the model itself: exists(select 1 from {{ ref('...') }})")


PARAMETER = r"\{\{ parameter\('\w+', \d+\) \}\}"


def business_numbers(project: Project) -> Iterator[Problem]:
    """Numbers other than 0 and 1: what a business could choose differently is a row that people review."""
    for file in project.sql_files(*ALL_SQL):
        for number, place in literal_numbers(searched_text(file)):
            if number not in ALWAYS and not allows(project, STRUCTURAL_NUMBERS, file.path, number):
                to_do = "make it a row of seeds/reference/thresholds.csv (if no business could choose it, an allowance)"
                yield Problem(file.path, f"line {file.line_of(place)} has the number {number}", to_do)
        for match in DATE.finditer(file.code):
            if not allows(project, SENTINEL_DATES, file.path, match.group(1)):
                to_do = "take it from int_clock or a reference table"
                yield Problem(file.path, f"line {file.line_of(match.start())} has the date {match.group(1)}", to_do)


def searched_text(file: SqlFile) -> str:
    """The SQL without texts. A model's Jinja may hold SQL in quotes; in a macro quotes hold messages and patterns."""
    if file.path.startswith("macros/"):
        return blank(file.sql, r"'(?:[^'\n])*'|\"(?:[^\"\n])*\"|\[\d+\]")
    sql = blank(file.sql, DATE.pattern)
    # who asks a question chooses the number; the file has the one that is taken where nobody does
    return blank(sql, PARAMETER) if file.path.startswith("analyses/") else sql


def layer_edges(project: Project) -> Iterator[Problem]:
    """Data moves one way: raw, staging, intermediate, marts."""
    layers = {model.name: layer_of(model) for model in project.models}
    seeds = reference_seeds(project)
    for model in project.models:
        reader = layers[model.name]
        for name in dict.fromkeys(model.refs):
            read = layers.get(name) or ("seed" if name in seeds else prefix_layer(name))
            if read is None:
                what = f"it reads {name}, which is neither a model nor a reference seed"
                yield Problem(model.path, what, "mend the name; the marts read no demo seed")
            elif read not in READS.get(reader, {}) and not allows(project, READS_BESIDES, model.path, read):
                may = ", ".join(READS.get(reader, {}))
                yield Problem(model.path, f"a {reader} model reads {name} ({read})", f"read one of: {may}")
        if re.search(r"\bsource\s*\(", model.code) and reader != "base":
            yield Problem(model.path, "it reads a source", "read the staging model of that table")


def folders_read_one_way(project: Project) -> Iterator[Problem]:
    """Folders of rules that read each other, also by way of a third, can only be read all together."""
    folders = {model.name: model.path.rsplit("/", 1)[0] for model in project.sql_files("models/intermediate/")}
    read: dict[str, set[str]] = {folder: set() for folder in folders.values()}
    for model in project.sql_files("models/intermediate/"):
        read[folders[model.name]] |= {folders[name] for name in model.refs if name in folders} - {folders[model.name]}
    try:
        TopologicalSorter(read).prepare()
    except CycleError as error:
        # graphlib names the one that is read first, and closes the circle
        circle = error.args[1][::-1]
        to_do = "move what they share into a folder of its own"
        yield Problem(circle[0], f"it reads {', which reads '.join(circle[1:])}", to_do)


def layer_of(model: SqlFile) -> str:
    """base, stg, int or mart, by folder and prefix."""
    if model.path.startswith("models/marts/"):
        return "mart"
    return prefix_layer(model.name) or "unknown"


def prefix_layer(name: str) -> str | None:
    """The layer that a name's prefix tells; null for none."""
    return next((layer for prefix, layer in PREFIXES.items() if name.startswith(prefix)), None)


def model_names(project: Project) -> Iterator[Problem]:
    """A name tells the layer, and a singular test's the model and the claim."""
    subjects = {model.name for model in project.models} | reference_seeds(project)
    for file in project.sql_files("models/", "tests/dbt/assert"):
        for folder, pattern in NAMES.items():
            is_allowed = re.fullmatch(pattern, file.name) or not file.path.startswith(folder)
            if not is_allowed and not allows(project, MODEL_NAMES, file.path, file.name):
                yield Problem(file.path, f"its name is not like {readable(pattern)}", "rename it")
        claimed = re.fullmatch(r"assert_(.+)", file.name)
        if claimed and not any(claimed.group(1).startswith(f"{subject}__") for subject in subjects):
            yield Problem(file.path, "its name names no model", "call it assert_<model>__<claim>")


def reference_seeds(project: Project) -> set[str]:
    """Names of the seeds that analysts tune."""
    folder = "seeds/reference/"
    return {
        path.removeprefix(folder)[:-4] for path in project.files if path.startswith(folder) and path.endswith(".csv")
    }


def readable(pattern: str) -> str:
    """A name's pattern as words."""
    return re.sub(r"\[a-z0-9_?\]\+\??", "...", pattern).replace("|", " or ")
