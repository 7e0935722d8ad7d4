"""A visitor of a running page who can send anything: plain HTTP, with the page's cookie or not."""

from __future__ import annotations

import json
from typing import Any, Self

import httpx

LONG = 60.0  # seconds that an answer is waited for


class Visitor:
    """One visitor; ``page`` opens the page first, as a browser does, and so gets its cookie."""

    def __init__(self, address: str, *, page: bool = True, session: str = "h1") -> None:
        self.http = httpx.Client(base_url=address, timeout=LONG, follow_redirects=False)
        self.session = session
        if page:
            self.http.get("/").raise_for_status()
        self.functions = numbers(self.http) if page else {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def join(self, function: int, data: list[Any], said: object = None) -> httpx.Response:
        """Ask for an event to be handled; ``said`` is what the page's scripts would send along."""
        call = {
            "data": data,
            "event_data": said,
            "fn_index": function,
            "session_hash": self.session,
            "trigger_id": None,
        }
        return self.http.post("/gradio_api/queue/join", json=call)

    def call(self, name: str, data: list[Any], said: object = None) -> list[Any]:
        """What a function of the page has returned in the end."""
        joined = self.join(self.functions[name], data, said)
        joined.raise_for_status()
        return self.outcome(joined.json()["event_id"])

    def outcome(self, event: str) -> list[Any]:
        """What has come of an event."""
        query = {"session_hash": self.session}
        with self.http.stream("GET", "/gradio_api/queue/data", params=query) as stream:
            for line in stream.iter_lines():
                message = json.loads(line[6:]) if line.startswith("data: ") else {}
                if message.get("event_id") == event and message["msg"] == "process_completed":
                    if not message["success"]:
                        raise RuntimeError(message["output"].get("error"))
                    return list(message["output"]["data"])
        raise RuntimeError("nothing came of it")

    def ask(self, question: str) -> list[Any]:
        """Ask on the page."""
        return self.call("answer", [question, None, None, None])

    def export(self) -> str:
        """The open conversation as Markdown."""
        said = {"kind": "markdown", "turn": "0"}
        return str(self.call("export", [None, None, None], said)[0]["text"])


def numbers(http: httpx.Client) -> dict[str, int]:
    """The page's functions by their names."""
    known = http.get("/config").raise_for_status().json()["dependencies"]
    return {str(one["api_name"]): int(one["id"]) for one in known if one["api_name"]}
