"""A conversation comes back from the browser as it went, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest.filters import Filters
from ingest.paper import Paper, Passage
from rag.answer import Answer, CheckedSentence, Citation, Hit
from ui.chat.conversation import Exchange, Judgement
from ui.chat.stored import library_of, packed, unpacked

PAPER = Paper("p", "Title", "One. Two.", ("A",), 2024, "https://x.org", None, ("t",), "s", "digest")
ANSWERED = Exchange(
    "q",
    "One. [1]",
    Answer(
        "q",
        "q?",
        "One. [1]",
        (Citation(1, PAPER, ((0, 4),), 0.9),),
        confidence=0.5,
        mode="written",
        model="openai/x",
        timings={"read": 0.1},
        warnings=("w",),
        sentences=(CheckedSentence(0, 8, (1,), 0.9, "unsupported", "why"),),
    ),
    suggested=("next?",),
    judged=Judgement("id", "down", "no"),
    within=Filters(since=2020, topics=("t",), papers=("p",)),
)
STOPPED = Exchange("q", "One. [1]", came=ANSWERED.answer, stopped=True)
REFUSED = Exchange(
    "q",
    "No.",
    Answer(
        "q",
        "q",
        "No.",
        hits=(Hit(Passage(PAPER, 0, 4), 0.0, 0.0, 0.0),),
        refused=True,
        reason="no_detail",
    ),
)
TALK = (ANSWERED, REFUSED, STOPPED, Exchange("failed", problem="p"))


def test_conversation_comes_back_as_it_went() -> None:
    sent = json.loads(json.dumps(packed(TALK, "mine")))
    assert unpacked(sent) == TALK
    assert library_of(sent) == "mine"
    assert library_of({"library": 3}) == library_of(None) == ""


def test_hits_of_an_answer_are_not_kept() -> None:
    hit = Hit(Passage(PAPER, 0, 4), 1.0, 1.0, 1.0)
    found = Exchange("q", "x", Answer("q", "q", "x", hits=(hit,) * 9))
    assert packed((found,))["exchanges"][0]["answer"]["hits"] == []


def changed(**fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """A kept conversation whose first answer has other fields."""
    sent: dict[str, Any] = json.loads(json.dumps(packed(TALK)))
    sent["exchanges"][0]["answer"].update(fields)
    return sent


@pytest.mark.parametrize(
    "data",
    [
        None, [], "x", 3, {}, {"version": 1}, {"version": 2, "exchanges": []},
        {"version": 1, "exchanges": [3]}, {"version": 1, "exchanges": [{}] * 1000},
        {"version": 1, "exchanges": [{"question": 3, "text": ""}]},
        {"version": 1, "exchanges": [{"question": "x" * 300_000, "text": ""}]},
        changed(citations=3), changed(citations=[{}]), changed(confidence=7),
        changed(confidence="x"), changed(text=None), changed(timings=[]),
        changed(sentences=[{"verdict": "fine"}]),
        changed(citations=[{"number": 1, "paper": PAPER.to_dict(), "spans": [[0, 99]],
                            "support": 1}]),
    ],
)  # fmt: skip
def test_anything_else_is_refused_as_a_value_error(data: object) -> None:
    with pytest.raises(ValueError, match="."):
        unpacked(data)
