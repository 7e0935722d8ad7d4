"""A saved Hugging Face Papers page as text: titles, each with its abstract below it.

A page is blocks of text: a few lines of furniture, then for each paper its title and its
abstract. Furniture varies from save to save, so papers are found from the inside: an abstract is
a block of prose, and its title is the nearest block above it that is no furniture.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from ingest.errors import ParseError
from ingest.ids import canonical_id
from ingest.paper import Paper, digest, title_key
from ingest.sources.files import File
from ingest.sources.readable import readable
from ingest.sources.record import paper_from

_PROSE_WORDS = 25  # the shortest abstract on real pages has over 50
_SHORT_WORDS = 12  # of one that ends as a sentence does; titles don't
_MAX_TITLE = 300  # characters

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_FURNITURE = re.compile(
    rf"""(?:new|papers?|daily\ papers|trending(?:\ papers)?|subscribe|upvote|share|comment.*
    |login|log\ in|sign\ up|next|previous|today|day|week|month|view\ all|show\ more|models?
    |datasets?|spaces|docs|pricing|community|hugging\ face(?:'s\ logo)?|by\s?ak.*
    |get\ trending\ papers.*|(?:published|submitted|updated|posted)\b.*
    |(?:{_MONTHS})[a-z]*\.?\ \d{{1,2}}(?:,?\ \d{{4}})?|\d{{4}}-\d\d-\d\d|·?\s*\d+\ authors?
    |[\d.,]+k?|[·•|+\-–—]+|github(?:\ .*)?|arxiv(?:\ page)?|view\ (?:pdf|arxiv\ page).*|pdf
    |project\ page|abstract|ai-generated\ summary)""",
    re.I | re.X,
)


# Headings that stand in an article and in no list of papers.
_SECTION = re.compile(
    r"""(?:\d+(?:\.\d+)*\.?\s+|[IVX]+\.\s+)?(?:introduction|related\ work|(?:materials?\ and\ )?methods?
    |methodology|(?:experimental\ )?results|discussion|conclusions?|references|bibliography
    |acknowledge?ments?|(?:table\ of\ )?contents|appendix(?:\ \w)?|list\ of\ (?:figures|tables))\W*""",
    re.I | re.X,
)
# How text of other kinds begins: it is refused by its name.
_LIST = "save the list of papers as BibTeX, RIS, CSV or JSON"
_OTHERS = (
    (re.compile(r"^[ \t]*\\(?:documentclass|begin\{document\})", re.M), f"LaTeX; {_LIST}"),
    (re.compile(r"\A\s*(?:---\s*\n)?(?:- )?[a-z][\w-]*:(?: .*)?\n(?:[ -] .*\n|[a-z][\w-]*:(?: .*)?\n){2}"), f"YAML; {_LIST}"),
    (re.compile(r"\A(?:(?:From|Received|Return-Path|Delivered-To|Subject|MIME-Version|Date|To): .*\n){2}"), f"a mail; {_LIST}"),
    (re.compile(r"\ABEGIN:V"), f"a calendar or a contact; {_LIST}"),
    (re.compile(r"\A(?:--.*\n|\s)*(?:CREATE|INSERT|DROP|SET|PRAGMA)\s", re.I), f"SQL; {_LIST}"),
    (re.compile(r"\A(?:#!|(?:from|import) [\w.]+(?: import .*)?\n)"), f"a program; {_LIST}"),
    # Four lines one below the other that begin with tags: "AU  - ", "%A ", "T1 = ", "<1. TI>".
    (re.compile(r"(?:^(?:%\w|[A-Z][A-Z0-9]{1,3}|:\w+:|\w{2,12}\s*=)(?:\s{0,20}[-=:|]\s|\s{2}| ).*\n){4}", re.M),
     "tagged records of a kind that isn't known; read are RIS, MEDLINE (nbib), EndNote (enw) and"
     " Web of Science"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page's text that stands on lines of its own."""

    line: int
    text: str
    arxiv: str | None = None  # of a link around the text
    abstract: bool = False  # whether the page calls it so


def knows(file: File) -> bool:
    """Always: any text may be a page."""
    return bool(file.head)


def read(file: File) -> Iterator[Paper | ParseError]:
    """The papers of a page saved as text. Raises ParseError for text of another kind."""
    head = file.text_head.replace("\r\n", "\n")
    if kind := next((kind for sign, kind in _OTHERS if sign.search(head)), None):
        raise ParseError(file.name, kind)
    yield from papers(file.name, _before_sections(file.name, _lines(file)))


def _lines(file: File) -> Iterator[Block | ParseError]:
    for number, line in enumerate(file.lines(), 1):
        if isinstance(line, ParseError):
            yield line
            continue
        if text := " ".join(line.split()):
            yield Block(number, text)


def _before_sections(
    name: str, blocks: Iterable[Block | ParseError]
) -> Iterator[Block | ParseError]:
    """The blocks up to where an article's own sections begin: they are no papers."""
    for block in blocks:
        if isinstance(block, Block) and _SECTION.fullmatch(block.text):
            reason = f"the text of a document, with a section {block.text!r}: not read further"
            yield ParseError(name, reason, record=block.line)
            return
        yield block


def papers(
    name: str,
    blocks: Iterable[Block | ParseError],
    is_title: Callable[[Block], bool] | None = None,
) -> Iterator[Paper | ParseError]:
    """Each title with the prose below it.

    With ``is_title`` only what it takes for one is a title, and other prose is no abstract.
    """
    title: Block | None = None
    paper: tuple[Block, list[str]] | None = None
    for block in blocks:
        if isinstance(block, ParseError):
            yield block
        elif _is_prose(block.text):
            if title is not None:
                if paper is not None:
                    yield _paper(name, *paper)
                paper, title = (title, [block.text]), None
            elif paper is not None:
                paper[1].append(block.text)  # a further paragraph of the same abstract
            elif is_title is None:
                yield ParseError(name, "an abstract without a title", record=block.line)
        elif is_title(block) if is_title else _is_title(block.text):
            title = block
    if paper is not None:
        yield _paper(name, *paper)


def _is_prose(text: str) -> bool:
    """Titles have fewer words, or no sentence in them."""
    words = len(text.split())
    if words >= _SHORT_WORDS and text.endswith("."):
        return True
    return words >= _PROSE_WORDS and (
        words >= 60 or re.search(r"[.!?。](?:\s|$)", text) is not None
    )


def _is_title(text: str) -> bool:
    return (
        len(text) <= _MAX_TITLE
        and len(re.findall(r"[^\W\d_]", text)) >= 3
        and not _FURNITURE.fullmatch(text)
    )


def is_known(title: str) -> bool:
    """Whether the starter has a paper of this title."""
    return title_key(title) in _known_papers()


def _paper(name: str, title: Block, paragraphs: list[str]) -> Paper | ParseError:
    fields = dict(_known_papers().get(title_key(title.text), {}))
    arxiv = canonical_id(title.arxiv) if title.arxiv else None
    if arxiv is not None and arxiv != fields.get("id"):
        fields = {"id": arxiv}
    abstract = "\n".join(map(readable, paragraphs))
    # The id of a paper that nobody knows is its title's: its abstract may be cut on another page.
    fields.setdefault("id", f"title:{digest(title_key(title.text))}")
    read = paper_from({**fields, "title": title.text, "abstract": abstract}, name, title.line)
    if isinstance(read, ParseError):
        return read
    return replace(read, abstract=abstract)


@cache
def _known_papers() -> dict[str, dict[str, object]]:
    """Facts about the starter's papers by title: pages saved as text carry no ids."""
    lines = (
        resources.files("ingest.starter").joinpath("papers.jsonl").read_text("utf-8").splitlines()
    )
    records = (json.loads(line) for line in lines)
    wanted = ("id", "url", "code_url", "topics", "year", "first_author")
    return {title_key(r["title"]): {k: r[k] for k in wanted if r[k] is not None} for r in records}
