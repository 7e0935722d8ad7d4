"""How many neighbours stay neighbours on the map: ``python -m eval.bench.map FILE...``

For each file (as ``askpapers ingest`` reads it) some papers' 10 nearest by cosine are compared with
their nearest on the plane: the share found among the 10, and among the 50, nearest there. Floors on
the same papers: principal axes (PCA), and places drawn at random.
"""

from __future__ import annotations

import argparse
import time
from itertools import islice

import numpy as np

from ingest.embedders import Vectors, load_embedder
from ingest.errors import ParseError
from ingest.sources import read
from ui.map.layout import Places, layout, principal_axes

NEIGHBOURS = 10
ASKED = 1_000  # papers whose neighbours are compared
_SEED = 1


def kept(vectors: Vectors, places: Places, rows: np.ndarray, among: int) -> float:
    """The share of the ``NEIGHBOURS`` nearest of ``rows`` that are ``among`` the nearest there."""
    found = []
    for row in rows:
        cosines = vectors @ vectors[row]
        apart = np.square(places - places[row]).sum(axis=1)
        cosines[row], apart[row] = -np.inf, np.inf
        near = np.argpartition(-cosines, NEIGHBOURS)[:NEIGHBOURS]
        shown = np.argpartition(apart, among)[:among]
        found.append(len(np.intersect1d(near, shown)) / NEIGHBOURS)
    return float(np.mean(found))


def measured(vectors: Vectors) -> list[tuple[str, float, float, float]]:
    """Rows of a table: method, seconds, share kept among 10 and among 50."""
    draw = np.random.default_rng(_SEED)
    rows = draw.choice(len(vectors), min(ASKED, len(vectors)), replace=False)
    table = []
    for name, places_of in (
        ("map", lambda: layout(vectors)[0]),
        ("PCA", lambda: principal_axes(vectors)),
        ("random", lambda: draw.random((len(vectors), 2))),
    ):
        start = time.perf_counter()
        places = places_of()
        seconds = time.perf_counter() - start
        few, many = (
            kept(vectors, places.astype(np.float32), rows, min(among, len(vectors) - 1))
            for among in (10, 50)
        )
        table.append((name, seconds, few, many))
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--most", type=int, default=100_000, help="papers of a file")
    args = parser.parse_args()
    embedder = load_embedder("static")
    for file in args.files:
        papers = (paper for paper in read(file) if not isinstance(paper, ParseError))
        texts = [f"{paper.title}. {paper.abstract}" for paper in islice(papers, args.most)]
        vectors = embedder.embed(texts)
        vectors = vectors[vectors.any(axis=1)]
        print(f"{file}: {len(vectors):,} papers")
        for name, seconds, few, many in measured(vectors):
            print(f"  {name:7} {seconds:6.1f} s   among 10: {few:.3f}   among 50: {many:.3f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
