"""What happens in a conversation: the handlers of the Chat tab's events.

What a visitor has asked comes in and goes out as per-visitor state; nothing is kept here.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import orjson

from ingest.filters import EVERYTHING, Filters
from rag import word
from rag.answer import Answer, Citation
from rag.export import cited_papers, to_bibtex, to_json, to_markdown
from ui.chat.conversation import (
    Exchange,
    Exchanges,
    Judgement,
    asked,
    scope,
    sealed,
    stopped,
    suggested,
)
from ui.chat.evidence import WAITING
from ui.chat.stored import MOST_EXCHANGES, library_of, packed, unpacked
from ui.chat.suggest import examples, first_questions, neighbours, suggestions
from ui.chat.transcript import evidence, turns, welcome
from ui.library.chips import chips_html
from ui.page.blocks import gr, visitor
from ui.page.header import header_html
from ui.page.overview import overview_of
from ui.page.render import notice_html
from ui.page.taking import WORD, fresh, listed, saved
from ui.server.feedback import MOST_COMMENT, given, record, seal
from ui.server.libraries import Choices, Libraries
from ui.server.rate import Rate, TooOften
from ui.server.turns import Busy, Turns

_SAME: Any = gr.skip()


class Shown(NamedTuple):
    """What an event changes of the page; the rest stays as it is. In the order of the outputs."""

    box: Any = _SAME
    exchanges: Any = _SAME
    chat: Any = _SAME
    panel: Any = _SAME
    keep: Any = _SAME
    choices: Any = _SAME
    filters: Any = _SAME
    chips: Any = _SAME
    header: Any = _SAME


# Seconds that a quoted answer may take before it is seen growing: each look costs a round trip, and
# the page shows the question by itself (ui/script/asking.js).
HOLD = 0.15

log = logging.getLogger(__name__)


class ChatEvents:
    """The event handlers over ``libraries``, for visitors who keep to ``rate`` and ``turns``."""

    def __init__(self, libraries: Libraries, rate: Rate, turns: Turns) -> None:
        self._libraries = libraries
        self._rate = rate
        self._turns = turns

    async def answer(
        self,
        typed: str,
        exchanges: Exchanges,
        choices: Choices,
        filters: Filters,
        event: gr.EventData,
        request: gr.Request,
    ) -> AsyncIterator[Shown]:
        """Answer what was typed when its turn comes; where too many wait, say so at once."""
        growing = self._turns.growing(
            self._libraries.assistant(choices),
            lambda: self._answer(typed, exchanges, choices, filters, event, request),
        )
        try:
            async with aclosing(growing):
                async for shown in growing:
                    yield shown
        except Busy as busy:
            question, before = _wanted(typed, exchanges, _said(event))
            if question.strip() and len(before) < MOST_EXCHANGES:
                yield self._not_asked(question, before, choices, filters, busy)
            else:
                yield Shown()

    def _answer(
        self,
        typed: str,
        exchanges: Exchanges,
        choices: Choices,
        filters: Filters,
        event: gr.EventData,
        request: gr.Request,
    ) -> Generator[Shown]:
        """Answer what was typed, chosen from what is offered, edited, or is to be asked again."""
        said = _said(event)
        question, before = _wanted(typed, exchanges, said)
        full = len(before) >= MOST_EXCHANGES
        if full:
            yield self._told(exchanges, choices, "This conversation is full; begin a new one.")
        if full or not question.strip():
            yield Shown()
            return
        told = self._libraries.assistant(choices).notices
        widened = Shown()
        if said.get("do") == "all" and filters:
            filters = EVERYTHING
            widened = Shown(filters=filters, chips="")
        try:
            self._rate.take(*visitor(request))
        except TooOften as error:
            yield self._not_asked(question, before, choices, filters, error)
            return
        now, first = before, widened._replace(box=_busy(said.get("do") is None))
        for now, panel in self._growing(question, before, choices, filters):
            if now[-1].answer is None:
                said_so = turns(now, told, busy=True)
                yield first._replace(exchanges=now, chat=said_so, panel=panel)
                first = Shown()
        answer = now[-1].answer
        if answer is None:
            yield self._shown(now, choices)
            return
        now = sealed(now, seal(answer))
        yield first._replace(
            box=_SAME, exchanges=now, chat=turns(now, told, busy=True)
        )  # words first
        yield Shown(first.box, panel=self._evidence(now, choices))
        now = suggested(now, self._next(now, answer, choices, filters))
        yield self._shown(now, choices)._replace(panel=_SAME)

    def _not_asked(
        self,
        question: str,
        before: Exchanges,
        choices: Choices,
        filters: Filters,
        error: TooOften | Busy,
    ) -> Shown:
        """The conversation with the question and why it wasn't asked, ready for the next one."""
        now = (*before, Exchange(question, problem=f"Not asked: {error}.", within=filters))
        said_so = turns(now, self._libraries.assistant(choices).notices)
        return Shown(_ready(), now, said_so, self._evidence(now, choices))

    def _next(
        self, exchanges: Exchanges, answer: Answer, choices: Choices, filters: Filters
    ) -> tuple[str, ...]:
        """What one might ask after ``answer``, the last of the conversation."""
        quoting = self._libraries.quoting(choices)
        near = neighbours(quoting.library, answer)
        return suggestions(
            quoting,
            answer,
            [paper for paper in near if filters.select(paper)],
            asked=[exchange.question for exchange in exchanges],
            otherwise=overview_of(quoting.library).questions,
            filters=filters,
        )

    def _growing(
        self, question: str, before: Exchanges, choices: Choices, filters: Filters
    ) -> Iterator[tuple[Exchanges, Any]]:
        """The conversation as its answer grows, with the evidence where that has changed."""
        cited: tuple[Citation, ...] | None = None
        assistant = self._libraries.assistant(choices)
        hold = HOLD if assistant.model is None else 0.0
        for now in asked(assistant, before, question, filters, hold=hold):
            came, panel = now[-1].came, _SAME
            if came is not None and came.citations != cited:
                cited, panel = came.citations, self._evidence(now, choices)
            yield now, panel

    def stop(self, exchanges: Exchanges, choices: Choices, filters: Filters) -> Shown:
        """Leave the growing answer as it is."""
        return self._shown(stopped(exchanges), choices)

    def clear(self, exchanges: Exchanges, choices: Choices, filters: Filters) -> Shown:
        """A new conversation, which asks all papers."""
        first = welcome(examples(self._libraries.quoting(choices)))
        return Shown(_ready(), (), first, WAITING, filters=EVERYTHING, chips="")

    def entered(self, exchanges: Exchanges, choices: Choices, filters: Filters) -> Any:  # noqa: ANN401
        """The first page suits the library, which may be another one since the last look."""
        return gr.skip() if exchanges else welcome(examples(self._libraries.quoting(choices)))

    def loaded(self, exchanges: Exchanges, choices: Choices, filters: Filters) -> Any:  # noqa: ANN401
        """The same at once, as the page opens: from what is known by then."""
        library = self._libraries.assistant(choices).library
        return gr.skip() if exchanges else welcome(first_questions(library))

    def reopen(
        self,
        exchanges: Exchanges,
        choices: Choices,
        filters: Filters,
        event: gr.EventData,
        request: gr.Request,
    ) -> Shown:
        """A conversation that the visitor's browser has kept, with the library that it asked and
        the choice of papers that it had come to.
        """
        kept = _said(event).get("conversation")
        try:
            self._rate.reopen(visitor(request)[1], len(orjson.dumps(kept)))
            now = unpacked(kept)
        except TooOften as error:
            return self._told(exchanges, choices, f"Not opened: {error}.")
        except ValueError as error:
            log.info("a kept conversation can't be read: %s", error)
            return self._told(
                exchanges,
                choices,
                "This conversation can't be read by this version; it stays in your browser.",
            )
        library = library_of(kept)
        if library in self._libraries.names:
            choices = replace(choices, library=library)
        assistant, within = self._libraries.assistant(choices), scope(now)
        return self._shown(now, choices)._replace(
            choices=choices,
            filters=within,
            chips=chips_html(within, assistant.library),
            header=header_html(assistant),
        )

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
            return Shown()
        exchange = exchanges[turn]
        if not given(exchange):
            problem = "Only an answer of this server, since it runs, can be judged."
            return self._told(exchanges, choices, problem)
        verdict: Literal["up", "down"] = "up" if said.get("verdict") == "up" else "down"
        comment = str(said.get("comment") or "")[:MOST_COMMENT].strip()
        judged = Judgement(exchange.judged.id if exchange.judged else uuid.uuid4().hex, verdict)
        exchange = replace(exchange, judged=replace(judged, comment=comment))
        now = (*exchanges[:turn], exchange, *exchanges[turn + 1 :])
        assistant = self._libraries.assistant(choices)
        try:
            self._rate.judge(visitor(request)[1])
            record(self._libraries.feedback, exchange, library=assistant.library.directory.name)
        except TooOften as error:
            return self._told(exchanges, choices, f"Not written down: {error}.")
        except OSError as error:
            log.warning("feedback can't be written: %s", error)
            problem = f"Your feedback can't be written down ({error.strerror})."
            return self._told(exchanges, choices, problem)
        said_so = turns(now, assistant.notices)
        return Shown(exchanges=now, chat=said_so, keep=self._keep(now, choices))

    def export(
        self, exchanges: Exchanges, choices: Choices, filters: Filters, event: gr.EventData
    ) -> dict[str, Any]:
        """One answer, or the conversation, as a file that the browser saves."""
        said = _said(event)
        turn = _turn(said, exchanges)
        chosen = exchanges if turn is None else exchanges[turn : turn + 1]
        told = self._libraries.assistant(choices).notices  # on the page; nothing of the answer
        answers = [
            replace(answer, warnings=tuple(w for w in answer.warnings if w not in told))
            for answer in (exchange.answer for exchange in chosen)
            if answer is not None
        ]
        title = str(said.get("title") or "")[:200] or (chosen[0].question if chosen else "")
        kind, whole = str(said.get("kind")), title if turn is None else None
        if (file := listed(cited_papers(answers), kind, title)) is not None:
            return file
        if kind == "bibtex":
            return saved(title, "bib", to_bibtex(cited_papers(answers)))
        if kind == "json":
            return saved(title, "json", to_json(answers, title=title))
        if kind == "word" and WORD:
            return saved(title, "docx", word.to_word(answers, title=whole))
        return saved(title, "md", to_markdown(answers, title=whole))

    def _shown(self, exchanges: Exchanges, choices: Choices) -> Shown:
        """The whole conversation as it stands, ready for the next question."""
        return Shown(
            _ready(),
            exchanges,
            turns(exchanges, self._libraries.assistant(choices).notices),
            self._evidence(exchanges, choices),
            self._keep(exchanges, choices),
        )

    def _told(self, exchanges: Exchanges, choices: Choices, problem: str) -> Shown:
        """The conversation as it was, and below it what went wrong."""
        said = turns(exchanges, self._libraries.assistant(choices).notices)
        return Shown(chat=[*said, notice_html("problem", problem)])

    def _evidence(self, exchanges: Exchanges, choices: Choices) -> str:
        return evidence(exchanges, self._libraries.assistant(choices).library)

    def _keep(self, exchanges: Exchanges, choices: Choices) -> dict[str, Any]:
        names = self._libraries.names
        library = choices.library if choices.library in names else names[0]
        return {"conversation": packed(exchanges, library), "fresh": fresh()}


def _wanted(typed: str, exchanges: Exchanges, said: Mapping[str, Any]) -> tuple[str, Exchanges]:
    """The question, and the conversation that it continues."""
    do = said.get("do")
    if do == "ask":
        return str(said.get("text") or ""), exchanges
    turn = _turn(said, exchanges)
    if do in ("again", "all", "edit") and turn is not None:
        text = str(said.get("text") or "") if do == "edit" else exchanges[turn].question
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


def _busy(typed: bool) -> gr.Textbox:
    """The box while an answer grows, emptied of the question if that was ``typed`` there."""
    if typed:
        return gr.Textbox(value="", submit_btn=False, stop_btn="Stop")
    return gr.Textbox(submit_btn=False, stop_btn="Stop")


def _ready() -> gr.Textbox:
    return gr.Textbox(submit_btn="Ask", stop_btn=False)
