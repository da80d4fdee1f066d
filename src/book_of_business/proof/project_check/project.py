"""The files of a dbt project as the checks read them: nothing is rendered, nothing is run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

# Not the project's own files: environments, and what builds write.
IGNORED_FOLDERS = frozenset(
    {
        ".venv",
        ".venv-spark",
        ".git",
        "build",
        "target",
        "logs",
        "dbt_packages",
        "__pycache__",
        ".pytest_cache",
        ".ruff_cache",
    }
    | {".hypothesis", ".ipynb_checkpoints", "node_modules"}
)


@dataclass(frozen=True, order=True)
class Problem:
    """One breach of a rule: where, what, and what to do about it."""

    file: str
    what: str
    to_do: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}: {self.to_do}"


@dataclass(frozen=True)
class SqlFile:
    """A SQL file with Jinja. `path` is relative to the project, with forward slashes."""

    path: str
    text: str

    @property
    def name(self) -> str:
        return Path(self.path).stem

    @cached_property
    def code(self) -> str:
        """The text with comments blanked out; lines keep their numbers."""
        return blank(blank(self.text, r"\{#.*?#\}"), r"--[^\n]*")

    @cached_property
    def sql(self) -> str:
        """The code with what stands in quotes outside of Jinja blanked out: a number in a text is not a constant."""
        parts = re.split(r"(\{\{.*?\}\}|\{%.*?%\})", self.code, flags=re.DOTALL)
        return "".join(part if part.startswith(("{{", "{%")) else blank(part, r"'(?:[^']|'')*'") for part in parts)

    @cached_property
    def refs(self) -> list[str]:
        """Names in ref(); of a name that is put together, the part before the first `~`."""
        return re.findall(r"\bref\(\s*['\"](\w+)['\"]", self.code)

    def line_of(self, offset: int) -> int:
        """Number of the line that holds the character at `offset`, from 1."""
        return self.text.count("\n", 0, offset) + 1


@dataclass(frozen=True)
class YamlFile:
    """A YAML file of dbt; `content` is None where it cannot be read, and `fault` then says why."""

    path: str
    text: str
    content: Any
    fault: str | None = None

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """The named entries under `models`, `seeds`, `sources` or `unit_tests`; what has another form is left out."""
        listed = self.content.get(kind) if isinstance(self.content, dict) else None
        return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


@dataclass(frozen=True)
class Project:
    """A checkout, as files."""

    root: Path

    @cached_property
    def needed(self) -> set[Any]:
        """Allowances that a check has made use of."""
        return set()

    @cached_property
    def files(self) -> list[str]:
        """Every file that is the project's own, relative, sorted."""
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name not in IGNORED_FOLDERS)
            found += [Path(folder, name).relative_to(self.root).as_posix() for name in names]
        return sorted(found)

    def read(self, path: str) -> str:
        """A file's text; bytes that are not UTF-8 are replaced."""
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def sql_files(self, *folders: str) -> list[SqlFile]:
        """The SQL files below the folders."""
        paths = [path for path in self.files if path.endswith(".sql") and path.startswith(folders)]
        return [SqlFile(path, self.read(path)) for path in paths]

    @cached_property
    def models(self) -> list[SqlFile]:
        return self.sql_files("models/")

    @cached_property
    def yaml_files(self) -> list[YamlFile]:
        """The YAML files that dbt reads beside models, seeds and tests."""
        paths = [
            path
            for path in self.files
            if path.endswith((".yml", ".yaml")) and path.startswith(("models/", "seeds/", "tests/dbt/", "macros/"))
        ]
        return [read_yaml(path, self.read(path)) for path in paths]

    @cached_property
    def model_yaml(self) -> dict[str, tuple[YamlFile, dict[str, Any]]]:
        """{model: (file, entry)} for every model that a YAML file describes."""
        return {
            str(entry.get("name")): (file, entry)
            for file in self.yaml_files
            if file.path.startswith("models/")
            for entry in file.entries("models")
        }


class UniqueKeyLoader(yaml.SafeLoader):
    """A key that stands twice overrides itself in silence; here it is a fault."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool | None):
                continue
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(path: str, text: str) -> YamlFile:
    """A YAML file with its content, or with the fault that keeps it from being read."""
    try:
        return YamlFile(path, text, yaml.load(text, Loader=UniqueKeyLoader))  # a subclass of SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        return YamlFile(path, text, None, f"{getattr(error, 'problem', None) or 'it is not YAML'}{place}")


def blank(text: str, pattern: str) -> str:
    """The text with every match of the pattern replaced by spaces; line ends stay."""
    return re.sub(pattern, lambda match: re.sub(r"[^\n]", " ", match.group()), text, flags=re.DOTALL)


def literal_numbers(text: str) -> Iterator[tuple[str, int]]:
    """Numbers as written, with their place; digits inside a name are not one."""
    for match in re.finditer(r"(?<![\w.])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])", text):
        yield match.group(), match.start()
