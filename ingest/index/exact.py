"""Exact dense search over the truth's own vectors, in memory.

For libraries up to ``EXACT_BELOW`` passages, where it is as fast as Chroma's approximate index and
misses nothing; for questions with filters, which Chroma answers by a scan of its SQLite tables
(165 ms at 100,000 rows, against some 15 ms here); and while the vector index can't be used. Takes
1 kB of memory a passage at 256 dimensions, from the first search that needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.embedders import Vectors
from ingest.filters import Filters
from ingest.store.journal import Journal

EXACT_BELOW = 50_000  # passages; measured in docs/performance.md
_NO_YEAR = -(10**6)
_GATHERED = 0.25  # the share of rows from which one product over all is quicker than a copy

Rows = NDArray[np.int64]
Facts = Mapping[str, tuple[int | None, Sequence[str]]]  # year and topics by paper id


@dataclass(frozen=True, eq=False)
class ExactVectors:
    """The library's vectors at one version: ``matrix`` ``(n, dim) float32``, unit rows.

    ``ids`` are the passages' in the order of the rows, ``papers`` those of their papers; ``facts``
    gives the papers' years and topics, and is called at the first search with filters.
    """

    version: int
    ids: Sequence[str]
    papers: Sequence[str]
    matrix: Vectors
    facts: Callable[[], Facts]

    @classmethod
    def of(cls, truth: Journal, version: int) -> ExactVectors:
        """All live vectors of ``truth``, which is at ``version``."""
        return cls(version, *truth.all_vectors(), truth.filter_facts)

    @classmethod
    def made_of(
        cls, version: int, ids: Sequence[str], papers: Sequence[str], matrix: Vectors, facts: Facts
    ) -> ExactVectors:
        """Vectors, the ids of their passages and papers, and the papers' years and topics."""
        return cls(version, ids, papers, matrix, lambda: facts)

    @cached_property
    def by_paper(self) -> dict[str, list[int]]:
        """The rows of each paper."""
        found: dict[str, list[int]] = {}
        for row, paper in enumerate(self.papers):
            found.setdefault(paper, []).append(row)
        return found

    @cached_property
    def _years_and_topics(self) -> tuple[Rows, dict[str, list[int]]]:
        """The year of every row, and the rows of each topic (case folded)."""
        facts = self.facts()
        years = np.full(len(self.ids), _NO_YEAR, np.int64)
        by_topic: dict[str, list[int]] = {}
        for row, paper in enumerate(self.papers):
            year, topics = facts.get(paper, (None, ()))
            if year is not None:
                years[row] = year
            for topic in topics:
                by_topic.setdefault(topic.casefold(), []).append(row)
        return years, by_topic

    def search(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[str, float]]:
        """The best ``k`` passages: (passage id, cosine in [-1, 1]), best first, ties by id."""
        if not self.ids:
            return []
        if not filters:
            return self._best(np.arange(len(self.ids)), self.matrix @ vector, k)
        rows = np.flatnonzero(self._chosen(filters))
        if len(rows) > _GATHERED * len(self.ids):
            return self._best(rows, (self.matrix @ vector)[rows], k)
        return self._best(rows, self.matrix[rows] @ vector, k)

    def _chosen(self, filters: Filters) -> NDArray[np.bool_]:
        chosen = np.ones(len(self.ids), np.bool_)
        years, by_topic = self._years_and_topics
        if filters.since is not None:
            chosen &= years >= filters.since
        if filters.until is not None:
            chosen &= (years <= filters.until) & (years != _NO_YEAR)
        if filters.topics:
            chosen &= self._rows(by_topic, [topic.casefold() for topic in filters.topics])
        if filters.papers:
            chosen &= self._rows(self.by_paper, filters.papers)
        return chosen

    def _rows(self, by: dict[str, list[int]], keys: Sequence[str]) -> NDArray[np.bool_]:
        found = np.zeros(len(self.ids), np.bool_)
        for key in keys:
            found[by.get(key, [])] = True
        return found

    def _best(self, rows: Rows, cosines: Vectors, k: int) -> list[tuple[str, float]]:
        if len(rows) > k:
            # All that tie with the last one stay, so that ids decide among them.
            last = np.partition(cosines, len(cosines) - k)[len(cosines) - k]
            near = cosines >= last
            rows, cosines = rows[near], cosines[near]
        found = [(self.ids[row], float(c)) for row, c in zip(rows, cosines, strict=True)]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:k]


class Loaded:
    """The vectors of ``truth`` as they are now: read once a version, by the first who needs them.

    ``reembed`` gives other vectors at the same version: they are told by the embedder's identity.
    """

    def __init__(self, truth: Journal) -> None:
        self._truth = truth
        self._guard = threading.Lock()
        self._held: tuple[ExactVectors, Any] | None = None
        self._few = (-1, 0, True)  # at which version, below how many, whether there are so few

    def vectors(self, made_by: object) -> ExactVectors:
        """All of them, made by the embedder of the identity ``made_by``."""
        with self._guard:
            now = self._truth.last_seq()
            if self._held is None or (self._held[0].version, self._held[1]) != (now, made_by):
                self._held = ExactVectors.of(self._truth, now), made_by
            return self._held[0]

    def are_few(self, below: int) -> bool:
        """Whether there are so few passages that exact search is as fast as any."""
        now = self._truth.last_seq()
        if self._few[:2] != (now, below):
            self._few = now, below, not self._truth.count_changes(0, below)
        return self._few[2]
