"""One SQLite file: a connection a thread, transactions, and its errors turned into ours.

What goes wrong with a file (damage, a full disk, no permission, another writer) can show at any
statement and at any row, so every statement goes through here.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ingest.errors import LibraryBusy, LibraryError

_IN = 500  # values in one "in (...)"
_AT_ONCE = 256  # rows


class DatabaseDamaged(LibraryError):
    """The file of the truth itself is damaged: it can't be rebuilt from anything else here."""


class Database:
    """An SQLite file in WAL mode, durable at the end of every transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._connections: list[tuple[sqlite3.Connection, threading.RLock, threading.Thread]] = []
        self._opening = threading.Lock()

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection, held: nobody closes it meanwhile."""
        with self._errors():
            connection, lock = self._own()
            with lock:
                yield connection

    def _own(self) -> tuple[sqlite3.Connection, threading.RLock]:
        own: tuple[sqlite3.Connection, threading.RLock] | None = getattr(self._local, "own", None)
        if own is None:
            connection = sqlite3.connect(
                self._address(), uri=True, timeout=30, check_same_thread=False
            )
            own = (connection, threading.RLock())
            connection.isolation_level = None  # transactions are begun and ended by hand
            connection.execute("pragma synchronous=full")
            # Ids come in no order: with the default of 2 MB every write would read its page again.
            connection.execute("pragma cache_size=-64000")
            connection.execute("pragma wal_autocheckpoint=8000")
            self._local.own = own
            with self._opening:
                self._forget_ended()
                # Only now: whoever closes it must find it at rest.
                self._connections.append((*own, threading.current_thread()))
        return own

    def _forget_ended(self) -> None:
        """Close the connections of threads that have ended: a stream of answers has one each."""
        for one in [one for one in self._connections if not one[2].is_alive()]:
            connection, lock, _ = one
            if lock.acquire(blocking=False):  # else somebody goes on with what it began
                connection.close()
                lock.release()
                self._connections.remove(one)

    def _address(self) -> str:
        """The file as a URI. Where its directory can't be written, no WAL can be made, either:
        SQLite then reads the file as one that doesn't change."""
        read_only = self.path.exists() and not os.access(self.path.parent, os.W_OK)
        wal = self.path.with_name(f"{self.path.name}-wal")
        fixed = "?immutable=1" if read_only and not wal.exists() else ""
        return f"file:{quote(os.fsencode(self.path.absolute()))}{fixed}"

    def close(self) -> None:
        """Let go of the file; what other threads are asking it is cut short."""
        for connection, lock, _ in list(self._connections):
            # SQLite dies of a connection that is closed under a running statement; one that is
            # interrupted while it rests leaves its WAL behind.
            while not lock.acquire(timeout=0.02):
                connection.interrupt()
            connection.close()
            lock.release()
        self._connections.clear()
        self._local = threading.local()

    def rows(self, query: str, values: Sequence[object] = ()) -> Iterator[Any]:
        """The rows of a query, one by one."""
        with self._using() as connection:
            cursor = connection.execute(query, values)
            some = cursor.fetchmany(_AT_ONCE)
        while some:
            yield from some
            with self._using():
                some = cursor.fetchmany(_AT_ONCE)

    def row(self, query: str, values: Sequence[object] = ()) -> Any:  # noqa: ANN401
        """The first row of a query; None when it has none."""
        with self._using() as connection:
            return connection.execute(query, values).fetchone()

    def rows_in(self, start: str, values: Sequence[str]) -> Iterator[Any]:
        """The rows of ``start (?, ?, ...)``, for any number of values."""
        for first in range(0, len(values), _IN):
            some = values[first : first + _IN]
            with self._using() as connection:
                found = connection.execute(
                    f"{start} ({','.join('?' * len(some))})", some
                ).fetchall()
            yield from found

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        """Run one statement; how many rows it touched."""
        with self._using() as connection:
            return connection.execute(statement, values).rowcount

    def run_many(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        with self._using() as connection:
            connection.executemany(statement, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: what happens inside is durable when the block ends, or never was."""
        self.run("begin immediate")
        try:
            yield
            self.run("commit")
        except BaseException:
            with self._using() as connection:
                if connection.in_transaction:  # a full disk ends it by itself
                    connection.execute("rollback")
            raise

    def faults(self) -> list[str]:
        """What SQLite finds wrong with its file, in its words; nothing when it is whole."""
        try:
            found = [
                " ".join(str(row[0]).split()) for row in self.rows("pragma integrity_check(10)")
            ]
        except LibraryError as error:
            return [str(error)]
        return [] if found == ["ok"] else found

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError:
            raise  # ours, not the file's
        except sqlite3.Error as error:
            raise self._ours(error) from error

    def _ours(self, error: sqlite3.Error) -> LibraryError:
        # The lower byte is the kind, the rest says more of it: https://sqlite.org/rescode.html
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        where = self.path.parent
        match code:
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return LibraryBusy(f"{where}: another process holds it; try again when it is done")
            case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
                return LibraryError(
                    f"{where}: can't be written or read ({error}): is the disk full? What was"
                    " acknowledged is kept; make room and run the command again"
                )
            case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
                return LibraryError(f"{where}: can't be written ({error})")
            case sqlite3.SQLITE_CANTOPEN:
                return LibraryError(f"{self.path}: can't be opened as a library ({error})")
            case _:
                return DatabaseDamaged(
                    f"{self.path}: damaged ({error}); askpapers repair says what can be done"
                )
