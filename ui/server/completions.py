"""OpenAI's protocol for whoever speaks it: ``/v1/models`` and ``/v1/chat/completions``.

The model ``askpapers`` answers as the page does, ``askpapers-quoted`` in the papers' own words. The
citations stand in the text and, for programs, in the field ``askpapers``.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ingest.errors import AskpapersError, QuestionError
from ingest.paper import Paper
from rag.answer import Answer
from rag.assistant import Assistant, Turn
from rag.export import compact
from rag.llms import QUOTED
from ui.server.libraries import Libraries
from ui.server.rate import MOST_SAID, MOST_TURNS, Rate, TooOften
from ui.server.turns import Busy, Line, Turns

MODELS = ("askpapers", "askpapers-quoted")
MAX_BODY = 1_000_000  # bytes


class _Refused(Exception):
    """A request that can't be served: its HTTP status and OpenAI's kind of error."""

    def __init__(self, status: int, kind: str, said: str, *, again: int | None = None) -> None:
        """``again``: in so many seconds it can be; OpenAI's own clients wait for it."""
        self._status, self._kind, self._said, self._again = status, kind, said, again

    def response(self) -> JSONResponse:
        error = {"message": self._said, "type": self._kind, "param": None, "code": None}
        headers = {"Retry-After": str(self._again)} if self._again is not None else None
        return JSONResponse({"error": error}, status_code=self._status, headers=headers)


class _InTurn(StreamingResponse):
    """Streams when its turn comes; where that takes too long, it is a refusal."""

    def __init__(self, events: AsyncIterator[str], line: Line) -> None:
        super().__init__(events, media_type="text/event-stream")
        self._line = line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._line.turn():
                await super().__call__(scope, receive, send)
        except Busy as busy:
            await _failure(busy)(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request asks for."""

    model: str
    question: str
    history: tuple[Turn, ...]
    stream: bool


def completion_routes(libraries: Libraries, rate: Rate, turns: Turns | None = None) -> list[Route]:
    """The routes for the page's server; ``ui.door.login`` asks for the key of users."""
    protocol = _Protocol(libraries, rate, turns or Turns())
    return [
        Route("/v1/models", protocol.models, methods=["GET"]),
        Route("/v1/chat/completions", protocol.completions, methods=["POST"]),
    ]


class _Protocol:
    def __init__(self, libraries: Libraries, rate: Rate, turns: Turns) -> None:
        self._libraries = libraries
        self._rate = rate
        self._turns = turns

    async def models(self, request: Request) -> Response:
        """Both models, as OpenAI lists its own."""
        models = [
            {"id": m, "object": "model", "created": 0, "owned_by": "askpapers"} for m in MODELS
        ]
        return JSONResponse({"object": "list", "data": models})

    async def completions(self, request: Request) -> Response:
        """The answer to the last message, in one piece or as it comes."""
        try:
            asked = _asked(await _body(request))
            self._rate.take(None, _address(request))
            assistant = self._libraries.first
            if asked.model == MODELS[1]:
                assistant = assistant.with_llm(QUOTED)
            if asked.stream:
                return _InTurn(_events(assistant, asked), self._turns.line(assistant))
            answer = await self._turns.asked(
                assistant, lambda: assistant.ask(asked.question, asked.history)
            )
        except (_Refused, AskpapersError) as error:
            return _failure(error)
        return JSONResponse(_completion(answer, asked.model))


def _failure(error: _Refused | AskpapersError) -> JSONResponse:
    if isinstance(error, _Refused):
        return error.response()
    if isinstance(error, Busy):
        return _Refused(503, "server_error", str(error), again=error.seconds).response()
    if isinstance(error, TooOften):
        return _Refused(429, "rate_limit_error", str(error)).response()
    if isinstance(error, QuestionError):
        return _Refused(400, "invalid_request_error", str(error)).response()
    return _Refused(503, "server_error", str(error)).response()


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


async def _body(request: Request) -> Mapping[str, Any]:
    # Another site's page can send a form or plain text here, but no JSON.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise _Refused(415, "invalid_request_error", "send JSON, as application/json")
    raw = b""
    async for piece in request.stream():
        raw += piece
        if len(raw) > MAX_BODY:
            raise _Refused(413, "invalid_request_error", f"more than {MAX_BODY:,} bytes")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise _Refused(400, "invalid_request_error", "the body isn't JSON") from None
    if not isinstance(body, dict):
        raise _Refused(400, "invalid_request_error", "the body is no JSON object")
    return body


def _asked(body: Mapping[str, Any]) -> _Asked:
    model = body.get("model")
    if model not in MODELS:
        raise _Refused(404, "invalid_request_error", f"no such model; known: {', '.join(MODELS)}")
    if body.get("n", 1) not in (1, None):
        raise _Refused(400, "invalid_request_error", "n: there is one answer to a question")
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        raise _Refused(400, "invalid_request_error", "messages: a list of objects")
    turns = [
        (str(message["role"]), _text(message.get("content")))
        for message in messages
        if message.get("role") in ("user", "assistant")  # a system's orders change no paper
    ]
    if not turns or turns[-1][0] != "user":
        raise _Refused(400, "invalid_request_error", "messages: the last one must be the user's")
    return _Asked(str(model), turns[-1][1], _newest(turns[:-1]), bool(body.get("stream")))


def _newest(turns: list[Turn]) -> tuple[Turn, ...]:
    """As much of a history as is looked at: programs send all that was ever said."""
    room, first = MOST_SAID, len(turns)
    while first > max(0, len(turns) - MOST_TURNS) and len(turns[first - 1][1]) <= room:
        first -= 1
        room -= len(turns[first][1])
    return tuple(turns[first:])


def _text(content: object) -> str:
    """A message's text, given whole or in parts."""
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _completion(answer: Answer, model: str) -> dict[str, Any]:
    tokens = (answer.tokens_in or 0, answer.tokens_out or 0)
    return {
        "id": _new_id(),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer.text + _sources(answer)},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": tokens[0],
            "completion_tokens": tokens[1],
            "total_tokens": sum(tokens),
        },
        "askpapers": compact(answer),
    }


async def _events(assistant: Assistant, asked: _Asked) -> AsyncIterator[str]:
    """The answer's pieces as server-sent events; the last before ``[DONE]`` has its citations."""
    id_, created = _new_id(), int(time.time())

    def event(delta: Mapping[str, Any], **more: object) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": more.pop("finish", None)}
        chunk = {
            "id": id_,
            "object": "chat.completion.chunk",
            "created": created,
            "model": asked.model,
            "choices": [choice],
            **more,
        }
        return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"

    yield event({"role": "assistant", "content": ""})
    shown = ""
    try:
        async with aclosing(assistant.astream(asked.question, asked.history)) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    shown += piece
                    yield event({"content": piece})
                    continue
                rest = "" if piece.text == shown else f"\n\n{piece.text}"  # it became another one
                yield event({"content": rest + _sources(piece)})
                yield event({}, finish="stop", askpapers=compact(piece))
    except AskpapersError as error:
        said = {"message": str(error), "type": "server_error", "param": None, "code": None}
        yield f"data: {json.dumps({'error': said}, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"


def _sources(answer: Answer) -> str:
    """The cited papers, a line each, for programs that show the text alone."""
    lines = [
        f"[{citation.number}] {citation.paper.title}{_told(citation.paper)}"
        f" {citation.paper.url or citation.paper.id}"
        for citation in answer.citations
    ]
    return "\n\n" + "  \n".join(lines) if lines else ""


def _told(paper: Paper) -> str:
    """Its year, and that its text is a digest, not the authors' abstract."""
    said = [str(paper.year)] if paper.year else []
    said += ["digest"] if paper.kind == "digest" else []
    return f" ({', '.join(said)})" if said else ""


def _new_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"
