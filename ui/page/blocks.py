"""Gradio, silent: the one place that imports it, once its analytics are off."""

from __future__ import annotations

import os
from importlib import resources
from importlib.util import find_spec
from typing import Any

from ui.page.speed import without_stubs

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read by gradio when it is imported

with without_stubs():
    import gradio as gr
    from gradio.events import api

__all__ = ["api", "clicked", "forget", "gr", "html", "live", "mcp_installed", "text", "visitor"]


def html(value: str, name: str) -> gr.HTML:
    """A piece of our own HTML; foreign text in it has passed ``ui.page.render.literal``."""
    return gr.HTML(value, elem_id=name, js_on_load=None, apply_default_css=False)


def live(value: str, name: str, *, render: bool = True) -> gr.HTML:
    """Like ``html``; a use of an element with ``data-do`` in it comes as a click with its data."""
    return gr.HTML(
        value,
        elem_id=name,
        js_on_load=text("script", "relay.js"),
        apply_default_css=False,
        render=render,
    )


def mcp_installed() -> bool:
    """Whether the page can serve its endpoints as MCP tools."""
    return find_spec("mcp") is not None


def clicked(event: gr.EventData) -> dict[str, Any]:
    """The data of a click in a ``live`` piece; a browser may send anything."""
    return event._data if isinstance(event._data, dict) else {}


def text(folder: str, name: str) -> str:
    """A style or script of ours."""
    return resources.files("ui").joinpath(folder, name).read_text("utf-8")


def visitor(request: gr.Request) -> tuple[str | None, str | None]:
    """Who asks: the session, if there is one, and the address."""
    client = request.client
    return request.session_hash, client.host if client is not None else None


def forget(page: gr.Blocks, session: str) -> None:
    """Forget a session that nobody comes back to: Gradio makes one for each call of a program."""
    holder, queue = page.state_holder, page._queue
    for kept in (
        holder.session_data,
        holder.time_last_used,
        queue.pending_messages_per_session,
        queue.pending_event_ids_session,
    ):
        kept.pop(session, None)
