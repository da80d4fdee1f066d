"""Writing tables as they come: CSV files that grow, or Parquet with a folder per week."""

import datetime as dt
from pathlib import Path
from typing import BinaryIO

import polars as pl

from book_of_business.simulate.settings import EPOCH, SimulationError
from book_of_business.simulate.tables import EVENT_TABLES, TABLES, build

_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_PARQUET_ROW_GROUP = 122_880


class Sink:
    """Where the tables of a run go. Use as a context manager.

    `write` may be called for any number of weeks (`day` is their Monday) or once without a week.
    """

    def __init__(self, folder: Path, file_format: str, by_domain: bool) -> None:
        if file_format not in ("csv", "parquet"):
            raise SimulationError(f"--format must be csv or parquet; got {file_format}")
        self.folder, self.file_format, self.by_domain = folder, file_format, by_domain
        self.row_counts: dict[str, int] = {}
        self._open: dict[str, BinaryIO] = {}

    def __enter__(self) -> "Sink":
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open.values():
            file.close()

    def _path(self, table: str) -> Path:
        """Where a table goes, without its suffix."""
        domain = TABLES[table][0] if table in TABLES else ""
        folder = self.folder / domain if self.by_domain and domain else self.folder
        folder.mkdir(parents=True, exist_ok=True)
        return folder / table

    def write(self, table: str, frame: pl.DataFrame, day: int | None = None) -> None:
        """Write rows of a table; a week without rows writes no part."""
        self.row_counts[table] = self.row_counts.get(table, 0) + len(frame)
        if self.file_format == "csv":
            self._write_csv(table, frame)
        elif day is None:
            self._write_parquet(frame, self._path(table).with_suffix(".parquet"))
        elif len(frame):
            monday = EPOCH + dt.timedelta(days=day)
            part = self._path(table) / f"week={monday}"
            part.mkdir(parents=True)
            self._write_parquet(frame, part / "part-0.parquet")

    def _write_csv(self, table: str, frame: pl.DataFrame) -> None:
        first = table not in self._open
        if first:
            self._open[table] = self._path(table).with_suffix(".csv").open("wb")
        frame.write_csv(self._open[table], include_header=first, datetime_format=_TIME_FORMAT)

    def _write_parquet(self, frame: pl.DataFrame, path: Path) -> None:
        frame.write_parquet(path, compression="zstd", compression_level=1, row_group_size=_PARQUET_ROW_GROUP)

    def finish(self, absent: tuple[str, ...] = ()) -> None:
        """Give event tables without a single row an empty file, except those that are to be absent."""
        for table in EVENT_TABLES:
            if table in absent or self.row_counts.get(table):
                continue
            empty = build(table, **{name: [] for name in TABLES[table][1]})
            if self.file_format == "parquet":
                self._write_parquet(empty, self._path(table).with_suffix(".parquet"))
            elif table not in self._open:
                self._write_csv(table, empty)
