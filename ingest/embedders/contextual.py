"""The bundled embedder of new libraries: a small transformer that reads a text as a whole.

No key, no download. Better than ``static`` where a question has none of the paper's own words, and
slower to ingest. What it was made of stands in the ``CARD.md`` beside its weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from ingest.embedders import Vectors
from ingest.embedders.transformer import Transformer

VERSION = "2"  # of the weights; a library made with others is told to be given new vectors
BUNDLED = Path(__file__).parent / f"contextual-v{VERSION}"
LENGTH = 126  # pieces read of a text, some 95 words: more takes longer and finds no more


class ContextualEmbedder:
    """Vectors of the bundled transformer; it reads the first 126 word pieces of a text.

    A text's vector doesn't depend on the texts beside it, nor on the number of threads.
    """

    name: str = "contextual"
    version: str = VERSION
    dim: int = 384

    def __init__(self, folder: Path = BUNDLED) -> None:
        self._transformer = Transformer(folder, "contextual.onnx")

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors ``(len(texts), 384) float32``; blank texts give zeros."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        read = [row for row, text in enumerate(texts) if text.strip()]
        if read:
            start, end = self._transformer.ends
            pieces = self._transformer.pieces([texts[row] for row in read])
            rows = [[start, *some[:LENGTH], end] for some in pieces]
            vectors[read] = self._transformer.each(self._vector, rows)
        return vectors

    def _vector(self, pieces: list[int]) -> Vectors:
        return self._transformer.run(ids=np.array([pieces], np.int64))


@cache
def bundled() -> ContextualEmbedder:
    """The one that ships with the code, loaded once for all libraries of a process."""
    return ContextualEmbedder()
