"""What a person sees of a run: steps with their time, progress while something is going on."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

ProgressCallback = Callable[[int, int, str], None]  # done, total, what is being done

error_console = Console(stderr=True, highlight=False, soft_wrap=True)
# A terminal is read, not searched: a million accounts have twenty thousand CSMs.
SHOWN_CSMS = 60
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def one_line(text: str, limit: int = 60) -> str:
    """A received text as one harmless line: names may hold line ends, terminal codes or marks that turn text around."""
    line = CONTROL_CHARACTERS.sub(" ", text).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def count_of(number: float, noun: str, plural: str | None = None) -> str:
    """`1 account`, `1,200 accounts`."""
    return f"{number:,.0f} {noun if number == 1 else plural or noun + 's'}"


@contextmanager
def step(title: str) -> Iterator[ProgressCallback]:
    """Announce a step, show its progress, and say how long it took."""
    started = time.monotonic()
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
        console=error_console,
        transient=True,
        disable=not error_console.is_terminal,
    ) as progress:
        task = progress.add_task(title, total=None, detail="")

        def update(done: int, total: int, detail: str) -> None:
            progress.update(task, completed=done, total=total, detail=one_line(detail))

        if not error_console.is_terminal:
            print(f"{title} ...", file=sys.stderr, flush=True)
        yield update
    error_console.print(f"{title}: {time.monotonic() - started:.1f} s")
