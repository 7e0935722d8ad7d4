"""all-MiniLM-L6-v2, run by onnx: Chroma's own default embedding function.

Its model, 80 MB, is downloaded when first used; after that it needs no network. Importing Chroma
takes over a second: only who embeds pays.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ingest.embedders import Vectors
from ingest.errors import ProviderError

EmbeddingFunction = Callable[[list[str]], Sequence[NDArray[np.generic]]]


class MiniLMEmbedder:
    """Vectors of MiniLM; it reads the first 256 tokens of a text.

    ``function`` None means Chroma's.
    """

    name: str = "minilm"
    version: str = "1"
    dim: int = 384

    def __init__(self, function: EmbeddingFunction | None = None) -> None:
        self._given = function
        self._lock = threading.Lock()  # two threads must not download to the same file

    @cached_property
    def _function(self) -> EmbeddingFunction:
        if self._given is not None:
            return self._given
        # Not its DefaultEmbeddingFunction, which loads the model anew for every call.
        from chromadb.utils.embedding_functions.onnx_mini_lm_l6_v2 import ONNXMiniLM_L6_V2

        return ONNXMiniLM_L6_V2()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors ``(len(texts), 384) float32``; blank texts give zeros.

        Raises ProviderError when the model can't be had or run.
        """
        read = [row for row, text in enumerate(texts) if text.strip()]
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        if not read:
            return vectors
        try:
            with self._lock:
                found = self._function([texts[row] for row in read])
            made: Vectors = np.asarray(found, dtype=np.float32)
        except Exception as error:  # its parts raise bare Exceptions of many kinds
            raise _failed(f"{type(error).__name__}: {error}") from error
        if made.shape != (len(read), self.dim) or not np.isfinite(made).all():
            raise _failed(f"{len(read)} texts gave an array of shape {made.shape}")
        lengths = np.linalg.norm(made, axis=1, keepdims=True)
        vectors[read] = made / np.maximum(lengths, 1e-12)
        return vectors


def _failed(reason: str) -> ProviderError:
    return ProviderError(
        f"minilm: its model can't be loaded ({' '.join(reason.split())[:300]}); the first use"
        " downloads 80 MB to .cache/chroma in your home directory (if what is there is damaged,"
        " delete it); the bundled embedders, contextual and static, need no download"
    )
