"""The measure of the support check: its formulas against known answers, its file format."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.grounding import (
    Pair,
    auroc,
    balanced_accuracy,
    calibration,
    load_pairs,
    measure,
    measure_pairs,
)
from ingest.errors import ParseError
from rag.verify.support import Support

ROWS = [
    {"claim": "A system cuts memory.", "evidence": "The system cuts memory by half.",
     "label": "supported"},
    {"claim": "Penguins breed on ice.", "evidence": "The system cuts memory by half.",
     "label": "unsupported"},
    {"claim": "The system raises memory.", "evidence": "The system cuts memory at once.",
     "label": "contradicted"},
    {"claim": "The system cuts memory at once.", "evidence": "The system cuts memory at once.",
     "label": "supported"},
]  # fmt: skip


def write(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("scores", "positive", "expected"),
    [
        pytest.param([0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0], 1.0, id="perfect"),
        pytest.param([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0], 0.0, id="inverted"),
        pytest.param([0.5, 0.5, 0.5, 0.5], [1, 0, 1, 0], 0.5, id="all tied"),
        pytest.param([0.9, 0.4, 0.6, 0.1], [1, 1, 0, 0], 0.75, id="one pair wrong"),
        pytest.param([0.9, 0.5, 0.5, 0.1], [1, 1, 0, 0], 0.875, id="one pair tied"),
    ],
)
def test_auroc_is_the_share_of_pairs_in_order(
    scores: list[float], positive: list[int], expected: float
) -> None:
    assert auroc(np.array(scores), np.array(positive, dtype=bool)) == expected


def test_figures_without_both_sides_are_nan() -> None:
    scores, positive = np.array([0.5, 0.7]), np.array([True, True])
    assert math.isnan(auroc(scores, positive))
    assert math.isnan(balanced_accuracy(scores > 0.6, positive))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=60))
def test_auroc_agrees_with_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    scores = np.array([score / 10 for score, _ in rows])
    positive = np.array([label for _, label in rows])
    if positive.any() and not positive.all():
        assert auroc(scores, positive) == pytest.approx(metrics.roc_auc_score(positive, scores))
        passed = scores > 0.4
        assert balanced_accuracy(passed, positive) == pytest.approx(
            metrics.balanced_accuracy_score(positive, passed)
        )


def test_calibration_bins_hold_every_score_once() -> None:
    scores = np.array([0.0, 0.05, 0.95, 1.0])
    bins, error = calibration(scores, np.array([False, False, True, True]))
    assert [row["n"] for row in bins] == [2, 2]
    assert error == pytest.approx(0.025)


def test_a_file_is_measured_with_the_shipped_check(tmp_path: Path) -> None:
    found = measure(write(tmp_path / "pairs.jsonl", *ROWS))
    assert (found["file"], found["n"], found["supported"]) == ("pairs.jsonl", 4, 2)
    assert found["auroc"] == 1.0
    assert found["auroc_without_contradicted"] == 1.0
    low, high = found["auroc_interval"]
    assert 0.0 <= low <= high <= 1.0
    json.dumps(found)


def test_no_evidence_stands_in_both_halves(tmp_path: Path) -> None:
    path = write(tmp_path / "pairs.jsonl", *ROWS)
    halves = [measure(path, half=half)["n"] for half in ("tune", "held-out")]
    assert sum(halves) == 4
    assert len({Pair("x", "same", "supported").half, Pair("y", "same", "unsupported").half}) == 1


def test_the_same_seed_gives_the_same_interval() -> None:
    pairs = [
        Pair(f"claim {i}", f"evidence {i}", "supported" if i % 3 else "unsupported")
        for i in range(30)
    ]

    def check(claim: str, evidence: str, title: str) -> Support:
        return Support(int(claim.split()[1]) / 30, (), ())

    assert measure_pairs(pairs, check) == measure_pairs(pairs, check)


def test_an_empty_file_has_no_figures(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text("\n", encoding="utf-8")
    found = measure(path)
    assert (found["n"], found["auroc"], found["auroc_interval"]) == (0, None, None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"claim": "c", "evidence": "e"}', "'label'"),
        ('{"claim": "c", "evidence": "e", "label": "maybe"}', "'maybe'"),
    ],
)
def test_a_line_that_is_no_pair_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps(ROWS[0]) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(ParseError, match=reason) as caught:
        load_pairs(path)
    assert caught.value.record == 2
