"""How an index that is derived from the truth is kept: opened, caught up, rebuilt when damaged.

Each lives in numbered generations, one directory each. The truth remembers which generation
holds, the last change applied to it, and whether somebody is writing to it: a process killed in
the middle leaves that mark, and the next writer checks the index before it trusts it.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

from ingest.errors import LibraryError
from ingest.store.journal import Change, IndexState, Journal, Side
from ingest.store.lock import ProcessLock

BATCH = 4000  # passages an index takes in at once
_ORPHAN = 60.0  # seconds: a process whose writer was killed stops at the end of its batch


class IndexDamaged(LibraryError):
    """The files of a derived index can't be used; it has to be built anew from the truth."""


class Stopped(Exception):
    """Whoever writes has failed: indexes stop where they are, for the next writer to go on."""


class Index(Protocol):
    """What every derived index can do; each call may raise IndexDamaged.

    ``takes_texts`` says whether changes have to come with their passages.
    """

    takes_texts: ClassVar[bool]

    def apply(self, changes: Iterable[Change]) -> None: ...

    def intact(self, journal: Journal, side: Side = "passages") -> bool: ...

    def close(self) -> None: ...


AnyIndex = TypeVar("AnyIndex", bound=Index)


class Derived(Generic[AnyIndex]):
    """One derived index of a library.

    ``read_while_written`` says whether its files may be read while another process writes them.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        journal: Journal,
        open_: Callable[[Path], AnyIndex],
        *,
        read_while_written: bool,
    ) -> None:
        self.name = name
        self._directory = directory / name
        # The follower of a writer that was killed may still be at it.
        self._lock = ProcessLock(
            directory / f"{name}.lock",
            "a process of a run that was killed still writes here; try again when it is gone",
        )
        self._journal = journal
        self._open = open_
        self._read_while_written = read_while_written
        self._guard = threading.RLock()
        self._opened: tuple[IndexState, AnyIndex] | None = None
        self._vouched: IndexState | None = None

    def close(self) -> None:
        """Let go of the files; the next use opens them again."""
        with self._guard:
            if self._opened is not None:
                self._opened[1].close()
            self._opened = None

    def behind(self) -> bool:
        """Whether the truth has changes that this index has not, or its writer died."""
        state = self._journal.index(self.name)
        return state.writing or state.applied != self._journal.last_seq()

    def outdate(self) -> None:
        """Mark all of it as useless: the next write builds it anew."""
        self._keep(IndexState(self._journal.index(self.name).generation, 0, True))

    def current(self) -> AnyIndex | None:
        """The index as the truth says it is now; None when it can't be used at this moment."""
        with self._guard:
            state = self._journal.index(self.name)
            if state.generation == 0 or (state.writing and not self._read_while_written):
                return None
            if self._opened is not None and self._opened[0] == state:
                return self._opened[1]
            self.close()
            place = self._place(state.generation)
            try:
                if not place.exists():
                    return None
                index = self._open(place)
                if not state.writing and not self.behind() and not index.intact(self._journal):
                    raise IndexDamaged(f"{place}: does not agree with the truth")
            except IndexDamaged:
                # For the next writer to see; a read-only library stays as it is.
                return None
            self._opened = (state, index)
            return index

    def applied(self) -> int:
        """The number of the last change that it has taken in."""
        return self._journal.index(self.name).applied

    def vouch(self) -> None:
        """Another process has just brought it up, and looked at it: no need to open it for that."""
        self._vouched = self._journal.index(self.name)

    def bring_up(self, more: Callable[[int], bool] | None = None, *, wait: bool = True) -> None:
        """Apply what the truth has and this index has not; build it anew if it is damaged.

        ``more`` is asked after every batch, with the number of the last change applied, whether
        there is more to apply; it may wait for it, and raise Stopped. Only for the process that
        holds the library for writing, or one that acts for it. Raises LibraryBusy when a process of
        a dead writer doesn't let go of the files; without ``wait`` at once.
        """
        with self._lock.held(_ORPHAN if wait else 0):
            if self._is_up() and (more is None or not more(self.applied())):
                return
            state = self._journal.index(self.name)
            if state.generation > 0 and state.applied > 0 and self._catch_up(state, more):
                return
            anew = IndexState(state.generation + 1, 0, True)
            shutil.rmtree(self._place(anew.generation), ignore_errors=True)
            if not self._catch_up(anew, more):
                raise LibraryError(f"{self._place(anew.generation)}: can't be built")
            self.forget_others()

    def _is_up(self) -> bool:
        if self.behind():
            return False
        if self._vouched == self._journal.index(self.name):
            return True
        return self.current() is not None or self._journal.last_seq() == 0

    def rebuild(self) -> None:
        """Build it anew from the truth, whatever state it is in; only for the one who writes."""
        with self._lock.held(_ORPHAN):
            self.outdate()
            self.bring_up()

    def build_beside(self, open_: Callable[[Path], AnyIndex], side: Side) -> IndexState:
        """Build the next generation beside the one in use, from the vectors of ``side``.

        Gives the state that makes it the one in use: for the caller to keep, with whatever else
        has to change at the same moment.
        """
        generation = self._journal.index(self.name).generation + 1
        place = self._place(generation)
        with self._lock.held(_ORPHAN):
            shutil.rmtree(place, ignore_errors=True)
            applied = self._filled(open_, IndexState(generation, 0, True), side=side)
        if applied is None:
            raise LibraryError(f"{place}: can't be built")
        return replace(applied, writing=False)

    def forget_others(self) -> None:
        """Delete the generations that are not in use."""
        used = str(self._journal.index(self.name).generation)
        for old in self._directory.iterdir():
            if old.name != used:
                shutil.rmtree(old, ignore_errors=True)

    def _catch_up(self, state: IndexState, more: Callable[[int], bool] | None) -> bool:
        """Whether the index of ``state`` could be brought to the last change, and is whole."""
        if state.applied > 0 and not self._place(state.generation).exists():
            return False
        state = replace(state, writing=True)
        with self._guard:  # from here on nobody else in this process opens these files
            self.close()
            self._keep(state)
        filled = self._filled(self._open, state, more)
        if filled is None:
            return False
        self._keep(replace(filled, writing=False))
        return True

    def _keep(self, state: IndexState) -> None:
        self._journal.set_index(self.name, state)

    def _filled(
        self,
        open_: Callable[[Path], AnyIndex],
        state: IndexState,
        more: Callable[[int], bool] | None = None,
        side: Side = "passages",
    ) -> IndexState | None:
        """The state after all changes are applied and on disk; None when the files are no good.

        Progress is kept as it is made, unless it is another index than the one in use.
        """
        place = self._place(state.generation)
        index: AnyIndex | None = None
        try:
            index = open_(place)
            texts = index.takes_texts
            while True:
                some = self._journal.changes(state.applied, BATCH, side=side, texts=texts)
                if some is not None:
                    last, changes = some
                    index.apply(changes)
                    state = replace(state, applied=last)
                    if side == "passages":
                        self._keep(state)
                if not (some is not None if more is None else more(state.applied)):
                    break
            if not index.intact(self._journal, side):
                return None
            index.close()
            # Opening again checks the files that closing has left.
            index = open_(place)
        except IndexDamaged:
            return None
        finally:
            if index is not None:
                index.close()
        _flush_to_disk(place)
        return state

    def _place(self, generation: int) -> Path:
        return self._directory / str(generation)


def _flush_to_disk(directory: Path) -> None:
    """Chroma and tantivy don't fsync all they write; a power cut must not undo what is marked."""
    for path in directory.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
