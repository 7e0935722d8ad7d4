"""The page's frame: a header with the state of library and model, and a tab for each thing to do.

Nothing on the page is fetched from another machine: analytics are off, fonts are the system's, and
a Content-Security-Policy (ui/headers.py) keeps the browser to this server.
"""

from __future__ import annotations

from ingest.filters import EVERYTHING
from rag.assistant import Assistant
from ui.api import serve_api
from ui.blocks import gr, html
from ui.overview import overview
from ui.render import literal, notice_html
from ui.shared import Shared
from ui.shelf import Choices, Shelf
from ui.tabs.chat import chat_tab
from ui.tabs.library import library_tab
from ui.tabs.map import map_tab
from ui.tabs.settings import settings_tab

AT_ONCE = 8  # questions answered at the same time; more wait their turn
IN_LINE = 64  # questions that may wait


def build(shelf: Shelf) -> gr.Blocks:
    """The page and its API over the libraries of ``shelf``; ``ui.serve.launch`` serves it."""
    page = gr.Blocks(title="askpapers", analytics_enabled=False, fill_width=True, fill_height=True)
    with page:
        header = html(header_html(shelf.first), "ap-header")
        # Made outside the tabs, each child of which Gradio takes for a tab.
        exchanges, filters, choices = gr.State(()), gr.State(EVERYTHING), gr.State(Choices())
        chips = gr.HTML("", elem_id="ap-chips", js_on_load=None, render=False)
        with gr.Tabs(elem_id="ap-tabs", selected="chat") as tabs:
            shared = Shared(shelf, exchanges, filters, choices, tabs, header, chips)
            for name, label, tab in (
                ("chat", "Chat", chat_tab),
                ("library", "Library", library_tab),
                ("map", "Map", map_tab),
                ("settings", "Settings", settings_tab),
            ):
                with gr.Tab(label, id=name, elem_id=f"ap-tab-{name}"):
                    tab(shared)
        serve_api(shelf, at_once=AT_ONCE)
    page.queue(default_concurrency_limit=AT_ONCE, max_size=IN_LINE)
    return page


def header_html(assistant: Assistant) -> str:
    """The library's and the model's state at a glance, and what there is to know about them."""
    quiet = "".join(notice_html("notice", text) for text in assistant.notices)
    model: str | None = getattr(assistant, "model", None)
    mode = "quoted: no model needed" if model is None else f"written by {model}"
    return (
        '<div class="ap-head"><h1>askpapers</h1>'
        f'<p class="ap-holds">{literal(overview(assistant.library.papers()).said)}'
        '<span class="ap-dot" aria-hidden="true"> &#183; </span>'
        f"{literal(mode)}</p></div>"
        f"{quiet}"
    )
