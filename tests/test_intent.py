"""What kind of answer a question asks for, and what a list is to be about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.understand.intent import intent, leaves_open, topic


@pytest.mark.parametrize(
    "question",
    [
        "Which papers are about mixture of experts?",
        "which papers report energy savings",
        "What papers do you have on quantization?",
        "papers on quantization",
        "Papers about data lakes",
        "list all surveys",
        "List the papers on vector search.",
        "Show me all papers on federated learning",
        "Which surveys are there?",
        "What surveys are there on inference?",
        "Which systems use FPGAs?",
        "which of these papers use reinforcement learning?",
        "Which of the papers train on TPUs?",
        "everything on vector search",
        "What do you have on pruning?",
        "What have you got about diffusion models?",
        "all papers that deal with checkpoints",
        "In which papers is vLLM the baseline?",
        "What is there about serverless computing?",
        "which methods that prune prompts do we have",
        "quantization papers",
        "prefill here, decode there: which papers have that split?",
        "Environmental footprint of AI, any papers?",
        "Which ones test on phones?",
        "which mention PPO",
        "vector search and the like",
        "Software engineering with AI, what do we have?",
        "code generation benchmarks",
    ],
)
def test_several_papers_are_asked_for(question: str) -> None:
    assert intent(question, 0) == "list"


@pytest.mark.parametrize(
    "question",
    [
        "I need a paper on cold starts",
        "I'm looking for a system that overlaps compute and communication",
        "Which paper is about cold starts?",
        "Is there a survey of MoE inference?",
        "Who built a system for context switching?",
        "something that prunes prompts",
        "a tool that automates distributed training",
        "quantization-aware training",
        "cold starts in serverless clouds",
        "Does anyone treat data lakes?",
        "the paper that trains video models",
    ],
)
def test_one_paper_is_sought(question: str) -> None:
    assert intent(question, 0) == "find"


@pytest.mark.parametrize(
    "question",
    [
        "What limits the throughput of serving?",
        "How do people quantize weights?",
        "Why are cold starts slow?",
        "When does pruning pay?",
        "Can checkpoints be written lazily?",
        "How much memory does an optimizer need?",
        "What is goodput?",
    ],
)
def test_a_fact_is_asked_for(question: str) -> None:
    assert intent(question, 0) == "fact"


@pytest.mark.parametrize(
    "question",
    [
        "Compare FlexLLM and NanoFlow",
        "How do DistServe and Splitwise differ?",
        "What is the difference between COFFE and OptiBench?",
        "vAttention versus PagedAttention",
        "DistServe vs. Splitwise",
        "Is ReMax cheaper than COSMOS?",
        "Which saves more memory, ZeRO or GaLore?",
        "What do both FlexLLM and Llumnix schedule?",
    ],
)
def test_named_papers_are_compared(question: str) -> None:
    assert intent(question, 2) == "compare"
    assert intent(question, 3) == "compare"
    assert intent(question, 1) == "fact"  # a comparison takes two


@pytest.mark.parametrize(
    "question",
    [
        "What does FlexLLM do?",
        "which papers does FlexLLM compare itself with",
        "FlexLLM",
        "I need the paper FlexLLM",
        "list what FlexLLM saves",
    ],
)
def test_a_question_that_names_one_paper_asks_for_a_fact(question: str) -> None:
    assert intent(question, 1) == "fact"


@given(st.text(max_size=80), st.integers(0, 5))
def test_any_text_has_a_kind_and_only_two_names_make_a_comparison(text: str, named: int) -> None:
    kind = intent(text, named)
    assert kind in {"fact", "find", "list", "compare"}
    assert kind != "compare" or named >= 2
    assert kind not in {"find", "list"} or named == 0


def test_a_name_that_a_paper_merely_mentions_may_be_the_topic_of_a_list() -> None:
    assert intent("Which papers test on Spider?", 1, surely=False) == "list"
    assert intent("Which papers test on Spider?", 1) == "fact"


@pytest.mark.parametrize(
    ("question", "is_open"),
    [
        ("text-to-SQL", True),
        ("Who quantizes activations?", True),
        ("Does anyone treat data lakes?", True),
        ("any work on neural processing units", True),
        ("I need a paper on cold starts", False),
        ("Which paper is about cold starts?", False),
        ("something that prunes prompts", False),
    ],
)
def test_some_questions_leave_open_whether_one_paper_is_sought(
    question: str, is_open: bool
) -> None:
    assert leaves_open(question) is is_open


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("federated learning papers pls", "federated learning"),
        ("Which papers are about mixture of experts?", "are mixture of experts"),
        ("what have we got on pruning", "we on pruning"),
        ("list the papers", "list the papers"),
        ("", ""),
    ],
)
def test_a_list_is_about_what_is_left_without_the_words_that_ask(question: str, about: str) -> None:
    assert topic(question) == about
