"""The facets of a question of the records, which are taken out of it one after another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.filters import EVERYTHING, Filters
from ingest.paper import Paper, folded
from rag.records import cues
from rag.records.catalog import Catalog
from rag.records.cues import FILLER
from rag.records.years import years_in


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """One question of the records.

    ``intent`` is a row's of ``sentences.ROWS``, or "record" (attributes of papers), "similar",
    "list", "group" (authors, years or topics with their counts). ``papers`` are those it is about,
    none where "it" is; ``attributes`` what is asked of their record, ``claimed`` what a yes-or-no
    question supposes of it. The rest are facets of a list, each empty where none was said:
    ``subject`` a topic, ``term`` what the text has, ``authors`` whose, ``strangers`` not whose,
    ``without`` topics left out, ``coded`` with or without an address of code, ``filters`` the
    years, ``years`` how they were said, ``each`` single ones, ``not_years`` that these are left
    out; ``order`` "newest" or "oldest", ``number`` how many; ``counted`` that a number is asked
    for; ``extreme`` "most" or "least" of a ``group``, ``least`` how many papers each has at least.
    """

    intent: str
    subject: str = ""
    papers: tuple[Paper, ...] = ()
    attributes: tuple[str, ...] = ()
    claimed: tuple[str, ...] = ()
    term: str = ""
    authors: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    coded: bool | None = None
    filters: Filters = EVERYTHING
    years: str = ""
    each: tuple[int, ...] = ()
    not_years: bool = False
    order: str = ""
    number: int = 0
    counted: bool = False
    group: str = ""
    extreme: str = ""
    least: int = 0

    @property
    def said(self) -> str:
        """The facets in words: " by Reed, 2024 and later"."""
        parts = (
            f" by {' or '.join(self.authors)}" if self.authors else "",
            f" with “{self.subject}” in title or topics" if self.subject else "",
            f" that mention “{self.term}”" if self.term else "",
            f", {'not ' * self.not_years}{self.years}" if self.years else "",
            f", not by {' or '.join(self.strangers)}" if self.strangers else "",
            "".join(f", without “{left_out}”" for left_out in self.without),
            "" if self.coded is None else f", with{'' if self.coded else 'out'} code on record",
            " of these" if self.papers else "",
        )
        return "".join(parts)


@dataclass
class Asked:
    """A question, and the part of it that isn't understood yet."""

    text: str
    catalog: Catalog
    shown: Sequence[Paper]
    rest: str = ""
    named: list[Paper] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.named, self.rest = self.catalog.named(self.text)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What ``pattern`` finds in the rest, which loses it."""
        if (found := pattern.search(self.rest)) is not None:
            self.cut(found.start(), found.end())
        return found

    def take_all(self, pattern: re.Pattern[str]) -> bool:
        """Take all that ``pattern`` finds; whether it found any."""
        found = False
        while self.take(pattern):
            found = True
        return found

    def cut(self, start: int, end: int) -> bool:
        """Take a stretch out of the rest; whether a "not" stood before it, which goes with it."""
        before = self.rest[:start]
        denied = cues.NOT_BEFORE.search(before)
        before = before[: denied.start()] if denied else before
        self.rest = " ".join(f"{before} {self.rest[end:]}".split())
        return denied is not None

    def subject(self, filler: frozenset[str] = FILLER) -> str:
        """What the rest is about: without the fillers at its ends, but for those in topics."""
        rest = self.rest
        for topic in self.catalog.topics:
            if " " in topic and topic in rest.casefold():
                rest = re.sub(re.escape(topic), topic.replace(" ", "_"), rest, flags=re.I)
        return left_over(rest, filler).replace("_", " ")


def facets(asked: Asked) -> dict[str, Any]:
    """The facets of a list that ``asked`` says, by the names of RecordQuery's fields."""
    got: dict[str, Any] = {}
    take_code(asked, got)
    take_years(asked, got)
    take_order(asked, got)
    got["counted"] = asked.take(cues.COUNT) is not None
    take_number(asked, got)
    take_term(asked, got)
    take_left_out(asked, got)
    take_authors(asked, got)
    got["subject"] = asked.subject()
    return {name: value for name, value in got.items() if value or name == "coded"}


def take_code(asked: Asked, got: dict[str, Any]) -> None:
    if found := cues.CODED.search(asked.rest):
        denied = asked.cut(*found.span())
        got["coded"] = found["no"] is None and not denied


def take_years(asked: Asked, got: dict[str, Any]) -> None:
    if years := years_in(asked.rest):
        got["not_years"] = asked.cut(years.start, years.end)
        got |= {"filters": years.filters, "years": years.said, "each": years.each}
        asked.rest = re.sub(r"\b(?:are|were|is|that|which)\s*$", "", asked.rest)


def take_order(asked: Asked, got: dict[str, Any]) -> None:
    sorted_ = asked.take(cues.SORTED)
    found = cues.ORDER.search(asked.rest)
    if found is None and not sorted_:
        return
    got["order"] = "oldest" if found and found["old"] else "newest"
    if found and found["any"]:
        got["order"] = "random"
    one = re.search(r"\b(?:paper|one|article|work|survey|study|thing|which)\b", asked.rest, re.I)
    short = len(asked.rest.split()) < 4
    if found:
        asked.cut(*found.span())
        asked.take_all(cues.ORDER)  # "the last one, I mean the newest"
    first = re.search(r"\bfirst\b", asked.rest, re.I)  # "newest first" orders all
    got["number"] = (
        0 if sorted_ or first else 1 if (one or short) and not (found and found["some"]) else 5
    )


def take_number(asked: Asked, got: dict[str, Any]) -> None:
    if found := cues.NUMBER.search(asked.rest):
        if got.get("order") or re.match(rf" (?:\w+ )?{cues.PAPER}\b", asked.rest[found.end() :]):
            asked.cut(*found.span())
            got["number"] = cues.numeral(found[1])


def take_term(asked: Asked, got: dict[str, Any]) -> None:
    if found := cues.MENTIONS.search(asked.rest):
        term = left_over(found["x"]).strip("\"'“”")
        got |= {"without": (term,)} if asked.cut(*found.span()) else {"term": term}


def take_left_out(asked: Asked, got: dict[str, Any]) -> None:
    rest = re.sub(r"\bnon-(?P<x>[\w-]+)(?P<after>.*)", r"\g<after> not \g<x>", asked.rest)
    while found := cues.LEFT_OUT.search(rest):
        kept = found["s"] or rest[: found.start()]
        if not (found["s"] or left_over(kept) or cues.PAPERS.search(rest)):
            break
        got["without"] = (left_over(found["x"]) or found["x"], *got.get("without", ()))
        rest = re.sub(r"\b(?:and|or)\s*$", "", kept)
    asked.rest = rest


def take_authors(asked: Asked, got: dict[str, Any]) -> None:
    """Whose papers: names that the library's authors have, beside a word of authorship."""
    catalog = asked.catalog
    out = [name for name in got.get("without", ()) if _is_author(name, catalog)]
    if out:
        got["strangers"] = tuple(w for name in out for w in re.split(r" (?:or|and|nor) ", name))
        got["without"] = tuple(name for name in got["without"] if name not in out)
    rest = asked.rest
    cue = cues.AUTHORED.search(rest) or cues.SURELY_AUTHORED.search(rest)
    bare_name = not asked.named and not word_set(rest) - FILLER - catalog.surnames
    if cue is None and not bare_name:
        name = left_over(rest)
        alone = len(name.split()) == 1 and name[:1].isupper() and not catalog.on_topic(name)
        if alone and catalog.by_author(name)[1] and not catalog.has_word(name):
            got["authors"], asked.rest = (name,), ""
        return
    tokens = re.findall(r"[^\W\d_][\w.-]*(?:[’'](?!s\b)\w+)*", rest)
    found = [t for t in tokens if folded(t.rstrip(".")) in catalog.surnames - FILLER]
    found = [t for t in found if t[0].isupper() or bare_name or not catalog.on_topic(t)]
    if found:
        names = tuple(_with_given(token, rest, catalog) for token in found)
        for name in names:
            rest = rest.replace(name, " ")
        got["authors"], asked.rest = names, cues.OF_AUTHORSHIP.sub(" ", rest)
        return
    name = left_over(cues.OF_AUTHORSHIP.sub(" ", rest))
    if not cues.SURELY_AUTHORED.search(rest) or not name or catalog.on_topic(name):
        return
    # A spelling that comes close, or a name that nobody here has.
    unknown = name[0].isupper() or (len(name.split()) == 1 and not catalog.has_word(name))
    if len(name.split()) <= 3 and (catalog.by_author(name)[1] or unknown):
        got["authors"], asked.rest = (name,), ""


def _is_author(name: str, catalog: Catalog) -> bool:
    parts = re.split(r" (?:or|and|nor) ", name)
    return all(folded(part) in catalog.surnames for part in parts) and not catalog.on_topic(name)


def _with_given(surname: str, rest: str, catalog: Catalog) -> str:
    """The surname with a first name before it, where an author is called so, or anyone could be."""
    found = re.search(rf"([^\W\d_][\w.’-]*) {re.escape(surname)}", rest)
    if found is None or folded(found[1]) in FILLER:
        return surname
    return found[0] if found[1][0].isupper() or catalog.by_author(found[0])[1] else surname


def word_set(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", folded(text)))


def left_over(text: str, filler: frozenset[str] = FILLER) -> str:
    """``text`` without the fillers at its ends; "" where nothing else is."""
    parts = re.findall(r"[^\s,;:?!()\"“”]+", text)
    while parts and word_set(parts[0]) <= filler:
        parts.pop(0)
    while parts and word_set(parts[-1]) <= filler:
        parts.pop()
    return " ".join(parts)
