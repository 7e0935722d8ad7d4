"""Several writers at once, none of them in another's way: who changes which papers is announced.

A writer puts a row into the collection beside the library: short hashes of all keys of the papers
that it is going to change. Then it reads the others' rows. Of two that want the same, at least one
sees the other: the older one waits until the younger one is through, or has seen it and steps back.
The row of a writer that is silent runs out, by the server's clock.
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from ingest.errors import LibraryBusy, LibraryError
from ingest.paper import digest
from ingest.remote.rows import joined, parted
from ingest.remote.wire import Rows, ServerHangs, Wire

LEASE = 30.0  # seconds without a sign of life
_FARTHEST = 2 * LEASE  # what would run out later was written before the clock was set back
_LONGEST = 300.0  # seconds that one waits for others
_HASH = 10  # characters, 40 bits, of a key's hash


class Overtaken(Exception):
    """This writer was taken for dead, and another one may have written."""


class Claims:
    """The right to change certain papers, while ``held``."""

    def __init__(self, wire: Wire, rows: Rows) -> None:
        self._wire, self._rows = wire, rows
        self._token, self._until, self._facts = "", 0.0, dict[str, Any]()

    @contextmanager
    def held(self, keys: Collection[str]) -> Iterator[None]:
        """Be the only one who changes papers of these keys. Raises LibraryBusy after minutes of
        waiting."""
        mine = {digest(key)[:_HASH] for key in keys}
        self._facts = {"host": socket.gethostname(), **parted("keys", "".join(sorted(mine)))}
        self._token = f"{int(self._wire.now() * 1e9):020d}-{uuid4().hex[:8]}"
        self.announce()
        given_up = time.monotonic() + _LONGEST
        try:
            while rivals := self._rivals(mine):
                if time.monotonic() > given_up:
                    raise LibraryBusy(
                        f"{self._wire.address.said}: {next(iter(rivals.values()))} is writing to"
                        " the same papers; run the command again when it is done"
                    )
                if min(rivals) < self._token:
                    self._rows.delete([self._token])  # step back for the older one
                time.sleep(random.uniform(0.02, 0.3))  # noqa: S311 - no secret
                self.announce()
            yield
        except ServerHangs:
            self._token = ""  # it runs out by itself: deleting it would be one more wait
            raise
        finally:
            token, self._token = self._token, ""
            if token:
                with suppress(LibraryError):
                    self._rows.delete([token])

    def announce(self) -> None:
        """Put this writer's row there, or show that it is alive."""
        self._until = self._wire.now() + LEASE
        row = {self._token: {**self._facts, "until": self._until}}
        self._rows.upsert(list(row), [[0.0]], metadatas=list(row.values()))

    def keep(self) -> None:
        """Show that this writer is alive. Raises Overtaken when it was taken for dead."""
        if not self._token:
            return
        left = self._until - self._wire.now()
        if not 0 <= left <= _FARTHEST:
            raise Overtaken
        if left < LEASE / 2:
            self.announce()

    def _rivals(self, mine: set[str]) -> dict[str, str]:
        """The writers that want some of the same, by token, and their machines."""
        now, rivals = self._wire.now(), {}
        for token, facts in self._rows.metadatas(where={"until": {"$gt": 0.0}}).items():
            text = joined(facts, "keys")
            keys = {text[at : at + _HASH] for at in range(0, len(text), _HASH)}
            if not 0 <= facts["until"] - now <= _FARTHEST:
                self._rows.delete([token])
            elif token != self._token and not mine.isdisjoint(keys):
                rivals[token] = facts["host"]
        return rivals
