"""Which model reads which, and which thresholds each uses, as the SQL files have it. Nothing is rendered."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\s*\(.*?%\}(.*?)\{%-?\s*endmacro", re.DOTALL)
CALL = re.compile(r"\b(\w+)\(")
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
IMPORT = re.compile(r"\b(\w+)\s+as\s+\(\s*select\s+\*\s+from\s+\{\{\s*ref\('(\w+)'\)\s*\}\}")
SIGNAL_RULE = re.compile(r"\bsignal_rule\([^)]*\)")
QUOTED = re.compile(r"'(\w+)'")
# ref('int_' ~ factor ~ '__changed') reads every model with that beginning and end.
COMPOSED = r"\b{function}\(\s*'(\w+)'\s*~\s*\w+\s*~\s*'(\w+)'"


@dataclass(frozen=True)
class Model:
    """A model: its file relative to the project, and its code without comments."""

    name: str
    path: str
    code: str


class Lineage:
    """All models of a project, with what stands in the macros that they call."""

    def __init__(self, project_dir: Path) -> None:
        self.models = {path.stem: read_model(path, project_dir) for path in (project_dir / "models").rglob("*.sql")}
        self.macros: dict[str, str] = {}
        for path in (project_dir / "macros").rglob("*.sql"):
            self.macros.update(MACRO.findall(without_comments(path)))
        self.reads = {name: named("ref", model.code, self.models.keys()) for name, model in self.models.items()}
        # they never change, and are asked for once per measure
        self.reach = cache(self._reach)
        self.thresholds = cache(self._thresholds)

    def code(self, model: str) -> str:
        """The code of a model and of all macros that it calls, directly or not."""
        code = self.models[model].code
        called: set[str] = set()
        waiting = [code]
        while waiting:
            new = set(CALL.findall(waiting.pop())) & self.macros.keys() - called
            called |= new
            waiting += [self.macros[name] for name in new]
        return "\n".join([code, *(self.macros[name] for name in sorted(called))])

    def _reach(self, model: str) -> frozenset[str]:
        """A model and everything that it is built from, by name."""
        found = {model}
        waiting = [model]
        while waiting:
            new = self.reads[waiting.pop()] - found
            found |= new
            waiting += new
        return frozenset(found)

    def _thresholds(self, model: str, known: frozenset[str]) -> frozenset[str]:
        """The thresholds, of those `known`, that the code of a model names."""
        # parameters of a risk signal may have the name of a threshold
        return named("threshold", SIGNAL_RULE.sub("", self.code(model)), known)

    def origin(self, model: str, column: str) -> str:
        """The model in which the rule of a column stands: passed-on columns are followed to where they come from."""
        while True:
            code = self.models[model].code
            given = [
                parent
                for alias, parent in IMPORT.findall(code)
                if parent in self.models
                and not parent.startswith(("stg_", "base_"))
                and re.search(rf"\b{alias}\.{column}\b", code)
                and re.search(rf"\b{column}\b", self.code(parent))
            ]
            if not given:
                return model
            model = given[0]


def read_model(path: Path, project_dir: Path) -> Model:
    """A model as its file has it."""
    return Model(path.stem, path.relative_to(project_dir).as_posix(), without_comments(path))


def named(function: str, code: str, known: Collection[str]) -> frozenset[str]:
    """The `known` names that code has in quotes, or puts together where it calls the function."""
    composed = re.findall(COMPOSED.format(function=function), code)
    return frozenset(QUOTED.findall(code)).intersection(known) | {
        name for start, end in composed for name in known if name.startswith(start) and name.endswith(end)
    }


def without_comments(path: Path) -> str:
    """The text of a SQL file without its comments."""
    return COMMENT.sub("", path.read_text(encoding="utf-8"))
