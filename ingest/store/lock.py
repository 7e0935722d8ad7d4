"""One writer at a time, among threads and among processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock as _FileLock
from filelock import Timeout

from ingest.errors import LibraryBusy, LibraryError


class FileLock(_FileLock):
    """filelock's, silent at the end of the interpreter: what is dropped then calls functions of
    modules that are gone. The system lets go of the file."""

    def __del__(self) -> None:
        try:
            super().__del__()
        except Exception:  # noqa: S110 - nobody is there to be told
            pass


class WriteLock:
    """The right to write to the library in ``directory``; the same thread may take it again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file = FileLock(directory / "write.lock", timeout=0, thread_local=False)
        self._threads = threading.RLock()  # the file lock alone doesn't tell threads apart

    @contextmanager
    def held(self, *, wait: bool = True) -> Iterator[bool]:
        """Hold it; gives whether this is the outermost block that does.

        Raises LibraryBusy when another process holds it; with ``wait`` false also when another
        thread does. LibraryError where the directory can't be written.
        """
        if not self._threads.acquire(blocking=wait):
            raise LibraryBusy(f"{self._directory}: being written to")
        try:
            self._acquire()
            try:
                yield self._file.lock_counter == 1
            finally:
                self._file.release()
        finally:
            self._threads.release()

    def _acquire(self) -> None:
        try:
            self._file.acquire()
        except Timeout:
            raise LibraryBusy(
                f"{self._directory}: another process is writing to this library; try again when it"
                " is done"
            ) from None
        except OSError as error:
            raise LibraryError(f"{self._directory}: can't be written ({error.strerror})") from error
