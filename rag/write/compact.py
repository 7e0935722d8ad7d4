"""What a small or slow model is shown, and where its reply is stopped.

Small models copy well and follow rules badly: they are shown the reader's best sentences only, and
asked neither to cite nor to refuse. The check finds the papers of what they say afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.sentences import Span
from rag.reader import Quoted, Reading
from rag.write.sources import Source, tokens

SHOWN = 320  # tokens of sentences, estimated
ANSWER = {"fact": 90, "find": 120, "list": 240, "compare": 200}  # tokens of a reply
_MOST = {"fact": 1, "find": 3, "list": 8, "compare": 4}
_UNIT, _TAIL = 160, 600  # characters of what repeats itself, and of the text that is looked at
_TIMES, _LEAST = 3, 24  # how often it stands there, and how much of the text that is


def best_sentences(reading: Reading) -> tuple[Source, ...]:
    """The sentences that the quoted answer shows, a paper each; one at least."""
    chosen: list[Source] = []
    left = SHOWN
    for line in (*reading.lines, *reading.also)[: _MOST[reading.intent]]:
        for spans in (line.shown, line.spans, line.spans[:1]):
            text = _text(line, spans)
            if text and (tokens(text) <= left or (not chosen and spans == line.spans[:1])):
                chosen.append(Source(len(chosen) + 1, line.hit.paper, text))
                left -= tokens(text)
                break
    return tuple(chosen)


def _text(line: Quoted, spans: tuple[Span, ...]) -> str:
    return " ".join(line.hit.paper.abstract[start:end] for start, end in spans)


class Unlooped(Iterator[str]):
    """The pieces of a reply up to where it only repeats itself; ``looped`` says that it did."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._tail = ""
        self.looped = False

    def __next__(self) -> str:
        if self.looped:
            raise StopIteration
        piece = next(self._pieces)
        self._tail = (self._tail + piece)[-_TAIL:]
        self.looped = repeats(self._tail)
        return piece


def repeats(text: str) -> bool:
    """Whether ``text`` ends in the same few words, or signs, several times over."""
    for length in range(1, min(_UNIT, len(text) // _TIMES) + 1):
        times = max(_TIMES, -(-_LEAST // length))
        unit = text[-length:]
        if text.endswith(unit * times) and any(char.isalnum() for char in unit):
            return True
    return False
