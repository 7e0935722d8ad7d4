"""Indexes that take in what is written while more is written, each in a process of its own.

Chroma keeps Python's lock for as long as it takes vectors in (a thread beside it got a hundredth of
its time), and the lexical index needs it often: in threads they would hold up whoever writes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ingest.index.derived import Derived, Stopped
from ingest.store.journal import Journal

# Passages: the imports of two processes were a fifth of the work for 5,000 papers.
MANY = 12_000


class Following:
    """What ``Derived.bring_up`` asks: whether there is more to take in, now or when it comes."""

    def __init__(self, truth: Journal, enough: int) -> None:
        self._truth, self._enough = truth, enough
        self.written, self.failed = threading.Event(), threading.Event()

    def more(self, applied: int) -> bool:
        """Wait until there is enough; False when all is taken in and no more comes.

        Raises Stopped when the writer failed.
        """
        while True:
            last = self.written.is_set()  # before looking: what is written later counts, too
            if self.failed.is_set():
                raise Stopped
            behind = self._truth.last_seq() > applied
            if last or (behind and self._truth.count_changes(applied, self._enough)):
                return behind
            self.written.wait(0.05)


@contextmanager
def following(
    directory: Path, truth: Journal, indexes: Sequence[Derived[Any]], enough: int, many: int
) -> Iterator[None]:
    """While the block writes to ``truth``, ``indexes`` follow, whenever ``enough`` passages have
    changed; at its end they have all of it, if ``many`` came: fewer aren't worth two processes.

    Only for the process that holds the library in ``directory`` for writing. When the block fails,
    the indexes stop where they are. Whatever becomes of a process, its index is brought up again by
    the one who writes.
    """
    state = Following(truth, many)
    with ThreadPoolExecutor(len(indexes), "follow") as pool:
        threads = [pool.submit(_follow, directory, index, state, enough) for index in indexes]
        try:
            yield
        except BaseException:
            state.failed.set()
            raise
        finally:
            state.written.set()
        for thread in threads:
            thread.result()


def _follow(directory: Path, index: Derived[Any], state: Following, enough: int) -> None:
    with suppress(Stopped):
        state.more(index.applied())
    if state.written.is_set() or not sys.executable:
        return
    start = (
        "import os, sys; sys.path[:] = sys.argv.pop(1).split(os.pathsep);"
        " from ingest.index.worker import main; sys.exit(main())"
    )
    path = os.pathsep.join(sys.path)
    index.close()  # what is open here would not see what is written there
    with subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-c", start, path, str(directory), index.name, str(enough)],
        stdin=subprocess.PIPE,
        text=True,
    ) as follower:
        assert follower.stdin is not None
        while not state.written.wait(0.5):
            if follower.poll() is not None:
                return
        with suppress(BrokenPipeError):  # it is gone
            follower.stdin.write("stop\n" if state.failed.is_set() else "written\n")
            follower.stdin.close()
        if follower.wait() == 0:
            index.vouch()
