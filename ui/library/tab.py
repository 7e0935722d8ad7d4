"""The Library tab: look through the papers, read one, add and remove, ask only within some."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ingest.errors import AskpapersError
from ingest.export import FORMATS
from ingest.filters import EVERYTHING, Filters
from ingest.index.nearest import nearest_papers
from ingest.library import Library
from ingest.paper import Paper
from ui.library.adding import MAX_BYTES, MAX_FILES, Added, add
from ui.library.browsing import Look, looked, within
from ui.library.catalogue import Catalogues
from ui.library.chips import chips_html, without
from ui.library.page import NO_PAPER, controls_html, list_html, paper_html, report_html
from ui.library.spelling import spelling_of
from ui.page.blocks import clicked, gr, html, live
from ui.page.header import header_html
from ui.page.render import counted, literal
from ui.page.shared import Shared
from ui.page.taking import listed, saved
from ui.page.theme import wire
from ui.server.libraries import Choices

HOW = (
    "Upload files from a reference manager (BibTeX, RIS, CSV, ...), JSONL or saved Hugging Face"
    f" Papers pages (up to {MAX_FILES} files of {MAX_BYTES // 1_000_000} MB), or paste what you"
    " have."
)
PASTE = "Paste arXiv ids or addresses, BibTeX, RIS, or the text of a Hugging Face Papers page"

_OF_ONE = ("open", "export-one", "within-one")  # deeds with one paper

log = logging.getLogger(__name__)


def library_tab(shared: Shared) -> Callable[[gr.HTML, gr.HTML], None]:
    """The list beside the open paper; above them what adds papers.

    Returns what lets another tab's piece of HTML open papers in a second piece beside it, and
    topics and authors here.
    """
    look = gr.State(Look())
    if shared.writable:
        empty = shared.libraries.first.library.counts()["papers"] == 0
        with gr.Accordion("Add papers", open=empty, elem_id="ap-add"):
            html(f'<p class="ap-how">{literal(HOW)}</p>', "ap-how")
            with gr.Row():
                files = gr.File(
                    label="Files with papers",
                    show_label=False,
                    file_count="multiple",
                    height=104,
                    elem_id="ap-files",
                )
                pasted = gr.Textbox(
                    label="Or paste here",
                    show_label=False,
                    placeholder=PASTE,
                    lines=3,
                    max_lines=3,
                    elem_id="ap-paste",
                )
                adding = gr.Button("Add to the library", variant="primary", elem_id="ap-add-now")
            report = html("", "ap-report")
    with gr.Row(elem_id="ap-shelf"):
        with gr.Column(scale=3, elem_id="ap-list-side"):
            controls = live("", "ap-controls")
            listed = live("", "ap-list")
        with gr.Column(scale=2, elem_id="ap-paper-side"):
            paper = live(NO_PAPER, "ap-paper")
    file = gr.HTML({}, html_template=" ", js_on_load=wire("file"), elem_id="ap-papers-file")
    handlers = _Shelf(shared)
    shown: list[Any] = [look, controls, listed, paper]
    asked: list[Any] = [shared.filters, shared.chips, shared.tabs, file]
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    listed.focus(handlers.opened, [look, shared.choices], [*shown, shared.header], **quiet)
    for piece in (controls, listed, paper):
        piece.click(
            handlers.clicked,
            [look, shared.filters, shared.choices],
            [*shown, shared.header, *asked],
            trigger_mode="multiple",
            **quiet,
        )
    shared.chips.click(
        handlers.dropped,
        [shared.filters, shared.choices],
        [shared.filters, shared.chips],
        trigger_mode="multiple",
        **quiet,
    )
    if shared.writable:
        adding.click(
            handlers.add,
            [files, pasted, look, shared.choices],
            [report, files, pasted, adding, *shown, shared.header],
            **quiet,
        )

    def opens(piece: gr.HTML, beside: gr.HTML) -> None:
        for one in (piece, beside):
            one.click(
                handlers.opened_from,
                [look, shared.choices],
                [*shown, *asked, beside],
                trigger_mode="multiple",
                **quiet,
            )

    return opens


class _Shelf:
    """The event handlers; ``Look`` and ``Filters`` come in and go out as per-visitor state."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._catalogues = Catalogues()

    def opened(self, look: Look, choices: Choices) -> tuple[Any, ...]:
        """The tab as it is now: another visitor may have changed the library."""
        header = header_html(self._shared.libraries.assistant(choices))
        return (*self._shown(look, self._library(choices)), header)

    def clicked(
        self, look: Look, filters: Filters, choices: Choices, event: gr.EventData
    ) -> tuple[Any, ...]:
        """What a click in the tab brings: a change of what is shown, or a narrower question."""
        click = clicked(event)
        library = self._library(choices)
        same: list[Any] = [gr.skip()] * 4
        if (papers := self._taken(look, click, library)) is not None:
            return (*[gr.skip()] * 8, _saved(papers, str(click.get("kind") or "bibtex")))
        if click.get("do") in ("remove-yes", "undo"):
            now = self._removed(look, library) if click["do"] != "undo" else _back(look, library)
            header = header_html(self._shared.libraries.assistant(choices))
            return (*self._shown(now, library), header, *same)
        catalogue = self._catalogues.of(library)
        asked = within(look, click, catalogue)
        if isinstance(asked, Filters):
            chips = chips_html(asked, library)
            return (*[gr.skip()] * 5, asked, chips, gr.Tabs(selected="chat"), gr.skip())
        now = looked(look, click, catalogue)
        if isinstance(asked, str):
            now = replace(now, said=asked)
        if click.get("do") == "open":
            look = replace(look, paper=None)  # shown anew, also if it is open already
        pieces = self._shown(now, library, before=look, typed=click.get("do") == "find")
        return (*pieces, gr.skip(), *same)

    def opened_from(self, look: Look, choices: Choices, event: gr.EventData) -> tuple[Any, ...]:
        """What was clicked in another tab: a paper opens there, a topic or an author here."""
        click = clicked(event)
        library = self._library(choices)
        same: list[Any] = [gr.skip()] * 8
        here = library.papers([str(click.get("id") or "")])
        paper = next(iter(here), None) if click.get("do") in _OF_ONE else None
        match click.get("do"):
            case "open" if paper is not None:
                return (
                    *same,
                    paper_html(paper, nearest_papers(library, paper), spelling_of(library)),
                )
            case "close":
                return (*same, "")
            case "export-one" if paper is not None:
                return (*same[:7], _saved([paper], "bibtex"), gr.skip())
            case "within-one" if paper is not None:
                within = Filters(papers=(paper.id,))
                turned = (within, chips_html(within, library), gr.Tabs(selected="chat"))
                return (*same[:4], *turned, gr.skip(), gr.skip())
            case "topic" | "author":
                now = looked(look, click, self._catalogues.of(library))
                shown = (*self._shown(now, library), gr.skip(), gr.skip())
                return (*shown, gr.Tabs(selected="library"), gr.skip(), gr.skip())
        return (*same, gr.skip())

    def dropped(
        self, filters: Filters, choices: Choices, event: gr.EventData
    ) -> tuple[Filters, str]:
        """The question without what a chip stood for."""
        now = without(filters, clicked(event)) or EVERYTHING
        return now, chips_html(now, self._library(choices))

    def add(
        self, files: list[str] | None, pasted: str | None, look: Look, choices: Choices
    ) -> Iterator[tuple[Any, ...]]:
        """Add what was given, with progress; last the report and the list anew."""
        library = self._library(choices)
        waiting = [gr.skip()] * 5
        busy: Any = gr.Button(interactive=False)
        last = Added(0)
        sources = self._shared.libraries.sources
        for last in add(library, files or [], pasted or "", options=sources):
            yield report_html(last), gr.skip(), gr.skip(), busy, *waiting
            busy = gr.skip()
        emptied = (None, "") if last.problem is None else (None, gr.skip())
        header = header_html(self._shared.libraries.assistant(choices))
        ready = gr.Button(interactive=True)
        yield report_html(last), *emptied, ready, *self._shown(look, library), header

    # what they share

    def _library(self, choices: Choices) -> Library:
        return self._shared.libraries.assistant(choices).library

    def _removed(self, look: Look, library: Library) -> Look:
        if not (self._shared.writable and look.removing):
            return look
        ids = sorted(look.removing)
        papers = tuple(library.papers(ids))
        try:
            gone = library.remove(ids)
        except AskpapersError as error:
            return replace(look, said=str(error), removing=frozenset())
        return replace(
            look,
            chosen=look.chosen - look.removing,
            paper=None if look.paper in look.removing else look.paper,
            removing=frozenset(),
            removed=papers,
            said=f"{counted(gone, 'paper')} removed.",
        )

    def _taken(self, look: Look, click: dict[str, Any], library: Library) -> list[Paper] | None:
        """The papers that a click asks to take along; None if it doesn't."""
        if click.get("do") == "export":
            return list(library.papers(sorted(look.chosen)))
        return list(library.papers([look.paper or ""])) if click.get("do") == "export-one" else None

    def _shown(
        self, look: Look, library: Library, *, before: Look | None = None, typed: bool = False
    ) -> tuple[Any, ...]:
        """Look, controls, list and paper; what has not changed since ``before`` stays as it is."""
        catalogue = self._catalogues.of(library)
        known = {paper.id: paper for paper in library.papers([look.paper] if look.paper else [])}
        paper = known.get(look.paper or "")
        # What is being typed in must not be drawn anew under the reader's hands.
        keep = typed or (before is not None and before.wanted == look.wanted)
        controls = gr.skip() if keep else controls_html(catalogue, look.wanted)
        opened = gr.skip()
        if before is None or before.paper != look.paper:
            near = nearest_papers(library, paper) if paper else ()
            opened = paper_html(paper, near, catalogue.spelling, writable=self._shared.writable)
        listed = list_html(catalogue, look, writable=self._shared.writable)
        return look, controls, listed, opened


def _saved(papers: Sequence[Paper], kind: str) -> dict[str, Any]:
    """The papers as a file that the browser saves."""
    title = papers[0].title if len(papers) == 1 else f"{len(papers)} papers"
    if (file := listed(papers, kind, title)) is not None:
        return file
    kind = kind if kind in FORMATS else "bibtex"
    return saved(title, {"bibtex": "bib"}.get(kind, kind), "".join(FORMATS[kind](papers)))


def _back(look: Look, library: Library) -> Look:
    """The papers that were removed last, put back."""
    if not look.removed:
        return look
    try:
        library.put(look.removed, origin="put back")
    except AskpapersError as error:
        return replace(look, said=str(error))
    said = f"{counted(len(look.removed), 'paper')} put back."
    return replace(look, removed=(), said=said)
