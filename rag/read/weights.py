"""The reader's coefficients, kept in ``weights.json``: models over named features.

Three are linear. On refusing three decide together: two sums of small trees, since a missing word
weighs differently when a paper was called by name than when one is sought in other words, and a
linear one that also weighs the words themselves.

``eval/train/reader.py`` fits them and writes the file; each model keeps its features' names, so a
file that does not fit the code is refused instead of being read askew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PATH = Path(__file__).with_name("weights.json")


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """``score = features @ weights + bias``; a probability where it was fitted as one."""

    features: tuple[str, ...]
    weights: NDArray[np.float64]
    bias: float

    def score(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores ``(n,)`` of rows ``(n, features)``; unbounded, higher is better."""
        scores: NDArray[np.float64] = rows @ self.weights + self.bias
        return scores

    def probability(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The logistic of the scores: ``(n,)`` in (0, 1)."""
        probabilities: NDArray[np.float64] = 1 / (1 + np.exp(-self.score(rows)))
        return probabilities

    def to_dict(self) -> dict[str, Any]:
        weights = (round(float(weight), 4) for weight in self.weights)
        return {
            "bias": round(self.bias, 4),
            "weights": dict(zip(self.features, weights, strict=True)),
        }

    @classmethod
    def of(cls, fields: Mapping[str, Any], features: Sequence[str]) -> Linear:
        """The model kept in ``fields``; ValueError when it is of other features."""
        kept = fields["weights"]
        if list(kept) != list(features):
            raise ValueError(f"weights of {list(kept)}, not of {list(features)}: fit them again")
        return cls(tuple(features), np.array(list(kept.values()), np.float64), fields["bias"])


@dataclass(frozen=True, slots=True)
class Trees:
    """Gradient-boosted trees (Friedman 2001, https://doi.org/10.1214/aos/1013203451).

    Each tree is a tuple of nodes; a node is (feature, threshold, left, right) or (value,). A row
    goes left where its feature is at most the threshold.
    """

    features: tuple[str, ...]
    trees: tuple[tuple[tuple[float, ...], ...], ...]
    bias: float

    def score(self, row: NDArray[np.float64]) -> float:
        """The trees' sum for one row ``(features,)``: log odds."""
        total = self.bias
        for tree in self.trees:
            node = tree[0]
            while len(node) > 1:
                feature, threshold, left, right = node
                node = tree[int(left if row[int(feature)] <= threshold else right)]
            total += node[0]
        return total

    def to_dict(self) -> dict[str, Any]:
        return {"bias": self.bias, "features": list(self.features), "trees": self.trees}

    @classmethod
    def of(cls, fields: Mapping[str, Any], features: Sequence[str]) -> Trees:
        """The model kept in ``fields``; ValueError when it is of other features."""
        if fields["features"] != list(features):
            raise ValueError(
                f"trees over {fields['features']}, not {list(features)}: fit them again"
            )
        trees = tuple(tuple(tuple(node) for node in tree) for tree in fields["trees"])
        return cls(tuple(features), trees, fields["bias"])


@dataclass(frozen=True, slots=True)
class Terms:
    """A linear model over features and a question's terms (rag/read/question_terms.py); unknown
    ones weigh 0.
    """

    linear: Linear
    terms: Mapping[str, float]

    def score(self, row: NDArray[np.float64], terms: Iterable[str]) -> float:
        """The log odds for one row ``(features,)`` and the question's terms."""
        total = float(self.linear.score(row[None])[0])
        return total + math.fsum(self.terms.get(term, 0.0) for term in terms)

    def to_dict(self) -> dict[str, Any]:
        return {**self.linear.to_dict(), "terms": dict(sorted(self.terms.items()))}

    @classmethod
    def of(cls, fields: Mapping[str, Any], features: Sequence[str]) -> Terms:
        """The model kept in ``fields``; ValueError when it is of other features."""
        return cls(Linear.of(fields, features), fields["terms"])


@dataclass(frozen=True, slots=True)
class Answerable:
    """Three models of the same thing, each wrong on other questions: their mean decides.

    ``trees`` and ``terms`` know what is asked; ``topic`` are trees over the first features only,
    which ask whether the papers are about it.
    """

    trees: Trees
    terms: Terms
    topic: Trees

    def score(self, row: NDArray[np.float64], terms: Iterable[str]) -> float:
        """The mean log odds that the papers hold an answer."""
        topic = self.topic.score(row[: len(self.topic.features)])
        return (self.trees.score(row) + self.terms.score(row, terms) + topic) / 3


@dataclass(frozen=True, slots=True)
class Weights:
    """``sentence``: which sentence answers. ``paper``: which paper is meant. ``member``: the
    probability that a paper belongs in a list. ``answerable``: that the papers hold an answer."""

    sentence: Linear
    paper: Linear
    member: Linear
    answerable: Answerable


@cache
def kept() -> Mapping[str, Any]:
    """The file's content."""
    content: Mapping[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return content
