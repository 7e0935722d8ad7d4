"""Rows -> figures by kind, refusal, risk and coverage, latency: what a run comes to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from eval.judge import Row
from eval.metrics import interval, mean, percentile

OVERALL = "overall"
FAILURES = ("paper not found", "another paper", "another sentence", "refused")

# What a row's figures mean, in the order in which they are shown. Shares are in [0, 1].
FIGURES: Mapping[str, str] = {
    "right and cited": "The answer holds every expected string and cites every paper it rests on;"
    " where the papers don't say, it is refused. Over all questions: PaperQA's accuracy.",
    "precision": "Right and cited, among the questions that were answered.",
    "refused": "The share of questions that were refused.",
    "hit@1": "The first hit is a gold paper.",
    "recall@5": "The share of gold papers among the first five hits.",
    "evidence recall": "The share of gold sentences in the first five passages or the quotes.",
    "evidence quoted": "The share of gold sentences that are quoted.",
    "list precision": "The share of cited papers that belong on the list.",
    "list recall": "The share of the list's papers that are cited.",
    "list F1": "The harmonic mean of list precision and recall.",
    "citation recall": "ALCE: the share of sentences that their cited passages bear out.",
    "citation precision": "ALCE: the share of citations that their sentences need.",
    "judged correct": "A model's verdict: correct 1, partly 0.5, wrong 0.",
    "judged citation recall": "As citation recall, with a model in place of the support check.",
    "judged citation precision": "As citation precision, with a model as the judge.",
    "quotes verbatim": "The share of quotes that stand in their abstract, letter for letter.",
    "right": "As right and cited, whatever is cited.",
    "sentences": "Sentences per answer.",
    "words": "Words per answer.",
    "milliseconds": "Time per question.",
}
NOT_SHARES = frozenset({"sentences", "words", "milliseconds"})


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean with its 95% bootstrap interval over the ``n`` questions that it applies to."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Refusing, as PaperQA counts it: always the three together, and the two ways to be wrong.

    ``accuracy`` = right / all, ``precision`` = right / answered, ``rate`` = refused / all;
    ``rightly`` = refused among the unanswerable, ``wrongly`` = refused among the answerable; nan
    where there are none (https://arxiv.org/abs/2312.07559).
    """

    accuracy: float
    precision: float
    rate: float
    rightly: float
    wrongly: float


@dataclass(frozen=True, slots=True)
class Run:
    """All rows of one run of a set of questions, beside those of floors that know nothing."""

    set: str
    split: str | None
    library: str  # what was searched: papers and embedder
    rows: tuple[Row, ...]
    floors: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    judge: Mapping[str, Any] | None = None  # the model that judged, and how well it does

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-serialisable values; of the floors, only figures."""
        return {
            "set": self.set,
            "split": self.split,
            "library": self.library,
            "notices": list(self.notices),
            "judge": self.judge,
            **_facts(self.rows),
            "floors": {name: _facts(rows) for name, rows in self.floors.items()},
            "rows": [row.to_dict() for row in self.rows],
        }


def _facts(rows: Sequence[Row]) -> dict[str, Any]:
    curve = risk_coverage(rows)
    return {
        "n": len(rows),
        "failures": failures(rows),
        "figures": {
            kind: {name: asdict(figure) for name, figure in found.items()}
            for kind, found in summary(rows).items()
        },
        # A share of nothing is null: JSON knows no nan.
        "refusal": {
            name: None if math.isnan(value) else value
            for name, value in asdict(refusal(rows)).items()
        },
        "risk_coverage": curve,
        "area_under_risk_coverage": area_under(curve),
        "latency_ms": dict(zip(("p50", "p95"), latency(rows), strict=True)),
    }


def kinds(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows by kind, in order of first appearance, by kind and style, and all as "overall"."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.kind, []).append(row)
    for style in ("lay", "expert"):
        for kind in ("fact", "find", "unanswerable"):
            own = [row for row in rows if row.style == style and row.kind == kind]
            found |= {f"{kind}, {style}": own} if own else {}
    return {**found, OVERALL: list(rows)}


def failures(rows: Sequence[Row]) -> dict[str, int]:
    """How many of the questions that the papers answer went wrong at which step first."""
    return {step: sum(row.failure == step for row in rows) for step in FAILURES}


def summary(rows: Sequence[Row]) -> dict[str, dict[str, Figure]]:
    """Figures by kind and overall; a figure that applies to no row of a kind is left out."""
    return {kind: figures(group) for kind, group in kinds(rows).items()}


def figures(rows: Sequence[Row]) -> dict[str, Figure]:
    """Each figure over those rows that it applies to."""
    found = {}
    for name in FIGURES:
        values = [row.figures[name] for row in rows if name in row.figures]
        if values:
            found[name] = Figure(mean(values), *interval(values), len(values))
    return found


def refusal(rows: Sequence[Row]) -> Refusal:
    """How refusing and answering worked out over all rows."""
    right = [row.figures["right and cited"] for row in rows]
    return Refusal(
        accuracy=mean(right),
        precision=mean([row.figures["precision"] for row in rows if not row.refused]),
        rate=mean([float(row.refused) for row in rows]),
        rightly=mean([float(row.refused) for row in rows if not row.answerable]),
        wrongly=mean([float(row.refused) for row in rows if row.answerable]),
    )


def risk_coverage(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """(coverage, risk) when only the most confident questions are answered; both in [0, 1].

    Risk is the share of the covered questions whose answer isn't right and cited (El-Yaniv and
    Wiener 2010, https://jmlr.org/papers/v11/el-yaniv10a.html). Questions of equal confidence are
    covered together. Refused ones come last, as if answered wrongly: nobody saw their answer.
    """
    ranked = sorted(rows, key=_reluctance)
    wrong, covered, curve = 0, 0, []
    for _, tied in groupby(ranked, key=_reluctance):
        for row in tied:
            covered += 1
            wrong += row.verdict != "right"
        curve.append((covered / len(ranked), wrong / covered))
    return curve


def _reluctance(row: Row) -> tuple[bool, float]:
    return row.refused, -row.confidence


def area_under(curve: Sequence[tuple[float, float]]) -> float | None:
    """The mean risk over all coverages, less is better; None for an empty curve.

    Geifman, Uziel and El-Yaniv 2019 (https://arxiv.org/abs/1805.08206); between two points, risk
    is that of the point on the right.
    """
    if not curve:
        return None
    area, before = 0.0, 0.0
    for coverage, risk in curve:
        area += (coverage - before) * risk
        before = coverage
    return area


def risk_at(curve: Sequence[tuple[float, float]], coverage: float) -> float:
    """The risk where at least this share of the questions is covered; nan for an empty curve."""
    return next((risk for covered, risk in curve if covered >= coverage - 1e-9), math.nan)


def latency(rows: Sequence[Row]) -> tuple[float, float]:
    """The median and the 95th percentile of the time per question, in milliseconds."""
    times = [1000 * row.seconds for row in rows]
    return percentile(times, 0.5), percentile(times, 0.95)
