"""What narrows a question, as removable chips beside the question box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ingest.filters import EVERYTHING, Filters
from ingest.library import Library
from ui.library.spelling import spelling_of
from ui.page.render import literal

MOST_NAMED = 3  # papers with a chip each; more share one
_LONGEST = 60  # characters of a title


def chips_html(filters: Filters, library: Library) -> str:
    """A chip for each thing that narrows; nothing when nothing does."""
    if not filters:
        return ""
    title = spelling_of(library).title
    parts = [_chip("topic", f"Topic: {title(topic)}", topic) for topic in filters.topics]
    if filters.since is not None or filters.until is not None:
        parts.append(_chip("years", _years(filters), ""))
    if len(filters.papers) > MOST_NAMED:
        parts.append(_chip("papers", f"{len(filters.papers):,} papers", ""))
    else:
        titles = {paper.id: paper.title for paper in library.papers(filters.papers)}
        for id_ in filters.papers:
            parts.append(_chip("paper", _clipped(titles.get(id_, f"{id_} (removed)")), id_))
    return (
        '<div class="ap-chips" role="group" aria-label="Ask only within">'
        f'<span class="ap-chips-name">Only within</span>{"".join(parts)}</div>'
    )


def without(filters: Filters, click: Mapping[str, Any]) -> Filters:
    """The filters without what a click on a chip takes away."""
    value = click.get("value")
    match click.get("do"):
        case "drop-topic":
            return replace(filters, topics=tuple(t for t in filters.topics if t != value))
        case "drop-years":
            return replace(filters, since=None, until=None)
        case "drop-paper":
            return replace(filters, papers=tuple(p for p in filters.papers if p != value))
        case "drop-papers":
            return replace(filters, papers=())
        case "drop-all":
            return EVERYTHING
    return filters


def _chip(what: str, said: str, value: str) -> str:
    return (
        f'<button type="button" class="ap-chip" data-do="drop-{what}" data-value="{literal(value)}"'
        f' aria-label="No longer only within: {literal(said)}">{literal(said)}'
        '<span class="ap-x" aria-hidden="true">&#215;</span></button>'
    )


def _years(filters: Filters) -> str:
    if filters.since is None:
        return f"until {filters.until}"
    if filters.until is None:
        return f"since {filters.since}"
    if filters.since == filters.until:
        return str(filters.since)
    return f"{filters.since} to {filters.until}"


def _clipped(title: str) -> str:
    return title if len(title) <= _LONGEST else title[: _LONGEST - 1].rstrip() + "…"
