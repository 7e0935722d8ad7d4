"""A library on a server that is killed while papers come in and questions are asked."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from chroma_server import ChromaServer, needs_chroma, opened
from command_line import jsonl
from conftest import paper

from ingest.library import Library
from ingest.pipeline import ingest
from ingest.remote.wire import ServerDown

pytestmark = [pytest.mark.slow, needs_chroma]


def papers_file(place: Path, number: int) -> Path:
    return jsonl(place, *(paper(n).to_dict() for n in range(number)))


def assert_same(one: Library, other: Library, number: int) -> None:
    """Both hold the papers 0 to ``number`` - 1 once, with the same records and vectors."""
    ids = sorted(f"p{n}" for n in range(number))
    assert [p.id for p in one.papers()] == ids
    assert one.counts()["passages"] == number
    for here, there in zip(one.entries(), other.entries(), strict=True):
        assert here[0] == there[0]
        assert here[1].keys() == there[1].keys()
        for text, vector in here[1].items():
            assert vector is not None
            np.testing.assert_allclose(vector, there[1][text], atol=1e-3)


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
        with Library.open(tmp_path / "alone", embedder=here.embedder, create=True) as alone:
            ingest(alone, [str(source)])
            assert_same(here, alone, 300)


def test_questions_are_never_answered_wrongly_while_the_server_is_killed(
    chroma: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = chroma.address("asked")
    with opened(address, tmp_path / "there", monkeypatch) as there:
        there.put([paper(n) for n in range(30)])
    with opened(address, tmp_path / "here", monkeypatch) as here:
        done = threading.Event()
        wrong: list[object] = []
        answered = 0

        def ask() -> None:
            nonlocal answered
            while not done.is_set():
                asked, vector = answered % 30, here.embedder.embed([f"subject{answered % 30}"])[0]
                try:
                    found = here.candidates(f"subject{asked}", vector, 1)
                except ServerDown:
                    continue
                if not (next(iter(found.lexical), "").startswith(f"p{asked}#") and found.dense):
                    wrong.append((asked, found))
                answered += 1

        asking = threading.Thread(target=ask)
        asking.start()

        def three_more() -> bool:
            before, end = answered, time.monotonic() + 300
            while answered < before + 3 and asking.is_alive() and time.monotonic() < end:
                time.sleep(0.02)
            return answered >= before + 3

        try:
            for _ in range(2):
                assert three_more()
                chroma.kill()
                time.sleep(0.3)
                chroma.start()
            assert three_more()
        finally:
            done.set()
            asking.join(60)
        assert not wrong
