"""Which records describe the same paper, and the one paper that they make.

A **record** is what one source says about one paper; the library keeps every record. Two records
are the same paper when

1. they share an arXiv id (``10.48550/arXiv.N`` and an address on arxiv.org count) or a DOI, or the
   source gave them the same id; or
2. their titles are the same but for case, accents and punctuation, their first authors have the
   same surname, and no two ids of one kind (arXiv or DOI) speak against it. Where one of them names
   no author, the same year will do. A title of one or two words asks for author and year.
   Two abstracts with next to no words in common are two papers all the same.

Sameness carries over: A = B and B = C make one paper of all three. Of the records, the one that
ranks first gives title, text and kind: an abstract before a digest, a newer version before an
older one (``version``, then ``updated``, in ``extra``), a longer text before a shorter one, then
the order of letters. It gives every other field, too; those that it lacks are filled from the next
in rank, topics are joined. The paper's id is an arXiv id if there is one, else a DOI, else the
first in the order of letters; all the others go on naming it. Nothing here depends on the order
in which the records came.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from typing import Any

from ingest.ids import ORDER
from ingest.paper import Paper, digest, folded, title_key

_INITIALS = re.compile(r"(?<!\s)\s+[A-Z]{1,2}$")  # PubMed's "Lovelace AK"
_LEAST_SHARED = (
    0.3  # of the words of the shorter text; two versions of one abstract share over half
)


def keys_of(paper: Paper) -> tuple[str, ...]:
    """What to look a record's paper up by: its ids, its title with author and with year."""
    return (*paper.ids, *_title_keys(paper))


def _title_keys(paper: Paper) -> list[str]:
    return _keys(title_key(paper.title), paper.authors[:1], paper.year)


@lru_cache(maxsize=4096)  # asked for when a paper is read, grouped and written
def _keys(title: str, first_author: tuple[str, ...], year: int | None) -> list[str]:
    if not title:
        return []
    beside = [_surname(author) for author in first_author]
    if year is not None:
        beside.append(str(year))
    return [f"title:{digest(f'{title} by {what}')[:20]}" for what in beside]


def grouped(records: Sequence[Paper]) -> list[list[int]]:
    """The places of the records in ``records``, by the paper that they describe."""
    parent = list(range(len(records)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = place = parent[parent[place]]
        return place

    by_id: dict[str, int] = {}
    by_title: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        for id_ in record.ids:
            parent[root(place)] = root(by_id.setdefault(id_, place))
        for key in _title_keys(record):
            by_title.setdefault(key, []).append(place)
    for one, other in (pair for places in by_title.values() for pair in combinations(places, 2)):
        if _same_title_and_more(records[one], records[other]):
            parent[root(one)] = root(other)
    groups: dict[int, list[int]] = {}
    for place in range(len(records)):
        groups.setdefault(root(place), []).append(place)
    return list(groups.values())


def merged(records: Sequence[Paper]) -> Paper:
    """The one paper that these records of it make, by the rule at the top of this file."""
    if len(records) == 1:
        return records[0]
    in_order = sorted(records, key=lambda record: (record.source, record.content_hash))
    best, *others = sorted(in_order, key=_rank, reverse=True)
    paper = best
    for other in others:
        topics = {topic.casefold(): topic for topic in (*other.topics, *paper.topics)}
        paper = replace(
            paper,
            authors=paper.authors or other.authors,
            year=paper.year if paper.year is not None else other.year,
            url=paper.url or other.url,
            code_url=paper.code_url or other.code_url,
            topics=tuple(sorted(topics.values(), key=str.casefold)),
            extra={**other.extra, **paper.extra},
        )
    ids = {id_ for record in records for id_ in record.ids}
    return replace(paper, id=min(ids, key=_id_order))


def _id_order(id_: str) -> tuple[int, str]:
    kinds = [place for place, start in enumerate(ORDER) if id_.startswith(start)]
    return (kinds[0] if kinds else len(ORDER), id_)


def _rank(record: Paper) -> tuple[Any, ...]:
    version = re.fullmatch(r"v?(\d{1,4})", str(record.extra.get("version", "")).strip())
    updated = record.extra.get("updated")
    return (
        record.kind == "abstract",
        int(version[1]) if version else 0,
        updated if isinstance(updated, str) else "",
        len(record.abstract),
        record.abstract,
    )


def _same_title_and_more(one: Paper, other: Paper) -> bool:
    """Whether two records of the same title are the same paper by all else that they say."""
    long_enough = len(title_key(one.title).split()) > 2
    same_year = one.year is not None and one.year == other.year
    if one.authors and other.authors:
        if not _same_person(one.authors[0], other.authors[0]):
            return False
        alike = long_enough or same_year
    else:
        alike = long_enough and same_year
    if not alike or _other_texts(one, other):
        return False
    for start in ORDER:
        mine, its = ({id_ for id_ in paper.ids if id_.startswith(start)} for paper in (one, other))
        if mine and its and mine.isdisjoint(its):
            return False
    return True


def _surname(author: str) -> str:
    last, comma, _ = author.partition(",")
    family = _INITIALS.sub("", author)
    words = _words(last if comma else family if re.search(r"\w\w", family) else author)
    return words[-1] if words else ""  # of two surnames the last: nobody knows where they begin


def _same_person(one: str, other: str) -> bool:
    """Whether two spellings may be one name: the same surname, or the same words turned round."""
    return _surname(one) == _surname(other) or sorted(_words(one)) == sorted(_words(other))


def _other_texts(one: Paper, other: Paper) -> bool:
    """Whether two abstracts have next to nothing in common: editorials share their titles."""
    if one.kind != other.kind:
        return False
    mine, its = (set(_words(paper.abstract)) for paper in (one, other))
    return len(mine & its) < _LEAST_SHARED * min(len(mine), len(its))


def _words(text: str) -> list[str]:
    bare = re.sub(r"\bet al\b\.?|([aou])e(?=[^\W\d_])", r"\1", folded(text))  # Mueller is Müller
    return re.findall(r"[^\W\d_]+", bare)
