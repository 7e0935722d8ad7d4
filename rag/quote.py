"""A reading or a refusal -> the text that a person sees, with its citations."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.sentences import Span
from rag.answer import CheckedSentence, Citation, Hit, Reason
from rag.reader import Quoted, Reading
from rag.text.figures import Figure

CLOSEST = 3  # papers that a refusal offers
CLOSEST_SAID = "The closest papers, though not an answer:"

# "However, ...", "1) ...": words that link a sentence to one that isn't shown before it.
_LINKS = re.compile(
    r"(?:(?:however|unfortunately|moreover|furthermore|additionally|in addition|besides|thus"
    r"|therefore|consequently|hence|nevertheless|nonetheless|finally|also|meanwhile|instead"
    r"|in contrast|on the other hand|(?:first|second|third)(?:ly)?|and|but)\s*,\s*"
    r"|\(?(?:\d{1,2}|[ivx]{1,4}|[a-d])[).:]\s+)+",
    re.I,
)

Composed = tuple[str, tuple[Citation, ...]]


def answer_text(reading: Reading, premise: tuple[Figure, Figure] | None = None) -> Composed:
    """The lines as light Markdown with ``[n]`` markers, and what the markers stand for.

    Numbers run in order of first use, one a paper. Every sentence carries its marker. ``premise``:
    a figure of the question and the first paper's own, which differs.
    """
    lines = [line for line in reading.lines if line.spans]
    citations = tuple(
        Citation(number, line.hit.paper, _opened(line), 1.0)
        for number, line in enumerate((*lines, *reading.also), 1)
    )
    listed = len(lines) > 1 and reading.intent == "list"
    parts = [
        _listed(citation) if listed else _told(citation, line)
        for citation, line in zip(citations, lines, strict=False)
    ]
    if premise is not None:
        asked, given = premise
        parts.insert(0, f"**The question says {asked.text}; the paper says {given.text}.**")
    if reading.unknown:
        parts.insert(0, f"_No paper in this library mentions {' or '.join(reading.unknown)}._")
    if reading.unkept:
        parts.insert(0, f"_No figure here is “{reading.unkept}” on this; what comes closest:_")
    if reading.also:
        others = [_mentioned(citation) for citation in citations[len(lines) :]]
        parts.append("\n".join(["Also close:", *others]))
    return ("\n" if listed else "\n\n").join(parts), citations


def refusal_text(reason: Reason, hits: Sequence[Hit], missing: Sequence[str] = ()) -> str:
    """One or two plain sentences: that there is no answer, why, and which papers come closest."""
    if reason == "empty_library":
        return "The library is empty, so there is nothing to answer from. Add papers first."
    if reason == "filtered_out":
        return (
            "None of the papers asked is left after the filters (years, topics, sources ...), so"
            " there is nothing to answer from. Widen them, or ask without."
        )
    if reason == "unclear":
        return (
            "I can't tell what is asked. Ask about a paper, a method or a result, in a few words"
            " more."
        )
    if reason == "language":
        return (
            "I read English only, and this question seems to be in another language. Ask it in"
            " English, or choose a model, which translates it (--llm, or Settings in the page)."
        )
    if reason == "no_detail":
        said = f"The papers don't say. **{hits[0].paper.title}** comes closest"
        about = ", ".join(f"“{word}”" for word in missing[:3])
        return f"{said}, but its text does not give this{f': nothing on {about}' if about else ''}."
    titles = "; ".join(f"**{hit.paper.title}**" for hit in hits[:CLOSEST])
    nearest = f" {CLOSEST_SAID} {titles}." if titles else ""
    return f"The papers in this library don't speak about this.{nearest}"


def _opened(line: Quoted) -> tuple[Span, ...]:
    """What is shown of a paper, the answering sentence without the word that only links it."""
    text = line.hit.paper.abstract
    first = line.first or line.shown[0]
    link = _LINKS.match(text, *first)
    opened = (link.end(), first[1]) if link and link.end() < first[1] else first
    return tuple(opened if span == first else span for span in line.shown)


def _told(citation: Citation, line: Quoted) -> str:
    """The answering sentence, and its context in a paragraph of its own."""
    marked = _marked(citation)
    place = line.shown.index(line.first) if line.first in line.shown else 0
    context = " ".join(marked[:place] + marked[place + 1 :])
    told = f"**{citation.paper.title}**\n{marked[place]}"
    return f"{told}\n\n{context}" if context else told


def _listed(citation: Citation) -> str:
    return f"- **{citation.paper.title}**: {_quotes(citation)}"


def _mentioned(citation: Citation) -> str:
    return f"- **{citation.paper.title}** [{citation.number}]"


def quoted_sentences(text: str, citations: Sequence[Citation]) -> tuple[CheckedSentence, ...]:
    """Where each quote stands in ``text``, with its marker."""
    found: list[CheckedSentence] = []
    for citation in citations:
        for quote in _marked(citation):
            start = text.find(quote)
            if start >= 0:
                numbers = (citation.number,)
                found.append(CheckedSentence(start, start + len(quote), numbers, 1.0, "quoted"))
    return tuple(sorted(found, key=lambda sentence: sentence.start))


def _quotes(citation: Citation) -> str:
    return " ".join(_marked(citation))


def _marked(citation: Citation) -> list[str]:
    # A number in brackets that a paper itself has is no marker of ours: a word joiner, which has no
    # width, keeps the two apart.
    quotes = (re.sub(r"\[(?=\d+\])", "[\u2060", quote) for quote in citation.quotes)
    return [f"{quote} [{citation.number}]" for quote in quotes]
