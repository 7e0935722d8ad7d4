"""Figures and their uncertainty. Retrieval metrics as in BEIR (https://arxiv.org/abs/2104.08663)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

_RESAMPLES = 2000


def recall_at_k(ranked: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """The share of relevant documents among the first ``k``; nan when none is relevant."""
    wanted = {id_ for id_, grade in relevant.items() if grade > 0}
    return len(wanted & set(ranked[:k])) / len(wanted) if wanted else math.nan


def ndcg_at_k(ranked: Sequence[str], relevant: Mapping[str, int], k: int) -> float:
    """Normalised discounted cumulative gain with linear gains, as trec_eval's ndcg_cut.

    Järvelin and Kekäläinen 2002 (https://doi.org/10.1145/582415.582418); nan when none is relevant.
    """
    gains = [max(relevant.get(id_, 0), 0) for id_ in ranked[:k]]
    best = sorted((grade for grade in relevant.values() if grade > 0), reverse=True)[:k]
    ideal = _dcg(best)
    return _dcg(gains) / ideal if ideal else math.nan


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 2) for rank, gain in enumerate(gains))


def f1(precision: float, recall: float) -> float:
    """The harmonic mean of precision and recall; 0 when both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def mean(values: Sequence[float]) -> float:
    """The mean of those values that are not nan; nan when there are none."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def interval(values: Sequence[float], *, seed: int = 0) -> tuple[float, float]:
    """The 95% percentile bootstrap interval of the mean of those values that are not nan."""
    known = np.array([value for value in values if not math.isnan(value)])
    if not len(known):
        return math.nan, math.nan
    draws = np.random.default_rng(seed).integers(0, len(known), (_RESAMPLES, len(known)))
    low, high = np.percentile(known[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
