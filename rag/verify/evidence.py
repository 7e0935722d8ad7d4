"""A passage as claims are compared with it: sentences, stems, figures, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingest.sentences import sentence_spans
from rag.text.figures import Figure
from rag.text.mentions import KnownNames
from rag.text.synonyms import same_meaning
from rag.text.words import Word, words
from rag.verify.contradictions import Place, places

TITLE = 0.9  # what a match in the title is worth: the claim may name the paper's system
_PREFIX = 6  # letters that two rare words must share to count as near: "tokenizer", "tokenized"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage with its title as claims are compared with it, by sentence; ``title`` are stems."""

    text: str
    title_text: str
    spans: tuple[tuple[int, int], ...]
    sentences: tuple[tuple[Word, ...], ...]
    stems: tuple[frozenset[str], ...]
    bigrams: frozenset[tuple[str, str]]
    title: frozenset[str]
    figures: tuple[Place, ...]
    figures_in: tuple[tuple[Figure, ...], ...]  # by sentence
    names: KnownNames
    folded: tuple[str, ...]


@lru_cache(maxsize=256)
def read(evidence: str, title: str) -> Evidence:
    """``evidence`` taken apart; what was read lately is kept."""
    spans = tuple(sentence_spans(evidence))
    texts = [evidence[start:end] for start, end in spans]
    sentences = tuple(words(text) for text in texts)
    in_text = places(evidence)
    return Evidence(
        text=evidence,
        title_text=title,
        spans=spans,
        sentences=sentences,
        stems=tuple(frozenset(word.stem for word in sentence) for sentence in sentences),
        bigrams=frozenset(pair for sentence in sentences for pair in bigrams(sentence)),
        title=frozenset(word.stem for word in words(title)),
        figures=(*in_text, *places(title)),
        figures_in=tuple(
            tuple(place.figure for place in in_text if start <= place.figure.start < end)
            for start, end in spans
        ),
        names=KnownNames.of((evidence, title)),
        folded=tuple(_fold(text) for text in texts),
    )


def _fold(text: str) -> str:
    return " ".join(text.split()).rstrip(".!? ").casefold()


def quoted(claim: str, known: Evidence) -> tuple[tuple[int, int], ...] | None:
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


def bigrams(sentence: Sequence[Word]) -> frozenset[tuple[str, str]]:
    """The pairs of stems of content words that follow each other."""
    content = [word.stem for word in sentence if word.is_content]
    return frozenset(zip(content, content[1:], strict=False))


def match(word: Word, stems: frozenset[str], known: Evidence) -> float:
    """1 for the same stem, less for its like, 0 for none."""
    if word.stem in stems:
        return 1.0
    if word.stem in known.title:
        return TITLE
    if same_meaning(word.stem) & stems:
        return 0.8
    if len(word.stem) >= _PREFIX:
        head = word.stem[:_PREFIX]
        if any(stem.startswith(head) for stem in stems):
            return 0.7
    if word.text[1:2].isupper() and word.text in known.names:
        return 0.9
    return 0.0
