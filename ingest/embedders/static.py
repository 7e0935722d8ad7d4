"""The bundled embedder: a vector per token, summed with weights. No key, no download, no torch.

A text's vector is the direction of the sum of its tokens' rows. A row's length is the token's
weight: "the" is short, "quantization" is long. The idea is model2vec's
(https://github.com/MinishLab/model2vec); the rows are trained by ``train.py`` and described in
``static-v1/CARD.md``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ingest.embedders import Vectors

BUNDLED = Path(__file__).parent / "static-v1"
UNKNOWN = 0  # the token of punctuation and of signs never seen: its row is zero
BATCH = 512  # texts tokenised at a time: bounds the memory taken, not the result


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """The known tokens of one text, in order; ``t`` of them.

    ``spans`` are offsets into the text; ``vectors`` are unit rows ``(t, dim) float32``; ``weights``
    ``(t,) float32`` are >= 0 and say how much each one counts. The text's vector is the direction
    of ``weights @ vectors``.
    """

    strings: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    ids: NDArray[np.int64]
    vectors: Vectors
    weights: NDArray[np.float32]


class StaticEmbedder:
    """Token vectors read from a folder that ``train.py`` wrote; the bundled one by default."""

    def __init__(self, folder: Path = BUNDLED) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.name: str = config["name"]
        self.version: str = config["version"]
        self.dim: int = config["dim"]
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._rows: NDArray[np.int8] = np.load(folder / "rows.npy")  # (vocabulary, dim)
        self._scales: NDArray[np.float32] = np.load(folder / "scales.npy")  # (vocabulary,)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors ``(len(texts), dim) float32``; a text without known words gives zeros.

        A text's vector does not depend on its neighbours in ``texts``. All of a text counts,
        however long it is.
        """
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            encodings = self._tokenizer.encode_batch_fast(list(texts[start : start + BATCH]))
            for i, encoding in enumerate(encodings, start):
                vectors[i] = self._pooled(np.array(encoding.ids, dtype=np.int64))
        return vectors

    def tokens(self, text: str) -> Tokens:
        """The tokens of ``text`` one by one, for whoever compares word with word."""
        encoding = self._tokenizer.encode(text)
        # Each of these lists is made anew whenever it is asked for.
        all_ids, strings, offsets = encoding.ids, encoding.tokens, encoding.offsets
        known = [i for i, token in enumerate(all_ids) if token != UNKNOWN]
        ids = np.array([all_ids[i] for i in known], dtype=np.int64)
        rows = self._rows[ids].astype(np.float32) * self._scales[ids, None]  # (t, dim)
        weights = np.linalg.norm(rows, axis=1)  # (t,)
        return Tokens(
            strings=tuple(strings[i] for i in known),
            spans=tuple(offsets[i] for i in known),
            ids=ids,
            vectors=rows / np.maximum(weights, 1e-12)[:, None],
            weights=weights,
        )

    def _pooled(self, ids: NDArray[np.int64]) -> Vectors:
        """The unit vector ``(dim,)`` of one text from its token ids ``(t,)``."""
        total = self._scales[ids] @ self._rows[ids].astype(np.float32)  # (t,) @ (t, dim) -> (dim,)
        norm = np.linalg.norm(total)
        return total / norm if norm > 0 else total
