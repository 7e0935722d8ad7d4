"""Who asks, where a proxy stands in between: its word counts only if its address is trusted."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ingest.errors import AskpapersError

# Anybody may send these. What a trusted proxy says of the visitor has been taken from them by then.
_SAID_BY_PROXIES = (b"x-forwarded-", b"forwarded", b"x-real-ip", b"x-gradio-server")


class Forwarded:
    """Takes a visitor's address, and whether there is TLS, from trusted proxies alone."""

    def __init__(self, app: ASGIApp, proxies: Sequence[str] = ()) -> None:
        """``proxies`` are addresses and networks that have passed ``trusted``."""

        async def plain(scope: Scope, receive: Receive, send: Send) -> None:
            said = scope.get("headers", [])
            kept = [one for one in said if not one[0].lower().startswith(_SAID_BY_PROXIES)]
            await app({**scope, "headers": kept}, receive, send)

        self._app = ProxyHeadersMiddleware(plain, list(proxies))  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)  # type: ignore[arg-type]


def trusted(said: Sequence[str]) -> tuple[str, ...]:
    """``said`` as addresses and networks; AskpapersError for what is neither."""
    for one in said:
        try:
            ipaddress.ip_network(one)
        except ValueError:
            raise AskpapersError(
                f"--trust-proxy {one}: write the proxy's address, such as 127.0.0.1, or a network"
            ) from None
    return tuple(said)
