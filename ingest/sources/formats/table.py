"""CSV and TSV: a row of names, then one paper a row; which column is what is guessed and said."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.files import MAX_LINE, File
from ingest.sources.record import FIELDS, mapping, paper_from, said_mapping

_DELIMITERS = (",", "\t", ";", "|")


def knows(file: File) -> bool:
    """Whether the first row names a title and an abstract, or the name says that it is a table."""
    if file.suffix in (".csv", ".tsv", ".tab"):
        return True
    columns, _ = _header(file)
    found = mapping(tuple(columns), tuple(sorted(file.options.columns.items())))
    return len(columns) > 1 and "title" in found and "abstract" in found


def read(file: File) -> Iterator[Paper | ParseError]:
    """One paper a row. Raises ParseError when no column holds titles or texts."""
    columns, delimiter = _header(file)
    must_have(file, columns)
    csv.field_size_limit(MAX_LINE)
    errors: list[ParseError] = []
    rows = csv.reader(_text(file, errors), delimiter=delimiter, strict=True)
    ended, header_read = False, False
    while not ended:
        start = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            reason = f"no row of a table ({error}); is a quotation mark never closed?"
            errors.append(ParseError(file.name, reason, record=start))
            row = []
        yield from errors
        errors.clear()
        ended = row is None
        if not header_read:
            header_read = True
        elif row and any(cell.strip() for cell in row):
            yield _paper(file, columns, row, start, delimiter)


def must_have(file: File, columns: list[str]) -> None:
    """Say how the columns are understood. Raises ParseError without a title or an abstract."""
    chosen = file.options.columns
    if missing := [theirs for theirs in chosen.values() if theirs not in columns]:
        reason = f"no column {missing[0]!r}; its columns: {_listed(columns)}"
        raise ParseError(file.name, reason)
    found = mapping(tuple(columns), tuple(sorted(chosen.items())))
    lacking = [ours for ours in ("title", "abstract") if ours not in found]
    if lacking and not (lacking == ["abstract"] and "digest" in found):
        reason = (
            f"no column for the {lacking[0]}; name it with --map {lacking[0]}=COLUMN; its columns:"
            f" {_listed(columns)}"
        )
        raise ParseError(file.name, reason)
    file.options.note(f"{file.name}: {said_mapping(columns, chosen)}")


def _paper(
    file: File, columns: list[str], row: list[str], line: int, delimiter: str
) -> Paper | ParseError:
    if any(cell.strip() for cell in row[len(columns) :]):
        reason = (
            f"{len(row)} fields where the first row has {len(columns)}; a text with"
            f" {delimiter!r} in it needs quotation marks around it"
        )
        return ParseError(file.name, reason, record=line)
    record = dict(zip(columns, row, strict=False))
    return paper_from(record, file.name, line, file.options.columns)


def _header(file: File) -> tuple[list[str], str]:
    """The names in the first row, and what parts them: the delimiter that gives the most of ours,
    else the most names."""

    def names(delimiter: str) -> list[str]:
        try:
            row = next(csv.reader(lines, delimiter=delimiter), [])
        except csv.Error:
            return []
        return [name.strip() for name in row]

    def worth(delimiter: str) -> tuple[int, int]:
        found = names(delimiter)
        known = mapping(tuple(found), tuple(sorted(file.options.columns.items())))
        return sum(field in known for field in FIELDS), len(found)

    lines = file.text_head.splitlines(keepends=True)[:20]
    best = max(_DELIMITERS, key=worth)
    return names(best), best


def _text(file: File, errors: list[ParseError]) -> Iterator[str]:
    for line in file.lines(ends=True):
        if isinstance(line, ParseError):
            errors.append(line)
            yield "\n"  # keeps the count of lines
        else:
            yield line.replace("\0", " ")


def _listed(columns: list[str]) -> str:
    return ", ".join(repr(name) for name in columns[:20]) or "none"
