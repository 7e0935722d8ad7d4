"""A server that speaks OpenAI's chat protocol over a real socket: scripted replies, and faults.

The name of the model says what goes wrong: see ``FAULTS``. Any other model replies with what the
script says, a few characters a piece.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from http_fake import Answering, Fake, running

Script = Callable[[dict[str, Any]], str]  # the request -> the reply's text

STATUS: dict[str, tuple[int, str, str | None, str | None]] = {  # status, message, code, Retry-After
    "401": (401, "Incorrect API key provided: {key}", "invalid_api_key", None),
    "403": (403, "No access for {key}", None, None),
    "404": (404, "The model `404` does not exist", "model_not_found", None),
    "429": (429, "Rate limit reached", None, None),
    "429-hour": (429, "Rate limit reached", None, "3600"),
    "no-credit": (429, "You exceeded your current quota", "insufficient_quota", None),
    "500": (500, "boom {key}\nsecond line", None, None),
    "502": (502, "bad gateway", None, None),
    "503": (503, "loading model", None, None),
    "context": (400, "This model's maximum context length is 64 tokens", None, None),
    "filter-400": (400, "The prompt triggered the content filter", "content_filter", None),
}
ONCE = {  # the first request fails so, the second is answered
    "429-once": (429, "not yet", None, None),
    "429-after": (429, "not yet", None, "0.05"),
    "500-once": (500, "not yet", None, None),
    "503-once": (503, "loading model", None, None),
}
FAULTS = {
    **{name: f"status {status}" for name, (status, *_) in (STATUS | ONCE).items()},
    "silent": "headers never come",
    "stalling": "two pieces, and then nothing",
    "cut": "the connection is cut in the middle",
    "unfinished": "the stream ends without its finish reason",
    "malformed": "an event that isn't JSON",
    "odd": "events of another shape",
    "error-event": "an error inside the stream",
    "page": "200 with HTML",
    "json": "200 with JSON that is no completion",
    "unstreamed": "a stream is refused",
    "empty": "no text",
    "endless": "100,000 tokens",
    "long": "cut at the limit of tokens",
    "filter": "the content filter ends it",
    "narrow": "a context of 1,000 tokens",
    "picky": "max_tokens, temperature and stream_options are refused",
    "no-usage": "no tokens are reported",
}
PIECE = 7  # characters


@dataclass
class Log:
    """What the server saw, and how many streams were hung up before their end."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    hung_up: list[str] = field(default_factory=list)


class ChatServer(Fake):
    """One test's server.

    ``script`` gives the replies; ``slow`` is seconds between two pieces; ``whole`` is a server that
    gives every reply in one piece of JSON, even where a stream is asked for.
    """

    def __init__(self, script: Script) -> None:
        super().__init__(_Handler)
        self.script = script
        self.slow = 0.0
        self.context = 4000  # characters that the narrow model reads
        self.whole = False
        self.log = Log()
        self.left = threading.Event()  # a client hung up

    @property
    def url(self) -> str:
        return f"{super().url}/v1"


@contextmanager
def chatting(script: Script | str = "") -> Iterator[ChatServer]:
    """A server on a free port of this machine until the block ends."""
    text = script if isinstance(script, str) else ""
    with running(ChatServer(script if callable(script) else lambda _: text)) as server:
        yield server


class _Handler(Answering):
    server: ChatServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def _key(self) -> str:
        return (self.headers["Authorization"] or "").removeprefix("Bearer ")

    def do_GET(self) -> None:
        models = [{"id": "scripted", "object": "model"}, {"id": "llama3:latest", "object": "model"}]
        self.say(200, json.dumps({"object": "list", "data": models}).encode())

    def do_POST(self) -> None:
        asked = self.sent()
        model = asked["model"]
        with self.server.lock:
            self.server.log.requests.append(asked)
            self.server.log.keys.append(self._key)
            turn = sum(request["model"] == model for request in self.server.log.requests)
        if self.path != "/v1/chat/completions":
            self._error(404, f"no such path: {self.path}", None, None)
        elif model in STATUS or (model in ONCE and turn == 1):
            status, message, code, after = {**STATUS, **ONCE}[model]
            self._error(status, message.format(key=self._key), code, after)
        else:
            try:
                if not self._refused(asked):
                    self._reply(asked)
            except OSError:
                with self.server.lock:
                    self.server.log.hung_up.append(model)
                self.server.left.set()
                self.close_connection = True

    def _refused(self, asked: dict[str, Any]) -> bool:
        """Whether the model's fault was all the answer."""
        model = asked["model"]
        size = sum(len(message["content"]) for message in asked["messages"])
        unknown = [
            name for name in ("max_tokens", "temperature", "stream_options") if name in asked
        ]
        if model == "narrow" and size > self.server.context:
            self._error(400, "too long", "context_length_exceeded", None)
        elif model == "picky" and unknown:
            instead = " Use 'max_completion_tokens' instead." if "max_tokens" in unknown else ""
            said = f"Unsupported parameter: '{unknown[0]}'.{instead}"
            self._error(400, said, "unsupported_parameter", None)
        elif model == "page":
            self.say(200, b"<!doctype html><title>Log in</title>", {"Content-Type": "text/html"})
        elif model == "json":
            self.say(200, b'{"status": "ok"}')
        elif model == "unstreamed" and asked["stream"]:
            self._error(400, "Streaming is not supported by this model", None, None)
        elif model == "silent":
            self._wait_for_the_client()
        else:
            return False
        return True

    def _reply(self, asked: dict[str, Any]) -> None:
        model = asked["model"]
        if self.server.whole or not asked["stream"]:
            self._whole(model, asked)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        text = self.server.script(asked) if model != "empty" else ""
        pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
        if model == "endless":
            pieces = pieces * (100_000 // len(pieces))
        for number, piece in enumerate(pieces):
            if number == 2 and self._broken(model):
                return
            self._event({"choices": [{"index": 0, "delta": {"content": piece}}]})
            if self.server.slow:
                self.server.stopping.wait(self.server.slow)
        self._ending(model, asked, len(pieces))

    def _whole(self, model: str, asked: dict[str, Any]) -> None:
        text = self.server.script(asked) if model != "empty" else ""
        if model == "endless":
            text *= 500_000 // len(text)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}}
        if model != "unfinished":
            choice["finish_reason"] = _finish(model)
        fields: dict[str, Any] = {"object": "chat.completion", "choices": [choice]}
        if model != "no-usage":
            fields["usage"] = _usage(asked, len(text) // PIECE)
        if model == "odd":
            fields["choices"] = [7]
        elif model == "error-event":
            fields = {"error": {"message": "the GPU fell out"}}
        body = json.dumps(fields).encode()
        broken = model in ("cut", "stalling")
        self.say(200, body[: len(body) // 2] if model == "malformed" else body, half=broken)
        if model == "stalling":
            self._wait_for_the_client()
        self.close_connection = broken or self.close_connection

    def _ending(self, model: str, asked: dict[str, Any], pieces: int) -> None:
        if model != "unfinished":
            choice = {"index": 0, "delta": {}, "finish_reason": _finish(model)}
            self._event({"choices": [choice]})
        if asked.get("stream_options") and model != "no-usage":
            self._event({"choices": [], "usage": _usage(asked, pieces)})
        self._data(b"data: [DONE]\n\n")
        self._data(b"")

    def _broken(self, model: str) -> bool:
        """What goes wrong after two pieces; whether nothing more is to come."""
        if model == "stalling":
            self._wait_for_the_client()
        elif model == "cut":
            self.close_connection = True
        elif model == "malformed":
            self._data(b'data: {"choices": [{"ind\n\n')
        elif model == "odd":
            self._data(b'data: {"choices": [7], "usage": "much"}\n\n')
        elif model == "error-event":
            self._data(b'data: {"error": {"message": "the GPU fell out"}}\n\n')
        else:
            return False
        self.close_connection = True
        return True

    def _wait_for_the_client(self) -> None:
        """Say nothing until the client hangs up or the server stops."""
        self.close_connection = True
        self.connection.settimeout(0.02)
        while not self.server.stopping.is_set():
            with suppress(TimeoutError):
                if not self.connection.recv(1):
                    raise ConnectionResetError

    def _event(self, fields: dict[str, Any]) -> None:
        event = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", **fields}
        self._data(f"data: {json.dumps(event)}\n\n".encode())

    def _data(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _error(self, status: int, message: str, code: str | None, after: str | None) -> None:
        body = {"error": {"message": message, "type": "error", "param": None, "code": code}}
        self.say(status, json.dumps(body).encode(), {"Retry-After": after})


def _finish(model: str) -> str:
    return {"long": "length", "filter": "content_filter"}.get(model, "stop")


def _usage(asked: dict[str, Any], written: int) -> dict[str, int]:
    size = sum(len(message["content"]) for message in asked["messages"])
    return {"prompt_tokens": size // 4, "completion_tokens": written, "total_tokens": 0}


def says(server: ChatServer, text: str | Callable[[dict[str, Any]], str]) -> None:
    """Have the server's model write ``text``, or what that makes of a request."""
    server.script = text if callable(text) else lambda _: text
