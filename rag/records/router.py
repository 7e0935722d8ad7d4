"""A question of the records -> its answer, or None where the papers' texts have to be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ingest.filters import Filters
from ingest.ids import canonical_id
from ingest.library import Library
from ingest.paper import Paper
from rag.answer import Answer
from rag.records import lists
from rag.records import papers as of_papers
from rag.records.catalog import Catalog, catalog_of
from rag.records.parsing import asks_for_record, may_ask, parsed
from rag.records.pointing import called_by_name, may_name
from rag.records.query import LONGEST, RecordQuery
from rag.records.replies import Request, card, joined, reply
from rag.text.words import default_idf, stem
from rag.understand.summary import summary_asked
from rag.understand.typed import bare, parts

Turn = tuple[str, str]
MOST_TITLES = 20_000  # in larger libraries a pasted title is found by searching
MOST_FETCHED = 20_000  # papers on a server whose records are fetched to be looked through
MOST_WORDS = 6  # of a question that only asks for a paper to be explained
MOST_TURNS = 8  # of a conversation, the last ones
_KINDS = {**lists.KINDS, **of_papers.KINDS}
_ABOUT_IT = re.compile(
    r"^(?:what is|tell me about|(?:what|which) paper is|explain|summari[sz]e|show(?: me)?"
    r"|open|find) (?:the )?"
    r"(?:paper )?(?=(?:arxiv|doi|https?)[:./]|\d{4}\.\d{4,5})|(?: about| say| do)$",
    re.I,
)
# A question as it was asked and as it is understood, answered from the papers' texts.
Quoted = Callable[[str, str, Filters], Answer]


@dataclass(frozen=True, slots=True)
class Records:
    """Answers questions that a library's own records answer, alone or beside its papers' texts."""

    library: Library
    quoted: Quoted

    @property
    def _is_far(self) -> bool:
        """Whether there are more records than are fetched from where they are."""
        return not self.library.at_hand and len(self.library) > MOST_FETCHED

    def answer(self, question: str, history: Sequence[Turn], filters: Filters) -> Answer | None:
        """The reply; None where the question isn't one for the records."""
        if (paper := self._pasted(question)) is not None:
            return reply(question, card(paper), [paper], read_as=f"the paper {paper.title}")
        if not may_ask(question):
            return None
        catalog = Catalog(()) if self._is_far else catalog_of(self.library)
        query, shown = self._understood(question, history, catalog)
        if query is None:
            return None
        if not catalog.papers and query.intent not in ("greeting", "thanks", "help"):
            return None
        query = replace(query, filters=_both(query.filters, filters))
        last, make = _last(history), _KINDS[query.intent]
        return make(Request(self.library, catalog, question, query, shown, last, self._topical))

    def in_parts(
        self, asked: str, history: Sequence[Turn], filters: Filters, *, refused: bool = False
    ) -> Answer | None:
        """The parts of a message answered one by one, where the records answer one of them.

        With ``refused``, where the whole is refused and the first is "What is X?". Else None.
        """
        said = parts(asked)
        first = refused and self.introduces(said[0])
        if len(said) == 1 or not (first or any(map(asks_for_record, said))):
            return None
        from rag.understand.history import standalone  # who asks one thing doesn't pay for it

        told: list[Answer] = []
        turns = list(history)
        for part in said:  # "it" in a later one is of what the earlier one showed
            answer = self.answer(part, turns, filters)
            if answer is None:
                alone = self.cased(standalone(part, turns))
                of_record = self.answer(alone, (), filters)
                answer = of_record or self.quoted(part, alone, filters)
            told.append(answer)
            turns += [("user", part), ("assistant", answer.text)]
        kinds = {answer.read_as for answer in told}
        if all(answer.refused for answer in told) or (kinds == {None} and not refused):
            return None
        whole = self.answer(asked, history, filters) if len(kinds) == 1 else None
        return whole or joined(asked, told)

    def spelt(self, question: str) -> tuple[str, str]:
        """``question`` with misspelt names of papers put right, and a sentence that says so."""
        if len(question) > LONGEST or not self.library.at_hand:
            return question, ""
        words = set(re.findall(r"[A-Za-z][A-Za-z-]{4,}", question))
        # Few questions have a word that no paper uses: the others load no catalog.
        strange = [word for word in words if stem(word.casefold()) not in default_idf()]
        meant = {word: name for word in strange if (name := catalog_of(self.library).spelt(word))}
        for word, name in meant.items():
            question = re.sub(rf"\b{re.escape(word)}\b", name, question)
        return question, " ".join(
            f"Nothing here is called “{w}”; did you mean {n}?" for w, n in meant.items()
        )

    def pointed(self, question: str, history: Sequence[Turn]) -> str:
        """``question`` with the papers that it points at or spells otherwise called by name."""
        if len(question) > LONGEST or self._is_far:
            return question
        replies = [text for role, text in history[-2 * MOST_TURNS :] if role == "assistant"]
        if not (replies or may_name(question)):
            return question
        return called_by_name(question, replies, catalog_of(self.library))

    def cased(self, question: str) -> str:
        """``question`` with the name of the paper to explain written as in its title: "ZeRO"."""
        if len(question.split()) > MOST_WORDS or not self.library.at_hand:
            return question
        paper = self.introduces(question)
        name = paper.title.partition(":")[0] if paper else ""
        found = re.search(rf"\b{re.escape(name)}\b", question, re.I) if name else None
        if found is None:
            return question
        return question[: found.start()] + name + question[found.end() :]

    def _topical(self, asked: str, filters: Filters) -> Answer:
        return self.quoted(asked, asked, filters)

    def _understood(
        self, question: str, history: Sequence[Turn], catalog: Catalog
    ) -> tuple[RecordQuery | None, list[Paper]]:
        """The query, and the papers that the last reply showed; turn by turn from the first."""
        before: RecordQuery | None = None
        shown: list[Paper] = []
        told_of: list[Paper] = []  # the latest first
        asked = ""
        for role, text in history[-2 * MOST_TURNS :]:
            if role == "user":
                asked, found = text, parsed(text, catalog, shown, before)
                before = found if found is not None and found.intent == "list" else None
            elif role == "assistant":
                shown = catalog.shown_in(text) or catalog.shown_in(asked) or shown
                told_of = [*shown, *(paper for paper in told_of if paper not in shown)]
        if len(shown) == 1 and len(told_of) > 1:
            from rag.understand.anaphora import points_at_several  # no first question pays for it

            shown = told_of[:2] if points_at_several(question) else shown
        return parsed(question, catalog, shown, before), shown

    def shown(self, history: Sequence[Turn]) -> list[Paper]:
        """The papers that the last reply named."""
        replies = [text for role, text in history if role == "assistant"]
        return catalog_of(self.library).shown_in(replies[-1]) if replies else []

    def names(self) -> frozenset[str]:
        """What papers are called in their titles, folded; none of those that are far."""
        return frozenset() if self._is_far else catalog_of(self.library).names

    def introduces(self, part: str) -> Paper | None:
        """The one paper that ``part`` asks about as a whole: "What is X?"."""
        papers = catalog_of(self.library).named(part) if self.library.at_hand else []
        name = papers[0].title.partition(":")[0] if len(papers) == 1 else ""
        return papers[0] if name and summary_asked(part, {stem(name.casefold())}) else None

    def _pasted(self, question: str) -> Paper | None:
        """The paper whose id, address or whole title is the question, or all that it is about."""
        asked = _ABOUT_IT.sub("", bare(question)).strip()
        if (id_ := canonical_id(asked)).startswith(("arxiv:", "doi:")):
            return next(self.library.papers([id_]), None)
        if len(asked.split()) < 4 or not self.library.at_hand or len(self.library) > MOST_TITLES:
            return None
        return next(iter(catalog_of(self.library).titled(asked)), None)


def _last(history: Sequence[Turn]) -> str:
    """What the assistant said last."""
    return next((text for role, text in reversed(history) if role == "assistant"), "").strip()


def _both(one: Filters, other: Filters) -> Filters:
    """Papers that both let through."""
    since = [year for year in (one.since, other.since) if year is not None]
    until = [year for year in (one.until, other.until) if year is not None]
    return replace(other, since=max(since) if since else None, until=min(until) if until else None)
