"""A small transformer that reads a question and an abstract together.

It scores each sentence, and "not answered here". What it was made of stands in
``cross-v1/CARD.md``; it is trained by ``eval/train/cross.py``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.paper import Paper
from ingest.sentences import sentences

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

BUNDLED = Path(__file__).parent / "cross-v1"
LENGTH = 288  # word pieces of a pass, some 200 words
QUESTION, TITLE = 64, 40  # of which at most so many are the question's and the title's
_MOST_THREADS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What one paper has to say: the log odds that it answers, and a score for each sentence.

    ``sentences`` ``(n,)``: log odds against "not answered here"; those that weren't read any more
    have the least one's.
    """

    answers: float
    sentences: NDArray[np.float32]


class CrossEncoder:
    """Judges how papers answer a question; a pair's scores depend on nothing but the pair."""

    def __init__(self, folder: Path = BUNDLED) -> None:
        self._folder = folder
        self._seen = lru_cache(maxsize=256)(self._judged)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(self._folder / "tokenizer.json"))

    @cached_property
    def _session(self) -> InferenceSession:
        import onnxruntime  # 0.1 s: only who asks pays

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a paper a thread is quicker than a paper in all threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(
            str(self._folder / "cross.onnx"), options, providers=["CPUExecutionProvider"]
        )

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1), "askpapers-read")

    def __call__(self, question: str, papers: Sequence[Paper]) -> list[Judged]:
        """One ``Judged`` a paper, in order; some 20 ms of one core each."""
        self._session, self._tokenizer  # noqa: B018 - loaded once, before threads ask for them
        pairs = [(question, paper.title, paper.abstract) for paper in papers]
        if len(pairs) < 2:
            return [self._seen(*pair) for pair in pairs]
        return list(self._pool.map(lambda pair: self._seen(*pair), pairs))

    def _judged(self, question: str, title: str, abstract: str) -> Judged:
        ids, second, spans = self._pass(question, title, abstract)
        count = len(sentences(abstract))
        if not spans:
            return Judged(-10.0, np.zeros(count, np.float32))
        segments = np.zeros((1, len(spans), len(ids)), np.float32)
        for row, (start, end) in enumerate(spans):
            segments[0, row, start:end] = 1 / max(1, end - start)
        types = np.zeros((1, len(ids)), np.int64)
        types[0, second:] = 1
        asked = {"ids": np.array([ids], np.int64), "types": types, "segments": segments}
        scores = self._session.run(None, asked)[0][0]
        own = scores[1:] - scores[0]
        filled = np.full(count, own.min(), np.float32)
        filled[: len(own)] = own
        return Judged(float(np.logaddexp.reduce(own)), filled)

    def _pass(
        self, question: str, title: str, abstract: str
    ) -> tuple[list[int], int, list[tuple[int, int]]]:
        """``[CLS] question [SEP] title [SEP] s1 [SEP] ...``, where its second part starts, and
        each sentence's (start, end)."""
        cls, sep = (int(self._tokenizer.token_to_id(t) or 0) for t in ("[CLS]", "[SEP]"))
        texts = [question[:2000], title, *sentences(abstract)]
        pieces = [e.ids for e in self._tokenizer.encode_batch(texts, add_special_tokens=False)]
        ids = [cls, *pieces[0][:QUESTION], sep]
        second = len(ids)
        ids += [*pieces[1][:TITLE], sep]
        spans = []
        for some in pieces[2:]:
            start = len(ids)
            if start >= LENGTH - 1:
                break
            ids += some[: LENGTH - 1 - start]
            spans.append((start, len(ids)))
            ids.append(sep)
        return ids, second, spans
