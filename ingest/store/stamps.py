"""Files that are known to the last byte: they aren't read again while nothing has changed.

A stamp says that a file, read in this way, was in the library when the library was at this change.
Any change to the library, by whatever command, makes all stamps of before worthless.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import NotAPaper, ParseError
from ingest.library import Library
from ingest.sources import Options

_KEPT = 1_000  # skipped records that a stamp names; a file with more is read again
_READERS = 2  # to be raised when files come to be read differently


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file gave when it was read: papers, some of them twice, and what was skipped."""

    papers: int
    twice: int
    skipped: tuple[ParseError, ...]


def content_of(source: str, options: Options | None) -> str | None:
    """A hash of the file ``source`` and of how it is read; None where it is no plain file."""
    path = Path(source)
    chosen = options or Options()
    how = hashlib.sha256(
        repr((_READERS, sorted(chosen.columns.items()), chosen.encoding, chosen.limit)).encode()
    )
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: how.copy()).hexdigest()
    except (OSError, ValueError):
        return None


def known(library: Library, origin: str, content: str | None) -> Stamp | None:
    """The stamp of the file, if nothing has changed since; None where it has to be read."""
    kept: dict[str, Any] | None = library.note(f"read {origin}") if content else None
    if kept is None or kept["content"] != content or kept["version"] != library.version:
        return None
    kinds = {"NotAPaper": NotAPaper, "ParseError": ParseError}
    skipped = tuple(
        kinds[kind](file, reason, record=record) for kind, file, record, reason in kept["skipped"]
    )
    return Stamp(kept["papers"], kept["twice"], skipped)


def remember(library: Library, origin: str, content: str, stamp: Stamp) -> None:
    """Keep the stamp, at the library's present version."""
    if len(stamp.skipped) > _KEPT:
        return
    skipped = [[type(e).__name__, e.file, e.record, e.reason] for e in stamp.skipped]
    facts = {"papers": stamp.papers, "twice": stamp.twice, "skipped": skipped}
    library.keep_note(f"read {origin}", {**facts, "content": content, "version": library.version})
