"""The Chat tab: conversations, the open one with its question box, and the evidence beside it."""

from __future__ import annotations

from typing import Any

from ui.chat.events import ChatEvents
from ui.chat.evidence import WAITING
from ui.chat.suggest import first_questions
from ui.chat.transcript import EXPORTS, welcome
from ui.page.blocks import gr, html
from ui.page.shared import Shared
from ui.page.taking import menu_html
from ui.page.theme import wire

SIDE = (
    '<nav class="ap-nav" aria-label="Conversations">'
    '<div class="ap-nav-bar"><button type="button" class="ap-fresh" data-do="fresh">'
    f"New conversation</button>{menu_html('the conversation', EXPORTS, turn=0)}</div>"
    '<details class="ap-shelf" open><summary>Conversations</summary>'
    '<div class="ap-shelf-list"><ul class="ap-list"></ul><p class="ap-list-note"></p></div>'
    '</details></nav><p id="ap-status" class="ap-unseen" role="status"></p>'
)
LOOKUP = (
    '<div class="ap-lookup"><p class="ap-note">Looking for the evidence…</p>'
    '<div class="ap-skeleton" aria-hidden="true"><i></i><i></i><i></i></div></div>'
)


def chat_tab(shared: Shared, tab: gr.Tab) -> None:
    """The conversation, the question box, and the evidence panel."""
    events = ChatEvents(shared.libraries, shared.rate, shared.turns)
    with gr.Row(elem_id="ap-body"):
        with gr.Column(elem_id="ap-side"):
            html(SIDE, "ap-conversations")
        with gr.Column(elem_id="ap-talk"):
            chat = gr.HTML(
                welcome(first_questions(shared.libraries.first.library)),
                html_template="${value.join('')}",
                js_on_load=wire("chat"),
                elem_id="ap-chat",
                apply_default_css=False,
            )
            with gr.Column(elem_id="ap-composer"):
                shared.chips.render()  # type: ignore[no-untyped-call]
                box = _question_box()
        with gr.Column(elem_id="ap-evidence"):
            html(f"<h2>Evidence</h2>{LOOKUP}", "ap-evidence-title")
            panel = html(WAITING, "ap-panel")
    # Values for the page's scripts: what to keep in the browser, what to save as a file.
    keep, file = (
        gr.HTML({}, html_template=" ", js_on_load=wire(name), elem_id=f"ap-{name}")
        for name in ("keep", "file")
    )
    shown = [box, shared.exchanges, chat, panel, keep]
    shown += [shared.choices, shared.filters, shared.chips, shared.header]
    _listen(events, shared, chat, shown, file)
    given = [shared.exchanges, shared.choices, shared.filters]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    tab.select(events.entered, given, chat, **quiet)
    shared.page.load(events.loaded, given, chat, queue=False, **quiet)


def _question_box() -> gr.Textbox:
    return gr.Textbox(
        placeholder="Ask about the papers",
        label="Your question",
        show_label=False,
        container=False,
        elem_id="ap-question",
        lines=1,
        max_lines=6,
        autofocus=True,
        submit_btn="Ask",
        stop_btn=False,
    )


def _listen(
    events: ChatEvents, shared: Shared, chat: gr.HTML, shown: list[Any], file: gr.HTML
) -> None:
    box, given = shown[0], [shared.exchanges, shared.choices, shared.filters]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    # One listener for every way to ask: while it runs it isn't started again ("once"), so no two
    # answers of one visitor grow at the same time.
    asking = gr.on(
        [box.submit, chat.submit],
        events.answer,
        [box, *given],
        shown,
        trigger_mode="once",
        concurrency_limit=None,  # its turns are ours (ui.server.turns)
        **quiet,
    )
    # In two steps: what the cancelled answer still sends must not come after the handler's word.
    for ending, handler in ((box.stop, events.stop), (chat.clear, events.clear)):
        cancelled = ending(
            None, None, None, cancels=[asking], queue=False, api_visibility="private"
        )
        cancelled.then(handler, given, shown, queue=False, **quiet)
    chat.select(events.reopen, given, shown, queue=False, **quiet)  # its script stops answers first
    chat.like(events.judge, given, shown, queue=False, **quiet)
    chat.download(events.export, given, file, queue=False, **quiet)
