"""What a slower and better model teaches the static embedder: where words and short texts lie."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from eval.train.embedder.batches import Pair, Texts, tokenise
from ingest.paper import digest
from ingest.sentences import sentence_spans

Floats = NDArray[np.float32]


class Teacher:
    """A sentence-transformers model in a folder, read by transformer: slow, so it is cached."""

    def __init__(self, folder: str, cache: Path | None) -> None:
        sentence_transformers = needs("sentence_transformers")
        self._model = sentence_transformers.SentenceTransformer(folder, device="cpu")
        self._cache = cache

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Unit vectors ``(len(texts), 384)``."""
        kept = self._cache / f"{digest(chr(0).join(texts))}.npy" if self._cache else None
        if kept and kept.exists():
            cached: Floats = np.load(kept).astype(np.float32)
            return cached
        vectors: Floats = self._model.encode(list(texts), batch_size=128, normalize_embeddings=True)
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.save(kept, vectors)
        return vectors


class Lessons(NamedTuple):
    """Short texts, two of each paper, and where the teacher puts them; L papers."""

    titles: Texts
    sentences: Texts
    title_vectors: Floats  # (L, 384)
    sentence_vectors: Floats  # (L, 384)


def choose_lessons(first: Sequence[Pair], others: Sequence[Pair], number: int) -> list[Pair]:
    """(title, a sentence of the abstract) of papers drawn from all corpora."""
    rng = np.random.default_rng(1)  # of its own: another seed keeps the cached vectors useful
    drawn = rng.choice(len(first), min(60_000, len(first)), replace=False)
    pool = [*(first[i] for i in drawn), *others]
    chosen = [pool[i] for i in rng.permutation(len(pool))[:number]]
    lessons = []
    for title, abstract in chosen:
        sentences = [abstract[start:end] for start, end in sentence_spans(abstract)]
        sentences = [s for s in sentences if 40 < len(s) < 260] or [abstract[:200]]
        lessons.append((title, sentences[rng.integers(len(sentences))]))
    return lessons


def take_lessons(tokenizer: Tokenizer, teacher: Teacher, short: Sequence[Pair]) -> Lessons:
    """What the teacher says of these (title, sentence) pairs."""
    titles, sentences = [title for title, _ in short], [sentence for _, sentence in short]
    return Lessons(
        tokenise(tokenizer, titles),
        tokenise(tokenizer, sentences),
        teacher.vectors(titles),
        teacher.vectors(sentences),
    )


def needs(module: str) -> ModuleType:
    """An import that only training needs."""
    try:
        return import_module(module)
    except ImportError as error:
        raise SystemExit(
            f'Training needs {module}, which is not installed: pip install "askpapers[train]"'
        ) from error
