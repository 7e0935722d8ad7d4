"""RIS, the format of reference managers: tags at the start of lines, records ended by ``ER``.

Parsed by rispy, one record at a time, so that only one is held and a bad one costs no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ingest.errors import NotAPaper, ParseError
from ingest.paper import Paper
from ingest.sources.files import MAX_LINE, File
from ingest.sources.formats.bibliographic.tagged import given_first
from ingest.sources.record import paper_from

_START = re.compile(r"\s*(?:TY  ?-|ty  ?- ?[a-z]{3,}\s*$|TY- ?[A-Z]{3,}\s*$)")
_MOST_BEFORE = 100  # lines of a record before its type
_END = re.compile(r"\s*ER {0,2}-\s*$", re.I)
_TAG = re.compile(r"([A-Z][A-Z0-9]) {1,2}-(?: {1,2}|(?=\S)|$)(.*)")
_ANY = re.compile(r"\s*[A-Z][A-Z0-9] {0,2}-", re.I)
_BARE = re.compile(  # where a file writes none of the blanks: "IL-6" in a text is no tag
    r"(TY|ER|A[1-4U]|T[1-3I]|AB|N[12]|PY|Y[12]|DA|DO|UR|KW|J[AFO2]|JOUR|VL|IS|SP|EP|SN|PB|ID|L[1-4]"
    r"|M[1-3]|ED|CY|LA|AN|DB|DP|C[1-8])-\s*(.*)"
)


def knows(file: File) -> bool:
    """Whether a line starts a record, or the name says RIS."""
    return file.suffix == ".ris" or bool(
        re.search(r"^[ \t]*TY {0,2}- ?[A-Z]{3,}[ \t\r]*$", file.text_head, re.M)
    )


def read(file: File) -> Iterator[Paper | ParseError]:
    """One paper a record; what stands between records is left out."""
    for start, lines in _records(file):
        yield lines if isinstance(lines, ParseError) else _paper(file, lines, start)


def references(file: File) -> Iterator[tuple[str, Paper] | ParseError]:
    """Each record under its ID, or its number here; one without an abstract has no text."""
    for number, (start, lines) in enumerate(_records(file), 1):
        if isinstance(lines, ParseError):
            yield lines
            continue
        paper = _paper(file, lines, start)
        if isinstance(paper, NotAPaper):
            paper = _paper(file, [lines[0], f"AB  - {_title(lines)}", *lines[1:]], start)
            paper = paper if isinstance(paper, ParseError) else replace(paper, abstract="")
        key = " ".join(_said(lines, "ID")).strip() or str(number)
        yield paper if isinstance(paper, ParseError) else (key, paper)


def _title(lines: list[str]) -> str:
    return next((" ".join(said) for tag in ("TI", "T1") if (said := _said(lines, tag))), "")


def _records(file: File) -> Iterator[tuple[int, list[str] | ParseError]]:
    """The lines of each record and the number of its first; faults take their record with them."""
    lines: list[str] = []
    before: list[str] = []
    start, size = 0, 0  # 0: between records
    for number, line in enumerate(file.lines(), 1):
        if isinstance(line, ParseError):
            yield number, line
            lines, start = [], 0
            continue
        if _START.match(line):
            if start:
                yield start, lines
            lines, start, size = [*before, line], number - len(before), 0
            before = []
            continue
        if not start:
            # Some write the type in the middle: a record begins with its first tag.
            before = [*before, line] if _TAG.match(line) and not _END.match(line) else []
            before = before[-_MOST_BEFORE:]
            continue
        lines.append(line)
        size += len(line) + 1
        if size > MAX_LINE:
            yield start, ParseError(file.name, "a record without an end; skipped", record=start)
            lines, start = [], 0
        elif _END.match(line):
            yield start, lines
            lines, start = [], 0
    if start:
        yield start, lines


def _paper(file: File, lines: list[str], start: int) -> Paper | ParseError:
    import rispy
    from rispy.parser import ParseError as RisError

    lines = _usual(lines)
    # A missing end costs nothing when the next record has begun.
    ended = lines if _END.match(lines[-1]) else [*lines, "ER  - "]
    place = next((n for n, line in enumerate(ended) if _START.match(line)), 0)
    ended = [ended[place], *ended[:place], *ended[place + 1 :]]
    ended = [_TAG.sub(r"\1  - \2", line) for line in (ended[0].lstrip(), *ended[1:-1])]
    text = "\n".join([*ended, "ER  - "])
    try:
        (fields,) = rispy.loads(text, skip_unknown_tags=False)
    except (RisError, ValueError, KeyError, IndexError) as error:
        said = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        return ParseError(file.name, f"not RIS ({said})", record=start)
    names = [*fields.get("first_authors", ()), *fields.get("authors", ())]
    record = {
        "title": fields.get("title") or fields.get("primary_title") or fields.get("short_title"),
        "abstract": " ".join(_said(lines, "AB") or _said(lines, "N2")),
        "authors": [given_first(one.strip()) for name in names for one in name.split(";")],
        "year": fields.get("year") or fields.get("publication_year") or fields.get("date"),
        "doi": fields.get("doi"),
        # An arXiv id stands in any of these; RIS's own ID is a place in one file.
        "arxiv": [str(fields.get(name) or "") for name in ("id", "number", "journal_name")],
        "url": _first_url(fields.get("urls")),
        "topics": fields.get("keywords") or [],
        "venue": fields.get("journal_name") or fields.get("secondary_title"),
    }
    return paper_from(record, file.name, start)


def _usual(lines: list[str]) -> list[str]:
    """The lines with tags as RIS writes them: not indented, in capitals, with blanks behind."""
    first = next((line for line in lines if _START.match(line)), "")
    if first.startswith("TY "):
        return lines
    bare = first.lstrip()[2:3] == "-"
    lines = [line.strip() if _ANY.match(line) else line for line in lines]
    if bare:
        return [
            _BARE.sub(r"\1  - \2", line, count=1) if _BARE.match(line) else line for line in lines
        ]
    return [line[:2].upper() + line[2:] if _ANY.match(line) else line for line in lines]


def _said(lines: list[str], tag: str) -> list[str]:
    """All that stands under a tag, which may come twice; lines without one go on."""
    said: list[str] = []
    now = ""
    for line in lines:
        if match := _TAG.match(line):
            now = match[1]
            if now == tag:
                said.append(match[2])
        elif now == tag:
            said[-1] += f" {line.strip()}"
    return said


def _first_url(urls: object) -> str | None:
    found = urls if isinstance(urls, list) else [urls]
    return next((str(url).split(";")[0].strip() for url in found if url), None)
