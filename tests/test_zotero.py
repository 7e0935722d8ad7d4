"""A running Zotero as a source: its papers, its collections, and only what changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Ran, run
from zotero_server import ZoteroServer, zotero_server

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources import Options, read

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def zotero() -> Iterator[ZoteroServer]:
    with zotero_server() as server:
        server.collect("C1", "Birds")
        server.collect("C2", "Rooks", "C1")
        server.put("A", "Rooks that count", "C2", DOI="10.5555/rooks")
        server.put("B", "Voles that dig", extra="arXiv: 2103.99905")
        server.put("C", "Owls that wait", "C1")
        server.put("D", "Full text PDF", itemType="attachment")
        yield server


def papers(server: ZoteroServer, source: str = "zotero:") -> list[Paper]:
    found = read(source, Options(zotero=server.url))
    return [record for record in found if isinstance(record, Paper)]


def test_its_papers_come_with_their_collections_as_topics(zotero: ZoteroServer) -> None:
    rooks, voles, owls = papers(zotero)
    assert (rooks.id, rooks.topics) == ("doi:10.5555/rooks", ("Birds/Rooks", "t"))
    assert (voles.id, voles.topics) == ("arxiv:2103.99905", ("t",))
    assert (owls.id, owls.topics, owls.year) == ("zotero:C", ("Birds", "t"), 2021)
    assert (owls.abstract, owls.authors) == ("We look at Owls that wait.", ("Lena Brook",))
    (skipped,) = [
        r for r in read("zotero:", Options(zotero=zotero.url)) if isinstance(r, ParseError)
    ]
    assert str(skipped) == "zotero, item D: no paper: Zotero's attachment ('Full text PDF')"


def test_a_collection_or_a_group_can_be_named(zotero: ZoteroServer) -> None:
    assert [p.id for p in papers(zotero, "zotero:rooks")] == ["doi:10.5555/rooks"]
    assert {p.id for p in papers(zotero, "zotero:Birds")} == {"doi:10.5555/rooks", "zotero:C"}
    assert len(papers(zotero, "zotero:group:our group")) == 3
    with pytest.raises(ParseError, match="no collection 'Cats' in Zotero; there are 'Birds', 'B"):
        papers(zotero, "zotero:Cats")


def test_only_what_changed_since_the_last_time_is_read(
    zotero: ZoteroServer, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKPAPERS_ZOTERO", zotero.url)

    def ingest(*more: str) -> Ran:
        zotero.asked.clear()
        return run(capsys, "ingest", "zotero:", "--library", tmp_path / "library", *more)

    assert ingest().out.startswith("3 papers read: 3 added, 1 skipped.")
    again = ingest()
    assert (again.code, again.out[:44]) == (0, "3 papers read: 3 unchanged, nothing changed.")
    assert "zotero: 0 items changed since the last time" in again.err
    assert any("items/top?since=6" in asked for asked in zotero.asked)
    zotero.put("C", "Owls that fly", "C1")
    assert ingest().out.startswith("3 papers read: 1 updated, 2 unchanged.")
    zotero.collect("C2", "Crows", "C1")  # which changes the topics of items that didn't change
    assert ingest().out.startswith("3 papers read: 1 updated, 2 unchanged, 1 skipped.")
    del zotero.items["B"]
    assert "1 removed" in ingest("--prune").out


def test_a_zotero_that_isnt_there_or_isnt_open_says_what_to_do(zotero: ZoteroServer) -> None:
    zotero.closed = True
    with pytest.raises(ParseError, match="tick 'Allow other applications"):
        papers(zotero)
    with pytest.raises(ParseError, match="Zotero doesn't answer at .*; start it"):
        list(read("zotero:", Options(zotero="http://127.0.0.1:9")))
