"""Periods and numbers in a text: `in the last 90 days`, `over the past two quarters`, `top 5`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

NUMBERS = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
]
NUMBER = rf"(\d+|{'|'.join(NUMBERS)}|a|an|couple of|few|half a|thirty|sixty|ninety)"
UNIT_DAYS = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "quarter": 91, "year": 365}
UNIT = rf"({'|'.join(UNIT_DAYS)})s?"
MONTHS = [
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
]
# `a few` and `a couple of` are no numbers: they are not guessed.
VAGUE = {"few", "couple of"}
LENGTH = re.compile(
    rf"\b(?:(?:in|over|during|within|for|since|of)\s+)?(?:the\s+|these\s+)?"
    rf"(?:(last|past|previous|recent|next|coming|following|upcoming)\s+)?(?:{NUMBER}\s+)?{UNIT}\b(?:\s+(ago|ahead))?"
)
THIS = re.compile(rf"\b(?:in\s+|during\s+)?(this|the current|current)\s+{UNIT}\b")
WEEK_BY_WEEK = re.compile(r"\bweek (?:by|to|over|after) week\b|\b(?:per|a|each|every|by) week\b")
SINCE = re.compile(r"\bsince (\d{4})-(\d{2})-(\d{2})\b")
OTHER = re.compile(
    rf"\b(?:yesterday|tomorrow|(?:in|since|until|before|after|between|from)\s+(?:{'|'.join(MONTHS)}|20\d\d|q[1-4])\b"
    r"(?:\s+20\d\d)?|\d{4}-\d{2}-\d{2}|q[1-4]\s*20\d\d|last (?:summer|winter|spring|autumn|christmas))"
)
COUNT = re.compile(
    rf"\b(?:top|first|best|worst)\s+{NUMBER}\b|\b{NUMBER}\s+(?=largest|biggest|heaviest|most|accounts\b|customers\b)"
)


@dataclass(frozen=True)
class Period:
    """A period in a text: days back from the date of the marts, or ahead (`is_ahead`); `days` is null where unclear.

    `is_now` marks the current or the last complete week, month and so on, of which a question may be anyway.
    """

    said: str
    days: int | None
    is_ahead: bool = False
    is_now: bool = False
    unit: str | None = None


def number(said: str | None) -> float | None:
    """A number in words or digits; null where it is vague. None said is one."""
    if said is None or said in ("a", "an"):
        return 1
    if said in VAGUE:
        return None
    if said == "half a":
        return 0.5
    tens = {"thirty": 30, "sixty": 60, "ninety": 90}
    return float(said) if said.isdigit() else float(tens.get(said) or NUMBERS.index(said))


def take_periods(text: str, as_of_date: date) -> tuple[list[Period], str]:
    """The periods of a folded text, and the text without them."""
    found: list[Period] = []

    def take(pattern: re.Pattern[str], made) -> None:
        nonlocal text

        def replace(match: re.Match[str]) -> str:
            period = made(match)
            if period is None:
                return match.group(0)
            found.append(period)
            return " . "

        text = pattern.sub(replace, text)

    def since(match: re.Match[str]) -> Period:
        try:
            day = date(*map(int, match.groups()))
        except ValueError:
            return Period(match.group(0), None)
        days = (as_of_date - day).days + 1
        return Period(match.group(0), days if days > 0 else None)

    def current(match: re.Match[str]) -> Period:
        unit = match.group(2)
        start = {
            "day": as_of_date,
            "week": as_of_date - timedelta(days=as_of_date.weekday()),
            "month": as_of_date.replace(day=1),
            "quarter": as_of_date.replace(month=(as_of_date.month - 1) // 3 * 3 + 1, day=1),
            "year": as_of_date.replace(month=1, day=1),
        }.get(unit)
        days = (as_of_date - start).days + 1 if start else None
        return Period(match.group(0), days, is_now=True, unit=unit)

    def length(match: re.Match[str]) -> Period | None:
        direction, said, unit, after = match.groups()
        if not direction and not said and not after:
            return None
        many = number(said)
        days = None if many is None else round(many * UNIT_DAYS[unit])
        is_ahead = direction in ("next", "coming", "following", "upcoming") or after == "ahead"
        if after == "ago":
            days = None
        return Period(match.group(0).strip(), days, is_ahead, said is None and not is_ahead, unit)

    take(SINCE, since)
    take(OTHER, lambda match: Period(match.group(0), None))
    text = WEEK_BY_WEEK.sub(" over time ", text)
    take(THIS, current)
    take(LENGTH, length)
    return found, text


def take_count(text: str) -> tuple[int | None, str]:
    """How many rows a folded text asks for (`top 5`), and the text without it."""
    match = COUNT.search(text)
    if not match:
        return None, text
    many = number(match.group(1) or match.group(2))
    if many is None or many < 1 or not float(many).is_integer() or (match.group(1) or match.group(2)) in ("a", "an"):
        return None, text
    rest = match.group(0).split()[0] if match.group(1) else ""
    return int(many), text[: match.start()] + f" {rest} " + text[match.end() :]
