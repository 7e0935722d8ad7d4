"""The page's header: the state of library and model at a glance."""

from __future__ import annotations

from rag.assistant import Assistant
from ui.page.overview import overview_of
from ui.page.render import literal


def header_html(assistant: Assistant) -> str:
    """The library's and the model's state at a glance, and what there is to know about them."""
    quiet = "".join(_notice(text) for text in assistant.notices)
    model: str | None = getattr(assistant, "model", None)
    mode = (
        'quoted<span class="ap-more">&#58; no model needed</span>'
        if model is None
        else literal(f"written by {model}")
    )
    return (
        f"{quiet}"
        '<div class="ap-head"><h1 translate="no">askpapers</h1>'
        f'<p class="ap-holds">{literal(overview_of(assistant.library).said)}'
        f'<span class="ap-dot" aria-hidden="true"> &#183; </span>{mode}</p></div>'
    )


def _notice(text: str) -> str:
    """A notice that one can put away: ui/script/notices.js remembers that it was read."""
    said = literal(text)
    return (
        f'<p class="ap-note ap-notice" data-text="{said}">{said}'
        '<button type="button" class="ap-dismiss" aria-label="Put this notice away"'
        ' title="Put this notice away">&#215;</button></p>'
    )
