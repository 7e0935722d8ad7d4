"""The Settings tab."""

from __future__ import annotations

from ui.blocks import gr
from ui.shared import Shared
from ui.shelf import Choices


def settings_tab(shared: Shared) -> None:
    """Which library is asked."""
    names = shared.shelf.names
    library = gr.Radio(list(names), value=names[0], label="Library", elem_id="ap-library-choice")
    library.input(
        lambda name: Choices(library=name), library, shared.choices, api_visibility="private"
    )
