"""One reply of a model: tried again while that may help, timed, and closable from any thread.

Requests run on one event loop of ours, in a thread of its own; whoever reads a reply gets its
pieces through a queue. So a reader with a loop and one without are served alike, and hanging up
reaches a connection that is waiting for its server.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from itertools import count
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from rag.llms import LLM, End, Message, ModelError

if TYPE_CHECKING:  # loaded with the first request: quoted answers need no event loop
    import asyncio

Result = TypeVar("Result")

MAX_WAIT = 8.0  # seconds between two attempts, where the server names none


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on: attempts; seconds for the first piece, between pieces, and in all.

    A local model may take a minute to load and another to read its prompt. ``backoff`` is the
    seconds before the second attempt; each further one waits twice as long.
    """

    attempts: int = 3
    first: float = 120
    between: float = 30
    total: float = 300
    backoff: float = 0.5


class HungUp(Exception):  # nothing went wrong
    """The reply was closed by its reader."""


class Line:
    """What a reader hangs up, from any thread, to end a reply that is under way or yet to begin."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._down = False
        self._hooks: list[Callable[[], object]] = []

    def hang_up(self) -> None:
        with self._lock:
            self._down = True
            hooks, self._hooks = self._hooks, []
        for hook in hooks:
            hook()

    def on_hang_up(self, hook: Callable[[], object]) -> None:
        """Have ``hook`` called then; at once if the line is down."""
        with self._lock:
            if not self._down:
                self._hooks.append(hook)
                return
        hook()


class Reply(Iterator[str]):
    """The pieces of one reply, as they come; ``end`` is there after the last.

    Iterating raises ModelError when no whole reply could be had in the patience given, and HungUp
    after ``line`` was hung up. Attempts after the first are made only while no piece has come.
    """

    def __init__(
        self,
        llm: LLM,
        messages: Sequence[Message],
        *,
        limit: int,
        patience: Patience,
        line: Line,
    ) -> None:
        self.end = End()
        self._queue: SimpleQueue[str | End | BaseException] = SimpleQueue()
        self._task: Future[None] = on_our_loop(self._pump(llm, tuple(messages), limit, patience))
        line.on_hang_up(self.close)

    def __next__(self) -> str:
        item = self._queue.get()
        if isinstance(item, str):
            return item
        self._queue.put(item)  # whoever asks again gets the same
        if isinstance(item, End):
            self.end = item
            raise StopIteration
        raise item

    def close(self) -> None:
        """Free the connection now; does nothing after the end."""
        self._task.cancel()
        self._queue.put(HungUp())

    async def _pump(
        self, llm: LLM, messages: tuple[Message, ...], limit: int, patience: Patience
    ) -> None:
        try:
            await self._attempts(llm, messages, limit, patience)
        except Exception as error:  # handed to the reader, who raises it
            self._queue.put(error)

    async def _attempts(
        self, llm: LLM, messages: tuple[Message, ...], limit: int, patience: Patience
    ) -> None:
        import asyncio

        deadline = time.monotonic() + patience.total
        for attempt in count(1):
            begun = False
            seconds = min(patience.first, deadline - time.monotonic())
            try:
                async with (
                    asyncio.timeout(seconds) as timer,
                    aclosing(llm.stream(messages, limit)) as pieces,
                ):
                    async for piece in pieces:
                        self._queue.put(piece)
                        begun = True
                        seconds = min(patience.between, deadline - time.monotonic())
                        timer.reschedule(asyncio.get_running_loop().time() + seconds)
                self._queue.put(End())  # in case the model forgot its own
                return
            except TimeoutError:
                where = "and then nothing more" if begun else "no answer"
                failure = ModelError(f"{llm.name}: {where} for {seconds:.3g} s", "passing")
            except ModelError as error:
                failure = error
            if begun or failure.failing != "passing":
                raise failure
            wait = failure.wait
            if wait is None:
                backoff = min(patience.backoff * 2 ** (attempt - 1), MAX_WAIT)
                wait = backoff * (1 - random.random() / 4)  # noqa: S311
            if attempt == patience.attempts or time.monotonic() + wait >= deadline:
                times = "once" if attempt == 1 else f"{attempt} times"
                raise ModelError(f"{failure.reason}; tried {times}")
            await asyncio.sleep(wait)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    import asyncio

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="askpapers-replies", daemon=True).start()
    return loop


_starting = threading.Lock()


def on_our_loop(work: Coroutine[Any, Any, Result]) -> Future[Result]:
    """Begin ``work`` on the loop that all replies run on."""
    import asyncio

    with _starting:
        loop = _loop()
    return asyncio.run_coroutine_threadsafe(work, loop)
