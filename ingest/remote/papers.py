"""The papers of one library on a server: read and written as ``store/plan.py`` and ``Library`` do
with the truth of a directory.

They are one Chroma collection of passages (``rows.py``), whose metadata say how it was made
(``identity ...``) and when it last changed (``changed``, by the server's clock). Beside it,
``NAME.notes`` has what isn't a paper: notes, sums, and who is writing (``claims.py``).
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

import numpy as np

from ingest.embedders import Vectors
from ingest.errors import LibraryError, LibraryMismatch
from ingest.paper import Paper, Passage
from ingest.passages import PassageSettings, passages
from ingest.remote import oldlog
from ingest.remote.rows import SLOTS, Row, joined, parted, row_id, rows_of
from ingest.remote.wire import IndexLost, Rows, Wire, by_sparse, sparse, with_sparse_index
from ingest.remote.words import weights_of
from ingest.store.truth import Cut, Made, Record

LAYOUT = 4  # of the collection; 2 was a packed log (oldlog.py)
WORDS = "words"  # metadata, where the server has an index of sparse vectors
_LOOK = 2.0  # seconds that the collection's metadata are taken to hold
_LOOKED_AT = 300  # candidates of a search in the server's own index
_FOUND = 0.9  # of them are given by one that is whole: HNSW doesn't reach every vector
_VALUES = 1_000  # of a condition
_SENT, _BYTES = 200, 700_000  # rows a call, and their size: proxies take requests of 1 MB

Found = dict[str, tuple[Passage, Vectors | None]]  # by passage id


class Papers:
    """See above; ``before_write`` is called before each call that writes."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._rows = Rows(wire, wire.address.name)
        self.notes = Rows(wire, f"{wire.address.name}.notes", make=True)
        self.before_write: Callable[[], None] = lambda: None
        self._looked: float | None = None
        self.came: Counter[str] = Counter()  # to the sums

    # what it is

    def make(self, identity: Mapping[str, Any]) -> None:
        """Make the collection, unless it is there."""
        parts = {f"identity {key}": json.dumps(value) for key, value in identity.items()}
        facts, schema = {"layout": LAYOUT, "changed": 0, **parts}, with_sparse_index(WORDS)
        if not self.wire.make(self._rows.name, {**facts, "sparse": True}, schema=schema):
            hnsw = {"space": "cosine", "ef_search": _LOOKED_AT}
            self.wire.make(self._rows.name, facts, configuration={"hnsw": hnsw})

    def exists(self) -> bool:
        """Raises LibraryMismatch where there is something else."""
        found, said = self._rows.look(), self.wire.address.said
        layout = None if found is None else (found.metadata or {}).get("layout")
        if layout == oldlog.LAYOUT:
            raise LibraryMismatch(
                f"{said}: kept by an older askpapers, as a log; move it with: askpapers copy"
                f" {said} {said}-2"
            )
        if found is not None and layout != LAYOUT:
            raise LibraryMismatch(
                f"{said}: a collection that this version of askpapers didn't make; take another"
                " name"
            )
        self._looked = None if found is None else time.monotonic()
        return found is not None

    @property
    def rows(self) -> Rows:
        """The collection, looked at now or some seconds ago."""
        fresh = self._looked is not None and time.monotonic() < self._looked + _LOOK
        if not fresh and not self.exists():
            said = self.wire.address.said
            raise LibraryError(
                f"{said}: there is no library of this name; make one with: askpapers ingest SOURCE"
                f" --library {said}"
            )
        return self._rows

    @property
    def facts(self) -> dict[str, Any]:
        """The collection's metadata."""
        found: dict[str, Any] = self.rows.chroma.metadata
        return found

    def meta(self, key: str) -> Any:  # noqa: ANN401 - JSON is anything
        """The JSON value kept under ``key``; None when there is none."""
        if key == "identity":
            pairs = ((name.partition("identity ")[2], value) for name, value in self.facts.items())
            return {name: json.loads(value) for name, value in pairs if name}
        found = self.notes.metadatas(ids=[key]).get(key)
        return None if found is None else json.loads(joined(found, "json"))

    def set_meta(self, key: str, value: object) -> None:
        self.notes.upsert([key], [[0.0]], metadatas=[parted("json", json.dumps(value))])

    @property
    def settings(self) -> PassageSettings:
        return PassageSettings(**self.meta("identity")["passages"])

    @property
    def sparse(self) -> bool:
        """Whether words are found by an index: on Chroma Cloud and distributed Chroma."""
        return bool(self.facts.get("sparse"))

    def last_seq(self) -> int:
        """When the library last changed: nanoseconds of the server's clock."""
        return int(self.facts["changed"])

    def size(self) -> int:
        """How many rows there are."""
        return int(self.rows.call("count"))

    # sums

    def count(self) -> int:
        kept = self._kept()
        return kept[1]["papers"] if kept[0] else sum(id_.endswith("#0") for id_ in self.row_ids())

    def counts(self) -> dict[str, int]:
        sums, of = self._sums(), self.origins()
        sums.update(records=sum(of.values()), sources=len(of))
        return {n: sums[n] for n in ("papers", "digests", "records", "sources", "passages")}

    def origins(self) -> dict[str, int]:
        sums = self._sums().items()
        return {name[3:]: n for name, n in sorted(sums) if name.startswith("of ") and n}

    def _sums(self) -> Counter[str]:
        """Kept on the server; counted anew where a writer was killed or is at it."""
        whole, sums, rows = self._kept()
        if not whole:
            sums = Counter()
            for row in self._all():
                sums.update(_sums_of(row.paper, row.records, row.metadata["parts"]))
            with suppress(LibraryError):  # who may only read counts again
                self.set_meta("sums", {"rows": rows, "sums": sums})
        return sums

    def _kept(self) -> tuple[bool, Counter[str], int]:
        """The sums, whether they are of the rows that there are, and how many those are."""
        kept, rows = self.meta("sums") or {"rows": 0, "sums": {}}, self.size()
        return kept["rows"] + self.came["passages"] == rows, Counter(kept["sums"]) + self.came, rows

    def add_sums(self) -> None:
        """Add what was written to the sums; those were whole if nobody else wrote meanwhile."""
        whole, sums, rows = self._kept()
        self.set_meta("sums", {"rows": rows if whole else -1, "sums": sums})
        self.came = Counter()

    # reading

    def _read(self, **how: Any) -> Iterator[Row]:  # noqa: ANN401
        place = {id_: n for n, id_ in enumerate(how.get("ids", ()))}  # Chroma has its own order
        for found in self.rows.get(include=["documents", "metadatas"], **how):
            rows = map(Row, found["ids"], found["documents"], found["metadatas"])
            yield from sorted(rows, key=lambda row: place.get(row.id, 0))

    def firsts(self, ids: Sequence[str]) -> list[Row]:
        """The first rows of these ids."""
        return list(self._read(ids=list(ids)))

    def _of(self, papers: Sequence[str]) -> list[Row]:
        return self.firsts([row_id(paper) for paper in papers])

    def row_ids(self) -> list[str]:
        return [id_ for found in self.rows.get(include=[]) for id_ in found["ids"]]

    def _all(self) -> Iterator[Row]:
        ids = [id_ for id_ in self.row_ids() if id_.endswith("#0")]
        return self._read(ids=sorted(ids, key=lambda id_: id_[:-2]))

    def papers(self, ids: Sequence[str] | None = None) -> Iterator[Paper]:
        """Those of ``ids`` that are known, or all papers, in the order of their ids."""
        rows = self._all() if ids is None else iter(self._of(sorted(ids)))
        return (row.paper for row in rows)

    def records(self, papers: Sequence[str]) -> list[Record]:
        """The records of which these papers are made."""
        return [record for row in self._of(papers) for record in row.records]

    def named(self, keys: Sequence[str]) -> dict[str, list[str]]:
        """The papers' ids by each of ``keys`` that is known."""
        wanted, found = set(keys), dict[str, list[str]]()
        for row in self._by_keys(keys):
            for key in wanted.intersection(map(row.metadata.get, SLOTS)):
                found.setdefault(key, []).append(row.metadata["paper"])
        return found

    def _by_keys(self, keys: Sequence[str]) -> list[Row]:
        found = dict[str, Row]()
        for slots, titles in ((SLOTS[:6], False), (SLOTS[6:], True)):
            some = sorted(key for key in keys if key.startswith("title:") == titles)
            for first in range(0, len(some), _VALUES):
                values = {"$in": some[first : first + _VALUES]}
                rows = self._read(where={"$or": [{slot: values} for slot in slots]})
                found |= {row.id: row for row in rows}
        return list(found.values())

    def record_hashes(self, origin: str, ids: Sequence[str]) -> dict[str, str]:
        """The content hashes of those of a source's records that are known."""
        known = (record for row in self._by_keys(ids) for record in row.records)
        wanted = {(origin, id_) for id_ in ids}
        return {r.said.id: r.said.content_hash for r in known if r.key in wanted}

    def record_ids(self, origin: str) -> dict[str, str]:
        """Every record of a source: its id, and that of the paper which it is part of."""
        known = (record for row in self._all() for record in row.records)
        return {record.said.id: record.paper for record in known if record.origin == origin}

    def passages_of(self, paper: str) -> list[tuple[str, Vectors | None]]:
        """The ids and vectors of a paper's passages, in their order."""
        return [(id_, vector) for id_, (_, vector) in self.cut(self._of([paper])).items()]

    def passages(self, ids: Sequence[str]) -> Found:
        found = self.cut(self._of(sorted({id_.rpartition("#")[0] for id_ in ids})))
        return {id_: found[id_] for id_ in ids if id_ in found}

    def cut(self, firsts: Sequence[Row]) -> Found:
        """The passages of the papers with these first rows."""
        parts = self.parts(firsts)
        vectors = self.vectors(list(parts))
        return {passage.id: (passage, vectors.get(id_)) for id_, passage in parts.items()}

    def parts(self, firsts: Sequence[Row]) -> dict[str, Passage]:
        """By row id, the passages of the papers with these first rows."""
        settings = self.settings
        return {
            row_id(row.paper.id, part): passage
            for row in firsts
            for part, passage in enumerate(passages(row.paper, settings))
        }

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of rows, by row id, but of those that Chroma has only zeros for."""
        found = dict[str, Vectors]()
        for some in self.rows.get(ids=list(ids), include=["embeddings"]):
            matrix = np.asarray(some["embeddings"], np.float32)
            found |= {id_: v for id_, v in zip(some["ids"], matrix, strict=True) if v.any()}
        return found

    def entries(self) -> Iterator[tuple[list[Record], Found]]:
        """Every paper; without vectors where the server has lost them."""
        rows, lost = self._all(), False
        while some := list(islice(rows, self.wire.step // 2)):
            try:
                found = {} if lost else self.cut(some)
            except IndexLost:
                found, lost = {}, True
            of: dict[str, Found] = {}
            for id_, pair in found.items():
                of.setdefault(pair[0].paper.id, {})[id_] = pair
            yield from ((row.records, of.get(row.paper.id, {})) for row in some)

    def all_vectors(self) -> tuple[list[str], list[str], Vectors]:
        """Ids of passages, their papers', and vectors: for who draws a map, not for who asks."""
        pairs = [pair for _, found in self.entries() for pair in found.values()]
        known = [(passage, vector) for passage, vector in pairs if vector is not None]
        matrix = np.stack([v for _, v in known]) if known else np.zeros((0, 0), np.float32)
        return [p.id for p, _ in known], [p.paper.id for p, _ in known], matrix

    def filter_facts(self) -> dict[str, tuple[int | None, Sequence[str]]]:
        """Year and topics of every paper."""
        return {paper.id: (paper.year, paper.topics) for paper in self.papers()}

    # searching

    def sample(self, n: int) -> list[str]:
        """The texts of about ``n`` passages, from all over the library."""
        size, texts = self.size(), list[str]()
        for page in range(8):
            start, end = page * size // 8, (page + 1) * size // 8
            how = {"limit": min(max(n // 8, 1), end - start), "offset": start}
            if how["limit"]:
                texts += self.rows.call("get", include=["documents"], **how)["documents"]
        return texts

    def nearest(self, vector: Vectors, where: Any = None) -> dict[str, tuple[str, float]]:  # noqa: ANN401
        """The documents of the rows nearest to ``vector`` by the server's own index, with their
        cosines, the best first."""
        how = {"where": where, "include": ["distances", "documents"], "n_results": _LOOKED_AT}
        found = self.rows.call("query", query_embeddings=[vector], **how)
        ids, size = found["ids"][0], 0 if where else self.size()
        if len(ids) < _FOUND * min(_LOOKED_AT, size):
            raise self.wire.lost(f"it finds {len(ids):,} of {size:,} passages")
        cosines = (1.0 - float(distance) for distance in found["distances"][0])
        return dict(zip(ids, zip(found["documents"][0], cosines, strict=True), strict=True))

    def matching(self, pattern: str, k: int, where: Any) -> dict[str, str]:  # noqa: ANN401
        """Up to ``k`` documents that a pattern is in, by row id."""
        how = {"where": where, "limit": min(k, self.wire.step), "include": ["documents"]}
        found = self.rows.call("get", where_document={"$regex": pattern}, **how)
        return dict(zip(found["ids"], found["documents"], strict=True))

    def by_words(self, weights: Mapping[int, float], k: int, where: Any) -> dict[str, str]:  # noqa: ANN401
        """The documents that have most of the words of these ``weights`` (``words.sparse``)."""
        search = by_sparse(weights, WORDS, where, min(k, self.wire.step))
        found = self.rows.call("search", search)
        return dict(zip(found["ids"][0], found["documents"][0], strict=True))

    # writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is put inside is sent when the block ends, a paper whole or not at all."""
        self._cuts, self._made, self._before = dict[str, Cut](), dict[str, Made](), set[str]()
        yield
        self._send()

    def put(self, papers: Sequence[Cut]) -> None:
        self._cuts.update({cut.paper.id: cut for cut in papers})

    def put_records(self, made: Sequence[Made]) -> None:
        self._made.update({paper.id: (paper, records) for paper, records in made})

    def remove(self, ids: Sequence[str]) -> None:
        self._before.update(ids)

    forget_records = remove  # of papers that are put anew

    def _send(self) -> None:
        old = {row.paper.id: row for row in self._of(sorted(self._before))}
        dim, parts = int(self.meta("identity")["embedder"]["dim"]), Counter[str]()
        new, kept = list[Row](), list[Row]()
        for id_, (paper, records) in self._made.items():
            cut = self._cuts.get(id_) or Cut(paper)
            own = passages(paper, self.settings) if cut.vectors is None else cut.passages
            rows = rows_of(paper, records, own, cut.vectors, dim, anew=id_ not in old)
            parts[id_] = len(rows)
            (kept if cut.vectors is None else new).extend(reversed(rows))  # the first one last
            self.came.update(_sums_of(paper, records, len(rows)))
        for row in old.values():
            self.came.subtract(_sums_of(row.paper, row.records, row.metadata["parts"]))
        for some in _calls(new):
            words = [{WORDS: sparse(weights_of(r.document))} if self.sparse else {} for r in some]
            self.before_write()
            self.rows.upsert(
                [row.id for row in some],
                [row.vector for row in some],
                documents=[row.document for row in some],
                metadatas=[{**r.metadata, **w} for r, w in zip(some, words, strict=True)],
            )
        for some in _calls(kept):
            self.before_write()
            metadatas = [row.metadata for row in some]
            self.rows.call("update", ids=[row.id for row in some], metadatas=metadatas)
        ends = {id_: int(row.metadata["parts"]) for id_, row in old.items()}
        self.delete([row_id(id_, n) for id_, end in ends.items() for n in range(parts[id_], end)])
        if self._made or old:
            self.touch()

    def delete(self, ids: Sequence[str]) -> None:
        self.before_write()
        self.rows.delete(ids)

    def leftovers(self) -> list[str]:
        """The ids of rows that writers who were killed left."""
        parts = {row.id: int(row.metadata["parts"]) for row in self._all()}
        rows = (Row(id_, "", {}) for id_ in self.row_ids())
        return [row.id for row in rows if row.part >= parts.get(row.first, 0)]

    def touch(self) -> None:
        """Say that the library has changed."""
        facts = {**self.facts, "changed": int(self.wire.now() * 1e9)}
        self.rows.call("modify", metadata=facts)
        self._looked = None


def _calls(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows, as many a call as it takes."""
    some, size = list[Row](), 0
    for row in rows:
        if some and (len(some) == _SENT or size + row.size > _BYTES):
            yield some
            some, size = [], 0
        some.append(row)
        size += row.size
    if some:
        yield some


def _sums_of(paper: Paper, records: Sequence[Record], parts: int) -> Counter[str]:
    sums = Counter(f"of {record.origin}" for record in records)
    sums.update(papers=1, digests=int(paper.kind == "digest"), passages=parts)
    return sums
