"""Labelled text: ``Title: …``, ``PDF: …``, ``Summary: …``, papers parted by a line of dashes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.files import File
from ingest.sources.record import fold, mapping, paper_from

_LABEL = re.compile(r"([A-Z][A-Za-z ]{1,24}):(?:\s+(.*)|$)")
_SMALL = re.compile(r"([a-z_ ]{2,24}):(?:\s+(.*)|$)")  # where the first label is written so
_RULE = re.compile(r"\s*[-=*_]{3,}\s*")
_MAX_FIELD = 1_000_000  # characters


def knows(file: File) -> bool:
    """Whether it starts with a labelled title, and an abstract with its label follows."""
    start = file.text_head.lstrip()
    labels = re.compile(r"^(?:Abstract|Summary|Digest):", re.M | re.I)
    return start[:6].lower() == "title:" and bool(labels.search(start))


def read(file: File) -> Iterator[Paper | ParseError]:
    """One paper for each labelled title; a text goes on until the next label that we know."""
    record: dict[str, str] = {}
    label, start, bad = "", 0, False
    labelled = _SMALL if file.text_head.lstrip().startswith("title:") else _LABEL
    for number, line in enumerate(file.lines(), 1):
        if isinstance(line, ParseError):
            yield line
            bad = True
            continue
        match = labelled.match(line)
        known = match[1] if match and mapping((match[1],)) else None
        if _RULE.fullmatch(line) or (known and fold(known) == "title"):
            if record and not bad:
                yield paper_from(record, file.name, start)
            record, label, start, bad = {}, "", number, False
        if known and match:
            label = known
            record[label] = match[2] or ""
        elif label and line.strip() and not _RULE.fullmatch(line):
            if len(record[label]) > _MAX_FIELD:
                continue
            record[label] += f" {line.strip()}"
    if record and not bad:
        yield paper_from(record, file.name, start)
