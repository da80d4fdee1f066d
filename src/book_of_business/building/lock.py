"""One build at a time in a build directory."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from book_of_business.errors import UserError


@contextmanager
def one_build_at_a_time(build_dir: Path) -> Iterator[None]:
    """Hold the build directory's lock; the system lets go of it however this process ends.

    Raises:
        UserError: if another build holds it.
    """
    with (build_dir / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(
                f"another build is running in {build_dir}: wait for it, or give another BUILD_DIR"
            ) from None
        yield
