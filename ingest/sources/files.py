"""Files as sources: folders and globs told apart, gzip unpacked, everything read once and in order.

Nothing here is held in memory but the first 64 KB, by which a format is known, and one line.
"""

from __future__ import annotations

import codecs
import glob
import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, cast

from ingest.errors import ParseError
from ingest.paths import TRUTH
from ingest.sources.options import Options

MAX_LINE = 8_000_000  # bytes; a longer line is no record of a paper
HEAD = 65_536
_MAX_PACKED = 200  # times its size; text packs to a tenth, a bomb to a thousandth
_SMALL = 50_000_000  # bytes unpacked that are no bomb whatever the rate

# How files begin that are of another kind: they are refused by their names.
_TEXT = "save the list of papers as BibTeX, RIS, CSV or JSON"
_KINDS = (
    (b"\xd0\xcf\x11\xe0", f"an old Office file (xls, doc); {_TEXT}"),
    (b"{\\rtf", f"an RTF document; {_TEXT}"),
    (b"\x89PNG", f"a picture (PNG); {_TEXT}"),
    (b"\xff\xd8\xff", f"a picture (JPEG); {_TEXT}"),
    (b"GIF8", f"a picture (GIF); {_TEXT}"),
    (b"---\nreferences:", "CSL as YAML: export it as CSL-JSON, BibTeX or RIS"),
    (b"SQLite format 3", f"an SQLite database, such as Zotero's own; export from it: {_TEXT}"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it"),
    (b"Rar!", "a RAR archive; unpack it"),
    (b"BZh", "packed by bzip2; unpack it"),
    (b"\xfd7zXZ", "packed by xz; unpack it"),
    (b"(\xb5/\xfd", "packed by zstd; unpack it"),
)

_ZIP = b"PK\x03\x04"
_ZIPPED = (
    (b"word/", f"a Word document (docx); {_TEXT}"),
    (b"ppt/", f"a presentation (pptx); {_TEXT}"),
    (b"opendocument", f"an OpenDocument file; {_TEXT}"),
    (b"", "a zip archive; unpack it"),
)
_BINARY = (b"PAR1", b"%PDF", _ZIP)  # and formats all the same

# What is looked into in a folder; other files are named in one line and left alone.
SUFFIXES = frozenset(
    ".txt .html .htm .json .jsonl .ndjson .csv .tsv .tab .parquet .bib .bibtex .ris .xml .atom"
    " .nbib .enw .rdf .rss .ciw".split()
)  # fmt: skip

_WITH = {".pdf": "pypdf", ".xlsx": "openpyxl"}  # where what reads them is installed


@dataclass(frozen=True, slots=True)
class File:
    """One opened source. ``name`` is for messages; ``path`` None when it can't be opened again."""

    name: str
    head: bytes
    stream: BinaryIO
    options: Options
    path: Path | None = None

    @property
    def text_head(self) -> str:
        """The head as text, without a byte order mark; what is no text is replaced."""
        return self.head.decode(self.options.encoding, "replace").removeprefix("\ufeff")

    @property
    def suffix(self) -> str:
        """``.jsonl`` of ``papers.jsonl.gz``; empty without one."""
        name = self.name.lower().removesuffix(".gz")
        return os.path.splitext(name)[1]

    def lines(self, *, ends: bool = False) -> Iterator[str | ParseError]:
        """The lines in order, with their ``ends`` or without; what is no text is a ParseError."""
        number = 0
        while line := self._line(number + 1):
            number += 1
            if len(line) == MAX_LINE and not line.endswith(b"\n"):
                while (rest := self._line(number)) and not rest.endswith(b"\n"):
                    pass
                reason = f"longer than {MAX_LINE // 1_000_000} MB: no record of a paper; skipped"
                yield ParseError(self.name, reason, record=number)
                continue
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            try:
                text = line.decode(self.options.encoding)
                yield text if ends else text.rstrip("\r\n")
            except UnicodeDecodeError as error:
                yield ParseError(self.name, self._encoding_fault(error), record=number)

    def _encoding_fault(self, error: UnicodeDecodeError) -> str:
        if self.options.encoding != "utf-8":
            return f"not {self.options.encoding} (byte {error.start + 1} of the line)"
        return (
            f"not UTF-8 (byte {error.start + 1} of the line); save the file as UTF-8, or name its"
            " encoding with --encoding, such as cp1252 (Windows) or gbk"
        )

    def _line(self, number: int) -> bytes:
        """At most ``MAX_LINE`` bytes of the next line; a packed file may end in the middle."""
        try:
            return self.stream.readline(MAX_LINE)
        except (EOFError, OSError, zlib.error) as error:
            reason = f"the file breaks off ({error})"
            raise ParseError(self.name, reason, record=number) from error

    def whole(self, most: int) -> BinaryIO:
        """All of it, in which a reader may go back; ParseError where it is too much to hold."""
        content = io.BytesIO()
        while content.tell() <= most and (part := self.read(HEAD)):
            content.write(part)
        if content.tell() > most:
            raise ParseError(self.name, f"over {most // 1_000_000} MB: too much to be read at once")
        content.seek(0)
        return content

    def read(self, size: int) -> bytes:
        """The next bytes, at most ``size`` of them; none at the end."""
        try:
            return self.stream.read(size)
        except (EOFError, OSError, zlib.error) as error:
            raise ParseError(self.name, f"the file breaks off ({error})") from error


@contextmanager
def opened(source: str, options: Options) -> Iterator[File]:
    """The file at ``source`` (``-``: standard input), at its start. Raises ParseError."""
    path = None if source == "-" else Path(source)
    name = "standard input" if path is None else source
    try:
        if path is not None:
            _must_be_file(path)
        with _raw(path) as raw:
            start = raw.read(2)
            packed = start == b"\x1f\x8b"
            rest = _joined(start, raw)
            stream = cast(BinaryIO, _Unpacked(rest, name)) if packed else rest
            head = _full(stream, HEAD)
            if not head.startswith(_BINARY) and (recoder := _recoder(head)):
                stream = cast(BinaryIO, io.BufferedReader(_Recoded(_joined(head, stream), recoder)))
                head = _full(stream, HEAD)
            _must_be_readable(name, head)
            again = path if not packed else None
            yield File(name, head, _joined(head, stream), options, again)
    except FileNotFoundError:
        raise ParseError(name, "no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        said = getattr(error, "strerror", None) or error
        raise ParseError(name, f"can't be read ({said})") from error


def files_of(source: str, options: Options) -> Iterator[str]:
    """The files that ``source`` names: itself, those in a folder, those that a glob finds.

    In order of their names. Folders are walked to the bottom, links followed once; hidden files
    and kinds that hold no papers are left alone. Raises ParseError when there are none.
    """
    if os.path.isdir(source):
        yield from _in_folder(source, options)
    elif source == "-" or os.path.lexists(source) or not glob.has_magic(source):
        yield source  # opening it says what is wrong
    else:
        found = [path for path in glob.iglob(source, recursive=True) if not os.path.isdir(path)]
        if not found:
            raise ParseError(source, "no file has such a name")
        yield from sorted(found)


def _in_folder(folder: str, options: Options) -> Iterator[str]:
    found = False
    known = SUFFIXES | {suffix for suffix, needed in _WITH.items() if find_spec(needed)}
    others: list[str] = []
    for path in _walked(folder, set()):
        suffix = os.path.splitext(path.lower().removesuffix(".gz"))[1]
        packed = path.lower().endswith(".gz") and not suffix
        if os.path.isdir(path) or suffix in known or packed:
            found = True
            yield path
        else:
            others.append(os.path.splitext(path)[1] or os.path.basename(path))
    if others:
        kinds = ", ".join(sorted(set(others))[:8])
        options.note(f"{folder}: left alone, of other kinds: {len(others):,} ({kinds})")
    if not found:
        raise ParseError(folder, "no files of papers in this directory")


def _walked(folder: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    """The files below ``folder``; a folder that was ``seen`` (a link in a circle) isn't entered.

    A folder that can't be looked into comes itself, so that opening it says why.
    """
    try:
        about = os.stat(folder)
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    if (about.st_dev, about.st_ino) in seen:
        return
    seen.add((about.st_dev, about.st_ino))
    if any(entry.name == TRUTH for entry in entries):
        return  # a library's own files
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if os.path.isdir(entry.path):  # False for a link to itself, where entry.is_dir() raises
            yield from _walked(entry.path, seen)
        else:
            yield entry.path


def _must_be_file(path: Path) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise ParseError(str(path), "a directory that can't be looked into")
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        # One that nobody writes to would hang for ever.
        reason = "a pipe; save what comes out of it, or send it to: askpapers ingest -"
        raise ParseError(str(path), reason)


def _must_be_readable(name: str, head: bytes) -> None:
    if not head.strip():
        raise ParseError(name, "the file is empty")
    for sign, kind in _KINDS:
        if head.startswith(sign):
            raise ParseError(name, kind)
    if head.startswith(_ZIP) and b"xl/" not in head:
        raise ParseError(name, next(kind for sign, kind in _ZIPPED if sign in head))
    if b"\0" in head and not head.startswith(_BINARY):
        raise ParseError(name, "a binary file; text, HTML or JSONL is read")


@contextmanager
def _raw(path: Path | None) -> Iterator[BinaryIO]:
    if path is None:
        yield sys.stdin.buffer
        return
    with path.open("rb") as file:
        yield file


def _full(stream: BinaryIO, size: int) -> bytes:
    """``size`` bytes, fewer only at the end: a pipe gives what it has."""
    parts = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class _Chained(io.RawIOBase):
    """``head``, then what is left of ``rest``: a stream can be looked into without going back."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        given = self._head[: len(view)] or self._rest.read(len(view))
        self._head = self._head[len(given) :] if self._head else b""
        view[: len(given)] = given
        return len(given)


def _joined(head: bytes, rest: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Chained(head, rest), HEAD))


_Recoder = Callable[[bytes, bool], bytes]


def _recoder(head: bytes) -> _Recoder | None:
    """What makes UTF-8 with usual line ends of UTF-16 or of CR alone; None: nothing."""
    if wide := _wide(head):
        decoder = codecs.getincrementaldecoder(wide)("replace")
        return lambda part, final: decoder.decode(part, final).encode("utf-8", "replace")
    if b"\r" in head and b"\n" not in head and b"\0" not in head:
        return lambda part, final: part.replace(b"\r", b"\n")
    return None


def _wide(head: bytes) -> str | None:
    """UTF-16 by its mark; without one every other byte of Latin letters is zero."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    first, second = head[:400:2].count(0), head[1:400:2].count(0)
    few, many = len(head[:400]) // 20, max(4, len(head[:400]) * 3 // 10)
    if first <= few and second > many:
        return "utf-16-le"
    return "utf-16-be" if second <= few and first > many else None


class _Recoded(io.RawIOBase):
    """A stream whose parts go through a recoder."""

    def __init__(self, stream: BinaryIO, recoder: _Recoder) -> None:
        self._stream, self._recoder, self._held = stream, recoder, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        while not self._held and (part := self._stream.read(HEAD)):
            self._held = self._recoder(part, False)
        given, self._held = self._held[: len(view)], self._held[len(view) :]
        view[: len(given)] = given
        return len(given)


class _Unpacked(io.RawIOBase):
    """What a gzip stream holds, as long as that is in proportion to its size."""

    def __init__(self, packed: BinaryIO, name: str) -> None:
        self._counted = _Counted(packed)
        self._file = gzip.GzipFile(fileobj=cast(BinaryIO, self._counted))
        self._name, self._given = name, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        part = self._file.read(size)
        self._given += len(part)
        if self._given > max(_SMALL, _MAX_PACKED * self._counted.taken):
            reason = f"unpacks to over {_MAX_PACKED} times its size: no file of papers"
            raise ParseError(self._name, reason)
        return part


class _Counted:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.taken = stream, 0

    def read(self, size: int = -1) -> bytes:
        part = self._stream.read(size)
        self.taken += len(part)
        return part
