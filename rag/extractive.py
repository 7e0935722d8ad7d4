"""Answers that quote: question -> hits -> reading -> refused, or the papers' own sentences."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

from ingest.filters import EVERYTHING, Filters
from ingest.library import Library
from rag.abstain import answerable
from rag.answer import Answer, Citation, Hit, Reason
from rag.quote import answer_text, quoted_sentences, refusal_text
from rag.read.cross_encoder import bundled
from rag.read.disagreement import disagreement_asked, opposed
from rag.read.features import Viewer
from rag.read.presupposition import contradicted_figure
from rag.read.weights import Weights
from rag.reader import LOOKED_AT, Reader, Reading
from rag.retrieve import Retriever
from rag.threads import one_blas_thread
from rag.understand.entities import named_hits
from rag.understand.language import is_english

KEPT_HITS = 10  # hits that an answer carries
APART_HITS = 60  # papers that are read for what points apart, of either search


class Extractive:
    """Answers from one library without a model."""

    def __init__(
        self, library: Library, retrieve: Retriever, viewer: Viewer, weights: Weights
    ) -> None:
        self.read = Reader(viewer, weights, bundled())
        self._library, self._retrieve = library, retrieve
        self._viewer, self._answerable = viewer, weights.answerable

    @one_blas_thread()
    def __call__(self, question: str, understood: str, filters: Filters) -> tuple[Answer, Reading]:
        """The answer or the refusal, and what it was read from."""
        clock = [time.perf_counter()]
        warnings: list[str] = []
        hits = self._retrieve(understood, k=LOOKED_AT, filters=filters, warn=warnings.append)
        clock.append(time.perf_counter())
        reading = self.read(understood, hits)
        searched = len(hits) if len(hits) < LOOKED_AT else len(self._library)
        verdict = answerable(reading, self._viewer, self._answerable, searched)
        clock.append(time.perf_counter())
        reason: Reason | None = None
        citations: tuple[Citation, ...] = ()
        if verdict.reason is None:
            text, citations = answer_text(reading, contradicted_figure(reading, self._viewer))
        else:
            reason = self._reason(verdict.reason, understood, hits, filters)
            text = refusal_text(reason, reading.hits, verdict.missing)
        answer = Answer(
            question=question,
            understood=understood,
            text=text,
            citations=citations,
            hits=scaled(reading.hits[:KEPT_HITS]),
            refused=reason is not None,
            reason=reason,
            confidence=verdict.confidence,
            timings={"retrieve": clock[1] - clock[0], "read": clock[2] - clock[1]},
            warnings=tuple(warnings),
            sentences=quoted_sentences(text, citations),
        )
        return answer, reading

    def apart(self, question: str, filters: Filters) -> Answer | None:
        """Where papers disagree, if the question asks for that; None for any other question."""
        topic = disagreement_asked(question)
        if topic is None:
            return None
        from rag.verify.apart import pairs_apart  # who asks anything else doesn't pay for it

        warnings: list[str] = []
        hits = [
            hit
            for query in (topic, f"{topic} hurts, degrades or does not improve performance")
            for hit in self._retrieve(query, k=APART_HITS, filters=filters, warn=warnings.append)
        ]
        pairs = pairs_apart(topic, list({hit.paper.id: hit.paper for hit in hits}.values()))
        if not pairs:
            read, _ = self(topic, topic, filters)
            if read.refused and read.reason != "no_detail":
                return replace(read, understood=question)
            hits = list(read.hits)
        told = opposed(question, topic, pairs, hits[:KEPT_HITS])
        return replace(told, warnings=tuple(dict.fromkeys(warnings)))

    def _reason(
        self, reason: Reason, understood: str, hits: Sequence[Hit], filters: Filters
    ) -> Reason:
        """Why there is no answer: a library or a choice of papers that is empty comes first."""
        if self._library.is_empty:
            return "empty_library"
        if filters != EVERYTHING and (not hits or self._left_out(understood, hits)):
            return "filtered_out"
        return reason if is_english(understood) else "language"

    def _left_out(self, understood: str, hits: Sequence[Hit]) -> bool:
        """Whether the question names papers that the filters have left out."""
        named = named_hits(understood, self._retrieve(understood, k=LOOKED_AT))
        return bool(named) and not {h.paper.id for h in named} & {h.paper.id for h in hits}


def scaled(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The hits with the reader's scores as shares of the best one's: in (0, 1]."""
    return tuple(replace(hit, score=math.exp(hit.score - hits[0].score)) for hit in hits)
