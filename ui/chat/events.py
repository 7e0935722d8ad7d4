"""What happens in a conversation: the handlers of the Chat tab's events.

What a visitor has asked comes in and goes out as per-visitor state; nothing is kept here.
"""

from __future__ import annotations

import itertools
import logging
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

import orjson

from ingest.filters import Filters
from rag.export import cited_papers, to_bibtex, to_json, to_markdown
from ui.chat.conversation import Exchange, Exchanges, Judgement, asked, sealed, stopped, suggested
from ui.chat.evidence import WAITING
from ui.chat.stored import MOST_EXCHANGES, packed, unpacked
from ui.chat.suggest import suggestions
from ui.chat.transcript import evidence, turns, welcome
from ui.page.blocks import gr, visitor
from ui.page.overview import overview_of
from ui.page.render import file_name
from ui.server.feedback import MOST_COMMENT, given, record, seal
from ui.server.libraries import Choices, Shelf
from ui.server.rate import Rate, TooOften

Shown = tuple[Any, Exchanges, Any, Any, Any]  # question box, exchanges, chat, panel, keep

log = logging.getLogger(__name__)
_fresh = itertools.count(1)  # a value that differs from the one before is sent, an equal one isn't


class Talk:
    """The event handlers over the libraries of ``shelf``, for visitors who keep to ``rate``."""

    def __init__(self, shelf: Shelf, rate: Rate) -> None:
        self._shelf = shelf
        self._rate = rate

    def answer(
        self,
        typed: str,
        exchanges: Exchanges,
        choices: Choices,
        filters: Filters,
        event: gr.EventData,
        request: gr.Request,
    ) -> Iterator[Shown]:
        """Answer what was typed, chosen from what is offered, edited, or is to be asked again."""
        question, before = _wanted(typed, exchanges, _said(event))
        full = len(before) >= MOST_EXCHANGES
        if full:
            gr.Warning("This conversation is full; begin a new one.")
        if full or not question.strip():
            yield gr.skip(), exchanges, gr.skip(), gr.skip(), gr.skip()
            return
        assistant = self._shelf.assistant(choices)
        told = assistant.notices
        try:
            self._rate.take(*visitor(request))
        except TooOften as error:
            now = (*before, Exchange(question, problem=f"Not asked: {error}."))
            yield _ready(), now, turns(now, told), evidence(now), gr.skip()
            return
        busy: Any = gr.Textbox(value="", submit_btn=False, stop_btn="Stop")
        now = before
        for now in asked(assistant, before, question, filters):
            yield busy, now, turns(now, told, busy=True), gr.skip(), gr.skip()
            busy = gr.skip()
        answer = now[-1].answer
        if answer is not None:
            now = sealed(now, seal(answer))
            yield gr.skip(), now, turns(now, told, busy=True), evidence(now), gr.skip()
            said = [exchange.question for exchange in now]
            quoting = self._shelf.quoting(choices)
            now = suggested(now, suggestions(quoting, answer, asked=said, filters=filters))
        yield _ready(), now, turns(now, told), evidence(now), _keep(now)

    def stop(self, exchanges: Exchanges, choices: Choices, filters: Filters) -> Shown:
        """Leave the growing answer as it is."""
        return self._shown(stopped(exchanges), choices)

    def clear(self, exchanges: Exchanges, choices: Choices, filters: Filters) -> Shown:
        """A new conversation."""
        holds = overview_of(self._shelf.assistant(choices).library)
        return _ready(), (), welcome(holds.questions), WAITING, gr.skip()

    def entered(self, exchanges: Exchanges, choices: Choices, filters: Filters) -> Any:  # noqa: ANN401
        """The first page suits the library, which may be another one since the last look."""
        holds = overview_of(self._shelf.assistant(choices).library)
        return gr.skip() if exchanges else welcome(holds.questions)

    def reopen(
        self,
        exchanges: Exchanges,
        choices: Choices,
        filters: Filters,
        event: gr.EventData,
        request: gr.Request,
    ) -> Shown:
        """A conversation that the visitor's browser has kept."""
        try:
            kept = _said(event).get("conversation")
            self._rate.reopen(visitor(request)[1], len(orjson.dumps(kept)))
            return self._shown(unpacked(kept), choices)
        except TooOften as error:
            gr.Warning(f"Not opened: {error}.")
            return gr.skip(), exchanges, gr.skip(), gr.skip(), gr.skip()
        except ValueError as error:
            log.info("a kept conversation can't be read: %s", error)
            gr.Warning("This conversation can't be read by this version; it stays in your browser.")
            return gr.skip(), exchanges, gr.skip(), gr.skip(), gr.skip()

    def judge(
        self,
        exchanges: Exchanges,
        choices: Choices,
        filters: Filters,
        event: gr.EventData,
        request: gr.Request,
    ) -> Shown:
        """Write down what the visitor thinks of an answer."""
        said = _said(event)
        turn = _turn(said, exchanges)
        if turn is None or exchanges[turn].answer is None:
            return gr.skip(), exchanges, gr.skip(), gr.skip(), gr.skip()
        exchange = exchanges[turn]
        if not given(exchange):
            gr.Warning("Only an answer of this server, since it runs, can be judged.")
            return gr.skip(), exchanges, gr.skip(), gr.skip(), gr.skip()
        verdict: Literal["up", "down"] = "up" if said.get("verdict") == "up" else "down"
        comment = str(said.get("comment") or "")[:MOST_COMMENT].strip()
        judged = Judgement(exchange.judged.id if exchange.judged else uuid.uuid4().hex, verdict)
        exchange = replace(exchange, judged=replace(judged, comment=comment))
        now = (*exchanges[:turn], exchange, *exchanges[turn + 1 :])
        assistant = self._shelf.assistant(choices)
        try:
            self._rate.judge(visitor(request)[1])
            record(self._shelf.feedback, exchange, library=assistant.library.directory.name)
        except TooOften as error:
            gr.Warning(f"Not written down: {error}.")
            return gr.skip(), exchanges, gr.skip(), gr.skip(), gr.skip()
        except OSError as error:
            log.warning("feedback can't be written: %s", error)
            gr.Warning(f"Your feedback can't be written down ({error.strerror}).")
            return gr.skip(), exchanges, gr.skip(), gr.skip(), gr.skip()
        return gr.skip(), now, turns(now, assistant.notices), gr.skip(), _keep(now)

    def export(
        self, exchanges: Exchanges, choices: Choices, filters: Filters, event: gr.EventData
    ) -> dict[str, Any]:
        """One answer, or the conversation, as a file that the browser saves."""
        said = _said(event)
        turn = _turn(said, exchanges)
        chosen = exchanges if turn is None else exchanges[turn : turn + 1]
        answers = [exchange.answer for exchange in chosen if exchange.answer is not None]
        title = str(said.get("title") or "")[:200] or (chosen[0].question if chosen else "")
        if said.get("kind") == "bibtex":
            text, ending = to_bibtex(cited_papers(answers)), "bib"
        elif said.get("kind") == "json":
            text, ending = to_json(answers, title=title), "json"
        else:
            text, ending = to_markdown(answers, title=title if turn is None else None), "md"
        return {"name": file_name(title, ending), "text": text, "fresh": next(_fresh)}

    def _shown(self, exchanges: Exchanges, choices: Choices) -> Shown:
        told = self._shelf.assistant(choices).notices
        said = turns(exchanges, told)
        return _ready(), exchanges, said, evidence(exchanges), _keep(exchanges)


def _wanted(typed: str, exchanges: Exchanges, said: Mapping[str, Any]) -> tuple[str, Exchanges]:
    """The question, and the conversation that it continues."""
    do = said.get("do")
    if do == "ask":
        return str(said.get("text") or ""), exchanges
    turn = _turn(said, exchanges)
    if do in ("again", "edit") and turn is not None:
        text = exchanges[turn].question if do == "again" else str(said.get("text") or "")
        return text, exchanges[:turn]
    return ("" if do else typed), exchanges


def _said(event: gr.EventData) -> Mapping[str, Any]:
    """What the page's scripts sent along; nothing of it is to be trusted."""
    return event._data if isinstance(event._data, dict) else {}


def _turn(said: Mapping[str, Any], exchanges: Exchanges) -> int | None:
    """The place of the exchange that is meant, None where none is."""
    turn = said.get("turn")
    number = (
        int(turn) if isinstance(turn, int) or (isinstance(turn, str) and turn.isdecimal()) else 0
    )
    return number - 1 if 1 <= number <= len(exchanges) else None


def _keep(exchanges: Exchanges) -> dict[str, Any]:
    return {"conversation": packed(exchanges), "fresh": next(_fresh)}


def _ready() -> gr.Textbox:
    return gr.Textbox(submit_btn="Ask", stop_btn=False)
