"""Sessions: what a visitor does on the page is bound to a cookie that only this server can make.

Gradio knows a session by a short hash that the browser makes up: whoever knows it could read and
export a conversation. So every hash is replaced, before Gradio sees it, by our seal on the visit
and the hash: another visitor's hash leads to an empty session of one's own. Of Gradio's addresses
only those pass that the page and programs need, and what isn't meant for programs can be called
from a visit alone that has begun with the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.door.bodies import Gone, TooLarge, replayed, whole
from ui.door.buckets import Buckets, Empty, Want, household
from ui.door.visits import Visits

MOST_BODY = 4_000_000  # bytes of a call: a browser keeps 5 MB of conversations in all
CALLS = 1_200  # calls of one address a minute, as many at once
UPLOADED = 2_000_000_000  # bytes of files that one address sends in an hour
_API = "/gradio_api"
_HASH = re.compile(r"[\w.:-]{1,100}")
_OPEN = re.compile(
    rf"/|/config/?|/health|/theme\.css|/favicon\.ico|/manifest\.json|/robots\.txt"
    rf"|/(?:static|assets)/.+|{_API}/(?:info/?|app_id/?|theme\.css|queue/(?:data|status))"
    rf"|{_API}/(?:heartbeat/[^/]+|call/(?:v2/)?\w+/\w+|upload_progress)"
)
_CALLS = re.compile(rf"{_API}/(?:call/(?:v2/)?|run/|api/)(\w+)/?")
_OUTCOME = re.compile(rf"{_API}/call/(?:v2/)?\w+/([0-9a-f]{{32}})")
_OURS = re.compile(rf"{_API}/(?:queue/join|cancel|reset/?)")  # calls that say what in their body
# For programs alone, without sessions: MCP, and OpenAI's protocol.
_TOOLS = re.compile(rf"{_API}/mcp(?:/.*)?|/v1/(?:models|chat/completions)")
_WHOSE = (b"cookie", b"authorization")
_NAMED_HERE = ("session_hash", "upload_id")  # of a query


@dataclass(frozen=True)
class Functions:
    """The page's functions: how many values each takes, by its number; those for programs by name;
    and what forgets a session, by Gradio's name for it.
    """

    inputs: Mapping[int, int]
    public: Mapping[str, int]
    forget: Callable[[str], None] = lambda _: None


class Refused(Exception):  # an answer
    """``status`` and one line."""

    def __init__(self, status: int, said: str) -> None:
        self.status = status
        super().__init__(said)


class Sessions:
    """Lets through what the page and programs may ask, each in a session of its own visit."""

    def __init__(self, app: ASGIApp, visits: Visits, functions: Functions) -> None:
        self._app = app
        self._visits = visits
        self._functions = functions
        self._buckets = Buckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = self._visits.of(scope)
        client = scope.get("client")
        at = household(client[0] if client else None)
        owner = visit or f"program {scope.get('askpapers.user', '')} {at}"
        try:
            scope, receive = await self._admitted(scope, receive, visit, owner)
            self._limited(scope, at)
        except (Refused, TooLarge, Empty) as refused:
            status = refused.status if isinstance(refused, Refused) else 413
            if isinstance(refused, Empty):
                status = 429
            await PlainTextResponse(f"{refused}\n", status)(scope, receive, send)
            return
        except Gone:
            return
        outcome = _OUTCOME.fullmatch(scope["path"])
        if outcome:
            await self._app(scope, receive, send)
            self._functions.forget(outcome[1])  # a call without a session: it has one of its own
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
            # Gradio hands headers of MCP on to the page, whose session here is its own.
            kept = [one for one in scope["headers"] if one[0] not in _WHOSE]
            return {**scope, "headers": kept}, receive
        if method in ("GET", "HEAD") and _OPEN.fullmatch(path):
            return self._owned(scope, owner), receive
        if method == "POST" and path == f"{_API}/upload":
            if not page:
                raise Refused(403, "Only the page itself takes files.")
            return self._owned(scope, owner), receive
        call = _CALLS.fullmatch(path)
        if method != "POST" or not (call or _OURS.fullmatch(path)):
            raise Refused(404, "There is nothing here.")
        fields = _fields(await whole(receive, MOST_BODY))
        number = self._number(call and call[1], fields)
        ends = path.startswith(f"{_API}/reset")  # it names nothing but an event
        if not (page or ends or number in self._functions.public.values()):
            raise Refused(403, "Only the page itself does this; reload it if it is open.")
        self._check(path, number, fields.get("data"))
        if "session_hash" in fields:
            fields["session_hash"] = self._sealed(owner, fields["session_hash"])
        return replayed(self._owned(scope, owner), receive, orjson.dumps(fields))

    def _limited(self, scope: Scope, at: str) -> None:
        """Raises Empty where an address calls too often, or sends too many files."""
        if scope["method"] != "POST":
            return
        wanted = [Want(("call", at), CALLS)]
        if scope["path"].endswith("/upload"):
            size = Headers(scope=scope).get("content-length", "")
            if not size.isdecimal() or len(size) > 15:
                raise Refused(411, "An upload says how large it is.")
            wanted.append(Want(("files", at), UPLOADED, int(size), 3600))
        self._buckets.take(*wanted)

    def _number(self, name: str | None, fields: dict[str, Any]) -> int | None:
        """The function that is called; None where the call is to end one, or means none."""
        number = fields.get("fn_index")
        if number is None:
            return self._functions.public.get(name or "")
        return number if isinstance(number, int) else None

    def _check(self, path: str, number: int | None, data: object) -> None:
        """Raises Refused for what Gradio would answer with a traceback in the log."""
        if path.startswith((f"{_API}/cancel", f"{_API}/reset", f"{_API}/call/v2/")):
            return
        takes = self._functions.inputs.get(-1 if number is None else number)
        if takes is None:
            raise Refused(404, "There is no such function.")
        if not isinstance(data, list) or len(data) != takes:
            raise Refused(400, f"data: a list of {takes} values")

    def _owned(self, scope: Scope, owner: str) -> Scope:
        """The request with the sessions that it names sealed."""
        scope = dict(scope)
        beat = f"{_API}/heartbeat/"
        if scope["path"].startswith(beat):
            path = beat + self._sealed(owner, scope["path"].removeprefix(beat))
            scope |= {"path": path, "raw_path": path.encode()}
        query = scope.get("query_string", b"")
        if any(name.encode() in query for name in _NAMED_HERE):
            try:
                said = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=20)
            except ValueError:
                raise Refused(400, "The query has too many parts.") from None
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
