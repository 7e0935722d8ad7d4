"""What training reads: papers and pairs from files, the words in them, and batches of their tokens.

Shapes: B texts in a batch, T tokens in a batch.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from ingest.embedders.static import UNKNOWN
from ingest.paper import title_key

Ids = NDArray[np.int32]
Pair = tuple[str, str]  # title and abstract, or everyday words and technical ones

# --- 1. Papers ----------------------------------------------------------------------------------


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a text file, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        yield from file


def read_titles(path: Path) -> set[str]:
    """The keys of every title in a file: JSON lines with a "title", or else any line of text."""
    lines = [line.strip() for line in read_lines(path)]
    titles = (json.loads(line)["title"] if line.startswith("{") else line for line in lines)
    return {title_key(title) for title in titles} - {""}


def read_papers(path: Path, excluded: set[str]) -> list[Pair]:
    """(title, abstract) of every paper in JSON lines that has both and is not excluded."""
    fields = (json.loads(line) for line in read_lines(path))
    pairs = ((" ".join(f["title"].split()), " ".join(f["abstract"].split())) for f in fields)
    return [(t, a) for t, a in pairs if t and a and title_key(t) not in excluded]


def read_pairs(paths: Sequence[Path]) -> list[Pair]:
    """(everyday words, technical words) of JSON lines with "lay" and "technical"."""
    fields = (json.loads(line) for path in paths for line in read_lines(path))
    return [(f["lay"], f["technical"]) for f in fields]


# --- 2. Vocabulary ------------------------------------------------------------------------------


def blank_tokenizer(model: models.Model) -> Tokenizer:
    """Lower case, no accents, split at white space and around every punctuation mark."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def train_tokenizer(texts: Sequence[str], words: int, pieces: int) -> Tokenizer:
    """At most so many whole words where they are frequent, else known parts ("##ization").

    Punctuation is left out of the vocabulary, so it becomes UNKNOWN, which counts for nothing.
    """
    whole = blank_tokenizer(models.WordLevel(unk_token="[UNK]"))  # noqa: S106
    whole.train_from_iterator(
        texts,
        trainers.WordLevelTrainer(
            vocab_size=words, min_frequency=5, special_tokens=["[UNK]"], show_progress=False
        ),
    )
    letters = sorted({letter for word in whole.get_vocab() for letter in word})
    parts = blank_tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    parts.train_from_iterator(
        texts[::3],
        trainers.WordPieceTrainer(
            vocab_size=pieces,
            limit_alphabet=300,
            # Numbered before the trainer meets them: it breaks ties by number, and it meets them
            # in another order on every run.
            special_tokens=["[UNK]", *(f"##{letter}" for letter in letters)],
            show_progress=False,
        ),
    )
    known = [*by_number(whole), *sorted(parts.get_vocab())]
    wordlike = [token for token in known if token.removeprefix("##").isalnum()]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(["[UNK]", *wordlike]))}
    return blank_tokenizer(
        models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=60)  # noqa: S106
    )


def by_number(tokenizer: Tokenizer) -> list[str]:
    """The tokens of a vocabulary, each at the place of its number."""
    vocabulary = tokenizer.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


# --- 3. Batches ----------------------------------------------------------------------------------


class Texts(NamedTuple):
    """Tokenised texts end to end: text i is ``ids[starts[i] : starts[i + 1]]``."""

    ids: Ids  # (T,)
    starts: NDArray[np.int64]  # (n + 1,)


def tokenise(tokenizer: Tokenizer, texts: Sequence[str]) -> Texts:
    """Token ids of all texts, end to end, without the unknown ones."""
    parts: list[Ids] = []
    for start in range(0, len(texts), 10_000):
        encodings = tokenizer.encode_batch_fast(list(texts[start : start + 10_000]))
        for encoding in encodings:
            ids = np.array(encoding.ids, dtype=np.int32)
            parts.append(ids[ids != UNKNOWN])
    starts = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    return Texts(np.concatenate(parts), starts)


class Bags(NamedTuple):
    """A batch of texts as ``embedding_bag`` takes it."""

    ids: NDArray[np.int64]  # (T,)
    owners: NDArray[np.int64]  # (T,) which text of the batch a token belongs to, ascending


def gather(texts: Texts, chosen: NDArray[np.int64]) -> Bags:
    """The tokens of the chosen texts."""
    starts, lengths = texts.starts[chosen], np.diff(texts.starts)[chosen]
    owners = np.repeat(np.arange(len(chosen)), lengths)
    first = np.cumsum(lengths) - lengths  # where each text begins in the batch
    ids = texts.ids[np.arange(len(owners)) - first[owners] + starts[owners]]
    return Bags(ids.astype(np.int64), owners)


def cut_spans(bags: Bags, size: int, rng: np.random.Generator) -> tuple[Bags, Bags]:
    """A run of 6 to 24 tokens out of each of ``size`` texts, and what is left of the text."""
    lengths = np.bincount(bags.owners, minlength=size)  # (B,)
    span = np.minimum(rng.integers(6, 25, size), lengths // 2)
    begin = (rng.random(size) * (lengths - span + 1)).astype(np.int64)
    place = np.arange(len(bags.ids)) - (np.cumsum(lengths) - lengths)[bags.owners]
    inside = (place >= begin[bags.owners]) & (place < (begin + span)[bags.owners])
    return keep(bags, inside), keep(bags, ~inside)


def keep(bags: Bags, mask: NDArray[np.bool_]) -> Bags:
    return Bags(bags.ids[mask], bags.owners[mask])


def thin(bags: Bags, share: float, rng: np.random.Generator) -> Bags:
    """The batch without about this share of its tokens."""
    return keep(bags, rng.random(len(bags.ids)) >= share)


def join(first: Bags, second: Bags) -> Bags:
    """Text i of the one followed by text i of the other."""
    owners = np.concatenate([first.owners, second.owners])
    order = np.argsort(owners, kind="stable")
    return Bags(np.concatenate([first.ids, second.ids])[order], owners[order])


def stack(first: Bags, second: Bags, size: int) -> Bags:
    """The ``size`` texts of the one, then the texts of the other, in one batch."""
    return Bags(
        np.concatenate([first.ids, second.ids]),
        np.concatenate([first.owners, second.owners + size]),
    )


def without_shared(document: Bags, query: Bags, spared: NDArray[np.bool_]) -> Bags:
    """The documents without their own query's words, unless ``spared`` ``(B,)``.

    The lexical engine finds shared words better than we do. What it cannot see is that other
    words mean the same, so the rows are made to practise that.
    """
    key = 1 << 32
    shared = np.isin(document.owners * key + document.ids, query.owners * key + query.ids)
    return keep(document, ~shared | spared[document.owners])
