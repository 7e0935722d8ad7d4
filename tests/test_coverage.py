"""What the papers bear out of a question, word by word, and what kinds of names they have."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.embedders.static import StaticEmbedder
from ingest.paper import Paper
from rag.read.coverage import COVERAGE_AGAINST, COVERAGE_FEATURES, COVERAGE_FOR, coverage_features
from rag.read.entity_kinds import is_of_kind, kind_asked
from rag.read.features import Viewer
from rag.read.question_terms import NAME, question_terms

VIEWER = Viewer.of(StaticEmbedder())
ZORG = Paper(
    "zorg",
    "Zorg: Pruning Language Models",
    "Zorg prunes large language models layer by layer. It needs 30% less memory on 8 GPUs."
    " We fine-tune Qwen2.5-7B with it. Two annotators judged the summaries.",
)
OTHER = Paper("other", "Penguins", "Penguins swim in cold water and eat fish.")


def features(question: str, *others: Paper) -> dict[str, float]:
    values = coverage_features(
        VIEWER.question(question), [ZORG], [VIEWER.paper(ZORG)], [*map(VIEWER.paper, others)]
    )
    return dict(zip(COVERAGE_FEATURES, values.tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "question", "value"),
    [
        ("figure_asked", "How many GPUs does Zorg need?", 1.0),
        ("figure_lacks", "How many GPUs does Zorg need?", 0.0),
        ("figure_far", "How many GPUs does Zorg need?", 0.0),
        ("figure_far", "How many hours does Zorg need?", 1.0),
        ("figure_elsewhere", "How many summaries does Zorg write?", 0.0),
        ("noun_lacks", "How many GPUs does Zorg need?", 0.0),
        ("name_asked", "Which model is tuned with Zorg?", 1.0),
        ("kind_asked", "Which model is tuned with Zorg?", 1.0),
        ("kind_lacks", "Which model is tuned with Zorg?", 0.0),
        ("kind_lacks", "Which dataset is Zorg tuned on?", 1.0),
        ("kind_asked", "Which penguins does Zorg know?", 0.0),
        ("person_or_time_asked", "Who judged the summaries of Zorg?", 1.0),
        ("name_lacks", "Who judged the summaries of Zorg?", 0.0),
        ("name_lacks", "When was Zorg written?", 1.0),
        ("yes_or_no", "Does Zorg need memory?", 1.0),
        ("explains", "Why does Zorg need memory?", 1.0),
        ("weakest", "Does Zorg prune layer by layer?", 0.0),
        ("second", "Does Zorg prune penguins?", 0.0),
    ],
)
def test_a_feature_of_a_question(name: str, question: str, value: float) -> None:
    assert features(question)[name] == pytest.approx(value)


@pytest.mark.parametrize(
    ("feature", "question", "other"),
    [
        ("weakest", "Does Zorg prune penguins?", "Does Zorg prune models?"),
        ("second", "Do penguins swim in Zorg?", "Does Zorg prune penguins?"),
        ("noun_lacks", "How many penguins does Zorg need?", "How many GPUs does Zorg need?"),
        ("typed_cover", "How many GPUs does Zorg need?", "How many penguins swim in Zorg?"),
        ("best_cover", "How many GPUs does Zorg need?", "How many penguins swim in Zorg?"),
    ],
)
def test_a_feature_is_greater_for_one_question_than_for_another(
    feature: str, question: str, other: str
) -> None:
    assert features(question)[feature] > features(other)[feature]


def test_a_word_that_other_hits_have_and_the_paper_lacks_stands_out() -> None:
    question = "Does Zorg prune penguins?"
    assert features(question)["weakest_contrast"] == 0.0
    assert features(question, OTHER)["weakest_contrast"] > 0.1


@pytest.mark.parametrize("question", ["", "12", "a 3%", "Zorg", "how many", "which?", "多少"])
def test_features_are_between_0_and_1_whatever_is_asked(question: str) -> None:
    values = np.array([*features(question, OTHER).values()])
    assert ((values >= 0) & (values <= 1)).all()


def test_the_directions_are_of_features() -> None:
    assert COVERAGE_FOR.isdisjoint(COVERAGE_AGAINST)
    assert COVERAGE_FOR | COVERAGE_AGAINST <= set(COVERAGE_FEATURES)


@pytest.mark.parametrize(
    ("noun", "kind"),
    [
        ("base model", "model"),
        ("five LLMs", "model"),
        ("video-language benchmark", "data"),
        ("GPU", "machine"),
        ("languages", "language"),
        ("penguins", None),
        ("", None),
    ],
)
def test_the_kind_that_a_noun_asks_for(noun: str, kind: str | None) -> None:
    assert kind_asked(noun) == kind


@pytest.mark.parametrize(
    ("name", "kind", "fits"),
    [
        ("qwen257b", "model", True),
        ("a100", "machine", True),
        ("imagenet", "data", True),
        ("german", "language", True),
        ("a100", "model", False),
        ("german", "machine", False),
    ],
)
def test_whether_a_name_is_of_a_kind(name: str, kind: str, fits: bool) -> None:
    assert is_of_kind(name, kind) is fits  # type: ignore[arg-type]


def test_the_terms_of_a_question_have_no_names_and_tell_what_is_missing() -> None:
    question = VIEWER.question("Does Zorg prune penguins?")
    terms = question_terms(question, [ZORG], [VIEWER.paper(ZORG)])
    assert {"^", NAME, "^_do", f"do_{NAME}", "miss:penguin"} <= terms
    assert not any("zorg" in term for term in terms)
    assert "miss:prun" not in terms
