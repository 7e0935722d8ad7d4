"""An answer's light Markdown as HTML: paragraphs, lists, bold, citations, checked sentences.

Everything else in the text is shown as the characters it is (``ui.page.render.literal``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rag.answer import Answer, CheckedSentence, Citation
from ui.page.render import literal

_MARKER = re.compile(r"\[(\d{1,4})\]")
# Not after or before a letter or digit: 2**3 and 4**5 is arithmetic.
_BOLD = re.compile(r"(?<![\w*])\*\*(?=[^\s*])(.+?)(?<=[^\s*])\*\*(?![\w*])")
_ITEM = re.compile(r"\s*-\s+(?=\S)")
# What the check wrote behind a sentence ("(⚠ unsupported)") is said here with its reason; while the
# answer comes, and at the end of one that was cut, in the words of the mark.
_MARK = re.compile(r" ?\(\u26a0 ([^()]*)\)")
_MARKED = {
    "unsupported": ("Not supported", "the cited papers don't say this"),
    "uncited": ("No source", "no paper that was found says this"),
}


@dataclass(frozen=True, slots=True)
class _Piece:
    """``text[start:end]`` of one line, bold or not; ``number`` is that of a citation's marker."""

    start: int
    end: int
    bold: bool
    number: int | None = None


class Prose:
    """Turns one answer's text into HTML; ``turn`` keeps its links apart from other answers'."""

    def __init__(
        self,
        text: str,
        turn: int = 0,
        citations: Mapping[int, Citation] | None = None,
        sentences: Sequence[CheckedSentence] = (),
    ) -> None:
        self._text = text
        self._turn = turn
        self._citations = citations or {}
        self._sentences = sentences
        self._linked: set[int] = set()

    @classmethod
    def of(cls, answer: Answer, turn: int, text: str | None = None) -> Prose:
        """The prose of a whole answer, or of ``text``, a beginning of its text."""
        citations = {citation.number: citation for citation in answer.citations}
        return cls(answer.text if text is None else text, turn, citations, answer.sentences)

    def html(self) -> str:
        """Paragraphs and lists, on one line."""
        html: list[str] = []
        lines: list[str] = []
        items: list[str] = []
        position = 0
        for line in self._text.split("\n"):
            item = _ITEM.match(line)
            if items and not item:
                html.append(f"<ul>{''.join(f'<li>{said}</li>' for said in items)}</ul>")
                items = []
            if lines and (item or not line.strip()):
                html.append(f"<p>{'<br>'.join(lines)}</p>")
                lines = []
            if item:
                items.append(self._line(position + item.end(), position + len(line.rstrip())))
            elif line.strip():
                indent = len(line) - len(line.lstrip())
                lines.append(self._line(position + indent, position + len(line.rstrip())))
            position += len(line) + 1
        if lines:
            html.append(f"<p>{'<br>'.join(lines)}</p>")
        if items:
            html.append(f"<ul>{''.join(f'<li>{said}</li>' for said in items)}</ul>")
        return "".join(html)

    def _line(self, start: int, end: int) -> str:
        html: list[str] = []
        pieces = self._pieces(start, end)
        for sentence, group in groupby(pieces, key=lambda piece: self._sentence(piece.start)):
            said = list(group)
            inner = "".join(self._shown(piece) for piece in said)
            html.append(inner if sentence is None else _checked(inner, sentence, said[-1].end))
        return "".join(html)

    def _sentence(self, position: int) -> CheckedSentence | None:
        return next((s for s in self._sentences if s.start <= position < s.end), None)

    def _pieces(self, start: int, end: int) -> list[_Piece]:
        """The line cut where boldness, a marker or a sentence begins or ends."""
        pieces: list[_Piece] = []
        done = start
        for bold in _BOLD.finditer(self._text, start, end):
            pieces += self._marked(done, bold.start(), bold=False)
            pieces += self._marked(bold.start(1), bold.end(1), bold=True)
            done = bold.end()
        return pieces + self._marked(done, end, bold=False)

    def _marked(self, start: int, end: int, *, bold: bool) -> list[_Piece]:
        pieces: list[_Piece] = []
        done = start
        for marker in _MARKER.finditer(self._text, start, end):
            if int(marker[1]) in self._citations:
                pieces += self._cut(done, marker.start(), bold)
                pieces.append(_Piece(marker.start(), marker.end(), bold, int(marker[1])))
                done = marker.end()
        return pieces + self._cut(done, end, bold)

    def _cut(self, start: int, end: int, bold: bool) -> list[_Piece]:
        edges = {edge for s in self._sentences for edge in (s.start, s.end) if start < edge < end}
        cuts = [start, *sorted(edges), end]
        return [_Piece(a, b, bold) for a, b in zip(cuts, cuts[1:], strict=False) if a < b]

    def _shown(self, piece: _Piece) -> str:
        if piece.number is not None:
            return self._link(self._citations[piece.number])
        text = self._text[piece.start : piece.end]
        sentence = self._sentence(piece.start)
        if sentence is not None and sentence.marked:
            text = _MARK.sub("", text)
        shown = _noted(text) if sentence is None else literal(text)
        if shown.endswith(" ") and self._marker_follows(piece.end):
            # A no-break space: a number alone at the start of a line has lost its sentence.
            shown = shown[:-1] + "&#160;"
        return f"<strong>{shown}</strong>" if piece.bold else shown

    def _marker_follows(self, position: int) -> bool:
        marker = _MARKER.match(self._text, position)
        return marker is not None and int(marker[1]) in self._citations

    def _link(self, citation: Citation) -> str:
        number, title = citation.number, literal(citation.paper.title)
        first = number not in self._linked  # where the card's number leads back to
        self._linked.add(number)
        own_id = f' id="ref-{self._turn}-{number}"' if first else ""
        return (
            f'<a class="ap-cite" href="#cite-{self._turn}-{number}"{own_id} title="{title}"'
            f' aria-label="Source {number}: {title}">&#91;{number}&#93;</a>'
        )


def _noted(text: str) -> str:
    """Text of no checked sentence; every second part that its marks cut it into is a mark's."""
    parts = [literal(part) for part in _MARK.split(text)]
    parts[1::2] = [
        f' <span class="ap-why" role="note"><b>\u26a0</b> {mark}</span>' for mark in parts[1::2]
    ]
    return "".join(parts)


def _checked(inner: str, sentence: CheckedSentence, end: int) -> str:
    """One checked sentence; where it is marked, the reason follows its last words."""
    numbers = " ".join(map(str, sentence.citations))
    if not sentence.marked:
        return f'<span class="ap-said" data-n="{numbers}">{inner}</span>'
    what, else_said = _MARKED[sentence.verdict]
    note = (
        f' <span class="ap-why" role="note"><b>{what}:</b> {literal(sentence.reason or else_said)}'
        "</span>"
    )
    return (
        f'<span class="ap-said ap-unsure" data-n="{numbers}">{inner}</span>'
        f"{note if end >= sentence.end else ''}"
    )
