"""One record of loosely named fields -> one Paper, or the reason why it is none.

Names of fields are matched without case, spaces and punctuation: ``Abstract Note`` is
``abstractnote``. Who names the columns (``--map``) is believed.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from ingest.errors import NotAPaper, ParseError
from ingest.paper import Kind, Paper, digest
from ingest.sources.abstracts import parted, why_not
from ingest.sources.ids import address_of, identity
from ingest.sources.readable import one_line, readable

# Our field -> the names under which sources keep it, the likeliest first.
NAMES: dict[str, tuple[str, ...]] = {
    "title": (
        "title", "titles", "papertitle", "preprinttitle", "articletitle", "documenttitle", "primarytitle",
        "displayname", "name", "ti", "t1", "titel", "titre", "titulo", "titolo",
    ),
    "abstract": (
        "abstract", "abstracts", "descriptions", "summary", "abstractnote", "abstracttext",
        "paperabstract", "preprintabstract", "notesabstract", "text", "description", "ab", "n2", "zusammenfassung",
        "resume", "resumen",
    ),
    "digest": ("digest",),
    "authors": (
        "authorsparsed", "authorfullnames", "af", "authors", "author", "authornames", "creators",
        "creator", "authorstring", "preprintauthors", "authfullnames", "firstauthors", "firstauthor", "au", "autoren", "auteurs",
        "autores",
    ),
    "year": (
        "year", "publicationyear", "pubyear", "published", "publishedat", "publicationdate",
        "publishedyear", "yearpublished", "publishtime", "preprintdate", "earliestdate", "coverdate",
        "issued", "created", "date", "pubdate", "firstseen", "cdate", "tcdate", "produceddateyi", "py",
        "jahr", "annee",
    ),
    "url": ("url", "link", "paperurl", "absurl", "urlabs", "articleurl", "urls", "pdfurl", "pdf"),
    "code_url": ("codeurl", "code", "github", "githubrepo", "githuburl", "repository"),
    "topics": (
        "topics", "categories", "keywords", "tags", "manualtags", "authorkeywords", "subjects",
        "subject", "fieldsofstudy", "keyword", "keywordlist", "de",
    ),
    "id": ("id", "paperid", "identifier"),
    "arxiv": ("arxivid", "arxiv", "arxiveprints", "eprint", "arxivnumber", "archiveid", "externalids"),
    "doi": ("doi", "dois", "di", "biorxivdoi", "publisheddoi", "doiids"),
}  # fmt: skip
_NOTED = re.compile(r"^[^\S\n]*(?:arxiv|doi):\s*\S+", re.I | re.M)  # Zotero's "arXiv: 2407.11062"
FIELDS = ("title", "abstract", "authors", "year", "url", "code_url", "topics", "id", "arxiv", "doi")
OURS = frozenset("id title abstract authors year url code_url topics source kind extra".split())


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
    if record.keys() == OURS and (extra := _written(record["extra"])) is not None:
        return _as_written({**record, "extra": extra}, name, number)
    theirs = tuple(record)
    found = mapping(theirs, tuple(sorted(columns.items())) if columns else ())

    def said(field: str) -> object:
        values = (record[theirs] for theirs in found.get(field, ()))
        return next((value for value in values if _says(value)), None)

    years = (_year(record[theirs]) for theirs in found.get("year", ()))

    notes, is_a_thing = _layout(theirs)
    if is_a_thing and not columns:
        thing = plain(said("title"))[:60]
        return NotAPaper(
            name, f"no paper: only a name and a description ({thing!r})", record=number
        )
    title = readable(plain(said("title")), bibtex=bibtex)
    if not title:
        return ParseError(name, "no title", record=number)
    abstract, notice = parted(readable(plain(said("abstract")), bibtex=bibtex))
    kind = kind_of(record)
    if not abstract:
        abstract, kind = readable(plain(said("digest"))), "digest"
    if reason := why_not(title, abstract, plain(record.get("comment"))):
        return NotAPaper(name, f"{reason} ({title[:60]!r})", record=number)
    named = [theirs for field in ("arxiv", "doi", "id", "url") for theirs in found.get(field, ())]
    told = [text for name in named for text in _texts(record[name])]
    who = identity(told + _noted(record, notes) if notes else told)
    given = next((text for theirs in found.get("id", ()) for text in _texts(record[theirs])), "")
    # A bare number is a place in one file: another file's number is another paper.
    fallback = given if given and not given.isdigit() else _pmid(record)
    id_ = who.id or fallback or digest(f"{title}\n{abstract}")
    url = plain(said("url"))
    url = re.split(r"(?:[;,]|(?<!\s))\s+(?=http)", url, maxsplit=1)[0] if " " in url else url
    return Paper(
        id=id_,
        title=title,
        abstract=abstract,
        authors=tuple(readable(name, bibtex=bibtex) for name in _people(said("authors"))),
        year=next(filter(None, years), None) or who.year,
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
                **({"notice": notice} if notice else {}),
                **({"version": who.version} if who.version else {}),
            }
        ),
    )


def _noted(record: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    """The ids that stand on lines of their own in fields for all kinds of things."""
    said = [record[name] for name in names]
    return [line for text in said if isinstance(text, str) for line in _NOTED.findall(text)]


@lru_cache(maxsize=4096)
def _layout(theirs: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """The fields for all kinds of things, and whether its fields would suit a product as well."""
    notes = tuple(name for name in theirs if fold(name) in ("extra", "note", "number"))
    found = mapping(theirs)
    of_a_paper = found.keys() - {"title", "abstract", "url", "code_url", "id", "topics"}
    folded = [fold(found[field][0]) for field in ("title", "abstract") if field in found]
    return notes, not of_a_paper and folded in (["name", "description"], ["name", "text"])


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


def _says(value: object) -> bool:
    return value not in (None, "", [], "nan") and value == value  # NaN is no value


def plain(value: object) -> str:
    """Text or a number as one line, of a list of texts all; empty for anything else."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, list):
        text = " ".join(item for item in value if isinstance(item, str))
    else:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        text = str(value) if is_number else ""
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


def _pmid(record: Mapping[str, Any]) -> str | None:
    said = next((plain(record[name]) for name in _PUBMED if record.get(name)), "")
    return f"pmid:{said}" if said.isdigit() else None


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


_BETWEEN = re.compile(r"(?<!\s)\s+(?:and|&)\s+|,\s+(?:(?:and|&)\s+)?")
_MORE = re.compile(r"(?:et\s+al|others|\.{3}|…)\W*", re.I)
_INITIALS = re.compile(r"(?:[A-Z]\.?[ -]?){1,4}")
_ONE = re.compile(r"[\w'’-]+(?: [\w'’-]+)?, (?:[A-Z]\.[ -]?){1,4}|[\w'’-]+, [\w'’-]+")
_PUBMED = ("pmid", "PMID", "pubmed_id", "PubMed ID")
_CREATED = ("author", "presenter", "programmer", "inventor", "artist")  # roles in Zotero's items


def _people(value: object) -> tuple[str, ...]:
    if isinstance(value, dict):  # {"author": [...]}
        value = next((inner for inner in value.values() if isinstance(inner, list)), value)
    if isinstance(value, str) and value.lstrip().startswith(("['", '["', "[{")):
        value = _as_list(value)  # a list that pandas wrote into a cell
    if isinstance(value, list):
        roles = [item.get("creatorType") for item in value if isinstance(item, dict)]
        if any(role in _CREATED for role in roles):
            value = [item for item in value if item.get("creatorType") in (*_CREATED, None)]
        return tuple(dict.fromkeys(name for item in value if (name := _person(item))))
    text = plain(value)
    names = _parted(text)
    if ")" in text:
        names = [re.sub(r"(?<!\s)\s*\(\d{6,}\)$", "", name) for name in names]  # Scopus' numbers
    if _MORE.fullmatch(names[-1]):
        names.pop()
    return tuple(dict.fromkeys(name for name in names if _says(name)))


def _is_word(name: str) -> bool:
    return name[:1].isupper() and " " not in name


def _parted(text: str) -> list[str]:
    """The names in one text: semicolons part people and commas their names, or commas people."""
    if ";" in text or "|" in text:
        return re.split(r"(?:(?<!\s)\s+)?[;|]\s*", text)
    if "\u2e80" <= text[:1] < "\ue000":  # Chinese, Japanese, Korean: no comma within a name
        return re.split(r"(?:(?<!\s)\s+)?[,，、]\s*", text)
    if _ONE.fullmatch(text):
        return [text]  # one "Lovelace, Ada"
    names = _BETWEEN.split(text)
    family, given = names[::2], names[1::2]
    # "Lovelace, Ada, Turing, Alan" and "Lovelace, A., van Dam, B. C."
    if len(family) == len(given) and (
        all(map(_INITIALS.fullmatch, given))
        or (all(map(_is_word, given)) and all(_is_word(n) or n[:1].islower() for n in family))
    ):
        return [", ".join(pair) for pair in zip(family, given, strict=True)]
    if len(names) > 1 and text.find(".") == len(text) - 1 and not re.search(r"\b[JS]r\.$", text):
        names[-1] = names[-1][:-1]  # "Lovelace A, Turing AM."
    return names


def _person(item: object) -> str:
    """One name, as the services write their people: a text, a list of parts, an object."""
    if isinstance(item, list):  # arXiv's [family, given, suffix, ...]
        family, given, suffix = [*map(plain, item), "", "", ""][:3]
        return " ".join(filter(None, (given, family, suffix)))
    if not isinstance(item, dict):
        return plain(item)
    said = {fold(str(name)): plain(inner) for name, inner in item.items()}
    for name in ("name", "literal", "fullname", "displayname", "text", "creator", "collectivename"):
        if said.get(name):
            return said[name]
    if isinstance(item.get("author"), dict):
        return _person(item["author"])
    family = next((said[n] for n in ("family", "lastname", "surname", "last") if said.get(n)), "")
    given = next((said[n] for n in ("given", "firstname", "forename", "first") if said.get(n)), "")
    given = f"{given} {said['middle']}" if said.get("middle") else given
    particle = said.get("nondroppingparticle") or said.get("droppingparticle") or ""
    return " ".join(filter(None, (given, particle, family, said.get("suffix", ""))))


def _as_list(text: str) -> object:
    try:
        return ast.literal_eval(text) if len(text) < 100_000 else text
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):  # {"ArXiv": "2103.99905", "DOI": ...}
        value = [f"{name}:{inner}" for name, inner in value.items()]
    values = value if isinstance(value, list) else [value]
    values = [
        f"{item.get('type', '')}:{item['id']}" if isinstance(item, dict) and "id" in item else item
        for item in values
    ]
    return [text for item in values if (text := plain(item))]


def _names(value: object, separator: str) -> tuple[str, ...]:
    if isinstance(value, str) and value.startswith('["'):
        value = _as_list(value)  # names with separators in them
    if isinstance(value, dict):  # {"keyword": [...]}
        value = next((inner for inner in value.values() if isinstance(inner, list)), None)
    if isinstance(value, str):
        value = re.split(separator, value)
    if not isinstance(value, list):
        return ()
    found = (
        next((v[n] for n in ("name", "tag", "display_name", "term", "subject") if v.get(n)), "")
        if isinstance(v, dict)
        else v
        for v in value
    )
    return tuple(dict.fromkeys(text for item in found if (text := plain(item)) and _says(text)))


def _year(value: object) -> int | None:
    if isinstance(value, dict):  # CSL's {"date-parts": [["2021", 3]]}, {"raw": "2020-05"}
        value = " ".join(re.findall(r"\d{4}", str(value))[:1])
    if isinstance(value, int | float) and 1e11 < value < 1e13:  # milliseconds since 1970
        return 1970 + int(value / 31_556_952_000)
    match = re.search(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)", plain(value))
    return int(match[1]) if match else None
