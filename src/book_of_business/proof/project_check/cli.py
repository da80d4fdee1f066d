"""Command line: `python -m book_of_business.project_check [--working-file FILE]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from book_of_business.errors import UserError
from book_of_business.proof.project_check import (
    allowances,
    columns,
    definitions,
    model_files,
    reference,
    references,
    repository,
    rooms,
    sql_rules,
    yaml_keys,
)
from book_of_business.proof.project_check.project import Problem, Project
from book_of_business.proof.project_check.use import unneeded
from book_of_business.settings import project_dir

CHECKS: tuple[Callable[[Project], Iterator[Problem]], ...] = (
    yaml_keys.check,
    model_files.yaml_beside_each_model,
    model_files.lengths,
    model_files.opening_comments,
    model_files.descriptions,
    model_files.grains,
    columns.column_names,
    sql_rules.layer_edges,
    sql_rules.folders_read_one_way,
    sql_rules.model_names,
    sql_rules.wall_clock,
    sql_rules.business_numbers,
    sql_rules.feature_flags,
    sql_rules.one_letter_aliases,
    sql_rules.hanging_exists,
    reference.thresholds,
    reference.signal_rules,
    definitions.definitions,
    references.absent_files,
    references.broken_links,
    repository.registry_hosts,
    repository.notebooks,
    rooms.imports_between_folders,
)
ALLOWANCES = (
    *allowances.NO_KEY_TEST,
    *allowances.LONG_MACROS,
    *allowances.STRUCTURAL_NUMBERS,
    *allowances.SENTINEL_DATES,
    *allowances.READS_BESIDES,
    *allowances.MODEL_NAMES,
    *allowances.COLUMN_NAMES,
    *allowances.ABSENT_FILES,
)


def problems(project: Project, working_file: Path | None = None) -> list[Problem]:
    """All breaches of the project's rules, sorted by file.

    Raises:
        UserError: if a working file is given that cannot be read.
    """
    found = [problem for check in CHECKS for problem in check(project)]
    found += unneeded(project, ALLOWANCES)
    if working_file is not None:
        import duckdb

        if not working_file.is_file():
            raise UserError(f"there is no working file {working_file}: build the models first (`make build`)")
        try:
            found += columns.columns_built(project, working_file)
        except duckdb.Error as error:
            first = str(error).splitlines()[0]
            raise UserError(f"the working file {working_file} cannot be read: {first}") from None
    return sorted(set(found))


def main(arguments: list[str] | None = None) -> int:
    """Print each problem as `file: what: what to do`; 1 if there is any."""
    parser = argparse.ArgumentParser(
        prog="python -m book_of_business.project_check",
        description="Rules of the house that neither dbt nor a linter knows.",
    )
    parser.add_argument(
        "--working-file", type=Path, metavar="FILE", help="also compare the YAML's columns with those built in it"
    )
    chosen = parser.parse_args(arguments)
    try:
        found = problems(Project(project_dir()), chosen.working_file)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    for problem in found:
        print(problem)
    checked = "files and built columns" if chosen.working_file else "files"
    print(f"project check of {checked}: {f'{len(found)} problems' if found else 'no problem'}", file=sys.stderr)
    return 1 if found else 0
