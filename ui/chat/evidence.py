"""The evidence beside the chat: a card for each cited paper, its quoted sentences marked."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ingest.paper import Paper
from rag.answer import Answer, Citation, Hit
from ui.page.render import link, literal, shortened, web_address

AUTHORS_SHOWN = 6
CLOSEST_SHOWN = 5
OPEN_CARDS = 4  # of more, only the one that is asked for is unfolded

WAITING = (
    '<div class="ap-empty"><p>The papers behind each answer appear here.</p>'
    '<p>Follow a number such as <span class="ap-cite">&#91;1&#93;</span> in an answer to see the'
    ' exact sentence it rests on.</p><p class="ap-by-keys"><kbd>/</kbd>asks,'
    " <kbd>j</kbd><kbd>k</kbd>walk the evidence, <kbd>?</kbd>shows all keys.</p></div>"
)


_READING = (
    "<strong>The model reads these papers.</strong> What it cites is marked here as it comes."
)

_UNANSWERED = '<p class="ap-closest">The last question has no answer, and so no evidence.</p>'

_GONE = (
    '<p class="ap-note ap-gone">Not in this library any more; this is what the answer was made'
    " from.</p>"
)


@dataclass(frozen=True, slots=True)
class Card:
    """One cited paper with everything in an answer that cites it."""

    paper: Paper
    citations: tuple[Citation, ...]


def cards(citations: Sequence[Citation]) -> list[Card]:
    """One card a paper, in the order in which the papers are first cited."""
    by_paper: dict[str, list[Citation]] = {}
    for citation in sorted(citations, key=lambda citation: citation.number):
        by_paper.setdefault(citation.paper.id, []).append(citation)
    return [Card(found[0].paper, tuple(found)) for found in by_paper.values()]


def evidence_html(
    answers: Sequence[tuple[int, Answer]],
    *,
    coming: bool = False,
    without: bool = False,
    gone: Container[str] = (),
) -> str:
    """The evidence for all answers (turn, answer) of a conversation, the latest first and open.

    ``coming`` says that the latest is still being written, ``without`` that the last question has
    no answer; ``gone`` are papers that the library doesn't hold any more.
    """
    shown = [(turn, answer) for turn, answer in answers if answer.citations or answer.hits]
    if not shown:
        return WAITING
    turn, latest = shown[-1]
    said = _READING if coming and not latest.citations else ""
    sets = [
        _UNANSWERED
        if without
        else f'<section class="ap-set" aria-label="Latest answer">'
        f"{_set(turn, latest, gone, said)}</section>"
    ]
    for turn, answer in reversed(shown if without else shown[:-1]):
        sets.append(
            f'<details class="ap-set"><summary>Earlier: {literal(shortened(answer.question))}'
            f"</summary>{_set(turn, answer, gone)}</details>"
        )
    return "".join(sets)


def _set(turn: int, answer: Answer, gone: Container[str], said: str = "") -> str:
    if answer.citations:
        found = cards(answer.citations)
        folded = len(found) > OPEN_CARDS
        return "".join(
            _card(card, turn, answer, folded=folded, gone=card.paper.id in gone) for card in found
        )
    if not said:
        known = answer.reason in ("off_topic", "no_detail")
        said = (
            "<strong>Closest papers, not cited.</strong> They came nearest to the"
            f" question{', but don&#8217;t answer it' if known else ''}."
        )
    return f'<p class="ap-closest" id="closest-{turn}" tabindex="-1">{said}</p>' + "".join(
        _closest(hit, gone=hit.paper.id in gone) for hit in answer.hits[:CLOSEST_SHOWN]
    )


def _card(card: Card, turn: int, answer: Answer, *, folded: bool, gone: bool) -> str:
    numbers = "".join(
        f'<a class="ap-number" id="cite-{turn}-{c.number}" href="#ref-{turn}-{c.number}"'
        f' title="Show it in the answer" aria-label="Source {c.number}: show it in the answer">'
        f"{c.number}</a>"
        for c in card.citations
    )
    title = literal(card.paper.title)
    abstract = f'<p class="ap-abstract">{marked_abstract(card)}</p>'
    return (
        f'<article class="ap-card" data-turn="{turn}" tabindex="-1" aria-label="{title}">'
        f"<header>{numbers}<h3>{title}</h3></header>{_byline(card.paper)}{_GONE if gone else ''}"
        f"{_support(card, answer)}{_folded(card.paper, abstract) if folded else abstract}</article>"
    )


def _closest(hit: Hit, *, gone: bool) -> str:
    title = literal(hit.paper.title)
    return (
        f'<article class="ap-card ap-near" aria-label="{title}"><header><h3>{title}</h3></header>'
        f"{_byline(hit.paper)}{_GONE if gone else ''}"
        + _folded(hit.paper, f'<p class="ap-abstract">{literal(hit.paper.abstract)}</p>')
        + "</article>"
    )


def _folded(paper: Paper, abstract: str) -> str:
    kind = "digest" if paper.kind == "digest" else "abstract"
    return f"<details><summary>Read the {kind}</summary>{abstract}</details>"


def marked_abstract(card: Card) -> str:
    """The abstract with its quoted sentences in ``<mark>``; each mark names its citations."""
    text = card.paper.abstract
    spans = [
        (min(max(a, 0), len(text)), min(max(b, 0), len(text)), c.number)
        for c in card.citations
        for a, b in c.spans
    ]
    edges = sorted({0, len(text), *(edge for a, b, _ in spans for edge in (a, b))})
    html: list[str] = []
    for start, end in zip(edges, edges[1:], strict=False):
        numbers = sorted({number for a, b, number in spans if a <= start and end <= b})
        shown = literal(text[start:end])
        if numbers:
            named = " ".join(map(str, numbers))
            shown = f'<mark data-n="{named}">{shown}</mark>'
        html.append(shown)
    return "".join(html)


def support_words(card: Card, answer: Answer) -> tuple[int, str]:
    """How well a card's marked words bear out the sentences that cite it: 3 (all), 2 (some) or 1,
    and the same in words."""
    if answer.mode != "written":
        quoted = any(citation.spans for citation in card.citations)
        return 3, "Quoted word for word" if quoted else "Told from the library's record"
    numbers = {citation.number for citation in card.citations}
    citing = [s for s in answer.sentences if numbers.intersection(s.citations)]
    if not citing and not any(citation.spans for citation in card.citations):
        return 1, "Being checked"  # its sentence isn't whole yet
    good = sum(not sentence.marked for sentence in citing)
    if not citing:
        return _BY_SUPPORT[min(int(min(c.support for c in card.citations) / 0.3), 2)]
    if good == len(citing):
        return 3, (
            "Bears out the sentence that cites it"
            if good == 1
            else f"Bears out all {good} sentences that cite it"
        )
    if good:
        return 2, f"Bears out {good} of the {len(citing)} sentences that cite it"
    return 1, (
        "Doesn't bear out the sentence that cites it"
        if len(citing) == 1
        else "Bears out none of the sentences that cite it"
    )


_BY_SUPPORT = (
    (1, "Weak support: read the marked words and judge"),
    (2, "The marked words support this"),
    (3, "The marked words say this"),
)


def _support(card: Card, answer: Answer) -> str:
    """A line in words, with one to three filled dots beside them."""
    grade, words = support_words(card, answer)
    dots = "".join(f'<i class="ap-{"on" if dot <= grade else "off"}"></i>' for dot in (1, 2, 3))
    return (
        f'<p class="ap-support ap-grade-{grade}"><span class="ap-dots" aria-hidden="true">{dots}'
        f"</span>{literal(words)}</p>"
    )


def _byline(paper: Paper) -> str:
    """Authors, year, whether the text is the authors' own, and where to read on."""
    authors = ", ".join(paper.authors[:AUTHORS_SHOWN])
    if len(paper.authors) > AUTHORS_SHOWN:
        authors += f" and {len(paper.authors) - AUTHORS_SHOWN} more"
    parts = [literal(authors)] if authors else []
    if paper.year is not None:
        parts.append(str(int(paper.year)))
    if paper.kind == "digest":
        parts.append('<span class="ap-kind" title="Not the authors\' own words">digest</span>')
    else:
        parts.append('<span class="ap-kind" title="The authors\' own words">abstract</span>')
    url, code = web_address(paper.url), web_address(paper.code_url)
    if url is not None:
        parts.append(link(url, site(url)))
    if code is not None:
        parts.append(link(code, "code"))
    return f'<p class="ap-byline">{"<span class=ap-dot> &#183; </span>".join(parts)}</p>'


def site(url: str) -> str:
    """Where a link leads, as one calls it."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return {"arxiv.org": "arXiv", "doi.org": "DOI"}.get(host, host)
