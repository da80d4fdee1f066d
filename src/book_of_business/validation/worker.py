"""Great Expectations in a process of its own: its import takes seconds, which pass while dbt works."""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from types import TracebackType

from book_of_business.errors import UserError
from book_of_business.settings import Settings

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Verdict:
    """What validation found: whether a required expectation failed, and the summary for the terminal."""

    is_stopping: bool
    text: str


def die_with_parent() -> None:
    """Ask the system to end this process with the build, however that ends: it may hold the working file open."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)  # Linux only; elsewhere the worker ends with its input
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class ValidationWorker:
    """Answers one phase after another; with `is_idle` it starts nothing and finds nothing."""

    def __init__(self, settings: Settings, *, is_idle: bool) -> None:
        self._settings = settings
        self._is_idle = is_idle
        self._process: subprocess.Popen[str] | None = None
        # A file: a pipe that nobody reads would fill up and hang the worker.
        self._log_file = settings.build_dir / "logs" / "validation.log"

    def __enter__(self) -> ValidationWorker:
        if not self._is_idle:
            self._log_file.parent.mkdir(parents=True, exist_ok=True)
            self._log = self._log_file.open("w")
            command = [
                sys.executable,
                "-m",
                "book_of_business.validation",
                "serve",
                "--build-dir",
                str(self._settings.build_dir),
            ]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
                cwd=self._settings.project_dir,
                preexec_fn=die_with_parent,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def validate(self, phase: str) -> Verdict:
        """Run the suites of a phase (`edge` or `marts`).

        Raises:
            UserError: if the worker ended without an answer.
        """
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            return Verdict(is_stopping=False, text="")
        try:
            self._process.stdin.write(f"{phase}\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self._process.kill()
            self._process.wait()
            said = self._log_file.read_text().strip().splitlines()
            raise UserError(f"validation of the {phase} ended early: {said[-1] if said else 'without a word'}")
        told = json.loads(answer)
        return Verdict(is_stopping=told["is_stopping"], text=told["text"])
