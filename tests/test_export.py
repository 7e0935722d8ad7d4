"""Listing and writing out papers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from command_line import TUNNELS, ZEBRAS, jsonl, run

from ingest.export import bibtex, table
from ingest.paper import Paper

Capture = pytest.CaptureFixture[str]

NASTY = Paper(
    id="arxiv:2407.11062",
    title=r"Costs in $ & 50% of {A}_b \ #1 ~ ^",
    abstract='Of "quotes", commas;\nand lines: a < b & c > d.',
    authors=("Ada Lovelace", "van der Berg, Jan"),
    year=2024,
    url="https://arxiv.org/abs/2407.11062",
    topics=("cs.CL", "speed"),
    extra={"doi": "10.1234/x_y"},
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
    kept = {
        ".jsonl": set(NASTY.to_dict()),
        ".csv": set(NASTY.to_dict()),
        ".bib": {"title", "authors", "year"},
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
    assert json.loads(row["extra"]) == {"doi": "10.1234/x_y"}


def test_bibtex_is_escaped_and_no_two_keys_are_alike() -> None:
    written = "".join(bibtex([NASTY, NASTY]))
    assert "@misc{lovelace2024costs,\n" in written
    assert "@misc{lovelace2024costs-2,\n" in written
    assert (
        r"title = {{Costs in \$ \& 50\% of \{A\}\_b \textbackslash{} \#1"
        r" \textasciitilde{} \textasciicircum{}}}," in written
    )
    assert "eprint = {2407.11062}" in written


def test_a_file_of_unknown_kind_is_not_written(
    tmp_path: Path, place: Path, capsys: Capture
) -> None:
    ran = run(capsys, "papers", "--export", tmp_path / "x.doc", "--library", place)
    assert "no known suffix; say --format jsonl, csv, bibtex" in ran.complaint
    ran = run(capsys, "papers", "--export", tmp_path / "no" / "x.csv", "--library", place)
    assert "can't be written" in ran.complaint
