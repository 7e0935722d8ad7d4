"""The Check tab: paste a draft, walk through its claims, take the report along."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import AskpapersError
from rag import word
from rag.check.report import Report, to_csv
from rag.export import report_markdown, report_papers, to_bibtex
from ui.check.page import EMPTY, claim_html, draft_html, summary_html
from ui.page.blocks import clicked, gr, html, live, visitor
from ui.page.render import notice_html
from ui.page.shared import Shared
from ui.page.taking import WORD, listed, saved
from ui.page.theme import wire
from ui.server.libraries import Choices

MAX_DRAFT = 200_000  # characters
MAX_BIBLIOGRAPHY = 3_000_000  # bytes
HOW = (
    "Does the paper that you cite say what you write? Paste Markdown, LaTeX or plain text. Papers"
    " may be cited by arXiv id, DOI or (Author, Year), or by keys and numbers of a bibliography."
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A visitor's draft with its report, and which claim is shown."""

    text: str
    report: Report
    chosen: int = 0


def check_tab(shared: Shared) -> None:
    """The draft's box and bibliography; below, the marked draft beside its evidence."""
    checked = gr.State(None)
    with gr.Column(elem_id="ap-check"):
        html(f'<p class="ap-how">{HOW}</p>', "ap-check-how")
        with gr.Row():
            draft = gr.Textbox(
                label="Your draft",
                show_label=False,
                placeholder="Your draft, or a paragraph of it",
                lines=6,
                max_lines=14,
                max_length=MAX_DRAFT,
                elem_id="ap-draft-box",
                scale=3,
            )
            with gr.Column(scale=1):
                references = gr.File(
                    label="Bibliography (BibTeX, RIS), optional",
                    height=132,
                    elem_id="ap-references",
                )
                go = gr.Button("Check", variant="primary", elem_id="ap-check-now")
        summary = live("", "ap-check-summary")
        with gr.Row(elem_id="ap-checked"):
            with gr.Column(scale=3):
                marked = live(EMPTY, "ap-draft")
            with gr.Column(scale=2):
                claim = live("", "ap-claim")
    file = gr.HTML({}, html_template=" ", js_on_load=wire("file"), elem_id="ap-check-file")
    handlers = _Checks(shared)
    shown = [checked, summary, marked, claim]
    private: dict[str, Any] = {"api_visibility": "private"}
    go.click(
        handlers.check_draft,
        [draft, references, shared.choices],
        shown,
        show_progress_on=[summary],
        **private,
    )
    for piece in (marked, claim):
        piece.click(
            handlers.show,
            [checked],
            [checked, marked, claim],
            show_progress="hidden",
            trigger_mode="multiple",
            **private,
        )
    summary.click(handlers.export, [checked], file, show_progress="hidden", **private)


class _Checks:
    """The tab's event handlers; what was checked comes in and goes out as per-visitor state."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def check_draft(
        self, text: str, references: str | None, choices: Choices, request: gr.Request
    ) -> tuple[Any, ...]:
        """Check a draft and show the first claim that isn't supported."""
        if not text.strip():
            return None, notice_html("told", "Paste a draft first."), EMPTY, ""
        if references is not None and Path(references).stat().st_size > MAX_BIBLIOGRAPHY:
            said = f"The bibliography is larger than {MAX_BIBLIOGRAPHY // 1_000_000} MB."
            return None, notice_html("problem", said), EMPTY, ""
        assistant = self._shared.libraries.assistant(choices)
        try:
            self._shared.rate.take(*visitor(request))
            report = assistant.check(text[:MAX_DRAFT], references)
        except AskpapersError as error:
            return None, notice_html("problem", str(error)), EMPTY, ""
        doubtful = (n for n, c in enumerate(report.claims) if c.verdict != "supported")
        now = Checked(text.replace("\r\n", "\n"), report, next(doubtful, 0))
        return now, summary_html(report), *_shown(now)

    def show(self, checked: Checked | None, event: gr.EventData) -> tuple[Any, ...]:
        """Another claim."""
        number = str(clicked(event).get("n", ""))
        last = len(checked.report.claims) if checked else 0
        if checked is None or not (number.isdecimal() and int(number[:9]) < last):
            return gr.skip(), gr.skip(), gr.skip()
        now = Checked(checked.text, checked.report, int(number))
        return now, *_shown(now)

    def export(self, checked: Checked | None, event: gr.EventData) -> Any:  # noqa: ANN401
        """The report as a file that the browser saves."""
        if checked is None:
            return gr.skip()
        return _written(checked.report, str(clicked(event).get("kind")))


def _shown(now: Checked) -> tuple[str, str]:
    return draft_html(now.text, now.report, now.chosen), claim_html(now.report, now.chosen)


def _written(report: Report, kind: str) -> dict[str, Any]:
    if (file := listed(report_papers(report), kind, "check")) is not None:
        return file
    if kind == "json":
        said = json.dumps(report.to_dict(), ensure_ascii=False, indent=1)
        return saved("check", "json", f"{said}\n")
    if kind == "csv":
        return saved("check", "csv", to_csv(report))
    if kind == "bibtex":
        return saved("check", "bib", to_bibtex(report.offered))
    if kind == "word" and WORD:
        return saved("check", "docx", word.report_to_word(report))
    return saved("check", "md", report_markdown(report))
