"""Sources of papers: a name on the command line in, papers out; bad records come as errors.

A source that can't be read at all raises ParseError. A record that can't be read is *yielded* as
one, so that the good records around it are kept and the bad one is listed.
"""

from __future__ import annotations

import codecs
import gzip
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources import jsonl, page

Record = Paper | ParseError

MAX_LINE = 8_000_000  # bytes; a longer line is no record of a paper

_BY_SUFFIX: dict[str, Callable[[str, Iterator[str | ParseError]], Iterator[Record]]] = {
    ".jsonl": jsonl.read,
    ".ndjson": jsonl.read,
    ".json": jsonl.read,
    ".html": page.read_html,
    ".htm": page.read_html,
}


def read(source: str) -> Iterator[Record]:
    """The papers of a file, in its order: a saved Hugging Face Papers page (text or HTML) or JSONL.

    The format is told by the file's suffix, else by its first characters. Raises ParseError when
    nothing can be read from it.
    """
    path = Path(source)
    head = _head(path)
    suffix = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    reader = _BY_SUFFIX.get(suffix.lower()) or _by_content(head)
    found = False
    for record in reader(source, _lines(path)):
        found = True
        yield record
    if not found:
        raise ParseError(
            source, "no papers in it; a saved Hugging Face Papers page or JSONL is read"
        )


def _by_content(head: str) -> Callable[[str, Iterator[str | ParseError]], Iterator[Record]]:
    start = head.removeprefix("\ufeff").lstrip().lower()
    if start.startswith("{"):
        return jsonl.read
    return page.read_html if start.startswith("<") else page.read_text


def _head(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ParseError(
                str(path), f"a directory; name the files in it, such as {path}/*.jsonl"
            )
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            # Files are opened more than once: what a pipe has given is gone.
            raise ParseError(str(path), "a pipe; save what comes out of it and name that file")
        with _opened(path) as file:
            head = file.read(65_536)
    except FileNotFoundError:
        raise ParseError(str(path), "no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        said = getattr(error, "strerror", None) or error
        raise ParseError(str(path), f"can't be read ({said})") from error
    if not head.strip():
        raise ParseError(str(path), "the file is empty")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ParseError(str(path), "encoded as UTF-16; save it as UTF-8 and try again")
    if b"\0" in head:
        raise ParseError(str(path), "a binary file; text, HTML or JSONL is read")
    return head.decode("utf-8", "replace")


def _opened(path: Path) -> BinaryIO:
    """The file's bytes, unpacked if it is gzip by its first bytes, whatever its name."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")


def _line(file: BinaryIO, path: Path, number: int) -> bytes:
    """At most ``MAX_LINE`` bytes of the next line; a packed file may end in the middle."""
    try:
        return file.readline(MAX_LINE)
    except (EOFError, OSError, zlib.error) as error:
        raise ParseError(str(path), f"the file breaks off ({error})", record=number) from error


def _lines(path: Path) -> Iterator[str | ParseError]:
    """The lines of a file in order, without their ends; what is no text comes as an error."""
    with _opened(path) as file:
        number = 0
        while line := _line(file, path, number + 1):
            number += 1
            if len(line) == MAX_LINE and not line.endswith(b"\n"):
                while (rest := _line(file, path, number)) and not rest.endswith(b"\n"):
                    pass
                reason = f"longer than {MAX_LINE // 1_000_000} MB: no record of a paper; skipped"
                yield ParseError(str(path), reason, record=number)
                continue
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                reason = f"not UTF-8 (byte {error.start + 1} of the line); save the file as UTF-8"
                yield ParseError(str(path), reason, record=number)
