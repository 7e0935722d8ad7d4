"""Paper -> passages: whole sentences, as few passages as the size allows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ingest.paper import Paper, Passage
from ingest.sentences import sentence_spans


@dataclass(frozen=True, slots=True)
class PassageSettings:
    """``max_words`` a passage, cut at sentence ends; ``overlap`` sentences shared by neighbours.

    Part of a library's identity. A sentence longer than ``max_words`` is a passage of its own.
    """

    max_words: int = 320
    overlap: int = 1

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def passages(paper: Paper, settings: PassageSettings) -> list[Passage]:
    """The passages of ``paper``, in order; every character of a sentence is in at least one.

    A paper without text gives one empty passage, so that it is still found by its title.
    """
    text = paper.abstract
    if not text.strip():
        return [Passage(paper, 0, 0)]
    if len(text.split()) <= settings.max_words:  # most abstracts: no need to look for sentences
        return [Passage(paper, len(text) - len(text.lstrip()), len(text.rstrip()))]
    spans = sentence_spans(text)
    words = [len(paper.abstract[start:end].split()) for start, end in spans]
    found: list[Passage] = []
    first = 0
    while True:
        last, size = first, words[first]
        while last + 1 < len(spans) and size + words[last + 1] <= settings.max_words:
            last += 1
            size += words[last]
        found.append(Passage(paper, spans[first][0], spans[last][1]))
        if last + 1 == len(spans):
            return found
        first = last + 1
        # Step back into the old passage as far as the next new sentence still fits.
        size = words[first]
        while last + 1 - first < settings.overlap and size + words[first - 1] <= settings.max_words:
            first -= 1
            size += words[first]


def embedded_text(passage: Passage) -> str:
    """What an embedder is given for ``passage``: its paper's title and its text."""
    return f"{passage.paper.title}. {passage.text}"
