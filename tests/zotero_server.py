"""Zotero's local API on loopback, as a running Zotero plays it, with a library of our own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from http_fake import Answering, Fake, running

PAGE = 2  # items that it gives at once, whatever is asked for


class ZoteroServer(Fake):
    """One test's Zotero: what changes in it raises its ``version``; ``asked`` has every request."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.version = 0
        self.items: dict[str, dict[str, Any]] = {}
        self.collections: dict[str, dict[str, Any]] = {}
        self.closed = False
        self.asked: list[str] = []

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
    with running(ZoteroServer()) as server:
        yield server


class _Handler(Answering):
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
        version = str(self.server.version)
        self.say(status, body, {"Total-Results": str(total), "Last-Modified-Version": version})
