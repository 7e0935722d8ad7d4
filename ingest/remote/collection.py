"""A library as one Chroma collection of passages (``rows.py``): read, searched, written.

Its metadata say how it was made (``identity ...``) and when it last changed (``changed``, by the
server's clock). Nothing of it is kept here but that, for some seconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np

from ingest.embedders import Vectors
from ingest.errors import LibraryError, LibraryMismatch
from ingest.paper import Paper, Passage
from ingest.passages import PassageSettings, passages
from ingest.remote import oldlog
from ingest.remote.rows import (
    SLOTS,
    Held,
    Row,
    held,
    is_whole,
    keys_in,
    records_in,
    row_id,
    rows_of,
)
from ingest.remote.wire import IndexLost, Wire, by_sparse, sparse, with_sparse_index
from ingest.remote.words import weights_of
from ingest.store.truth import Cut, Made, Record

LAYOUT = 3  # of the collection; before, it was a packed log (oldlog.py)
_LOOK = 2.0  # seconds that the collection's metadata are taken to hold
# Chroma Cloud takes 300 rows a call, proxies take requests of 1 MB.
_CALL, _SENT, _BYTES = 300, 200, 700_000
_KEYS = 32  # of a row's metadata
_VALUES = 1_000  # of a condition
_WORDS = "words"  # metadata, where the server has an index of sparse vectors
_LOOKED_AT = 256  # candidates of a search in the server's own index
_READ = 1_000  # rows a call where nothing limits them


class Passages:
    """The passages of one library on a server; what ``plan`` reads and writes papers by."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._found: tuple[float, Any] | None = None
        self._staged: _Staged | None = None
        self.before_write: Callable[[], None] = lambda: None

    # what it is

    def exists(self) -> bool:
        return self._chroma(0) is not None

    def make(self, identity: Mapping[str, Any]) -> None:
        """Make the collection, unless it is there."""
        parts = {f"identity {key}": json.dumps(value) for key, value in identity.items()}
        facts = {"layout": LAYOUT, "changed": 0, **parts}
        name, schema = self.wire.address.name, with_sparse_index(_WORDS)
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
        page = _CALL if self.wire.address.cloud else most
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
        step = _CALL if self.wire.address.cloud else _READ
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
        ids, step = self.passage_ids(), _CALL // 2 if self.wire.address.cloud else _READ // 2
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
            n_results=min(k, _CALL),
            where=where,
            include=["distances", "documents", "metadatas"],
        )
        found = self.wire.tried(query)
        rows = _rows({key: (value or [None])[0] for key, value in found.items() if key in _COLUMNS})
        near = [(row, 1.0 - float(d)) for row, d in zip(rows, found["distances"][0], strict=True)]
        if where is None and len(near) < min(k, _CALL) and len(near) < self.count():
            raise self.wire.lost(f"it finds {len(near):,} of {self.count():,} passages")
        return near

    def by_words(self, weights: Mapping[int, float], k: int, where: Any) -> list[Row]:  # noqa: ANN401
        """The documents that have most of the words of these ``weights`` (``words.sparse``)."""
        search = by_sparse(weights, _WORDS, where, min(k, _CALL))
        found = self.wire.tried(partial(self.chroma.search, search))
        return _rows({"ids": found["ids"][0], "documents": found["documents"][0]})

    # what ``plan`` asks for

    def papers(self, ids: Sequence[str] | None = None) -> Iterator[Paper]:
        """Those of ``ids`` that are known, or all papers, in the order of their ids."""
        if ids is None:
            return (one.paper for one in self.all_papers())
        found = self.held(ids)
        return (found[id_].paper for id_ in sorted(found))

    def records(self, papers: Sequence[str]) -> list[Record]:
        """The records of which these papers are made."""
        return [record for one in self.held(papers).values() for record in one.records]

    def named(self, keys: Sequence[str]) -> dict[str, list[str]]:
        """The papers' ids by each of ``keys`` that is known."""
        wanted, found = set(keys), dict[str, list[str]]()
        for row in self._first_rows(keys):
            for key in wanted.intersection(keys_in(row)):
                if row.paper not in found.setdefault(key, []):
                    found[key].append(row.paper)
        return found

    def record_hashes(self, origin: str, ids: Sequence[str]) -> dict[str, str]:
        """The content hashes of those of a source's records that are known."""
        said = (record for row in self._first_rows(ids) for record in records_in(row))
        wanted = set(ids)
        return {id_: hash_ for from_, id_, hash_ in said if from_ == origin and id_ in wanted}

    def record_ids(self, origin: str) -> dict[str, str]:
        """Every record of a source: its id, and that of the paper which it is part of."""
        rows = self.rows(where={"origins": {"$contains": origin}}, include=["metadatas"])
        return {id_: r.paper for r in rows for from_, id_, _ in records_in(r) if from_ == origin}

    def _first_rows(self, keys: Sequence[str]) -> list[Row]:
        found: list[Row] = []
        for kind in ("id", "title"):
            some = sorted(key for key in keys if key.startswith("title:") == (kind == "title"))
            names = [f"{kind}{n}" for n in range(SLOTS)]
            found += self.rows_where(names, some, include=["metadatas"])
        return [row for row in found if row.metadata["part"] == 0]

    def passages_of(self, paper: str) -> list[tuple[str, Vectors | None]]:
        """The ids and vectors of a paper's passages, in their order."""
        found = self.held([paper], vectors=True).get(paper)
        return [] if found is None else [(i, v) for i, (_, v) in found.passages.items()]

    # writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is put inside is sent when the block ends, a paper whole or not at all."""
        self._staged = staged = _Staged()
        try:
            yield
            self._send(staged)
        finally:
            self._staged = None

    def put(self, papers: Sequence[Cut]) -> None:
        self._now.cuts.update({cut.paper.id: cut for cut in papers})

    def put_records(self, made: Sequence[Made]) -> None:
        self._now.made.update({paper.id: (paper, records) for paper, records in made})

    def remove(self, ids: Sequence[str]) -> None:
        self._now.before.update(ids)

    def forget_records(self, papers: Sequence[str]) -> None:
        self._now.before.update(papers)

    @property
    def _now(self) -> _Staged:
        assert self._staged is not None, "written to outside of a transaction"
        return self._staged

    def _send(self, staged: _Staged) -> None:
        kept = [id_ for id_, (paper, _) in staged.made.items() if not _has_vectors(staged, paper)]
        old = self.held(kept, vectors=True)
        made = int(self.wire.now() * 1e9)
        dim = int(self.identity["embedder"]["dim"])
        rows: list[list[Row]] = []
        for id_, (paper, records) in staged.made.items():
            cut = staged.cuts.get(id_)
            if cut is not None and cut.vectors is not None:
                pairs = list(zip(cut.passages, cut.vectors, strict=True))
            else:
                pairs = self._as_before(paper, old.get(id_))
            rows.append(rows_of(paper, records, pairs, made=made, dim=dim))
        touched = sorted(staged.before | staged.made.keys())
        leftover = {row.id for row in self.rows_where(["paper"], touched, include=())}
        self._upsert(rows)
        self.delete(leftover - {row.id for some in rows for row in some})
        if rows or leftover:
            self.touch()

    def _as_before(self, paper: Paper, old: Held | None) -> list[tuple[Passage, Vectors | None]]:
        cut = passages(paper, PassageSettings(**self.identity["passages"]))
        known = {} if old is None else old.passages
        missing = [p.id for p in cut if p.id not in known]
        if missing:
            raise LibraryError(
                f"{self.wire.address.said}: {missing[0]} went away while it was written; run the"
                " command again"
            )
        return [(passage, known[passage.id][1]) for passage in cut]

    def _upsert(self, papers: Sequence[Sequence[Row]]) -> None:
        """Send rows, those of a paper in one call as far as a call takes them."""
        call: list[Row] = []
        size = 0
        for rows in papers:
            weight = sum(row.size for row in rows)
            if call and (len(call) + len(rows) > _SENT or size + weight > _BYTES):
                self._sent(call)
                call, size = [], 0
            call += rows
            size += weight
        self._sent(call)

    def _sent(self, rows: Sequence[Row]) -> None:
        for first in range(0, len(rows), _SENT):
            some = rows[first : first + _SENT]
            if self.wire.address.cloud and (
                large := [r.paper for r in some if len(r.kept) > _KEYS]
            ):
                raise LibraryError(
                    f"{self.wire.address.said}: {large[0]}: longer than Chroma Cloud takes (some 60"
                    " kB in one sentence, or of records); leave it out, or use a server of your own"
                )
            self.before_write()
            upsert = partial(
                self.chroma.upsert,
                ids=[row.id for row in some],
                documents=[row.document for row in some],
                metadatas=[{**row.metadata, **self._words_of(row)} for row in some],
                embeddings=[row.vector for row in some],
            )
            self.wire.tried(upsert)

    def _words_of(self, row: Row) -> dict[str, Any]:
        return {_WORDS: sparse(weights_of(row.text))} if self.sparse else {}

    def delete(self, ids: Collection[str]) -> None:
        going = sorted(ids)
        for first in range(0, len(going), _CALL):
            self.before_write()
            self.wire.tried(partial(self.chroma.delete, ids=going[first : first + _CALL]))

    def leftovers(self) -> list[str]:
        """The ids of rows that writers who were killed left of older states of papers."""
        ids = self.passage_ids()
        kept = {row_id(name) for one in self.all_papers() for name in one.passages}
        return [id_ for id_ in ids if id_ not in kept]

    def touch(self) -> None:
        """Say that the library has changed."""
        metadata = {**self.chroma.metadata, "changed": int(self.wire.now() * 1e9)}
        self.wire.tried(partial(self.chroma.modify, metadata=metadata))
        self._found = None


class _Staged:
    """What a transaction is going to write."""

    def __init__(self) -> None:
        self.cuts: dict[str, Cut] = {}
        self.made: dict[str, Made] = {}
        self.before: set[str] = set()  # papers that are replaced or go


def _has_vectors(staged: _Staged, paper: Paper) -> bool:
    cut = staged.cuts.get(paper.id)
    return cut is not None and cut.vectors is not None


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
