"""XML of services and reference managers, record by record; XML of another shape is refused.

XML that declares entities is refused (a few lines of them unfold to gigabytes).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element  # for its names only
from xml.etree.ElementTree import ParseError as XMLError

from ingest.errors import NotAPaper, ParseError
from ingest.paper import Paper
from ingest.sources.files import File
from ingest.sources.formats.atom import Bounded
from ingest.sources.formats.bibliographic.tagged import given_first
from ingest.sources.ids import identity
from ingest.sources.record import paper_from


@dataclass(frozen=True, slots=True)
class _Shape:
    name: str
    sign: str  # a pattern of its first 64 KB
    records: frozenset[str]  # their elements; none: whatever stands directly in the root
    fields: Callable[[Element], dict[str, Any]]


def knows(file: File) -> bool:
    """Whether it is XML and no HTML."""
    start = file.text_head.lstrip()[:2000]
    is_html = re.search(r"<!doctype html|<html\b", start, re.I)
    return not is_html and (
        start.startswith("<?xml")
        or bool(re.match(r"<[\w.-][^>]*\sxmlns", start))
        or bool(re.match(r"<(?:PubmedArticle|xml>\s*<records|rss\b|OAI-PMH)", start))
    )


def read(file: File) -> Iterator[Paper | ParseError]:
    """One paper a record. Raises ParseError for XML of a shape that isn't known."""
    shape = next((s for s in _SHAPES if re.search(s.sign, file.text_head)), None)
    if shape is None:
        root = re.search(r"<([A-Za-z][\w:.-]*)", file.text_head)
        known = ", ".join(["Atom", *(s.name for s in _SHAPES)])
        reason = f"XML of another kind (<{root[1] if root else '?'}>); read are {known}"
        raise ParseError(file.name, reason)
    file.options.detail(f"{file.name}: {shape.name}")
    yield from _records(file, shape)


def _records(file: File, shape: _Shape) -> Iterator[Paper | ParseError]:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    bounded = Bounded(file.stream, file.name)
    open_, number = [], 0
    try:
        for event, element in iterparse(bounded, events=("start", "end")):
            if event == "start":
                open_.append(element)
                continue
            open_.pop()
            is_record = _local(element) in shape.records if shape.records else len(open_) == 1
            if not is_record:
                continue
            number += 1
            fields = shape.fields(element)
            if reason := fields.pop("refused", None):
                yield NotAPaper(file.name, reason, record=f"record {number}")
            elif fields:
                yield paper_from(fields, file.name, f"record {number}")
            (open_[-1] if open_ else element).clear()  # what was read is let go
            bounded.taken = 0
    except (XMLError, LookupError) as error:  # also an encoding that nobody knows
        reason = f"the XML breaks off after {number:,} records ({error})"
        raise ParseError(file.name, reason) from error
    except DefusedXmlException as error:
        raise ParseError(file.name, "XML that declares its own entities: refused") from error


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _all(element: Element, *path: str) -> list[Element]:
    """The elements below, at any depth, whose local names follow ``path``."""
    found = [element]
    for name in path:
        found = [below for one in found for below in one.iter() if _local(below) == name]
    return found


def _texts(element: Element, *path: str) -> list[str]:
    texts = (" ".join("".join(found.itertext()).split()) for found in _all(element, *path))
    return [text for text in texts if text]


def _first(element: Element, *path: str) -> str:
    return next(iter(_texts(element, *path)), "")


def _pubmed(article: Element) -> dict[str, Any]:
    said = [
        f"{part.get('Label')}: {text}" if part.get("Label") else text
        for abstract in _all(article, "Abstract")[:1]
        for part in _all(abstract, "AbstractText")
        if (text := " ".join("".join(part.itertext()).split()))
    ]
    authors = [
        " ".join(filter(None, (_first(a, "ForeName"), _first(a, "LastName"))))
        or _first(a, "CollectiveName")
        for a in _all(article, "AuthorList", "Author")
    ]
    # Below PubmedData stand the ids of the papers that it cites, too.
    own = [one for data in _all(article, "PubmedData", "ArticleIdList")[:1] for one in data]
    ids = {one.get("IdType"): (one.text or "") for one in own}
    kinds = _texts(article, "PublicationType")
    return {
        "title": _first(article, "ArticleTitle") or _first(article, "BookTitle"),
        "abstract": " ".join(said),
        "authors": [name for name in authors if name],
        "year": _first(article, "PubDate") or _first(article, "ArticleDate"),
        "doi": ids.get("doi") or next((e.text for e in _all(article, "ELocationID")
                                       if e.get("EIdType") == "doi"), None),
        "id": f"pmid:{_first(article, 'PMID')}",
        "topics": _texts(article, "Keyword"),
        "venue": _first(article, "Journal", "Title"),
        "comment": "withdrawn" if "Retracted Publication" in kinds else None,
    }  # fmt: skip


def _endnote(record: Element) -> dict[str, Any]:
    return {
        "title": _first(record, "titles", "title"),
        "abstract": _first(record, "abstract"),
        "authors": [given_first(n) for n in _texts(record, "contributors", "authors", "author")],
        "year": _first(record, "dates", "year"),
        "doi": _first(record, "electronic-resource-num"),
        "url": _first(record, "urls", "url"),
        "topics": _texts(record, "keywords", "keyword"),
        "venue": _first(record, "secondary-title"),
    }


def _rdf(item: Element) -> dict[str, Any]:
    if not _first(item, "abstract"):
        kind = _first(item, "itemType") or _local(item)
        if kind in ("attachment", "Attachment", "note", "Memo", "Collection", "Journal", "Series"):
            return {}
    people = [
        " ".join(filter(None, (_first(p, "givenName") or _first(p, "givenname"),
                               _first(p, "surname") or _first(p, "name"))))
        for p in _all(item, "authors", "Person")
    ]  # fmt: skip
    own = {_local(child): " ".join("".join(child.itertext()).split()) for child in item}
    about = next((value for name, value in item.attrib.items() if name.endswith("about")), "")
    return {
        "title": own.get("title"),
        "abstract": own.get("abstract"),
        "authors": people,
        "year": own.get("date"),
        "doi": [text for text in _texts(item, "identifier") if "10." in text],
        "url": about if about.startswith("http") else _first(item, "identifier", "value"),
        "topics": [t for t in _texts(item, "subject") if t],
    }


def _rss(item: Element) -> dict[str, Any]:
    said = _first(item, "description")
    named = [text for name in ("link", "identifier", "doi", "guid") for text in _texts(item, name)]
    if not identity(named).id:
        title = _first(item, "title")[:60]
        return {"refused": f"no paper: neither an arXiv id nor a DOI in it ({title!r})"}
    return {
        "doi": named[1:],
        "title": re.sub(r"(?<!\s)\s*\(arXiv:[^()]*\)$", "", _first(item, "title")),
        "abstract": re.sub(r"^arXiv:\S+ Announce Type: \S+\s+Abstract: ", "", said),
        "authors": ", ".join(_texts(item, "creator")),
        "year": _first(item, "pubDate") or _first(item, "date"),
        "url": _first(item, "link"),
        "topics": _texts(item, "category"),
    }


def _oai(record: Element) -> dict[str, Any]:
    if not _all(record, "metadata"):
        return {"refused": f"deleted, says its header ({_first(record, 'identifier')!r})"}
    names = [
        " ".join(filter(None, (_first(a, "forenames"), _first(a, "keyname"))))
        for a in _all(record, "authors", "author")
    ] or [given_first(name) for name in _texts(record, "creator")]
    described = _texts(record, "description")
    return {
        "title": _first(record, "metadata", "title"),
        "abstract": _first(record, "abstract") or max(described, key=len, default=""),
        "authors": names or _first(record, "authors"),
        "year": _first(record, "metadata", "date") or _first(record, "metadata", "created"),
        "arxiv": [*_texts(record, "metadata", "identifier"), _first(record, "metadata", "id")],
        "doi": [*_texts(record, "metadata", "identifier"), _first(record, "metadata", "doi")],
        "topics": _texts(record, "subject") or _first(record, "categories").split(),
        "comment": _first(record, "comments"),
    }


_SHAPES = (
    _Shape(
        "PubMed XML", r"<PubmedArticle", frozenset({"PubmedArticle", "PubmedBookArticle"}), _pubmed
    ),
    _Shape("EndNote XML", r"<records?>\s*<(?:record|database)\b", frozenset({"record"}), _endnote),
    _Shape("Zotero RDF", r"zotero\.org/namespaces/export#", frozenset(), _rdf),
    _Shape("OAI-PMH", r"<OAI-PMH\b", frozenset({"record"}), _oai),
    _Shape("RSS", r"<rss\b|http://purl\.org/rss/1\.0/", frozenset({"item"}), _rss),
)
