"""BibTeX before it is parsed: entries apart, ``"a " # b`` joined, a missing comma put in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_NAME = re.compile(r"\s*(?:,\s*)?([A-Za-z][\w.+-]*)\s*=\s*")
_BARE = re.compile(r"[^\s,#{}\"=@%()]+")
_OPENING = re.compile(r"\s*@\s*[A-Za-z]+\s*\{\s*(?:[^\s,{}=\"]+\s*)?,")


_STRING = re.compile(r"\s*@\s*string\s*[{(]", re.I)
_ENTRY = re.compile(r"@\s*[A-Za-z]+\s*[{(]|[{}]")


def apart(text: str) -> Iterator[str]:
    """The entries that stand in ``text``, each with what stands behind it."""
    start, depth = 0, 0
    for found in _ENTRY.finditer(text) if text.count("@") > 1 else ():
        if found[0] == "}":
            depth -= 1
            continue
        if depth <= 0 and found[0] != "{":
            if text[start : found.start()].strip():
                yield text[start : found.start()]
            start, depth = found.start(), 0
        depth += found[0].endswith("{")
    yield text[start:]


def joined(entry: str, strings: Mapping[str, str]) -> str:
    """``entry`` with each value as one braced text; as it was where it can't be understood.

    ``strings`` are the file's abbreviations (name -> braced text). Only entries that join values
    with ``#`` or lack a comma between fields are written anew.
    """
    opening = _OPENING.match(entry) or _STRING.match(entry)
    if opening is None:
        return entry
    fields: list[str] = []
    at, unusual = opening.end(), False
    while field := _NAME.match(entry, at):
        unusual |= bool(fields) and "," not in field[0].partition("=")[0]
        at = field.end()
        pieces: list[str] = []
        while True:
            piece, end = _piece(entry, at, strings)
            if end == at:
                return entry
            pieces.append(piece)
            sharp = re.compile(r"\s*#\s*").match(entry, end)
            at = sharp.end() if sharp else end
            if sharp is None:
                break
        unusual |= len(pieces) > 1
        fields.append(f"  {field[1]} = {{{''.join(pieces)}}}")
    rest = re.compile(r"\s*(?:,\s*)?[})]").match(entry, at)
    if not unusual or rest is None:
        return entry
    closing = rest[0].strip()[-1]
    return f"{opening[0]}\n" + ",\n".join(fields) + f"\n{closing}" + entry[rest.end() :]


def _piece(entry: str, at: int, strings: Mapping[str, str]) -> tuple[str, int]:
    """One braced, quoted or bare value, and where it ends; its start where there is none."""
    sign = entry[at : at + 1]
    if sign in ("{", '"'):
        depth = 0
        for place in range(at, len(entry)):
            letter = entry[place]
            escaped = entry[place - 1 : place] == "\\"
            if letter == "{" and not escaped:
                depth += 1
            elif letter == "}" and not escaped:
                depth -= 1
            closed = letter == ("}" if sign == "{" else '"') and depth == 0 and place > at
            if closed:
                return entry[at + 1 : place], place + 1
        return "", at
    bare = _BARE.match(entry, at)
    if bare is None:
        return "", at
    known = strings.get(bare[0].lower())
    return (known[1:-1] if known else bare[0]), bare.end()
