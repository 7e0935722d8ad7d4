"""The list of a library's papers: found, sorted, made anew when the library changes."""

from __future__ import annotations

import pytest
from conftest import paper

from ingest.library import Library
from ui.library.catalogue import Catalogue, Catalogues, Wanted

PAPERS = (
    paper(1, title="Écrire, by Machine", authors=("Zoë Müller",), year=2020, topics=("Text",)),
    paper(2, title="apples and pears", authors=("Li Na",), year=2023, topics=("fruit", "text ")),
    paper(3, title="Bananas", year=2023, topics=("Fruit",)),
    paper(4, title="Undated Work"),
)


@pytest.fixture
def catalogue(library: Library) -> Catalogue:
    library.put(PAPERS)
    return Catalogue.of(library)


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(), "p2 p3 p1 p4"),
        (Wanted(order="oldest"), "p1 p2 p3 p4"),
        (Wanted(order="title"), "p2 p3 p1 p4"),
        (Wanted(order="title-back"), "p4 p1 p3 p2"),
        (Wanted("ecrire"), "p1"),
        (Wanted("MULLER machine"), "p1"),
        (Wanted("fruit pears"), "p2"),
        (Wanted("zebra"), ""),
        (Wanted(topic="FRUIT"), "p2 p3"),
        (Wanted(topic="text"), "p2 p1"),
        (Wanted(topic="none of them"), ""),
        (Wanted(since=2021), "p2 p3"),
        (Wanted(until=2022), "p1"),
        (Wanted("a", "fruit", 2023, 2023, "title"), "p2 p3"),
    ],
    ids=str,
)
def test_papers_are_found_by_words_topic_and_years(
    catalogue: Catalogue, wanted: Wanted, ids: str
) -> None:
    assert [catalogue.rows[place].id for place in catalogue.find(wanted)] == ids.split()


def test_topics_are_counted_without_regard_to_case_and_spaces(catalogue: Catalogue) -> None:
    assert catalogue.topics == (("fruit", 2), ("text", 2))
    assert catalogue.years == (2020, 2023)


def test_a_catalogue_is_kept_until_the_library_changes(library: Library) -> None:
    catalogues = Catalogues()
    library.put(PAPERS)
    first = catalogues.of(library)
    assert catalogues.of(library) is first
    library.remove(["p1"])
    assert [row.id for row in catalogues.of(library).rows] == ["p2", "p3", "p4"]


def test_an_empty_library_has_an_empty_list(library: Library) -> None:
    empty = Catalogue.of(library)
    assert (empty.rows, empty.topics, empty.years, empty.find(Wanted("x"))) == ((), (), None, ())


def test_papers_of_a_year_are_in_the_order_of_their_arxiv_ids(library: Library) -> None:
    ids = ("arxiv:2401.00009", "arxiv:2412.00001", "doi:10.1/x", "arxiv:2412.00002")
    library.put([paper(n, id=id_, year=2024) for n, id_ in enumerate(ids)])
    catalogue = Catalogue.of(library)
    newest = [catalogue.rows[place].id for place in catalogue.find(Wanted())]
    assert newest == [ids[3], ids[1], ids[0], ids[2]]
    oldest = [catalogue.rows[place].id for place in catalogue.find(Wanted(order="oldest"))]
    assert oldest == [ids[2], ids[0], ids[1], ids[3]]
