"""JSON objects -> papers: the shapes that services give their papers, else loosely named fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.errors import NotAPaper, ParseError
from ingest.paper import Paper
from ingest.sources.files import File
from ingest.sources.formats.wrapped import no_paper, unwrapped
from ingest.sources.record import fold, mapping, paper_from, said_mapping
from ingest.sources.services import crossref, huggingface, openalex, semantic_scholar

_SHAPES = (huggingface, openalex, crossref, semantic_scholar)

_MAX_LEVELS = 100  # of lists and objects in each other


class Objects:
    """Turns the objects of one file into papers; tells once how it understood their fields."""

    def __init__(self, file: File) -> None:
        self._name, self._options = file.name, file.options
        self._told = False

    def papers(self, value: object, number: int | str) -> Iterator[Paper | ParseError]:
        """The papers in one JSON value: it is one, or holds a list of them."""
        if not isinstance(value, dict):
            kind = type(value).__name__
            reason = f"a JSON {kind}, not an object with a title"
            yield ParseError(self._name, reason, record=number)
            return
        records = unwrapped(value)
        for place, record in enumerate(records, 1):
            where = number if len(records) == 1 else f"{_said(number)}, paper {place}"
            yield self._paper(record, where)

    def _paper(self, record: object, number: int | str) -> Paper | ParseError:
        if not isinstance(record, dict):
            kind = type(record).__name__
            return ParseError(
                self._name, f"a JSON {kind}, not an object with a title", record=number
            )
        for shape in _SHAPES:
            if shape.knows(record):
                self._tell(f"{self._name}: {shape.NAME}")
                fields = shape.fields(record)
                if fields.pop("withdrawn", False):
                    title = str(fields.get("title") or "")[:60]
                    return NotAPaper(self._name, f"withdrawn ({title!r})", record=number)
                return paper_from(fields, self._name, number)
        if reason := no_paper(record):
            return NotAPaper(self._name, reason, record=number)
        columns = self._options.columns
        if not self._told and _guessed(record, columns):
            self._tell(f"{self._name}: {said_mapping(record, columns)}")
        return paper_from(record, self._name, number, columns)

    def _tell(self, message: str) -> None:
        if not self._told:
            self._options.detail(message)
            self._told = True


def too_deep(value: object) -> bool:
    """Whether lists and objects are nested too deep to be written again; without recursion."""
    levels, inner = 0, [value]
    while inner := [
        child
        for outer in inner
        if isinstance(outer, dict | list)
        for child in (outer.values() if isinstance(outer, dict) else outer)
    ]:
        levels += 1
    return levels > _MAX_LEVELS


def _guessed(record: Mapping[str, Any], columns: Mapping[str, str]) -> bool:
    found = mapping(tuple(record), tuple(sorted(columns.items())))
    return any(fold(names[0]) != fold(ours) for ours, names in found.items())


def _said(number: int | str) -> str:
    return f"line {number}" if isinstance(number, int) else number
