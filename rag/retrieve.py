"""Question -> hits: lexical and dense search over passages, fused by a convex combination."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ingest.embedders import Vectors
from ingest.embedders.static import StaticEmbedder
from ingest.errors import ProviderError
from ingest.filters import EVERYTHING, Filters
from ingest.library import Library
from rag.answer import Hit

SearchMode = Literal["lexical", "dense", "fused"]

# Of the fused score, where the vectors are sums of words, and where a model read the words
# in context; measured in eval/LOG.md on sets that we don't report on.
LEXICAL_SHARE, LEXICAL_SHARE_IN_CONTEXT = 0.6, 0.3
LEXICAL_ONLY = "found by their words alone, since the embedder of the library can't be asked"
POOL = 100  # candidates that each side contributes


@dataclass(frozen=True, slots=True)
class Retriever:
    """Finds the passages of a library that a question is about.

    ``lexical_share`` in [0, 1] is that of the fused score; None: as suits the library's embedder.
    """

    library: Library
    lexical_share: float | None = None

    @property
    def in_context(self) -> bool:
        """Whether the library's vectors come from a model that reads words in context."""
        return not isinstance(self.library.embedder, StaticEmbedder)

    def __call__(
        self,
        question: str,
        *,
        k: int = 10,
        filters: Filters = EVERYTHING,
        mode: SearchMode = "fused",
        warn: Callable[[str], None] | None = None,
    ) -> list[Hit]:
        """The best ``k`` hits, best first, at most one passage a paper.

        ``lexical`` and ``dense`` modes rank by that side alone; scores are then scaled to [0, 1]
        by the same rule as in the fused mode. Where the embedder can't be reached, words alone
        decide and ``warn`` is told so; without ``warn``, ProviderError is raised.
        """
        if k < 1:
            return []
        pool = max(POOL, k)
        vector = self._vector(question, warn)
        candidates = self.library.candidates(question, vector, pool, filters)
        lexical, dense, found = candidates.lexical, candidates.dense, candidates.passages
        cosines = {
            id_: dense[id_] if id_ in dense else _cosine(own, vector)
            for id_, (_, own) in found.items()
        }
        share = {"lexical": 1.0, "dense": 0.0, "fused": self._fused_share()}[mode]
        share = 1.0 if vector is None else share
        fused = fuse({id_: lexical.get(id_, 0.0) for id_ in found}, cosines, share)
        hits: list[Hit] = []
        papers: set[str] = set()
        for id_ in sorted(found, key=lambda id_: (-fused[id_], id_)):
            passage = found[id_][0]
            if passage.paper.id in papers:
                continue
            papers.add(passage.paper.id)
            hits.append(Hit(passage, fused[id_], lexical.get(id_, 0.0), cosines[id_]))
            if len(hits) == k:
                break
        return hits

    def _fused_share(self) -> float:
        if self.lexical_share is not None:
            return self.lexical_share
        return LEXICAL_SHARE_IN_CONTEXT if self.in_context else LEXICAL_SHARE

    def _vector(self, question: str, warn: Callable[[str], None] | None) -> Vectors | None:
        try:
            vector: Vectors = self.library.embedder.embed([question])[0]
            return vector
        except ProviderError as error:
            if warn is None:
                raise
            warn(f"{LEXICAL_ONLY} ({error})")
            return None


def _cosine(one: Vectors | None, other: Vectors | None) -> float:
    return 0.0 if one is None or other is None else float(one @ other)


def fuse(
    lexical: Mapping[str, float], dense: Mapping[str, float], share: float
) -> dict[str, float]:
    """``share`` x lexical + (1 - share) x dense, each scaled to [0, 1] over the candidates.

    The convex combination of Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid
    Retrieval" (https://arxiv.org/abs/2210.11934). BM25's least value is 0, by theory; the cosine's
    is taken from the candidates, since static vectors leave the lower half of [-1, 1] unused.
    """
    if not lexical:
        return {}
    top = max(lexical.values()) or 1.0
    low, high = min(dense.values()), max(dense.values())
    spread = (high - low) or 1.0
    return {
        id_: share * lexical[id_] / top + (1 - share) * (dense[id_] - low) / spread
        for id_ in lexical
    }
