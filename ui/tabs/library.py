"""The Library tab: the papers that questions are asked of."""

from __future__ import annotations

from ui.blocks import gr
from ui.shared import Shared

MOST_LISTED = 500  # rows


def library_tab(shared: Shared) -> None:
    """A table of the first library's papers."""
    papers = list(shared.shelf.first.library.papers())
    gr.Dataframe(
        [[paper.title, paper.year, ", ".join(paper.topics)] for paper in papers[:MOST_LISTED]],
        headers=["Title", "Year", "Topics"],
        interactive=False,
        elem_id="ap-papers",
    )
