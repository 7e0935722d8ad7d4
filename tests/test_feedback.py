"""What visitors think of answers is written down on this machine and read by the eval."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval.feedback import load_feedback, summary
from ingest.errors import ParseError
from ingest.paths import feedback_file
from rag.answer import Answer
from ui.chat.conversation import Exchange, Judgement
from ui.cli.main import main
from ui.server.feedback import record

GOOD = Exchange("q", "x", Answer("q", "q", "x"), judged=Judgement("1", "up"))
BAD = Exchange(
    "who?", "No.", Answer("who?", "who?", "No.", refused=True), judged=Judgement("2", "down")
)


def test_last_word_on_an_answer_counts(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "feedback.jsonl"
    commented = replace(BAD, judged=Judgement("2", "down", "it is\nin the \x1b[31mpaper"))
    for exchange in (BAD, GOOD, commented):
        record(file, exchange, library="mine")
    assert len(file.read_text("utf-8").splitlines()) == 3
    judged = load_feedback(file)
    assert [answer.id for answer in judged] == ["1", "2"]
    assert summary(judged) == {
        "all": {"up": 1, "down": 1},
        "quoted": {"up": 1, "down": 0},
        "refused": {"up": 0, "down": 1},
    }


def test_command_shows_counts_and_what_did_not_please(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "feedback.jsonl"
    record(file, replace(BAD, judged=Judgement("2", "down", "a\x1b[31m b")), library="mine")
    assert main(["eval", "--feedback", str(file), "--json", str(tmp_path / "out.json")]) == 0
    said = capsys.readouterr().out
    assert "who?  (a [31m b)" in said
    assert "\x1b" not in said
    assert json.loads((tmp_path / "out.json").read_text())["all"] == {"up": 0, "down": 1}


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"verdict": "maybe"}', "3"])
def test_line_that_is_no_judgement_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "feedback.jsonl"
    file.write_text(f"\n{line}\n")
    with pytest.raises(ParseError, match=":2"):
        load_feedback(file)


def test_file_is_beside_the_library() -> None:
    assert feedback_file(Path("data/library")) == Path("data/library-feedback.jsonl")
