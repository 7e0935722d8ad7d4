"""One visitor's look at the library: what is listed, chosen and open, and what a click changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.filters import Filters
from ingest.paper import Paper
from ui.library.catalogue import ORDERS, Catalogue, Wanted

PAGE = 25  # papers listed at once
MOST_CHOSEN = 500  # papers: as many as a question is asked within


@dataclass(frozen=True, slots=True)
class Look:
    """What is shown of a library: the list, its page (from 0), the papers ticked, the paper open.

    ``removing`` are those that the visitor has been asked whether to remove; ``removed`` those that
    were just removed, in case that wasn't meant. ``said`` is one line about what has just been
    done.
    """

    wanted: Wanted = Wanted()
    page: int = 0
    chosen: frozenset[str] = frozenset()
    paper: str | None = None
    removing: frozenset[str] = frozenset()
    removed: tuple[Paper, ...] = field(default=(), repr=False)
    said: str = ""


def pages(found: int) -> int:
    """How many pages a list of ``found`` papers has: at least one."""
    return max(1, -(-found // PAGE))


def looked(  # noqa: C901 - one case a deed
    look: Look, click: Mapping[str, Any], catalogue: Catalogue
) -> Look:
    """The look after a click or after typing; what a browser sends may be anything.

    ``click["do"]`` says what was done; an unknown one changes nothing.
    """
    look = replace(look, said="", removing=frozenset(), removed=())
    match click.get("do"):
        case "find":
            return replace(look, wanted=_wanted(click, look.wanted), page=0)
        case "topic":
            wanted = Wanted(topic=_text(click, "topic"), order=look.wanted.order)
            return replace(look, wanted=wanted, page=0)
        case "order" if click.get("order") in ORDERS:
            return replace(look, wanted=replace(look.wanted, order=click["order"]), page=0)
        case "page":
            last = pages(len(catalogue.find(look.wanted))) - 1
            return replace(look, page=min(max(_number(click, "page") or 0, 0), last))
        case "choose":
            return _chosen(look, {_text(click, "id")}, on=click.get("on") is True)
        case "choose-page":
            shown = {catalogue.rows[place].id for place in on_page(look, catalogue)}
            return _chosen(look, shown, on=click.get("on") is True)
        case "choose-none":
            return replace(look, chosen=frozenset())
        case "open" | "close":  # closing names no paper
            return replace(look, paper=_text(click, "id") or None)
        case "remove" if look.chosen:
            return replace(look, removing=look.chosen)
        case "remove-one":
            return replace(look, removing=frozenset({_text(click, "id")} - {""}))
        case "author":
            wanted = Wanted(words=_text(click, "author")[:200], order=look.wanted.order)
            return replace(look, wanted=wanted, page=0)
    return look


def on_page(look: Look, catalogue: Catalogue) -> tuple[int, ...]:
    """The rows of the page that is shown."""
    found = catalogue.find(look.wanted)
    page = min(look.page, pages(len(found)) - 1)  # the library may have shrunk
    return found[page * PAGE : (page + 1) * PAGE]


def within(look: Look, click: Mapping[str, Any], catalogue: Catalogue) -> Filters | str | None:
    """The filters that a click asks for, in words why not, or None if it asks for none."""
    match click.get("do"):
        case "within-one":
            return Filters(papers=(_text(click, "id"),))
        case "within-chosen" if look.chosen:
            return Filters(papers=tuple(sorted(look.chosen)))
        case "within-found" if look.wanted:
            wanted = look.wanted
            if not wanted.words.split():
                topics = (wanted.topic,) if wanted.topic else ()
                return Filters(since=wanted.since, until=wanted.until, topics=topics)
            found = catalogue.find(wanted)
            if not found:
                return "No papers are listed to ask within."
            if len(found) > MOST_CHOSEN:
                return (
                    f"Found by words, at most {MOST_CHOSEN} papers can be asked within: list fewer."
                )
            return Filters(papers=tuple(catalogue.rows[place].id for place in found))
    return None


def _chosen(look: Look, ids: set[str], *, on: bool) -> Look:
    chosen = look.chosen | ids if on else look.chosen - ids
    if len(chosen) > MOST_CHOSEN:
        return replace(look, said=f"At most {MOST_CHOSEN} papers can be ticked.")
    return replace(look, chosen=frozenset(chosen - {""}))


def _wanted(click: Mapping[str, Any], now: Wanted) -> Wanted:
    since, until = _number(click, "since"), _number(click, "until")
    if since is not None and until is not None and since > until:
        since, until = until, since
    return Wanted(
        words=_text(click, "words")[:200],
        topic=_text(click, "topic"),
        since=since,
        until=until,
        order=now.order,
    )


def _text(click: Mapping[str, Any], name: str) -> str:
    value = click.get(name)
    return value[:1_000] if isinstance(value, str) else ""


def _number(click: Mapping[str, Any], name: str) -> int | None:
    value = str(click.get(name, "")).strip()
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 6 else None
