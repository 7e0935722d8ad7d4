"""What is taken along: the menus that offer it, and the files that the browser saves."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from ingest.paper import Paper
from rag import references, word
from ui.page.render import file_name

Formats = Sequence[tuple[str, str]]  # what a button asks for, and what stands on it

WORD: Formats = (("word", "Word"),) if word.installed() else ()
LISTS: Formats = (
    [(f"list {style}", style) for style in references.STYLES] if references.installed() else ()
)

_numbers = itertools.count(1)


def menu_html(what: str, formats: Formats, *, lists: bool = True, turn: int | None = None) -> str:
    """A menu with the files that ``what`` can be taken along as, and its reference lists."""
    of = "" if turn is None else f' data-turn="{turn}"'
    groups = [("File", formats), *([("Reference list", LISTS)] if lists and LISTS else [])]
    shown = "".join(
        f'<div role="group" aria-label="{name}"><span aria-hidden="true">{name}</span>'
        + "".join(
            f'<button type="button" data-do="export"{of} data-kind="{kind}">{said}</button>'
            for kind, said in offered
        )
        + "</div>"
        for name, offered in groups
    )
    return (
        f'<details class="ap-menu"><summary aria-label="Export {what}">Export</summary>'
        f'<div class="ap-menu-list">{shown}</div></details>'
    )


def fresh() -> int:
    """A number for a value that is to be sent even if it is as before: an equal one isn't."""
    return next(_numbers)


def saved(title: str, ending: str, content: str | bytes) -> dict[str, Any]:
    """A file for the browser to save (ui/script/answers.js); what is no text goes as Base64."""
    file = {"name": file_name(title, ending), "fresh": fresh()}
    if isinstance(content, bytes):
        return file | {"data": base64.b64encode(content).decode()}
    return file | {"text": content.encode("utf-8", "replace").decode()}


def listed(papers: Iterable[Paper], kind: str, title: str) -> dict[str, Any] | None:
    """The papers as the reference list that ``kind`` of ``LISTS`` asks for; None if it doesn't."""
    style = dict(LISTS).get(kind)
    if style is None:
        return None
    lines = references.reference_list(papers, style)
    name = f"{title} {style}"
    if word.installed():
        heading = f"References ({style})"
        return saved(name, "docx", word.references_to_word(lines, title=heading))
    return saved(name, "txt", references.as_text(lines))
