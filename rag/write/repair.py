"""Sentences that failed the check, rewritten once by the model; kept only where they now pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from rag import prompts
from rag.llms import Message
from rag.write.check import Checker
from rag.write.draft import Draft
from rag.write.markers import before_end
from rag.write.sources import Source

_LINE = re.compile(r"\s*(\d{1,3})\s*[:.)]\s*(\S.*)")
_GAP = re.compile(r"(?<!\s)\s+(?=[.!?\u2026]*$)")
_PASSED = frozenset({"supported", "attributed"})
# More than the check asks: who has to write something that passes says something that says little.
_LEAST = 0.5

Ask = Callable[[Sequence[Message]], str]


def repaired(
    draft: Draft, sources: Sequence[Source], new: Callable[[], Checker], ask: Ask
) -> Draft:
    """The draft with what the model could mend of its marked sentences; the same if it couldn't.

    ``new`` makes a checker for another draft, ``ask`` sends messages and gives the reply's text.
    """
    failing = [
        (number, sentence.bare, finding.reason)
        for number, (sentence, finding) in enumerate(draft.found, 1)
        if finding.mark
    ]
    if not failing:
        return draft
    reply = ask(prompts.repair(failing, sources))
    wanted = {number for number, *_ in failing}
    mended = {
        number: text
        for number, text in _lines(reply).items()
        if number in wanted and (text == prompts.DROP or _passes(text, sources, new()))
    }
    return _again(draft, mended, sources, new()) if mended else draft


def _lines(reply: str) -> dict[int, str]:
    found = (_LINE.fullmatch(line.rstrip()) for line in reply.splitlines())
    return {int(line[1]): line[2] for line in found if line}


def _passes(text: str, sources: Sequence[Source], check: Checker) -> bool:
    trial = Draft(sources, check)
    for _ in (*trial.feed(text), *trial.finish(cut=False)):
        pass
    passed = (s.verdict in _PASSED and s.support >= _LEAST for s in trial.sentences)
    return bool(trial.sentences) and all(passed)


def _again(
    draft: Draft, mended: Mapping[int, str], sources: Sequence[Source], check: Checker
) -> Draft:
    """The same text with the mended sentences in place of theirs, checked and numbered anew."""
    again = Draft(sources, check)
    again.seconds = draft.seconds
    for number, (sentence, _) in enumerate(draft.found, 1):
        text = mended.get(number)
        if text == prompts.DROP:
            continue
        if text is None:
            markers = "".join(f"[{source}]" for source in sentence.cited)
            bare = _GAP.sub("", sentence.bare)  # where its markers stood
            text = before_end(bare, f" {markers}") if markers else bare
        for _ in again.feed(text + (sentence.space or " ")):
            pass
    for _ in again.finish(cut=draft.cut):
        pass
    again.mended = len(mended)
    return again
