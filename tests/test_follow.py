"""Indexes that follow, in processes of their own, while more is written."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import paper
from fakes import CountingEmbedder

from ingest.errors import LibraryError
from ingest.library import Library

pytestmark = pytest.mark.usefixtures("approximate", "at_once")
WRITER = """
import sys, time
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from conftest import paper
from fakes import CountingEmbedder
from ingest.library import Library
from test_follow import followed
Library.many = 20
with Library.open(Path(sys.argv[1]), embedder=CountingEmbedder(), create=True) as library:
    with library.filling(enough=20):
        library.put([paper(n) for n in range(40)])
        followed(library, 1)
        for number in range(40, 10_000):
            library.put([paper(number)])
            print(number, flush=True)
"""


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few passages are worth a process, as many are."""
    monkeypatch.setattr(Library, "many", 20)


def followed(library: Library, seq: int) -> None:
    """Wait until both indexes have the change ``seq``."""
    for _ in range(1200):
        if all(library._truth.index(name).applied >= seq for name in ("lexical", "vectors")):
            return
        time.sleep(0.05)
    raise AssertionError("nobody followed")


def finds(library: Library, number: int) -> bool:
    words = library.search_lexical(f"subject{number}", 1)
    vector = library.embedder.embed([f"subject{number}"])[0]
    best = words[0][0] if words else ""
    return best.startswith(f"p{number}#") and best in dict(library.search_dense(vector, 5))


def test_what_is_written_is_indexed_while_more_is_written(library: Library) -> None:
    with library.filling(enough=20):
        library.put([paper(n) for n in range(30)])
        followed(library, library.version)  # by others: this process has not opened an index
        assert library._vectors._opened is None
        library.put([paper(n) for n in range(30, 35)])
        library.remove(["p3"])
    assert set(library.health().values()) == {"up"}
    assert library.disagreements() == []
    assert finds(library, 0) and finds(library, 34) and not finds(library, 3)


def test_little_is_written_without_another_process(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere")  # starting one would fail
    with library.filling(enough=20):
        library.put([paper(n) for n in range(10)])
    monkeypatch.setattr(Library, "many", 100)
    with library.filling(enough=5):
        library.put([paper(n) for n in range(10, 40)])
    assert library.disagreements() == []


def test_a_process_that_dies_costs_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "false")
    monkeypatch.setattr(Library, "many", 5)
    with library.filling(enough=5):
        library.put([paper(n) for n in range(10)])
        time.sleep(1)
        library.put([paper(10)])
    assert library.disagreements() == []
    assert finds(library, 10)


@pytest.mark.slow
def test_when_writing_fails_indexes_stop_and_the_next_writer_goes_on(library: Library) -> None:
    with pytest.raises(LibraryError, match="full"), library.filling(enough=20):
        library.put([paper(n) for n in range(30)])
        followed(library, 1)
        raise LibraryError("the disk is full")
    library.put([paper(30)])
    assert library.disagreements() == []
    assert finds(library, 30)


@pytest.mark.slow
def test_a_writer_that_is_killed_leaves_nobody_behind(tmp_path: Path) -> None:
    place = tmp_path / "library"
    roots = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(place), *roots], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [int(next(writer.stdout)) for _ in range(5)]
        writer.kill()
        acknowledged += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    with Library.open(place, embedder=CountingEmbedder()) as library:
        library.put([paper(20_000)])  # waits for them
        assert library.disagreements() == []
        assert set(library.health().values()) == {"up"}
        assert len(library) >= acknowledged[-1] + 2
        assert finds(library, acknowledged[-1]) and finds(library, 20_000)


@pytest.mark.slow
def test_no_question_waits_for_a_process_that_was_stopped(tmp_path: Path) -> None:
    place = tmp_path / "library"
    roots = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(place), *roots], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = int(next(writer.stdout))
        told = Path(f"/proc/{writer.pid}/task").glob("*/children")  # of its threads
        followers = [int(pid) for children in told for pid in children.read_text().split()]
        if not followers:
            writer.kill()
            pytest.skip("this system doesn't tell a process's children")
        for pid in followers:
            os.kill(pid, signal.SIGSTOP)
        writer.kill()
    try:
        with Library.open(place, embedder=CountingEmbedder()) as library:
            began = time.monotonic()
            vector = library.embedder.embed([f"subject{acknowledged}"])[0]
            near = dict(library.search_dense(vector, 5))
            assert any(id_.startswith(f"p{acknowledged}#") for id_ in near)
            library.search_lexical("subject1", 1)
            assert time.monotonic() - began < 30  # a writer waits for them for 60
    finally:
        for pid in followers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
