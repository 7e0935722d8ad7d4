"""An answer's light Markdown as HTML: what answers first, its context, tables of papers, citations.

Everything else in the text is shown as the characters it is (``ui.page.render.literal``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from rag.answer import Answer, CheckedSentence, Citation
from ui.page.render import literal

_MARKER = re.compile(r"\[(\d{1,4})\]")
# Not after or before a letter or digit: 2**3 and 4**5 is arithmetic.
_BOLD = re.compile(r"(?<![\w*])\*\*(?=[^\s*])(.{1,1000}?)(?<=[^\s*])\*\*(?![\w*])")
_ITEM = re.compile(r"\s*-\s+(?=\S)")
_ROW = re.compile(r"\|(?: .*)? \|")  # of a table
_CELL = re.compile(r"(?<=\| )(?:[^|\\]|\\.)+?(?= \|)|(?<=\| )(?:[^|\\]|\\.)+$")
_RULER = re.compile(r"\|(?: :?-+:? \|)+")
_TAG = re.compile(r"<[^<>]*>")
# Between a paper's title and why it is listed, or its marker: who wrote it and when.
_WHY = re.compile(r"(?: \((?:([^()]+), )?\d{4}\))?(?::\s+(?=\S)| (?=\[\d+\]$))")
# What the check wrote behind a sentence ("(⚠ unsupported)") is said here with its reason; while the
# answer comes, and at the end of one that was cut, in the words of the mark.
_MARK = re.compile(r" ?\(\u26a0 ([^()]*)\)")
_MARKED = {
    "unsupported": ("Not supported", "the cited papers don't say this"),
    "uncited": ("No source", "no paper that was found says this"),
}
_Span = tuple[int, int]
Kind = Literal["prose", "list", "table"]


@dataclass(frozen=True, slots=True)
class _Piece:
    """``text[start:end]`` of one line, bold or not; ``number`` is that of a citation's marker."""

    start: int
    end: int
    bold: bool
    number: int | None = None


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines of one paragraph or table, or the items of one list."""

    lines: tuple[_Span, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Listed:
    """A paper in a list: where its title, its authors and why it is listed stand in the text."""

    title: _Span
    who: _Span | None
    year: int | None
    why: _Span


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
        """Paragraphs, lists and tables, on one line; what two papers say stands side by side."""
        groups: list[tuple[bool, list[str]]] = [(False, [])]  # told of one paper, its parts
        for block in self._blocks():
            told, parts = groups[-1]
            if block.kind == "prose" and self._names_its_paper(block):
                groups.append((True, [self._told(block)]))
            elif told and block.kind == "prose" and self._cites(block):
                parts.append(self._paragraph(block, "ap-context"))
            else:
                if told:
                    groups.append((False, parts := []))
                parts.append(self._block(block))
        pair = [place for place, (told, _) in enumerate(groups) if told]
        side_by_side = len(pair) == 2 and pair[1] == pair[0] + 1
        html: list[str] = []
        for place, (_, parts) in enumerate(groups):
            said = "".join(parts)
            if side_by_side and place in pair:
                opening = '<div class="ap-pair">' if place == pair[0] else ""
                said = f"{opening}<section>{said}</section>{'' if opening else '</div>'}"
            html.append(said)
        return "".join(html)

    # the text cut into blocks

    def _blocks(self) -> Iterator[_Block]:
        lines: list[_Span] = []
        kind: Kind = "prose"
        position = 0
        for line in self._text.split("\n"):
            item = _ITEM.match(line)
            now: Kind = "list" if item else "table" if _ROW.fullmatch(line) else "prose"
            if lines and (kind != now or not line.strip()):
                yield _Block(tuple(lines), kind)
                lines = []
            if line.strip():
                start = item.end() if item else len(line) - len(line.lstrip())
                lines.append((position + start, position + len(line.rstrip())))
                kind = now
            position += len(line) + 1
        if lines:
            yield _Block(tuple(lines), kind)

    def _names_its_paper(self, block: _Block) -> bool:
        """Whether a bold line, a title, stands above what is said."""
        bold = _BOLD.match(self._text, *block.lines[0])
        return len(block.lines) > 1 and bold is not None and bold.end() == block.lines[0][1]

    def _cites(self, block: _Block) -> bool:
        return any(_MARKER.search(self._text, start, end) for start, end in block.lines)

    # blocks as HTML

    def _block(self, block: _Block) -> str:
        if block.kind == "list":
            return self._list(block)
        return self._table(block) if block.kind == "table" else self._paragraph(block)

    def _table(self, block: _Block) -> str:
        """A Markdown table: its first column names the rows; the line of dashes is left out."""
        rows = [
            [self._line(*cell.span()) for cell in _CELL.finditer(self._text, start, end - 2)]
            for start, end in block.lines
            if not _RULER.fullmatch(self._text, start, end)
        ]
        if not all(rows) or not rows:
            return self._paragraph(block)
        head, *body = rows
        heads = "".join(f'<th scope="col" role="columnheader">{cell}</th>' for cell in head)
        told = "".join(
            f'<tr role="row"><th scope="row" role="rowheader">{name}</th>'
            + "".join(
                f'<td role="cell" data-column="{_TAG.sub("", column)}">{cell}</td>'
                for column, cell in zip(head[1:], cells, strict=False)
            )
            + "</tr>"
            for name, *cells in body
        )
        return (
            '<div class="ap-cells" tabindex="0" role="region" aria-label="Table">'
            f'<table role="table"><thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
            f'<tbody role="rowgroup">{told}</tbody></table></div>'
        )

    def _told(self, block: _Block) -> str:
        title, *said = block.lines
        return (
            f'<h3 class="ap-source">{self._line(title[0] + 2, title[1] - 2)}</h3>'
            f'<p class="ap-lead">{"<br>".join(self._line(*line) for line in said)}</p>'
        )

    def _paragraph(self, block: _Block, kind: str = "") -> str:
        lines = block.lines
        start, end = lines[0]
        if len(lines) == 1 and re.fullmatch(r"_[^_].*[^_]_", self._text[start:end]):
            kind, lines = "ap-aside", ((start + 1, end - 1),)  # a remark about the answer
        said = "<br>".join(self._line(*line) for line in lines)
        return f'<p class="{kind}">{said}</p>' if kind else f"<p>{said}</p>"

    def _list(self, block: _Block) -> str:
        rows = [self._row(*item) for item in block.lines]
        told = any(row and not _MARKER.match(self._text, row.why[0]) for row in rows)
        if not all(rows) or not told:
            return f"<ul>{''.join(f'<li>{self._line(*item)}</li>' for item in block.lines)}</ul>"
        body = "".join(
            f'<tr role="row"><th scope="row" role="rowheader">{self._line(*row.title)}'
            + (f'<span class="ap-by">{self._line(*row.who)}</span>' if row.who else "")
            + f'</th><td role="cell" class="ap-when">{row.year or ""}</td>'
            f'<td role="cell">{self._line(*row.why)}</td></tr>'
            for row in rows
            if row
        )
        return (
            '<table class="ap-listed" role="table"><thead role="rowgroup"><tr role="row">'
            + "".join(
                f'<th scope="col" role="columnheader">{name}</th>'
                for name in ("Paper", "Year", "Why")
            )
            + f'</tr></thead><tbody role="rowgroup">{body}</tbody></table>'
        )

    def _row(self, start: int, end: int) -> _Listed | None:
        """The parts of an item that has the title of a cited paper and words on it."""
        bold = _BOLD.match(self._text, start, end)
        why = _WHY.match(self._text, bold.end(), end) if bold else None
        if bold is None or why is None:
            return None
        title = _flat(bold[1])
        cited = (c.paper for c in self._citations.values() if _flat(c.paper.title) == title)
        paper = next(cited, None)
        if paper is None:
            return None
        who = why.span(1) if why[1] else None
        return _Listed(bold.span(1), who, paper.year, (why.end(), end))

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
        text = self._text[piece.start : piece.end].replace("\\|", "|")
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


def _flat(text: str) -> str:
    return " ".join(text.split())


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
