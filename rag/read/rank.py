"""How well each sentence of a paper answers a question: named features, one linear score.

The coefficients were fitted by ``eval/train/reader.py`` on questions about other papers than those
that we report on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.paper import Paper
from rag.answer import Hit
from rag.read.features import Floats, PaperView, QuestionView, name_words

SENTENCE_FEATURES = (
    "exact",  # weighted share of the asked words that stand in the sentence
    "soft",  # the same by nearest token vectors
    "new",  # soft, of the asked words that the title doesn't bear already
    "cosine",  # question and sentence as wholes
    "before",  # soft share in the sentence before: "The first ... It ..."
    "figure",  # a figure is asked for and there is one
    "unit",  # ... and it measures or counts what is asked for
    "name",  # a name is asked for and there is one that the question lacks
    "cause",  # a reason is asked for: because, due to, so that
    "manner",  # how: by, through, using
    "parts",  # several things are asked for and the sentence enumerates
    "opening",  # the first sentence: says what the paper is, rarely what it finds
    "background",  # existing, traditional, however: about others
    "result",  # shows, achieves, outperforms
    "length",  # of the sentence, ln of its words
    "figure_unasked",  # a figure where none is asked for
)

_CAUSE = re.compile(
    r"\b(?:because|since|due to|so that|as a result|thus|therefore|owing|caus\w+|lead\w* to"
    r"|reason)\b",
    re.I,
)
_MANNER = re.compile(r"\b(?:by|through|using|via|uses?|based on|with)\b", re.I)
_BACKGROUND = re.compile(
    r"\b(?:existing|traditional\w*|conventional|previous|prior|earlier|current|however|often|typically|common\w*|most)\b",
    re.I,
)
_RESULT = re.compile(
    r"\b(?:show\w*|achiev\w*|outperform\w*|demonstrat\w*|improv\w*|reduc\w*|experiment\w*"
    r"|evaluat\w*|result\w*|up to|find\w*|reveal\w*)\b",
    re.I,
)


def sentence_features(
    question: QuestionView, paper: Paper, view: PaperView, beside: Sequence[Paper] = ()
) -> NDArray[np.float64]:
    """One row a sentence, one column a feature: ``(n, len(SENTENCE_FEATURES))``, each about 0 to 1.

    Words that only name this paper, or one that it is compared with (``beside``), don't count.
    """
    naming = name_words(question, paper, *beside)
    weights = {stem: w for stem, w in question.stems.items() if stem not in naming}
    total = sum(weights.values()) or 1.0
    soft, new, before = _soft(question, view, naming)
    columns = np.zeros((len(view.spans), len(SENTENCE_FEATURES)))
    cosines = view.directions @ question.direction
    expected = question.expected
    for row in range(len(view.spans)):
        start, end = view.spans[row]
        text = view.text[start:end]
        given = [figure for figure in view.figures[row] if not figure.in_name]
        columns[row] = (
            sum(w for stem, w in weights.items() if stem in view.stems[row]) / total,
            soft[row],
            new[row],
            cosines[row],
            before[row],
            float(expected.figure and bool(given)),
            float(any(expected.fits(figure) for figure in given)),
            float(expected.name and bool(view.names[row] - question.names)),
            float(expected.reason and bool(_CAUSE.search(text))),
            float(expected.manner and bool(_MANNER.search(text))),
            float(expected.parts) * min(1.0, (text.count(",") + text.count(";")) / 3),
            float(row == 0),
            float(bool(_BACKGROUND.search(text))),
            float(bool(_RESULT.search(text))),
            np.log(max(view.words[row], 1)) / 4,
            float(not expected.figure and bool(given)),
        )
    return columns


PAPER_FEATURES = (
    "dense",  # cosine of the embedder's vectors
    "soft",  # weighted share of the asked words near some word of the paper
    "title",  # soft share by the title alone
    "sentence_soft",  # best soft share of one sentence
    "named",  # called by name in the question
)


def paper_features(
    question: QuestionView, hits: Sequence[Hit], views: Sequence[PaperView], named: Sequence[Hit]
) -> NDArray[np.float64]:
    """One row a hit, one column a feature: ``(hits, len(PAPER_FEATURES))``, each about 0 to 1."""
    names = {hit.paper.id for hit in named}
    rows = np.zeros((len(hits), len(PAPER_FEATURES)))
    weights = question.tokens.weights / max(float(question.tokens.weights.sum()), 1e-6)
    for row, (hit, view) in enumerate(zip(hits, views, strict=True)):
        in_title = nearest(question, view.title_vectors)
        by_sentence = nearest_by_sentence(question, view)
        whole = np.maximum(by_sentence.max(axis=1, initial=0.0), in_title)
        rows[row] = (
            hit.dense,
            weights @ whole,
            weights @ in_title,
            (weights @ by_sentence).max(initial=0.0),
            float(hit.paper.id in names),
        )
    return rows


_OF_MEMBERS = (*PAPER_FEATURES, "score")  # of the list's topic; the score is the question's
# Whether a paper belongs in a list depends on the others, too.
MEMBER_FEATURES = (
    *_OF_MEMBERS,
    *(f"{name}_below_best" for name in _OF_MEMBERS),
    *(f"{name}_above_ten" for name in _OF_MEMBERS),  # above the mean of the ten best
    "rank",  # by the score, in thirties
)


def member_features(
    papers: NDArray[np.float64], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """From a topic's ``paper_features`` and the scores: ``(hits, len(MEMBER_FEATURES))``."""
    own = np.column_stack([papers, scores])
    best_ten = np.sort(own, axis=0)[-10:].mean(axis=0)
    rank = np.empty(len(scores))
    rank[np.argsort(-scores, kind="stable")] = np.arange(len(scores)) / 30
    return np.column_stack([own, own - own.max(axis=0), own - best_ten, rank])


def best_cut(belongs: NDArray[np.float64]) -> list[int]:
    """Which papers to list, of those with these probabilities to belong: at least one.

    So many of the likeliest that the expected F1 is greatest, taken as twice the expected number
    of right ones over how many are listed and how many are expected to belong.
    """
    order = np.argsort(-belongs, kind="stable")
    listed = np.arange(1, len(order) + 1)
    expected = 2 * np.cumsum(belongs[order]) / (listed + belongs.sum())
    return [int(row) for row in order[: int(np.argmax(expected)) + 1]]


def nearest(question: QuestionView, vectors: Floats) -> Floats:
    """Each question token's similarity to its nearest among ``vectors``: ``(q,)`` in [0, 1]."""
    if not len(vectors) or not len(question.tokens.vectors):
        return np.zeros(len(question.tokens.vectors), np.float32)
    near: Floats = np.clip(question.tokens.vectors @ vectors.T, 0, 1).max(axis=1)
    return near


def nearest_by_sentence(question: QuestionView, view: PaperView) -> Floats:
    """``(q, n)``: each question token's similarity to its nearest token in each sentence.

    The MaxSim of ColBERT (https://arxiv.org/abs/2004.12832), over static vectors.
    """
    best = np.zeros((len(question.tokens.vectors), len(view.spans)), np.float32)
    if best.size and len(view.vectors):
        near = np.clip(question.tokens.vectors @ view.vectors.T, 0, 1)  # (q, t)
        rows, firsts = np.unique(view.sentence_of, return_index=True)
        best[:, rows] = np.maximum.reduceat(near, firsts, axis=1)
    return best


def covered(question: QuestionView, view: PaperView) -> Floats:
    """``(q,)``: each question token's similarity to its nearest in the paper, title included."""
    return np.maximum(nearest(question, view.vectors), nearest(question, view.title_vectors))


def _soft(
    question: QuestionView, view: PaperView, naming: frozenset[str]
) -> tuple[Floats, Floats, Floats]:
    """By sentence: the soft share of the asked words but those that name the paper.

    Second, the same for words that the title lacks; third, that of the sentence before.
    """
    asked = [stem not in naming for stem in question.token_stems]
    weights = question.tokens.weights * np.array(asked, dtype=np.float32)
    if not weights.any() or not view.spans:
        zeros = np.zeros(len(view.spans), np.float32)
        return zeros, zeros, zeros
    best = nearest_by_sentence(question, view)
    fresh = weights * (1 - nearest(question, view.title_vectors) ** 2)
    new = (fresh @ best / max(float(fresh.sum()), 1e-6)).astype(np.float32)
    before = np.concatenate([[0], new[:-1]]).astype(np.float32)
    soft = (weights @ best / weights.sum()).astype(np.float32)
    return soft, new, before
