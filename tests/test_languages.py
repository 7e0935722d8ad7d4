"""Questions in other languages into English words; English ones stay as they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.starter import starter_papers
from rag.understand.languages import in_english


@pytest.mark.parametrize(
    ("question", "english"),
    [
        # German
        ("Wie viel schneller ist FastSwitch als vLLM?", "how much faster is FastSwitch than vLLM?"),
        ("Wie viele Sprachen hat PaLM 2?", "how many languages has PaLM 2?"),
        ("Was ist die Latenz von DistServe?", "what is the latency of DistServe?"),
        ("Wie funktioniert vAttention ohne PagedAttention?", "how works vAttention without"
         " PagedAttention?"),
        ("welche arbeiten sind über energie?", "which papers are about energy?"),
        # French
        ("Quel est le débit de NanoFlow ?", "which is the throughput of NanoFlow?"),
        ("Comment fonctionne vAttention sans PagedAttention ?", "how works vAttention without"
         " PagedAttention?"),
        ("Quelle est la mémoire de l'approche avec ZeRO ?", "which is the memory of approach"
         " with ZeRO?"),
        # Spanish
        ("¿Cuántos idiomas usa PaLM 2?", "how many languages uses PaLM 2?"),
        ("¿Cuál es la latencia de DistServe?", "which is the latency of DistServe?"),
        ("Cómo funciona vAttention sin PagedAttention", "how works vAttention without"
         " PagedAttention?"),
        # Italian
        ("Quante lingue usa PaLM 2?", "how many languages uses PaLM 2?"),
        ("Come funziona vAttention senza PagedAttention?", "how works vAttention without"
         " PagedAttention?"),
        ("quanto è più veloce LLMTune su TPC-H?", "how much is more fast LLMTune on TPC-H?"),
        # Portuguese
        ("Qual é o custo do treinamento com FlexLLM?", "which is the cost of training with"
         " FlexLLM?"),
        ("Como funciona o vAttention sem PagedAttention?", "how works the vAttention without"
         " PagedAttention?"),
        ("Qual é a velocidade do modelo?", "which is the speed of model?"),
        # Chinese
        ("MegaScale 使用多少GPU？", "MegaScale use how many GPU?"),
        ("NanoFlow 的吞吐量提升多少倍？", "NanoFlow throughput improve how many times?"),
        ("哪些论文使用数据集", "which paper use dataset?"),
    ],
)  # fmt: skip
def test_a_question_in_another_language_is_put_into_english_words(
    question: str, english: str
) -> None:
    assert in_english(question) == english


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("Wie viel Speicher spart FlexLLM bei 8 GPUs?", ["FlexLLM", "8", "GPUs"]),
        ("Combien de langues couvre PaLM 2 ?", ["PaLM", "2"]),
        ("Wie schnell ist das Modell auf TPC-H mit LLaMA-2-70B?", ["TPC-H", "LLaMA-2-70B"]),
        ("¿Cuánta memoria necesita un modelo de 70B con TPI-LLM?", ["70B", "TPI-LLM"]),
        ("Qual é a latência do MoE^2 com INT8?", ["MoE^2", "INT8"]),
        ("EfficientQAT 训练 Llama-2-70B 需要多少 GPU", ["EfficientQAT", "Llama-2-70B"]),
    ],
)
def test_names_and_figures_are_kept_as_written(question: str, kept: list[str]) -> None:
    english = in_english(question)
    assert english != question
    assert all(name in re.split(r"[\s?]+", english) for name in kept)


@pytest.mark.parametrize(
    "question",
    [
        "Wie hoch ist der Wasserstand am Rhein?",
        "Combien de lignes de code faut-il pour ReMax ?",
        "Quanti parametri ha il modello più grande di ZeRO?",
        "最大的模型需要多少显存？",
    ],
)
def test_one_question_mark_ends_it_and_no_foreign_sign_is_left(question: str) -> None:
    english = in_english(question)
    assert english.endswith("?")
    assert english.count("?") == 1
    assert not re.search(r"[¿？。\u3400-\u9fff]|\s\?", english)


def test_a_word_that_the_glossary_lacks_stays() -> None:
    assert "Wetter" in in_english("Wie wird das Wetter morgen in Berlin?")


@pytest.mark.parametrize(
    "question",
    [
        "What does FlexLLM do?",
        "How do FlexLLM and NanoFlow differ?",
        "Why does a model in a server die?",
        "Come on, a do or die model, no?",
        "In which papers do the authors use a simulator in production?",
        "which papers are about mixture of experts",
        "What is the SLO attainment in DistServe per GPU?",
        "Who was in the war on errors?",
        "On what is it based, in a word?",
        "vAttention",
        "FlexLLM: memory?",
        "COSMOS vs. GaLore on a 1B model",
        "training cost",
        "LLaMA on Frontier: a benchmark on TPU pods, a test on phones, INT8 sums, FP16, Adam",
        "error as a method in training",
        "Is there a model on a server in training that can reduce error as a result?",
        "What is the role of an image model in video training?",
        "so in as far as it is on in or out",
        "data, error, training, energy",
        "  two  spaces are kept  ",
        "was it so in the end?",
        "ReMax uses less memory than PPO, why?",
        "how does the LoRA-based method of Müller et al. work",
        "what is à la carte serving?",
        "the naïve café résumé",
        "PaLM 2",
        "???",
        "",
        "1 2 3",
    ],
)
def test_an_english_question_stays_as_it_is(question: str) -> None:
    assert in_english(question) == question


@pytest.mark.parametrize("title", [paper.title for paper in starter_papers()])
def test_questions_about_real_titles_stay_as_they_are(title: str) -> None:
    for question in (title, f"What does {title} say?", f"how good is {title} in practice"):
        assert in_english(question) == question


def test_sentences_of_real_papers_stay_as_they_are() -> None:
    for paper in starter_papers():
        assert in_english(paper.abstract) == paper.abstract
        assert in_english(paper.abstract.split(". ")[0]) == paper.abstract.split(". ")[0]


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    english = in_english(text)
    assert english == text or english.endswith("?")


@given(st.lists(st.sampled_from("the of and what does with for this model data how".split())))
def test_english_words_stay_in_any_order(words: list[str]) -> None:
    question = " ".join(words)
    assert in_english(question) == question
