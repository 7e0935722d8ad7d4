"""Replies about one paper's record or a few, and those that only keep a conversation going."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.index.nearest import nearest_papers
from ingest.library import Library
from ingest.paper import Paper
from rag.answer import Answer
from rag.records.catalog import Catalog, newest, selected
from rag.records.facets import RecordQuery
from rag.records.people import matching
from rag.records.replies import SHOWN, entries, lines, none, people, reply

HELP = (
    "I answer from the abstracts of the papers in this library, and every sentence opens the words"
    " that bear it out. You can ask\n"
    "- about a paper: “What is X?”, “How much faster is X?”, “Who wrote X?”, “BibTeX of X”\n"
    "- for papers: “Which papers are about …?”, “papers from 2024 on …”, “papers like X”\n"
    "- about the library: “How many papers mention …?”, “What topics are here?”, “the newest"
    " papers”\n"
    "When the papers don't say, I say so."
)
_ALL = ("authors", "year", "address", "code", "topics")
_FETCHED = 100  # neighbours by meaning, of which those that share topics come first
_SHARED = 0.3  # what having all topics in common adds to a cosine


def papers_of(said: str, catalog: Catalog) -> list[Paper]:
    """The papers that a reply names, in its order."""
    named = re.findall(r"\*\*(.+?)\*\*|\[([^\[\]\d][^\[\]]*)\]", said)
    found = [p for pair in named for t in pair if t for p in catalog.called(t)[:1]]
    found += [p for p in catalog.papers if p.title in said and p not in found]
    return list({paper.id: paper for paper in found}.values()) or catalog.named(said)[0]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One query on its way to an answer; ``shown`` are the papers that ``last``, a reply, named."""

    library: Library
    catalog: Catalog
    question: str
    query: RecordQuery
    shown: Sequence[Paper]
    last: str

    def made(self) -> Answer | None:
        """The answer; None where the question needs what isn't there."""
        by_intent: dict[str, Callable[[], Answer | None]] = {
            "greeting": lambda: self._say("Hello. What would you like to know from the papers?"),
            "thanks": self._thanked,
            "help": lambda: self._say(HELP),
            "doubt": self._doubted,
            "shorter": self._shortened,
            "more": self._continued,
            "record": self._record,
            "similar": self._similar,
            "uncountable": self._uncountable,
            "unrecorded": self._unrecorded,
            "letters": lambda: none(
                self.question,
                "I can't look names or titles up by their letters; a whole name or word I can.",
                "names by their letters",
            ),
        }
        return by_intent[self.query.intent]()

    # conversation

    def _thanked(self) -> Answer:
        leaving = re.search(r"\b(?:bye|see you)\b", self.question, re.I)
        return self._say("Goodbye." if leaving else "You're welcome.")

    def _doubted(self) -> Answer | None:
        if not self.shown:
            return None
        said = re.sub(r"\s*\[\d+\]", "", self.last)  # its markers count anew here
        return self._say(
            f"I only repeat what the papers' texts say. It was: {said}\n\n"
            f"The text of **{self.shown[0].title}** opens at its citation [1]; judge by its own"
            " words.",
            self.shown[:1],
        )

    def _shortened(self) -> Answer | None:
        """The first sentence of the last reply, with the paper that it cites."""
        said = [line for line in self.last.split("\n") if line and not line.startswith(("**", "_"))]
        found = re.match(r"(?:- )?(.+?)\[(\d+)\]", " ".join(said))
        if found is None or int(found[2]) > len(self.shown):
            return None
        paper = self.shown[int(found[2]) - 1]
        return self._say(f"**{paper.title}**\n{found[1].strip()} [1]", [paper])

    def _continued(self) -> Answer | None:
        if not self.shown:
            return None
        if len(self.shown) == 1:
            paper = self.shown[0]
            return self._say(f"**{paper.title}** [1]\n\n{paper.abstract}", [paper])
        near = [paper for paper in self._nearest(self.shown[0]) if paper not in self.shown]
        return self._say(f"More in the same direction:\n{lines(near[:SHOWN])}", near[:SHOWN])

    # records

    def _record(self) -> Answer | None:
        papers = list(self.query.papers) or list(self.shown[:1])
        if self.query.subject:
            return none(
                self.question,
                f"No paper here is called “{self.query.subject}”.",
                "the record of one paper",
            )
        if not papers:
            return None
        told = []
        if self.query.papers and not self._by_name(papers):
            told.append("No paper here has that for a name; closest by its title:")
        for number, paper in enumerate(papers[:SHOWN], 1):
            said = "; ".join(
                self._said(paper, name) for name in self.query.attributes if name != "bibtex"
            )
            told.append(f"**{paper.title}**{': ' if said else ''}{said} [{number}]")
        if "bibtex" in self.query.attributes:
            told.append(entries(papers[:SHOWN]))
        return self._say("\n".join(told), papers[:SHOWN], read_as="the record of one paper")

    def _by_name(self, papers: Sequence[Paper]) -> bool:
        """Whether they were shown before, or the question calls one by a name, a title or an id."""
        called = self.catalog.named(self.question)[0]
        return any(paper in called or paper in self.shown for paper in papers)

    def _said(self, paper: Paper, wanted: str) -> str:
        """What the record of a paper says of one attribute."""
        said: dict[str, Callable[[], str]] = {
            "authors": lambda: f"{self._borne_out(paper)}{_authors(paper)}",
            "year": lambda: self._year(paper),
            "code": lambda: paper.code_url or "no address of its code is recorded",
            "doi": lambda: _doi(paper) or "no DOI is recorded",
            "address": lambda: _address(paper),
            "topics": lambda: ", ".join(paper.topics) or "no topic is recorded",
            "title": lambda: paper.title,
            "venue": lambda: str(
                paper.extra.get("venue") or "no journal or conference is recorded"
            ),
            "affiliation": lambda: "the records don't tell where its authors work",
            "abstract": lambda: _abstract(paper),
            "all": lambda: "; ".join(self._said(paper, name) for name in _ALL),
        }
        return said[wanted]()

    def _year(self, paper: Paper) -> str:
        if paper.year is None:
            return "no year is recorded"
        supposed = self.query.claimed and str(paper.year) not in self.query.claimed
        return f"{'No, it is of ' if supposed else ''}{paper.year}"

    def _borne_out(self, paper: Paper) -> str:
        """ "No, " where the question supposes an author whom the record doesn't name."""
        claimed = self.query.claimed
        if not claimed:
            return ""
        return "Yes, " if any(matching(name, paper.authors) for name in claimed) else "No, "

    def _similar(self) -> Answer | None:
        papers = list(self.query.papers) or list(self.shown[:1])
        if not papers or not self._by_name(papers):
            return None
        near = selected(self._nearest(papers[0]), self.query.filters)
        if self.query.order in ("newest", "oldest"):  # than it
            by_age = newest((*near, papers[0]))
            at = by_age.index(papers[0])
            kept = by_age[:at] if self.query.order == "newest" else by_age[at + 1 :]
            near = [paper for paper in near if paper in kept]
        if self.query.subject:
            on = self.catalog.on_topic(self.query.subject)
            near = [paper for paper in near if paper in on]
        near = near[:6]
        read_as = f"papers like {papers[0].title}"
        if not near:
            return none(self.question, f"No paper{self.query.said} is like it.", read_as)
        head = f"Nearest to {papers[0].title}"
        return self._say(f"{head}:\n{lines(near)}", near, read_as=read_as)

    def _nearest(self, paper: Paper) -> list[Paper]:
        """Other papers by nearness in meaning and by shared topics."""
        near = nearest_papers(self.library, paper, _FETCHED)
        own = set(paper.topics)

        def nearness(found: tuple[Paper, float]) -> float:
            other = set(found[0].topics)
            return found[1] + _SHARED * len(own & other) / max(1, len(own | other))

        return [found for found, _ in sorted(near, key=nearness, reverse=True)]

    # honest noes

    def _uncountable(self) -> Answer:
        return none(
            self.question,
            "I can't count or average what is told in prose; I can count and list the papers that"
            " mention a term: “How many papers mention …?”",
            "a figure over all papers",
        )

    def _unrecorded(self) -> Answer:
        return none(
            self.question,
            "That isn't in the library: it holds titles, authors, years, addresses, topics and"
            " abstracts, and these don't tell citations (who cites a paper, how often), ranks,"
            " lengths, where its authors work or how it was reviewed.",
            "what no record tells",
        )

    def _say(self, text: str, papers: Sequence[Paper] = (), read_as: str = "") -> Answer:
        return reply(self.question, text, papers, read_as=read_as)


def _authors(paper: Paper) -> str:
    if not paper.authors:
        return "no author is recorded"
    only = paper.authors[0]
    alone = len(paper.authors) == 1 and " " not in only and "," not in only
    note = " (the only surname on record; there may be others)" if alone else ""
    if (number := len(paper.authors)) > 3 and "others" not in paper.authors:
        note = f" ({number} authors on record)"
    return f"by {people(paper)}{note}"


def _abstract(paper: Paper) -> str:
    what = "A digest, not the authors' abstract" if paper.kind == "digest" else "Abstract"
    return f"{what}:\n\n{paper.abstract}"


def _address(paper: Paper) -> str:
    ids = [i for i in paper.ids if i.startswith(("arxiv:", "doi:"))]
    return "; ".join(dict.fromkeys(filter(None, (paper.url, *ids)))) or paper.id


def _doi(paper: Paper) -> str:
    """The recorded DOI, or the one that arXiv registers for each of its papers."""
    found = [i for i in paper.ids if i.startswith("doi:")]
    if found or paper.extra.get("doi"):
        return str(paper.extra.get("doi") or found[0].removeprefix("doi:"))
    number = next((i.removeprefix("arxiv:") for i in paper.ids if i.startswith("arxiv:")), "")
    return f"10.48550/arXiv.{number}" if number else ""
