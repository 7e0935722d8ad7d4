"""Several machines that write to one library on a server at once, some of them killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from chroma_server import ChromaServer, machine, needs_chroma, opened
from command_line import jsonl
from conftest import paper

from ingest.library import Library
from ingest.paper import Paper
from ingest.paths import library_directory
from ingest.pipeline import ingest

pytestmark = [pytest.mark.slow, needs_chroma]


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fakes import CountingEmbedder
from ingest.library import Library
from ingest.pipeline import ingest
from ingest.remote import claims
claims.LEASE = float(sys.argv[4])
with Library.open(Path(sys.argv[2]), embedder=CountingEmbedder(), create=True) as library:
    print("ready", flush=True)
    sys.stdin.readline()
    ingest(library, [sys.argv[3]], progress=lambda n: print(n, flush=True), batch=32)
"""


def writer(address: str, source: Path, cache: Path, lease: float = 30.0) -> subprocess.Popen[str]:
    """A process that ingests ``source`` once a line is written to it."""
    environment = {**os.environ, "ASKPAPERS_CACHE": str(cache)}
    with pytest.MonkeyPatch.context() as patched:
        machine(cache, patched)
        place = library_directory(address)
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", WRITER, here, str(place), str(source), str(lease)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()


def versions(number: int, writers: int) -> list[list[Paper]]:
    """What each of some writers says about the same papers: one by its arXiv id, one by its DOI,
    in another order, each with a topic of its own."""
    said = []
    for who in range(writers):
        papers = [
            paper(
                n,
                id=f"arxiv:2401.{n:05}" if who % 2 else f"doi:10.1000/{n}",
                title=f"The great and only title of the paper with number {n}",
                authors=("Ada Lovelace",),
                year=2024,
                topics=(f"topic{who}",),
            )
            for n in range(number)
        ]
        random.Random(who).shuffle(papers)
        said.append(papers)
    return said


@pytest.mark.parametrize("writers", [2, 4])
def test_several_writers_at_once_lose_and_double_nothing(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writers: int
) -> None:
    address, number = chroma.address(f"writers{writers}"), 64
    said = versions(number, writers)
    sources = [
        jsonl(tmp_path / f"{who}.jsonl", *(p.to_dict() for p in papers))
        for who, papers in enumerate(said)
    ]
    with ExitStack() as running:
        each = [running.enter_context(writer(address, s, tmp_path / s.stem)) for s in sources]
        for process in each:
            go(process)
        assert [process.wait(120) for process in each] == [0] * writers
    with opened(address, tmp_path / "look", monkeypatch) as shared:
        papers = list(shared.papers())
        assert len(shared) == len(papers) == number
        assert {p.topics for p in papers} == {tuple(f"topic{who}" for who in range(writers))}
        assert set(shared.origins().values()) == {number}
        assert shared.counts()["passages"] == number
        # The same as where one writes after the other.
        with Library.open(tmp_path / "alone", embedder=shared.embedder, create=True) as alone:
            for source in sources:
                ingest(alone, [str(source)])
            assert list(alone.papers()) == papers


def test_a_writer_that_is_killed_is_followed_by_the_next(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = jsonl(tmp_path / "papers.jsonl", *(paper(n).to_dict() for n in range(300)))
    address, dice = chroma.address("killed"), random.Random(3)
    for number in range(2):  # on two machines
        process = writer(address, source, tmp_path / f"machine{number}", lease=2.0)
        with process:
            go(process)
            kept = 0
            while kept < 64 + 64 * number:
                kept = int(process.stdout.readline())  # type: ignore[union-attr]
            time.sleep(dice.random() * 0.1)  # anywhere in a batch
            process.kill()
            kept = max([kept, *(int(line) for line in process.stdout.read().split())])  # type: ignore[union-attr]
        with opened(address, tmp_path / f"look{number}", monkeypatch) as look:
            assert len(look) >= kept  # what was acknowledged is on the server
    machine(tmp_path / "machine1", monkeypatch)  # where its claim is worth nothing at once
    with opened(address, tmp_path / "machine1", monkeypatch) as following:
        report = ingest(following, [str(source)])
        assert report.tally.unchanged >= kept
        assert report.tally.added + report.tally.unchanged == 300
        assert [p.id for p in following.papers()] == sorted(f"p{n}" for n in range(300))
        assert following.counts()["passages"] == 300
