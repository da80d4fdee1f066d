"""What is wrong with the raw files, told within a second or two: before dbt, a database or a model is touched."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from book_of_business.console import error_console, one_line
from book_of_business.errors import UserError
from book_of_business.receiving.contract import RawTable, read_contract
from book_of_business.receiving.raw_columns import (
    Columns,
    column_notes,
    column_problems,
    enumerated,
    fold,
    match_columns,
    required,
    shortened,
    singular,
)
from book_of_business.receiving.raw_forms import SEPARATORS, Form, as_pattern, header_at, read_csv_file, read_head
from book_of_business.receiving.vendor_files import VENDORS, vendor_problems, vendors_of
from book_of_business.settings import Settings

# Schemas are read from the footers of so many parts; of a larger folder dbt will say what lacks a column.
SCHEMA_PARTS = 64
# Files beside the tables whose headers are looked at, to tell whose they are.
LOOKED_AT = 120
SHOWN_UNREAD = 12
NOTE_LENGTH = 500
# `acounts`, but not `contracts` for `contacts`, which are vendors' tables both.
LIKENESS_OF_FILES = 0.88
TABLES_OF_VENDORS = frozenset().union(*(vendor.tables for vendor in VENDORS))
# What people put behind the name of a table.
ADDED_TO_NAMES = re.compile(r"[\W_]+(export|report|list|copy|final|v?\d+)(?=[\W_]|$)", re.IGNORECASE)
TABLE_SUFFIXES = (".csv", ".parquet")
OTHER_SUFFIXES = (".xlsx", ".xls", ".tsv", ".txt", ".json", ".jsonl", ".ods", ".gz", ".zip", ".bz2", ".zst")


@dataclass(frozen=True)
class Place:
    """Where a table was found: `kind` is csv or parquet, `pattern` as a person reads it, `files` one or the parts."""

    kind: str
    pattern: Path
    files: tuple[Path, ...]


@dataclass(frozen=True)
class RawFiles:
    """The raw files as they will be read: the form of each table's CSV, and what a person should know of them."""

    forms: dict[str, Form]
    notes: list[str]

    @property
    def as_json(self) -> str:
        """For the environment variable RAW_FORMS, which the macro `register_raw_data` reads; without plain forms."""
        told = {table: form.as_json() for table, form in self.forms.items()}
        return json.dumps({table: form for table, form in told.items() if form})


def check_raw_files(settings: Settings) -> RawFiles:
    """Look at every raw file as far as its head tells, decide how it is read, and find all that a build cannot do with.

    Raises:
        UserError: naming all that is the matter and what to do.
    """
    contract = read_contract(settings.project_dir)
    places = {table.name: places_of(settings.raw_data, table, contract) for table in contract}
    missing = [table.name for table in contract if table.is_required and not places[table.name]]
    looks = look_at_all(places, contract, is_patient=False)
    problems = [*twice_problems(places), *(problem for look in looks.values() for problem in look.problems)]
    faulty_headers = {
        places[name][0].pattern.name: look.columns.received
        for name, look in looks.items()
        if look.columns is not None and not look.columns.is_complete
    }
    unread = [] if settings.is_bundled_book else unread_files(settings.raw_data, {table.name for table in contract})
    vendors = []
    if missing or unread or faulty_headers:
        vendors = vendors_of(faulty_headers | headers_beside(settings.raw_data, contract))
    theirs = {file for evidence in vendors for file in evidence.files}
    if missing or faulty_headers:
        near = [file for file in unread if file not in theirs]
        problems = [*vendor_problems(vendors), *missing_problems(settings.raw_data, missing, near), *problems]
    if not problems and not all(look.is_whole for look in looks.values()):
        # nothing else is the matter: now there is time to read long files to their ends
        looks = look_at_all(places, contract, is_patient=True)
        problems = [problem for look in looks.values() for problem in look.problems]
    if problems:
        told = "\n  - ".join(problems)
        raise UserError(
            f"The raw data in {settings.raw_data} cannot be built:\n  - {told}\n"
            'The README says what each table needs ("Bring your own data").'
        )
    notes = [note for look in looks.values() for note in look.notes]
    if unread:
        names = [table.name for table in contract]
        told = [name if name in theirs else name + did_you_mean(name, names) for name in unread]
        told.sort(key=lambda text: "(did you mean" not in text)
        notes.append(f"not read, since no table is called so: {shortened(told, SHOWN_UNREAD)}")
    return RawFiles({name: look.form for name, look in looks.items() if look.form is not None}, notes)


def look_at_raw_files(settings: Settings) -> None:
    """Check the raw files, say how they are read, and let dbt, in this process or below it, read them so.

    Raises:
        UserError: as `check_raw_files` does.
    """
    raw_files = check_raw_files(settings)
    for note in raw_files.notes:
        error_console.print(one_line(note, limit=NOTE_LENGTH), markup=False)
    os.environ["RAW_FORMS"] = raw_files.as_json


@dataclass(frozen=True)
class Look:
    """What a look at one table found; `form` is of a CSV, `columns` null where the file cannot be read at all.

    `is_whole` is false where a long file has to be read to its end to know its form.
    """

    columns: Columns | None
    form: Form | None
    notes: list[str]
    problems: list[str]
    is_whole: bool = True


def look_at_all(places: dict[str, list[Place]], contract: Sequence[RawTable], *, is_patient: bool) -> dict[str, Look]:
    """{table: what a look at it found} of all that are there once."""
    return {
        table.name: look_at(places[table.name][0], table, is_patient=is_patient)
        for table in contract
        if len(places[table.name]) == 1
    }


def twice_problems(places: dict[str, list[Place]]) -> list[str]:
    """What to say of tables of which there are several."""
    told = []
    for table, found in places.items():
        if len(found) > 1:
            patterns = ", ".join(str(place.pattern) for place in found)
            told.append(f"table {table} is there more than once: {patterns}; keep one")
    return told


def look_at(place: Place, table: RawTable, *, is_patient: bool) -> Look:
    """Read the head of a table's file, or the schema of its Parquet."""
    try:
        if place.kind == "csv":
            read = read_csv_file(place.pattern, table, is_patient=is_patient)
            notes = [*read.notes, *column_notes(read.columns)]
            return Look(read.columns, read.form, notes, read.problems, read.is_whole)
        header = parquet_names(place.files[:SCHEMA_PARTS])
    except UserError as error:
        told = f"table {table.name} cannot be read: {place.pattern} {error}"
        if "is empty" in str(error):
            told += f" (it needs {enumerated(required(table))})"
        return Look(None, None, [], [told])
    columns = match_columns(table, header)
    is_whole = len(place.files) <= SCHEMA_PARTS
    problems = column_problems(columns, str(place.pattern)) if is_whole else []
    return Look(columns, None, column_notes(columns, without=partitions(place)), problems)


def parquet_names(files: Sequence[Path]) -> list[str]:
    """Column names of Parquet files, of all together.

    Raises:
        UserError: saying what is the matter; the sentence lacks its subject.
    """
    import duckdb

    patterns = ", ".join(f"'{as_pattern(file)}'" for file in files)
    query = f"describe select * from read_parquet([{patterns}], union_by_name = true, hive_types_autocast = false)"
    try:
        with duckdb.connect() as connection:
            return [row[0] for row in connection.execute(query).fetchall()]
    except duckdb.Error as error:
        said = re.sub(r"^[\w ]+ Error: ", "", str(error).split("\n")[0])
        raise UserError(f"is no Parquet that can be read ({said})") from None


def partitions(place: Place) -> set[str]:
    """Names of columns that folders such as `week=2026-06-22` make."""
    return {part.partition("=")[0] for file in place.files[:1] for part in file.parent.parts if "=" in part}


def places_of(raw_data: Path, table: RawTable, contract: Sequence[RawTable]) -> list[Place]:
    """Every file or folder of parts that a table may be read from, as the macro `raw_candidates` finds them."""
    found = []
    for folder in (raw_data, raw_data / table.domain):
        for kind, suffix in (("csv", ".csv"), ("parquet", ".parquet")):
            file = folder / f"{table.name}{suffix}"
            if file.is_file():
                found.append(Place(kind, file, (file,)))
        parts = tuple(sorted(parts_in(folder / table.name)))
        if parts and not is_folder_of_domain(folder / table.name, parts, table, contract):
            found.append(Place("parquet", folder / table.name, parts))
    return found


def parts_in(folder: Path) -> Iterable[Path]:
    """Parquet files at any depth."""
    return (path for path in folder.rglob("*.parquet") if path.is_file()) if folder.is_dir() else ()


def is_folder_of_domain(folder: Path, parts: Sequence[Path], table: RawTable, contract: Sequence[RawTable]) -> bool:
    """Whether a folder called like both a table and its domain holds the tables of the domain: the names tell."""
    if table.name != table.domain:
        return False
    names = {known.name for known in contract}
    heads = {part.relative_to(folder).parts[0].removesuffix(".parquet") for part in parts}
    return bool(heads & names)


def unread_files(raw_data: Path, tables: set[str]) -> list[str]:
    """Names of files beside the tables that no table is read from, such as `Accounts.CSV` or a workbook."""
    return sorted(
        path.name
        for path in raw_data.iterdir()
        if path.is_file()
        and not path.name.startswith(".")
        and not (path.stem in tables and path.suffix in TABLE_SUFFIXES)
    )


def missing_problems(raw_data: Path, missing: Sequence[str], unread: Sequence[str]) -> list[str]:
    """What to say of required tables that are not there: where each was looked for, and what may be meant for it."""
    if not missing:
        return []
    told = []
    unhinted = []
    for name in missing:
        hints = [hint for file in unread if (hint := hint_of(file, name))]
        folder = raw_data / name
        if not hints and folder.is_dir() and any(folder.glob("*.csv")):
            hints = [f"the folder {name}/ holds CSV: a table is one CSV file, or a folder of Parquet files"]
        if hints:
            told.append(f"table {name} is required; {'; '.join(hints)}")
        else:
            unhinted.append(name)
    if unhinted:
        many = len(unhinted) > 1
        one = "<table>" if many else unhinted[0]
        told.append(
            f"table{'s' if many else ''} {enumerated(unhinted)} {'are' if many else 'is'} required; looked for"
            f" {one}.csv, {one}.parquet or a folder {one}/ of Parquet files"
        )
    if inner := folder_with_tables(raw_data, missing):
        told.append(f"{inner} holds tables of these names: give RAW_DATA={inner}")
    return told


def folder_with_tables(raw_data: Path, missing: Sequence[str]) -> Path | None:
    """A folder below that holds what is missing above."""
    for folder in sorted(path for path in raw_data.iterdir() if path.is_dir() and not path.name.startswith(".")):
        there = [name for name in missing if any((folder / f"{name}{suffix}").is_file() for suffix in TABLE_SUFFIXES)]
        if len(there) > 1:
            return folder
    return None


def did_you_mean(file: str, tables: Sequence[str]) -> str:
    """` (did you mean accounts.csv?)` for a file whose name is nearly that of a table."""
    for table in tables:
        if hint_of(file, table):
            return f" (did you mean {table}{suffix_of(file)}?)"
    return ""


def suffix_of(file: str) -> str:
    """`.csv`, or `.parquet` for a file that is called so in some case."""
    return ".parquet" if file.lower().endswith(".parquet") else ".csv"


def hint_of(file: str, table: str) -> str | None:
    """What to do with a file that is nearly named like a table: another case, singular, a workbook; null for others."""
    stem, dot, suffix = file.partition(".")
    own, wanted = fold(ADDED_TO_NAMES.sub("", stem)), fold(table)
    is_near = singular(own) == singular(wanted) or (
        difflib.SequenceMatcher(None, own, wanted).ratio() >= LIKENESS_OF_FILES
        and singular(own) not in TABLES_OF_VENDORS
    )
    if not dot or not is_near:
        return None
    name = f"{table}{suffix_of(file)}"
    ends = f".{suffix.lower()}"
    if ends.endswith((".gz", ".zip", ".bz2", ".zst")):
        return f"there is {file}: unpack it as {name}"
    if ends in TABLE_SUFFIXES or ends in (".txt", ".tsv"):
        return f"there is {file}, did you mean {name}? Name it so"
    return f"there is {file}: save it as {name}" if ends in OTHER_SUFFIXES else None


def headers_beside(raw_data: Path, contract: Sequence[RawTable]) -> dict[str, Sequence[str]]:
    """{name: columns} of files, in the directory or one folder below, that no table of the contract is read from."""
    tables = {table.name for table in contract}
    domains = {table.domain for table in contract} | tables
    files = [path for path in sorted(raw_data.iterdir()) if path.is_file()]
    for folder in sorted(raw_data.iterdir()):
        if folder.is_dir() and folder.name not in domains and not folder.name.startswith("."):
            files += [path for path in sorted(folder.iterdir()) if path.is_file()]
    headers: dict[str, Sequence[str]] = {}
    for path in files:
        is_own = path.parent == raw_data and path.stem in tables and path.suffix in TABLE_SUFFIXES
        if is_own or path.name.startswith(".") or path.suffix.lower() not in (*TABLE_SUFFIXES, *OTHER_SUFFIXES):
            continue
        name = str(path.relative_to(raw_data))
        headers[name] = header_of(path) if len(headers) < LOOKED_AT else ()
    return headers


def header_of(path: Path) -> Sequence[str]:
    """Column names of any CSV or Parquet file; none where they cannot be told."""
    try:
        if path.suffix.lower() == ".parquet":
            return parquet_names([path])
        if path.suffix.lower() in (".csv", ".tsv", ".txt"):
            head = read_head(path)
            return max((header_at(head.lines, 0, separator) for separator in SEPARATORS), key=len)
    except UserError:
        pass
    return ()
