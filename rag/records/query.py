"""What a question asks of the records: its facets are taken out of it, one after another.

What is left when all are taken says whether it was understood: nothing, or a topic of the library.
Else the question is one about the papers' texts.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.filters import EVERYTHING, Filters
from ingest.paper import Paper, folded
from rag.records import cues
from rag.records.catalog import Catalog
from rag.records.cues import FILLER
from rag.records.sentences import bare, known
from rag.records.years import years_in

MOST_SHOWN = 10  # papers that a list shows; a longer one goes on beyond them
_LONGEST = 300  # characters
_TOPIC = 5  # words of a topic that the library doesn't have


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
    for; ``extreme`` "most" or "least" of a ``group``.
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
            " of those shown" if self.papers else "",
        )
        return "".join(parts)


@dataclass
class _Asked:
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


def may_ask(question: str) -> bool:
    """Whether ``parsed`` could find anything: cheap, so that most questions load no catalog."""
    asked = bare(question)
    patterns = (
        *cues.ATTRIBUTES.values(), *cues.GROUPS.values(), cues.SIMILAR, cues.COUNT, cues.ORDER,
        cues.AUTHORED, cues.SURELY_AUTHORED, cues.CODED, cues.MENTIONS, cues.LEFT_OUT,
    )  # fmt: skip
    return len(question) <= _LONGEST and (
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
    if len(question) > _LONGEST:
        return None
    if (row := known(question)) is not None:
        return RecordQuery(row)
    text = _mended(bare(question), catalog)
    if cues.OF_AUTHORS.match(text):
        return None

    def asked() -> _Asked:
        return _Asked(text, catalog, shown)

    return _grouped(asked()) or _of_papers(asked()) or _list(asked(), before)


def _mended(text: str, catalog: Catalog) -> str:
    """``text`` with misspelt words of asking put right: words that no paper has."""
    for word in re.findall(r"(?<![\w-])[a-z]{5,}(?![\w-])", text):
        if word in FILLER or word in _SPELT:
            continue
        close = difflib.get_close_matches(word, _SPELT, n=1, cutoff=0.85)
        if close and not catalog.has_word(word):
            text = re.sub(rf"\b{word}\b", close[0], text)
    return text


_SPELT = frozenset(
    "anything everything something about after before between newest latest oldest earliest recent"
    " similar papers paper articles surveys survey studies published authors author authored wrote"
    " written written topics topic years without except excluding which where mention bibtex"
    " abstract number count with code journal venue conference".split()
)


# one paper, or several: their records, and their neighbours


def _of_papers(asked: _Asked) -> RecordQuery | None:
    """Attributes of papers that are named or pointed at, or papers like them; nothing else."""
    if cues.CODED.search(asked.rest) and not (asked.named or cues.THIS.search(asked.rest)):
        return None
    similar = asked.take_all(cues.SIMILAR)
    wanted = tuple(name for name, cue in cues.ATTRIBUTES.items() if asked.take_all(cue))
    papers = asked.named or _pointed(asked)
    if not papers and re.search(rf"\b{cues.PAPER}\b", asked.text, re.I):
        papers = asked.catalog.called(asked.subject())
        asked.rest = "" if papers else asked.rest
    query = _supposed(
        asked, RecordQuery("similar" if similar else "record", "", tuple(papers), wanted)
    )
    if cues.COUNT.search(asked.rest) or not (similar or query.attributes):
        return None
    if similar:
        got: dict[str, Any] = {}
        _take_years(asked, got)
        query = replace(query, **got)
    own = {word for paper in papers for word in _words(paper.title)}
    left = {word for word in _words(asked.rest) - FILLER - own if len(word) > 2}
    if not papers and left and cues.OF_ONE_PAPER.match(asked.text):
        return replace(query, subject=_AROUND_A_NAME.sub("", asked.rest.strip(" ?.!")))
    if cues.ORDER.search(asked.rest) or not (papers or asked.shown):
        return None
    if similar and asked.catalog.on_topic(subject := asked.subject()):
        return replace(query, subject=subject)
    return None if left else query


_AROUND_A_NAME = re.compile(
    r"^(?:of |for |to )?(?:the |an? )?(?=\S)"
    r"|(?:\s+(?:paper|article|published|written|appear\w*|come out))+$",
    re.I,
)


def _pointed(asked: _Asked) -> list[Paper]:
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


def _supposed(asked: _Asked, query: RecordQuery) -> RecordQuery:
    """The query with what a yes-or-no question supposes of authors or year."""
    if not query.papers or not cues.YES_OR_NO.match(asked.text):
        return query
    attributes, claimed = list(query.attributes), []
    if years := years_in(asked.rest):
        asked.cut(years.start, years.end)
        claimed, attributes = [str(years.filters.since or years.filters.until)], ["year"]
    else:
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


def _grouped(asked: _Asked) -> RecordQuery | None:
    """Authors, years or topics, all or the most frequent."""
    if asked.named or cues.SORTED.search(asked.rest):
        return None
    found = {name: cue.search(asked.rest) for name, cue in cues.GROUPS.items()}
    at = {name: match for name, match in found.items() if match is not None}
    if not at or cues.AUTHORED.fullmatch(left_over(asked.rest)):
        return None
    group = min(at, key=lambda name: at[name].start())
    said = at[group][0]
    if (most := cues.MOST.search(asked.rest)) is None and not _all_of(asked.rest, re.escape(said)):
        return None
    asked.take_all(cues.GROUPS[group])
    got: dict[str, Any] = {"group": group}
    plural = said.lower().endswith("s") and not said.lower().startswith(("who", "whose"))
    number = asked.take(cues.NUMBER)
    got["number"] = _number(number) if number else 0
    if most and (number or not plural):
        got |= {"extreme": "least" if most["least"] else "most", "number": got["number"] or 1}
    asked.take_all(cues.MOST)
    asked.take_all(cues.COUNT)
    _take_years(asked, got)
    asked.rest = cues.PER.sub(" ", asked.rest)
    got["subject"] = asked.subject(FILLER | cues.GROUP_FILLER)
    if got["subject"] and not asked.catalog.on_topic(got["subject"]):
        return None
    return RecordQuery("group", **got)


def _all_of(text: str, noun: str) -> bool:
    """Whether all authors, years or topics are asked for: "what topics", "papers per year"."""
    several = noun if noun.lower().endswith("s") else None
    return re.search(
        rf"\b(?:per|each|every|by) {noun}\b|\bhow many (?:\w+ )?{noun}\b"
        + (rf"|\b(?:what|which|list|show|all|the|your)(?: \w+){{0,3}} {several}\b" if several else "")
        + (rf"|^{several}\W*$" if several else ""),
        text,
        re.I,
    ) is not None and not re.search(r"\bby the (?:authors|years)\b", text, re.I)


# lists of papers


def _list(asked: _Asked, before: RecordQuery | None) -> RecordQuery | None:
    """Papers by all facets at once; None for a topic alone, which is asked of the texts."""
    several = len(asked.named) > 1
    if not several:
        asked.rest = asked.text
    scoped = len(asked.shown) > 1 and asked.take(cues.THESE) is not None
    goes_on = bool(asked.shown) and asked.take(cues.GOES_ON) is not None
    asks = _asks(asked.text)
    if asks and not (scoped or goes_on or several or _OF_SOMEONE.match(asked.text)):
        return None
    got: dict[str, Any] = {}
    _take_code(asked, got)
    _take_years(asked, got)
    _take_order(asked, got)
    if asked.take(cues.COUNT):
        got["counted"] = True
    _take_number(asked, got)
    if found := cues.MENTIONS.search(asked.rest):
        term = left_over(found["x"]).strip("\"'“”")
        got |= {"without": (term,)} if asked.cut(*found.span()) else {"term": term}
    _take_left_out(asked, got)
    _take_authors(asked, got)
    if unranked := cues.UNRANKED.search(asked.rest):
        asked.cut(*unranked.span())
    got["subject"] = asked.subject()
    got = {name: value for name, value in got.items() if value or name == "coded"}
    if asks and not (got.get("authors") or scoped or goes_on or several):
        return None
    if unranked:
        plain = not got.keys() - {"subject"} and cues.PAPERS.search(asked.text)
        on = not got.get("subject") or asked.catalog.on_topic(got["subject"])
        return RecordQuery("unrecorded", got.get("subject", "")) if plain and on else None
    if several:
        if got.keys() - {"number"} != {"order"}:
            return None
        return RecordQuery("list", papers=tuple(asked.named), order=got["order"])
    if goes_on or scoped or (asked.shown and not cues.PAPERS.search(asked.text)):
        if (found := _continued(asked, got, before, scoped)) is not None:
            return found
    query = RecordQuery("list", **got)
    return query if _sure(query, asked) else None


def _continued(
    asked: _Asked, got: dict[str, Any], before: RecordQuery | None, scoped: bool
) -> RecordQuery | None:
    """The last list, narrowed or with facets changed; None where it isn't gone on with."""
    subject = got.get("subject")
    if not got or (subject and (before is None or not asked.catalog.on_topic(subject))):
        return None
    if subject and not cues.GOES_ON.match(asked.text):
        return None
    cut_off = len(asked.shown) >= MOST_SHOWN
    changed = before is not None and (
        cut_off or any(getattr(before, name) != getattr(_NOTHING, name) for name in got)
    )
    if before is not None and (changed or subject) and not (scoped and not cut_off):
        return replace(before, **got)
    return RecordQuery("list", papers=tuple(asked.shown), **got) if len(asked.shown) > 1 else None


_NOTHING = RecordQuery("list")


def _take_code(asked: _Asked, got: dict[str, Any]) -> None:
    if found := cues.CODED.search(asked.rest):
        denied = asked.cut(*found.span())
        got["coded"] = found["no"] is None and not denied


def _take_years(asked: _Asked, got: dict[str, Any]) -> None:
    if years := years_in(asked.rest):
        got["not_years"] = asked.cut(years.start, years.end)
        got |= {"filters": years.filters, "years": years.said, "each": years.each}
        asked.rest = re.sub(r"\b(?:are|were|is|that|which)\s*$", "", asked.rest)


def _take_order(asked: _Asked, got: dict[str, Any]) -> None:
    sorted_ = asked.take(cues.SORTED)
    found = cues.ORDER.search(asked.rest)
    if found is None and not sorted_:
        return
    got["order"] = "oldest" if found and found["old"] else "newest"
    one = re.search(r"\b(?:paper|one|article|work|survey|study|thing|which)\b", asked.rest, re.I)
    one = one or len(asked.rest.split()) < 4
    if found:
        asked.cut(*found.span())
    first = re.search(r"\bfirst\b", asked.rest, re.I)  # "newest first" orders all
    got["number"] = 0 if sorted_ or first else 1 if one else 5


def _take_number(asked: _Asked, got: dict[str, Any]) -> None:
    if found := cues.NUMBER.search(asked.rest):
        if got.get("order") or re.match(rf" (?:\w+ )?{cues.PAPER}\b", asked.rest[found.end() :]):
            asked.cut(*found.span())
            got["number"] = _number(found)


def _number(found: re.Match[str]) -> int:
    return cues.SEVERAL.get(found[1].lower(), 0) or int(found[1])


def _take_left_out(asked: _Asked, got: dict[str, Any]) -> None:
    rest = re.sub(r"\bnon-(?P<x>[\w-]+)(?P<after>.*)", r"\g<after> not \g<x>", asked.rest)
    while found := cues.LEFT_OUT.search(rest):
        kept = found["s"] or rest[: found.start()]
        if not (found["s"] or left_over(kept) or cues.PAPERS.search(rest)):
            break
        got["without"] = (left_over(found["x"]) or found["x"], *got.get("without", ()))
        rest = re.sub(r"\b(?:and|or)\s*$", "", kept)
    asked.rest = rest


def _take_authors(asked: _Asked, got: dict[str, Any]) -> None:
    """Whose papers: names that the library's authors have, beside a word of authorship."""
    catalog = asked.catalog
    out = [name for name in got.get("without", ()) if _is_author(name, catalog)]
    if out:
        got["strangers"] = tuple(w for name in out for w in re.split(r" (?:or|and|nor) ", name))
        got["without"] = tuple(name for name in got["without"] if name not in out)
    rest = asked.rest
    cue = cues.AUTHORED.search(rest) or cues.SURELY_AUTHORED.search(rest)
    bare_name = not _words(rest) - FILLER - catalog.surnames
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


def _sure(query: RecordQuery, asked: _Asked) -> bool:
    """Whether enough was understood: what is left is a topic of the library, or nothing is."""
    papers = cues.PAPERS.search(asked.text) is not None
    if query == _NOTHING:
        return papers and re.search(r"\b(?:list|show|all|every)", asked.text, re.I) is not None
    if query == RecordQuery("list", query.subject):  # a topic alone is asked of the texts
        here = re.search(r"\b(?:in|of) (?:this|the|your) (?:library|collection)\b", asked.text)
        return here is not None and bool(asked.catalog.on_topic(query.subject))
    if any(len(topic.split()) > _TOPIC for topic in query.without):
        return False
    if query.subject and not asked.catalog.on_topic(query.subject):
        said = (query.years and not query.not_years) or (query.counted and not query.term)
        about = _ABOUT.search(asked.text) is not None or " " not in query.subject
        return bool(said and papers and about and len(query.subject.split()) <= _TOPIC)
    if query.authors or query.years or query.term:
        return bool(papers or query.authors or not query.term or query.counted)
    return bool(papers or query.subject)


_ABOUT = re.compile(rf"\b{cues.PAPER}\b.* (?:on|about|regarding|concerning|with|for)\b", re.I)


def _asks(asked: str) -> bool:
    """Whether some sentence asks for more than papers."""
    return any(cues.ASKS.match(said) for said in re.split(r"(?<=[.?!;:]) +", asked))


_OF_SOMEONE = re.compile(r"(?:who|what) (?:has|did|does|have)\b", re.I)  # "What did Reed write?"


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", folded(text)))


def left_over(text: str, filler: frozenset[str] = FILLER) -> str:
    """``text`` without the fillers at its ends; "" where nothing else is."""
    parts = re.findall(r"[^\s,;:?!()\"“”]+", text)
    while parts and _words(parts[0]) <= filler:
        parts.pop(0)
    while parts and _words(parts[-1]) <= filler:
        parts.pop()
    return " ".join(parts)
