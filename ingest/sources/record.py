"""One record of loosely named fields -> one Paper, or the reason why it is none.

Names of fields are matched without case, spaces and punctuation: ``Abstract Note`` is
``abstractnote``. Who names the columns (``--map``) is believed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from ingest.errors import NotAPaper, ParseError
from ingest.paper import Kind, Paper, digest
from ingest.sources.ids import address_of, identity
from ingest.sources.readable import one_line, readable

# Our field -> the names under which sources keep it, the likeliest first.
NAMES: dict[str, tuple[str, ...]] = {
    "title": (
        "title", "papertitle", "articletitle", "documenttitle", "primarytitle", "displayname",
        "name", "ti", "t1",
    ),
    "abstract": (
        "abstract", "abstracts", "summary", "abstractnote", "abstracttext", "paperabstract",
        "notesabstract", "text", "description", "ab", "n2",
    ),
    "digest": ("digest",),
    "authors": (
        "authors", "author", "authornames", "authorfullnames", "creators", "creator",
        "firstauthors", "firstauthor", "au",
    ),
    "year": (
        "year", "publicationyear", "pubyear", "published", "publishedat", "publicationdate",
        "publishedyear", "created", "date", "firstseen", "py",
    ),
    "url": ("url", "link", "paperurl", "absurl", "urls", "pdfurl", "pdf"),
    "code_url": ("codeurl", "code", "github", "githubrepo", "githuburl", "repository"),
    "topics": (
        "topics", "categories", "keywords", "tags", "manualtags", "authorkeywords", "subjects",
        "subject", "fieldsofstudy",
    ),
    "id": ("id", "paperid", "identifier"),
    "arxiv": ("arxivid", "arxiv", "eprint", "arxivnumber"),
    "doi": ("doi",),
}  # fmt: skip
FIELDS = ("title", "abstract", "authors", "year", "url", "code_url", "topics", "id", "arxiv", "doi")
_OURS = frozenset("id title abstract authors year url code_url topics source kind extra".split())

_WITHDRAWN = re.compile(
    r"(?:this|the|our)\s(?:\w+\s){0,2}?(?:paper|article|submission|manuscript|work|preprint)\s"
    r"(?:has\sbeen|is|was|have\sbeen)\s(?:\w+\s){0,2}?(?:withdrawn|retracted)\b|withdrawn\b"
    r"|(?:the\s)?authors?\s(?:has|have)\swithdrawn\b",
    re.I,
)
_NOTHING = re.compile(
    r"[\W_]*(?:(?:no\s)?abstract(?:\s(?:is\s)?(?:not\s|un)available)?|n/?a|none|null|nan|not"
    r"\savailable|unavailable)?[\W_]*",
    re.I,
)
_RETRACTED_TITLE = re.compile(r"\W*(?:retracted|withdrawn)(?:\sarticle)?\s*[:\])]", re.I)


def paper_from(
    record: Mapping[str, Any],
    name: str,
    number: int | str,
    columns: Mapping[str, str] | None = None,
    *,
    bibtex: bool = False,
) -> Paper | ParseError:
    """The paper that ``record`` describes, readable; a ParseError says why it is none.

    ``columns`` names their field for ours where the caller knows better than the names do.
    In ``bibtex`` every brace is markup.
    ``name`` and ``number`` are the file and the record in it, for messages.
    """
    if record.keys() == _OURS and (extra := _written(record["extra"])) is not None:
        return _as_written({**record, "extra": extra}, name, number)
    found = mapping(tuple(record), tuple(sorted((columns or {}).items())))

    def said(field: str) -> object:
        values = (record[theirs] for theirs in found.get(field, ()))
        return next((value for value in values if value not in (None, "", [])), None)

    title = readable(plain(said("title")), bibtex=bibtex)
    if not title:
        return ParseError(name, "no title", record=number)
    abstract, kind = readable(plain(said("abstract")), bibtex=bibtex), kind_of(record)
    if not abstract:
        abstract, kind = readable(plain(said("digest"))), "digest"
    if reason := why_not(title, abstract, plain(record.get("comment"))):
        return NotAPaper(name, f"{reason} ({title[:60]!r})", record=number)
    named = [theirs for field in ("arxiv", "doi", "id", "url") for theirs in found.get(field, ())]
    who = identity(text for theirs in named for text in _texts(record[theirs]))
    given = next((text for theirs in found.get("id", ()) for text in _texts(record[theirs])), "")
    # A bare number is a place in one file: another file's number is another paper.
    fallback = given if given and not given.isdigit() else digest(f"{title}\n{abstract}")
    id_ = who.id or fallback
    url = plain(said("url"))
    return Paper(
        id=id_,
        title=title,
        abstract=abstract,
        authors=tuple(readable(name, bibtex=bibtex) for name in _people(said("authors"))),
        year=_year(said("year")) or who.year,
        url=url
        if url.startswith(("http://", "https://")) and not _is_pdf(url)
        else address_of(id_),
        code_url=plain(said("code_url")) or None,
        topics=_names(said("topics"), r"\s*[,;]\s*|\s+(?=[a-z-]+\.[A-Z]{2}\b)"),
        source=plain(record.get("source")) or plain(name.replace("\\", "/").rpartition("/")[2]),
        kind=kind,
        extra=storable(
            {
                **_extra(record, found),
                **({"doi": who.doi} if who.doi and who.arxiv else {}),
                **({"version": who.version} if who.version else {}),
            }
        ),
    )


def why_not(title: str, abstract: str, comment: str = "") -> str | None:
    """Why a record with this title and abstract is not taken in; None when it is."""
    if _NOTHING.fullmatch(abstract):
        return "no abstract"
    # A long text that begins so is about withdrawals.
    if len(abstract) < 1000 and _WITHDRAWN.match(abstract):
        return "withdrawn"
    if comment and _WITHDRAWN.match(comment):
        return "withdrawn, says its comment"
    return "withdrawn, says its title" if _RETRACTED_TITLE.match(title) else None


@lru_cache(maxsize=4096)
def mapping(
    theirs: tuple[str, ...], columns: tuple[tuple[str, str], ...] = ()
) -> dict[str, tuple[str, ...]]:
    """Our field -> those of ``theirs`` that hold it, the likeliest first."""
    chosen = dict(columns)
    taken = set(chosen.values())
    folded: dict[str, list[str]] = {}
    for name in theirs:
        if name not in taken:
            folded.setdefault(fold(name), []).append(name)
    found = {
        field: tuple(name for wanted in names for name in folded.get(wanted, ()))
        for field, names in NAMES.items()
        if field not in chosen
    }
    found |= {field: (column,) for field, column in chosen.items() if column in theirs}
    return {field: found[field] for field in NAMES if found.get(field)}


def said_mapping(theirs: Iterable[str], columns: Mapping[str, str]) -> str:
    """The mapping in words: ``title=Title, abstract=Summary; not used: Pages``."""
    theirs = tuple(theirs)
    found = mapping(theirs, tuple(sorted(columns.items())))
    used = {name for names in found.values() for name in names}
    left = [name for name in theirs if name not in used]
    guessed = ", ".join(f"{field}={names[0]}" for field, names in found.items())
    return guessed + (f"; kept beside: {', '.join(left[:12])}" if left else "")


def fold(name: str) -> str:
    """A field's name without case, spaces, punctuation and a plural in brackets."""
    return re.sub(r"\(s\)|[\W_]", lambda m: "s" if m[0] == "(s)" else "", name.casefold())


def plain(value: object) -> str:
    """Text or a number as one line; empty for anything else."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    text = str(value)
    if not text.isascii():  # lone surrogates come from broken escapes and can't be stored as UTF-8
        text = text.encode("utf-8", "replace").decode()
    return one_line(text.replace("\0", " "))


def storable(extra: dict[str, Any]) -> dict[str, Any]:
    """``extra`` with lone surrogates replaced, as in ``plain``."""
    if all(isinstance(value, str) and value.isascii() for value in extra.values()):
        return extra
    cleaned: dict[str, Any] = json.loads(
        json.dumps(extra, ensure_ascii=False, default=str).encode("utf-8", "replace")
    )
    return cleaned


def kind_of(record: Mapping[str, Any]) -> Kind:
    """Whether the record says that its text is a digest."""
    return "digest" if record.get("kind") == "digest" else "abstract"


def _is_pdf(url: str) -> bool:
    return "arxiv.org/pdf/" in url  # the page that leads to it says more


def _written(extra: object) -> dict[str, Any] | None:
    """``extra`` as askpapers writes it out: an object in JSONL, its JSON in a cell of a table."""
    if isinstance(extra, str) and extra.startswith("{"):
        try:
            extra = json.loads(extra)
        except (ValueError, RecursionError):
            return None
    return extra if isinstance(extra, dict) else None


def _as_written(record: Mapping[str, Any], name: str, number: int | str) -> Paper | ParseError:
    """A paper that askpapers wrote out comes in as it was."""
    title, abstract = plain(record["title"]), plain(record["abstract"])
    if not title or not abstract:
        return ParseError(name, "no abstract" if title else "no title", record=number)
    return Paper(
        id=plain(record["id"]) or digest(f"{title}\n{abstract}"),
        title=title,
        # Paragraphs are part of it.
        abstract=str(record["abstract"]).encode("utf-8", "replace").decode().replace("\0", " "),
        authors=_names(record["authors"], ";"),
        year=_year(record["year"]),
        url=plain(record["url"]) or None,
        code_url=plain(record["code_url"]) or None,
        topics=_names(record["topics"], ";"),
        source=plain(record["source"]),
        kind=kind_of(record),
        extra=storable(record["extra"]),
    )


def _extra(record: Mapping[str, Any], found: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """The fields that a Paper has no place for; those of a paper that was written out by us too."""
    used = {name for names in found.values() for name in names} | {"source", "kind", "_id"}
    extra = {k: v for k, v in record.items() if k not in used and v not in (None, "", [], {})}
    ours = extra.pop("extra") if isinstance(extra.get("extra"), dict) else {}
    return {**ours, **extra}


def _people(value: object) -> tuple[str, ...]:
    # "Lovelace, Ada; Turing, Alan": where semicolons part people, commas part their names.
    return _names(value, ";" if ";" in plain(value) else r"\s+and\s+|,\s+")


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for item in values if (text := plain(item))]


def _names(value: object, separator: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = re.split(separator, value)
    if not isinstance(value, list):
        return ()
    found = (v.get("name", "") if isinstance(v, dict) else v for v in value)
    return tuple(dict.fromkeys(text for item in found if (text := plain(item))))


def _year(value: object) -> int | None:
    match = re.search(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)", plain(value))
    return int(match[1]) if match else None
