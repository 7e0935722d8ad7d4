"""JSON Lines: one object a line, one paper an object."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.files import HEAD, File
from ingest.sources.formats.objects import Objects, too_deep


def knows(file: File) -> bool:
    """Whether the first line is an object of its own, or the name says JSON Lines."""
    if file.suffix in (".jsonl", ".ndjson"):
        return True
    first, newline, _ = file.text_head.lstrip().partition("\n")
    whole = bool(newline) or len(file.head) < HEAD  # a longer line is held better by its values
    return whole and first.startswith("{") and first.rstrip().endswith("}")


def read(file: File) -> Iterator[Paper | ParseError]:
    """One paper a line; a line that is none comes as a ParseError that names it."""
    objects = Objects(file)
    for number, line in enumerate(file.lines(), 1):
        if isinstance(line, ParseError):
            yield line
            continue
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except RecursionError:
            yield ParseError(file.name, "not JSON (nested too deep)", record=number)
            continue
        except ValueError as error:  # also numbers of thousands of digits
            said = error.msg if isinstance(error, json.JSONDecodeError) else "a number is too long"
            yield ParseError(file.name, f"not JSON ({said})", record=number)
            continue
        if too_deep(record):
            yield ParseError(file.name, "not JSON (nested too deep)", record=number)
            continue
        yield from objects.papers(record, number)
