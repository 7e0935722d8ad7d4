"""A library of papers on disk: the truth, and the two indexes derived from it.

    askpapers.sqlite   papers, passages, vectors: the truth
    lexical/N/         generation N of the lexical index
    vectors/N/         generation N of the vector index
    write.lock         held by the one process that writes
    *.lock             held by whoever writes to an index: that process, or its follower

A change is durable once it is in the truth. The indexes follow; a process that finds them behind,
or damaged by one that was killed, brings them up again from the truth before it uses them. While
another process writes, under filters, and where there are few passages, dense search is exact, over
the truth's own vectors: Chroma isn't even imported then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ingest.embedders import DEFAULT, Embedder, Vectors, load_embedder
from ingest.errors import LibraryError, ProviderError
from ingest.filters import EVERYTHING, Filters
from ingest.ids import canonical_id
from ingest.index.derived import AnyIndex, Derived, IndexDamaged
from ingest.index.exact import EXACT_BELOW, ExactVectors, Loaded
from ingest.index.indexes import lexical_of, open_vectors, vectors_of
from ingest.index.workers import MANY, following
from ingest.paper import Paper, Passage
from ingest.passages import PassageSettings, embedded_text, passages
from ingest.paths import TRUTH, server_of
from ingest.store.lock import WriteLock
from ingest.store.paid import paying
from ingest.store.plan import Tally, carry_out, planned
from ingest.store.provenance import beyond_repair, check, check_embedder, identity_of, made_by
from ingest.store.reembed import reembedded
from ingest.store.truth import Record, Truth

Scored = list[tuple[str, float]]
# A paper on its way to another library: its records, and the vectors of the texts embedded for it.
Entry = tuple[list[Record], dict[str, Vectors | None]]

_PRUNED = 512  # records, or papers, at once


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a question may be about: scores by passage id, of words (BM25) and of meaning (cosine),
    best first, and the passages with their vectors, where those have no cosine."""

    lexical: dict[str, float]
    dense: dict[str, float]
    passages: dict[str, tuple[Passage, Vectors | None]]


class Library:
    """Papers on disk, searchable by words and by meaning; safe to open from several processes."""

    at_hand = True  # whether all papers can be looked through at any moment
    many = MANY  # passages from which indexes follow in processes of their own
    exact_below = EXACT_BELOW  # passages from which dense search is Chroma's, which is approximate

    def __init__(self, directory: Path, truth: Truth, embedder: Embedder | None) -> None:
        self.directory = directory
        self._truth = truth
        self._embedder = embedder
        self._lock = WriteLock(directory)
        self._lexical = lexical_of(directory, truth)
        self._vectors = vectors_of(directory, truth)
        self._loaded = Loaded(truth)

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        embedder: Embedder | None = None,
        settings: PassageSettings | None = None,
        create: bool = False,
    ) -> Library:
        """The library in ``directory``; with ``create``, a new one where there is none.

        Where the directory is this machine's cache of a library on a server, that one.
        ``embedder`` None means the one that the library was made with (``DEFAULT`` for a new one).
        Raises LibraryError where there is none or it can't be read, LibraryMismatch when it was
        made with another embedder or other passages.
        """
        if (server := server_of(directory)) is not None:
            from ingest.remote.library import ServerLibrary  # importing Chroma takes a second

            return ServerLibrary.at(
                directory, server, embedder=embedder, settings=settings, create=create
            )
        identity: dict[str, Any] | None = None
        if create and not (directory / TRUTH).exists():
            # Asked before anything is made: a server that doesn't answer leaves nothing behind.
            chosen = embedder or load_embedder(DEFAULT)
            identity = identity_of(chosen, settings or PassageSettings())
            try:
                directory.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise LibraryError(
                    f"{directory}: can't make a library ({error.strerror})"
                ) from error
        truth = Truth(directory / TRUTH, create=create)
        try:
            if truth.meta("identity") is None:
                with truth.transaction():
                    if truth.meta("identity") is None:
                        chosen = embedder or load_embedder(DEFAULT)
                        made = identity or identity_of(chosen, settings or PassageSettings())
                        truth.set_meta("identity", made)
            library = cls(directory, truth, embedder)
            check(directory, library.identity, embedder, settings)
        except BaseException:
            truth.close()
            raise
        return library

    def close(self) -> None:
        self._lexical.close()
        self._vectors.close()
        self._truth.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # what it is

    @property
    def identity(self) -> dict[str, Any]:
        """Schema, embedder (name, version, dim) and passage settings, as kept on disk."""
        identity: dict[str, Any] = self._truth.meta("identity")
        return identity

    @property
    def embedder(self) -> Embedder:
        """The embedder that made this library's vectors, loaded when first needed.

        Another process may give the library another embedder's vectors meanwhile.
        """
        if self._embedder is None or made_by(self._embedder) != self.identity["embedder"]:
            found = self.identity["embedder"]
            try:
                embedder = load_embedder(found["name"], dim=int(found["dim"]))
            except ProviderError as error:
                raise ProviderError(
                    f"{self.directory}: made with the embedder {found['name']} ({error}); give it"
                    f" other vectors with: askpapers reembed --embedder {DEFAULT}"
                ) from error
            check_embedder(self.directory, self.identity, embedder)
            self._embedder = embedder
        return self._embedder

    @property
    def version(self) -> int:
        """A number that grows with every change."""
        return self._truth.last_seq()

    def __len__(self) -> int:
        """The number of papers."""
        return self._truth.count()

    @property
    def is_empty(self) -> bool:
        """Whether there are no papers: quicker than to count them."""
        return len(self) == 0

    def counts(self) -> dict[str, int]:
        """Papers, how many of them are digests, records, sources, passages."""
        return self._truth.counts()

    def origins(self) -> dict[str, int]:
        """The sources that the library was made from, and how many records of each it holds."""
        return self._truth.origins()

    def note(self, key: str) -> Any:  # noqa: ANN401 - JSON is anything
        """The JSON value that ``keep_note`` kept under ``key``; None when there is none."""
        return self._truth.meta(f"note {key}")

    def keep_note(self, key: str, value: object) -> None:
        self._truth.set_meta(f"note {key}", value)

    def health(self) -> dict[str, str]:
        """Whether each derived index is up with the truth, in words."""
        return {
            name: "behind; the next question or ingest brings it up" if index.behind() else "up"
            for name, index in (("lexical", self._lexical), ("vectors", self._vectors))
        }

    def disagreements(self) -> list[str]:
        """What is wrong with the truth or between it and its indexes; nothing when all is well."""
        said = beyond_repair(self._truth)
        found = [said] if said else []
        for name, derived in (("lexical", self._lexical), ("vectors", self._vectors)):
            index = derived.current()
            if index is None:
                found.append(f"{name}: can't be used")
            elif not index.intact(self._truth):
                found.append(f"{name}: does not agree with the truth")
        return found

    def said_by(self, origin: str) -> list[str]:
        """The ids of the papers that a source (``origins``) had something to say about.

        The last part of a source's name will do where only one ends so.
        """
        named = [name for name in self.origins() if name == origin] or [
            name for name in self.origins() if name.endswith(f"/{origin}")
        ]
        return sorted({paper for o in named for paper in self._truth.record_ids(o).values()})

    def papers(self, ids: Sequence[str] | None = None) -> Iterator[Paper]:
        """The papers of these ids that are here, or all of them, in the order of their ids.

        Every id that a source gave to a paper names it.
        """
        return self._truth.papers(None if ids is None else self.resolved(ids))

    def entries(self) -> Iterator[Entry]:
        """Every paper with all that another library needs to hold the same."""
        papers = self.papers()
        while some := list(islice(papers, _PRUNED)):
            records: dict[str, list[Record]] = {}
            for record in self._truth.records([paper.id for paper in some]):
                records.setdefault(record.paper, []).append(record)
            for paper in some:
                kept = self.passages([id_ for id_, _ in self._truth.passages_of(paper.id)])
                vectors = {embedded_text(passage): vector for passage, vector in kept.values()}
                yield records.get(paper.id, []), vectors

    def resolved(self, ids: Sequence[str]) -> list[str]:
        """The papers' own ids for any ids of theirs; unknown ones are left out."""
        found = self._truth.named([name for id_ in ids for name in (id_, canonical_id(id_))])
        return sorted({paper for papers in found.values() for paper in papers})

    def passages(self, ids: Sequence[str]) -> dict[str, tuple[Passage, Vectors | None]]:
        """Passages and their vectors ``(dim,)`` by passage id; removed ones are left out."""
        return self._truth.passages(ids)

    # writing

    @contextmanager
    def writing(self, *, wait: bool = True) -> Iterator[None]:
        """Hold the library for writing; when the outermost block ends, the indexes are brought up.

        Raises LibraryBusy when another process holds it; with ``wait`` false also when another
        thread does, or when an index is still written to for a writer that is gone.
        """
        with self._lock.held(wait=wait) as outermost:
            yield
            if outermost:
                self._lexical.bring_up(wait=wait)
                self._vectors.bring_up(wait=wait)
                self._truth.forget_dead()

    @contextmanager
    def filling(self, enough: int = 4_000) -> Iterator[None]:
        """Hold the library for writing, for long: once there is much to do, the indexes follow
        while more is put, whenever ``enough`` passages are new."""
        both = self._lexical, self._vectors
        follow = following(self.directory, self._truth, both, enough, self.many)
        with self.writing(), follow:
            yield

    def put(self, papers: Sequence[Paper], *, origin: str = "") -> Tally:
        """Keep what the source ``origin`` says: new papers are added, changed ones replaced, known
        ones cost nothing, and the same paper from two sources becomes one
        (``ingest/store/merge.py``).

        A digest never replaces an abstract. Durable when it returns.
        """
        return self.put_records([Record(origin, paper) for paper in papers])

    def put_records(self, records: Sequence[Record]) -> Tally:
        """``put`` for records of several sources at once."""
        with self.writing():
            return self._change(records)

    def preview(self, records: Sequence[Record]) -> tuple[Tally, tuple[str, ...]]:
        """What ``put_records`` would do, and the titles that it would add; nothing is written."""
        plan = planned(self._truth, records)
        return plan.tally, plan.titles

    def remove(self, ids: Sequence[str]) -> int:
        """Forget papers, by any of their ids; how many of them were here."""
        with self.writing(), self._truth.transaction():
            known = self.resolved(ids)
            self._truth.remove(known)
        return len(known)

    def stale(self, origin: str, seen: Collection[str]) -> list[str]:
        """The ids of the source's records that are kept and not among those ``seen``."""
        return sorted(self._truth.record_ids(origin).keys() - set(seen))

    def prune(self, origin: str, seen: Collection[str]) -> int:
        """Forget what the source said about papers that it no longer has; how many papers went.

        A paper that another source has, too, stays as that one describes it.
        """
        tally = Tally()
        with self.writing():
            stale = self.stale(origin, seen)
            for first in range(0, len(stale), _PRUNED):
                tally += self._change((), {(origin, id_) for id_ in stale[first : first + _PRUNED]})
        return tally.removed

    def _change(
        self, arriving: Sequence[Record] = (), leaving: Collection[tuple[str, str]] = ()
    ) -> Tally:
        plan = planned(self._truth, arriving, leaving)
        if not plan.papers and not plan.before:
            return plan.tally
        settings = PassageSettings(**self.identity["passages"])
        if not plan.fresh:
            return carry_out(self._truth, plan, None, settings)
        with paying(self.embedder, self.directory) as embedder:
            return carry_out(self._truth, plan, embedder, settings)

    def to_embed(self, records: Sequence[Record]) -> list[str]:
        """The texts that ``put_records`` would have embedded."""
        settings = PassageSettings(**self.identity["passages"])
        fresh = planned(self._truth, records).fresh
        return [embedded_text(passage) for p in fresh for passage in passages(p, settings)]

    def reembed(self, embedder: Embedder, progress: Callable[[int], None] | None = None) -> int:
        """Give every passage a vector of another embedder; switched over when all are made.

        Returns how many were made. They are kept as they come, so a run that was killed goes on
        where it was. ``progress`` is called with the number made so far.
        """
        with self.writing(), paying(embedder, self.directory) as paid:
            made = reembedded(
                self._truth,
                self._vectors,
                lambda place: open_vectors(place, embedder.dim),
                paid,
                progress,
            )
            self._embedder = embedder
        return made

    def repair(self) -> None:
        """Build both indexes anew; LibraryError says what to do when the truth is damaged."""
        if said := beyond_repair(self._truth):
            raise LibraryError(said)
        with self.writing():
            self._lexical.rebuild()
            self._vectors.rebuild()

    # searching

    def candidates(
        self, text: str, vector: Vectors | None, k: int, filters: Filters = EVERYTHING
    ) -> Candidates:
        """The best ``k`` passages for a question by its words, and the best by its ``vector``."""
        lexical = dict(self.search_lexical(text, k, filters))
        dense = {} if vector is None else dict(self.search_dense(vector, k, filters))
        return Candidates(lexical, dense, self.passages(sorted(lexical.keys() | dense.keys())))

    def search_lexical(self, text: str, k: int, filters: Filters = EVERYTHING) -> Scored:
        """The best ``k`` passages by BM25: (passage id, score > 0), best first."""
        index = self._current(self._lexical)
        return [] if index is None else index.search(text, k, filters)

    def search_dense(self, vector: Vectors, k: int, filters: Filters = EVERYTHING) -> Scored:
        """The best ``k`` passages by cosine to ``vector`` ``(dim,)``: (passage id, cosine)."""
        if not vector.any():
            return []
        exact = bool(filters) or self._loaded.are_few(self.exact_below)
        index = None if exact else self._current(self._vectors)
        if index is not None:
            try:
                return index.search(vector, k)
            except IndexDamaged:
                self._vectors.close()  # another process wrote to it meanwhile, or it is damaged
        return self.vectors().search(vector, k, filters)

    def vectors(self) -> ExactVectors:
        """All vectors as they are now, in memory; read once a version (1 kB a passage)."""
        return self._loaded.vectors(self.identity["embedder"])

    def _current(self, derived: Derived[AnyIndex]) -> AnyIndex | None:
        """The index as the truth has it; brought up first unless another writer is at it."""
        index = derived.current()
        if index is None or derived.behind():
            try:
                with self.writing(wait=False):
                    pass  # bringing up is what ends a write
            except LibraryError:
                return index  # busy or read-only: search what there is
            index = derived.current()
        return index
