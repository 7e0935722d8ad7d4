"""A library on a server whose processes are killed: the server's, the writer's."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chroma_server import ChromaServer, needs_chroma, opened
from command_line import jsonl
from conftest import paper

from ingest.library import Library
from ingest.paths import library_directory
from ingest.pipeline import ingest
from ingest.remote.wire import Address, Wire

pytestmark = needs_chroma


@pytest.fixture(scope="module")
def chroma() -> Iterator[ChromaServer]:
    with tempfile.TemporaryDirectory() as place:
        server = ChromaServer(Path(place))
        yield server
        server.kill()


def papers_file(place: Path, number: int) -> Path:
    return jsonl(place, *(paper(n).to_dict() for n in range(number)))


def assert_same(one: Library, other: Library, number: int) -> None:
    """Both hold the papers 0 to ``number`` - 1 once, with the same records and vectors."""
    ids = sorted(f"p{n}" for n in range(number))
    assert [p.id for p in one.papers()] == ids
    assert list(one.papers()) == list(other.papers())
    assert one.counts() == other.counts()
    assert one.counts()["records"] == number
    here, there = (
        sorted(library._truth.records(ids), key=lambda r: r.key) for library in (one, other)
    )
    assert here == there
    for id_ in ids:
        mine, others = (library._truth.passages_of(id_) for library in (one, other))
        assert [name for name, _ in mine] == [name for name, _ in others]
        assert all((a == b).all() for (_, a), (_, b) in zip(mine, others, strict=True))


def test_an_ingest_goes_on_when_the_server_is_killed_and_started_again(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = papers_file(tmp_path / "papers.jsonl", 300)
    address, dice = chroma.address("restarted"), random.Random(7)
    with opened(address, tmp_path / "here", monkeypatch) as here:
        came = threading.Event()
        reports = []
        writer = threading.Thread(
            target=lambda: reports.append(
                ingest(here, [str(source)], progress=lambda papers: came.set(), batch=64)
            )
        )
        writer.start()
        kills = 0
        while kills < 2 and came.wait(60) and writer.is_alive():
            time.sleep(dice.random() * 0.2)  # anywhere in a batch
            chroma.kill()
            kills += 1
            time.sleep(0.2)
            chroma.start()
            came.clear()
        writer.join(120)
        assert kills == 2
        assert [report.tally.added for report in reports] == [300]
        assert not here.disagreements()
        with opened(address, tmp_path / "new", monkeypatch) as new:
            assert_same(here, new, 300)


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fakes import CountingEmbedder
from ingest.library import Library
from ingest.pipeline import ingest
with Library.open(Path(sys.argv[2]), embedder=CountingEmbedder(), create=True) as library:
    ingest(library, [sys.argv[3]], progress=lambda n: print(n, flush=True), batch=32)
"""


def killed_writer(place: Path, source: Path, papers: int, after: float) -> int:
    """Ingest in a process that is killed ``after`` so many seconds from when it has said that so
    many papers are kept; how many it said in the end."""
    command = [sys.executable, "-c", WRITER, str(Path(__file__).parent), str(place), str(source)]
    with subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        kept = 0
        while kept < papers:
            kept = int(run.stdout.readline())
        time.sleep(after)
        run.kill()
        return max([kept, *(int(line) for line in run.stdout.read().split())])


def test_a_writer_that_is_killed_is_followed_by_the_next(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = papers_file(tmp_path / "papers.jsonl", 400)
    address, dice = chroma.address("writers"), random.Random(3)
    for number in range(2):  # on two machines
        monkeypatch.setenv("ASKPAPERS_CACHE", str(tmp_path / f"machine{number}"))
        place = library_directory(address)
        kept = killed_writer(place, source, 64 + 128 * number, dice.random() * 0.1)
        expire(address)
        with opened(address, tmp_path / f"look{number}", monkeypatch) as look:
            assert len(look) >= kept  # what was acknowledged is on the server
    assert kept < 400
    with opened(address, tmp_path / "next", monkeypatch) as following:
        report = ingest(following, [str(source)])
        assert report.tally.unchanged >= kept
        assert report.tally.added + report.tally.unchanged == 400
        for name in ("new", "machine0"):
            with opened(address, tmp_path / name, monkeypatch) as other:
                assert_same(following, other, 400)


def expire(address: str) -> None:
    """As if a dead writer's two minutes had gone by."""
    Wire(Address(address)).drop(f"{address.rpartition('/')[2]}.writer")


def test_questions_are_answered_while_the_server_is_killed_and_started_again(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = chroma.address("asked")
    with opened(address, tmp_path / "there", monkeypatch) as there:
        there.put([paper(n) for n in range(30)])
    with opened(address, tmp_path / "here", monkeypatch) as here:
        assert here._server is not None
        server = here._server
        here.search_lexical("subject7", 1)  # both indexes are up from here on
        done = threading.Event()
        wrong: list[object] = []
        asked = 0

        def ask() -> None:
            nonlocal asked
            while not done.is_set():
                server._next_look = 0.0  # a look at every question
                found = here.search_lexical(f"subject{asked % 30}", 1)
                dense = here.search_dense(here.embedder.embed([f"subject{asked % 30}"])[0], 1)
                if not (found and found[0][0].startswith(f"p{asked % 30}#") and dense):
                    wrong.append((asked, found, dense))
                asked += 1

        asking = threading.Thread(target=ask)
        asking.start()
        for _ in range(2):
            chroma.kill()
            before = asked
            while asked < before + 5 and asking.is_alive():
                time.sleep(0.02)
            chroma.start()
        done.set()
        asking.join(60)
        assert not wrong
        assert asked > 10
        with opened(address, tmp_path / "there", monkeypatch) as there:
            there.put([paper(30)])
        server._next_look = 0.0
        assert here.search_lexical("subject30", 1)[0][0].startswith("p30#")
