"""How a value is written: the contract's own forms and the plain ones that are read as well."""

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any


class NativeNan(str):
    """A native NaN in a Parquet column. The word `NaN` in a text column is null; this is a fault."""


def folded_name(name: str) -> str:
    """A column's name by its letters and digits, in any case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?")
WHOLE = re.compile(r"[+-]?\d+")
NULL_WORDS = ("null", "n/a", "na", "nan", "nat", "none", "<na>", "#n/a", "\\n", "-")
TRUE_WORDS = ("true", "t", "yes", "y", "1", "1.0")
FALSE_WORDS = ("false", "f", "no", "n", "0", "0.0")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
TIMESTAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?"
    r"(Z|[+-]\d{2}(?::?\d{2})?)?"
)


def parse_date(value: str) -> date:
    """The day; a timestamp at midnight is its day."""
    match = MIDNIGHT.fullmatch(value)
    if match:
        value = match.group(1)
    if not DATE.fullmatch(value) or not value.isascii():
        raise ValueError(value)
    return date.fromisoformat(value)


def parse_timestamp(value: str) -> datetime:
    """The instant in UTC; without an offset the text is UTC already."""
    match = TIMESTAMP.fullmatch(value)
    if not match or not value.isascii():
        raise ValueError(value)
    on, hour, minute, second, fraction, offset = match.groups()
    micros = int((fraction or "0").ljust(6, "0")[:6])
    zone = UTC
    if offset and offset != "Z":
        digits = offset[1:].replace(":", "").ljust(4, "0")
        shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        zone = timezone(shift if offset[0] == "+" else -shift)
    at = date.fromisoformat(on)
    local = datetime(at.year, at.month, at.day, int(hour), int(minute), int(second or 0), micros, zone)
    return local.astimezone(UTC)


def parse_number(value: str) -> float:
    if not NUMBER.fullmatch(value) or not value.isascii():
        raise ValueError(value)
    parsed = float(value)
    if not math.isfinite(parsed):
        raise ValueError(value)
    return parsed


def parse_count(value: str) -> int:
    parsed = parse_number(value)
    if parsed != int(parsed):
        raise ValueError(value)
    return int(parsed)


def parse_boolean(value: str) -> bool:
    word = value.lower()
    if word not in (*TRUE_WORDS, *FALSE_WORDS):
        raise ValueError(value)
    return word in TRUE_WORDS


PARSERS = {
    "text": str,
    "date": parse_date,
    "timestamp": parse_timestamp,
    "number": parse_number,
    "count": parse_count,
    "boolean": parse_boolean,
}


def parse(kind: str, value: str) -> Any:
    """The typed value. Raises ValueError when the text does not parse as the kind."""
    try:
        return PARSERS[kind](value)
    except OverflowError as error:
        raise ValueError(value) from error


def is_own_form(kind: str, value: str) -> bool:
    """Whether text that parses is written as the contract writes it, and no plain form of it."""
    if kind == "boolean":
        return value in ("true", "false")
    if kind == "count":
        return WHOLE.fullmatch(value) is not None
    if kind == "date":
        return DATE.fullmatch(value) is not None
    return True


def is_null_word(value: str) -> bool:
    return value.lower() in NULL_WORDS and not isinstance(value, NativeNan)


def folded_value(value: str) -> str:
    """A word of an enumeration in any case, with blank or hyphen for underscore."""
    folded = value.lower().replace(" ", "_").replace("-", "_")
    return "cancelled" if folded == "canceled" else folded


def enumeration_word(value: str, words: set[str]) -> str:
    """The one word that the value means, the value itself where there is none."""
    fitting = [word for word in words if folded_value(word) == folded_value(value)]
    return fitting[0] if value not in words and len(fitting) == 1 else value
