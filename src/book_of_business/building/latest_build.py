"""Which build of this checkout was the latest, so that no command learns from another book by mistake."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from book_of_business.errors import UserError
from book_of_business.settings import Settings, project_dir

RECORD = Path("build") / ".latest_build"
OFF = "0"


def remember(settings: Settings) -> None:
    """Write down where this build was published. REMEMBER_BUILD=0 leaves it out: the tests build a hundred books."""
    if os.environ.get("REMEMBER_BUILD") == OFF:
        return
    record = settings.project_dir / RECORD
    record.parent.mkdir(parents=True, exist_ok=True)
    new = record.with_name(f"{record.name}.{os.getpid()}")
    new.write_text(f"{settings.build_dir}\n", encoding="utf-8")
    os.replace(new, record)


def check_folder(environment: Mapping[str, str] | None = None) -> None:
    """Stop where BUILD_DIR is not given and the latest build lies in another folder than `build`.

    Raises:
        UserError: naming both folders and BUILD_DIR.
    """
    given = os.environ if environment is None else environment
    if given.get("BUILD_DIR"):
        return
    root = project_dir()
    try:
        latest = Path((root / RECORD).read_text(encoding="utf-8").strip())
    except OSError:
        return
    usual = (root / "build").resolve()
    if latest.resolve() != usual and (latest / "book_of_business.duckdb").is_file():
        raise UserError(
            f"the latest build is in {latest}, and BUILD_DIR is not set: set BUILD_DIR={latest} to use it, or"
            f" BUILD_DIR={usual} for the book in that folder"
        )
