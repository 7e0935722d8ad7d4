"""One visitor's conversation: what was asked, what has come so far, what went wrong."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from ingest.errors import AskpapersError
from ingest.filters import EVERYTHING, Filters
from rag.answer import Answer

Turn = tuple[str, str]  # role and text, as the assistant takes them

PACE = 1 / 25  # seconds between two looks at a growing answer; more is a blur, and costs traffic
BUG = (
    "Something went wrong on our side, and this question couldn't be answered. The details are in"
    " the log. The conversation goes on: ask again, or ask something else."
)

log = logging.getLogger(__name__)


class Streams(Protocol):
    """What a conversation needs of an assistant."""

    def stream(
        self, question: str, history: Sequence[Turn] = ..., *, filters: Filters = ...
    ) -> Iterator[str | Answer]: ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the visitor thought of an answer; ``id`` tells it from others' of the same answer."""

    id: str
    verdict: Literal["up", "down"]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what has come of it: a growing text, then an answer or a problem.

    ``came`` is the part of a written answer that has come so far, with what it cites; where the
    answer was stopped, it stays. ``suggested`` are questions that one might ask next; ``within`` is
    the choice of papers that it was asked of. ``seal`` says that the answer is one that the server
    gave, wherever the conversation has been meanwhile (``ui.server.feedback``).
    """

    question: str
    text: str = ""
    answer: Answer | None = None
    came: Answer | None = None
    problem: str | None = None
    stopped: bool = False
    suggested: tuple[str, ...] = ()
    judged: Judgement | None = None
    within: Filters = EVERYTHING
    seal: str = ""


Exchanges = tuple[Exchange, ...]


def history(exchanges: Exchanges) -> list[Turn]:
    """The finished and the stopped exchanges as turns of plain text."""
    turns: list[Turn] = []
    for exchange in exchanges:
        if exchange.text.strip():
            turns += [("user", exchange.question), ("assistant", exchange.text)]
    return turns


def asked(
    assistant: Streams,
    exchanges: Exchanges,
    question: str,
    filters: Filters = EVERYTHING,
    *,
    hold: float = 0.0,
) -> Iterator[Exchanges]:
    """The conversation as it grows by the answer to ``question``, from the papers of ``filters``.

    For ``hold`` seconds nothing is shown but the whole answer: one that is there so soon needn't be
    seen growing. A foreseen error becomes a message in the conversation; so does a bug, which is
    also logged.
    """
    exchange = Exchange(question, within=filters)
    if not hold:
        yield (*exchanges, exchange)
    pieces = assistant.stream(question, history(exchanges), filters=filters)
    last_shown = time.monotonic() + hold - PACE
    try:
        for piece in pieces:
            if isinstance(piece, Answer):
                exchange = replace(exchange, text=piece.text, answer=piece, came=None)
                continue
            exchange = replace(exchange, text=exchange.text + piece)
            if time.monotonic() - last_shown >= PACE:
                last_shown = time.monotonic()
                exchange = replace(exchange, came=_so_far(pieces))
                yield (*exchanges, exchange)
    except AskpapersError as error:
        exchange = replace(exchange, problem=str(error))
    except Exception:  # a bug must not take the visitor's conversation with it
        log.exception("a question could not be answered")
        exchange = replace(exchange, problem=BUG)
    finally:
        close = getattr(pieces, "close", None)  # a stopped answer must not go on costing tokens
        if close is not None:
            close()
    yield (*exchanges, exchange)


def _so_far(pieces: Iterator[str | Answer]) -> Answer | None:
    look: Callable[[], Answer | None] | None = getattr(pieces, "so_far", None)
    return look() if look is not None else None


def stopped(exchanges: Exchanges) -> Exchanges:
    """The conversation with its unfinished last exchange marked as stopped."""
    if not exchanges or exchanges[-1].answer is not None or exchanges[-1].problem is not None:
        return exchanges
    return (*exchanges[:-1], replace(exchanges[-1], stopped=True))


def scope(exchanges: Exchanges) -> Filters:
    """The choice of papers that the conversation has come to: that of its last question."""
    return exchanges[-1].within if exchanges else EVERYTHING


def sealed(exchanges: Exchanges, seal: str) -> Exchanges:
    """The conversation with the server's seal on its last answer."""
    return (*exchanges[:-1], replace(exchanges[-1], seal=seal))


def suggested(exchanges: Exchanges, questions: Sequence[str]) -> Exchanges:
    """The conversation with what one might ask after its last answer."""
    return (*exchanges[:-1], replace(exchanges[-1], suggested=tuple(questions)))
