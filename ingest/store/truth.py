"""The truth about papers: one SQLite file. Every index is derived from it and can be lost.

A **record** is what one source said about a paper; a **paper** is what its records make together
(``ingest/store/merge.py``). Its passages, with their vectors and changes, are in ``journal.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.embedders import Vectors
from ingest.errors import LibraryError
from ingest.paper import Paper, Passage
from ingest.store.database import Database, DatabaseDamaged
from ingest.store.journal import Journal, pack, stored
from ingest.store.merge import keys_of

SCHEMA = 3
_A_CHANGE = 1_000  # papers
_AT_ONCE = 500  # papers looked at again in an upgrade

# "if not exists": another process may be creating the same library; the second finds it done.
# Large rows are appended, in tables with a rowid: sorted by ids, which come in no order, every new
# row would change a page of its own.
_TABLES = """
create table if not exists meta (key text primary key, value text not null) without rowid;
create table if not exists papers (
    id text primary key,
    fields text not null,
    content_hash text not null,
    text_hash text not null
);
create table if not exists origins (number integer primary key, name text not null unique);
create table if not exists records (
    origin integer not null,
    id text not null,
    paper text not null,
    hash text not null,
    fields text, -- null: the same as the paper's
    primary key (origin, id)
) without rowid;
create index if not exists records_by_paper on records (paper);
create table if not exists keys (
    key text not null,
    paper text not null,
    primary key (key, paper)
) without rowid;
create table if not exists passages (
    id text primary key,
    paper text not null,
    start integer not null,
    stop integer not null,
    vector blob,
    seq integer not null,
    live integer not null
);
create index if not exists passages_by_seq on passages (seq);
create index if not exists passages_by_paper on passages (paper);
create table if not exists indexes (
    name text primary key,
    generation integer not null,
    applied integer not null,
    writing integer not null
) without rowid;
create table if not exists new_vectors (
    id text primary key,
    text_hash text not null,
    vector blob
) without rowid;
"""


@dataclass(frozen=True, slots=True)
class Record:
    """What the source ``origin`` says about a paper; ``paper`` is the id of what it is part of."""

    origin: str
    said: Paper
    paper: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.origin, self.said.id


Made = tuple[Paper, Sequence[Record]]  # a paper and the records that make it


@dataclass(frozen=True, slots=True)
class Cut:
    """A paper cut into passages, with their vectors; ``vectors`` None: it keeps those it has."""

    paper: Paper
    passages: Sequence[Passage] = ()
    vectors: Sequence[Vectors | None] | None = None


class Truth(Journal):
    """Identity, papers and records, beside the passages of the Journal."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        if not path.exists() and not create:
            raise LibraryError(
                f"{path.parent}: there is no library here; make one with: askpapers ingest SOURCE"
                " (your papers), or: askpapers starter (96 to try it with)"
            )
        super().__init__(Database(path))
        self.before_commit: Callable[[list[str]], None] | None = None
        self._touched: set[str] = set()
        try:
            if create and not self._has_tables():
                self.database.run("pragma journal_mode=wal")
                with self.transaction():
                    self._make_tables()
            elif not self._has_tables():
                raise LibraryError(f"{path}: not an askpapers library")
            if self.schema in (1, 2):
                self._upgrade()
        except LibraryError as error:
            self.close()
            if isinstance(error, DatabaseDamaged):
                raise DatabaseDamaged(
                    f"{path}: can't be opened as a library ({error.__cause__})"
                ) from error
            raise

    def _has_tables(self) -> bool:
        query = "select count(*) from sqlite_master where name in ('meta', 'papers', 'passages')"
        return bool(self.database.row(query)[0] == 3)

    def _make_tables(self) -> None:
        for statement in _TABLES.strip().split(";\n"):
            self.database.run(statement)

    @property
    def schema(self) -> int | None:
        """The schema of the file; None while it has no identity."""
        identity = self.meta("identity")
        return None if identity is None else int(identity["schema"])

    def _upgrade(self) -> None:
        """From schema 1, which kept no records: every paper becomes a record of unknown origin.
        From schema 2, whose large tables were sorted by id: they are copied."""
        with self.transaction():
            if self.schema == SCHEMA:
                return  # another process was faster
            if self.schema == 1:
                self._make_tables()
                self.put_records([(paper, [Record("", paper)]) for paper in self.papers()])
            for index in ("passages_by_seq", "passages_by_paper"):
                self.database.run(f"drop index {index}")
            for table in ("papers", "passages"):
                self.database.run(f"alter table {table} rename to old_{table}")
            self._make_tables()
            for table in ("papers", "passages"):
                self.database.run(f"insert into {table} select * from old_{table}")  # noqa: S608
                self.database.run(f"drop table old_{table}")
            self._hash_again()
            self.set_meta("identity", {**self.meta("identity"), "schema": SCHEMA})

    def _hash_again(self) -> None:
        """Schema 2 had hashes of another form: by these, nothing would be known again."""
        ids = [id_ for (id_,) in self.database.rows("select id from papers")]
        for first in range(0, len(ids), _AT_ONCE):
            some = ids[first : first + _AT_ONCE]
            self.database.run_many(
                "update papers set content_hash = ? where id = ?",
                [(paper.content_hash, paper.id) for paper in self.papers(some)],
            )
            numbers = {name: self._origin(name) for name in self.origins()}
            self.database.run_many(
                "update records set hash = ? where origin = ? and id = ?",
                [(r.said.content_hash, numbers[r.origin], r.said.id) for r in self.records(some)],
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: what happens inside is durable when the block ends, or never was.

        ``before_commit``, where it is set, is told the ids of the papers that were touched; when
        it raises, nothing has happened.
        """
        with super().transaction():
            self._touched.clear()
            yield
            if self.before_commit is not None and self._touched:
                self.before_commit(sorted(self._touched))

    # identity

    def meta(self, key: str) -> Any:  # noqa: ANN401 - JSON is anything
        """The JSON value kept under ``key``; None when there is none."""
        row = self.database.row("select value from meta where key = ?", (key,))
        return None if row is None else json.loads(row[0])

    def set_meta(self, key: str, value: object) -> None:
        self.database.run("insert or replace into meta values (?, ?)", (key, json.dumps(value)))

    # papers

    def counts(self) -> dict[str, int]:
        """Papers, those of them that are digests, records of them, passages, sources."""
        papers, digests = self.database.row(
            "select count(*), coalesce(sum(json_extract(fields, '$.kind') = 'digest'), 0)"
            " from papers"
        )
        (records,) = self.database.row("select count(*) from records")
        (origins,) = self.database.row("select count(distinct origin) from records")
        return {
            "papers": papers,
            "digests": digests,
            "records": records,
            "sources": origins,
            "passages": self.count_passages(),
        }

    def count(self) -> int:
        """The number of papers."""
        return int(self.database.row("select count(*) from papers")[0])

    def named(self, keys: Sequence[str]) -> dict[str, list[str]]:
        """The papers' ids by each of ``keys`` that is known (``identity.keys_of``)."""
        found: dict[str, list[str]] = {}
        for key, paper in self.database.rows_in("select key, paper from keys where key in", keys):
            found.setdefault(key, []).append(paper)
        return found

    def put(self, papers: Sequence[Cut]) -> None:
        """Keep these papers in place of older versions."""
        self._touched.update(cut.paper.id for cut in papers)
        first = self.last_seq() + 1
        # An index takes in a change whole: those of very many papers are several.
        numbered = [(first + place // _A_CHANGE, cut) for place, cut in enumerate(papers)]
        self.database.run_many(
            "insert or replace into papers values (?, ?, ?, ?)",
            (
                (paper.id, paper.to_json(), paper.content_hash, paper.text_hash)
                for paper in (cut.paper for cut in papers)
            ),
        )
        kept = [(seq, cut.paper.id) for seq, cut in numbered if cut.vectors is None]
        self.database.run_many("update passages set seq = ? where paper = ? and live", kept)
        self._bury((seq, cut.paper.id) for seq, cut in numbered if cut.vectors is not None)
        self.database.run_many(
            "insert or replace into passages values (?, ?, ?, ?, ?, ?, 1)",
            (
                (passage.id, cut.paper.id, passage.start, passage.end, pack(vector), seq)
                for seq, cut in numbered
                if cut.vectors is not None
                for passage, vector in zip(cut.passages, cut.vectors, strict=True)
            ),
        )

    def remove(self, ids: Sequence[str]) -> None:
        """Forget papers with their records."""
        self._touched.update(ids)
        seq = self.last_seq() + 1
        self._bury((seq, id_) for id_ in ids)
        self.forget_records(ids)
        self.database.run_many("delete from papers where id = ?", [(id_,) for id_ in ids])

    def _bury(self, papers: Iterable[tuple[int, str]]) -> None:
        """Passages of the papers (number of the change, id) die."""
        self.database.run_many(
            "update passages set live = 0, vector = null, seq = ? where paper = ? and live", papers
        )

    # records

    def record_hashes(self, origin: str, ids: Sequence[str]) -> dict[str, str]:
        """The content hashes of those of a source's records that are known."""
        number = self._origin(origin, make=False)
        rows = self.database.rows_in(
            f"select id, hash from records where origin = {number} and id in",  # noqa: S608
            ids,
        )
        return dict(rows)

    def record_ids(self, origin: str) -> dict[str, str]:
        """Every record of a source: its id, and that of the paper which it is part of."""
        query = "select id, paper from records where origin = ?"
        return dict(self.database.rows(query, (self._origin(origin, make=False),)))

    def origins(self) -> dict[str, int]:
        """The sources that records came from, and how many each; "" for those of unknown origin."""
        query = (
            "select name, count(*) from records join origins on number = origin"
            " group by name order by name"
        )
        return dict(self.database.rows(query))

    def records(self, papers: Sequence[str]) -> list[Record]:
        """The records of which these papers are made."""
        query = (
            "select origins.name, records.paper, coalesce(records.fields, papers.fields)"
            " from records join origins on number = origin join papers on papers.id = paper"
            " where paper in"
        )
        return [
            Record(origin, stored(fields), paper)
            for origin, paper, fields in self.database.rows_in(query, papers)
        ]

    def put_records(self, made: Sequence[Made]) -> None:
        """Keep the records of which papers are made; older ones were forgotten before."""
        self._touched.update(paper.id for paper, _ in made)
        origins = {record.origin for _, records in made for record in records}
        numbers = {origin: self._origin(origin) for origin in origins}
        self.database.run_many(
            "insert or replace into records values (?, ?, ?, ?, ?)",
            (
                (numbers[r.origin], r.said.id, paper.id, r.said.content_hash, _fields(r, paper))
                for paper, records in made
                for r in records
            ),
        )
        self.database.run_many(
            "insert or replace into keys values (?, ?)",
            (
                (key, paper.id)
                for paper, records in made
                for key in {paper.id, *(key for r in records for key in keys_of(r.said))}
            ),
        )

    def forget_records(self, papers: Sequence[str]) -> None:
        """Drop the records of these papers and what they are looked up by."""
        try:
            records = self.records(papers)
        except DatabaseDamaged:  # all keys are looked through
            self.database.run_many("delete from keys where paper = ?", [(p,) for p in papers])
        else:
            keys = {(key, r.paper) for r in records for key in keys_of(r.said)}
            keys |= {(paper, paper) for paper in papers}
            self.database.run_many("delete from keys where key = ? and paper = ?", sorted(keys))
        self.database.run_many("delete from records where paper = ?", [(p,) for p in papers])

    def _origin(self, name: str, *, make: bool = True) -> int:
        """The number of a source; a new one, or -1, when it isn't known yet."""
        row = self.database.row("select number from origins where name = ?", (name,))
        if row is None and not make:
            return -1
        if row is None:
            self.database.run("insert or ignore into origins (name) values (?)", (name,))
            row = self.database.row("select number from origins where name = ?", (name,))
        return int(row[0])


def _fields(record: Record, paper: Paper) -> str | None:
    if record.said.content_hash == paper.content_hash:
        return None
    return record.said.to_json()
