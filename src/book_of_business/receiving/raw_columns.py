"""Received column names and the contract's: matched by letters and digits, in any case, where exactly one fits."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from book_of_business.console import one_line
from book_of_business.receiving.contract import RawTable

SHOWN_NAMES = 8
SHOWN_HEADER = 20
# Below it, difflib finds kinship between any two short names.
LIKENESS = 0.7
LIKENESS_TO_A_MISSING_ONE = 0.55
# What other systems call a column, folded: a suggestion, never a reading.
COMMON_NAMES = {
    "enddate": "endson",
    "renewaldate": "endson",
    "startdate": "startson",
    "canceldate": "cancelledon",
    "cancellationdate": "cancelledon",
    "churndate": "churnedon",
    "ownerid": "csmid",
    "owner": "csmid",
    "account": "accountid",
    "duration": "durationminutes",
    "arr": "arrusd",
    "amount": "amountusd",
    "sentiment": "sentimentscore",
    "closedat": "closedon",
    "closedate": "closedon",
    "hiredate": "hiredon",
    "starttime": "startedat",
    "type": "interactiontype",
}


@dataclass(frozen=True)
class Columns:
    """How the columns of one file go with those of its table.

    `read_as` is {contract column: received name}. `clashes` is {contract column: received names} where several names
    fit and none is exact: such a column is not read. `twice` lists contract columns whose name appears more than once.
    """

    table: RawTable
    received: tuple[str, ...]
    read_as: dict[str, str]
    clashes: dict[str, tuple[str, ...]]
    twice: tuple[str, ...]

    @property
    def missing(self) -> list[str]:
        """Required columns that are not there under any name."""
        return [name for name in required(self.table) if name not in self.read_as and name not in self.clashes]

    @property
    def is_complete(self) -> bool:
        return all(name in self.read_as for name in required(self.table))

    @property
    def renamed(self) -> dict[str, str]:
        """{received name: contract column} of those that are called otherwise."""
        return {received: name for name, received in self.read_as.items() if received.lower() != name}

    @property
    def unread(self) -> list[str]:
        """Received names that are no column of the contract, in the file's order."""
        read = {received.lower() for received in self.read_as.values()}
        clashing = {name for names in self.clashes.values() for name in names}
        return [name for name in self.received if name and name.lower() not in read and name not in clashing]


def fold(name: str) -> str:
    """A name by its letters and digits alone, in lower case. The macro `folded` does the same."""
    return re.sub(r"[\W_]+", "", name.lower())


def required(table: RawTable) -> list[str]:
    """Columns that a table cannot be without."""
    return [column.name for column in table.columns if not column.is_optional]


def match_columns(table: RawTable, header: Sequence[str]) -> Columns:
    """Find each contract column among the received ones: an exact name wins, else the only one that folds to it."""
    received = tuple(name.strip().lstrip("\ufeff") for name in header)
    exact = [name.lower() for name in received]
    by_fold: dict[str, list[str]] = {}
    for name in received:
        by_fold.setdefault(fold(name), []).append(name)
    read_as, clashes, twice = {}, {}, []
    for column in table.columns:
        fitting = by_fold.get(fold(column.name), [])
        if column.name in exact:
            read_as[column.name] = received[exact.index(column.name)]
            if exact.count(column.name) > 1:
                twice.append(column.name)
        elif len({name.lower() for name in fitting}) > 1:
            clashes[column.name] = tuple(fitting)
        elif fitting:
            read_as[column.name] = fitting[0]
            if len(fitting) > 1:
                twice.append(column.name)
    return Columns(table, received, read_as, clashes, tuple(twice))


def column_problems(columns: Columns, place: str) -> list[str]:
    """What a build cannot do with a file's columns, each with what to do."""
    table = columns.table
    told = [
        f"table {table.name} has the column {name} twice in {place}: keep one of `{shown(columns.read_as[name])}`"
        for name in columns.twice
    ]
    for name in required(table):
        if name in columns.clashes:
            told.append(
                f"table {table.name} has {enumerated(quoted(columns.clashes[name]))} for the required column {name} in"
                f" {place}: call the right one {name}"
            )
    if columns.missing:
        plural = "s" if len(columns.missing) > 1 else ""
        told.append(
            f"table {table.name} lacks the required column{plural} {enumerated(columns.missing)} in {place}"
            f" (it has: {shortened(columns.received, SHOWN_HEADER)}){suggestions(columns)}"
        )
    return told


def column_notes(columns: Columns, *, without: Iterable[str] = ()) -> list[str]:
    """What to say of columns that are read under another name, and of those that are not read.

    `without` are names that nobody wants to hear of, such as those of partitions.
    """
    table = columns.table.name
    notes = []
    if columns.renamed:
        pairs = [f"`{shown(received)}`" for received in columns.renamed]
        first, *others = zip(pairs, columns.renamed.values(), strict=True)
        told = [f"{first[0]} is read as {first[1]}", *(f"{pair} as {name}" for pair, name in others)]
        notes.append(f"{table}: {shortened(told, SHOWN_NAMES)}")
    for name, names in columns.clashes.items():
        notes.append(
            f"{table}: {name} is not read, since {enumerated(quoted(names))} both fit: call the right one {name}"
        )
    if unread := [name for name in columns.unread if name not in set(without)]:
        absent = {fold(name): name for name in absent_columns(columns)}
        told = []
        for name in unread:
            near = [known for known in (COMMON_NAMES.get(fold(name)),) if known and known in absent]
            near = near or difflib.get_close_matches(fold(name), absent, n=1, cutoff=LIKENESS)
            told.append(f"`{shown(name)}`" + (f" (did you mean `{absent[near[0]]}`?)" if near else ""))
        # those with a suggestion are why anybody reads on
        told.sort(key=lambda text: "(did you mean" not in text)
        notes.append(f"{table}: not read: {shortened(told, SHOWN_NAMES)}")
    return notes


def absent_columns(columns: Columns) -> list[str]:
    """Contract columns that nothing is read for."""
    return [column.name for column in columns.table.columns if column.name not in columns.read_as]


def suggestions(columns: Columns) -> str:
    """`; did you mean ...` for missing columns that have a likely one among those that are not read."""
    unread = {fold(name): name for name in columns.unread}
    told = []
    for name in columns.missing:
        # `Id`, `Name` and `Type` of a file that says by its own name of what
        own = fold(name).removeprefix(fold(singular(columns.table.name)))
        near = [own] if own in unread else []
        near = near or [other for other, known in COMMON_NAMES.items() if known == fold(name) and other in unread][:1]
        near = near or difflib.get_close_matches(fold(name), unread, n=1, cutoff=LIKENESS_TO_A_MISSING_ONE)
        if near:
            told.append(f"`{shown(unread[near[0]])}` for {name}")
    return f"; did you mean {enumerated(told)}?" if told else ""


def singular(name: str) -> str:
    """An English plural, in the singular: of names of tables, where no exact grammar is needed."""
    if name.endswith("ies"):
        return name[:-3] + "y"
    # `nps` is none
    return name[:-1] if len(name) > 3 and name.endswith("s") and not name.endswith("ss") else name


def shown(name: str) -> str:
    """A received name as one harmless line."""
    return one_line(name, limit=40)


def quoted(names: Iterable[str]) -> list[str]:
    """Received names between backticks."""
    return [f"`{shown(name)}`" for name in names]


def shortened(names: Sequence[str], limit: int) -> str:
    """The first names, with commas between, and how many more there are."""
    told = ", ".join(one_line(name, limit=100) for name in names[:limit])
    return told + (f" and {len(names) - limit:,} more" if len(names) > limit else "")


def enumerated(names: Sequence[str]) -> str:
    """Names in a sentence: `a`, `a and b`, `a, b and c`."""
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else ""
