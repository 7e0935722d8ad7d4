"""A library past one machine: its truth is a log on a Chroma server, each machine has a copy.

The log is a collection whose rows are numbered: row ``n`` holds some nine papers, each as it was
when it was written (fields, records, passages with their vectors) or the word that it is gone. The
collection's metadata says how many rows count (``rows``). A writer appends, then says so; a
machine that asks keeps the truth in SQLite and both indexes in its cache, takes in the rows from
where it is on, by their ids, and answers from its copy: as fast as without a server, and also
while that is down. When over half of the log is outdated, the next writer writes it anew behind
its end and drops what was before (``start``).

Nobody can query the collection: texts are packed into metadata, and a row's embedding is its
number. Measured on ``chroma run`` with 6,000 papers: a row a paper with its text as the document
and its vector 284 papers a second, 25 kB of disk a paper; without the vector 311 and 18 kB; the
text in metadata, which has no full-text index, 1,118 and 9 kB; packed rows 2,940 and 5 kB.

One machine writes at a time (``turn.py``). What a killed writer had sent is taken in by the next
one; nothing counts as written here before the server has it.
"""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, count, islice
from typing import Any
from uuid import uuid4

from ingest.errors import LibraryBusy, LibraryError, LibraryMismatch
from ingest.paper import Paper, Passage
from ingest.remote.lease import Turn
from ingest.remote.wire import Address, ServerDown, Wire
from ingest.store.journal import pack, unpack
from ingest.store.truth import Cut, Record, Truth

_LAYOUT = 2  # of the log; 1 was a row a paper
_LOOK = 5.0  # seconds between looks of a machine that asks
_REST = 60.0  # seconds to the next look after one that failed
# Chroma Cloud's limits: 300 rows a call, 32 keys a row, 4,096 bytes a value (256 of a
# collection's). Proxies take requests of 1 MB.
_READ, _SENT = 300, 48  # rows a call
_PARTS, _PART = 4, 4_000  # values of a row that hold its text, characters each
_GROUP = 20_000  # characters of papers that are packed together, about a row
_ANEW = 1_000  # outdated papers that the log may hold beside as many as there are
_BATCH = 500  # papers

Said = dict[str, Any]  # a paper in the log


class Server:
    """The truth of one library on a server."""

    def __init__(self, address: Address) -> None:
        self._wire = Wire(address)
        self._turn = Turn(self._wire)
        self._leads = False
        self._next_look = time.monotonic() + _LOOK

    # asking

    def join(self, truth: Truth, made: Mapping[str, Any] | None) -> None:
        """Bring the copy up to date; make the library, as ``made`` says, where there is none.

        While the server is down, a copy that was made before is left as it is.
        """
        if truth.meta("server") is None:
            self._begin(truth, made)
            self.catch_up(truth)
            return
        try:
            with self._wire.hurried():
                if self._log() is None:
                    raise self._made_anew(truth)
                self.catch_up(truth)
        except ServerDown:
            pass

    def _begin(self, truth: Truth, made: Mapping[str, Any] | None) -> None:
        said = self._wire.address.said
        log = self._log()
        if log is None and made is None:
            raise LibraryError(
                f"{said}: there is no library of this name; make one with: askpapers ingest SOURCE"
                f" --library {said}"
            )
        if log is None:
            assert made is not None  # said above
            # By parts: Chroma Cloud takes 256 bytes a value.
            identity = {f"identity {key}": json.dumps(value) for key, value in made.items()}
            self._wire.make(
                self._wire.address.name,
                {"layout": _LAYOUT, "rows": 0, "written": 0, "start": 0, "anew": 0, **identity},
            )
            log = self._log()
        if truth.meta("identity") is not None:
            raise self._made_anew(truth)
        with truth.transaction():
            truth.set_meta("identity", _identity(log.metadata))
            truth.set_meta("server", {"log": str(log.id), "rows": 0, "copy": uuid4().hex})

    def _log(self) -> Any:  # noqa: ANN401 - Chroma's own
        """The collection as it is now; None where there is none of this name."""
        log = self._wire.collection(self._wire.address.name)
        if log is not None and (log.metadata or {}).get("layout") != _LAYOUT:
            raise LibraryMismatch(
                f"{self._wire.address.said}: a collection that this version of askpapers didn't"
                " make; take another name"
            )
        return log

    def _made_anew(self, truth: Truth) -> LibraryError:
        return LibraryError(
            f"{self._wire.address.said}: not the library that the copy at"
            f" {truth.database.path.parent} was taken from, or an older state of it; delete the"
            " copy and run the command again"
        )

    def catch_up(self, truth: Truth) -> None:
        """Take in what is new on the server."""
        while (log := self._log()) is not None:
            mine, facts = truth.meta("server"), log.metadata
            at, rows = mine["rows"], facts["rows"]
            if mine["log"] != str(log.id) or at > rows:
                raise self._made_anew(truth)
            if at == rows:
                return
            if at == facts["start"] < facts["anew"]:  # what was written anew is here already
                _take_in(truth, [], at, facts["anew"])
                continue
            for end, papers in self._read(log, range(max(at, facts["start"]), rows)):
                if not _take_in(truth, papers, at, end):
                    break  # another process here did
                at = end
            if at == mine["rows"] and facts == getattr(self._log(), "metadata", None):
                raise LibraryError(
                    f"{self._wire.address.said}: rows are missing on the server; ingest into a"
                    " new name"
                )

    def _read(self, log: Any, numbers: Iterable[int]) -> Iterator[tuple[int, list[Said]]]:  # noqa: ANN401
        """The papers of the rows ``numbers`` as far as they are there, some hundred rows at once,
        each time with the number of the row that follows."""
        text, ids = "", map(str, numbers)
        while asked := list(islice(ids, _READ)):
            get = partial(log.get, ids=asked, include=["metadatas"])
            found = self._wire.tried(get)
            rows = dict(zip(found["ids"], found["metadatas"], strict=True))
            papers: list[Said] = []
            end: int | None = None
            for id_ in asked:
                if id_ not in rows:
                    break
                text += "".join(rows[id_][f"text{n}"] for n in range(int(rows[id_]["parts"])))
                if rows[id_]["whole"]:
                    papers += json.loads(zlib.decompress(base64.b64decode(text)))
                    text, end = "", int(id_) + 1
            if end is not None:
                yield end, papers
            if len(rows) < len(asked):
                return

    def due(self) -> bool:
        """Whether the last look was some seconds ago; the next one is counted from now."""
        if time.monotonic() < self._next_look:
            return False
        self._next_look = time.monotonic() + _LOOK
        return True

    def look(self, truth: Truth) -> None:
        """Take in what is new, unless this machine is the one that writes."""
        if self._leads:
            return
        try:
            with self._wire.hurried():
                self.catch_up(truth)
        except LibraryError:
            self._next_look = time.monotonic() + _REST
            raise

    # writing

    @contextmanager
    def leading(self, truth: Truth) -> Iterator[None]:
        """Be the one who writes; each transaction of ``truth`` is there before it is here."""
        if self._leads:
            yield
            return
        with self._turn.taken(truth.meta("server")["copy"]):
            self.catch_up(truth)
            self._take_over(truth)
            # Before more is written: most machines have all that there is now, and can jump.
            self._write_anew(truth)
            self._leads = True
            truth.before_commit = lambda papers: self._push(truth, papers)
            try:
                yield
            finally:
                self._leads, truth.before_commit = False, None

    def _take_over(self, truth: Truth) -> None:
        """Make what a killed writer had sent, and not said to be all, count."""
        log = self._log()
        if log is None:
            raise self._made_anew(truth)
        rows = int(log.metadata["rows"])
        for end, papers in self._read(log, count(rows)):
            _take_in(truth, papers, rows, end)
            rows = end
            self._say(log, rows=rows, written=int(log.metadata["written"]) + len(papers))
        # What follows can only be part of a paper; it must not be taken for part of the next one.
        while self._wire.tried(partial(log.get, ids=[str(rows)], include=[]))["ids"]:
            self._drop(log, range(rows, rows + _READ))
            rows += _READ

    def _push(self, truth: Truth, ids: Sequence[str]) -> None:
        """Append these papers as they are now (those that are gone as gone).

        Called before the transaction that made them is committed, so that nothing is here that
        isn't there. Those that are gone come first: of a change that is broken off, a paper that
        is missing comes back when it is ingested again, one that is there twice would stay.
        """
        self._turn.keep()
        log, mine = self._log(), truth.meta("server")
        if log is None or log.metadata["rows"] != mine["rows"]:
            raise LibraryBusy(
                f"{self._wire.address.said}: another machine has written; run the command again"
            )
        try:
            papers = sorted(_said(truth, ids), key=lambda said: "paper" in said)
            end = self._append(log, papers, mine["rows"])
            self._say(log, rows=end, written=int(log.metadata["written"]) + len(papers))
        except BaseException:
            self._turn.give_up()  # what was sent is taken in by the next turn
            raise
        truth.set_meta("server", {**mine, "rows": end})

    def _append(self, log: Any, papers: Iterable[Said], at: int) -> int:  # noqa: ANN401
        """Send papers as rows from the number ``at`` on; the number after the last."""
        rows = _rows(papers)
        while some := list(islice(rows, _SENT)):
            self._turn.keep()
            ids = [str(at + n) for n in range(len(some))]
            vectors = [[float(id_)] for id_ in ids]
            upsert = partial(log.upsert, ids=ids, embeddings=vectors, metadatas=some)
            self._wire.tried(upsert)
            at += len(some)
        return at

    def _say(self, log: Any, **facts: int) -> None:  # noqa: ANN401
        self._turn.keep()
        metadata = {**log.metadata, **facts}
        self._wire.tried(lambda: log.modify(metadata=metadata))

    def _drop(self, log: Any, numbers: range) -> None:  # noqa: ANN401
        ids = [str(number) for number in numbers]
        for first in range(0, len(ids), _READ):
            delete = partial(log.delete, ids=ids[first : first + _READ])
            self._wire.tried(delete)

    def _write_anew(self, truth: Truth) -> None:
        """Where most of the log is outdated, put the papers as they are now in its place."""
        log, mine = self._log(), truth.meta("server")
        if log is None or log.metadata["written"] <= 2 * truth.count() + _ANEW:
            return
        ids = [paper.id for paper in truth.papers()]
        batches = (ids[first : first + _BATCH] for first in range(0, len(ids), _BATCH))
        papers = (said for some in batches for said in _said(truth, some))
        # First which papers there are: who was away doesn't know which ones have gone.
        end = self._append(log, chain([{"only": ids}], papers), mine["rows"])
        start = int(log.metadata["start"])
        self._say(log, rows=end, written=len(ids), start=mine["rows"], anew=end)
        truth.set_meta("server", {**mine, "rows": end})
        self._drop(log, range(start, mine["rows"]))


def _identity(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """How the library was made, from what ``_begin`` kept of it."""
    pairs = ((key.partition("identity ")[2], value) for key, value in metadata.items())
    return {key: json.loads(value) for key, value in pairs if key}


def _said(truth: Truth, ids: Sequence[str]) -> Iterator[Said]:
    """Papers as the log has them, those that aren't here as gone."""
    for id_ in ids:
        paper = next(iter(truth.papers([id_])), None)
        if paper is None:
            yield {"id": id_}
            continue
        records = [  # most say what the paper says
            [record.origin, None if record.said == paper else record.said.to_dict()]
            for record in truth.records([id_])
        ]
        passages = [[*_span(name), _packed(vector)] for name, vector in truth.passages_of(id_)]
        yield {"id": id_, "paper": paper.to_dict(), "records": records, "passages": passages}


def _rows(papers: Iterable[Said]) -> Iterator[dict[str, Any]]:
    """Papers as the metadata of rows: packed a group at a time, cut where a row is full."""
    for group in _groups(papers):
        text = base64.b64encode(zlib.compress(f"[{','.join(group)}]".encode(), 3)).decode()
        size = _PARTS * _PART
        for first in range(0, len(text), size):
            whole = text[first : first + size]
            parts = [whole[at : at + _PART] for at in range(0, len(whole), _PART)]
            texts = {f"text{n}": part for n, part in enumerate(parts)}
            yield {"parts": len(parts), "whole": first + size >= len(text), **texts}


def _groups(papers: Iterable[Said]) -> Iterator[list[str]]:
    group: list[str] = []
    size = 0
    for said in papers:
        text = json.dumps(said)
        if group and size + len(text) > _GROUP:
            yield group
            group, size = [], 0
        group.append(text)
        size += len(text)
    if group:
        yield group


def _take_in(truth: Truth, papers: Sequence[Said], at: int, end: int) -> bool:
    """Put what the log says in place of what is here, which was at row ``at``; False, and nothing
    happens, when it no longer is."""
    latest: dict[str, Said] = {}
    only: set[str] | None = None
    for said in papers:
        if "only" in said:
            only = set(said["only"])
            latest = {id_: kept for id_, kept in latest.items() if id_ in only}
        else:
            latest[said["id"]] = said
    with truth.transaction():
        mine = truth.meta("server")
        if mine["rows"] != at:
            return False
        here = [paper.id for paper in (truth.papers() if only else truth.papers(list(latest)))]
        same = {said["id"] for said in _said(truth, here) if latest.get(said["id"]) == said}
        gone = [id_ for id_ in here if only and id_ not in only]
        changed = [said for id_, said in latest.items() if id_ not in same]
        truth.forget_records([said["id"] for said in changed])
        truth.remove([*gone, *(said["id"] for said in changed if "paper" not in said)])
        kept = [(Paper.from_dict(said["paper"]), said) for said in changed if "paper" in said]
        truth.put([_cut(paper, said) for paper, said in kept])
        truth.put_records([(paper, _records(paper, said)) for paper, said in kept])
        truth.set_meta("server", {**mine, "rows": end})
    return True


def _cut(paper: Paper, said: Said) -> Cut:
    passages = [Passage(paper, start, stop) for start, stop, _ in said["passages"]]
    vectors = [unpack(base64.b64decode(v)) if v else None for _, _, v in said["passages"]]
    return Cut(paper, passages, vectors)


def _records(paper: Paper, said: Said) -> list[Record]:
    return [
        Record(origin, paper if other is None else Paper.from_dict(other))
        for origin, other in said["records"]
    ]


def _span(passage: str) -> tuple[int, int]:
    start, _, stop = passage.rpartition("#")[2].partition("-")
    return int(start), int(stop)


def _packed(vector: Any) -> str:  # noqa: ANN401
    blob = pack(vector)
    return "" if blob is None else base64.b64encode(blob).decode()
