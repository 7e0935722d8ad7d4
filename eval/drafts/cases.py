"""Sentences of drafts with known verdicts: true ones retold, and with one thing planted in them.

Abstracts' own sentences are told as a draft tells them ("we" are "the authors", asides are left
out); paraphrases come from a file with ``claim`` and ``paper``, a title, on each line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from eval.planted import Plant, plants
from ingest.paper import Paper
from ingest.sentences import sentences
from rag.text.figures import figures

KINDS = (
    "true",
    "figure",
    "unit",
    "name",
    "negation",
    "direction",
    "overstated",
    "wrong paper",
    "no paper",
    "uncited",
    "uncited figure",
)
_FEWEST_WORDS, _MOST_WORDS = 9, 45
_OWN = (
    (r"\bWe\b", "The authors"), (r"\bwe\b", "the authors"), (r"\bOur\b", "Their"),
    (r"\bour\b", "their"), (r"\bIn this (?:paper|work|study|article), ", ""),
    (r"\b[Tt]his (?:paper|work|study|article)\b", "the paper"),
)  # fmt: skip
_ASIDE = re.compile(r"\s\([^()]{3,60}\)")
_LINK = re.compile(
    r"^(?:However|Moreover|Furthermore|Additionally|In addition|Finally|Specifically|In particular"
    r"|To this end|Thus|Therefore|Hence|Notably|Importantly|Also|Further|Then),\s+"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence of a draft: ``said``, which cites ``cited`` or nothing, told from ``paper``."""

    kind: str
    paper: Paper
    cited: Paper | None
    said: str


Near = Callable[[Paper], Sequence[Paper]]  # the papers most like one, without it, the likest first


def retold(sentence: str) -> str:
    """An abstract's sentence as a draft would tell it; its content is the same."""
    said = _LINK.sub("", _ASIDE.sub("", sentence))
    for own, told in _OWN:
        said = re.sub(own, told, said)
    return said[:1].upper() + said[1:]


def from_abstracts(papers: Iterable[Paper], random: Random) -> Iterator[tuple[Paper, str]]:
    """A sentence a paper, one with a figure where there is one in half of the cases."""
    for paper in papers:
        fit = [s for s in sentences(paper.abstract) if _fits(s)]
        told = [s for s in fit if any(not figure.in_name for figure in figures(s))]
        if told and random.random() < 0.5:
            yield paper, retold(random.choice(told))
        elif fit:
            yield paper, retold(random.choice(fit))


def _fits(sentence: str) -> bool:
    words = len(sentence.split())
    plain = not re.search(r"[\\$]|https?:|\bcode (?:is|are|will)\b|\bavailable\b", sentence)
    return _FEWEST_WORDS <= words <= _MOST_WORDS and plain and sentence.endswith(".")


def from_paraphrases(file: Path, papers: Iterable[Paper]) -> Iterator[tuple[Paper, str]]:
    """Each line's sentence with its paper; lines on other papers are left out."""
    known = {paper.title: paper for paper in papers}
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["paper"] in known:
            yield known[row["paper"]], row["claim"]


def from_file(file: Path, papers: Iterable[Paper]) -> Iterator[Case]:
    """Sentences with their kinds, as people wrote them: ``kind``, ``said`` and the id ``cited``.

    Those that cite another library's papers are left out.
    """
    known = {id_: paper for paper in papers for id_ in paper.ids}
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        if cited := known.get(row["cited"]):
            yield Case(row["kind"], cited, cited, row["said"])


def cases(
    told: Iterable[tuple[Paper, str]],
    strangers: Iterable[tuple[Paper, str]],
    near: Near,
    random: Random,
) -> Iterator[Case]:
    """Every true sentence of ``told``, all that can be planted in it, and its citing another paper.

    ``strangers`` are sentences of papers that the library lacks; each cites the paper nearest to
    its own.
    """
    pairs = list(told)
    planted: dict[str, Plant] = plants([paper.title for paper, _ in pairs])
    for paper, said in pairs:
        yield Case("true", paper, paper, said)
        yield Case("uncited", paper, None, said)
        for kind, plant in planted.items():
            changed = plant(said, random)
            if changed is not None and changed != said:
                yield Case(kind, paper, paper, changed)
                if kind == "figure":
                    yield Case("uncited figure", paper, None, changed)
        if others := near(paper):
            yield Case("wrong paper", paper, others[0], said)
    for paper, said in strangers:
        yield Case("uncited", paper, None, said)
        if others := near(paper):
            yield Case("no paper", paper, others[0], said)
