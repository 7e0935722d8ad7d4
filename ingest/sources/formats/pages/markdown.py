"""A reading list in Markdown: a heading a paper, below it its authors or a link, and its abstract.

A section with neither is part of some other document: it is listed and no paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.errors import NotAPaper, ParseError
from ingest.paper import Paper
from ingest.sources.files import MAX_LINE, File
from ingest.sources.ids import identity
from ingest.sources.record import paper_from

_HEADING = re.compile(r"(#{1,6})\s+(?=\S)(.*)")
_LINK = re.compile(r"\[([^\[\]]*)\]\((\S{0,1000}?)\)|<?(https?://[^\s<>)]+)>?")
_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?:\s+[\w.'’-]+){1,3}")
_BY = re.compile(r"by\s+|authors?:\s*", re.I)
_LABEL = re.compile(r"(?:abstract|summary|tl;?dr)\W{1,4}(?=\w)", re.I)
_FEWEST = 12  # words of an abstract


@dataclass(slots=True)
class _Section:
    line: int
    level: int
    title: str
    lines: list[str] = field(default_factory=list)


def knows(file: File) -> bool:
    """Whether headings of Markdown stand in it, and the name doesn't say otherwise."""
    if file.suffix in (".md", ".markdown"):
        return True
    return bool(re.match(r"#{1,6}\s\S.*\n", file.text_head.lstrip()))


def read(file: File) -> Iterator[Paper | ParseError]:
    """One paper a section that names its authors or links to it; the others are listed."""
    section: _Section | None = None
    size = 0
    for number, line in enumerate(file.lines(), 1):
        if isinstance(line, ParseError):
            yield line
            continue
        size += len(line)
        if size > MAX_LINE:
            raise ParseError(file.name, "a section without an end", record=number)
        if heading := _HEADING.match(line):
            if section:
                yield from _read(file, section, below=len(heading[1]) > section.level)
            title = heading[2].rstrip().rstrip("#").rstrip()
            section, size = _Section(number, len(heading[1]), title), 0
        elif section:
            section.lines.append(line)
    if section:
        yield from _read(file, section, below=False)


def _read(file: File, section: _Section, *, below: bool) -> Iterator[Paper | ParseError]:
    text = "\n".join(re.sub(r"^\s*(?:>|[-*+]\s)\s?", "", line) for line in section.lines)
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]
    links = [found[1] or found[2] for found in _LINK.findall(f"{section.title}\n{text}")]
    title = _bare(section.title)
    people, year = _people(parts)
    who = identity([*links, *re.findall(r"arxiv:\S+|doi:\s*\S+", text, re.I)])
    texts = [said for part in parts if _is_text(said := _LABEL.sub("", _bare(part), count=1))]
    if below and not (texts and (who.id or people)):
        return  # what stands under it has headings of its own
    if not (who.id or people):
        reason = f"no paper: neither authors nor a link stand under {title[:60]!r}"
        yield NotAPaper(file.name, reason, record=section.line)
        return
    record = {
        "title": title,
        "abstract": "\n".join(texts),
        "authors": people,
        "year": year,
        "id": [who.id or "", *links],
        "doi": [f"doi:{who.doi}"] if who.doi else [],
        "url": next((link for link in links if link.startswith("http")), None),
    }
    yield paper_from(record, file.name, section.line)


def _people(parts: list[str]) -> tuple[list[str], str | None]:
    """The names and the year in the first short lines under a heading."""
    for part in parts[:2]:
        said = re.sub(r"[*_`]|\(\s*\)|\[\s*\]", "", _LINK.sub("", part)).strip(" |·—–-.,;")
        year = re.search(r"\b(?:19|20)\d\d\b", said)
        names = _each(said[: year.start()] if year else said)
        if names and not _is_text(said) and all(map(_is_name, names)):
            return names, year[0] if year else None
    return [], None


def _each(names: str) -> list[str]:
    """The names of a line, or none where a part of it is none by its letters."""
    said = names.strip(" |·—–-.,;(")
    said = said[start.end() :] if (start := _BY.match(said)) else said
    parts = [part.strip() for part in re.split(r"[;&]|,\s*and\s|,|(?<!\s)\s+and\s", said)]
    return parts if all(map(_NAME.fullmatch, parts)) else []


def _is_name(name: str) -> bool:
    return name[:1].isupper() and name.split()[-1][:1].isupper()


def _bare(text: str) -> str:
    text = _LINK.sub(lambda link: link[1] or "", text)
    return " ".join(re.sub(r"[*`]{1,3}|(?<!\w)_{1,2}(?=\S)|(?<=\S)_{1,2}(?!\w)", "", text).split())


def _is_text(said: str) -> bool:
    return len(said.split()) >= _FEWEST and re.search(r"[.!?。][\"”’)*_]*$", said) is not None
