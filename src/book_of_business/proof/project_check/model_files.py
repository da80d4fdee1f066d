"""Each model with its YAML: what it is and at which grain; and macros that are not models in disguise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from book_of_business.proof.project_check.allowances import LONG_MACROS, NO_KEY_TEST
from book_of_business.proof.project_check.project import Problem, Project, YamlFile
from book_of_business.proof.project_check.use import allows
from book_of_business.proof.project_check.yaml_keys import listed

MOST_MACRO_LINES = 60
MOST_YAML_LINES = 150
MACRO = re.compile(r"\{%-?\s*macro\s+(\w+).*?\{%-?\s*endmacro\s*-?%\}", re.DOTALL)
UNIT_TESTS = ".unit_tests"


def yaml_beside_each_model(project: Project) -> Iterator[Problem]:
    """A model without a file of its own is described in one that grows to thousands of lines."""
    paths = {file.path for file in project.yaml_files}
    stems = {str(PurePosixPath(model.path).with_suffix("")) for model in project.models}
    for stem in sorted(stems):
        if f"{stem}.yml" not in paths:
            yield Problem(f"{stem}.sql", "no YAML beside it", f"write {PurePosixPath(stem).name}.yml in its folder")
    for file in project.yaml_files:
        path = PurePosixPath(file.path)
        if not file.path.startswith("models/") or path.name.startswith("_") or file.fault:
            continue
        stem = str(path.with_suffix("")).removesuffix(UNIT_TESTS)
        name = PurePosixPath(stem).name
        if stem not in stems:
            yield Problem(file.path, f"no model {name} beside it", "name the YAML as the model's SQL file")
            continue
        described = {str(entry.get("name")) for entry in file.entries("models")}
        tested = {str(entry.get("model")) for entry in file.entries("unit_tests")}
        if not path.stem.endswith(UNIT_TESTS) and name not in described:
            yield Problem(file.path, f"it does not describe {name}", f"add {name} under models")
        for other in sorted((described | tested) - {name}):
            yield Problem(file.path, f"it is also about {other}", f"move that to {other}.yml")


def lengths(project: Project) -> Iterator[Problem]:
    """Long YAML is not read, and no linter reads the SQL of a macro: a long one hides a model or a materialization."""
    for file in project.yaml_files:
        count = len(file.text.splitlines())
        if count > MOST_YAML_LINES:
            to_do = f"move its unit tests to {PurePosixPath(file.path).stem}{UNIT_TESTS}.yml, or say it shorter"
            yield Problem(file.path, f"{count} lines, {MOST_YAML_LINES} at most", to_do)
    for macros in project.sql_files("macros/"):
        for match in MACRO.finditer(macros.text):
            count = match.group().count("\n") + 1
            if count > MOST_MACRO_LINES and not allows(project, LONG_MACROS, macros.path, match.group(1)):
                what = f"macro {match.group(1)} has {count} lines, {MOST_MACRO_LINES} at most"
                yield Problem(macros.path, what, "make its SQL a model, or split it by what it returns")


def opening_comments(project: Project) -> Iterator[Problem]:
    """The first two lines say what a row is and why the model is there."""
    for model in project.models:
        lines = [*model.text.splitlines(), "", ""][:2]
        for line, word in zip(lines, ("Grain", "Why"), strict=True):
            if not re.fullmatch(rf"-- {word}: \S.*", line):
                number = 1 if word == "Grain" else 2
                yield Problem(model.path, f"line {number} is not `-- {word}: ...`", f"say it there: {line[:40]!r}")


def described(project: Project) -> Iterator[tuple[YamlFile, dict[str, Any], str]]:
    """(file, entry, model or seed) for all that have rows."""
    for file in project.yaml_files:
        for kind in ("models", "seeds"):
            for entry in file.entries(kind):
                yield file, entry, str(entry.get("name"))


def descriptions(project: Project) -> Iterator[Problem]:
    """A reader asks first what a row is."""
    for file, entry, name in described(project):
        if not str(entry.get("description", "")).strip().startswith("One row per "):
            what = f"the description of {name} does not start with `One row per`"
            yield Problem(file.path, what, "say what a row is")
        for column in listed(entry, "columns"):
            if not str(column.get("description", "")).strip():
                to_do = "say what it is, its unit, and what null means"
                yield Problem(file.path, f"column {column.get('name')} of {name} has no description", to_do)


def grains(project: Project) -> Iterator[Problem]:
    """`config.meta.grain` and a unique_grain test of the same columns: a grain that nothing proves is a hope."""
    for file, entry, name in described(project):
        config = entry.get("config")
        meta = config.get("meta") if isinstance(config, dict) else None
        grain = meta.get("grain") if isinstance(meta, dict) else None
        if not isinstance(grain, list) or not grain:
            yield Problem(file.path, f"{name} has no config.meta.grain", "write `config: {meta: {grain: [...]}}`")
            continue
        if allows(project, NO_KEY_TEST, file.path, "unique_grain"):
            continue
        tested = list(tested_grains(entry))
        columns = ", ".join(map(str, grain))
        if grain not in tested:
            to_do = f"write `- unique_grain: {{arguments: {{columns: [{columns}]}}}}` under data_tests"
            found = f" but on {tested[0]}" if tested else ""
            yield Problem(file.path, f"the grain of {name}, {columns}, is not tested{found}", to_do)
        unknown = set(map(str, grain)) - {str(column.get("name")) for column in listed(entry, "columns")}
        for column in sorted(unknown):
            yield Problem(file.path, f"the grain of {name} has {column}, which is none of its columns", "mend either")


def tested_grains(entry: dict[str, Any]) -> Iterator[Any]:
    """The column lists of the unique_grain tests."""
    for test in listed(entry, "data_tests"):
        body = test.get("unique_grain")
        arguments = body.get("arguments") if isinstance(body, dict) else None
        if isinstance(arguments, dict):
            yield arguments.get("columns")
