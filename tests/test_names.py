"""What papers are called, and when a question calls one by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.paper import Paper
from ingest.starter import starter_papers
from rag.text.names import COMMON, aliases, fold, names_in

STARTER = {paper.title: paper for paper in starter_papers()}


def starter(opening: str) -> Paper:
    """The starter paper whose title begins so."""
    (found,) = (paper for title, paper in STARTER.items() if title.startswith(opening))
    return found


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("FlexLLM", "flexllm"),
        ("Mélange", "melange"),
        ("MoE^2", "moe2"),
        ("COMET-M", "cometm"),
        ("Auto-BI", "autobi"),
        ("D²-MoE", "d2moe"),
        ("Straße", "strasse"),
        ("Ångström", "angstrom"),
        ("ＦｌｅｘＬＬＭ", "flexllm"),
        ("GPT–4", "gpt4"),
        ("C++", "c"),
        ("?!", ""),
        ("", ""),
    ],
)
def test_names_fold_to_letters_and_digits(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing_more(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@given(st.text(alphabet="abcXYZ019 -_.é", max_size=20))
def test_case_and_signs_make_no_other_name(name: str) -> None:
    assert fold(name) == fold(name.upper()) == fold(f"({name})!")


@pytest.mark.parametrize(
    ("title", "abstract", "name"),
    [
        pytest.param("FlexLLM: A System for Co-Serving", "", "flexllm", id="before a colon"),
        pytest.param("Mélange: Cost Efficient Serving", "", "melange", id="with an accent"),
        pytest.param("MoE^2: Collaborative Inference", "", "moe2", id="with a power"),
        pytest.param("Curator: Efficient Indexing", "", "curator", id="a plain word"),
        pytest.param("SambaNova SN40L: The Memory Wall", "", "sambanovasn40l", id="two words"),
        pytest.param("SambaNova SN40L: The Memory Wall", "", "sn40l", id="one of two words"),
        pytest.param("Sleep-time Compute: Beyond", "", "sleeptimecompute", id="hyphenated"),
        pytest.param("Probabilistic Partitioning (PPP)", "", "ppp", id="in parentheses"),
        pytest.param("Deep Thing (DTH): A Study", "", "dth", id="in parentheses before a colon"),
        pytest.param("Boosting Training with C4", "", "c4", id="letter and digit"),
        pytest.param("Serving with vAttention", "", "vattention", id="capital inside"),
        pytest.param("Agents", "We propose AIOS, which schedules.", "aios", id="proposed"),
        pytest.param("Agents", "We present a LATM loop.", "latm", id="presented"),
        pytest.param("Agents", "A method called the ToolMaker.", "toolmaker", id="called"),
        pytest.param("Models", "Prompt pruning (APTP) helps.", "aptp", id="abbreviated"),
        pytest.param("Agents", r"We propose M\'elangeX now.", "melangex", id="accent in TeX"),
        pytest.param("NAS is hard", "", "nasishard", id="the whole title"),
        pytest.param(
            "How Fast?",
            "STOPW (a long form) is a benchmark. STOPW has 9 parts. We run STOPW.",
            "stopw",
            id="what the abstract opens with",
        ),
    ],
)
def test_a_paper_is_known_by(title: str, abstract: str, name: str) -> None:
    assert name in aliases(title, abstract)


@pytest.mark.parametrize(
    ("title", "abstract", "word"),
    [
        pytest.param("Pruning LLMs on GPUs", "", "llms", id="what many papers treat"),
        pytest.param("Fast PEFT", "We propose LoRA tricks.", "lora", id="what many papers use"),
        pytest.param("Low-Rank Tricks", "", "lowrank", id="a hyphenated word"),
        pytest.param("Efficient Serving", "", "efficient", id="a capital alone"),
        pytest.param("Agents", "We propose a method.", "method", id="no name proposed"),
        pytest.param(
            "A Long Story of Six Words: Then", "", "alongstoryofsixwords", id="a sentence"
        ),
        pytest.param(
            "Better Nets",
            "ResNet101 is a network. We propose another one.",
            "resnet101",
            id="what the abstract only begins with",
        ),
        pytest.param("GPT: A Survey", "", "gpt", id="a common name, even before a colon"),
    ],
)
def test_a_paper_is_not_known_by(title: str, abstract: str, word: str) -> None:
    assert word not in aliases(title, abstract)


def test_the_name_before_the_colon_is_the_likeliest() -> None:
    found = aliases("Greenformers: Better BERT4X Models", "We propose LowRankTool.")
    assert found[0] == "greenformers"


@pytest.mark.parametrize("title", list(STARTER))
def test_aliases_of_real_papers_are_folded_once_and_rare(title: str) -> None:
    paper = STARTER[title]
    found = aliases(paper.title, paper.abstract)
    assert len(set(found)) == len(found)
    assert all(name == fold(name) and len(name) >= 2 for name in found)
    assert COMMON.isdisjoint(found)
    assert fold(title) in found


@pytest.mark.parametrize("title", [t for t in STARTER if ":" in t and len(t.split(":")[0]) < 20])
def test_a_question_calls_a_paper_by_the_name_in_its_title(title: str) -> None:
    head = title.split(":")[0]
    for question in (f"What does {head} do?", f"what does {head.lower()} do", f"{head}'s limits"):
        assert fold(head) in names_in(question, STARTER[title])


@pytest.mark.parametrize(
    ("question", "paper", "called"),
    [
        ("how much does flexllm save?", "FlexLLM", True),
        ("how much does Flex LLM save?", "FlexLLM", True),
        ("how much does Flex-LLM save?", "FlexLLM", True),
        ("FLEXLLM?", "FlexLLM", True),
        ("what of FlexLL", "FlexLLM", False),
        ("what is flexible in LLM serving", "FlexLLM", False),
        ("Melange on H100", "Mélange", True),
        ("mélange's cost", "Mélange", True),
        ("what is moe2", "MoE^2", True),
        ("what is MoE^2?", "MoE^2", True),
        ("what is MoE?", "MoE^2", False),
        ("the sn40l chip", "SambaNova SN40L", True),
        ("SambaNova's chip", "SambaNova SN40L", True),
        ("does AIOS schedule", "LLM Agent Operating System", True),
        ("elliesql routing", "EllieSQL", True),
        ("does SQL routing pay", "EllieSQL", False),
        ("Auto BI models", "Auto-BI", True),
        ("automatic BI-like models", "FlexLLM", False),
        ("NAS evaluation is frustratingly hard, says who", "NAS evaluation", True),
        ("is NAS evaluation hard", "NAS evaluation", False),
        ("", "FlexLLM", False),
        ("???", "FlexLLM", False),
    ],
)
def test_whether_a_question_calls_a_paper_by_name(question: str, paper: str, called: bool) -> None:
    assert bool(names_in(question, starter(paper))) is called


def test_the_names_a_question_has_come_in_the_papers_order() -> None:
    paper = Paper("x", "SambaNova SN40L: Scaling the Wall", "")
    assert names_in("the SN40L, or SambaNova SN40L", paper) == tuple(
        name for name in aliases(paper.title, "") if name != fold(paper.title)
    )


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of France?",
        "how do people make models smaller?",
        "which papers speak of serving LLMs on GPUs?",
        "is it fast and cheap",
    ],
)
def test_a_question_without_a_name_calls_no_paper(question: str) -> None:
    assert not [title for title, paper in STARTER.items() if names_in(question, paper)]


@given(st.text(max_size=60))
def test_any_text_can_be_searched_for_names(question: str) -> None:
    paper = starter("FlexLLM")
    assert set(names_in(question, paper)) <= set(aliases(paper.title, paper.abstract))


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_title_has_folded_aliases(title: str, abstract: str) -> None:
    assert all(name == fold(name) for name in aliases(title, abstract))
