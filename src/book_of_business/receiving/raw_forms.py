"""Forms in which a CSV file of a raw table comes: its separator, lines above its header, commas in its numbers."""

from __future__ import annotations

import codecs
import csv
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from book_of_business.errors import UserError
from book_of_business.receiving.contract import RawTable
from book_of_business.receiving.forms import NULL_WORDS
from book_of_business.receiving.raw_columns import Columns, column_problems, enumerated, match_columns, shown

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}
TITLE_LINES = 10
# A file up to this size is looked through, of a longer one the beginning: what is wrong is told before anybody waits.
HEAD_BYTES = 1 << 20
# Text is decoded at a gigabyte a second.
DECODED_BYTES = 1 << 26
BYTE_ORDER_MARKS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}
# Beyond it commas are how a column is written; below it they are faults of single rows, which are listed as such.
SHARE_OF_COMMAS = 0.2
# Three digits after the point in that many values and in no other way are more likely to part thousands.
THOUSANDS_COUNT = 3


@dataclass(frozen=True)
class Form:
    """How a CSV file is read: its separator, the lines above its header, columns whose comma is a decimal point.

    `decimal_commas` are names of the contract.
    """

    delim: str = ","
    skip: int = 0
    decimal_commas: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What differs from the plain form, as the macro `read_files` takes it."""
        plain = asdict(Form())
        return {name: value for name, value in asdict(self).items() if value != plain[name]}


@dataclass(frozen=True)
class Head:
    """The beginning of a CSV file: its lines with their ends, and whether that is all of it."""

    path: Path
    lines: list[str]
    is_whole: bool


@dataclass(frozen=True)
class CsvFile:
    """A CSV file as it will be read."""

    form: Form
    columns: Columns
    notes: list[str]
    problems: list[str]
    is_whole: bool


def read_head(path: Path) -> Head:
    """The beginning of a CSV file.

    Raises:
        UserError: saying of the file that it is empty, not UTF-8 or not to be opened; the sentence lacks its subject.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as handle:
            head = handle.read(HEAD_BYTES)
            is_whole = len(head) < HEAD_BYTES
            told = encoding_by_its_bytes(head)
            if told:
                raise UserError(f"is {told}, not UTF-8: save it as UTF-8")
            text = decoder.decode(head.removeprefix(codecs.BOM_UTF8), final=is_whole)
            while not is_whole and handle.tell() < DECODED_BYTES and (more := handle.read(HEAD_BYTES)):
                decoder.decode(more)
    except UnicodeDecodeError:
        raise UserError("is not UTF-8 (Windows-1252 or Latin-1, it seems): save it as UTF-8") from None
    except OSError as error:
        raise UserError(f"cannot be opened: {error.strerror}") from None
    if not text.strip():
        raise UserError("is empty: not even a header")
    lines = re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+", text)
    if not is_whole and len(lines) > 1:
        lines.pop()
    return Head(path, lines, is_whole)


def encoding_by_its_bytes(head: bytes) -> str | None:
    """What a file is that is plainly no text in UTF-8."""
    for mark, name in BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return name
    # every second byte of western text in UTF-16
    sample = head[:4096]
    if sample and max(sample[0::2].count(0), sample[1::2].count(0)) > len(sample) / 4:
        return "UTF-16"
    kinds = {b"PK\x03\x04": "a workbook or an archive", b"\x1f\x8b": "packed (gzip)", b"PAR1": "Parquet"}
    return next((name for mark, name in kinds.items() if head.startswith(mark)), None)


def read_csv_file(path: Path, table: RawTable, *, is_patient: bool = True) -> CsvFile:
    """How a table's CSV file will be read, and what is the matter with it.

    Commas in its numbers are certain at its end only: without `is_patient`, those of a long file are not looked for,
    and `is_whole` says so.

    Raises:
        UserError: as `read_head` does.
    """
    head = read_head(path)
    form, columns = header_form(head, table)
    problems = column_problems(columns, str(path))
    if not problems and (fault := shape_fault(head, form)):
        problems = [f"table {table.name} cannot be read: {path} {fault}"]
    notes = []
    is_whole = form.delim == "," or is_patient or head.is_whole
    if form.delim != "," and is_whole:
        doubles = {
            column.name: columns.read_as[column.name]
            for column in table.columns
            if column.data_type == "double" and column.name in columns.read_as
        }
        decimals, told, uncertain = decimal_commas(path, form, doubles)
        form = Form(form.delim, form.skip, decimals)
        problems += [f"table {table.name}: {path} {fault}" for fault in uncertain]
        notes += [f"{table.name}: {note}" for note in told]
    if (form.delim, form.skip, form.decimal_commas) != (",", 0, ()):
        notes.insert(0, f"{path.name} is read {as_told(form)}")
    return CsvFile(form, columns, notes, problems, is_whole)


def as_told(form: Form) -> str:
    """`with semicolons, without its first 2 lines, with decimal commas in arr_usd`."""
    told = []
    if form.delim != ",":
        told.append(f"with {SEPARATORS.get(form.delim, repr(form.delim))} between its columns")
    if form.skip:
        told.append(f"without its first {form.skip} lines" if form.skip > 1 else "without its first line")
    if form.decimal_commas:
        told.append(f"with decimal commas in {enumerated(form.decimal_commas)}")
    return ", ".join(told)


def header_form(head: Head, table: RawTable) -> tuple[Form, Columns]:
    """The first line and separator that give a header with all required columns; else what comes nearest to one."""
    declared = re.fullmatch(r'"?sep=([^\w"\'\s]|\t)"?', head.lines[0].strip("\r\n"), flags=re.IGNORECASE)
    first = 1 if declared else 0
    separators = [declared.group(1)] if declared else list(SEPARATORS)
    nearest: tuple[int, Form, Columns] | None = None
    for line in range(first, min(len(head.lines), first + TITLE_LINES + 1)):
        if line > first and head.lines[line - 1].count('"') % 2:
            # a title that goes on in the next line: what DuckDB would leave out is not certain
            break
        for separator in separators:
            columns = match_columns(table, header_at(head.lines, line, separator))
            form = Form(separator, line)
            if columns.is_complete:
                return form, columns
            known = len(columns.read_as) + len(columns.clashes)
            if nearest is None or known > nearest[0]:
                nearest = known, form, columns
    if nearest is None:
        # a declared separator and nothing after it
        return Form(separators[0], first), match_columns(table, [])
    return nearest[1:]


def header_at(lines: list[str], line: int, separator: str) -> list[str]:
    """The names in a line, read with a separator."""
    try:
        return next(csv.reader(itertools.islice(lines, line, None), delimiter=separator), [])
    except (csv.Error, TypeError):
        return []


def shape_fault(head: Head, form: Form) -> str | None:
    """What makes a file no table of one shape, as far as its beginning tells."""
    reader = csv.reader(head.lines[form.skip :], delimiter=form.delim, strict=True)
    csv.field_size_limit(1 << 30)
    ends = set()
    fields = 0
    try:
        for row in reader:
            fields = fields or len(row)
            line = reader.line_num + form.skip
            if len(row) > fields and not (len(row) == fields + 1 and not row[-1]):
                return too_many(line, len(row), fields, form)
            ends.add(line_end(head.lines[reader.line_num + form.skip - 1]))
    except csv.Error as error:
        # a blank after a closing quote is no fault to DuckDB, which will say what is
        if head.is_whole and "unexpected end" in str(error):
            return "has a quote that is not closed: a quote inside a field is doubled, or taken out"
    ends.discard("")
    return mixed_ends() if len(ends) > 1 else None


def fault_of_csv(path: Path, form: Form | None = None) -> str | None:
    """The first place where a file is not a CSV table as the raw contract wants it; null where it is one.

    For a file that DuckDB could not read: it takes a separator more at the end of a row, most of the time.
    """
    form = form or Form()
    csv.field_size_limit(1 << 30)
    ends = set()
    last = [""]
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            for _ in range(form.skip):
                handle.readline()
            reader = csv.reader(remembered(handle, last), delimiter=form.delim, strict=True)
            header = next(reader, [])
            if len(header) == 1 and ";" in header[0]:
                return "is separated by semicolons: save it with commas"
            shape = Shape()
            for row in reader:
                line = reader.line_num + form.skip
                if wrong := shape.first_too_long(row, len(header), line):
                    return too_many(wrong, len(header) + 1 if wrong != line else len(row), len(header), form)
                ends.add(line_end(last[0]))
    except UnicodeDecodeError:
        return "is not UTF-8: save it as UTF-8"
    except csv.Error as error:
        line = reader.line_num + form.skip
        return f"has a quote that is not closed or not doubled, in or before line {line} ({error})"
    ends.discard("")
    return mixed_ends() if len(ends) > 1 else None


def remembered(lines: Iterable[str], last: list[str]) -> Iterator[str]:
    """The lines; the one that was given out last stays in `last`."""
    for line in lines:
        last[0] = line
        yield line


@dataclass
class Shape:
    """How many fields the rows of a file have, seen one after another."""

    is_plain: bool = False
    line_with_an_empty_end: int = 0

    def first_too_long(self, row: list[str], fields: int, line: int) -> int:
        """The line of the first row that has more fields than the header; 0 while there is none.

        A separator at the end of every row makes no field; at the end of one row alone it does.
        """
        if len(row) == fields + 1 and not row[-1]:
            self.line_with_an_empty_end = self.line_with_an_empty_end or line
        elif len(row) > fields:
            return line
        elif len(row) == fields and line > 1:
            self.is_plain = True
        return self.line_with_an_empty_end if self.is_plain else 0


def too_many(line: int, found: int, fields: int, form: Form) -> str:
    """What to say of a row with more fields than the header."""
    return f"has more fields than the header in line {line} ({found} for {fields}): {unquoted(form.delim)}"


def unquoted(delim: str) -> str:
    """What makes one field two, most of the time."""
    one = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a pipe"}.get(delim, repr(delim))
    return f"is {one} not quoted?"


def line_end(line: str) -> str:
    """How a line ends; empty for the last one."""
    return "\r\n" if line.endswith("\r\n") else line[-1:] if line.endswith(("\n", "\r")) else ""


def mixed_ends() -> str:
    """What DuckDB does not read."""
    return "ends some lines in the Windows way and others not: save it with one kind of line end"


def decimal_commas(path: Path, form: Form, doubles: dict[str, str]) -> tuple[tuple[str, ...], list[str], list[str]]:
    """Which number columns of a file have commas for points: those where no other reading is possible.

    Args:
        path: of the file.
        form: in which it is read.
        doubles: {contract column: received name} of its number columns.

    Returns:
        The contract columns; what to say of others; why a column cannot be read at all.
    """
    if not doubles:
        return (), [], []
    certain, notes, problems = [], [], []
    for name, counts in number_forms(path, form, doubles).items():
        received = f"`{shown(doubles[name])}`" + ("" if doubles[name].lower() == name else f" ({name})")
        if counts["commas"] == 0:
            if counts["filled"] >= THOUSANDS_COUNT and counts["pointed_thousands"] == counts["filled"]:
                sample = counts["sample"]
                notes.append(
                    f"{received}: all values have a point and three digits, and {sample} is read as"
                    f" {float(sample):g}: where the point parts thousands, take it out"
                )
            continue
        sample = shown(counts["comma_sample"])
        if counts["others"] == 0 and counts["certain"] > 0:
            certain.append(name)
            continue
        if counts["both"]:
            why = f"{shown(counts['both_sample'])} has both"
        elif counts["points"]:
            why = f"{sample} has a comma and {shown(counts['point_sample'])} a point"
        elif counts["others"]:
            why = f"{sample} has a comma and {shown(counts['other_sample'])} is no number"
        else:
            why = f"{sample} may be a thousand times more or less"
        told = f"has commas in the numbers of {received}, and whether they are decimal points is not certain ({why})"
        if counts["commas"] > SHARE_OF_COMMAS * counts["filled"]:
            problems.append(f"{told}: write them with a decimal point and nothing between thousands")
        else:
            notes.append(f"{path.name} {told}: those values are not read as numbers")
    return tuple(certain), notes, problems


def number_forms(path: Path, form: Form, doubles: dict[str, str]) -> dict[str, dict[str, Any]]:
    """How the values of some columns are written, counted over the whole file; nothing where DuckDB cannot read it."""
    import duckdb

    nothing = ", ".join(f"'{word}'" for word in ("", *NULL_WORDS))
    number = r"[+-]?\d+(,\d+)?"
    thousands = r"[+-]?[1-9]\d{0,2},\d{3}"
    pointed = r"[+-]?[1-9]\d{0,2}\.\d{3}"
    counts = {
        "filled": "count(*)",
        "commas": "count(*) filter (value like '%,%')",
        "points": "count(*) filter (value like '%.%')",
        "both": "count(*) filter (value like '%,%' and value like '%.%')",
        "others": f"count(*) filter (not regexp_full_match(value, '{number}'))",
        "certain": f"count(*) filter (value like '%,%' and not regexp_full_match(value, '{thousands}'))",
        "pointed_thousands": f"count(*) filter (regexp_full_match(value, '{pointed}'))",
        "sample": "min(value)",
        "comma_sample": "min(value) filter (value like '%,%')",
        "point_sample": "min(value) filter (value like '%.%')",
        "both_sample": "min(value) filter (value like '%,%' and value like '%.%')",
        "other_sample": f"min(value) filter (not regexp_full_match(value, '{number}'))",
    }
    values = 'select trim("{}") as value from received'
    selects = [
        f"select '{name}', {', '.join(counts.values())} from ({values.format(escaped(received))})"
        f" where lower(value) not in ({nothing})"
        for name, received in doubles.items()
    ]
    try:
        with duckdb.connect() as connection:
            connection.execute(f"create table received as select {columns_of(doubles)} from {reader_of(path, form)}")
            rows = connection.execute(" union all ".join(selects)).fetchall()
    except duckdb.Error:
        return {}
    told = {name: dict(zip(counts, values, strict=True)) for name, *values in rows}
    return {name: told[name] for name in doubles}


def columns_of(doubles: dict[str, str]) -> str:
    """Received names as SQL."""
    return ", ".join(f'"{escaped(received)}"' for received in dict.fromkeys(doubles.values()))


def escaped(name: str) -> str:
    """A name between double quotes in SQL."""
    return name.replace('"', '""')


def as_pattern(path: Path | str) -> str:
    """A path as DuckDB takes it inside single quotes: brackets and stars in names of folders are no pattern."""
    return re.sub(r"([\[*?])", r"[\1]", str(path)).replace("'", "''")


def reader_of(path: Path, form: Form) -> str:
    """The table function with which the macro `read_files` reads a CSV file."""
    return (
        f"read_csv('{as_pattern(path)}', header = true, all_varchar = true, delim = '{form.delim}', quote = '\"',"
        " escape = '\"', null_padding = true, parallel = false, strict_mode = true, nullstr = '',"
        f" allow_quoted_nulls = true, comment = '', skip = {form.skip})"
    )
