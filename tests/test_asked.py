"""What a question asks for: figures, names, persons, times, and of what."""

from __future__ import annotations

import pytest

from rag.read.asked_details import asked, explains, is_yes_or_no


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("How many GPUs does Zorg need?", [("figure", "GPUs")]),
        ("which sparsity ratio did Zorg end up with", [("figure", "sparsity ratio")]),
        ("What accuracy does Zorg reach?", [("figure", "accuracy")]),
        ("What's the licence of Zorg?", [("other", "licence")]),
        ("Which base model was tuned?", [("name", "base model")]),
        ("What three things does Zorg do?", [("name", "three things")]),
        (
            "Who labelled the data, and how much were they paid?",
            [("who", "who"), ("figure", "much")],
        ),
        ("How long did it take and on how many GPUs?", [("figure", "long"), ("figure", "GPUs")]),
        ("When was Zorg trained?", [("when", "when")]),
        ("How does Zorg behave when it is trained?", []),
        ("Zorg's FID on COCO?", [("figure", "FID")]),
        ("Why does the accuracy of Zorg fall?", []),
        ("Is the accuracy of Zorg good?", []),
    ],
)
def test_what_is_asked_for(question: str, parts: list[tuple[str, str]]) -> None:
    assert [(part.sort, part.noun) for part in asked(question)] == parts


@pytest.mark.parametrize(
    "question", ["How many GPUs does Zorg need?", "which base model did they tune", "FID of Zorg?"]
)
def test_a_noun_is_where_it_says(question: str) -> None:
    for part in asked(question):
        assert question[part.start : part.end] == part.noun


@pytest.mark.parametrize(
    ("question", "yes", "explained"),
    [
        ("Does Zorg run on a phone?", True, False),
        ("ok, and is it open source?", True, False),
        ("I read about Zorg. Can it read Arabic?", True, False),
        ("How does Zorg do it?", False, True),
        ("Why is Zorg slow?", False, True),
        ("Which model does Zorg use?", False, False),
    ],
)
def test_yes_or_no_and_what_is_to_be_explained(question: str, yes: bool, explained: bool) -> None:
    assert (is_yes_or_no(question), explains(question)) == (yes, explained)
