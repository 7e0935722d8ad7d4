"""The Chat tab: questions on the left, the evidence for every answer on the right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.filters import Filters
from ui.blocks import gr, html
from ui.conversation import Exchanges, asked, stopped
from ui.evidence import WAITING
from ui.messages import Messages, evidence, messages
from ui.overview import Overview, overview
from ui.shared import Shared
from ui.shelf import Choices, Shelf

AT_ONCE = 8  # questions answered at the same time; more wait their turn
PLACEHOLDER = (
    '<div class="ap-welcome"><p class="ap-welcome-line">Ask your papers.</p>'
    "<p>Every sentence is cited, and every citation opens the exact words."
    "<br>When the papers don&#8217;t say, the answer says so.</p></div>"
)


def chat_tab(shared: Shared) -> None:
    """The conversation, the question box, and the evidence panel."""
    holds = overview(shared.shelf.first.library.papers())
    with gr.Row(elem_id="ap-body"):
        with gr.Column(scale=3, elem_id="ap-talk"):
            chat = _chatbot(holds)
            shared.chips.render()  # type: ignore[no-untyped-call]
            box = _question_box()
            fresh = gr.Button("New conversation", elem_id="ap-new", size="sm", variant="secondary")
        with gr.Column(scale=2, elem_id="ap-evidence"):
            html("<h2>Evidence</h2>", "ap-evidence-title")
            panel = html(WAITING, "ap-panel")
    _listen(_Talk(shared.shelf), shared, box, chat, panel, fresh)


def _chatbot(holds: Overview) -> gr.Chatbot:
    return gr.Chatbot(
        label="Conversation",
        show_label=False,
        container=False,
        elem_id="ap-chat",
        height="100%",
        layout="panel",
        placeholder=PLACEHOLDER,
        examples=[{"text": question} for question in holds.questions],
        buttons=[],
        latex_delimiters=[],
        allow_tags=False,
        sanitize_html=True,
        line_breaks=False,
        group_consecutive_messages=False,
        autoscroll=False,  # page.js keeps the question in sight instead: one reads from the top
        feedback_options=None,
    )


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


# what happens


class _Talk:
    """The event handlers; what a visitor has asked comes in and goes out as per-visitor state."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._told = shelf.first.notices

    def answer(
        self,
        typed: str,
        exchanges: Exchanges,
        choices: Choices,
        filters: Filters,
        event: gr.EventData,
    ) -> Iterator[tuple[Any, Exchanges, Messages, Any]]:
        """Answer what was typed, chosen from the examples or is to be asked again."""
        question, before = _wanted(typed, exchanges, event)
        if not question.strip():
            yield gr.skip(), exchanges, messages(exchanges, self._told), gr.skip()
            return
        assistant = self._shelf.assistant(choices)
        busy: Any = gr.Textbox(value="", submit_btn=False, stop_btn="Stop")
        now = before
        for now in asked(assistant, before, question, filters):
            yield busy, now, messages(now, self._told), gr.skip()
            busy = gr.skip()
        yield _ready(), now, messages(now, self._told), evidence(now)

    def stop(self, exchanges: Exchanges) -> tuple[Any, Exchanges, Messages, str]:
        """Leave the growing answer as it is."""
        now = stopped(exchanges)
        return _ready(), now, messages(now, self._told), evidence(now)

    def clear(self) -> tuple[Any, Exchanges, Messages, str]:
        """A new conversation."""
        return _ready(), (), [], WAITING


def _wanted(typed: str, exchanges: Exchanges, event: gr.EventData) -> tuple[str, Exchanges]:
    """The question, and the conversation that it continues."""
    data = event._data if isinstance(event._data, dict) else {}
    if not isinstance(event.target, gr.Chatbot):
        return typed, exchanges
    value = data.get("value")
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        return value["text"], exchanges  # an example
    index = data.get("index", 0)
    message = int(index[0] if isinstance(index, list | tuple) else index)
    turn = min(message // 2, len(exchanges) - 1)  # two messages an exchange
    return (exchanges[turn].question, exchanges[:turn]) if exchanges else ("", exchanges)


def _ready() -> gr.Textbox:
    return gr.Textbox(submit_btn="Ask", stop_btn=False)


def _listen(
    handlers: _Talk,
    shared: Shared,
    box: gr.Textbox,
    chat: gr.Chatbot,
    panel: gr.HTML,
    fresh: gr.Button,
) -> None:
    shown: list[Any] = [box, shared.exchanges, chat, panel]
    # One listener for every way to ask: while it runs it isn't started again ("once"), so no two
    # answers of one visitor grow at the same time.
    asking = gr.on(
        [box.submit, chat.example_select, chat.retry],
        handlers.answer,
        [box, shared.exchanges, shared.choices, shared.filters],
        shown,
        trigger_mode="once",
        concurrency_limit=AT_ONCE,
        show_progress="hidden",
        api_visibility="private",
    )
    # In two steps: what the cancelled answer still sends must not come after the handler's word.
    for ending, handler, inputs in (
        ([box.stop], handlers.stop, [shared.exchanges]),
        ([fresh.click, chat.clear], handlers.clear, []),
    ):
        cancelled = gr.on(
            ending, None, None, None, cancels=[asking], queue=False, api_visibility="private"
        )
        cancelled.then(
            handler,
            inputs,
            shown,
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
