"""JSON objects -> papers: the shapes that services give their papers, else loosely named fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.errors import NotAPaper, ParseError
from ingest.paper import Paper
from ingest.sources.files import File
from ingest.sources.record import fold, mapping, paper_from, said_mapping
from ingest.sources.services import crossref, huggingface, openalex, semantic_scholar

_SHAPES = (huggingface, openalex, crossref, semantic_scholar)

# Where services keep their list of papers.
_LISTS = (
    "items", "results", "result", "data", "papers", "works", "recommendedPapers", "references",
    "rows", "docs", "hits", "hit", "collection", "notes",
)  # fmt: skip
_ONE = (
    "message", "citingPaper", "citedPaper", "row", "response", "resultList", "hits", "result",
    "info", "data", "content", "metadata", "attributes", "_source",
)  # fmt: skip

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
        columns = self._options.columns
        if not self._told and _guessed(record, columns):
            self._tell(f"{self._name}: {said_mapping(record, columns)}")
        return paper_from(record, self._name, number, columns)

    def _tell(self, message: str) -> None:
        if not self._told:
            self._options.detail(message)
            self._told = True


def unwrapped(value: dict[str, Any]) -> list[Any]:
    """The records in an answer of a service; ``value`` itself when it is a record."""
    if any(fold(name) in ("title", "titles") for name in value) and not value.get("items"):
        return [_flat(value)]
    for name in _ONE:
        if isinstance(value.get(name), dict):
            kept = {key: value[key] for key in ("id", "cdate", "forum") if key in value}
            inner = unwrapped(value[name])
            if len(inner) == 1 and isinstance(inner[0], dict):
                return [{**kept, **inner[0]}]
            return inner
    for name in _LISTS:
        if isinstance(value.get(name), list):
            return [
                inner
                for item in value[name]
                for inner in (unwrapped(item) if isinstance(item, dict) else [item])
            ]
    if value and all(isinstance(v, dict) and "title" in v for v in value.values()):
        return [{"id": key, **inner} for key, inner in value.items()]  # papers by their ids
    return [value]


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """``{"title": {"value": ...}}`` and lists of titled parts as plain fields."""
    if not any(isinstance(inner, dict | list) for inner in record.values()):
        return record
    return {
        name: inner["value"]
        if isinstance(inner, dict) and "value" in inner
        else _parts(name, inner)
        for name, inner in record.items()
    }


def _parts(name: str, inner: object) -> object:
    """The texts of DataCite's ``titles`` and ``descriptions``, INSPIRE's ``abstracts``, ..."""
    if name in ("titles", "abstracts", "descriptions", "abstract") and isinstance(inner, list):
        keys = ("title", "value", "text", "description")
        texts = [
            next((part[key] for key in keys if part.get(key)), "")
            for part in inner
            if isinstance(part, dict)
        ]
        if texts:
            return texts if name == "abstract" else texts[0]
    return inner


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
