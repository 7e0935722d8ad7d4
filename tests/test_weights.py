"""The reader's models: they fit the features, refuse other ones, and compute what they say."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from rag.abstain import AGAINST, ANSWERABLE_FEATURES, FOR, shipped_weights
from rag.read.rank import MEMBER_FEATURES, PAPER_FEATURES, SENTENCE_FEATURES
from rag.read.weights import Linear, kept


def logistic(score: float) -> float:
    return 1 / (1 + math.exp(-score))


LINES: dict[str, Any] = {"bias": 0.5, "weights": {"memory": 2.0, "speed": -1.0}}


@pytest.mark.parametrize("in_context", [False, True])
def test_the_shipped_models_are_of_the_features_that_the_code_computes(in_context: bool) -> None:
    weights = shipped_weights(in_context=in_context)
    assert weights.sentence.features == SENTENCE_FEATURES
    assert weights.paper.features == PAPER_FEATURES
    assert weights.member.features == MEMBER_FEATURES
    assert weights.answerable.features == ANSWERABLE_FEATURES
    for model in (weights.sentence, weights.paper, weights.member, weights.answerable):
        assert model.weights.shape == (len(model.features),)
        assert np.isfinite([*model.weights, model.bias]).all()


@pytest.mark.parametrize("features", [SENTENCE_FEATURES, PAPER_FEATURES, ANSWERABLE_FEATURES])
def test_no_feature_has_the_name_of_another(features: tuple[str, ...]) -> None:
    assert len(set(features)) == len(features)


def test_features_that_speak_for_an_answer_never_speak_against_it() -> None:
    assert set(FOR).isdisjoint(AGAINST)


@pytest.mark.parametrize("in_context", [False, True])
def test_no_evidence_for_an_answer_weighs_against_it(in_context: bool) -> None:
    model = shipped_weights(in_context=in_context).answerable
    weights = dict(zip(model.features, model.weights, strict=True))
    assert all(weights[name] >= 0 for name in FOR)
    assert all(weights[name] <= 0 for name in AGAINST)


@pytest.mark.parametrize(
    "features", [("memory",), ("speed", "memory"), ("memory", "speed", "energy"), ("memory", "x")]
)
def test_a_file_of_other_features_is_refused(features: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="fit them again"):
        Linear.of(LINES, features)


def test_a_linear_score_is_a_weighted_sum_and_its_bias() -> None:
    model = Linear.of(LINES, ("memory", "speed"))
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 2.0], [0.0, 0.0]])
    assert model.score(rows) == pytest.approx([2.5, -0.5, -0.5, 0.5])
    assert model.probability(rows) == pytest.approx([logistic(s) for s in (2.5, -0.5, -0.5, 0.5)])


def test_no_rows_give_no_scores() -> None:
    assert Linear.of(LINES, ("memory", "speed")).score(np.zeros((0, 2))).shape == (0,)


def test_a_model_written_to_json_and_read_again_is_the_same() -> None:
    read = Linear.of(LINES, ("memory", "speed"))
    assert json.loads(json.dumps(read.to_dict())) == LINES


def test_the_shipped_file_has_the_models_and_no_others() -> None:
    models = kept()["models"]
    assert models.keys() == {"sentence", "static", "in_context"}
    for kind in ("static", "in_context"):
        assert models[kind].keys() == {"paper", "member", "compared", "answerable"}
