"""The page's frame: a header with the state of library and model, and a tab for each thing to do.

Nothing on the page is fetched from another machine: analytics are off, fonts are the system's, and
a Content-Security-Policy (ui/door/headers.py) keeps the browser to this server.
"""

from __future__ import annotations

from ingest.filters import EVERYTHING
from ui.chat.tab import chat_tab
from ui.check.tab import check_tab
from ui.library.tab import library_tab
from ui.map.tab import map_tab
from ui.page.blocks import gr, html, live
from ui.page.header import header_html
from ui.page.settings_tab import settings_tab
from ui.page.shared import Shared
from ui.page.speed import signatures_kept
from ui.server.api import serve_api
from ui.server.libraries import Choices, Libraries
from ui.server.rate import Rate
from ui.server.turns import Turns

AT_ONCE = 8  # calls of one kind at the same time, but questions: they have turns of their own
IN_LINE = 2_000  # calls that may wait: a question is to be told by us that all are busy
UPLOADS_STAY = (600, 3600)  # seconds: looked for so often, and deleted when they are so old
A_DAY = 86_400  # seconds, after which a session is forgotten that never said it has ended
TOLD_EVERY = 2  # seconds until those in line are told where they stand


def build(
    libraries: Libraries,
    *,
    rate: Rate | None = None,
    turns: Turns | None = None,
    writable: bool = True,
    logged_in: bool = False,
) -> gr.Blocks:
    """The page and its API over ``libraries``; ``ui.server.serve.launch`` serves it.

    ``rate`` is how often a visitor may ask, ``turns`` how many questions are answered at a time
    (None: the usual), ``writable`` whether visitors may add and remove papers, ``logged_in``
    whether they had to log in, and so may log out.
    """
    rate, turns = rate or Rate(), turns or Turns()
    page = gr.Blocks(
        title="askpapers",
        analytics_enabled=False,
        fill_width=True,
        fill_height=True,
        delete_cache=UPLOADS_STAY,
    )
    with page:
        header = html(header_html(libraries.first), "ap-header")
        # Made outside the tabs, each child of which Gradio takes for a tab.
        exchanges, filters, choices = (
            gr.State(value, time_to_live=A_DAY) for value in ((), EVERYTHING, Choices())
        )
        chips = live("", "ap-chips", render=False)
        with gr.Tabs(elem_id="ap-tabs", selected="chat") as tabs:
            shared = Shared(
                page,
                libraries,
                exchanges,
                filters,
                choices,
                tabs,
                header,
                chips,
                rate,
                turns,
                writable,
            )
            with gr.Tab("Chat", id="chat", elem_id="ap-tab-chat") as chat:
                chat_tab(shared, chat)
            with gr.Tab("Library", id="library", elem_id="ap-tab-library"):
                opens = library_tab(shared)
            with gr.Tab("Map", id="map", elem_id="ap-tab-map"):
                map_tab(shared, opens)
            with gr.Tab("Check", id="check", elem_id="ap-tab-check"):
                check_tab(shared)
            with gr.Tab("Settings", id="settings", elem_id="ap-tab-settings") as settings:
                settings_tab(shared, settings, logged_in=logged_in)
        # A phone's page scrolls: what one is led to is read from its top.
        tabs.change(
            None, js="() => scrollTo(0, 0)", show_progress="hidden", api_visibility="private"
        )
        page.load(  # the page was made when the server started; the library may have grown since
            lambda chosen: header_html(libraries.assistant(chosen)),
            [choices],
            header,
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
        serve_api(libraries, rate, turns, at_once=AT_ONCE)
    # Gradio's default tells everybody in line of each question that is taken: of 50, 1,200 times.
    page.queue(default_concurrency_limit=AT_ONCE, max_size=IN_LINE, status_update_rate=TOLD_EVERY)
    signatures_kept(page.blocks.values())
    return page
