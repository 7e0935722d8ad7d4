"""Sources of papers: a name on the command line in, papers out; bad records come as errors.

A source that can't be read (any further) raises ParseError. A record that can't be read is
*yielded* as one, so that the good records around it are kept and the bad one is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources import apart
from ingest.sources.files import MAX_LINE, File, files_of, opened
from ingest.sources.formats import atom, json_values, jsonl, labelled, xml
from ingest.sources.formats.bibliographic import bibtex, listings, ris, tagged
from ingest.sources.formats.pages import html, markdown, pdf, text
from ingest.sources.formats.tables import parquet, sheet, table
from ingest.sources.options import Limits, Options
from ingest.sources.record import FIELDS
from ingest.sources.services import live

__all__ = [
    "FIELDS",
    "FORMATS",
    "MAX_LINE",
    "Format",
    "Limits",
    "Options",
    "Record",
    "format_of",
    "read",
    "references",
]

Record = Paper | ParseError


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files: what it is called, how its first 64 KB are known, how it is read."""

    name: str
    knows: Callable[[File], bool]
    read: Callable[[File], Iterator[Record]]


# The first that knows a file by its content reads it; suffixes only decide where content is broken.
FORMATS = (
    Format("Parquet", parquet.knows, parquet.read),
    Format("Excel", sheet.knows, sheet.read),
    Format("PDF", pdf.knows, pdf.read),
    Format("CSV or TSV", table.starts, table.read),
    Format("arXiv Atom", atom.knows, atom.read),
    Format("RIS", ris.knows, ris.read),
    Format("tagged records", tagged.knows, tagged.read),
    Format("XML", xml.knows, xml.read),
    Format("HTML page", html.knows, html.read),
    Format("JSON Lines", jsonl.knows, jsonl.read),
    Format("JSON", json_values.knows, json_values.read),
    Format("BibTeX", bibtex.knows, bibtex.read),
    Format("listing", listings.knows, listings.read),
    Format("labelled text", labelled.knows, labelled.read),
    Format("CSV or TSV", table.knows, table.read),
    Format("Markdown", markdown.knows, markdown.read),
    Format("page of papers as text", text.knows, text.read),
)

_KNOWN = "known are " + ", ".join(dict.fromkeys(format_.name for format_ in FORMATS[:-1]))


def read(source: str, options: Options | None = None) -> Iterator[Record]:
    """The papers of a source, in its order: a file, a folder, a glob, ``-``, a live address.

    The format of a file is told by its first characters. A file that can't be read does not keep
    out the others of its folder. Raises ParseError when nothing can be read from ``source``.
    """
    options = options or Options()
    if address := live.address(source):
        yield from live.read(address, options)
        return
    if options.limits is not None:
        yield from apart.read(source, options, options.limits)
        return
    several = False
    for path in files_of(source, options):
        several = several or path != source
        try:
            yield from _read_file(path, options)
        except ParseError as error:
            if not several:
                raise
            yield error


def references(path: str) -> Iterator[tuple[str, Paper] | ParseError]:
    """The entries of a bibliography, each under the key by which a draft cites it.

    BibTeX and RIS give entries without an abstract, too: a paper without a text. Of other files
    the papers come under their ids. Raises ParseError when nothing can be read.
    """
    with opened(path, Options()) as file:
        for format_ in (bibtex, ris):
            if format_.knows(file):
                yield from format_.references(file)
                return
    yield from ((r.id, r) if isinstance(r, Paper) else r for r in read(path))


def format_of(path: str, options: Options | None = None) -> Format | None:
    """The format of a file; None where it is only taken for text. Raises ParseError."""
    with opened(path, options or Options()) as file:
        return next((format_ for format_ in FORMATS[:-1] if format_.knows(file)), None)


def _read_file(path: str, options: Options) -> Iterator[Record]:
    with opened(path, options) as file:
        format_ = next(format_ for format_ in FORMATS if format_.knows(file))
        options.detail(f"{file.name}: {format_.name}")
        found = False
        for record in format_.read(file):
            found = True
            yield record
    if not found:
        known = f"; {_KNOWN}" if format_ is FORMATS[-1] else ""  # which any text is read as
        raise ParseError(file.name, f"no papers in it, read as {format_.name}{known}")
