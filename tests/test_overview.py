"""What the page says of a library, and the questions that it proposes."""

from __future__ import annotations

import pytest

from ingest.paper import Paper
from ingest.starter import starter_papers
from ui.page.overview import overview, system_name


def paper(number: int, title: str = "On things", **fields: object) -> Paper:
    return Paper(**{"id": str(number), "title": title, "abstract": "x", **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("FlexLLM: A System", "FlexLLM"),
        ("T3: Transparent Tracking", "T3"),
        ("MoE^2: Optimizing", "MoE^2"),
        ("COSMOS: A Hybrid", "COSMOS"),
        ("Efficient: a view", None),
        ("Attention Is All You Need", None),
        ("<B>X</B>: markup", None),
        ("On-Device Language Models: A Review", None),
    ],
)
def test_system_is_named_only_where_the_title_names_one(title: str, name: str | None) -> None:
    assert system_name(title) == name


@pytest.mark.parametrize(
    ("abstracts", "digests", "said"),
    [
        (0, 0, "no papers yet"),
        (1, 0, "1 paper (abstract)"),
        (1, 96, "97 papers (1 abstract, 96 digests)"),
        (0, 96, "96 papers (digests)"),
        (1200, 34, "1,234 papers (1,200 abstracts, 34 digests)"),
    ],
)
def test_papers_are_counted_by_kind(abstracts: int, digests: int, said: str) -> None:
    papers = [paper(n) for n in range(abstracts)]
    papers += [paper(n, kind="digest") for n in range(digests)]
    assert overview(papers).said == said


def test_questions_of_the_starter_library_are_always_the_same() -> None:
    papers = starter_papers()
    questions = overview(papers).questions
    assert len(questions) == 4
    assert questions == overview(list(reversed(papers))).questions
    assert any(question.startswith("What does ") for question in questions)
    assert any(question.startswith("Which papers are about ") for question in questions)


def test_library_without_names_and_topics_still_has_a_question() -> None:
    assert overview([paper(1, "On things")]).questions == ("What is “On things” about?",)
    assert overview([]).questions == ()
