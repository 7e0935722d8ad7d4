"""The two indexes of a library, by where they are: each opened only when it is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ingest.index.derived import Derived
from ingest.index.lexical import LexicalIndex
from ingest.store.truth import Truth

if TYPE_CHECKING:  # importing Chroma takes over a second: only who searches pays
    from ingest.index.vectors import VectorIndex


def lexical_of(directory: Path, truth: Truth) -> Derived[LexicalIndex]:
    """The lexical index of the library in ``directory``."""
    return Derived("lexical", directory, truth, LexicalIndex, read_while_written=True)


def vectors_of(directory: Path, truth: Truth) -> Derived[VectorIndex]:
    """The vector index of the library in ``directory``."""

    def opened(place: Path) -> VectorIndex:
        return open_vectors(place, int(truth.meta("identity")["embedder"]["dim"]))

    return Derived("vectors", directory, truth, opened, read_while_written=False)


def open_vectors(place: Path, dim: int) -> VectorIndex:
    from ingest.index.vectors import VectorIndex

    return VectorIndex(place, dim)
