"""Written answers by OpenAI's protocol: from OpenAI, or from any server that speaks it.

The only file for answers that knows the ``openai`` package, which takes over a second to import: it
is imported with the first request.
"""

from __future__ import annotations

import json
import re
import threading
import weakref
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingest.embedders.openai import NO_KEY, OPENAI_URL, retry_after
from ingest.errors import ProviderError
from rag.llms import End, Failing, Message, ModelError
from rag.llms.reply import on_our_loop

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletionChunk

Tokens = tuple[int | None, int | None]  # read, written

CONNECT = 10.0  # seconds; everything else is timed by who reads the reply
_TOO_LONG = re.compile(r"context[ _](?:length|size|window)|maximum context|too many tokens", re.I)
_NO_STREAM = re.compile(
    r"\bstream(?:ing)?\b.{0,300}(?:support|allow|enabl|availab)|(?:support|allow).{0,300}\bstream(?:ing)?\b",
    re.I,
)
_UNTOLD: Tokens = (None, None)
_NO_PROTOCOL = "that is no reply of OpenAI's protocol; is the address right?"


class OpenAIChat:
    """The model ``model`` of one server; neither the key nor a password in the address shows."""

    def __init__(
        self,
        name: str,
        model: str,
        *,
        base_url: str | None = None,
        key: str | None = None,
        typed: bool = False,
        public_only: bool = False,
    ) -> None:
        self.name = name
        self._public_only = public_only
        self._model = model
        self._other_key = "type another one in Settings" if typed else "set OPENAI_API_KEY"
        if not base_url and not key:
            raise ProviderError(
                f"{name}: set OPENAI_API_KEY, or OPENAI_BASE_URL to a server of your own such as"
                " http://localhost:11434/v1; quoted answers need neither"
            )
        if base_url and not base_url.startswith(("http://", "https://")):
            raise ProviderError(f"{name}: its address must begin with http:// or https://")
        if key and not (key.isascii() and key.isprintable()):
            # The client would show the whole key in its error.
            where = "the key" if typed else "OPENAI_API_KEY"
            raise ProviderError(f"{name}: {where} has characters that no key has")
        self._url = base_url or OPENAI_URL
        self._key = key or NO_KEY
        self._opening = threading.Lock()
        # What not every server takes; one that it names in an error isn't sent again.
        self._extras: dict[str, Any] = {
            "temperature": 0,
            "stream_options": {"include_usage": True},
        }
        self._streamed = True
        self._limit_name = "max_tokens" if base_url else "max_completion_tokens"

    def __repr__(self) -> str:
        return f"OpenAIChat({self.name!r} at {self.shown})"

    @property
    def shown(self) -> str:
        """The address without what may be secret: user, password, query."""
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @cached_property
    def _client(self) -> openai.AsyncOpenAI:
        import openai

        timeout = openai.Timeout(None, connect=CONNECT)
        # Neither the key nor a question goes to another address than the one that was named.
        carried: dict[str, Any] = {"follow_redirects": False, "timeout": timeout}
        if self._public_only:
            from rag.llms.public import PublicOnly

            carried |= {"transport": PublicOnly(), "trust_env": False}  # a proxy would look it up
        # Its own retries would sleep beyond any deadline.
        client = openai.AsyncOpenAI(
            base_url=self._url,
            api_key=self._key,
            max_retries=0,
            timeout=timeout,
            http_client=openai.DefaultAsyncHttpxClient(**carried),
        )
        weakref.finalize(self, _close, client)
        return client

    async def stream(
        self, messages: Sequence[Message], limit: int
    ) -> AsyncGenerator[str | End, None]:
        """See LLM. What the server doesn't know of our request is left out and asked once more."""
        import openai

        sent: list[Any] = [
            {"role": message.role, "content": message.content} for message in messages
        ]
        begun = False
        for _ in range(5):
            try:
                async with aclosing(self._once(sent, limit)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
                return
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if not self._left_out(error):
                    raise self._error(*_diagnosis(error, self._other_key)) from None
            except openai.OpenAIError as error:
                reason, failing, wait = _diagnosis(error, self._other_key)
                if begun:
                    reason = f"the reply broke off ({reason})"
                raise self._error(reason, failing, wait) from None
            except (AttributeError, TypeError, ValueError, LookupError):
                # The client passes on whatever came with status 200, or trips over it.
                raise self._error(_NO_PROTOCOL) from None
        raise self._error("it takes none of our requests")

    async def _once(self, sent: list[Any], limit: int) -> AsyncGenerator[str | End, None]:
        request: dict[str, Any] = {**self._extras, self._limit_name: limit}
        if not self._streamed:
            request["stream"] = False
        # As an extra body: the client's own names for all this have more types than use.
        reply = await self._client.chat.completions.create(
            model=self._model, messages=sent, stream=True, extra_body=request
        )
        async with reply:  # leaving closes the connection, whatever is still to come
            whole = await self._whole(reply)
            if whole is not None:
                for piece in self._unstreamed(whole):
                    yield piece
                return
            async with aclosing(self._events(reply)) as events:
                async for piece in events:
                    yield piece

    async def _events(
        self, reply: openai.AsyncStream[ChatCompletionChunk]
    ) -> AsyncGenerator[str | End, None]:
        tokens = _UNTOLD
        finish: str | None = None
        nothing = True
        async for chunk in reply:
            nothing = False
            if chunk.usage is not None:
                tokens = (int(chunk.usage.prompt_tokens), int(chunk.usage.completion_tokens))
            for choice in chunk.choices[:1]:
                finish = choice.finish_reason or finish
                if choice.delta.content:
                    yield str(choice.delta.content)
        if nothing:
            raise self._error(_NO_PROTOCOL)
        if finish is None:
            raise self._error("the reply broke off", "passing")
        yield self._end(finish, tokens)

    async def _whole(self, reply: openai.AsyncStream[ChatCompletionChunk]) -> dict[str, Any] | None:
        """The reply of a server that doesn't stream whatever it is asked; None if it streams."""
        if "json" not in reply.response.headers.get("content-type", ""):
            return None
        try:
            body = await reply.response.aread()
        except Exception as error:
            # The client has names of its own for its HTTP library's errors in a stream only.
            raise self._error(f"the reply broke off ({error})", "passing") from None
        if body.lstrip().startswith(b"data:"):
            return None  # a stream by the wrong name
        return dict(json.loads(body))

    def _unstreamed(self, reply: dict[str, Any]) -> Iterator[str | End]:
        """The one piece of a server that doesn't stream."""
        if "error" in reply:
            said = reply["error"].get("message") if isinstance(reply["error"], dict) else None
            raise self._error(f"error: {str(said or reply['error'])[:200]}", "passing")
        choice, usage = reply["choices"][0], reply.get("usage")
        if text := choice["message"]["content"]:
            yield str(text)
        tokens = (
            (int(usage["prompt_tokens"]), int(usage["completion_tokens"])) if usage else _UNTOLD
        )
        yield self._end(choice.get("finish_reason"), tokens)

    def _end(self, finish: str | None, tokens: Tokens) -> End:
        if finish == "content_filter":
            raise self._error("its content filter stopped the reply")
        return End("length" if finish == "length" else "stop", *tokens)

    def _left_out(self, error: openai.APIStatusError) -> bool:
        """Whether the request can do without what the server finds fault with."""
        said = f"{error.param} {error.message}"
        if self._limit_name in said and "max_completion_tokens" in said:
            other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
            self._limit_name = other[self._limit_name]
            return True
        for extra in list(self._extras):
            if extra in said:
                del self._extras[extra]
                return True
        if self._streamed and (error.param == "stream" or _NO_STREAM.search(said)):
            self._streamed = False
            self._extras.pop("stream_options", None)
            return True
        return False

    async def check(self) -> str:
        """Whether the server lists the model; costs nothing."""
        import openai

        try:
            listed = await self._client.models.list(timeout=CONNECT)
            known = [str(model.id) for model in listed.data]
        except openai.OpenAIError as error:
            raise self._error(*_diagnosis(error, self._other_key)) from None
        except (AttributeError, TypeError, ValueError):
            raise self._error(_NO_PROTOCOL) from None
        if self._model not in known and f"{self._model}:latest" not in known:
            has = ", ".join(known[:5]) or "none"
            raise self._error(f"the server answers, but has no such model; it has {has}")
        return f"answers at {self.shown}"

    def _error(
        self,
        reason: str,
        failing: Failing = "lasting",
        wait: float | None = None,
    ) -> ModelError:
        """An error of one line, without the key even if the server sent it back."""
        line = f"{self.name} at {self.shown}: {' '.join(reason.split())}"
        return ModelError(line.replace(self._key, "***"), failing, wait)


def _close(client: openai.AsyncOpenAI) -> None:
    on_our_loop(client.close())


def _diagnosis(error: openai.OpenAIError, other_key: str) -> tuple[str, Failing, float | None]:
    """What is wrong, how it fails, and how many seconds the server asks to wait."""
    import openai

    match error:
        case openai.APITimeoutError():
            return "can't be reached (no connection in time)", "passing", None
        case openai.APIConnectionError():
            return f"can't be reached ({error.__cause__ or error})", "passing", None
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            # What the server says here is best not shown: it may spell the key.
            return f"the key is refused ({error.status_code}); {other_key}", "lasting", None
        case openai.APIStatusError():
            status = error.status_code
            message = error.message.removeprefix(f"Error code: {status} - ")[:200]
            said = f"{status}: {message}"
            if error.code == "context_length_exceeded" or (
                status in (400, 413) and _TOO_LONG.search(message)
            ):
                return said, "context", None
            passing = status in (408, 409, 429) or status >= 500
            if not passing or error.code == "insufficient_quota":
                return said, "lasting", None
            return said, "passing", retry_after(error.response.headers)
        case openai.APIError():  # an error inside the stream
            return f"error: {error.message[:200]}", "passing", None
        case _:
            return f"{type(error).__name__}: {str(error)[:200]}", "lasting", None
