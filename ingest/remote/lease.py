"""Whose turn it is to write to a library on a server: one machine's at a time.

The writer makes a collection ``NAME.writer``, which the server lets only one do, and drops it when
it is through. One that was left by a killed writer may be taken away when it has run out; times are
the server's, so that no machine's clock matters.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from ingest.errors import LibraryBusy, LibraryError
from ingest.remote.wire import Wire

LEASE = 120.0  # seconds without a sign of life


class Turn:
    """The right to write, while ``taken``."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._name = f"{wire.address.name}.writer"
        self._mine = ""  # which turn it is; "" while it isn't ours
        self._until = 0.0  # by this machine's monotonic clock
        self._given_up = False

    @contextmanager
    def taken(self, copy: str) -> Iterator[None]:
        """Be the one who writes, with the copy of this name. Raises LibraryBusy while another is.

        The caller holds the copy for writing, so a turn in its name is of one who died.
        """
        said, mine = self._wire.address.said, uuid4().hex
        held = self._wire.collection(self._name)
        if held is not None:
            if held.metadata["copy"] != copy and held.metadata["until"] > self._wire.now():
                raise LibraryBusy(
                    f"{said}: {held.metadata['host']} is writing to this library; try again when"
                    " it is done (in two minutes, if it was killed)"
                )
            self._wire.drop(self._name)
        started, until = time.monotonic(), self._wire.now() + LEASE
        facts = {"host": socket.gethostname(), "copy": copy, "turn": mine, "until": until}
        self._wire.make(self._name, facts)
        self._mine, self._until, self._given_up = mine, started + LEASE, False
        try:
            self.keep()
            yield
        finally:
            with suppress(LibraryError), self._wire.hurried():  # else it runs out by itself
                if self._held() is not None:
                    self._wire.drop(self._name)
            self._mine = ""

    def keep(self) -> None:
        """Show that this writer is alive. Raises LibraryBusy when it was taken for dead.

        One that was silent for too long may go on while nobody has taken its place.
        """
        held = self._held()
        if held is None or self._given_up:
            raise LibraryBusy(
                f"{self._wire.address.said}: another machine writes now, or this writing was"
                " interrupted; run the command again"
            )
        if self._until - time.monotonic() < LEASE / 2:
            started, until = time.monotonic(), self._wire.now() + LEASE
            metadata = {**held.metadata, "until": until}
            self._wire.tried(lambda: held.modify(metadata=metadata))
            self._until = started + LEASE

    def give_up(self) -> None:
        """Write no more in this turn: what the server has isn't what is here."""
        self._given_up = True

    def _held(self) -> Any:  # noqa: ANN401
        """The sign of this turn on the server; None when it is gone or another's."""
        held = self._wire.collection(self._name)
        return held if held is not None and held.metadata["turn"] == self._mine else None
