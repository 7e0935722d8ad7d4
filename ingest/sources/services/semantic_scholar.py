"""Semantic Scholar's JSON: a paper, a batch of them, or a page of a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAME = "Semantic Scholar JSON"


def knows(record: Mapping[str, Any]) -> bool:
    """Whether ``record`` has an id of theirs."""
    return "externalIds" in record or ("paperId" in record and "title" in record)


def fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """The paper's fields under our names; their one-sentence summary is no abstract."""
    ids = record.get("externalIds") if isinstance(record.get("externalIds"), dict) else {}
    fields_of_study = record.get("fieldsOfStudy") or [
        field.get("category") for field in record.get("s2FieldsOfStudy") or []
    ]
    return {
        "title": record.get("title"),
        "abstract": record.get("abstract"),
        "authors": record.get("authors") or [],
        "year": record.get("year") or record.get("publicationDate"),
        "id": f"s2:{record['paperId']}" if record.get("paperId") else None,
        "arxiv": (ids or {}).get("ArXiv"),
        "doi": (ids or {}).get("DOI"),
        "url": record.get("url"),
        "topics": fields_of_study,
        "venue": record.get("venue"),
    }
