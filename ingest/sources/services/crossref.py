"""Crossref's JSON: a work, or a page of works; abstracts come in JATS tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.sources.record import plain

NAME = "Crossref JSON"
_DATES = ("issued", "published", "published-print", "published-online", "posted", "created")


def knows(record: Mapping[str, Any]) -> bool:
    """Whether ``record`` is a work: a DOI, and a list of titles."""
    return "DOI" in record and isinstance(record.get("title"), list)


def fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """The work's fields under our names."""
    titles = [title for title in record["title"] if isinstance(title, str)]
    updates = record.get("update-to") or []
    dates = (_year(record.get(key)) for key in _DATES)
    return {
        "title": titles[0] if titles else None,
        # A heading of the whole is no sentence of it.
        "abstract": _without_heading(record.get("abstract")),
        "authors": [name for author in record.get("author") or [] if (name := _name(author))],
        "year": next(filter(None, dates), None),
        "doi": record["DOI"],
        "url": record.get("URL"),
        "topics": record.get("subject") or [],
        "venue": next(iter(record.get("container-title") or []), None),
        "withdrawn": any(
            isinstance(update, dict) and update.get("type") in ("retraction", "withdrawal")
            for update in [*updates, *(record.get("updated-by") or [])]
        ),
    }


def _year(date: object) -> int | None:
    parts = date.get("date-parts") if isinstance(date, dict) else None
    first = parts[0] if isinstance(parts, list) and parts else None
    return first[0] if isinstance(first, list) and first and isinstance(first[0], int) else None


def _without_heading(abstract: object) -> str | None:
    if not isinstance(abstract, str):
        return None
    start = abstract.lstrip()
    for heading in ("Abstract", "ABSTRACT", "Summary"):
        start = start.removeprefix(f"<jats:title>{heading}</jats:title>").lstrip()
        start = start.removeprefix(f"<title>{heading}</title>").lstrip()
    return start


def _name(author: object) -> str:
    if not isinstance(author, dict):
        return ""
    parts = (plain(author.get(part)) for part in ("given", "prefix", "family", "suffix"))
    return " ".join(filter(None, parts)) or plain(author.get("name"))
