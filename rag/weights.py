"""Coefficients of the reader's linear scores, by feature (see ``rag/rank.py``).

Set by hand on the development half of ``eval/questions.jsonl``, 2026-11-23.
"""

SENTENCE_WEIGHTS = {
    "exact": 0.7,
    "soft": 1.0,
    "new": 1.0,
    "cosine": 0.7,
    "before": 0.2,
    "figure": 0.3,
    "unit": 0.3,
    "name": 0.1,
    "cause": 0.1,
    "manner": 0.05,
    "parts": 0.1,
    "opening": -0.3,
    "background": -0.1,
    "result": 0.05,
    "length": 0.0,
    "figure_unasked": 0.0,
}

PAPER_WEIGHTS = {
    "fused": 1.0,
    "lexical": 0.0,
    "dense": 0.0,
    "soft": 1.0,
    "exact": 0.0,
    "title": 0.2,
    "sentence": 0.5,
    "sentence_soft": 0.0,
    "named": 1.5,
}

ANSWERABLE_BIAS = 0.0
ANSWERABLE_WEIGHTS = {
    "soft": 4.0,
    "exact": 2.0,
    "sentence": 2.0,
    "best": 2.0,
    "best_new": 1.0,
    "missing": -4.0,
    "unknown_names": -3.0,
    "unknown_figures": 0.0,
    "no_figure": -1.0,
    "no_unit": -0.5,
    "no_name": 0.0,
    "named": 0.5,
    "few_words": -2.0,
    "many": 1.0,
}
