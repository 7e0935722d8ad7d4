"""What a visitor has chosen, and the assistant that answers by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.paths import feedback_file
from ingest.sources import Options
from rag.assistant import Assistant
from rag.llms import LLM, QUOTED
from ui.server.addresses import Addresses


@dataclass(frozen=True, slots=True)
class Choices:
    """One visitor's settings; they live in the server's memory as long as the visit does.

    ``library`` is the name of one, empty for the first. ``quoted`` answers without a model;
    else ``llm`` writes, None being the model that the page was started with. ``passages`` is how
    many papers the model is shown at most, None by the kind of question.
    """

    library: str = ""
    quoted: bool = False
    llm: LLM | None = field(default=None, repr=False, compare=False)  # it knows a key
    passages: int | None = None


class Libraries:
    """The libraries that the page may ask, by name: those that whoever started it has named."""

    def __init__(
        self,
        assistants: Mapping[str, Assistant],
        *,
        feedback: Path | None = None,
        at_home: bool = True,
        sources: Options | None = None,
        addresses: Addresses | None = None,
    ) -> None:
        """``feedback`` is the file for what visitors think of answers; None: beside the library.

        ``at_home``: all visitors are on this machine. ``addresses`` are those to which they may
        have questions sent; None lets those at home choose any, and others OpenAI's own alone.
        ``sources`` say how arXiv is asked for papers that visitors add.
        """
        if not assistants:
            raise ValueError("a page needs at least one library")
        self._assistants = dict(assistants)
        self.feedback = feedback or feedback_file(self.first.library.directory)
        self.sources = sources
        self.addresses = addresses or Addresses(anywhere=at_home)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._assistants)

    @property
    def first(self) -> Assistant:
        return self._assistants[self.names[0]]

    def assistant(self, choices: Choices) -> Assistant:
        """The assistant over the chosen library, answering in the chosen way.

        It is the first library's where the name is unknown.
        """
        chosen = self._assistants.get(choices.library, self.first)
        if choices.quoted:
            return chosen.with_llm(QUOTED)
        if choices.llm is not None:
            return chosen.with_llm(choices.llm, passages=choices.passages)
        if chosen.llm is not None and choices.passages is not None:
            return chosen.with_llm(chosen.llm, passages=choices.passages)
        return chosen

    def quoting(self, choices: Choices) -> Assistant:
        """Like ``assistant``, but one that only quotes: asking it costs nothing."""
        return self.assistant(choices).with_llm(QUOTED)

    def model(self, name: str, *, key: str, address: str) -> LLM:
        """The model that a visitor names, with the visitor's own key; nothing is sent yet.

        Raises ProviderError for one that can't be had, or not from where the visitor is.
        """
        return self.addresses.model(name, key=key, address=address)
