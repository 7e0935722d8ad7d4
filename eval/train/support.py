"""Fits the coefficients of ``rag/verify/support.py``: ``python -m eval.train.support
GROUNDING_DIR``.

Reads the tune halves of the labelled pairs in ``GROUNDING_DIR/*.jsonl``, and own paraphrases of
the starter digests (``tests/paraphrases_tune.jsonl``), each held against its own digest
(supported), against other papers' digests and with planted faults (not). Prints the two tables
and how they do; what is held out is only measured, with ``--held-out``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from eval.grounding import Half, auroc, load_pairs
from eval.planted import plants
from ingest.embedders.static import StaticEmbedder
from rag.verify.support import SupportCheck

ROOT = Path(__file__).parents[2]
Floats = NDArray[np.float64]

_LEXICAL = (
    "best_sentence", "best_pair", "whole", "pairs_of_words", "rarest_missing", "length",
    "passage_length", "figure", "name", "negation", "direction", "doubt", "trend", "nothing_found",
)  # fmt: skip
_WITH_VECTORS = (
    "soft_pair", "soft_whole", "soft_missing", "cosine_whole", "passage_length", "figure", "name",
    "negation", "direction", "doubt", "trend", "nothing_found",
)  # fmt: skip
_AGAINST = frozenset(
    {
        "rarest_missing", "length", "passage_length", "figure", "name", "negation", "direction",
        "doubt", "nothing_found", "soft_missing",
    }
)  # fmt: skip
_PAPERS = "papers"


@dataclass(frozen=True, slots=True)
class Row:
    """One claim against one evidence: its features, whether it is borne out, where it is from."""

    features: Mapping[str, float]
    supported: bool
    source: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grounding", type=Path)
    parser.add_argument("--held-out", action="store_true", help="measure the held-out halves too")
    options = parser.parse_args()
    tune = [*_labelled(options.grounding, "tune"), *_paraphrased()]
    held = list(_labelled(options.grounding, "held-out")) if options.held_out else []
    for title, names in (("LEXICAL", _LEXICAL), ("WITH_VECTORS", _WITH_VECTORS)):
        coefficients = _fit(tune, names)
        print(f"{title}: Mapping[str, float] = {{")
        for name, value in coefficients.items():
            print(f'    "{name}": {value:.2f},')
        print("}")
        for half, rows in (("tune", tune), ("held-out", held)):
            for source in dict.fromkeys(row.source for row in rows):
                inside = [row for row in rows if row.source == source]
                print(
                    f"# {half} {source}: n {len(inside)}, AUROC {_auroc(inside, coefficients):.3f}"
                )


def _labelled(folder: Path, half: Half) -> Iterator[Row]:
    for path in sorted(folder.glob("*.jsonl")):
        pairs = load_pairs(path)
        check = SupportCheck(StaticEmbedder(), collection={pair.evidence for pair in pairs})
        for pair in pairs:
            # Some web pages are books: the first pages tell enough.
            features = (
                check.features(pair.claim, pair.evidence[:12000]) if pair.half == half else {}
            )
            if features:
                yield Row(features, pair.label == "supported", path.stem)


def _paraphrased() -> Iterator[Row]:
    digests = {
        paper["title"]: paper["digest"]
        for paper in map(json.loads, _lines(ROOT / "ingest/starter/papers.jsonl"))
    }
    titles = list(digests)
    embedder = StaticEmbedder()
    check = SupportCheck(embedder)
    vectors = embedder.embed([f"{title} {digests[title]}" for title in titles])
    planters = plants(titles)
    random = Random(1)  # noqa: S311 -- the same faults every time
    for entry in map(json.loads, _lines(ROOT / "tests/paraphrases_tune.jsonl")):
        own, claim = entry["paper"], entry["claim"]
        for sentence in filter(None, (claim, entry.get("evidence"))):
            nearest = np.argsort(-(vectors @ embedder.embed([sentence])[0]))
            others = [titles[i] for i in nearest if titles[i] != own]
            for title in (*others[:2], random.choice(others)):  # what a search would bring
                yield Row(check.features(sentence, digests[title], title=title), False, _PAPERS)
        yield Row(check.features(claim, digests[own], title=own), True, _PAPERS)
        for plant in planters.values():
            changed = plant(claim, random)
            if changed is not None:
                yield Row(check.features(changed, digests[own], title=own), False, _PAPERS)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _table(rows: Sequence[Row], names: Sequence[str]) -> Floats:
    return np.array([[1.0, *(row.features[name] for name in names)] for row in rows])


def _fit(rows: Sequence[Row], names: Sequence[str], *, ridge: float = 0.3) -> dict[str, float]:
    """Weighted logistic regression with an L2 penalty, by Newton's method.

    All sources weigh the same, and so do both classes of a source: hard faults decide by themselves
    (``Support.supported``), so the score needn't learn from the papers alone that they do.
    The slopes are shared, the intercept is the source's own and that of the papers is kept: how
    far a claim goes beyond the words of its evidence differs from field to field. Features that
    tell for support may not count against it, nor the other way round: such a coefficient is
    noise, and its feature is dropped.
    """
    y = np.array([row.supported for row in rows], dtype=float)
    sources = np.array([row.source for row in rows])
    weights = np.zeros(len(rows))
    for source in np.unique(sources):
        for label in (0.0, 1.0):
            inside = (sources == source) & (y == label)
            weights[inside] = 200.0 / max(1, inside.sum())
    fields = [source for source in np.unique(sources) if source != _PAPERS]
    offsets = np.array([[float(source == field) for field in fields] for source in sources])
    kept = list(names)
    while True:
        x = np.hstack([_table(rows, kept), offsets])
        penalty = np.diag([0.0] + [ridge] * len(kept) + [0.0] * len(fields))
        beta = np.zeros(x.shape[1])
        for _ in range(50):
            p = 1.0 / (1.0 + np.exp(-x @ beta))
            gradient = x.T @ (weights * (y - p)) - penalty @ beta
            hessian = (x.T * (weights * p * (1 - p))) @ x + penalty
            step = np.linalg.solve(hessian, gradient)
            beta += step
            if np.abs(step).max() < 1e-8:
                break
        slopes = beta[1 : len(kept) + 1]
        wrong = [n for n, b in zip(kept, slopes, strict=True) if (b > 0) == (n in _AGAINST)]
        if not wrong:
            return {"intercept": float(beta[0]), **dict(zip(kept, map(float, slopes), strict=True))}
        kept = [name for name in kept if name not in wrong]


def _auroc(rows: Sequence[Row], coefficients: Mapping[str, float]) -> float:
    names = [name for name in coefficients if name != "intercept"]
    scores = _table(rows, names) @ np.array(
        [coefficients["intercept"], *map(coefficients.get, names)]
    )
    return auroc(scores.astype(float), np.array([row.supported for row in rows], dtype=bool))


if __name__ == "__main__":
    main()
