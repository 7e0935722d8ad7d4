"""Figures on retrieval and their uncertainty, beside an independent implementation."""

from __future__ import annotations

import math
import random

import pytest

from eval.metrics import (
    difference_interval,
    f1,
    interval,
    mean,
    ndcg_at_k,
    percentile,
    recall_at_k,
)

NAN = math.nan


@pytest.mark.parametrize(
    ("ranked", "k", "recall"),
    [(["a", "x", "b"], 3, 1.0), (["a", "x", "b"], 2, 0.5), (["x"], 5, 0.0), ([], 5, 0.0)],
)
def test_recall_counts_relevant_documents_among_the_first_k(
    ranked: list[str], k: int, recall: float
) -> None:
    assert recall_at_k(ranked, {"a": 2, "b": 1, "x": 0}, k) == recall


def test_ndcg_is_worth_what_a_person_computes() -> None:
    # Gains 0, 3, 1 at ranks 1 to 3; the best order is 3, 1.
    expected = (3 / math.log2(3) + 1 / 2) / (3 + 1 / math.log2(3))
    assert ndcg_at_k(["x", "a", "b"], {"a": 3, "b": 1}, 10) == pytest.approx(expected)


def test_without_relevant_documents_there_is_no_figure() -> None:
    assert math.isnan(recall_at_k(["a"], {"a": 0}, 5))
    assert math.isnan(ndcg_at_k(["a"], {"a": -1}, 5))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_retrieval_figures_agree_with_ir_measures() -> None:
    ir_measures = pytest.importorskip("ir_measures")
    draw = random.Random(3)
    documents = [f"d{number}" for number in range(150)]
    qrels, run, ours = {}, {}, {"nDCG@10": [], "R@10": [], "R@100": []}
    for query in ("q1", "q2", "q3", "q4"):
        grades = {id_: draw.randint(0, 3) for id_ in draw.sample(documents, 30)}
        ranked = draw.sample(documents, 120)
        qrels[query] = grades
        run[query] = {id_: float(-rank) for rank, id_ in enumerate(ranked)}
        ours["nDCG@10"].append(ndcg_at_k(ranked, grades, 10))
        ours["R@10"].append(recall_at_k(ranked, grades, 10))
        ours["R@100"].append(recall_at_k(ranked, grades, 100))
    theirs = ir_measures.calc_aggregate(map(ir_measures.parse_measure, ours), qrels, run)
    assert {str(measure): value for measure, value in theirs.items()} == pytest.approx(
        {name: mean(values) for name, values in ours.items()}
    )


def test_f1_of_nothing_is_zero() -> None:
    assert (f1(0.0, 0.0), f1(1.0, 0.5)) == (0.0, pytest.approx(2 / 3))


def test_means_leave_out_what_does_not_apply() -> None:
    assert mean([1.0, NAN, 0.0]) == 0.5
    assert math.isnan(mean([NAN]))


def test_the_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    few, many = [1.0, 0.0] * 10, [1.0, 0.0] * 200
    low, high = interval(few)
    assert 0.2 < low < 0.5 < high < 0.8
    assert interval(many)[1] - interval(many)[0] < (high - low) / 3
    assert interval(few) == interval(few)


def test_a_share_of_one_half_has_the_interval_of_the_binomial() -> None:
    low, high = interval([1.0, 0.0] * 50)
    assert (low, high) == (pytest.approx(0.4, abs=0.02), pytest.approx(0.6, abs=0.02))


def test_no_values_have_no_interval() -> None:
    assert all(math.isnan(end) for end in (*interval([]), *difference_interval([NAN], [1.0])))


def test_paired_differences_are_narrower_than_two_intervals() -> None:
    before = [float(number % 2) for number in range(60)]
    after = [1.0 if number % 10 == 0 else value for number, value in enumerate(before)]
    low, high = difference_interval(before, after)
    gain = mean(after) - mean(before)
    assert 0 < low < gain < high
    assert high - low < interval(after)[1] - interval(before)[0]


def test_the_same_run_twice_differs_by_nothing() -> None:
    values = [1.0, 0.0, NAN, 1.0]
    assert difference_interval(values, values) == (0.0, 0.0)


def test_a_figure_that_one_side_lacks_still_counts_on_the_other() -> None:
    # A question that was refused before and answered wrongly after lowers precision.
    low, high = difference_interval([1.0, NAN, 1.0, NAN], [1.0, 0.0, 1.0, 0.0])
    assert low < 0
    assert high <= 0


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 2), (0.75, 3), (0.76, 4), (1.0, 4)])
def test_percentiles_are_values_that_occurred(share: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], share) == value
