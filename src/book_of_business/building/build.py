"""From raw tables to published marts, or one message that says what is in the way."""

from __future__ import annotations

import os
from dataclasses import replace as replace_values
from pathlib import Path

import duckdb

from book_of_business.building.dbt_runner import Dbt
from book_of_business.building.findings import read_findings, stopping_causes
from book_of_business.building.latest_build import remember
from book_of_business.building.lock import check_writable, one_build_at_a_time
from book_of_business.building.publish import Copy, copy_marts, remove_leftovers, replace
from book_of_business.console import ProgressCallback, Step, count_of, error_console, one_line, output_console, step
from book_of_business.errors import UserError
from book_of_business.receiving.raw_files import NO_DATE, look_at_raw_files
from book_of_business.receiving.raw_tables import check_readable, explained, stop_without_rows
from book_of_business.receiving.reference_files import check_thresholds
from book_of_business.settings import Settings, sunday_of
from book_of_business.validation.worker import ValidationWorker, Verdict

# Enough to say which rows are at fault, when the edge stops a build before its marts.
REJECTIONS = ("rejected_rows", "data_coverage")
# Grain tests of what is not published: a hundred nodes that cost a build four seconds. Rows they would find break the
# grain or the sums of a mart, which are tested on every build; `make test` and a plain `dbt build` run them all.
GRAINS_INSIDE = ("test_name:unique_grain,path:models/staging", "test_name:unique_grain,path:models/intermediate")
# The models that read the files of raw tables.
READING_MODELS = ("base_", "stg_")


def build(settings: Settings, *, is_fast: bool = False) -> None:
    """Build, validate, publish and report.

    `is_fast` leaves out data tests and validation: for tries and for tests that compare the marts themselves.

    Raises:
        UserError: whenever the user has to act; what was published before stays as it was.
    """
    settings = measured_at_a_sunday(settings)
    check_writable(settings.build_dir)
    check_thresholds(settings.project_dir)
    with step("Looking at the raw files", is_brief=True):
        look_at_raw_files(settings)
    with one_build_at_a_time(settings.build_dir), ValidationWorker(settings, is_idle=is_fast) as validation:
        edge, drift, copied = build_and_publish(settings, validation, is_fast=is_fast)
    remember(settings)
    for verdict in (edge, drift):
        if verdict.text:
            error_console.print(verdict.text, markup=False)
    print_result(settings, copied.marts, has_validation=not is_fast)


def build_and_publish(
    settings: Settings, validation: ValidationWorker, *, is_fast: bool
) -> tuple[Verdict, Verdict, Copy]:
    """From files that were looked at to the published marts: what validation found before and after, and the copy.

    Raises:
        UserError: as `build`.
    """
    remove_unreadable(settings.working_file)
    dbt = Dbt(settings)
    with step("Reading the raw tables") as progress:
        row_counts = read_raw_tables(settings, dbt, progress)
        notes = dbt.notes
    for note in notes:
        error_console.print(one_line(note, limit=200), markup=False)
    with step("Checking the raw tables as received") as progress:
        edge = validation.validate("edge", progress)
    if edge.is_stopping:
        dbt.run(
            "build",
            "--select",
            *(f"+{model}" for model in REJECTIONS),
            "--exclude-resource-type",
            "unit_test",
            "test",
        )
        raise UserError(edge.text)
    with step("Building the marts") as progress:
        excluded = ("--exclude-resource-type", "unit_test", *(("test",) if is_fast else ()))
        try:
            dbt.run("build", *excluded, "--exclude", *GRAINS_INSIDE, on_progress=with_rows(progress, row_counts))
        except UserError as error:
            raise UserError(stopped_at(settings.working_file) or explained(str(error))) from None
        rebuilt = dbt.notes
    for note in rebuilt:
        error_console.print(one_line(note, limit=200), markup=False)
    for finding in read_findings(settings.working_file):
        error_console.print(finding, markup=False)
    stop_without_rows(settings.working_file)
    published = settings.published_file, settings.marts_dir
    with step("Copying the marts"):
        copied = copy_marts(settings.working_file, *published, settings.account_weeks)
    # The copy is checked: in the working file marts by account and week are views, and each check would compute their
    # hundred million rows again.
    with step("Checking the marts") as progress:
        drift = validation.validate("marts", progress)
    if drift.is_stopping:
        remove_leftovers(*published)
        raise UserError(drift.text)
    with step("Publishing"):
        replace(copied, *published)
    return edge, drift, copied


def measured_at_a_sunday(settings: Settings) -> Settings:
    """The same with the Sunday on or before `as_of_date`; that it is another day is told at once."""
    given = settings.as_of_date
    if given is None or (sunday := sunday_of(given)) == given:
        return settings
    error_console.print(f"AS_OF_DATE {given} is a {given:%A}: the book is measured at Sunday {sunday}", markup=False)
    return replace_values(settings, as_of_date=sunday)


def read_raw_tables(settings: Settings, dbt: Dbt, progress: Step) -> dict[str, int]:
    """Register the raw tables and read each once: its rows.

    Raises:
        UserError: if one cannot be read, or nothing says at which date the book is measured.
    """
    try:
        dbt.run("run-operation", "register_raw_data", on_progress=progress)
    except UserError as error:
        raise UserError(explained(str(error))) from None
    os.environ["RAW_DATA_IS_REGISTERED"] = "yes"
    row_counts = check_readable(settings.working_file, progress)
    if settings.as_of_date is None and not row_counts.get("interactions"):
        raise UserError(NO_DATE)
    progress.result = f"{count_of(len(row_counts), 'table')}, {count_of(sum(row_counts.values()), 'row')}"
    return row_counts


def with_rows(progress: ProgressCallback, row_counts: dict[str, int]) -> ProgressCallback:
    """Progress that names the raw table and its rows, instead of the model that reads it from its files."""

    def tell(done: int, total: int, model: str) -> None:
        table = model.rpartition("__")[2]
        is_read = model.startswith(READING_MODELS) and table in row_counts
        progress(done, total, f"reading {table}, {count_of(row_counts[table], 'row')}" if is_read else model)

    return tell


def stopped_at(working_file: Path) -> str:
    """Why a build ended at its raw tables, causes first; empty where it did not."""
    found = stopping_causes(working_file)
    heading = "The raw data cannot be measured; nothing was published:"
    place = f"Rejected rows are in marts.rejected_rows of {working_file}."
    return "\n".join([heading, *(f"  - {text}" for text in found), place]) if found else ""


def print_result(settings: Settings, marts: list[str], *, has_validation: bool) -> None:
    """The books, and where everything is."""
    from book_of_business.terminal import report

    console = output_console(soft_wrap=True)
    report.print_report(settings.published_file, console)
    console.print(f"{len(marts)} marts: {settings.published_file} (schema marts)", markup=False)
    console.print(f"as files: {settings.marts_dir}/<mart>.parquet, listed in manifest.json", markup=False)
    if has_validation:
        console.print(f"validation: {settings.build_dir / 'validation.html'}", markup=False)


def remove_unreadable(working_file: Path) -> None:
    """Delete a working file that a killed run left broken: a build makes it again from the raw tables.

    Raises:
        UserError: if another program holds it open, or it may not be written.
    """
    if not working_file.exists():
        return
    if not os.access(working_file, os.R_OK | os.W_OK):
        raise UserError(f"no permission to read and write {working_file}: delete it, and the next build recreates it")
    try:
        duckdb.connect(str(working_file)).close()
    except duckdb.IOException as error:
        if "Could not set lock" in str(error):
            raise UserError(
                f"{working_file} is open in another program: close it there; readers open book_of_business.duckdb"
            ) from None
        discard(working_file)
    except duckdb.Error:
        discard(working_file)


def discard(working_file: Path) -> None:
    """Delete a working file and its write-ahead log."""
    error_console.print(f"{working_file.name} was left broken by an earlier run: it is built again", markup=False)
    working_file.unlink(missing_ok=True)
    Path(f"{working_file}.wal").unlink(missing_ok=True)
