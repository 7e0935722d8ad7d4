"""The bundled embedder: a vector per token, summed with weights. No key, no download, no torch.

A text's vector is the direction of the sum of its tokens' rows. A row's length is the token's
weight: "the" is short, "quantization" is long. The idea is model2vec's
(https://github.com/MinishLab/model2vec); the rows are trained by ``train.py`` and described in
``static-v1/CARD.md``.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ingest.embedders import Vectors
from ingest.sentences import Span

BUNDLED = Path(__file__).parent / "static-v1"
UNKNOWN = 0  # the token of punctuation and of signs never seen: its row is zero
_REMEMBERED = 200_000  # words: some 40 MB
_PLAIN, _WORD = re.compile(r"[a-z0-9]+"), re.compile(r"\S+")
_NO_SIGNS = str.maketrans(dict.fromkeys(string.punctuation, " "))


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

    def first(self, most: int) -> Tokens:
        """The first ``most`` of them."""
        cut = slice(most)
        return Tokens(
            self.strings[cut], self.spans[cut], self.ids[cut], self.vectors[cut], self.weights[cut]
        )


class StaticEmbedder:
    """Token vectors read from a folder that ``train.py`` wrote; the bundled one by default."""

    def __init__(self, folder: Path = BUNDLED) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.name: str = config["name"]
        self.version: str = config["version"]
        self.dim: int = config["dim"]
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._rows: NDArray[np.int8] = np.asarray(np.load(folder / "rows.npy", mmap_mode="r"))
        self._scales: NDArray[np.float32] = np.load(folder / "scales.npy")  # (vocabulary,)
        self._words = _Words(self._tokenizer)
        self._pieces = lru_cache(maxsize=20_000)(self._found)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors ``(len(texts), dim) float32``; a text without known words gives zeros.

        A text's vector does not depend on its neighbours in ``texts``. All of a text counts,
        however long it is.
        """
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        if len(self._words) > _REMEMBERED:
            self._words = _Words(self._tokenizer)  # another thread may go on with the old ones
        ids_of = self._words.__getitem__
        for i, text in enumerate(texts):
            ids = np.fromiter(chain.from_iterable(map(ids_of, _cut(text))), np.int64)  # (t,)
            total = self._scales[ids] @ self._rows.take(ids, axis=0).astype(np.float32)  # (dim,)
            vectors[i] = total / max(float(np.linalg.norm(total)), 1e-30)
        return vectors

    def tokens(self, text: str) -> Tokens:
        """The tokens of ``text`` one by one, for whoever compares word with word."""
        ids: list[int] = []
        spans: list[Span] = []
        strings: list[str] = []
        for start, word in _words(text):
            for id_, (first, last), written in self._pieces(word):
                ids.append(id_)
                spans.append((start + first, start + last))
                strings.append(written)
        numbers = np.array(ids, dtype=np.int64)
        rows = self._rows.take(numbers, axis=0).astype(np.float32)  # (t, dim)
        lengths = np.sqrt(np.einsum("td,td->t", rows, rows))
        return Tokens(
            strings=tuple(strings),
            spans=tuple(spans),
            ids=numbers,
            vectors=rows / np.maximum(lengths, 1e-12)[:, None],
            weights=lengths * self._scales[numbers],
        )

    def _found(self, word: str) -> tuple[tuple[int, Span, str], ...]:
        """The known tokens of a word: id, place in the word, as it is written."""
        encoding = self._tokenizer.encode(word)
        # Each of these lists is made anew whenever it is asked for.
        parts = zip(encoding.ids, encoding.offsets, encoding.tokens, strict=True)
        return tuple((id_, span, said) for id_, span, said in parts if id_ != UNKNOWN)


class _Words(dict[str, list[int]]):
    """The token ids of every word that was met: looking them up is far quicker than tokenising."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self._tokenizer = tokenizer

    def __missing__(self, word: str) -> list[int]:
        # The longest token that fits is taken first: a word that is one is that one.
        whole = self._tokenizer.token_to_id(word) if word.isascii() and word.isalnum() else None
        ids: list[int] = self._tokenizer.encode(word).ids if whole is None else [whole]
        self[word] = ids
        return ids


def _cut(text: str) -> list[str]:
    """``text`` cut where no token goes on: at white space and, if it is plain ASCII, at signs.

    The tokens of signs, which are left out, are unknown ones: their row is zero.
    """
    if text.isascii() and text.isprintable():
        return text.translate(_NO_SIGNS).lower().split()
    return text.split()


def _words(text: str) -> Iterator[tuple[int, str]]:
    """The words of ``text`` with their places, cut as ``_cut`` does."""
    plain = text.isascii() and text.isprintable()
    for match in (_PLAIN if plain else _WORD).finditer(text.lower() if plain else text):
        yield match.start(), match.group()
