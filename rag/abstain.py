"""Do the hits answer the question at all? Decided in code, before anything is written.

A probability from named features, fitted by ``eval/train/abstain.py`` on questions that we don't
report on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.paper import Paper
from rag.answer import Reason
from rag.read.features import PaperView, QuestionView, Viewer, name_words
from rag.read.rank import (
    MEMBER_FEATURES,
    PAPER_FEATURES,
    SENTENCE_FEATURES,
    nearest,
    paper_features,
    sentence_features,
)
from rag.read.side_by_side import COMPARED_FEATURES
from rag.read.weights import Linear, Weights, kept
from rag.reader import Reading
from rag.text.figures import Figure
from rag.text.mentions import mentions
from rag.text.names import COMMON, fold
from rag.text.same_figures import same
from rag.text.words import Word, stem

# Below it a question is refused. The fit puts 6% of what can be answered below one half.
CONFIDENT = 0.5
# Of a paper called by name that is to be explained as a whole, and of sentences on the matter with
# a figure in the bounds that are asked for.
SURE = 0.9
NEAR = 0.6  # soft share from which papers count as being about the question
_FOUND = 0.55  # a word this near to one of the paper's counts as being there
# Cosine of question and paper, and of the best five papers, from which it says nothing that it
# isn't higher: in a library of MANY papers or more. The best cosine of n papers that have nothing
# to do with the question grows as the root of 2 ln n; and few of a small library are on one topic.
CLOSE, CLOSE_LIST = 0.45, 0.4
MANY = 3_000
_SPREAD = 0.08  # of such cosines, about
_TENTHS = 10.0  # how far below that is told in: small figures would be held back in the fit
_LINES = 5  # lines of an answer, and papers, that are looked at
_SURE = 8.0  # log odds beyond which the cross-encoder is no surer

# What speaks for an answer; none may weigh against one.
FOR = (
    "answers",  # the cross-encoder's log odds that a paper answers, where it has read some
    "answers_sought",  # ... where a paper is sought by a description, which no sentence answers
    "soft_unread",  # of the asked words, weighted, near some word of papers that it hasn't read
)
# What speaks against one.
AGAINST = (
    "far",  # how far the cosine of question and paper is below CLOSE
    "far_list",  # ... where several papers are sought: that of the best five, in the mean
    "missing_unread",  # the weight of asked words that such papers have nothing near to, as a share
    "unknown_names",  # names asked about that the papers lack
    "unknown_figures",  # figures asked about that are not in them
    "no_unit",  # a figure is asked for and no quoted one measures or counts what is asked
    "no_unit_named",  # ... where a paper is called by name
    "no_name",  # a name is asked for and the quoted sentences have no new one
)
# What may be either.
ASKED = (
    "unread",  # the cross-encoder has no say: lists, comparisons, languages other than English
    "find",  # a paper is sought
    "list",  # several are
    "compare",  # papers are compared
)
ANSWERABLE_FEATURES = (*FOR, *AGAINST, *ASKED)


# What people type before they ask.
_FILLERS = frozenset(
    stem(word)
    for word in "hmm hm ok okay well hi hello hey thanks thank please yes yeah no test uh um huh eh"
    " lol right sure fine go start help".split()
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to answer: ``confidence`` in [0, 1], and if it is refused, why."""

    confidence: float
    reason: Reason | None
    missing: tuple[str, ...] = ()


def shipped_weights(*, in_context: bool = False) -> Weights:
    """The coefficients that ship with the code.

    ``in_context``: for libraries whose vectors come from a model that reads words in context.
    """
    models = kept()["models"]
    by_vectors = models["in_context" if in_context else "static"]
    return Weights(
        sentence=Linear.of(models["sentence"], SENTENCE_FEATURES),
        paper=Linear.of(by_vectors["paper"], PAPER_FEATURES),
        member=Linear.of(by_vectors["member"], MEMBER_FEATURES),
        compared=Linear.of(by_vectors["compared"], COMPARED_FEATURES),
        answerable=Linear.of(by_vectors["answerable"], ANSWERABLE_FEATURES),
    )


def answerable(reading: Reading, viewer: Viewer, model: Linear, papers: int) -> Verdict:
    """The verdict on what was read; a reason where the confidence to answer is too low.

    ``papers`` is how many were searched.
    """
    if not reading.summary and reading.question.stems.keys() <= _FILLERS:
        return Verdict(0.0, "unclear")
    if reading.unsaid:
        return Verdict(0.0, "no_detail", reading.unsaid)
    if not reading.lines:
        return Verdict(0.0, "off_topic")
    if not any(line.spans for line in reading.lines):
        return Verdict(0.0, "no_detail")  # a title is all that is known
    if reading.summary or reading.bounded:  # any abstract says what its paper is about
        return Verdict(SURE, None)
    features = answerable_features(reading, viewer, papers)
    confidence = float(model.probability(features[None])[0])
    if confidence >= CONFIDENT:
        return Verdict(confidence, None)
    seen = _Seen.of(reading, viewer)
    missing = tuple(word.text for word in seen.missing)
    near = reading.named or seen.soft >= NEAR
    return Verdict(confidence, "no_detail" if near else "off_topic", missing)


def _answered_from(reading: Reading, viewer: Viewer) -> tuple[list[Paper], list[PaperView]]:
    papers = [line.hit.paper for line in reading.lines[:_LINES]]
    return papers, [viewer.paper(paper) for paper in papers]


def answerable_features(reading: Reading, viewer: Viewer, papers: int) -> NDArray[np.float64]:
    """The features of ``ANSWERABLE_FEATURES``, in order, each about 0 to 1, or -1 to 1.

    ``papers`` is how many were searched.
    """
    question, expected = reading.question, reading.question.expected
    seen = _Seen.of(reading, viewer)
    missing = sum(question.stems[word.stem] for word in seen.missing)
    unread = float(reading.answers is None)
    unknown = [name for name in seen.names if name not in seen.folded]
    figures = [f for f in question.figures if not f.in_name]
    new_figures = [f for f in figures if not any(same(f, given) for given in seen.figures)]
    sought = reading.intent == "find"
    answers = float(np.clip(reading.answers or 0.0, -_SURE, _SURE)) / _SURE
    near = max((line.hit.dense for line in reading.lines[:_LINES]), default=0.0)
    several = float(reading.intent == "list")
    best = sorted((hit.dense for hit in reading.hits), reverse=True)[:_LINES]
    several_near = float(np.mean(best or [0.0]))
    vectors = any(hit.dense for hit in reading.hits)  # none where the embedder can't be reached
    less = _SPREAD * (_chance(MANY) - _chance(papers))
    no_unit = float(expected.figure and not seen.quoted["unit"])
    return np.array(
        (
            0.0 if sought else answers,
            answers if sought else 0.0,
            seen.soft * unread,
            max(0.0, CLOSE - less - near) * _TENTHS * vectors,
            max(0.0, CLOSE_LIST - 3 * less - several_near) * _TENTHS * vectors * several,
            missing / (sum(question.stems.values()) or 1.0) * unread,
            min(1.0, len(unknown) / 2),
            min(1.0, len(new_figures) / 2),
            no_unit,
            no_unit * float(bool(reading.named)),
            float(expected.name and not seen.quoted["name"]),
            unread,
            float(sought),
            several,
            float(reading.intent == "compare"),
        )
    )


def _chance(papers: int) -> float:
    """How many standard deviations above the mean the best of so many chances is, about."""
    return math.sqrt(2 * math.log(min(max(papers, 2), MANY)))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the papers of an answer's lines have of the question, taken together."""

    soft: float  # of the paper that has most of it
    quoted: dict[str, float]
    missing: tuple[Word, ...]
    names: tuple[str, ...]
    folded: str
    figures: tuple[Figure, ...]

    @classmethod
    def of(cls, reading: Reading, viewer: Viewer) -> _Seen:
        question = reading.question
        lines = reading.lines[:_LINES]
        papers, views = _answered_from(reading, viewer)
        about = paper_features(question, [line.hit for line in lines], views, reading.named)
        asked = [fold(mention.text) for mention in mentions(question.text) if mention.sure]
        quoted = []
        for line, paper, view in zip(lines, papers, views, strict=True):
            rows = sentence_features(question, paper, view)
            chosen = [view.spans.index(span) for span in line.spans]
            quoted.append(rows[chosen].max(axis=0, initial=0.0))
        return cls(
            soft=float(about[:, PAPER_FEATURES.index("soft")].max()),
            quoted=dict(zip(SENTENCE_FEATURES, np.max(quoted, axis=0), strict=True)),
            missing=_missing(question, papers, views),
            names=tuple(name for name in asked if name not in COMMON),
            folded=" ".join(view.folded for view in views),
            figures=tuple(f for view in views for row in view.figures for f in row),
        )


def _missing(
    question: QuestionView, papers: Sequence[Paper], views: Sequence[PaperView]
) -> tuple[Word, ...]:
    """The asked words that none of the papers has anything near to, the rarest first."""
    naming = frozenset[str]().union(*(name_words(question, paper) for paper in papers))
    stems = frozenset[str]().union(*(view.all_stems for view in views))
    vectors = np.concatenate([part for v in views for part in (v.vectors, v.title_vectors)])
    near = nearest(question, vectors)
    starts = np.array([start for start, _ in question.tokens.spans], dtype=np.int64)
    found: dict[str, Word] = {}
    for word in question.words:
        if not word.is_content or word.stem in stems or word.stem in naming:
            continue
        inside = near[(starts >= word.start) & (starts < word.end)]
        if not len(inside) or inside.min() < _FOUND:
            found.setdefault(word.stem, word)
    return tuple(sorted(found.values(), key=lambda word: -question.stems[word.stem]))
