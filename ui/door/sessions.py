"""Sessions: what a visitor does on the page is bound to a cookie that only this server can make.

Gradio knows a session by a short hash that the browser makes up: whoever knows it could read and
export a conversation. So every hash is replaced, before Gradio sees it, by our seal on the visit
and the hash: another visitor's hash leads to an empty session of one's own. Of Gradio's addresses
only those pass that the page and programs need, and what isn't meant for programs can be called
from a visit alone that has begun with the page.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.door.bodies import Gone, TooLarge, replayed, whole
from ui.door.buckets import household
from ui.door.visits import Visits

MOST_BODY = 4_000_000  # bytes of a call: a browser keeps 5 MB of conversations in all
_API = "/gradio_api"
_HASH = re.compile(r"[\w.:-]{1,100}")
_OPEN = re.compile(
    rf"/|/config/?|/health|/theme\.css|/favicon\.ico|/manifest\.json|/robots\.txt"
    rf"|/(?:static|assets)/.+|{_API}/(?:info/?|app_id/?|theme\.css|queue/(?:data|status))"
    rf"|{_API}/(?:heartbeat/[^/]+|call/(?:v2/)?\w+/\w+|upload_progress)"
)
_CALLS = re.compile(rf"{_API}/(?:call/(?:v2/)?|run/|api/)(\w+)/?")
_OURS = re.compile(rf"{_API}/(?:queue/join|cancel|reset/?)")  # calls that say what in their body
# For programs alone, without sessions: MCP, and OpenAI's protocol.
_TOOLS = re.compile(rf"{_API}/mcp(?:/.*)?|/v1/(?:models|chat/completions)")
_NAMED_HERE = ("session_hash", "upload_id")  # of a query


@dataclass(frozen=True)
class Public:
    """The functions that programs may call: by their names and by their numbers."""

    names: Collection[str]
    numbers: Collection[int]


class Refused(Exception):  # noqa: N818 - an answer
    """``status`` and one line."""

    def __init__(self, status: int, said: str) -> None:
        self.status = status
        super().__init__(said)


class Sessions:
    """Lets through what the page and programs may ask, each in a session of its own visit."""

    def __init__(self, app: ASGIApp, visits: Visits, public: Public) -> None:
        self._app = app
        self._visits = visits
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = self._visits.of(scope)
        owner = visit or f"program {household((scope.get('client') or ('',))[0])}"
        try:
            scope, receive = await self._admitted(scope, receive, visit, owner)
        except (Refused, TooLarge) as refused:
            said = PlainTextResponse(f"{refused}\n", getattr(refused, "status", 413))
            await said(scope, receive, send)
            return
        except Gone:
            return
        if scope["path"] != "/" or (visit is not None and self._visits.of_page(visit)):
            await self._app(scope, receive, send)
            return
        begun = self._visits.begin(self._visits.user(visit), page=True)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._visits.hand_out(begun, message, scope)
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    async def _admitted(
        self, scope: Scope, receive: Receive, visit: str | None, owner: str
    ) -> tuple[Scope, Receive]:
        """The request as Gradio is to see it; raises Refused."""
        method, path = scope["method"], scope["path"]
        page = visit is not None and self._visits.of_page(visit)
        if _TOOLS.fullmatch(path):
            return scope, receive
        if method in ("GET", "HEAD") and _OPEN.fullmatch(path):
            return self._owned(scope, owner), receive
        if method == "POST" and path == f"{_API}/upload":
            if not page:
                raise Refused(403, "Only the page itself takes files.")
            return self._owned(scope, owner), receive
        call = _CALLS.fullmatch(path)
        if method != "POST" or not (call or _OURS.fullmatch(path)):
            raise Refused(404, "There is nothing here.")
        body = await whole(receive, MOST_BODY)
        fields = _fields(body)
        if not page and not self._for_programs(call and call[1], path, fields):
            raise Refused(403, "Only the page itself does this; reload it if it is open.")
        if "session_hash" in fields:
            fields["session_hash"] = self._sealed(owner, fields["session_hash"])
        return replayed(self._owned(scope, owner), receive, orjson.dumps(fields))

    def _for_programs(self, name: str | None, path: str, fields: dict[str, Any]) -> bool:
        number = fields.get("fn_index")
        if number is not None:
            return isinstance(number, int) and number in self._public.numbers
        return name in self._public.names if name else path.rstrip("/") == f"{_API}/reset"

    def _owned(self, scope: Scope, owner: str) -> Scope:
        """The request with the sessions that it names sealed."""
        scope = dict(scope)
        beat = f"{_API}/heartbeat/"
        if scope["path"].startswith(beat):
            path = beat + self._sealed(owner, scope["path"].removeprefix(beat))
            scope |= {"path": path, "raw_path": path.encode()}
        query = scope.get("query_string", b"")
        if any(name.encode() in query for name in _NAMED_HERE):
            said = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=20)
            named = [(n, self._sealed(owner, v) if n in _NAMED_HERE else v) for n, v in said]
            scope["query_string"] = urlencode(named).encode()
        return scope

    def _sealed(self, owner: str, hash_: object) -> str:
        if not isinstance(hash_, str) or not _HASH.fullmatch(hash_):
            raise Refused(400, "That is no session.")
        return self._visits.sealed(f"session {owner} {hash_}")


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(400, "The body isn't JSON.") from None
    if not isinstance(fields, dict):
        raise Refused(400, "The body isn't an object of JSON.")
    return fields
