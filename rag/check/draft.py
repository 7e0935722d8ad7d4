"""A draft taken apart: its sentences with what they cite and quote, as offsets into its text.

Markup is blanked out, letter for letter, so that every offset stays the draft's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.sentences import sentence_spans
from ingest.sources.readable import readable
from rag.check.citing import Cite, cites
from rag.text.words import words

_BLOCKS = re.compile(
    r"""(?msx)
      ^(?:```|~~~).*?(?:^(?:```|~~~)[ ]*$|\Z)          # code
    | \A---\n.*?^---[ ]*$                              # front matter
    | <!--.*?(?:-->|\Z)
    | ^[ ]{0,3}\#{1,6}[ ].*?$                          # headings
    | ^[^\n]+\n(?:={3,}|-{3,})[ ]*$
    | ^[ ]*\|.*?$                                      # tables
    | !\[[^\[\]\n]*\]\([^()\n]*\)                         # pictures
    """
)
_LATEX = re.compile(r"\\(?:documentclass|begin\{|section\b|cite[a-z]*\b|textbf\b|emph\b)")
_LATEX_BLOCKS = re.compile(
    r"""(?msx)
      (?<!\\)%.*?$
    | \A.*?\\begin\{document\}
    | \\end\{document\}.*\Z
    | \\begin\{(?P<kind>equation|align|alignat|gather|multline|displaymath|eqnarray|figure|table
        |tabular|lstlisting|verbatim|minted|tikzpicture|algorithm|algorithmic|thebibliography
        |wrapfigure)(?P<star>\*?)\}.*?(?:\\end\{(?P=kind)(?P=star)\}|\Z)
    | \\\[(?:(?!\\\[).)*?\\\]
    | \\(?:part|chapter|(?:sub)*section|paragraph|title|author|date|caption)\*?\{[^{}]*\}
    | \\(?:maketitle|tableofcontents|newpage|clearpage|appendix|bibliography(?:style)?\{[^{}]*\})
    """
)
_LATEX_INSERTS = re.compile(r"~?\\(?:label|(?:eq|page|auto|c)?ref|footnote|index|vspace)\{[^{}]*\}")
_ITEMS = re.compile(
    r"(?m)(?:^|(?<=\n))[ \t]*(?:[-*+•]|\d{1,2}[.)])(?=[ \t])|\\item\b|\\(?:begin|end)\{[^{}]*\}"
)
_LIST = re.compile(
    r"(?im)^[ ]{0,3}(?:\#{1,6}[ ]*)?(?:\d+\.?[ ]+)?\**(?:references|bibliography|works cited"
    r"|literature(?: cited)?)\**:?[ ]*$"
)
_LISTED = re.compile(r"(?m)^[ ]*(?:\[(?P<key>[^\]\n]{1,40})\]:?|(?P<number>\d{1,4})[.)])[ ]+")
_BIBITEM = re.compile(r"\\bibitem(?:\[[^\[\]]*\])?\{(?P<key>[^{}]+)\}")
_QUOTED = re.compile(r"[“\"]([^“”\"\n]{12,600})[”\"]|``(.{12,600}?)''", re.S)
_LEFT = re.compile(r"\([\s,;]*(?:(?:see|e\.g\.|cf\.|i\.e\.|also|and|in)[\s,;]*)*\)")
_LINK = re.compile(r"\[([^\[\]]+)\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"\*\*|__|`(?!`)|(?<!\w)[*_](?=\w)|(?<=[\w.,])[*_](?!\w)")
_OWN = re.compile(
    r"\b(?:we|our|ours|us|I|my|(?:this|the present) (?:paper|work|section|study|article|thesis"
    r"|chapter|report|survey|review)|(?:section|figure|fig\.|table|appendix|chapter) ?\d*)\b",
    re.I,
)
_FEWEST = 4  # content words of what can be a claim
_FEWEST_QUOTED = 4  # words of what is a quotation rather than a term in quotation marks


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """The sentence ``draft.text[start:end]``: what it claims in plain words, cites and quotes."""

    start: int
    end: int
    claim: str
    cites: tuple[Cite, ...]
    quotes: tuple[str, ...]

    @property
    def is_claim(self) -> bool:
        """Whether it says something of the world that a paper could bear out."""
        if self.cites or self.quotes:
            return True
        said = sum(word.is_content for word in words(self.claim))
        return said >= _FEWEST and self.claim[-1:] in ".!)”\"'" and not _OWN.search(self.claim)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft's ``sentences`` in order; ``listed`` is its own list of references by their keys."""

    text: str
    sentences: tuple[DraftSentence, ...]
    listed: Mapping[str, str]


def read_draft(text: str) -> Draft:
    """``text`` (Markdown, LaTeX or plain) as a Draft."""
    text = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\0", " ")
    prose, listed = _parted(text)
    found = cites(prose)
    bare = _blanked(prose, [(cite.start, cite.end) for cite in found])
    spans = sentence_spans(bare)
    owned = _owned(bare, found, spans)
    sentences = []
    for (start, end), own in zip(spans, owned, strict=True):
        claim = _plain(bare[start:end])
        if not words(claim):
            continue
        quotes = tuple(
            _EMPHASIS.sub("", readable(said))
            for match in _QUOTED.finditer(bare, start, end)
            if len((said := match[1] or match[2]).split()) >= _FEWEST_QUOTED
        )
        first = min([start, *(cite.start for cite in own)])
        last = max([end, *(cite.end for cite in own)])
        sentences.append(DraftSentence(first, last, claim, tuple(own), quotes))
    return Draft(text, tuple(sentences), listed)


def _parted(text: str) -> tuple[str, dict[str, str]]:
    """The prose of a draft, as long as it, and its list of references."""
    listed = _bibitems(text)
    if _LATEX.search(text):
        prose = _masked(_masked(text, _LATEX_BLOCKS), _LATEX_INSERTS)
    else:
        starts = [match.start() for match in _LIST.finditer(text)]
        if starts and (found := _entries(text[starts[-1] :])):
            listed |= found
            text = _blanked(text, [(starts[-1], len(text))])
        prose = _masked(text, _BLOCKS)
    return _ITEMS.sub(_broken, prose), listed


def _entries(section: str) -> dict[str, str]:
    marks = list(_LISTED.finditer(section))
    ends = [*(mark.start() for mark in marks[1:]), len(section)]
    return {
        (mark["key"] or mark["number"]).strip(): " ".join(section[mark.end() : end].split())
        for mark, end in zip(marks, ends, strict=False)
    }


def _bibitems(text: str) -> dict[str, str]:
    marks = list(_BIBITEM.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    said = {}
    for number, (mark, end) in enumerate(zip(marks, ends, strict=False), 1):
        entry = text[mark.end() : end].partition(r"\end{thebibliography}")[0]
        said[mark["key"].strip()] = said[str(number)] = readable(entry.replace(r"\newblock", " "))
    return said


def _masked(text: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    letters = list(text)
    for start, end in spans:
        letters[start:end] = [" " if char != "\n" else char for char in letters[start:end]]
    return "".join(letters)


def _broken(match: re.Match[str]) -> str:
    """The mark of a list's item as an end of a paragraph."""
    said = re.sub(r"[^\n]", " ", match[0])
    return f"{said[:-1]}\n" if len(said) == 1 else f"\n{said[1:-1]}\n"


def _owned(bare: str, found: Sequence[Cite], spans: Sequence[tuple[int, int]]) -> list[list[Cite]]:
    """The citations of each sentence, of those between two sentences, too.

    "... faster. [1] The next" cites for what stands before it, "... faster. [1] shows" doesn't.
    """
    owned: list[list[Cite]] = [[] for _ in spans]
    for cite in found:
        place = next((i for i, (_, end) in enumerate(spans) if cite.start < end), len(spans))
        between = place == len(spans) or cite.start < spans[place][0]
        goes_on = place < len(spans) and bare[spans[place][0]].islower()
        if between and not goes_on and place and _joined(bare, spans[place - 1][1], cite.start):
            place -= 1
        if place < len(spans):
            owned[place].append(cite)
    return owned


def _joined(bare: str, end: int, start: int) -> bool:
    return not re.search(r"\n\s*\n", bare[end:start])


def _plain(said: str) -> str:
    """A sentence in plain words, without what only its citations left."""
    said = _EMPHASIS.sub("", readable(_LINK.sub(r"\1", said)))
    said = _LEFT.sub("", said)
    return re.sub(r" ([.,;:!?)])", r"\1", " ".join(said.split()))
