"""The reader's models: they fit the features, refuse other ones, and compute what they say."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.abstain import AGAINST, ANSWERABLE_FEATURES, FOR, shipped_weights
from rag.read.rank import MEMBER_FEATURES, PAPER_FEATURES, SENTENCE_FEATURES
from rag.read.weights import Answerable, Linear, Terms, Trees, kept


def logistic(score: float) -> float:
    return 1 / (1 + math.exp(-score))


# "memory" at most 0.5: then "speed" at most 0.2 decides, else 1 whatever the speed.
STUMPS: dict[str, Any] = {
    "bias": -0.5,
    "features": ["memory", "speed"],
    "trees": [
        [[0, 0.5, 1, 2], [1, 0.2, 3, 4], [1.0], [-2.0], [0.25]],
        [[1, 0.7, 1, 2], [0.125], [-0.125]],
    ],
}
LINES: dict[str, Any] = {"bias": 0.5, "weights": {"memory": 2.0, "speed": -1.0}}


def test_the_shipped_models_are_of_the_features_that_the_code_computes() -> None:
    weights = shipped_weights()
    assert weights.sentence.features == SENTENCE_FEATURES
    assert weights.paper.features == PAPER_FEATURES
    assert weights.member.features == MEMBER_FEATURES
    assert weights.answerable.trees.features == ANSWERABLE_FEATURES
    assert weights.answerable.terms.linear.features == ANSWERABLE_FEATURES
    for model in (weights.sentence, weights.paper, weights.member):
        assert model.weights.shape == (len(model.features),)
        assert np.isfinite([*model.weights, model.bias]).all()


@pytest.mark.parametrize("features", [SENTENCE_FEATURES, PAPER_FEATURES, ANSWERABLE_FEATURES])
def test_no_feature_has_the_name_of_another(features: tuple[str, ...]) -> None:
    assert len(set(features)) == len(features)


def test_features_that_speak_for_an_answer_never_speak_against_it() -> None:
    assert FOR.isdisjoint(AGAINST)
    assert FOR | AGAINST <= set(ANSWERABLE_FEATURES)


def test_the_shipped_trees_are_trees() -> None:
    model = shipped_weights().answerable.trees
    assert model.trees
    for tree in model.trees:
        reached = {0}
        for place, node in enumerate(tree):
            assert len(node) in (1, 4)
            assert place in reached  # every node hangs from one before it
            if len(node) == 4:
                feature, _, left, right = node
                assert 0 <= feature < len(ANSWERABLE_FEATURES)
                assert place < left < len(tree) and place < right < len(tree)
                reached |= {int(left), int(right)}


@given(
    row=st.lists(
        st.floats(0, 1), min_size=len(ANSWERABLE_FEATURES), max_size=len(ANSWERABLE_FEATURES)
    ),
    name=st.sampled_from(sorted(FOR | AGAINST)),
    more=st.floats(0, 1),
)
def test_more_evidence_never_lowers_what_the_trees_say(
    row: list[float], name: str, more: float
) -> None:
    model = shipped_weights().answerable.trees
    place = ANSWERABLE_FEATURES.index(name)
    raised = list(row)
    raised[place] += more
    before, after = model.score(np.array(row)), model.score(np.array(raised))
    if name in FOR:
        assert after >= before
    else:
        assert after <= before


@pytest.mark.parametrize(
    "features", [("memory",), ("speed", "memory"), ("memory", "speed", "energy"), ("memory", "x")]
)
def test_a_file_of_other_features_is_refused(features: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="fit them again"):
        Linear.of(LINES, features)
    with pytest.raises(ValueError, match="fit them again"):
        Trees.of(STUMPS, features)


@pytest.mark.parametrize(
    ("row", "total"),
    [
        pytest.param((0.5, 0.2), -0.5 - 2.0 + 0.125, id="at both thresholds: left, left"),
        pytest.param((0.5, 0.3), -0.5 + 0.25 + 0.125, id="left, right"),
        pytest.param((0.5, 0.8), -0.5 + 0.25 - 0.125, id="left, right, and right in the second"),
        pytest.param((0.6, 0.2), -0.5 + 1.0 + 0.125, id="right"),
        pytest.param((0.6, 0.8), -0.5 + 1.0 - 0.125, id="right, and right in the second"),
    ],
)
def test_the_score_of_trees_is_their_sum(row: tuple[float, float], total: float) -> None:
    model = Trees.of(STUMPS, ("memory", "speed"))
    assert model.score(np.array(row)) == pytest.approx(total)


def test_no_trees_give_the_bias() -> None:
    assert Trees((), (), -1.0).score(np.zeros(0)) == pytest.approx(-1.0)


WORDED: dict[str, Any] = {**LINES, "terms": {"licenc": -2.0, "layer": 0.5}}


@pytest.mark.parametrize(
    ("terms", "score"),
    [((), 1.5), (("licenc",), -0.5), (("licenc", "layer"), 0.0), (("unheard of",), 1.5)],
)
def test_terms_add_their_weights_and_unknown_ones_none(
    terms: tuple[str, ...], score: float
) -> None:
    model = Terms.of(WORDED, ("memory", "speed"))
    assert model.score(np.array([1.0, 1.0]), terms) == pytest.approx(score)


def test_three_models_answer_with_the_logistic_of_their_mean() -> None:
    terms = Terms(Linear((), np.zeros(0), 1.0), {"licenc": -3.0})
    all_ = Answerable(Trees((), (), 3.0), terms, Trees((), (), 2.0))
    assert all_.score(np.zeros(0), ()) == pytest.approx(2.0)
    assert all_.score(np.zeros(0), ("licenc",)) == pytest.approx(1.0)


def test_a_linear_score_is_a_weighted_sum_and_its_bias() -> None:
    model = Linear.of(LINES, ("memory", "speed"))
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 2.0], [0.0, 0.0]])
    assert model.score(rows) == pytest.approx([2.5, -0.5, -0.5, 0.5])
    assert model.probability(rows) == pytest.approx([logistic(s) for s in (2.5, -0.5, -0.5, 0.5)])


def test_no_rows_give_no_scores() -> None:
    assert Linear.of(LINES, ("memory", "speed")).score(np.zeros((0, 2))).shape == (0,)


def test_models_written_to_json_and_read_again_are_the_same() -> None:
    for fields, model in ((STUMPS, Trees), (LINES, Linear), (WORDED, Terms)):
        read = model.of(fields, ("memory", "speed"))
        written = json.loads(json.dumps(read.to_dict()))
        assert written == fields


def test_the_shipped_file_says_what_it_was_fitted_on() -> None:
    assert kept()["questions"] > 0
    assert kept()["models"].keys() == {
        "sentence",
        "paper",
        "member",
        "answerable",
        "asked",
        "topic",
    }
