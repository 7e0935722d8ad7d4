"""The page's look, as far as Gradio's own parts know it; ui/style/ says the rest."""

from __future__ import annotations

import json
from importlib import resources

from ui.page.blocks import gr
from ui.page.words import known

SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Consolas", "Liberation Mono", "monospace")


def theme() -> gr.themes.Base:
    """Quiet paper and ink; the fonts are the system's."""
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


STYLES = (
    "frame", "own", "chat", "answers", "conversations", "evidence", "library", "paper", "adding",
    "chips", "map", "check", "settings",
)  # fmt: skip
SCRIPTS = (
    "visit",
    "words",
    "citations",
    "asking",
    "answers",
    "conversations",
    "keys",
    "notices",
    "own",
)  # each an arrow function that runs once, when the page is there


def style() -> str:
    """All of the page's CSS."""
    return "\n".join(_text("style", f"{name}.css") for name in STYLES)


def script() -> str:
    """All of the page's JavaScript, as one function."""
    parts = (_text("script", f"{name}.js").strip().removesuffix(";") for name in SCRIPTS)
    words = json.dumps(known(), ensure_ascii=False)
    words = f"window.askpapers = {{ ...window.askpapers, words: {words} }};"
    return "\n".join(["() => {", words, *(f"(\n{part}\n)();" for part in parts), "}"])


def wire(name: str) -> str:
    """The script that ties a component to the page's scripts (``js_on_load`` of ``gr.HTML``)."""
    return _text("script", f"wire-{name}.js")


def _text(folder: str, name: str) -> str:
    return resources.files("ui").joinpath(folder, name).read_text("utf-8")
