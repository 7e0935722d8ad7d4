"""Comparing what is said, not how it is typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ingest.sources.readable import readable

_DASHES = re.compile(r"[\u2010-\u2015\u2212]|(?<!-)--(?!-)")
_LATEX_SPACE = re.compile(r"\\[,;:! ]|~")
_LATEX_ESCAPE = re.compile(r"\\([%&#_$])")


def plain(text: str) -> str:
    """For comparing: case, white space, LaTeX escapes, dashes, quotes and × against x folded."""
    text = _LATEX_SPACE.sub(" ", readable(text))
    text = _LATEX_ESCAPE.sub(r"\1", text).replace("\\times", "\u00d7").replace("{,}", ",")
    # NFKC turns thin and fixed spaces into plain ones, and full-width forms into plain ones.
    text = unicodedata.normalize("NFKC", text).replace("\u00d7", "x").replace("$", "")
    text = _DASHES.sub("-", re.sub("[\u2018\u2019]", "'", re.sub("[\u201c\u201d]", '"', text)))
    return " ".join(text.casefold().split())


def occurs(any_of: Iterable[str], text: str) -> bool:
    """Whether one of the strings occurs in ``text``, both folded by ``plain``.

    A number has to be the whole number: "36%" doesn't occur in "136%", nor "2.4" in "2.46".
    """
    said = plain(text)
    return any(_whole(plain(string), said) for string in any_of)


def _whole(string: str, text: str) -> bool:
    before = r"(?<!\d)(?<!\d[.,])" if string[:1].isdigit() else ""
    after = r"(?!\d)(?![.,]\d)" if string[-1:].isdigit() else ""
    return bool(re.search(before + re.escape(string) + after, text))
