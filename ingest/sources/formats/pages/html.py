"""A saved web page: one paper by the ``citation_*`` tags in its head, or a page of several papers.

On a page of several papers each title is a link to its paper, as at Hugging Face; a page without
any links is read as its text. What else a page says is no paper, and the page is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.files import File
from ingest.sources.formats.bibliographic.tagged import given_first
from ingest.sources.formats.pages.text import Block, is_known, papers
from ingest.sources.record import paper_from

_MAX_HTML = 50_000_000  # characters; it is held whole
_PAPER_LINK = re.compile(r"(?:/papers/|arxiv\.org/(?:abs|pdf)/)(\d{4}\.\d{4,5})")
_ABSTRACT = re.compile(r"(?:^|[\s_-])abstract(?:$|[\s_-]|content|text|section|body)", re.I)
_LABEL = re.compile(r"^(?:Abstract|Summary)\s*[:.]?\s*(?=\S)", re.I)

# How libraries and publishers call the same: what Google Scholar reads, Dublin Core, EPrints, ...
_PREFIX = re.compile(r"^(?:citation_|bepress_citation_|eprints\.|dc\.|dcterms\.|dc:|prism\.)")
_NAMES = {
    "abstract": ("abstract", "description.abstract", "description"),
    "authors": ("author", "authors", "creator", "creators_name", "creator.personalname"),
    "year": ("publication_date", "date", "online_date", "year", "issued", "date.issued",
             "publicationdate", "created"),
    "doi": ("doi", "identifier", "identifier.doi", "id_number"),
    "arxiv": ("arxiv_id",),
    "topics": ("keywords", "keyword", "subject"),
    "venue": ("journal_title", "conference_title", "publicationname", "publication", "source"),
}  # fmt: skip


def knows(file: File) -> bool:
    """Whether it starts with a tag, or the name says HTML."""
    return bool(re.match(r"<[a-z!?/]", file.text_head.lstrip(), re.I)) or file.suffix in (
        ".html",
        ".htm",
    )


def read(file: File) -> Iterator[Paper | ParseError]:
    """The papers of a page saved as HTML. Raises ParseError for a page that doesn't tell them."""
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
    page = _Page()
    page.feed("\n".join(text))
    page.close()
    blocks = page.finish()
    if record := _described(page):
        file.options.detail(f"{file.name}: one paper, by the tags in its head")
        yield paper_from(record, file.name, 1)
        return
    found = [
        record for record in papers(file.name, blocks, is_title=_is_linked if page.links else None)
    ]
    if page.links and not any(isinstance(record, Paper) for record in found):
        reason = (
            "a web page that doesn't tell its papers: no citation_* tags, no titles that are links"
            " to papers; save its list as BibTeX or RIS"
        )
        raise ParseError(file.name, reason)
    yield from found


def _is_linked(block: Block) -> bool:
    return block.arxiv is not None or is_known(block.text)


def _described(page: _Page) -> dict[str, Any]:
    """The fields of the one paper that the page is about, by the tags in its head."""
    said: dict[str, list[str]] = {}
    for name, content in page.meta:
        said.setdefault(_PREFIX.sub("", name), []).append(content)
    names = {name for name, _ in page.meta}
    is_paper = any(name.endswith("citation_title") or name == "eprints.title" for name in names)
    # Any web page may have Dublin Core's title; one of a paper has its authors and its number.
    is_paper |= "title" in said and "creator" in said and "identifier" in said
    if not is_paper or not said.get("title"):
        return {}
    record: dict[str, Any] = {
        field: next((said[name] for name in theirs if said.get(name)), [])
        for field, theirs in _NAMES.items()
    }
    authors = record["authors"]
    if len(authors) == 1 and ";" in authors[0]:
        authors = authors[0].split(";")
    topics = [topic.strip() for said in record["topics"] for topic in re.split("[;,]", said)]
    return {
        **record,
        "title": said["title"][0],
        "abstract": _whole(_longest(said), page),
        "authors": [given_first(name) for name in authors if name.strip()],
        "year": next(iter(record["year"]), None),
        "topics": [topic for topic in topics if topic],
        "url": next(iter(said.get("abstract_html_url") or said.get("public_url") or []), page.url),
        "venue": next(iter(record["venue"]), None),
    }


def _longest(said: dict[str, list[str]]) -> str:
    texts = [text for name in _NAMES["abstract"] for text in said.get(name, ())]
    return max(texts, key=len, default="")


def _whole(told: str, page: _Page) -> str:
    """The abstract as it stands on the page, of which tags may hold the beginning only, or none."""
    told = " ".join(_LABEL.sub("", told).split())
    begins = re.sub(r"(?<!\s)\s*(?:\.\.\.|…)$", "", told)
    for block in page.blocks:
        text = _LABEL.sub("", block.text)
        if begins and text.startswith(begins) and len(text) > len(told):
            return text
    marked = " ".join(
        text
        for block in page.blocks
        if block.abstract
        and (text := _LABEL.sub("", block.text))
        and not re.fullmatch(r"\W*(?:abstract|summary)\W*", text, re.I)
    )
    cut = begins != told or not told
    # A description for search engines is no abstract where the page shows one.
    return marked if len(marked) > 80 and (cut or len(told) < 300) else told


class _Page(HTMLParser):
    """The tags of a page's head, and its visible text, one block for each block-level element."""

    _INLINE = frozenset(
        "a abbr b bdi bdo cite code data em font i kbd mark q s samp small span strong sub sup time"
        " u var wbr".split()
    )
    _HIDDEN = frozenset("script style svg noscript template head button select".split())
    _VOID = frozenset(
        "area base br col embed hr img input link meta param source track wbr".split()
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.meta: list[tuple[str, str]] = []
        self.blocks: list[Block] = []
        self.links = False
        self.url: str | None = None
        self._pieces: list[str] = []
        self._arxiv: str | None = None
        self._in_link = self._beside = False  # whether text of the block stands beside a link
        self._hidden: list[str] = []
        self._line = 1
        self._inside: str | None = None  # the element that holds the abstract, and how deep we are
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = (said.get("name") or said.get("property") or "").strip().lower()
            content = said.get("content", "").strip()
            if name and content and content != "None":
                self.meta.append((name, content))
        elif tag == "link" and said.get("rel") == "canonical":
            self.url = said.get("href")
        if tag in self._HIDDEN:
            self._hidden.append(tag)
        if tag not in self._INLINE:
            self._end_block()
        self._enter(tag, said)
        if tag == "a" and "href" in said:
            self.links = self._in_link = True
            if link := _PAPER_LINK.search(said["href"]):
                self._arxiv = link[1]

    def _enter(self, tag: str, said: dict[str, str]) -> None:
        if tag in self._VOID or tag in ("body", "html", "main", "a", "button", "li", "nav"):
            return
        if self._inside == tag:
            self._depth += 1
        elif self._inside is None and _ABSTRACT.search(f"{said.get('class')} {said.get('id')}"):
            self._end_block()
            self._inside, self._depth = tag, 1

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag == self._hidden[-1]:
            self._hidden.pop()
        if tag not in self._INLINE or tag == self._inside:
            self._end_block()
        self._in_link &= tag != "a"
        if tag == self._inside:
            self._depth -= 1
            self._inside = self._inside if self._depth else None

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
        self._beside |= not self._in_link and not data.isspace()
        # In <pre> a blank line is all that parts a title from its abstract.
        head, *rest = re.split(r"\n\s*\n", data)
        self._pieces.append(head)
        for piece in rest:
            self._end_block()
            self._pieces.append(piece)

    def finish(self) -> list[Block]:
        self._end_block()
        return self.blocks

    def _end_block(self) -> None:
        text = " ".join("".join(self._pieces).split())
        if text:
            arxiv = None if self._beside else self._arxiv
            self.blocks.append(Block(self._line, text, arxiv, self._inside is not None))
            self._arxiv = None
        self._pieces, self._beside = [], False
