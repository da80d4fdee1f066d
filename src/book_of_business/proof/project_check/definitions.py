"""Definitions of measures: each public one has all its fields, and each threshold is explained somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from book_of_business.definitions.faults import faults
from book_of_business.definitions.pages import TEMPLATES, Pages
from book_of_business.proof.project_check.project import Problem, Project


def definitions(project: Project) -> Iterator[Problem]:
    """A number that two people read differently is two numbers."""
    if not any(path.startswith(f"{TEMPLATES}/") for path in project.files):
        yield Problem(TEMPLATES, "there are no templates", "restore them: the pages of definitions are made from them")
        return
    # what cannot be read has its own problem
    if any(file.fault for file in project.yaml_files):
        return
    for found in faults(Pages(project.root)):
        yield Problem(*found)
