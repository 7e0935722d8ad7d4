"""Vectors that a server was paid for, kept from the reply on until they are in the library.

An ingest that is killed between a reply and its commit asks again for nothing that it has paid for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from ingest.embedders import Embedder, Vectors
from ingest.paper import digest

CHARACTERS_A_TOKEN = 4.5  # of English abstracts, about


@runtime_checkable
class PaidEmbedder(Embedder, Protocol):
    """An embedder whose every request costs: it says which texts go in one."""

    def requests(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """The texts in order, by requests."""
        ...


class PaidVectors:
    """An embedder that keeps what each request brought in the file ``path``."""

    def __init__(self, embedder: PaidEmbedder, path: Path) -> None:
        self._embedder = embedder
        self._path = path
        self.name, self.version = embedder.name, embedder.version

    @property
    def dim(self) -> int:
        return self._embedder.dim

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As the embedder does; texts whose vectors are kept aren't sent."""
        keys = [digest(f"{self.name} {self.version}\n{text}") for text in texts]
        wanted = dict(zip(keys, texts, strict=True))
        db = sqlite3.connect(self._path)
        try:
            db.execute("create table if not exists paid (key text primary key, vector blob)")
            query = "select vector from paid where key = ?"
            found = {
                key: np.frombuffer(row[0], np.float32)
                for key in wanted
                if (row := db.execute(query, (key,)).fetchone()) is not None
            }
            missing = [(key, text) for key, text in wanted.items() if key not in found]
            sent = iter(missing)
            for some in self._embedder.requests([text for _, text in missing]):
                vectors = self._embedder.embed(some)
                paid = {next(sent)[0]: vector for vector in vectors}
                with db:
                    rows = [(key, vector.tobytes()) for key, vector in paid.items()]
                    db.executemany("insert or replace into paid values (?, ?)", rows)
                found |= paid
        finally:
            db.close()
        if not keys:
            return np.zeros((0, self.dim), np.float32)
        return np.stack([found[key] for key in keys])

    def forget(self) -> None:
        """All of it is in the library."""
        for part in ("", "-journal", "-wal", "-shm"):
            self._path.with_name(self._path.name + part).unlink(missing_ok=True)


@contextmanager
def paying(embedder: Embedder, directory: Path) -> Iterator[Embedder]:
    """An embedder whose vectors outlive a crash of the block, in ``directory``, if they cost."""
    if not isinstance(embedder, PaidEmbedder):
        yield embedder
        return
    paid = PaidVectors(embedder, directory / "paid.sqlite")
    yield paid
    paid.forget()


def tokens(texts: Sequence[str]) -> int:
    """About how many tokens the texts have."""
    return sum(1 + int(len(text) / CHARACTERS_A_TOKEN) for text in texts)
