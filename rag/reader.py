"""Hits -> an answer that quotes the papers' best sentences: no model, no key, no network.

Papers are ranked again with their sentences in view, then sentences are chosen and laid out as
the question asks: one fact, one paper to find, a list, a comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.paper import Paper
from ingest.sentences import Span
from rag.answer import Hit
from rag.intent import Intent, intent, named_hits
from rag.rank import member_features, paper_features, sentence_features
from rag.view import QuestionView, Viewer
from rag.weights import Weights

LOOKED_AT = 30  # hits whose sentences are read
MAX_SENTENCES = 3
MAX_WORDS = 64  # of the sentences quoted from one paper; the first is taken whatever its length
MAX_COMPARED = 4  # papers side by side
COMPARE_WORDS = 60  # of each paper
MAX_FOUND = 3  # papers offered when one is sought
CLOSE = 0.6  # how far behind the first one the others may be
MEMBER = 0.25  # the least probability with which a paper is listed


@dataclass(frozen=True, slots=True)
class Quoted:
    """One line of an answer: sentences of one hit's paper, as spans of its abstract, in order."""

    hit: Hit
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What the reader found: its kind, the lines to quote, all hits in their new order.

    ``also`` are further papers that come close when one is sought by a description.
    """

    question: QuestionView
    intent: Intent
    lines: tuple[Quoted, ...]
    hits: tuple[Hit, ...]
    named: tuple[Hit, ...]
    also: tuple[Quoted, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Chooses which sentences of which papers answer a question."""

    viewer: Viewer
    weights: Weights

    def __call__(self, question: str, hits: Sequence[Hit]) -> Reading:
        """The papers ranked again and the lines that answer, best first."""
        asked = self.viewer.question(question)
        named = named_hits(question, hits[:LOOKED_AT])
        kind = intent(question, len(named))
        if not hits:
            return Reading(asked, kind, (), (), ())
        ranked, belongs = self._ranked(asked, hits, named)
        names = {hit.paper.id for hit in named}
        named = [hit for hit in ranked if hit.paper.id in names]
        also: tuple[Quoted, ...] = ()
        if kind == "compare":
            compared = [hit.paper for hit in named[:MAX_COMPARED]]
            lines = tuple(
                self._quote(asked, hit, MAX_SENTENCES, COMPARE_WORDS, compared)
                for hit in named[:MAX_COMPARED]
            )
        elif kind == "list":
            listed = [hit for hit, p in zip(ranked, belongs, strict=False) if p >= MEMBER]
            lines = tuple(self._quote(asked, hit, 1, 0) for hit in listed or ranked[:1])
        else:
            lines = (self._quote(asked, ranked[0], MAX_SENTENCES, MAX_WORDS),)
        if kind in ("find", "fact") and not named:
            close = [hit for hit in ranked[1:MAX_FOUND] if ranked[0].score - hit.score < CLOSE]
            also = tuple(self._quote(asked, hit, 1, 0) for hit in close)
        return Reading(asked, kind, lines, tuple(ranked), tuple(named), also)

    def _ranked(
        self, asked: QuestionView, hits: Sequence[Hit], named: Sequence[Hit]
    ) -> tuple[list[Hit], NDArray[np.float64]]:
        """The hits by their new scores, and of those looked at the probability to be in a list.

        Hits not looked at follow in their old order.
        """
        near = hits[:LOOKED_AT]
        views = [self.viewer.paper(hit.paper) for hit in near]
        rows = paper_features(asked, near, views, named)
        scores = self.weights.paper.score(rows)
        belongs = self.weights.member.probability(member_features(rows, scores))
        order = np.argsort(-scores, kind="stable").tolist()
        ranked = [replace(near[i], score=float(scores[i])) for i in order]
        return ranked + list(hits[LOOKED_AT:]), belongs[order]

    def _quote(
        self,
        asked: QuestionView,
        hit: Hit,
        sentences: int,
        words: int,
        beside: Sequence[Paper] = (),
    ) -> Quoted:
        """The best sentences of one paper, at most so many in so many words, at least one."""
        view = self.viewer.paper(hit.paper)
        if not view.spans:
            return Quoted(hit, ())
        scores = self.weights.sentence.score(sentence_features(asked, hit.paper, view, beside))
        chosen: list[int] = []
        budget = words
        for row in np.argsort(-scores, kind="stable").tolist():
            if chosen and view.words[row] > budget:
                continue
            chosen.append(row)
            budget -= view.words[row]
            if len(chosen) == sentences:
                break
        return Quoted(hit, tuple(view.spans[row] for row in sorted(chosen)))
