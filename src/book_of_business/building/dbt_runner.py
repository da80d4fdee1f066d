"""Run dbt inside this process: one start-up and one parse for several commands, errors without tracebacks."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import sys
from collections.abc import Sequence
from typing import Any

from book_of_business.console import ProgressCallback
from book_of_business.errors import UserError
from book_of_business.settings import Settings

# Artifacts and a log of every event cost a fifth of dbt's time: only `docs` needs them.
QUICK = ("--no-write-json", "--log-level-file", "warn")
FAILED = ("error", "fail", "runtime error")


class Dbt:
    """dbt for one project and build directory. Importing dbt takes seconds, so it happens on first use."""

    def __init__(self, settings: Settings) -> None:
        os.environ.update(settings.environment())
        os.chdir(settings.project_dir)
        self._manifest: Any = None
        self._messages: list[str] = []
        self._is_interrupted = False
        signal.signal(signal.SIGINT, self._interrupt)

    def run(self, *arguments: str, on_progress: ProgressCallback | None = None) -> Any:
        """One dbt command; its result.

        Raises:
            UserError: if it fails, with each failing node and what dbt says of it.
        """
        from dbt.cli.main import dbtRunner

        if self._manifest is None and arguments[0] != "parse":
            self._manifest = self.run("parse")
        self._messages = []
        runner = dbtRunner(manifest=self._manifest, callbacks=[lambda event: self._listen(event, on_progress)])
        # What dbt still prints in quiet mode (errors with its own stack of macros) is shown by us, once.
        with contextlib.redirect_stdout(io.StringIO()):
            quick = () if arguments[0] == "docs" else QUICK
            outcome = runner.invoke(["--quiet", "--no-use-colors", *quick, *arguments])
        release_database()
        if self._is_interrupted:
            # dbt makes of it a failure without a reason
            raise KeyboardInterrupt
        if not outcome.success:
            raise UserError(self._explain(arguments[0], outcome))
        return outcome.result

    @property
    def manifest(self) -> Any:
        """The project as dbt parsed it; null before the first command."""
        return self._manifest

    def _interrupt(self, *_: object) -> None:
        self._is_interrupted = True
        raise KeyboardInterrupt

    def _listen(self, event: Any, on_progress: ProgressCallback | None) -> None:
        name = event.info.name
        if name == "LogStartLine" and on_progress:
            on_progress(event.data.index, event.data.total, event.data.description)
        elif name in ("MainEncounteredError", "RunningOperationCaughtError"):
            self._messages.append(event.data.exc)
        elif name == "JinjaLogInfo":
            self._messages.append(event.data.msg)

    @property
    def notes(self) -> list[str]:
        """What macros said on the last command."""
        return list(self._messages)

    def _explain(self, command: str, outcome: Any) -> str:
        # an operation has results without a node: it speaks through the messages
        failures = [r for r in getattr(outcome.result, "results", []) if str(r.status) in FAILED and hasattr(r, "node")]
        if failures:
            told = [
                f"{result.node.name} ({result.node.original_file_path}): {plain(result.message)}" for result in failures
            ]
            return f"dbt {command} failed at {len(failures)} place(s):\n" + "\n".join(f"  - {line}" for line in told)
        reasons: Sequence[str] = [plain(message) for message in self._messages if message]
        if not reasons and outcome.exception is not None:
            reasons = [plain(str(outcome.exception))]
        return "\n".join(reasons) or f"dbt {command} failed without saying why; see its log in the build directory"


def plain(message: str | None) -> str:
    """A dbt message without its stack of macros and without the headings that name what the user did not write."""
    text = re.split(r"\n\s*> in macro|\n\s*compiled code at|\nTraceback", message or "no reason given")[0].strip()
    text = re.sub(r"^(Compilation|Runtime|Database) Error in \S+ [^\n]*\n\s*", "", text)
    text = re.sub(r"^(Invalid Input|Constraint|Conversion|Binder|Catalog|Parser|IO) Error: ", "", text)
    return re.sub(r"\n\s*\n+", "\n", text).strip()


def release_database() -> None:
    """Let go of the working file: dbt keeps it open for the life of the process, and validation has to read it."""
    if "dbt.adapters.duckdb.connections" not in sys.modules:
        # a build on Spark
        return
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()
