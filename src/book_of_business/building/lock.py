"""One build at a time in a build directory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from book_of_business.errors import UserError


def check_writable(build_dir: Path) -> None:
    """Stop where a build directory can be neither written nor made, without making it.

    Raises:
        UserError: saying what is in the way.
    """
    nearest = next(folder for folder in (build_dir, *build_dir.parents) if folder.exists())
    if not nearest.is_dir():
        raise unwritable(build_dir, f"{nearest} is a file")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise unwritable(build_dir, f"no permission in {nearest}")


def unwritable(build_dir: Path, reason: str) -> UserError:
    """What to say of a build directory that is of no use, and what to do."""
    return UserError(f"nothing can be written to {build_dir} ({reason}): give a directory of yours as BUILD_DIR")


@contextmanager
def one_build_at_a_time(build_dir: Path) -> Iterator[None]:
    """Hold the build directory's lock, after making the directory; the system lets go of it however this process ends.

    Raises:
        UserError: if another build holds it, or nothing can be written there.
    """
    try:
        build_dir.mkdir(parents=True, exist_ok=True)
        handle = (build_dir / ".lock").open("w")
    except OSError as error:
        raise unwritable(build_dir, error.strerror) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(
                f"another build is running in {build_dir}: wait for it, or give another BUILD_DIR"
            ) from None
        yield
