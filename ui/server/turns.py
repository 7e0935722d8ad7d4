"""Whose turn it is: few questions are answered at a time, few wait, others are told at once.

A hundred answers that share two processors are all late; two at a time are there at once. So a
question waits only if its turn will come soon, by the time that the last ones took. Who can't wait
that long is told when to ask again: each at another moment, or all would be back together.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from ingest.errors import AskpapersError
from rag.assistant import Assistant

WRITTEN = 8  # answers that models write at the same time: they mostly wait for their servers
PATIENCE = 1.0  # seconds that a question may wait for its turn, or as long as an answer takes
_GUESSED = 0.2  # seconds that an answer takes, before one was given
_NEWEST = 0.1  # the share of the newest answer in the mean
_LONGEST = 600  # seconds that anybody is told to wait

Given = TypeVar("Given")


class Busy(AskpapersError):
    """Too many are asking; ``seconds`` from now there will be room."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"many are asking just now; try again in {seconds} s")


class Line:
    """``at_once`` turns at a time, in the order of asking; only for use on one event loop."""

    def __init__(self, at_once: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._clock = clock
        self._turns = asyncio.Semaphore(at_once)
        self._here = 0  # those whose turn it is, and those who wait
        self._takes = _GUESSED
        self._room = 0.0  # when the last one who was sent away will find room

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn, and have it; raises Busy at once where that would take too long."""
        wait = max(0, self._here + 1 - self._at_once) * self._takes / self._at_once
        if wait > max(PATIENCE, self._takes):
            raise Busy(self._sent_away(wait))
        self._here += 1
        try:
            async with self._turns:
                began = self._clock()
                try:
                    yield
                finally:
                    self._takes += _NEWEST * (self._clock() - began - self._takes)
        finally:
            self._here -= 1

    def _sent_away(self, wait: float) -> int:
        """Seconds after which one more will find room, behind all who were told so before."""
        now = self._clock()
        self._room = max(self._room, now + wait) + self._takes / self._at_once
        self._room = min(self._room, now + _LONGEST)
        return math.ceil(self._room - now)


class Turns:
    """The line of questions that are answered here, and that of those for which a model writes."""

    def __init__(self, quoted: int | None = None, written: int = WRITTEN) -> None:
        """``quoted`` answers at a time; None: as many as there are processors."""
        self._quoted = Line(quoted or os.cpu_count() or 1)
        self._written = Line(written)

    def line(self, assistant: Assistant) -> Line:
        """Where a question to ``assistant`` waits."""
        return self._quoted if assistant.model is None else self._written

    async def asked(self, assistant: Assistant, ask: Callable[[], Given]) -> Given:
        """What ``ask`` returns, on a thread, when its turn comes; raises Busy."""
        async with self.line(assistant).turn():
            return await run_in_threadpool(ask)

    async def growing(
        self, assistant: Assistant, pieces: Callable[[], Generator[Given]]
    ) -> AsyncGenerator[Given]:
        """What ``pieces`` gives, on threads, when its turn comes; raises Busy."""
        async with self.line(assistant).turn():
            coming = pieces()
            try:
                async for piece in iterate_in_threadpool(coming):
                    yield piece
            finally:
                # Stopped while a thread is at its next piece: it ends with that, as nobody has it.
                with suppress(ValueError):
                    coming.close()
