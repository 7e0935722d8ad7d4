"""Which papers a question wants listed, by all facets at once; or how a list is to go on."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

from rag.records.facets import facets_of
from rag.records.items import Asked, word_set
from rag.records.query import SHOWN, TOPIC, RecordQuery
from rag.understand.intent import several_sought

_NOTHING = RecordQuery("list")
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


_WHICH_ONE = re.compile(r"(?:(?:and|so|but) )?which one\b", re.I)
_OF_PEOPLE = ("who", "what", "did", "has", "have", "summari", "explain", "describe")
_ABOUT = frozenset("on about regarding concerning with for".split())
_SOME = frozenset("everything anything something stuff thing things any".split())
_EVERYTHING = re.compile(
    r"\b(?:list|show|all|every)\b.*\b(?:papers?|articles?|titles|library|collection)\b"
    r"|\beverything\b|^(?:list|show)(?: me)? all\W*$",
    re.I,
)
