"""What the Python tests share: a small simulated book, and the build run as its user runs it."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
PARSED_ONCE = [sys.executable, str(ROOT / "tests" / "parsed_once.py")]


@dataclass(frozen=True)
class Run:
    """What a command said, and where it wrote."""

    code: int
    output: str
    errors: str
    build_dir: Path

    @property
    def said(self) -> str:
        return self.output + self.errors

    @property
    def published_file(self) -> Path:
        return self.build_dir / "book_of_business.duckdb"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "book_of_business", *arguments]


def quick_command(*arguments: str) -> list[str]:
    """The same, without parsing the project again."""
    return [*PARSED_ONCE, *arguments]


def environment(build_dir: Path, raw_data: Path | None, as_of_date: str = "") -> dict[str, str]:
    """The environment of a user's shell, with nothing of the tester's own book in it."""
    own = {name: value for name, value in os.environ.items() if name not in ("RAW_DATA", "AS_OF_DATE", "BUILD_DIR")}
    own |= {"BUILD_DIR": str(build_dir), "AS_OF_DATE": as_of_date, "COLUMNS": "140", "REMEMBER_BUILD": "0"}
    return own | ({"RAW_DATA": str(raw_data)} if raw_data else {})


def run_build(build_dir: Path, raw_data: Path | None, *arguments: str, as_of_date: str = "") -> Run:
    """`python -m book_of_business build` as a process of its own."""
    done = subprocess.run(
        quick_command("build", *arguments),
        cwd=ROOT,
        env=environment(build_dir, raw_data, as_of_date),
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr, build_dir)


def rows(path: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def simulate(out: Path, *arguments: str) -> Path:
    subprocess.run(command("simulate", str(out), *arguments), cwd=ROOT, check=True, capture_output=True)
    return out


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """At exit DuckDB's bindings print which of their functions other libraries still hold: that is no finding."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


@contextmanager
def shared_folder(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A folder that the processes of a test run have in common; one at a time is in it."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield folder


@pytest.fixture(scope="session")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 accounts and 5 CSMs over 16 weeks, as flat CSV files."""
    with shared_folder(tmp_path_factory, "small_book") as folder:
        if not (folder / "book").exists():
            simulate(folder / "part", "--accounts", "40", "--csms", "5", "--weeks", "16", "--seed", "7")
            (folder / "part").rename(folder / "book")
    return folder / "book"


@pytest.fixture(scope="session")
def small_build(tmp_path_factory: pytest.TempPathFactory, small_book: Path) -> Run:
    """The small book, built and published once; tests read it and do not write to it."""
    with shared_folder(tmp_path_factory, "small_build") as folder:
        if not (folder / "build" / "marts").exists():
            done = run_build(folder / "build", small_book, "--fast")
            assert done.code == 0, done.said
    return Run(0, "", "", folder / "build")
