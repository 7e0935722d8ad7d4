"""Indexes that take in what is written while more is written.

The lexical index follows in a thread. Chroma keeps Python's lock for as long as it takes vectors
in, so the vector index follows in a process of its own (``ingest/follower.py``): reading, cutting
and embedding go on meanwhile.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ingest.derived import Derived, Stopped
from ingest.journal import Journal

ENOUGH = 4000  # changes for which an index is opened


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
    directory: Path, truth: Journal, here: Derived[Any], apart: Derived[Any]
) -> Iterator[None]:
    """While the block writes to ``truth``, the index ``here`` follows in a thread and the one
    ``apart`` in a process; at the block's end both have all of it.

    Only for the process that holds the library in ``directory`` for writing. What goes wrong in an
    index is raised when the block ends; when the block itself fails, the indexes stop where they
    are.
    """
    state = Following(truth, ENOUGH)
    with ThreadPoolExecutor(2, "follow") as pool:
        threads = [
            pool.submit(here.bring_up, state.more),
            pool.submit(_follow_apart, directory, apart, state),
        ]
        try:
            yield
        except BaseException:
            state.failed.set()
            raise
        finally:
            state.written.set()
        for thread in threads:
            thread.result()


def _follow_apart(directory: Path, index: Derived[Any], state: Following) -> None:
    """Have another process bring the index up, if there is enough to do before all is written.

    Whatever becomes of it, the index is brought up again when the writer is through.
    """
    with suppress(Stopped):
        state.more(index.applied())
        if state.written.is_set() or not sys.executable:
            return
    command = [sys.executable, "-P", "-m", "ingest.follower", str(directory), index.name]
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(  # noqa: S603 - ours
        [*command, str(ENOUGH)],
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
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
