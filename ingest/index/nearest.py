"""A paper as one vector, and the papers nearest to it in meaning."""

from __future__ import annotations

import numpy as np

from ingest.embedders import Vectors
from ingest.library import Library
from ingest.paper import Paper
from ingest.passages import PassageSettings, passages


def nearest_papers(library: Library, paper: Paper, k: int = 8) -> list[tuple[Paper, float]]:
    """The ``k`` other papers nearest to ``paper`` and their cosines in [-1, 1], nearest first.

    Fewer in a small library; none for a paper without a known word in it.
    """
    direction = paper_vector(library, paper)
    if direction is None or k < 1:
        return []
    best: dict[str, float] = {}
    # A paper in several passages takes several places among the hits.
    for passage, cosine in library.search_dense(direction, 4 * k + 16):
        best.setdefault(passage.rpartition("#")[0], cosine)
    best.pop(paper.id, None)
    ids = list(best)[:k]
    found = {other.id: other for other in library.papers(ids)}
    return [(found[id_], best[id_]) for id_ in ids if id_ in found]


def paper_vector(library: Library, paper: Paper) -> Vectors | None:
    """The mean of its passages' vectors ``(dim,)``, of length 1; None where there is none."""
    cut = passages(paper, PassageSettings(**library.identity["passages"]))
    kept = library.passages([passage.id for passage in cut]).values()
    vectors = [vector for _, vector in kept if vector is not None]
    if not vectors:
        return None
    mean = np.mean(vectors, axis=0)
    length = float(np.linalg.norm(mean))
    return np.asarray(mean / length, np.float32) if length else None


def paper_vectors(library: Library) -> tuple[list[str], Vectors]:
    """Every paper that has a vector: ids in order, and ``(n, dim) float32``, unit rows."""
    rows = library.vectors()
    papers = sorted(rows.by_paper)
    if not papers:
        return [], np.zeros((0, 0), np.float32)
    owner = np.empty(len(rows.ids), np.int64)
    for place, id_ in enumerate(papers):
        owner[rows.by_paper[id_]] = place
    if len(papers) == len(owner):
        return papers, rows.matrix[np.argsort(owner)]
    sums = np.zeros((len(papers), rows.matrix.shape[1]), np.float32)
    np.add.at(sums, owner, rows.matrix)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return papers, sums / np.maximum(lengths, 1e-12)
