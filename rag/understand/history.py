"""History + question -> the question that stands alone. Rules only: no model, well under 1 ms.

``understand`` tries the rules of ``_RULES`` in order; the first that applies rewrites the question.
A question that none of them applies to stands alone and is returned as it was asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from rag.understand.anaphora import enumerated, pointed, pronoun, several
from rag.understand.dialogue_state import DialogueState, Rewritten, last_question_of, within
from rag.understand.ellipsis import (
    bare_question,
    condition,
    definite,
    fragment,
    more,
    name_swapped,
)
from rag.understand.phrases import (
    content,
    doubts,
    is_smalltalk,
    lead,
    sentence,
    spelt,
    subjects,
)
from rag.understand.subjects import Topic, cited, distinct, markers, mentioned, named

MAX_EXCHANGES = 8  # earlier ones are forgotten
MAX_ANSWER = 10_000  # characters that are read of one
MAX_BARE = 10  # words of a question that may lean on what was told without a word for it
MAX_FOLLOWUP = 400  # characters; whoever writes more has said what is meant


@dataclass(frozen=True, slots=True)
class Understood:
    """A question that stands alone, and the titles or names of what a follow-up was about."""

    question: str
    topics: tuple[str, ...] = ()


def standalone(
    question: str, history: Sequence[tuple[str, str]] = (), *, known: Collection[str] = ()
) -> str:
    """``question`` as understood after ``history``: the same words if it stands alone."""
    return understand(question, history, known=known).question


def in_focus(question: str, history: Sequence[tuple[str, str]]) -> str:
    """``question`` asked of what was last told of; "" where it is too long, or nothing was."""
    state = _read(history)
    alone = len(question.split()) > MAX_BARE or is_smalltalk(question) or subjects(question)
    found = None if alone else within(spelt(question), state)
    return sentence(found[0]) if found else ""


def understand(
    question: str, history: Sequence[tuple[str, str]] = (), *, known: Collection[str] = ()
) -> Understood:
    """``question`` as understood after ``history``, oldest turn first, and what it is about.

    ``known``: folded names (``rag.text.names.fold``) of papers, so that "and curator?" names one.
    """
    return _understood(question, _read(history, frozenset(known)))


def _read(history: Sequence[tuple[str, str]], known: frozenset[str] = frozenset()) -> DialogueState:
    """The state of a conversation after its last turn."""
    exchanges: list[tuple[str, list[str]]] = []
    for role, text in history:
        if role == "user":
            exchanges.append((text, []))
        elif role == "assistant" and exchanges:
            exchanges[-1][1].append(text)
        elif role == "assistant":
            exchanges.append(("", [text]))
    state = DialogueState(known=known)
    for said, answers in exchanges[-MAX_EXCHANGES:]:
        state = _after(state, said, "\n".join(answers)[:MAX_ANSWER])
    return state


def _after(state: DialogueState, said: str, answer: str) -> DialogueState:
    """The state after one more exchange."""
    topics = cited(answer)
    if is_smalltalk(said) and not topics:
        return state
    asked = state.asked if doubts(said) else _understood(said, state).question[:MAX_FOLLOWUP]
    in_question = [topic for topic in (*topics, *state.recent()) if topic.find(asked)]
    if len(topics) == 1 and topics[0].find(said) and state.asked and lead(said)[0]:
        asked = last_question_of(
            state, topics[0]
        )  # "and on Frontier?", answered from the paper Frontier
        in_question = [topics[0]]
    if not topics:  # a refusal, or prose without citations: the question says what it is about
        new = [n.text for n in named(asked) if not n.beside]
        own = [Topic.of(name) for name in new if not any(t.find(name) for t in in_question)]
        topics = distinct((*in_question, *own)) or mentioned(answer)[:1]
        topics = topics or (state.groups[-1] if state.groups else ())
    chosen = [topic for topic in topics if topic.find(asked)]
    topics = tuple(chosen) if len(chosen) > 1 else topics
    focus = next(iter((*chosen, *topics)), state.focus)
    return DialogueState(
        asked,
        (*state.groups, topics) if topics else state.groups,
        focus,
        len(topics) > 1 and len(chosen) != 1,
        frozenset((*content(answer), *re.findall(r"\d[\w.]*", answer))),
        tuple(topic for topic in mentioned(answer) if topic not in topics),
        markers(answer),
        state.known,
    )


_RULES: tuple[Callable[[str, DialogueState], Rewritten], ...] = (
    more,
    enumerated,
    pointed,
    several,
    bare_question,
    name_swapped,
    condition,
    pronoun,
    fragment,
    definite,
)


def _understood(question: str, state: DialogueState) -> Understood:
    if not (state.asked or state.groups) or len(question) > MAX_FOLLOWUP or is_smalltalk(question):
        return Understood(question)
    asked = spelt(question)
    for rule in _RULES:
        if found := rule(asked, state):
            return Understood(
                sentence(found[0]), tuple(t.title for t in found[1] if t.find(found[0]))
            )
    return Understood(question)
