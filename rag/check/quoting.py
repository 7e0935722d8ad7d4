"""A draft's quotations against the papers that it cites: word for word, nearly, or not at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import product

from ingest.paper import Paper
from rag.check.judge import Judgement
from rag.check.report import WRONG, Quotation

_NEARLY = 0.5  # the share of words in order from which a stretch of a paper is what was meant
_MARGIN = 3  # words by which the paper's stretch may be longer or shorter than the quotation
_ENDS = ".,;:!?"
# What a writer may do to a quotation: leave out (...), put in [the system], change a [L]etter.
_LETTER = re.compile(r"(?<!\w)\[(\w)\](?=\w)")
_CUT = re.compile(r"\[[^\[\]]*\]|\(?(?:\.\s*){3,}\)?|\(?…\)?")


def quoted_rightly(found: Judgement, quotations: Sequence[Quotation]) -> Judgement:
    """``found``, unless its claim quotes other words than the paper's.

    Words that are like none of the abstract may stand elsewhere in the paper: "not found".
    """
    altered = [one for one in quotations if not one.verbatim]
    if not altered or found.verdict in WRONG:
        return found
    for one in altered:
        if one.found is not None:
            return replace(
                found, verdict="quotation differs", yours=one.said, theirs=one.found, reason=""
            )
    if found.verdict != "supported":
        return found
    reason = "the quoted words are not in the abstract; look them up in the paper"
    return replace(found, verdict="not found", reason=reason)


def quotation(said: str, papers: Sequence[Paper]) -> Quotation:
    """``said`` as a paper has it, its title included: word for word, nearly, or not at all."""
    parts = [part for cut in _CUT.split(_LETTER.sub(r"\1", said)) if (part := _bare(cut))]
    for paper in papers:
        text = _folded(f"{paper.title}. {paper.abstract}")
        if all(re.search(rf"(?<!\w){re.escape(_folded(part))}(?!\w)", text) for part in parts):
            return Quotation(said, said)
    bare = " ".join(parts)
    near = max((_nearest(bare, paper.abstract) for paper in papers), default=(0.0, ""))
    return Quotation(said, near[1] if near[0] >= _NEARLY else None)


def _nearest(said: str, text: str) -> tuple[float, str]:
    """The stretch of whole words of ``text`` that is most like ``said``, and how like it is."""
    tokens = list(re.finditer(r"\S+", text))
    theirs = [_bare(_folded(token[0])) for token in tokens]
    wanted = [_bare(word) for word in _folded(said).split()]
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(wanted)
    best, place = 0.0, (0, 1)
    for start, length in product(
        range(len(tokens)), range(max(1, len(wanted) - _MARGIN), len(wanted) + _MARGIN + 1)
    ):
        stretch = theirs[start : start + length]
        if len(set(stretch) & set(wanted)) < _NEARLY * len(set(wanted)) - 1:
            continue
        matcher.set_seq1(stretch)
        if matcher.real_quick_ratio() > best and (ratio := matcher.ratio()) > best:
            blocks = matcher.get_matching_blocks()[:-1]
            # Words that were changed at either end are part of the stretch, too.
            begin = start + min(0, blocks[0].a - blocks[0].b)
            end = start + blocks[-1].a + len(wanted) - blocks[-1].b
            best, place = ratio, (max(0, begin), min(len(tokens), end))
    found = text[tokens[place[0]].start() : tokens[place[1] - 1].end()] if best else ""
    return best, found.rstrip(_ENDS)


def _bare(text: str) -> str:
    return text.strip().rstrip(_ENDS)


def _folded(text: str) -> str:
    """``text`` without case, and with one kind of blank, dash and quotation mark."""
    plain = re.sub(r"[’‘`]", "'", re.sub(r"[“”]", '"', re.sub(r"[‐–—−]", "-", text)))
    return " ".join(plain.casefold().split())
