"""BM25 for a library whose server has no lexical index, only a search for patterns in documents.

One pattern of a question's rarest words finds passages on the server; they and those that are near
in meaning are scored here. How rare a word is, is told by what the pattern finds, and else by a
sample of the library.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from os.path import commonprefix
from typing import Any
from zlib import crc32

from ingest.index.lexical import STOPWORDS, terms

_USUAL = 180  # words of an abstract with its title
_K1, _B = 1.2, 0.75  # as in the lexical index of a directory
_EXPECTED = 300  # passages that a pattern is to find
MOST = 2 * _EXPECTED  # that are fetched if it finds more


def sample_of(texts: Iterable[str]) -> dict[str, Any]:
    """Of a sample of passages: how many there are, how long, and how many have each word; words
    that only one has are left out."""
    cut = [terms(text) for text in texts]
    having = Counter(word for words in cut for word in set(words))
    common = {word: n for word, n in having.items() if n > 1}
    return {"of": len(cut), "words": sum(map(len, cut)), "having": common}


def weights_of(text: str) -> dict[int, float]:
    """A text for a sparse index: what BM25 makes of how often it has each word."""
    counts = Counter(terms(text))
    norm = _norm(counts, _USUAL)
    return _by_number({word: n * (_K1 + 1) / (n + norm) for word, n in counts.items()})


def _norm(counts: Counter[str], usual: float) -> float:
    return _K1 * (1 - _B + _B * counts.total() / usual)


def _by_number(weights: Mapping[str, float]) -> dict[int, float]:
    """Words by numbers, in which one in thousands of texts has two words that fall together."""
    return {crc32(word.encode()): weight for word, weight in weights.items()}


class Query:
    """The words of one question, against a library of ``count`` passages."""

    def __init__(self, text: str, sample: Mapping[str, Any], count: int) -> None:
        self._counts = Counter(terms(text))
        words = [word for word in self._counts if word not in STOPWORDS] or list(self._counts)
        self._count, self._length = count, sample["words"] / max(1, sample["of"]) or 1.0
        having, share = sample["having"], count / max(1, sample["of"])
        self._having = {word: having.get(word, 0.5) * share for word in words}
        self._written = {stem: word for word in re.findall(r"\w+", text) for stem in terms(word)}

    @cached_property
    def sought(self) -> list[str]:
        """The words that the pattern is of: the rarest, as many as aren't too frequent together."""
        found: list[str] = []
        expected = 0.0
        for word in sorted(self._having, key=lambda word: (self._having[word], word)):
            expected += self._having[word]
            if found and expected > _EXPECTED:
                break
            found.append(word)
        return found

    def pattern(self) -> str:
        """What to look for in documents; "" where there are no words."""
        return rf"(?i)\b(?:{'|'.join(map(self._pattern, self.sought))})" if self.sought else ""

    def _pattern(self, word: str) -> str:
        """Every form of a word whose stem is ``word``, and few others: "letting" of let and lets,
        "buried" of bury."""
        written = self._written.get(word, word).lower()
        start = commonprefix([word, written]) if written.isascii() else written
        if len(word) > 3 and word.endswith("i") and written.isascii():
            return f"{re.escape(word[:-1])}[iy]"
        if len(start) > 3:
            return re.escape(start)
        endings = rf"(?:e?s?|{start[-1:]}?(?:e[dr]|ing))"
        return rf"(?:{re.escape(written)}|{re.escape(start or written)}{endings})\b"

    def weights(self) -> dict[int, float]:
        """What to look for by a sparse index; its product with ``weights_of`` is about BM25."""
        return _by_number({word: self._counts[word] * self._idf(word) for word in self._having})

    def scores(
        self, found: Mapping[str, str], more: Mapping[str, str], *, every: bool
    ) -> dict[str, float]:
        """The BM25 of each text that has a word of the question, by id: of those ``found``, which
        are ``every`` one that the pattern is in, and of ``more``."""
        counts = {id_: Counter(terms(text)) for id_, text in {**found, **more}.items()}
        for word in self.sought if every else ():
            self._having[word] = sum(word in counts[id_] for id_ in found)
        scored = {id_: self._score(words) for id_, words in counts.items()}
        return {id_: score for id_, score in scored.items() if score > 0}

    def _score(self, counts: Counter[str]) -> float:
        norm = _norm(counts, self._length)
        return sum(
            self._counts[w] * self._idf(w) * (_K1 + 1) * counts[w] / (counts[w] + norm)
            for w in self._having
            if counts[w]
        )

    def _idf(self, word: str) -> float:
        having = min(self._having[word], self._count)
        return math.log(1 + (self._count - having + 0.5) / (having + 0.5))
