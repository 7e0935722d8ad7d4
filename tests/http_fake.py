"""The other side of a protocol on loopback: what all servers that tests play have in common.

Not pytest-httpserver: what these servers are for, half a body, an answer that never comes, a wait
until the client hangs up, is below what WSGI can say.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar


class Fake(ThreadingHTTPServer):
    """One test's server on a free port; ``stopping`` is set when its test is over."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler: type[Answering]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.stopping = threading.Event()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


Server = TypeVar("Server", bound=Fake)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server, answering until the block ends."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join()


class Answering(BaseHTTPRequestHandler):
    """One connection's requests."""

    def sent(self) -> Any:  # noqa: ANN401 - JSON is anything
        """The JSON of the request's body."""
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def say(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str | None] | None = None,
        *,
        half: bool = False,
    ) -> None:
        """A whole answer, or the headers of one with half of its body."""
        self.send_response(status)
        told = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in {**told, **(headers or {})}.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)

    def log_message(self, *args: object) -> None:
        """What a test wants to know the server keeps itself."""
