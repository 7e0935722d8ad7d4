"""Do the hits answer the question at all? Decided in code, before anything is written.

A probability from named features, of what is missing here and of what is borne out in
rag/read/coverage.py, and from the question's own words; fitted by ``eval/train/abstain.py`` on
questions that we don't report on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.paper import Paper
from rag.answer import Reason
from rag.read.coverage import COVERAGE_AGAINST, COVERAGE_FEATURES, COVERAGE_FOR, coverage_features
from rag.read.features import PaperView, QuestionView, Viewer, name_words
from rag.read.question_terms import question_terms
from rag.read.rank import (
    MEMBER_FEATURES,
    PAPER_FEATURES,
    SENTENCE_FEATURES,
    nearest,
    paper_features,
    sentence_features,
)
from rag.read.weights import Answerable, Linear, Terms, Trees, Weights, kept
from rag.reader import LOOKED_AT, Reading
from rag.text.figures import Figure
from rag.text.mentions import mentions
from rag.text.names import COMMON, fold
from rag.text.same_figures import same
from rag.text.words import Word, default_idf, rarest_idf, stem

# Below it a question is refused: 1 to 5% of strangers' answerable ones, 11 of E3's (eval/LOG.md).
CONFIDENT = 0.6
# ... where the cross-encoder has no say: lists, comparisons, and papers sought by a description,
# which no sentence answers.
CONFIDENT_UNREAD = 0.35
# ... where "which data sets" is asked of one paper, which names some but doesn't call them so.
CONFIDENT_OF_KIND = 0.45
# What the cross-encoder's log odds weigh beside the features', chosen on E3.
CLOSE_READING = 0.5
SUMMARISED = 0.9  # of a paper called by name that is to be explained as a whole
NEAR = 0.6  # soft share from which papers count as being about the question
_FOUND = 0.55  # a word this near to one of the paper's counts as being there
_TECHNICAL_IDF = 7.5  # of words in at least 160 of 300,000 papers
_LINES = 5  # lines of an answer that are looked at

TOPIC_FEATURES = (
    "soft",  # of the asked words, weighted, near some word of the quoted papers
    "exact",  # ... standing in them
    "sentence",  # best cosine of one of their sentences
    "best",  # soft share of the asked words, but for the papers' names, in the best sentence
    "best_new",  # ... of those that the title lacks
    "ahead",  # the first paper's score above the mean of the ten best
    "missing",  # the heaviest asked word that the papers have nothing near to, 1 = the rarest
    "missing_share",  # the weight of all such words as a share of what is asked
    "missing_named",  # "missing", where a paper is called by name
    "missing_technical",  # the heaviest of them that many papers on arXiv use
    "unseen_technical",  # ... and that stands in no other hit, either
    "unseen_share",  # the weight of words that stand in no hit as a share of what is asked
    "unknown_names",  # names asked about that the papers lack
    "unseen_names",  # ... and that all other hits lack, too
    "unknown_figures",  # figures asked about that are not in them
    "no_figure",  # a figure is asked for and the quoted sentences have none
    "no_unit",  # ... or none that measures or counts what is asked
    "no_unit_named",  # ... where a paper is called by name
    "no_name",  # a name is asked for and the quoted sentences have no new one
    "named",  # a paper is called by name
    "no_word_known",  # share of the asked words that no paper on arXiv used by 2019
    "few_words",  # 1 for no content word, 0.5 for one, 0.33 for two
    "find",  # a paper is sought
    "list",  # several are
    "compare",  # papers are compared
)
ANSWERABLE_FEATURES = (*TOPIC_FEATURES, *COVERAGE_FEATURES)

# The features that can only speak for an answer, and those that can only speak against one.
FOR = COVERAGE_FOR | {"soft", "exact", "sentence", "best", "best_new", "ahead"}
AGAINST = COVERAGE_AGAINST | frozenset(
    "missing missing_share missing_named missing_technical unseen_technical unseen_share"
    " unknown_names unseen_names unknown_figures no_figure no_unit no_unit_named no_name".split()
)


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


def shipped_weights() -> Weights:
    """The coefficients that ship with the code."""
    models = kept()["models"]
    return Weights(
        sentence=Linear.of(models["sentence"], SENTENCE_FEATURES),
        paper=Linear.of(models["paper"], PAPER_FEATURES),
        member=Linear.of(models["member"], MEMBER_FEATURES),
        answerable=Answerable(
            Trees.of(models["answerable"], ANSWERABLE_FEATURES),
            Terms.of(models["asked"], ANSWERABLE_FEATURES),
            Trees.of(models["topic"], TOPIC_FEATURES),
        ),
    )


def answerable(reading: Reading, viewer: Viewer, model: Answerable) -> Verdict:
    """The verdict on what was read; a reason where the confidence to answer is too low."""
    if not reading.summary and reading.question.stems.keys() <= _FILLERS:
        return Verdict(0.0, "unclear")
    if reading.unsaid:
        return Verdict(0.0, "no_detail", reading.unsaid)
    if not reading.lines:
        return Verdict(0.0, "off_topic")
    if not any(line.spans for line in reading.lines):
        return Verdict(0.0, "no_detail")  # a title is all that is known
    if reading.summary:  # any abstract says what its paper is about
        return Verdict(SUMMARISED, None)
    features = answerable_features(reading, viewer)
    score, least = model.score(features, asked_terms(reading, viewer)), CONFIDENT_UNREAD
    if reading.answers is not None and reading.intent != "find":
        score, least = score + CLOSE_READING * reading.answers, CONFIDENT
    confidence = 1 / (1 + math.exp(-score))
    values = dict(zip(ANSWERABLE_FEATURES, features, strict=True))
    if len(reading.named) == 1 and values["kind_asked"] and not values["kind_lacks"]:
        least = min(least, CONFIDENT_OF_KIND)
    if confidence >= least:
        return Verdict(confidence, None)
    seen = _Seen.of(reading, viewer)
    missing = tuple(word.text for word in seen.missing)
    near = reading.named or values["soft"] >= NEAR
    return Verdict(confidence, "no_detail" if near else "off_topic", missing)


def asked_terms(reading: Reading, viewer: Viewer) -> frozenset[str]:
    """The terms of the question, over the papers of the answer's first lines."""
    papers, views = _answered_from(reading, viewer)
    return question_terms(reading.question, papers, views)


def answerable_features(reading: Reading, viewer: Viewer) -> NDArray[np.float64]:
    """The features of ``ANSWERABLE_FEATURES``, in order, each about 0 to 1."""
    papers, views = _answered_from(reading, viewer)
    chosen = {paper.id for paper in papers}
    rest = (hit.paper for hit in reading.hits[:LOOKED_AT] if hit.paper.id not in chosen)
    others = [viewer.paper(paper) for paper in rest]
    coverage = coverage_features(reading.question, papers, views, others)
    return np.concatenate([_own_features(reading, viewer), coverage])


def _answered_from(reading: Reading, viewer: Viewer) -> tuple[list[Paper], list[PaperView]]:
    papers = [line.hit.paper for line in reading.lines[:_LINES]]
    return papers, [viewer.paper(paper) for paper in papers]


def _own_features(reading: Reading, viewer: Viewer) -> NDArray[np.float64]:
    question, expected = reading.question, reading.question.expected
    seen = _Seen.of(reading, viewer)
    weight = {word.stem: question.stems[word.stem] for word in seen.missing}
    heaviest = max(weight.values(), default=0.0) / rarest_idf()
    total = sum(question.stems.values()) or 1.0
    figure, unit, name = seen.quoted["figure"], seen.quoted["unit"], seen.quoted["name"]
    named = float(bool(reading.named))
    unknown = [name for name in seen.names if name not in seen.folded]
    others = [viewer.paper(hit.paper) for hit in reading.hits[:LOOKED_AT]]
    unseen = [name for name in unknown if not any(name in view.folded for view in others)]
    stems = frozenset[str]().union(*(part for view in others for part in view.stems))
    unseen_words = [word for word in seen.missing if word.stem not in stems]
    figures = [f for f in question.figures if not f.in_name]
    new_figures = [f for f in figures if not any(same(f, given) for given in seen.figures)]
    unheard = [known for known in question.stems if known not in default_idf()]
    return np.array(
        (
            seen.about["soft"],
            seen.about["exact"],
            seen.about["sentence"],
            seen.best["soft"],
            seen.best["new"],
            reading.ahead,
            heaviest,
            sum(weight.values()) / total,
            heaviest * named,
            _heaviest(question, (word for word in seen.missing if _technical(word.stem))),
            _heaviest(question, (word for word in unseen_words if _technical(word.stem))),
            sum(question.stems[word.stem] for word in unseen_words) / total,
            min(1.0, len(unknown) / 2),
            min(1.0, len(unseen) / 2),
            min(1.0, len(new_figures) / 2),
            float(expected.figure and not figure),
            float(expected.figure and not unit),
            float(expected.figure and not unit) * named,
            float(expected.name and not name),
            named,
            len(unheard) / max(len(question.stems), 1),
            1 / (1 + len(question.stems)),
            float(reading.intent == "find"),
            float(reading.intent == "list"),
            float(reading.intent == "compare"),
        )
    )


def _technical(word_stem: str) -> bool:
    """Many papers use it: a word of science, not one that a layman puts in its place."""
    return default_idf().get(word_stem, rarest_idf()) <= _TECHNICAL_IDF


def _heaviest(question: QuestionView, words: Iterable[Word]) -> float:
    return max((question.stems[word.stem] for word in words), default=0.0) / rarest_idf()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the papers of an answer's lines have of the question, taken together."""

    about: dict[str, float]
    best: dict[str, float]
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
        best, quoted = [], []
        for line, paper, view in zip(lines, papers, views, strict=True):
            rows = sentence_features(question, paper, view)
            chosen = [view.spans.index(span) for span in line.spans]
            best.append(rows.max(axis=0, initial=0.0))
            quoted.append(rows[chosen].max(axis=0, initial=0.0))
        return cls(
            about=dict(zip(PAPER_FEATURES, about.max(axis=0), strict=True)),
            best=dict(zip(SENTENCE_FEATURES, np.max(best, axis=0), strict=True)),
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
