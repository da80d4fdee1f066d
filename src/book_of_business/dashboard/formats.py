"""Numbers and dates as the page writes them. Null is a dash: not observed."""

from __future__ import annotations

from datetime import date, datetime

from book_of_business.console import one_line

NOTHING = "\u2013"
SIGNS = ("", "k", "M", "B", "T")
THOUSAND = 1000
WHOLE_FROM = 100
NAME_LENGTH = 48
# Sums of two builds differ in the last digits, and a value between two shown ones must not fall now here, now there.
EXACT = 9


def percent(value: float | None, decimals: int = 0) -> str:
    """A ratio as a percentage; it never rounds onto 100 from a side."""
    if value is None:
        return NOTHING
    value = round(value, EXACT)
    text = f"{value:.{decimals}%}"
    return f"{value:.{decimals + 1}%}" if text.startswith("100") and round(value, 9) != 1 else text


def usd(value: float | None) -> str:
    """US dollars in at most four digits: $950, $12.4k, $3.21M."""
    if value is None:
        return NOTHING
    sign, amount, step = "-" if value < 0 else "", abs(round(value, EXACT)), 0
    while round(amount, 2) >= THOUSAND and step < len(SIGNS) - 1:
        amount /= THOUSAND
        step += 1
    digits = 0 if step == 0 or amount >= WHOLE_FROM else 1 if amount >= 10 else 2
    return f"{sign}${amount:,.{digits}f}{SIGNS[step]}"


def number(value: float | None, decimals: int = 0) -> str:
    """A number with thousands apart."""
    return NOTHING if value is None else f"{round(value, EXACT):,.{decimals}f}"


def signed(value: float | None, decimals: int = 0) -> str:
    """A number with its sign; zero has none."""
    if value is None:
        return NOTHING
    text = f"{round(value, EXACT):+,.{decimals}f}"
    return text[1:] if float(text.replace(",", "")) == 0 else text.replace("-", "\u2212")


def days(value: float | None) -> str:
    """Days in words."""
    return NOTHING if value is None else f"{value:,.0f} day{'' if round(value) == 1 else 's'}"


def day(value: date | datetime | None) -> str:
    """A date as 28 Jun 2026."""
    return NOTHING if value is None else f"{value.day} {value:%b %Y}"


def count(value: float | None, noun: str, plural: str | None = None) -> str:
    """`1 account`, `1,200 accounts`."""
    if value is None:
        return f"{NOTHING} {plural or noun + 's'}"
    return f"{value:,.0f} {noun if value == 1 else plural or noun + 's'}"


def words(code: str | None) -> str:
    """`high_touch` as `high-touch`, `usage_decline` as `usage decline`."""
    if code is None:
        return NOTHING
    return code.replace("_touch", "-touch").replace("mid_market", "mid-market").replace("_", " ")


def listed(names: list[str], most: int = 3) -> str:
    """Names in a sentence: `A, B and 3 more`."""
    if len(names) <= most:
        return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + "".join(names[-1:])
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def name(said: str | None, key: str) -> str:
    """A name in a sentence, else its id: on one line, not too long, without marks that turn text around."""
    return one_line(said or key, NAME_LENGTH) or key
