"""Great Expectations in a process of its own: its import takes seconds, which pass while dbt works."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from types import TracebackType

from book_of_business.errors import UserError
from book_of_business.settings import Settings


@dataclass(frozen=True)
class Verdict:
    """What validation found: whether a required expectation failed, and the summary for the terminal."""

    is_stopping: bool
    text: str


class ValidationWorker:
    """Answers one phase after another; with `is_idle` it starts nothing and finds nothing."""

    def __init__(self, settings: Settings, *, is_idle: bool) -> None:
        self._settings = settings
        self._is_idle = is_idle
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> ValidationWorker:
        if not self._is_idle:
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
                stderr=subprocess.PIPE,
                text=True,
                cwd=self._settings.project_dir,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.communicate()

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
            said = self._process.communicate()[1].strip().splitlines()
            raise UserError(f"validation of the {phase} ended early: {said[-1] if said else 'without a word'}")
        told = json.loads(answer)
        return Verdict(is_stopping=told["is_stopping"], text=told["text"])
