"""A library past one machine: its truth is kept on a Chroma server, each machine has a copy.

A row of the server's collection is a paper: its document holds the fields, the records and the
passages with their vectors; its embedding is the first passage's vector. Every transaction of a
writer has one number (``change``), the rows that it wrote carry it, and the collection's own
metadata says the last number that is whole. A machine that asks keeps the truth in SQLite and both
indexes in its cache, takes in the rows with higher numbers when it opens the library or begins to
write, and answers from its copy: as fast as without a server, and also while that is down.

One machine writes at a time: the writer makes a collection ``NAME.writer``, which the server lets
only one do, and drops it when it is through; one that was left by a killed writer may be taken
away after ``_LEASE`` seconds without a sign of life. What a killed writer had sent is taken in by
the next one; nothing counts as written before the server has it.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError

from ingest.errors import LibraryBusy, LibraryError
from ingest.journal import pack, unpack
from ingest.paper import Paper, Passage, digest
from ingest.truth import Cut, Record, Truth

Result = TypeVar("Result")

_LEASE = 120.0  # seconds
_LOOK = 5.0  # seconds between looks of a machine that asks
_PAGE = 300  # rows a call: Chroma Cloud's limit, for writing and for reading
_PART = 12_000  # characters of a row's document: Chroma Cloud takes 16,384 bytes
_PATIENCE = (0.2, 0.5, 1, 2, 4)  # seconds between attempts: a server that is restarted comes back


@dataclass(frozen=True, slots=True)
class Address:
    """``http(s)://host:port/name``, or ``cloud:name`` for Chroma Cloud; headers don't show."""

    said: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The name of the collection."""
        path = self.said.partition(":")[2] if self.cloud else urlsplit(self.said).path
        return path.strip("/")

    @property
    def cloud(self) -> bool:
        return self.said.startswith("cloud:")

    def client(self) -> Any:  # noqa: ANN401 - Chroma's own type has no close
        if self.cloud:
            return chromadb.CloudClient()  # tenant, database and key: CHROMA_* in the environment
        parts = urlsplit(self.said)
        tls = parts.scheme == "https"
        return chromadb.HttpClient(
            host=parts.hostname or "localhost",
            port=parts.port or (443 if tls else 8000),
            ssl=tls,
            headers=dict(self.headers),
            settings=Settings(anonymized_telemetry=False),
        )


class Server:
    """The truth of one library on a server."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._client: Any = None
        self._until = 0.0
        self._leads = False
        self._looked = time.monotonic()

    def join(self, truth: Truth, made: Mapping[str, Any] | None) -> None:
        """Bring the copy up to date; make the library, as ``made`` says, where there is none.

        While the server is down, a copy that was made before is left as it is.
        """
        mine = truth.meta("identity")
        try:
            found = self.identity()
            if found is None and made is None:
                raise LibraryError(
                    f"{self._address.said}: there is no library of this name; make one with:"
                    f" askpapers ingest SOURCE --library {self._address.said}"
                )
            if found is None:
                assert made is not None  # said above
                self.make(made)
                found = self.identity()
            if mine is None:
                with truth.transaction():
                    truth.set_meta("identity", found)
            elif mine != found:
                copy = truth.database.path.parent
                raise LibraryError(
                    f"{self._address.said}: made anew since the copy at {copy} was taken;"
                    " delete the copy and run the command again"
                )
            self.catch_up(truth)
        except ServerDown:
            if mine is None:
                raise

    def identity(self) -> dict[str, Any] | None:
        """How the library was made; None where there is none of this name yet."""
        collection = self._tried(self._collection)
        return None if collection is None else json.loads(collection.metadata["identity"])

    def make(self, identity: Mapping[str, Any]) -> None:
        """Make the library of this name, unless it is there."""
        self._tried(
            lambda: self._chroma().get_or_create_collection(
                self._address.name,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine"}},
                metadata={"identity": json.dumps(identity), "change": 0},
            )
        )

    def catch_up(self, truth: Truth, *, to_the_end: bool = False) -> int:
        """Take in what is newer there; how many papers. ``to_the_end`` also what a killed writer
        left: for the next one who writes."""
        collection = self._tried(self._collection)
        if collection is None:
            return 0
        last, mine = int(collection.metadata["change"]), int(truth.meta("server_change") or 0)
        where: dict[str, Any] = {"change": {"$gt": mine}}
        if not to_the_end:
            if last == mine:
                return 0
            where = {"$and": [where, {"change": {"$lte": last}}]}
        papers = list(self._papers(collection, where))
        with truth.transaction():
            for change, paper in papers:
                _apply(truth, paper)
                last = max(last, change)
            truth.set_meta("server_change", last)
        return len(papers)

    def _papers(self, collection: Any, where: dict[str, Any]) -> Iterator[tuple[int, Any]]:  # noqa: ANN401
        parts: dict[tuple[str, int], dict[int, str]] = {}
        first = 0
        while True:
            kept = ["documents", "metadatas"]
            get = partial(collection.get, where=where, limit=_PAGE, offset=first, include=kept)
            rows = self._tried(get)
            for id_, document, facts in zip(
                rows["ids"], rows["documents"], rows["metadatas"], strict=True
            ):
                key = (id_.partition("/")[0], int(facts["change"]))
                some = parts.setdefault(key, {})
                some[int(facts["part"])] = document
                if len(some) == facts["parts"]:
                    yield key[1], json.loads("".join(some[n] for n in sorted(some)))
                    del parts[key]
            if len(rows["ids"]) < _PAGE:
                return
            first += _PAGE

    def push(self, truth: Truth, papers: Sequence[str]) -> None:
        """Send these papers as they are now (those that are gone as gone): one change.

        Called before the transaction that made them is committed, so that nothing is here that
        isn't there.
        """
        self._hold_on()
        collection = self._tried(self._collection)
        change = max(int(collection.metadata["change"]), int(truth.meta("server_change") or 0)) + 1
        dim = int(truth.meta("identity")["embedder"]["dim"])
        rows = [row for id_ in papers for row in _rows(truth, id_, change, dim)]
        for first in range(0, len(rows), _PAGE):
            some = rows[first : first + _PAGE]
            ids, documents, vectors, facts = (list(column) for column in zip(*some, strict=True))
            upsert = partial(collection.upsert, ids, vectors, facts, documents)
            self._tried(upsert)
        metadata = {**collection.metadata, "change": change}
        self._tried(lambda: collection.modify(metadata=metadata))
        truth.set_meta("server_change", change)

    def due(self) -> bool:
        """Whether the last look was some seconds ago; the next one is counted from now."""
        if time.monotonic() < self._looked + _LOOK:
            return False
        self._looked = time.monotonic()
        return True

    def look(self, truth: Truth) -> None:
        """Take in what is new, unless this machine is the one that writes."""
        if not self._leads:
            self.catch_up(truth)

    # who writes

    @contextmanager
    def leading(self, truth: Truth) -> Iterator[None]:
        """Be the one who writes; each transaction of ``truth`` is there before it is here."""
        if self._leads:
            yield
            return
        with self.writing():
            self.catch_up(truth, to_the_end=True)
            self._leads = True
            truth.before_commit = lambda papers: self.push(truth, papers)
            try:
                yield
            finally:
                self._leads, truth.before_commit = False, None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one machine that writes. Raises LibraryBusy while another one is."""
        lock, chroma = f"{self._address.name}.writer", self._chroma()
        me = f"{socket.gethostname()}:{os.getpid()}:{time.time_ns()}"
        try:
            held = self._tried(lambda: chroma.get_collection(lock, embedding_function=None))
        except LibraryError as error:
            if not isinstance(error.__cause__, NotFoundError):
                raise
            held = None
        if held is not None:
            if float(held.metadata["until"]) > time.time():
                raise LibraryBusy(
                    f"{self._address.said}: {held.metadata['holder'].partition(':')[0]} is writing"
                    " to this library; try again when it is done"
                )
            self._tried(lambda: chroma.delete_collection(lock))
        try:
            self._lock = chroma.create_collection(
                lock,
                embedding_function=None,
                metadata={"holder": me, "until": time.time() + _LEASE},
            )
        except (ChromaError, ValueError) as error:
            raise LibraryBusy(
                f"{self._address.said}: another machine was quicker; try again when it is done"
            ) from error
        self._until = time.time() + _LEASE
        try:
            yield
        finally:
            try:
                chroma.delete_collection(lock)
            except (ChromaError, ValueError, httpx.HTTPError):
                pass  # it runs out by itself

    def _hold_on(self) -> None:
        """Show that this writer is alive; stop when it was taken for dead."""
        if time.time() > self._until:
            raise LibraryBusy(f"{self._address.said}: was away too long; run the command again")
        if self._until - time.time() < _LEASE / 2:
            metadata = {**self._lock.metadata, "until": time.time() + _LEASE}
            self._tried(lambda: self._lock.modify(metadata=metadata))
            self._until = metadata["until"]

    # the wire

    def _chroma(self) -> Any:  # noqa: ANN401
        if self._client is None:
            self._client = self._tried(self._address.client)
        return self._client

    def _collection(self) -> Any:  # noqa: ANN401
        try:
            return self._chroma().get_collection(self._address.name, embedding_function=None)
        except NotFoundError:
            return None

    def _tried(self, call: Callable[[], Result]) -> Result:
        """What ``call`` gives, tried again while the server can't be reached."""
        for wait in (*_PATIENCE, None):
            try:
                return call()
            except httpx.HTTPError as error:
                failure: Exception = error
            except ChromaError as error:
                raise LibraryError(f"{self._address.said}: {error}") from error
            except ValueError as error:
                if "connect" not in str(error).lower():
                    raise LibraryError(f"{self._address.said}: {error}") from error
                failure = error
            if wait is not None:
                time.sleep(wait)
        raise ServerDown(
            f"{self._address.said}: the Chroma server can't be reached"
            f" ({type(failure).__name__}); is it running? Nothing that was acknowledged is lost"
        ) from failure


class ServerDown(LibraryError):
    """The server can't be reached; the copy here still answers."""


def _rows(
    truth: Truth, id_: str, change: int, dim: int
) -> list[tuple[str, str, Any, dict[str, Any]]]:
    """A paper as rows of the server's collection: id, document, embedding, metadata."""
    paper = next(iter(truth.papers([id_])), None)
    passages = truth.passages_of(id_) if paper else []
    said: dict[str, Any] = {"id": id_}
    if paper is not None:
        records = [{"origin": r.origin, "said": r.said.to_dict()} for r in truth.records([id_])]
        said |= {"paper": paper.to_dict(), "records": records}
        said["passages"] = [[*_span(name), _packed(vector)] for name, vector in passages]
    document = json.dumps(said)  # escapes: a character is a byte
    first = next((vector for _, vector in passages if vector is not None), None)
    vector = np.zeros(dim, np.float32) if first is None else first
    parts = [document[at : at + _PART] for at in range(0, len(document), _PART)]
    name = digest(id_)
    facts = {"change": change, "parts": len(parts), "live": paper is not None}
    return [(f"{name}/{n}", part, vector, {**facts, "part": n}) for n, part in enumerate(parts)]


def _apply(truth: Truth, said: Mapping[str, Any]) -> None:
    """Put a paper from the server in place of the one here."""
    if "paper" not in said:
        truth.remove([said["id"]])
        return
    paper = Paper.from_dict(said["paper"])
    truth.forget_records([paper.id])
    passages = [Passage(paper, start, stop) for start, stop, _ in said["passages"]]
    vectors = [unpack(base64.b64decode(v)) if v else None for _, _, v in said["passages"]]
    truth.put([Cut(paper, passages, vectors)])
    records = [Record(r["origin"], Paper.from_dict(r["said"])) for r in said["records"]]
    truth.put_records([(paper, records)])


def _span(passage: str) -> tuple[int, int]:
    start, _, stop = passage.rpartition("#")[2].partition("-")
    return int(start), int(stop)


def _packed(vector: Any) -> str:  # noqa: ANN401
    blob = pack(vector)
    return "" if blob is None else base64.b64encode(blob).decode()
