"""The same paper from two sources: recognised, and made one by the rule, in any order."""

from __future__ import annotations

from itertools import permutations

import pytest
from conftest import paper
from fakes import CountingEmbedder

from ingest.ids import canonical_id
from ingest.library import Library
from ingest.paper import Paper
from ingest.store.merge import grouped, merged

IDS = {
    "an arXiv id": ("2407.11062", "arxiv:2407.11062"),
    "with its version": ("arXiv:2407.11062v3", "arxiv:2407.11062"),
    "its address": ("https://arxiv.org/pdf/2407.11062v1.pdf", "arxiv:2407.11062"),
    "an old one": ("hep-th/9901001v2", "arxiv:hep-th/9901001"),
    "the DOI that arXiv gives it": ("10.48550/arXiv.2407.11062", "arxiv:2407.11062"),
    "the same as an address": ("https://doi.org/10.48550/ARXIV.2407.11062", "arxiv:2407.11062"),
    "a DOI": ("https://doi.org/10.1145/3411.ABC", "doi:10.1145/3411.abc"),
    "neither": ("W-17", "W-17"),
}


@pytest.mark.parametrize(("raw", "id_"), IDS.values(), ids=IDS.keys())
def test_an_id_has_one_form_however_it_is_written(raw: str, id_: str) -> None:
    assert canonical_id(raw) == id_


def said(id_: str, title: str = "Sparse Gradients for Patient Machines", **fields: object) -> Paper:
    return Paper(**{"id": id_, "title": title, "abstract": "Some words.", **fields})


DOI = {"doi": "10.1234/x"}
SAME = {
    "one id": (said("a"), said("a", "Otherwise named")),
    "an arXiv id and its DOI": (
        said("arxiv:2407.11062"),
        said("x", extra={"doi": "10.48550/arXiv.2407.11062"}, title="Y"),
    ),
    "an arXiv id and an address": (
        said("arxiv:2407.11062"),
        said("x", url="http://arxiv.org/abs/2407.11062v2", title="Y"),
    ),
    "a DOI in a field": (said("doi:10.1234/x"), said("p", "Other", extra=DOI)),
    "title and first author": (
        said("a", authors=("Ada Lovelace", "B")),
        said("b", "Sparse gradients, for patient machines!", authors=("Lovelace, A.",)),
    ),
    "title, author, another year": (
        said("a", authors=("Ada Lovelace",), year=2022),
        said("b", authors=("A. Lovelace",), year=2024),
    ),
    "title and year, one without authors": (
        said("a", authors=("Ada Lovelace",), year=2022),
        said("b", year=2022),
    ),
    "a preprint and its journal": (
        said("arxiv:2407.11062", authors=("Ada Lovelace",)),
        said("doi:10.1234/x", authors=("Ada Lovelace",)),
    ),
    "a short title, author and year": (
        said("a", "Dropout", authors=("N. Srivastava",), year=2014),
        said("b", "Dropout", authors=("Srivastava, Nitish",), year=2014),
    ),
}
OTHER = {
    "title alone": (said("a"), said("b")),
    "another first author in the same year": (
        said("a", authors=("Ada Lovelace",), year=2022),
        said("b", authors=("Grace Hopper",), year=2022),
    ),
    "two arXiv ids": (said("arxiv:2407.11062", year=2024), said("arxiv:2407.11063", year=2024)),
    "two DOIs": (said("doi:10.1234/x", authors=("A B",)), said("doi:10.1234/y", authors=("A B",))),
    "a short title and author, another year": (
        said("a", "Editorial", authors=("A B",), year=2020),
        said("b", "Editorial", authors=("A B",), year=2021),
    ),
    "a short title and year without author": (
        said("a", "Editorial", year=2020),
        said("b", "Editorial", year=2020),
    ),
    "no title worth the name": (
        said("a", "!!!", authors=("A B",), year=2020),
        said("b", "???", authors=("A B",), year=2020),
    ),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME.keys())
def test_records_of_one_paper_are_recognised(pair: tuple[Paper, Paper]) -> None:
    assert len(grouped(pair)) == len(grouped(pair[::-1])) == 1


@pytest.mark.parametrize("pair", OTHER.values(), ids=OTHER.keys())
def test_records_of_two_papers_stay_apart(pair: tuple[Paper, Paper]) -> None:
    assert len(grouped(pair)) == 2


TEXTS = {
    "an abstract before a longer digest": (
        {"abstract": "Short."},
        {"abstract": "Long and long.", "kind": "digest"},
    ),
    "a newer version before a longer one": (
        {"extra": {"version": "v2"}, "abstract": "New."},
        {"extra": {"version": 1}, "abstract": "Older, longer."},
    ),
    "a later date before a longer text": (
        {"extra": {"updated": "2024-02-01"}, "abstract": "New."},
        {"extra": {"updated": "2024-01-31"}, "abstract": "Older, longer."},
    ),
    "a longer text": ({"abstract": "Longer by far."}, {"abstract": "Shorter."}),
}


@pytest.mark.parametrize(("first", "second"), TEXTS.values(), ids=TEXTS.keys())
def test_which_text_wins(first: dict[str, object], second: dict[str, object]) -> None:
    one, other = said("a", **first), said("a", **second)
    for pair in ((one, other), (other, one)):
        assert merged(pair).abstract == one.abstract


def test_fields_are_filled_from_every_record() -> None:
    one = said("a", abstract="The longer text of the two.", topics=("NLP",), year=2024)
    other = said("arxiv:2407.11062", authors=("Ada Lovelace",), topics=("nlp", "speed"), year=2023,
                 code_url="https://example.org/code", extra={"venue": "X"})  # fmt: skip
    whole = merged([other, one])
    assert (whole.id, whole.abstract, whole.year) == ("arxiv:2407.11062", one.abstract, 2024)
    assert (whole.authors, whole.topics) == (("Ada Lovelace",), ("NLP", "speed"))
    assert (whole.code_url, whole.extra) == ("https://example.org/code", {"venue": "X"})


RECORDS = [
    said("W1", abstract="A digest of it.", kind="digest", year=2024),
    said("arxiv:2407.11062", abstract="The first version.", extra={"version": "v1"}, year=2024),
    said(
        "doi:10.1234/x", abstract="What the journal printed.", authors=("Ada Lovelace",), year=2024
    ),
]


def test_a_library_is_the_same_in_whatever_order_its_sources_came(library: Library) -> None:
    outcomes = set()
    for order in permutations(enumerate(RECORDS)):
        for number, record in order:
            library.put([record], origin=f"source {number}")
        again = [library.put([record], origin=f"source {n}") for n, record in order]
        assert [(tally.unchanged, tally.embedded) for tally in again] == [(1, 0)] * 3
        (kept,) = library.papers()
        outcomes.add(kept.content_hash)
        assert kept.id == "arxiv:2407.11062"
        assert library.search_lexical("first version", 5)[0][0].startswith("arxiv:2407.11062#")
        # Every id goes on naming the paper, in whatever form it is written.
        for alias in ("W1", "doi:10.1234/x", "https://arxiv.org/abs/2407.11062v1"):
            assert [p.id for p in library.papers([alias])] == ["arxiv:2407.11062"]
        assert library.remove(["https://doi.org/10.1234/X"]) == 1
        assert len(library) == 0
    assert len(outcomes) == 1


def test_a_source_that_takes_its_word_back_leaves_what_the_others_say(library: Library) -> None:
    for number, record in enumerate(RECORDS):
        library.put([record], origin=f"source {number}")
    assert library.prune("source 1", seen=()) == 0
    (kept,) = library.papers()
    assert (kept.id, kept.abstract) == ("doi:10.1234/x", "What the journal printed.")
    assert library.prune("source 2", seen=()) == 0
    (kept,) = library.papers()
    assert (kept.id, kept.kind) == ("W1", "digest")
    assert library.prune("source 0", seen=()) == 1
    assert not list(library.papers())
    assert library.search_lexical("digest", 5) == []


def test_a_paper_that_gets_a_better_id_keeps_its_vectors(library: Library) -> None:
    embedder = CountingEmbedder()
    with Library.open(library.directory, embedder=embedder) as opened:
        known = paper(1, year=2024)
        opened.put([known], origin="a")
        tally = opened.put([paper(1, id="arxiv:2407.11062", extra={"alias": 1}, year=2024,
                                  title="Another Title of Some Words", abstract=known.abstract),
                            paper(1, id="p1", url="https://arxiv.org/abs/2407.11062", year=2024)],
                           origin="b")  # fmt: skip
        (kept,) = opened.papers()
        assert kept.id == "arxiv:2407.11062"
        assert tally.updated == 1
        assert len(embedder.embedded) <= 2
        (own,) = opened.search_lexical("subject1", 3)
        assert own[0].startswith("arxiv:2407.11062#")


def test_two_papers_that_a_third_record_shows_to_be_one_become_one(library: Library) -> None:
    library.put([said("arxiv:2407.11062", "One"), said("doi:10.1234/x", "Two")], origin="a")
    assert len(library) == 2
    bridge = said("W9", "Three", url="https://arxiv.org/abs/2407.11062", extra=DOI)
    library.put([bridge], origin="b")
    assert len(library) == 1
    library.prune("b", seen=())
    assert sorted(p.title for p in library.papers()) == ["One", "Two"]
