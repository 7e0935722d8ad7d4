"""Answers to take along: Markdown with references, BibTeX of the cited papers, JSON with evidence.

Text of papers and models is escaped: it is shown by Markdown and set by LaTeX as it is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ingest.export import bibtex, printable
from ingest.paper import Paper
from rag.answer import Answer, Citation
from rag.references import authors

if TYPE_CHECKING:
    from rag.check.report import Report

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~$&@])")
_LINE_START = re.compile(r"^([^\S\n]*\d*)([#+=.)-])", re.M)
_ITEM = re.compile(r"^\\- (?:(\d*)([#+=.)-]))?", re.M)
_ADDRESS = re.compile(r"(?i)\b(?:(?:https?|ftp|mailto|xmpp)(?=:)|www(?=\.))")
_OURS = re.compile(r"\*\*|\[\d{1,4}\]")


def to_markdown(answers: Sequence[Answer], *, title: str | None = None) -> str:
    """The questions as headings, each with its answer, its references and their quoted words."""
    parts = [f"# {_plain(title)}"] if title else []
    for answer, notes in first_told(answers):
        parts.append(f"## {_plain(answer.question)}")
        if _flat(answer.understood) != _flat(answer.question):
            parts.append(f"Understood as: {_plain(answer.understood)}")
        parts.append(_text(answer))
        parts += [f"Note: {_plain(note)}" for note in notes]
        if answer.citations:
            parts.append("### References")
            parts += [_reference(citation) for citation in answer.citations]
        if not answer.refused:
            parts.append(f"_{_plain(origin(answer))}_")
    return "\n\n".join(parts) + "\n"


def first_told(answers: Sequence[Answer]) -> Iterator[tuple[Answer, list[str]]]:
    """Each answer with those of its notes that no answer before it has."""
    told: set[str] = set()
    for answer in answers:
        yield answer, [note for note in answer.warnings if note not in told]
        told.update(answer.warnings)


def reference(citation: Citation) -> str:
    """One line of a list of references, as plain text."""
    paper = citation.paper
    when = f"({paper.year})" if paper.year is not None else ""
    said = " ".join(filter(None, (who(paper), when)))
    kind = "digest" if paper.kind == "digest" else "abstract"
    where = paper.url or paper.id
    return f"[{citation.number}] {said + '. ' if said else ''}{paper.title} ({kind}). {where}"


def report_markdown(report: Report) -> str:
    """A checked draft: what it is about first, then each claim with the paper's own words."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in report.counts.items())
    parts = ["# Check", f"{len(report.claims)} claims: {counts or 'none'}. {report.notice}"]
    for claim in report.claims:
        parts.append(f"**{_plain(claim.said)}**: {_plain(claim.text)}")
        shown = [*filter(None, [claim.evidence]), *claim.offered]
        parts += [f"> {_plain(e.quote)}\n>\n> *{_plain(e.paper.title)}*" for e in shown]
        parts += [
            f"Quoted “{_plain(q.said)}”; the paper: {_plain(q.found or 'has no such words')}"
            for q in claim.quotations
            if not q.verbatim
        ]
    return "\n\n".join(parts) + "\n"


def report_papers(report: Report) -> list[Paper]:
    """The papers that a checked draft rests on, and those offered, each once."""
    found = [claim.evidence.paper for claim in report.claims if claim.evidence is not None]
    return list({paper.id: paper for paper in [*found, *report.offered]}.values())


def to_bibtex(papers: Iterable[Paper]) -> str:
    """An entry a paper, in their order, each paper once; empty where there are no papers."""
    return "".join(bibtex({paper.id: paper for paper in papers}.values()))


def compact(answer: Answer, *, quote: int = 400) -> dict[str, Any]:
    """What another program needs to show and check an answer; quotes of ``quote`` letters."""
    return {
        "answer": answer.text,
        "refused": answer.refused,
        "reason": answer.reason,
        "mode": answer.mode,
        "understood": answer.understood,
        "citations": [
            {
                "number": citation.number,
                "id": citation.paper.id,
                "title": citation.paper.title,
                "year": citation.paper.year,
                "url": citation.paper.url,
                "quotes": [shortened(said, quote) for said in citation.quotes if quote],
                "support": round(citation.support, 3),
            }
            for citation in answer.citations
        ],
        "marked": [
            {"text": answer.text[s.start : s.end], "verdict": s.verdict, "reason": s.reason}
            for s in answer.sentences
            if s.marked
        ],
        "warnings": list(answer.warnings),
    }


def shortened(text: str, most: int) -> str:
    """``text`` of at most ``most`` characters, cut between words."""
    if len(text) <= most:
        return text
    return text[: most - 2].rpartition(" ")[0] + " …"


def to_json(answers: Sequence[Answer], *, title: str | None = None) -> str:
    """All that the answers hold (``Answer.to_dict``), with the evidence, as indented JSON."""
    said = {"title": title, "answers": [answer.to_dict() for answer in answers]}
    text = json.dumps(said, ensure_ascii=False, indent=1)
    return text.encode("utf-8", "replace").decode() + "\n"  # lone surrogates can't be written


def cited_papers(answers: Iterable[Answer]) -> list[Paper]:
    """The papers that the answers cite, each once, in the order of their first citation."""
    found = (c.paper for answer in answers for c in answer.citations)
    return list({paper.id: paper for paper in found}.values())


def _text(answer: Answer) -> str:
    """The answer's own light Markdown, with everything else in it escaped."""
    numbers = {f"[{citation.number}]" for citation in answer.citations}
    parts: list[str] = []
    done = 0
    for ours in _OURS.finditer(answer.text):
        if ours.group() != "**" and ours.group() not in numbers:
            continue
        parts += [_following(_escaped(answer.text[done : ours.start()])), ours.group()]
        done = ours.end()
    text = "".join(parts) + _following(_escaped(answer.text[done:]))
    # A bold line is a title of ours: a blank line keeps it apart from what is said below it.
    text = re.sub(r"^(\*\*.*\*\*)\n(?=\S)", r"\1\n\n", text, flags=re.M)
    # A line that begins with "- " is an item of ours; what stands in it is no heading or list.
    return _ITEM.sub(lambda item: f"- {item[1]}\\{item[2]}" if item[2] else "- ", text)


def _following(text: str) -> str:
    """Text behind a marker of ours: "[3](2020)" would be a link, "[3]: x" a definition."""
    return f"\\{text}" if text[:1] in ("(", ":") else text


def _reference(citation: Citation) -> str:
    paper = citation.paper
    authors = _plain(who(paper))
    year = f"({paper.year})" if paper.year is not None else ""
    said = " ".join(filter(None, (authors, year)))
    lines = [
        f"[{citation.number}] {said + '. ' if said else ''}*{_plain(paper.title)}*"
        f" ({'digest' if paper.kind == 'digest' else 'abstract'}).{_address(paper)}"
    ]
    lines += [f"> {_plain(quote)}" for quote in citation.quotes]
    return "\n\n".join(lines)


def _address(paper: Paper) -> str:
    if paper.url and re.fullmatch(r"https?://[^\s<>@/?#]+([/?#][^\s<>]*)?", paper.url):
        return f" <{paper.url}>"
    return f" {_plain(paper.url or paper.id)}"


def who(paper: Paper) -> str:
    """The authors in a line, and that there are others where that is known."""
    *named, last = authors(paper) or [""]
    return f"{', '.join(named)} and others" if last == "others" else ", ".join([*named, last])


def origin(answer: Answer) -> str:
    """How the answer was made, in a line."""
    if answer.mode == "recorded":
        return "Told from the library's records; no model was used."
    if answer.mode == "quoted":
        return "Quoted word for word from the papers; no model was used."
    return f"Written by {answer.model or 'a model'}; check the quoted words."


def _plain(text: str) -> str:
    return _escaped(_flat(text))


def _escaped(text: str) -> str:
    """``text`` as Markdown that shows it; addresses in it, which many readers link, are text."""
    marked = _MARKDOWN.sub(r"\\\1", printable(text).replace("\r", " "))
    return _LINE_START.sub(r"\1\\\2", _ADDRESS.sub(r"\g<0>\\", marked))


def _flat(text: str) -> str:
    return " ".join(text.split())
