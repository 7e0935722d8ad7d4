"""What is asked of the records of one paper, or of several, and of papers like them."""

from __future__ import annotations

import re
from dataclasses import replace

from ingest.paper import Paper, folded
from rag.records.catalog import newest
from rag.records.items import Asked, Item, word_set, words_of
from rag.records.parsing_lists import order_of, years_of
from rag.records.query import TOPIC, RecordQuery
from rag.records.words import FILLER
from rag.text.words import stem

_TOLD = 3  # authors of a paper by whom others are sought


def by_its_authors(asked: Asked) -> RecordQuery | None:
    """Papers by the authors of the one meant: "what else did the author of X write?"."""
    papers = asked.named or (asked.shown if _THESE_AUTHORS.search(asked.text) else [])
    if len(papers) != 1 or (asked.named and not _SAME_AUTHORS.search(asked.text)):
        return None
    theirs = tuple(a for a in papers[0].authors if a.casefold() != "others")[:_TOLD]
    return RecordQuery("list", authors=theirs) if theirs else None


_SAME_AUTHORS = re.compile(
    r"\b(?:by|from) (?:the )?(?:same )?(?:authors?|people|team|group) (?:of|as|behind|that|who)\b"
    r"|\b(?:else|other|more)\b.*\bauthors? of\b",
    re.I,
)
_THESE_AUTHORS = re.compile(
    r"\b(?:else|other|more)\b.*\b(?:that|this|the|these|those) (?:same )?"
    r"(?:authors?|people|team)\b",
    re.I,
)


def of_papers(asked: Asked) -> RecordQuery | None:
    """Attributes of papers that are named or pointed at, or papers like them; nothing else."""
    similar = asked.has("similar") is not None and not asked.text.endswith("based on")
    wanted = asked.values("field")
    if not (similar or wanted or asked.opens in _YES_OR_NO) or _of_many(asked, similar):
        return None
    papers, pointing = (asked.named, "name") if asked.named else _pointed(asked)
    left = asked.left(*_OF_RECORDS, pointing)
    if not papers and (papers := _described(asked, words_of(left))):
        left = []
    query = RecordQuery("similar" if similar else "record", "", tuple(papers), wanted)
    if asked.named and asked.opens in _YES_OR_NO:
        query, left = _supposed(asked, query, left)
    if similar if len(papers) > 1 else not (similar or query.attributes):
        return None  # "Are they similar?"
    if similar:
        query = replace(query, **years_of(asked), **order_of(asked))
    own = {stem(word) for paper in papers for word in word_set(paper.title)}
    others = {word for item in left for word in word_set(item.text)} - FILLER
    others = {word for word in others if stem(word) not in own}
    strange = any(len(word) > 2 for word in others)
    if not papers and strange and _ONE_RECORD.match(asked.text):
        return None if asked.words & {"all", "papers"} else replace(query, subject=words_of(left))
    if not (papers or asked.shown):
        return None
    if similar and others and asked.catalog.on_topic(subject := words_of(left)):
        return replace(query, subject=subject)
    return None if strange else query


_YES_OR_NO = frozenset("is was were are did does do has have".split()) | {"is there", "do you"}
_OF_RECORDS = ("name", "field", "similar", "years", "order", "sort", "ask", "coded", "follow",
               "entries", "here")  # fmt: skip
_ONE_RECORD = re.compile(
    r"(?:who (?:wrote|authored|are the authors of|is the author of)|authors? of|(?:give me |get )?"
    r"(?:the )?(?:bibtex|citation|doi|arxiv id)(?: entry)? (?:of|for|to)"
    r"|when (?:was|were|did) .+ (?:published|written|come out|appear))\b(?! (?:about|on)\b)",
    re.I,
)


def _of_many(asked: Asked, similar: bool) -> bool:
    """Whether papers are sought or counted, not the record of one told."""
    coded = asked.has("coded") and not asked.named and not (asked.shown and asked.has("this"))
    return bool(coded or asked.has("count") or (asked.has("order") and not similar))


_BY_AGE = {"newest": 0, "oldest": -1}


def _pointed(asked: Asked) -> tuple[list[Paper], str]:
    """The papers of the last reply that "the second" or "older one" or "it" means, and its tag."""
    place, shown = asked.has("place"), list(asked.shown)
    if shown and place and "order" not in place.means and int(place.means["place"]) < len(shown):
        return [shown[int(place.means["place"])]], "place"
    age = asked.has("order")
    if len(shown) > 1 and age and asked.has("paper") and age.means["order"] in _BY_AGE:
        return [newest(shown)[_BY_AGE[age.means["order"]]]], "order"
    if len(shown) > 1 and asked.has("these"):
        return shown, "these"
    return (shown[:1], "this") if shown and asked.has("this") else ([], "name")


def _described(asked: Asked, subject: str) -> list[Paper]:
    """The paper that what is left describes: "the paper on drones"."""
    if not 0 < len(subject.split()) <= TOPIC:
        return []
    if _THE_PAPER.search(asked.text):
        return asked.catalog.called(subject) or asked.catalog.described(subject)
    titled = subject.istitle() and _ONE_RECORD.match(asked.text)  # "who wrote Elastic Reasoning?"
    return asked.catalog.called(subject, described=bool(titled))


_THE_PAPER = re.compile(
    r"\b(?:the|that|this|which)\b[^.:?!]*?\b(?:paper|article|survey|study|thesis|report|one)\b",
    re.I,
)
_HAVE = re.compile(  # "Do you have the ZeRO paper?"
    r"^(?:(?:do|have) (?:you|we|i)\b.*\b(?:have|got|know)\b"
    r"|is there an? .*\b(?:called|named|titled)\b"
    r"|(?:is|are) .* (?:here|in (?:here|there|(?:the|this|your) (?:library|collection)))\W*$)",
    re.I,
)


def _supposed(asked: Asked, query: RecordQuery, left: list[Item]) -> tuple[RecordQuery, list[Item]]:
    """The query with what a yes-or-no question supposes of authors or year; what is left then."""
    if query.intent == "record" and not query.attributes and _HAVE.search(asked.text):
        return replace(query, attributes=("all",)), left
    if years := years_of(asked).get("filters"):
        return replace(
            query, attributes=("year",), claimed=(str(years.since or years.until),)
        ), left
    people = [i for i in left if i.text[0].isupper() or folded(i.text) in asked.catalog.surnames]
    claimed = tuple(item.text for item in people if not item.is_filler)
    wanted = query.attributes or (("authors",) if "by" in asked.words else ())
    left = [item for item in left if item not in people]
    return replace(query, attributes=wanted, claimed=claimed), left
