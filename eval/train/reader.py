"""Fit the reader's three linear models and put them into ``rag/read/weights.json``.

    python -m eval.train.reader CORPUS.jsonl.gz

CORPUS holds the abstracts (arXiv ids, titles, abstracts). What is learned from, see
``eval/train/cases.py``: the test half and every other set that is reported stay unseen.
``eval.train.abstain`` fits the models that decide on refusing, after this.
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
from eval.train.cases import Case, Labels, Rows, learned_from
from rag.read.rank import (
    MEMBER_FEATURES,
    PAPER_FEATURES,
    SENTENCE_FEATURES,
    sentence_features,
)
from rag.read.weights import PATH, Linear, kept

Objective = Callable[[Rows], tuple[float, Rows]]

# Penalties on squared coefficients, chosen by cross-validation on the questions learned from.
L2 = {"sentence": 1.0, "paper": 1.0, "member": 1.0}


def fit_all(learned_from: Sequence[Case]) -> dict[str, Linear]:
    """The three models by name."""
    paper = _fit_papers(learned_from)
    return {
        "sentence": _fit_sentences(learned_from),
        "paper": paper,
        "member": _fit_members(learned_from, paper),
    }


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
    content = json.loads(json.dumps(kept()))
    content |= {
        "fitted": date.today().isoformat(),
        "on": ["eval/questions.jsonl, development half", "eval/train/data"],
        "questions": len(found),
    }
    content["models"] |= {name: model.to_dict() for name, model in fit_all(found).items()}
    PATH.write_text(laid_out(content) + "\n", encoding="utf-8")
    print(f"{len(found)} questions learned from; written: {PATH}")


def laid_out(content: dict[str, Any]) -> str:
    """JSON with a line a coefficient, but a tree a line, and terms that fill theirs."""
    models = content["models"]
    filled = {
        f"{name} {part}": _filled(models[name].pop(part))
        for name, part in (("answerable", "trees"), ("topic", "trees"), ("asked", "terms"))
    }
    for mark in filled:
        models[mark.split()[0]][mark.split()[1]] = mark
    text = json.dumps(content, indent=1, ensure_ascii=False)
    for mark, lines in filled.items():
        text = text.replace(json.dumps(mark), lines)
    return text


def _filled(entries: Mapping[str, float] | Sequence[object]) -> str:
    if isinstance(entries, Mapping):
        pairs = [f"{json.dumps(k, ensure_ascii=False)}: {v}" for k, v in entries.items()]
        rows = [", ".join(pairs[start : start + 6]) for start in range(0, len(pairs), 6)]
        opens, closes = "{}"
    else:
        rows = [json.dumps(entry) for entry in entries]
        opens, closes = "[]"
    lines = ",\n    ".join(rows)
    return f"{opens}\n    {lines}\n   {closes}"


if __name__ == "__main__":
    main()
