"""Files as the world makes them: broken, hostile, half written; and where files come from."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import TUNNELS, ZEBRAS, jsonl, run
from test_formats import ATOM, BIBTEX, CSV, records

from ingest.errors import ParseError
from ingest.sources import Options, read

Capture = pytest.CaptureFixture[str]

GOOD = {
    "bib": "@misc{{{n}, title = {{T {n}}}, abstract = {{Text {n}.}}}}\n",
    "ris": "TY  - JOUR\nTI  - T {n}\nAB  - Text {n}.\nER  - \n",
    "csv": "T {n},Text {n}.\n",
    "txt": "Title: T {n}\nAbstract: Text {n}.\n",
}

# What stands between two good records, and the reasons that are listed for it.
BROKEN: dict[str, tuple[str, bytes, list[str]]] = {
    "BibTeX, never closed": ("bib", b"@misc{a, title = {Open, abstract = {x}\n", ["not BibTeX"]),
    "BibTeX, no key": ("bib", b"@misc{{a}, title = {x}}\n", ["not BibTeX"]),
    "BibTeX, Latin-1": ("bib", b"@misc{a,\n title = {Caf\xe9},\n abstract = {x}}\n", ["not UTF-8"]),
    "BibTeX, no abstract": ("bib", b"@misc{a, title = {A Title}}\n", ["no abstract ('A Title')"]),
    "BibTeX, no title": ("bib", b"@misc{a, abstract = {x}}\n", ["no title"]),
    "BibTeX, comments": ("bib", b"@comment{@misc{b,}}\n@preamble{ {x} }\nme@a.b wrote\n", []),
    "BibTeX, an endless entry": (
        "bib",
        b"@misc{a, title = {" + (b"x" * 99 + b"\n") * 82_000,
        ["an entry without an end"],
    ),
    "RIS, no end": ("ris", b"TY  - JOUR\nTI  - No End\n", ["no abstract ('No End')"]),
    "RIS, odd tags": ("ris", b"1.\nProvider: X\n", []),
    "RIS, Latin-1": ("ris", b"TY  - JOUR\nTI  - Caf\xe9\nAB  - x\nER  - \n", ["not UTF-8"]),
    "CSV, too many fields": ("csv", b"T,one, two, three\n", ["4 fields where the first row has 2"]),
    "CSV, too few": ("csv", b"Alone\n", ["no abstract ('Alone')"]),
    "CSV, blank rows": ("csv", b"\n,\n\n", []),
    "CSV, text after a quotation mark": ("csv", b'"T"s,x,y\n', ["no row of a table"]),
    "CSV, Latin-1": ("csv", b"Caf\xe9,x\n", ["not UTF-8"]),
    "labelled, no abstract": ("txt", b"Title: Alone\n---\n", ["no abstract ('Alone')"]),
    "labelled, a line of 10 MB": (
        "txt",
        b"Title: B\nAbstract: " + b"x" * 10_000_000 + b"\n---\n",
        ["longer than 8 MB"],
    ),
}


@pytest.mark.parametrize(("suffix", "bad", "reasons"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_record_costs_no_other(
    tmp_path: Path, suffix: str, bad: bytes, reasons: list[str]
) -> None:
    path = tmp_path / f"some.{suffix}"
    before, after = (GOOD[suffix].format(n=n).encode() for n in (1, 2))
    header = b"title,abstract\n" if suffix == "csv" else b""
    path.write_bytes(header + before + bad + after)
    papers, errors = records(path)
    assert [paper.title for paper in papers] == ["T 1", "T 2"]
    assert len(errors) == len(reasons)
    assert all(e.reason.startswith(r) for e, r in zip(errors, reasons, strict=True))
    assert all(error.record is not None for error in errors)


WHOLE: dict[str, tuple[bytes, str]] = {
    "XML that unfolds": (
        b'<?xml version="1.0"?><!DOCTYPE f [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>&b;</title></feed>',
        "declares its own entities",
    ),
    "XML that reads files": (
        b'<!DOCTYPE f [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>&a;</title></entry></feed>',
        "declares its own entities",
    ),
    "XML that breaks off": (
        ATOM.replace("{more}", "<entry>").encode(),
        "the XML breaks off after 1 papers",
    ),
    "an array that breaks off": (b'[{"title": "A", "abstract": "x"}, {"ti', "not JSON from here"),
    "an array without an end": (b'[{"title": "A", "abstract": "x"},', "breaks off after paper 1"),
    "an array in Latin-1": ('[{"title": "Café"}]'.encode("latin-1"), "not UTF-8"),
    "an object of 33 MB": (b'{\n"a": "' + b"x" * 33_000_000 + b'"}', "over 32 MB in one piece"),
    "an element of 9 MB": (b'[\n{"a": "' + b"x" * 9_000_000 + b'"}]', "over 8 MB in one piece"),
    "JSON of 100,000 levels": (b"[[" + b"[" * 100_000, "not JSON"),
    "a bomb": (gzip.compress(b"x" + b" " * 60_000_000), "unpacks to over 200 times its size"),
    "a bomb of lines": (
        gzip.compress(b'{"title": "%s"}\n' % (b" " * 50_000) * 1100),
        "over 200 times its size",
    ),
    "a table with one column": (b"title,\nA,\n", "no papers in it"),
    "an empty feed": (
        b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>',
        "no papers in it, read as arXiv Atom",
    ),
}


@pytest.mark.parametrize(("content", "reason"), WHOLE.values(), ids=WHOLE.keys())
def test_a_file_that_cant_be_trusted_is_given_up_with_its_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "download"
    path.write_bytes(content)
    with pytest.raises(ParseError, match=reason):
        for _ in read(str(path)):
            pass


def test_duplicate_keys_and_fields_of_bibtex_lose_no_paper(tmp_path: Path) -> None:
    path = tmp_path / "library.bib"
    path.write_text(
        "@misc{a, title = {One}, abstract = {x}}\n@misc{a, title = {Two}, abstract = {x}}\n"
        "@misc{b, title = {Three}, title = {3}, abstract = {x}} @misc{c, title={Four},abstract={y}}"
    )
    papers, errors = records(path)
    assert [paper.title for paper in papers] == ["One", "Two", "Three", "Four"]
    assert not errors


def test_another_encoding_can_be_named(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "library.bib"
    path.write_bytes(BIBTEX.replace("Lovelace", "Löwe").encode("latin-1"))
    assert not records(path)[0]
    assert records(path, encoding="latin-1")[0][0].authors[0] == "Ada Löwe"
    there = ("--library", tmp_path / "library")
    assert run(capsys, "ingest", path, "--encoding", "latin-1", *there).code == 0
    assert "is no encoding" in run(capsys, "ingest", path, "--encoding", "martian", *there).err


def test_a_folder_gives_what_is_in_its_files_in_order(tmp_path: Path) -> None:
    jsonl(tmp_path / "b.jsonl", TUNNELS)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    jsonl(tmp_path / "a.jsonl", ZEBRAS, "{")
    (tmp_path / "notes.md").write_text("# Notes\n")
    (tmp_path / ".hidden.jsonl").write_text("{\n")
    (tmp_path / "sub" / "broken.json").write_text("[")
    notes: list[str] = []
    papers, errors = records(tmp_path, note=notes.append)
    assert [paper.id for paper in papers] == ["zebras", "tunnels", "arxiv:2407.11062"]
    assert [Path(error.file).name for error in errors] == ["a.jsonl", "broken.json"]
    assert notes[-1] == f"{tmp_path}: left alone, of other kinds: 1 (.md)"


@pytest.mark.skipif(sys.platform == "win32", reason="links of Unix")
def test_links_in_a_circle_are_walked_once(tmp_path: Path) -> None:
    jsonl(tmp_path / "a.jsonl", ZEBRAS)
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "loop.jsonl").symlink_to(tmp_path / "loop.jsonl")
    papers, errors = records(tmp_path)
    assert [paper.id for paper in papers] == ["zebras"]
    assert [Path(error.file).name for error in errors] == ["loop.jsonl"]


def test_a_glob_that_the_shell_left_is_unfolded(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    jsonl(tmp_path / "deep" / "a.jsonl", ZEBRAS)
    jsonl(tmp_path / "deep" / "b.txt", TUNNELS)
    assert [p.id for p in records(tmp_path / "**" / "*.jsonl")[0]] == ["zebras"]
    with pytest.raises(ParseError, match="no file has such a name"):
        records(tmp_path / "*.bib")
    jsonl(tmp_path / "odd[1].jsonl", TUNNELS)
    assert [p.id for p in records(tmp_path / "odd[1].jsonl")[0]] == ["tunnels"]


STREAMS = {"text": BIBTEX.encode(), "packed": gzip.compress(BIBTEX.encode())}


@pytest.mark.parametrize("content", STREAMS.values(), ids=STREAMS.keys())
def test_standard_input_is_a_source(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    reading, writing = os.pipe()  # gives what it has, and can't go back
    os.write(writing, content)
    os.close(writing)
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        ran = run(capsys, "ingest", "-", "--library", tmp_path / "library")
    assert ran.out.startswith("1 papers read: 1 added.")


def test_parquet_needs_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"PAR1" + b"\0" * 50)))
    with pytest.raises(ParseError, match="Parquet can't be read from a pipe"):
        list(read("-"))


def changed_nothing(place: Path) -> Callable[[], bool]:
    def state() -> list[tuple[str, bytes]]:
        files = sorted(p for p in place.rglob("*") if p.is_file() and "sqlite-" not in p.name)
        return [(str(file), file.read_bytes()) for file in files]

    before = state()
    return lambda: state() == before


def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    tmp_path: Path, capsys: Capture
) -> None:
    place = tmp_path / "library"
    first = jsonl(tmp_path / "first.jsonl", ZEBRAS)
    ran = run(capsys, "ingest", first, "--dry-run", "--library", place)
    assert f"{first}: 1 to be added\n  to be added: {ZEBRAS['title']}\n" in ran.out
    assert not place.exists()
    run(capsys, "ingest", first, "--library", place)
    unchanged = changed_nothing(place)
    table = tmp_path / "second.csv"
    newer = f"{ZEBRAS['title']},Newer words.,zebras,2021\n"
    table.write_text(f"Title,Summary,id,year\n{newer}{newer}New,Text.,new,2020\nBad,,,\n")
    jsonl(first, {**ZEBRAS, "abstract": "We teach them to count to ten."})
    ran = run(capsys, "ingest", first, table, "--dry-run", "--library", place)
    assert ran.code == 0
    assert f"{first}: 1 to be updated" in ran.out
    assert f"{table}: title=Title, abstract=Summary, year=year, id=id" in ran.out
    assert "1 to be added" in ran.out
    assert "  to be added: New\n" in ran.out
    assert "given twice" in ran.out
    assert f"skipped: {table}, line 5: no abstract ('Bad')" in ran.out
    facts = run(capsys, "ingest", first, "--dry-run", "--json", "--library", place).json
    assert (facts[0]["updated"], facts[0]["skipped"]) == (1, [])
    assert unchanged()


def test_columns_are_named_on_the_command_line(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("Kopf,Inhalt,Jahr\nA,Text.,2021\n", encoding="utf-8")
    there = ("--library", tmp_path / "library")
    ran = run(capsys, "ingest", path, *there)
    assert "name it with --map title=COLUMN" in ran.complaint
    mapping = "title=Kopf,abstract=Inhalt,year=Jahr"
    ran = run(capsys, "ingest", path, "--map", mapping, *there)
    assert ran.err == f"{path}: title=Kopf, abstract=Inhalt, year=Jahr\n"
    assert run(capsys, "papers", "--json", *there).json["year"] == 2021
    assert "is not FIELD=COLUMN" in run(capsys, "ingest", path, "--map", "titel=x", *there).err


def test_a_renamed_file_brings_nothing_new(tmp_path: Path) -> None:
    first, second = (jsonl(tmp_path / name, ZEBRAS) for name in ("first.jsonl", "second.jsonl"))
    (one,), (other,) = records(first)[0], records(second)[0]
    assert one.source != other.source
    assert one.content_hash == other.content_hash


def test_bare_numbers_are_no_ids_as_another_file_has_them_too(tmp_path: Path) -> None:
    one = jsonl(tmp_path / "one.jsonl", {"id": 1, "title": "A", "abstract": "x"})
    other = jsonl(tmp_path / "other.jsonl", {"id": 1, "title": "B", "abstract": "y"})
    assert records(one)[0][0].id != records(other)[0][0].id


def test_a_paper_that_was_written_out_comes_in_as_it_was(tmp_path: Path) -> None:
    written = records(jsonl(tmp_path / "a.jsonl", ZEBRAS))[0][0].to_dict()
    odd = {**written, "abstract": r"Costs $5, \emph{or} $6.", "title": "A {set} of {A}"}
    (paper,), _ = records(jsonl(tmp_path / "b.jsonl", json.dumps(odd)))
    assert paper.to_dict() == odd


def test_options_have_defaults_that_suit_files() -> None:
    assert (Options().downloads, Options().limit) == (None, None)
