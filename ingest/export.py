"""Papers written out: JSONL (everything), CSV and BibTeX (what other programs know)."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from urllib.parse import quote

from ingest.paper import Paper, title_key

_COLUMNS = (
    "id", "title", "abstract", "authors", "year", "url", "code_url", "topics", "source", "kind",
    "extra",
)  # fmt: skip
# https://www.ctan.org/pkg/latex: the ten characters that mean something to LaTeX. BibTeX counts
# the braces of "\\{", too, so that one without the other would end the entry elsewhere.
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}",
    "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip

DIGEST = "Digest by others, not the authors' abstract: "  # how a note with one begins
KEPT = "askpapers"  # the BibTeX field of what only we know, as percent-encoded JSON
# What a spreadsheet takes for a formula, also behind spaces and our own marks.
FORMULA = re.compile(r"[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20]")


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
        fields["topics"] = _listed(paper.topics)
        extra = json.dumps(fields["extra"], ensure_ascii=False)
        fields["extra"] = re.sub(r"[\x7f-\x9f]", lambda c: f"\\u{ord(c[0]):04x}", extra)
        yield _row([_cell(fields[column]) for column in _COLUMNS])


def bibtex(papers: Iterable[Paper], *, texts: bool = True) -> Iterator[str]:
    """An entry a paper: ``@misc`` for arXiv, else ``@article``.

    With ``texts`` also abstracts and what only we know, to be read in again; without, what a
    citation takes.
    """
    used: dict[str, int] = {}
    for paper in papers:
        key = _key(paper)
        used[key] = number = used.get(key, 0) + 1
        yield _entry(paper, key if number == 1 else f"{key}-{number}", texts)


FORMATS: dict[str, Callable[[Iterable[Paper]], Iterator[str]]] = {
    "jsonl": jsonl,
    "csv": table,
    "bibtex": bibtex,
}
SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".bib": "bibtex"}


def _row(cells: Iterable[str]) -> str:
    line = StringIO()
    # "\r\n": only signs of the line's end are sure to be quoted in cells.
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().removesuffix("\r\n") + "\n"


def _cell(value: object) -> str:
    """``value`` as text that no spreadsheet runs; ``'`` in front of it is taken off again."""
    said = "" if value is None else printable(str(value))
    return f"'{said}" if FORMULA.match(said) else said


# Characters that aren't seen: some turn the text behind them around, so that it reads as another
# one, or hide a text in it. What joins letters (ZWJ, ZWNJ) is part of some languages' words.
TURNING = "\u202a-\u202e\u2066-\u2069"
HIDDEN = (
    "\u00ad\u061c\u200b\u200e\u200f\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
)
_UNSEEN = re.compile(f"[{TURNING}{HIDDEN}]")


def printable(text: str) -> str:
    """``text`` without what isn't seen, control characters (but tabs and line ends) and halves."""
    if text.isprintable():
        return text
    seen = _UNSEEN.sub("", text)
    return "".join(c for c in seen if c in "\n\r\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def _listed(names: tuple[str, ...]) -> str:
    if any(";" in name for name in names) or names and names[0].startswith("["):
        return json.dumps(names, ensure_ascii=False)
    # The semicolon at the end keeps "Lovelace, Ada" one person.
    return "; ".join(names) + (";" if len(names) == 1 and "," in names[0] else "")


def _entry(paper: Paper, key: str, texts: bool) -> str:
    scheme, _, number = paper.id.partition(":")
    doi = number if scheme == "doi" else paper.extra.get("doi")
    is_digest = paper.kind == "digest"
    fields = {
        "title": f"{{{_latex(paper.title)}}}",  # braces keep its capitals
        "author": " and ".join(_person(name) for name in paper.authors),
        "year": str(paper.year or ""),
        "journal": _latex(str(paper.extra.get("venue") or "")),
        "doi": _address(str(doi or "")),
        "eprint": _address(number) if scheme == "arxiv" else "",
        "archiveprefix": "arXiv" if scheme == "arxiv" else "",
        "url": _address(paper.url or ""),
        "keywords": _latex(", ".join(paper.topics)),
    }
    if texts:
        fields |= {
            "note": _latex(f"{DIGEST}{paper.abstract}") if is_digest else "",
            "abstract": "" if is_digest else _latex(paper.abstract),
            KEPT: _kept(paper),
        }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{'misc' if scheme == 'arxiv' else 'article'}{{{key},\n{lines}}}\n\n"


def _latex(text: str) -> str:
    """``text`` on one line, as LaTeX sets it and BibTeX counts its braces."""
    line = " ".join(printable(text).split())
    line = re.sub(r"[\\{}&%$#_~^]", lambda sign: _LATEX[sign[0]], line)
    return re.sub(r"(?<=-)-|(?<=`)`|(?<=')'", r"{}\g<0>", line)  # no dash and no quotation mark


def _person(name: str) -> str:
    """One name, in braces where BibTeX would read several or none."""
    several = re.search(r"\band\b|^\W*others\W*$", name, re.I) or name.count(",") > 2
    return f"{{{_latex(name)}}}" if several else _latex(name)


def _address(said: str) -> str:
    """An address or number, in which LaTeX's signs stay as they are."""
    unfit = r"[\s\\{}\x00-\x1f\x7f-\x9f\ud800-\udfff]+"
    return re.sub(unfit, lambda found: quote(found[0], errors="replace"), said)


def _kept(paper: Paper) -> str:
    kept = {"id": paper.id, "code_url": paper.code_url, "kind": paper.kind, "extra": paper.extra}
    said = json.dumps({name: value for name, value in kept.items() if value}, default=str)
    return quote(said, safe=" !'()*+,-./:;<=>?[]_\"")


def _key(paper: Paper) -> str:
    """``lovelace2024sparse``: letters and digits only, whatever the names are written in."""
    author = " ".join(paper.authors[:1]).partition(",")[0].rpartition(" ")[2]
    first = next((word for word in title_key(paper.title).split() if len(word) > 3), "")
    key = title_key(f"{author}{paper.year or ''}{first}").replace(" ", "")
    return re.sub(r"[^a-z0-9]", "", key) or "paper"
