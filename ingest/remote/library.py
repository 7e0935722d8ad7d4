"""A library on a Chroma server: asked where it is, with nothing of it kept on this machine."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np

from ingest.embedders import Embedder, Vectors, load_embedder
from ingest.errors import LibraryError
from ingest.filters import EVERYTHING, Filters
from ingest.index.exact import ExactVectors
from ingest.library import Candidates, Entry, Library, Scored
from ingest.paper import Passage
from ingest.passages import PassageSettings, embedded_text
from ingest.remote.claims import Claims, Overtaken
from ingest.remote.collection import Passages
from ingest.remote.rows import Row
from ingest.remote.wire import Address, Wire
from ingest.remote.words import MOST, Query, Sample
from ingest.store.merge import keys_of
from ingest.store.paid import paying
from ingest.store.plan import Plan, Tally, carry_out, planned
from ingest.store.provenance import check, identity_of
from ingest.store.truth import Record

_SAMPLE = 1_000  # passages that tell how rare words are
_GROWN = 1.3  # times the size at which a sample was taken: it is taken anew


class ServerLibrary(Library):
    """What a Library does, by a server; several processes on several machines may write at once.

    ``directory`` is this machine's cache for it: maps, notes, a sample of its words.
    """

    at_hand = False

    def __init__(self, directory: Path, passages: Passages, embedder: Embedder | None) -> None:
        self.directory = directory
        self._passages = passages
        self._truth = cast(Any, passages)  # what a Library does by its truth, this does by these
        self._embedder = embedder
        self._writes = threading.RLock()
        self._claims = Claims(passages.wire, directory)
        passages.before_write = self._claims.keep
        self._size = (-1, 0)
        self._words: tuple[int, Sample] | None = None
        self._exact: ExactVectors | None = None
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="askpapers-server")

    @classmethod
    def at(
        cls,
        directory: Path,
        server: tuple[str, dict[str, str]],
        *,
        embedder: Embedder | None,
        settings: PassageSettings | None,
        create: bool,
    ) -> ServerLibrary:
        """The library at ``server``, an address and what opens it; see ``Library.open``."""
        passages = Passages(Wire(address := Address(*server)))
        if create and not passages.exists():
            chosen = embedder or load_embedder("static")
            passages.make(identity_of(chosen, settings or PassageSettings()))
        check(address.said, passages.identity, embedder, settings)
        return cls(directory, passages, embedder)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    # what it is

    @property
    def identity(self) -> dict[str, Any]:
        return self._passages.identity

    @property
    def version(self) -> int:
        return self._passages.changed

    @property
    def is_empty(self) -> bool:
        return self._passages.count() == 0

    def __len__(self) -> int:
        version = self.version
        if self._size[0] != version:
            self._size = (version, len(_papers(self._passages.passage_ids())))
        return self._size[1]

    def counts(self) -> dict[str, int]:
        """Papers, how many of them are digests, passages."""
        ids = self._passages.passage_ids()
        where = {"$and": [{"kind": "digest"}, {"part": 0}]}
        digests = self._passages.rows(where=where, include=())
        return {"papers": len(_papers(ids)), "digests": len(digests), "passages": len(ids)}

    def origins(self) -> dict[str, int]:
        found = Counter(origin for origin, _, _, _ in self._passages.all_records())
        return dict(sorted(found.items()))

    def note(self, key: str) -> Any:  # noqa: ANN401 - JSON is anything
        return self._notes().get(key)

    def keep_note(self, key: str, value: object) -> None:
        self._cached("notes.json", {**self._notes(), key: value})

    def _notes(self) -> dict[str, Any]:
        found: dict[str, Any] = self._cached("notes.json") or {}
        return found

    def _cached(self, name: str, value: object = None) -> Any:  # noqa: ANN401
        """A small file of this machine's: read, or written where there is a value. Losing it
        costs time, and no more."""
        file = self.directory / name
        try:
            if value is None:
                return json.loads(file.read_text("utf-8"))
            new = file.with_suffix(f".{threading.get_ident()}.new")
            new.write_text(json.dumps(value), "utf-8")
            new.replace(file)
        except (OSError, ValueError):
            pass
        return value

    def health(self) -> dict[str, str]:
        return {"server": "up" if self._passages.count() >= 0 else "down"}

    def disagreements(self) -> list[str]:
        found = []
        if left := self._passages.leftovers():
            found.append(f"{len(left):,} rows of older states; askpapers repair deletes them")
        try:
            for text in self._passages.sample(8):
                vector = self.embedder.embed([text])[0]
                self.candidates(text, vector, 100)
        except LibraryError as error:
            found.append(str(error))
        return found

    def repair(self) -> None:
        """Delete what killed writers left; LibraryError says what can't be repaired."""
        self._passages.delete(self._passages.leftovers())
        self._passages.touch()
        if found := self.disagreements():
            raise LibraryError("; ".join(found))

    def passages(self, ids: Sequence[str]) -> dict[str, tuple[Passage, Vectors | None]]:
        found = self._passages.held(sorted(_papers(ids)), vectors=True)
        known = {name: pair for one in found.values() for name, pair in one.passages.items()}
        return {id_: known[id_] for id_ in ids if id_ in known}

    def entries(self) -> Iterator[Entry]:
        for one in self._passages.all_papers(vectors=True):
            known = ((p, v) for p, v in one.passages.values() if v is not None)
            yield list(one.records), {embedded_text(passage): vector for passage, vector in known}

    # writing

    @contextmanager
    def writing(self, *, wait: bool = True) -> Iterator[None]:
        """Others may write as well: what each changes is claimed when it is changed."""
        with self._writes:
            yield

    def filling(self, enough: int = 0) -> Any:  # noqa: ANN401
        return self.writing()

    def remove(self, ids: Sequence[str]) -> int:
        with self._writes:
            while True:
                known = self.resolved(ids)
                try:
                    with self._claims.held(known):
                        if set(self.resolved(ids)) == set(known):
                            with self._passages.transaction():
                                self._passages.remove(known)
                            return len(known)
                except Overtaken:
                    continue

    def _change(
        self, arriving: Sequence[Record] = (), leaving: Collection[tuple[str, str]] = ()
    ) -> Tally:
        settings = PassageSettings(**self.identity["passages"])
        keys = {key for record in arriving for key in keys_of(record.said)}
        keys |= {id_ for _, id_ in leaving}
        while True:
            try:
                with self._claims.held(keys):
                    # Read after it was claimed: nobody else changes these papers meanwhile.
                    plan = planned(self._truth, arriving, leaving)
                    if _keys(plan) <= keys:
                        return self._carried_out(plan, settings)
                    keys |= _keys(plan)
            except Overtaken:
                continue

    def _carried_out(self, plan: Plan, settings: PassageSettings) -> Tally:
        if not plan.papers and not plan.before:
            return plan.tally
        if not plan.fresh:
            return carry_out(self._truth, plan, None, settings)
        with paying(self.embedder, self.directory) as embedder:
            return carry_out(self._truth, plan, embedder, settings)

    def reembed(self, embedder: Embedder, progress: Callable[[int], None] | None = None) -> int:
        raise LibraryError(
            f"{self._passages.wire.address.said}: a library on a server keeps its embedder; ingest"
            " into a new name with --embedder"
        )

    # searching

    def candidates(
        self, text: str, vector: Vectors | None, k: int, filters: Filters = EVERYTHING
    ) -> Candidates:
        where, size = _where(filters), self._passages.count()
        if size == 0:
            return Candidates({}, {}, {})
        near = self._threads.submit(self._near, vector, k, where)
        query = Query(text, self._sample(size), size)
        found = {row.id: row.document for row in self._having(query, where)}
        dense = {row.id: (row, cosine) for row, cosine in near.result()}
        every = not self._passages.sparse and len(found) < MOST
        near_texts = {id_: row.text for id_, (row, _) in dense.items()}
        scores = query.scores(found, near_texts, every=every)
        best = sorted(scores, key=lambda id_: (-scores[id_], id_))[:k]
        more = self._passages.rows_by_id(
            [id_ for id_ in best if id_ not in dense],
            include=["documents", "metadatas", "embeddings"],
        )
        rows = {row.id: row for row in (*more, *(row for row, _ in dense.values()))}
        held = self._passages.whole(list(rows.values())).values()
        known = {name: pair for one in held for name, pair in one.passages.items()}
        names = {id_: name for id_, row in rows.items() if (name := _name(row)) in known}
        return Candidates(
            {names[id_]: scores[id_] for id_ in best if id_ in names},
            {names[id_]: cosine for id_, (_, cosine) in dense.items() if id_ in names},
            {name: known[name] for name in names.values()},
        )

    def search_lexical(self, text: str, k: int, filters: Filters = EVERYTHING) -> Scored:
        vector = self.embedder.embed([text])[0]
        return list(self.candidates(text, vector, k, filters).lexical.items())

    def search_dense(self, vector: Vectors, k: int, filters: Filters = EVERYTHING) -> Scored:
        return [(_name(row), cosine) for row, cosine in self._near(vector, k, _where(filters))]

    def _near(self, vector: Vectors | None, k: int, where: Any) -> list[tuple[Row, float]]:  # noqa: ANN401
        if vector is None or not vector.any():
            return []
        return self._passages.nearest(vector, k, where)

    def _having(self, query: Query, where: Any) -> list[Row]:  # noqa: ANN401
        if not query.sought:
            return []
        if self._passages.sparse:
            return self._passages.by_words(query.weights(), MOST, where)
        pattern = {"$regex": query.pattern()}
        return self._passages.rows(
            where_document=pattern, where=where, limit=MOST, include=["documents"]
        )

    def _sample(self, size: int) -> Sample:
        """A sample of the library's words, from the last time that it was of about this size."""
        own = str(self._passages.chroma.id)
        if self._words is None:
            kept = self._cached("words.json")
            if kept is not None and kept["of"] == own:
                self._words = kept["size"], Sample(*kept["sample"])
        if self._words is None or not size / _GROWN < self._words[0] < size * _GROWN:
            sample = Sample.of(self._passages.sample(_SAMPLE))
            self._words = size, sample
            facts = [sample.size, dict(sample.having), sample.length]
            self._cached("words.json", {"of": own, "size": size, "sample": facts})
        return self._words[1]

    def vectors(self) -> ExactVectors:
        """All vectors, fetched: for who draws a map, not for who asks."""
        version = self.version
        if self._exact is None or self._exact.version != version:
            ids: list[str] = []
            papers: list[str] = []
            rows: list[Vectors] = []
            facts: dict[str, tuple[int | None, Sequence[str]]] = {}
            for one in self._passages.all_papers(vectors=True):
                facts[one.paper.id] = (one.paper.year, one.paper.topics)
                for id_, (_, vector) in one.passages.items():
                    if vector is not None:
                        ids.append(id_)
                        papers.append(one.paper.id)
                        rows.append(vector)
            matrix = np.stack(rows) if rows else np.zeros((0, 0), np.float32)
            self._exact = ExactVectors.made_of(version, ids, papers, matrix, facts)
        return self._exact


def _papers(ids: Sequence[str]) -> set[str]:
    return {id_.rpartition("#")[0] for id_ in ids}


def _name(row: Row) -> str:
    """The id of the passage of a row."""
    return f"{row.paper}#{row.metadata['start']}-{row.metadata['end']}"


def _keys(plan: Plan) -> set[str]:
    """All keys of the papers that a plan changes."""
    keys = {key for _, group in plan.papers for r in group for key in keys_of(r.said)}
    return keys | {paper.id for paper, _ in plan.papers} | set(plan.before)


def _where(filters: Filters) -> dict[str, Any] | None:
    """The filters as a condition of Chroma's."""
    said: list[dict[str, Any]] = []
    if filters.since is not None:
        said.append({"year": {"$gte": filters.since}})
    if filters.until is not None:
        said.append({"year": {"$lte": filters.until}})
    if filters.topics:
        each = [{"topics": {"$contains": topic.casefold()}} for topic in filters.topics]
        said.append(each[0] if len(each) == 1 else {"$or": each})
    if filters.papers:
        said.append({"paper": {"$in": list(filters.papers)}})
    return None if not said else said[0] if len(said) == 1 else {"$and": said}
