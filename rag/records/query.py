"""What a question asks of the records: its facets are taken out of it, one after another.

What is left when all are taken says whether it was understood: nothing, or a topic of the library.
Else the question is one about the papers' texts.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from ingest.paper import Paper, folded
from rag.records import cues
from rag.records.catalog import Catalog
from rag.records.cues import FILLER
from rag.records.facets import (
    Asked,
    RecordQuery,
    facets,
    take_order,
    take_years,
    word_set,
)
from rag.records.sentences import bare, known
from rag.records.years import years_in

MOST_SHOWN = 10  # papers that a list shows; a longer one goes on beyond them
LONGEST = 300  # characters of a question that is read here
_TOPIC = 5  # words of a topic that the library doesn't have


def may_ask(question: str) -> bool:
    """Whether ``parsed`` could find anything: cheap, so that most questions load no catalog."""
    asked = bare(question)
    patterns = (
        *cues.ATTRIBUTES.values(), *cues.GROUPS.values(), cues.SIMILAR, cues.COUNT, cues.ORDER,
        cues.AUTHORED, cues.SURELY_AUTHORED, cues.CODED, cues.MENTIONS, cues.LEFT_OUT,
    )  # fmt: skip
    return len(question) <= LONGEST and (
        known(question) is not None
        or len(asked.split()) <= 6
        or years_in(asked) is not None
        or any(pattern.search(asked) for pattern in patterns)
        or (cues.PAPERS.search(asked) is not None and not _asks(asked))
    )


def parsed(
    question: str,
    catalog: Catalog,
    shown: Sequence[Paper] = (),
    before: RecordQuery | None = None,
) -> RecordQuery | None:
    """What ``question`` asks of the records; None where it asks about the papers' texts.

    ``shown`` are the papers of the last reply, and ``before`` the query that it answered.
    """
    if len(question) > LONGEST:
        return None
    if (row := known(question)) is not None:
        return RecordQuery(row)
    text = _mended(bare(question), catalog)
    if cues.OF_AUTHORS.match(text):
        return None

    def asked() -> Asked:
        return Asked(text, catalog, shown)

    return (
        _grouped(asked())
        or _by_its_authors(asked())
        or _of_papers(asked())
        or _list(asked(), before)
    )


def _mended(text: str, catalog: Catalog) -> str:
    """``text`` with misspelt words of asking put right: words that no paper has."""
    known_words = _SPELT.union(*(topic.split() for topic in catalog.topics))
    for word in re.findall(r"(?<![\w-])[a-z]{5,}(?![\w-])", text):
        if word in FILLER or word in known_words:
            continue
        close = difflib.get_close_matches(word, known_words, n=1, cutoff=0.85)
        if close and not catalog.has_word(word):
            text = re.sub(rf"\b{word}\b", close[0], text)
    return text


_SPELT = frozenset(
    "anything everything something about after before between newest latest oldest earliest recent"
    " similar papers paper articles surveys survey studies published authors author authored wrote"
    " written written topics topic years without except excluding which where mention bibtex"
    " abstract number count with code journal venue conference".split()
)


def _by_its_authors(asked: Asked) -> RecordQuery | None:
    """Papers by the authors of the one that is named."""
    if len(asked.named) != 1 or not _SAME_AUTHORS.search(asked.rest):
        return None
    theirs = tuple(a for a in asked.named[0].authors if a.casefold() != "others")[:_TOLD]
    return RecordQuery("list", authors=theirs) if theirs else None


# one paper, or several: their records, and their neighbours


def _of_papers(asked: Asked) -> RecordQuery | None:
    """Attributes of papers that are named or pointed at, or papers like them; nothing else."""
    if cues.CODED.search(asked.rest) and not asked.named:
        if not asked.shown or not cues.THIS.search(asked.rest):
            return None
    similar = asked.take_all(cues.SIMILAR)
    wanted = tuple(name for name, cue in cues.ATTRIBUTES.items() if asked.take_all(cue))
    many = cues.COUNT.search(asked.rest) or (cues.ORDER.search(asked.rest) and not similar)
    if many or not (similar or wanted or cues.YES_OR_NO.match(asked.text)):
        return None
    papers = asked.named or _pointed(asked) or _described(asked)
    query = _supposed(
        asked, RecordQuery("similar" if similar else "record", "", tuple(papers), wanted)
    )
    if similar if len(papers) > 1 else not (similar or query.attributes):
        return None  # "Are they similar?"
    if similar:
        got: dict[str, Any] = {}
        take_years(asked, got)
        take_order(asked, got)
        query = replace(query, **got)
    own = {word for paper in papers for word in word_set(paper.title)}
    left = {word for word in word_set(asked.rest) - FILLER - own if len(word) > 2}
    if not papers and left and _of_one(asked.text):
        subject = _AROUND_A_NAME.sub("", asked.rest.strip(" ?.!"))
        # "Who wrote about caches?" asks for papers on a topic.
        return None if _ON_A_TOPIC.match(subject) else replace(query, subject=subject)
    if not (papers or asked.shown):
        return None
    if similar and asked.catalog.on_topic(subject := asked.subject()):
        return replace(query, subject=subject)
    return None if left else query


def _of_one(text: str) -> bool:
    several = re.search(r"\b(?:all|papers)\b", text, re.I)
    return several is None and cues.OF_ONE_PAPER.match(text) is not None


_TOLD = 3  # authors of a paper by whom others are sought
_SAME_AUTHORS = re.compile(  # "What else did the author of X write?"
    r"\b(?:by|from) (?:the )?(?:same )?(?:authors?|people|team|group) (?:of|as|behind|that|who)\b"
    r"|\b(?:else|other|more)\b.*\bauthors? of\b",
    re.I,
)
_HAVE = re.compile(  # "Do you have the ZeRO paper?"
    r"^(?:(?:do|have) (?:you|we|i)\b.*\b(?:have|got|know)\b"
    r"|is there an? .*\b(?:called|named|titled)\b"
    r"|(?:is|are) .* (?:here|in (?:here|there|(?:the|this|your) (?:library|collection)))\W*$)",
    re.I,
)
_ON_A_TOPIC = re.compile(r"(?:about|on|regarding|concerning)\b", re.I)
_AROUND_A_NAME = re.compile(
    r"^(?:of |for |to )?(?:the |an? )?(?=\S)"
    r"|(?:\s+(?:paper|article|published|written|appear\w*|come out))+$",
    re.I,
)


def _pointed(asked: Asked) -> list[Paper]:
    """The papers of the last reply that "the second one", "they" or "it" means."""
    if not asked.shown:
        return []
    if found := cues.ORDINAL.search(asked.rest):
        place = cues.place(found)
        if place < len(asked.shown):
            asked.cut(found.start(), found.end())
            return [asked.shown[place]]
    if len(asked.shown) > 1 and asked.take(cues.THESE):
        return list(asked.shown)
    return [asked.shown[0]] if asked.take(cues.THIS) else []


def _described(asked: Asked) -> list[Paper]:
    """The paper that what is left describes: "the paper on drones"."""
    subject = asked.subject()
    if len(subject.split()) > _TOPIC:
        return []
    if _THE_PAPER.search(asked.text):
        papers = asked.catalog.called(subject) or asked.catalog.described(subject)
    else:
        papers = asked.catalog.called(subject, described=False)
    asked.rest = "" if papers else asked.rest
    return papers


_THE_PAPER = re.compile(
    r"\b(?:the|that|this|which)\b[^.:?!]*?\b(?:paper|article|survey|study|thesis|report|one)\b",
    re.I,
)


def _supposed(asked: Asked, query: RecordQuery) -> RecordQuery:
    """The query with what a yes-or-no question supposes of authors or year."""
    if not asked.named or not cues.YES_OR_NO.match(asked.text):
        return query
    attributes, claimed = list(query.attributes), []
    if query.intent == "record" and not attributes and _HAVE.search(asked.text):
        return replace(query, attributes=("all",))
    if years := years_in(asked.rest):
        asked.cut(years.start, years.end)
        claimed, attributes = [str(years.filters.since or years.filters.until)], ["year"]
    else:
        if not attributes and re.search(r"\bby\b", asked.rest):
            attributes = ["authors"]
        claimed = [
            word
            for word in re.findall(r"[^\W\d_][\w'’-]+", asked.rest)
            if word[0].isupper() or folded(word) in asked.catalog.surnames
            if folded(word) not in FILLER
        ]
        for word in claimed:
            asked.rest = re.sub(rf"\b{re.escape(word)}\b", " ", asked.rest)
    return replace(query, attributes=tuple(attributes), claimed=tuple(claimed))


# authors, years or topics, and how many papers each has


def _grouped(asked: Asked) -> RecordQuery | None:
    """Authors, years or topics: all, the most frequent, or those with so many papers at least."""
    got: dict[str, Any] = {}
    take_years(asked, got)  # "the last two years" are no group
    found = {name: cue.search(asked.rest) for name, cue in cues.GROUPS.items()}
    at = {name: match for name, match in found.items() if match is not None}
    if not at or asked.named or cues.SORTED.search(asked.rest):
        return None
    group = min(at, key=lambda name: at[name].start())
    if cues.NOT_BEFORE.search(asked.rest[: at[group].start()]):
        return None  # "papers with no topic"
    if group == "authors" and asked.shown and (_IT.search(asked.text) or not _HERE(asked.text)):
        return None  # of the paper shown, then
    got["group"] = group
    if not _take_extent(asked, at[group][0], got):
        return None
    asked.take_all(cues.GROUPS[group])
    asked.take_all(cues.COUNT)
    asked.rest = cues.PER.sub(" ", asked.rest)
    got["subject"] = asked.subject(FILLER | cues.GROUP_FILLER)
    if got["subject"] and not asked.catalog.on_topic(got["subject"]):
        return None
    return RecordQuery("group", **got)


def _take_extent(asked: Asked, noun: str, got: dict[str, Any]) -> bool:
    """Which of a group's members are asked for; whether any are."""
    if more := asked.take(cues.MORE_THAN):
        got["least"] = cues.numeral(more["n"] or "two") + (more["over"] is not None)
        return True
    all_of = _all_of(asked.rest, re.escape(noun))
    if most := asked.take(cues.MOST):
        number = asked.take(cues.NUMBER)
        several = noun.lower().endswith("s") and not noun.lower().startswith("who")
        if number or not several:
            got["extreme"] = "least" if most["least"] else "most"
            got["number"] = cues.numeral(number[1]) if number else 1
        asked.take_all(cues.MOST)
    return all_of or most is not None


_HERE = re.compile(
    r"\b(?:here|most|in (?:this|the|your) (?:library|collection)|how many)\b", re.I
).search
_IT = re.compile(r"\bits?\b", re.I)


def _all_of(text: str, noun: str) -> bool:
    """Whether all authors, years or topics are asked for: "what topics", "papers per year"."""
    asking = rf"\b(?:per|each|every|by|how many(?: \w+)?) {noun}\b"
    if re.search(r"(?:s|span|range|period)$", noun, re.I):
        asking += rf"|\b(?:what|which|list|show|all|the|your)(?: \w+){{0,3}} {noun}\b|^{noun}\W*$"
    if not re.search("author", noun, re.I):
        asking += rf"|^{noun} (?:in|of|from|since)\b"
    return re.search(asking, text, re.I) is not None


# lists of papers


def _list(asked: Asked, before: RecordQuery | None) -> RecordQuery | None:
    """Papers by all facets at once; None for a topic alone, which is asked of the texts."""
    several = len(asked.named) > 1
    if not several:
        asked.rest = asked.text
    scoped = len(asked.shown) > 1 and asked.take(cues.THESE) is not None
    follows = (asked.shown and asked.take(cues.GOES_ON) is not None) or scoped
    entries = asked.take(cues.AS_BIBTEX)
    asks = _asks(asked.text)
    if asks and cues.ORDER.search(asked.rest):  # "Who wrote the newest?"
        asks = not any([asked.take_all(cue) for cue in cues.ATTRIBUTES.values()])
    got = facets(asked) | ({"attributes": ("bibtex",)} if entries else {})
    if asks and not (follows or several):
        if not (got.get("authors") and _OF_SOMEONE.match(asked.text)):
            return None
    if len(asked.named) == 1 and asked.catalog.named(got.get("subject", ""))[0]:
        return None  # what is asked of one paper, not of papers
    if several:  # "which is older, X or Y?"
        compared = got.keys() - {"number"} == {"order"}
        both = RecordQuery("list", papers=tuple(asked.named), order=got.get("order", ""))
        return both if compared else None
    if asked.take(cues.UNRANKED):
        return _unranked(asked, got)
    complete = len(asked.shown) < MOST_SHOWN
    if follows or (asked.shown and not cues.PAPERS.search(asked.text)):
        if found := _continued(asked, got, None if scoped and complete else before):
            return found
    query = RecordQuery("list", **got)
    return query if _sure(query, asked) else None


def _unranked(asked: Asked, got: dict[str, Any]) -> RecordQuery | None:
    """The best or most cited papers, on a topic perhaps, which no record tells."""
    subject = asked.subject()
    if got.keys() - {"subject"} or not cues.PAPERS.search(asked.text):
        return None
    on = not subject or asked.catalog.on_topic(subject)
    return RecordQuery("unrecorded", subject) if on else None


def _continued(asked: Asked, got: dict[str, Any], before: RecordQuery | None) -> RecordQuery | None:
    """The last list with facets changed, or what it showed narrowed; None where it is left."""
    word = got.get("subject", "").casefold()
    if _WHICH_OF.match(asked.text) and any(word in word_set(p.title) for p in asked.shown):
        return RecordQuery("list", papers=tuple(asked.shown), term=word)
    if "subject" in got:
        known_topic = before is not None and asked.catalog.on_topic(got["subject"])
        if not (known_topic and cues.GOES_ON.match(asked.text)):
            return None
    changed = [name for name in got if getattr(before or _NOTHING, name) != _DEFAULTS[name]]
    if before is not None and (
        changed or got.keys() & {"subject", "counted"} or len(asked.shown) >= MOST_SHOWN
    ):
        return replace(before, **got)
    several = got and len(asked.shown) > 1
    return RecordQuery("list", papers=tuple(asked.shown), **got) if several else None


_WHICH_OF = re.compile(r"which(?: ones?)? of (?:them|these|those) (?:is|are|uses?)\b", re.I)
_NOTHING = RecordQuery("list")
_DEFAULTS = {name.name: getattr(_NOTHING, name.name) for name in fields(RecordQuery)}


def _sure(query: RecordQuery, asked: Asked) -> bool:
    """Whether enough was understood: what is left is a topic of the library, or nothing is."""
    papers = cues.PAPERS.search(asked.text) is not None
    if query == _NOTHING:
        return _EVERYTHING.search(asked.text) is not None
    if query == RecordQuery("list", query.subject):  # a topic alone is asked of the texts
        every = _HELD.search(asked.text) and len(query.subject.split()) < _TOPIC
        return bool(every and asked.catalog.on_topic(query.subject))
    if any(len(topic.split()) > _TOPIC for topic in query.without):
        return False
    if query.subject and not asked.catalog.on_topic(query.subject):
        about = _ABOUT.search(asked.text) or (papers and " " not in query.subject)
        said = (query.years and not query.not_years) or (query.counted and about)
        return bool(said and not query.term and len(query.subject.split()) <= _TOPIC)
    return any((papers, query.subject, query.authors, query.years, query.counted, query.order))


_EVERYTHING = re.compile(
    rf"\b(?:list|show|all|every)\b.*\b(?:{cues.PAPER}|titles|library|collection)\b|\beverything\b",
    re.I,
)
_HELD = re.compile(r"\b(?:in|of) (?:this|the|your) (?:library|collection)\b", re.I)
_ABOUT = re.compile(rf"\b{cues.PAPER}\b.* (?:on|about|regarding|concerning|with|for)\b", re.I)


def _asks(asked: str) -> bool:
    """Whether some sentence asks for more than papers."""
    return any(cues.ASKS.match(said) for said in re.split(r"(?<=[.?!;:]) +", asked))


_OF_SOMEONE = re.compile(r"(?:who|what) (?:has|did|does|have)\b|who is\b", re.I)  # "Who is Reed?"
