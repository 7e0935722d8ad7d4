"""What a question asks of the records, from its items; None where it asks about the papers' texts.

Every kind of request takes the items that it knows; what is left then says whether it was
understood: nothing, or a topic of the library.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from ingest.paper import Paper, folded
from rag.records.catalog import Catalog
from rag.records.facets import facets_of, number_of, order_of, years_of
from rag.records.items import Asked, Item, trimmed, word_set, words_of
from rag.records.query import LONGEST, SHOWN, RecordQuery
from rag.records.words import FILLER, GROUP_FILLER
from rag.text.names import fold, names
from rag.understand.intent import several_sought
from rag.understand.summary import term_asked
from rag.understand.typed import bare

_TOPIC = 5  # words of a topic that the library doesn't have
_TOLD = 3  # authors of a paper by whom others are sought

_NOTHING = RecordQuery("list")
_DEFAULTS = {name.name: getattr(_NOTHING, name.name) for name in fields(RecordQuery)}
_TELLS_NOTHING = frozenset("ask follow this paper bound place number view here".split())
_OF_VIEWS = _TELLS_NOTHING | {"by", "library", "these", "all", "say"}


def may_ask(question: str) -> bool:
    """Whether ``parsed`` could find anything: cheap, so that most questions load no catalog."""
    if len(question) > LONGEST:
        return False
    asked = Asked(bare(question), Catalog(()))
    tags = {tag for item in asked.items for tag in item.means}
    return len(asked.words) <= 6 or bool(tags - _TELLS_NOTHING) or not asked.asks()


def asks_for_record(part: str) -> bool:
    """Whether one question of several has words of records: "who wrote it", "papers like it"."""
    asked = Asked(bare(part[:LONGEST]), Catalog(()))
    return asked.has("field", "similar", "entries", "count", "coded") is not None


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
    if (turn := _of_conversation(Asked(question, catalog, shown))) is not None:
        goes_on = turn.intent == "more" and before is not None and shown
        return replace(before, skip=before.skip + len(shown)) if before and goes_on else turn
    asked = Asked(bare(question), catalog, shown)
    if asked.has("text") or not asked.items:
        return None
    for kind in (
        _defined,
        _unrankable,
        _untold,
        _of_the_library,
        _grouped,
        _by_its_authors,
        _of_papers,
    ):
        if (query := kind(asked)) is not None:
            return query
    return _list(asked, before)


# whole messages


def _of_conversation(asked: Asked) -> RecordQuery | None:
    """Thanks, greetings and the like, with next to nothing else."""
    said = asked.values("say")
    others = [i for i in asked.items if "say" not in i.means and not i.is_mark]
    if not said or len(others) > 3 or not all(item.is_filler for item in others):
        return None
    intent = min(said, key=_TURNS.index)
    foreign = {"field", "order", "library", "view", *(("paper",) if intent != "more" else ())}
    if any(item.means.keys() & foreign for item in others):
        return None
    pointing = any("this" in item.means for item in others)
    return None if pointing and intent in ("more", "help") else RecordQuery(intent)


_TURNS = ("help", "shorter", "more", "doubt", "thanks", "greeting")  # which one counts first


def _defined(asked: Asked) -> RecordQuery | None:
    """What a term of the texts means or stands for, which isn't the name of a paper."""
    term, spelt_out = term_asked(bare(asked.text))
    if not term or word_set(term) <= FILLER:
        return None
    called = () if spelt_out else asked.catalog.called(term, described=False)
    if any(fold(term) in names(paper.title, paper.abstract).own for paper in called):
        return None
    there = asked.catalog.mentioning(term)
    return RecordQuery("define", term=term, counted=spelt_out) if there else None


def _unrankable(asked: Asked) -> RecordQuery | None:
    """The paper that is first by what texts report: "which paper has the largest speedup?"."""
    most = asked.has("ranked", "extreme", "unranked")
    if most is None or asked.named or asked.shown or not _OVER_ALL.search(bare(asked.text)):
        return None
    behind = [i for i in asked.behind(most) if not i.is_mark]
    if any(i.means.keys() & {"paper", "group", "order", "unrecorded", "cited"} for i in behind[:2]):
        return None
    of = [i.text for i in trimmed(behind) if not (i.is_filler or _SOME_WORK.fullmatch(i.text))]
    measure = " ".join([*of, most.means.get("ranked", "")]).strip()
    return RecordQuery("unrankable", measure) if measure else None


_SOME_WORK = re.compile(
    r"(?:paper|system|method|approach|technique|framework|work|one|tool|optimi[sz]er|algorithm"
    r"|solution|study|way|engine|scheduler)(?:e?s)?",
    re.I,
)
_OVER_ALL = re.compile(
    rf"^(?:who\b|(?:which|what) (?:\w+ ){{0,2}}{_SOME_WORK.pattern}\b(?! (?:of|in) )"
    r"|what is the \w+(?: \w+){1,4}$|.*\b(?:any(?:one|body| paper)|here|in the library)$)",
    re.I,
)


def _untold(asked: Asked) -> RecordQuery | None:
    """What no record tells: citations, names by their letters, figures over all texts."""
    if asked.has("unrecorded") or _of_citations(asked):
        return RecordQuery("unrecorded")
    last = asked.items[-1].text
    if asked.has("letters") and len(last) == 1 and last.isalpha():
        return RecordQuery("letters")
    what = asked.opens.startswith(("what", "which", "on average", "average", "mean"))
    if asked.named or not what or not asked.left("ask", "view", "extreme", "mean", "all"):
        return None
    most, over = asked.has("extreme"), asked.has("all")
    usual = most is not None and (
        most.said.endswith(("ed", "often", "common", "popular", "frequent", "frequently"))
        or (asked.words & _PREVAILING and not trimmed(asked.behind(most)))
    )
    if usual and (noun := asked.has("group")):  # "what GPU do people use most?" counts no people
        usual = next(i for i in asked.items if not i.is_filler or "group" in i.means) is not noun
    told = usual or (over and (asked.has("mean") or " do " in over.said))
    return RecordQuery("uncountable") if told else None


_PREVAILING = frozenset("used mentioned studied people papers they authors".split())


def _of_citations(asked: Asked) -> bool:
    """ "Which papers does X cite?", "how many citations does it have?"."""
    if "citations" in asked.words:
        return asked.has("count", "extreme") is not None
    often = "cited" in asked.words and asked.words & {"often", "times"}
    does = asked.words & {"does", "did", "do"} and not asked.words & {"i", "we", "you"}
    return bool(often or (does and asked.items[-1].said == "cite"))


def _of_the_library(asked: Asked) -> RecordQuery | None:
    """The library as a whole."""
    view = asked.has("view")
    tags = {tag for item in asked.items for tag in item.means}
    if view is None or tags - _OF_VIEWS or asked.left("view", "library", "ask", "say"):
        return None
    whole = asked.has("library") or view.said.startswith("what do you")
    whole = whole or "everything" in asked.words or (view.said in _VIEWS and not asked.shown)
    papers = asked.has("paper") and (asked.has("this", "these") or "kind" in view.said)
    return RecordQuery("overview") if whole or papers else None


_VIEWS = ("overview", "summary", "outline")


# authors, years or topics, and how many papers each has


def _grouped(asked: Asked) -> RecordQuery | None:
    """Authors, years or topics: all, the most frequent, or those with so many papers at least."""
    noun, several, most = asked.has("group"), asked.has("several"), asked.has("extreme")
    if noun is None and (several or most) and asked.opens.startswith("who"):
        noun = asked.items[0]
    if noun is None or noun.denied or asked.named or asked.has("sort"):
        return None
    group = noun.means.get("group", "authors")
    here = asked.has("library", "extreme", "count") or "here" in asked.words
    if group == "authors" and asked.shown and (not here or "it" in asked.words):
        return None  # of the paper shown, then
    many = "group" in noun.means and noun.said.endswith(("s", "span", "range", "period", "people"))
    every = many and (asked.words & _LISTING or len(asked.items) == 1)
    if not (several or most or every or asked.has("per")) or len(asked.values("field")) > 1:
        return None
    left = [i for i in asked.left(*_OF_GROUPS) if i is not noun and i.said not in GROUP_FILLER]
    subject = words_of(trimmed(left))
    if subject and not asked.catalog.on_topic(subject):
        return None
    count = number_of(asked)
    got = years_of(asked) | {"group": group, "subject": subject}
    if several:
        got["least"] = (count or 1) + 1 if several.said.endswith(("than", "over")) else count or 2
    elif most and (count or not many):
        got |= {"extreme": most.means["extreme"], "number": count or 1}
    return RecordQuery("group", **got)


_LISTING = frozenset("what which list show all your many who".split())
_OF_GROUPS = ("field", "years", "extreme", "several", "number", "count", "per", "ask", "library",
              "view", "by", "paper", "these", "all")  # fmt: skip


# one paper, or several: their records, and their neighbours


def _by_its_authors(asked: Asked) -> RecordQuery | None:
    """Papers by the authors of the one that is named: "what else did the author of X write?"."""
    if len(asked.named) != 1 or not _SAME_AUTHORS.search(asked.text):
        return None
    theirs = tuple(a for a in asked.named[0].authors if a.casefold() != "others")[:_TOLD]
    return RecordQuery("list", authors=theirs) if theirs else None


_SAME_AUTHORS = re.compile(
    r"\b(?:by|from) (?:the )?(?:same )?(?:authors?|people|team|group) (?:of|as|behind|that|who)\b"
    r"|\b(?:else|other|more)\b.*\bauthors? of\b",
    re.I,
)


def _of_papers(asked: Asked) -> RecordQuery | None:
    """Attributes of papers that are named or pointed at, or papers like them; nothing else."""
    similar, wanted = asked.has("similar") is not None, asked.values("field")
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
    own = {word for paper in papers for word in word_set(paper.title)} | FILLER
    strange = any(len(word) > 2 for item in left for word in word_set(item.text) - own)
    if not papers and strange and _ONE_RECORD.match(asked.text):
        return None if asked.words & {"all", "papers"} else replace(query, subject=words_of(left))
    if not (papers or asked.shown):
        return None
    if similar and asked.catalog.on_topic(subject := words_of(left)):
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


def _pointed(asked: Asked) -> tuple[list[Paper], str]:
    """The papers of the last reply that "the second one" or "it" means, and the tag for that."""
    place, shown = asked.has("place"), list(asked.shown)
    if shown and place and "order" not in place.means and int(place.means["place"]) < len(shown):
        return [shown[int(place.means["place"])]], "place"
    if len(shown) > 1 and asked.has("these"):
        return shown, "these"
    return (shown[:1], "this") if shown and asked.has("this") else ([], "name")


def _described(asked: Asked, subject: str) -> list[Paper]:
    """The paper that what is left describes: "the paper on drones"."""
    if not 0 < len(subject.split()) <= _TOPIC:
        return []
    if _THE_PAPER.search(asked.text):
        return asked.catalog.called(subject) or asked.catalog.described(subject)
    return asked.catalog.called(subject, described=False)


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


# lists of papers


def _list(asked: Asked, before: RecordQuery | None) -> RecordQuery | None:
    """Papers by all facets at once; None for a topic alone, which is asked of the texts."""
    several = len(asked.named) > 1
    scoped = len(asked.shown) > 1 and asked.has("these") is not None
    follows = bool(asked.shown) and ("follow" in asked.items[0].means or scoped)
    asks = asked.asks() and not (asked.has("order") and asked.has("field"))
    got = facets_of(asked)
    if asks and not (follows or several):
        if not (got.get("authors") and asked.opens.startswith(_OF_PEOPLE)):
            return None
    if several:  # "which is older, X or Y?"
        compared = got.keys() - {"number", "subject"} == {"order"}
        both = RecordQuery("list", papers=tuple(asked.named), order=got.get("order", ""))
        return both if compared else None
    if asked.catalog.named_at([got.get("subject", "")]):
        return None  # what is asked of one paper, not of papers
    if asked.has("unranked"):
        return _unranked(asked, got)
    complete = len(asked.shown) < SHOWN
    sought = any("paper" in item.means and not item.denied for item in asked.items)
    if follows or (asked.shown and not sought):
        if found := _continued(asked, got, None if scoped and complete else before):
            return found
    query = RecordQuery("list", **got)
    return query if _sure(query, asked) else None


def _unranked(asked: Asked, got: dict[str, Any]) -> RecordQuery | None:
    """The best or most cited papers, on a topic perhaps, which no record tells."""
    subject = got.get("subject", "")
    if got.keys() - {"subject", "number"} or not asked.has("paper"):
        return None
    on = not subject or asked.catalog.on_topic(subject)
    return RecordQuery("unrecorded", subject) if on else None


def _continued(asked: Asked, got: dict[str, Any], before: RecordQuery | None) -> RecordQuery | None:
    """The last list with facets changed, or what it showed narrowed; None where it is left."""
    word, shown = got.get("subject", "").casefold(), tuple(asked.shown)
    which = asked.opens.startswith("which") and asked.has("these")
    if which and any(word in word_set(paper.title) for paper in shown):
        return RecordQuery("list", papers=shown, term=word)
    if word:
        known_topic = before is not None and asked.catalog.on_topic(got["subject"])
        if not (known_topic and "follow" in asked.items[0].means):
            return None
    changed = [name for name in got if getattr(before or _NOTHING, name) != _DEFAULTS[name]]
    if before is not None and (
        changed or got.keys() & {"subject", "counted"} or len(shown) >= SHOWN
    ):
        return replace(before, **got, skip=0)
    return RecordQuery("list", papers=shown, **got) if got and len(shown) > 1 else None


def _sure(query: RecordQuery, asked: Asked) -> bool:
    """Whether enough was understood: what is left is a topic of the library, or nothing is."""
    papers = asked.has("paper") or asked.words & _SOME or asked.opens == "which of them"
    known, short = asked.catalog.on_topic(query.subject), len(query.subject.split()) <= _TOPIC
    if query == _NOTHING:
        return _EVERYTHING.search(asked.text) is not None
    if query == RecordQuery("list", query.subject):  # a topic that no record knows: of the texts
        several = several_sought(asked.text) and not re.search(r"\d", query.subject)
        few = len(query.subject.split()) < _TOPIC
        return bool(known and few and several and (papers or asked.has("library", "view")))
    if any(len(topic.split()) > _TOPIC for topic in query.without):
        return False
    if query.subject and not known:
        about = papers and (asked.words & _ABOUT or " " not in query.subject)
        said = (query.years and not query.not_years) or (query.counted and about)
        return bool(said and short and not query.term)
    return any((papers, query.subject, query.authors, query.years, query.counted, query.order))


_OF_PEOPLE = ("who", "what", "did", "has", "have", "summari", "explain", "describe")
_ABOUT = frozenset("on about regarding concerning with for".split())
_SOME = frozenset("everything anything something stuff thing things any".split())
_EVERYTHING = re.compile(
    r"\b(?:list|show|all|every)\b.*\b(?:papers?|articles?|titles|library|collection)\b|\beverything\b",
    re.I,
)
