"""Papers that a visitor gives: what is taken, what isn't and why, and that nothing else is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import TUNNELS, ZEBRAS, jsonl
from paper_server import arxiv_id, paper_server

from ingest.library import Library
from ingest.sources import Options
from ingest.sources.services.live import Address, address
from ui.library.adding import MAX_FILES, Added, add, arxiv_ids, given

PAGE = """Zebras That Count by Night

We teach zebras to count. """ + " ".join(f"Zebras count to {n}." for n in range(20))


def added(library: Library, uploads: list[Path], pasted: str = "") -> Added:
    *_, last = add(library, [str(path) for path in uploads], pasted, pace=0.01)
    return last


def refused(last: Added) -> list[str]:
    return [str(error) for error in last.refused]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("2407.11062", ["2407.11062"]),
        ("arXiv:2407.11062v2", ["2407.11062"]),
        ("https://arxiv.org/abs/2407.11062", ["2407.11062"]),
        ("https://arxiv.org/pdf/2407.11062v1.pdf", ["2407.11062"]),
        ("https://huggingface.co/papers/2407.11062?x=1", ["2407.11062"]),
        ("2407.11062, 2308.12908 2407.11062", ["2407.11062", "2308.12908"]),
        ("cs/0112017\nmath.AG/0611042", ["cs/0112017", "math.ag/0611042"]),
        ("https://evil.example/abs/2407.11062", []),
        ("file:///etc/passwd", []),
        ("/etc/passwd", []),
        ("see 2407.11062 for more", []),
    ],
)
def test_arxiv_ids_are_known_in_the_forms_that_people_paste(text: str, ids: list[str]) -> None:
    assert arxiv_ids(text)[0] == ids


def test_an_uploaded_file_is_read_and_then_deleted(library: Library, tmp_path: Path) -> None:
    upload = jsonl(tmp_path / "my papers.jsonl", ZEBRAS, TUNNELS, {"title": "no text"})
    last = added(library, [upload])
    assert last.report is not None
    assert (last.report.tally.added, len(library)) == (2, 2)
    (error,) = last.report.skipped
    assert str(error).startswith("my papers.jsonl, line 3:")
    assert not upload.exists()


def test_the_text_of_a_page_is_read(library: Library) -> None:
    last = added(library, [], PAGE)
    assert last.report is not None
    assert last.report.tally.added == 1
    (paper,) = library.papers()
    assert paper.title == "Zebras That Count by Night"


@pytest.mark.parametrize("text", ["/etc/passwd", "../../etc/passwd", "file:///etc/passwd", "*.txt"])
def test_a_pasted_path_is_never_opened(library: Library, text: str) -> None:
    last = added(library, [], text)
    assert len(library) == 0
    (said,) = refused(last)
    assert said == f"{text}: neither an arXiv id or address, nor the text of a page with abstracts"


def test_arxiv_ids_are_handed_to_the_sources_together() -> None:
    with given([], "2407.11062\nhttps://arxiv.org/abs/2308.12908") as wanted:
        assert wanted.sources == ("arxiv:2407.11062,2308.12908",)
        assert address(wanted.sources[0]) == Address(
            wanted.sources[0], ids=("2407.11062", "2308.12908")
        )


@pytest.mark.parametrize("name", ["program.exe", "page.svg", "noname", "x.pdf"])
def test_other_kinds_of_files_are_refused_and_deleted(
    library: Library, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("Title\n\n" + PAGE)
    (said,) = refused(added(library, [tmp_path / name]))
    assert said.startswith(f"{name}: not a kind of file that is read here")
    assert not (tmp_path / name).exists()


def test_too_large_and_too_many_are_refused_and_the_others_read(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.library.adding.MAX_BYTES", 2_000)
    files = [
        jsonl(tmp_path / f"{n}.jsonl", {**ZEBRAS, "id": f"z{n}", "title": f"Zebra {n}"})
        for n in range(MAX_FILES)
    ]
    large = jsonl(tmp_path / "large.jsonl", *[ZEBRAS] * 50)
    late = jsonl(tmp_path / "late.jsonl", TUNNELS)
    last = added(library, [large, *files[1:], late])
    assert len(library) == MAX_FILES - 1
    assert [said.partition(":")[0] for said in refused(last)] == ["large.jsonl", "late.jsonl"]
    assert list(tmp_path.glob("*.jsonl")) == [files[0]]  # which was never uploaded


def test_arxiv_is_asked_where_the_options_say_and_only_for_the_rest(
    library: Library, tmp_path: Path
) -> None:
    with paper_server(total=30) as server:
        options = Options(arxiv=server.arxiv, downloads=tmp_path / "live", pause=0.0)
        ids = " ".join(arxiv_id(number) for number in range(3))
        *_, last = add(library, [], ids, options=options, pace=0.01)
        assert (last.report and last.report.tally.added, len(server.asked)) == (3, 1)
    assert not list((tmp_path / "live").glob("*/*"))  # nothing waits that has been read


def test_a_busy_library_is_a_problem_in_words(library: Library, tmp_path: Path) -> None:
    with Library.open(library.directory, embedder=library.embedder) as other, other.writing():
        last = added(library, [jsonl(tmp_path / "a.jsonl", ZEBRAS)])
    assert last.problem is not None
    assert "another process is writing" in last.problem


def test_nothing_given_is_nothing_done(library: Library) -> None:
    last = added(library, [], " \n ")
    assert last.report is not None
    assert (last.report.papers, refused(last)) == (0, [])
