"""Fit the two models that decide on refusing, and put them into ``rag/read/weights.json``.

    python -m eval.train.abstain CORPUS.jsonl.gz

Run after ``eval.train.reader``, whose three models choose what is judged. Each question of
``eval/train/data/`` is asked of a small library of about a hundred papers, those without a paper of
all of them; some also of one that lacks their paper, where they can't be answered. The development
half of the bundled questions counts three times, and is asked of halves of the starter without its
papers, too.

The third model, "topic", stays as it is: trees over the first features, as of this file but 60,
fitted before there were so many near misses, on the development half and
``eval/train/data/a.jsonl`` and ``b.jsonl`` among 2,600 papers. Its mean with the others is better
than theirs alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.questions import Question, load_questions, split
from eval.train.cases import among_few, among_many, known_papers
from eval.train.reader import laid_out
from ingest.embedders.static import StaticEmbedder
from ingest.library import Library
from ingest.paper import Paper, title_key
from ingest.starter import starter_papers
from rag.abstain import (
    AGAINST,
    ANSWERABLE_FEATURES,
    CONFIDENT_UNREAD,
    FOR,
    TOPIC_FEATURES,
    answerable_features,
    asked_terms,
)
from rag.read.features import Viewer
from rag.read.rank import MEMBER_FEATURES, PAPER_FEATURES, SENTENCE_FEATURES
from rag.read.weights import PATH, Answerable, Linear, Terms, Trees, Weights, kept
from rag.reader import LOOKED_AT, Reader
from rag.retrieve import Retriever
from rag.understand.history import standalone
from rag.understand.intent import Intent

Rows = NDArray[np.float64]

GROUPS = 5  # small libraries
FOLDS = 5
FEWEST = 5  # questions that a term has to stand in
_SMALL, _DEV = "small", "dev"
# What a question counts for, by the library that it is asked of; one that lacks its paper, less.
_WEIGHTS = {_DEV: 3.0, _SMALL: 1.0}
_WITHOUT, _ABSENT = 0.2, 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One question asked of one library: what the models see of it, and whether it was there.

    Samples of one ``about`` (a paper, else a question) stay in one fold. ``why``: of what sort an
    unanswerable question is, for the report.
    """

    question: str
    library: str
    about: str
    answerable: bool
    why: str
    intent: Intent
    named: bool
    row: Rows
    terms: frozenset[str]

    @property
    def weight(self) -> float:
        share = _WITHOUT if self.why == "removed" else _ABSENT if "-topic" in self.why else 1.0
        return _WEIGHTS[self.library] * share

    @property
    def fold(self) -> int:
        return int(hashlib.sha256(self.about.encode()).hexdigest(), 16) % FOLDS


def samples(corpus: Path) -> Iterator[Sample]:
    """All samples, library by library."""
    dev = [question for question in load_questions() if split(question.id) == "dev"]
    starter = tuple(starter_papers())
    yield from _asked_of(_DEV, starter, dev)
    for half in (starter[::2], starter[1::2]):
        yield from _asked_of(_DEV, half, _without(dev, half))
    everything = known_papers(corpus)
    yield from _asked_of(_SMALL, *among_few(everything))
    papers, questions = among_many(everything)
    known = {title_key(paper.title): paper for paper in papers}
    about = sorted({_about(question) for question in questions if _about(question) in known})
    for group in range(GROUPS):
        library = [known[key] for key in about if _group(key) == group]
        here = {title_key(paper.title) for paper in library}
        asked = [question for question in questions if _belongs(question, here, known)]
        elsewhere = [q for q in questions if _group(q.id) == group]
        yield from _asked_of(_SMALL, library, asked + _without(elsewhere, library))


def _about(question: Question) -> str:
    """The key of the paper that a question is about; of none, its own text."""
    title = next(iter(question.papers), question.near)
    return title_key(title) if title else question.question


def _group(key: str) -> int:
    return hashlib.sha256(key.encode()).digest()[1] % GROUPS


def _belongs(question: Question, here: set[str], known: Mapping[str, Paper]) -> bool:
    papers = {title_key(title) for title in question.papers} or {_about(question)}
    return papers <= here or papers.isdisjoint(known)


def _without(questions: Iterable[Question], library: Sequence[Paper]) -> list[Question]:
    """The questions on one point that can't be answered without their papers, which are missing."""
    here = {title_key(paper.title) for paper in library}
    return [
        replace(question, papers=(), near=None, note="removed")
        for question in questions
        if question.answerable
        and question.kind not in ("list", "adversarial")
        and here.isdisjoint(map(title_key, (*question.papers, *question.also_ok)))
    ]


def _asked_of(
    name: str, papers: Sequence[Paper], questions: Iterable[Question]
) -> Iterator[Sample]:
    # No Assistant: it would want the models that are to be fitted.
    embedder = StaticEmbedder()
    viewer = Viewer.of(embedder)
    read = Reader(viewer, _reading_weights())
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
                    question=text,
                    library=name,
                    about=_about(question),
                    answerable=question.answerable,
                    why="" if question.answerable else _why(question),
                    intent=reading.intent,
                    named=bool(reading.named),
                    row=answerable_features(reading, viewer),
                    terms=asked_terms(reading, viewer),
                )


def _reading_weights() -> Weights:
    """The reader's models as kept, and none that refuses."""
    models = kept()["models"]
    nothing = Linear(ANSWERABLE_FEATURES, np.zeros(len(ANSWERABLE_FEATURES)), 0.0)
    return Weights(
        sentence=Linear.of(models["sentence"], SENTENCE_FEATURES),
        paper=Linear.of(models["paper"], PAPER_FEATURES),
        member=Linear.of(models["member"], MEMBER_FEATURES),
        answerable=Answerable(
            Trees(ANSWERABLE_FEATURES, (), 0.0), Terms(nothing, {}), Trees(TOPIC_FEATURES, (), 0.0)
        ),
    )


def _why(question: Question) -> str:
    return "near" if question.near else question.note.partition(",")[0]


def fit(learned_from: Sequence[Sample]) -> Answerable:
    """Two models over the same samples, beside the third as kept."""
    rows = np.array([sample.row for sample in learned_from])
    labels = np.array([sample.answerable for sample in learned_from], np.bool_)
    weights = np.array([sample.weight for sample in learned_from])
    return Answerable(
        _fit_trees(rows, labels, weights),
        _fit_terms(learned_from, rows, labels, weights),
        Trees.of(kept()["models"]["topic"], TOPIC_FEATURES),
    )


def _fit_trees(rows: Rows, labels: NDArray[np.bool_], weights: Rows) -> Trees:
    """Boosted trees that only rise, or only fall, with the features whose meaning says so."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    booster = HistGradientBoostingClassifier(
        max_iter=150,
        max_depth=2,
        learning_rate=0.08,
        min_samples_leaf=12,
        l2_regularization=1.0,
        monotonic_cst=[1 if f in FOR else -1 if f in AGAINST else 0 for f in ANSWERABLE_FEATURES],
        early_stopping=False,
        random_state=0,
    ).fit(rows, labels, sample_weight=weights)
    trees = tuple(_tree(stage[0].nodes) for stage in booster._predictors)
    return Trees(ANSWERABLE_FEATURES, trees, float(booster._baseline_prediction.item()))


def _tree(nodes: NDArray[Any]) -> tuple[tuple[float, ...], ...]:
    return tuple(
        (round(float(node["value"]), 5),)
        if node["is_leaf"]
        else (
            int(node["feature_idx"]),
            round(float(node["num_threshold"]), 5),
            int(node["left"]),
            int(node["right"]),
        )
        for node in nodes
    )


def _fit_terms(
    learned_from: Sequence[Sample], rows: Rows, labels: NDArray[np.bool_], weights: Rows
) -> Terms:
    """Logistic regression over scaled features and the terms that stand in several questions."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    by_question = {sample.question: sample.terms for sample in learned_from}
    counts = Counter(term for terms in by_question.values() for term in terms)
    known = sorted(term for term, count in counts.items() if count >= FEWEST)
    place = {term: column for column, term in enumerate(known)}
    at = [
        (row, place[term])
        for row, sample in enumerate(learned_from)
        for term in sorted(sample.terms)
        if term in place
    ]
    present = sparse.csr_matrix(
        (np.ones(len(at)), tuple(zip(*at, strict=True))), shape=(len(rows), len(known))
    )
    mean, spread = rows.mean(axis=0), 0.3 / (rows.std(axis=0) + 1e-9)
    scaled = sparse.csr_matrix((rows - mean) * spread)
    model = LogisticRegression(C=0.3, max_iter=300).fit(
        sparse.hstack([scaled, present]).tocsr(), labels, sample_weight=weights
    )
    found = model.coef_[0]
    linear = found[: rows.shape[1]] * spread
    bias = float(model.intercept_[0] - linear @ mean)
    terms = zip(known, found[rows.shape[1] :].tolist(), strict=True)
    kept_terms = {term: round(weight, 3) for term, weight in terms if abs(weight) >= 0.02}
    return Terms(Linear(ANSWERABLE_FEATURES, linear, bias), kept_terms)


def cross_validated(all_: Sequence[Sample]) -> Rows:
    """The probability of each sample by models fitted without its fold."""
    found = np.zeros(len(all_))
    for fold in range(FOLDS):
        model = fit([sample for sample in all_ if sample.fold != fold])
        for place, sample in enumerate(all_):
            if sample.fold == fold:
                found[place] = model.score(sample.row, sample.terms)
    return 1 / (1 + np.exp(-found))


def print_report(all_: Sequence[Sample], found: Rows) -> None:
    """Shares refused, by library and sort of question, and quantiles to choose thresholds by."""
    refused = found < CONFIDENT_UNREAD

    def group(sample: Sample) -> tuple[str, str]:
        called = "by name" if sample.named else sample.intent
        return sample.library, sample.why or f"answerable, {called}"

    order = sorted(range(len(all_)), key=lambda place: group(all_[place]))
    for (library, why), places in groupby(order, key=lambda place: group(all_[place])):
        of = list(places)
        low = " ".join(f"{q:.3f}" for q in np.quantile(found[of], (0.02, 0.03, 0.04, 0.06)))
        print(f"{library:6} {why:22} {len(of):5} refused {refused[of].mean():.3f}  2 to 6%: {low}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, help="JSONL(.gz) of arXiv papers")
    parser.add_argument("--no-validation", action="store_true", help="only fit")
    args = parser.parse_args()
    all_ = list(samples(args.corpus))
    if not args.no_validation:
        print_report(all_, cross_validated(all_))
    model = fit(all_)
    content = json.loads(json.dumps(kept()))
    content["models"] |= {
        "answerable": model.trees.to_dict(),
        "asked": model.terms.to_dict(),
    }
    content["refusal_samples"] = len(all_)
    PATH.write_text(laid_out(content) + "\n", encoding="utf-8")
    print(f"{len(all_)} samples learned from; written: {PATH}")


if __name__ == "__main__":
    main()
