"""Fit the model that decides on refusing, and put it into ``rag/read/weights.json``.

    python -m eval.train.abstain CORPUS.jsonl.gz...

Run after ``eval.train.reader``, whose models choose what is judged. Learned from are the
development half of the bundled questions, asked of the starter and of halves of it that lack their
papers; the questions of ``eval.train.cases.unlearned``, near misses among them, asked once more of
a library without their papers; and those of ``strangers``, asked of libraries of other fields, too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eval.questions import Question
from eval.train.cases import (
    TRAINING,
    among_few,
    development,
    known_papers,
    strangers,
    unlearned,
)
from ingest.embedders import Embedder
from ingest.embedders.contextual import ContextualEmbedder
from ingest.embedders.static import StaticEmbedder
from ingest.library import Library
from ingest.paper import Paper, title_key
from ingest.starter import starter_papers
from rag.abstain import AGAINST, ANSWERABLE_FEATURES, FOR, answerable_features
from rag.read.cross_encoder import bundled
from rag.read.features import Viewer
from rag.read.rank import MEMBER_FEATURES, PAPER_FEATURES, SENTENCE_FEATURES
from rag.read.side_by_side import COMPARED_FEATURES
from rag.read.weights import PATH, Linear, Weights, kept
from rag.reader import LOOKED_AT, Reader
from rag.retrieve import Retriever
from rag.understand.history import standalone

Rows = NDArray[np.float64]

FOLDS = 5
L2 = 0.3
FALSE = 0.06  # of what can be answered, refused
# What a question counts for: one of the starter's more, as they are few, and one that lacks its
# paper less, as each is asked several times.
_STARTER, _REMOVED = 3.0, 0.5
OFF = 150  # questions about other things than papers, asked of each library


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One question asked of one library: what the model sees of it, and whether it was there.

    Samples of one ``about`` (a paper, else a question) stay in one fold. ``why``: of what sort an
    unanswerable question is, for the report.
    """

    about: str
    answerable: bool
    why: str
    row: Rows
    starter: bool = False

    @property
    def weight(self) -> float:
        return (_REMOVED if self.why == "removed" else 1.0) * (_STARTER if self.starter else 1.0)

    @property
    def fold(self) -> int:
        return int(hashlib.sha256(self.about.encode()).hexdigest(), 16) % FOLDS


def samples(known: Mapping[str, Paper], embedder: Embedder, kind: str) -> Iterator[Sample]:
    """All samples, library by library."""
    dev, starter = development(), tuple(starter_papers())
    for half in (starter[::2], starter[1::2], starter):
        asked = dev if half is starter else _without(dev, half)
        for sample in _asked_of(half, asked, embedder, kind):
            yield replace(sample, starter=True)
    few, lists = among_few(known)
    papers, questions = unlearned(known)
    near = [question for question in questions if not question.answerable]
    chance = random.Random(1)  # noqa: S311
    some = chance.sample([question for question in questions if question.answerable], len(near))
    off = off_topic()
    yield from _asked_of(starter, off[OFF:], embedder, kind)
    yield from _asked_of(papers, [*near, *some, *off[:OFF]], embedder, kind)
    asked_about = {_about(question) for question in questions}
    others = [paper for paper in papers if title_key(paper.title) not in asked_about]
    yield from _asked_of(others, _without(some[::2], others), embedder, kind)
    yield from _asked_of(few, lists, embedder, kind)
    fields = list(strangers(known))
    for papers, asked in fields:
        far = [q for _, theirs in fields if theirs is not asked for q in theirs[::4]]
        yield from _asked_of(papers, [*asked, *map(_gone, far)], embedder, kind)
    far = [q for _, theirs in fields[1:] for q in theirs[1::4]]  # the first field is its own
    yield from _asked_of(starter, map(_gone, far), embedder, kind)


def off_topic() -> list[Question]:
    """Questions of ``eval/train/data`` that no paper is about, in a fixed order."""
    lines = [
        json.loads(line)
        for path in sorted(TRAINING.rglob("*.jsonl"))
        for line in path.open(encoding="utf-8")
    ]
    texts = [d["question"] for d in lines if (d.get("note") or "").startswith("off")]
    random.Random(3).shuffle(texts)  # noqa: S311
    return [
        Question(id=f"off{n}", kind="adversarial", question=text, papers=(), note="off-topic")
        for n, text in enumerate(texts)
    ]


def _about(question: Question) -> str:
    """The key of the paper that a question is about; of none, its own text."""
    title = next(iter(question.papers), question.near)
    return title_key(title) if title else question.question


def _without(questions: Iterable[Question], library: Sequence[Paper]) -> list[Question]:
    """The questions on one point that can't be answered without their papers, which are missing."""
    here = {title_key(paper.title) for paper in library}
    return [
        _gone(question)
        for question in questions
        if question.answerable
        and question.kind not in ("list", "adversarial")
        and here.isdisjoint(map(title_key, (*question.papers, *question.also_ok)))
    ]


def _gone(question: Question) -> Question:
    return replace(question, kind="adversarial", papers=(), near=None, note="removed")


def _asked_of(
    papers: Sequence[Paper], questions: Iterable[Question], embedder: Embedder, kind: str
) -> Iterator[Sample]:
    # No Assistant: it would want the model that is to be fitted.
    viewer = Viewer.of(StaticEmbedder())
    read = Reader(viewer, _reading_weights(kind), bundled())
    with (
        tempfile.TemporaryDirectory() as place,
        Library.open(Path(place), embedder=embedder, create=True) as library,
    ):
        library.put(papers)
        retrieve = Retriever(library)
        for question in questions:
            text = standalone(question.question, question.history)
            if not any(char.isalnum() for char in text):
                continue
            reading = read(text, retrieve(text, k=LOOKED_AT))
            gold = {title_key(title) for title in question.papers}
            found = gold & {title_key(line.hit.paper.title) for line in reading.lines}
            # Where the wrong paper is read, neither answering nor refusing is right.
            if reading.lines and reading.question.stems and (found or not gold):
                yield Sample(
                    _about(question),
                    question.answerable,
                    "" if question.answerable else _why(question),
                    answerable_features(reading, viewer, len(papers)),
                )


def _reading_weights(kind: str) -> Weights:
    """The reader's models as kept, and none that refuses."""
    models = kept()["models"]
    return Weights(
        sentence=Linear.of(models["sentence"], SENTENCE_FEATURES),
        paper=Linear.of(models[kind]["paper"], PAPER_FEATURES),
        member=Linear.of(models[kind]["member"], MEMBER_FEATURES),
        compared=Linear.of(models[kind]["compared"], COMPARED_FEATURES),
        answerable=Linear(ANSWERABLE_FEATURES, np.zeros(len(ANSWERABLE_FEATURES)), 0.0),
    )


def _why(question: Question) -> str:
    return "near" if question.near else question.note.partition(",")[0]


def fit(learned_from: Sequence[Sample]) -> Linear:
    """Logistic regression; no feature may weigh against what it means."""
    rows = np.array([sample.row for sample in learned_from])
    sign = np.where([sample.answerable for sample in learned_from], 1.0, -1.0)
    weights = np.array([sample.weight for sample in learned_from])
    padded = np.hstack([rows, np.ones((len(rows), 1))])
    penalised = np.append(np.full(rows.shape[1], L2), 0.0)

    def objective(found: Rows) -> tuple[float, Rows]:
        margins = sign * (padded @ found)
        loss = weights @ np.logaddexp(0, -margins) + found @ (penalised * found) / 2
        slope = -(padded.T @ (weights * sign / (1 + np.exp(margins))))
        return float(loss), slope + penalised * found

    bounds = [
        (0.0 if f in FOR else None, 0.0 if f in AGAINST else None) for f in ANSWERABLE_FEATURES
    ]
    start = np.zeros(padded.shape[1])
    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]
    ).x
    return Linear(ANSWERABLE_FEATURES, found[:-1], float(found[-1]))


def fit_all(all_: Sequence[Sample]) -> Linear:
    """The model, its bias moved to where FALSE of what can be answered is refused below one half.

    Prints what models fitted without the sample's fold refuse.
    """
    found = np.zeros(len(all_))
    for fold in range(FOLDS):
        model = fit([sample for sample in all_ if sample.fold != fold])
        rows = [place for place, sample in enumerate(all_) if sample.fold == fold]
        found[rows] = model.probability(np.array([all_[row].row for row in rows]))
    answerable = np.array([sample.answerable for sample in all_])
    above = (found[answerable][:, None] > found[~answerable][None]).mean()
    print(f"{len(all_)} samples, AUROC {above:.3f}")
    least = float(np.quantile(found[answerable], FALSE))
    refused = {
        why: np.mean([f < least for f, s in zip(found, all_, strict=True) if s.why == why])
        for why in sorted({sample.why for sample in all_} - {""})
    }
    print(f"below {least:.2f}: refused", *(f"{why} {share:.2f}" for why, share in refused.items()))
    model = fit(all_)
    return replace(model, bias=model.bias - float(np.log(least / (1 - least))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path, nargs="+", help="JSONL(.gz) of papers")
    known = known_papers(parser.parse_args().corpora)
    content = json.loads(json.dumps(kept()))
    for kind, embedder in (("static", StaticEmbedder()), ("in_context", ContextualEmbedder())):
        print(kind)
        found = fit_all(list(samples(known, embedder, kind)))
        content["models"][kind]["answerable"] = found.to_dict()
    PATH.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
