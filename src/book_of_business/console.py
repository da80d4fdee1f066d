"""What a person sees of a run: steps with their time, progress while something is going on, tables that fit."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

ProgressCallback = Callable[[int, int, str], None]  # done, total, what is being done

error_console = Console(stderr=True, highlight=False, soft_wrap=True)
# A terminal is read, not searched: a million accounts have twenty thousand CSMs.
SHOWN_CSMS = 60
# Where output is piped, and the least that tables are made for: on a narrower terminal lines go on beyond its edge.
PIPED_WIDTH = 80
NAME_WIDTH = 32
# Whatever takes longer says what it is doing; in a file or a pipe it says so again after longer and longer pauses.
SILENT_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 30.0
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def one_line(text: str, limit: int = 60) -> str:
    """A received text as one harmless line: names may hold line ends, terminal codes or marks that turn text around."""
    line = CONTROL_CHARACTERS.sub(" ", text).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def count_of(number: float, noun: str, plural: str | None = None) -> str:
    """`1 account`, `1,200 accounts`."""
    return f"{number:,.0f} {noun if number == 1 else plural or noun + 's'}"


def output_console(*, soft_wrap: bool = False) -> Console:
    """Standard output, as wide as COLUMNS or the terminal says, 80 columns where it is piped and never less."""
    console = Console(highlight=False, soft_wrap=soft_wrap)
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS", "").isdigit():
        console.width = PIPED_WIDTH
    console.width = max(console.width, PIPED_WIDTH)
    return console


def new_table(title: str | Text | None = None, gap: int = 2) -> Table:
    """A table with `gap` blanks between its columns. A title in which names may stand is a `Text`."""
    return Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, gap - 1, 0, 0),
    )


def add_number_column(table: Table, heading: str, cells: Sequence[str], *, is_right: bool = True) -> None:
    """A column as wide as its longest line and its longest word of heading: what stands in it is never cut."""
    lines = [line for cell in cells for line in cell.split("\n")]
    width = max(map(cell_len, [*heading.split(), *lines]), default=1)
    table.add_column(Text(heading), width=width, justify="right" if is_right else "left", overflow="fold")


def add_name_column(table: Table, heading: str) -> None:
    """A column that gives way to the numbers: names go on in the next line where the terminal is narrow."""
    table.add_column(Text(heading), overflow="fold")


def name_with_id(name: str | None, key: str | None, style: str = "") -> Text:
    """`Ana Silva (C01)`: the name shortened where it is long, the id whole. Square brackets in a name are no markup."""
    shown = Text(one_line(name or key or "?", limit=200), style=style)
    shown.truncate(NAME_WIDTH, overflow="ellipsis")
    if name and key and name.casefold() != key.casefold():
        shown.append(f" ({one_line(key, limit=200)})")
    return shown


class Step:
    """Something that is going on: callable with what is done, of how many, and what is being done now.

    `result` is told with the time at the end, such as `20 tables`.
    """

    def __init__(self) -> None:
        self.result = ""
        self.on_change: Callable[[int, int | None], None] | None = None
        self._done = 0
        self._total = 0
        self._detail = ""
        self._since = time.monotonic()

    def __call__(self, done: int, total: int, detail: str) -> None:
        if detail != self._detail:
            self._since = time.monotonic()
        self._done, self._total, self._detail = done, total, detail
        if self.on_change:
            self.on_change(done, total or None)

    def detail(self, now: float) -> str:
        """What is being done and for how long: `interactions, 12,345 rows, 9 s`."""
        if not self._detail:
            return ""
        seconds = now - self._since
        waited = f", {seconds:.0f} s" if seconds >= SILENT_SECONDS else ""
        return one_line(self._detail) + waited

    def line(self, started: float, now: float) -> str:
        """The same for a file: `12 of 340, interactions, 12,345 rows, 9 s`, or the seconds since it was started."""
        place = f"{self._done:,} of {self._total:,}" if self._total else ""
        return ", ".join(part for part in (place, self.detail(now)) if part) or f"{now - started:.0f} s so far"


class StepProgress(Progress):
    """The bar of a step, and below it what the step is doing now, with seconds that go on while it is drawn."""

    def __init__(self, current: Step, *columns: ProgressColumn, console: Console) -> None:
        self._current = current
        super().__init__(*columns, console=console, transient=True)

    def get_renderables(self) -> Iterator[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        if detail := self._current.detail(time.monotonic()):
            yield Text(f"  {detail}", no_wrap=True, overflow="ellipsis")


@contextmanager
def step(title: str, *, is_brief: bool = False) -> Iterator[Step]:
    """Announce a step, show its progress, and say how long it took; one that is brief speaks only after two seconds."""
    started = time.monotonic()
    current = Step()
    if error_console.is_terminal:
        with drawn(title, current):
            yield current
    else:
        if not is_brief:
            print(f"{title} ...", file=sys.stderr, flush=True)
        with told(title if is_brief else "", current, started):
            yield current
    seconds = time.monotonic() - started
    if not is_brief or seconds >= SILENT_SECONDS:
        result = f"{current.result}, " if current.result else ""
        error_console.print(f"{title}: {result}{seconds:.1f} s", markup=False)


@contextmanager
def drawn(title: str, current: Step) -> Iterator[None]:
    """The progress of a step on a terminal, drawn again in place."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with StepProgress(current, *columns, console=error_console) as progress:
        task = progress.add_task(title, total=None)
        current.on_change = lambda done, total: progress.update(task, completed=done, total=total)
        yield


@contextmanager
def told(title: str, current: Step, started: float) -> Iterator[None]:
    """The progress of a step in a file or a pipe: a line after two seconds, and again after longer and longer."""
    prefix = f"{title}: " if title else "  "

    def tell() -> None:
        # whoever reads may have had enough, as in `... 2>&1 | head`
        with suppress(OSError):
            print(prefix + current.line(started, time.monotonic()), file=sys.stderr, flush=True)

    with repeated(tell, first=SILENT_SECONDS, longest=LONGEST_PAUSE_SECONDS):
        yield


@contextmanager
def repeated(action: Callable[[], None], *, first: float, longest: float) -> Iterator[None]:
    """Call something beside what runs: after `first` seconds, then after twice as long each time up to `longest`."""
    ended = threading.Event()

    def run() -> None:
        pause = first
        while not ended.wait(pause):
            action()
            pause = min(2 * pause, longest)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
