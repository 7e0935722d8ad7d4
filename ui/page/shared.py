"""What the page's tabs share: the libraries, and one visitor's state as Gradio knows it."""

from __future__ import annotations

from dataclasses import dataclass

from ui.page.blocks import gr
from ui.server.libraries import Libraries
from ui.server.rate import Rate
from ui.server.turns import Turns

AT_ONCE = 8  # questions answered at the same time; more wait their turn


@dataclass(frozen=True)
class Shared:
    """Handed to every tab; each ``gr.State`` is an input or an output of their events.

    ``exchanges`` holds the open conversation (``ui.chat.conversation.Exchanges``), ``filters`` the
    papers that questions are asked of (``ingest.filters.Filters``), ``choices`` the settings
    (``ui.server.libraries.Choices``). ``header`` shows ``ui.page.header.header_html`` of the
    chosen assistant: an event that changes a library writes it anew. ``chips`` stands above the
    question box, empty until something narrows the question. ``writable`` says whether visitors
    may change the library, ``rate`` how often they may ask, ``turns`` how many at a time.
    """

    page: gr.Blocks
    libraries: Libraries
    exchanges: gr.State
    filters: gr.State
    choices: gr.State
    tabs: gr.Tabs
    header: gr.HTML
    chips: gr.HTML
    rate: Rate
    turns: Turns
    writable: bool
