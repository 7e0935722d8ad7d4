"""The passages of the truth in the order in which they changed, and how far each index has come.

A passage row carries the number of the change that made it (``seq``). An index remembers the last
number that it has applied, so catching up is "all rows with a higher one", after a crash as after
a normal put. Deleted passages stay as rows without life until every index has seen them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Literal

import numpy as np

from ingest.embedders import Vectors
from ingest.paper import Paper, Passage
from ingest.store.database import Database, DatabaseDamaged

BLOCK = 4_096  # vectors unpacked at once
Side = Literal["passages", "new_vectors"]  # where vectors are: those that hold, those being made


@dataclass(frozen=True, slots=True)
class IndexState:
    """How far a derived index has come: its generation, the last change applied, whether it is
    being written to (or was, when its writer died)."""

    generation: int
    applied: int
    writing: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One passage that an index has to take in (``passage`` or ``vector`` set) or to drop."""

    id: str
    passage: Passage | None
    vector: Vectors | None


class Journal:
    """Passages, their vectors, their changes, and the state of the derived indexes."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing: what happens inside is durable when the block ends, or never was."""
        return self.database.transaction()

    def close(self) -> None:
        self.database.close()

    def papers(self, ids: Sequence[str] | None = None) -> Iterator[Paper]:
        """Those of ``ids`` that are known, or all papers in the order of their ids."""
        if ids is None:
            for (fields,) in self.database.rows("select fields from papers order by id"):
                yield stored(fields)
            return
        for (fields,) in self.database.rows_in("select fields from papers where id in", ids):
            yield _found(fields)

    def count_passages(self) -> int:
        """How many passages live."""
        return int(self.database.row("select count(*) from passages where live")[0])

    def count_vectors(self, side: Side = "passages") -> int:
        """How many live passages have a vector."""
        live = " where live" if side == "passages" else ""
        query = f"select count(vector) from {side}{live}"  # noqa: S608 - names of ours
        return int(self.database.row(query)[0])

    def passages(self, ids: Sequence[str]) -> dict[str, tuple[Passage, Vectors | None]]:
        """Passage and vector ``(dim,) float32`` by passage id; those that are gone are left out."""
        query = "select id, paper, start, stop, vector from passages where live and id in"
        rows = list(self.database.rows_in(query, ids))
        papers = {paper.id: paper for paper in self.papers(sorted({row[1] for row in rows}))}
        return {
            id_: (Passage(papers[paper], start, stop), unpack(vector))
            for id_, paper, start, stop, vector in rows
            if paper in papers
        }

    def passages_of(self, paper: str) -> list[tuple[str, Vectors | None]]:
        """The ids and vectors of a paper's passages, in their order."""
        query = "select id, vector from passages where live and paper = ? order by start, stop"
        return [(id_, unpack(vector)) for id_, vector in self.database.rows(query, (paper,))]

    def all_vectors(self) -> tuple[list[str], list[str], Vectors]:
        """Every live passage that has a vector: ids, their papers' ids, ``(n, dim) float32``."""
        (most,) = self.database.row("select count(*) from passages")
        ids: list[str] = []
        papers: list[str] = []
        matrix = np.zeros((0, 0), np.float32)
        rows = self.database.rows(
            "select id, paper, vector from passages where live and vector is not null"
        )
        # Another process may be adding meanwhile: those are left for the next look.
        while some := list(islice(rows, min(BLOCK, most - len(ids)))):
            more, theirs, vectors = zip(*some, strict=True)
            block = np.frombuffer(b"".join(vectors), np.float16).reshape(len(some), -1)
            if not ids:
                matrix = np.empty((most, block.shape[1]), np.float32)
            matrix[len(ids) : len(ids) + len(some)] = block
            ids += more
            papers += theirs
        return ids, papers, matrix[: len(ids)]

    def filter_facts(self) -> dict[str, tuple[int | None, tuple[str, ...]]]:
        """Year and topics by paper id."""
        rows = self.database.rows(
            "select id, json_extract(fields, '$.year'), json_extract(fields, '$.topics')"
            " from papers"
        )
        return {id_: (year, tuple(json.loads(topics or "[]"))) for id_, year, topics in rows}

    def sample_vectors(self, n: int, side: Side = "passages") -> dict[str, Vectors]:
        """About ``n`` vectors by passage id, spread over the library by their ids."""
        live = "live and" if side == "passages" else ""
        where = f"from {side} where {live} vector is not null"
        (total,) = self.database.row(f"select count(*) {where}")
        step = max(1, total // n)
        rows = self.database.rows(
            "select id, vector from (select id, vector, row_number() over (order by id) as place"  # noqa: S608
            f" {where}) where place % ? = 1 or ? = 1",
            (step, step),
        )
        return {id_: v for id_, blob in rows if (v := unpack(blob)) is not None}

    # changes and indexes

    def last_seq(self) -> int:
        """The number of the latest change; 0 in an empty library."""
        return int(self.database.row("select coalesce(max(seq), 0) from passages")[0])

    def index(self, name: str) -> IndexState:
        """The state of a derived index; generation 0 when it was never built."""
        row = self.database.row(
            "select generation, applied, writing from indexes where name = ?", (name,)
        )
        return IndexState(row[0], row[1], bool(row[2])) if row else IndexState(0, 0, False)

    def set_index(self, name: str, state: IndexState) -> None:
        self.database.run(
            "insert or replace into indexes values (?, ?, ?, ?)",
            (name, state.generation, state.applied, int(state.writing)),
        )

    def count_changes(self, after: int, most: int) -> bool:
        """Whether at least ``most`` passages were changed after change number ``after``."""
        query = "select count(*) from (select 1 from passages where seq > ? limit ?)"
        return int(self.database.row(query, (after, most))[0]) == most

    def changes(
        self, after: int, batch: int, *, side: Side = "passages", texts: bool = True
    ) -> tuple[int, list[Change]] | None:
        """About ``batch`` passages that changed next after change number ``after``; None if none.

        With the number of the last change among them; a change is never cut in two. ``side`` says
        which vectors they carry; without ``texts`` they carry no passages.
        """
        # Fetched whole: a cursor left open would hold an old view, and writing from it fails.
        (last,) = self.database.row(
            "select max(seq) from (select seq from passages where seq > ? order by seq limit ?)",
            (after, batch),
        )
        if last is None:
            return None
        new = "(select vector from new_vectors n where n.id = p.id)"
        vector = "vector" if side == "passages" else new
        rows = list(
            self.database.rows(
                f"select id, paper, start, stop, {vector}, live from passages p"  # noqa: S608
                " where seq > ? and seq <= ? order by seq, id",
                (after, last),
            )
        )
        wanted = sorted({row[1] for row in rows}) if texts else ()
        papers = {paper.id: paper for paper in self.papers(wanted)}
        changes = [
            Change(
                id_,
                Passage(papers[paper], start, stop) if live and texts else None,
                unpack(blob) if live else None,
            )
            for id_, paper, start, stop, blob, live in rows
        ]
        return int(last), changes

    def forget_dead(self) -> None:
        """Drop the rows of dead passages that every index has seen.

        The latest change stays even when dead: change numbers never go back.
        """
        self.database.run(
            "delete from passages where not live and seq < ?"
            " and seq <= (select min(applied) from indexes)",
            (self.last_seq(),),
        )

    # another embedder's vectors, made beside those that hold

    def without_new_vector(self, n: int, after: str) -> list[tuple[Passage, str]]:
        """Up to ``n`` live passages that lack a new vector, and the hashes of their papers' texts.

        In the order of their ids, those after the id ``after``. A new vector counts only for the
        text that it was made of.
        """
        rows = list(
            self.database.rows(
                "select p.paper, p.start, p.stop, papers.text_hash from passages p"
                " join papers on papers.id = p.paper left join new_vectors n"
                " on n.id = p.id and n.text_hash = papers.text_hash"
                " where p.live and n.id is null and p.id > ? order by p.id limit ?",
                (after, n),
            )
        )
        papers = {paper.id: paper for paper in self.papers(sorted({row[0] for row in rows}))}
        return [(Passage(papers[paper], start, stop), hash_) for paper, start, stop, hash_ in rows]

    def put_new_vectors(self, rows: Iterable[tuple[str, str, Vectors]]) -> None:
        """Passage id, hash of its paper's text, vector; in a transaction of the caller's."""
        self.database.run_many(
            "insert or replace into new_vectors values (?, ?, ?)",
            [(id_, hash_, pack(vector)) for id_, hash_, vector in rows],
        )

    def forget_new_vectors(self, *, dead: bool = False) -> None:
        """Drop the new vectors; with ``dead`` only those of passages that are gone."""
        where = " where id not in (select id from passages where live)" if dead else ""
        self.database.run(f"delete from new_vectors{where}")  # noqa: S608

    def switch_vectors(self) -> None:
        """Put the new vectors in the old ones' place; the caller changes the identity with it."""
        self.database.run(
            "update passages set vector = (select vector from new_vectors n"
            " where n.id = passages.id) where live"
        )
        self.forget_new_vectors()


@lru_cache(maxsize=2_048)
def _found(fields: str) -> Paper:
    """The paper that was stored as ``fields``; those that questions find are found again soon."""
    return stored(fields)


def stored(fields: str) -> Paper:
    """The paper that was stored as ``fields``. Raises DatabaseDamaged where they are none now."""
    try:
        return Paper.from_json(fields)
    except (ValueError, TypeError, KeyError) as error:
        raise DatabaseDamaged(
            f"a paper in the library is damaged ({fields[:60]!r}…); askpapers repair says what can"
            " be done"
        ) from error


def pack(vector: Vectors | None) -> bytes | None:
    # A text without a known word has no direction: it can't be near anything.
    if vector is None or not vector.any():
        return None
    return vector.astype(np.float16).tobytes()


def unpack(blob: bytes | None) -> Vectors | None:
    return None if blob is None else np.frombuffer(blob, np.float16).astype(np.float32)
