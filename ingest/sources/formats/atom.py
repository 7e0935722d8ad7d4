"""arXiv's Atom: what its API answers, saved or live; read entry by entry.

XML that declares entities is refused (a few lines of them unfold to gigabytes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element  # for its names only
from xml.etree.ElementTree import ParseError as XMLError

from ingest.errors import NotAPaper, ParseError
from ingest.paper import Paper
from ingest.sources.files import MAX_LINE, File
from ingest.sources.ids import identity
from ingest.sources.record import paper_from

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"

# Possessive: what stands before the root is read once, however often it is begun anew.
_ROOT = re.compile(
    r"(?:(?><\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)|\s)*+"
    r"<(?:\w+:)?(?:feed|entry)\b",
    re.S,
)

# UTF-8 that was taken for Latin-1 and encoded again, as arXiv's API has given it in 2026.
_DOUBLED = re.compile("[\u00c2-\u00df][\u0080-\u00bf]|[\u00e0-\u00ef][\u0080-\u00bf]{2}")


def knows(file: File) -> bool:
    """Whether it is XML in which an Atom feed or entry begins."""
    start = file.text_head.lstrip()
    return bool(_ROOT.match(start) and "http://www.w3.org/2005/Atom" in start)


def read(file: File) -> Iterator[Paper | ParseError]:
    """One paper an entry; what the API says instead of an entry is an error."""
    yield from entries(file.name, file.stream)


def entries(name: str, stream: BinaryIO) -> Iterator[Paper | ParseError]:
    """The papers of a feed; raises ParseError where the XML breaks off or isn't sound."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    bounded = Bounded(stream, name)
    number, root = 0, None
    try:
        for event, element in iterparse(bounded, events=("start", "end"), forbid_dtd=True):
            root = element if root is None else root
            if event == "end" and element.tag == f"{_ATOM}entry":
                number += 1
                yield _paper(element, name, number)
                root.clear()  # what was read is let go
                bounded.taken = 0
    except (XMLError, LookupError) as error:  # also an encoding that nobody knows
        reason = f"the XML breaks off after {number:,} papers ({error})"
        raise ParseError(name, reason) from error
    except DefusedXmlException as error:
        reason = "XML that declares its own entities or types: no feed of arXiv"
        raise ParseError(name, reason) from error


def _paper(entry: Element, name: str, number: int) -> Paper | ParseError:
    where = f"entry {number}"
    address, summary = _text(entry, f"{_ATOM}id"), _text(entry, f"{_ATOM}summary")
    if "/api/errors" in address:
        return ParseError(name, f"arXiv says: {summary[:200]}", record=where)
    record: dict[str, Any] = {
        "title": _text(entry, f"{_ATOM}title"),
        "abstract": summary,
        "authors": [_text(author, f"{_ATOM}name") for author in entry.iterfind(f"{_ATOM}author")],
        "year": _text(entry, f"{_ATOM}published"),
        "arxiv": address,
        "doi": _text(entry, f"{_ARXIV}doi"),
        "topics": [c.get("term", "") for c in entry.iterfind(f"{_ATOM}category")],
        "comment": _text(entry, f"{_ARXIV}comment"),
        "journal_ref": _text(entry, f"{_ARXIV}journal_ref"),
    }
    if "arxiv.org" not in address:
        links = [link.get("href", "") for link in entry.iterfind(f"{_ATOM}link")]
        record |= {"id": address, "url": next(iter(links), None)}
        if not identity([address, record["doi"], *links]).id:
            title = record["title"][:60]
            reason = f"no paper: neither an arXiv id nor a DOI in it ({title!r})"
            return NotAPaper(name, reason, record=where)
    return paper_from(record, name, where)


def _text(element: Element, tag: str) -> str:
    found = element.find(tag)
    text = "" if found is None else "".join(found.itertext())
    return " ".join(_DOUBLED.sub(_once, text).split())


def _once(doubled: re.Match[str]) -> str:
    try:
        return doubled[0].encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return doubled[0]


class Bounded:
    """A stream of which no entry may have more than a few megabytes."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream, self._name, self.taken = stream, name, 0

    def read(self, size: int = -1) -> bytes:
        part = self._stream.read(size)
        self.taken += len(part)
        if self.taken > MAX_LINE:
            raise ParseError(self._name, f"an entry of over {MAX_LINE // 1_000_000} MB: no paper")
        return part
