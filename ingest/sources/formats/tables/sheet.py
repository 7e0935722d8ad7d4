"""Excel's .xlsx: the first rows that name a title and an abstract, then one paper a row.

Needs ``pip install 'askpapers[excel]'``.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.files import File
from ingest.sources.formats.tables.table import must_have
from ingest.sources.record import FIELDS, mapping, paper_from

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet as Worksheet

_PREAMBLE = 20  # rows in which the names of the columns are looked for
_MOST = 100_000_000  # bytes packed
_MAX_UNPACKED = 1_000_000_000  # bytes; sheets are read row by row
_MAX_TEXTS = 100_000_000  # of them those that are held while it is read
_ERRORS = frozenset("#N/A #REF! #VALUE! #DIV/0! #NAME? #NUM! #NULL!".split())


def knows(file: File) -> bool:
    """Whether it is a zip archive with a workbook in it, or called so."""
    is_zip = file.head.startswith(b"PK\x03\x04")
    return is_zip and (file.suffix in (".xlsx", ".xlsm") or b"xl/w" in file.head)


def read(file: File) -> Iterator[Paper | ParseError]:
    """One paper a row of each sheet that has papers. Raises ParseError when none has."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        reason = "Excel needs one more package: pip install 'askpapers[excel]'; or save it as CSV"
        raise ParseError(file.name, reason) from None
    content = file.whole(_MOST)
    try:
        with zipfile.ZipFile(content) as packed:
            sizes = {part.filename: part.file_size for part in packed.infolist()}
        held = sum(size for name, size in sizes.items() if "worksheets/" not in name)
        if held > _MAX_TEXTS or sum(sizes.values()) > _MAX_UNPACKED:
            raise ParseError(file.name, "too much to be read as Excel; save it as CSV")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles that it doesn't know
            book = load_workbook(content, read_only=True, data_only=True)
        yield from _papers(file, book)
    except ParseError:
        raise
    except Exception as error:  # a damaged workbook fails wherever it is damaged
        said = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        raise ParseError(file.name, f"can't be read as Excel ({said})") from error


def _papers(file: File, book: Workbook) -> Iterator[Paper | ParseError]:
    chosen = tuple(sorted(file.options.columns.items()))
    first: list[str] = []
    found = False
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        rows = _rows(sheet)
        head = [row for _, row in zip(range(_PREAMBLE), rows, strict=False)]
        if not head:
            continue
        place = max(range(len(head)), key=lambda n: (_worth(head[n], chosen), -n))
        first = first or head[place]
        if not all(field in mapping(tuple(head[place]), chosen) for field in ("title", "abstract")):
            continue
        found = True
        must_have(file, [name for name in head[place] if name])
        for number, row in _numbered(head[place + 1 :], rows, place + 2):
            if any(row):
                record = dict(zip(head[place], row, strict=False))
                record.pop("", None)
                where = f"sheet {sheet.title!r}, row {number}"
                yield paper_from(record, file.name, where, file.options.columns)
    if not found:
        must_have(file, first)  # says what is missing


def _numbered(
    head: list[list[str]], rest: Iterator[list[str]], start: int
) -> Iterator[tuple[int, list[str]]]:
    for row in head:
        yield start, row
        start += 1
    for number, row in enumerate(rest, start):
        yield number, row


def _worth(names: list[str], chosen: tuple[tuple[str, str], ...]) -> tuple[bool, int]:
    known = mapping(tuple(names), chosen)
    return "title" in known and "abstract" in known, sum(field in known for field in FIELDS)


def _rows(sheet: Worksheet) -> Iterator[list[str]]:
    rows = sheet.iter_rows(values_only=True)
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of dates out of its range
            row = next(rows, None)
        if row is None:
            return
        yield [_text(cell) for cell in row]


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)  # a year
    said = "" if cell is None else str(cell).strip()
    return "" if said in _ERRORS else said
