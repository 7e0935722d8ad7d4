"""What is suggested next is answered by the assistant that suggests it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answer import Answer
from rag.assistant import Assistant
from ui.chat.suggest import MOST_TRIED, suggestions


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(Path(tmp_path_factory.mktemp("suggest")), starter=True) as opened:
        yield opened


@pytest.mark.parametrize(
    "question",
    [
        "What does FlexLLM do?",
        "Which papers are about federated learning?",
        "something that puts attention into the SSD itself",
        "who won the world cup in 2018",
    ],
)
def test_suggestions_are_never_refused(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    found = suggestions(assistant, answer)
    assert len(found) == 3
    assert question not in found
    assert not any(assistant.ask(again).refused for again in found)


def test_what_was_asked_before_is_not_suggested(assistant: Assistant) -> None:
    answer = assistant.ask("What does FlexLLM do?")
    first = suggestions(assistant, answer)
    assert not set(first) & set(suggestions(assistant, answer, asked=first))


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
