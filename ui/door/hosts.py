"""Other sites: a page in the visitor's browser must not speak to this one, whatever its name.

A browser lets any page send requests to any address, ``127.0.0.1`` too, and a foreign name may be
made to lead here (DNS rebinding). So what is asked for has to be served under the name that is
asked (Host), and what asks has to come from here (Origin, and Sec-Fetch-Site where there is none).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.errors import AskpapersError

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Hosts:
    """The names that the page is served under; ports don't matter, they may be mapped."""

    def __init__(self, listens: str, allowed: Iterable[str] = ()) -> None:
        """``listens`` is the address that the page listens on, ``allowed`` what proxies call it.

        Raises AskpapersError for a name that is none.
        """
        self._any_address = False
        self._loopback = True  # by the names of this machine for itself
        self._names = set(map(_named, allowed))
        address = _address(listens.strip("[]"))
        if address is None:
            self._names.add(listens.casefold())
        elif address.is_unspecified:  # on every network that this machine has
            self._any_address = True
            own = socket.gethostname().casefold()
            self._names |= {own, f"{own.partition('.')[0]}.local"}
        elif not address.is_loopback:
            self._loopback = False
            self._names.add(str(address))

    def add(self, name: str) -> None:
        """Serve ``name`` from now on as well."""
        self._names.add(name.casefold())

    def serves(self, host: str) -> bool:
        """Whether the page may be asked for as ``host``, the value of a Host header."""
        name = _split(f"//{host}")[0]
        if not name:
            return False
        address = _address(name)
        if self._loopback and (name == "localhost" or (address and address.is_loopback)):
            return True
        # An address can't be made to lead elsewhere; a name can.
        if address is not None and self._any_address:
            return True
        return (str(address) if address else name) in self._names

    def own(self, origin: str, host: str) -> bool:
        """Whether a page of ``origin`` is one that this server has sent, asked for as ``host``."""
        name, port, scheme = _split(origin)
        if not name or scheme not in _DEFAULT_PORTS:
            return False
        asked, asked_port, _ = _split(f"//{host}")
        default = _DEFAULT_PORTS[scheme]
        if name == asked:
            # A proxy that speaks TLS may pass the name on without a port.
            return (port or default) == (asked_port or default)
        return name in self._names and (port or default) == default


class OtherSites:
    """Refuses what another site sends, before anything of the page is asked."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            refused = self._refused(scope["method"], Headers(scope=scope))
            await (refused or self._app)(scope, receive, send)
        # Nothing of ours is a WebSocket: one that isn't accepted is closed.

    def _refused(self, method: str, headers: Headers) -> PlainTextResponse | None:
        host = ", ".join(headers.getlist("host"))
        if not self._hosts.serves(host):
            return PlainTextResponse(
                "This page isn't served under that name; whoever runs it adds names with"
                " --allow-host NAME.\n",
                421,
            )
        origins = headers.getlist("origin")
        if origins:
            foreign = not all(self._hosts.own(origin, host) for origin in origins)
        else:
            foreign = headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
            # To follow a link to the page is no harm; to show it inside another one is.
            link = headers.get("sec-fetch-mode") == "navigate" and method in ("GET", "HEAD")
            foreign = foreign and not (link and headers.get("sec-fetch-dest") == "document")
        if foreign:
            return PlainTextResponse("Another site may not use this page.\n", 403)
        return None


def _named(said: str) -> str:
    name, _, _ = _split(f"//{said}")
    if not name or "/" in said or "*" in said:
        raise AskpapersError(
            f"--allow-host {said}: write a name or an address, such as papers.example"
        )
    return name


def _split(url: str) -> tuple[str, int | None, str]:
    """Host, port and scheme of an address; no host where it is none."""
    try:
        parts = urlsplit(url)
        plain = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
        return (parts.hostname or "" if plain else ""), parts.port, parts.scheme
    except ValueError:
        return "", None, ""


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
