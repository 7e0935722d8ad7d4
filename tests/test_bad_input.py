"""Whatever is handed to the command line, a person gets one line with the way out, no traceback."""

import gzip
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from command_line import TUNNELS, ZEBRAS, jsonl, run
from conftest import paper
from fakes import CountingEmbedder

from ingest.errors import QuestionError
from ingest.library import Library
from ingest.paper import Paper
from rag import Assistant

Capture = pytest.CaptureFixture[str]

GOOD = json.dumps(ZEBRAS).encode() + b"\n"
ALSO_GOOD = json.dumps(TUNNELS).encode() + b"\n"
PROSE = "We present a method that does what no method did before. " * 5


@pytest.fixture
def stocked(tmp_path: Path, capsys: Capture) -> Path:
    """A library of two papers, made by the bundled embedder."""
    directory = tmp_path / "stocked"
    source = jsonl(tmp_path / "stock.jsonl", ZEBRAS, TUNNELS)
    assert run(capsys, "ingest", source, "--library", directory).code == 0
    return directory


WITHOUT_PAPERS = {
    "empty": ("f.jsonl", b"", ": the file is empty"),
    "only white space": ("f.jsonl", b" \n\t\n \r\n", ": the file is empty"),
    "binary": ("f.jsonl", b"\x7fELF\x02\x01\x01\0\0\0\0", ": a binary file; text, HTML or JSONL"),
    "Latin-1 JSONL": ("f.jsonl", b'{"title": "\xe9t\xe9"}\n', ", line 1: not UTF-8 (byte 12 of"),
    "a page without papers": ("f.txt", b"new\nSubscribe\nMay 9\n", ": no papers in it, read as"),
    "HTML without papers": ("f.html", b"<html><p>Hello</p></html>", ": no papers in it, read as"),
    "a list": ("f.jsonl", b"[1, 2]\n", ", line 1: a JSON list, not an object with a title"),
    "no title": ("f.jsonl", b'{"abstract": "x"}\n', ", line 1: no title"),
    "a page's abstract alone": ("f.txt", PROSE.encode(), ", line 1: an abstract without a title"),
    "one line of 30 MB": ("f.jsonl", b"x" * 30_000_000, ", line 1: longer than 8 MB"),
    "packed, broken off": ("f.gz", gzip.compress(bytes(range(256)))[:-100], ": can't be read ("),
    "packed, not really": ("f.gz", b"\x1f\x8b of course not", ": can't be read ("),
}


@pytest.mark.parametrize(
    ("name", "content", "reason"), WITHOUT_PAPERS.values(), ids=WITHOUT_PAPERS.keys()
)
def test_a_file_without_papers_gets_one_line_that_names_it_and_says_why(
    tmp_path: Path, capsys: Capture, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    ran = run(capsys, "ingest", path, "--library", tmp_path / "library")
    assert ran.complaint.startswith(f"skipped: {path}{reason}")
    assert "holds 0 papers" in ran.out


def directory(place: Path) -> Path:
    (place / "folder").mkdir()
    return place / "folder"


def missing(place: Path) -> Path:
    return place / "missing.jsonl"


def pipe(place: Path) -> Path:
    os.mkfifo(place / "pipe")
    return place / "pipe"


def endless_name(place: Path) -> Path:
    return place / ("n" * 5000)


def circle(place: Path) -> Path:
    (place / "one").symlink_to(place / "two")
    (place / "two").symlink_to(place / "one")
    return place / "one"


def below_a_file(place: Path) -> Path:
    return jsonl(place / "file.jsonl", ZEBRAS) / "inside.jsonl"


NO_FILES = {
    "a directory": (directory, "no files of papers in this directory"),
    "a missing path": (missing, "no such file"),
    "a pipe": (pipe, "a pipe; save what comes out of it"),
    "a name without end": (endless_name, "can't be read"),
    "links in a circle": (circle, "can't be read"),
    "below a file": (below_a_file, "can't be read"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links of Unix")
@pytest.mark.parametrize(("make", "reason"), NO_FILES.values(), ids=NO_FILES.keys())
def test_what_is_no_file_is_named(
    tmp_path: Path, capsys: Capture, make: Callable[[Path], Path], reason: str
) -> None:
    path = make(tmp_path)
    ran = run(capsys, "ingest", path, "--library", tmp_path / "library")
    assert ran.complaint.startswith(f"skipped: {path}: {reason}")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_read_permission_is_named(tmp_path: Path, capsys: Capture) -> None:
    path = jsonl(tmp_path / "secret.jsonl", ZEBRAS)
    path.chmod(0)
    ran = run(capsys, "ingest", path, "--library", tmp_path / "library")
    assert ran.complaint == f"skipped: {path}: can't be read (Permission denied)"


BAD_RECORDS = {
    "broken": (b'{"title": "A", "abstr', "not JSON (Unterminated string"),
    "a list": (b'["A", "text"]', "a JSON list, not an object with a title"),
    "a number": (b"17", "a JSON int, not an object with a title"),
    "no title": (b'{"abstract": "Text."}', "no title"),
    "a title of spaces": (b'{"title": "  ", "abstract": "Text."}', "no title"),
    "no abstract": (b'{"title": "A Title"}', "no abstract ('A Title')"),
    "an abstract that is no text": (b'{"title": "A", "abstract": {"x": 1}}', "no abstract ('A')"),
    "Latin-1": ('{"title": "Mélange"}'.encode("latin-1"), "not UTF-8 (byte 13 of the line)"),
    "a number of 5,000 digits": (b'{"n": ' + b"1" * 5000 + b"}", "not JSON (a number is too long"),
    "980 levels": (b'{"n": ' + b"[" * 980 + b"]" * 980 + b"}", "not JSON (nested too deep)"),
    "200,000 levels": (b"[" * 200_000, "not JSON (nested too deep)"),
    "one line of 30 MB": (b"x" * 30_000_000, "longer than 8 MB"),
}


@pytest.mark.parametrize(("bad", "reason"), BAD_RECORDS.values(), ids=BAD_RECORDS.keys())
def test_good_records_around_a_bad_one_are_kept_and_the_bad_one_is_listed_by_its_line(
    tmp_path: Path, capsys: Capture, bad: bytes, reason: str
) -> None:
    path, library = tmp_path / "mixed.jsonl", tmp_path / "library"
    path.write_bytes(GOOD + bad + b"\n" + ALSO_GOOD)
    ran = run(capsys, "ingest", path, "--library", library)
    assert ran.code == 0
    (line,) = ran.err.splitlines()
    assert line.startswith(f"skipped: {path}, line 2: {reason}")
    assert ran.out.startswith("2 papers read: 2 added, 1 skipped.")
    with Library.open(library) as opened:
        assert [held.id for held in opened.papers()] == ["tunnels", "zebras"]


def test_a_source_that_cant_be_read_does_not_keep_the_others_out(
    tmp_path: Path, capsys: Capture
) -> None:
    good, none = jsonl(tmp_path / "good.jsonl", ZEBRAS), tmp_path / "none.jsonl"
    ran = run(capsys, "ingest", none, good, "--library", tmp_path / "library")
    assert (ran.code, ran.err) == (0, f"skipped: {none}: no such file\n")


def test_of_many_bad_records_twenty_are_named_and_the_rest_counted(
    tmp_path: Path, capsys: Capture
) -> None:
    path = jsonl(tmp_path / "bad.jsonl", ZEBRAS, *["{"] * 25)
    ran = run(capsys, "ingest", path, "--library", tmp_path / "library")
    assert ran.code == 0
    assert len(ran.err.splitlines()) == 21
    assert ran.err.endswith("skipped: 5 more; in all: 25 not JSON; --json names each\n")


STORABLE = {
    "a lone surrogate in another field": rb'{"title": "A", "abstract": "x", "note": "\ud800"}',
    "a lone surrogate in a field's name": rb'{"title": "A", "abstract": "x", "\ud800": 1}',
    "a lone surrogate in the title": rb'{"title": "A \ud800", "abstract": "x"}',
    "a zero byte": rb'{"title": "A", "abstract": "x \u0000 y"}',
    "a year that is none": b'{"title": "A", "abstract": "x", "year": NaN}',
    "authors that are none": b'{"title": "A", "abstract": "x", "authors": [{}, null, 3]}',
}


@pytest.mark.parametrize("record", STORABLE.values(), ids=STORABLE.keys())
def test_an_odd_field_does_not_cost_the_paper(
    tmp_path: Path, capsys: Capture, record: bytes
) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_bytes(record + b"\n")
    ran = run(capsys, "ingest", path, "--library", tmp_path / "library")
    assert (ran.code, ran.err) == (0, "")
    listed = run(capsys, "papers", "--json", "--library", tmp_path / "library")
    assert listed.json["title"].startswith("A")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names themselves")
def test_a_file_whose_name_is_no_utf8_is_read(tmp_path: Path, capsys: Capture) -> None:
    path = jsonl(tmp_path / "caf\udce9.jsonl", ZEBRAS)
    ran = run(capsys, "ingest", path, "--library", tmp_path / "library")
    assert (ran.code, ran.err) == (0, "")


def test_html_that_no_parser_likes_still_gives_its_papers(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><![foo ]><h3>A Method</h3><![ x><p>{PROSE}</p></div></p>")
    ran = run(capsys, "ingest", path, "--library", tmp_path / "library")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("1 papers read: 1 added.")


def test_json_lines_are_known_by_their_content_behind_a_byte_order_mark(
    tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "exported.txt"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD + ALSO_GOOD)
    ran = run(capsys, "ingest", path, "--library", tmp_path / "library")
    assert ran.out.startswith("2 papers read: 2 added.")


QUESTIONS = {
    "empty": ("", "the question is empty; ask about a paper"),
    "only spaces": (" \t\n ", "the question is empty; ask about a paper"),
    "100,000 characters": ("why " * 25_000, "the question has 99,999 characters; at most 20,000"),
}


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize(("question", "said"), QUESTIONS.values(), ids=QUESTIONS.keys())
def test_a_question_that_cant_be_asked_says_why(
    stocked: Path, capsys: Capture, command: str, question: str, said: str
) -> None:
    ran = run(capsys, command, question, "--library", stocked)
    assert ran.complaint.startswith(f"askpapers: {said}")
    assert ran.out == ""


def test_a_question_with_bytes_that_are_no_utf8_is_answered(stocked: Path, capsys: Capture) -> None:
    ran = run(capsys, "ask", "How far do z\udce9bras zebras count?", "--library", stocked)
    assert (ran.code, ran.err) == (0, "")


def test_standard_input_that_is_no_utf8_says_so(
    stocked: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"caf\xe9?"), "utf-8"))
    ran = run(capsys, "ask", "-", "--library", stocked)
    assert ran.complaint == "askpapers: standard input isn't text in UTF-8"


def a_file(place: Path) -> Path:
    return jsonl(place / "papers.jsonl", ZEBRAS)


def a_broken_database(place: Path) -> Path:
    (place / "broken").mkdir()
    (place / "broken" / "askpapers.sqlite").write_bytes(b"this was a library once " * 500)
    return place / "broken"


def a_directory_for_a_database(place: Path) -> Path:
    (place / "odd" / "askpapers.sqlite").mkdir(parents=True)
    return place / "odd"


def another_programs_embedder(place: Path) -> Path:
    with Library.open(place / "counted", embedder=CountingEmbedder(), create=True) as library:
        library.put([paper(1)])
    return place / "counted"


def nothing(place: Path) -> Path:
    return place / "nothing"


ADD = ("ingest", "stock.jsonl")
ASK = ("ask", "How far do zebras count?")
UNUSABLE = {
    "ask a file": (a_file, ASK, "papers.jsonl: there is no library here"),
    "ingest into a file": (a_file, ADD, "papers.jsonl: can't make a library"),
    "ask a broken one": (a_broken_database, ASK, "askpapers.sqlite: can't be opened as a library"),
    "add to a broken one": (a_broken_database, ADD, "askpapers.sqlite: can't be opened as a"),
    "status of a broken one": (a_broken_database, ("status",), "can't be opened as a library"),
    "ask a directory": (a_directory_for_a_database, ASK, "can't be opened as a library"),
    "ask one of an unknown embedder": (another_programs_embedder, ASK, "no such embedder; there"),
    "add to one of an unknown embedder": (another_programs_embedder, ADD, "no such embedder;"),
    "add by another embedder": (
        another_programs_embedder,
        (*ADD, "--embedder", "static"),
        "its vectors come from counting (version 1, 512 dimensions), not static",
    ),
    "an embedder that nobody has": (nothing, (*ADD, "--embedder", "bogus"), "no such embedder"),
    "papers of nothing": (nothing, ("papers",), "nothing: there is no library here"),
    "status of nothing": (nothing, ("status",), "nothing: there is no library here"),
    "remove from nothing": (nothing, ("remove", "p1"), "nothing: there is no library here"),
    "reembed nothing": (nothing, ("reembed", "--embedder", "static"), "there is no library here"),
}


@pytest.mark.parametrize(("make", "command", "said"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_library_that_cant_be_used_says_why_in_one_line(
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], Path],
    command: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    jsonl(tmp_path / "stock.jsonl", ZEBRAS)
    ran = run(capsys, *command, "--library", make(tmp_path))
    assert said in ran.complaint
    assert ran.out == ""


def test_a_library_of_an_unknown_embedder_can_be_given_the_bundled_ones_vectors(
    tmp_path: Path, capsys: Capture
) -> None:
    place = another_programs_embedder(tmp_path)
    assert run(capsys, "reembed", "--embedder", "static", "--library", place).code == 0
    assert run(capsys, *ASK, "--library", place).code == 0


WRITING = {
    "ingest": (*ADD, "--prune"),
    "remove": ("remove", "zebras"),
    "reembed": ("reembed", "--embedder", "static"),
}


@pytest.mark.parametrize("command", WRITING.values(), ids=WRITING.keys())
def test_while_another_writes_a_second_writer_is_told_to_come_back(
    stocked: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(stocked.parent)
    with Library.open(stocked) as writer, writer.writing():
        ran = run(capsys, *command, "--library", stocked)
    assert ran.complaint.startswith(f"askpapers: {stocked}: another process is writing")
    assert "try again when it is done" in ran.complaint


@pytest.mark.parametrize("command", [ASK, ("search", ASK[1])], ids=["ask", "search"])
def test_while_another_writes_questions_are_answered(
    stocked: Path, capsys: Capture, command: tuple[str, ...]
) -> None:
    with Library.open(stocked) as writer, writer.writing():
        # The truth is ahead of both indexes now, as in the middle of a long ingest.
        writer.put([Paper(id="new", title="New", abstract="Newer than the indexes.")])
        ran = run(capsys, *command, "--library", stocked)
    assert (ran.code, ran.err) == (0, "")
    assert "Zebras That Count" in ran.out


WRONG = {
    "no question": (None, (), "a question is a text, not NoneType"),
    "bytes": (b"What is FlexLLM?", (), "a question is a text, not bytes"),
    "a history that is a text": ("Why?", "What is FlexLLM?", "the history is a list of pairs"),
    "turns that are texts": ("Why?", ["What is FlexLLM?"], "the history is a list of pairs"),
    "turns of a chat program": ("Why?", [{"role": "user"}], "the history is a list of pairs"),
    "turns without a role": ("Why?", [("What is FlexLLM?",)], "the history is a list of pairs"),
}


@pytest.mark.parametrize(("question", "history", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_program_that_passes_something_else_is_told_what_is_wanted(
    stocked: Path, question: object, history: object, said: str
) -> None:
    with Assistant.open(stocked) as assistant, pytest.raises(QuestionError, match=said):
        assistant.ask(cast(str, question), cast("list[tuple[str, str]]", history))
