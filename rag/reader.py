"""Hits -> an answer that quotes the papers' best sentences: no model, no key, no network.

Papers are ranked again with their sentences in view, then sentences are chosen and laid out as
the question asks: one fact, one paper to find, a list, a comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.sentences import Span
from rag.answer import Hit
from rag.intent import Intent, intent, named_hits
from rag.rank import paper_features, sentence_features
from rag.view import PaperView, QuestionView, Viewer
from rag.weights import PAPER_WEIGHTS, SENTENCE_WEIGHTS

LOOKED_AT = 30  # hits whose sentences are read
MAX_SENTENCES = 3
MAX_WORDS = 64  # of the sentences quoted from one paper; the first is taken whatever its length
MAX_LISTED = 20


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

    def __call__(self, question: str, hits: Sequence[Hit]) -> Reading:
        """The papers ranked again and the lines that answer, best first."""
        asked = self.viewer.question(question)
        views = [self.viewer.paper(hit.paper) for hit in hits[:LOOKED_AT]]
        named = named_hits(question, hits[:LOOKED_AT])
        ranked = self._ranked(asked, hits, views, named)
        names = {hit.paper.id for hit in named}
        named = [hit for hit in ranked if hit.paper.id in names]
        kind = intent(question, len(named))
        reading = Reading(asked, kind, (), tuple(ranked), tuple(named))
        if not ranked:
            return reading
        if kind == "compare":
            lines = tuple(self._quote(asked, hit, 2, 45) for hit in named[:4])
        elif kind == "list":
            lines = tuple(self._quote(asked, hit, 1, 0) for hit in _relevant(ranked))
        else:
            lines = (self._quote(asked, ranked[0], MAX_SENTENCES, MAX_WORDS),)
        return replace(reading, lines=lines)

    def _ranked(
        self,
        asked: QuestionView,
        hits: Sequence[Hit],
        views: Sequence[PaperView],
        named: Sequence[Hit],
    ) -> list[Hit]:
        """The hits by their new scores; those not looked at follow in their old order."""
        if not views:
            return []
        rows = paper_features(asked, hits[: len(views)], views, named)
        scores = rows @ np.array(list(PAPER_WEIGHTS.values()))
        order = np.argsort(-scores, kind="stable")
        top = [replace(hits[i], score=float(_squashed(scores[i]))) for i in order]
        rest = [replace(hit, score=min(hit.score, top[-1].score)) for hit in hits[len(views) :]]
        return [*top, *rest]

    def _quote(self, asked: QuestionView, hit: Hit, sentences: int, words: int) -> Quoted:
        """The best sentences of one paper, at most so many in so many words, at least one."""
        view = self.viewer.paper(hit.paper)
        if not view.spans:
            return Quoted(hit, ())
        scores = sentence_scores(asked, hit, view)
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


def sentence_scores(
    asked: QuestionView, hit: Hit, view: PaperView
) -> NDArray[np.float64]:
    """How well each sentence of the hit's paper answers ``(n,)``; comparable within a paper."""
    weights = np.array(list(SENTENCE_WEIGHTS.values()))
    scores: NDArray[np.float64] = sentence_features(asked, hit.paper, view) @ weights
    return scores


def _relevant(ranked: Sequence[Hit]) -> list[Hit]:
    """The hits of a list: down to where relevance ends."""
    floor = 0.5 * ranked[0].score
    return [hit for hit in ranked[:MAX_LISTED] if hit.score >= floor]


def _squashed(score: float) -> float:
    return float(1 / (1 + np.exp(-score)))
