"""A person's draft as text: a file or standard input, Markdown, LaTeX, plain or Word's .docx."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from xml.etree.ElementTree import ParseError as NotXml

from ingest.errors import ParseError

MAX_DRAFT = 4_000_000  # bytes: a thick book
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def read_text(source: str) -> str:
    """The text of ``source`` (``-``: standard input). Raises ParseError."""
    name = "standard input" if source == "-" else source
    try:
        if source == "-":
            raw = sys.stdin.buffer.read(MAX_DRAFT + 1)
        else:
            with Path(source).open("rb") as file:
                raw = file.read(MAX_DRAFT + 1)
    except OSError as error:
        raise ParseError(name, f"can't be read ({error.strerror or error})") from error
    if len(raw) > MAX_DRAFT:
        raise ParseError(name, f"longer than {MAX_DRAFT // 1_000_000} MB: check it in parts")
    if raw.startswith(b"PK\x03\x04"):
        return _of_word(name, source)
    if raw.startswith(b"%PDF"):
        raise ParseError(name, "a PDF: check its source (LaTeX, Markdown, .docx) or its plain text")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ParseError(name, "isn't text in UTF-8; save it as UTF-8") from None


def _of_word(name: str, source: str) -> str:
    """The paragraphs of a .docx, a blank line between them."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if source == "-":
        raise ParseError(name, "an Office file: name it instead of piping it in")
    try:
        with zipfile.ZipFile(source) as packed, packed.open("word/document.xml") as document:
            raw = document.read(10 * MAX_DRAFT + 1)
        if len(raw) > 10 * MAX_DRAFT:
            raise ParseError(name, "unpacks to more than a draft can have")
        root = fromstring(raw)
    except (KeyError, OSError, zipfile.BadZipFile, NotXml, DefusedXmlException) as error:
        raise ParseError(name, "is no Word document that can be read; save it as text") from error
    paragraphs = (
        "".join(node.text or "" for node in paragraph.iter(f"{_WORD}t"))
        for paragraph in root.iter(f"{_WORD}p")
    )
    return "\n\n".join(filter(str.strip, paragraphs))
