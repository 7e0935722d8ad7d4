"""Fit the reader's four linear models and write ``rag/weights.json``.

    python -m eval.train_reader CORPUS.jsonl.gz

CORPUS holds the abstracts (arXiv ids, titles, abstracts). What is learned from, see
``eval/training_cases.py``: the test half and every other set that is reported stay unseen.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eval.plain import plain
from eval.training_cases import Case, Labels, Rows, learned_from
from rag.rank import (
    MEMBER_FEATURES,
    PAPER_FEATURES,
    SENTENCE_FEATURES,
    sentence_features,
)
from rag.reader import Reader
from rag.refuse import AGAINST, ANSWERABLE_FEATURES, FOR, answerable_features
from rag.weights import PATH, Linear, Trees, Weights

Objective = Callable[[Rows], tuple[float, Rows]]

# Penalties on squared coefficients, chosen by cross-validation on the questions learned from.
L2 = {"sentence": 1.0, "paper": 1.0, "member": 1.0}


def fit_all(learned_from: Sequence[Case]) -> Weights:
    """The four models, each fitted over what the ones before it choose."""
    sentence = _fit_sentences(learned_from)
    paper = _fit_papers(learned_from)
    member = _fit_members(learned_from, paper)
    so_far = Weights(sentence, paper, member, Trees(ANSWERABLE_FEATURES, (), 0.0))
    return Weights(sentence, paper, member, _fit_answerable(learned_from, so_far))


def _fit_sentences(learned_from: Sequence[Case]) -> Linear:
    better: list[Rows] = []
    shares: list[float] = []
    for case in learned_from:
        if case.question.kind in ("find", "list"):
            continue  # there the sentence shows that the paper fits; it answers nothing
        asked = case.viewer.question(case.question.question)
        for hit in (hit for hit, gold in zip(case.hits, case.gold(), strict=True) if gold):
            view = case.viewer.paper(hit.paper)
            rows = sentence_features(asked, hit.paper, view)
            texts = [plain(hit.paper.abstract[start:end]) for start, end in view.spans]
            evidence = [plain(e.sentence) for e in case.question.evidence]
            is_evidence = [any(t in e or e in t for e in evidence) for t in texts]
            others = [row for row, said in enumerate(is_evidence) if not said]
            for row in (row for row, said in enumerate(is_evidence) if said):
                better += [rows[row] - rows[other] for other in others]
                shares += [1 / max(len(others), 1)] * len(others)
    return _fit_pairs(SENTENCE_FEATURES, np.array(better), np.array(shares), L2["sentence"])


def _fit_papers(learned_from: Sequence[Case]) -> Linear:
    better: list[Rows] = []
    shares: list[float] = []
    for case in learned_from:
        gold = case.gold()
        if not gold.any():
            continue
        rows = case.papers()
        others = np.flatnonzero(~gold & case.counted())
        for row in np.flatnonzero(gold):
            better += [rows[row] - rows[other] for other in others]
            # The hardest others decide on the first place: all share one vote.
            shares += [1 / len(others) / gold.sum()] * len(others)
    return _fit_hinge(PAPER_FEATURES, np.array(better), np.array(shares), L2["paper"])


def _fit_members(learned_from: Sequence[Case], paper: Linear) -> Linear:
    rows: list[Rows] = []
    labels: list[Labels] = []
    for case in learned_from:
        if case.question.kind != "list" or not case.complete:
            continue
        counted = case.counted()
        rows.append(case.members(paper.score(case.papers()))[counted])
        labels.append(case.gold()[counted])
    flat = np.vstack(rows)
    return _fit_logistic(MEMBER_FEATURES, flat, np.concatenate(labels), L2["member"])


def _fit_answerable(learned_from: Sequence[Case], so_far: Weights) -> Trees:
    rows, labels = [], []
    for case in learned_from:
        reading = Reader(case.viewer, so_far)(case.question.question, case.hits)
        if reading.lines and reading.question.stems:
            rows.append(answerable_features(reading, case.viewer))
            labels.append(case.question.answerable)
    return fit_trees(np.array(rows), np.array(labels, np.bool_))


def fit_trees(rows: Rows, labels: Labels) -> Trees:
    """Boosted trees that only rise, or only fall, with the features whose meaning says so."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    direction = [1 if f in FOR else -1 if f in AGAINST else 0 for f in ANSWERABLE_FEATURES]
    booster = HistGradientBoostingClassifier(
        max_iter=60,
        max_depth=2,
        learning_rate=0.08,
        min_samples_leaf=12,
        l2_regularization=1.0,
        monotonic_cst=direction,
        early_stopping=False,
        random_state=0,
    ).fit(rows, labels)
    trees = tuple(_tree(stage[0].nodes) for stage in booster._predictors)
    return Trees(ANSWERABLE_FEATURES, trees, float(booster._baseline_prediction.item()))


def _tree(nodes: NDArray[Any]) -> tuple[tuple[float, ...], ...]:
    return tuple(
        (round(float(node["value"]), 5),)
        if node["is_leaf"]
        else (
            int(node["feature_idx"]),
            round(float(node["num_threshold"]), 5),
            int(node["left"]),
            int(node["right"]),
        )
        for node in nodes
    )


def _fit_pairs(features: tuple[str, ...], better: Rows, shares: Rows, l2: float) -> Linear:
    """RankNet's loss (Burges et al. 2005): ``ln(1 + exp(-margin))`` over pairs."""

    def objective(weights: Rows) -> tuple[float, Rows]:
        margins = better @ weights
        loss = shares @ np.logaddexp(0, -margins) + l2 / 2 * weights @ weights
        return float(loss), -(better.T @ (shares / (1 + np.exp(margins)))) + l2 * weights

    return Linear(features, _minimum(objective, len(features)), 0.0)


def _fit_hinge(features: tuple[str, ...], better: Rows, shares: Rows, l2: float) -> Linear:
    """Squared hinge over pairs: pairs that are far apart already stop to count."""

    def objective(weights: Rows) -> tuple[float, Rows]:
        short = np.clip(1 - better @ weights, 0, None)
        loss = shares @ short**2 + l2 / 16 / 2 * weights @ weights
        return float(loss), -2 * (better.T @ (shares * short)) + l2 / 16 * weights

    return Linear(features, _minimum(objective, len(features)), 0.0)


def _fit_logistic(features: tuple[str, ...], rows: Rows, labels: Labels, l2: float) -> Linear:
    """Logistic regression; the bias is not penalised."""
    padded = np.hstack([rows, np.ones((len(rows), 1))])
    sign = np.where(labels, 1.0, -1.0)
    penalised = np.append(np.ones(rows.shape[1]), 0.0)

    def objective(weights: Rows) -> tuple[float, Rows]:
        margins = sign * (padded @ weights)
        loss = np.logaddexp(0, -margins).sum() + l2 / 2 * (penalised * weights) @ weights
        slope = -(padded.T @ (sign / (1 + np.exp(margins))))
        return float(loss), slope + l2 * penalised * weights

    found = _minimum(objective, padded.shape[1])
    return Linear(features, found[:-1], float(found[-1]))


def _minimum(objective: Objective, dimensions: int) -> Rows:
    found: Rows = minimize(objective, np.zeros(dimensions), jac=True, method="L-BFGS-B").x
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path, help="JSONL(.gz) of arXiv papers")
    found = learned_from(parser.parse_args().corpus)
    weights = fit_all(found)
    models = ("sentence", "paper", "member", "answerable")
    content = {
        "fitted": date.today().isoformat(),
        "on": ["eval/questions.jsonl, development half", "eval/training", "eval/training/lists"],
        "questions": len(found),
        "models": {name: getattr(weights, name).to_dict() for name in models},
    }
    PATH.write_text(_laid_out(content) + "\n", encoding="utf-8")
    print(f"{len(found)} questions learned from; written: {PATH}")


def _laid_out(content: dict[str, Any]) -> str:
    """JSON with a line a coefficient, but a tree a line."""
    trees = content["models"]["answerable"].pop("trees")
    text = json.dumps(content, indent=1)
    lines = ",\n    ".join(json.dumps(tree) for tree in trees)
    marker = '"features": ['
    return text.replace(marker, f'"trees": [\n    {lines}\n   ],\n   {marker}', 1)


if __name__ == "__main__":
    main()
