"""The door: what every request passes before the page itself sees anything of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.types import ASGIApp

from ui.server.headers import SafeHeaders
from ui.server.hosts import Hosts, OtherSites


class Door:
    """Who is let through to the page, and with what."""

    def __init__(self, hosts: Hosts) -> None:
        self.hosts = hosts

    def around(self, app: ASGIApp) -> ASGIApp:
        """``app`` behind the door."""
        return SafeHeaders(OtherSites(app, self.hosts))

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
