"""A reverse proxy that lets in who brings the token, and writes down what passes."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from http_fake import Answering, Fake, running


@dataclass
class Proxy:
    """``headers`` are what it wants to see; ``answer``, where set, is all it says to calls whose
    path ends with ``to``; those that end with ``hangs`` are never answered. ``instead`` may change
    what is passed on, or answer in its place."""

    behind: int
    headers: Mapping[str, str] = field(default_factory=dict)
    answer: tuple[int, str] | None = None
    to: str = ""
    hangs: str = "nothing"
    instead: Callable[[str, dict[str, Any]], dict[str, Any] | None] | None = None
    port: int = 0
    passed: list[tuple[str, str, bytes]] = field(default_factory=list)  # method, path, body

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"


@contextmanager
def proxy(behind: int, **fields: object) -> Iterator[Proxy]:
    """A proxy before the server at the port ``behind``."""
    shown = Proxy(behind, **fields)  # type: ignore[arg-type]

    class Handler(Answering):
        server: Fake
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            shown.passed.append((self.command, self.path, body))
            if any(self.headers.get(name) != value for name, value in shown.headers.items()):
                self.say(401, b"<html><h1>401 Authorization Required</h1></html>")
            elif self.path.endswith(shown.hangs):
                self.server.stopping.wait()
            elif shown.answer is not None and self.path.endswith(shown.to):
                self.say(shown.answer[0], shown.answer[1].encode())
            elif (
                shown.instead
                and body
                and (said := shown.instead(self.path, call := json.loads(body)))
            ):
                self.say(200, json.dumps(said).encode())
            else:
                body = json.dumps(call).encode() if shown.instead and body else body
                server = http.client.HTTPConnection("127.0.0.1", shown.behind)
                headers = {"Content-Type": "application/json"}
                try:
                    server.request(self.command, self.path, body, headers)
                    answered = server.getresponse()
                    self.say(answered.status, answered.read())
                except OSError:
                    self.say(502, b"Bad Gateway")
                finally:
                    server.close()

        do_GET = do_POST = do_PUT = do_DELETE = pass_on

    with running(Fake(Handler)) as served:
        shown.port = served.server_port
        yield shown
