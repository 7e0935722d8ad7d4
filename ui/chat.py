"""The chat page: questions on the left, the evidence for every answer on the right.

The only file that knows Gradio. Nothing on the page is fetched from another machine: analytics are
off, fonts are the system's, and a Content-Security-Policy keeps the browser to this server.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import resources
from typing import Any, cast

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read by gradio when it is imported

import gradio as gr
from gradio.events import api
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ingest.errors import AskpapersError
from rag.assistant import Assistant
from ui.conversation import Exchanges, asked, stopped
from ui.evidence import WAITING
from ui.headers import SafeHeaders
from ui.messages import Messages, evidence, messages
from ui.overview import Overview, overview
from ui.render import literal, notice_html

Auth = tuple[str, str] | list[tuple[str, str]] | Callable[[str, str], bool]

AT_ONCE = 8  # questions answered at the same time; more wait their turn
IN_LINE = 64  # questions that may wait
MOST_FOUND = 100  # papers that one search through the API returns at most

SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Consolas", "Liberation Mono", "monospace")
PLACEHOLDER = (
    '<div class="ap-welcome"><p class="ap-welcome-line">Ask your papers.</p>'
    "<p>Every sentence is cited, and every citation opens the exact words."
    "<br>When the papers don&#8217;t say, the answer says so.</p></div>"
)


def build(assistant: Assistant) -> gr.Blocks:
    """The page and its API over ``assistant``; ``launch`` adds the style and serves it."""
    holds = overview(assistant.library.papers())
    page = gr.Blocks(title="askpapers", analytics_enabled=False, fill_width=True, fill_height=True)
    with page:
        exchanges = gr.State(())
        _html(_header(holds, assistant), "ap-header")
        with gr.Row(elem_id="ap-body"):
            with gr.Column(scale=3, elem_id="ap-talk"):
                chat = _chatbot(holds)
                box = _question_box()
                fresh = gr.Button(
                    "New conversation", elem_id="ap-new", size="sm", variant="secondary"
                )
            with gr.Column(scale=2, elem_id="ap-evidence"):
                _html("<h2>Evidence</h2>", "ap-evidence-title")
                panel = _html(WAITING, "ap-panel")
        _listen(_Page(assistant), box, exchanges, chat, panel, fresh)
        _serve_api(assistant)
    page.queue(default_concurrency_limit=AT_ONCE, max_size=IN_LINE)
    return page


def launch(
    assistant: Assistant,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    open_browser: bool = False,
    share: bool = False,
    auth: Auth | None = None,
    block: bool = True,
    ready: Callable[[str], None] | None = None,
) -> str:
    """Serve the page and return its address; ``port`` None means 7860 or the next free one.

    With ``block``, returns when interrupted; ``ready`` is called with the address once the page
    can be opened. Raises AskpapersError when the port is taken or can't be listened on.
    """
    page = build(assistant)
    _reach_directly(host)
    try:
        _, local, public = page.launch(
            server_name=host,
            server_port=port,
            inbrowser=False,
            share=share,
            auth=auth,
            prevent_thread_lock=True,
            quiet=True,
            show_error=False,
            ssr_mode=False,
            run_history=False,
            footer_links=["api"],
            enable_monitoring=False,
            app_kwargs={
                "middleware": [Middleware(SafeHeaders)],
                "routes": [Route("/health", _health(assistant))],
            },
            theme=_theme(),
            css=_asset("style.css"),
            js=_asset("page.js"),
        )
    except (OSError, OverflowError) as error:
        where = f"{host}:{port}" if port is not None else host
        raise AskpapersError(
            f"can't listen on {where}: the port is taken, or the address isn't this machine's;"
            " give another --port, or none for a free one"
        ) from error
    address = public or local
    if ready is not None:
        ready(address)
    if open_browser:
        import webbrowser

        webbrowser.open(address)
    if block:
        warming = threading.Thread(target=_warm_up, args=(assistant,), daemon=True)
        warming.start()
        _wait(page)
        warming.join()  # the caller may close the library now
    return address


def _reach_directly(host: str) -> None:
    """Let Gradio's look at its own server go past any proxy that the environment names."""
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    os.environ["no_proxy"] = ",".join(filter(None, (known, "127.0.0.1", "localhost", host)))


def _warm_up(assistant: Assistant) -> None:
    """Load what the first question needs while the reader types it."""
    # The library may be closed under it by Ctrl-C, and a real trouble shows at the first question.
    with suppress(Exception):
        assistant.search("warm up", k=1)


def _wait(page: gr.Blocks) -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        page.close(verbose=False)


# the parts


def _header(holds: Overview, assistant: Assistant) -> str:
    quiet = "".join(notice_html("notice", text) for text in assistant.notices)
    model: str | None = getattr(assistant, "model", None)
    mode = "quoted: no model needed" if model is None else f"written by {model}"
    return (
        '<div class="ap-head"><h1>askpapers</h1>'
        f'<p class="ap-holds">{literal(holds.said)}'
        '<span class="ap-dot" aria-hidden="true"> &#183; </span>'
        f"{literal(mode)}</p></div>"
        f"{quiet}"
    )


def _html(value: str, name: str) -> gr.HTML:
    return gr.HTML(value, elem_id=name, js_on_load=None, apply_default_css=False)


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


def _theme() -> gr.themes.Base:
    return gr.themes.Base(
        font=SANS,
        font_mono=MONO,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
    ).set(
        body_background_fill="#faf8f4",
        body_background_fill_dark="#15171b",
        body_text_color="#1f2328",
        body_text_color_dark="#e7e4dd",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1d2025",
        background_fill_secondary="#f4f1ea",
        background_fill_secondary_dark="#24282e",
        border_color_primary="#ddd7ca",
        border_color_primary_dark="#383d45",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1d2025",
        button_primary_background_fill="#0d5c68",
        button_primary_background_fill_dark="#8ad0da",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#10262a",
    )


def _asset(name: str) -> str:
    return resources.files("ui").joinpath(name).read_text("utf-8")


# what happens


class _Page:
    """The event handlers; what a visitor has asked comes in and goes out as per-visitor state."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._told = assistant.notices

    def answer(
        self, typed: str, exchanges: Exchanges, event: gr.EventData
    ) -> Iterator[tuple[Any, Exchanges, Messages, Any]]:
        """Answer what was typed, chosen from the examples or is to be asked again."""
        question, before = _wanted(typed, exchanges, event)
        if not question.strip():
            yield gr.skip(), exchanges, messages(exchanges, self._told), gr.skip()
            return
        busy: Any = gr.Textbox(value="", submit_btn=False, stop_btn="Stop")
        now = before
        for now in asked(self._assistant, before, question):
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
    handlers: _Page,
    box: gr.Textbox,
    exchanges: gr.State,
    chat: gr.Chatbot,
    panel: gr.HTML,
    fresh: gr.Button,
) -> None:
    shown: list[Any] = [box, exchanges, chat, panel]
    # One listener for every way to ask: while it runs it isn't started again ("once"), so no two
    # answers of one visitor grow at the same time.
    asking = gr.on(
        [box.submit, chat.example_select, chat.retry],
        handlers.answer,
        [box, exchanges],
        shown,
        trigger_mode="once",
        concurrency_limit=AT_ONCE,
        show_progress="hidden",
        api_visibility="private",
    )
    # In two steps: what the cancelled answer still sends must not come after the handler's word.
    for ending, handler, inputs in (
        ([box.stop], handlers.stop, [exchanges]),
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


# for programs


def _serve_api(assistant: Assistant) -> None:
    def ask(question: str, history: list[list[str]] | None = None) -> dict[str, Any]:
        """Answer a question from the papers, every sentence cited.

        Args:
            question: The question, in plain words.
            history: Earlier turns, each ["user", text] or ["assistant", text].
        """
        try:
            return assistant.ask(question, _turns(history)).to_dict()
        except AskpapersError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def search(question: str, k: int = 10) -> list[dict[str, Any]]:
        """Find the papers that a question is about, best first.

        Args:
            question: What to look for, in plain words.
            k: How many papers at most.
        """
        try:
            hits = assistant.search(question, k=max(1, min(int(k), MOST_FOUND)))
        except AskpapersError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return [
            {"paper": hit.paper.to_dict(), "text": hit.passage.text, "score": round(hit.score, 4)}
            for hit in hits
        ]

    api(ask, api_name="ask", concurrency_limit=AT_ONCE)
    api(search, api_name="search", concurrency_limit=AT_ONCE)


def _turns(history: list[list[str]] | None) -> list[tuple[str, str]]:
    turns: list[tuple[str, str]] = []
    for turn in history or []:
        if len(turn) != 2 or turn[0] not in ("user", "assistant"):
            raise gr.Error('history: each turn is ["user", text] or ["assistant", text]')
        turns.append((turn[0], str(turn[1])))
    return turns


def _health(assistant: Assistant) -> Callable[[Request], JSONResponse]:
    def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "papers": len(assistant.library)})

    return cast(Callable[[Request], JSONResponse], health)
