"""What was measured, as JSON lines: written at once, so that an interrupted session loses nothing and goes on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from book_of_business.proof.bench.sizes import Size

Record = dict[str, Any]


@dataclass
class Session:
    """The measurements of one size, made one after the other on one machine from one commit."""

    size: Size
    facts: Record
    measured: list[Record] = field(default_factory=list)

    def runs_of(self, step: str) -> int:
        return sum(record["step"] == step for record in self.measured)

    def add(self, record: Record) -> None:
        """Keep a measurement, on the disk too."""
        record = {"kind": "measured", "size": self.size.name, "accounts": self.size.accounts} | record
        self.measured.append(record)
        with self.size.session_file.open("a", encoding="utf-8") as handle:
            handle.write(lines([record]))

    def records(self) -> list[Record]:
        return [self.facts, *self.measured]


def open_session(size: Size, facts: Record) -> Session:
    """The unfinished session of a size, if it is of the same machine and commit; else a new one."""
    about = {"kind": "session", "size": size.name, "accounts": size.accounts, "weeks": size.weeks} | facts
    found = read(size.session_file)
    goes_on = bool(found) and found[0] == about and found[-1]["kind"] != "finished"
    session = Session(size, about, found[1:] if goes_on else [])
    size.folder.mkdir(parents=True, exist_ok=True)
    # start a new line: one that a killed run left half-written would swallow the next
    size.session_file.write_text(lines(session.records()), encoding="utf-8")
    return session


def finish_session(session: Session) -> None:
    """The next run of this size starts from the beginning."""
    with session.size.session_file.open("a", encoding="utf-8") as handle:
        handle.write(lines([{"kind": "finished"}]))


def lines(records: list[Record]) -> str:
    """Records as JSON lines."""
    return "".join(json.dumps(record) + "\n" for record in records)


def read(path: Path) -> list[Record]:
    """Records of a file; none if it is not there. A half-written last line, of a run that was killed, is left out."""
    records: list[Record] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return records


def replace_size(path: Path, session: Session) -> list[Record]:
    """Put the records of a size in the place of its older ones in a file; returns all records, small sizes first."""
    kept = [record for record in read(path) if record["size"] != session.size.name]
    records = sorted([*kept, *session.records()], key=lambda record: record["accounts"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(lines(records), encoding="utf-8")
    return records
