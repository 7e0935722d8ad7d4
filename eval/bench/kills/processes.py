"""Work in a process of its own, to which something may happen meanwhile."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ingest.errors import AskpapersError

LONGEST = 180.0  # seconds after which a process hangs
_LOUD = ("Traceback", "panicked", "Exception ignored", "core dumped")

Say = Callable[[str], None]
During = Callable[[int], None]  # what the process of this id meets with


def forked(work: Callable[[Say], None], during: During | None = None) -> list[str]:
    """The lines that ``work`` said in a child, to which ``during`` happens in the meantime.

    The last of them say how it ended: "through"; "refused ..." with one of our errors;
    "failed ..." with any other, or where it hung, or wrote what nobody wants to read; none of these
    where it was killed.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as loud:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os.dup2(loud.fileno(), 2)
            _run(work, lambda line: _void(os.write(writing, f"{line}\n".encode())))
        os.close(writing)
        hung = threading.Timer(LONGEST, os.kill, (child, signal.SIGKILL))
        hung.start()
        if during is not None:
            during(child)
        with os.fdopen(reading, encoding="utf-8", errors="replace") as said:
            lines = said.read().splitlines()
        over = time.monotonic()
        _, status = os.waitpid(child, 0)
        if hung.finished.is_set() and over:
            lines.append(f"failed: it took longer than {LONGEST:.0f} s")
        hung.cancel()
        hung.join()
        loud.seek(0)
        wrote = loud.read()
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
        lines.append(f"failed by signal {os.WTERMSIG(status)}")
    if any(word in wrote for word in _LOUD):
        lines.append(f"failed aloud: {' | '.join(wrote.strip().splitlines()[-4:])}")
    return lines


def _run(work: Callable[[Say], None], say: Say) -> None:
    try:
        work(say)
        say("through")
    except AskpapersError as error:
        say(f"refused {error}" if "\n" not in str(error) else f"failed in lines: {error!r}")
    except BaseException as error:  # the parent is told whatever it is
        say(f"failed {type(error).__name__}: {error!r}")
    finally:
        os._exit(0)


def _void(_: object) -> None:
    """Drops a value that nobody needs."""


def followers(writer: int) -> list[int]:
    """The processes in which indexes follow what the process ``writer`` writes."""
    found = []
    for thread in Path(f"/proc/{writer}/task").glob("*/children"):
        try:
            found += [int(child) for child in thread.read_text().split()]
        except OSError:
            continue  # the thread is gone
    return found


def running(process: int) -> bool:
    """Whether it is there, and not only waited for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
