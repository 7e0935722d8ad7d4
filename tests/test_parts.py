"""A question that asks two things: each judged by itself, one answered, the other named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.filters import Filters
from ingest.library import Library
from ingest.paper import Paper
from rag.assistant import Assistant
from rag.parts import parts

ZORG = Paper(
    "zorg",
    "Zorg: Pruning Language Models",
    "Zorg prunes large language models layer by layer. Pruning took three hours on 8 A100 GPUs."
    " The pruned models need 30% less memory and keep their accuracy.",
    year=2024,
)
GRUM = Paper("grum", "Grumbold: Caching Video", "Grumbold caches video on phones.", year=2023)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    place: Path = tmp_path_factory.mktemp("parts") / "library"
    with Library.open(place, create=True) as library:
        library.put([ZORG, GRUM])
    with Assistant.open(place, starter=False) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "How long did Zorg take and on how many GPUs?",
            ("How long did Zorg take", "on how many GPUs"),
        ),
        ("What is Zorg? How much memory does it save?",)
        + (("What is Zorg", "How much memory does it save"),),
        ("Who wrote it, and were they paid?", ("Who wrote it", "were they paid")),
        ("Which GPUs did it use, L4s and what else?", None),
        ("How good and how fast is Zorg?", None),
        ("What are the pros and cons of Zorg?", None),
        ("Zorg and Grumbold", None),
        ("", None),
    ],
)
def test_the_questions_in_a_question(question: str, expected: tuple[str, ...] | None) -> None:
    assert parts(question) == (expected or (question,))


def test_what_is_found_is_answered_and_what_is_not_is_named(assistant: Assistant) -> None:
    answer = assistant.ask(
        "How many GPUs did pruning with Zorg take, and under which licence is it released?"
    )
    assert (answer.refused, answer.reason) == (False, "partial")
    assert "8 A100 GPUs" in answer.text
    assert "Not found" in answer.text and "“under which licence is it released”" in answer.text
    assert [citation.paper.id for citation in answer.citations] == ["zorg"]


@pytest.mark.parametrize(
    ("question", "refused"),
    [
        ("How many GPUs did Zorg take, and how much memory do its models need?", False),
        ("Under which licence is Zorg released, and what learning rate was used?", True),
    ],
)
def test_where_all_or_nothing_is_found_nothing_is_partial(
    assistant: Assistant, question: str, refused: bool
) -> None:
    answer = assistant.ask(question)
    assert answer.refused is refused
    assert answer.reason != "partial"
    assert "Not found" not in answer.text


def test_filters_that_leave_no_paper_are_named_as_the_reason(assistant: Assistant) -> None:
    answer = assistant.ask("What does Zorg prune?", filters=Filters(since=2030))
    assert (answer.refused, answer.reason, answer.hits) == (True, "filtered_out", ())
    assert "filters" in answer.text
