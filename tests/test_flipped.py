"""A database of which one byte has changed on the disk: no paper is another one unnoticed."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from command_line import Ran, run

from ingest.starter import starter_papers

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def library(tmp_path: Path, capsys: Capture) -> Path:
    papers = "".join(f"{paper.to_json()}\n" for paper in starter_papers())
    (tmp_path / "papers.jsonl").write_text(papers)
    place = tmp_path / "library"
    source = tmp_path / "papers.jsonl"
    assert run(capsys, "ingest", source, "--embedder", "static", "--library", place).code == 0
    return place


def papers(capsys: Capture, library: Path) -> Ran:
    return run(capsys, "papers", "--json", "--library", library)


def test_a_flipped_byte_that_changes_a_paper_is_noticed(
    library: Path, tmp_path: Path, capsys: Capture
) -> None:
    before = papers(capsys, library)
    content = (library / "askpapers.sqlite").read_bytes()
    luck = random.Random(4)
    changed = 0
    for number in range(40):
        place = tmp_path / f"copy {number}"
        shutil.copytree(library, place)
        at = luck.randrange(len(content))
        flipped = bytes([content[at] ^ 1 << luck.randrange(8)])
        (place / "askpapers.sqlite").write_bytes(content[:at] + flipped + content[at + 1 :])
        checked = run(capsys, "status", "--check", "--library", place)
        after = papers(capsys, place)
        if after != before:
            changed += 1
            assert checked.code == 2, at
            assert len(after.err.splitlines()) <= 1
        shutil.rmtree(place)
    assert changed >= 10
    assert run(capsys, "status", "--check", "--library", library).code == 0


@pytest.mark.parametrize("becomes", ["Qwen", '"'], ids=["another text", "no JSON"])
def test_repair_says_which_paper_it_is_and_how_to_get_it_back(
    library: Path, tmp_path: Path, capsys: Capture, becomes: str
) -> None:
    import sqlite3

    before = papers(capsys, library)
    with sqlite3.connect(library / "askpapers.sqlite") as database:
        (id_, title) = database.execute(
            "select id, json_extract(fields, '$.title') from papers limit 1"
        ).fetchone()
        database.execute(
            "update papers set fields = replace(fields, ?, ?) where id = ?", (title, becomes, id_)
        )
    database.close()
    line = run(capsys, "repair", "--library", library).complaint
    assert f"run: askpapers remove {id_}; then ingest" in line
    assert run(capsys, "remove", id_, "--library", library).code == 0
    assert run(capsys, "ingest", tmp_path / "papers.jsonl", "--library", library).code == 0
    assert papers(capsys, library) == before
    assert run(capsys, "repair", "--library", library).code == 0
