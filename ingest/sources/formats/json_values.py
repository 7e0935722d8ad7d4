"""JSON that is no JSON Lines: an array of papers, or the answer of a service as it was saved.

An array is read element by element, whatever its size: only one element (8 MB at most) is held.
An object is held whole, so it may have 32 MB at most; a service's page has less.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.files import File
from ingest.sources.formats.objects import Objects, too_deep

_MAX_ELEMENT = 8_000_000  # characters
_MAX_OBJECT = 32_000_000
_CHUNK = 1 << 16
_BETWEEN = re.compile(r"[\s,]*")


def knows(file: File) -> bool:
    """Whether it starts like JSON, or is called so."""
    return file.text_head.lstrip().startswith(("{", "[")) or file.suffix == ".json"


def read(file: File) -> Iterator[Paper | ParseError]:
    """The papers of an array or of a service's answer; ParseError where the JSON breaks off."""
    objects, text = Objects(file), _Text(file)
    in_array, number = False, 0
    while sign := text.next_sign():
        if not in_array and sign == "[":
            text.skip()
            in_array = True
            continue
        if in_array and sign == "]":
            text.skip()
            in_array = False
            continue
        number += 1
        where = f"paper {number}" if in_array else f"value {number}"
        value = text.value(_MAX_ELEMENT if in_array else _MAX_OBJECT, where)
        if too_deep(value):
            yield ParseError(file.name, "not JSON (nested too deep)", record=where)
            continue
        yield from objects.papers(value, where)
    if in_array:
        raise ParseError(file.name, f"the JSON breaks off after paper {number}")


class _Text:
    """The text of a file, of which only the part that is being read is held."""

    def __init__(self, file: File) -> None:
        self._file = file
        encoding = file.options.encoding
        name = "utf-8-sig" if encoding == "utf-8" else encoding
        self._decoder = codecs.getincrementaldecoder(name)()
        self._held, self._at, self._ended = "", 0, False
        self._json = json.JSONDecoder()

    def next_sign(self) -> str:
        """The first sign of what comes next; empty at the end."""
        while True:
            match = _BETWEEN.match(self._held, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._held):
                return self._held[self._at]
            if self._ended:
                return ""
            self._more(_CHUNK)

    def skip(self) -> None:
        self._at += 1

    def value(self, most: int, where: str) -> object:
        """The value that starts here. Raises ParseError when there is none, or a longer one."""
        size = _CHUNK
        while True:
            try:
                value, end = self._json.raw_decode(self._held, self._at)
            except RecursionError:
                reason = "not JSON (nested too deep)"
                raise ParseError(self._file.name, reason, record=where) from None
            except ValueError as error:
                held = len(self._held) - self._at
                if not self._ended and held <= most:
                    self._more(min(size, most + _CHUNK - held))
                    size *= 2  # each try starts anew: few of them
                    continue
                said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
                reason = (
                    f"over {most // 1_000_000} MB in one piece; save it in smaller pages or as JSON"
                    " Lines"
                    if held > most
                    else f"not JSON from here on ({said}){self._python()}"
                )
                raise ParseError(self._file.name, reason, record=where) from None
            if end == len(self._held) and not self._ended:
                self._more(_CHUNK)  # a number may go on
                continue
            self._at = end
            return value

    def _python(self) -> str:
        is_python = re.match(r"[\[{\s]*'\w+'\s*:", self._held[self._at :][:200])
        return "; printed by Python: write it with json.dump" if is_python else ""

    def _more(self, size: int) -> None:
        part = self._file.read(size)
        self._ended = not part
        try:
            text = self._decoder.decode(part, final=self._ended)
        except UnicodeDecodeError as error:
            reason = f"not {self._file.options.encoding.upper()}; save the file as UTF-8"
            raise ParseError(self._file.name, reason) from error
        self._held, self._at = self._held[self._at :] + text, 0
