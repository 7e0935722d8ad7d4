"""One writer at a time, among threads and among processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import LibraryBusy, LibraryError

if TYPE_CHECKING:
    from filelock import FileLock


def file_lock(path: Path, *, thread_local: bool = True) -> FileLock:
    """filelock's lock, silent at the end of the interpreter.

    What is dropped then calls functions of modules that are gone; the system lets go of the file.
    """
    from filelock import FileLock  # imports asyncio: who only asks doesn't pay for it

    class Silent(FileLock):
        def __del__(self) -> None:
            with suppress(Exception):
                super().__del__()

    return Silent(path, thread_local=thread_local)


class ProcessLock:
    """A lock on the file ``path``; ``busy`` is told to a process that doesn't get it."""

    def __init__(self, path: Path, busy: str) -> None:
        self._path = path
        self._busy = busy

    @cached_property
    def _file(self) -> FileLock:
        return file_lock(self._path, thread_local=False)

    @contextmanager
    def held(self, seconds: float = 0) -> Iterator[bool]:
        """Hold it, after waiting for so long at most; gives whether this is the outermost block.

        Raises LibraryBusy when another process has it, LibraryError where its file can't be made.
        """
        from filelock import Timeout

        try:
            self._file.acquire(timeout=seconds)
        except Timeout:
            raise LibraryBusy(f"{self._path.parent}: {self._busy}") from None
        except OSError as error:
            raise LibraryError(
                f"{self._path.parent}: can't be written ({error.strerror})"
            ) from error
        try:
            yield self._file.lock_counter == 1
        finally:
            self._file.release()


class WriteLock:
    """The right to write to the library in ``directory``; the same thread may take it again."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._processes = ProcessLock(
            directory / "write.lock",
            "another process is writing to this library; try again when it is done",
        )
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
            with self._processes.held() as outermost:
                yield outermost
        finally:
            self._threads.release()
