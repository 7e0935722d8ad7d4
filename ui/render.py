"""Answers as HTML that is safe to show: whatever stands in a paper, a question or a model's words
is shown as the characters it is, never as markup.

The chat component reads Markdown and HTML and then sanitises it. So everything here is one HTML
block on one line, in which every ASCII punctuation character of foreign text is a numeric
reference: no Markdown, LaTeX or template syntax is left for anything downstream to find.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from rag.answer import Answer, Citation

_REFERENCES = {ord(c): f"&#{ord(c)};" for c in string.punctuation}
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

MOST_SHOWN = 2_000  # characters of a question

_MARKER = re.compile(r"\[(\d{1,4})\]")
# Not after or before a letter or digit: 2**3 and 4**5 is arithmetic.
_BOLD = re.compile(r"(?<![\w*])\*\*(?=[^\s*])(.+?)(?<=[^\s*])\*\*(?![\w*])")
_ITEM = re.compile(r"\s*-\s+(.*)")


def literal(text: str) -> str:
    """``text`` as HTML that shows exactly these characters on one line."""
    clean = _UNPRINTABLE.sub("\ufffd", text)
    return re.sub(r"[\r\n\t\x85\u2028\u2029]+", " ", clean).translate(_REFERENCES)


def literal_lines(text: str) -> str:
    """Like ``literal``, with the line breaks of ``text`` kept."""
    return "<br>".join(literal(line) for line in text.strip().splitlines())


def web_address(url: str | None) -> str | None:
    """``url`` if a click on it can only open a web page, else None."""
    if url is None or re.search(r"[\s\x00-\x1f\\]", url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host else None


def link(url: str, text: str) -> str:
    """A link that opens ``url``, which has passed ``web_address``, in a new tab."""
    return (
        f'<a href="{literal(url)}" target="_blank" rel="noopener noreferrer">{literal(text)}'
        '<span class="ap-out" aria-hidden="true">&#8599;</span></a>'
    )


def question_html(question: str) -> str:
    """A visitor's question as they typed it; the end of an endless one isn't shown."""
    clipped = question if len(question) <= MOST_SHOWN else question[:MOST_SHOWN] + "…"
    return f'<div class="ap-question">{literal_lines(clipped)}</div>'


def notice_html(kind: str, text: str) -> str:
    """A quiet line of our own or of the assistant's; ``kind`` is a class name of ours."""
    return f'<p class="ap-note ap-{kind}">{literal(text)}</p>'


def partial_html(text: str) -> str:
    """What has come of an answer so far; its markers aren't links yet."""
    if not text.strip():
        return '<div class="ap-answer"><p class="ap-note ap-waiting">Reading the papers…</p></div>'
    return f'<div class="ap-answer ap-coming">{_blocks(text, {}, 0)}</div>'


def answer_html(answer: Answer, turn: int, *, told: Iterable[str] = ()) -> str:
    """The whole answer; ``turn`` keeps its links apart from those of the other answers.

    Warnings that are in ``told`` are shown elsewhere on the page already.
    """
    parts: list[str] = []
    if " ".join(answer.understood.split()) != " ".join(answer.question.split()):
        parts.append(
            '<p class="ap-note ap-understood">Understood as: '
            f"<strong>{literal(answer.understood)}</strong></p>"
        )
    parts.append(_blocks(answer.text, {c.number: c for c in answer.citations}, turn))
    parts += [notice_html("warning", text) for text in answer.warnings if text not in set(told)]
    if not answer.refused:
        parts.append(notice_html("origin", _origin(answer)))
    kind = "ap-answer ap-refused" if answer.refused else "ap-answer"
    return f'<div class="{kind}">{"".join(parts)}</div>'


def plain_text(answer: Answer) -> str:
    """The answer with its numbered sources, for pasting elsewhere."""
    sources = [
        f"[{c.number}] {c.paper.title}" + (f" ({c.paper.url})" if c.paper.url else "")
        for c in answer.citations
    ]
    return "\n\n".join([answer.text.replace("**", ""), "\n".join(sources)]).strip()


def _origin(answer: Answer) -> str:
    papers = len({citation.paper.id for citation in answer.citations})
    from_papers = f"{papers} paper{'' if papers == 1 else 's'}"
    seconds = sum(answer.timings.values())
    took = f" in {seconds:.1f} s" if seconds >= 0.05 else ""
    if answer.mode == "quoted":
        return f"Quoted word for word from {from_papers}{took}; no model was used."
    return f"Written by {answer.model or 'a model'} from {from_papers}{took}; check the sources."


def _blocks(text: str, citations: Mapping[int, Citation], turn: int) -> str:
    """Paragraphs and lists of Markdown-light ``text``."""
    linked: set[int] = set()
    html: list[str] = []
    for paragraph in re.split(r"\n[ \t]*\n", text.strip("\n")):
        lines: list[str] = []
        items: list[str] = []
        for line in paragraph.split("\n"):
            item = _ITEM.fullmatch(line.rstrip())
            if item:
                html += _paragraph(lines)
                lines = []
                items.append(_inline(item[1], citations, turn, linked))
            elif line.strip():
                html += _list(items)
                items = []
                lines.append(_inline(line.strip(), citations, turn, linked))
        html += _paragraph(lines) + _list(items)
    return "".join(html)


def _paragraph(lines: list[str]) -> list[str]:
    return [f"<p>{'<br>'.join(lines)}</p>"] if lines else []


def _list(items: list[str]) -> list[str]:
    return [f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"] if items else []


def _inline(text: str, citations: Mapping[int, Citation], turn: int, linked: set[int]) -> str:
    """One line: bold stretches and markers; ``linked`` collects the numbers seen so far."""
    html: list[str] = []
    done = 0
    for bold in _BOLD.finditer(text):
        html.append(_marked(text[done : bold.start()], citations, turn, linked))
        html.append(f"<strong>{_marked(bold[1], citations, turn, linked)}</strong>")
        done = bold.end()
    return "".join(html) + _marked(text[done:], citations, turn, linked)


def _marked(text: str, citations: Mapping[int, Citation], turn: int, linked: set[int]) -> str:
    html: list[str] = []
    done = 0
    for marker in _MARKER.finditer(text):
        citation = citations.get(int(marker[1]))
        if citation is None:
            continue
        before = text[done : marker.start()]
        # A no-break space: a number alone at the start of a line has lost its sentence.
        html.append(literal(before.rstrip(" ")) + ("&#160;" if before.endswith(" ") else ""))
        html.append(_citation_link(citation, turn, first=citation.number not in linked))
        linked.add(citation.number)
        done = marker.end()
    return "".join(html) + literal(text[done:])


def _citation_link(citation: Citation, turn: int, *, first: bool) -> str:
    number, title = citation.number, literal(citation.paper.title)
    own_id = f' id="ref-{turn}-{number}"' if first else ""  # where the card's number leads back to
    return (
        f'<a class="ap-cite" href="#cite-{turn}-{number}"{own_id} title="{title}">'
        f"&#91;{number}&#93;</a>"
    )
