"""Which papers a question calls by name, and which names nobody knows."""

from __future__ import annotations

import pytest

from ingest.paper import Paper, Passage
from ingest.starter import starter_papers
from rag.answer import Hit
from rag.understand.entities import named_hits, surely_named, unknown_names


def hit(paper: Paper) -> Hit:
    return Hit(Passage(paper, 0, len(paper.abstract)), 0.5, 1.0, 0.5)


HITS = tuple(hit(paper) for paper in starter_papers())


def paper(title: str, abstract: str) -> Paper:
    return Paper(id=f"test:{title}", title=title, abstract=abstract)


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


def test_a_coined_word_that_an_abstract_introduces_is_the_paper_s_name() -> None:
    named = named_hits(
        "What does dynazor track?",
        (
            hit(paper("Serving programs", "We present Dynazor, a system that tracks progress.")),
            hit(paper("Another title", "We present Results that were known before.")),
        ),
    )
    assert [hit.paper.title for hit in named] == ["Serving programs"]


def test_a_name_that_a_paper_only_mentions_is_no_name_of_its_own() -> None:
    only_mentions = (hit(paper("Querying tables", "Tested on a benchmark (BIRD), it wins.")),)
    assert named_hits("Who tests on BIRD?", only_mentions)
    assert not surely_named("Who tests on BIRD?", only_mentions)
    assert surely_named("What does FlexLLM do?", HITS)


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("Compare FlexLLM with ZebraServe-9", ("ZebraServe-9",)),
        ("FlexLLM vs. QuokkaLM vs. WombatLM", ("QuokkaLM", "WombatLM")),
        ("Compare FlexLLM with NanoFlow", ()),
        ("How much faster is FlexLLM than vLLM?", ()),  # no side by side
        ("Compare QuokkaLM with WombatLM", ()),  # nothing to set beside them
    ],
)
def test_names_to_compare_with_that_no_paper_knows_are_told(
    question: str, unknown: tuple[str, ...]
) -> None:
    assert unknown_names(question, HITS, named_hits(question, HITS)) == unknown
