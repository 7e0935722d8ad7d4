"""A question as items: names, topics, years, phrases that mean something to records, and the rest.

An item is the longest run of words that the library (a paper's name, a topic) or the table of words
knows. Its tags may hang on its neighbours: "last" is an order before "paper".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from ingest.filters import Filters
from ingest.paper import Paper, folded
from rag.records import words
from rag.records.catalog import Catalog
from rag.records.words import FILLER, PHRASES
from rag.text.words import default_idf, stem

_YEAR = r"(?:19|20)\d\d"
_YEARS = re.compile(  # over words parted by blanks
    rf"(?:(?P<sign>post|pre|[<>]) ?-?)?{_YEAR}"
    rf"(?: ?(?P<joint>to|until|till|[-–,&]|and|or|vs\.?|versus) ?(?:in |from )?{_YEAR})*"
    r"(?:(?P<later> ?\+| (?:or|and) (?:later|newer|after)| onwards?| on(?= [,)]| about| by| for|$))"
    r"|(?P<earlier> (?:or|and) (?:earlier|older|before)))?(?= |$)"
    rf"|(?:the )?(?:last|past) (?P<ago>\d+|{'|'.join(words.NUMBERS)}) years"
    r"|(?P<which>last|this) year(?: 's)?(?= |$)"
)
_SIGNS = {"post": "after", ">": "after", "pre": "before", "<": "before"}
_LOOKED_AT = 12  # words in which a bound on years is sought


@dataclass(frozen=True, slots=True)
class Years:
    """A bound on years and how it is said to a person; ``each`` are single ones, side by side."""

    filters: Filters
    said: str
    each: tuple[int, ...] = ()


@dataclass(slots=True)
class Item:
    """A stretch of a question; ``means`` has its tags and their values, none for plain words."""

    text: str = ""
    means: dict[str, str] = field(default_factory=dict)
    papers: tuple[Paper, ...] = ()
    years: Years | None = None
    denied: bool = False  # "not" is said of it

    @property
    def said(self) -> str:
        return self.text.casefold()

    @property
    def is_mark(self) -> bool:
        return not word_set(self.text)

    @property
    def is_filler(self) -> bool:
        """Whether it says nothing of what is sought."""
        return "topic" not in self.means and word_set(self.text) <= FILLER


class Asked:
    """A question as items, asked of a library's papers after ``shown`` ones were told of."""

    def __init__(self, text: str, catalog: Catalog, shown: Sequence[Paper] = ()) -> None:
        self.text, self.catalog, self.shown = text, catalog, shown
        self.items = list(_items(text, catalog))
        for place, item in enumerate(self.items):
            item.means |= _by_neighbours(self.items, place)
        _deny(self.items)
        self.words = word_set(text)
        self.opens = self.items[0].said if self.items else ""
        self.named = list({p.id: p for item in self.items for p in item.papers}.values())

    def has(self, *tags: str) -> Item | None:
        """The first item that means one of ``tags``."""
        return next((i for i in self.items if not i.means.keys().isdisjoint(tags)), None)

    def values(self, tag: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(i.means[tag] for i in self.items if tag in i.means))

    def by_age(self) -> bool:
        """Whether one is to have appeared before or after another: "was X out before Y?"."""
        sides = {"before", "after"}.intersection(self.values("bound"))
        compared = any("bound" in i.means and i.said in words.BY_AGE for i in self.items)
        return bool(sides and (compared or self.words & words.APPEARED))

    def behind(self, item: Item) -> list[Item]:
        return self.items[self.items.index(item) + 1 :]

    def left(self, *taken: str) -> list[Item]:
        """What is affirmed beside the tags in ``taken``, without marks and fillers at its ends."""
        return trimmed(
            item
            for item in self.items
            if not (item.denied or item.is_mark) and item.means.keys().isdisjoint(taken)
        )

    def denials(self) -> list[str]:
        """What "not" is said of, each as it is put, without the fillers at its ends."""
        runs: list[list[Item]] = [[]]
        for item in self.items:
            if item.denied and item.means.keys().isdisjoint({"years", "coded"}):
                runs[-1].append(item)
            else:
                runs.append([])
        told = [trimmed(run) or [i for i in run if "field" in i.means] for run in runs]
        return [words_of(run) for run in told if run]

    def asks(self) -> bool:
        """Whether some sentence opens with a question that no list of papers answers."""
        starts = [0, *(n + 1 for n, item in enumerate(self.items) if item.said in tuple(".?!;:"))]
        return any(_asks(self.items[start : start + 7]) for start in starts)


_BEFORE_ASKING = frozenset("by on in at to from for with and so but".split())
_COUNTED = frozenset("by from in is are were of there have has come comes mention on".split())
_HERE = frozenset("you we i from there out in new published released".split())
_OF_PAPERS = {"order", "count", "unranked", "years", "extreme"}


def _asks(items: Sequence[Item]) -> bool:
    items = items[1:] if items and items[0].said in _BEFORE_ASKING else items
    if not items:
        return False
    opening, after = items[0], [item for item in items[1:] if item.said not in ("the", "your")]
    if opening.said in ("how many", "how much"):
        said = {item.said for item in after}
        counted = after and (after[0].years or after[0].said.split()[0] in _COUNTED)
        held = any(item.said in ("do you", "do we") for item in after) and "have" in said
        papers = any("paper" in item.means for item in items)
        return not (papers or held or (counted and said.isdisjoint(("did", "does"))))
    if opening.said.startswith("what") and after:
        if after[0].means.keys() & _OF_PAPERS or after[0].said in _HERE:
            return False
    return "ask" in opening.means


def trimmed(items: Iterable[Item]) -> list[Item]:
    """The items without the fillers at their ends."""
    kept = list(items)
    places = [place for place, item in enumerate(kept) if not item.is_filler]
    return kept[places[0] : places[-1] + 1] if places else []


def words_of(items: Sequence[Item]) -> str:
    return " ".join(item.text for item in items)


def word_set(text: str) -> frozenset[str]:
    """The words of ``text``, folded."""
    return frozenset(re.findall(r"[^\W_]+", folded(text)))


# words to items


def _items(text: str, catalog: Catalog) -> Iterator[Item]:
    parted = re.sub(r"\b(non-)(?=\w)", r"\1 ", re.sub(r"(?<=\w)(['’]s)\b", r" \1", text))
    tokens = [part for token in _TOKEN.findall(parted) for part in _unpointed(token)]
    names = catalog.named_at(tokens)
    tokens = [token if n in names else _spelt(token, catalog) for n, token in enumerate(tokens)]
    plain = [token.casefold().replace("’", "'") for token in tokens]
    at, before = 0, None
    while at < len(tokens):
        length, item = _phrase(plain, at)
        if at in names:
            length, item = names[at][0], Item(means={"name": ""}, papers=tuple(names[at][1]))
        elif topic := catalog.topic_at(plain, at):
            length, item = topic, Item(means={"topic": ""})
        elif found := _YEARS.match(" ".join(plain[at : at + _LOOKED_AT])):
            bound = before.means.get("bound", "in") if before else "in"
            length = len(found[0].split())
            item = Item(means={"years": ""}, years=_bounded(found, bound))
        item.text = " ".join(tokens[at : at + length])
        if before and not (item.years and "bound" in before.means):
            yield before
        at, before = at + length, item
    if before:
        yield before


_TOKEN = re.compile(r"https?://[^\s,;?!()\"“”]+|[^\s,;:?!()\"“”]+|[,;:?!()\"“”]", re.I)


def _unpointed(token: str) -> list[str]:
    """The token and its full stop."""
    return [token[:-1], "."] if len(token) > 1 and token.endswith(".") else [token]


def _spelt(token: str, catalog: Catalog) -> str:
    """A misspelt word of asking put right: one that is no word, here or elsewhere."""
    known = words.SPELT | catalog.topic_words
    if not re.fullmatch("[a-z]{4,}", token) or token in known or stem(token) in default_idf():
        return token
    turned = words.BY_LETTERS.get("".join(sorted(token)))  # "mnay"
    close = difflib.get_close_matches(token, known, n=1, cutoff=0.85) if len(token) > 4 else []
    meant = [turned] if turned else close
    return meant[0] if meant and not catalog.has_word(token) else token


def _phrase(plain: Sequence[str], at: int) -> tuple[int, Item]:
    """The longest phrase of the table at a place, or its one word."""
    for length in range(min(words.LONGEST, len(plain) - at), 0, -1):
        if (means := PHRASES.get(tuple(plain[at : at + length]))) is not None:
            return length, Item(means=dict(means))
    denies = plain[at].endswith("n't") or plain[at] == "non-"
    return 1, Item(means={"not": ""} if denies else {})


def _bounded(found: re.Match[str], bound: str) -> Years:
    """The years of a match behind "since", "between" and the like."""
    this = date.today().year
    years = sorted(map(int, re.findall(_YEAR, found[0]))) or [this - (found["which"] == "last")]
    if ago := found["ago"]:
        years, bound = [this - int(words.NUMBERS.get(ago) or ago)], "since"
    bound = _SIGNS.get(found["sign"] or "", bound)
    bound = "since" if found["later"] else "until" if found["earlier"] else bound
    first, last = years[0], years[-1]
    if len(years) > 1:
        if bound == "between" or found["joint"] in ("to", "until", "till", "-", "–"):
            return Years(Filters(since=first, until=last), f"years {first} to {last}")
        said = f"years {' and '.join(map(str, years))}"
        return Years(Filters(since=first, until=last), said, tuple(years))
    if bound in ("since", "after"):
        first += bound == "after"
        return Years(Filters(since=first), f"{first} and later")
    if bound in ("until", "before"):
        first -= bound == "before"
        return Years(Filters(until=first), f"{first} and earlier")
    return Years(Filters(since=first, until=first), f"year {first}")


# what hangs on neighbours

_ALONE = {"who": "authors", "when": "year", "wen": "year", "where": "address"}  # "..., and when?"
_APPEARED = {"when": "year", "wen": "year", "where": "venue"}  # "when was it published?"
_LEAVES_OUT = frozenset("drop remove exclude skip omit hide".split())  # "drop the surveys"
_NOT_SIMILAR = frozenset("would looks 'd i i'd we you me".split())  # "I like"
_ONESELF = frozenset("i i'm im i'd".split())  # "explain it like I'm twelve"


def _by_neighbours(items: Sequence[Item], at: int) -> dict[str, str]:
    """The tags that an item has because of what stands around it."""
    said, before, after = items[at].said, items[max(0, at - 2) : at], items[at + 1 : at + 3]
    papers = any("paper" in item.means for item in after)
    if not at and said in _LEAVES_OUT:
        return {"not": ""}
    if said in _ALONE and (not after or after[0].is_mark or after[0].said == "and"):
        return {"field": _ALONE[said]}
    if said in _APPEARED and any(word_set(i.text) & words.APPEARED for i in items[at + 1 :]):
        return {"field": _APPEARED[said]}
    last, next_ = (before[-1].said if before else ""), (after[0].said if after else "")
    if (said == "like" and last not in _NOT_SIMILAR and next_ not in _ONESELF) or (
        said == "other" and papers and not last.endswith("the")
    ):
        return {"similar": ""}
    if said in words.PLACES:
        place = {"place": str(words.PLACES[said])}
        return place | _order_of(said, before, after)
    if re.fullmatch(r"\d{1,2}", said) or said in words.NUMBERS:
        ranked = papers or any(
            item.means.keys() & {"order", "extreme", "several"} for item in items
        )
        return {"number": str(words.NUMBERS.get(said) or said)} if ranked else {}
    return {"coded": ""} if items[at].means.get("field") == "code" and _is_had(items, at) else {}


def _order_of(said: str, before: Sequence[Item], after: Sequence[Item]) -> dict[str, str]:
    """An order by age where "first" or "last" is one: "the last three papers", "came last"."""
    order = {"first": "oldest", "last": "newest"}.get(said)
    noun = after[0] if after else Item()
    papers = any("paper" in item.means for item in after[: 1 + ("topic" in noun.means)])
    counted = papers or noun.said.isdigit() or noun.said in words.NUMBERS
    came = any(word_set(item.text) & words.APPEARED for item in before)
    pointing = noun.said == "one"  # "who wrote the last one?"
    return {"order": order} if order and (came or (counted and not pointing)) else {}


def _is_had(items: Sequence[Item], at: int) -> bool:
    """Whether code is had or lacked, "with public code", and not another noun's: "code review"."""
    behind = items[at + 1].said if at + 1 < len(items) else ""
    before = [item for item in reversed(items[:at]) if item.said not in _ADJECTIVES]
    if not before or re.fullmatch(r"(?!implement)\w+(?:ion|ing|ors?)", behind):
        return False
    return "not" in before[0].means or before[0].said.split()[-1] in words.HAVING


_ADJECTIVES = frozenset(
    "a an any their its public open available linked official some the source github to".split()
)


def _deny(items: Sequence[Item]) -> None:
    """Mark what "not" is said of: the years or code right behind it, or all words up to a mark."""
    denying = bare = one = False
    for item in items:
        if "not" in item.means:
            denying, bare, one = True, True, item.said == "non-"
        elif item.is_mark and item.said not in tuple('"“”'):
            denying = False
        elif item.means.keys() & {"years", "coded", "order", "sort"}:
            item.denied, denying = denying and bare, False
        elif denying:
            item.denied, bare, denying = True, bare and item.is_filler, not one
