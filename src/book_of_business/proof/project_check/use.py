"""Which allowances were needed: one that nothing needs hides the next breach of its rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from book_of_business.proof.project_check.allowances import Allowance
from book_of_business.proof.project_check.project import Problem, Project


def allows(project: Project, allowances: Iterable[Allowance], file: str, what: str) -> bool:
    """Whether one of the allowances lets `what` pass in `file`; those that do are noted as needed."""
    needed = [allowance for allowance in allowances if allowance.covers(file, what)]
    project.needed.update(needed)
    return bool(needed)


def unneeded(project: Project, allowances: Iterable[Allowance]) -> Iterator[Problem]:
    """Allowances that no file needed."""
    for allowance in allowances:
        if allowance not in project.needed:
            what = f"{allowance.what} in {allowance.files} ({allowance.reason}) lets nothing pass"
            yield Problem("src/book_of_business/proof/project_check/allowances.py", what, "delete it")
