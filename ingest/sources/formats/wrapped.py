"""JSON as services answer: where in it the records are, and their fields as plain values."""

from __future__ import annotations

from typing import Any

from ingest.sources.record import fold

# Where services keep their list of papers.
_LISTS = (
    "items", "results", "result", "data", "papers", "works", "recommendedPapers", "references",
    "rows", "docs", "hits", "hit", "collection", "notes", "articles", "records", "entry", "entries",
    "publications", "documents",
)  # fmt: skip
# What holds one paper, or the list of them.
_ONE = (
    "message", "citingPaper", "citedPaper", "row", "response", "resultList", "hits", "result",
    "info", "data", "content", "metadata", "attributes", "_source", "bibjson", "search-results",
)  # fmt: skip
# What stands beside the rest of a paper's fields.
_BESIDE = ("id", "key", "cdate", "tcdate", "forum", "abstract", "doi", "paper_id")
_TITLES = ("title", "titles", "preprinttitle", "papertitle")
_DEEP = 4  # levels at which a list of papers is looked for under other names


def unwrapped(value: dict[str, Any]) -> list[Any]:
    """The records in an answer of a service; ``value`` itself when it is a record."""
    if _is_titled(value) and not value.get("items"):
        return [_flat(value)]
    for name in _ONE:
        if isinstance(value.get(name), dict):
            kept = {key: value[key] for key in _BESIDE if key in value}
            inner = unwrapped(value[name])
            if len(inner) == 1 and isinstance(inner[0], dict):
                return [_flat({**kept, **inner[0]})]
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
    found = _below(value, _DEEP)
    return [_flat(item) for item in found] or [value]


def no_paper(record: dict[str, Any]) -> str | None:
    """Why a record that a service keeps among its papers is none; None for a paper."""
    if record.get("itemType") in ("attachment", "note", "annotation"):
        return f"no paper: Zotero's {record['itemType']} ({str(record.get('title') or '')[:60]!r})"
    if record.get("replyto") or record.get("forum") not in (None, record.get("id")):
        return "no paper: a review or a comment at OpenReview"
    return None


def _is_titled(value: dict[str, Any]) -> bool:
    return "title" in value or any(fold(name.rpartition(":")[2]) in _TITLES for name in value)


def _below(value: object, levels: int) -> list[dict[str, Any]]:
    """The first list of titled objects below ``value``, whatever the names above it."""
    if not isinstance(value, dict) or not levels:
        return []
    for inner in value.values():
        if isinstance(inner, list):
            found = [item for item in inner if isinstance(item, dict) and _is_titled(item)]
            if found and len(found) == len(inner):
                return found
    return next((found for v in value.values() if (found := _below(v, levels - 1))), [])


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """``{"title": {"value": ...}}``, ``dc:title`` and lists of titled parts as plain fields."""
    if ":" in "".join(record):
        record = {name.rpartition(":")[2] or name: inner for name, inner in record.items()}
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
    if not isinstance(inner, list) or not all(isinstance(part, dict) for part in inner):
        return inner
    if name in ("titles", "abstracts", "descriptions", "abstract"):
        keys = ("title", "value", "text", "description")
        texts = [
            next((part[key] for key in keys if part.get(key)), "") for part in inner if _leads(part)
        ]
        return texts if name == "abstract" else next(iter(texts), None)
    values = [part["value"] for part in inner if isinstance(part.get("value"), str)]
    return values if inner and len(values) == len(inner) else inner


def _leads(part: dict[str, Any]) -> bool:
    """Whether a part is the title or the abstract itself, not a subtitle or a note on pages."""
    kind = part.get("descriptionType") or part.get("titleType")
    return kind in (None, "Abstract")
