"""A saved Hugging Face Papers page, as text or as HTML.

A page is blocks of text: a few lines of furniture, then for each paper its title and its
abstract. Furniture varies from save to save, so papers are found from the inside: an abstract is
a block of prose, and its title is the nearest block above it that is no furniture.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from html.parser import HTMLParser
from importlib import resources
from typing import Any

from ingest.errors import ParseError
from ingest.ids import canonical_id
from ingest.paper import Paper, digest, title_key
from ingest.sources.files import File
from ingest.sources.formats.bibliographic.tagged import given_first
from ingest.sources.readable import readable
from ingest.sources.record import paper_from

_PROSE_WORDS = 25  # the shortest abstract on real pages has over 50
_MAX_TITLE = 300  # characters
_MAX_HTML = 50_000_000  # characters; it is held whole

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
_PAPER_LINK = re.compile(r"(?:/papers/|arxiv\.org/(?:abs|pdf)/)(\d{4}\.\d{4,5})")


@dataclass(frozen=True, slots=True)
class _Block:
    line: int
    text: str
    arxiv: str | None = None  # of a link around the text


def knows_html(file: File) -> bool:
    """Whether it starts with a tag, or the name says HTML."""
    return file.text_head.lstrip().startswith("<") or file.suffix in (".html", ".htm")


def knows_text(file: File) -> bool:
    """Always: any text may be a page."""
    return bool(file.head)


def read_text(file: File) -> Iterator[Paper | ParseError]:
    """The papers of a page saved as text."""
    yield from _papers(file.name, _lines(file))


def _lines(file: File) -> Iterator[_Block | ParseError]:
    under = False  # a heading of Markdown: the short lines below it are no titles
    for number, line in enumerate(file.lines(), 1):
        if isinstance(line, ParseError):
            yield line
            continue
        heading = re.match(r"#{1,6}\s+(?=\S)", line)
        text = " ".join(line[heading.end() if heading else 0 :].removeprefix("> ").split())
        under = bool(heading) or (under and not _is_prose(text))
        if text and (heading or not under):
            yield _Block(number, text)


def read_html(file: File) -> Iterator[Paper | ParseError]:
    """The papers of a page saved as HTML; links to a paper's page give its arXiv id."""
    text: list[str] = []
    size = 0
    for line in file.lines():
        if isinstance(line, ParseError):
            yield line
            continue
        text.append(line)
        size += len(line)
        if size > _MAX_HTML:
            reason = f"over {_MAX_HTML // 1_000_000} MB of HTML: no saved page"
            raise ParseError(file.name, reason)
    parser = _Blocks()
    parser.feed("\n".join(text))
    parser.close()
    blocks = parser.finish()
    if record := parser.described():
        yield paper_from(record, file.name, 1)
        return
    yield from _papers(file.name, blocks)


def _papers(name: str, blocks: Iterable[_Block | ParseError]) -> Iterator[Paper | ParseError]:
    title: _Block | None = None
    paper: tuple[_Block, list[str]] | None = None
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
            else:
                yield ParseError(name, "an abstract without a title", record=block.line)
        elif _is_title(block.text):
            title = block
    if paper is not None:
        yield _paper(name, *paper)


def _is_prose(text: str) -> bool:
    """Titles have fewer words, or no sentence in them."""
    words = len(text.split())
    return words >= _PROSE_WORDS and (
        words >= 60 or re.search(r"[.!?。](?:\s|$)", text) is not None
    )


def _is_title(text: str) -> bool:
    return (
        len(text) <= _MAX_TITLE
        and len(re.findall(r"[^\W\d_]", text)) >= 3
        and not _FURNITURE.fullmatch(text)
    )


def _paper(name: str, title: _Block, paragraphs: list[str]) -> Paper | ParseError:
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


class _Blocks(HTMLParser):
    """The visible text of a page, one block for each block-level element."""

    _INLINE = frozenset(
        "a abbr b bdi bdo cite code data em font i kbd mark q s samp small span strong sub sup time"
        " u var wbr".split()
    )
    _HIDDEN = frozenset("script style svg noscript template head button select".split())

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[_Block] = []
        self._pieces: list[str] = []
        self._arxiv: str | None = None
        self._hidden: list[str] = []
        self._line = 1
        self._meta: dict[str, list[str]] = {}

    def described(self) -> dict[str, Any]:
        """The fields of the one paper that the page is about, by its ``citation_*`` tags."""
        said = {
            name.removeprefix("citation_"): values
            for name, values in self._meta.items()
            if name.startswith("citation_")
        }
        if not said.get("title"):
            return {}
        abstract = max(said.get("abstract", []) + said.get("description", []), key=len, default="")
        # Tags may hold its beginning only; on the page it stands whole.
        whole = (re.sub(r"^Abstract:\s*", "", block.text) for block in self._blocks)
        abstract = next(
            (text for text in whole if abstract and text.startswith(abstract)), abstract
        )
        return {
            "title": said["title"][0],
            "abstract": abstract,
            "authors": [
                given_first(name) for name in said.get("author") or said.get("creator", [])
            ],
            "year": next(iter(said.get("publication_date") or said.get("date", [])), None),
            "doi": said.get("doi", []),
            "arxiv": said.get("arxiv_id", []),
            "topics": [t for t in said.get("keywords", []) if t],
        }

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "meta":
            said = {name: value or "" for name, value in attrs}
            name = (
                (said.get("name") or said.get("property") or "").lower().replace("dc.", "citation_")
            )
            self._meta.setdefault(name, []).append(said.get("content", ""))
        if tag in self._HIDDEN:
            self._hidden.append(tag)
        if tag not in self._INLINE:
            self._end_block()
        if tag == "a" and (link := _PAPER_LINK.search(dict(attrs).get("href") or "")):
            self._arxiv = link[1]

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag == self._hidden[-1]:
            self._hidden.pop()
        if tag not in self._INLINE:
            self._end_block()

    def parse_html_declaration(self, i: int) -> int:
        try:
            return super().parse_html_declaration(i)
        except AssertionError:  # "<![x": Python's parser gives up; browsers see a comment
            return self.parse_bogus_comment(i)

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if not self._pieces:
            self._line = self.getpos()[0]
        # In <pre> a blank line is all that parts a title from its abstract.
        head, *rest = re.split(r"\n\s*\n", data)
        self._pieces.append(head)
        for piece in rest:
            self._end_block()
            self._pieces.append(piece)

    def finish(self) -> list[_Block]:
        self._end_block()
        return self._blocks

    def _end_block(self) -> None:
        text = " ".join("".join(self._pieces).split())
        if text:
            self._blocks.append(_Block(self._line, text, self._arxiv))
            self._arxiv = None
        self._pieces = []
