"""What abbreviations stand for, as texts introduce them: "mixture of experts (MoE)"."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from rag.text.words import content_stems

_INTRODUCED = re.compile(r"\(([A-Za-z-]{0,15}[A-Z][\w-]{0,15})\)")
_BEFORE = 100  # characters before an abbreviation in which its long form is sought
_COMMON = 2  # long forms that are told of one, the most common ones


class Abbreviations:
    """The abbreviations of some texts: each has as many letters as its long form has words."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._long: dict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            for found in _INTRODUCED.finditer(text):
                before = text[max(0, found.start() - _BEFORE) : found.start()].strip(" -")
                short = _singular(found[1])
                if len(short) > 1 and (long := _spelling(re.split(r"[ -]", before)[-8:], short)):
                    self._long[short][long.casefold()] += 1

    def long_forms(self, term: str) -> list[str]:
        """What ``term`` is short for: "moe" for "mixture of experts"."""
        forms = self._long.get(_singular(term.strip()), Counter())
        return [form for form, _ in forms.most_common(_COMMON)]

    def short_forms(self, term: str) -> list[str]:
        """The abbreviations whose long form has ``term``: "llm" for "language models"."""
        wanted = content_stems(term)
        commonest = {short: forms.most_common(1)[0][0] for short, forms in self._long.items()}
        return [s for s, long in commonest.items() if wanted and wanted <= content_stems(long)]


def _singular(term: str) -> str:
    return re.sub(r"(?<=\w\w)s$", "", term.casefold())


def _spelling(parts: Sequence[str], term: str) -> str | None:
    """The shortest run of last words whose initials spell ``term``."""
    runs = ([part for part in parts[start:] if part] for start in range(len(parts) - 1, -1, -1))
    spelt = (run for run in runs if "".join(part[0] for part in run).casefold() == term)
    return " ".join(next(spelt, ())) or None
