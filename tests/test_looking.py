"""A visitor's look at the library: what clicks change, what is asked within, what is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from conftest import paper
from fakes import CountingEmbedder

from ingest.errors import ParseError
from ingest.filters import EVERYTHING, Filters
from ingest.library import Library
from ingest.pipeline import Report
from ui.library.adding import Added
from ui.library.browsing import MOST_CHOSEN, PAGE, Look, looked, on_page, within
from ui.library.catalogue import Catalogue, Wanted
from ui.library.chips import chips_html, without
from ui.library.page import controls_html, list_html, paper_html, report_html
from ui.page.render import literal

EVIL = "<img src=x onerror=window.hit=1>{{value}}${window.hit=1}\"'"
MANY = 60
NEW = Look()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    place = tmp_path_factory.mktemp("look")
    with Library.open(place, embedder=CountingEmbedder(), create=True) as opened:
        opened.put([
            paper(n, year=1990 + n % 30, topics=("even",) if n % 2 == 0 else ("odd",))
            for n in range(MANY)
        ])  # fmt: skip
        yield opened


@pytest.fixture(scope="module")
def catalogue(library: Library) -> Catalogue:
    return Catalogue.of(library)


def after(catalogue: Catalogue, *clicks: dict[str, Any], look: Look = NEW) -> Look:
    for click in clicks:
        look = looked(look, click, catalogue)
    return look


def ids(look: Look, catalogue: Catalogue) -> list[str]:
    return [catalogue.rows[place].id for place in on_page(look, catalogue)]


def test_typing_lists_what_is_wanted_from_its_first_page(catalogue: Catalogue) -> None:
    look = after(
        catalogue,
        {"do": "page", "page": "2"},
        {"do": "find", "words": "title 5", "topic": "odd", "since": "", "until": ""},
    )
    assert look.page == 0
    assert set(ids(look, catalogue)) == {"p5", "p15", "p25", "p35", "p45", "p51", "p53", "p55",
                                         "p57", "p59"}  # fmt: skip


def test_years_are_put_in_order(catalogue: Catalogue) -> None:
    look = after(catalogue, {"do": "find", "since": "2000", "until": "1999"})
    assert (look.wanted.since, look.wanted.until) == (1999, 2000)


def test_pages_follow_each_other_and_end(catalogue: Catalogue) -> None:
    first, second, third, beyond = (
        ids(after(catalogue, {"do": "page", "page": n}), catalogue) for n in ("0", "1", "2", "99")
    )
    assert (len(first), len(second), len(third)) == (PAGE, PAGE, MANY - 2 * PAGE)
    assert len({*first, *second, *third}) == MANY
    assert beyond == third


def test_ticks_outlive_paging_and_a_page_is_ticked_as_a_whole(catalogue: Catalogue) -> None:
    look = after(
        catalogue,
        {"do": "choose", "id": "p3", "on": True},
        {"do": "page", "page": "1"},
        {"do": "choose-page", "on": True},
        {"do": "choose", "id": "p3", "on": False},
    )
    assert look.chosen == set(ids(look, catalogue)) - {"p3"}
    assert after(catalogue, {"do": "choose-none"}, look=look).chosen == frozenset()


@pytest.mark.parametrize(
    "click",
    [{}, {"do": None}, {"do": "drop table"}, {"do": ["open"]}, {"do": "order", "order": "random"}],
    ids=str,
)
def test_an_unknown_click_changes_nothing(catalogue: Catalogue, click: dict[str, Any]) -> None:
    assert looked(Look(), click, catalogue) == Look()


@pytest.mark.parametrize("page", ["-5", "x", None, "１", 10**9, {"a": 1}], ids=str)
def test_a_page_that_is_none_is_the_first_or_the_last(catalogue: Catalogue, page: object) -> None:
    look = looked(Look(), {"do": "page", "page": page}, catalogue)
    assert 0 <= look.page <= 2


def test_removing_is_asked_first_and_any_other_click_means_no(catalogue: Catalogue) -> None:
    ticked = Look(chosen=frozenset({"p1"}))
    asked = looked(ticked, {"do": "remove"}, catalogue)
    assert asked.removing == asked.chosen
    one = looked(asked, {"do": "remove-one", "id": "p7"}, catalogue)
    assert (one.removing, one.chosen) == ({"p7"}, asked.chosen)
    assert "Remove 1 paper" in list_html(catalogue, asked, writable=True)
    assert not looked(asked, {"do": "remove-no"}, catalogue).removing
    assert not looked(Look(), {"do": "remove"}, catalogue).removing
    assert "Remove" not in list_html(catalogue, ticked, writable=False)


@pytest.mark.parametrize(
    ("look", "click", "asked"),
    [
        (Look(), {"do": "within-one", "id": "p1"}, Filters(papers=("p1",))),
        (Look(chosen=frozenset({"b", "a"})), {"do": "within-chosen"}, Filters(papers=("a", "b"))),
        (Look(), {"do": "within-chosen"}, None),
        (
            Look(Wanted(topic="odd", since=2000)),
            {"do": "within-found"},
            Filters(since=2000, topics=("odd",)),
        ),
        (
            Look(Wanted("subject5 title 5", order="title")),
            {"do": "within-found"},
            "No papers are listed to ask within.",
        ),
        (Look(Wanted("59")), {"do": "within-found"}, Filters(papers=("p59",))),
        (Look(), {"do": "within-found"}, None),
        (Look(), {"do": "open", "id": "p1"}, None),
    ],
    ids=[
        "one paper",
        "two ticked",
        "none ticked",
        "found by topic and year",
        "found none",
        "found by words",
        "found all",
        "another click",
    ],
)
def test_a_question_is_asked_within_what_is_listed_or_ticked(
    catalogue: Catalogue, look: Look, click: dict[str, Any], asked: object
) -> None:
    assert within(look, click, catalogue) == asked


def test_no_more_papers_are_ticked_than_can_be_asked_within(catalogue: Catalogue) -> None:
    full = Look(chosen=frozenset(f"x{n}" for n in range(MOST_CHOSEN)))
    look = looked(full, {"do": "choose", "id": "p1", "on": True}, catalogue)
    assert look.chosen == full.chosen
    assert "At most" in look.said


def test_each_thing_that_narrows_has_a_chip_that_takes_it_away(library: Library) -> None:
    filters = Filters(since=1995, until=2000, topics=("odd",), papers=("p1", "gone"))
    html = chips_html(filters, library)
    for said in ("Topic: Odd", "1995 to 2000", "Title 1", "gone (removed)"):
        assert literal(said) in html
    for click in (
        {"do": "drop-topic", "value": "odd"},
        {"do": "drop-years"},
        {"do": "drop-paper", "value": "p1"},
        {"do": "drop-paper", "value": "gone"},
    ):
        assert filters
        filters = without(filters, click)
    assert filters == EVERYTHING
    assert chips_html(filters, library) == ""


def test_many_papers_share_one_chip(library: Library) -> None:
    filters = Filters(papers=tuple(f"p{n}" for n in range(9)))
    assert "9 papers" in chips_html(filters, library)
    assert without(filters, {"do": "drop-papers"}) == EVERYTHING


def test_nothing_of_a_paper_is_markup(library: Library) -> None:
    evil = paper(99, EVIL, title=EVIL, authors=(EVIL,), topics=(EVIL,), url="javascript:hit()")
    evil = replace(evil, id=EVIL)
    with Library.open(library.directory / "evil", embedder=CountingEmbedder(), create=True) as held:
        held.put([evil])
        catalogue = Catalogue.of(held)
        wanted = Wanted(words=EVIL, topic=EVIL)
        failed = Added(0, Report(skipped=[ParseError(EVIL, EVIL)]), refused=())
        drawn = [
            controls_html(catalogue, wanted),
            list_html(catalogue, Look(chosen=frozenset({EVIL}), paper=EVIL), writable=True),
            paper_html(evil, [(evil, 0.5)], catalogue.spelling),
            report_html(failed),
            report_html(Added(0, problem=EVIL)),
            chips_html(Filters(topics=(EVIL,), papers=(EVIL,)), held),
        ]
    for html in drawn:
        assert (
            literal(EVIL) in html or literal(EVIL.casefold()) in html or literal(EVIL)[:60] in html
        )
        assert not any(part in html for part in ("<img", "{{", "${", "javascript"))


def test_a_report_says_what_became_of_everything() -> None:
    html = report_html(Added(3, Report(skipped=[ParseError("a.txt", "no papers in it")])))
    assert "1 skipped" in html
    assert literal("a.txt: no papers in it") in html
    assert "Reading" in report_html(Added(1))
