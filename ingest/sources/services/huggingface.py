"""Hugging Face Papers: the JSON of its daily papers, as saved or live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAME = "Hugging Face daily papers"


def knows(record: Mapping[str, Any]) -> bool:
    """Whether ``record`` is an entry of the daily papers, or the paper in one."""
    inner = record.get("paper")
    return isinstance(inner, dict) and "title" in inner or "submittedOnDailyAt" in record


def fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """The paper's fields under our names; the service's own summary is no abstract."""
    paper = record["paper"] if isinstance(record.get("paper"), dict) else record
    return {
        "title": paper.get("title") or record.get("title"),
        "abstract": paper.get("summary") or record.get("summary"),
        "authors": [
            author["name"]
            for author in paper.get("authors") or []
            if isinstance(author, dict) and author.get("name") and not author.get("hidden")
        ],
        "year": paper.get("publishedAt") or record.get("publishedAt"),
        "arxiv": paper.get("id"),
        "code_url": paper.get("githubRepo"),
        "topics": paper.get("ai_keywords") or [],
        "daily": str(paper.get("submittedOnDailyAt") or "")[:10],
    }
