"""JSON Lines: one object a line, one paper an object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.errors import ParseError
from ingest.identity import canonical_id
from ingest.paper import Kind, Paper, digest

# The names under which sources keep a field, the likeliest first.
_TITLE = ("title", "Title", "name")
_ABSTRACT = ("abstract", "Abstract", "summary", "text", "description")
_DIGEST = ("digest",)
_AUTHORS = ("authors", "author", "first_author")
_YEAR = ("year", "published", "created", "date", "first_seen", "publication_date")
_URL = ("url", "link", "URL")
_CODE = ("code_url", "code", "github")
_TOPICS = ("topics", "categories", "keywords", "tags")
_ID = ("id", "_id", "arxiv_id", "paper_id", "doi", "DOI")
_OTHER_IDS = ("arxiv_id", "doi", "DOI")
_KNOWN = frozenset(_TITLE + _ABSTRACT + _DIGEST + _AUTHORS + _YEAR + _URL + _CODE + _TOPICS + _ID)

_MAX_LEVELS = 100  # of lists and objects in each other


def read(name: str, lines: Iterator[str | ParseError]) -> Iterator[Paper | ParseError]:
    """One paper a line; a line that is none comes as a ParseError that names it."""
    for number, line in enumerate(lines, 1):
        if isinstance(line, ParseError):
            yield line
            continue
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except RecursionError:
            yield ParseError(name, "not JSON (nested too deep)", record=number)
            continue
        except ValueError as error:  # also numbers of thousands of digits
            said = error.msg if isinstance(error, json.JSONDecodeError) else "a number is too long"
            yield ParseError(name, f"not JSON ({said})", record=number)
            continue
        if _levels(record) > _MAX_LEVELS:
            # What is only just read can't be written again further down the stack.
            yield ParseError(name, "not JSON (nested too deep)", record=number)
            continue
        if not isinstance(record, dict):
            kind = type(record).__name__
            yield ParseError(name, f"a JSON {kind}, not an object with a title", record=number)
            continue
        yield paper_from(record, name, number)


def paper_from(record: Mapping[str, Any], name: str, number: int) -> Paper | ParseError:
    """The paper that a record of loosely named fields describes; an error without title or text."""
    title = _text(_first(record, _TITLE))
    if not title:
        return ParseError(name, "no title", record=number)
    abstract, kind = _text(_first(record, _ABSTRACT)), _kind(record)
    if not abstract:
        abstract = _text(_first(record, _DIGEST))
        kind = "digest"
    if not abstract:
        return ParseError(name, f"no abstract ({title[:60]!r})", record=number)
    id_ = canonical_id(_text(_first(record, _ID))) or digest(f"{title}\n{abstract}")
    url = _text(_first(record, _URL)) or _url_of(id_)
    return Paper(
        id=id_,
        title=title,
        abstract=abstract,
        authors=_names(_first(record, _AUTHORS), r"\s*;\s*|\s+and\s+|,\s+"),
        year=_year(_first(record, _YEAR)),
        url=url if url is not None and url.startswith(("http://", "https://")) else None,
        code_url=_text(_first(record, _CODE)) or None,
        topics=_names(_first(record, _TOPICS), r"\s*[,;]\s*|\s+(?=[a-z-]+\.[A-Z]{2}\b)"),
        source=_text(record.get("source")) or _text(name.replace("\\", "/").rpartition("/")[2]),
        kind=kind,
        extra=_storable(_extra(record)),
    )


def _url_of(id_: str) -> str | None:
    scheme, _, rest = id_.partition(":")
    places = {"arxiv": "https://arxiv.org/abs/", "doi": "https://doi.org/"}
    return places[scheme] + rest if scheme in places else None


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> object:
    return next((record[name] for name in names if record.get(name) not in (None, "", [])), None)


def _text(value: object) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    # Lone surrogates come from broken escapes and can't be stored as UTF-8.
    return " ".join(str(value).encode("utf-8", "replace").decode().replace("\0", " ").split())


def _extra(record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a Paper has no place for; those of a paper that was written out by us too."""
    extra = {k: v for k, v in record.items() if k not in _KNOWN and k not in ("source", "kind")}
    # Ids beside the one that leads: the same paper comes from elsewhere under them.
    leading = _first(record, _ID)
    extra |= {k: record[k] for k in _OTHER_IDS if record.get(k) and record[k] != leading}
    ours = extra.pop("extra") if isinstance(extra.get("extra"), dict) else {}
    return {**ours, **extra}


def _storable(extra: dict[str, Any]) -> dict[str, Any]:
    """``extra`` with lone surrogates replaced, as in ``_text``."""
    cleaned: dict[str, Any] = json.loads(
        json.dumps(extra, ensure_ascii=False).encode("utf-8", "replace")
    )
    return cleaned


def _levels(value: object) -> int:
    """How deep lists and objects are nested in ``value``; counted without recursion."""
    levels, inner = 0, [value]
    while inner := [
        child
        for outer in inner
        if isinstance(outer, dict | list)
        for child in (outer.values() if isinstance(outer, dict) else outer)
    ]:
        levels += 1
    return levels


def _kind(record: Mapping[str, Any]) -> Kind:
    return "digest" if record.get("kind") == "digest" else "abstract"


def _names(value: object, separator: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = re.split(separator, value)
    if not isinstance(value, list):
        return ()
    found = (v.get("name", "") if isinstance(v, dict) else v for v in value)
    return tuple(dict.fromkeys(text for item in found if (text := _text(item))))


def _year(value: object) -> int | None:
    match = re.search(r"\b(1[5-9]\d\d|20\d\d)\b", _text(value))
    return int(match[1]) if match else None
