"""Watch a process: wall time, CPU time and the peak memory of it and all its children."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from book_of_business.errors import UserError

EVERY_SECONDS = 0.2  # looking costs some milliseconds, on a core that the process may want
LAST_CHARACTERS = 1500


@dataclass(frozen=True)
class Measured:
    """What a process cost. Memory is resident memory at its highest.

    Of a single process that is the kernel's own mark; of several at once the highest sum that was seen.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int


def measure(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    on_tick: Callable[[], None] = lambda: None,
) -> Measured:
    """Run a command in a folder to its end; what it says goes to `log`. Interrupted, it is ended with all its children.

    Raises:
        UserError: if it fails, with the end of its log.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    figures = log.with_suffix(".figures.json")
    figures.unlink(missing_ok=True)
    launched = [sys.executable, "-I", "-S", launch_file(), str(figures), *command]
    with log.open("wb") as handle:
        process = subprocess.Popen(
            launched, cwd=folder, env=dict(environment), stdout=handle, stderr=handle, start_new_session=True
        )
        peak = 0
        seen: dict[psutil.Process, float] = {}
        try:
            while process.poll() is None:
                resident, seconds = look(process.pid)
                peak = max(peak, resident)
                seen |= seconds
                on_tick()
                time.sleep(EVERY_SECONDS)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        said = log.read_text(errors="replace")[-LAST_CHARACTERS:].strip()
        raise UserError(f"{' '.join(command)} failed ({process.returncode}); the end of {log}:\n{said}")
    told = json.loads(figures.read_text(encoding="utf-8"))
    # the kernel counts children that were waited for, however short they lived; nobody waits for Spark's
    return Measured(
        told["wall_seconds"], max(told["cpu_seconds"], sum(seen.values())), max(told["peak_memory_bytes"], peak)
    )


def launch_file() -> str:
    """Where the small process that starts the command lies; by path, since it runs without any package."""
    return str(Path(__file__).with_name("launch.py"))


def look(pid: int) -> tuple[int, dict[psutil.Process, float]]:
    """Resident bytes of a process' children together, and the CPU seconds of each so far; not of the process itself."""
    total, seconds = 0, {}
    with contextlib.suppress(psutil.NoSuchProcess):
        for each in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied), each.oneshot():
                total += each.memory_info().rss
                seconds[each] = each.cpu_times().user + each.cpu_times().system
    return total, seconds
