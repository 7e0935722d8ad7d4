"""Which two papers a question sets side by side, and whether it does.

"Two papers mix up pictures: what does each gain?" names none. The two that are meant cover, taken
together, more of the question than any other two; its small words say that they are two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from rag.read.features import Floats, PaperView, QuestionView
from rag.read.rank import covered

AMONG = 8  # the best papers, two of which may be meant
TOGETHER = 20.0  # what the share of the question that two cover weighs beside both their scores

_WORK = r"\b(?:papers?|stud(?:y|ies)|works?|articles?|methods?|one|ones)\b"
_TWO_WORKS = (
    r"\b(?:two|both)(?: [\w-]+){0,3} (?:papers|studies|works|articles|methods|ways|teams)\b"
)
_CUES = {
    "each": re.compile(r"\b(?:each(?! other)|respectively|either)\b", re.I),
    "both": re.compile(r"\b(?:both|two)\b", re.I),
    "two_works": re.compile(_TWO_WORKS, re.I),
    "versus": re.compile(r"\b(?:versus|vs|compar\w+|contrast\w*|differ\w*|opposed)\b", re.I),
    "other": re.compile(r"\b(?:another|the other|the one)\b", re.I),
    "work": re.compile(_WORK, re.I),
    "works": re.compile(f"{_WORK}.*{_WORK}", re.I | re.S),
    "and": re.compile(r"\band\b", re.I),
}
_TELLING = ("each", "both", "versus", "other", "works")  # without any, no two are meant
COMPARED_FEATURES = (
    *_CUES,  # words of the question
    "behind",  # how far the second paper's score is behind the first's
    "ahead",  # ... and ahead of the third's
    "together",  # share of the question that both cover, above that of either
    "named",  # two or more are called by name
)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two papers, as rows of those looked at, and ``COMPARED_FEATURES`` of the question on them."""

    first: int
    second: int
    row: NDArray[np.float64]


def set_side_by_side(text: str) -> bool:
    """Whether words of the question may say that papers are compared."""
    return any(_CUES[cue].search(text) for cue in _TELLING)


def best_pair(
    question: QuestionView, views: Sequence[PaperView], scores: NDArray[np.float64], named: int
) -> Pair | None:
    """The two papers that a question most likely compares, of ``views`` with their ``scores``.

    ``named``: how many papers the question calls by name. None where there are no two papers, or
    nothing in the question says that there should be.
    """
    best = np.argsort(-scores, kind="stable")[:AMONG]
    if len(best) < 2 or not set_side_by_side(question.text):
        return None
    weights = question.tokens.weights / max(float(question.tokens.weights.sum()), 1e-6)
    cover = {int(row): covered(question, views[row]) for row in best}

    def worth(pair: tuple[int, int]) -> float:
        return float(scores[list(pair)].sum() + TOGETHER * _share(weights, cover, pair))

    pair = max(combinations(map(int, best), 2), key=worth)
    one, other = (cover[row] for row in pair)
    third = next((scores[row] for row in best if row not in pair), scores[pair[1]])
    row = (
        *(float(bool(cue.search(question.text))) for cue in _CUES.values()),
        scores[best[0]] - scores[pair[1]],
        np.clip(scores[pair[1]] - third, -5, 5),
        _share(weights, cover, pair) - max(weights @ one, weights @ other),
        float(named >= 2),
    )
    return Pair(*pair, np.array(row))


def _share(weights: Floats, cover: dict[int, Floats], pair: tuple[int, int]) -> float:
    return float(weights @ np.maximum(cover[pair[0]], cover[pair[1]]))
