"""CSV and TSV: a row of names, then one paper a row; which column is what is guessed and said."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator

from ingest.errors import ParseError
from ingest.export import FORMULA
from ingest.paper import Paper
from ingest.sources.files import MAX_LINE, File
from ingest.sources.record import FIELDS, OURS, mapping, paper_from, said_mapping

_MOST_LINES = 500  # in one row
_DELIMITERS = (",", "\t", ";", "|")


def starts(file: File) -> bool:
    """Whether its first line is a row of names, a title and an abstract among them: whatever a
    cell says further down, of BibTeX or RIS, is text."""
    columns, _ = _header(file, preamble=0)
    found = mapping(tuple(columns)) if not any(set('{}":<>') & set(c) for c in columns) else {}
    return len(columns) > 1 and "title" in found and "abstract" in found


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
    header_read = False
    for start, row in _rows(file, len(columns), delimiter):
        if isinstance(row, ParseError):
            yield row
        elif not header_read:  # what stands before it says nothing of papers
            header_read = [name.strip() for name in row] == columns
        elif any(cell.strip() for cell in row):
            yield _paper(file, columns, row, start, delimiter)


def _rows(file: File, width: int, delimiter: str) -> Iterator[tuple[int, list[str] | ParseError]]:
    """The rows and their first lines; a quotation mark that is never closed costs one row."""
    lines: deque[tuple[int, str]] = deque()  # looked at, but of no row yet
    more = _numbered(file)
    while True:
        held: list[tuple[int, str]] = []
        marks, size, bad = 0, 0, None
        while not held or marks % 2:  # an odd number of marks: the row goes on
            number, line = lines.popleft() if lines else next(more, (0, ""))
            if isinstance(line, ParseError):
                bad = line
                yield number, bad
                break
            if not number or len(held) > _MOST_LINES or size > MAX_LINE:
                if number:
                    lines.appendleft((number, line))
                break
            held.append((number, line))
            marks, size = marks + line.count('"'), size + len(line)
        if not held:
            if bad is None:
                return
            continue
        start = held[0][0]
        row = _row([line for _, line in held], delimiter, strict=True)
        if row is None or (len(row) != width and len(held) > 1) or marks % 2:
            lines.extendleft(reversed(held[1:]))
            row = _alone(held[0][1], delimiter, width)
            if row is None:
                reason = "no row of a table; is a quotation mark never closed?"
                yield start, ParseError(file.name, reason, record=start)
                continue
        yield start, row


def _row(lines: list[str], delimiter: str, *, strict: bool) -> list[str] | None:
    """The one row that these lines are; not ``strict``: quotation marks are signs like others."""
    try:
        if strict:
            rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
        else:
            rows = list(csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE))
            rows = [[_unquoted(cell) for cell in row] for row in rows]
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _alone(line: str, delimiter: str, width: int) -> list[str] | None:
    """A line as a row of its own, whatever its quotation marks mean; None where it is none."""
    loose, bare = _loose(line, delimiter), _row([line], delimiter, strict=False)
    return next((row for row in (loose, bare) if row is not None and len(row) == width), None)


def _loose(line: str, delimiter: str) -> list[str]:
    """The fields of one line, where quotation marks inside of a quoted text aren't doubled."""
    row, at, line = [], 0, line.rstrip("\r\n")
    ends = re.compile(f'"(?={re.escape(delimiter)}|$)')
    while at <= len(line):
        end = ends.search(line, at + 1) if line[at : at + 1] == '"' else None
        if end:
            row.append(line[at + 1 : end.start()].replace('""', '"'))
            at = end.end() + 1
        else:
            place = line.find(delimiter, at)
            place = place if place >= 0 else len(line)
            row.append(_unquoted(line[at:place]))
            at = place + 1
    return row


def _unquoted(cell: str) -> str:
    whole = len(cell) > 1 and cell[0] == cell[-1] == '"'
    return cell[1:-1] if whole else (cell[1:] if cell[:1] == '"' and cell.count('"') == 1 else cell)


def _numbered(file: File) -> Iterator[tuple[int, str | ParseError]]:
    for number, line in enumerate(file.lines(ends=True), 1):
        yield number, line if isinstance(line, ParseError) else line.replace("\0", " ")


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
    if record.keys() == OURS:  # written by us, with formulas made harmless
        record = {
            name: cell[1:] if cell.startswith("'") and FORMULA.match(cell, 1) else cell
            for name, cell in record.items()
        }
    return paper_from(record, file.name, line, file.options.columns)


def _header(file: File, preamble: int = 19) -> tuple[list[str], str]:
    """The names in the first row, and what parts them: the delimiter that gives the most of ours,
    else the most names."""

    def names(line: int, delimiter: str) -> list[str]:
        try:
            row = next(csv.reader(lines[line:], delimiter=delimiter), [])
        except csv.Error:
            return []
        return [name.strip() for name in row]

    def worth(place: tuple[int, str]) -> tuple[bool, int, int, int]:
        line, delimiter = place
        found = names(line, delimiter)
        known = mapping(tuple(found), tuple(sorted(file.options.columns.items())))
        whole = "title" in known and "abstract" in known
        # A later line is the first row only where it names more: what comes before is a preamble.
        return whole, sum(field in known for field in FIELDS), -line, len(found)

    lines = file.text_head.splitlines(keepends=True)[: preamble + 1]
    first = (0, max(_DELIMITERS, key=lambda delimiter: worth((0, delimiter))))
    best = max(((n, d) for n in range(len(lines)) for d in _DELIMITERS), key=worth, default=first)
    line, delimiter = best if worth(best)[0] and not worth(first)[0] else first
    return names(line, delimiter), delimiter


def _listed(columns: list[str]) -> str:
    return ", ".join(repr(name) for name in columns[:20]) or "none"
