"""Run the project's own build many times: each in a process of its own, forked from one that has read dbt already.

That saves a third of the time of a small book, and leaves a process that can be killed at any moment.
"""

import multiprocessing
import os
import resource
import sys
import time
from dataclasses import dataclass
from datetime import date
from multiprocessing.context import ForkServerContext
from pathlib import Path

from tests.parsed_once import share_the_parse

ROOT = Path(__file__).resolve().parents[2]
LOG_TAIL = 3000
PRELOADED = ["dbt.cli.main", "dbt.adapters.duckdb", "book_of_business.building.build", "tests.increments.builds"]


@dataclass(frozen=True)
class Built:
    """How a build ended. `exit_code` is null when it was killed."""

    build_dir: Path
    exit_code: int | None
    log: str
    seconds: float

    @property
    def published(self) -> Path:
        return self.build_dir / "book_of_business.duckdb"

    @property
    def working(self) -> Path:
        return self.build_dir / "working.duckdb"


def context() -> ForkServerContext:
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload(PRELOADED)
    return chosen


def run_build(
    raw: Path,
    build_dir: Path,
    as_of_date: date | None = None,
    *,
    is_full: bool = False,
    kill_after: float | None = None,
    root: Path = ROOT,
) -> Built:
    """Build the raw directory into the build directory; with `kill_after`, kill it so many seconds after its start."""
    build_dir.mkdir(parents=True, exist_ok=True)
    log = build_dir / "build.log"
    environment = {
        "RAW_DATA": str(raw),
        "BUILD_DIR": str(build_dir),
        "AS_OF_DATE": as_of_date.isoformat() if as_of_date else "",
        "FULL": "1" if is_full else "",
        # Random books are spoilt on purpose, and more than a user would put up with.
        "ALLOW_LOSS": "1",
        "DBT_THREADS": os.environ.get("DBT_THREADS", "1"),
    }
    started = time.monotonic()
    process = context().Process(target=child, args=(environment, str(log), str(root)))
    process.start()
    process.join(kill_after)
    if process.exitcode is None:
        process.kill()
        process.join()
        return Built(build_dir, None, "", time.monotonic() - started)
    text = log.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:] if log.exists() else ""
    return Built(build_dir, process.exitcode, text, time.monotonic() - started)


def child(environment: dict[str, str], log: str, root: str) -> None:
    """One build, with everything it says in a file."""
    os.environ.pop("RAW_DATA_IS_REGISTERED", None)
    os.environ.update(environment)
    os.chdir(root)
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    from book_of_business.__main__ import main

    share_the_parse()
    code = main(["build", "--fast"])
    used = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = used.ru_utime + used.ru_stime + children.ru_utime + children.ru_stime
    print(f"{spent:.1f} s of CPU", flush=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
