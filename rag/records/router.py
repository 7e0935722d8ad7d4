"""A question of the records -> its answer, or None where the papers' texts have to be read."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ingest.export import bibtex
from ingest.filters import Filters
from ingest.ids import canonical_id
from ingest.index.nearest import nearest_papers
from ingest.library import Library
from ingest.paper import Paper
from rag.answer import Answer, Hit
from rag.records.catalog import Catalog, catalog_of, newest, selected
from rag.records.query import RecordQuery, may_ask, parsed
from rag.records.replies import SHOWN, card, lines, people, reply
from rag.records.sentences import bare

Turn = tuple[str, str]
MOST_TITLES = 20_000  # in larger libraries a pasted title is found by searching
MOST_FETCHED = 20_000  # papers on a server whose records are fetched to be looked through
_ABOUT_IT = re.compile(
    r"^(?:what(?:'s| is)|tell me about|explain|summari[sz]e|show(?: me)?|open|find) (?:the )?"
    r"(?:paper )?(?=(?:arxiv|doi|https?)[:./]|\d{4}\.\d{4,5})|(?: about| say| do)$",
    re.I,
)
Search = Callable[[str, Filters], Sequence[Hit]]
Topical = Callable[[str, Filters], Sequence[Paper]]

HELP = (
    "I answer from the abstracts of the papers in this library, and every sentence opens the words"
    " that bear it out. You can ask\n"
    "- about a paper: “What is X?”, “How much faster is X?”, “Who wrote X?”, “BibTeX of X”\n"
    "- for papers: “Which papers are about …?”, “papers from 2024 on …”, “papers like X”\n"
    "- about the library: “How many papers mention …?”, “What topics are here?”, “the newest"
    " papers”\n"
    "When the papers don't say, I say so."
)


@dataclass(frozen=True, slots=True)
class Records:
    """Answers questions that a library's own records answer.

    ``search`` gives the hits for a question, ``topical`` the papers that a list on a topic holds.
    """

    library: Library
    search: Search
    topical: Topical

    def answer(self, question: str, history: Sequence[Turn], filters: Filters) -> Answer | None:
        """The reply; None where the question isn't one for the records."""
        if (paper := self._pasted(question)) is not None:
            return reply(question, card(paper), [paper], read_as=f"the paper {paper.title}")
        if not may_ask(question):
            return None
        far = not self.library.at_hand and len(self.library) > MOST_FETCHED
        catalog = Catalog(()) if far else catalog_of(self.library)
        query = parsed(question, catalog)
        if query is None:
            return None
        if not catalog.papers and query.intent not in ("greeting", "thanks", "help"):
            return None
        query = replace(query, filters=_both(query.filters, filters))
        found = _Reply(self, catalog, question, query, history).made()
        return None if found is None else replace(found, understood=question)

    def _pasted(self, question: str) -> Paper | None:
        """The paper whose id, address or whole title is the question, or all that it is about."""
        asked = _ABOUT_IT.sub("", bare(question)).strip()
        if (id_ := canonical_id(asked)).startswith(("arxiv:", "doi:")):
            return next(self.library.papers([id_]), None)
        if len(asked.split()) < 4 or not self.library.at_hand or len(self.library) > MOST_TITLES:
            return None
        return next(iter(catalog_of(self.library).titled(asked)), None)


@dataclass(frozen=True, slots=True)
class _Reply:
    """One query on its way to an answer."""

    records: Records
    catalog: Catalog
    question: str
    query: RecordQuery
    history: Sequence[Turn]

    def made(self) -> Answer | None:
        kind = self.query.intent
        by_kind: dict[str, Callable[[], Answer | None]] = {
            "greeting": lambda: self.say("Hello. What would you like to know from the papers?"),
            "thanks": self.thanked,
            "help": lambda: self.say(HELP),
            "doubt": self.doubted,
            "shorter": self.shortened,
            "more": self.continued,
            "abstract": self.abstract,
            "record": self.record,
            "list": self.listed,
            "topics": self.topics,
            "span": self.span,
            "with_code": self.with_code,
            "random": self.random,
            "similar": self.similar,
            "mentions": self.mentions,
            "uncountable": self.uncountable,
            "unrecorded": self.unrecorded,
        }
        return by_kind[kind]()

    # conversation

    def thanked(self) -> Answer:
        leaving = re.search(r"\b(?:bye|see you)\b", self.question, re.I)
        return self.say("Goodbye." if leaving else "You're welcome.")

    def doubted(self) -> Answer | None:
        last = self._last()
        if not last:
            return None
        return self.say(
            f"I only repeat what the papers' texts say. It was: {_unmarked(self._said_last())}\n\n"
            f"The text of **{last[0].title}** opens at its citation [1]; judge by its own words.",
            last[:1],
        )

    def shortened(self) -> Answer | None:
        """The first sentence of the last reply, with the paper that it cites."""
        last, said = self._last(), self._said_last()
        lines = [line for line in said.split("\n") if line and not line.startswith(("**", "_"))]
        found = re.match(r"(?:- )?(.+?)\[(\d+)\]", " ".join(lines))
        if found is None or int(found[2]) > len(last):
            return None
        paper = last[int(found[2]) - 1]
        return self.say(f"**{paper.title}**\n{found[1].strip()} [1]", [paper])

    def _said_last(self) -> str:
        said = (text for role, text in reversed(self.history) if role == "assistant")
        return next(said, "").strip()

    def continued(self) -> Answer | None:
        last = self._last()
        if not last:
            return None
        if len(last) == 1:
            return self.say(f"**{last[0].title}** [1]\n\n{last[0].abstract}", last)
        near = [p for p, _ in nearest_papers(self.records.library, last[0]) if p not in last]
        return self.say(f"More in the same direction:\n{lines(near)}", near[:SHOWN])

    def abstract(self) -> Answer | None:
        papers = self._named() if self.query.subject else self._last()
        if not papers:
            return None
        paper = papers[0]
        what = "A digest, not the authors' abstract" if paper.kind == "digest" else "Its abstract"
        return self.say(f"**{paper.title}** [1]\n{what}:\n\n{paper.abstract} [1]", [paper])

    # one paper

    def record(self) -> Answer | None:
        papers = self._named()
        if not papers:
            subject = self.query.subject
            if not subject:
                return None
            return self.none(f"No paper here is called “{subject}”.", "the record of one paper")
        told = []
        if self.query.papers and not self._by_name(papers):
            told.append("No paper here has that for a name; closest by its title:")
        for number, paper in enumerate(papers[:SHOWN], 1):
            asked = [name for name in self.query.attributes if name != "bibtex"]
            said = "; ".join(_said(paper, name) for name in asked)
            told.append(f"**{paper.title}**{': ' if said else ''}{said} [{number}]")
        if "bibtex" in self.query.attributes:
            told.append(f"```\n{''.join(bibtex(papers[:SHOWN])).strip()}\n```")
        return self.say("\n".join(told), papers[:SHOWN], read_as="the record of one paper")

    def _named(self) -> list[Paper]:
        """The papers of the query: named, or called by their subject, or those shown last."""
        if self.query.papers:
            return list(self.query.papers)
        return self.catalog.called(self.query.subject) if self.query.subject else self._last()[:1]

    def _by_name(self, papers: Sequence[Paper]) -> bool:
        """Whether the question calls one of them by a name, a title or an id."""
        called = self.catalog.named(self.question)[0]
        return any(paper in called for paper in papers)

    def _last(self) -> list[Paper]:
        """The papers that the last reply named, in its order."""
        said = self._said_last()
        named = re.findall(r"\*\*(.+?)\*\*|\[([^\]\d][^\]]*)\]", said)
        found = [p for pair in named for t in pair if t for p in self.catalog.called(t)[:1]]
        found += [p for p in self.catalog.papers if p.title in said and p not in found]
        return list({paper.id: paper for paper in found}.values())

    # many papers

    def listed(self) -> Answer | None:
        """Papers by all facets of the query at once."""
        query = self.query
        papers = self._about()
        if query.authors:
            theirs = {p.id for name in query.authors for p in self.catalog.by_author(name)[1]}
            if not theirs:
                said = " or ".join(query.authors)
                return self.none(
                    f"No paper here has an author called {said}, as far as the records name them"
                    " (0 papers).",
                    f"papers by {said}",
                )
            papers = [paper for paper in papers if paper.id in theirs]
        if query.coded is not None:
            papers = [paper for paper in papers if bool(paper.code_url) == query.coded]
        if query.without:
            out = {p.id for p in self.catalog.on_topic(query.without)}
            out |= set() if out else {p.id for p in self.catalog.mentioning(query.without)}
            if not query.subject:
                out |= {p.id for p in self.catalog.mentioning(query.without)}
            papers = [paper for paper in papers if paper.id not in out]
        if query.order:
            papers = newest(p for p in papers if p.year is not None)
            papers = (papers if query.order == "newest" else papers[::-1])[: query.number]
        return self._told(papers)

    def _told(self, papers: Sequence[Paper]) -> Answer:
        query, count = self.query, f"{len(papers):,} paper{'s' * (len(papers) != 1)}"
        said = "".join(
            (
                f" by {' or '.join(query.authors)}" if query.authors else "",
                f" with “{query.subject}” in title or topics" if query.subject else "",
                f", {query.years}" if query.years else "",
                f", without “{query.without}”" if query.without else "",
                ""
                if query.coded is None
                else f", with{'' if query.coded else 'out'} code on record",
            )
        )
        read_as = f"{'how many ' if query.counted else ''}{query.order} papers{said}".strip()
        if not papers:
            return self.none(f"No paper{said} is here.", read_as)
        if query.order:
            return self.papers(
                papers, read_as, f"The {query.order} paper{'s' * (len(papers) > 1)}{said}"
            )
        if query.without and not query.subject:
            head = "I can't search for what papers don't do; these texts don't mention it"
            return self.papers(papers, read_as, f"{head}: {count}{said}")
        if query == RecordQuery("list", counted=True) and (span := self.catalog.years):
            text = f"The library holds {count}, from {span[0]} to {span[1]}."
            return self.say(text, read_as=read_as)
        return self.papers(papers, read_as, f"{count}{said}")

    def topics(self) -> Answer | None:
        common = self.catalog.topics.most_common(60)
        if not common:
            return None
        said = ", ".join(f"{topic} ({count})" for topic, count in common)
        more = len(self.catalog.topics) - len(common)
        rest = f", and {more} more" if more > 0 else ""
        return self.say(
            f"The papers' topics, with how many papers each: {said}{rest}.",
            read_as="the library's topics",
        )

    def span(self) -> Answer | None:
        years = self.catalog.years
        if years is None:
            return None
        return self.say(f"The papers are from {years[0]} to {years[1]}.", read_as="the years")

    def with_code(self) -> Answer | None:
        papers = newest(p for p in self._about() if p.code_url)
        if not papers:
            return self.none("No paper here has an address of its code on record.", "with code")
        return self.papers(papers, "papers with an address of their code", "With code")

    def random(self) -> Answer | None:
        papers = self._about()
        if not papers:
            return None
        paper = random.choice(papers)  # noqa: S311 - a suggestion, no secret
        return self.say(card(paper), [paper], read_as="a random paper")

    def similar(self) -> Answer | None:
        papers = self._named()
        if not papers or (self.query.papers and not self._by_name(papers)):
            return None
        near = [paper for paper, _ in nearest_papers(self.records.library, papers[0], 6)]
        return self.papers(near, f"papers like {papers[0].title}", f"Nearest to {papers[0].title}")

    def mentions(self) -> Answer | None:
        term = self.query.subject.strip("\"'“”")
        papers = selected(self.catalog.mentioning(term), self.query.filters)
        if not papers:
            return self.none(f"No title or text here has “{term}”.", f"texts with “{term}”")
        count = f"{len(papers):,} paper{'s' * (len(papers) != 1)}"
        verb = "mention" if len(papers) != 1 else "mentions"
        return self.papers(papers, f"texts with “{term}”", f"{count} {verb} “{term}”")

    # honest noes

    def uncountable(self) -> Answer:
        return self.say(
            "I can't count or average what is told in prose; I can count and list the papers that"
            " mention a term: “How many papers mention …?”",
            reason="no_record",
            read_as="a figure over all papers",
        )

    def unrecorded(self) -> Answer:
        return self.say(
            "That isn't in the library: it holds titles, authors, years, addresses and abstracts,"
            " and these don't tell who cites a paper, where its authors work or how it was"
            " reviewed.",
            reason="no_record",
        )

    # saying it

    def _about(self) -> list[Paper]:
        """The papers on the query's subject, within its filters."""
        subject, filters = self.query.subject, self.query.filters
        if not subject and not self.query.not_years:
            return selected(newest(self.catalog.papers), filters)
        found = self.catalog.on_topic(subject) if subject else list(self.catalog.papers)
        if self.query.not_years:
            return [paper for paper in found if not filters.select(paper)]
        if found or self.query.counted:
            return selected(found, filters)
        return list(self.records.topical(f"Which papers are about {subject}?", filters))

    def papers(self, papers: Sequence[Paper], read_as: str, head: str) -> Answer:
        shown = papers[:SHOWN]
        return self.say(f"{head}:\n{lines(shown, len(papers))}", shown, read_as=read_as)

    def none(self, text: str, read_as: str) -> Answer:
        return self.say(text, reason="no_record", read_as=read_as)

    def say(self, text: str, papers: Sequence[Paper] = (), **more: object) -> Answer:
        return reply(self.question, text, papers, **more)  # type: ignore[arg-type]


def _unmarked(text: str) -> str:
    """``text`` without the markers of its own citations, which count anew here."""
    return re.sub(r"\s*\[\d+\]", "", text)


def _said(paper: Paper, wanted: str) -> str:
    """What the record of a paper says of one attribute."""
    if wanted == "authors":
        return f"by {people(paper)}" if paper.authors else "no author is recorded"
    if wanted == "year":
        return str(paper.year) if paper.year else "no year is recorded"
    if wanted == "code":
        return paper.code_url or "no address of its code is recorded"
    ids = [i for i in paper.ids if i.startswith(("arxiv:", "doi:"))]
    return "; ".join(dict.fromkeys(filter(None, (paper.url, *ids)))) or paper.id


def _both(one: Filters, other: Filters) -> Filters:
    """Papers that both let through."""
    since = [year for year in (one.since, other.since) if year is not None]
    until = [year for year in (one.until, other.until) if year is not None]
    return replace(other, since=max(since) if since else None, until=min(until) if until else None)
