"""What each feature of the support check counts: a logistic regression over ``features``.

Fitted by ``eval/train/support.py`` on 2026-11-23, on the tune halves of SciFact claims, HealthVer
and AttributionBench (dev) and own paraphrases with faults; all four weigh the same.
"""

from __future__ import annotations

from collections.abc import Mapping

LEXICAL: Mapping[str, float] = {
    "intercept": 2.53,
    "best_sentence": 0.15,
    "best_pair": 1.07,
    "whole": 2.08,
    "pairs_of_words": 0.85,
    "passage_length": -0.87,
    "figure": -0.91,
    "name": -0.21,
    "negation": -1.96,
    "direction": -1.56,
    "doubt": -0.23,
    "trend": 0.41,
    "nothing_found": -1.24,
}
WITH_VECTORS: Mapping[str, float] = {
    "intercept": 3.60,
    "soft_pair": 1.21,
    "soft_whole": 1.75,
    "soft_missing": -2.11,
    "cosine_whole": 0.90,
    "passage_length": -0.93,
    "figure": -0.90,
    "name": -0.19,
    "negation": -1.90,
    "direction": -1.73,
    "doubt": -0.23,
    "trend": 0.45,
    "nothing_found": -1.23,
}
