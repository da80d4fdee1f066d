"""Words of a text: folded, stemmed, without what every question has, and with what the field calls alike."""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from pathlib import Path

WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
POSSESSIVE = re.compile(r"['\u2019]s?$")
SYNONYMS = Path(__file__).with_name("synonyms.csv")
# Words that tell no question from another.
COMMON = frozenset(Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8").split())


def folded(text: str) -> str:
    """A text in one form of Unicode and in lower case."""
    return unicodedata.normalize("NFKC", text).casefold()


def tokens(text: str) -> list[str]:
    """The words of a text in lower case, in their order."""
    return [POSSESSIVE.sub("", word) for word in WORD.findall(folded(text))]


@cache
def stemmer():
    """The English stemmer."""
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@cache
def stem(word: str) -> str:
    """The stem of a word: `renewals` and `renewing` have one."""
    return stemmer().stemWord(word)


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """{stem: stems that the field uses for it}."""
    found: dict[str, tuple[str, ...]] = {}
    with SYNONYMS.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            found[stem(row["word"])] = tuple(stem(word) for word in row["means"].split())
    return found


def stems(text: str) -> list[str]:
    """The stems of the words of a text that tell questions apart."""
    return [stem(word) for word in tokens(text) if word not in COMMON]


def meanings(word_stem: str) -> tuple[str, ...]:
    """A stem with what it also means."""
    return (word_stem, *synonyms().get(word_stem, ()))
