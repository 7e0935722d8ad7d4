"""The facets of a list of papers, from the question's items: years, order, terms, authors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from ingest.paper import folded
from rag.records.catalog import Catalog
from rag.records.items import Asked, Item, trimmed, words_of

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
