"""Zotero's local API on loopback, as a running Zotero plays it, with a library of our own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = 2  # items that it gives at once, whatever is asked for


class ZoteroServer(ThreadingHTTPServer):
    """One test's Zotero: what changes in it raises its ``version``; ``asked`` has every request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.version = 0
        self.items: dict[str, dict[str, Any]] = {}
        self.collections: dict[str, dict[str, Any]] = {}
        self.closed = False
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def put(self, key: str, title: str, *collections: str, **fields: object) -> None:
        """Add an item, or change it."""
        self.version += 1
        data = {
            "key": key, "version": self.version, "itemType": "journalArticle", "title": title,
            "abstractNote": f"We look at {title}.", "date": "2021-03-12", "tags": [{"tag": "t"}],
            "creators": [{"creatorType": "author", "firstName": "Lena", "lastName": "Brook"}],
            "collections": list(collections), "extra": "", "DOI": "", "relations": {}, **fields,
        }  # fmt: skip
        self.items[key] = {"key": key, "version": self.version, "data": data}

    def collect(self, key: str, name: str, parent: object = False) -> None:
        """Add a collection, or rename it."""
        self.version += 1
        data = {"key": key, "name": name, "parentCollection": parent}
        self.collections[key] = {"key": key, "version": self.version, "data": data}


@contextmanager
def zotero_server() -> Iterator[ZoteroServer]:
    server = ZoteroServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ZoteroServer

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        self.server.asked.append(self.path)
        if self.server.closed:
            self._say(403, b"Local API is not enabled", 0)
            return
        found = self._found(asked.path.split("/")[2:], int(query.get("since", 0)))
        start = int(query["start"])
        self._say(200, json.dumps(found[start : start + PAGE]).encode(), len(found))

    def _found(self, path: list[str], since: int) -> list[dict[str, Any]]:
        if path == ["users", "0", "groups"]:
            return [{"id": 77, "data": {"name": "Our Group"}}]
        assert path[:2] in (["users", "0"], ["groups", "77"])
        if path[2:] == ["collections"]:
            return list(self.server.collections.values())
        items = [item for item in self.server.items.values() if item["version"] > since]
        if path[2] == "collections":
            items = [item for item in items if path[3] in item["data"]["collections"]]
        assert path[-2:] == ["items", "top"]
        return items

    def _say(self, status: int, body: bytes, total: int) -> None:
        self.send_response(status)
        self.send_header("Total-Results", str(total))
        self.send_header("Last-Modified-Version", str(self.server.version))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass
