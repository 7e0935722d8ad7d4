"""Small real things at the seams: an embedder whose vectors a person can compute."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np

from ingest.embedders import Vectors


class CountingEmbedder:
    """Each word adds 1 to the dimension that its CRC names; vectors are scaled to length 1."""

    name = "counting"
    version = "1"

    def __init__(self, dim: int = 512, name: str = "counting") -> None:
        self.dim = dim
        self.name = name
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        vectors = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                vectors[row, zlib.crc32(word.encode()) % self.dim] += 1
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(lengths, 1e-12)
