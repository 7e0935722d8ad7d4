"""Papers x columns: every cell a stretch of the paper's own text, or "not stated".

What abstracts nearly always tell (method, data, result ...) is known by the words that announce
it; any other column by its own words.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from io import StringIO
from typing import Any

from ingest.export import FORMULA
from ingest.paper import Paper
from ingest.sentences import Span, sentence_spans
from rag.read.entity_kinds import Kind, is_of_kind, kind_asked
from rag.text.figures import figures
from rag.text.mentions import key, mentions
from rag.text.synonyms import same_meaning
from rag.text.words import default_idf, rarest_idf, stem, words

NOT_STATED = "not stated"
MOST_COLUMNS = 12

# Words of a column's name -> what announces such a thing in an abstract, the surest first.
_ROLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"methods?|approach(?:es)?|techniques?|contributions?|idea|what",
        (
            r"\b(?:we|this (?:paper|work|study)|the authors?)\s+(?:\w+\s+){0,2}"
            r"(?:propos|present|introduc|develop|design|describ|build|devis)\w*",
            r"\b(?:propos|introduc)\w+\b.{0,300}"
            r"\b(?:method|approach|framework|model|algorithm|system)\b",
            r"\bis an?\b.{0,300}"
            r"\b(?:method|approach|framework|model|algorithm|system|library|toolkit)\b",
            r"\b(?:we|this (?:survey|review|paper|work|study|article)) (?:\w+ly )?"
            r"(?:stud|investigat|analy[sz]|survey|review|explor|examin|cover|classif|compar)\w+",
            r"\b(?:this|our) (?:survey|review|paper|work|study|article)\b",
            r"^\S+ (?:\(.*\) )?is an?\b",
        ),
    ),
    (
        r"results?|findings?|outcomes?|performance|gains?|improvements?",
        (
            r"\b(?:outperform|achiev|improv|reduc|reach|speed|surpass|exceed|cut|rais|gain|sav)\w*"
            r"\b.{0,300}\d|\d.{0,300}\b(?:faster|higher|lower|better|fewer|less|more|speed-?up|accuracy)\b",
            r"\b(?:results?|experiments?|evaluations?)\b.{0,300}"
            r"\b(?:show|demonstrat|indicat|reveal)\w*",
            r"\bwe (?:find|show|demonstrate|observe)\b|\b(?:outperform|beat|surpass|exceed)\w*\b",
            r"\b(?:faster|slower|higher|lower|better|worse|fewer|less|more)\b.{0,300}\bthan\b"
            r"|\bcompared (?:to|with)\b.{0,300}\b(?:improv|reduc|rais|cut|sav|speed)\w*",
            r"\b(?:improv|reduc|rais|cut|sav|speed)\w*\b.{0,300}"
            r"\b(?:over|than|compared|by|up to)\b",
        ),
    ),
    (
        r"problems?|tasks?|motivations?|challenges?|gap",
        (
            r"\b(?:however|but|yet|unfortunately)\b|\bchalleng\w+|\bremains?\b|\bsuffer\w*",
            r"\b(?:problem|task|bottleneck|difficult|expensive|limited|costly)\w*\b",
        ),
    ),
    (
        r"limitations?|drawbacks?|weakness(?:es)?|caveats?",
        (
            r"\b(?:our|its|this|the proposed) (?:\w+ ){0,3}(?:limit|drawback|fail)\w*",
            r"\blimitations?\b",
        ),
    ),
)  # fmt: skip
# Words beside which a name of the kind, or a description of such a thing, stands.
_BESIDE: dict[Kind, re.Pattern[str]] = {
    "data": re.compile(r"\b(?:data ?sets?|benchmarks?|corp(?:us|ora)|test ?sets?)\b", re.I),
    "model": re.compile(r"\b(?:compared|baselines?|over|than|outperforms?|models?)\b", re.I),
    "machine": re.compile(r"\b(?:GPUs?|CPUs?|TPUs?|FPGAs?|servers?|clusters?|phones?)\b", re.I),
    "language": re.compile(r"\blanguages?\b", re.I),
}  # fmt: skip
_CLAUSES = re.compile(r";\s|:\s|,\s+(?:while|which|whereas|and|but|where|so)\s|\s[–—]\s")
_SHORTEST = 5  # words of a clause that stands for itself
_RECORDS: dict[str, Callable[[Paper], str]] = {
    "year": lambda paper: str(paper.year or ""),
    "authors": lambda paper: ", ".join(paper.authors),
    "author": lambda paper: ", ".join(paper.authors),
    "title": lambda paper: paper.title,
    "id": lambda paper: paper.id,
    "url": lambda paper: paper.url or "",
    "link": lambda paper: paper.url or "",
    "code": lambda paper: paper.code_url or "",
    "topics": lambda paper: ", ".join(paper.topics),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """``text`` verbatim, with the ``sentence`` that it stands in; both empty: not stated."""

    text: str = ""
    sentence: str = ""

    @property
    def shown(self) -> str:
        return self.text or NOT_STATED

    def to_dict(self) -> dict[str, str]:
        return {"text": self.text, "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class Table:
    """A row a paper, each with a cell a column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Paper, tuple[Cell, ...]], ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "columns": list(self.columns),
            "rows": [
                {
                    "paper": paper.id,
                    "title": paper.title,
                    "cells": {
                        column: cell.to_dict()
                        for column, cell in zip(self.columns, cells, strict=True)
                    },
                }
                for paper, cells in self.rows
            ],
        }

    def to_markdown(self) -> str:
        lines = [("paper", *self.columns), ("---",) * (1 + len(self.columns))]
        lines += [(paper.title, *(cell.shown for cell in cells)) for paper, cells in self.rows]
        return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)

    def to_csv(self) -> str:
        out = StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["id", "title", *self.columns])
        for paper, cells in self.rows:
            row = [paper.id, paper.title, *(cell.shown for cell in cells)]
            writer.writerow([f"'{said}" if FORMULA.match(said) else said for said in row])
        return out.getvalue()


def table(papers: Iterable[Paper], columns: Sequence[str]) -> Table:
    """What each paper says of each column."""
    named = tuple(column.strip() for column in columns if column.strip())[:MOST_COLUMNS]
    rows = tuple((paper, tuple(cell(paper, column) for column in named)) for paper in papers)
    return Table(named, rows)


def cell(paper: Paper, column: str) -> Cell:
    """The stretch of ``paper`` that says what ``column`` asks for."""
    if (record := _RECORDS.get(column.casefold())) is not None:
        return Cell(record(paper))
    spans = sentence_spans(paper.abstract)
    texts = [paper.abstract[start:end] for start, end in spans]
    for role, cues in announcements():
        if role.fullmatch(column):
            return _announced(texts, cues)
    if (kind := kind_asked(column)) is not None:
        return _named(texts, kind)
    return _told(texts, column)


@cache
def announcements() -> tuple[tuple[re.Pattern[str], tuple[re.Pattern[str], ...]], ...]:
    """``_ROLES`` as patterns, compiled when they are first needed."""
    return tuple(
        (re.compile(role, re.I), tuple(re.compile(cue, re.I) for cue in cues))
        for role, cues in _ROLES
    )


def _announced(texts: Sequence[str], cues: Sequence[re.Pattern[str]]) -> Cell:
    for cue in cues:
        for text in texts:
            if match := cue.search(text):
                return Cell(_clause(text, match.span()), text)
    return Cell()


def _named(texts: Sequence[str], kind: Kind) -> Cell:
    """The sentence with a name of the kind and a word for it, or with either."""
    scored = []
    for place, text in enumerate(texts):
        names = [name for name in mentions(text) if is_of_kind(key(name.text), kind)]
        word = _BESIDE[kind].search(text)
        if names or word and kind != "model":
            span = (names[0].start, names[0].end) if names else word.span() if word else (0, 0)
            scored.append((2 * bool(names) + bool(word), -place, _clause(text, span), text))
    return Cell(*max(scored)[2:]) if scored else Cell()


def _told(texts: Sequence[str], column: str) -> Cell:
    """The sentence that has all of the column's words, or others for them; figures first."""
    wanted = {word.stem for word in words(column) if word.is_content} or {stem(column.casefold())}
    idf, rarest = default_idf(), rarest_idf()
    best: tuple[float, int, Cell] | None = None
    for place, text in enumerate(texts):
        own = {word.stem: word for word in words(text)}
        met = {w: next((o for o in own if o == w or o in same_meaning(w)), None) for w in wanted}
        if None in met.values():
            continue
        weight = sum(idf.get(w, rarest) * (1.0 if met[w] == w else 0.8) for w in wanted)
        found = own[str(next(iter(met.values())))]
        span = (found.start, found.start + len(found.text))
        score = weight + 5.0 * bool(figures(text))
        if best is None or score > best[0]:
            best = (score, place, Cell(_clause(text, span), text))
    return best[2] if best else Cell()


def _clause(text: str, span: Span) -> str:
    """The clause of ``text`` in which ``span`` stands, whole where it is short."""
    starts = [0, *(match.end() for match in _CLAUSES.finditer(text) if match.end() <= span[0])]
    ends = [*(match.start() for match in _CLAUSES.finditer(text) if match.start() >= span[1])]
    said = text[starts[-1] : ends[0] if ends else len(text)].strip()
    return said if len(said.split()) >= _SHORTEST else text


def _cell(said: str) -> str:
    return re.sub(r"([\\|`*_\[\]<>])", r"\\\1", " ".join(said.split()))
