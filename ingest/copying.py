"""A library copied to another place, whatever the two are: a directory, a server, Chroma Cloud.

What travels are records, as their sources gave them, and vectors, so that nothing is embedded
again. A copy that was broken off goes on where it was: what has arrived is known there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ingest.embedders import Embedder, Vectors, load_embedder
from ingest.errors import LibraryError
from ingest.library import Entry, Library
from ingest.passages import PassageSettings
from ingest.paths import server_of
from ingest.store.plan import Tally
from ingest.store.provenance import made_by

_BATCH = 500  # papers


class Source(Protocol):
    """What can be copied: a library, or one of an older kind."""

    @property
    def identity(self) -> dict[str, Any]: ...

    def entries(self) -> Iterator[Entry]: ...


class Known:
    """An embedder that knows the vectors that travel; one that it lacks is made."""

    def __init__(self, made: dict[str, Any]) -> None:
        self.name, self.version, self.dim = made["name"], made["version"], int(made["dim"])
        self.vectors: dict[str, Vectors | None] = {}
        self._real: Embedder | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        found = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            vector = self.vectors[text] if text in self.vectors else self._made(text)
            if vector is not None:
                found[row] = vector
        return found

    def _made(self, text: str) -> Vectors:
        if self._real is None:
            self._real = load_embedder(self.name, dim=self.dim)
            if made_by(self._real) != made_by(self):
                raise LibraryError(
                    f"{self.name}: not the version ({self.version}) that made the library's"
                    " vectors; ingest its sources anew"
                )
        vector: Vectors = self._real.embed([text])[0]
        return vector


def copied(source: Path, target: Path, progress: Callable[[int], None]) -> tuple[Tally, int]:
    """Copy the library at ``source`` into that at ``target``, which is made where there is none.

    What it did, and how many papers ``target`` holds then. ``progress`` is called with the number
    of papers that have arrived. Raises LibraryError and its kin.
    """
    if source.resolve() == target.resolve():
        raise LibraryError(f"{source}: a library can't be copied onto itself")
    old = _old_log(source)
    if old is not None:
        return _copied(old, target, progress)
    with Library.open(source) as library:
        return _copied(library, target, progress)


def _copied(source: Source, target: Path, progress: Callable[[int], None]) -> tuple[Tally, int]:
    known = Known(source.identity["embedder"])
    settings = PassageSettings(**source.identity["passages"])
    tally, arrived = Tally(), 0
    with Library.open(target, embedder=known, settings=settings, create=True) as library:
        with library.filling():
            entries = source.entries()
            while some := list(islice(entries, _BATCH)):
                known.vectors = {text: v for _, vectors in some for text, v in vectors.items()}
                tally += library.put_records([record for records, _ in some for record in records])
                arrived += len(some)
                progress(arrived)
        return tally, len(library)


def _old_log(source: Path) -> Source | None:
    server = server_of(source)
    if server is None:
        return None
    from ingest.remote.oldlog import OldLog  # importing Chroma takes a second

    return OldLog.at(server)
