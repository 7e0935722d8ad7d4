"""Do the hits answer the question at all? Decided in code, before anything is written.

A probability from named features and one logistic regression, fitted by ``eval/train_reader.py``
on questions about other papers than those that we report on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.paper import Paper
from rag.answer import Reason
from rag.figures import same
from rag.mentions import key, mentions
from rag.names import fold
from rag.rank import (
    MEMBER_FEATURES,
    PAPER_FEATURES,
    SENTENCE_FEATURES,
    nearest,
    paper_features,
    sentence_features,
)
from rag.reader import Reading
from rag.view import PaperView, QuestionView, Viewer, name_words
from rag.weights import Linear, Weights, kept
from rag.words import rarest_idf

CONFIDENT = 0.5  # below it the question is refused
_FOUND = 0.55  # a word this near to one of the paper's counts as being there

ANSWERABLE_FEATURES = (
    "soft",  # of the asked words, weighted, near some word of the best paper
    "exact",  # ... standing in it
    "sentence",  # best cosine of one of its sentences
    "best",  # soft share of the asked words, but for the paper's name, in its best sentence
    "best_new",  # ... of those that the title lacks
    "missing",  # the heaviest asked word that the paper has nothing near to, 1 = the rarest there is
    "unknown_names",  # names asked about that are nowhere in the paper
    "unknown_figures",  # figures asked about that are not in it
    "no_figure",  # a figure is asked for and the quoted sentences have none
    "no_unit",  # ... or none that counts what is asked
    "no_name",  # a name is asked for and the quoted sentences have no new one
    "named",  # the paper is called by name
    "few_words",  # 1 for no content word, 0.5 for one, 0.33 for two
    "many",  # a list is asked for
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to answer: ``confidence`` in [0, 1], and why not if it is below ``CONFIDENT``."""

    confidence: float
    reason: Reason | None
    missing: tuple[str, ...] = ()


def shipped_weights() -> Weights:
    """The coefficients that ship with the code."""
    models = kept()["models"]
    return Weights(
        sentence=Linear.of(models["sentence"], SENTENCE_FEATURES),
        paper=Linear.of(models["paper"], PAPER_FEATURES),
        member=Linear.of(models["member"], MEMBER_FEATURES),
        answerable=Linear.of(models["answerable"], ANSWERABLE_FEATURES),
    )


def answerable(reading: Reading, viewer: Viewer, model: Linear) -> Verdict:
    """The verdict on what was read; a reason where the question is to be refused."""
    if not reading.question.stems:
        return Verdict(0.0, "unclear")
    if not reading.lines:
        return Verdict(0.0, "off_topic")
    features = answerable_features(reading, viewer)
    confidence = float(model.probability(features[None, :])[0])
    if confidence >= CONFIDENT:
        return Verdict(confidence, None)
    view = viewer.paper(reading.lines[0].hit.paper)
    missing = missing_words(reading.question, reading.lines[0].hit.paper, view)
    values = dict(zip(ANSWERABLE_FEATURES, features, strict=True))
    near = reading.named or values["soft"] >= 0.6
    return Verdict(confidence, "no_detail" if near else "off_topic", missing)


def answerable_features(reading: Reading, viewer: Viewer) -> NDArray[np.float64]:
    """The features of ``ANSWERABLE_FEATURES``, in order, each about 0 to 1."""
    question, line = reading.question, reading.lines[0]
    paper = line.hit.paper
    view = viewer.paper(paper)
    about = dict(
        zip(
            PAPER_FEATURES,
            paper_features(question, [line.hit], [view], reading.named)[0],
            strict=True,
        )
    )
    rows = [view.spans.index(span) for span in line.spans]
    sentences = sentence_features(question, paper, view)
    by_name = {name: sentences[:, column] for column, name in enumerate(SENTENCE_FEATURES)}
    quoted = {name: float(values[rows].max()) if rows else 0.0 for name, values in by_name.items()}
    known = " ".join((paper.title, paper.abstract))
    folded = fold(known)
    names = [m.text for m in mentions(question.text) if m.sure and fold(m.text) not in folded]
    figures = [
        figure
        for figure in question.figures
        if not figure.in_name
        and not any(same(figure, given) for given in (f for row in view.figures for f in row))
    ]
    return np.array(
        (
            about["soft"],
            about["exact"],
            about["sentence"],
            max(by_name["soft"], default=0.0),
            max(by_name["new"], default=0.0),
            _heaviest_missing(question, paper, view),
            min(1.0, len(names) / 2),
            min(1.0, len(figures) / 2),
            float(question.wants.figure and not quoted["figure"]),
            float(question.wants.figure and not quoted["unit"]),
            float(question.wants.name and not quoted["name"]),
            about["named"],
            1 / (1 + len(question.stems)),
            float(reading.intent == "list"),
        )
    )


def missing_words(question: QuestionView, paper: Paper, view: PaperView) -> tuple[str, ...]:
    """The asked words that the paper has nothing near to, the rarest first."""
    naming = name_words(question, paper)
    stems = view.title_stems.union(*view.stems)
    near = np.maximum(nearest(question, view.vectors), nearest(question, view.title_vectors))
    starts = np.array([start for start, _ in question.tokens.spans], dtype=np.int64)
    found: dict[str, float] = {}
    for word in question.words:
        if not word.is_content or word.stem in stems or word.stem in naming:
            continue
        inside = near[(starts >= word.start) & (starts < word.end)]
        if not len(inside) or inside.min() < _FOUND:
            found[word.text] = question.stems[word.stem]
    return tuple(sorted(found, key=lambda text: -found[text]))


def _heaviest_missing(question: QuestionView, paper: Paper, view: PaperView) -> float:
    missing = missing_words(question, paper, view)
    if not missing:
        return 0.0
    by_text = {word.text: question.stems.get(word.stem, 0.0) for word in question.words}
    return by_text[missing[0]] / rarest_idf()
