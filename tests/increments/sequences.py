"""Play a history in one build directory, step by step, and hold it against a build from nothing.

`python -m tests.increments.sequences` is the long version; STEPS, SEED and BOOKS say how long.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

import duckdb

from tests.increments.books import ROOT, Book, day_of, deliver, known_at, read_csv_book
from tests.increments.builds import Built, run_build
from tests.increments.canary import make_incremental
from tests.increments.compare import Difference, compare_files, readable
from tests.increments.history import History, apply, begin, draw, own_project
from tests.oracle.random_book import RandomBook
from tests.oracle.reference import read_reference

FORMS = ("csv", "weeks", "arrivals", "folders")


@dataclass
class Played:
    """One sequence: its steps as they were played, and what differed in the end."""

    description: str
    steps: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    upstream: list[Difference] = field(default_factory=list)

    def __str__(self) -> str:
        listed = "\n".join(f"  {number}. {step}" for number, step in enumerate(self.steps))
        verdict = readable(self.differences) or "  nothing differs"
        hint = f"\nbefore the marts:\n{readable(self.upstream, 40)}" if self.differences else ""
        return f"{self.description}\nsteps:\n{listed}\nincrements against a full build:\n{verdict}{hint}"


class Player:
    """A history, its raw directory, and the build directory that keeps what it can from step to step."""

    def __init__(self, history: History, directory: Path, form: str, seed: object) -> None:
        self.history, self.directory, self.form, self.seed = history, directory, form, seed
        self.raw, self.build_dir = directory / "raw", directory / "build"
        self.played = Played(f"seed {seed}, files as {form}, in {directory}")
        self.seconds = 60.0
        self.number = 0
        self.last: Built | None = None

    def step(self, name: str) -> Built | None:
        """Play a step and build; null where the step found nothing to do or its build was killed."""
        rng = Random(f"{self.seed} {self.number} {name}")
        said = self.change(name, rng)
        if said is None:
            return None
        self.number += 1
        files = deliver(self.history.delivered(), self.raw, self.form, is_rewritten=self.history.is_rewritten)
        kill_after = rng.uniform(0.05, 1) * self.seconds if self.history.is_killed else None
        built = self.build(self.build_dir, kill_after)
        kept = "killed" if built.exit_code is None else rebuilt_from(built)
        cost = next((line for line in reversed(built.log.splitlines()) if line.endswith("of CPU")), "")
        self.played.steps.append(f"{name}: {said} [{len(files)} files; {kept}; {built.seconds:.0f} s, {cost}]")
        if built.exit_code is None:
            return None
        self.seconds = built.seconds
        if built.exit_code:
            self.played.differences.append(Difference("the build", (), name, built.log[-1500:], "no failure", 1))
        self.last = built
        return built

    def change(self, name: str, rng: Random) -> str | None:
        """What the steps of one delivery did, joined by `+` in the name; null if they found nothing to do."""
        if name == "begin":
            return "the first delivery"
        done, flags = [], []
        for part in name.split("+"):
            done.append(apply(self.history, part, rng))
            flags.append((self.history.is_rewritten, self.history.is_killed, self.history.is_full))
        self.history.is_rewritten, self.history.is_killed, self.history.is_full = (
            any(flag) for flag in zip(*flags, strict=True)
        )
        return "; ".join(said for said in done if said) or None

    def build(self, build_dir: Path, kill_after: float | None = None) -> Built:
        history = self.history
        return run_build(
            self.raw, build_dir, history.as_of_date, is_full=history.is_full, kill_after=kill_after, root=history.root
        )

    def check(self) -> list[Difference]:
        """Build afresh and compare; the first finding of the sequence stays."""
        fresh_dir = self.directory / "fresh"
        shutil.rmtree(fresh_dir, ignore_errors=True)
        keep_parsed_project(self.build_dir, fresh_dir)
        self.history.is_full = False
        fresh = self.build(fresh_dir)
        if fresh.exit_code or self.last is None or self.last.exit_code:
            if bool(fresh.exit_code) != bool(self.last and self.last.exit_code):
                text = fresh.log[-1500:]
                self.played.differences.append(Difference("the build", (), "from nothing", text, "increment", 1))
            return self.played.differences
        found = compare_files(self.last.published, fresh.published)
        self.played.differences = found
        if found:
            self.played.upstream = [
                difference
                for schema in ("staging", "intermediate")
                for difference in compare_files(self.last.working, fresh.working, schema)
            ]
        return found


def keep_parsed_project(build_dir: Path, fresh_dir: Path) -> None:
    """What dbt parsed is no part of the marts, and takes a third of a small build."""
    parsed = build_dir / "dbt" / "partial_parse.msgpack"
    (fresh_dir / "dbt").mkdir(parents=True)
    if parsed.exists():
        shutil.copy(parsed, fresh_dir / "dbt")


def rebuilt_from(built: Built) -> str:
    """From where the build says that it began again, for the report only."""
    try:
        with duckdb.connect(str(built.working), read_only=True) as connection:
            day, reason = connection.execute("select rebuild_from, reason from raw.rebuild").fetchone() or (None, "")
    except duckdb.Error:
        return "everything"
    return f"from {day}: {reason}"


# --- books to begin with ---


def simulated_book(directory: Path, seed: int, accounts: int = 24, csms: int = 4, weeks: int = 48) -> Book:
    """The package's simulator: every table, no faults."""
    from book_of_business.__main__ import main

    folder = directory / "simulated"
    sizes = ["--accounts", str(accounts), "--csms", str(csms), "--weeks", str(weeks), "--seed", str(seed)]
    if main(["simulate", str(folder), *sizes, "--format", "csv"]):
        raise RuntimeError("the simulator failed")
    return read_csv_book(folder)


def random_book(seed: int) -> tuple[Book, date]:
    """The oracle's random book, full of faults, and its last day."""
    made = RandomBook(seed, read_reference(ROOT / "seeds" / "reference"))
    return Book({table: rows for table, rows in made.tables.items() if rows}), made.last


def last_day(book: Book) -> date:
    """The last Sunday on or before the latest interaction."""
    days = [
        day for row in book.rows["interactions"] if (day := day_of("interactions", "started_at", row["started_at"]))
    ]
    return max(days) - timedelta(days=(max(days).weekday() + 1) % 7)


def begun(
    directory: Path, kind: str, seed: int, weeks_left: int = 6, *, has_own_project: bool = True, is_canary: bool = False
) -> History:
    """A history that has some weeks to come."""
    if kind == "simulated":
        book = simulated_book(directory, seed)
        last = last_day(book)
    else:
        book, last = random_book(seed)
    root = own_project(directory) if has_own_project or is_canary else ROOT
    if is_canary:
        make_incremental(root)
    return begin(book, last - timedelta(days=7 * weeks_left), root)


def withhold_some(history: History, rng: Random, share: float = 0.01) -> None:
    """Leave out some rows from the beginning, so that they can arrive late."""
    known = known_at(Book({table: [row.values for row in rows] for table, rows in history.rows.items()}), date.max)
    for table in known.rows:
        for row in history.rows[table]:
            if rng.random() < share:
                row.is_withheld = True


def play(
    directory: Path,
    kind: str,
    seed: int,
    names: Iterable[str] | int,
    form: str,
    *,
    check_each: bool = False,
    is_canary: bool = False,
) -> Played:
    """A sequence of named steps, or so many drawn ones, on a book of one kind."""
    history = begun(directory, kind, seed, is_canary=is_canary)
    rng = Random(f"{kind} {seed}")
    if isinstance(names, int):
        withhold_some(history, rng)
    player = Player(history, directory, form, f"{kind} {seed}")
    player.step("begin")
    left = list(names) if not isinstance(names, int) else None
    while left if left is not None else player.number <= int(str(names)):
        name = left.pop(0) if left is not None else draw(rng, history)
        built = player.step(name)
        if player.played.steps:
            print(f"  {player.played.steps[-1]}" if built else f"  ({name})", flush=True)
        if built and check_each and player.check():
            return player.played
    if history.is_killed:
        player.step("weeks:1")
    if not check_each:
        player.check()
    return player.played


def main() -> int:
    """BOOKS sequences of STEPS steps from SEED on, by turns of each kind of book and file; 1 if any differed."""
    seed = int(os.environ.get("SEED", "1"))
    steps = int(os.environ.get("STEPS", "8"))
    books = int(os.environ.get("BOOKS", "4"))
    given = os.environ.get("NAMES", "").split()
    check_each = bool(os.environ.get("CHECK_EACH"))
    is_canary = bool(os.environ.get("CANARY"))
    failed = 0
    for number in range(seed, seed + books):
        kind = os.environ.get("KIND") or ("simulated", "random")[number % 2]
        form = os.environ.get("FORM") or FORMS[number // 2 % len(FORMS)]
        started = time.monotonic()
        directory = Path(tempfile.mkdtemp(prefix=f"increments-{number}-"))
        played = play(directory, kind, number, given or steps, form, check_each=check_each, is_canary=is_canary)
        print(f"SEED={number} {played}\n{time.monotonic() - started:.0f} s", flush=True)
        failed += bool(played.differences)
        if not played.differences:
            shutil.rmtree(directory)
    print(f"{books - failed} of {books} sequences equal a full build")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
