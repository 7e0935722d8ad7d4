"""Papers written out: JSONL (everything), CSV and BibTeX (what other programs know)."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from io import StringIO

from ingest.paper import Paper, title_key

_COLUMNS = (
    "id", "title", "abstract", "authors", "year", "url", "code_url", "topics", "source", "kind",
    "extra",
)  # fmt: skip
# https://www.ctan.org/pkg/latex: the ten characters that mean something to LaTeX.
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$",
    "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def jsonl(papers: Iterable[Paper]) -> Iterator[str]:
    """A JSON object a line, with every field."""
    for paper in papers:
        yield json.dumps(paper.to_dict(), ensure_ascii=False) + "\n"


def table(papers: Iterable[Paper]) -> Iterator[str]:
    """CSV with a header; authors and topics are parted by semicolons, ``extra`` is JSON."""
    yield _row(_COLUMNS)
    for paper in papers:
        fields = paper.to_dict()
        fields["authors"] = _listed(paper.authors)
        fields["topics"] = "; ".join(paper.topics)
        fields["extra"] = json.dumps(fields["extra"], ensure_ascii=False)
        yield _row([_cell(fields[column]) for column in _COLUMNS])


def bibtex(papers: Iterable[Paper]) -> Iterator[str]:
    """An entry a paper: ``@misc`` for arXiv, else ``@article``."""
    used: dict[str, int] = {}
    for paper in papers:
        key = _key(paper)
        used[key] = number = used.get(key, 0) + 1
        yield _entry(paper, key if number == 1 else f"{key}-{number}")


FORMATS: dict[str, Callable[[Iterable[Paper]], Iterator[str]]] = {
    "jsonl": jsonl,
    "csv": table,
    "bibtex": bibtex,
}
SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".bib": "bibtex"}


def _row(cells: Iterable[str]) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _listed(names: tuple[str, ...]) -> str:
    # The semicolon at the end keeps "Lovelace, Ada" one person.
    return "; ".join(names) + (";" if len(names) == 1 and "," in names[0] else "")


def _entry(paper: Paper, key: str) -> str:
    scheme, _, number = paper.id.partition(":")
    doi = number if scheme == "doi" else paper.extra.get("doi")
    fields = {
        "title": f"{{{_latex(paper.title)}}}",  # braces keep its capitals
        "author": " and ".join(
            f"{{{_latex(n)}}}" if " and " in n else _latex(n) for n in paper.authors
        ),
        "year": _cell(paper.year),
        "journal": _latex(_cell(paper.extra.get("venue"))),
        "doi": _cell(doi),
        "eprint": number if scheme == "arxiv" else "",
        "archiveprefix": "arXiv" if scheme == "arxiv" else "",
        "url": paper.url or "",
        "keywords": _latex(", ".join(paper.topics)),
        "abstract": _latex(paper.abstract),
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{'misc' if scheme == 'arxiv' else 'article'}{{{key},\n{lines}}}\n\n"


def _latex(text: str) -> str:
    return re.sub(r"[\\{}&%$#_~^]", lambda sign: _LATEX[sign[0]], text)


def _key(paper: Paper) -> str:
    """``lovelace2024sparse``: letters and digits only, whatever the names are written in."""
    author = paper.authors[0].partition(",")[0].split()[-1] if paper.authors else ""
    first = next((word for word in title_key(paper.title).split() if len(word) > 3), "")
    key = title_key(f"{author}{paper.year or ''}{first}").replace(" ", "")
    return re.sub(r"[^a-z0-9]", "", key) or "paper"
