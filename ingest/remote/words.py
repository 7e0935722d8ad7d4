"""BM25 for a library whose server has no lexical index, only a search for patterns in documents.

The rarest words of a question are looked for on the server, each by a pattern; the passages that
have most of them, and those that are near in meaning, are fetched and scored here. How rare a word
is, is told by how many passages its pattern finds, and else by a sample of the library.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os.path import commonprefix

from ingest.index.lexical import STOPWORDS, terms

_K1, _B = 1.2, 0.75  # as in the lexical index of a directory
LOOKED_FOR = 6  # words of a question
_COMMON = 0.05  # the share of passages from which on a word is no use for finding any
MOST = 2_000  # passages that a word brings


@dataclass(frozen=True, slots=True)
class Sample:
    """Of a sample of passages: how many have each word, and how long they are."""

    size: int
    having: Mapping[str, int]
    length: float

    @classmethod
    def of(cls, texts: Iterable[str]) -> Sample:
        cut = [terms(text) for text in texts]
        having = Counter(word for words in cut for word in set(words))
        return cls(len(cut), having, sum(map(len, cut)) / max(1, len(cut)))

    def share(self, word: str) -> float:
        """The share of passages that have ``word``."""
        return self.having.get(word, 0.5) / max(1, self.size)


class Query:
    """The words of one question, against a library of ``count`` passages."""

    def __init__(self, text: str, sample: Sample, count: int) -> None:
        self._counts = Counter(terms(text))
        words = [word for word in self._counts if word not in STOPWORDS] or list(self._counts)
        self._sample, self._count = sample, count
        self._having = {word: sample.share(word) * count for word in words}
        self._found: Mapping[str, Sequence[str]] = {}
        self._written = {stem: word for word in re.findall(r"\w+", text) for stem in terms(word)}

    def patterns(self) -> dict[str, str]:
        """What to look for, by word: the rarest ones, the rarest first."""
        rare = sorted(self._having, key=lambda word: (self._having[word], word))
        useful = [w for w in rare if self._sample.share(w) < _COMMON]
        return {word: self._pattern(word) for word in (useful or rare[:1])[:LOOKED_FOR]}

    def _pattern(self, word: str) -> str:
        written = self._written.get(word, word).lower()
        start = commonprefix([word, written]) if written.isascii() else written
        if len(start) > 3:
            return rf"(?i)\b{re.escape(start)}"
        return rf"(?i)\b{re.escape(written)}s?\b"

    def found(self, by_word: Mapping[str, Sequence[str]], k: int) -> list[str]:
        """The ids of the ``k`` passages that have the most telling of the words found."""
        self._found = by_word
        weights: dict[str, float] = {}
        for word, ids in by_word.items():
            self._having[word] = max(len(ids), self._having[word] if len(ids) == MOST else 0)
            for id_ in ids:
                weights[id_] = weights.get(id_, 0.0) + self._idf(word)
        return sorted(weights, key=lambda id_: (-weights[id_], id_))[:k]

    def _idf(self, word: str) -> float:
        having = min(self._having[word], self._count)
        return math.log(1 + (self._count - having + 0.5) / (having + 0.5))

    def scores(self, texts: Mapping[str, str]) -> dict[str, float]:
        """The BM25 of each text that has a word of the question."""
        words = {id_: Counter(terms(text)) for id_, text in texts.items()}
        for word, ids in self._found.items():  # a pattern finds other words, too
            seen = [word in words[id_] for id_ in ids if id_ in words]
            self._having[word] *= max(sum(seen), 0.5) / max(len(seen), 0.5)
        found = {id_: self._score(counts) for id_, counts in words.items()}
        return {id_: score for id_, score in found.items() if score > 0}

    def _score(self, counts: Counter[str]) -> float:
        norm = _K1 * (1 - _B + _B * counts.total() / (self._sample.length or 1.0))
        return sum(
            self._counts[w] * self._idf(w) * (_K1 + 1) * counts[w] / (counts[w] + norm)
            for w in self._having
            if counts[w]
        )
