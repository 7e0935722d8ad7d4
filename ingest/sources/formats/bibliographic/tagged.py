"""Records of tagged lines: PubMed's MEDLINE (nbib), EndNote's ``%T`` (enw), Web of Science."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.files import MAX_LINE, File
from ingest.sources.record import paper_from

_Fields = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How lines are tagged, and what begins a record."""

    name: str
    tag: re.Pattern[str]  # groups: the tag, its value
    starts: str
    head: re.Pattern[str]  # how a file is known
    fields: dict[str, tuple[str, ...]]  # ours -> theirs, the likeliest first


_DIALECTS = (
    _Dialect(
        "MEDLINE",
        re.compile(r"([A-Z]{2,4}) *- ?(.*)"),
        "PMID",
        re.compile(r"\A\s*PMID *- ?\d+\s*$", re.M),
        {
            "title": ("TI", "BTI"), "abstract": ("AB", "OAB"), "authors": ("FAU", "AU", "CN"),
            "year": ("DP", "DEP"), "doi": ("LID", "AID"), "topics": ("OT", "MH"), "venue": ("JT",),
            "pmid": ("PMID",), "types": ("PT",),
        },
    ),
    _Dialect(
        "EndNote tagged",
        re.compile(r"%([0-9A-Z@!#$^&+~*<>?=|])(?: (.*)|$)"),
        "0",
        re.compile(r"^%0 \S.*\n(?:.*\n){0,40}?%T ", re.M),
        {
            "title": ("T",), "abstract": ("X",), "authors": ("A",), "year": ("D", "8"),
            "doi": ("R",), "url": ("U",), "topics": ("K",), "venue": ("J", "B"),
        },
    ),
    _Dialect(
        "Ovid",
        re.compile(r"([A-Z][A-Z0-9](?= {1,2}- )|<(?=\d+>\s*$))(?: {1,2}- )?(.*)"),
        "<",
        re.compile(r"\A(?:.*\n){0,8}?<1>\s*\n(?:[A-Z][A-Z0-9] {1,2}- .*\n)"),
        {
            "title": ("TI", "T1"), "abstract": ("AB", "N2"), "authors": ("AU", "A1"),
            "year": ("YR", "PY", "DP", "Y1"), "doi": ("DO", "DI"), "topics": ("KW", "MH"),
            "venue": ("JN", "SO"),
        },
    ),
    _Dialect(
        "Ovid with labels",
        re.compile(r"([A-Z][\w ./()-]{1,40}?(?=\s*$)|<(?=\d+>\s*$))(.*)"),
        "<",
        re.compile(r"\A(?:.*\n){0,8}?<1>\s*\n[A-Z][\w ./()-]{1,40}\n {2,}\S"),
        {
            "title": ("Title",), "abstract": ("Abstract",), "authors": ("Authors", "Author"),
            "year": ("Year of Publication", "Publication Year", "Date of Publication", "Year"),
            "doi": ("DOI", "Digital Object Identifier"), "topics": ("Keyword Heading", "Keywords"),
            "venue": ("Journal Name", "Source"),
        },
    ),
    _Dialect(
        "Web of Science",
        re.compile(r"([A-Z][A-Z0-9])(?: (.*)|$)"),
        "PT",
        re.compile(r"\A\s*(?:FN .*\n(?:VR .*\n)?\s*)?PT [A-Z]\s*$", re.M),
        {
            "title": ("TI",), "abstract": ("AB",), "authors": ("AF", "AU"), "year": ("PY",),
            "doi": ("DI",), "topics": ("DE", "ID"), "venue": ("SO",),
        },
    ),
)  # fmt: skip


def knows(file: File) -> bool:
    """Whether it begins as one of the tagged formats."""
    return _dialect(file) is not None


def read(file: File) -> Iterator[Paper | ParseError]:
    """One paper a record; what stands before the first record is left out."""
    if (dialect := _dialect(file)) is None:
        raise ParseError(file.name, "no tagged records in it")
    file.options.detail(f"{file.name}: {dialect.name}")
    for start, fields in _records(file, dialect):
        yield fields if isinstance(fields, ParseError) else _paper(file, dialect, fields, start)


def _dialect(file: File) -> _Dialect | None:
    head = file.text_head.replace("\r\n", "\n")
    return next((dialect for dialect in _DIALECTS if dialect.head.search(head)), None)


def _records(file: File, dialect: _Dialect) -> Iterator[tuple[int, _Fields | ParseError]]:
    fields: _Fields = {}
    start, size, tag = 0, 0, ""
    for number, line in enumerate(file.lines(), 1):
        if isinstance(line, ParseError):
            yield number, line
            fields, tag = {}, ""
            continue
        match = dialect.tag.match(line)  # what goes on from the line before is indented
        if match and match[1] == dialect.starts:
            if fields:
                yield start, fields
            fields, start, size = {}, number, 0
        elif not start or (match and match[1] in ("ER", "EF")):
            tag = ""
            continue
        size += len(line)
        if size > MAX_LINE:
            yield start, ParseError(file.name, "a record without an end; skipped", record=start)
            fields, start, tag = {}, 0, ""
        elif match:
            tag = match[1]
            fields.setdefault(tag, []).append((match[2] or "").strip())
        elif tag and line.strip():
            _go_on(fields, tag, line.strip(), dialect)
    if fields:
        yield start, fields


def _go_on(fields: _Fields, tag: str, text: str, dialect: _Dialect) -> None:
    """A further line: one more name or keyword where a line is one, else more of the text."""
    listed = (*dialect.fields["authors"], *(("K",) if dialect.starts == "0" else ()))
    if tag in listed and dialect.starts != "PMID":
        fields[tag].append(text)
    else:
        fields[tag][-1] += f" {text}"


def _paper(file: File, dialect: _Dialect, fields: _Fields, start: int) -> Paper | ParseError:
    said = {
        ours: next((fields[name] for name in theirs if fields.get(name)), [])
        for ours, theirs in dialect.fields.items()
    }
    ids = [value for value in said["doi"] if "[" not in value or "[doi]" in value]
    if any("Retracted Publication" in kind for kind in said.pop("types", [])):
        return ParseError(file.name, f"withdrawn ({said['title'][:1]})", record=start)
    pmid = "".join(said.pop("pmid", [])[:1])
    record = {
        **{name: " ".join(said[name]) for name in ("title", "abstract", "venue")},
        "authors": [given_first(name) for name in said["authors"]],
        "year": " ".join(said["year"][:1]),
        "doi": [value.removesuffix("[doi]").strip() for value in ids],
        "url": next(iter(said.get("url", [])), None),
        "topics": [t.strip() for value in said["topics"] for t in value.split(";") if t.strip()],
        **({"id": f"pmid:{pmid}"} if pmid else {}),
    }
    return paper_from(record, file.name, start)


def given_first(name: str) -> str:
    """``Lovelace, Ada`` -> ``Ada Lovelace``; a name without a comma as it is."""
    family, comma, given = name.partition(",")
    return f"{given.strip()} {family.strip()}" if comma and given.strip() else name.strip()
