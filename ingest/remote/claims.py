"""Several writers at once, none of them in another's way: who changes which papers is announced.

A writer puts a row into the collection ``NAME.writers``: short hashes of all keys of the papers
that it is going to change. Then it reads the others' rows. Of two that want the same, at least one
sees the other: the older one waits until the younger one is through, or has seen it and steps back.
A row runs out when its writer is silent, by the server's clock; that of a process of this machine
which is gone is worth nothing at once.
"""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from ingest.errors import LibraryBusy, LibraryError
from ingest.paper import digest
from ingest.remote.wire import Wire

LEASE = 30.0  # seconds without a sign of life
_LONGEST = 300.0  # seconds that one waits for others
_HASH = 10  # characters, 40 bits, of a key's hash
_VALUE = 400 * _HASH  # characters of a value: Chroma Cloud takes 4,096 bytes


class Overtaken(Exception):
    """This writer was taken for dead, and another one may have written."""


class Claims:
    """The right to change certain papers, while ``held``."""

    def __init__(self, wire: Wire, place: Path) -> None:
        self._wire = wire
        self._host = f"{socket.gethostname()}:{place}"
        self._row: tuple[str, dict[str, Any]] | None = None
        self._until = 0.0  # by this machine's clock
        self._known: Any = None

    @contextmanager
    def held(self, keys: Collection[str]) -> Iterator[None]:
        """Be the only one who changes papers of these keys. Raises LibraryBusy after minutes of
        waiting."""
        mine = {digest(key)[:_HASH] for key in keys}
        text = "".join(sorted(mine))
        places = enumerate(range(0, len(text), _VALUE))
        parts = {f"keys{n}": text[at : at + _VALUE] for n, at in places}
        now = self._wire.now()
        token, given_up = f"{int(now * 1e9):020d}-{uuid4().hex[:8]}", time.monotonic() + _LONGEST
        self._row = (token, {"host": self._host, "pid": os.getpid(), **parts})
        try:
            while rivals := self._rivals(mine, token):
                if time.monotonic() > given_up:
                    raise LibraryBusy(
                        f"{self._wire.address.said}: {rivals[0][1]} is writing to the same papers;"
                        " run the command again when it is done"
                    )
                if any(other < token for other, _ in rivals):
                    self._step_back(token)
                time.sleep(random.uniform(0.02, 0.3))  # noqa: S311 - no secret
            yield
        finally:
            self._row = None
            with suppress(LibraryError), self._wire.hurried():  # else it runs out by itself
                self._step_back(token)

    def keep(self) -> None:
        """Show that this writer is alive. Raises Overtaken when it was taken for dead."""
        if self._row is None:
            return
        if not self._wire.tried(partial(self._rows.get, ids=[self._row[0]], include=[]))["ids"]:
            raise Overtaken
        self._renew()

    def _renew(self, *, now: bool = False) -> None:
        assert self._row is not None
        if now or time.monotonic() > self._until - LEASE / 2:
            token, facts = self._row
            self._until = time.monotonic() + LEASE
            facts = {**facts, "until": self._wire.now() + LEASE}
            upsert = partial(self._rows.upsert, ids=[token], embeddings=[[0.0]], metadatas=[facts])
            self._wire.tried(upsert)

    def _rivals(self, mine: set[str], token: str) -> list[tuple[str, str]]:
        """The writers that want some of the same, as token and machine; this one is announced."""
        self._renew()
        read = partial(self._rows.get, include=["metadatas"])
        while token not in (found := self._wire.tried(read))["ids"]:
            self._renew(now=True)
        now, rivals, dead = self._wire.now(), [], []
        for other, facts in zip(found["ids"], found["metadatas"], strict=True):
            if other == token:
                continue
            if facts["until"] < now or self._is_gone(facts):
                dead.append(other)
            elif not mine.isdisjoint(_hashes(facts)):
                rivals.append((other, facts["host"].partition(":")[0]))
        if dead:
            self._wire.tried(partial(self._rows.delete, ids=dead))
        return rivals

    def _step_back(self, token: str) -> None:
        self._until = 0.0
        self._wire.tried(partial(self._rows.delete, ids=[token]))

    def _is_gone(self, facts: dict[str, Any]) -> bool:
        if facts["host"] != self._host:
            return False
        try:
            os.kill(facts["pid"], 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass
        return False

    @property
    def _rows(self) -> Any:  # noqa: ANN401 - Chroma's own
        if self._known is None:
            name = f"{self._wire.address.name}.writers"
            self._wire.make(name, {"layout": "writers"})
            self._known = self._wire.collection(name)
        return self._known


def _hashes(facts: dict[str, Any]) -> Iterator[str]:
    number = 0
    while (text := facts.get(f"keys{number}")) is not None:
        yield from (text[at : at + _HASH] for at in range(0, len(text), _HASH))
        number += 1
