"""A paper asked about as a whole, and how much of a paper is quoted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest.library import Library
from ingest.paper import Paper
from rag import Assistant

PAPER = Paper(
    id="own:quillfish",
    title="Quillfish: Mending Torn Nets While They Fish",
    abstract=(
        "Nets tear at sea and boats go home to mend them. Quillfish is a shuttle that mends a net"
        " in the water. It follows the cord and ties a knot wherever the strain is gone. However,"
        " thick cords of 9 mm need a second pass. This doubles the time of the repair. In 40 trips"
        " the boats caught 23% more herring."
    ),
    year=2024,
)
LIMITED = Paper(
    id="own:sandpiper",
    title="Sandpiper: Counting Waders From a Kite",
    abstract=(
        "Existing counts of waders fail in fog. Sandpiper counts them from a kite and finds 12%"
        " more birds than walkers do. It cannot fly in gusts of more than 40 km/h."
    ),
    year=2023,
)
OTHER = Paper(
    id="own:marl",
    title="Marl Roads: How Farm Tracks Wash Away",
    abstract="Farm tracks of marl wash away in rain. Gravel under them holds for 12 winters.",
    year=2021,
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    place = tmp_path_factory.mktemp("summary") / "library"
    with Library.open(place, create=True) as library:
        library.put([PAPER, LIMITED, OTHER], origin="test")
        yield Assistant(library)


@pytest.mark.parametrize(
    "question",
    [
        "What is Quillfish?",
        "what's quillfish",
        "How does Quillfish work?",
        "Tell me about Quillfish please",
        "Explain Quillfish simply, I have never been at sea",
        "tl;dr Quillfish",
        "What problem does Quillfish solve?",
        "Summarise the Quillfish paper in a few simple words",
        "key results of Quillfish",
    ],
)
def test_a_whole_paper_is_told_by_what_it_is_then_how_then_its_result(
    assistant: Assistant, question: str
) -> None:
    answer = assistant.ask(question)
    assert not answer.refused
    told = answer.text.index("Quillfish is a shuttle that mends")
    assert told < answer.text.index("It follows the cord") < answer.text.index("23% more herring")


@pytest.mark.parametrize(
    "question",
    ["What is Quillfish's licence?", "Which programming language is Quillfish written in?"],
)
def test_a_detail_of_a_named_paper_is_no_summary(assistant: Assistant, question: str) -> None:
    assert "Quillfish is a shuttle that mends" not in assistant.ask(question).text.split("\n")[1:2]


@pytest.mark.parametrize("asked", ["limitations", "drawbacks", "weak points"])
def test_limits_are_quoted_where_the_text_admits_any(assistant: Assistant, asked: str) -> None:
    answer = assistant.ask(f"What are the {asked} of Sandpiper?")
    assert not answer.refused
    assert "cannot fly in gusts" in answer.text
    assert "fail in fog" not in answer.text and "12% more" not in answer.text


def test_limits_that_the_text_does_not_admit_are_said_to_be_missing(assistant: Assistant) -> None:
    answer = assistant.ask("What weaknesses does Quillfish have?")
    assert (answer.refused, answer.reason) == (True, "no_detail")
    assert "Quillfish" in answer.text and "nothing on “weaknesses”" in answer.text


def test_the_answering_sentence_comes_first_and_its_context_after_it(assistant: Assistant) -> None:
    answer = assistant.ask("How much more herring did the boats of Quillfish catch?")
    title, first, *_ = answer.text.splitlines()
    assert title == f"**{PAPER.title}**"
    assert "23% more herring" in first
    assert "a shuttle that mends a net" in answer.text


def test_a_sentence_that_says_this_brings_the_one_before_it(assistant: Assistant) -> None:
    answer = assistant.ask("What doubles the time of the repair with Quillfish?")
    assert "This doubles the time of the repair." in answer.text
    assert "thick cords of 9 mm need a second pass" in answer.text


def test_an_answer_does_not_open_with_a_word_that_only_links(assistant: Assistant) -> None:
    answer = assistant.ask("Which cords need a second pass of Quillfish?")
    assert answer.text.splitlines()[1].startswith("thick cords of 9 mm")
