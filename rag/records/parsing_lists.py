"""Which papers a question wants listed, by all facets at once; or how a list is to go on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import takewhile
from typing import Any

from ingest.paper import folded
from rag.records.catalog import Catalog
from rag.records.items import Asked, Item, trimmed, word_set, words_of
from rag.records.query import SHOWN, TOPIC, RecordQuery
from rag.understand.intent import several_sought

_NOTHING = RecordQuery("list")
_FEW = 3  # papers that are put in order as a whole
_DEFAULTS = {name.name: getattr(_NOTHING, name.name) for name in fields(RecordQuery)}


def of_lists(asked: Asked, before: RecordQuery | None) -> RecordQuery | None:
    """Papers by all facets at once; None for a topic alone, which is asked of the texts."""
    several = len(asked.named) > 1
    these = asked.has("these") is not None or _WHICH_ONE.match(asked.text)
    scoped = len(asked.shown) > 1 and bool(these)
    follows = bool(asked.shown) and ("follow" in asked.items[0].means or scoped)
    asks = asked.asks() and not (asked.has("order") and asked.has("field"))
    got = facets_of(asked)
    if asks and not (follows or several):
        if not (got.get("authors") and asked.opens.startswith(_OF_PEOPLE)):
            return None
    if several:  # "which is older, X or Y?"
        return _older(asked, got)
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


def _older(asked: Asked, got: dict[str, Any]) -> RecordQuery | None:
    """Papers that are named, by age: "which is older, X or Y?", "was X out before Y?"."""
    order, rest = got.get("order"), got.keys() - {"number", "subject", "order"}
    if not order and asked.by_age():
        order = "oldest"
    return (
        RecordQuery("list", papers=tuple(asked.named), order=order) if order and not rest else None
    )


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
    order = asked.has("order")
    if order and len(shown) <= _FEW and not order.said.endswith("est"):
        got.pop("number", None)  # "which one is newer?": of two both are shown
    return RecordQuery("list", papers=shown, **got) if got and len(shown) > 1 else None


def _sure(query: RecordQuery, asked: Asked) -> bool:
    """Whether enough was understood: what is left is a topic of the library, or nothing is."""
    papers = asked.has("paper") or asked.words & _SOME or asked.opens == "which of them"
    known, short = asked.catalog.on_topic(query.subject), len(query.subject.split()) <= TOPIC
    if query == _NOTHING:
        return _EVERYTHING.search(asked.text) is not None
    if query == RecordQuery("list", query.subject):  # a topic that no record knows: of the texts
        several = several_sought(asked.text) and not re.search(r"\d", query.subject)
        few = len(query.subject.split()) < TOPIC
        return bool(known and few and several and (papers or asked.has("library", "view")))
    if any(len(topic.split()) > TOPIC for topic in query.without):
        return False
    if query.subject and not known:
        about = papers and (asked.words & _ABOUT or " " not in query.subject)
        said = (query.years and not query.not_years) or (query.counted and about)
        return bool(said and short and not query.term)
    return any((papers, query.subject, query.authors, query.years, query.counted, query.order))


_WHICH_ONE = re.compile(
    r"(?:(?:and|so|but) )?which(?: ones?\b| (?:was|is|came|appeared)\b)(?! (?:\w+ )?papers?\b)",
    re.I,
)
_OF_PEOPLE = ("who", "what", "did", "has", "have", "summari", "explain", "describe")
_ABOUT = frozenset("on about regarding concerning with for".split())
_SOME = frozenset("everything anything something stuff thing things any".split())
_EVERYTHING = re.compile(
    r"\b(?:list|show|all|every)\b.*\b(?:papers?|articles?|titles|library|collection)\b"
    r"|\beverything\b|^(?:list|show)(?: me)? all\W*$",
    re.I,
)


# facets: years, order, terms, authors

_OF_LISTS = ("years", "order", "sort", "coded", "count", "not", "entries", "number", "term",
             "these", "ask", "unranked")  # fmt: skip
_OR = re.compile(r" (?:or|and|nor) ")


def facets_of(asked: Asked) -> dict[str, Any]:
    """The facets of a list, by the names of RecordQuery's fields."""
    got: dict[str, Any] = years_of(asked) | order_of(asked)
    if coded := asked.has("coded"):
        got["coded"] = not coded.denied
    got["counted"] = asked.has("count") is not None
    got["attributes"] = ("bibtex",) if asked.has("entries") else ()
    got |= _term(asked)
    out = [*got.get("without", ()), *asked.denials()]
    people = [name for name in out if _are_authors(name, asked.catalog)]
    got["strangers"] = tuple(w for name in people for w in _OR.split(name))
    got["without"] = tuple(name for name in out if name not in people)
    got["authors"], left = _authors(asked)
    got["subject"] = words_of(left)
    return {name: value for name, value in got.items() if value or name == "coded"}


def years_of(asked: Asked) -> dict[str, Any]:
    if (item := asked.has("years")) is None or item.years is None:
        return {}
    said = {"filters": item.years.filters, "years": item.years.said, "each": item.years.each}
    return said | {"not_years": item.denied}


def order_of(asked: Asked) -> dict[str, Any]:
    """Newest, oldest or random, and how many."""
    order, count = asked.has("order"), number_of(asked)
    if order is None:
        return {"order": "newest"} if asked.has("sort") else {"number": count}
    which = order.means["order"]
    one = asked.words & _ONE or len(asked.text.split()) < 4
    sorted_by = asked.has("sort") and "place" not in order.means
    ordered = sorted_by or (asked.has("place") or order) is not order  # "newest first"
    count = count or (0 if ordered else 1 if one and which != "recent" else 5)
    return {"order": "newest" if which == "recent" else which, "number": count}


_ONE = frozenset("paper one article work survey study thing which".split())


def _term(asked: Asked) -> dict[str, Any]:
    """What the papers' texts have to say, in a word or two at the end of the question."""
    if (mention := asked.has("mention")) is None:
        return {}
    behind = list(takewhile(lambda item: "not" not in item.means, asked.behind(mention)))
    plain = [item for item in behind if not (item.is_mark or item.is_filler)]
    if not plain or len(words_of(behind).split()) > 3 or any(item.years for item in plain):
        return {}
    if behind[0].said in _MORE_OR_LESS:  # "which of them uses more memory?"
        return {}
    denied, term = mention.denied, words_of(plain).strip("\"'“”")
    for item in (mention, *behind):
        item.means, item.denied = {"term": ""}, False
    return {"without": (term,)} if denied else {"term": term}


_PRONOUNS = frozenset("he she we you".split())  # surnames, too, where they have a capital
_MORE_OR_LESS = frozenset("more fewer less most least".split())


def _authors(asked: Asked) -> tuple[tuple[str, ...], list[Item]]:
    """Whose papers, by names beside a word of authorship, and what is left beside these."""
    catalog, left = asked.catalog, asked.left(*_OF_LISTS)
    content = [item for item in left if not item.is_filler]
    surely = asked.has("by") or "from" in asked.words or "authors" in asked.values("field")
    alone = not asked.named and all(folded(i.text) in catalog.surnames for i in content)
    alone = alone and not any(item.text in _PRONOUNS for item in content)
    rest = trimmed(i for i in left if "by" not in i.means and i.means.get("field") != "authors")
    if surely or alone or asked.has("paper"):
        found = [
            item
            for item in content
            if folded(item.text) in catalog.surnames and "topic" not in item.means
            if item.text not in _PRONOUNS
            if item.text[0].isupper() or alone or not catalog.on_topic(item.text)
        ]
        names = tuple(_with_given(item, left, catalog) for item in found)
        if known := {word for name in names for word in name.split()}:
            return names, trimmed(item for item in rest if item.text not in known)
    name = words_of(rest)
    if not 0 < len(rest) <= 3 or any(i.means for i in rest) or catalog.on_topic(name):
        return (), rest
    here, one = catalog.by_author(name)[1], len(rest) == 1 and not catalog.has_word(name)
    meant = (surely and (here or one or name[0].isupper())) or (here and one and name[0].isupper())
    return ((name,), []) if meant else ((), rest)


def _are_authors(name: str, catalog: Catalog) -> bool:
    known = all(folded(part) in catalog.surnames for part in _OR.split(name))
    return known and not catalog.on_topic(name)


def _with_given(surname: Item, left: Sequence[Item], catalog: Catalog) -> str:
    """The surname with a first name before it, where an author is called so, or anyone could be."""
    first = left[left.index(surname) - 1]
    if first is left[-1] or first.is_filler or first.means:
        return surname.text
    full = f"{first.text} {surname.text}"
    return full if first.text[0].isupper() or catalog.by_author(full)[1] else surname.text


def number_of(asked: Asked) -> int:
    number = asked.has("number")
    return int(number.means["number"]) if number else 0
