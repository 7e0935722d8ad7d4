"""What the reader is fitted to: questions, each over its own library, with what retrieval finds.

Beside the development half of the bundled questions on the starter papers these are
``eval/train/data/*.jsonl``, about 480 papers among five times as many, and
``eval/train/data/lists/``: 132 papers that were all read, so that the lists asked for are
complete. ``eval/train/data/authors/w*.jsonl`` are questions of three more authors that neither
the transformers learned from, half of them in everyday words. Questions and sentence numbers are
ours; the abstracts come from corpora of papers. ``x*.jsonl`` are comparisons of two papers.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.answers import by_title
from eval.questions import Evidence, Question, load_questions, split
from eval.train.cross_data import whole_id
from ingest.embedders import Embedder
from ingest.embedders.static import StaticEmbedder
from ingest.library import Library
from ingest.paper import Paper, title_key
from ingest.sentences import sentence_spans
from ingest.sources import read
from ingest.starter import starter_papers
from rag.answer import Hit
from rag.read.features import Viewer
from rag.read.rank import member_features, paper_features
from rag.reader import LOOKED_AT
from rag.retrieve import Retriever
from rag.understand.entities import named_hits
from rag.understand.intent import topic

Rows = NDArray[np.float64]
Labels = NDArray[np.bool_]

TRAINING = Path(__file__).with_name("data")
SIDE_BY_SIDE = "x"
LIBRARY_SIZE = 2_600  # papers, those asked about among them
STRANGERS = ("e1", "e2", "e3")  # the authors in eval/strangers that may be learned from
FIELD_SIZE = 3_000  # papers
_ASKED = Path(__file__).parents[1] / "strangers"
_COMPUTING = re.compile(r"\b(?:cs|stat|eess)\.")
_KINDS = dict.fromkeys(("yesno", "premise", "why", "two-part", "definition"), "fact")


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One question over one library, retrieved: its hits and which papers are gold or may be.

    ``complete``: no other paper of the library answers it.
    """

    question: Question
    viewer: Viewer
    hits: tuple[Hit, ...]
    named: tuple[Hit, ...]
    complete: bool

    def gold(self) -> Labels:
        wanted = {title_key(title) for title in self.question.papers}
        return np.array([title_key(hit.paper.title) in wanted for hit in self.hits], np.bool_)

    def counted(self) -> Labels:
        free = {title_key(title) for title in self.question.also_ok}
        return np.array([title_key(hit.paper.title) not in free for hit in self.hits], np.bool_)

    def papers(self) -> Rows:
        """The papers' features for the question."""
        return self._rows(self.question.question)

    def members(self, scores: Rows) -> Rows:
        """Their features as members of the list that is asked for, given the papers' scores."""
        return member_features(self._rows(topic(self.question.question)), scores)

    def _rows(self, text: str) -> Rows:
        views = [self.viewer.paper(hit.paper) for hit in self.hits]
        return paper_features(self.viewer.question(text), self.hits, views, self.named)


def development() -> list[Question]:
    """The half of the bundled questions that may be learned from."""
    return [question for question in load_questions() if split(question.id) == "dev"]


def known_papers(corpora: Iterable[Path]) -> dict[str, Paper]:
    """The papers of corpora by arXiv id."""
    papers = (paper for path in corpora for paper in read(str(path)) if isinstance(paper, Paper))
    return {whole_id(paper.id.removeprefix("arxiv:")): paper for paper in papers}


def over(
    papers: Sequence[Paper], questions: Sequence[Question], embedder: Embedder, *, complete: bool
) -> list[Case]:
    """The cases of those ``questions`` that have no history, over a library of ``papers``."""
    viewer = Viewer.of(StaticEmbedder())
    found = []
    with tempfile.TemporaryDirectory() as place:
        library = Library.open(Path(place), embedder=embedder, create=True)
        library.put(papers)
        retrieve = Retriever(library)
        for question in questions:
            if not question.history and any(c.isalnum() for c in question.question):
                hits = tuple(retrieve(question.question, k=LOOKED_AT))
                named = tuple(named_hits(question.question, hits))
                found.append(Case(question, viewer, hits, named, complete))
        library.close()
    return found


def among_many(known: Mapping[str, Paper]) -> tuple[list[Paper], list[Question]]:
    """The first papers of ``known``, those asked about among them, and the questions."""
    starter = {title_key(paper.title) for paper in starter_papers()}
    others = {id_: paper for id_, paper in known.items() if title_key(paper.title) not in starter}
    questions = _questions("t", sorted(TRAINING.glob("*.jsonl")), others)
    asked_about = {title_key(title) for question in questions for title in question.papers}
    papers: list[Paper] = []
    for paper in others.values():
        if len(papers) < LIBRARY_SIZE or title_key(paper.title) in asked_about:
            papers.append(paper)
    return papers, questions


def unlearned(known: Mapping[str, Paper], size: int = 5_450) -> tuple[list[Paper], list[Question]]:
    """Papers of all kinds, and what five authors asked about some 680 of them.

    Neither the contextual embedder nor the cross-encoder has learned from these questions: what
    both of them say of a paper weighs here as it does in use. Ids of those that set two papers
    side by side begin with SIDE_BY_SIDE.
    """
    authors = TRAINING / "authors"
    questions = [
        question
        for prefix in ("w", SIDE_BY_SIDE)
        for question in _questions(prefix, sorted(authors.glob(f"{prefix}*.jsonl")), known)
    ]
    wanted = {title_key(t) for q in questions for t in (*q.papers, *([q.near] if q.near else []))}
    asked_about = [paper for paper in known.values() if title_key(paper.title) in wanted]
    rest = [paper for paper in known.values() if title_key(paper.title) not in wanted]
    chance = random.Random(4)  # noqa: S311
    return [*asked_about, *chance.sample(rest, min(len(rest), size - len(asked_about)))], questions


def among_few(known: Mapping[str, Paper]) -> tuple[list[Paper], list[Question]]:
    """The 132 papers that were all read, and the lists asked of them."""
    ids = (TRAINING / "lists" / "papers.txt").read_text(encoding="utf-8").split()
    questions = _questions("l", [TRAINING / "lists" / "questions.jsonl"], known)
    return [known[id_] for id_ in ids], questions


def strangers(known: Mapping[str, Paper]) -> Iterator[tuple[list[Paper], list[Question]]]:
    """Libraries of three fields, of FIELD_SIZE papers, and what STRANGERS asked of each.

    Recent papers on AI; papers of other fields than computing; papers on computing before 2016.
    """
    asked: dict[str, list[Question]] = {}
    for name in STRANGERS:
        for path in sorted(_ASKED.glob(f"{name}*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                fields = json.loads(line)
                question = by_title(Question.from_dict(fields), known)
                asked.setdefault(fields["library"], []).append(question)
    chance = random.Random(7)  # noqa: S311
    for field, questions in asked.items():
        wanted = {
            t for q in questions for t in (*q.papers, *q.also_ok, *([q.near] if q.near else []))
        }
        papers = [paper for paper in known.values() if paper.title in wanted]
        rest = [
            paper
            for paper in known.values()
            if _field(paper) == field and paper.title not in wanted
        ]
        some = chance.sample(rest, min(len(rest), FIELD_SIZE - len(papers)))
        yield [*papers, *some], questions


def _field(paper: Paper) -> str:
    if not paper.topics:  # papers of a daily page are filed nowhere
        return "modern"
    if not _COMPUTING.search(" ".join(paper.topics)):
        return "noncs"
    return "oldcs" if (paper.year or 0) < 2016 else ""


def _questions(prefix: str, files: Iterable[Path], papers: Mapping[str, Paper]) -> list[Question]:
    """The questions of ``files`` of which all papers are there."""
    lines = [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    records = [json.loads(line) for line in lines]
    return [
        _question(f"{prefix}{number}", record, papers)
        for number, record in enumerate(records)
        if all(id_ in papers for id_ in record["papers"])
    ]


def _question(id_: str, record: dict[str, Any], papers: Mapping[str, Paper]) -> Question:
    evidence = tuple(
        Evidence(papers[arxiv].title, papers[arxiv].abstract[slice(*spans[row])])
        for arxiv, rows in record["evidence"].items()
        for spans in [sentence_spans(papers[arxiv].abstract)]
        for row in rows
        if row < len(spans)  # authors saw some abstracts with a line more than is kept of them
    )
    near = record.get("note", "").removeprefix("near: ")
    return Question(
        id=id_,
        kind=_KINDS.get(record["kind"], record["kind"]),
        question=record["question"],
        papers=tuple(papers[id_].title for id_ in record["papers"]),
        evidence=evidence,
        also_ok=tuple(papers[id_].title for id_ in record.get("also_ok", ())),
        note=record.get("note", ""),
        near=papers[near].title if near in papers else None,
    )
