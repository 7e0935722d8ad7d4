"""A library as one Chroma collection of passages (``rows.py``): read and searched.

Its metadata say how it was made (``identity ...``) and when it last changed (``changed``, by the
server's clock). Nothing of it is kept here but that, for some seconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np

from ingest.embedders import Vectors
from ingest.errors import LibraryError, LibraryMismatch
from ingest.remote import oldlog
from ingest.remote.rows import Held, Row, held, is_whole
from ingest.remote.wire import IndexLost, Wire, by_sparse, with_sparse_index

LAYOUT = 3  # of the collection; before, it was a packed log (oldlog.py)
WORDS = "words"  # metadata, where the server has an index of sparse vectors
CALL = 300  # rows a call: Chroma Cloud's limit
_LOOK = 2.0  # seconds that the collection's metadata are taken to hold
_LOOKED_AT = 256  # candidates of a search in the server's own index
_VALUES = 1_000  # of a condition
_READ = 1_000  # rows a call where nothing limits them


class Reading:
    """The passages of one library on a server, read and searched."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._found: tuple[float, Any] | None = None

    # what it is

    def exists(self) -> bool:
        return self._chroma(0) is not None

    def make(self, identity: Mapping[str, Any]) -> None:
        """Make the collection, unless it is there."""
        parts = {f"identity {key}": json.dumps(value) for key, value in identity.items()}
        facts = {"layout": LAYOUT, "changed": 0, **parts}
        name, schema = self.wire.address.name, with_sparse_index(WORDS)
        if not self.wire.make(name, {**facts, "sparse": True}, schema=schema):
            hnsw = {"space": "cosine", "ef_search": _LOOKED_AT}
            self.wire.make(name, {**facts, "sparse": False}, configuration={"hnsw": hnsw})

    @property
    def identity(self) -> dict[str, Any]:
        """How the library was made."""
        facts = self.chroma.metadata
        pairs = ((key.partition("identity ")[2], value) for key, value in facts.items())
        return {key: json.loads(value) for key, value in pairs if key}

    @property
    def sparse(self) -> bool:
        """Whether words are found by an index: on Chroma Cloud and distributed Chroma."""
        return bool(self.chroma.metadata.get("sparse"))

    @property
    def changed(self) -> int:
        """When the library last changed: nanoseconds of the server's clock."""
        return int(self.chroma.metadata["changed"])

    @property
    def chroma(self) -> Any:  # noqa: ANN401 - Chroma's own
        """Chroma's collection. Raises LibraryError where it is none of ours, or none any more."""
        found = self._chroma(_LOOK)
        if found is None:
            said = self.wire.address.said
            raise LibraryError(
                f"{said}: there is no library of this name; make one with: askpapers ingest SOURCE"
                f" --library {said}"
            )
        return found

    def _chroma(self, age: float) -> Any:  # noqa: ANN401
        now = time.monotonic()
        if self._found is None or now - self._found[0] >= age:
            found, said = self.wire.collection(self.wire.address.name), self.wire.address.said
            layout = None if found is None else (found.metadata or {}).get("layout")
            if layout == oldlog.LAYOUT:
                raise LibraryMismatch(
                    f"{said}: kept by an older askpapers, as a log; move it with: askpapers copy"
                    f" {said} {said}-2"
                )
            if found is not None and layout != LAYOUT:
                raise LibraryMismatch(
                    f"{said}: a collection that this version of askpapers didn't make; take"
                    " another name"
                )
            self._found = None if found is None else (now, found)
        return None if self._found is None else self._found[1]

    def count(self) -> int:
        """How many passages there are."""
        return int(self.wire.tried(self.chroma.count))

    def passage_ids(self) -> list[str]:
        """The ids of all rows, in order."""
        return sorted(row.id for row in self.rows(include=()))

    # reading rows

    def rows(self, *, include: Sequence[str] = ("documents", "metadatas"), **how: Any) -> list[Row]:  # noqa: ANN401
        """The rows that Chroma's ``get`` gives for these arguments, a call's worth at a time."""
        found: list[Row] = []
        most = how.pop("limit", None)
        page = CALL if self.wire.address.cloud else most
        while most is None or len(found) < most:
            limit = page if most is None or page is None else min(page, most - len(found))
            get = partial(
                self.chroma.get, include=list(include), limit=limit, offset=len(found), **how
            )
            some = _rows(self.wire.tried(get))
            found += some
            if page is None or len(some) < (limit or 0):
                break
        return found

    def rows_by_id(self, ids: Sequence[str], **how: Any) -> list[Row]:  # noqa: ANN401
        step = CALL if self.wire.address.cloud else _READ
        parts = (list(ids[first : first + step]) for first in range(0, len(ids), step))
        return [row for part in parts for row in self.rows(ids=part, **how)]

    def rows_where(self, names: Sequence[str], values: Sequence[str], **how: Any) -> list[Row]:  # noqa: ANN401
        """The rows of which one of the metadata ``names`` has one of the ``values``."""
        found: dict[str, Row] = {}
        for first in range(0, len(values), _VALUES):
            some = list(values[first : first + _VALUES])
            each = [{name: {"$in": some}} for name in names]
            where = each[0] if len(each) == 1 else {"$or": each}
            found |= {row.id: row for row in self.rows(where=where, **how)}
        return list(found.values())

    def held(self, ids: Sequence[str], *, vectors: bool = False) -> dict[str, Held]:
        """Papers by their ids, with their records; with ``vectors`` also those."""
        include = ["documents", "metadatas", *(["embeddings"] if vectors else [])]
        return held(self.rows_where(["paper"], ids, include=include))

    def whole(self, rows: Sequence[Row]) -> dict[str, Held]:
        """The papers whose rows these are; those in several rows are asked for."""
        parted = {row.paper for row in rows if not is_whole(row)}
        found = held(row for row in rows if row.paper not in parted)
        return found | self.held(sorted(parted), vectors=True)

    def all_papers(self, *, vectors: bool = False) -> Iterator[Held]:
        """Every paper, in the order of their ids, as many at once as a call gives; without vectors
        where the server has lost them."""
        include = ["documents", "metadatas"]
        ids, step = self.passage_ids(), CALL // 2 if self.wire.address.cloud else _READ // 2
        papers = [
            (id_, list(some)) for id_, some in groupby(ids, lambda id_: id_.rpartition("#")[0])
        ]
        for first in range(0, len(papers), step):
            some = [id_ for _, those in papers[first : first + step] for id_ in those]
            try:
                more = ["embeddings"] if vectors else []
                found = held(self.rows_by_id(some, include=[*include, *more]))
            except IndexLost:
                found, vectors = held(self.rows_by_id(some, include=include)), False
            yield from (found[id_] for id_ in sorted(found))

    def sample(self, n: int) -> list[str]:
        """The texts of about ``n`` passages, from all over the library."""
        count, pages = self.count(), 8
        some: list[str] = []
        for page in range(pages if count > n else 1):
            limit = n // pages if count > n else n
            offset = page * count // pages
            get = partial(self.chroma.get, limit=limit, offset=offset, include=["documents"])
            some += self.wire.tried(get)["documents"]
        return some

    def nearest(self, vector: Vectors, k: int, where: Any) -> list[tuple[Row, float]]:  # noqa: ANN401
        """The rows nearest to ``vector`` by the server's own index, with their cosines."""
        query = partial(
            self.chroma.query,
            query_embeddings=[vector],
            n_results=min(k, CALL),
            where=where,
            include=["distances", "documents", "metadatas"],
        )
        found = self.wire.tried(query)
        rows = _rows({key: (value or [None])[0] for key, value in found.items() if key in _COLUMNS})
        near = [(row, 1.0 - float(d)) for row, d in zip(rows, found["distances"][0], strict=True)]
        if where is None and len(near) < min(k, CALL) and len(near) < self.count():
            raise self.wire.lost(f"it finds {len(near):,} of {self.count():,} passages")
        return near

    def by_words(self, weights: Mapping[int, float], k: int, where: Any) -> list[Row]:  # noqa: ANN401
        """The documents that have most of the words of these ``weights`` (``words.sparse``)."""
        search = by_sparse(weights, WORDS, where, min(k, CALL))
        found = self.wire.tried(partial(self.chroma.search, search))
        return _rows({"ids": found["ids"][0], "documents": found["documents"][0]})


_COLUMNS = ("ids", "documents", "metadatas", "embeddings")


def _rows(found: Mapping[str, Any]) -> list[Row]:
    count = len(found["ids"])
    documents, metadatas, vectors = (
        [None] * count if found.get(name) is None else found[name] for name in _COLUMNS[1:]
    )
    return [
        Row(
            id_,
            document or "",
            metadata or {},
            None if vector is None else np.asarray(vector, np.float32),
        )
        for id_, document, metadata, vector in zip(
            found["ids"], documents, metadatas, vectors, strict=True
        )
    ]
