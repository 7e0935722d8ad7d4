"""A small transformer that reads a question and an abstract together.

It scores each sentence, and "not answered here". What it was made of stands in
``cross-v2/CARD.md``; it is trained by ``eval/train/cross.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.embedders.transformer import Transformer
from ingest.paper import Paper
from ingest.sentences import Span, sentences

BUNDLED = Path(__file__).parent / "cross-v2"
LENGTH = 288  # word pieces of a pass, some 200 words
QUESTION, TITLE = 64, 40  # of which at most so many are the question's and the title's
_READ = 2_000  # characters of a question: more than its pieces can have
_NOTHING = -10.0  # log odds that a paper without a text answers
_KEPT = 256  # judgements


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What one paper has to say: the log odds that it answers, and a score for each sentence.

    ``sentences`` ``(n,)``: log odds against "not answered here"; those that weren't read any more
    have the least one's.
    """

    answers: float
    sentences: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pass:
    """The word pieces of one pass, where its second part starts, and each sentence's (start, end).

    ``[CLS] question [SEP] title [SEP] s1 [SEP] s2 ...``, cut after LENGTH pieces.
    """

    ids: list[int]
    second: int
    spans: list[Span]

    @classmethod
    def of(cls, pieces: Sequence[Sequence[int]], ends: tuple[int, int]) -> Pass:
        """From the pieces of the question, of the title and of each sentence."""
        question, title, *rest = pieces
        start, sep = ends
        ids = [start, *question[:QUESTION], sep]
        second = len(ids)
        ids += [*title[:TITLE], sep]
        spans = []
        for some in rest:
            begin = len(ids)
            if begin >= LENGTH - 1:
                break
            ids += some[: LENGTH - 1 - begin]
            spans.append((begin, len(ids)))
            ids.append(sep)
        return cls(ids, second, spans)


class CrossEncoder:
    """Judges how papers answer a question; a pair's scores depend on nothing but the pair."""

    def __init__(self, folder: Path = BUNDLED) -> None:
        self._transformer = Transformer(folder, "cross.onnx")
        self._seen = lru_cache(maxsize=_KEPT)(self._judged)

    def __call__(self, question: str, papers: Sequence[Paper]) -> list[Judged]:
        """One ``Judged`` a paper, in order; some 24 ms of one core each."""
        return self.of(question, [(paper.title, paper.abstract) for paper in papers])

    def of(self, question: str, texts: Sequence[tuple[str, str]]) -> list[Judged]:
        """The same of titles and abstracts; a claim may stand for the question."""
        pairs = [(question[:_READ], *text) for text in texts]
        return self._transformer.each(lambda pair: self._seen(*pair), pairs)

    def _judged(self, question: str, title: str, abstract: str) -> Judged:
        texts = sentences(abstract)
        if not texts:
            return Judged(_NOTHING, np.zeros(0, np.float32))
        pieces = self._transformer.pieces([question, title, *texts])
        row = Pass.of(pieces, self._transformer.ends)
        segments = np.zeros((1, len(row.spans), len(row.ids)), np.float32)
        for number, (start, end) in enumerate(row.spans):
            segments[0, number, start:end] = 1 / max(1, end - start)
        types = np.zeros((1, len(row.ids)), np.int64)
        types[0, row.second :] = 1
        ids = np.array([row.ids], np.int64)
        scores = self._transformer.run(ids=ids, types=types, segments=segments)
        read = scores[1:] - scores[0]
        every = np.full(len(texts), read.min(), np.float32)
        every[: len(read)] = read
        return Judged(float(np.logaddexp.reduce(read)), every)


@cache
def bundled() -> CrossEncoder:
    """The one that ships with the code, loaded once for all libraries of a process."""
    return CrossEncoder()
