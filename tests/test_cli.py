"""The command line: what each command prints, where it prints it, and its exit code."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import TUNNELS, ZEBRAS, jsonl, run
from stock import starter_library

from ingest.library import Library
from ingest.paper import Paper
from rag.assistant import STARTER_NOTICE
from ui.cli.terminal import Terminal

Capture = pytest.CaptureFixture[str]

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "chat", "ask", "search", "table", "check", "mcp", "ingest", "papers", "remove", "status",
    "reembed", "repair", "eval",
)  # fmt: skip
QUESTION = "How does FlexLLM save memory?"
FLEXLLM = "FlexLLM: A System for Co-Serving Large Language Model Inference"
PROSE = "We present a method that does what no method did before. " * 5


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that holds the starter papers; nobody may change it."""
    place = tmp_path_factory.mktemp("starter")
    starter_library(place)
    return place


# help


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(capsys: Capture, command: str) -> None:
    ran = run(capsys, command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"usage: askpapers {command} ")
    assert "--library DIR" in ran.out


def test_the_top_level_help_lists_every_command_and_gives_examples(capsys: Capture) -> None:
    ran = run(capsys, "--help")
    assert (ran.code, ran.err) == (0, "")
    for command in COMMANDS:
        assert f"\n    {command} " in ran.out
    assert "examples:\n  askpapers chat " in ran.out
    assert "exit codes: 0 done" in ran.out


SLIPS = {
    "an unknown command": (["frobnicate"], "invalid choice: 'frobnicate'"),
    "a mistyped command": (["aks", "x"], "did you mean ask?"),
    "an unknown option": (["papers", "--bogus"], "unrecognized arguments: --bogus"),
    "no question": (["ask"], "the following arguments are required: question"),
    "no source": (["ingest"], "the following arguments are required: SOURCE"),
    "a year that is a word": (["ask", "x", "--since", "May"], "'May' is no year; write it like"),
    "a year of 23 digits": (["search", "x", "--until", "9" * 23], "is no year; write it like"),
    "a year before Christ": (["search", "x", "--since=-500"], "'-500' is no year; write it like"),
    "no hits wanted": (["search", "x", "-k", "0"], "'0' is no number from 1 to 10,000"),
    "less than none": (["search", "x", "-k=-3"], "'-3' is no number from 1 to 10,000"),
    "too many hits": (["search", "x", "-k", "9" * 23], "is no number from 1 to 10,000"),
    "an empty library name": (["papers", "--library", ""], "no directory is named"),
    "a stranger's home": (["papers", "--library", "~nobody-here/x"], "there is no such user"),
}


@pytest.mark.parametrize(("arguments", "said"), SLIPS.values(), ids=SLIPS.keys())
def test_a_slip_in_the_arguments_is_named_after_the_usage(
    capsys: Capture, arguments: list[str], said: str
) -> None:
    ran = run(capsys, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("usage: askpapers ")
    assert said in ran.err.splitlines()[-1]


# ask and search


def test_ask_prints_the_answer_and_then_its_sources(starter: Path, capsys: Capture) -> None:
    ran = run(capsys, "ask", QUESTION, "--library", starter)
    assert (ran.code, ran.err) == (0, "")
    text, sources = ran.out.rstrip("\n").rsplit("\n\n", 1)
    assert "[1]" in text
    (first, *_) = sources.splitlines()
    assert first.startswith(f"[1] {FLEXLLM}")
    assert first.endswith("(2024, digest) https://arxiv.org/abs/2402.18789")


def test_the_answer_as_json_quotes_its_papers_verbatim(starter: Path, capsys: Capture) -> None:
    answer = run(capsys, "ask", "--json", QUESTION, "--library", starter).json
    assert answer["question"] == QUESTION
    assert (answer["refused"], answer["reason"], answer["mode"]) == (False, None, "quoted")
    assert 0 <= answer["confidence"] <= 1
    assert answer["warnings"] == []
    assert set(answer) == {
        "question", "understood", "text", "citations", "hits", "refused", "reason", "confidence",
        "mode", "model", "timings", "warnings", "sentences", "tokens_in",
        "tokens_out", "cost", "read_as",
    }  # fmt: skip
    assert answer["citations"]
    for citation in answer["citations"]:
        assert f"[{citation['number']}]" in answer["text"]
        quotes = citation["quote"]
        abstract = citation["paper"]["abstract"]
        cut = [abstract[start:end] for start, end in citation["spans"]]
        assert cut == ([quotes] if isinstance(quotes, str) else quotes)


def test_a_refusal_is_an_answer_without_sources(starter: Path, capsys: Capture) -> None:
    question = "Who won the football world cup in 1954?"
    ran = run(capsys, "ask", question, "--library", starter)
    assert (ran.code, ran.err) == (0, "")
    assert "\n[" not in ran.out
    answer = run(capsys, "ask", "--json", question, "--library", starter).json
    assert answer["refused"] is True
    assert isinstance(answer["reason"], str)
    assert answer["citations"] == []
    assert ran.out == answer["text"] + "\n"


def test_the_first_question_at_the_default_place_loads_the_starter_and_says_so(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKPAPERS_LIBRARY", str(tmp_path / "new" / "library"))
    first = run(capsys, "ask", QUESTION)
    assert (first.code, first.err) == (0, STARTER_NOTICE + "\n")
    assert FLEXLLM in first.out
    assert "starter" not in first.out
    second = run(capsys, "ask", QUESTION)
    assert (second.code, second.out, second.err) == (0, first.out, "")


def test_a_library_with_papers_of_its_own_is_given_no_starter(two: Path, capsys: Capture) -> None:
    assert run(capsys, "ask", "How far do zebras count?", "--library", two).err == ""
    assert len(run(capsys, "papers", "--library", two).out.splitlines()) == 2


def test_a_dash_reads_the_question_from_standard_input(
    starter: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = run(capsys, "ask", QUESTION, "--library", starter)
    monkeypatch.setattr(sys, "stdin", io.StringIO(QUESTION + "\n"))
    assert run(capsys, "ask", "-", "--library", starter) == asked


def test_search_lists_hits_best_first(starter: Path, capsys: Capture) -> None:
    ran = run(capsys, "search", QUESTION, "--library", starter)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"1. {FLEXLLM}")
    hits = run(capsys, "search", "--json", QUESTION, "--library", starter).json
    assert len(hits) == 10
    assert set(hits[0]) == {"paper", "title", "passage", "text", "score", "lexical", "dense"}
    assert hits == sorted(hits, key=lambda hit: -hit["score"])
    assert all(0 <= hit["score"] <= 1 and -1 <= hit["dense"] <= 1 for hit in hits)
    assert len({hit["paper"] for hit in hits}) == 10


BOTH = {"zebras", "tunnels"}
CHOSEN = {
    "everything": ([], BOTH),
    "since": (["--since", "2022"], {"tunnels"}),
    "since, the year itself": (["--since", "2021"], BOTH),
    "until": (["--until", "2023"], {"zebras"}),
    "both": (["--since", "2021", "--until", "2021"], {"zebras"}),
    "a topic": (["--topic", "Animals"], {"zebras"}),
    "two topics": (["--topic", "numbers", "--topic", "machines"], BOTH),
    "nothing": (["--since", "2030"], set()),
}


@pytest.mark.parametrize(("options", "expected"), CHOSEN.values(), ids=CHOSEN.keys())
def test_filters_choose_the_papers_that_are_searched(
    two: Path, capsys: Capture, options: list[str], expected: set[str]
) -> None:
    words = "zebras and tunnels, counted by machines"
    ran = run(capsys, "search", "--json", words, *options, "--library", two)
    assert ran.code == 0
    assert {hit["paper"] for hit in ran.json} == expected


def test_an_answer_cites_only_papers_that_the_filters_choose(
    starter: Path, capsys: Capture
) -> None:
    answer = run(capsys, "ask", "--json", QUESTION, "--until", "2023", "--library", starter).json
    papers = {json.loads(line)["id"]: json.loads(line) for line in listed(capsys, starter)}
    assert answer["hits"]
    assert all(papers[hit["paper"]]["year"] <= 2023 for hit in answer["hits"])
    assert all(citation["paper"]["year"] <= 2023 for citation in answer["citations"])


def test_k_limits_the_hits(starter: Path, capsys: Capture) -> None:
    ran = run(capsys, "search", "-k", "3", "--json", QUESTION, "--library", starter)
    assert len(ran.json) == 3


def test_a_search_that_finds_nothing_says_so_on_standard_error(two: Path, capsys: Capture) -> None:
    ran = run(capsys, "search", "zebras", "--since", "2030", "--library", two)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "no passages found; fewer filters find more\n"


# papers, remove, status, reembed


def listed(capsys: Capture, place: Path) -> list[str]:
    return run(capsys, "papers", "--json", "--library", place).out.splitlines()


def test_papers_are_listed_one_a_line(two: Path, capsys: Capture) -> None:
    ran = run(capsys, "papers", "--library", two)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "tunnels\t2024\tabstract\tDigging Tunnels by Night",
        "zebras\t2021\tabstract\tZebras That Count",
    ]


def test_papers_as_json_can_be_ingested_again_unchanged(
    tmp_path: Path, capsys: Capture, starter: Path
) -> None:
    more, again = tmp_path / "more", tmp_path / "again"
    odd = jsonl(tmp_path / "odd.jsonl", {**ZEBRAS, "venue": "X", "extra": 3}, TUNNELS)
    assert run(capsys, "ingest", odd, "--library", more).err == ""
    lines = listed(capsys, starter) + listed(capsys, more)
    assert len(lines) == 98
    source = jsonl(tmp_path / "export.jsonl", *lines)
    assert run(capsys, "ingest", source, "--library", again).err == ""
    assert listed(capsys, again) == sorted(lines)
    assert run(capsys, "ingest", source, "--library", again).out.startswith(
        "98 papers read: 98 unchanged, nothing changed."
    )


def test_a_removed_paper_is_gone_and_an_unknown_one_is_named(two: Path, capsys: Capture) -> None:
    ran = run(capsys, "remove", "zebras", "unicorns", "--library", two)
    assert ran.code == 0
    assert ran.out == "1 papers removed; the library holds 1.\n"
    assert ran.err == "skipped: unicorns: no such paper in the library\n"
    hits = run(capsys, "search", "--json", "zebras count", "--library", two).json
    assert [hit["paper"] for hit in hits] == ["tunnels"]
    again = run(capsys, "remove", "zebras", "--library", two)
    assert again.complaint == "skipped: zebras: no such paper in the library"


def test_status_counts_what_the_library_holds(two: Path, capsys: Capture) -> None:
    facts = run(capsys, "status", "--json", "--library", two).json
    assert facts.pop("bytes") > 1000
    assert facts == {
        "library": str(two),
        "papers": 2,
        "digests": 0,
        "records": 2,
        "sources": 1,
        "passages": 2,
        "schema": facts["schema"],
        "embedder": {"name": "contextual", "version": facts["embedder"]["version"], "dim": 384},
        "cut": {"max_words": 320, "overlap": 1},
        "indexes": {"lexical": "up", "vectors": "up"},
        "made_from": {str(two.with_name("two.jsonl")): 2},
        "model": "none: answers are quoted; choose one with --llm or ASKPAPERS_LLM",
    }
    ran = run(capsys, "status", "--library", two)
    assert (ran.code, ran.err) == (0, "")
    assert f"library    {two}\npapers     2\n" in ran.out
    assert "\nindexes    lexical up, vectors up\n" in ran.out


def test_status_says_when_an_index_is_behind(two: Path, capsys: Capture) -> None:
    with Library.open(two) as writer, writer.writing():
        writer.put([Paper(id="new", title="New", abstract="Newer than the indexes.")])
        facts = run(capsys, "status", "--json", "--library", two).json
    assert facts["papers"] == 3
    assert facts["indexes"]["lexical"].startswith("behind; the next question")
    assert facts["indexes"]["vectors"].startswith("behind; the next question")
    facts = run(capsys, "status", "--json", "--library", two).json
    assert facts["indexes"] == {"lexical": "up", "vectors": "up"}


def test_reembedding_says_how_much_was_done_and_changes_no_hit(two: Path, capsys: Capture) -> None:
    before = run(capsys, "search", "--json", "zebras", "--library", two)
    ran = run(capsys, "reembed", "--embedder", "contextual", "--library", two)
    assert (ran.code, ran.err) == (0, "")
    # Vectors of the same identity are the same: there is nothing to pay for.
    assert ran.out == "0 new vectors; all 2 passages have those of contextual.\n"
    assert run(capsys, "search", "--json", "zebras", "--library", two) == before


# around every command


def test_the_environment_names_the_library_unless_an_option_does(
    tmp_path: Path, two: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKPAPERS_LIBRARY", str(two))
    assert len(run(capsys, "papers").out.splitlines()) == 2
    assert str(tmp_path / "none") in run(capsys, "papers", "--library", tmp_path / "none").complaint


def test_a_terminal_of_few_signs_gets_the_answer_all_the_same(starter: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "ui.cli.main", "papers", "--library", starter],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert len(ran.stdout.splitlines()) == 96
    assert b"?" in ran.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of Unix")
@pytest.mark.parametrize("command", [["papers", "--json"], ["status"]], ids=["long", "short"])
def test_a_reader_that_goes_away_ends_the_command_without_a_word(
    starter: Path, command: list[str]
) -> None:
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "ui.cli.main", *command, "--library", starter],
            env={**buffered, "PYTHONPATH": str(ROOT)},
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(writer)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_a_mistyped_library_makes_nothing_and_says_how_one_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "a" / "typo"
    for command in (["ask", "What is ZeRO?"], ["search", "ZeRO"], ["chat"]):
        said = run(capsys, *command, "--library", place).complaint
        assert str(place) in said
        assert "askpapers ingest" in said
    assert not place.exists()


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys)
    assert ran.code == 0
    assert "askpapers ask" in ran.out


def test_the_version_is_the_packages_own(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "--version")
    assert ran.code == 0
    assert re.fullmatch(r"askpapers \d+\.\d+\.\d+", ran.out.strip())


def test_papers_are_exported_to_standard_output(
    two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, "papers", "--library", two, "--export", "-", "--format", "bibtex")
    assert ran.code == 0
    assert ran.out.count("@") == 2


def test_a_terminal_is_shown_no_markdown_and_no_long_lines() -> None:
    written: list[str] = []
    terminal = Terminal(written.append, width=40)
    for piece in (
        "**A Ti",
        "tle That Is Long**\nSome words ",
        "that run on and on and on [1]\n",
        "x",
    ):
        terminal.take(piece)
    terminal.end()
    text = re.sub(r"\x1b\[\d+m", "", "".join(written))
    assert "*" not in text
    assert text.split() == "A Title That Is Long Some words that run on and on and on [1] x".split()
    assert max(map(len, text.split("\n"))) <= 40
