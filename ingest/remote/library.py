"""A library on a Chroma server: asked where it is, with nothing of it kept on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import numpy as np

from ingest.embedders import DEFAULT, Embedder, Vectors, load_embedder
from ingest.errors import LibraryError
from ingest.filters import EVERYTHING, Filters
from ingest.index.exact import Loaded
from ingest.library import Candidates, Entry, Library, Scored
from ingest.passages import PassageSettings, embedded_text, passages
from ingest.remote.claims import Claims, Overtaken
from ingest.remote.papers import Papers
from ingest.remote.rows import Row
from ingest.remote.wire import Address, Wire
from ingest.remote.words import MOST, Query, sample_of
from ingest.store.merge import keys_of
from ingest.store.paid import paying
from ingest.store.plan import Plan, Tally, carry_out, planned
from ingest.store.provenance import check, identity_of
from ingest.store.truth import Record

_SAMPLE = 1_000  # passages that tell how rare words are
_GROWN = 1.3  # times the size at which a sample was taken: it is taken anew


class ServerLibrary(Library):
    """What a Library does, by a server; several processes on several machines may write at once.

    ``directory`` says on this machine which server it is.
    """

    at_hand = False

    def __init__(self, directory: Path, papers: Papers, embedder: Embedder | None) -> None:
        self.directory = directory
        self._papers = papers
        self._truth = cast(Any, papers)  # what a Library does by its truth, this does by these
        self._embedder = embedder
        self._writes, self._outermost = threading.RLock(), True
        self._claims = Claims(papers.wire, papers.notes)
        papers.before_write = self._claims.keep
        self._words: dict[str, Any] | None = None
        self._loaded = Loaded(cast(Any, papers))
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
        papers = Papers(Wire(address := Address(*server)))
        if create and not papers.exists():
            chosen = embedder or load_embedder(DEFAULT)
            papers.make(identity_of(chosen, settings or PassageSettings()))
        check(address.said, papers.meta("identity"), embedder, settings)
        return cls(directory, papers, embedder)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    @property
    def is_empty(self) -> bool:
        return self._papers.size() == 0

    def health(self) -> dict[str, str]:
        return {"server": "up" if self._papers.size() >= 0 else "down"}

    def disagreements(self) -> list[str]:
        found = []
        if left := self._papers.leftovers():
            found.append(f"{len(left):,} rows of older states; askpapers repair deletes them")
        try:
            for text in self._papers.sample(8):
                self._papers.nearest(self.embedder.embed([text])[0])
        except LibraryError as error:
            found.append(str(error))
        return found

    def repair(self) -> None:
        """Delete what killed writers left; LibraryError says what can't be repaired."""
        self._papers.delete(self._papers.leftovers())
        self._papers.set_meta("sums", None)
        self._papers.touch()
        if found := self.disagreements():
            raise LibraryError("; ".join(found))

    def entries(self) -> Iterator[Entry]:
        for records, found in self._papers.entries():
            known = ((embedded_text(passage), vector) for passage, vector in found.values())
            yield records, {text: vector for text, vector in known if vector is not None}

    # writing

    @contextmanager
    def writing(self, *, wait: bool = True) -> Iterator[None]:
        """Others may write as well: what each changes is claimed when it is changed."""
        with self._writes:
            outermost, self._outermost = self._outermost, False
            try:
                yield
            finally:
                self._outermost = outermost
            if outermost and self._papers.came:
                with self._claims.held({"sums"}):
                    self._papers.add_sums()
                    self._sample(self._papers.size(), keep=True)

    def filling(self, enough: int = 0) -> Any:  # noqa: ANN401
        return self.writing()

    def remove(self, ids: Sequence[str]) -> int:
        with self.writing():
            while True:
                known = self.resolved(ids)
                with suppress(Overtaken), self._claims.held(known):
                    if self.resolved(ids) == known:
                        with self._papers.transaction():
                            self._papers.remove(known)
                        return len(known)

    def _change(
        self, arriving: Sequence[Record] = (), leaving: Collection[tuple[str, str]] = ()
    ) -> Tally:
        settings = self._papers.settings
        keys = {key for record in arriving for key in keys_of(record.said)}
        keys |= {id_ for _, id_ in leaving}
        with ExitStack() as paid:  # until it is in the library
            made = _Made(lambda: paid.enter_context(paying(self.embedder, self.directory)))
            # Embedded before anything is claimed: that may take long.
            made.learn(planned(self._truth, arriving, leaving), settings)
            while True:
                with suppress(Overtaken), self._claims.held(keys):
                    # Read after it was claimed: nobody else changes these papers meanwhile.
                    plan = planned(self._truth, arriving, leaving)
                    if _keys(plan) <= keys:
                        made.learn(plan, settings)
                        return carry_out(self._truth, plan, made, settings)
                    keys |= _keys(plan)

    def reembed(self, embedder: Embedder, progress: Callable[[int], None] | None = None) -> int:
        raise LibraryError(
            f"{self._papers.wire.address.said}: a library on a server keeps its embedder; ingest"
            " into a new name with --embedder"
        )

    # searching

    def candidates(
        self, text: str, vector: Vectors | None, k: int, filters: Filters = EVERYTHING
    ) -> Candidates:
        papers, where, size = self._papers, _where(filters), self._papers.size()
        if size == 0:
            return Candidates({}, {}, {})
        near = self._threads.submit(self._near, vector, where)
        query = Query(text, self._sample(size), size)
        found = self._having(query, where)
        texts = {id_: text for id_, (text, _) in near.result().items()}
        cosines = {id_: cosine for id_, (_, cosine) in near.result().items()}
        every = not papers.sparse and len(found) < MOST
        lexical = _best(query.scores(found, texts, every=every), k)
        dense = _best(cosines, k)
        vectors = self._threads.submit(papers.vectors, sorted(lexical.keys() - dense.keys()))
        firsts = papers.firsts(sorted({Row(id_, "", {}).first for id_ in (*lexical, *dense)}))
        known = papers.parts(firsts)
        return Candidates(
            {known[id_].id: score for id_, score in lexical.items() if id_ in known},
            {known[id_].id: cosine for id_, cosine in dense.items() if id_ in known},
            {
                known[id_].id: (known[id_], vectors.result().get(id_))
                for id_ in (*lexical, *dense)
                if id_ in known
            },
        )

    def search_lexical(self, text: str, k: int, filters: Filters = EVERYTHING) -> Scored:
        vector = self.embedder.embed([text])[0]
        return list(self.candidates(text, vector, k, filters).lexical.items())

    def search_dense(self, vector: Vectors, k: int, filters: Filters = EVERYTHING) -> Scored:
        return list(self.candidates("", vector, k, filters).dense.items())

    def _near(self, vector: Vectors | None, where: Any) -> dict[str, tuple[str, float]]:  # noqa: ANN401
        if vector is None or not vector.any():
            return {}
        return self._papers.nearest(vector, where)

    def _having(self, query: Query, where: Any) -> dict[str, str]:  # noqa: ANN401
        if self._papers.sparse:
            return self._papers.by_words(query.weights(), MOST, where)
        pattern = query.pattern()
        return self._papers.matching(pattern, MOST, where) if pattern else {}

    def _sample(self, size: int, *, keep: bool = False) -> dict[str, Any]:
        """A sample of the library's words, from the last time that it was of about this size.

        Only who writes has it kept on the server: a question waits for nothing to be written.
        """
        if self._words is None:
            self._words = self._papers.meta("words")
        if self._words is None or not size / _GROWN < self._words["size"] < size * _GROWN:
            self._words = {"size": size, **sample_of(self._papers.sample(_SAMPLE))}
            if keep:
                self._papers.set_meta("words", self._words)
        return self._words


class _Made:
    """An embedder that knows the vectors of texts of before."""

    name, version, dim = "", "", 0

    def __init__(self, embedder: Callable[[], Embedder]) -> None:
        self._embedder = embedder
        self._vectors: dict[str, Vectors] = {}

    def learn(self, plan: Plan, settings: PassageSettings) -> None:
        """Have what a plan needs embedded."""
        cut = (passage for paper in plan.fresh for passage in passages(paper, settings))
        if texts := [text for text in map(embedded_text, cut) if text not in self._vectors]:
            self._vectors |= zip(texts, self._embedder().embed(texts), strict=True)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vectors[text] for text in texts])


def _best(scores: dict[str, float], k: int) -> dict[str, float]:
    return dict(sorted(scores.items(), key=lambda hit: (-hit[1], hit[0]))[:k])


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
