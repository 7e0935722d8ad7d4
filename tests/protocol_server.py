"""A server that speaks OpenAI's embeddings protocol over a real socket, with faults to order.

The name of the model says what goes wrong: see ``FAULTS``. Vectors are those of CountingEmbedder,
made longer, so that a test sees whether they are scaled back to length 1.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from fakes import CountingEmbedder
from http_fake import Answering, Fake, running

DIM = 64

FAULTS = {
    "refused": "401, with the key spelt out, as careless servers do",
    "missing": "404",
    "broke": "429 for an account without credit",
    "busy": "429 with Retry-After once, then right",
    "busy-date": "429 with a date as Retry-After once, then right",
    "busy-long": "429 that asks to wait for an hour",
    "limited": "429 without Retry-After once, then right",
    "stumbling": "500 once, then right",
    "failing": "500 always",
    "hanging": "no answer until the server stops",
    "cut": "half an answer, then the connection is cut",
    "page": "200 with HTML",
    "broken-json": "200 with half a JSON object",
    "short": "one vector too few",
    "none": "no vectors",
    "misnumbered": "an index twice",
    "nan": "vectors of NaN",
    "growing": "vectors one longer with each request",
}


@dataclass
class Log:
    """What the server saw and gave: ``paid`` are the texts of every request answered rightly."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    paid: list[str] = field(default_factory=list)


class ProtocolServer(Fake):
    """One test's server; ``fail_after`` requests it answers with 500 and 429 in turn."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.log = Log()
        self.fail_after: int | None = None

    @property
    def url(self) -> str:
        return f"{super().url}/v1"


@contextmanager
def serving() -> Iterator[ProtocolServer]:
    """A server on a free port of this machine until the block ends."""
    with running(ProtocolServer()) as server:
        yield server


class _Handler(Answering):
    server: ProtocolServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = self.sent()
        with self.server.lock:
            log = self.server.log
            log.requests.append(asked)
            log.keys.append((self.headers["Authorization"] or "").removeprefix("Bearer "))
            turn = sum(request["model"] == asked["model"] for request in log.requests)
            storm = self.server.fail_after is not None and turn > self.server.fail_after
        if self.path != "/v1/embeddings":
            self._error(404, f"no such path: {self.path}")
        elif storm:
            self._error(500 if turn % 2 else 429, "a storm")
        elif not self._fault(asked["model"], turn):
            self._embed(asked, turn)

    def _fault(self, model: str, turn: int) -> bool:
        """Whether the model's fault was all the answer."""
        auth = self.headers["Authorization"]
        always = {
            "refused": (401, f"Incorrect API key provided: {auth}", None),
            "missing": (404, "The model `missing` does not exist", None),
            "busy-long": (429, "Rate limit reached", "3600"),
            "failing": (500, f"boom {auth}\nsecond line", None),
        }
        once = {
            "busy": (429, "not yet", "0.2"),
            "busy-date": (429, "not yet", "Wed, 21 Oct 2015 07:28:00 GMT"),
            "limited": (429, "not yet", None),
            "stumbling": (500, "not yet", None),
        }
        plain = {
            "page": (b"<!doctype html><title>Log in</title>", "text/html"),
            "broken-json": (b'{"data": [', "application/json"),
        }
        if model in always or (model in once and turn == 1):
            status, message, retry_after = {**always, **once}[model]
            self._error(status, message, retry_after=retry_after)
        elif model == "broke":
            self._error(429, "You exceeded your current quota", code="insufficient_quota")
        elif model in plain:
            body, kind = plain[model]
            self.say(200, body, {"Content-Type": kind})
        elif model == "hanging":
            self.server.stopping.wait(10)
            self.close_connection = True
        elif model == "cut":
            self.say(200, b'{"data": [', {"Content-Length": "1000"})
            self.close_connection = True
        else:
            return False
        return True

    def _embed(self, asked: dict[str, Any], turn: int) -> None:
        model, texts = asked["model"], asked["input"]
        if not all(texts):
            self._error(400, "'$.input' is invalid: an empty string")
            return
        dim = DIM + turn if model == "growing" else DIM
        vectors = 3 * CountingEmbedder(dim).embed(texts)
        if model == "nan":
            vectors *= np.nan
        rows = [
            {"object": "embedding", "index": index, "embedding": _spelt(vector, asked)}
            for index, vector in enumerate(vectors)
        ]
        rows.reverse()  # the order is the indices', not the list's
        if model in ("short", "none"):
            rows = rows[1:] if model == "short" else []
        if model == "misnumbered":
            rows[0]["index"] = 0
        reply = {"object": "list", "model": model, "data": rows, "usage": {}}
        with self.server.lock:
            self.server.log.paid += texts
        self.say(200, json.dumps(reply).encode())

    def _error(
        self, status: int, message: str, *, code: str | None = None, retry_after: str | None = None
    ) -> None:
        body = {"error": {"message": message, "type": "error", "param": None, "code": code}}
        self.say(status, json.dumps(body).encode(), {"Retry-After": retry_after})


def _spelt(vector: np.ndarray[Any, np.dtype[np.float32]], asked: dict[str, Any]) -> object:
    if asked.get("encoding_format") == "base64" and asked["model"] != "floats":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return [float(number) for number in vector]
