"""The question as it was typed, made fit to be read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.errors import QuestionError
from rag.understand.phrases import FILLER

MAX_QUESTION = 20_000  # characters


def typed(question: str) -> str:
    """``question`` on one line; raises QuestionError where it is no text, empty or too long."""
    if not isinstance(question, str):
        raise QuestionError(f"a question is a text, not {type(question).__name__}")
    # Lone surrogates come from broken input and can't be stored or sent as UTF-8.
    asked = " ".join(question.encode("utf-8", "replace").decode().split())
    if not asked:
        raise QuestionError("the question is empty; ask about a paper, a method or a result")
    if len(asked) > MAX_QUESTION:
        raise QuestionError(
            f"the question has {len(asked):,} characters; at most {MAX_QUESTION:,} are read"
        )
    return asked


def checked_history(history: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """``history`` itself; raises QuestionError where it is anything but pairs of role and text."""
    for turn in (history,) if isinstance(history, str) else history:
        if not (isinstance(turn, tuple | list) and [type(part) for part in turn] == [str, str]):
            raise QuestionError(
                'the history is a list of pairs, ("user", text) or ("assistant", text),'
                f" not {type(turn).__name__}"
            )
    return history


# Between two questions in one: "How many ..., and who wrote X?", "... and is its code public?"
_AND = re.compile(
    r"(?:[,;.?!] (?:and |also |then )*| and (?:also |then )?)"
    r"(?=(?:how|whose|who|when|which|what|where|why|list|show|give|tell|explain|describe"
    r"|summari[sz]e|cite|find|(?:is|are|was|were|do|does|did|has|have|can)"
    r" (?:it|its|there|they|their|the|this|that|you))\b)",
    re.I,
)
_MOST_PARTS = 3


def parts(question: str) -> list[str]:
    """The questions in one message; itself alone where it has only one, or too many."""
    found = _AND.split(question)
    whole = all(" " in part for part in found)  # but not "when and where was it published?"
    return found if whole and len(found) <= _MOST_PARTS else [question]


_POLITE = re.compile(
    r"^(?:no(?:pe)?,? (?=sorry|i mean)|no(?:pe)?, +)?(?:sorry,? )?"
    r"(?:i meant? (?!the |its |their ))?"
    r"(?:that(?:['’]?s| is| was)(?: not|n['’]t) what i (?:asked|meant|wanted)(?: for)?[.,;:! ]*)?"
    r"(?:i (?:wanted|meant)(?: to know)? (?=the |its |their ))?"
    r"(?:(?:please|pls|hey|hi|hello|so|and|ok|okay|well|just|now)\b[,!]? +)*"
    r"(?:(?:can|could|would|will) (?:you|u) (?:please )?(?:(?=list|show|give|find|name|tell"
    r"|pick|get|count|suggest|recommend|make|summari|describe|sort)|tell me |let me know )"
    r"|(?:do you know|i(?:'d| would) (?:like|love) to know|i want to know|tell me|let me"
    r" know|i wonder) (?=who|when|what|which|how|where))?"
    r"(?:please )?",
    re.I,
)
_TAIL = re.compile(r"[,.?!]? ?\b(?:please|pls|plz|thanks|thx|thank you)$", re.I)
_MARKS = " ?!.…"
_CHAT = tuple(
    (re.compile(pattern, re.I), words)
    for pattern, words in (
        (r"\bw/o\b", "without"),
        (r"\bw/ ?(?=\w)", "with "),
        (r"\b(what|who)(?:['’]?s)\b", r"\1 is"),
        (r"(?<=[a-z]) n (?=[a-z])", " and "),
        (r"\bw[auo]t\b", "what"),
        (r"\b(?:u|ya)\b", "you"),
        (r"(?<=\w),? (?:pls|plz)(?= )", ""),
    )
)


def bare(question: str) -> str:
    """The question without politeness and final marks, shorthands of chat written out."""
    asked = _POLITE.sub("", FILLER.sub("", " ".join(question.split()))).rstrip(_MARKS)
    asked = _TAIL.sub("", asked).strip(_MARKS)
    for pattern, words in _CHAT:
        asked = pattern.sub(words, asked)
    return asked
