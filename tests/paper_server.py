"""arXiv and Hugging Face on loopback: their answers' shapes with papers of our own, and faults.

Papers have the numbers 0, 1, 2 ... from the newest on; ``faults`` are played one a request, in
turn, before the server answers rightly again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from http_fake import Answering, Fake, running

FAULTS = {
    "busy": "429 with Retry-After: 7",
    "busy-date": "429 with a date long past as Retry-After",
    "busy-long": "429 that asks to wait for an hour",
    "failing": "503",
    "hanging": "no answer until the server stops",
    "cut": "half an answer, then the connection is cut",
    "malformed": "200 with half of the text, as if it were whole",
    "page": "200 with HTML that says to slow down",
    "empty": "an answer without papers where there are some",
    "forbidden": "403",
}


def arxiv_id(number: int) -> str:
    return f"2607.{10_000 + number}"


def abstract(number: int) -> str:
    return f"Subject {number} is looked into at length. It is {number}.5 times faster than before."


class PaperServer(Fake):
    """One test's server. ``asked`` has the query of every request, ``agents`` who asked."""

    def __init__(self, total: int) -> None:
        super().__init__(_Handler)
        self.total = total
        self.faults: list[str] = []
        self.asked: list[dict[str, str]] = []
        self.agents: list[str] = []
        self.numbers: dict[str, int] = {}  # of papers that have an id of their own
        self.days: dict[str, int] = {}  # papers a day; a day that isn't here has none

    @property
    def arxiv(self) -> str:
        return f"{self.url}/api/query"


@contextmanager
def paper_server(total: int = 0) -> Iterator[PaperServer]:
    """A server that has ``total`` papers on arXiv."""
    with running(PaperServer(total)) as server:
        yield server


class _Handler(Answering):
    server: PaperServer

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        self.server.asked.append(query)
        self.server.agents.append(self.headers.get("User-Agent", ""))
        fault = self.server.faults.pop(0) if self.server.faults else ""
        if fault == "hanging":
            self.server.stopping.wait(10)
        elif fault.startswith("busy"):
            after = {"busy": "7", "busy-long": "3600"}.get(fault, "Mon, 01 Jan 2024 10:00:00 GMT")
            self.say(429, b"Rate exceeded.", {"Retry-After": after})
        elif fault in ("failing", "forbidden"):
            self.say(503 if fault == "failing" else 403, b"not now")
        elif fault == "page":
            self.say(200, b"<html><body>Slow down, please.</body></html>")
        else:
            body = self._answer(asked.path, query, empty=fault == "empty").encode()
            if fault == "malformed":
                body = body[: len(body) // 2]
            self.say(200, body, half=fault == "cut")

    def _answer(self, path: str, query: dict[str, str], *, empty: bool) -> str:
        if path == "/api/daily_papers":
            first = int(query.get("p", 0)) * int(query["limit"])
            day = date.fromisoformat(query["date"])
            last = min(self.server.days.get(query["date"], 0), first + int(query["limit"]))
            return json.dumps([] if empty else [_daily(day, n) for n in range(first, last)])
        if "id_list" in query:
            asked = query["id_list"].split(",")
            entries = [_entry(n, id_) for id_ in asked for n in self._numbers(id_)]
            return _feed(len(entries), entries)
        start, size = int(query["start"]), int(query["max_results"])
        numbers = list(range(start, min(start + size, self.server.total)))
        return _feed(self.server.total, [] if empty else [_entry(n) for n in numbers])

    def _numbers(self, id_: str) -> list[int]:
        if id_ in self.server.numbers:
            return [self.server.numbers[id_]]
        match = re.fullmatch(r"2607\.(\d{5})(?:v\d)?", id_)
        number = int(match[1]) - 10_000 if match else -1
        return [number] if 0 <= number < self.server.total else []


def _feed(total: int, entries: list[str]) -> str:
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"
 xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/x</id><title>arXiv Query</title>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  {"".join(entries)}
</feed>"""


def _entry(number: int, id_: str = "") -> str:
    bare = id_.partition("v")[0] or arxiv_id(number)
    return f"""<entry><id>http://arxiv.org/abs/{bare}v2</id>
    <title>A Study of\n  Subject {number}</title>
    <published>2026-07-15T17:08:18Z</published>
    <summary>  {escape(abstract(number))}\n</summary>
    <category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
    <author><name>Ada Lovelace</name></author></entry>"""


def _daily(day: date, number: int) -> dict[str, object]:
    id_ = f"{day:%y%m}.{day.day * 500 + number:05}"
    return {
        "paper": {
            "id": id_,
            "title": f"Subject {number} of {day}",
            "summary": abstract(number),
            "authors": [{"name": "Ada Lovelace", "hidden": False}],
            "publishedAt": f"{day}T10:00:00.000Z",
            "submittedOnDailyAt": f"{day}T12:00:00.000Z",
            "upvotes": number,
        },
        "title": f"Subject {number} of {day}",
        "numComments": 1,
    }
