"""The Map tab: the library's topics, and how many papers each has."""

from __future__ import annotations

from collections import Counter

from ui.blocks import html
from ui.render import literal
from ui.shared import Shared


def map_tab(shared: Shared) -> None:
    """The topics, the largest first."""
    papers = shared.shelf.first.library.papers()
    topics = Counter(topic for paper in papers for topic in paper.topics)
    rows = (f"<li>{literal(topic)} ({count})</li>" for topic, count in topics.most_common(50))
    html(f"<ul>{''.join(rows)}</ul>", "ap-map")
