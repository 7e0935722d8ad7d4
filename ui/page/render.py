"""Foreign text as HTML that is safe to show: whatever stands in a paper, a question or a model's
words is shown as the characters it is, never as markup.

Every ASCII punctuation character of it is a numeric reference, and it is one line: no HTML,
Markdown, LaTeX or template syntax is left for anything downstream to find.
"""

from __future__ import annotations

import re
import string
from urllib.parse import urlsplit

from ingest.export import HIDDEN, TURNING, printable

_REFERENCES = {ord(c): f"&#{ord(c)};" for c in string.punctuation}
_HIDDEN = re.compile(f"[{HIDDEN}]")
_UNPRINTABLE = re.compile(
    f"[{TURNING}\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)

MOST_SHOWN = 2_000  # characters of a question


def literal(text: str) -> str:
    """``text`` as HTML that shows exactly these characters on one line.

    What can't be shown, or would turn the text around, is a mark; what would only hide is left out.
    """
    clean = _UNPRINTABLE.sub("\ufffd", _HIDDEN.sub("", text))
    return re.sub(r"[\r\n\t\x85\u2028\u2029]+", " ", clean).translate(_REFERENCES)


def on_canvas(text: str) -> str:
    """``text`` for a script that draws it: no markup, but nothing that turns it around either."""
    return " ".join(printable(text).split())


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
    # A name before "@" looks like the place that is led to, and isn't.
    plain = parts.scheme in ("http", "https") and host and "@" not in parts.netloc
    return url if plain else None


def link(url: str, text: str) -> str:
    """A link that opens ``url``, which has passed ``web_address``, in a new tab."""
    return (
        f'<a href="{literal(url)}" target="_blank" rel="noopener noreferrer">{literal(text)}'
        '<span class="ap-out" aria-hidden="true">&#8599;</span></a>'
    )


def clipped(text: str) -> str:
    """``text`` as it was typed; the end of an endless one isn't shown."""
    return literal_lines(text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…")


def shortened(text: str, most: int = 90) -> str:
    """``text`` on one line of at most ``most`` characters, not yet escaped."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"


def counted(count: int, noun: str) -> str:
    """``1 paper``, ``2,000 papers``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def notice_html(kind: str, text: str) -> str:
    """A quiet line of our own or of the assistant's; ``kind`` is a class name of ours."""
    return f'<p class="ap-note ap-{kind}">{literal(text)}</p>'


def file_name(title: str, ending: str) -> str:
    """A name for a file: letters, digits and dashes of ``title``, whatever else stands in it."""
    words = re.findall(r"[^\W_]+", title.casefold())
    return f"{'-'.join(words)[:60].strip('-') or 'answer'}.{ending}"
