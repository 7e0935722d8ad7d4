"""What one might ask next: made from an answer's evidence, and asked before it is offered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol

from ingest.filters import EVERYTHING, Filters
from ingest.paper import Paper
from ingest.sentences import sentence_spans
from rag.answer import Answer
from ui.page.overview import system_name

MOST_TRIED = 8  # questions asked of the assistant for one answer; each takes a few milliseconds
NEAR = 5  # hits whose papers may be suggested

# "reduces the memory of activations by up to 8x": what is reduced, and by how much isn't quoted.
_CHANGE = re.compile(
    r"\b(reduc|increas|improv|decreas|lower|cut|accelerat|speed|boost)(?:e?s|s up)\s+"
    r"((?:the |its )?[A-Za-z][\w -]{3,50}?)\s+by\s+(?:up to\s+|about\s+|around\s+)?\d"
)
_VERBS = {
    "reduc": "reduce", "increas": "increase", "improv": "improve", "decreas": "decrease",
    "lower": "lower", "cut": "cut", "accelerat": "accelerate", "speed": "speed up",
    "boost": "boost",
}  # fmt: skip


class Asks(Protocol):
    """An assistant that answers at no cost: one that quotes."""

    def ask(self, question: str, *, filters: Filters = ...) -> Answer: ...


def suggestions(
    assistant: Asks,
    answer: Answer,
    *,
    asked: Sequence[str] = (),
    filters: Filters = EVERYTHING,
    most: int = 3,
) -> tuple[str, ...]:
    """At most ``most`` questions that ``assistant`` answers from the papers around ``answer``.

    Each stands alone. None of those ``asked`` before is among them, and none that is refused.
    """
    seen = {_flat(question) for question in (*asked, answer.question, answer.understood)}
    found: list[str] = []
    tried = 0
    for question, about in _candidates(answer):
        if len(found) == most or tried == MOST_TRIED:
            break
        if _flat(question) in seen:
            continue
        seen.add(_flat(question))
        tried += 1
        given = assistant.ask(question, filters=filters)
        cited = {citation.paper.id for citation in given.citations}
        if not given.refused and about <= cited:
            found.append(question)
    return tuple(found)


def _candidates(answer: Answer) -> Iterator[tuple[str, set[str]]]:
    """Questions, the likeliest first and of different kinds, with the papers each must cite."""
    cited = list({c.paper.id: c.paper for c in answer.citations}.values())
    near = [hit.paper for hit in answer.hits[:NEAR]]
    others = [paper for paper in near if paper.id not in {p.id for p in cited}]
    kinds: list[list[tuple[str, set[str]]]] = [
        [(question, {paper.id}) for paper in cited[:2] for question in _unquoted(answer, paper)],
        [(f"What does {name} do?", {paper.id}) for name, paper in _named(others)],
        [(f"Which papers are about {topic}?", set()) for topic in _topics([*cited, *near])],
        [
            (f"How do {one} and {other} differ?", {first.id, second.id})
            for one, first in _named(cited[:1])
            for other, second in _named(others)
        ],
        [(f"What does {name} do?", {paper.id}) for name, paper in _named(cited)],
        [(f"What is “{paper.title}” about?", {paper.id}) for paper in others],
    ]
    while any(kinds):
        for kind in kinds:
            if kind:
                yield kind.pop(0)


def _unquoted(answer: Answer, paper: Paper) -> Iterator[str]:
    """Questions for the figures of ``paper`` that the answer doesn't quote."""
    name = system_name(paper.title)
    if name is None:
        return
    quoted = [span for c in answer.citations if c.paper.id == paper.id for span in c.spans]
    for start, end in sentence_spans(paper.abstract):
        if any(start < b and a < end for a, b in quoted):
            continue
        for verb, what in _CHANGE.findall(paper.abstract[start:end]):
            yield f"By how much does {name} {_VERBS[verb]} {what}?"


def _named(papers: Sequence[Paper]) -> Iterator[tuple[str, Paper]]:
    for paper in papers:
        name = system_name(paper.title)
        if name is not None:
            yield name, paper


def _topics(papers: Sequence[Paper]) -> list[str]:
    """The topics that several of the papers share, the commonest first."""
    unique = {paper.id: paper for paper in papers}.values()
    counts = Counter(topic.strip() for paper in unique for topic in set(paper.topics))
    return [topic for topic, count in counts.most_common() if topic and count > 1]


def _flat(question: str) -> str:
    return " ".join(question.casefold().split())
