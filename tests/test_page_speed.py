"""What makes the page quick goes into Gradio itself: it must go on to fit there."""

from __future__ import annotations

import asyncio

import gradio as gr
from gradio.state_holder import StateHolder

from ui.page.speed import light


def test_a_visitor_s_session_begins_without_a_copy_of_every_setting() -> None:
    async def looked() -> None:  # Gradio makes an event loop of its own where none runs
        with gr.Blocks() as page:
            box = gr.Textbox("words")
            said = gr.State("kept")
        holder = StateHolder()
        holder.set_blocks(page)
        assert holder["before"].config_values
        light(page)
        session = holder["after"]
        assert session.config_values == {}
        assert session[said._id] == "kept"
        assert session[box._id].value == "words"

    asyncio.run(looked())
