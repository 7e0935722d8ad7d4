"""Answers to take along: Markdown with references, BibTeX of the cited papers, JSON with evidence.

Text of papers and models is escaped: it is shown by Markdown and set by LaTeX as it is written.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence

from ingest.paper import Paper
from rag.answer import Answer, Citation

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~$&])")
_LINE_START = re.compile(r"^(\s*)(#|[+=-]|\d+[.)])", re.M)
_OURS = re.compile(r"\*\*|\[\d{1,4}\]")
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&", "$": r"\$",
    "#": r"\#", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
}  # fmt: skip
_SMALL = frozenset("a an the on of for in to and with via from by is are towards toward".split())


def to_markdown(answers: Sequence[Answer], *, title: str | None = None) -> str:
    """The questions as headings, each with its answer, its references and their quoted words."""
    parts = [f"# {_plain(title)}"] if title else []
    for answer in answers:
        parts.append(f"## {_plain(answer.question)}")
        if _flat(answer.understood) != _flat(answer.question):
            parts.append(f"Understood as: {_plain(answer.understood)}")
        parts.append(_text(answer))
        parts += [f"Note: {_plain(warning)}" for warning in answer.warnings]
        if answer.citations:
            parts.append("### References")
            parts += [_reference(citation) for citation in answer.citations]
        if not answer.refused:
            parts.append(_origin(answer))
    return "\n\n".join(parts) + "\n"


def to_bibtex(papers: Iterable[Paper]) -> str:
    """An entry a paper, in their order, each paper once; the keys are made of author, year, title.

    Empty where there are no papers.
    """
    entries: list[str] = []
    used: set[str] = set()
    for paper in {paper.id: paper for paper in papers}.values():
        key = _key(paper)
        free = key
        number = 2
        while free in used:
            free, number = f"{key}-{number}", number + 1
        used.add(free)
        entries.append(_entry(paper, free))
    return "\n\n".join(entries) + ("\n" if entries else "")


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
    html: list[str] = []
    done = 0
    for ours in _OURS.finditer(answer.text):
        html += [_escaped(answer.text[done : ours.start()]), ours.group()]
        done = ours.end()
    text = "".join(html) + _escaped(answer.text[done:])
    # A line that begins with "- " is an item of ours, whatever stands in it.
    return re.sub(r"^\\- ", "- ", text, flags=re.M)


def _reference(citation: Citation) -> str:
    paper = citation.paper
    authors = _plain(", ".join(paper.authors))
    year = f"({paper.year})" if paper.year is not None else ""
    said = " ".join(filter(None, (authors, year)))
    lines = [
        f"[{citation.number}] {said + '. ' if said else ''}*{_plain(paper.title)}*"
        f" ({'digest' if paper.kind == 'digest' else 'abstract'}).{_address(paper)}"
    ]
    lines += [f"> {_plain(quote)}" for quote in citation.quotes]
    return "\n\n".join(lines)


def _address(paper: Paper) -> str:
    if paper.url and re.fullmatch(r"https?://[^\s<>]+", paper.url):
        return f" <{paper.url}>"
    return f" {_plain(paper.url or paper.id)}"


def _origin(answer: Answer) -> str:
    if answer.mode == "quoted":
        return "_Quoted word for word from the papers; no model was used._"
    return f"_Written by {_plain(answer.model or 'a model')}; check the quoted words._"


def _plain(text: str) -> str:
    return _escaped(_flat(text))


def _escaped(text: str) -> str:
    return _LINE_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", _printable(text)))


def _entry(paper: Paper, key: str) -> str:
    arxiv = re.fullmatch(r"arxiv:([\w./-]+)", paper.id)
    doi = re.fullmatch(r"doi:(\S+)", paper.id)
    web = paper.url if paper.url and re.match(r"https?://", paper.url) else None
    fields = {
        "title": "{" + _latex(paper.title) + "}",
        "author": " and ".join(_latex(author) for author in paper.authors),
        "year": str(paper.year) if paper.year is not None else "",
        "eprint": arxiv[1] if arxiv else "",
        "archiveprefix": "arXiv" if arxiv else "",
        "doi": _address_text(doi[1]) if doi else "",
        "url": _address_text(web) if web else "",
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{key},\n{lines}\n}}"


def _key(paper: Paper) -> str:
    """``miao2024flexllm``: letters and digits only."""
    first = paper.authors[0].split(",")[0].split() if paper.authors else []
    words = [w for w in re.findall(r"[^\W_]+", _ascii(paper.title)) if w not in _SMALL]
    author = _ascii(first[-1]) if first else ""
    key = re.sub(r"[^a-z0-9]", "", f"{author}{paper.year or ''}{words[0] if words else ''}")
    return key or "paper"


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()


def _latex(text: str) -> str:
    return "".join(_LATEX.get(c, c) for c in _flat(_printable(text)))


def _address_text(address: str) -> str:
    """An address for a field: braces and spaces would end it."""
    marks = {"{": "%7B", "}": "%7D", " ": "%20", "\\": "%5C", '"': "%22"}
    return "".join(marks.get(c, c) for c in _printable(address))


def _printable(text: str) -> str:
    """``text`` without control characters and halves of characters."""
    return "".join(
        c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Cn")
    )


def _flat(text: str) -> str:
    return " ".join(text.split())
