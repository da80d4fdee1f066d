"""Where a build reads, writes and stands in time: the interface of environment variables."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from book_of_business.errors import UserError

LARGE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Settings:
    """One build.

    `raw_data` is the directory of the raw contract's tables, `as_of_date` the day to measure at (null: derived from
    the interactions), `build_dir` takes everything that a build writes, `account_weeks` says how many weeks of the
    marts by account and week are published (null: all).
    """

    project_dir: Path
    raw_data: Path
    build_dir: Path
    as_of_date: datetime.date | None
    account_weeks: int | None = None

    @property
    def is_bundled_book(self) -> bool:
        return self.raw_data == self.project_dir / "seeds"

    @property
    def working_file(self) -> Path:
        return self.build_dir / "working.duckdb"

    @property
    def published_file(self) -> Path:
        return self.build_dir / "book_of_business.duckdb"

    @property
    def marts_dir(self) -> Path:
        return self.build_dir / "marts"

    @property
    def models_at_once(self) -> int:
        """Two, while Python is half of the work; one where two large sorts would share the memory of one."""
        return 1 if size_of(self.raw_data) > LARGE_BYTES else 2

    def environment(self) -> dict[str, str]:
        """What dbt and its child processes need to know, as environment variables."""
        return {
            "RAW_DATA": "" if self.is_bundled_book else str(self.raw_data),
            "AS_OF_DATE": self.as_of_date.isoformat() if self.as_of_date else "",
            "BUILD_DIR": str(self.build_dir),
            "DBT_THREADS": os.environ.get("DBT_THREADS") or str(self.models_at_once),
            "DBT_TARGET_PATH": str(self.build_dir / "dbt"),
            "DBT_LOG_PATH": str(self.build_dir / "logs"),
            "DBT_PROFILES_DIR": str(self.project_dir),
            "DBT_PROJECT_DIR": str(self.project_dir),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
        }


def new_file_of(published_file: Path) -> Path:
    """Where marts lie until they are published."""
    return published_file.with_name(f"{published_file.name}.new")


def memory_limit() -> str:
    """The memory that DuckDB may take, as profiles.yml has it."""
    return os.environ.get("MEMORY_LIMIT") or "8GB"


def size_of(folder: Path, pattern: str = "*") -> int:
    """Bytes of all files below the folder whose names match the pattern."""
    return sum(path.stat().st_size for path in folder.rglob(pattern) if path.is_file())


def project_dir(start: Path | None = None) -> Path:
    """The folder with dbt_project.yml: the one at or above the current folder, else that of this checkout.

    Raises:
        UserError: if there is none.
    """
    here = (start or Path.cwd()).resolve()
    checkout = Path(__file__).resolve().parents[2]
    for folder in (here, *here.parents, checkout):
        project_file = folder / "dbt_project.yml"
        if project_file.is_file() and "name: book_of_business" in project_file.read_text():
            return folder
    raise UserError(f"no dbt_project.yml at or above {here}: run this inside a checkout of Book of Business")


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Read RAW_DATA, AS_OF_DATE, BUILD_DIR and ACCOUNT_WEEKS; unset means the bundled book, derived, `build`, all.

    Raises:
        UserError: if RAW_DATA is no directory, AS_OF_DATE is no date, or ACCOUNT_WEEKS no number.
    """
    given = os.environ if environment is None else environment
    root = project_dir()
    raw_data = (root / given["RAW_DATA"]).resolve() if given.get("RAW_DATA") else root / "seeds"
    if not raw_data.exists():
        raise UserError(f"RAW_DATA is {given['RAW_DATA']}: there is no such directory ({raw_data})")
    if not raw_data.is_dir():
        raise UserError(f"RAW_DATA is {given['RAW_DATA']}: that is a file; give the directory that holds the tables")
    return Settings(
        project_dir=root,
        raw_data=raw_data,
        build_dir=(root / (given.get("BUILD_DIR") or "build")).resolve(),
        as_of_date=parse_date(given.get("AS_OF_DATE", "")),
        account_weeks=parse_weeks(given.get("ACCOUNT_WEEKS", "")),
    )


def parse_weeks(text: str) -> int | None:
    """A whole number of weeks from 1; empty as null.

    Raises:
        UserError: for anything else.
    """
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise UserError(f"ACCOUNT_WEEKS is {text}, which is no whole number of weeks from 1; leave it out for all")
    return int(text)


def parse_date(text: str) -> datetime.date | None:
    """YYYY-MM-DD as a date; empty as null.

    Raises:
        UserError: for anything else.
    """
    if not text:
        return None
    try:
        if len(text) != len("YYYY-MM-DD"):
            raise ValueError
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise UserError(f"AS_OF_DATE is {text}, which is not a date; give YYYY-MM-DD, for example 2026-06-28") from None
