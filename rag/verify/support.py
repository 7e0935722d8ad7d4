"""Does this passage bear this sentence out? In milliseconds, without a model.

Lexical coverage, weighted by rarity (``rag.text.words``), gives a calibrated score; figures, names,
negation and direction give faults that a reader can check. A hard fault means: not supported.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ingest.embedders.static import StaticEmbedder, Tokens
from rag.text.figures import figures
from rag.text.same_figures import same
from rag.text.words import Word, default_idf, rarest_idf, words
from rag.threads import one_blas_thread
from rag.verify.contradictions import (
    Fault,
    figure_faults,
    name_faults,
    polarity_faults,
)
from rag.verify.evidence import TITLE, Evidence, bigrams, match, quoted, read
from rag.verify.support_weights import LEXICAL, WITH_VECTORS
from rag.verify.trends import nothing_found, trend

# The one place that decides: supported is a score from this on, with no hard fault (see
# ``Support.supported``). Set on the paraphrases fitted on: 99% of them fall below it beside another
# paper's text; beside their own, 2% are flagged, faults included.
THRESHOLD = 0.3

_MARKER = re.compile(r"(?<!\s)\s*\[\d+(?:\s*[,;–-]\s*\d+)*\]")
_EMPHASIS = re.compile(r"\*\*|__|`|^\s*(?:[-*•]|\d+[.)])\s+")
_FIGURE_WEIGHT = 6.0  # a figure tells as much of where the claim is from as a rare word
_ALIKE = 0.45  # the coverage from which two sentences may be held to contradict each other
# The share that the claim must have, word for word, of the stretch of the passage most like it, for
# an opposite to be sure: who says something in other words may deny its contrary.
_MUTUAL, _STRETCH = 0.45, 1.3
_ADDS = 0.15  # the share of the claim that a further sentence has to add
_COMMON = 0.05  # a word in this share of the collection's texts weighs half
_FEW = 20  # texts added to the collection, with nothing in them: a small one says little
_SHORT = 100  # words: no passage counts as shorter, a single sentence would seem surer than it is


_FAR = 0.4  # the cosine under which a token of the claim has nothing like it in the passage
_SOFT = ("soft_sentence", "soft_pair", "soft_whole", "soft_missing", "cosine", "cosine_whole")
_POLARITY = frozenset({"negation", "direction"})

Unit = TypeVar("Unit", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Support:
    """How well evidence bears a claim out.

    ``score`` is a probability in [0, 1]; ``spans`` are the sentences of the evidence that bear the
    claim out best, as offsets in order, none where there is no evidence.
    """

    score: float
    faults: tuple[Fault, ...]
    spans: tuple[tuple[int, int], ...]

    @property
    def supported(self) -> bool:
        """Whether the score reaches ``THRESHOLD`` and nothing is contradicted."""
        return self.score >= THRESHOLD and not any(fault.hard for fault in self.faults)


class SupportCheck:
    """Checks sentences against passages; one object serves all, and keeps what it read.

    With ``embedder``, words also meet by their vectors. ``idf`` weighs stems; None takes the table
    that ships (see ``rag.text.words``). ``collection`` is the texts that the passages are from:
    what most of them say tells little of any, "COVID-19" among papers on it.
    """

    def __init__(
        self,
        embedder: StaticEmbedder | None = None,
        idf: Mapping[str, float] | None = None,
        collection: Collection[str] = (),
    ) -> None:
        self._embedder = embedder
        self._stem_factors = _factors([{word.stem for word in words(t)} for t in collection])
        self._token_factors = (
            {} if embedder is None
            else _factors([set(embedder.tokens(text).ids.tolist()) for text in collection])
        )  # fmt: skip
        self._idf = default_idf() if idf is None else idf
        self._rarest = rarest_idf() if idf is None else max(idf.values(), default=1.0)
        self._vectors = lru_cache(maxsize=256)(self._read_vectors)

    @one_blas_thread()
    def __call__(self, claim: str, evidence: str, *, title: str = "") -> Support:
        """How well ``evidence`` bears ``claim`` out.

        ``title`` is whatever else the reader sees of the paper (its title; authors and year, if
        claims may name them): names and figures found there aren't faulted.
        """
        claim = _plain(claim)
        known = read(evidence, title)
        said = words(claim)
        if not said or not known.spans:
            return Support(0.0, (Fault("uncovered", claim, "there is nothing to check"),), ())
        word_for_word = quoted(claim, known)
        if word_for_word is not None:
            return Support(1.0, (), word_for_word)
        matched = self._matches(said, known)
        chosen = self._chosen(claim, matched, known)
        faults = self._faults(claim, said, matched, known, chosen)
        score = _logistic(self._features(claim, said, matched, known, faults), self._coefficients)
        missing = [word for word, row in matched if max(row) == 0.0]
        if missing and score < THRESHOLD:
            listed = ", ".join(dict.fromkeys(word.text for word in missing[:6]))
            reason = "the passage doesn't say this"
            faults = (*faults, Fault("uncovered", listed, reason, hard=False))
        return Support(score, faults, tuple(known.spans[i] for i in sorted(chosen)))

    def features(self, claim: str, evidence: str, *, title: str = "") -> dict[str, float]:
        """The named numbers that the score is made of; none where there is nothing to check."""
        claim = _plain(claim)
        known = read(evidence, title)
        said = words(claim)
        if not said or not known.spans:
            return {}
        matched = self._matches(said, known)
        chosen = self._chosen(claim, matched, known)
        faults = self._faults(claim, said, matched, known, chosen)
        return self._features(claim, said, matched, known, faults)

    @property
    def _coefficients(self) -> Mapping[str, float]:
        return LEXICAL if self._embedder is None else WITH_VECTORS

    def _chosen(
        self, claim: str, matched: Sequence[tuple[Word, list[float]]], known: Evidence
    ) -> list[int]:
        rows = [(self._weight(word), row) for word, row in matched]
        for figure in figures(claim):
            has = [float(any(same(figure, o) for o in theirs)) for theirs in known.figures_in]
            rows.append((_FIGURE_WEIGHT, has))
        return _choose(rows, len(known.spans))

    def _faults(
        self,
        claim: str,
        said: Sequence[Word],
        matched: Sequence[tuple[Word, list[float]]],
        known: Evidence,
        chosen: Sequence[int],
    ) -> tuple[Fault, ...]:
        faults = figure_faults(claim, known.figures, self._idf)
        faults += name_faults(claim, known.names)
        # Sentences on other things aren't opposites of each other.
        if self._coverage(matched, chosen) >= _ALIKE:
            found = polarity_faults(said, [known.sentences[i] for i in chosen], known.sentences)
            sure = (
                bool(found) and self._mutual(said, [known.sentences[i] for i in chosen]) >= _MUTUAL
            )
            faults += tuple(replace(fault, hard=sure) for fault in found)
        return faults

    def _mutual(self, said: Sequence[Word], evidence: Sequence[Sequence[Word]]) -> float:
        """The most that the claim has of a stretch of a sentence about as long as it: in [0, 1]."""
        ours = {word.stem for word in said}
        length = max(3, round(_STRETCH * sum(word.is_content for word in said)))
        most = 0.0
        for sentence in evidence:
            weights = [(self._weight(w), w.stem in ours) for w in sentence if w.is_content]
            for start in range(max(1, len(weights) - length + 1)):
                stretch = weights[start : start + length]
                total = sum(weight for weight, _ in stretch)
                has = sum(weight for weight, shared in stretch if shared)
                most = max(most, has / (total or 1.0))
        return most

    def _coverage(
        self, matched: Sequence[tuple[Word, list[float]]], sentences: Sequence[int]
    ) -> float:
        """The share of the claim's weight that these sentences have together, in [0, 1]."""
        weights = [self._weight(word) for word, _ in matched]
        best = (max(row[i] for i in sentences) for _, row in matched)
        covered = sum(weight * match for weight, match in zip(weights, best, strict=True))
        return covered / (sum(weights) or 1.0)

    def _read_vectors(self, evidence: str, title: str) -> tuple[tuple[Tokens, ...], Tokens]:
        spans = read(evidence, title).spans
        return tuple(self._tokens(evidence[start:end]) for start, end in spans), self._tokens(title)

    def _tokens(self, text: str) -> Tokens:
        assert self._embedder is not None
        tokens = self._embedder.tokens(text)
        if not self._token_factors:
            return tokens
        factors = [self._token_factors.get(token, 1.0) for token in tokens.ids.tolist()]
        return replace(tokens, weights=tokens.weights * np.array(factors, dtype=np.float32))

    def _soft(self, claim: str, known: Evidence) -> dict[str, float]:
        """How near the evidence's tokens come to the claim's, weighted: all in [0, 1]."""
        if self._embedder is None:
            return {}
        ours = self._tokens(claim)
        sentences, title = self._vectors(known.text, known.title_text)
        if not len(ours.ids):
            return dict.fromkeys(_SOFT, 0.0)
        floor = TITLE * _nearest(ours, title)
        near = np.array([np.maximum(_nearest(ours, theirs), floor) for theirs in sentences])
        weights = ours.weights / ours.weights.sum()  # near: (sentences, t); weights: (t,)
        pairs = np.maximum(near[:-1], near[1:]) if len(near) > 1 else near
        us = ours.weights @ ours.vectors
        them = np.array([theirs.weights @ theirs.vectors for theirs in sentences])
        cosines = them @ us / np.maximum(np.linalg.norm(them, axis=1) * np.linalg.norm(us), 1e-9)
        all_of_it = them.sum(axis=0)
        norm = max(float(np.linalg.norm(all_of_it) * np.linalg.norm(us)), 1e-9)
        values = (
            (near @ weights).max(),
            (pairs @ weights).max(),
            near.max(axis=0) @ weights,
            (near.max(axis=0) < _FAR) @ weights,
            max(cosines.max(), 0.0),
            max(float(all_of_it @ us) / norm, 0.0),
        )
        return dict(zip(_SOFT, map(float, values), strict=True))

    def _weight(self, word: Word) -> float:
        return self._idf.get(word.stem, self._rarest) * self._stem_factors.get(word.stem, 1.0)

    def _matches(self, said: Sequence[Word], known: Evidence) -> list[tuple[Word, list[float]]]:
        """Each content word of the claim, once, with how well each sentence has it, in [0, 1]."""
        rows: list[tuple[Word, list[float]]] = []
        seen: set[str] = set()
        for word in said:
            if not word.is_content or word.stem in seen:
                continue
            seen.add(word.stem)
            rows.append((word, [match(word, stems, known) for stems in known.stems]))
        return rows

    def _features(
        self,
        claim: str,
        said: Sequence[Word],
        matched: Sequence[tuple[Word, list[float]]],
        known: Evidence,
        faults: Sequence[Fault],
    ) -> dict[str, float]:
        everywhere = range(len(known.spans))
        singles = [self._coverage(matched, [i]) for i in everywhere]
        pairs = [self._coverage(matched, [i, i + 1]) for i in everywhere[:-1]] or singles
        ours = bigrams(said)
        kinds = [fault.kind for fault in faults if fault.hard or fault.kind == "name"]
        best = max(everywhere, key=singles.__getitem__)
        absent = [self._weight(word) for word, row in matched if max(row) < 0.5]
        return {
            "best_sentence": max(singles),
            "best_pair": max(pairs),
            "whole": self._coverage(matched, everywhere),
            "pairs_of_words": len(ours & known.bigrams) / max(1, len(ours)),
            "rarest_missing": max(absent, default=0.0) / self._rarest,
            "length": math.log1p(len(matched)),
            "passage_length": math.log1p(max(_SHORT, sum(map(len, known.sentences)))),
            "figure": float(kinds.count("figure") + kinds.count("unit")),
            "name": float(kinds.count("name")),
            "negation": float("negation" in kinds),
            "direction": float("direction" in kinds),
            "trend": float(trend(said) * trend(known.sentences[best])),
            "nothing_found": nothing_found(known.text) / len(known.spans),
            "doubt": float(any(not fault.hard for fault in faults if fault.kind in _POLARITY)),
        } | self._soft(claim, known)


def _logistic(values: Mapping[str, float], coefficients: Mapping[str, float]) -> float:
    total = coefficients["intercept"]
    total += sum(coefficients.get(name, 0.0) * value for name, value in values.items())
    return 1.0 / (1.0 + math.exp(-total))


def _factors(texts: Sequence[Collection[Unit]]) -> dict[Unit, float]:
    """What the weight of each word or token of a collection is multiplied by, in (0, 1]."""
    counts = Counter(unit for text in texts for unit in text)
    total = len(texts) + _FEW
    return {unit: _COMMON / (_COMMON + count / total) for unit, count in counts.items()}


def _nearest(ours: Tokens, theirs: Tokens) -> NDArray[np.float32]:
    """For each of our tokens ``(t,)`` the cosine of the nearest of theirs, 0 at least."""
    if not len(theirs.ids):
        return np.zeros(len(ours.ids), dtype=np.float32)
    nearest: NDArray[np.float32] = (ours.vectors @ theirs.vectors.T).max(axis=1)
    return np.maximum(nearest, 0.0)


def _plain(claim: str) -> str:
    """The claim without citation markers, emphasis and list marks."""
    return _EMPHASIS.sub("", _MARKER.sub("", claim)).strip()


def _choose(rows: Sequence[tuple[float, Sequence[float]]], sentences: int) -> list[int]:
    """Up to three sentences, the best first, each of which adds to what the claim says.

    ``rows`` give a weight and how well each sentence has it, for each thing said.
    """
    total = sum(weight for weight, _ in rows)
    chosen: list[int] = []
    had = [0.0] * len(rows)
    while len(chosen) < min(3, sentences):
        gains = [
            sum(weight * max(0.0, row[i] - h) for (weight, row), h in zip(rows, had, strict=True))
            for i in range(sentences)
        ]
        top = max(range(sentences), key=lambda i: gains[i])
        if chosen and gains[top] < _ADDS * total:
            break
        chosen.append(top)
        had = [max(h, row[top]) for (_, row), h in zip(rows, had, strict=True)]
    return chosen
