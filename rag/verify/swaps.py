"""A sentence taken over nearly word for word, with one name or figure put in another's place.

Each may well stand elsewhere in the paper, so that only the sentence itself tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from rag.text.figures import figures
from rag.text.mentions import KnownNames, mentions
from rag.text.same_figures import same
from rag.verify.contradictions import Fault

_TOKEN = re.compile(r"[^\s;:()\u201c\u201d\"]+")
_NEARLY = 0.8  # the share of words that two sentences must have in common, in the same order


def swapped(claim: str, sentence: str) -> Iterator[Fault]:
    """What ``claim`` has in place of another name or figure of ``sentence``: hard faults."""
    ours, theirs = _tokens(claim), _tokens(sentence)
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    if matcher.real_quick_ratio() < _NEARLY or matcher.ratio() < _NEARLY:
        return
    for edit, start, end, other_start, other_end in matcher.get_opcodes():
        if edit != "replace" or end - start != other_end - other_start:
            continue
        for our, their in zip(ours[start:end], theirs[other_start:other_end], strict=True):
            if _differ(our, their):
                yield Fault("swap", our, f"the passage has {their} there")


def _tokens(text: str) -> list[str]:
    return [token.rstrip(",.!?") for token in _TOKEN.findall(text)]


def _differ(our: str, their: str) -> bool:
    measured, there = figures(our), figures(their)
    if measured and there:
        return not any(same(a, b) for a in measured for b in there)
    named = [name for name in mentions(f"the {our}") if name.sure]
    known = [name for name in mentions(f"the {their}") if name.sure]
    if not named or not known:
        return False
    return our not in KnownNames.of([their]) and their not in KnownNames.of([our])
