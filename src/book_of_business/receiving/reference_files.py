"""Reference tables as files that people review: one record changed is one line of the diff, all others byte for byte.

Records keep their own text unless they change, so neither quoting nor line ends of the rest are touched. A file is
replaced whole in one rename: whoever stops it half-way has the old one.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from book_of_business.errors import UserError
from book_of_business.settings import project_dir

NAME_LENGTH = 60
# A spreadsheet runs a cell that begins with one of = + - @, so a name begins with a letter.
NAME = re.compile(rf"[^\W\d_][\w .,'&()@+-]{{0,{NAME_LENGTH - 1}}}")
THRESHOLD_IN_SQL = re.compile(r"\bthreshold\(\s*['\"](\w+)['\"]\s*\)")


def checked_name(text: str) -> str:
    """The name of whoever approves, as it may stand in a file.

    Raises:
        UserError: if it is empty, too long, or holds what no name holds.
    """
    name = text.strip()
    if not NAME.fullmatch(name):
        raise UserError(
            f"--approved-by is {text[:80]!r}: give the name of a person, beginning with a letter, on one line of at "
            f"most {NAME_LENGTH} characters"
        )
    return name


def records(text: str) -> list[tuple[str, list[str]]]:
    """Each record of a CSV with its own text, line end included."""
    lines = text.splitlines(keepends=True)
    reader, found, start = csv.reader(lines), [], 0
    for fields in reader:
        found.append(("".join(lines[start : reader.line_num]), fields))
        start = reader.line_num
    return [(raw, fields) for raw, fields in found if fields]


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a reference table.

    Raises:
        UserError: if it is missing, or a row has another number of fields than the header.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist: restore it")
    header, *rest = [fields for _, fields in records(path.read_text(encoding="utf-8-sig"))] or [[]]
    for fields in rest:
        if len(fields) != len(header):
            raise UserError(f"{path}: the row {','.join(fields)[:60]!r} has {len(fields)} fields, not {len(header)}")
    return [dict(zip(header, fields, strict=True)) for fields in rest]


def reference_folder() -> Path:
    """Where the reference tables of this checkout are."""
    return project_dir() / "seeds" / "reference"


def read_thresholds(reference: Path | None, names: Iterable[str]) -> dict[str, float]:
    """The values of `thresholds.csv` that are called so, of a folder of reference tables (null: this checkout's).

    Raises:
        UserError: if one is missing or no number.
    """
    path = (reference or reference_folder()) / "thresholds.csv"
    values = {row["threshold"]: row["value"] for row in read_rows(path)}
    found = {}
    for name in names:
        try:
            found[name] = float(values[name])
        except (KeyError, ValueError):
            raise UserError(f"{path} has no number for {name}: restore the row from the repository") from None
    return found


def check_thresholds(project: Path) -> None:
    """Stop where a rule reads a threshold that has no row: SQL would compare with null, and never find anything.

    Args:
        project: folder of the dbt project.

    Raises:
        UserError: naming each missing threshold and a file that reads it.
    """
    path = project / "seeds" / "reference" / "thresholds.csv"
    known = {row["threshold"] for row in read_rows(path)}
    missing = {
        name: file.relative_to(project)
        for folder in ("macros", "models")
        for file in sorted((project / folder).rglob("*.sql"))
        for name in THRESHOLD_IN_SQL.findall(file.read_text(encoding="utf-8"))
        if name not in known
    }
    if missing:
        rows = "".join(f"\n  - {name}, which {file} reads" for name, file in sorted(missing.items()))
        raise UserError(f"{path} lacks these rows: restore them from the repository and change only their values{rows}")


def rewrite(
    path: Path,
    change: Callable[[dict[str, str]], Mapping[str, str]] = lambda row: {},
    append: Sequence[Mapping[str, str]] = (),
) -> bool:
    """Change fields of records, append others at the end, and replace the file where anything is different.

    Args:
        path: the table.
        change: gives the fields to change of a row; none: the record stays as it is, to the byte.
        append: rows to add.

    Returns:
        Whether the file was replaced.
    """
    with path.open(encoding="utf-8", newline="") as file:
        before = file.read()
    (head, header), *rest = records(before)
    end = "\r\n" if head.endswith("\r\n") else "\n"
    columns = [name.removeprefix("\ufeff") for name in header]
    texts = [head if head.endswith("\n") else head + end]
    for raw, fields in rest:
        row = dict(zip(columns, fields, strict=True))
        changed = row | change(row)
        texts.append(raw if changed == row else record(changed, columns, end))
        if not texts[-1].endswith("\n"):
            texts[-1] += end
    texts += [record(row, columns, end) for row in append]
    after = "".join(texts)
    if after == before:
        return False
    replace(path, after)
    return True


def add_columns(path: Path, names: Sequence[str]) -> bool:
    """Give a table the columns that it lacks, last and empty; all else stays as it is, to the byte.

    Returns:
        Whether the file was replaced.
    """
    with path.open(encoding="utf-8", newline="") as file:
        before = file.read()
    (head, header), *rest = records(before)
    missing = [name for name in names if name not in [column.removeprefix("\ufeff") for column in header]]
    if not missing:
        return False
    texts = [with_fields(head, missing), *(with_fields(raw, [""] * len(missing)) for raw, _ in rest)]
    replace(path, "".join(texts))
    return True


def with_fields(raw: str, fields: Sequence[str]) -> str:
    """A record with fields more, its line end kept."""
    body = raw.rstrip("\r\n")
    return body + "".join(f",{field}" for field in fields) + raw[len(body) :]


def replace(path: Path, text: str) -> None:
    """Replace a file whole, in one rename."""
    new_file = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with new_file.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(new_file, path)
    finally:
        new_file.unlink(missing_ok=True)


def record(row: Mapping[str, str], columns: Sequence[str], end: str) -> str:
    """A row as a record."""
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerow([row.get(name, "") for name in columns])
    return text.getvalue()
