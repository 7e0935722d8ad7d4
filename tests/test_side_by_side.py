"""Two papers that a question sets side by side, called by name or described."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stock import holding

from rag.assistant import Assistant
from rag.read.side_by_side import set_side_by_side

TOPICS = {
    "Plums": "Orchards of plums. We weigh ripe plums in Spain. Each tree bears 40 kg of fruit.",
    "Herring": "Shoals of herring. We count herring by sonar near Norway. 300 boats took part.",
    "Glaciers": "Melting of glaciers. We photograph glaciers from planes. They lost 9 m.",
    "Bells": "The sound of church bells. We record bells with microphones in 12 towers.",
    "Moths": "Moths at lamps. We trap moths at lamps in 30 gardens for two summers.",
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with holding(tmp_path_factory.mktemp("pairs"), TOPICS) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "both"),
    [
        (
            "The plum orchard study vs the herring one: how much or how many in each?",
            "Plums Herring",
        ),
        ("One paper watches glaciers, another moths. Where does each one look?", "Glaciers Moths"),
        (
            "How do the paper on bells and the paper on moths record things, respectively?",
            "Bells Moths",
        ),
    ],
)
def test_two_papers_that_are_only_described_are_set_side_by_side(
    assistant: Assistant, question: str, both: str
) -> None:
    answer = assistant.ask(question)
    assert {citation.paper.title for citation in answer.citations} == set(both.split()), answer.text


def test_a_question_of_one_paper_quotes_that_one(assistant: Assistant) -> None:
    answer = assistant.ask("How many gardens had lamps to trap moths, and for how long?")
    assert answer.text.startswith("**Moths**")


@pytest.mark.parametrize("question", ["What do plums weigh?", "Which moths come to each other?"])
def test_without_a_word_for_two_no_two_are_looked_for(question: str) -> None:
    assert not set_side_by_side(question)
