"""Written answers by LlamaIndex's language models: an object, or an installed integration by name.

The only file for answers that knows LlamaIndex; its ``Settings`` are neither read nor set.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms import LLM as LlamaLLM
from llama_index.core.llms import CustomLLM

from ingest.errors import ProviderError
from rag.llms import End, Failing, Message, ModelError


class LlamaIndexChat:
    """Any LlamaIndex ``LLM`` as one of ours."""

    def __init__(self, llm: LlamaLLM, name: str | None = None) -> None:
        self._llm = llm
        self.name = name or f"llamaindex/{llm.metadata.model_name}"

    async def stream(
        self, messages: Sequence[Message], limit: int
    ) -> AsyncGenerator[str | End, None]:
        """See LLM. ``limit`` is the integration's own business: they have no common name for it."""
        sent = [ChatMessage(role=message.role, content=message.content) for message in messages]
        last: ChatResponse | None = None
        said = ""
        try:
            async for last in self._replies(sent):
                piece = last.delta
                if piece is None:  # some give the text so far only
                    piece = (last.message.content or "")[len(said) :]
                said += piece
                if piece:
                    yield piece
        except Exception as error:
            # Whatever an integration raises: there are hundreds, each with errors of its own.
            reason = f"{self.name}: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
            raise ModelError(_without_secrets(reason, self._llm), _failing(error)) from None
        yield _end(last)

    async def _replies(self, sent: list[ChatMessage]) -> AsyncIterator[ChatResponse]:
        try:
            async for reply in self._streamed(sent):
                yield reply
        except NotImplementedError:  # some can only reply in one piece
            yield await asyncio.to_thread(self._llm.chat, sent)

    async def _streamed(self, sent: list[ChatMessage]) -> AsyncIterator[ChatResponse]:
        if not isinstance(self._llm, CustomLLM):
            async for reply in await self._llm.astream_chat(sent):
                yield reply
            return
        # A CustomLLM's async methods call the plain ones, which would hold up everybody's replies.
        replies = await asyncio.to_thread(self._llm.stream_chat, sent)
        while (following := await asyncio.to_thread(lambda: next(replies, None))) is not None:
            yield following

    async def check(self) -> str:
        """Integrations have no common way to ask; so nothing is sent."""
        return "is loaded; LlamaIndex has no way to ask whether it answers"


def adapted(llm: object) -> LlamaIndexChat:
    """A LlamaIndex ``LLM`` object as one of ours; ProviderError for anything else."""
    if isinstance(llm, LlamaLLM):
        return LlamaIndexChat(llm)
    raise ProviderError(
        f"llm: a {type(llm).__name__} is neither a model's name, nor an LLM of ours or LlamaIndex's"
    )


def installed(named: str) -> LlamaIndexChat:
    """The integration and model of ``INTEGRATION:MODEL``, such as ``ollama:llama3.2``.

    INTEGRATION is what follows ``llama-index-llms-`` in the package's name, MODEL may be left out
    where the class has a default. Keys come from where the integration looks for them.
    """
    integration, _, model = named.partition(":")
    package = f"llama-index-llms-{integration.replace('_', '-')}"
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", integration):
        raise ProviderError(f"llamaindex/{named}: write llamaindex/INTEGRATION:MODEL")
    try:
        module = importlib.import_module(f"llama_index.llms.{integration.replace('-', '_')}")
    except ImportError as error:
        raise ProviderError(
            f"llamaindex/{named}: not installed ({error}); run: pip install {package}"
        ) from error
    found = [
        member
        for name in getattr(module, "__all__", dir(module))
        if inspect.isclass(member := getattr(module, name, None)) and issubclass(member, LlamaLLM)
    ]
    if not found:
        raise ProviderError(f"llamaindex/{named}: {package} has no language model")
    bare = re.sub("[_-]", "", integration)
    chosen: Callable[..., LlamaLLM] = next(
        (own for own in found if own.__name__.lower() == bare), found[0]
    )
    try:
        llm = chosen(model=model) if model else chosen()
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ProviderError(f"llamaindex/{named}: {reason}") from None
    return LlamaIndexChat(llm, f"llamaindex/{named}")


def _failing(error: Exception) -> Failing:
    status = getattr(error, "status_code", None)
    passing = isinstance(error, ConnectionError | TimeoutError) or status in (408, 409, 429)
    return "passing" if passing or (isinstance(status, int) and status >= 500) else "lasting"


def _without_secrets(reason: str, llm: LlamaLLM) -> str:
    key = getattr(llm, "api_key", None)
    return reason.replace(key, "***") if isinstance(key, str) and key else reason


def _end(last: ChatResponse | None) -> End:
    """How the reply ended, where the integration passes on what an OpenAI-like server said."""
    raw = last.raw if last is not None else None
    usage = raw.get("usage") if isinstance(raw, dict) else getattr(raw, "usage", None)
    read = getattr(usage, "prompt_tokens", None)
    written = getattr(usage, "completion_tokens", None)
    choices = getattr(raw, "choices", None) or ()
    length = any(getattr(choice, "finish_reason", None) == "length" for choice in choices)
    return End("length" if length else "stop", read, written)
