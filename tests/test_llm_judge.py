"""A language model as a judge, over a real server that speaks OpenAI's protocol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chat_server import chatting
from stock import starter_library

from eval.judge import statements
from eval.llm_judge import LLMJudge, _needed, accuracy, labelled, parsed
from ingest.starter import starter_papers
from rag.llms import open_llm
from rag.llms.reply import Patience
from ui.cli.main import main

QUESTIONS = [
    {
        "id": "j1",
        "kind": "fact",
        "question": "What does FlexLLM do?",
        "papers": [next(p.title for p in starter_papers() if p.title.startswith("FlexLLM"))],
        "evidence": [],
        "answer_must": [["FlexLLM"]],
    },
    {"id": "j2", "kind": "unanswerable", "question": "Who won the cup in 1974?", "papers": []},
]


def judging(asked: dict[str, Any]) -> str:
    """Finds a claim supported where it stands in the text letter for letter."""
    data = json.loads(asked["messages"][-1]["content"])
    if "claim" not in data:
        return json.dumps({"verdict": "correct"})
    borne_out = data["claim"] in data["text"]
    return json.dumps({"verdict": "supported" if borne_out else "not supported"})


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ('{"verdict": "supported"}', "supported"),
        (' {"verdict": "not supported"}\n', "not supported"),
        ("supported", None),
        ("yes", None),
        ('{"verdict": "Supported"}', None),
        ('{"verdict": "supported", "why": "because"}', None),
        ('{"verdict": ["supported"]}', None),
        ('```json\n{"verdict": "supported"}\n```', None),
        ('["supported"]', None),
        ("", None),
        ("[" * 100_000, None),
        ("1" * 5_000, None),
    ],
)
def test_only_the_object_asked_for_is_a_verdict(reply: str, verdict: str | None) -> None:
    assert parsed(reply, ("supported", "not supported")) == verdict


def test_half_of_the_known_claims_are_true_and_half_have_a_fault() -> None:
    papers = starter_papers()
    claims = labelled(papers, 40)
    assert [true for _, _, true in claims].count(True) == 40
    assert len(claims) == 80
    for claim, paper, true in claims:
        assert (claim in paper.abstract) == true


def test_a_judge_that_compares_letters_is_right_on_all_of_them() -> None:
    with chatting(judging) as server:
        judge = LLMJudge(open_llm("openai/letters", base_url=server.url))
        own = accuracy(judge, starter_papers(), n=15)
    assert own["balanced_accuracy"] == 1.0
    assert own["verdicts"] == own["claims"] == 30


def test_a_judge_that_always_agrees_is_shown_to_know_nothing() -> None:
    with chatting('{"verdict": "supported"}') as server:
        judge = LLMJudge(open_llm("openai/yes", base_url=server.url))
        own = accuracy(judge, starter_papers(), n=10)
    assert own["balanced_accuracy"] == 0.5


def test_replies_without_a_verdict_and_failed_requests_are_counted_apart() -> None:
    with chatting("Yes, I think it is supported.") as server:
        chatty = LLMJudge(open_llm("openai/chatty", base_url=server.url))
        assert chatty.supports("a", "b", "c") is None
        broken = LLMJudge(open_llm("openai/500", base_url=server.url), Patience(attempts=1))
        assert broken.supports("a", "b", "c") is None
    assert chatty.unread == ["Yes, I think it is supported."]
    assert not chatty.failed
    assert len(broken.failed) == 1 and not broken.unread


def test_the_command_shows_verdicts_beside_the_judges_own_accuracy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text("".join(json.dumps(q) + "\n" for q in QUESTIONS), encoding="utf-8")
    out = tmp_path / "run.json"
    with chatting(judging) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        library = str(tmp_path / "library")
        starter_library(Path(library))
        asked = ["eval", str(questions), "--library", library, "--no-floors", "--json", str(out)]
        assert main([*asked, "--judge", "openai/letters"]) == 0
    said = capsys.readouterr().out
    assert "Judged by openai/letters" in said
    assert "balanced accuracy" in said
    run = json.loads(out.read_text(encoding="utf-8"))
    assert run["judge"]["accuracy"]["balanced_accuracy"] == 1.0
    assert run["rows"][0]["figures"]["judged citation recall"] == 1.0
    assert "judged citation recall" not in run["rows"][1]["figures"]


def test_the_marks_of_our_own_check_are_no_part_of_a_statement() -> None:
    said = statements(
        "It is fast [1] (\u26a0 unsupported). It is small (\u26a0 7 GB not in the source) [1]."
    )
    assert said == [("It is fast.", (1,)), ("It is small.", (1,))]


@pytest.mark.parametrize(
    ("alone", "rest", "needed"),
    [(True, True, True), (False, False, True), (False, True, False), (None, True, None)],
)
def test_a_citation_without_a_verdict_counts_neither_way(
    alone: bool | None, rest: bool, needed: bool | None
) -> None:
    assert _needed(True, 1, [2], lambda numbers: alone if numbers == [1] else rest) is needed


def test_a_judge_that_is_gone_is_given_up_and_every_question_still_counted() -> None:
    with chatting("yes") as server:
        gone = open_llm("openai/500", base_url=server.url)
        judge = LLMJudge(gone, Patience(attempts=1))
        assert [judge.supports("a", "b", "c") for _ in range(9)] == [None] * 9
    assert len(judge.failed) == 9
    assert "not asked any more" in judge.failed[-1]
