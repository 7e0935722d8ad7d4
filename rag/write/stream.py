"""An answer on its way: pieces, then the Answer; ended from any thread, with a loop or without."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field

from rag.answer import Answer
from rag.llms import End
from rag.llms.reply import HungUp, Line


class Progress:
    """How far a written answer has come; whoever writes it sets ``look``."""

    look: Callable[[], Answer] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """All that one question has to do with a model.

    ``line`` hangs it up, ``progress`` shows how far its answer has come; ``began``
    (``time.monotonic``) is when its deadline runs from; ``ends`` are those of the replies that came
    to their end.
    """

    line: Line
    progress: Progress = field(default_factory=Progress)
    began: float = field(default_factory=time.monotonic)
    ends: list[End] = field(default_factory=list)


Road = Callable[[Line, Progress], Iterator[str | Answer]]


class AnswerStream(Iterator[str | Answer]):
    """Pieces of the answer's text as they come, and last the whole Answer.

    ``close`` may be called from any thread, also while another one waits for the next piece: the
    connection to the model is freed at once, and the iteration ends without an Answer.
    """

    def __init__(self, road: Road) -> None:
        self._line = Line()
        self._progress = Progress()
        self._pieces = road(self._line, self._progress)

    def so_far(self) -> Answer | None:
        """What a model has written as yet, with what it cites; its ``hits`` are what it reads.

        Before its first word it is the quoted answer, to be read meanwhile (``mode`` "quoted").
        None before a model is asked, and where none is. To be asked between two pieces.
        """
        look = self._progress.look
        return look() if look is not None else None

    def __next__(self) -> str | Answer:
        try:
            return next(self._pieces)
        except HungUp:
            raise StopIteration from None

    def close(self) -> None:
        self._line.hang_up()

    def __enter__(self) -> AnswerStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


async def on_a_thread(stream: AnswerStream) -> AsyncGenerator[str | Answer, None]:
    """The same for a caller with an event loop, which isn't held up; leaving it early hangs up."""
    import asyncio  # whoever calls this has it; a cold question from a terminal does without

    loop = asyncio.get_running_loop()
    coming: asyncio.Queue[str | Answer | BaseException | None] = asyncio.Queue()

    def hand_over(item: str | Answer | BaseException | None) -> None:
        try:
            loop.call_soon_threadsafe(coming.put_nowait, item)
        except RuntimeError:  # the loop has ended, and nobody waits any more
            stream.close()

    def read() -> None:
        try:
            for item in stream:
                hand_over(item)
            hand_over(None)
        except BaseException as error:  # raised where the answer is awaited
            hand_over(error)

    threading.Thread(target=read, name="askpapers-answer", daemon=True).start()
    try:
        while (item := await coming.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stream.close()
