"""The Map tab: the library on a plane, its groups, and the papers of the current answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from ingest.library import Library
from ui.chat.conversation import Exchanges
from ui.map.atlas import Atlas
from ui.map.page import map_html, map_points, waiting_html
from ui.page.blocks import gr, live, text
from ui.page.shared import Shared
from ui.server.libraries import Choices


def map_tab(shared: Shared, opens: Callable[[gr.HTML, gr.HTML], None]) -> None:
    """The map, made when the tab is first opened; ``opens`` lets its papers open beside it."""
    with gr.Row(elem_id="ap-map-row"):
        drawn = gr.HTML(
            "",
            elem_id="ap-map",
            js_on_load=text("script", "map.js"),
            apply_default_css=False,
            points={},
        )
        beside = live("", "ap-map-paper")
    opens(drawn, beside)
    drawn.focus(
        _Maps(shared).draw,
        [shared.exchanges, shared.choices],
        drawn,
        show_progress="hidden",
        api_visibility="private",
    )


class _Maps:
    """One map a library at a time; whoever asks while it is made waits for the same one."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._guard = threading.Lock()
        self._kept: dict[str, tuple[int, Atlas]] = {}

    def draw(self, exchanges: Exchanges, choices: Choices) -> Iterator[Any]:
        """A word on waiting, then the map."""
        library = self._shared.libraries.assistant(choices).library
        if self._of(library, now=True) is None:
            yield gr.HTML(waiting_html(len(library)), points={})
        atlas = self._of(library)
        assert atlas is not None
        cited = _cited(exchanges)
        yield gr.HTML(map_html(atlas, library, cited), points=map_points(atlas, library, cited))

    def _of(self, library: Library, *, now: bool = False) -> Atlas | None:
        """The map of ``library``; with ``now`` None where it would have to be made first."""
        place = str(library.directory)
        version, kept = self._kept.get(place, (-1, None))
        if now or version == library.version:
            return kept if version == library.version else None
        with self._guard:
            version, kept = self._kept.get(place, (-1, None))
            if kept is None or version != library.version:
                version, kept = library.version, Atlas.of(library)
                self._kept[place] = (version, kept)
            return kept


def _cited(exchanges: Exchanges) -> dict[str, int]:
    """The papers of the latest answer with the first number that stands for each."""
    answers = [exchange.answer for exchange in exchanges if exchange.answer is not None]
    numbers: dict[str, int] = {}
    for citation in answers[-1].citations if answers else ():
        numbers.setdefault(citation.paper.id, citation.number)
    return numbers
