"""How well the support check tells borne out from not, on labelled pairs of claim and evidence.

The core of ``askpapers eval --grounding FILE``. A file has one JSON object a line: ``claim``,
``evidence``, ``label`` ("supported", "contradicted" or "unsupported"), and a ``title`` if it likes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ingest.embedders.static import StaticEmbedder
from ingest.errors import ParseError
from rag.verify.support import THRESHOLD, Support, SupportCheck

Label = Literal["supported", "contradicted", "unsupported"]
Half = Literal["tune", "held-out"]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Check = Callable[[str, str, str], Support]


@dataclass(frozen=True, slots=True)
class Pair:
    """One labelled claim with the evidence that it is held against."""

    claim: str
    evidence: str
    label: Label
    title: str = ""

    @property
    def half(self) -> Half:
        """By a hash of the evidence, so that no evidence stands in both halves."""
        return "held-out" if hashlib.sha256(self.evidence.encode()).digest()[-1] % 2 else "tune"


def load_pairs(path: Path) -> tuple[Pair, ...]:
    """The pairs of a JSON-lines file; ParseError names the line that isn't one."""
    pairs: list[Pair] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ParseError(str(path), f"not JSON: {error.msg}", record=number) from error
            pairs.append(_pair(row, path, number))
    return tuple(pairs)


def _pair(row: object, path: Path, number: int) -> Pair:
    if not isinstance(row, dict):
        raise ParseError(str(path), "not a JSON object", record=number)
    for field in ("claim", "evidence", "label"):
        if not isinstance(row.get(field), str):
            raise ParseError(str(path), f"no text in {field!r}", record=number)
    if row["label"] not in get_args(Label):
        reason = f"label {row['label']!r} is none of {', '.join(get_args(Label))}"
        raise ParseError(str(path), reason, record=number)
    return Pair(row["claim"], row["evidence"], row["label"], str(row.get("title") or ""))


def measure(path: Path, check: Check | None = None, *, half: Half | None = None) -> dict[str, Any]:
    """The figures of ``measure_pairs`` for a file or one half of it; ParseError at a bad line.

    ``check`` is the shipped one by default: with the bundled vectors, and all the file's evidence
    (not its labels) as the collection that the passages are from.
    """
    pairs = load_pairs(path)
    if check is None:
        shipped = SupportCheck(StaticEmbedder(), collection={pair.evidence for pair in pairs})
        check = lambda claim, evidence, title: shipped(claim, evidence, title=title)  # noqa: E731
    pairs = tuple(pair for pair in pairs if half is None or pair.half == half)
    return {"file": path.name, "half": half, **measure_pairs(pairs, check)}


def measure_pairs(
    pairs: Sequence[Pair], check: Check, *, resamples: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Figures on how ``check(claim, evidence, title)`` tells "supported" from the other labels.

    ``auroc`` and ``balanced_accuracy`` are in [0, 1], 0.5 is chance; None where one side is empty.
    ``auroc_without_contradicted`` leaves the contradicted pairs out. ``*_interval`` are 95%
    bootstrap intervals over evidence texts. ``calibration`` has ten bins of score;
    ``calibration_error`` is their mean gap, weighted by n.
    """
    found = [check(pair.claim, pair.evidence, pair.title) for pair in pairs]
    scores = np.array([support.score for support in found])
    passed = np.array([support.supported for support in found], dtype=bool)
    positive = np.array([pair.label == "supported" for pair in pairs], dtype=bool)
    stated = np.array([pair.label != "contradicted" for pair in pairs], dtype=bool)
    _, groups = np.unique([pair.evidence for pair in pairs] or [""], return_inverse=True)
    rng = np.random.default_rng(seed)
    samples = [_resample(groups, rng) for _ in range(resamples)] if pairs else []
    bins, error = calibration(scores, positive)
    return {
        "n": len(pairs),
        "supported": int(positive.sum()),
        "threshold": THRESHOLD,
        "auroc": _or_none(auroc(scores, positive)),
        "auroc_interval": _interval([auroc(scores[i], positive[i]) for i in samples]),
        "auroc_without_contradicted": _or_none(auroc(scores[stated], positive[stated])),
        "balanced_accuracy": _or_none(balanced_accuracy(passed, positive)),
        "balanced_accuracy_interval": _interval(
            [balanced_accuracy(passed[i], positive[i]) for i in samples]
        ),
        "calibration": bins,
        "calibration_error": error,
    }


def auroc(scores: Floats, positive: Bools) -> float:
    """The chance that a positive scores above a negative, ties counting half; nan without both.

    Mann-Whitney's U by ranks: (sum of the positives' midranks - p (p + 1) / 2) / (p n).
    """
    p, n = int(positive.sum()), int((~positive).sum())
    if not p or not n:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    midranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((midranks[positive].sum() - p * (p + 1) / 2) / (p * n))


def balanced_accuracy(passed: Bools, positive: Bools) -> float:
    """The mean of the share of positives passed and of negatives not passed; nan without both."""
    if positive.all() or not positive.any():
        return float("nan")
    return float((passed[positive].mean() + (~passed[~positive]).mean()) / 2)


def calibration(
    scores: Floats, positive: Bools, *, bins: int = 10
) -> tuple[list[dict[str, float]], float | None]:
    """Per bin of score: its bounds, n, mean score, share of positives; and the mean gap of both."""
    rows: list[dict[str, float]] = []
    gap = 0.0
    place = np.minimum((scores * bins).astype(int), bins - 1)
    for i in range(bins):
        inside = place == i
        n = int(inside.sum())
        if not n:
            continue
        mean, share = float(scores[inside].mean()), float(positive[inside].mean())
        rows.append(
            {"from": i / bins, "to": (i + 1) / bins, "n": n, "mean_score": mean, "supported": share}
        )
        gap += n * abs(mean - share)
    return rows, gap / len(scores) if len(scores) else None


def _resample(groups: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Row numbers of as many groups as there are, drawn with replacement, whole."""
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(groups.max() + 2))
    drawn = rng.integers(0, groups.max() + 1, groups.max() + 1)
    return np.concatenate([order[starts[g] : starts[g + 1]] for g in drawn])


def _interval(values: Sequence[float]) -> list[float] | None:
    kept = [value for value in values if value == value]
    if not kept:
        return None
    low, high = np.percentile(kept, [2.5, 97.5])
    return [float(low), float(high)]


def _or_none(value: float) -> float | None:
    return value if value == value else None
