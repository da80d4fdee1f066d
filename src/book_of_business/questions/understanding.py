"""What a text in plain words asks for: a question of the catalogue with its values, or a refusal with the reason.

Nothing of the text is ignored: a period, a number or a name that the question cannot take makes a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from book_of_business.console import one_line
from book_of_business.questions import periods, words
from book_of_business.questions.catalogue import Question
from book_of_business.questions.retrieval import Candidate, Index
from book_of_business.questions.values import Named, Names

# A question fits where it has this share of the weight of a text's words, and where it is this much nearer than the
# next. Chosen on wordings of our own (tests/questions_in_words/development.csv).
LEAST_COVERAGE = 0.5
ALTERNATIVES = 3
TRIED = 6
NEARLY = 0.75
LONGEST_TEXT = 400
NAME_MARKS = re.compile("[\"'`\u2018-\u201f\u00ab\u00bb]")
LEFT_NUMBER = re.compile(r"(?<![\w.])\d[\d.,]*\s*(?:%|k\b|m\b)?")
AFTER_SENTENCE = re.compile(r"(?:^|[.!?:]\s*)$")


@dataclass(frozen=True)
class Understood:
    """What a text asks for. `question` is null and `reason` says why where it is refused."""

    text: str
    question: Question | None
    parameters: Mapping[str, str | float] = field(default_factory=dict)
    alternatives: tuple[Question, ...] = ()
    reason: str | None = None
    said: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether there is no question to answer."""
        return self.question is None


def understand(text: str, index: Index, names: Names, as_of_date: date) -> Understood:
    """The question that a text asks, bound to the periods, numbers and names in it.

    Args:
        text: one question in English.
        index: the catalogue.
        names: the names in the published marts.
        as_of_date: the date of the marts; periods are counted from it.
    """
    if len(text) > LONGEST_TEXT:
        return Understood(one_line(text, LONGEST_TEXT), None, reason=f"ask in at most {LONGEST_TEXT} characters")
    plain = words.folded(text)
    found_periods, plain = periods.take_periods(plain, as_of_date)
    count, plain = periods.take_count(plain)
    said = words.tokens(plain)
    named = list(names.found_in(said, written_as_names(text, said), index.vocabulary))
    taken = {place for each in named for place in range(each.start, each.end)}
    # `team Growth`: the word for the kind goes with the name
    taken |= {
        place
        for each in named
        for place in (each.start - 1, each.end)
        if 0 <= place < len(said) and said[place] == each.kind
    }
    rest = [word for place, word in enumerate(said) if place not in taken]
    stems = [words.stem(word) for word in rest if word not in words.COMMON]
    candidates = index.candidates([term for term in stems if not term.isdigit()])
    alternatives = tuple(each.question for each in candidates[:ALTERNATIVES])

    def refused(reason: str) -> Understood:
        return Understood(text, None, {}, alternatives, reason)

    if candidates and (strangers := unknown_names(text, rest, index)):
        return refused(f"no CSM, account, team, segment, product or competitor is called {', '.join(strangers)}")
    if not candidates or candidates[0].coverage < LEAST_COVERAGE:
        unknown = [word for word in rest if word not in words.COMMON and is_unknown(word, index)]
        about = f": no question is about {', '.join(dict.fromkeys(unknown))}" if unknown else ""
        return refused(f"it is not clear which question this is{about}")
    reasons = []
    for candidate in near(candidates):
        bound = bind(candidate.question, found_periods, count, named, LEFT_NUMBER.findall(plain))
        if isinstance(bound, str):
            reasons.append(bound)
            continue
        values, phrases = bound
        others = tuple(each for each in alternatives if each is not candidate.question)
        return Understood(text, candidate.question, values, others, None, tuple(phrases))
    return refused(reasons[0])


def near(candidates: list[Candidate]) -> list[Candidate]:
    """The best candidate, and those that fit nearly as well: the values in the text may tell them apart."""
    limit = NEARLY * candidates[0].fit
    return [each for each in candidates[:TRIED] if each.fit >= limit]


def bind(
    question: Question,
    found: list[periods.Period],
    count: int | None,
    named: list[Named],
    numbers: list[str],
) -> tuple[dict[str, str | float], list[str]] | str:
    """The values of a question and the phrases they come from, or why it cannot take what was said."""
    values: dict[str, str | float] = {}
    phrases: list[str] = []
    for period in found:
        problem = bind_period(question, period, values, phrases)
        if problem:
            return problem
    if count is not None:
        if "count" not in question.parameters:
            return f"the question {question.name} does not take a number of rows ({count})"
        values["count"] = count
        phrases.append(f"{count} rows")
    for each in named:
        if each.kind not in question.filters:
            return f"the question {question.name} cannot be limited to {each.said}"
        if len(each.values) > 1:
            return f"{each.said} may be {', '.join(map(one_line, each.values[:5]))}: name one"
        if values.setdefault(each.kind, each.values[0]) != each.values[0]:
            return f"the question {question.name} takes one {each.kind} at a time"
        phrases.append(f"{each.kind} {each.values[0]}")
    left = [number for number in numbers if number.strip(" .,") and not is_in_wordings(number, question)]
    if left:
        return f"the question {question.name} does not take {', '.join(each.strip() for each in left)}"
    for name, value in values.items():
        if name in question.parameters:
            parameter = question.parameters[name]
            if not parameter.least <= float(value) <= parameter.most:
                return f"{name} must be {parameter.least:g} to {parameter.most:g}, not {value:g}"
    return values, phrases


def bind_period(
    question: Question, period: periods.Period, values: dict[str, str | float], phrases: list[str]
) -> str | None:
    """Bind a period to `days` or `weeks` of a question; why not, where that cannot be."""
    if period.days is None:
        return f"{period.said!r} is not a period that can be counted from the date of the marts"
    for name, days_each in (("days", 1), ("weeks", 7)):
        parameter = question.parameters.get(name)
        if not parameter:
            continue
        looks_ahead = "ahead" in parameter.meaning
        # `renewals this quarter` looks ahead as well
        if period.is_ahead != looks_ahead and not (period.is_now and looks_ahead):
            return f"the question {question.name} looks {'ahead' if looks_ahead else 'back'}"
        if name in values:
            return "there is more than one period"
        values[name] = max(1, round(period.days / days_each))
        phrases.append(f"{name} = {values[name]} ({period.said})")
        return None
    if period.is_now and period.unit in ("day", "week", None):
        phrases.append(f"{period.said}: the last complete week")
        return None
    if period.said.strip() in words.folded(" ".join([question.text, *question.wordings])):
        return None
    fixed = re.search(r"last (\d+) days", question.text)
    if fixed and int(fixed.group(1)) == period.days and not period.is_ahead:
        return None
    return f"the question {question.name} has no period that could be {period.said!r}"


def is_in_wordings(number: str, question: Question) -> bool:
    """Whether a number is part of the question itself, such as 100%."""
    return number.strip() in " ".join([question.text, *question.wordings])


def is_unknown(word: str, index: Index) -> bool:
    """Whether no question has a word, in any of its meanings."""
    return not any(also in index.vocabulary for also in words.meanings(words.stem(word)))


def unknown_names(text: str, rest: list[str], index: Index) -> list[str]:
    """Words that are written like names and that nothing is called."""
    names = written_as_names(text, rest)
    return [
        word
        for word, is_name in zip(rest, names, strict=True)
        if is_name and word not in words.COMMON and is_unknown(word, index)
    ]


def written_as_names(text: str, said: list[str]) -> list[bool]:
    """For each folded word whether the text has it with a capital that begins no sentence, or in quotes."""
    marked: dict[str, bool] = {}
    for match in words.WORD.finditer(text):
        word = words.folded(match.group(0))
        begins = bool(AFTER_SENTENCE.search(text[: match.start()].rstrip(" ")))
        is_capital = match.group(0)[:1].isupper() and not (match.group(0).isupper() and len(word) <= ALTERNATIVES + 1)
        quoted = bool(NAME_MARKS.match(text[max(0, match.start() - 1)])) and match.start() > 0
        marked[word] = marked.get(word, False) or (is_capital and not begins) or quoted
    return [marked.get(word, False) for word in said]
