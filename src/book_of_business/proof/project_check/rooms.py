"""The package's folders: each can be read without those that read it, and nothing that users run needs a proof."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import PurePosixPath

from book_of_business.proof.project_check.project import Problem, Project

PACKAGE = "src/book_of_business/"
NAME = "book_of_business"
ROOT = "the root"
PROOF = "proof"
# A command may start anything: of the package and of a folder, and at the root those that only start a proof.
ENTRY = "__main__"
MOST_ENTRY_LINES = 10


def imports_between_folders(project: Project) -> Iterator[Problem]:
    """Folders import one another one way, the root imports no folder, and `proof` is imported by entries alone."""
    paths = [path for path in project.files if path.startswith(PACKAGE) and path.endswith(".py")]
    folders = {folder for path in paths if (folder := folder_of(path)) != ROOT}
    read: dict[str, set[str]] = {folder: set() for folder in sorted(folders)}
    for path in paths:
        folder, text = folder_of(path), project.read(path)
        if is_entry(path, text):
            continue
        for other in sorted(imported(text, folders) - {folder}):
            if other == PROOF:
                yield Problem(path, "it imports proof", "move what both need to a folder of the product")
            elif folder == ROOT:
                yield Problem(path, f"it imports {other}", f"move it to {other}: the root is for what all folders use")
            else:
                read[folder].add(other)
    try:
        TopologicalSorter(read).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]  # graphlib names the one that is read first, and closes the circle
        what = f"{circle[0]} imports {', which imports '.join(circle[1:])}"
        yield Problem(PACKAGE + circle[0], what, "move what they share to one of them, or to the root")


def folder_of(path: str) -> str:
    """The folder of the package that a file is in, or the root."""
    first, _, rest = path.removeprefix(PACKAGE).partition("/")
    return first if rest else ROOT


def is_entry(path: str, text: str) -> bool:
    """Whether a file is a command: a `__main__`, or at the root a few lines that start one."""
    is_short = len(text.splitlines()) <= MOST_ENTRY_LINES and f'__name__ == "{ENTRY}"' in text
    return PurePosixPath(path).stem == ENTRY or (folder_of(path) == ROOT and is_short)


def imported(text: str, folders: set[str]) -> set[str]:
    """The folders of the package that a module imports from anywhere, in functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    parts = [name.split(".") for name in names]
    return {part[1] for part in parts if part[0] == NAME and len(part) > 1} & folders
