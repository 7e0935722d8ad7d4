"""The other bundled embedder: a small transformer that reads a text as a whole.

No key, no download. Better than ``static`` where a question has none of the paper's own words, some
fifteen times slower to ingest. What it was made of stands in ``contextual-v1/CARD.md``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from ingest.embedders import Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

BUNDLED = Path(__file__).parent / "contextual-v1"
LENGTH = 254  # pieces read of a text, some 190 words
_MOST_THREADS = 8


class ContextualEmbedder:
    """Vectors of the bundled transformer; it reads the first 254 word pieces of a text.

    A text's vector doesn't depend on the texts beside it, nor on the number of threads.
    """

    name: str = "contextual"
    version: str = "1"
    dim: int = 384

    def __init__(self, folder: Path = BUNDLED) -> None:
        self._folder = folder

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer.from_file(str(self._folder / "tokenizer.json"))

    @cached_property
    def _session(self) -> InferenceSession:
        import onnxruntime  # 0.1 s: only who embeds pays

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a text a thread is quicker than a text in all threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(
            str(self._folder / "contextual.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors ``(len(texts), 384) float32``; blank texts give zeros."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        read = [row for row, text in enumerate(texts) if text.strip()]
        rows = self._tokenizer.encode_batch([texts[r] for r in read], add_special_tokens=False)
        start, end = (int(self._tokenizer.token_to_id(t) or 0) for t in ("[CLS]", "[SEP]"))
        pieces = [[start, *row.ids[:LENGTH], end] for row in rows]
        if len(pieces) == 1:  # a question: no threads
            vectors[read] = self._vector(pieces[0])
        elif pieces:
            self._session  # noqa: B018 - loaded once, before threads ask for it
            with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
                vectors[read] = list(pool.map(self._vector, pieces))
        return vectors

    def _vector(self, pieces: list[int]) -> Vectors:
        found: Vectors = self._session.run(None, {"ids": np.array([pieces], np.int64)})[0][0]
        return found
