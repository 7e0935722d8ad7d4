"""A paper as PDF: the title and the abstract that stand on its first page; full texts aren't read.

Needs ``pip install 'askpapers[pdf]'``. What is read so is a guess by size and place on the page:
it is said, and ``extra`` keeps it.
"""

from __future__ import annotations

import logging
import re
import unicodedata
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.files import File
from ingest.sources.record import paper_from

if TYPE_CHECKING:
    from pypdf import PdfReader

_MOST = 100_000_000  # bytes
_ABSTRACT = re.compile(r"^[^\w\n]*(?:abstract|summary)\b\W*", re.I | re.M)
_AFTER = re.compile(
    r"^[^\S\n]*(?:\d+\.?\s*|[IVX]+\.\s*)?(?:introduction|background\s*$|key\s?words?\b|index terms\b"
    r"|ccs concepts\b|categories and subject|acm reference|general terms\b|contents\s*$|©|1\s+[A-Z])",
    re.I | re.M,
)
_STAMP = re.compile(r"arXiv:\s?\S+\s+\[[\w.-]+\][^\n]*")
_FEWEST = 20  # words of an abstract

_Piece = tuple[float, str]  # the size of its letters, the text


def knows(file: File) -> bool:
    """Whether it begins as PDFs do."""
    return file.head.startswith(b"%PDF")


def read(file: File) -> Iterator[Paper | ParseError]:
    """The one paper. Raises ParseError when its first page doesn't show title and abstract."""
    try:
        from pypdf import PdfReader
    except ImportError:
        reason = (
            "a PDF: its first page can be read with pip install 'askpapers[pdf]'; or save the list"
            " of papers as BibTeX, RIS, CSV or JSON, or name its arXiv id"
        )
        raise ParseError(file.name, reason) from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it mends, it would tell
    content = file.whole(_MOST)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = PdfReader(content)
            if reader.is_encrypted and not reader.decrypt(""):
                raise ParseError(file.name, "a PDF that asks for a password")
            pieces, text = _first_page(reader)
            told = str(reader.metadata.title or "") if reader.metadata else ""
    except ParseError:
        raise
    except Exception as error:  # a damaged PDF fails wherever it is damaged
        said = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        raise ParseError(file.name, f"a PDF that can't be read ({said})") from error
    yield _paper(file, pieces, text, told)


def _first_page(reader: PdfReader) -> tuple[list[_Piece], str]:
    pieces: list[_Piece] = []

    def seen(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip() and abs(tm[1]) < 1e-3:  # not what stands upright in the margin
            pieces.append((round(abs(size * tm[3] * cm[3]), 1), text))

    return pieces, reader.pages[0].extract_text(visitor_text=seen)


def _paper(file: File, pieces: list[_Piece], text: str, told: str) -> Paper | ParseError:
    text = _plain(text)
    stamp = _STAMP.search(text)
    text = _STAMP.sub("", text)
    heading = _ABSTRACT.search(text)
    if heading is None:
        reason = (
            "a PDF whose first page shows no abstract"
            if text.strip()
            else "a PDF without text (scanned?)"
        )
        return ParseError(file.name, f"{reason}; name its arXiv id, or give its BibTeX")
    after = _AFTER.search(text, heading.end())
    abstract = text[heading.end() : after.start() if after else None]
    if len(abstract.split()) < _FEWEST:
        return ParseError(file.name, "a PDF whose first page shows the heading of an abstract only")
    before = text[: heading.start()]
    file.options.note(
        f"{file.name}: title and abstract as its first page seems to show them; --dry-run lists them"
    )
    numbers = re.findall(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)10\.\S+", before, re.I)
    record = {
        "title": _title(pieces, before, told),
        "abstract": _joined(abstract),
        "arxiv": [stamp[0]] if stamp else [],
        "doi": numbers[:1],
        "year": _year(stamp[0] if stamp else ""),
        "read_from": "the first page of a PDF",
    }
    return paper_from(record, file.name, "page 1")


def _title(pieces: list[_Piece], before: str, told: str) -> str:
    """The text in the largest letters above the abstract; else what the file calls itself."""
    above = " ".join(before.split())
    shown: dict[float, list[str]] = {}
    for size, text in pieces:
        piece = " ".join(_plain(text).split())
        if piece and piece in above:
            shown.setdefault(size, []).append(piece)
    for size in sorted(shown, reverse=True):
        title = _joined(" ".join(shown[size]))
        if len(re.findall(r"[^\W\d_]{2,}", title)) >= 2 and len(title) < 400:
            return title if len(shown) > 1 or not told else told
    first = next((line.strip() for line in before.splitlines() if len(line.split()) > 1), "")
    return told or first


def _year(stamp: str) -> str | None:
    found = re.search(r"\b(?:19|20)\d\d\s*$", stamp)
    return found[0] if found else None


def _plain(text: str) -> str:
    """Without the joined letters that only typesetters need."""
    return re.sub("[\ufb00-\ufb06]", lambda c: unicodedata.normalize("NFKC", c[0]), text)


def _joined(text: str) -> str:
    """Lines as one, words that were parted at their ends whole again."""
    return " ".join(re.sub(r"(?<=[a-z])-[ \t]*\n[ \t]*(?=[a-z])", "", text).split())
