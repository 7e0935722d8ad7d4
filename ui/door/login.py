"""Login: without it, nothing but the login page and a bare ``/health`` is to be had."""

from __future__ import annotations

import html
from importlib import resources
from urllib.parse import parse_qs

import anyio
import anyio.to_thread
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.door.bodies import Gone, TooLarge, whole
from ui.door.buckets import Buckets, Empty, Want, household
from ui.door.users import Users
from ui.door.visits import Visits
from ui.page.words import ENGLISH, preferred, said

WRONG_AN_ADDRESS = 10  # wrong passwords from one address, as many at once, and so many a minute
WRONG_A_NAME = 10  # the same for one name, wherever they come from
_MOST_FORM = 10_000  # bytes
_PROGRAMS = ("/v1/", "/gradio_api/mcp")  # OpenAI's protocol, MCP: told to bring a key
_ASKS_KEY = "this server asks for a key; it is NAME:PASSWORD, as for the page"
_AT_ONCE = 2  # passwords that are checked at the same time: each takes 32 MB

_PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8">
<title>askpapers: {enter}</title>
<meta name="viewport" content="width=device-width"><style>{style}</style></head>
<body><main><h1 translate="no">askpapers</h1><p>{about}</p>
<form method="post" action="login"><p role="alert">{said}</p>
<label>{name}<input name="username" autocomplete="username" required autofocus></label>
<label>{password}<input name="password" type="password" autocomplete="current-password" required>
</label><button>{enter}</button></form></main></body></html>
"""
_WRONG = "Wrong name or password."
_TOO_MANY = "Too many wrong passwords; try again in {n} s."


class Login:
    """Lets those through who have logged in."""

    def __init__(self, app: ASGIApp, visits: Visits, users: Users, key: str) -> None:
        """``key`` opens as a user's does, for what this server asks of itself."""
        self._app = app
        self._visits = visits
        self._users = users
        self._wrong = Buckets()
        # Seals of right keys: to check a password takes long.
        self._keys = {visits.sealed(f"key {key}")}
        self._checking = anyio.CapacityLimiter(_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = self._visits.of(scope)
        do = (scope["method"], scope["path"].rstrip("/") or "/")
        if do == ("POST", "/login"):
            await self._log_in(scope, receive, send)
        elif scope["path"].startswith(_PROGRAMS) or _bearer(scope) is not None:
            await self._with_key(scope, receive, send)
        elif self._visits.user(visit) is not None:
            if do == ("POST", "/logout"):
                self._visits.end(str(visit))
                await _elsewhere("login")(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        else:
            await _outside(do, _language(scope))(scope, receive, send)

    async def _right(self, scope: Scope, name: str, password: str) -> bool:
        """Whether it is the user's password; Empty after too many wrong ones."""
        client = scope.get("client")
        wanted = (
            Want(("address", household(client[0] if client else None)), WRONG_AN_ADDRESS),
            Want(("name", name), WRONG_A_NAME),
        )
        self._wrong.take(*wanted)
        right = await anyio.to_thread.run_sync(
            self._users.check, name, password, limiter=self._checking
        )
        if right:
            self._wrong.give_back(*wanted)
        return right

    async def _with_key(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Programs keep no cookies: their key is ``NAME:PASSWORD``, as for the page."""
        key = _bearer(scope) or ""
        name, _, password = key.partition(":")
        try:
            seal = self._visits.sealed(f"key {key}")
            known = bool(name and password)
            if known and (seal in self._keys or await self._right(scope, name, password)):
                self._keys.add(seal)
                # Sessions of one user's programs are nobody else's, wherever they come from.
                await self._app({**scope, "askpapers.user": name}, receive, send)
                return
            refused = _api_error(_ASKS_KEY, "authentication_error", 401)
        except Empty as empty:
            refused = _api_error(said(_TOO_MANY, ENGLISH, n=empty.wait), "rate_limit_error", 429)
            refused.headers["Retry-After"] = str(empty.wait)
        await refused(scope, receive, send)

    async def _log_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        browser = "text/html" in Headers(scope=scope).get("accept", "")
        language = _language(scope) if browser else None  # None: a program, which gets JSON
        form = await _form(receive)
        if form is None:
            await PlainTextResponse("a name and a password\n", 400)(scope, receive, send)
            return
        name, password = form
        try:
            right = await self._right(scope, name, password)
        except Empty as empty:
            told = said(_TOO_MANY, language or ENGLISH, n=empty.wait)
            refused = _refused(told, 429, language)
            refused.headers["Retry-After"] = str(empty.wait)
            await refused(scope, receive, send)
            return
        if not right:
            refused = _refused(said(_WRONG, language or ENGLISH), 401, language)
            await refused(scope, receive, send)
            return
        visit = self._visits.begin(name, page=browser)  # a new one: the old may be known to others

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._visits.hand_out(visit, message, scope)
            await send(message)

        done = _elsewhere("./") if browser else JSONResponse({"success": True})
        await done(scope, receive, send_with_cookie)


def _bearer(scope: Scope) -> str | None:
    """The key that a request brings; None where it brings none."""
    scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
    # Headers come as Latin-1; a password may have any letters.
    found = key.strip().encode("latin-1").decode("utf-8", "replace")
    return found if scheme.lower() == "bearer" else None


def _language(scope: Scope) -> str:
    return preferred(Headers(scope=scope).get("accept-language", ""))


def _outside(do: tuple[str, str], language: str) -> Response:
    """What those are answered who haven't logged in."""
    method, path = do
    if path == "/health":
        return JSONResponse({"status": "ok"})
    if method in ("GET", "HEAD") and path == "/login":
        return _login_page("", language)
    if method in ("GET", "HEAD") and path == "/":
        return _elsewhere("login")
    return JSONResponse({"error": "Not authenticated"}, 401)


def _api_error(said: str, kind: str, status: int) -> JSONResponse:
    """As OpenAI's clients expect it."""
    error = {"message": said, "type": kind, "param": None, "code": None}
    return JSONResponse({"error": error}, status)


def _elsewhere(where: str) -> Response:
    """Relative, for a proxy may serve the page under a path of its own."""
    return Response(status_code=303, headers={"Location": where, "Cache-Control": "no-store"})


def _refused(told: str, status: int, language: str | None) -> Response:
    if language is None:
        return JSONResponse({"error": told}, status)
    return _login_page(told, language, status)


def _login_page(told: str, language: str, status: int = 200) -> HTMLResponse:
    page = _PAGE.format(
        language=language,
        style=resources.files("ui").joinpath("style", "login.css").read_text("utf-8"),
        about=said("Your papers, every sentence cited.", language),
        said=html.escape(told),
        name=said("Name", language),
        password=said("Password", language),
        enter=said("Log in", language),
    )
    return HTMLResponse(page, status, headers={"Cache-Control": "no-store"})


async def _form(receive: Receive) -> tuple[str, str] | None:
    """Name and password of a form; None where it is none, or too large."""
    try:
        body = await whole(receive, _MOST_FORM)
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except (TooLarge, Gone, ValueError):
        return None
    name, password = (fields.get(field, [""])[0] for field in ("username", "password"))
    return (name.strip(), password) if name.strip() and password else None
