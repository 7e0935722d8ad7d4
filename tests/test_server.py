"""A library on a real Chroma server that is started, killed and started again."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from chroma_server import ChromaServer, machine, needs_chroma, opened
from command_line import TUNNELS, ZEBRAS, jsonl, run
from conftest import paper
from fakes import CountingEmbedder

from ingest import copying
from ingest.copying import copied
from ingest.errors import LibraryBusy, LibraryError
from ingest.filters import Filters
from ingest.library import Library
from ingest.paper import Paper
from ingest.paths import library_directory
from ingest.remote import claims, wire
from ingest.remote.words import Query, sample_of

Capture = pytest.CaptureFixture[str]
pytestmark = needs_chroma


def test_what_one_machine_writes_another_one_finds(
    chroma: ChromaServer, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    address, alone = chroma.address("papers"), tmp_path / "alone"
    source = jsonl(tmp_path / "papers.jsonl", ZEBRAS, TUNNELS)
    machine(here, monkeypatch)
    assert (
        "no library" in run(capsys, "search", "x", "--library", chroma.address("nothing")).complaint
    )
    assert run(capsys, "ingest", source, "--library", address).code == 0
    run(capsys, "ingest", source, "--library", alone)
    machine(there, monkeypatch)
    for question in ("How far do zebras count?", "machines by night"):
        found = run(capsys, "search", "--json", question, "--library", address).json
        here_found = run(capsys, "search", "--json", question, "--library", alone).json
        # The server computes cosines in its own way: the last digit may differ.
        cosines = [[hit.pop("dense") for hit in hits] for hits in (found, here_found)]
        assert cosines[0] == pytest.approx(cosines[1], abs=2e-4)
        assert found == here_found
    # The other machine may write as well, and the records are known there.
    assert "2 unchanged" in run(capsys, "ingest", source, "--library", address).out
    assert run(capsys, "remove", "zebras", "--library", address).code == 0
    machine(here, monkeypatch)
    assert len(run(capsys, "papers", "--library", address).out.splitlines()) == 1
    # Nothing is lost with the machine: the server has it all.
    machine(tmp_path / "new", monkeypatch)
    assert len(run(capsys, "papers", "--library", address).out.splitlines()) == 1


@pytest.mark.slow
def test_a_server_that_is_killed_costs_nothing_that_was_acknowledged(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_PATIENCE", (0.05,))
    machine(tmp_path / "here", monkeypatch)
    place = library_directory(chroma.address("killed"))
    with Library.open(place, embedder=CountingEmbedder(), create=True) as library:
        library.put([paper(n) for n in range(20)], origin="a")
        try:
            chroma.kill()
            with pytest.raises(wire.ServerDown, match="is it running"):
                library.put([paper(20)], origin="a")
            with pytest.raises(wire.ServerDown, match="is it running"):
                library.search_lexical("subject7", 1)
        finally:
            chroma.start()
        assert library.put([paper(n) for n in range(22)], origin="a").added == 2
    machine(tmp_path / "there", monkeypatch)
    with Library.open(
        library_directory(chroma.address("killed")), embedder=CountingEmbedder(), create=True
    ) as other:
        assert sorted(p.id for p in other.papers()) == sorted(f"p{n}" for n in range(22))
        assert other.search_lexical("subject21", 1)[0][0].startswith("p21#")
        assert other.search_dense(other.embedder.embed(["subject21"])[0], 3)


def test_a_dead_writers_claim_runs_out(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = chroma.address("claimed")
    with (
        opened(address, tmp_path / "here", monkeypatch) as here,
        opened(address, tmp_path / "there", monkeypatch) as there,
    ):
        monkeypatch.setattr(claims, "_LONGEST", 0.2)
        claim = here._claims  # type: ignore[attr-defined]
        with claim.held({"p1"}):
            # Another paper is nobody's business; this one is spoken for.
            assert there.put([paper(2)]).added == 1
            with pytest.raises(LibraryBusy, match="is writing to the same papers"):
                there.put([paper(1)])
            monkeypatch.setattr(claims, "LEASE", 0.0)
            claim.announce()  # as if it had been silent for long
            monkeypatch.setattr(claims, "LEASE", 30.0)
            assert there.put([paper(1)]).added == 1
            with pytest.raises(claims.Overtaken):
                claim.keep()
        assert here.put([paper(1)]).unchanged == 1


def test_a_paper_is_taken_in_and_taken_apart_whatever_its_length(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = " ".join(f"Sentence {n} of many tells of thing{n}." for n in range(400))
    texts = ["", "  \n ", long, f" {long}\n\n {long[:900]} ", "x " * 30_000, "é∂漢" * 9_000]
    papers = [
        paper(n, text, extra={"text": long * 2, "number": 2**70}) for n, text in enumerate(texts)
    ]
    with opened(chroma.address("long"), tmp_path / "here", monkeypatch) as here:
        for round_ in (papers, [replace(p, abstract=p.abstract[:500]) for p in papers], papers):
            here.put(round_)
            assert [p.abstract for p in here.papers()] == [p.abstract for p in round_]
            assert len(here) == len(texts)
        assert list(here.papers()) == [Paper.from_json(p.to_json()) for p in papers]
        (near, *_) = here.search_lexical("thing399", 3)
        passage, vector = here.passages([near[0]])[near[0]]
        assert "thing399" in passage.text
        assert vector is not None
        assert passage.text == passage.paper.abstract[passage.start : passage.end]
        # A paper that is no longer said is gone with all of its passages.
        assert here.put([], origin="x").read == 0
        assert here.remove(["p2", "p3", "nothing"]) == 2
        assert here.counts()["passages"] == len({*here._papers.row_ids()})  # type: ignore[attr-defined]
        assert not here.search_lexical("thing399", 3)


def test_filters_choose_papers_on_the_server(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(chroma.address("filtered"), tmp_path / "here", monkeypatch) as here:
        here.put([paper(n, year=2000 + n, topics=("Odd" if n % 2 else "Even",)) for n in range(9)])
        for filters in (
            Filters(since=2005),
            Filters(until=2003, topics=("odd",)),
            Filters(topics=("EVEN", "none")),
            Filters(papers=("p3", "p4"), since=2001),
        ):
            found = here.candidates("study", here.embedder.embed(["study in depth"])[0], 9, filters)
            wanted = {p.id for p in here.papers() if filters.select(p)}
            assert {id_.partition("#")[0] for id_ in found.dense} == wanted
            assert {id_.partition("#")[0] for id_ in found.lexical} == wanted
            exact = here.vectors().search(here.embedder.embed(["study in depth"])[0], 9, filters)
            assert {id_.partition("#")[0] for id_, _ in exact} == wanted


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("letting", "Lets"),
        ("lots", "a lot"),
        ("buried", "to bury"),
        ("using", "use"),
    ],
)
def test_a_word_is_sought_in_every_form_of_it(asked: str, written: str) -> None:
    pattern = Query(asked, sample_of([]), 100).pattern()
    assert re.search(pattern, f"They say {written}.")
    assert not re.search(pattern, f"They say un{written.split()[-1]}.")


@pytest.mark.slow
def test_a_server_that_lost_its_index_is_told_from_an_empty_library(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    chroma = ChromaServer(tmp_path / "data")
    try:
        address = chroma.address("papers")
        with opened(address, tmp_path / "here", monkeypatch) as here:
            assert here.is_empty
            assert not here.candidates("x", here.embedder.embed(["x"])[0], 9).passages
            here.put([paper(n) for n in range(1_200)])  # over a thousand: Chroma writes its index
        chroma.kill()
        segments = [path for path in chroma.place.iterdir() if path.is_dir()]
        assert segments
        for segment in segments:
            shutil.rmtree(segment)
        chroma.start()
        with opened(address, tmp_path / "there", monkeypatch) as there:
            with pytest.raises(LibraryError, match="lost its index"):
                there.candidates("subject7", there.embedder.embed(["subject7"])[0], 50)
            monkeypatch.setattr(copying, "load_embedder", lambda name, dim: CountingEmbedder(dim))
            tally, held = copied(there.directory, tmp_path / "saved", lambda papers: None)
            assert (tally.added, held) == (1_200, 1_200)
            with Library.open(tmp_path / "saved") as saved:
                assert list(saved.papers()) == list(there.papers())
    finally:
        chroma.kill()


def test_a_collection_of_another_program_is_left_alone(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = chroma.address("foreign")
    wire.Wire(wire.Address(address)).make("foreign", {"identity": "{}", "change": 3})
    with pytest.raises(LibraryError, match="take another name"):
        opened(address, tmp_path, monkeypatch)


def test_a_claim_from_a_time_to_come_keeps_nobody_waiting(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its writer was killed, and the server's clock was set back since then."""
    with opened(chroma.address("later"), tmp_path, monkeypatch) as library:
        library.put([paper(1)])
        killed = wire.Wire(wire.Address(chroma.address("later")))
        monkeypatch.setattr(killed, "now", lambda: time.time() + 86_400)
        claimed = claims.Claims(killed, wire.Rows(killed, "later.notes", make=True)).held(["p1"])
        claimed.__enter__()
        monkeypatch.setattr(claims, "_LONGEST", 1.0)
        assert library.put([paper(1, "Said anew.")]).updated == 1


@pytest.mark.parametrize("said", ["http://127.0.0.1:1", "http://127.0.0.1:1/", "cloud:x"])
def test_an_address_without_a_name_is_refused(capsys: Capture, said: str) -> None:
    ran = run(capsys, "papers", "--library", said)
    assert ran.code == 2
    assert "name the library, too" in ran.err


def test_a_server_that_was_never_there_is_named(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_PATIENCE", (0.05,))
    machine(tmp_path, monkeypatch)
    ran = run(capsys, "papers", "--library", "http://127.0.0.1:9/papers")
    assert "the Chroma server can't be reached" in ran.complaint
