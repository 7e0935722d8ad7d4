"""Indexes that take in what is written while more is written, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from ingest.derived import BATCH, Derived
from ingest.journal import Journal


@contextmanager
def following(truth: Journal, indexes: Sequence[Derived[Any]]) -> Iterator[None]:
    """While the block writes to ``truth``, ``indexes`` follow; at its end they are up with it.

    Only for the process that holds the library for writing. What goes wrong in an index is raised
    when the block ends; when the block itself fails, the indexes stop where they are.
    """
    written, failed = threading.Event(), threading.Event()

    def more(applied: int) -> bool:
        while not written.wait(0.05):
            if truth.last_seq() - applied >= BATCH:
                return True
        return not failed.is_set() and truth.last_seq() > applied

    with ThreadPoolExecutor(len(indexes), "follow") as pool:
        followed = [pool.submit(index.bring_up, more) for index in indexes]
        try:
            yield
        except BaseException:
            failed.set()
            raise
        finally:
            written.set()
        for index in followed:
            index.result()
