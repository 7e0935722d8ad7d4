"""HTML taken apart: whether only our own elements and attributes stand in it."""

from __future__ import annotations

from html.parser import HTMLParser

from ingest.paper import Paper
from rag.answer import Answer, Citation

ELEMENTS = {
    "a", "article", "b", "br", "button", "details", "div", "form", "h2", "h3", "header", "i",
    "input", "li", "mark", "p", "path", "section", "span", "strong", "summary", "svg", "table",
    "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "aria-hidden", "aria-label", "aria-pressed", "class", "d", "data-do", "data-kind", "data-n",
    "data-question", "data-text", "data-turn", "data-verdict", "href", "id", "maxlength",
    "placeholder", "rel", "role", "scope", "tabindex", "target", "title", "translate", "type",
    "viewbox",
}  # fmt: skip


class Page(HTMLParser):
    """The elements, attributes and text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.other: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag == "br" or (tag == "p" and self.text):
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += data.replace("\xa0", " ")

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)


def harmless(html: str) -> Page:
    """The page's parts, after checking that they are only ours and that no line is left open."""
    page = Page(html)
    assert set(page.elements) <= ELEMENTS
    assert {name for name, _ in page.attributes} <= ATTRIBUTES
    assert page.other == []
    for name, value in page.attributes:
        if name == "href":
            assert value is not None
            assert value.startswith(("#cite-", "#ref-", "#closest-", "https://", "http://"))
    assert "\n" not in html
    return page


def paper(text: str, title: str = "T", **fields: object) -> Paper:
    return Paper(**{"id": "p1", "title": title, "abstract": text, **fields})  # type: ignore[arg-type]


def answer(text: str, title: str = "T") -> Answer:
    """An answer that quotes the whole of a paper whose abstract is ``text``."""
    cited = paper(text, title, authors=(text,), url="https://arxiv.org/abs/1")
    citation = Citation(1, cited, ((0, len(text)),), 1.0)
    return Answer(
        question=text, understood=f"{text} too", text=f"{text} [1]", citations=(citation,)
    )
