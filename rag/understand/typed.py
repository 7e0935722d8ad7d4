"""The question as it was typed, made fit to be read."""

from __future__ import annotations

from ingest.errors import QuestionError

MAX_QUESTION = 20_000  # characters


def typed(question: str) -> str:
    """``question`` on one line; raises QuestionError where nothing or too much was typed."""
    # Lone surrogates come from broken input and can't be stored or sent as UTF-8.
    asked = " ".join(question.encode("utf-8", "replace").decode().split())
    if not asked:
        raise QuestionError("the question is empty; ask about a paper, a method or a result")
    if len(asked) > MAX_QUESTION:
        raise QuestionError(
            f"the question has {len(asked):,} characters; at most {MAX_QUESTION:,} are read"
        )
    return asked
