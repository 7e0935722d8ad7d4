"""Listing and writing out papers."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from command_line import TUNNELS, ZEBRAS, jsonl, run
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.export import bibtex, table
from ingest.export import jsonl as jsonl_
from ingest.paper import Paper
from ingest.sources import read

Capture = pytest.CaptureFixture[str]

NASTY = Paper(
    id="arxiv:2407.11062",
    title=r"Costs in $ & 50% of {A}_b \ #1 ~ ^",
    abstract='Of "quotes", commas;\nand lines: a < b & c > d.',
    authors=("Ada Lovelace", "van der Berg, Jan"),
    year=2024,
    url="https://arxiv.org/abs/2407.11062",
    code_url="https://example.org/a--b_c",
    topics=("cs.CL", "speed"),
    extra={"doi": "10.1234/x_y", "pages": {"from": 1, "to": "{9"}},
)


@pytest.fixture
def place(tmp_path: Path, capsys: Capture) -> Path:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    jsonl(one, ZEBRAS, {**TUNNELS, "kind": "digest"})
    jsonl(other, NASTY.to_dict())
    assert run(capsys, "ingest", one, other, "--library", tmp_path / "library").code == 0
    return tmp_path / "library"


CHOSEN = {
    "since": (["--since", "2022"], {"tunnels", NASTY.id}),
    "until": (["--until", "2021"], {"zebras"}),
    "a topic": (["--topic", "Machines"], {"tunnels"}),
    "a kind": (["--kind", "digest"], {"tunnels"}),
    "words anywhere in it": (["--text", "NIGHT batteries"], {"tunnels"}),
    "a source": (["--source", "other.jsonl"], {NASTY.id}),
    "several": (["--source", "one.jsonl", "--since", "2022"], {"tunnels"}),
    "nothing": (["--source", "elsewhere"], set()),
}


@pytest.mark.parametrize(("chosen", "ids"), CHOSEN.values(), ids=CHOSEN.keys())
def test_papers_are_chosen(place: Path, capsys: Capture, chosen: list[str], ids: set[str]) -> None:
    ran = run(capsys, "papers", *chosen, "--library", place)
    assert (ran.code, ran.err) == (0, "")
    assert {line.split("\t")[0] for line in ran.out.splitlines()} == ids


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".bib"])
def test_papers_that_were_written_out_come_in_again(
    tmp_path: Path, place: Path, capsys: Capture, suffix: str
) -> None:
    exported, again = tmp_path / f"export{suffix}", tmp_path / "again"
    ran = run(capsys, "papers", "--export", exported, "--library", place)
    assert ran.out == f"3 papers written to {exported}.\n"
    before = [
        json.loads(line)
        for line in run(capsys, "papers", "--json", "--library", place).out.splitlines()
    ]
    ran = run(capsys, "ingest", exported, "--library", again)
    after = [
        json.loads(line)
        for line in run(capsys, "papers", "--json", "--library", again).out.splitlines()
    ]
    kept = {  # BibTeX has no topics with commas, no lines
        ".jsonl": set(NASTY.to_dict()),
        ".csv": set(NASTY.to_dict()),
        ".bib": set(NASTY.to_dict()) - {"abstract", "source", "topics"},
    }[suffix]

    def facts(papers: list[dict[str, object]]) -> list[str]:
        said = sorted(json.dumps({k: paper[k] for k in sorted(kept)}) for paper in papers)
        # In BibTeX both are the same person.
        return [line.replace("van der Berg, Jan", "Jan van der Berg") for line in said]

    assert facts(after) == facts(before)
    words = lambda papers: sorted(" ".join(str(p["abstract"]).split()) for p in papers)  # noqa: E731
    assert words(after) == words(before)


def test_csv_has_a_row_a_paper_and_keeps_one_person_one() -> None:
    (row,) = csv.DictReader("".join(table([NASTY])).splitlines(keepends=True))
    assert row["abstract"] == NASTY.abstract
    assert row["authors"] == "Ada Lovelace; van der Berg, Jan"
    assert json.loads(row["extra"]) == NASTY.extra


def test_bibtex_is_escaped_and_no_two_keys_are_alike() -> None:
    written = "".join(bibtex([NASTY, NASTY]))
    assert "@misc{lovelace2024costs,\n" in written
    assert "@misc{lovelace2024costs-2,\n" in written
    assert (
        r"title = {{Costs in \$ \& 50\% of \textbraceleft{}A\textbraceright{}\_b"
        r" \textbackslash{} \#1 \textasciitilde{} \textasciicircum{}}}," in written
    )
    assert "eprint = {2407.11062}" in written


def test_a_digest_is_no_abstract_in_bibtex(tmp_path: Path) -> None:
    said = "".join(bibtex([replace(NASTY, kind="digest", abstract="See arXiv:2401.00001.")]))
    assert " abstract = " not in said
    (tmp_path / "x.bib").write_text(re.sub(r"  askpapers = .*\n", "", said))
    (paper,) = read(str(tmp_path / "x.bib"))
    assert isinstance(paper, Paper)
    assert (paper.kind, paper.abstract) == ("digest", "See arXiv:2401.00001.")
    assert set(paper.ids) == set(NASTY.ids)  # what a digest speaks of is another paper


PIECES = [
    "{", "}", "\\", "@article{x, title={y}}\n", "\n@misc{a,", "TY  - JOUR\n", "\nER  - \n", "\n",
    "\r\n", "\r", "%", "$", "#", "~", "^", "_", '"', "'", "=1+1", "-", "+", "@", "\t", "b c",
    " and ", "others", ",", ";", "--", "``", "''", "\x1b", "\u2028", "\x85", "é", '["', "&", "<",
    "askpapers = {", "},\n", "title,abstract\n", "＝",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(PIECES), max_size=8).map(lambda some: "".join(some) + "y")
FORMS = {"jsonl": jsonl_, "csv": table, "bib": bibtex}


def seen(text: str) -> str:
    """What remains of a text without control characters, on one line."""
    return " ".join(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "", text).split())


@pytest.mark.parametrize("suffix", FORMS)
@settings(max_examples=60)
@given(texts=st.tuples(*[TEXT] * 7), kind=st.sampled_from(["abstract", "digest"]))
def test_no_text_of_a_paper_breaks_out_of_its_field(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, texts: tuple[str, ...], kind: str
) -> None:
    id_, title, abstract, person, code, name, value = texts
    record = {
        "id": id_, "title": title, "abstract": abstract, "authors": [person], "year": 2001,
        "url": f"https://example.org/{code}", "code_url": code, "topics": [name], "source": value,
        "kind": kind, "extra": {name: value, "doi": value},
    }  # fmt: skip
    path = tmp_path_factory.mktemp("x") / f"x.{suffix}"
    path.with_suffix(".jsonl").write_text(json.dumps(record))
    (paper,) = read(str(path.with_suffix(".jsonl")))
    assert isinstance(paper, Paper)
    written = "".join(FORMS[suffix]([paper, paper]))
    path.write_bytes(written.encode())
    found = list(read(str(path)))
    assert len(found) == 2
    for again in found:
        assert isinstance(again, Paper)
        assert (again.kind, again.extra) == (paper.kind, paper.extra)
        assert (seen(again.title), seen(again.abstract)) == (
            seen(paper.title),
            seen(paper.abstract),
        )
        if suffix == "jsonl":
            assert again == paper
    if suffix == "csv":
        cells = [cell for row in csv.reader(StringIO(written, newline="")) for cell in row]
        assert not [cell for cell in cells if cell.lstrip()[:1] in tuple("=+-@＝")]
    if suffix == "bib":  # as BibTeX counts, backslash or not
        assert written.count("{") == written.count("}")


def test_a_file_of_unknown_kind_is_not_written(
    tmp_path: Path, place: Path, capsys: Capture
) -> None:
    ran = run(capsys, "papers", "--export", tmp_path / "x.doc", "--library", place)
    assert "no known suffix; say --format jsonl, csv, bibtex" in ran.complaint
    ran = run(capsys, "papers", "--export", tmp_path / "no" / "x.csv", "--library", place)
    assert "can't be written" in ran.complaint
