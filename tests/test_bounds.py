"""Papers sought by a bound on a figure: those whose text has a figure that keeps it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stock import holding

from rag.assistant import Assistant

TEXTS = {
    "Kilns": "Firing pottery in kilns. Insulated kilns cut fuel use by 62% over open pits.",
    "Ovens": "Baking bread in ovens. Steam ovens cut fuel use by 18% over dry ones.",
    "Boats": "Boats with solar roofs. The boat weighs 900 kg and sails with 12 sensors.",
    "Buoys": "Buoys that watch the tide. Each buoy weighs 40 kg and carries 3 sensors.",
    "Snow": "Clearing snow from roads. Ploughs pass 5.5x faster with a heated blade.",
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with holding(tmp_path_factory.mktemp("bounds"), TEXTS) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("who cuts fuel use by more than 50 percent", "Kilns"),
        ("papers that cut fuel use by less than 20%", "Ovens"),
        ("fuel use cut by 18 percent or more", "Kilns Ovens"),
        ("Which papers cut fuel use by over 18%?", "Kilns"),
        ("anything that carries at least 5 sensors", "Boats"),
        ("ploughs more than 3x faster", "Snow"),
    ],
)
def test_papers_are_those_whose_figure_keeps_the_bound(
    assistant: Assistant, question: str, kept: str
) -> None:
    answer = assistant.ask(question)
    assert {citation.paper.title for citation in answer.citations} == set(kept.split()), answer.text


def test_whether_one_paper_keeps_a_bound_is_asked_of_its_text(assistant: Assistant) -> None:
    answer = assistant.ask("Do insulated kilns cut fuel use by more than 70 percent?")
    assert "62%" in answer.text


def test_a_bound_that_no_figure_keeps_is_said(assistant: Assistant) -> None:
    answer = assistant.ask("Which papers cut fuel use by more than 90 percent?")
    assert answer.refused or answer.text.startswith("_No figure here is “more than 90 percent”")


def test_a_bound_on_another_matter_is_kept_by_nothing_here(assistant: Assistant) -> None:
    assert assistant.ask("a good laptop under 800 euros").refused
