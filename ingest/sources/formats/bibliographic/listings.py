"""Numbered or ruled text for people to read: PubMed's "Abstract" format, arXiv's listing mail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.files import MAX_LINE, File
from ingest.sources.record import paper_from

_MAIL = re.compile(r"^\\\\\s*\n(?:Paper: |arXiv:)\S.*\n(?:.*\n){0,12}?Title: ", re.M)
_LABEL = re.compile(r"(Title|Authors?|Categories|Comments|Journal-ref|DOI|Date):\s*(.*)")


def knows(file: File) -> bool:
    """Whether it is a listing mail, or PubMed's text with its PMIDs."""
    head = file.text_head.replace("\r\n", "\n")
    return bool(_MAIL.search(head)) or _is_pubmed(head)


def _is_pubmed(head: str) -> bool:
    return bool(re.match(r"\s*1\. \S", head) and re.search(r"^PMID: \d+", head, re.M))


def read(file: File) -> Iterator[Paper | ParseError]:
    """One paper an entry."""
    pubmed = _is_pubmed(file.text_head.replace("\r\n", "\n"))
    begins = re.compile(r"\d+\. \S.*" if pubmed else r"-{20,}\s*")
    entry: list[str] = []
    start = 1
    previous = ""
    for number, line in enumerate(file.lines(), 1):
        if isinstance(line, ParseError):
            yield line
            continue
        if begins.fullmatch(line) and not (pubmed and previous):
            yield from _papers(file, entry, start, pubmed)
            entry, start = [], number
        entry.append(line)
        previous = line.strip()
        if len(entry) > MAX_LINE // 100:
            raise ParseError(file.name, "an entry without an end", record=start)
    yield from _papers(file, entry, start, pubmed)


def _papers(file: File, lines: list[str], start: int, pubmed: bool) -> Iterator[Paper | ParseError]:
    record = _pubmed(lines) if pubmed else _mail(lines)
    if record:
        yield paper_from(record, file.name, start)


def _pubmed(lines: list[str]) -> dict[str, object]:
    """Citation, title, authors, notes and the abstract, each a paragraph of its own."""
    parts = [" ".join(p.split()) for p in re.split(r"\n\s*\n", "\n".join(lines)) if p.strip()]
    if len(parts) < 2:
        return {}
    tail = next((part for part in reversed(parts) if "PMID:" in part), "")
    notes = r"Author information:|DOI:|PMID:|PMCID:|Comment (?:in|on)|Erratum|Copyright|©|Conflict"
    texts = [part for part in parts[2:] if not re.match(notes, part)]
    people = texts[0] if texts else ""
    is_people = len(people) < 60 or bool(re.search(r"(?:\(\d+\)| [A-Z]{1,3})[,.]", people[:60]))
    names = re.sub(r"\(\d+(?:\)\(\d+)*\)", "", people).rstrip(".") if is_people else ""
    found = re.search(r"\bdoi: (\S+)|DOI: (\S+)", f"{parts[0]} {tail}", re.I)
    pmid = re.search(r"PMID: (\d+)", tail)
    return {
        "title": parts[1],
        "abstract": " ".join(texts[1:] if is_people else texts),
        "authors": [name.strip() for name in names.split(",") if name.strip()],
        "year": parts[0],
        "doi": f"doi:{found[1] or found[2]}" if found else None,
        "id": f"pmid:{pmid[1]}" if pmid else None,
    }


def _mail(lines: list[str]) -> dict[str, object]:
    """A head of labelled lines, then the abstract, parted by lines that begin with two strokes."""
    parts = re.split(r"^\\\\.*$", "\n".join(lines), flags=re.M)
    head = next((place for place, part in enumerate(parts) if "Title:" in part), None)
    if head is None:
        return {}
    said: dict[str, str] = {}
    label = ""
    for line in parts[head].splitlines():
        if match := _LABEL.match(line):
            label = match[1].lower().rstrip("s")
            said[label] = match[2]
        elif label and line.startswith("  "):
            said[label] += f" {line.strip()}"
    arxiv = re.search(r"(?:arXiv:|Paper: )(\S+)", parts[head])
    return {
        "title": said.get("title"),
        "abstract": parts[head + 1] if len(parts) > head + 1 else None,
        "authors": said.get("author"),
        "arxiv": f"arXiv:{arxiv[1]}" if arxiv else None,
        "doi": said.get("doi"),
        "comment": said.get("comment"),
        "topics": said.get("categorie", "").split(),
    }
