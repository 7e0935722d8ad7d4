"""What one might ask next: made from an answer's evidence, and asked before it is offered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakKeyDictionary

from ingest.filters import EVERYTHING, Filters
from ingest.index.nearest import nearest_papers
from ingest.library import Library
from ingest.paper import Paper
from ingest.sentences import sentence_spans
from rag.answer import Answer
from ui.library.spelling import Spelling
from ui.page.overview import OF_A_KIND, overview_of, system_name

MOST_TRIED = 10  # questions asked of the assistant for one answer; each takes some milliseconds
EXAMPLES = 4  # questions on the first page
NEAR = 5  # papers next to the cited ones that may be suggested
ALIKE = 0.35  # cosine from which another paper is near enough to be asked about

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


# "parameter-efficient finetuning (PEFT)": a term that the text itself writes out.
_TERM = re.compile(r"(?<![\w-])((?:[\w-]+ ){1,6})\(([A-Z][A-Za-z]*[A-Z])s?\)")
_MANY = re.compile(r"[^\Wsui]s$")  # models, not analysis or loss


class Asks(Protocol):
    """An assistant that answers at no cost: one that quotes."""

    def ask(self, question: str, *, filters: Filters = ...) -> Answer: ...


class Quotes(Asks, Protocol):
    """The same, over a library."""

    @property
    def library(self) -> Library: ...


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A question that is offered if its answer cites all papers of ``all_of`` and one of the papers
    around the answer before.
    """

    question: str
    all_of: frozenset[str] = frozenset()


def suggestions(
    assistant: Asks,
    answer: Answer,
    near: Sequence[Paper] = (),
    *,
    asked: Sequence[str] = (),
    otherwise: Sequence[str] = (),
    filters: Filters = EVERYTHING,
    most: int = 3,
) -> tuple[str, ...]:
    """At most ``most`` questions that ``assistant`` answers from the papers around ``answer``.

    ``near`` are the papers most like the cited ones (``neighbours``). Where nothing was found,
    those of ``otherwise`` are offered. Each stands alone and was answered just now; none of those
    ``asked`` before is among them.
    """
    seen = {_flat(question) for question in (*asked, answer.question, answer.understood)}
    related = {c.paper.id for c in answer.citations} | {paper.id for paper in near}
    found: list[str] = []
    tried = 0
    for candidate in _candidates(answer, near, otherwise):
        if len(found) == most or tried == MOST_TRIED:
            break
        if _flat(candidate.question) in seen:
            continue
        seen.add(_flat(candidate.question))
        tried += 1
        given = assistant.ask(candidate.question, filters=filters)
        cited = {citation.paper.id for citation in given.citations}
        on_it = not related or not related.isdisjoint(cited)
        if not given.refused and on_it and candidate.all_of <= cited:
            found.append(candidate.question)
    return tuple(found)


def examples(assistant: Quotes, *, most: int = EXAMPLES) -> tuple[str, ...]:
    """Questions to begin with: the first of those that suit the library which it answers.

    They are asked once for each of its versions.
    """
    library = assistant.library
    version, found = _examples.get(library, (-1, ()))
    if version != library.version:
        version, found = library.version, ()
        for question in overview_of(library, questions=2 * OF_A_KIND).questions:
            if len(found) < most and not assistant.ask(question).refused:
                found = (*found, question)
        _examples[library] = version, found
    return found


def first_questions(library: Library) -> tuple[str, ...]:
    """What ``examples`` has found if it has been asked, else what might suit the library."""
    version, found = _examples.get(library, (-1, ()))
    return found if version == library.version else overview_of(library).questions


_examples: WeakKeyDictionary[Library, tuple[int, tuple[str, ...]]] = WeakKeyDictionary()


def neighbours(library: Library, answer: Answer) -> list[Paper]:
    """The papers most like the first that ``answer`` cites, or comes closest to, nearest first."""
    cited = [citation.paper for citation in answer.citations]
    near = [hit.paper for hit in answer.hits if answer.reason != "off_topic"]
    first = [*cited, *near][:1]
    shown = {paper.id for paper in cited}
    found = [pair for paper in first for pair in nearest_papers(library, paper, NEAR + len(shown))]
    alike = [paper for paper, cosine in found if cosine >= ALIKE and paper.id not in shown]
    return [*(first if answer.refused else ()), *alike][:NEAR]


def _candidates(
    answer: Answer, near: Sequence[Paper], otherwise: Sequence[str]
) -> Iterator[_Candidate]:
    """The likeliest first: figures, a comparison, the newest, a definition, in turns."""
    cited = list({c.paper.id: c.paper for c in answer.citations}.values())
    kinds: list[list[_Candidate]] = [
        [_Candidate(said, _ids(one)) for one in cited[:2] for said in _unquoted(answer, one)],
        [
            _Candidate(f"How do {one} and {other} differ?", _ids(first, second))
            for one, first in _named(cited[:1])
            for other, second in _named([*cited[1:], *near])
        ],
        [_Candidate(f"What are the newest papers about {topic}?") for topic in _topics(cited)],
        [_Candidate(f"What {term}?") for term in _terms(answer, cited)],
        [_Candidate(f"What does {name} do?", _ids(one)) for name, one in _named([*cited, *near])],
        [
            _Candidate(f"What is “{paper.title}” about?", _ids(paper))
            for paper in near
            if system_name(paper.title) is None
        ],
        [] if cited or near else [_Candidate(question) for question in otherwise],
    ]
    while any(kinds):
        for kind in kinds:
            if kind:
                yield kind.pop(0)


def _ids(*papers: Paper) -> frozenset[str]:
    return frozenset(paper.id for paper in papers)


def _terms(answer: Answer, papers: Sequence[Paper]) -> list[str]:
    """The terms that the cited papers write out, first those that the answer abbreviates: "is
    in-context learning (ICL)", "are large language models (LLM)".
    """
    found: dict[str, str] = {}
    for paper in papers[:3]:
        for before, short in _TERM.findall(paper.abstract):
            words = re.split(r"(?<=[ -])", before)[:-1][-len(short) :]
            if [word[:1].casefold() for word in words] == list(short.casefold()):
                found.setdefault(short, "".join(words).strip())
    order = sorted(found, key=lambda short: short not in answer.text)
    verbs = {short: "are" if _MANY.search(found[short]) else "is" for short in order}
    return [f"{verbs[short]} {found[short]} ({short})" for short in order]


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
    """The topics of the papers, in their own spelling, those that most of them share first."""
    counts = Counter(topic.strip() for paper in papers for topic in dict.fromkeys(paper.topics))
    spelling = Spelling(text for paper in papers for text in (paper.title, paper.abstract))
    return [spelling.words(topic) for topic, _ in counts.most_common() if topic]


def _flat(question: str) -> str:
    """The same for two questions of the same words, in whatever order."""
    return " ".join(sorted(re.findall(r"\w+", question.casefold())))
