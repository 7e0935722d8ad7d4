"""Does this passage bear this sentence out? In milliseconds, without a model.

Lexical coverage, weighted by rarity (``rag.words``), gives a calibrated score; figures, names,
negation and direction give faults that a reader can check. A hard fault means: not supported.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ingest.sentences import sentence_spans
from rag.figures import Figure, figures, same, same_value
from rag.mentions import KnownNames, key, mentions
from rag.polarity import denied, opposite
from rag.synonyms import same_meaning
from rag.words import Word, default_idf, rarest_idf, words

FaultKind = Literal["figure", "unit", "name", "negation", "direction", "uncovered"]

# Supported from this probability on.
THRESHOLD = 0.5

# Logistic regression over ``features``, fitted by eval/fit_support.py on 2026-11-23 on the tune
# halves of SciFact claims, HealthVer and AttributionBench (dev) and own paraphrases with faults.
COEFFICIENTS: Mapping[str, float] = {
    "intercept": -4.0,
    "best_sentence": 3.0,
    "best_pair": 2.0,
    "whole": 2.0,
    "pairs_of_words": 1.0,
    "rarest_missing": -0.5,
    "hard_faults": -3.0,
}

_MARKER = re.compile(r"\s*\[\d+(?:\s*[,;–-]\s*\d+)*\]")
_EMPHASIS = re.compile(r"\*\*|__|`|^\s*(?:[-*•]|\d+[.)])\s+")
_PREFIX = 6  # letters that two rare words must share to count as near: "tokenizer", "tokenized"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that the evidence doesn't bear out: its kind, the claim's words, and why.

    ``hard`` faults mean that the claim isn't supported, whatever the score.
    """

    kind: FaultKind
    words: str
    reason: str
    hard: bool = True


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


@dataclass(frozen=True, slots=True)
class _Evidence:
    spans: tuple[tuple[int, int], ...]
    sentences: tuple[tuple[Word, ...], ...]
    stems: tuple[frozenset[str], ...]
    bigrams: frozenset[tuple[str, str]]
    title: frozenset[str]
    figures: tuple[Figure, ...]
    names: KnownNames
    folded: tuple[str, ...]


class SupportCheck:
    """Checks sentences against passages; one object serves all, and keeps what it read."""

    def __init__(self, idf: Mapping[str, float] | None = None) -> None:
        self._idf = default_idf() if idf is None else idf
        self._rarest = rarest_idf() if idf is None else max(idf.values(), default=1.0)

    def __call__(self, claim: str, evidence: str, *, title: str = "") -> Support:
        """How well ``evidence`` bears ``claim`` out.

        ``title`` is whatever else the reader sees of the paper (its title; authors and year, if
        claims may name them): names and figures found there aren't faulted.
        """
        claim = _EMPHASIS.sub("", _MARKER.sub("", claim)).strip()
        known = _read(evidence, title)
        said = words(claim)
        if not said or not known.spans:
            return Support(0.0, (Fault("uncovered", claim, "there is nothing to check"),), ())
        quoted = _quoted(claim, known)
        if quoted is not None:
            return Support(1.0, (), quoted)
        matched = self._matches(said, known)
        chosen = _choose(matched, known)
        nearby = [known.sentences[i] for i in chosen]
        faults = (
            *figure_faults(claim, known.figures),
            *_name_faults(claim, known),
            *_polarity_faults(said, nearby),
        )
        values = self._features(said, matched, known, faults)
        score = _logistic(values)
        missing = [word for word, row in matched if max(row) == 0.0]
        if missing and score < THRESHOLD:
            reason = "the passage doesn't say this"
            listed = ", ".join(dict.fromkeys(word.text for word in missing[:6]))
            faults = (*faults, Fault("uncovered", listed, reason, hard=False))
        return Support(score, faults, tuple(known.spans[i] for i in sorted(chosen)))

    def features(self, claim: str, evidence: str, *, title: str = "") -> dict[str, float]:
        """The named numbers that the score is made of."""
        claim = _EMPHASIS.sub("", _MARKER.sub("", claim)).strip()
        known = _read(evidence, title)
        said = words(claim)
        if not said or not known.spans:
            return {}
        matched = self._matches(said, known)
        nearby = [known.sentences[i] for i in _choose(matched, known)]
        faults = (
            *figure_faults(claim, known.figures),
            *_name_faults(claim, known),
            *_polarity_faults(said, nearby),
        )
        return self._features(said, matched, known, faults)

    def _weight(self, word: Word) -> float:
        return self._idf.get(word.stem, self._rarest)

    def _matches(self, said: Sequence[Word], known: _Evidence) -> list[tuple[Word, list[float]]]:
        """Each content word of the claim, once, with how well each sentence has it, in [0, 1]."""
        rows: list[tuple[Word, list[float]]] = []
        seen: set[str] = set()
        for word in said:
            if not word.is_content or word.stem in seen:
                continue
            seen.add(word.stem)
            rows.append((word, [_match(word, stems, known) for stems in known.stems]))
        return rows

    def _features(
        self,
        said: Sequence[Word],
        matched: Sequence[tuple[Word, list[float]]],
        known: _Evidence,
        faults: Sequence[Fault],
    ) -> dict[str, float]:
        weights = [self._weight(word) for word, _ in matched]
        total = sum(weights) or 1.0

        def coverage(sentences: Sequence[int]) -> float:
            best = (max(row[i] for i in sentences) for _, row in matched)
            return sum(w * m for w, m in zip(weights, best, strict=True)) / total

        everywhere = range(len(known.spans))
        singles = [coverage([i]) for i in everywhere]
        pairs = [coverage([i, i + 1]) for i in everywhere[:-1]] or singles
        ours = _bigrams(said)
        kinds = [fault.kind for fault in faults]
        absent = [w for w, (_, row) in zip(weights, matched, strict=True) if max(row) < 0.5]
        return {
            "best_sentence": max(singles),
            "best_pair": max(pairs),
            "whole": coverage(everywhere),
            "pairs_of_words": len(ours & known.bigrams) / max(1, len(ours)),
            "rarest_missing": max(absent, default=0.0) / self._rarest,
            "length": math.log1p(len(matched)),
            "figure": float(kinds.count("figure") + kinds.count("unit")),
            "name": float(kinds.count("name")),
            "negation": float("negation" in kinds),
            "direction": float("direction" in kinds),
        }


def _logistic(values: Mapping[str, float]) -> float:
    total = COEFFICIENTS["intercept"]
    total += sum(COEFFICIENTS.get(name, 0.0) * value for name, value in values.items())
    return 1.0 / (1.0 + math.exp(-total))


@lru_cache(maxsize=256)
def _read(evidence: str, title: str) -> _Evidence:
    spans = tuple(sentence_spans(evidence))
    texts = [evidence[start:end] for start, end in spans]
    sentences = tuple(words(text) for text in texts)
    return _Evidence(
        spans=spans,
        sentences=sentences,
        stems=tuple(frozenset(word.stem for word in sentence) for sentence in sentences),
        bigrams=frozenset(pair for sentence in sentences for pair in _bigrams(sentence)),
        title=frozenset(word.stem for word in words(title)),
        figures=(*figures(evidence), *figures(title)),
        names=KnownNames.of((evidence, title)),
        folded=tuple(_fold(text) for text in texts),
    )


def _fold(text: str) -> str:
    return " ".join(text.split()).rstrip(".!? ").casefold()


def _quoted(claim: str, known: _Evidence) -> tuple[tuple[int, int], ...] | None:
    """The spans of the sentences that the claim repeats word for word, else None."""
    if not known.folded:
        return None
    chosen: list[tuple[int, int]] = []
    for start, end in sentence_spans(claim):
        folded = _fold(claim[start:end])
        if folded not in known.folded:
            return None
        chosen.append(known.spans[known.folded.index(folded)])
    return tuple(sorted(set(chosen))) if chosen else None


def _bigrams(sentence: Sequence[Word]) -> frozenset[tuple[str, str]]:
    content = [word.stem for word in sentence if word.is_content]
    return frozenset(zip(content, content[1:], strict=False))


def _match(word: Word, stems: frozenset[str], known: _Evidence) -> float:
    """1 for the same stem, less for its like, 0 for none."""
    if word.stem in stems:
        return 1.0
    if word.stem in known.title:
        return 0.9
    if same_meaning(word.stem) & stems:
        return 0.8
    if len(word.stem) >= _PREFIX:
        head = word.stem[:_PREFIX]
        if any(stem.startswith(head) for stem in stems):
            return 0.7
    if word.text[1:2].isupper() and word.text in known.names:
        return 0.9
    return 0.0


def _choose(matched: Sequence[tuple[Word, list[float]]], known: _Evidence) -> list[int]:
    """Up to three sentences, each of which adds to what the claim says."""
    chosen: list[int] = []
    best = [0.0] * len(matched)
    while len(chosen) < min(3, len(known.spans)):
        gains = [
            sum(max(0.0, row[i] - had) for (_, row), had in zip(matched, best, strict=True))
            for i in range(len(known.spans))
        ]
        top = max(range(len(gains)), key=lambda i: gains[i])
        if chosen and gains[top] < max(1.5, 0.2 * len(matched)):
            break
        chosen.append(top)
        best = [max(had, row[top]) for (_, row), had in zip(matched, best, strict=True)]
    return chosen


def figure_faults(claim: str, given: Sequence[Figure]) -> tuple[Fault, ...]:
    """The claim's figures that are not among the ``given`` ones."""
    faults: list[Fault] = []
    for figure in figures(claim):
        if figure.in_name or any(same(figure, other) for other in given):
            continue
        counted = [
            other
            for other in given
            if other.measure == "count" and set(other.nouns) & set(figure.nouns)
        ]
        if figure.spelt and figure.measure == "count" and figure.value <= 3 and not counted:
            continue  # "its two parts" may count what the evidence lists
        if figure.spelt and figure.measure in ("times", "fraction") or "vague" in figure.measure:
            if not any(other.measure == figure.measure for other in given):
                continue  # "a double role", "hundreds of users": no figure to hold against
        units = [other for other in given if same_value(figure, other)]
        if units:
            reason = f"the passage has {units[0].text.strip()}, not {figure.text.strip()}"
            faults.append(Fault("unit", figure.text, reason))
        else:
            alike = [other for other in counted or given if other.measure == figure.measure]
            has = ", ".join(dict.fromkeys(other.text.strip() for other in alike[:3]))
            reason = f"the passage has {has}" if has else "the passage has no such figure"
            faults.append(Fault("figure", figure.text, reason))
    return tuple(faults)


def _name_faults(claim: str, known: _Evidence) -> tuple[Fault, ...]:
    faults: list[Fault] = []
    seen: set[str] = set()
    for name in mentions(claim):
        if key(name.text) in seen or name.text in known.names:
            continue
        seen.add(key(name.text))
        reason = "neither the passage nor its title has this name"
        faults.append(Fault("name", name.text, reason, hard=name.sure))
    return tuple(faults)


def _polarity_faults(said: Sequence[Word], evidence: Sequence[Sequence[Word]]) -> tuple[Fault, ...]:
    faults: list[Fault] = []
    word = denied(said, evidence)
    if word is not None:
        reason = "the passage affirms what the sentence denies, or the other way round"
        faults.append(Fault("negation", word.text, reason))
    turned = opposite(said, evidence)
    if turned is not None:
        reason = f"the passage says “{turned[1].text}”"
        faults.append(Fault("direction", turned[0].text, reason))
    return tuple(faults)
