"""The truth about papers: one SQLite file. Every index is derived from it and can be lost.

A passage row carries the number of the change that made it (``seq``). An index remembers the
last number that it has applied, so catching up is "all rows with a higher one", after a crash
as after a normal put. Deleted passages stay as rows without life until every index has seen them.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingest.embedders import Vectors
from ingest.errors import LibraryError
from ingest.paper import Paper, Passage

SCHEMA = 1

# "if not exists": another process may be creating the same library; the second finds it done.
_TABLES = """
create table if not exists meta (key text primary key, value text not null) without rowid;
create table if not exists papers (
    id text primary key,
    fields text not null,
    content_hash text not null,
    text_hash text not null
) without rowid;
create table if not exists passages (
    id text primary key,
    paper text not null,
    start integer not null,
    stop integer not null,
    vector blob,
    seq integer not null,
    live integer not null
) without rowid;
create index if not exists passages_by_seq on passages (seq);
create index if not exists passages_by_paper on passages (paper);
create table if not exists indexes (
    name text primary key,
    generation integer not null,
    applied integer not null,
    writing integer not null
) without rowid;
"""


@dataclass(frozen=True, slots=True)
class IndexState:
    """How far a derived index has come: its generation, the last change applied, whether it is
    being written to (or was, when its writer died)."""

    generation: int
    applied: int
    writing: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One passage that an index has to take in (``vector`` set) or to drop (``live`` false)."""

    id: str
    live: bool
    passage: Passage | None
    vector: Vectors | None


class Truth:
    """Papers, passages, vectors and the state of the derived indexes, in one SQLite file (WAL)."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        if not path.exists() and not create:
            raise LibraryError(
                f"{path.parent}: there is no library here; make one with: askpapers ingest SOURCE"
            )
        self._path = path
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        try:
            if create and not self._has_tables():
                self._db.execute("pragma journal_mode=wal")
                with self.transaction():
                    for statement in _TABLES.strip().split(";\n"):
                        self._db.execute(statement)
            elif not self._has_tables():
                raise LibraryError(f"{path}: not an askpapers library")
        except sqlite3.DatabaseError as error:
            raise LibraryError(f"{path}: can't be opened as a library ({error})") from error

    @property
    def _db(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=30, check_same_thread=False)
            connection.isolation_level = None  # transactions are begun and ended by hand
            connection.execute("pragma synchronous=full")
            self._local.connection = connection
            self._open.append(connection)
        return connection

    def _has_tables(self) -> bool:
        query = "select count(*) from sqlite_master where name in ('meta', 'papers', 'passages')"
        return bool(self._db.execute(query).fetchone()[0] == 3)

    def close(self) -> None:
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._local = threading.local()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: what happens inside is durable when the block ends, or never was."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    # identity

    def meta(self, key: str) -> Any:  # noqa: ANN401 - JSON is anything
        """The JSON value kept under ``key``; None when there is none."""
        row = self._db.execute("select value from meta where key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def set_meta(self, key: str, value: object) -> None:
        self._db.execute("insert or replace into meta values (?, ?)", (key, json.dumps(value)))

    # papers

    def count(self) -> int:
        """The number of papers."""
        return int(self._db.execute("select count(*) from papers").fetchone()[0])

    def count_passages(self) -> tuple[int, int]:
        """How many passages live, and how many of them have a vector."""
        row = self._db.execute("select count(*), count(vector) from passages where live").fetchone()
        return int(row[0]), int(row[1])

    def hashes(self, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """(content hash, text hash) of those of ``ids`` that are known."""
        rows = self._select("select id, content_hash, text_hash from papers where id in", ids)
        return {row[0]: (row[1], row[2]) for row in rows}

    def papers(self, ids: Sequence[str] | None = None) -> Iterator[Paper]:
        """Those of ``ids`` that are known, or all papers in the order of their ids."""
        if ids is None:
            rows: Iterable[Any] = self._db.execute("select fields from papers order by id")
        else:
            rows = self._select("select fields from papers where id in", ids)
        for (fields,) in rows:
            yield Paper.from_dict(json.loads(fields))

    def passages(self, ids: Sequence[str]) -> dict[str, tuple[Passage, Vectors | None]]:
        """Passage and vector ``(dim,) float32`` by passage id; those that are gone are left out."""
        rows = list(
            self._select(
                "select id, paper, start, stop, vector from passages where live and id in", ids
            )
        )
        papers = {paper.id: paper for paper in self.papers(sorted({row[1] for row in rows}))}
        return {
            id_: (Passage(papers[paper], start, stop), _unpack(vector))
            for id_, paper, start, stop, vector in rows
            if paper in papers
        }

    def all_vectors(self) -> tuple[list[str], list[str], Vectors]:
        """Every live passage that has a vector: ids, their papers' ids, ``(n, dim) float32``."""
        query = "from passages where live and vector is not null"
        (n,) = self._db.execute(f"select count(*) {query}").fetchone()
        ids: list[str] = []
        papers: list[str] = []
        matrix = np.zeros((0, 0), np.float32)
        for id_, paper, vector in self._db.execute(f"select id, paper, vector {query} order by id"):
            row = np.frombuffer(vector, np.float16)
            if not ids:
                matrix = np.zeros((n, len(row)), np.float32)
            if len(ids) < n:  # another process may be adding
                matrix[len(ids)] = row
                ids.append(id_)
                papers.append(paper)
        return ids, papers, matrix[: len(ids)]

    def filter_facts(self) -> dict[str, tuple[int | None, tuple[str, ...]]]:
        """Year and topics by paper id."""
        rows = self._db.execute(
            "select id, json_extract(fields, '$.year'), json_extract(fields, '$.topics')"
            " from papers"
        )
        return {id_: (year, tuple(json.loads(topics or "[]"))) for id_, year, topics in rows}

    def sample_vectors(self, n: int) -> dict[str, Vectors]:
        """About ``n`` vectors by passage id, spread over the library by their ids."""
        total = self.count_passages()[1]
        rows = self._db.execute(
            "select id, vector from (select id, vector, row_number() over (order by id) as place"
            " from passages where live and vector is not null) where place % ? = 1 or ? = 1",
            (step := max(1, total // n), step),
        )
        return {id_: v for id_, blob in rows if (v := _unpack(blob)) is not None}

    def put(self, paper: Paper, passages: Sequence[Passage], vectors: Vectors | None) -> None:
        """Keep ``paper`` in place of an older version. ``vectors`` None keeps those it has."""
        seq = self.last_seq() + 1
        self._db.execute(
            "insert or replace into papers values (?, ?, ?, ?)",
            (
                paper.id,
                json.dumps(paper.to_dict(), ensure_ascii=False),
                paper.content_hash,
                paper.text_hash,
            ),
        )
        if vectors is None:
            self._db.execute(
                "update passages set seq = ? where paper = ? and live", (seq, paper.id)
            )
            return
        self._bury(paper.id, seq)
        self._db.executemany(
            "insert or replace into passages values (?, ?, ?, ?, ?, ?, 1)",
            [
                (passage.id, paper.id, passage.start, passage.end, _pack(vector), seq)
                for passage, vector in zip(passages, vectors, strict=True)
            ],
        )

    def remove(self, ids: Sequence[str]) -> int:
        """Forget papers; how many there were."""
        removed = 0
        for id_ in ids:
            self._bury(id_, self.last_seq() + 1)
            removed += self._db.execute("delete from papers where id = ?", (id_,)).rowcount
        return removed

    def _bury(self, paper: str, seq: int) -> None:
        self._db.execute(
            "update passages set live = 0, vector = null, seq = ? where paper = ? and live",
            (seq, paper),
        )

    def replace_vectors(self, vectors: Mapping[str, Vectors]) -> None:
        """New vectors by passage id, of another embedder; the caller changes the identity too."""
        self._db.executemany(
            "update passages set vector = ? where id = ?",
            [(_pack(vector), id_) for id_, vector in vectors.items()],
        )

    # derived indexes

    def last_seq(self) -> int:
        """The number of the latest change; 0 in an empty library."""
        return int(self._db.execute("select coalesce(max(seq), 0) from passages").fetchone()[0])

    def index(self, name: str) -> IndexState:
        """The state of a derived index; generation 0 when it was never built."""
        row = self._db.execute(
            "select generation, applied, writing from indexes where name = ?", (name,)
        ).fetchone()
        return IndexState(row[0], row[1], bool(row[2])) if row else IndexState(0, 0, False)

    def set_index(self, name: str, state: IndexState) -> None:
        self._db.execute(
            "insert or replace into indexes values (?, ?, ?, ?)",
            (name, state.generation, state.applied, int(state.writing)),
        )

    def changes(self, after: int, *, batch: int) -> Iterator[tuple[int, list[Change]]]:
        """Batches of about ``batch`` passages changed after change number ``after``.

        Each with the number of the last change in it; a change is never cut in two.
        """
        while True:
            # Fetched whole: a cursor left open would hold an old view, and writing from it fails.
            last = self._db.execute(
                "select max(seq) from"
                " (select seq from passages where seq > ? order by seq limit ?)",
                (after, batch),
            ).fetchone()[0]
            if last is None:
                return
            rows = self._db.execute(
                "select id, paper, start, stop, vector, seq, live from passages"
                " where seq > ? and seq <= ? order by seq, id",
                (after, last),
            ).fetchall()
            yield last, self._changes(rows)
            after = last

    def _changes(self, rows: Sequence[Any]) -> list[Change]:
        papers = {paper.id: paper for paper in self.papers(sorted({row[1] for row in rows}))}
        return [
            Change(id_, True, Passage(papers[paper], start, stop), _unpack(vector))
            if live
            else Change(id_, False, None, None)
            for id_, paper, start, stop, vector, _, live in rows
        ]

    def forget_dead(self) -> None:
        """Drop the rows of dead passages that every index has seen.

        The latest change stays even when dead: change numbers never go back.
        """
        self._db.execute(
            "delete from passages where not live and seq < ?"
            " and seq <= (select min(applied) from indexes)",
            (self.last_seq(),),
        )

    def _select(self, start: str, ids: Sequence[str]) -> Iterator[Any]:
        for first in range(0, len(ids), 500):
            some = ids[first : first + 500]
            yield from self._db.execute(f"{start} ({','.join('?' * len(some))})", some).fetchall()


def _pack(vector: Vectors) -> bytes | None:
    # A text without a known word has no direction: it can't be near anything.
    return vector.astype(np.float16).tobytes() if vector.any() else None


def _unpack(blob: bytes | None) -> Vectors | None:
    return None if blob is None else np.frombuffer(blob, np.float16).astype(np.float32)
