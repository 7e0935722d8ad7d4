"""A library of papers on disk: the truth, and the two indexes derived from it.

    askpapers.sqlite   papers, passages, vectors: the truth
    lexical/N/         generation N of the lexical index
    vectors/N/         generation N of the vector index
    write.lock         held by the one process that writes

A change is durable once it is in the truth. The indexes follow; a process that finds them behind,
or damaged by one that was killed, brings them up again from the truth before it uses them. While
another process writes, and under filters, dense search is exact, over the truth's own vectors.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from ingest.derived import AnyIndex, Derived, IndexDamaged
from ingest.embedders import Embedder, Vectors, load_embedder
from ingest.errors import LibraryBusy, LibraryError, LibraryMismatch
from ingest.exact import ExactVectors
from ingest.filters import EVERYTHING, Filters
from ingest.follow import following
from ingest.lexical import LexicalIndex
from ingest.paper import Paper, Passage
from ingest.passages import PassageSettings, embedded_text, passages
from ingest.truth import SCHEMA, Truth

if TYPE_CHECKING:  # importing Chroma takes over a second: only who searches pays
    from ingest.vectors import VectorIndex

Scored = list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a put did, in papers. ``kept_abstracts`` are digests that came for an abstract."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    kept_abstracts: int = 0
    embedded: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.added + other.added,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.kept_abstracts + other.kept_abstracts,
            self.embedded + other.embedded,
        )


class Library:
    """Papers on disk, searchable by words and by meaning; safe to open from several processes."""

    def __init__(self, directory: Path, truth: Truth, embedder: Embedder | None) -> None:
        self.directory = directory
        self._truth = truth
        self._given = embedder
        self._file_lock = FileLock(directory / "write.lock", timeout=0, thread_local=False)
        self._write_lock = threading.RLock()  # the file lock alone doesn't tell threads apart
        self._guard = threading.Lock()
        self._lexical = Derived("lexical", directory, truth, LexicalIndex, read_while_written=True)
        self._vectors = Derived(
            "vectors", directory, truth, self._open_vectors, read_while_written=False
        )
        self._exact: ExactVectors | None = None

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

        ``embedder`` None means the one that the library was made with (``static`` for a new one).
        Raises LibraryError where there is none or it can't be read, LibraryMismatch when it was
        made with another embedder or other passages.
        """
        if create:
            try:
                directory.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise LibraryError(
                    f"{directory}: can't make a library ({error.strerror})"
                ) from error
        truth = Truth(directory / "askpapers.sqlite", create=create)
        library = cls(directory, truth, embedder)
        if truth.meta("identity") is None:
            wanted = settings or PassageSettings()
            with truth.transaction():
                truth.set_meta("identity", _identity(embedder or load_embedder("static"), wanted))
        found = truth.meta("identity")
        if found["schema"] != SCHEMA:
            raise LibraryMismatch(
                f"{directory}: made by another version of askpapers (schema {found['schema']}, this"
                f" one reads {SCHEMA}); install that version, or ingest into a new --library"
            )
        if settings is not None and found["passages"] != settings.to_dict():
            raise LibraryMismatch(
                f"{directory}: its passages were cut by {found['passages']}, not by"
                f" {settings.to_dict()}; open it with its own settings, or ingest into a new"
                " --library"
            )
        if embedder is not None:
            library._check_embedder(embedder)
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

    @cached_property
    def embedder(self) -> Embedder:
        """The embedder that made this library's vectors, loaded when first needed."""
        if self._given is not None:
            return self._given
        embedder = load_embedder(self.identity["embedder"]["name"])
        self._check_embedder(embedder)
        return embedder

    def _check_embedder(self, embedder: Embedder) -> None:
        found, wanted = self.identity["embedder"], _embedder_identity(embedder)
        if found != wanted:
            raise LibraryMismatch(
                f"{self.directory}: its vectors come from {_said(found)}, not {_said(wanted)}; open"
                f" it with --embedder {found['name']}, or give it new vectors with: askpapers"
                f" reembed --embedder {wanted['name']}"
            )

    def _open_vectors(self, directory: Path) -> VectorIndex:
        from ingest.vectors import VectorIndex

        return VectorIndex(directory, int(self.identity["embedder"]["dim"]))

    @property
    def version(self) -> int:
        """A number that grows with every change."""
        return self._truth.last_seq()

    def __len__(self) -> int:
        """The number of papers."""
        return self._truth.count()

    def counts(self) -> dict[str, int]:
        """Papers, how many of them are digests, passages."""
        digests = sum(paper.kind == "digest" for paper in self.papers())
        passages_ = self._truth.count_passages()[0]
        return {"papers": len(self), "digests": digests, "passages": passages_}

    def health(self) -> dict[str, str]:
        """Whether each derived index is up with the truth, in words."""
        return {
            name: "behind; the next question or ingest brings it up" if index.behind() else "up"
            for name, index in (("lexical", self._lexical), ("vectors", self._vectors))
        }

    def papers(self, ids: Sequence[str] | None = None) -> Iterator[Paper]:
        """The papers of these ids that are here, or all of them, in the order of their ids."""
        return self._truth.papers(ids)

    def passages(self, ids: Sequence[str]) -> dict[str, tuple[Passage, Vectors | None]]:
        """Passages and their vectors ``(dim,)`` by passage id; removed ones are left out."""
        return self._truth.passages(ids)

    # writing

    @contextmanager
    def writing(self, *, wait: bool = True) -> Iterator[None]:
        """Hold the library for writing; when the outermost block ends, the indexes are brought up.

        Raises LibraryBusy when another process holds it; with ``wait`` false also when another
        thread does.
        """
        if not self._write_lock.acquire(blocking=wait):
            raise LibraryBusy(f"{self.directory}: being written to")
        try:
            with self._hold_file():
                yield
                if self._file_lock.lock_counter == 1:
                    self._lexical.bring_up()
                    self._vectors.bring_up()
                    self._truth.forget_dead()
        finally:
            self._write_lock.release()

    @contextmanager
    def _hold_file(self) -> Iterator[None]:
        try:
            self._file_lock.acquire()
        except Timeout:
            raise LibraryBusy(
                f"{self.directory}: another process is writing to this library; try again when it"
                " is done"
            ) from None
        except OSError as error:
            raise LibraryError(f"{self.directory}: can't be written ({error.strerror})") from error
        try:
            yield
        finally:
            self._file_lock.release()

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Hold the library for writing, for long: the indexes follow while more is put."""
        with self.writing(), following(self._truth, (self._lexical, self._vectors)):
            yield

    def put(self, papers: Sequence[Paper]) -> Tally:
        """Keep these papers: new ones are added, changed ones replaced, known ones cost nothing.

        A digest never replaces an abstract. Durable when it returns.
        """
        with self.writing():
            latest = {paper.id: paper for paper in papers}
            known = self._truth.hashes(list(latest))
            changed = [p for p in latest.values() if known.get(p.id, ("", ""))[0] != p.content_hash]
            digests = [
                paper.id for paper in changed if paper.kind == "digest" and paper.id in known
            ]
            kept = {paper.id for paper in self._truth.papers(digests) if paper.kind == "abstract"}
            changed = [paper for paper in changed if paper.id not in kept]
            fresh = [p for p in changed if known.get(p.id, ("", ""))[1] != p.text_hash]
            settings = PassageSettings(**self.identity["passages"])
            cut = {paper.id: passages(paper, settings) for paper in fresh}
            texts = [embedded_text(passage) for some in cut.values() for passage in some]
            vectors = self.embedder.embed(texts) if texts else np.zeros((0, 0), np.float32)
            first = 0
            with self._truth.transaction():
                for paper in changed:
                    some = cut.get(paper.id)
                    if some is None:
                        self._truth.put(paper, (), None)
                        continue
                    self._truth.put(paper, some, vectors[first : first + len(some)])
                    first += len(some)
        added = sum(paper.id not in known for paper in changed)
        return Tally(
            added=added,
            updated=len(changed) - added,
            unchanged=len(latest) - len(changed) - len(kept),
            kept_abstracts=len(kept),
            embedded=len(texts),
        )

    def remove(self, ids: Sequence[str]) -> int:
        """Forget papers; how many of them were here."""
        with self.writing(), self._truth.transaction():
            return self._truth.remove(ids)

    def reembed(self, embedder: Embedder, progress: Callable[[int], None] | None = None) -> int:
        """Give every passage a vector of another embedder; switched over when all are made.

        Returns the number of passages. ``progress`` is called with the number done so far.
        """
        with self.writing():
            vectors: dict[str, Vectors] = {}
            for _, changes in self._truth.changes(0, batch=512):
                live = [(c.id, embedded_text(c.passage)) for c in changes if c.passage is not None]
                new = embedder.embed([text for _, text in live])
                vectors.update(zip((id_ for id_, _ in live), new, strict=True))
                if progress is not None:
                    progress(len(vectors))
            settings = PassageSettings(**self.identity["passages"])
            with self._truth.transaction():
                self._truth.replace_vectors(vectors)
                self._truth.set_meta("identity", _identity(embedder, settings))
                self._vectors.outdate()
            self._given = embedder
            self.__dict__.pop("embedder", None)
            self._exact = None
        return len(vectors)

    # searching

    def search_lexical(self, text: str, k: int, filters: Filters = EVERYTHING) -> Scored:
        """The best ``k`` passages by BM25: (passage id, score > 0), best first."""
        index = self._current(self._lexical)
        return [] if index is None else index.search(text, k, filters)

    def search_dense(self, vector: Vectors, k: int, filters: Filters = EVERYTHING) -> Scored:
        """The best ``k`` passages by cosine to ``vector`` ``(dim,)``: (passage id, cosine)."""
        if not vector.any():
            return []
        index = None if filters else self._current(self._vectors)
        if index is not None:
            try:
                return index.search(vector, k)
            except IndexDamaged:
                self._vectors.close()  # another process wrote to it meanwhile, or it is damaged
        return self.vectors().search(vector, k, filters)

    def vectors(self) -> ExactVectors:
        """All vectors as they are now, in memory; read once a version (1 kB a passage)."""
        with self._guard:
            if self._exact is None or self._exact.version != self.version:
                self._exact = ExactVectors.of(self._truth, self.version)
            return self._exact

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


def _identity(embedder: Embedder, settings: PassageSettings) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "embedder": _embedder_identity(embedder),
        "passages": settings.to_dict(),
    }


def _embedder_identity(embedder: Embedder) -> dict[str, Any]:
    return {"name": embedder.name, "version": embedder.version, "dim": embedder.dim}


def _said(embedder: dict[str, Any]) -> str:
    return f"{embedder['name']} (version {embedder['version']}, {embedder['dim']} dimensions)"
