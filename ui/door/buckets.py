"""Token buckets: how often, or how much, within a time; and whom an address stands for."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_REMEMBERED = 10_000  # buckets; the one longest unused is forgotten, and would be full by then


@dataclass(frozen=True, slots=True)
class Want:
    """``cost`` from the bucket ``key``, which holds ``most`` and fills up in ``seconds``."""

    key: tuple[str, str]
    most: float
    cost: float = 1.0
    seconds: float = 60.0


class Empty(Exception):  # no error: the answer is to wait
    """A bucket has too little left; ``wait`` seconds and it hasn't."""

    def __init__(self, want: Want, wait: float) -> None:
        self.want, self.wait = want, max(1, round(wait))
        super().__init__(f"too often; try again in {self.wait} s")


class Buckets:
    """Buckets by their keys; safe to use from threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, *wanted: Want) -> None:
        """Take all that is wanted, or nothing and raise Empty."""
        now = self._clock()
        with self._guard:
            left = [(want, self._left(want, now) - want.cost) for want in wanted]
            for want, rest in left:
                if rest < 0:
                    raise Empty(want, -rest * want.seconds / want.most)
            for want, rest in left:
                self._kept[want.key] = (rest, now)
                self._kept.move_to_end(want.key)
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)

    def give_back(self, *taken: Want) -> None:
        """As if it had not been taken."""
        now = self._clock()
        with self._guard:
            for want in taken:
                rest = min(want.most, self._left(want, now) + want.cost)
                self._kept[want.key] = (rest, now)

    def _left(self, want: Want, now: float) -> float:
        left, then = self._kept.get(want.key, (want.most, now))
        return min(want.most, left + (now - then) * want.most / want.seconds)


def household(address: str | None) -> str:
    """Whom an address stands for: of IPv6, everybody has a whole network of addresses."""
    try:
        known = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)
