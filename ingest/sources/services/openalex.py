"""OpenAlex's JSON: a work, or a page of works; abstracts come as an inverted index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.sources.ids import identity
from ingest.sources.record import plain

NAME = "OpenAlex JSON"

_MAX_WORDS = 20_000


def knows(record: Mapping[str, Any]) -> bool:
    """Whether ``record`` has an abstract or an id as only they give it."""
    return "abstract_inverted_index" in record or str(record.get("id", "")).startswith(
        "https://openalex.org/"
    )


def fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """The work's fields under our names."""
    topics = (record.get("topics") or []) + (record.get("keywords") or [])
    return {
        "title": record.get("display_name") or record.get("title"),
        "abstract": abstract(record.get("abstract_inverted_index")),
        "authors": [
            plain(authorship["author"].get("display_name"))
            for authorship in record.get("authorships") or []
            if isinstance(authorship, dict) and isinstance(authorship.get("author"), dict)
        ],
        "year": record.get("publication_year"),
        "id": str(record.get("id") or "").replace("https://openalex.org/", "openalex:"),
        "arxiv": _arxiv(record),
        "doi": record.get("doi"),
        "topics": [plain(t.get("display_name")) for t in topics[:8] if isinstance(t, dict)],
        "withdrawn": record.get("is_retracted") is True,
    }


def abstract(index: object) -> str | None:
    """The text whose words an inverted index (word -> places) gives; None without one."""
    if not isinstance(index, dict):
        return None
    placed = {
        place: word
        for word, places in index.items()
        if isinstance(places, list)
        for place in places
        if isinstance(place, int) and 0 <= place < _MAX_WORDS
    }
    return " ".join(placed[place] for place in sorted(placed)) or None


def _arxiv(record: Mapping[str, Any]) -> str | None:
    places = [record.get("primary_location"), *(record.get("locations") or [])]
    addresses = (
        plain(place.get(key))
        for place in places
        if isinstance(place, dict)
        for key in ("landing_page_url", "pdf_url")
    )
    return next((who.arxiv for a in addresses if (who := identity([a])).arxiv), None)
