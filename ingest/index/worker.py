"""``DIRECTORY INDEX ENOUGH``: the process in which an index follows (``ingest/index/workers.py``).

Started by a process that holds the library for writing, and told by a line on standard input when
all is ``written``. When that process dies, standard input ends, and this one stops at the end of
its batch: nothing is left half done, and whoever writes next waits for it (``Derived.bring_up``).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from ingest.errors import LibraryError
from ingest.index.derived import Derived, Stopped
from ingest.index.indexes import lexical_of, vectors_of
from ingest.index.workers import Following
from ingest.paths import TRUTH
from ingest.store.truth import Truth


def main() -> int:
    directory, name, enough = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if hasattr(os, "nice"):
        os.nice(5)  # what is written decides when all is done
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who writes says when to stop
    truth = Truth(directory / TRUTH)
    state = Following(truth, enough)
    threading.Thread(target=_listen, args=(state,), daemon=True).start()
    index: Derived[Any] = (vectors_of if name == "vectors" else lexical_of)(directory, truth)
    try:
        index.bring_up(state.more)
    except (Stopped, LibraryError):
        return 1  # the one who writes meets what is wrong itself
    finally:
        truth.close()
    return 0


def _listen(state: Following) -> None:
    if sys.stdin.readline() != "written\n":
        state.failed.set()
    state.written.set()
