"""Bounds that a text sets on figures: "more than 90 percent", "at least 4 GPUs", "70% or more"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.text.figures import Figure, figures

_AT_MOST = re.compile(
    r"(?:(?:no|not) (?:more|bigger|longer|higher) th[ae]n|at most|up to|max(?:imum)?\.?(?: of)?"
    r"|under|below|within|(?:less|fewer|smaller|lower|shorter|faster) th[ae]n|[<≤])\s*$",
    re.I,
)
_AT_LEAST = re.compile(
    r"(?:(?:no|not) (?:less|fewer|smaller) th[ae]n|at least|min(?:imum)?\.?(?: of)?|over|above"
    r"|beyond|exceeding|(?:more|bigger|greater|larger|higher|longer) th[ae]n|[>≥])\s*$",
    re.I,
)
_FAR = 24  # characters before a figure in which its bound is said
_YEAR = re.compile(r"(?:19|20)\d\d")
_SHARES = {"percent", "points"}
_OR_MORE = re.compile(r"\s*(?:or|and) (more|above|higher|better|less|below|fewer|lower)\b", re.I)
_ITSELF = re.compile(r"at (?:least|most)$|^(?:no|not) |^m(?:in|ax)|[≤≥]$|up to$|within$", re.I)


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure that is to be exceeded, or with ``below`` not; ``itself``: may be reached.

    ``text[start:end]`` are the words that say so.
    """

    figure: Figure
    below: bool
    itself: bool
    start: int
    end: int

    def holds(self, given: Figure) -> bool:
        """Whether a paper's figure measures the same and keeps the bound."""
        asked = self.figure
        alike = given.measure == asked.measure or {given.measure, asked.measure} == _SHARES
        counted = asked.measure != "count" or {*asked.nouns} & {*given.nouns}
        turned = {asked.change, given.change} == {"up", "down"}
        beyond = self.below and given.bound == "above"
        if given.in_name or beyond or turned or not (alike and counted):
            return False
        kept = given.value < asked.value if self.below else given.value > asked.value
        return kept or (self.itself and given.value == asked.value)


def bounds(text: str) -> tuple[Bound, ...]:
    """The bounds on figures in digits, which are no part of a name and no year."""
    found = (f for f in figures(text) if not (f.in_name or f.spelt or _YEAR.fullmatch(f.text)))
    return tuple(bound for figure in found if (bound := _bound(text, figure)))


def _bound(text: str, figure: Figure) -> Bound | None:
    start, after = max(0, figure.start - _FAR), _OR_MORE.match(text, figure.end)
    most = _AT_MOST.search(text, start, figure.start)
    said = most or _AT_LEAST.search(text, start, figure.start)
    if said is not None:
        itself = bool(_ITSELF.search(said[0].strip()))
        return Bound(figure, bool(most), itself, said.start(), figure.end)
    if after is not None:
        below = after[1].lower() in ("less", "below", "fewer", "lower")
        return Bound(figure, below, True, figure.start, after.end())
    return None
