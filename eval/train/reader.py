"""Fit the reader's linear models and put them into ``rag/read/weights.json``.

    python -m eval.train.reader CORPUS.jsonl.gz...

The corpora hold the abstracts (arXiv ids, titles, abstracts). What is learned from, see
``eval/train/cases.py``: the test half and every other set that is reported stay unseen. Which
sentence answers is learned once; which paper is meant, and which belong in a list, by the vectors
of words alone ("static") and by those of a model that reads in context. ``eval.train.abstain``
fits the models that decide on refusing, after this.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from eval.plain import plain
from eval.train.cases import (
    SIDE_BY_SIDE,
    Case,
    Labels,
    Rows,
    among_few,
    among_many,
    development,
    known_papers,
    over,
    unlearned,
)
from ingest.embedders import Embedder
from ingest.embedders.contextual import ContextualEmbedder
from ingest.embedders.static import StaticEmbedder
from ingest.paper import Paper
from ingest.starter import starter_papers
from rag.read.rank import (
    MEMBER_FEATURES,
    PAPER_FEATURES,
    SENTENCE_FEATURES,
    sentence_features,
)
from rag.read.side_by_side import COMPARED_FEATURES, best_pair
from rag.read.weights import PATH, Linear, kept

Objective = Callable[[Rows], tuple[float, Rows]]

# Penalties on squared coefficients, chosen by cross-validation on the questions learned from.
L2 = {"sentence": 1.0, "paper": 1e-4, "member": 1.0, "compared": 1.0}


def fit_all(known: Mapping[str, Paper]) -> dict[str, Any]:
    """The models by name, those that depend on the library's vectors by their kind."""
    found: dict[str, Any] = {}
    embedders: dict[str, Embedder] = {
        "static": StaticEmbedder(),
        "in_context": ContextualEmbedder(),
    }
    for kind, embedder in embedders.items():
        dev = over(starter_papers(), development(), embedder, complete=True)
        few = over(*among_few(known), embedder, complete=True)
        if kind == "static":  # sentences are compared by the vectors of words alone
            many = over(*among_many(known), embedder, complete=False)
            found["sentence"] = _fit_sentences([*dev, *many, *few]).to_dict()
        asked = over(*unlearned(known), embedder, complete=False)
        paper = _fit_papers(asked)
        models = {
            "paper": paper,
            "member": _fit_members([*dev, *few], paper),
            "compared": _fit_compared(asked, paper),
        }
        found[kind] = {name: model.to_dict() for name, model in models.items()}
    return found


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
    """ListNet's loss (Cao et al. 2007, https://doi.org/10.1145/1273496.1273513).

    The probability of the right papers, in a softmax over all that were found.
    """
    cases = [case for case in learned_from if case.gold().any()]
    found = [(case.papers()[case.counted()], case.gold()[case.counted()]) for case in cases]

    def objective(weights: Rows) -> tuple[float, Rows]:
        loss, slope = L2["paper"] / 2 * weights @ weights, L2["paper"] * weights
        for rows, gold in found:
            scores = rows @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            right = shares[gold].sum()
            loss -= np.log(right) / len(found)
            slope -= rows.T @ (np.where(gold, shares / right, 0) - shares) / len(found)
        return float(loss), slope

    return Linear(PAPER_FEATURES, _minimum(objective, len(PAPER_FEATURES)), 0.0)


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
    return fit_logistic(MEMBER_FEATURES, flat, np.concatenate(labels), L2["member"])


def _fit_compared(learned_from: Sequence[Case], paper: Linear) -> Linear:
    rows: list[Rows] = []
    labels: list[bool] = []
    for case in learned_from:
        asked = case.viewer.question(case.question.question)
        views = [case.viewer.paper(hit.paper) for hit in case.hits]
        if pair := best_pair(asked, views, paper.score(case.papers()), len(case.named)):
            rows.append(pair.row)
            labels.append(case.question.id.startswith(SIDE_BY_SIDE))
    return fit_logistic(COMPARED_FEATURES, np.array(rows), np.array(labels), L2["compared"])


def _fit_pairs(features: tuple[str, ...], better: Rows, shares: Rows, l2: float) -> Linear:
    """RankNet's loss (Burges et al. 2005): ``ln(1 + exp(-margin))`` over pairs."""

    def objective(weights: Rows) -> tuple[float, Rows]:
        margins = better @ weights
        loss = shares @ np.logaddexp(0, -margins) + l2 / 2 * weights @ weights
        return float(loss), -(better.T @ (shares / (1 + np.exp(margins)))) + l2 * weights

    return Linear(features, _minimum(objective, len(features)), 0.0)


def fit_logistic(
    features: tuple[str, ...], rows: Rows, labels: Labels, l2: float, shares: Rows | float = 1.0
) -> Linear:
    """Logistic regression; the bias is not penalised, ``shares`` weigh the rows."""
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
    parser.add_argument("corpora", type=Path, nargs="+", help="JSONL(.gz) of papers")
    content = json.loads(json.dumps(kept()))
    found = fit_all(known_papers(parser.parse_args().corpora))
    for kind in ("static", "in_context"):
        content["models"][kind] = {**content["models"].get(kind, {}), **found.pop(kind)}
    content["models"] |= found
    content["fitted"] = date.today().isoformat()
    PATH.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
