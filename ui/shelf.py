"""What a visitor has chosen, and the assistant that answers by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.place import feedback_file
from rag.assistant import Assistant
from rag.llms import QUOTED


@dataclass(frozen=True, slots=True)
class Choices:
    """One visitor's settings; they live in the server's memory as long as the visit does.

    ``library`` is a name on the shelf, empty for the first one.
    """

    library: str = ""


class Shelf:
    """The libraries that the page may ask, by name: those that whoever started it has named."""

    def __init__(
        self, assistants: Mapping[str, Assistant], *, feedback: Path | None = None
    ) -> None:
        """``feedback`` is the file for what visitors think of answers; None: beside the library."""
        if not assistants:
            raise ValueError("a page needs at least one library")
        self._assistants = dict(assistants)
        self.feedback = feedback or feedback_file(self.first.library.directory)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._assistants)

    @property
    def first(self) -> Assistant:
        return self._assistants[self.names[0]]

    def assistant(self, choices: Choices) -> Assistant:
        """The assistant over the chosen library; the first one's where the name is unknown."""
        return self._assistants.get(choices.library, self.first)

    def quoting(self, choices: Choices) -> Assistant:
        """Like ``assistant``, but one that only quotes: asking it costs nothing."""
        return self.assistant(choices).with_llm(QUOTED)
