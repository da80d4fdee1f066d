"""Names that a question can be limited to, as the published marts have them, found in a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb

from book_of_business import marts
from book_of_business.questions import words

# kind: names and the values they stand for. A kind before another is preferred where both have a name.
SOURCES = {
    "csm": "select csm_name as name, csm_id as value from marts.dim_csms where not is_unassigned"
    " union all select csm_id, csm_id from marts.dim_csms",
    "account": "select account_name as name, account_id as value from marts.dim_accounts"
    " union all select account_id, account_id from marts.dim_accounts",
    "team": "select distinct team as name, team as value from marts.dim_csms where team is not null",
    "segment": "select distinct segment as name, segment as value from marts.dim_accounts",
    "motion": "select distinct motion as name, motion as value from marts.dim_csms where motion is not null",
    "product": "select distinct product as name, product as value from marts.fct_product_discussions",
    "competitor": "select distinct competitor as name, competitor as value from marts.fct_competitor_mentions",
}
# A part of a name stands for the whole where it is this long and no other name has it.
LEAST_PART = 4
# After these a team or segment is meant even where it is a common word.
KIND_WORDS = {"team": "team", "segment": "segment", "motion": "motion", "product": "product"}


@dataclass(frozen=True)
class Named:
    """A name in a text: the words from `start` to before `end`, and the values of a kind that it can stand for."""

    kind: str
    values: tuple[str, ...]
    start: int
    end: int
    said: str


@dataclass
class Names:
    """{words of a name: {kind: values}}, whole names and parts of them."""

    whole: dict[tuple[str, ...], dict[str, set[str]]] = field(default_factory=dict)
    parts: dict[tuple[str, ...], dict[str, set[str]]] = field(default_factory=dict)
    longest: int = 1

    def add(self, kind: str, name: str, value: str) -> None:
        """Take up a name. Parts of CSMs' and accounts' names lead to them as well."""
        said = tuple(words.tokens(name))
        if not said:
            return
        self.whole.setdefault(said, {}).setdefault(kind, set()).add(value)
        self.longest = max(self.longest, len(said))
        if kind not in ("csm", "account") or len(said) == 1:
            return
        shorter = [said[:length] for length in range(1, len(said))]
        if kind == "csm":
            shorter.append(said[-1:])
        for part in shorter:
            if len("".join(part)) >= LEAST_PART:
                self.parts.setdefault(part, {}).setdefault(kind, set()).add(value)

    def found_in(self, said: list[str], is_name: list[bool], known: frozenset[str]) -> Iterator[Named]:
        """The names in the words of a text, the longest first at each place.

        Args:
            said: the words of the text, folded.
            is_name: whether each is written like a name (a capital that begins no sentence, or quoted).
            known: stems of the questions themselves: such a word is a name only where it is written like one, or
                after the word for its kind.
        """
        place = 0
        while place < len(said):
            for end in range(min(len(said), place + self.longest), place, -1):
                part = tuple(said[place:end])
                kinds = self.whole.get(part) or self.parts.get(part)
                if not kinds:
                    continue
                is_common = end - place == 1 and (words.stem(said[place]) in known or said[place] in words.COMMON)
                before = said[place - 1] if place else ""
                after = said[end] if end < len(said) else ""
                beside = {kind for kind, word in KIND_WORDS.items() if word in (before, after)}
                if is_common and not is_name[place] and not beside & kinds.keys():
                    continue
                kind = next(kind for kind in (*sorted(beside & kinds.keys()), *SOURCES) if kind in kinds)
                yield Named(kind, tuple(sorted(kinds[kind])), place, end, " ".join(part))
                place = end - 1
                break
            place += 1


def read_names(connection: duckdb.DuckDBPyConnection) -> Names:
    """The names of a published file.

    Raises:
        UserError: if the file lacks a mart.
    """
    names = Names()
    for kind, sql in SOURCES.items():
        for name, value in marts.query(connection, sql).iter_rows():
            if name is not None:
                names.add(kind, str(name).replace("_", " "), str(value))
    return names
