"""A model's text as it comes -> checked sentences, and the pieces that a reader sees meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from ingest.sentences import Span
from rag.answer import CheckedSentence, Citation
from rag.write.check import CUT_OFF, Checker, Finding
from rag.write.markers import Numbering, Sentence, Sentences, before_end
from rag.write.sources import Source


class Draft:
    """The text so far; what was given out once is never taken back.

    Joined, the pieces are ``text``. Words come out as they arrive; a sentence's mark, and the
    number of a paper that it forgot to cite, as soon as it is whole. With ``compact``, for a model
    that was asked to copy and not to cite: whole sentences come out, each once, its own markers
    are taken out, and what has no end is left out.
    """

    def __init__(
        self, sources: Sequence[Source], checker: Checker, *, compact: bool = False
    ) -> None:
        self.compact = compact
        self._said: set[str] = set()
        self._sources = {source.number: source for source in sources}
        self._check = checker
        self.numbering = Numbering(0 if compact else len(sources))
        self._coming = Sentences(self.numbering)
        self._parts: list[str] = []
        self._length = 0
        self._space = ""  # given out only when something follows
        self._shown = ""  # of the growing sentence
        self.sentences: list[CheckedSentence] = []
        self.found: list[tuple[Sentence, Finding]] = []
        self.seconds = 0.0  # that checking took
        self.cut = False
        self.looped = False  # cut where it only repeated itself
        self.mended = 0  # sentences that the model rewrote or took out after the check

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def feed(self, piece: str) -> Iterator[str]:
        """The pieces that a reader may see now."""
        for sentence in self._coming.feed(piece):
            yield from self._finished(sentence)
        if self.compact:
            return
        settled = self._coming.settled()
        if len(settled) > len(self._shown):
            if not self._shown:
                yield from self._given(self._space)
                self._space = ""
            yield from self._given(settled[len(self._shown) :])
            self._shown = settled

    def finish(self, *, cut: bool) -> Iterator[str]:
        """The rest, when the reply has ended; with ``cut``, that it wasn't at its end."""
        for sentence in self._coming.rest():
            if not (cut and self.compact and self.sentences):
                yield from self._finished(sentence)
        self.cut = cut
        if cut and not self.compact:
            yield from self._given(f" {CUT_OFF}")

    def citations(self) -> tuple[Citation, ...]:
        """What the numbers in the text stand for, in their order."""
        spans: dict[int, set[Span]] = {source: set() for source in self.numbering.given}
        support = dict.fromkeys(spans, 1.0)
        for _, finding in self.found:
            for source, own in finding.sources.items():
                spans[source].update(own)
                if finding.verdict not in ("aside", "unsaid"):
                    support[source] = min(support[source], finding.support)
        return tuple(
            Citation(
                number, self._sources[source].paper, tuple(sorted(spans[source])), support[source]
            )
            for source, number in self.numbering.given.items()
        )

    def _finished(self, sentence: Sentence) -> Iterator[str]:
        text = sentence.text
        if not text or self.compact and self._told(sentence.bare):
            self._space += sentence.space
            return
        began = time.perf_counter()
        finding = self._check(sentence)
        self.seconds += time.perf_counter() - began
        if finding.verdict == "attributed":
            numbers = "".join(f"[{self.numbering.number(source)}]" for source in finding.sources)
            text = before_end(text, f" {numbers}")
        if finding.mark:
            text = before_end(text, f" {finding.mark}")
        if not self._shown:
            yield from self._given(self._space)
        start = self._length - len(self._shown)
        yield from self._given(text[len(self._shown) :])
        self._shown, self._space = "", sentence.space
        numbers_cited = tuple(self.numbering.number(source) for source in finding.sources)
        self.found.append((sentence, finding))
        self.sentences.append(
            CheckedSentence(
                start=start,
                end=start + len(text),
                citations=numbers_cited,
                support=finding.support,
                verdict=finding.verdict,
                reason=finding.reason,
            )
        )

    def _told(self, said: str) -> bool:
        """Whether this was said before; it has been from now on."""
        bare = "".join(char for char in said.casefold() if char.isalnum())
        told = bare in self._said
        self._said.add(bare)
        return told or not bare

    def _given(self, piece: str) -> Iterator[str]:
        if not self._parts:
            piece = piece.lstrip()
        if piece:
            self._parts.append(piece)
            self._length += len(piece)
            yield piece
