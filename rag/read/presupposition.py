"""A figure in the question that the paper contradicts: pointed out, with the paper's own."""

from __future__ import annotations

from rag.read.features import Viewer
from rag.reader import Reading
from rag.text.figures import Figure
from rag.text.same_figures import same_value


def contradicted_figure(reading: Reading, viewer: Viewer) -> tuple[Figure, Figure] | None:
    """(the question's figure, the quoted one) where they measure the same and differ.

    Only where one paper is answered from, called by name; None where nothing can be said for sure.
    Bare counts are left alone: "the two surveys" contradicts nothing.
    """
    if reading.intent in ("list", "compare") or not reading.named or not reading.lines:
        return None
    line = reading.lines[0]
    view = viewer.paper(line.hit.paper)
    known = [figure for row in view.figures for figure in row]
    quoted = [
        figure
        for span, row in zip(view.spans, view.figures, strict=True)
        if span in line.spans
        for figure in row
        if not figure.in_name
    ]
    for asked in reading.question.figures:
        if asked.in_name or asked.measure == "count":
            continue
        if any(same_value(asked, figure) or asked.text == figure.text for figure in known):
            continue
        rivals = [figure for figure in quoted if figure.measure == asked.measure]
        if len({figure.value for figure in rivals}) == 1:
            return asked, rivals[0]
    return None
