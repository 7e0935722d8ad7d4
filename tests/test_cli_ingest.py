"""`askpapers ingest` on the command line: what it says of each file, and what it changes."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import TUNNELS, ZEBRAS, jsonl, run

from ingest.library import Library
from ui.cli import estimate

Capture = pytest.CaptureFixture[str]

ROOT = Path(__file__).parents[1]
PROSE = "We present a method that does what no method did before. " * 5
PAGE = f"new\nSubscribe\n\nA First Method\n\n{PROSE}\n\nA Second Method\n\n{PROSE}\n"
HTML = f"<h3>A First Method</h3><p>{PROSE}</p><h3>A Second Method</h3><p>{PROSE}</p>"
LINES = "".join(
    json.dumps({"title": title, "abstract": PROSE}) + "\n"
    for title in ("A First Method", "A Second Method")
)
FORMATS = {
    "JSONL": ("papers.jsonl", LINES.encode()),
    "JSONL without its suffix": ("papers", LINES.encode()),
    "a page as text": ("page.txt", PAGE.encode()),
    "a page as HTML": ("page.html", HTML.encode()),
    "packed JSONL": ("papers.jsonl.gz", gzip.compress(LINES.encode())),
    "a packed page": ("page.html.gz", gzip.compress(HTML.encode())),
}


@pytest.mark.parametrize(("name", "content"), FORMATS.values(), ids=FORMATS.keys())
def test_a_file_of_each_format_is_read_and_a_second_time_changes_nothing(
    tmp_path: Path, capsys: Capture, name: str, content: bytes
) -> None:
    source, place = tmp_path / name, tmp_path / "library"
    source.write_bytes(content)
    first = run(capsys, "ingest", source, "--library", place)
    assert (first.code, first.err) == (0, "")
    assert first.out == f"2 papers read: 2 added. The library at {place} holds 2 papers.\n"
    with Library.open(place) as library:
        titles = {paper.title for paper in library.papers()}
        version = library.version
    assert titles == {"A First Method", "A Second Method"}
    second = run(capsys, "ingest", source, "--library", place)
    assert (second.code, second.err) == (0, "")
    assert second.out.startswith("2 papers read: 2 unchanged, nothing changed.")
    with Library.open(place) as library:
        assert library.version == version


def test_ingest_as_json_tells_what_was_done(tmp_path: Path, capsys: Capture, two: Path) -> None:
    changed = {**ZEBRAS, "abstract": f"{ZEBRAS['abstract']} They count to twelve by now."}
    known = {**TUNNELS, "source": "two.jsonl"}  # where a paper comes from is a fact about it
    source = jsonl(
        tmp_path / "more.jsonl", changed, known, known, "{", {**ZEBRAS, "id": "z2", "title": "Z"}
    )
    ran = run(capsys, "ingest", "--json", source, "--library", two)
    assert ran.json == {
        "read": 3,
        "added": 1,
        "updated": 1,
        "unchanged": 0,
        "kept_abstracts": 0,
        "merged": 1,
        "removed": 0,
        "duplicates": 1,
        "not_pruned": [],
        "skipped": [
            {
                "file": str(source),
                "record": 4,
                "reason": "not JSON (Expecting property name enclosed in double quotes)",
            }
        ],
        "library": str(two),
        "papers": 3,
    }


def test_a_digest_of_a_known_abstract_is_said_to_be_known_already(
    tmp_path: Path, capsys: Capture, two: Path
) -> None:
    source = jsonl(tmp_path / "digest.jsonl", {**ZEBRAS, "abstract": "Short.", "kind": "digest"})
    ran = run(capsys, "ingest", source, "--library", two)
    assert ran.out.startswith("1 papers read: 1 known already by their abstracts, nothing changed.")


def test_python_m_ingest_does_the_same_as_the_command(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "papers.jsonl", ZEBRAS, "{")
    ran = subprocess.run(
        [sys.executable, "-m", "ingest", source, "--library", tmp_path / "library"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0
    assert ran.stdout.startswith("1 papers read: 1 added, 1 skipped.")
    assert ran.stderr.startswith(f"skipped: {source}, line 2: not JSON")
    assert len(ran.stderr.splitlines()) == 1


def test_a_long_ingest_says_once_how_long_it_will_take(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [{"title": f"Title {n}", "abstract": f"We study subject{n}."} for n in range(300)]
    source = jsonl(tmp_path / "many.jsonl", *lines)
    monkeypatch.setattr(estimate, "_MEASURED", 100)
    assert run(capsys, "ingest", source, "--library", tmp_path / "soon").err == ""
    monkeypatch.setattr(estimate, "_LONG", 0)
    ran = run(capsys, "ingest", source, "--library", tmp_path / "late")
    (line,) = ran.err.splitlines()
    assert line.startswith("contextual: 172 passages are left to embed, about ")
    assert "; a new library with --embedder static takes about " in line
    known = jsonl(tmp_path / "more.jsonl", *lines, ZEBRAS)
    assert run(capsys, "ingest", known, "--library", tmp_path / "late").err == ""
    quick = run(capsys, "ingest", source, "--embedder", "static", "--library", tmp_path / "quick")
    assert (quick.code, quick.err) == (0, "")


def test_a_time_is_told_in_the_unit_that_a_person_would_take() -> None:
    told = [estimate.lasting(seconds) for seconds in (61, 119.4, 180, 7000, 9000)]
    assert told == ["61 s", "119 s", "3 min", "117 min", "2.5 h"]


def test_a_directory_is_read_without_the_library_that_lies_in_it(
    tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "papers.jsonl").write_text(LINES)
    place = tmp_path / "kept" / "library"
    run(capsys, "ingest", tmp_path / "papers.jsonl", "--library", place)
    again = run(capsys, "ingest", tmp_path, "--library", place)
    assert (again.code, again.err) == (0, "")
    with Library.open(place) as library:
        assert len(library) == 2
