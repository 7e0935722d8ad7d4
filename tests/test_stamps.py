"""A file that nothing has happened to since is not read again, and says the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import paper
from fakes import CountingEmbedder

from ingest.library import Library
from ingest.paper import Paper
from ingest.pipeline import Report, ingest
from ingest.sources import Options


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "papers.jsonl", [paper(n) for n in range(5)], "[]\n")


def written(file: Path, papers: list[Paper], rest: str = "") -> Path:
    lines = (json.dumps(p.to_dict()) + "\n" for p in papers)
    file.write_text("".join(lines) + rest, encoding="utf-8")
    return file


def said(report: Report) -> tuple[object, ...]:
    return report.tally, report.duplicates, [str(error) for error in report.skipped]


def ingested(library: Library, file: Path, options: Options | None = None) -> Report:
    return ingest(library, [str(file)], options=options)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library", embedder=CountingEmbedder(), create=True)


def test_the_same_file_again_says_the_same_without_being_read(library: Library, file: Path) -> None:
    first = ingested(library, file)
    read_again = ingest(library, [str(file)], options=Options(encoding="latin-1"))
    assert first.tally.added == read_again.tally.unchanged == 5
    ingested(library, file)
    calls: list[int] = []
    known = ingest(library, [str(file)], progress=calls.append)
    assert said(known) == said(read_again)
    assert calls == [], "nothing was read"
    assert len(known.skipped) == 1


def test_a_changed_file_is_read(library: Library, file: Path) -> None:
    ingested(library, file)
    written(file, [paper(n) for n in range(6)])
    assert ingested(library, file).tally.added == 1


def test_a_removed_paper_comes_back(library: Library, file: Path) -> None:
    ingested(library, file)
    library.remove(["p3"])
    assert len(library) == 4
    assert ingested(library, file).tally.added == 1
    assert len(library) == 5


def test_another_way_of_reading_is_another_file(library: Library, file: Path) -> None:
    ingested(library, file)
    calls: list[int] = []
    options = Options(columns={"title": "id"})
    report = ingest(library, [str(file)], options=options, progress=calls.append)
    assert calls == [5], "it was read"
    assert report.tally.unchanged == 5


def test_several_files_are_all_known_after_one_ingest(
    library: Library, file: Path, tmp_path: Path
) -> None:
    other = written(tmp_path / "others.jsonl", [paper(n) for n in range(4, 9)])
    both = [str(file), str(other)]
    ingest(library, both)
    calls: list[int] = []
    again = ingest(library, both, progress=calls.append)
    assert calls == []
    assert again.tally.unchanged == 10
