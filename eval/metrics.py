"""Figures and their uncertainty. Retrieval metrics as in BEIR (https://arxiv.org/abs/2104.08663)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

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


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95% percentile bootstrap interval of the mean of those values that are not nan.

    The same values give the same interval. Efron and Tibshirani 1993
    (https://doi.org/10.1201/9780429246593).
    """
    known = np.array([value for value in values if not math.isnan(value)])
    if not len(known):
        return math.nan, math.nan
    low, high = np.percentile(known[_resamples(len(known))].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def difference_interval(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """The 95% bootstrap interval of mean(after) - mean(before), paired: pairs are drawn whole.

    nan stands where a side lacks the figure; each mean is over what its side has. (nan, nan) where
    a side has nothing.
    """
    sides = np.array([before, after])  # (2, n)
    known = ~np.isnan(sides)
    if not known.any(axis=1).all():
        return math.nan, math.nan
    drawn = _resamples(len(before))
    sums = np.where(known, sides, 0.0)[:, drawn].sum(axis=2)  # (2, resamples)
    counts = known[:, drawn].sum(axis=2)
    kept = (counts > 0).all(axis=0)  # a rare draw may have nothing of a side
    means = sums[:, kept] / counts[:, kept]
    low, high = np.percentile(means[1] - means[0], [2.5, 97.5])
    return float(low), float(high)


@lru_cache(maxsize=32)  # many figures of one run have the same n
def _resamples(n: int) -> NDArray[np.int32]:
    return np.random.default_rng(0).integers(0, n, (_RESAMPLES, n), dtype=np.int32)


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least ``share`` (in [0, 1]) of the values don't exceed; else nan."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
