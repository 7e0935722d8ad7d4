"""What is said of records: lines of papers with their citations, newest first, and honest noes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ingest.export import bibtex
from ingest.filters import Filters
from ingest.library import Library
from ingest.paper import Paper, Passage
from ingest.sentences import Span, sentence_spans
from rag.answer import Answer, Citation, Hit, Reason
from rag.quote import quoted_sentences
from rag.records.catalog import Catalog
from rag.records.query import SHOWN, RecordQuery


def reply(
    question: str,
    text: str,
    papers: Sequence[Paper] = (),
    *,
    read_as: str = "",
    reason: Reason | None = None,
) -> Answer:
    """An answer from the records; ``papers`` are those that ``text`` cites as [1], [2] ...

    A citation spans the sentences of its paper that stand in ``text``; none where only the record
    is told.
    """
    citations = tuple(Citation(n, p, _said_in(text, p), 1.0) for n, p in enumerate(papers, 1))
    hits = tuple(Hit(Passage(paper, *_opening(paper)), 1.0, 0.0, 0.0) for paper in papers)
    sentences = quoted_sentences(text, citations)
    return Answer(
        question=question,
        understood=question,
        text=text,
        citations=citations,
        hits=hits,
        refused=reason is not None,
        reason=reason,
        confidence=1.0,
        mode="recorded",
        sentences=sentences,
        read_as=read_as or None,
    )


def joined(question: str, answers: Sequence[Answer]) -> Answer:
    """The answers to the parts of a question as one, each paper with one number."""
    number: dict[str, int] = {}
    cited: dict[str, Citation] = {}
    texts = []
    for answer in answers:
        new: dict[str, str] = {}
        for one in answer.citations:
            at = number.setdefault(one.paper.id, len(number) + 1)
            new[str(one.number)] = str(at)
            known = cited.get(one.paper.id, one)
            spans = tuple(sorted({*known.spans, *one.spans}))
            cited[one.paper.id] = replace(known, number=at, spans=spans)
        text = re.sub(r"\[(\d+)\]", lambda m, new=new: f"[{new.get(m[1], m[1])}]", answer.text)  # type: ignore[misc]
        missing = f"The papers here don't say: “{answer.question.strip(' ?.!')}”."
        texts.append(missing if answer.refused and answer.mode == "quoted" else text)
    text = "\n\n".join(texts)
    citations = tuple(cited.values())
    refused = all(answer.refused for answer in answers)
    return Answer(
        question=question,
        understood=question,
        text=text,
        citations=citations,
        hits=tuple(hit for answer in answers for hit in answer.hits if not answer.refused),
        refused=refused,
        reason=answers[0].reason if refused else None,
        confidence=min(answer.confidence for answer in answers),
        mode=min(answer.mode for answer in answers),  # "quoted" where one of them is
        sentences=quoted_sentences(text, citations),
        read_as="; ".join(dict.fromkeys(a.read_as for a in answers if a.read_as)) or None,
    )


@dataclass(frozen=True, slots=True)
class Request:
    """One question of the records, understood as ``query``, on its way to an answer.

    ``shown`` are the papers that ``last``, the reply before, named; ``topical`` answers a question
    from the papers' texts.
    """

    library: Library
    catalog: Catalog
    question: str
    query: RecordQuery
    shown: Sequence[Paper]
    last: str
    topical: Callable[[str, Filters], Answer]

    def say(self, text: str, papers: Sequence[Paper] = (), read_as: str = "") -> Answer:
        return reply(self.question, text, papers, read_as=read_as)

    def no(self, text: str, read_as: str) -> Answer:
        """An honest no."""
        return reply(self.question, text, read_as=read_as, reason="no_record")

    def knows_by_name(self, papers: Sequence[Paper]) -> bool:
        """Whether they were shown before, or the question calls one by a name, a title or an id."""
        capitals = re.findall(r"\b[A-Z][\w-]*(?: [A-Z][\w-]*)*", self.question)
        called = self.catalog.named(self.question)
        called += [p for name in capitals for p in self.catalog.called(name, described=False)]
        return any(paper in called or paper in self.shown for paper in papers)


def lines(papers: Sequence[Paper], quotes: Mapping[str, str] = MappingProxyType({})) -> str:
    """A line a paper: title, first author, year, what is quoted of it by its id, and its marker."""
    return "\n".join(
        f"- **{p.title}** ({facts(p)}){f': {quotes[p.id]}' if p.id in quotes else ''} [{number}]"
        for number, p in enumerate(papers[:SHOWN], 1)
    )


def facts(paper: Paper) -> str:
    """Who and when, as far as the record says."""
    return ", ".join(filter(None, (people(paper), str(paper.year or "")))) or "no author, no year"


def people(paper: Paper) -> str:
    """The first three authors, and that there are others."""
    known = [author for author in paper.authors if author.casefold() != "others"]
    others = len(known) > 3 or len(known) < len(paper.authors)
    return ", ".join(known[:3]) + (" and others" if others and known else "")


def entries(papers: Sequence[Paper]) -> str:
    """Their BibTeX, set off as code."""
    return f"```\n{''.join(bibtex(papers, texts=False)).strip()}\n```"


def card(paper: Paper) -> str:
    """One paper: its record, and its text's own first words."""
    spans = sentence_spans(paper.abstract)[:2]
    opening = " ".join(paper.abstract[start:end] for start, end in spans)
    address = f"\n{paper.url or paper.id}"
    return f"**{paper.title}** ({facts(paper)}) [1]{address}\n\n{opening} [1]"


def _said_in(text: str, paper: Paper) -> tuple[Span, ...]:
    return tuple(s for s in sentence_spans(paper.abstract) if paper.abstract[s[0] : s[1]] in text)


def _opening(paper: Paper) -> Span:
    return next(iter(sentence_spans(paper.abstract)), (0, 0))
