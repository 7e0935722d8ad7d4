"""How often one visitor may ask: a bucket of questions that fills up again as time goes by.

A visitor is a session (a page that is open, a program's client) and an address. Sessions are free
to make, so an address has a bucket of its own, for several visitors behind it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ingest.errors import AskpapersError
from ui.door.buckets import Buckets, Empty, Want, household

A_MINUTE = 60  # questions of one session, as many at once
SESSIONS_AN_ADDRESS = 10  # so many sessions' worth for an address


class TooOften(AskpapersError):
    """This visitor has asked too often; when to ask again."""


class Rate:
    """Token buckets, one for each session and one for each address; safe to use from threads."""

    def __init__(
        self, a_minute: int = A_MINUTE, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``a_minute`` questions of one session; 0 lets everybody ask as often as they like."""
        self._a_minute = a_minute
        self._buckets = Buckets(clock=clock)

    def take(self, session: str | None, address: str | None) -> None:
        """Take one question from both buckets; raises TooOften where one is empty."""
        if not self._a_minute:
            return
        wanted = [Want(("address", household(address)), self._a_minute * SESSIONS_AN_ADDRESS)]
        if session:
            wanted.append(Want(("session", session), self._a_minute))
        try:
            self._buckets.take(*wanted)
        except Empty as empty:
            raise TooOften(
                f"that was more than {empty.want.most} questions a minute; ask again in"
                f" {empty.wait} s"
            ) from None
