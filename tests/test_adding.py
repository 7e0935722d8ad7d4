"""Papers that a visitor gives: what is taken, what isn't and why, and that nothing else is read."""

from __future__ import annotations

import gzip
import html
import time
from pathlib import Path

import pytest
from command_line import TUNNELS, ZEBRAS, jsonl
from paper_server import arxiv_id, paper_server

from ingest.errors import ParseError
from ingest.library import Library
from ingest.pipeline import Report
from ingest.sources import Limits, Options
from ingest.sources.services.live import Address, address
from ui.library.adding import Added, add, arxiv_ids, given
from ui.library.page import report_html

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


PASTED = {
    "BibTeX": "@misc{z, title={Zebras That Count}, abstract={We count zebras.}}",
    "RIS": "TY  - JOUR\nTI  - Zebras That Count\nAB  - We count zebras.\nER  - ",
    "labelled text": "Title: Zebras That Count\nAbstract: We count zebras.",
    "a table": "title\tabstract\nZebras That Count\tWe count zebras.",
    "JSON": '{"title": "Zebras That Count", "abstract": "We count zebras."}',
    "MEDLINE": "PMID- 1\nTI  - Zebras That Count\nAB  - We count zebras.\n",
}


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED.keys())
def test_what_the_command_line_reads_is_read_when_it_is_pasted(library: Library, text: str) -> None:
    assert refused(added(library, [], text)) == []
    assert [(p.title, p.abstract) for p in library.papers()] == [
        ("Zebras That Count", "We count zebras.")
    ]


@pytest.mark.parametrize("text", ["/etc/passwd", "../../etc/passwd", "file:///etc/passwd", "*.txt"])
def test_a_pasted_path_is_never_opened(library: Library, text: str) -> None:
    last = added(library, [], text)
    assert len(library) == 0
    (said,) = refused(last)
    assert said.startswith(f"{text}: neither an arXiv id or address, nor BibTeX")


def test_arxiv_ids_are_handed_to_the_sources_together() -> None:
    with given([], "2407.11062\nhttps://arxiv.org/abs/2308.12908") as wanted:
        assert wanted.sources == ("arxiv:2407.11062,2308.12908",)
        assert address(wanted.sources[0]) == Address(
            wanted.sources[0], ids=("2407.11062", "2308.12908")
        )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", b"%PDF-1.7 ...", "a PDF"),
        ("a.docx", b"PK\x03\x04 word/document.xml", "a Word document (docx)"),
        ("program.exe", b"MZ\x90\0\3\0", "a binary file"),
        ("page.svg", b"<svg><text>Zebras</text></svg>", ""),
    ],
)
def test_other_kinds_of_files_are_refused_by_their_names_and_deleted(
    library: Library, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    last = added(library, [tmp_path / name])
    assert last.report is not None
    (error,) = last.report.skipped
    assert str(error).startswith(f"{name}: {reason}")
    assert len(library) == 0
    assert not (tmp_path / name).exists()


RIS = "TY  - JOUR\nTI  - Rooks {n}\nAB  - We count {n} rooks.\nER  - \n"
COSTLY = {
    "many records": (RIS, "over 100 records", 100),
    "records that are none": ("TY  - JOUR\nER  - \n", "over 100 records", 0),
    "one without an end": ("KW  - rooks\n", "needs more than 1 s or 150 MB", 0),
}


@pytest.mark.parametrize(("unit", "reason", "papers"), COSTLY.values(), ids=COSTLY.keys())
def test_a_file_may_cost_only_so_much(
    library: Library,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unit: str,
    reason: str,
    papers: int,
) -> None:
    monkeypatch.setattr("ui.library.adding.LIMITS", Limits(100, seconds=1, megabytes=150))
    text = "".join(unit.format(n=n) for n in range(3_000_000 // len(unit)))
    packed = tmp_path / "rooks.ris.gz"
    packed.write_bytes(gzip.compress(b"TY  - JOUR\n" * (papers == 0) + text.encode() * 15))
    last = added(library, [packed])
    assert last.report is not None
    assert str(last.report.skipped[-1]).startswith(f"rooks.ris.gz: {reason}")
    assert len(library) == papers


def test_without_a_network_the_answer_comes_soon_and_in_words(library: Library) -> None:
    options = Options(arxiv="http://127.0.0.1:9/api", pause=0.0)
    started = time.monotonic()
    *_, last = add(library, [], "2407.11062", options=options)
    assert time.monotonic() - started < 60
    assert last.report is not None
    (error,) = last.report.skipped
    assert "no connection to 127.0.0.1: is this machine online" in error.reason
    assert "rrno" not in error.reason


def test_all_that_was_skipped_can_be_looked_at() -> None:
    skipped = [ParseError("a.ris", "no abstract", record=n) for n in range(1_071)]
    shown = report_html(Added(0, Report(skipped=skipped)))
    assert "1,071 skipped" in shown
    assert "and 1,051 more: show" in shown
    assert html.unescape(shown).count("<li>a.ris, line") == 1_071


def test_too_large_and_too_many_are_refused_and_the_others_read(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.library.adding.MAX_BYTES", 2_000)
    monkeypatch.setattr("ui.library.adding.MAX_FILES", 4)
    files = [
        jsonl(tmp_path / f"{n}.jsonl", {**ZEBRAS, "id": f"z{n}", "title": f"Zebra {n}"})
        for n in range(4)
    ]
    large = jsonl(tmp_path / "large.jsonl", *[ZEBRAS] * 50)
    late = jsonl(tmp_path / "late.jsonl", TUNNELS)
    last = added(library, [large, *files[1:], late])
    assert len(library) == 3
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
