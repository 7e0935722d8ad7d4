"""A question that asks two things of one paper: each is judged by itself.

"How many tokens was it trained on, and what did that cost?" may be answered by half.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ingest.paper import Paper
from rag.abstain import CONFIDENT, Verdict
from rag.reader import Reading
from rag.text.names import fold, names_in
from rag.text.words import stem, words

# How sure a part has to be where the whole was to be refused, and how unsure one has to be to say
# that it isn't given: half an answer that is none does more harm than a refusal.
SURELY_FOUND = 0.85
SURELY_MISSING = 0.5  # of the confidence from which a question is answered

_ASKS = (
    r"(?:(?:on|in|by|for|from|with|at|to|of|under) )?(?:how|what|which|who|whose|when|where|why)"
    r"|does|did|do|is|are|was|were|can|has|have"
)
_BETWEEN = re.compile(
    rf"(?:\s*[,;]\s*|\s+)(?:and|but|or)\s+(?={_ASKS}\b)|[?;,]\s+(?=(?:and\s+)?{_ASKS}\b)", re.I
)
MOST = 6  # parts that are answered one by one; who asks more pastes a text
_OPENS = re.compile(rf"^\W*(?:and\s+)?(?:{_ASKS})\b", re.I)
# Words of content that ask for nothing by themselves.
_BARE = frozenset(
    map(stem, "else good well fast long big large small much far often come happen".split())
)


@dataclass(frozen=True, slots=True, eq=False)
class Partly:
    """What was found of a question, as a reading of its own, and which parts were not."""

    reading: Reading
    verdict: Verdict
    missing: tuple[str, ...]


def parts(question: str) -> tuple[str, ...]:
    """The questions of which ``question`` is made, in order; one alone where it asks one thing."""
    found: list[str] = []
    for piece in _BETWEEN.split(question):
        said = piece.strip(" ,;?!.")
        if not said:
            continue
        if found and _OPENS.match(said) and _has_content(said):
            found.append(said)
        elif found:
            found[-1] = f"{found[-1]}, {said}"
        else:
            found.append(said)
    found = list(dict.fromkeys(found))
    several = 1 < len(found) <= MOST and _OPENS.match(found[0]) and _has_content(found[0])
    return tuple(found) if several else (question,)


def _has_content(part: str) -> bool:
    """Whether it says what it asks for, unlike "how good" and "what else"."""
    content = [word for word in words(part) if word.is_content]
    return any(word.stem not in _BARE for word in content)


def partly(
    reading: Reading,
    verdict: Verdict,
    read: Callable[[str], Reading],
    judge: Callable[[Reading], Verdict],
) -> Partly | None:
    """What was found of a question that asks several things of one paper called by name.

    None where all of it was found, or nothing, or it can't be told.
    """
    if reading.intent != "fact" or len(reading.named) != 1 or not reading.lines:
        return None
    asked = parts(reading.question.text)
    name = _name(reading.question.text, reading.named[0].paper)
    if len(asked) == 1 or name is None:
        return None
    least = CONFIDENT if verdict.reason is None else SURELY_FOUND
    found, missing = [], []
    for part in asked:
        alone = part if names_in(part, reading.named[0].paper) else f"{part} ({name})"
        own = read(alone)
        own_verdict = judge(own)
        if own_verdict.confidence >= least:
            found.append((own, own_verdict))
        elif own_verdict.confidence < SURELY_MISSING * CONFIDENT:
            missing.append(part)
    if not found or not missing:
        return None
    if verdict.reason is None:
        return Partly(reading, verdict, tuple(missing))
    best, its_verdict = max(found, key=lambda pair: pair[1].confidence)
    return Partly(best, its_verdict, tuple(missing))


def _name(question: str, paper: Paper) -> str | None:
    """What the question calls the paper, where that is one word or the title's beginning."""
    called = names_in(question, paper)
    head = paper.title.partition(":")[0]
    single = re.findall(r"[\w^+]+(?:[.-][\w^+]+)*", question)
    return next((said for said in (head, *single) if fold(said) in called), None)
