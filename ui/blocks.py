"""Gradio, silent: the one place that imports it, once its analytics are off."""

from __future__ import annotations

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read by gradio when it is imported

import gradio as gr
from gradio.events import api

__all__ = ["api", "gr", "html"]


def html(value: str, name: str) -> gr.HTML:
    """A piece of our own HTML; foreign text in it has passed ``ui.render.literal``."""
    return gr.HTML(value, elem_id=name, js_on_load=None, apply_default_css=False)
