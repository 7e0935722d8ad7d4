"""How often one visitor may ask: a bucket of questions that fills up again as time goes by.

A visitor is a session (a page that is open, a program's client) and an address. Sessions are free
to make, so an address has a bucket of its own, for several visitors behind it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from ingest.errors import AskpapersError

A_MINUTE = 60  # questions of one session, as many at once
SESSIONS_AN_ADDRESS = 10  # so many sessions' worth for an address
_REMEMBERED = 10_000  # buckets; the one longest unused is forgotten, and would be full by then


class TooOften(AskpapersError):
    """This visitor has asked too often; when to ask again."""


class Rate:
    """Token buckets, one for each session and one for each address; safe to use from threads."""

    def __init__(
        self, a_minute: int = A_MINUTE, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``a_minute`` questions of one session; 0 lets everybody ask as often as they like."""
        self._a_minute = a_minute
        self._clock = clock
        self._guard = threading.Lock()
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, session: str | None, address: str | None) -> None:
        """Take one question from both buckets; raises TooOften where one is empty."""
        if not self._a_minute:
            return
        now = self._clock()
        wanted = [("address", address or "", self._a_minute * SESSIONS_AN_ADDRESS)]
        if session:
            wanted.append(("session", session, self._a_minute))
        with self._guard:
            left = {(kind, who): self._left((kind, who), most, now) for kind, who, most in wanted}
            for kind, who, most in wanted:
                if left[kind, who] < 1:
                    wait = (1 - left[kind, who]) * 60 / most
                    raise TooOften(
                        f"that was more than {most} questions a minute; ask again in"
                        f" {max(1, round(wait))} s"
                    )
            for key, tokens in left.items():
                self._buckets[key] = (tokens - 1, now)
                self._buckets.move_to_end(key)
            while len(self._buckets) > _REMEMBERED:
                self._buckets.popitem(last=False)

    def _left(self, key: tuple[str, str], most: int, now: float) -> float:
        tokens, then = self._buckets.get(key, (float(most), now))
        return min(float(most), tokens + (now - then) * most / 60)
