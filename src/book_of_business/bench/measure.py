"""Watch a process: wall time, CPU time and the peak memory of it and all its children."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
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
    """What a process cost. Memory is resident memory, summed over its process tree, at its highest."""

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
    with log.open("wb") as handle:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdout=handle, stderr=handle, start_new_session=True
        )
        peak = 0
        seen: dict[psutil.Process, float] = {}
        try:
            while True:
                pid, status, used = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    break
                resident, seconds = look(process.pid)
                peak = max(peak, resident, high_water_mark(process.pid))
                seen |= seconds
                on_tick()
                time.sleep(EVERY_SECONDS)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = log.read_text(errors="replace")[-LAST_CHARACTERS:].strip()
        raise UserError(f"{' '.join(command)} failed ({process.returncode}); the end of {log}:\n{said}")
    # the kernel counts children that were waited for, however short they lived; nobody waits for Spark's
    return Measured(wall, max(used.ru_utime + used.ru_stime, sum(seen.values())), peak)


def look(pid: int) -> tuple[int, dict[psutil.Process, float]]:
    """Resident bytes of a process and its children together, and the CPU seconds of each so far."""
    total, seconds = 0, {}
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for each in [parent, *parent.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied), each.oneshot():
                total += each.memory_info().rss
                seconds[each] = each.cpu_times().user + each.cpu_times().system
    return total, seconds


def high_water_mark(pid: int) -> int:
    """Highest resident bytes of a single process so far, also between two looks; 0 where the kernel does not tell.

    Not `ru_maxrss`: that counts what the process that started this one held.
    """
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
