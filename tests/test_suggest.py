"""What is suggested next is answered by the assistant that suggests it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from stock import starter_library

from ingest.filters import EVERYTHING, Filters
from rag.answer import Answer
from rag.assistant import Assistant
from ui.chat.suggest import MOST_TRIED, examples, first_questions, neighbours, suggestions
from ui.page.overview import overview_of


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(starter_library(tmp_path_factory.mktemp("suggest"))) as opened:
        yield opened


def offered(assistant: Assistant, answer: Answer, asked: Sequence[str] = ()) -> tuple[str, ...]:
    near = neighbours(assistant.library, answer)
    otherwise = overview_of(assistant.library).questions
    return suggestions(assistant, answer, near, asked=asked, otherwise=otherwise)


@pytest.mark.parametrize(
    "question",
    [
        "What does FlexLLM do?",
        "Which papers are about federated learning?",
        "something that puts attention into the SSD itself",
        "who won the world cup in 2018",
    ],
)
def test_suggestions_are_answered_from_papers_around_the_answer(
    assistant: Assistant, question: str
) -> None:
    answer = assistant.ask(question)
    found = offered(assistant, answer)
    assert len(found) == 3
    assert question not in found
    around = {c.paper.id for c in answer.citations}
    around |= {paper.id for paper in neighbours(assistant.library, answer)}
    for again in map(assistant.ask, found):
        assert not again.refused
        assert answer.refused or around & {c.paper.id for c in again.citations}


def test_examples_of_the_first_page_are_answered(assistant: Assistant) -> None:
    refused = first_questions(assistant.library)[0]

    class Unwilling:
        library = assistant.library

        def ask(self, question: str, *, filters: Filters = EVERYTHING) -> Answer:
            given = assistant.ask(question, filters=filters)
            return replace(given, refused=True) if question == refused else given

    found = examples(Unwilling())
    assert len(found) == 4
    assert refused not in found
    assert found == first_questions(assistant.library)
    assert not any(assistant.ask(question).refused for question in found)


def test_what_is_suggested_is_of_several_kinds(assistant: Assistant) -> None:
    found = offered(assistant, assistant.ask("What does FlexLLM do?"))
    assert found[0].startswith("By how much does FlexLLM reduce")
    assert found[1].startswith("How do FlexLLM and ")
    assert len({" ".join(question.split()[:2]) for question in found}) == len(found)


def test_what_was_asked_before_is_not_suggested(assistant: Assistant) -> None:
    answer = assistant.ask("What does FlexLLM do?")
    first = offered(assistant, answer)
    assert not set(first) & set(offered(assistant, answer, asked=first))


class Refusing:
    """An assistant that refuses everything, and counts."""

    asked = 0

    def ask(self, question: str, **_: object) -> Answer:
        self.asked += 1
        return Answer(question, question, "No.", refused=True)


def test_nothing_is_suggested_by_who_refuses_everything(assistant: Assistant) -> None:
    refusing = Refusing()
    assert suggestions(refusing, assistant.ask("What does FlexLLM do?")) == ()
    assert 0 < refusing.asked <= MOST_TRIED


def test_topics_and_terms_are_asked_about_as_one_writes_them(assistant: Assistant) -> None:
    found = [
        question
        for asked in ("What is Splitwise?", "Which papers are about edge deployment?")
        for question in offered(assistant, assistant.ask(asked))
    ]
    found += first_questions(assistant.library)
    assert any("LLM serving" in question for question in found)
    assert not any(
        "llm" in question or "is large language models" in question for question in found
    )
