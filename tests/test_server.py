"""A library on a real Chroma server that is started, killed and started again."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chroma_server import ChromaServer, machine, needs_chroma, opened
from command_line import TUNNELS, ZEBRAS, jsonl, run
from conftest import paper
from fakes import CountingEmbedder

from ingest.errors import LibraryBusy, LibraryError
from ingest.library import Library
from ingest.paths import library_directory
from ingest.remote import lease as turn
from ingest.remote import server as server_module
from ingest.remote import wire

Capture = pytest.CaptureFixture[str]
pytestmark = needs_chroma


@pytest.fixture(scope="module")
def chroma() -> Iterator[ChromaServer]:
    with tempfile.TemporaryDirectory() as place:
        server = ChromaServer(Path(place))
        yield server
        server.kill()


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
        assert found == run(capsys, "search", "--json", question, "--library", alone).json
    # The other machine may write as well, and the records are known there.
    assert "2 unchanged" in run(capsys, "ingest", source, "--library", address).out
    assert run(capsys, "remove", "zebras", "--library", address).code == 0
    machine(here, monkeypatch)
    assert len(run(capsys, "papers", "--library", address).out.splitlines()) == 1
    # Nothing is lost with the machine: the server has it all.
    machine(tmp_path / "new", monkeypatch)
    assert len(run(capsys, "papers", "--library", address).out.splitlines()) == 1


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
            # The copy answers on, and has nothing that the server has not.
            assert library.search_lexical("subject7", 1)[0][0].startswith("p7#")
            assert len(library) == 20
            with Library.open(place, embedder=CountingEmbedder()) as again:
                assert again.search_lexical("subject7", 1)[0][0].startswith("p7#")
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


def test_one_machine_writes_at_a_time_and_a_dead_one_is_replaced(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = chroma.address("shared")
    with (
        opened(address, tmp_path / "here", monkeypatch) as here,
        opened(address, tmp_path / "there", monkeypatch) as there,
    ):
        assert here._server is not None
        with here.filling():
            here.put([paper(1)])
            with pytest.raises(LibraryBusy, match="is writing to this library"):
                there.put([paper(2)])
        there.put([paper(2)])
        here._server._next_look = 0.0  # as if some seconds had gone by
        assert here.search_lexical("subject2", 1)[0][0].startswith("p2#")
        # A writer that was killed leaves its sign, which runs out.
        monkeypatch.setattr(turn, "LEASE", 0.3)
        with here._server._turn.taken("a machine that died"):
            monkeypatch.setattr(turn, "LEASE", 120.0)
            with pytest.raises(LibraryBusy, match="in two minutes"):
                there.put([paper(3)])
            time.sleep(0.4)
            assert there.put([paper(3, "x " * 20_000)]).added == 1
            with pytest.raises(LibraryBusy, match="run the command again"):
                here._server._turn.keep()
        # Its own machine needn't wait: no other process there writes to the copy.
        assert here._server._turn.taken(here._truth.meta("server")["copy"]).__enter__() is None
        assert here.put([paper(4)]).added == 1
        (long,) = here.papers(["p3"])
        assert len(long.abstract) == 40_000


def test_a_log_that_is_mostly_outdated_is_written_anew(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_ANEW", 0)
    address = chroma.address("outdated")
    with (
        opened(address, tmp_path / "here", monkeypatch) as here,
        opened(address, tmp_path / "away", monkeypatch) as away,
        opened(address, tmp_path / "near", monkeypatch) as near,
    ):
        here.put([paper(n) for n in range(8)])
        for library in (away, near):
            library._server._next_look = 0.0  # type: ignore[union-attr]
            library.search_lexical("x", 1)
            assert len(library) == 8
        here.remove(["p3"])
        for time_ in range(3):
            near._server.catch_up(near._truth)  # type: ignore[union-attr]
            here.put([paper(n, f"Told {time_} times of subject{n}.") for n in range(3)])
        log = here._server._log()  # type: ignore[union-attr]
        assert log.metadata["start"] > 0
        assert log.count() == log.metadata["rows"] - log.metadata["start"]
        # Who was away, who was up with it, and who is new have the same papers.
        version = near.version
        for library in (away, near):
            library._server.catch_up(library._truth)  # type: ignore[union-attr]
        with opened(address, tmp_path / "new", monkeypatch) as new:
            assert list(new.papers()) == list(here.papers())
        assert list(away.papers()) == list(near.papers()) == list(here.papers())
        assert len(here) == 7
        assert here.search_lexical("told subject2", 1)[0][0].startswith("p2#")
        # What didn't change isn't written again.
        found = near._truth.changes(version, 100)
        assert found is not None
        assert {change.id.partition("#")[0] for change in found[1]} == {"p0", "p1", "p2"}


def test_a_library_that_was_made_anew_is_not_mixed_with_its_copy(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = chroma.address("remade")
    with opened(address, tmp_path / "here", monkeypatch) as here:
        here.put([paper(1)])
        here._server._wire.drop("remade")  # type: ignore[union-attr]
    with pytest.raises(LibraryError, match="delete the copy"):
        opened(address, tmp_path / "here", monkeypatch)
    with opened(address, tmp_path / "there", monkeypatch) as there:
        there.put([paper(2)])
    with pytest.raises(LibraryError, match="delete the copy"):
        opened(address, tmp_path / "here", monkeypatch)


def test_a_collection_of_another_program_is_left_alone(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = chroma.address("foreign")
    wire.Wire(wire.Address(address)).make("foreign", {"identity": "{}", "change": 3})
    with pytest.raises(LibraryError, match="take another name"):
        opened(address, tmp_path, monkeypatch)


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
