"""What a turn points at, called by its name: "the pruning one" of a list, "latm" for LATM."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.paper import Paper
from rag.records.catalog import Catalog
from rag.text.words import content_stems, default_idf, stem
from rag.understand.subjects import Topic

_STRANGE = re.compile(r"(?<![\w-])[a-z][a-z0-9-]{2,30}(?![\w-])")
_THE_ONE = re.compile(r"\b(?:the|that) ((?:[\w/-]{1,30} ){1,4})(?:one|paper)s?\b(?! on\b)", re.I)
# Told by their place or age, or told apart from another: others read these.
_NO_DESCRIPTION = frozenset(
    "first second third fourth fifth last latter former final other previous earlier older oldest"
    " newer newest latest same only right wrong best bigger smaller larger new whole two three"
    " good original actual next".split()
)
_YEAR = re.compile(r"(?:from |of )?((?:19|20)\d\d)")


def may_name(question: str) -> bool:
    """Whether some word of ``question`` is no word of texts, so that it may be a name."""
    return any(stem(word) not in default_idf() for word in _STRANGE.findall(question))


def called_by_name(question: str, replies: Sequence[str], catalog: Catalog) -> str:
    """``question`` with names as papers write them, and papers of ``replies`` by their names."""

    def written(match: re.Match[str]) -> str:
        word = match[0]
        return word if stem(word) in default_idf() else catalog.written(word) or word

    def name(match: re.Match[str]) -> str:
        called = catalog.by_name(match[1])
        paper = called[0] if len(called) == 1 else _described(match[1], replies, catalog)
        return Topic.of(paper.title).name if paper else match[0]

    named = _STRANGE.sub(written, question)
    return _THE_ONE.sub(name, named) if replies else named


def _described(words: str, replies: Sequence[str], catalog: Catalog) -> Paper | None:
    """The only paper of the latest reply that has one that ``words`` describe."""
    if not _NO_DESCRIPTION.isdisjoint(words.casefold().split()):
        return None
    year = _YEAR.fullmatch(words.strip())
    wanted = content_stems(words)
    for papers in map(catalog.shown_in, reversed(replies)):
        for about in (_title, _text):
            fitting = [
                paper
                for paper in papers
                if (paper.year == int(year[1]) if year else wanted and wanted <= about(paper))
            ]
            if len(fitting) == 1:
                return fitting[0]
    return None


def _title(paper: Paper) -> frozenset[str]:
    return content_stems(re.sub(r"[-/]", " ", " ".join((paper.title, *paper.topics))))


def _text(paper: Paper) -> frozenset[str]:
    return _title(paper) | content_stems(re.sub(r"[-/]", " ", paper.abstract))
