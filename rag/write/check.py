"""A model's sentence against its sources: borne out, attributed, or marked, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.sentences import Span
from rag.answer import SentenceVerdict
from rag.text.figures import figures
from rag.text.mentions import KnownNames, mentions
from rag.text.names import fold
from rag.text.same_figures import same
from rag.text.words import words
from rag.verify.instructions import without_instructions
from rag.verify.support import Support
from rag.verify.verifier import SURE, Verifier, far_better
from rag.write.markers import Sentence
from rag.write.sources import Source

UNSUPPORTED = "(\u26a0 unsupported)"  # what it cites doesn't bear it out
UNSOURCED = "(\u26a0 no source)"  # it cites nothing, and nothing that was found bears it out
CUT_OFF = "(\u26a0 the model's answer was cut off here)"

_TRIED = 3  # sources that an uncited sentence is held against
_OTHERS = 2  # sources that a cited sentence is held against besides
_ASIDE_WORDS = 14  # a longer heading or announcement is held to be a claim
_HEADING = re.compile(r"#{1,6}\s.*|\*\*.*\*\*:?|__.*__:?")
_UNSAID = re.compile(
    r"(?:however,? |but )?(?:the|these|none of the) "
    r"(?:papers?|passages?|sources?|abstracts?|texts?)\b.{0,30}?(?:n['\u2019]t|not|nothing|no|nor|says?|gives?|mentions?)\b",
    re.I,
)

_TURN = re.compile(r"\b(?:but|though|although|however|while|instead|because|since)\b|[;:]", re.I)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the check says of one sentence.

    ``sources`` are those that it stands on now, with the spans of their abstracts that bear it out
    best; ``mark`` is what a reader sees behind it, "" where nothing is wrong; ``reason`` says what.
    """

    verdict: SentenceVerdict
    support: float
    sources: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    mark: str = ""
    reason: str = ""


class Checker:
    """Checks the sentences of one answer, in order."""

    def __init__(self, verify: Verifier, sources: Sequence[Source], question: str) -> None:
        self._verify = verify
        # An order to the model is no evidence, or a paper could bear out whatever it made us say.
        self._texts = {s.number: without_instructions(s.paper.abstract) for s in sources}
        self._described = {s.number: without_instructions(s.described) for s in sources}
        self._stems = {
            number: {w.stem for w in words(f"{self._described[number]} {text}")}
            for number, text in self._texts.items()
        }
        self._figures = figures(question)
        texts = (*self._described.values(), *self._texts.values())
        self._names = KnownNames.of((question, *texts))
        self._named = {s.number: without_instructions(s.paper.title) for s in sources}
        titles = self._named.values()
        self._titles = {fold(part) for title in titles for part in (title, *title.split(":"))}
        self._last: tuple[int, ...] = ()

    def __call__(self, sentence: Sentence) -> Finding:
        claim = sentence.bare.strip()
        if verdict := self._no_claim(claim, cited=bool(sentence.cited)):
            spans = {number: self._held(claim, number).spans for number in sentence.cited}
            return Finding(verdict, 0.0, spans)
        if sentence.cited:
            self._last = sentence.cited
            return self._of_cited(claim, sentence.cited)
        for number in self._likely(claim):
            found = self._held(claim, number)
            if found.supported:
                self._last = (number,)
                return Finding("attributed", found.score, {number: found.spans})
        return Finding(
            "uncited", 0.0, mark=UNSOURCED, reason="it cites nothing, and no paper here says this"
        )

    def _of_cited(self, claim: str, cited: Sequence[int]) -> Finding:
        alone = {number: self._held(claim, number) for number in cited}
        best = max(alone.values(), key=lambda found: (found.supported, found.score))
        if not best.supported and len(cited) > 1:
            texts = "\n".join(self._texts[number] for number in cited)
            described = "\n".join(self._described[number] for number in cited)
            together = self._verify.compare(claim, texts, title=described)
            best = together if together.supported else best
        spans = {number: found.spans for number, found in alone.items()}
        if best.supported and (other := self._better(claim, cited, best.score)) is not None:
            reason = f"\u201c{self._named[other]}\u201d says this rather than what it cites"
            return Finding("unsupported", best.score, spans, UNSUPPORTED, reason)
        if best.supported:
            return Finding("supported", best.score, spans)
        mark = _mark(best, [self._texts[number] for number in cited])
        return Finding("unsupported", best.score, spans, mark, _reason(best))

    def _better(self, claim: str, cited: Sequence[int], score: float) -> int | None:
        """A likely source that isn't cited and bears the claim out far better than those that are.

        Papers on one subject share their words; what one of them found isn't the other's.
        """
        if score >= SURE:
            return None
        likely = [number for number in self._likely(claim) if number not in cited]
        others = {number: self._held(claim, number) for number in likely[:_OTHERS]}
        borne = {n: found.score for n, found in others.items() if found.supported}
        other = max(borne, key=borne.__getitem__, default=None)
        return other if other is not None and far_better(borne[other], score) else None

    def _held(self, claim: str, number: int) -> Support:
        """The claim against one source."""
        return self._verify(
            claim, self._named[number], self._texts[number], self._described[number]
        )

    def _likely(self, claim: str) -> Iterator[int]:
        """The sources that share words with the claim, most first; at a tie what was cited last."""
        said = {word.stem for word in words(claim) if word.is_content}
        shared = {number: len(said & stems) for number, stems in self._stems.items()}
        order = sorted(shared, key=lambda number: (-shared[number], number not in self._last))
        yield from (number for number in order[:_TRIED] if shared[number])

    def _no_claim(self, claim: str, *, cited: bool) -> SentenceVerdict | None:
        """What it is if it claims nothing of a paper: a title, an announcement, what isn't said."""
        said = words(claim)
        if not said or fold(claim) in self._titles:
            return "aside"
        announces = not cited and (claim.endswith(":") or bool(_HEADING.fullmatch(claim)))
        unsaid = _UNSAID.match(claim) and not _TURN.search(claim, 12)
        if not (unsaid or announces and len(said) <= _ASIDE_WORDS):
            return None
        told = [f for f in figures(claim) if not (f.spelt and f.measure == "count")]  # "two ways"
        asked = all(any(same(figure, own) for own in self._figures) for figure in told)
        known = all(name.text in self._names for name in mentions(claim))
        return ("unsaid" if unsaid else "aside") if asked and known else None


def _mark(found: Support, texts: Sequence[str]) -> str:
    wrong = [
        fault.words
        for fault in found.faults
        if fault.hard and fault.kind == "figure" and not _stands(fault.words, texts)
    ]
    if wrong and len(", ".join(wrong)) < 60:
        return f"(\u26a0 {', '.join(wrong)} not in the source)"
    return UNSUPPORTED


def _stands(figure: str, texts: Sequence[str]) -> bool:
    whole = re.compile(rf"(?<![\w.]){re.escape(figure)}(?!\w)")
    return any(whole.search(text) for text in texts)


def _reason(found: Support) -> str:
    faults = sorted(found.faults, key=lambda fault: not fault.hard)
    said = [f"\u201c{fault.words}\u201d: {fault.reason}" for fault in faults[:3]]
    return "; ".join(said) or "the cited paper doesn't say this"
