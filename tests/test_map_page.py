"""The map as the page shows it: what is drawn, what is said, and nothing of a paper as markup."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from conftest import paper
from fakes import CountingEmbedder

from ingest.library import Library
from ui.map.atlas import Atlas
from ui.map.page import CELLS, map_html, map_points
from ui.page.render import literal

EVIL = "<img src=x onerror=window.hit=1>{{value}}${window.hit=1}\"'"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    place = tmp_path_factory.mktemp("map")
    with Library.open(place, embedder=CountingEmbedder(), create=True) as opened:
        opened.put([
            paper(n, title=f"{EVIL} {n}", year=2000 + n, topics=("even" if n % 2 else EVIL,))
            for n in range(30)
        ])  # fmt: skip
        yield opened


@pytest.fixture(scope="module")
def atlas(library: Library) -> Atlas:
    return Atlas.of(library)


def test_every_paper_of_a_small_library_is_a_dot(library: Library, atlas: Atlas) -> None:
    points = map_points(atlas, library, {"p3": 1, "gone": 2})
    assert json.loads(json.dumps(points)) == points
    assert points["density"] is None
    dots = {dot[0]: dot for dot in points["dots"]}
    assert len(dots) == 30
    assert dots["p3"][4:] == [f"{EVIL} 3", 1, 2003]
    assert sum(dot[5] for dot in dots.values()) == 1
    assert all(0 <= at <= 1 for dot in dots.values() for at in dot[1:3])


def test_of_many_papers_some_are_dots_and_the_rest_a_shade(
    library: Library, atlas: Atlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.map.page.MOST_DOTS", 10)
    points = map_points(atlas, library, {"p3": 1})
    assert len(points["dots"]) in (10, 11)
    assert "p3" in {dot[0] for dot in points["dots"]}
    counts = points["density"]["counts"]
    assert (len(counts), sum(counts)) == (CELLS * CELLS, 30)
    html = map_html(atlas, library, {})
    assert literal("10 of the 30 papers are drawn one by one") in html


def test_the_map_is_there_in_words_too(library: Library, atlas: Atlas) -> None:
    html = map_html(atlas, library, {"p3": 1})
    assert literal("Circled: what the current answer cites") in html
    assert html.count('scope="row"') == 3  # two groups, and what is cited
    assert f'data-id="{literal("p3")}"' in html


def test_nothing_of_a_paper_is_markup(library: Library, atlas: Atlas) -> None:
    html = map_html(atlas, library, {"p3": 1})
    assert literal(EVIL) in html
    assert not any(part in html for part in ("<img", "{{", "${"))


def test_an_empty_library_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("empty")
    with Library.open(place, embedder=CountingEmbedder(), create=True) as empty:
        atlas = Atlas.of(empty)
        assert map_points(atlas, empty, {})["dots"] == []
        assert "no papers to draw" in map_html(atlas, empty, {})
