"""The repository as a whole: no registry's address in it, and notebooks as they are written, not as they ran."""

from __future__ import annotations

import json
from collections.abc import Iterator

from book_of_business.proof.project_check.project import Problem, Project

# In parts, so that this file does not name them either.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("conda", "anaconda", "org"),
        ("docker", "io"),
    )
)
INDEX_OPTIONS = ("--index-url", "--extra-index-url", "--find-links", "--trusted-host")
TEXT = (
    *(".cfg", ".csv", ".in", ".ini", ".ipynb", ".json", ".lock", ".md", ".py", ".sh", ".sql", ".toml", ".txt"),
    *(".yaml", ".yml"),
)
LARGEST_TEXT_BYTES = 2_000_000
MOST_CODE_CELLS = 20


def registry_hosts(project: Project) -> Iterator[Problem]:
    """A lock that names a host installs only where that host is reachable."""
    for path in project.files:
        name = path.rsplit("/", 1)[-1]
        is_text = path.endswith(TEXT) or "." not in name.lstrip(".")
        if not is_text or (project.root / path).stat().st_size > LARGEST_TEXT_BYTES:
            continue
        text = project.read(path)
        found = [host for host in REGISTRY_HOSTS if host in text]
        if path.startswith("requirements/"):
            found += [option for option in INDEX_OPTIONS if option in text]
        for host in found:
            yield Problem(path, f"it names {host}", "take it out: each machine knows where its packages come from")


def notebooks(project: Project) -> Iterator[Problem]:
    """Outputs in a commit show numbers that nobody checks, and a long notebook is a program."""
    for path in project.files:
        if not path.endswith(".ipynb"):
            continue
        try:
            cells = json.loads(project.read(path))["cells"]
            code_cells = [cell for cell in cells if cell["cell_type"] == "code"]
        except (ValueError, KeyError, TypeError):
            yield Problem(path, "it is not a notebook", "save it again in JupyterLab")
            continue
        ran = sum(bool(cell.get("outputs")) or cell.get("execution_count") is not None for cell in code_cells)
        if ran:
            yield Problem(path, f"{ran} cells have outputs", "clear all outputs, then save")
        if len(code_cells) > MOST_CODE_CELLS:
            what = f"{len(code_cells)} code cells, {MOST_CODE_CELLS} at most"
            yield Problem(path, what, "move helpers to the package")
