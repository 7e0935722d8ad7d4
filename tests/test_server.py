"""A library on a real Chroma server that is started, killed and started again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import TUNNELS, ZEBRAS, jsonl, run
from conftest import paper
from fakes import CountingEmbedder

from ingest import server as server_module
from ingest.errors import LibraryBusy
from ingest.library import Library
from ingest.place import library_directory

Capture = pytest.CaptureFixture[str]
CHROMA = shutil.which("chroma") or str(Path(sys.executable).with_name("chroma"))
pytestmark = pytest.mark.skipif(not Path(CHROMA).exists(), reason="needs the chroma command")


class ChromaServer:
    """``chroma run`` on a free port, with its data in a temporary place."""

    def __init__(self, place: Path) -> None:
        self.place = place
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [CHROMA, "run", "--path", str(self.place), "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("chroma run did not start")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"


@pytest.fixture(scope="module")
def chroma() -> Iterator[ChromaServer]:
    with tempfile.TemporaryDirectory() as place:
        server = ChromaServer(Path(place))
        yield server
        server.kill()


def machine(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on this process is the machine whose cache is at ``place``."""
    monkeypatch.setenv("ASKPAPERS_CACHE", str(place))


def test_what_one_machine_writes_another_one_finds(
    chroma: ChromaServer, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    address, alone = chroma.address("papers"), tmp_path / "alone"
    source = jsonl(tmp_path / "papers.jsonl", ZEBRAS, TUNNELS)
    machine(here, monkeypatch)
    assert run(capsys, "search", "x", "--library", chroma.address("nothing")).code == 0
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
    monkeypatch.setattr(server_module, "_PATIENCE", (0.05,))
    machine(tmp_path / "here", monkeypatch)
    place = library_directory(chroma.address("killed"))
    with Library.open(place, embedder=CountingEmbedder(), create=True) as library:
        library.put([paper(n) for n in range(20)], origin="a")
        try:
            chroma.kill()
            with pytest.raises(server_module.ServerDown, match="is it running"):
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
    opened = []
    for name in ("here", "there"):
        machine(tmp_path / name, monkeypatch)
        place = library_directory(chroma.address("shared"))
        opened.append(Library.open(place, embedder=CountingEmbedder(), create=True))
    here, there = opened
    with here.filling():
        here.put([paper(1)])
        with pytest.raises(LibraryBusy, match="is writing to this library"):
            there.put([paper(2)])
    there.put([paper(2)])
    assert here._server is not None
    here._server._looked = 0.0  # as if some seconds had gone by
    assert here.search_lexical("subject2", 1)[0][0].startswith("p2#")
    # A writer that was killed leaves its sign, and rows of a change that was never finished.
    dead = here._server
    assert dead is not None
    monkeypatch.setattr(server_module, "_LEASE", -1.0)
    with dead.writing():
        monkeypatch.setattr(server_module, "_LEASE", 120.0)
        assert there.put([paper(3, "x " * 20_000)]).added == 1
    here._server._looked = 0.0
    here.search_lexical("subject2", 1)
    (long,) = here.papers(["p3"])
    assert len(long.abstract) == 40_000
    for library in opened:
        library.close()


@pytest.mark.parametrize("said", ["http://127.0.0.1:1", "http://127.0.0.1:1/", "cloud:x"])
def test_an_address_without_a_name_is_refused(capsys: Capture, said: str) -> None:
    ran = run(capsys, "papers", "--library", said)
    assert ran.code == 2
    assert "name the library, too" in ran.err


def test_a_server_that_was_never_there_is_named(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_PATIENCE", (0.05,))
    machine(tmp_path, monkeypatch)
    ran = run(capsys, "papers", "--library", "http://127.0.0.1:9/papers")
    assert "the Chroma server can't be reached" in ran.complaint
