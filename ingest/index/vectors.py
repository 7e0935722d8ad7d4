"""The vector index: Chroma, embedded, one generation in its own directory.

The only file that knows Chroma. It holds vectors and ids; texts stay in the truth, and filters are
applied there (see exact.py): without metadata its ingest is several times faster. Chroma 1.5
rewrites its HNSW files in place: a process killed meanwhile can leave a collection that fails for
ever, or one that loads and silently misses rows. So the files' sizes and a sample of its vectors
are checked before it is trusted.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import chromadb
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from chromadb.errors import ChromaError

from ingest.embedders import Vectors
from ingest.index.derived import IndexDamaged
from ingest.store.journal import Change, Journal, Side

_NAME = "passages"
# HNSW links a row, and candidates for them. What decides whether near-duplicates stay reachable
# through updates and removals is the candidates: with 40, 2 to 5% were not found by their own
# vectors, with 64 some 0.3%, with 80 and these links 2 of 81,600 (eval/LOG.md).
_LINKS, _CANDIDATES = 20, 80
_LOOKED_AT = 256  # candidates of a search: 1.5 ms at 100,000
_SAMPLE = 32  # vectors looked up again when an index is checked
_FOUND = 0.75  # the share of them that must be found: the search is approximate, damage takes most
_NEAR = 0.2  # the cosine distance up to which a neighbour stands for a passage that is missed


class VectorIndex:
    """One generation of the vector index, in its own directory."""

    takes_texts: ClassVar[bool] = False

    def __init__(self, directory: Path, dim: int) -> None:
        self._guard = threading.Lock()  # a search and closing: threads that ask may come late
        self._closed = False
        if directory.exists() and not _files_whole(directory, dim):
            raise IndexDamaged(f"{directory}: files of the wrong size")
        directory.mkdir(parents=True, exist_ok=True)
        with _chroma_errors():
            self._open(directory)

    def _open(self, directory: Path) -> None:
        try:
            self._client = chromadb.PersistentClient(
                str(directory), settings=Settings(anonymized_telemetry=False)
            )
        except BaseException:
            # Chroma would give what couldn't be started (a full disk) to whoever opens it next.
            SharedSystemClient._identifier_to_system.pop(str(directory), None)
            raise
        self._collection = self._client.get_or_create_collection(
            _NAME,
            # Without None, Chroma would offer to download a model.
            embedding_function=None,
            configuration={
                "hnsw": {
                    "space": "cosine",
                    "ef_construction": _CANDIDATES,
                    "ef_search": _LOOKED_AT,
                    "max_neighbors": _LINKS,
                }
            },
        )
        self._batch = min(4000, self._client.get_max_batch_size())

    def intact(self, journal: Journal, side: Side = "passages") -> bool:
        """Whether it holds as many vectors as the truth, and a sample of them is found again."""
        with _chroma_errors():
            if self._collection.count() != journal.count_vectors(side):
                return False
            sample = journal.sample_vectors(_SAMPLE, side)
            return not sample or self._finds(sample)

    def _finds(self, sample: dict[str, Vectors]) -> bool:
        found = self._collection.query(
            query_embeddings=np.stack(list(sample.values())), n_results=1, include=["distances"]
        )
        assert found["distances"] is not None
        # A twin may stand in a passage's place: what counts is that something lies at distance 0.
        # Of many that are nearly alike HNSW misses some; they are there all the same.
        same = sum(
            bool(near) and (near[0] < 1e-3 or (near[0] < _NEAR and self.holds(id_, vector)))
            for near, (id_, vector) in zip(found["distances"], sample.items(), strict=True)
        )
        return same >= _FOUND * len(sample)

    def close(self) -> None:
        with self._guard:
            self._closed = True
            self._client.close()  # type: ignore[attr-defined]  # its declared type lacks it

    def apply(self, changes: Iterable[Change]) -> None:
        """Take in and drop passages; doing it twice changes nothing."""
        with _chroma_errors():
            self._apply(list(changes))

    def _apply(self, rows: list[Change]) -> None:
        dropped = [change.id for change in rows if change.vector is None]
        for first in range(0, len(dropped), self._batch):
            self._collection.delete(ids=dropped[first : first + self._batch])
        kept = [row for row in rows if row.vector is not None]
        for first in range(0, len(kept), self._batch):
            some = kept[first : first + self._batch]
            vectors = np.stack([row.vector for row in some if row.vector is not None])
            self._collection.upsert(
                ids=[row.id for row in some],
                # Chroma takes numbers one by one, and a double is one that Python knows: a sixth
                # off the whole time.
                embeddings=vectors.astype(np.float64),
            )

    def holds(self, id_: str, vector: Vectors) -> bool:
        """Whether the passage ``id_`` is in it with this vector ``(dim,)``, found or not."""
        with self._guard, _chroma_errors():
            found = self._collection.get(ids=[id_], include=["embeddings"])["embeddings"]
        return found is not None and len(found) == 1 and np.allclose(found[0], vector, atol=1e-3)

    def search(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The best ``k`` passages: (passage id, cosine in [-1, 1]), best first, ties by id.

        ``vector`` is ``(dim,) float32``, unit length.
        """
        with self._guard, _chroma_errors():
            if self._closed:
                raise IndexDamaged("the vector index was closed meanwhile")
            found = self._collection.query(
                query_embeddings=vector[None, :],
                n_results=k,
                include=["distances"],
            )
        distances = found["distances"]
        assert distances is not None  # asked for above
        scored = [
            (id_, 1.0 - float(distance))
            for id_, distance in zip(found["ids"][0], distances[0], strict=True)
        ]
        return sorted(scored, key=lambda hit: (-hit[1], hit[0]))


def _files_whole(directory: Path, dim: int) -> bool:
    """Whether the HNSW files on disk have the size that their element count asks for.

    False for directories left by a process that was killed inside Chroma's flush.
    """
    database = directory / "chroma.sqlite3"
    if not database.exists():
        return not any(directory.iterdir())
    try:
        connection = sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True)
        segments = connection.execute("select id from segments where scope = 'VECTOR'").fetchall()
        connection.close()
    except sqlite3.DatabaseError:
        return False
    element = dim * 4 + 8 * _LINKS + 12  # bytes: vector, links, length, label
    for (segment,) in segments:
        files = directory / segment
        if not files.exists():
            continue  # few rows: still in Chroma's own log
        try:
            data = (files / "data_level0.bin").stat().st_size
            count = (files / "length.bin").stat().st_size // 4
        except FileNotFoundError:
            return False
        if data != count * element:
            return False
    return True


@contextmanager
def _chroma_errors() -> Iterator[None]:
    try:
        yield
    except (ChromaError, ValueError, OSError) as error:
        raise IndexDamaged(f"vector index: {error}") from error
