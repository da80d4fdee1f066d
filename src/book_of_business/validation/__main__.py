"""`python -m book_of_business.validation edge|marts|serve|page|suites`.

Exit 0: nothing required is amiss; 3: a critical expectation is not met; 2: it could not be run, with one line why.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from book_of_business.console import ProgressCallback
from book_of_business.settings import new_file_of
from book_of_business.validation.page import render_page
from book_of_business.validation.run import CHECKOUT, ValidationError, quiet, validate_edge, validate_marts
from book_of_business.validation.summary import ValidationSummary, read_summary

PHASES = ("edge", "marts")


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    prog = "python -m book_of_business.validation"
    top = argparse.ArgumentParser(prog=prog, description="Great Expectations on a build.")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    helps = {
        "edge": "check the raw tables that a build reads",
        "marts": "check the marts for drift: the working file's, else the published ones",
        "serve": "read edge or marts from standard input, line by line; answer each with a line of JSON",
        "page": "write validation.html from the last results",
    }
    for name, text in helps.items():
        command = commands.add_parser(name, help=text)
        default = Path(os.environ.get("BUILD_DIR") or "build")
        command.add_argument("--build-dir", type=Path, default=default, metavar="DIR", help="default: BUILD_DIR")
        if name in PHASES:
            command.add_argument("--page", action="store_true", help="also write validation.html")
    commands.add_parser("suites", help="rewrite the edge suites from the raw contract")
    return top


def validate(
    phase: str, build_dir: Path, *, is_building: bool = False, on_progress: ProgressCallback | None = None
) -> ValidationSummary:
    """Run one phase; while a build asks, its marts are those that it is about to publish.

    Raises:
        ValidationError: if it cannot be run.
    """
    results_dir = build_dir / "validation"
    working_file = build_dir / "working.duckdb"
    if phase == "edge":
        source = os.environ.get("RAW_DATA") or "the bundled book"
        return validate_edge(working_file, results_dir, source, on_progress=on_progress)
    published_file = build_dir / "book_of_business.duckdb"
    if is_building:
        file = new_file_of(published_file)
        return validate_marts(file, results_dir, known_as=published_file, on_progress=on_progress)
    return validate_marts(working_file if working_file.is_file() else published_file, results_dir)


def write_page(build_dir: Path) -> Path:
    """Write validation.html from the results that are there.

    Raises:
        ValidationError: if there is none.
    """
    files = [build_dir / "validation" / f"{phase}.json" for phase in PHASES]
    summaries = [read_summary(file) for file in files if file.is_file()]
    if not summaries:
        raise ValidationError(f"no results in {build_dir / 'validation'}: run `make build`")
    page = build_dir / "validation.html"
    render_page(summaries, page)
    return page


def serve(build_dir: Path) -> int:
    """Answer phases from standard input until its end, the page written after each.

    Great Expectations is imported at once, so that this process is ready when it is asked. What it might print would
    break the answers: it goes to standard error.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    quiet()
    import great_expectations  # noqa: F401

    def answer(told: dict[str, Any]) -> None:
        answers.write(json.dumps(told) + "\n")
        answers.flush()

    def tell(done: int, total: int, table: str) -> None:
        answer({"progress": [done, total, table]})

    for line in sys.stdin:
        phase = line.strip()
        if phase not in PHASES:
            raise ValidationError(f"there is no phase {phase!r}; there are {' and '.join(PHASES)}")
        summary = validate(phase, build_dir, is_building=True, on_progress=tell)
        write_page(build_dir)
        answer({"is_stopping": summary.is_stopping, "text": summary.text()})
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Run a command; returns its exit code.

    Raises:
        ValidationError: if it cannot be run.
    """
    if arguments.command == "suites":
        from book_of_business.validation.edge_suites import write_edge_suites

        print(f"{len(write_edge_suites(CHECKOUT))} edge suites written to {CHECKOUT / 'expectations' / 'suites'}")
        return 0
    if arguments.command == "serve":
        return serve(arguments.build_dir)
    if arguments.command == "page":
        print(write_page(arguments.build_dir))
        return 0
    summary = validate(arguments.command, arguments.build_dir)
    print(summary.text())
    if arguments.page:
        print(write_page(arguments.build_dir))
    return 3 if summary.is_stopping else 0


def main() -> int:
    """The command line; errors are one line."""
    try:
        return run(parser().parse_args())
    except ValidationError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Without the interpreter's own end: DuckDB's module reports objects that Great Expectations still holds, at length.
    os._exit(code)
