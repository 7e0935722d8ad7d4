"""A library's papers as a list to look through: found, sorted and paged in memory.

Texts stay on disk; what a row shows takes about half a kilobyte a paper. Read once a version.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

from ingest.library import Library
from ingest.paper import Kind, Paper
from ui.library.spelling import Spelling, spelling_of

Order = Literal["newest", "oldest", "title", "title-back"]
ORDERS: tuple[Order, ...] = get_args(Order)

_REMEMBERED = 16  # lists
_ARXIV = re.compile(r"arxiv:(?:[a-z.-]+/)?(\d\d)(\d\d)\.?(\d{3,5})", re.I)  # year, month, number


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    id: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    topics: tuple[str, ...]
    kind: Kind
    place: tuple[int, int] = (0, 0)  # in its year: the month, and the number in it


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list: papers with all ``words`` in title, authors, topics or id; of a ``topic``
    (case ignored; empty for any); of the years ``since`` to ``until``, both inclusive.
    """

    words: str = ""
    topic: str = ""
    since: int | None = None
    until: int | None = None
    order: Order = "newest"

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        years = self.since is not None or self.until is not None
        return bool(self.words.split() or self.topic) or years


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The rows of a library at one version."""

    version: int
    rows: tuple[Row, ...]
    spelling: Spelling
    _texts: tuple[str, ...] = field(repr=False)
    # Paging asks for the same list again and again.
    _recent: dict[Wanted, tuple[int, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, library: Library) -> Catalogue:
        """All papers of ``library`` as they are now."""
        version = library.version
        rows = tuple(
            Row(
                paper.id,
                paper.title,
                paper.authors,
                paper.year,
                paper.topics,
                paper.kind,
                _place(paper),
            )
            for paper in library.papers()
        )
        texts = tuple(
            folded(" ".join((row.title, *row.authors, *row.topics, row.id))) for row in rows
        )
        return cls(version, rows, spelling_of(library), texts)

    @cached_property
    def topics(self) -> tuple[tuple[str, int], ...]:
        """Every topic, case folded, with the number of its papers; the largest first."""
        counts = Counter(topic for row in self.rows for topic in {*map(_key, row.topics)} if topic)
        return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    @cached_property
    def years(self) -> tuple[int, int] | None:
        """The first and the last year; None where no paper has one."""
        known = [row.year for row in self.rows if row.year is not None]
        return (min(known), max(known)) if known else None

    def find(self, wanted: Wanted) -> tuple[int, ...]:
        """The places in ``rows`` of the papers wanted, in the order wanted."""
        found = self._recent.get(wanted)
        if found is None:
            found = self._found(wanted)
            if len(self._recent) >= _REMEMBERED:
                self._recent.clear()
            self._recent[wanted] = found
        return found

    def _found(self, wanted: Wanted) -> tuple[int, ...]:
        found: Sequence[int] = self._sorted(wanted.order)
        for word in folded(wanted.words).split():
            found = [place for place in found if word in self._texts[place]]
        if wanted.topic:
            own = self._by_topic.get(_key(wanted.topic), frozenset())
            found = [place for place in found if place in own]
        if wanted.since is not None or wanted.until is not None:
            low = wanted.since if wanted.since is not None else -(10**9)
            high = wanted.until if wanted.until is not None else 10**9
            years = [row.year for row in self.rows]
            found = [p for p in found if (year := years[p]) is not None and low <= year <= high]
        return tuple(found)

    @cached_property
    def _by_topic(self) -> dict[str, frozenset[int]]:
        places: dict[str, set[int]] = {}
        for place, row in enumerate(self.rows):
            for topic in row.topics:
                places.setdefault(_key(topic), set()).add(place)
        return {topic: frozenset(some) for topic, some in places.items()}

    def _sorted(self, order: Order) -> tuple[int, ...]:
        if order in ("oldest", "newest"):
            dated = [p for p in self._by_title if self.rows[p].year is not None]
            undated = [p for p in self._by_title if self.rows[p].year is None]
            dated.sort(
                key=lambda p: (self.rows[p].year, self.rows[p].place), reverse=order == "newest"
            )
            return (*dated, *undated)
        return self._by_title if order == "title" else self._by_title[::-1]

    @cached_property
    def _by_title(self) -> tuple[int, ...]:
        keys = [folded(row.title) for row in self.rows]
        return tuple(sorted(range(len(keys)), key=keys.__getitem__))


class Catalogues:
    """The latest catalogue of each library, made when it is first asked for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: dict[str, Catalogue] = {}

    def of(self, library: Library) -> Catalogue:
        """The catalogue of ``library`` as it is now."""
        place = str(library.directory)
        with self._guard:
            kept = self._kept.get(place)
            if kept is None or kept.version != library.version:
                kept = self._kept[place] = Catalogue.of(library)
            return kept


def folded(text: str) -> str:
    """``text`` without case and accents, spaces single."""
    if text.isascii():
        return " ".join(text.lower().split())
    parts = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(c for c in parts if not unicodedata.combining(c)).split())


def _key(topic: str) -> str:
    return " ".join(topic.split()).casefold()


def _place(paper: Paper) -> tuple[int, int]:
    """Where a paper stands in its year, by the month and number of its arXiv id; else (0, 0)."""
    for id_ in paper.ids:
        found = _ARXIV.fullmatch(id_)
        if found and paper.year is not None and int(found[1]) == paper.year % 100:
            return int(found[2]), int(found[3])
    return 0, 0
