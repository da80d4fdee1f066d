"""Which question of the catalogue a text is nearest to: BM25 over its wordings, and how much of the text it covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from book_of_business.questions import words
from book_of_business.questions.catalogue import Question

COVERAGE_WEIGHT = 2.0


@dataclass(frozen=True)
class Candidate:
    """A question with how well it fits a text.

    score: BM25 of its best wording, as a share of the best question's; coverage: of the weight of the text's words
    (rare ones weigh more) the share that the question has, 0 to 1.
    """

    question: Question
    score: float
    coverage: float

    @property
    def fit(self) -> float:
        """Both in one number: a question that has all the words comes before one that has a rare word often."""
        return self.score + COVERAGE_WEIGHT * self.coverage


class Index:
    """The wordings of all questions. Each is a document of its own, so that many wordings do not dilute one."""

    def __init__(self, questions: Mapping[str, Question]) -> None:
        import bm25s

        self.questions = list(questions.values())
        documents: list[list[str]] = []
        self.owners: list[int] = []
        self.terms: list[set[str]] = []
        for place, question in enumerate(self.questions):
            wordings = [question.text, question.name.replace("_", " "), *question.wordings]
            said = [words.stems(wording) for wording in wordings]
            documents += said
            self.owners += [place] * len(said)
            self.terms.append({term for document in said for term in document} | set(words.stems(question.subject)))
        self.engine = bm25s.BM25()
        self.engine.index(documents, show_progress=False)
        self.vocabulary = frozenset().union(*self.terms)
        count = len(self.questions)
        holding = {term: sum(term in terms for terms in self.terms) for term in self.vocabulary}
        self.weights = {term: float(np.log(1 + count / held)) for term, held in holding.items()}
        self.unknown_weight = float(np.log(1 + count))

    def candidates(self, said: Sequence[str]) -> list[Candidate]:
        """All questions, the nearest first; none if the text has no word of any question."""
        known = self.expanded(said)
        if not known:
            return []
        scores = np.zeros(len(self.questions))
        np.maximum.at(scores, self.owners, self.engine.get_scores(known))
        coverages = np.array([self.coverage(said, terms) for terms in self.terms])
        if not scores.max():
            return []
        shares = scores / scores.max()
        order = np.argsort(-(shares + COVERAGE_WEIGHT * coverages), kind="stable")
        return [Candidate(self.questions[i], float(shares[i]), float(coverages[i])) for i in order]

    def expanded(self, said: Iterable[str]) -> list[str]:
        """The stems of a text and what they also mean, as far as a question has them."""
        return [also for term in said for also in words.meanings(term) if also in self.vocabulary]

    def coverage(self, said: Iterable[str], terms: set[str]) -> float:
        """The share of the weight of a text's words that a question has, in one of their meanings."""
        total = held = 0.0
        for term in dict.fromkeys(said):
            weight = max((self.weights.get(also, 0.0) for also in words.meanings(term)), default=0.0)
            weight = weight or self.unknown_weight
            total += weight
            held += weight if any(also in terms for also in words.meanings(term)) else 0.0
        return held / total if total else 0.0
