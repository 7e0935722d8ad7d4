"""The reader's coefficients, kept in ``weights.json``: linear models over named features.

``eval/train/reader.py`` and ``eval/train/abstain.py`` fit them and write the file; each model keeps
its features' names, so a file that does not fit the code is refused instead of being read askew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
class Weights:
    """``sentence``: which sentence answers. ``paper``: which paper is meant. ``member``: the
    probability that a paper belongs in a list. ``compared``: that two papers are set side by side.
    ``answerable``: that the papers hold an answer."""

    sentence: Linear
    paper: Linear
    member: Linear
    compared: Linear
    answerable: Linear


@cache
def kept() -> Mapping[str, Any]:
    """The file's content."""
    content: Mapping[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return content
