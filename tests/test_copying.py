"""Libraries copied: directory to server and back, broken off and gone on with, from an old log."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from chroma_server import ChromaServer, machine, needs_chroma, opened
from command_line import run
from conftest import paper
from fakes import CountingEmbedder

from ingest.copying import copied
from ingest.errors import LibraryError, LibraryMismatch
from ingest.library import Library
from ingest.passages import PassageSettings
from ingest.paths import library_directory
from ingest.remote import oldlog
from ingest.remote.wire import Address, Rows, Wire
from ingest.store.provenance import identity_of

Capture = pytest.CaptureFixture[str]
pytestmark = needs_chroma


def test_a_library_travels_to_a_server_and_back_and_loses_nothing(
    chroma: ChromaServer,
    library: Library,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine(tmp_path / "cache", monkeypatch)
    library.put([paper(n, topics=("A", "b")) for n in range(40)], origin="here")
    library.put([paper(n, kind="digest") for n in range(30, 50)], origin="there")
    library.put([paper(99, "A long one. " * 200)])
    there, back = chroma.address("travels"), tmp_path / "back"
    assert "51 papers copied" in run(capsys, "copy", library.directory, there).out
    assert "0 papers copied, 61 were there" in run(capsys, "copy", library.directory, there).out
    assert "holds 51" in run(capsys, "copy", there, back).out
    with Library.open(back) as again:
        assert again.identity == library.identity
        assert again.counts() == library.counts()
        assert again.origins() == library.origins()
        for one, other in zip(again.entries(), library.entries(), strict=True):
            assert sorted(one[0], key=lambda r: r.key) == sorted(other[0], key=lambda r: r.key)
            for text, vector in other[1].items():
                np.testing.assert_allclose(one[1][text], vector, atol=1e-3)
    complaint = run(capsys, "copy", there, there).complaint
    assert "onto itself" in complaint


def test_a_copy_that_was_broken_off_goes_on_where_it_was(
    chroma: ChromaServer, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.put([paper(n) for n in range(1_100)])
    with opened(chroma.address("broken"), tmp_path / "cache", monkeypatch) as there:

        def killed(arrived: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            copied(library.directory, there.directory, killed)
        arrived: list[int] = []
        tally, held = copied(library.directory, there.directory, arrived.append)
        assert (tally.unchanged, tally.added, held) == (500, 600, 1_100)
        assert arrived == [500, 1_000, 1_100]


def test_a_library_made_by_another_embedder_is_not_mixed_in(
    chroma: ChromaServer, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.put([paper(1)])
    machine(tmp_path / "cache", monkeypatch)
    place = library_directory(chroma.address("other"))
    Library.open(place, embedder=CountingEmbedder(64, "other"), create=True).close()
    with pytest.raises(LibraryMismatch, match="counting"):
        copied(library.directory, place, lambda arrived: None)


def old_library(address: str, papers: int) -> None:
    """A library as askpapers kept it on a server before: two rows of packed papers, the second of
    which says that the first paper is gone."""
    identity = identity_of(CountingEmbedder(), PassageSettings())
    said = [
        {
            "id": f"p{n}",
            "paper": paper(n).to_dict(),
            "records": [["old.jsonl", None]],
            "passages": [[0, len(paper(n).abstract), base64.b64encode(vector).decode()]],
        }
        for n in range(papers)
        for vector in [CountingEmbedder().embed([f"Title {n}. {paper(n).abstract}"])[0]]
        for vector in [vector.astype(np.float16).tobytes()]
    ]
    rows = []
    for group in (said, [{"id": "p0"}]):
        text = base64.b64encode(zlib.compress(json.dumps(group).encode())).decode()
        half = len(text) // 2
        rows.append({"parts": 2, "whole": True, "text0": text[:half], "text1": text[half:]})
    parts = {f"identity {key}": json.dumps(value) for key, value in identity.items()}
    wire = Wire(Address(address))
    facts = {"layout": oldlog.LAYOUT, "rows": 2, "written": 9, "start": 0, "anew": 0, **parts}
    wire.make(wire.address.name, facts)
    log = Rows(wire, wire.address.name).look()
    log.upsert(ids=["0", "1"], embeddings=[[0.0], [1.0]], metadatas=rows)


def test_a_library_of_the_old_layout_is_told_and_copied(
    chroma: ChromaServer, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = chroma.address("old")
    machine(tmp_path / "cache", monkeypatch)
    old_library(address, 5)
    for command in (["papers"], ["search", "subject1"]):
        complaint = run(capsys, *command, "--library", address).complaint
        assert f"askpapers copy {address} {address}-2" in complaint
    assert "4 papers copied" in run(capsys, "copy", address, f"{address}-2").out
    with opened(f"{address}-2", tmp_path / "cache", monkeypatch) as new:
        assert list(new.papers()) == [paper(n) for n in range(1, 5)]
        assert new.origins() == {"old.jsonl": 4}
        near = new.search_dense(new.embedder.embed(["subject3"])[0], 1)
        assert near[0][0].startswith("p3#")
    with pytest.raises(LibraryError, match="older askpapers"):
        copied(new.directory, library_directory(address), lambda arrived: None)
