"""How often and how much: buckets that fill up again as time goes by.

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
REOPENED = 12_000_000  # bytes of kept conversations that one address sends back in ten minutes
MOST_TURNS = 200  # of a history
MOST_SAID = 400_000  # characters of a history
JUDGED = 60  # judgements of one address in an hour, as many at once


class TooOften(AskpapersError):
    """This visitor has asked too often, or too much; when to ask again."""


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
            questions = f"{empty.want.most} question{'' if empty.want.most == 1 else 's'}"
            raise TooOften(
                f"that was more than {questions} a minute; ask again in {empty.wait} s"
            ) from None

    def reopen(self, address: str | None, size: int) -> None:
        """A conversation of ``size`` bytes comes back; raises TooOften."""
        self._kept(address, "reopened", REOPENED, size, 600)

    def judge(self, address: str | None) -> None:
        """A judgement is written down; raises TooOften."""
        self._kept(address, "judged", JUDGED, 1, 3600)

    def _kept(self, address: str | None, what: str, most: int, cost: int, seconds: int) -> None:
        try:
            self._buckets.take(Want((what, household(address)), most, cost, seconds))
        except Empty as empty:
            raise TooOften(f"that was too much at once; try again in {empty.wait} s") from None
