"""A conversation as what the page shows: the chat's messages, and the evidence beside them."""

from __future__ import annotations

from collections.abc import Iterable

from ui.conversation import Exchange, Exchanges
from ui.evidence import evidence_html
from ui.render import answer_html, notice_html, partial_html, question_html

Messages = list[dict[str, str]]


def messages(exchanges: Exchanges, told: Iterable[str] = ()) -> Messages:
    """Two messages an exchange: the question, and what has come of it so far.

    Warnings in ``told`` are on the page already.
    """
    shown: Messages = []
    for turn, exchange in enumerate(exchanges, 1):
        shown.append({"role": "user", "content": question_html(exchange.question)})
        shown.append({"role": "assistant", "content": _said(turn, exchange, told)})
    return shown


def evidence(exchanges: Exchanges) -> str:
    """The papers behind all answers of the conversation, the latest first."""
    numbered = enumerate(exchanges, 1)
    return evidence_html([(turn, e.answer) for turn, e in numbered if e.answer is not None])


def _said(turn: int, exchange: Exchange, told: Iterable[str]) -> str:
    if exchange.answer is not None:
        return answer_html(exchange.answer, turn, told=told)
    before = partial_html(exchange.text) if exchange.text else ""
    if exchange.problem is not None:
        return before + notice_html("problem", exchange.problem)
    if exchange.stopped:
        return before + notice_html("stopped", "Stopped.")
    return partial_html(exchange.text)
