"""Answers, checked drafts and reference lists as Word documents; needs python-docx
(``pip install askpapers[word]``).
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from ingest.errors import AskpapersError
from ingest.export import printable
from rag.answer import Answer
from rag.check.report import Report
from rag.export import first_told, origin, reference, who
from rag.references import Runs

_BOLD = re.compile(r"\*\*(.+?)\*\*")


def installed() -> bool:
    """Whether Word documents can be made here."""
    return find_spec("docx") is not None


def to_word(answers: Sequence[Answer], *, title: str | None = None) -> bytes:
    """The questions as headings, each with its answer, its references and their quoted words."""
    document = _document(title)
    for answer, notes in first_told(answers):
        _add(document, answer, notes)
    return _saved(document)


def report_to_word(report: Report) -> bytes:
    """A checked draft: what it is about first, then each claim with the paper's own words."""
    document = _document("Check")
    counts = ", ".join(f"{count} {verdict}" for verdict, count in report.counts.items())
    document.add_paragraph(f"{len(report.claims)} claims: {counts or 'none'}. {report.notice}")
    for claim in report.claims:
        said = document.add_paragraph()
        said.add_run(f"{_plain(claim.said)}: ").bold = True
        said.add_run(_plain(claim.text))
        for evidence in (*filter(None, [claim.evidence]), *claim.offered):
            document.add_paragraph(_plain(evidence.quote), style="Quote")
            document.add_paragraph(_plain(f"{who(evidence.paper)}. {evidence.paper.title}"))
        for quotation in claim.quotations:
            if not quotation.verbatim:
                found = quotation.found or "has no such words"
                document.add_paragraph(_plain(f"Quoted “{quotation.said}”; the paper: {found}"))
    return _saved(document)


def references_to_word(lines: Sequence[Runs], *, title: str) -> bytes:
    """A reference list (``rag.references``) with its italics, each entry hanging."""
    from docx.shared import Cm

    document = _document(title)
    for line in lines:
        entry = document.add_paragraph()
        entry.paragraph_format.left_indent = Cm(1)
        entry.paragraph_format.first_line_indent = Cm(-1)
        for text, italic in line:
            entry.add_run(printable(text)).italic = italic
    return _saved(document)


def _document(title: str | None) -> Any:  # noqa: ANN401
    if not installed():
        raise AskpapersError("Word documents need python-docx: pip install askpapers[word]")
    import docx

    document = docx.Document()
    if title:
        document.add_heading(_plain(title), 0)
    return document


def _saved(document: Any) -> bytes:  # noqa: ANN401
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _add(document: Any, answer: Answer, notes: Sequence[str]) -> None:  # noqa: ANN401
    document.add_heading(_plain(answer.question), 1)
    for line in answer.text.splitlines():
        if item := re.match(r"\s*-\s+(.*)", line):
            _runs(document.add_paragraph(style="List Bullet"), item[1])
        elif line.strip():
            _runs(document.add_paragraph(), line.strip())
    for note in notes:
        document.add_paragraph(f"Note: {_plain(note)}")
    if answer.citations:
        document.add_heading("References", 2)
    for citation in answer.citations:
        document.add_paragraph(_plain(reference(citation)))
        for quote in citation.quotes:
            document.add_paragraph(_plain(quote), style="Quote")
    if not answer.refused:
        document.add_paragraph().add_run(_plain(origin(answer))).italic = True


def _runs(paragraph: Any, line: str) -> None:  # noqa: ANN401
    """The line with what is bold in it."""
    for place, part in enumerate(_BOLD.split(line)):
        paragraph.add_run(_squeezed(part)).bold = place % 2 == 1  # with the space between two runs


def _plain(text: str) -> str:
    """``text`` on one line, without what XML can't hold."""
    return _squeezed(text).strip()


def _squeezed(text: str) -> str:
    return re.sub(r"[\x00-\x20\ufffe\uffff]+", " ", printable(text))
