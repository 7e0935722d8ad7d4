"""Language models by name. None is ever chosen for anybody: no name, no model, nothing sent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from ingest.errors import ProviderError

QUOTED = "quoted"  # the name for: no model

# Servers of one's own by the name that people know them by, at the address that they come with.
LOCAL = {
    "ollama": "http://localhost:11434/v1",
    "vllm": "http://localhost:8000/v1",
    "llamacpp": "http://localhost:8080/v1",
    "lmstudio": "http://localhost:1234/v1",
}
HOW = (
    "write openai/MODEL, ollama/MODEL, vllm/MODEL, llamacpp/MODEL, lmstudio/MODEL,"
    " llamaindex/INTEGRATION:MODEL, or quoted for no model"
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class End:
    """How a reply ended: "length" is one cut at its limit; tokens are None if not reported."""

    reason: Literal["stop", "length"] = "stop"
    tokens_in: int | None = None
    tokens_out: int | None = None


Failing = Literal["passing", "lasting", "context"]


class ModelError(ProviderError):
    """A model gave no whole reply.

    ``failing``: "passing" may go right when tried again, after ``wait`` seconds if the server named
    any; "context" is a prompt that was too long for the model; "lasting" is everything else.
    """

    def __init__(
        self, reason: str, failing: Failing = "lasting", wait: float | None = None
    ) -> None:
        self.reason, self.failing, self.wait = reason, failing, wait
        super().__init__(reason)


@runtime_checkable
class LLM(Protocol):
    """Anything that replies to messages, piece by piece.

    ``name`` is what readers see. Replies run on an event loop of ours (``rag.llms.reply``), so that
    one way serves callers with and without a loop.
    """

    name: str

    def stream(self, messages: Sequence[Message], limit: int) -> AsyncGenerator[str | End, None]:
        """The reply's text in pieces, at most ``limit`` tokens of it, and last its End.

        Closing the generator frees the connection at once. Raises ModelError; never blocks.
        """
        ...

    async def check(self) -> str:
        """One line on whether the model can be had, at no cost; raises ModelError if it can't."""
        ...


def open_llm(
    name: str,
    *,
    key: str | None = None,
    base_url: str | None = None,
    typed: bool = False,
    public_only: bool = False,
) -> LLM:
    """The model of this name; nothing is sent yet.

    ``openai/MODEL`` is at ``base_url``, or at OpenAI's own address with ``key``; ``ollama/MODEL``,
    ``vllm/MODEL``, ``llamacpp/MODEL`` and ``lmstudio/MODEL`` are at their usual address on this
    machine unless ``base_url`` is given; ``llamaindex/INTEGRATION:MODEL`` is an installed
    integration: ``llamaindex/ollama:llama3.2`` the class of ``llama-index-llms-ollama``. ``typed``
    says that the key was typed into the page, for errors about it. With ``public_only`` nothing is
    sent to an address of a private network. Raises ProviderError for any
    other name, and when what the model needs is missing.
    """
    provider, _, model = name.partition("/")
    if provider == "llamaindex" and model and not public_only:
        from rag.llms.llamaindex import installed

        return installed(model)
    if model and (provider == "openai" or provider in LOCAL):
        from rag.llms.openai import OpenAIChat

        where = base_url or LOCAL.get(provider)
        return OpenAIChat(
            name, model, base_url=where, key=key, typed=typed, public_only=public_only
        )
    guess = f"; is openai/{name} meant?" if name and not model else ""
    raise ProviderError(f"{name or 'an empty name'}: no such model{guess} {HOW}")
