"""Papers sought by a bound on a figure: "more than 90 percent", "under 10 GB of memory"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.sentences import Span
from rag.answer import Hit
from rag.read.features import QuestionView, Viewer
from rag.read.rank import SENTENCE_FEATURES, sentence_features
from rag.text.figures import Figure

# Of what the question says beside the bound, what a sentence is to have at least, and as a share of
# what the best one has.
SHARE, OF_BEST = 0.35, 0.65
MOST = 5  # papers listed
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
_SHARES = {"percent", "points"}
_OR_MORE = re.compile(r"\s*(?:or|and) (more|above|higher|better|less|below|fewer|lower)\b", re.I)
_ITSELF = re.compile(r"at (?:least|most)$|^(?:no|not) |^m(?:in|ax)|[≤≥]$|up to$|within$", re.I)
# Who asks how, why or whether wants to be told, not shown papers.
_TELL = re.compile(r"^(?:how|why|when|where|what|is|are|was|does|do|did|can|could|has)\b", re.I)


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


def bound_of(question: QuestionView) -> Bound | None:
    """The one bound by which papers are sought; None where there is none, or a fact is asked."""
    text = question.text
    figures = [figure for figure in question.figures if not (figure.in_name or figure.spelt)]
    found = [bound for figure in figures if (bound := _bound(text, figure))]
    return found[0] if len(found) == 1 and not _TELL.match(text) else None


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


def within(
    bound: Bound, question: QuestionView, hits: Sequence[Hit], viewer: Viewer
) -> list[tuple[Hit, Span]]:
    """The papers with a sentence on the matter whose figure keeps the bound, best first."""
    rest = viewer.question(f"{question.text[: bound.start]}{question.text[bound.end :]}")
    soft = SENTENCE_FEATURES.index("soft")
    found: list[tuple[float, Hit, Span]] = []
    for hit in hits:
        view = viewer.paper(hit.paper)
        rows = [n for n, row in enumerate(view.figures) if any(map(bound.holds, row))]
        if rows:
            shares = sentence_features(rest, hit.paper, view)[:, soft]
            best = max(rows, key=shares.__getitem__)
            found.append((float(shares[best]), hit, view.spans[best]))
    found.sort(key=lambda one: -one[0])
    least = max(SHARE, OF_BEST * found[0][0]) if found else SHARE
    return [(hit, span) for share, hit, span in found[:MOST] if share >= least]
