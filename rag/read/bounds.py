"""Papers sought by a bound on a figure: "more than 90 percent", "under 10 GB of memory"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.sentences import Span
from rag.answer import Hit
from rag.read.features import QuestionView, Viewer
from rag.read.rank import SENTENCE_FEATURES, sentence_features
from rag.text.bounds import Bound, bounds

# Of what the question says beside the bound, what a sentence is to have at least, and as a share of
# what the best one has.
SHARE, OF_BEST = 0.35, 0.65
MOST = 5  # papers listed
# Who asks how, why or whether wants to be told, not shown papers.
_TELL = re.compile(r"^(?:how|why|when|where|what|is|are|was|does|do|did|can|could|has)\b", re.I)


def bound_of(question: QuestionView) -> Bound | None:
    """The one bound by which papers are sought; None where there is none, or a fact is asked."""
    found = bounds(question.text)
    return found[0] if len(found) == 1 and not _TELL.match(question.text) else None


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
