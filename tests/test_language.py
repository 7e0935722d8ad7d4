"""A question in another language is told from English, and said not to be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from stock import starter_library

from eval.questions import load_questions
from rag.assistant import Assistant
from rag.understand.foreign import in_english
from rag.understand.language import is_english

FOREIGN = (
    "Welche Arbeiten handeln von föderiertem Lernen?",
    "Quels articles parlent d'apprentissage fédéré ?",
    "Wie viele GPUs verwendet MegaScale?",
    "Combien de GPU MegaScale utilise-t-il ?",
    "Hoeveel talen heeft het model?",
    "哪些论文使用数据集",
    "MegaScale 使用多少GPU？",
    "Какие статьи о федеративном обучении?",
    "どの論文",
)


@pytest.mark.parametrize("question", FOREIGN)
def test_another_language_is_told_from_english(question: str) -> None:
    assert not is_english(question)


def test_questions_in_english_are_taken_for_english() -> None:
    asked = [q.question for q in load_questions() if q.note not in ("German", "French", "Chinese")]
    foreign = [question for question in asked if not is_english(question)]
    assert len(asked) > 300 and len(foreign) <= 1, foreign


@pytest.mark.parametrize("question", ["PaLM 2?", "ZeRO", "Δ-attention α=0.5", "8 × A100"])
def test_names_and_figures_alone_are_of_no_language(question: str) -> None:
    assert is_english(question)


def test_without_a_model_a_foreign_question_is_refused_by_that_reason(tmp_path: Path) -> None:
    with Assistant.open(starter_library(tmp_path / "library")) as assistant:
        answer = assistant.ask(FOREIGN[0])
    assert (answer.refused, answer.reason) == (True, "language")
    assert "English" in answer.text and "model" in answer.text


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ("Was ist Furrow?", "what is Furrow?"),
        ("Wer hat Sickle geschrieben?", "who wrote Sickle?"),
        ("Qu’est-ce que Sickle ?", "what is Sickle?"),
        ("Combien d'articles de 2021 ?", "how many papers from 2021?"),
        ("Quels articles parlent de quantization ?", "which papers about quantization?"),
        ("Was Sickle published in 2020?", None),
        ("Marsh et al.", None),
        ("papers from MIT in 2024", None),
        ("Warum ist der Himmel blau?", None),  # a word that isn't known
    ],
)
def test_short_german_and_french_questions_are_put_into_english(
    said: str, english: str | None
) -> None:
    assert in_english(said) == (english or said)
