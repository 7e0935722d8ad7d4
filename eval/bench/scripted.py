"""A model that says what it is told to, behind OpenAI's protocol on a real socket of this machine.

What is measured with it goes the whole way that a real model's answer goes.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[list[dict[str, str]]], str]  # the messages -> the reply's text

PIECE = 5  # characters: about a token


class ScriptedServer(ThreadingHTTPServer):
    """``reply`` gives each reply; ``between`` are seconds between two pieces.

    ``asked``, ``began`` and ``ended`` are when the latest request came, and when the first and the
    last piece of its reply were sent (``time.perf_counter``).
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply: Reply = lambda _: ""
        self.between = 0.0
        self.asked = self.began = self.ended = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def scripted() -> Iterator[ScriptedServer]:
    """A server on a free port until the block ends."""
    with ScriptedServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.server.asked = time.perf_counter()
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = self.server.reply(asked["messages"])
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(text), PIECE):
            if at == 0:
                self.server.began = time.perf_counter()
            elif self.server.between:
                time.sleep(self.server.between)
            self._event({"delta": {"content": text[at : at + PIECE]}})
        self._event({"delta": {}, "finish_reason": "stop"})
        self._data(b"data: [DONE]\n\n")
        self.server.ended = time.perf_counter()
        self._data(b"")

    def _event(self, choice: dict[str, Any]) -> None:
        event = {"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, **choice}]}
        self._data(f"data: {json.dumps(event)}\n\n".encode())

    def _data(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""
