"""What every request passes before the page itself sees anything of it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.door.forwarded import Forwarded
from ui.door.headers import SafeHeaders
from ui.door.hosts import Hosts, OtherSites
from ui.door.login import Login
from ui.door.quiet import QuietEnds
from ui.door.sessions import Functions, Sessions
from ui.door.users import Users
from ui.door.visits import Visits

STARTS = "/gradio_api/startup-events"  # what Gradio asks of itself once it listens


class Door:
    """Who is let through to the page, and with what."""

    def __init__(
        self,
        hosts: Hosts,
        functions: Functions,
        *,
        users: Users | None = None,
        proxies: Sequence[str] = (),
    ) -> None:
        """``users`` are those who may come in, None everybody; ``functions`` are the page's;
        ``proxies`` are the addresses of those whose word on a visitor's address is taken.
        """
        self.key = f"own:{secrets.token_urlsafe()}"  # opens the door where there is a login
        self._proxies = proxies
        self._functions = functions
        self._hosts = hosts
        self._users = users
        self._starting = True
        self._visits = Visits()

    def opened(self) -> None:
        """The page has started: Gradio's own look at it is over."""
        self._starting = False

    def around(self, app: ASGIApp) -> ASGIApp:
        """``app`` behind the door."""
        inside: ASGIApp = Sessions(QuietEnds(app), self._visits, self._functions)
        if self._users is not None:
            inside = Login(inside, self._visits, self._users, self.key)

        async def through(scope: Scope, receive: Receive, send: Send) -> None:
            starts = self._starting and scope.get("path") == STARTS
            await (app if starts else inside)(scope, receive, send)

        return Forwarded(SafeHeaders(OtherSites(through, self._hosts)), self._proxies)

    @property
    def lifespan(self) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
        """Puts an application behind the door as it starts, before it listens.

        Gradio adds middleware of its own around any that it is given: its CORS would answer other
        sites before anybody looks at them.
        """

        @asynccontextmanager
        async def guarded(app: Starlette) -> AsyncIterator[None]:
            assert app.middleware_stack is not None  # this runs within it
            app.middleware_stack = self.around(app.middleware_stack)
            yield

        return guarded
