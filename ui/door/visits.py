"""Visits: a cookie that only this server can make tells visitors apart, and says who logged in.

A visit without a login is kept nowhere: its cookie is a number and our seal on it. Those who have
logged in get a new one, which ends by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Message, Scope

IDLE = 12 * 3600  # seconds without a request, after which a login ends
LONGEST = 7 * 24 * 3600  # seconds, after which it ends anyway
_REMEMBERED = 10_000  # logins; the one longest unused is forgotten


class Visits:
    """The visits of one running page; safe to use from threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._key = secrets.token_bytes(32)
        self._clock = clock
        self._guard = threading.Lock()
        self._logins: OrderedDict[str, tuple[str, float, float]] = OrderedDict()

    def of(self, scope: Scope) -> str | None:
        """The visit that a request belongs to; None where it has no cookie of ours."""
        number, _, seal = HTTPConnection(scope).cookies.get(_name(scope), "").partition(".")
        known = hmac.compare_digest(seal.encode(), self.sealed(f"visit {number}").encode())
        return number if known else None

    def begin(self, user: str | None = None, *, page: bool = False) -> str:
        """A new visit, of ``user`` if somebody has logged in; ``page``: with the page open."""
        number = ("page-" if page else "program-") + secrets.token_hex(16)
        if user is not None:
            now = self._clock()
            with self._guard:
                self._logins[number] = (user, now, now)
                while len(self._logins) > _REMEMBERED:
                    self._logins.popitem(last=False)
        return number

    @staticmethod
    def of_page(visit: str) -> bool:
        """Whether the visit has the page open; a program's has not."""
        return visit.startswith("page-")

    def end(self, visit: str) -> None:
        """Log out."""
        with self._guard:
            self._logins.pop(visit, None)

    def user(self, visit: str | None) -> str | None:
        """Who has logged in, if the login hasn't ended."""
        if visit is None:
            return None
        now = self._clock()
        with self._guard:
            user, since, last = self._logins.pop(visit, (None, 0.0, 0.0))
            if user is None or now - last > IDLE or now - since > LONGEST:
                return None
            self._logins[visit] = (user, since, now)
            return user

    def sealed(self, said: str) -> str:
        """What nobody else can say of ``said``."""
        return hmac.new(self._key, said.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def hand_out(self, visit: str, message: Message, scope: Scope) -> None:
        """Add the cookie of ``visit`` to the start of a response."""
        made = Response()
        made.set_cookie(
            _name(scope),
            f"{visit}.{self.sealed(f'visit {visit}')}",
            httponly=True,
            samesite="lax",  # strict would give a visitor who follows a link here another visit
            secure=scope["scheme"] == "https",
        )
        MutableHeaders(scope=message).append("Set-Cookie", made.headers["set-cookie"])


def _name(scope: Scope) -> str:
    """Cookies don't know ports: several pages on one machine would take each other's."""
    server = scope.get("server")
    return f"askpapers-{server[1] if server else 0}"
