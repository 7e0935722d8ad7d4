"""A running Zotero, asked by its local API: ``zotero:``, ``zotero:COLLECTION``, ``zotero:group:NAME``.

Its collections are topics. It counts its changes, so that only what changed since the last time is
read; what is pruned, or a collection that was renamed, needs all of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ingest.errors import NotAPaper, ParseError
from ingest.paper import Paper
from ingest.sources.formats.wrapped import no_paper
from ingest.sources.options import Options
from ingest.sources.record import paper_from
from ingest.sources.services.live import Address

if TYPE_CHECKING:
    import httpx

_PAGE = 100  # items a request; a Zotero that gives more at once is welcome to
_MAX_BODY = 500_000_000  # bytes
_CLOSED = (
    "Zotero doesn't let other programs read: tick 'Allow other applications on this computer to"
    " communicate with Zotero' in its settings, under Advanced"
)
_DOWN = "Zotero doesn't answer at {address}; start it, or set ASKPAPERS_ZOTERO to where it listens"


def read(wanted: Address, options: Options) -> Iterator[Paper | ParseError]:
    """The papers of a library or a collection. Raises ParseError when Zotero can't be asked."""
    import httpx

    # What stands between us and other machines has nothing to do with this one.
    with httpx.Client(
        base_url=options.zotero,
        timeout=options.timeout,
        trust_env=False,
        headers={"Zotero-API-Version": "3", "User-Agent": "askpapers"},
    ) as client:
        yield from _Zotero(client, wanted.source, options).papers(wanted.group, wanted.collection)


class _Zotero:
    """One source's way to the program."""

    def __init__(self, client: httpx.Client, source: str, options: Options) -> None:
        self._client, self._source, self._options = client, source, options
        self._name = source.removesuffix(":")  # for messages

    def papers(self, group: str, collection: str) -> Iterator[Paper | ParseError]:
        library = f"/api/groups/{self._group(group)}" if group else "/api/users/0"
        collections, now = self._all(f"{library}/collections", {})
        topics = {str(one.get("key")): _path(one, collections) for one in collections}
        newest = max((_number(str(one.get("version"))) for one in collections), default=0)
        since = self._options.since(self._source)
        if newest > since or now < since:
            since = 0  # topics of unchanged papers are others now; or another Zotero counts anew
        places = [f"/collections/{key}" for key in self._chosen(collection, topics)]
        given: set[str] = set()
        version: int | None = None
        for place in places if collection else [""]:
            items, now = self._all(f"{library}{place}/items/top", {"since": str(since)})
            version = now if version is None else min(now, version)
            for item in items:
                if (key := str(item.get("key"))) not in given:
                    given.add(key)
                    yield self._paper(item, topics)
        if since:
            self._options.note(f"{self._name}: {len(given):,} items changed since the last time")
        self._options.reached(self._source, version or 0)

    def _paper(self, item: dict[str, Any], topics: Mapping[str, str]) -> Paper | ParseError:
        said = item.get("data")
        key = str(item.get("key"))
        if not isinstance(said, dict):
            return ParseError(self._name, "an item without data", record=f"item {key}")
        if said.get("deleted"):
            return NotAPaper(self._name, "in Zotero's bin", record=f"item {key}")
        if reason := no_paper(said):
            return NotAPaper(self._name, reason, record=f"item {key}")
        places = said.get("collections") or []
        tags = [tag.get("tag") for tag in said.get("tags") or [] if isinstance(tag, dict)]
        record = {
            name: value
            for name, value in said.items()
            if name not in ("version", "relations", "collections", "tags", "dateModified", "key")
        }
        record["topics"] = [*(topics[p] for p in places if p in topics), *filter(None, tags)]
        record["id"] = f"zotero:{key}"
        return paper_from(record, self._name, f"item {key}")

    def _group(self, name: str) -> str:
        groups, _ = self._all("/api/users/0/groups", {})
        known = {str(one.get("id")): str((one.get("data") or {}).get("name")) for one in groups}
        for id_, called in known.items():
            if name.casefold() in (id_, called.casefold()):
                return id_
        raise ParseError(self._name, _unknown("group", name, known.values()))

    def _chosen(self, name: str, topics: Mapping[str, str]) -> list[str]:
        """The keys of a collection, by its name or its path, and of those below it."""
        paths = [path for path in topics.values() if _is_called(path, name)] if name else []
        if name and not paths:
            raise ParseError(self._name, _unknown("collection", name, topics.values()))
        return [key for key, path in topics.items()
                if any(path == one or path.startswith(f"{one}/") for one in paths)]  # fmt: skip

    def _all(self, path: str, query: Mapping[str, str]) -> tuple[list[dict[str, Any]], int]:
        """All that stands there, page by page, and the count of changes that it is as of."""
        found: list[dict[str, Any]] = []
        while True:
            asked = {**query, "limit": str(_PAGE), "start": str(len(found))}
            some, headers = self._page(path, asked)
            if not found:
                version = _number(headers.get("Last-Modified-Version"))
            found += some
            if not some or len(found) >= _number(headers.get("Total-Results")):
                return found, version

    def _page(self, path: str, query: Mapping[str, str]) -> tuple[list[Any], httpx.Headers]:
        import httpx

        try:
            response = self._client.get(path, params=query)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise ParseError(self._name, _DOWN.format(address=self._options.zotero)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = f"Zotero broke off ({error or type(error).__name__})"
            raise ParseError(self._name, reason) from error
        if response.status_code == 403:
            raise ParseError(self._name, _CLOSED)
        try:
            some = json.loads(response.content) if response.is_success else None
        except (ValueError, RecursionError):
            some = None
        if not isinstance(some, list) or len(response.content) > _MAX_BODY:
            status = f"{response.status_code} {response.reason_phrase}".strip()
            reason = f"no list of Zotero's at {self._options.zotero}{path} ({status})"
            raise ParseError(self._name, reason)
        return [item for item in some if isinstance(item, dict)], response.headers


def _path(collection: dict[str, Any], others: list[dict[str, Any]]) -> str:
    """``Birds/Rooks`` for a collection below another one."""
    named = {str(one.get("key")): one.get("data") or {} for one in others}
    key = str(collection.get("key"))
    names: list[str] = []
    while key in named and len(names) < len(others):
        said = named[key]
        names.append(" ".join(str(said.get("name") or "").split()))
        key = str(said.get("parentCollection") or "")
    return "/".join(reversed(names))


def _is_called(path: str, name: str) -> bool:
    wanted = name.strip("/").casefold()
    return path.casefold() == wanted or path.casefold().endswith(f"/{wanted}")


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    names = ", ".join(repr(one) for one in sorted(known)[:12]) or "none"
    return f"no {kind} {name!r} in Zotero; there are {names}"


def _number(said: str | None) -> int:
    return int(said) if said and said.isdecimal() else 0
