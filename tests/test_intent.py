"""What kind of answer a question asks for, and which papers it names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.paper import Passage
from ingest.starter import starter_papers
from rag.answer import Hit
from rag.intent import intent, named_hits

HITS = tuple(Hit(Passage(p, 0, len(p.abstract)), 0.5, 1.0, 0.5) for p in starter_papers())


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


@pytest.mark.parametrize(
    ("question", "openings"),
    [
        ("What does FlexLLM do?", ["FlexLLM"]),
        ("how does mélange choose GPUs", ["Mélange"]),
        ("Compare FlexLLM and NanoFlow", ["NanoFlow", "FlexLLM"]),
        ("DistServe vs Splitwise vs Llumnix", ["Llumnix", "DistServe", "Splitwise"]),
        ("How large is the SN40L?", ["SambaNova SN40L"]),
        ("How do FedCompass and LIFL differ?", ["LIFL", "FedCompass"]),
        ("What makes serving fast?", []),
        ("", []),
    ],
)
def test_hits_called_by_name_are_found_in_the_order_of_their_ranks(
    question: str, openings: list[str]
) -> None:
    named = named_hits(question, HITS)
    assert len(named) == len(openings)
    for hit, opening in zip(named, openings, strict=True):
        assert hit.paper.title.startswith(opening)


def test_a_paper_that_alone_has_the_other_name_takes_part_in_a_comparison() -> None:
    named = named_hits("MegaScale or the Frontier people?", HITS)
    assert [hit.paper.title.split()[0] for hit in named] == ["Optimizing", "MegaScale:"]
    assert len(named_hits("What does MegaScale do?", HITS)) == 1


def test_no_hits_no_names() -> None:
    assert named_hits("What does FlexLLM do?", ()) == []
