"""Refusing: when, why, and what is said to be missing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from stock import starter_library

from ingest.embedders.static import StaticEmbedder
from ingest.paper import Paper, Passage
from rag.abstain import (
    ANSWERABLE_FEATURES,
    CONFIDENT,
    MANY,
    answerable,
    answerable_features,
    shipped_weights,
)
from rag.answer import Hit
from rag.assistant import Assistant
from rag.quote import CLOSEST, refusal_text
from rag.read.cross_encoder import bundled
from rag.read.features import Viewer
from rag.read.weights import Linear
from rag.reader import LOOKED_AT, Reader, Reading

VIEWER = Viewer.of(StaticEmbedder())
WEIGHTS = shipped_weights(in_context=True)  # as of the starter library
READ = Reader(VIEWER, WEIGHTS)
READ_CLOSELY = Reader(VIEWER, WEIGHTS, bundled())

SURE, UNSURE = (  # always yes, always no
    Linear(ANSWERABLE_FEATURES, np.zeros(len(ANSWERABLE_FEATURES)), bias) for bias in (3.0, -3.0)
)

ZORG = Paper(
    "zorg",
    "Zorg: Pruning Language Models",
    "Zorg prunes large language models layer by layer. It needs 30% less memory on 8 GPUs."
    " Zorg was tested on KITTI and outperforms Grumbold.",
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(starter_library(tmp_path_factory.mktemp("refuse") / "library")) as opened:
        yield opened


def read(assistant: Assistant, question: str) -> Reading:
    return READ_CLOSELY(question, assistant.search(question, k=LOOKED_AT))


def read_zorg(question: str) -> Reading:
    return READ(question, [Hit(Passage(ZORG, 0, len(ZORG.abstract)), 1.0, 1.0, 0.5)])


def features(question: str) -> dict[str, float]:
    values = answerable_features(read_zorg(question), VIEWER, MANY)
    return dict(zip(ANSWERABLE_FEATURES, values.tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "question", "value"),
    [
        ("no_unit", "How many GPUs does Zorg need?", 0.0),
        ("no_unit", "How many hours does Zorg need?", 1.0),
        ("no_unit_named", "How many hours does Zorg need?", 1.0),
        ("no_unit_named", "How many hours does pruning need?", 0.0),
        ("unknown_figures", "Does Zorg need 30% less memory?", 0.0),
        ("unknown_figures", "Does Zorg need 70% less memory?", 0.5),
        ("unknown_names", "Does Zorg outperform Grumbold?", 0.0),
        ("unknown_names", "Does Zorg outperform XQZ-Net?", 0.5),
        ("find", "I need a paper on pruning", 1.0),
        ("list", "I need a paper on pruning", 0.0),
        ("list", "Which papers are about pruning?", 1.0),
        ("find", "Which papers are about pruning?", 0.0),
        ("compare", "What does Zorg prune?", 0.0),
    ],
)
def test_a_feature_of_a_reading(name: str, question: str, value: float) -> None:
    assert features(question)[name] == pytest.approx(value)


@pytest.mark.parametrize(
    ("feature", "question", "other"),
    [
        ("missing_unread", "Do penguins swim in Zorg?", "Does Zorg prune penguins?"),
        ("soft_unread", "Which language models are pruned?", "Which penguins swim?"),
    ],
)
def test_a_feature_is_greater_for_one_question_than_for_another(
    feature: str, question: str, other: str
) -> None:
    assert features(question)[feature] > features(other)[feature]


@pytest.mark.parametrize(
    "question",
    ["What does FlexLLM do?", "list all surveys", "Compare ReMax and COSMOS", "penguins?", "a 3%"],
)
def test_features_are_numbers_one_for_each_name(assistant: Assistant, question: str) -> None:
    values = answerable_features(read(assistant, question), VIEWER, MANY)
    assert values.shape == (len(ANSWERABLE_FEATURES),)
    assert np.isfinite(values).all()


@pytest.mark.parametrize("question", ["???", "…", "is it?", "what of them", "12 34"])
def test_a_question_without_a_word_of_content_is_unclear(question: str) -> None:
    verdict = answerable(read_zorg(question), VIEWER, SURE, MANY)
    assert (verdict.reason, verdict.confidence) == ("unclear", 0.0)


def test_a_question_without_hits_is_off_topic() -> None:
    verdict = answerable(READ("What does Zorg prune?", ()), VIEWER, SURE, MANY)
    assert (verdict.reason, verdict.confidence) == ("off_topic", 0.0)


def test_the_model_decides() -> None:
    reading = read_zorg("What does Zorg prune?")
    sure, unsure = (
        answerable(reading, VIEWER, SURE, MANY),
        answerable(reading, VIEWER, UNSURE, MANY),
    )
    assert sure.reason is None
    assert sure.confidence > CONFIDENT > unsure.confidence
    assert unsure.reason is not None


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        pytest.param("What licence has Zorg?", "no_detail", id="a paper called by name"),
        pytest.param("Do language models prune memory?", "no_detail", id="all words are near"),
        pytest.param("Do penguins swim in Antarctica?", "off_topic", id="no word is near"),
    ],
)
def test_why_it_is_refused(question: str, reason: str) -> None:
    assert answerable(read_zorg(question), VIEWER, UNSURE, MANY).reason == reason


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Do penguins swim in Zorg?", {"penguins", "swim"}),
        ("Does Zorg prune penguins?", {"penguins"}),
        ("Does Zorg prune penguins, more penguins and one penguin?", {"penguins"}),
        ("What does Zorg prune?", set()),
    ],
)
def test_the_words_that_the_paper_lacks_are_told(question: str, missing: set[str]) -> None:
    found = answerable(read_zorg(question), VIEWER, UNSURE, MANY).missing
    assert set(found) == missing
    assert len(found) == len(missing)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Do penguins swim in Zorg?", ("penguins", "swim")),
        ("Which hospital in Zorg has a licence for penguins?", ("penguins", "licence", "hospital")),
    ],
)
def test_what_is_missing_is_told_the_rarest_word_first(
    question: str, missing: tuple[str, ...]
) -> None:
    assert answerable(read_zorg(question), VIEWER, UNSURE, MANY).missing == missing


@pytest.mark.parametrize(
    "question",
    [
        "What does FlexLLM do?",
        "By how much does NanoFlow raise throughput?",
        "On how many GPUs did MegaScale train a 175B model?",
        "What are the three components of TriAdaptLoRA?",
        "Which papers are about mixture of experts?",
        "Compare DistServe and Splitwise",
        "Why is NAS evaluation hard?",
        "vAttention",
    ],
)
def test_what_the_papers_say_is_answered(assistant: Assistant, question: str) -> None:
    reading = read(assistant, question)
    verdict = answerable(reading, VIEWER, WEIGHTS.answerable, len(assistant.library))
    assert verdict.reason is None
    assert CONFIDENT <= verdict.confidence < 1
    assert verdict.missing == ()


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of France?",
        "How tall is Mount Everest?",
        "Who won the 1998 football world cup?",
        "Which wine goes with grilled salmon?",
        "How do I prune roses in winter?",
        "When did the Roman Empire fall?",
        "Where can I buy cheap train tickets to Vienna?",
        "Which papers are about glaciers?",
        "List papers on protein folding",
        "Which papers study the trade of the Middle Ages?",
    ],
)
def test_what_no_paper_speaks_of_is_refused(assistant: Assistant, question: str) -> None:
    reading = read(assistant, question)
    verdict = answerable(reading, VIEWER, WEIGHTS.answerable, len(assistant.library))
    assert verdict.reason == "off_topic"
    assert 0 <= verdict.confidence < CONFIDENT


@pytest.mark.parametrize(
    "question",
    [
        "What learning rate was used for TriAdaptLoRA?",
        "On which university's cluster was MegaScale tested?",
        "How many kilowatt hours did NanoFlow's experiments take?",
        "Which hospital tested FlexLLM?",
    ],
)
def test_a_detail_that_the_named_paper_lacks_is_refused(
    assistant: Assistant, question: str
) -> None:
    verdict = answerable(
        read(assistant, question), VIEWER, WEIGHTS.answerable, len(assistant.library)
    )
    assert verdict.reason == "no_detail"


def hit(title: str) -> Hit:
    return Hit(Passage(Paper(title, title, "Text."), 0, 5), 0.5, 1.0, 0.5)


def test_a_refusal_names_the_closest_papers_and_no_more() -> None:
    said = refusal_text("off_topic", [hit(f"Title {letter}") for letter in "ABCDE"])
    assert [f"**Title {letter}**" in said for letter in "ABCDE"] == [True] * CLOSEST + [False] * 2
    assert refusal_text("off_topic", []).endswith("don't speak about this.")


def test_a_refusal_for_want_of_detail_names_the_paper_and_what_is_missing() -> None:
    said = refusal_text("no_detail", [hit("Zorg"), hit("Other")], ("licence", "penguins"))
    assert "**Zorg**" in said
    assert "“licence”, “penguins”" in said
    assert "Other" not in said
    bare = refusal_text("no_detail", [hit("Zorg")])
    assert "nothing on" not in bare
    assert bare.endswith("does not give this.")


def test_refusals_of_an_empty_library_and_of_no_question_say_what_to_do() -> None:
    assert "Add papers" in refusal_text("empty_library", ())
    assert "Ask about a paper" in refusal_text("unclear", ())
