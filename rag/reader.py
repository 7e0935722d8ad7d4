"""Hits -> an answer that quotes the papers' best sentences: no model, no key, no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.embedders import Embedder
from ingest.lexical import terms
from ingest.sentences import Span, sentence_spans
from rag.answer import Hit
from rag.names import names_in


@dataclass(frozen=True, slots=True)
class Quoted:
    """One line of an answer: sentences of one hit's paper, as spans of its abstract, in order."""

    hit: Hit
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Chooses which sentences of which papers answer a question."""

    embedder: Embedder

    def __call__(self, question: str, hits: Sequence[Hit]) -> list[Quoted]:
        """The lines of the answer, the best first; empty when there is nothing to quote."""
        named = [hit for hit in hits if names_in(question, hit.paper)]
        chosen = (named or list(hits[:1]))[:4]
        return [self._best(question, hit, 1 if len(chosen) > 1 else 2) for hit in chosen]

    def _best(self, question: str, hit: Hit, n: int) -> Quoted:
        text = hit.paper.abstract
        spans = sentence_spans(text)
        asked = set(terms(question))
        vectors = self.embedder.embed([question, *(text[a:b] for a, b in spans)])
        cosines = vectors[1:] @ vectors[0]
        overlap = np.array([len(asked & set(terms(text[a:b]))) for a, b in spans]) / max(len(asked), 1)
        order = np.argsort(-(overlap + cosines), kind="stable")[:n]
        return Quoted(hit, tuple(spans[i] for i in sorted(order.tolist())))
