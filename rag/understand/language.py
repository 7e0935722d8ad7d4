"""Whether a question is in English, the language of the texts and of the reader."""

from __future__ import annotations

import re

from rag.text.words import STOP, default_idf, words
from rag.understand.foreign import begins_foreign

_NOT_LATIN = re.compile(r"[^\W\d_a-zA-Z\u00aa-\u024f\u0370-\u03ff]")  # Greek letters are symbols
_KNOWN = 0.6  # of the plain words have to be English ones


def is_english(question: str) -> bool:
    """Whether most plain words are ones that English papers use; names and figures say nothing."""
    plain = [word for word in words(question) if word.text.islower()]
    if begins_foreign(question) or len(_NOT_LATIN.findall(question)) > len(plain):
        return False
    known = sum(word.text in STOP or word.stem in default_idf() for word in plain)
    return len(plain) < 3 or known >= _KNOWN * len(plain)
