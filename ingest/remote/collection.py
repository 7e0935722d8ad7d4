"""How papers on a server change: what ``store/plan.py`` reads and writes them by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from ingest.embedders import Vectors
from ingest.errors import LibraryError
from ingest.paper import Paper, Passage
from ingest.passages import PassageSettings, passages
from ingest.remote.reading import CALL, WORDS, Reading
from ingest.remote.rows import SLOTS, Held, Row, keys_in, records_in, row_id, rows_of
from ingest.remote.wire import Wire, sparse
from ingest.remote.words import weights_of
from ingest.store.truth import Cut, Made, Record

_SENT, _BYTES = 200, 700_000  # rows a call, and their size: proxies take requests of 1 MB
_KEYS = 32  # of a row's metadata: Chroma Cloud's limit


class Passages(Reading):
    """The passages of one library on a server, read, searched and written."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self._staged: _Staged | None = None
        self.before_write: Callable[[], None] = lambda: None

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
        return {id_: paper for from_, id_, _, paper in self.all_records() if from_ == origin}

    def all_records(self) -> Iterator[tuple[str, str, str, str]]:
        """Origin, id and content hash of every record, and its paper's id; a call's worth at a
        time: one call for all takes minutes."""
        for row in self.rows_by_id(self.passage_ids(), include=["metadatas"]):
            if row.metadata["part"] == 0:
                yield from ((*record, row.paper) for record in records_in(row))

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
        return {WORDS: sparse(weights_of(row.text))} if self.sparse else {}

    def delete(self, ids: Collection[str]) -> None:
        going = sorted(ids)
        for first in range(0, len(going), CALL):
            self.before_write()
            self.wire.tried(partial(self.chroma.delete, ids=going[first : first + CALL]))

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
