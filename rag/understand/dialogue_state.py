"""The state of a conversation, and what a follow-up keeps of its last question."""

from __future__ import annotations

from dataclasses import dataclass

from rag.understand.phrases import (
    bare,
)
from rag.understand.subjects import Topic, distinct, joined

Rewritten = tuple[str, tuple[Topic, ...]] | None


@dataclass(frozen=True, slots=True)
class DialogueState:
    """What a conversation has come to: its last question, and the topics of each exchange."""

    asked: str = ""  # the last question that asked for something, as understood
    groups: tuple[tuple[Topic, ...], ...] = ()  # of each exchange, the latest last
    focus: Topic | None = None  # what "it" means
    ambiguous: bool = False  # the last question named none of the several papers of its answer

    words: frozenset[str] = frozenset()  # the content words of the last answer

    aside: tuple[Topic, ...] = ()  # papers that the last answer only mentions
    markers: tuple[tuple[int, Topic], ...] = ()  # what the last answer's [n] stand for
    known: frozenset[str] = frozenset()  # folded names that the library's papers go by

    def marked(self, number: int) -> Topic | None:
        """The paper that ``[number]`` stood for in the last answer."""
        return dict(self.markers).get(number)

    @property
    def group(self) -> tuple[Topic, ...]:
        """What "they" and "both" mean: the last answer's papers, else the last two topics."""
        if self.groups and len(self.groups[-1]) > 1:
            return self.groups[-1]
        return tuple(reversed(self.recent()[:2]))

    def recent(self) -> tuple[Topic, ...]:
        """All topics, the latest first."""
        return distinct(
            topic for group in reversed(self.groups) for topic in _focus_first(group, self.focus)
        )


def _focus_first(group: tuple[Topic, ...], focus: Topic | None) -> tuple[Topic, ...]:
    return tuple(sorted(group, key=lambda topic: topic != focus))


def about(state: DialogueState) -> tuple[Topic, ...]:
    return (state.focus,) if state.focus else ()


def within(text: str, state: DialogueState) -> Rewritten:
    """``text`` asked of the papers under discussion: "... in FlexLLM"."""
    topics = state.group[:4] if state.ambiguous else about(state)
    return (f"{bare(text)} in {joined(topics)}", topics) if topics else None


def last_question(state: DialogueState) -> str:
    """The last question; if it didn't name its topic, with the topic added."""
    if state.focus is None or state.ambiguous or state.focus.find(state.asked):
        return state.asked
    return f"{bare(state.asked)} in {state.focus.name}"


def last_question_of(state: DialogueState, topic: Topic) -> str:
    """The last question, asked of ``topic`` instead of what it was asked of."""
    for old in (*about(state), *state.recent()):
        span = old.find(state.asked)
        if span and not topic.find(state.asked):
            return state.asked[: span[0]] + topic.name + state.asked[span[1] :]
    return f"What about {topic.name}?"
