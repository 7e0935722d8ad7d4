"""Trains the bundled embedder from titles and abstracts. Read it from top to bottom.

    pip install "askpapers[train]"
    python -m ingest.embedders.train papers.jsonl.gz --out static-v1 --exclude test.jsonl \\
        --teacher all-MiniLM-L6-v2

Without ``--teacher`` (a sentence-transformers model's folder) rows start from noise.

A static embedder is a table with a row per token; a text's vector is the sum of its tokens' rows.
The table starts from a teacher's vectors of the single words, so that words of a like meaning
start near each other, and is then trained so that a paper's title lies nearer to its own abstract
than to the abstracts of the 2,047 other papers of the batch, and so that short texts lie as near to
each other as the teacher has them.

Shapes: V tokens in the vocabulary, D dimensions, B papers in a batch, T tokens in a batch.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from ingest.embedders.static import UNKNOWN, StaticEmbedder
from ingest.paper import digest, title_key
from ingest.sentences import sentence_spans

if TYPE_CHECKING:
    from torch import Tensor

Ids = NDArray[np.int32]
Floats = NDArray[np.float32]
Pair = tuple[str, str]  # title and abstract


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every number that decides the result. The defaults made the bundled weights."""

    dim: int = 256
    words: int = 53_000  # whole words in the vocabulary, the most frequent ones
    pieces: int = 8_000  # parts of words, for those outside it
    repeat_second: int = 4  # how often the papers of every corpus but the first are seen
    steps: int = 400
    batch: int = 2_048
    scale: float = 20.0  # cosines are multiplied by it before the softmax
    learning_rate: float = 2e-3
    pull: float = 0.0  # how strongly rows are drawn back to where the teacher put them
    drop_shared: float = 0.3  # how often the words of the query are taken out of its paper
    held_out: int = 5_000  # papers at the end of the first corpus kept for the last check
    lessons: int = 28_000  # papers of which the teacher reads the title and a sentence
    teach: float = 1.0  # how much the teacher's lessons count beside the papers' own pairs
    seed: int = 20261123


class Texts(NamedTuple):
    """Tokenised texts end to end: text i is ``ids[starts[i] : starts[i + 1]]``."""

    ids: Ids  # (T,)
    starts: NDArray[np.int64]  # (n + 1,)


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


# --- 2. Vocabulary ------------------------------------------------------------------------------


def blank_tokenizer(model: models.Model) -> Tokenizer:
    """Lower case, no accents, split at white space and around every punctuation mark."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def train_tokenizer(texts: Sequence[str], recipe: Recipe) -> Tokenizer:
    """Whole words where they are frequent, else the longest known parts ("##ization").

    Punctuation is left out of the vocabulary, so it becomes UNKNOWN, which counts for nothing.
    """
    whole = blank_tokenizer(models.WordLevel(unk_token="[UNK]"))  # noqa: S106
    whole.train_from_iterator(
        texts,
        trainers.WordLevelTrainer(
            vocab_size=recipe.words, min_frequency=5, special_tokens=["[UNK]"], show_progress=False
        ),
    )
    parts = blank_tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    parts.train_from_iterator(
        texts[::3],
        trainers.WordPieceTrainer(
            vocab_size=recipe.pieces,
            limit_alphabet=300,
            special_tokens=["[UNK]"],
            show_progress=False,
        ),
    )
    words = sorted(whole.get_vocab(), key=whole.get_vocab().__getitem__)
    pieces = sorted(parts.get_vocab(), key=parts.get_vocab().__getitem__)
    wordlike = [w for w in [*words, *pieces] if w.removeprefix("##").isalnum()]
    vocabulary = {token: i for i, token in enumerate(dict.fromkeys(["[UNK]", *wordlike]))}
    return blank_tokenizer(
        models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=60)  # noqa: S106
    )


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


# --- 3. Where rows start ------------------------------------------------------------------------


def initial_weights(counts: NDArray[np.int64]) -> Floats:
    """Smooth inverse frequency, ``a / (a + p(token))`` (https://openreview.net/forum?id=SyK00v5xx)."""
    a = 1e-4
    weights: Floats = (a / (a + counts / counts.sum())).astype(np.float32)
    return weights


def initial_directions(tokenizer: Tokenizer, teacher: Teacher | None, recipe: Recipe) -> Floats:
    """Unit rows ``(V, D)``: the teacher's vectors of the single tokens, or noise without one."""
    vocabulary = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().__getitem__)
    if teacher is None:
        noise = np.random.default_rng(recipe.seed).standard_normal((len(vocabulary), recipe.dim))
        return unit(noise.astype(np.float32))
    words = [token.removeprefix("##") for token in vocabulary]
    return unit(principal(teacher.vectors(words), recipe.dim))


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


def choose_lessons(first: Sequence[Pair], others: Sequence[Pair], recipe: Recipe) -> list[Pair]:
    """(title, a sentence of the abstract) of papers drawn from all corpora."""
    rng = np.random.default_rng(1)  # of its own: another seed keeps the cached vectors useful
    drawn = rng.choice(len(first), min(60_000, len(first)), replace=False)
    pool = [*(first[i] for i in drawn), *others]
    chosen = [pool[i] for i in rng.permutation(len(pool))[: recipe.lessons]]
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


def principal(vectors: Floats, dim: int) -> Floats:
    """Vectors ``(n, m)`` less their mean, on their first ``dim`` principal axes: ``(n, dim)``."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)  # axes of least variance first
    projected: Floats = centred @ axes[:, ::-1][:, :dim]
    return projected


def unit(rows: Floats) -> Floats:
    """Rows at length one; zero rows stay zero."""
    scaled: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return scaled


# --- 4. Pairs -----------------------------------------------------------------------------------


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


# --- 5. Training --------------------------------------------------------------------------------


def train(
    titles: Texts,
    abstracts: Texts,
    lessons: Lessons | None,
    directions: Floats,
    weights: Floats,
    recipe: Recipe,
) -> Floats:
    """The table ``(V, D)``, trained by contrast: (title, abstract) and (span, the rest).

    Beside it the teacher's lessons: of a batch of titles and sentences, the same ones shall be
    near each other for us as for the teacher, in the same measure.
    """
    torch = needs("torch")
    functional = torch.nn.functional
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)

    table = torch.nn.Parameter(torch.from_numpy(directions.copy()))  # (V, D)
    anchor = torch.from_numpy(directions)
    log_weights = torch.nn.Parameter(torch.from_numpy(np.log(weights)))  # (V,)
    optimizer = torch.optim.Adam(
        [
            {"params": [table], "lr": recipe.learning_rate},
            {"params": [log_weights], "lr": recipe.learning_rate * 5},
        ],
        betas=(0.9, 0.99),
        fused=True,
    )
    peak = [group["lr"] for group in optimizer.param_groups]

    def pooled(rows: Tensor, bags: Bags) -> Tensor:  # -> (B, D)
        offsets = np.searchsorted(bags.owners, np.arange(recipe.batch))
        total = functional.embedding_bag(
            torch.from_numpy(bags.ids), rows, torch.from_numpy(offsets), mode="sum"
        )
        return functional.normalize(total, dim=1)

    self_pairs = torch.eye(recipe.batch, dtype=torch.bool)

    def nearness(vectors: Tensor) -> Tensor:  # log-probabilities over the others, (B, B)
        cosines = vectors @ vectors.T
        return functional.log_softmax((recipe.scale * cosines).masked_fill(self_pairs, -1e4), dim=1)

    n = len(titles.starts) - 1
    order = np.empty(0, dtype=np.int64)
    labels = torch.arange(recipe.batch)
    for step in range(recipe.steps):
        if len(order) < recipe.batch:
            order = np.concatenate([order, rng.permutation(n)])
        chosen, order = order[: recipe.batch], order[recipe.batch :]

        title, abstract = gather(titles, chosen), gather(abstracts, chosen)
        span, rest = cut_spans(abstract, recipe.batch, rng)
        pairs = [(title, abstract), (span, join(title, rest))]

        rate = min(1.0, (step + 1) / 50, 1.05 - step / recipe.steps)  # warm up, then down
        for group, lr in zip(optimizer.param_groups, peak, strict=True):
            group["lr"] = lr * rate

        rows = table * log_weights.exp()[:, None]  # (V, D)
        loss = torch.zeros(())
        for query, document in pairs:
            spared = rng.random(recipe.batch) >= recipe.drop_shared
            document = without_shared(document, query, spared)
            cosines = pooled(rows, query) @ pooled(rows, document).T  # (B, B)
            loss = loss + functional.cross_entropy(recipe.scale * cosines, labels)
            loss = loss + functional.cross_entropy(recipe.scale * cosines.T, labels)
        loss = loss / (2 * len(pairs))
        if lessons and recipe.teach:
            some = rng.choice(len(lessons.title_vectors), recipe.batch // 2, replace=False)
            texts = stack(gather(lessons.titles, some), gather(lessons.sentences, some), len(some))
            ours = pooled(rows, texts)  # (B, D)
            vectors = [lessons.title_vectors[some], lessons.sentence_vectors[some]]
            theirs = torch.from_numpy(np.concatenate(vectors))  # (B, 384)
            taught = functional.kl_div(
                nearness(ours), nearness(theirs), log_target=True, reduction="batchmean"
            )
            loss = loss + recipe.teach * taught
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if recipe.pull:
            with torch.no_grad():
                table.lerp_(anchor, recipe.pull * rate)
        if step % 50 == 0 or step == recipe.steps - 1:
            say(f"step {step:5d}  loss {loss.item():.3f}")
    trained: Floats = (table * log_weights.exp()[:, None]).detach().numpy()
    trained[UNKNOWN] = 0
    return trained


# --- 6. On disk ---------------------------------------------------------------------------------


def save(out: Path, tokenizer: Tokenizer, table: Floats, version: str) -> None:
    """Rows as int8 with a float32 scale each; the tokenizer; the identity."""
    out.mkdir(parents=True, exist_ok=True)
    scales = (np.abs(table).max(axis=1) / 127).astype(np.float32)  # (V,)
    rows = np.rint(table / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)  # (V, D)
    np.save(out / "rows.npy", rows)
    np.save(out / "scales.npy", scales)
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    config = {"name": "static", "version": version, "dim": table.shape[1]}
    (out / "config.json").write_text(json.dumps(config) + "\n", encoding="utf-8")


def needs(module: str) -> ModuleType:
    """An import that only training needs."""
    try:
        return import_module(module)
    except ImportError as error:
        raise SystemExit(
            f'Training needs {module}, which is not installed: pip install "askpapers[train]"'
        ) from error


def say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("corpus", nargs="+", type=Path, help="JSON lines with title and abstract")
    parser.add_argument("--out", required=True, type=Path, help="folder to write")
    parser.add_argument("--exclude", nargs="*", default=[], type=Path, help="titles to leave out")
    parser.add_argument("--teacher", help="folder of a sentence-transformers model")
    parser.add_argument("--cache", type=Path, help="folder to keep the teacher's vectors in")
    parser.add_argument("--version", default="1", help="part of the identity of stored vectors")
    for name, default in asdict(Recipe()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    args = parser.parse_args()
    recipe = Recipe(**{name: getattr(args, name) for name in asdict(Recipe())})

    excluded = set().union(*map(read_titles, args.exclude))
    first, *others = (read_papers(path, excluded) for path in args.corpus)
    held = first[len(first) - min(recipe.held_out, len(first) // 10) :]
    first = first[: len(first) - len(held)]
    second = [paper for corpus in others for paper in corpus]
    papers = first + second * recipe.repeat_second
    say(f"{len(first):,} + {len(second):,} papers, {len(held):,} held out")

    tokenizer = train_tokenizer([f"{title}\n{abstract}" for title, abstract in papers], recipe)
    titles = tokenise(tokenizer, [title for title, _ in papers])
    abstracts = tokenise(tokenizer, [abstract for _, abstract in papers])
    counts = np.bincount(np.concatenate([titles.ids, abstracts.ids]))
    counts.resize(tokenizer.get_vocab_size())
    say(f"{len(counts):,} tokens in the vocabulary, {counts.sum():,} in the papers")

    teacher = Teacher(args.teacher, args.cache) if args.teacher else None
    directions = initial_directions(tokenizer, teacher, recipe)
    lessons = None
    if teacher is not None:
        short = choose_lessons(first, second, recipe)
        lessons = take_lessons(tokenizer, teacher, short)
    say("the teacher is done; training")
    table = train(titles, abstracts, lessons, directions, initial_weights(counts), recipe)
    save(args.out, tokenizer, table, args.version)
    if held:
        rank = reciprocal_rank(StaticEmbedder(args.out), held)
        say(f"held-out titles find their abstracts: mean reciprocal rank {rank:.3f}")


def reciprocal_rank(embedder: StaticEmbedder, held: Sequence[Pair]) -> float:
    """Mean reciprocal rank of their own abstract for up to 1,000 titles, among all abstracts."""
    titles = embedder.embed([title for title, _ in held[:1_000]])  # (q, D)
    cosines = titles @ embedder.embed([abstract for _, abstract in held]).T  # (q, n)
    own = np.diagonal(cosines)[:, None]  # (q, 1)
    return float(np.mean(1 / (1 + (cosines > own).sum(axis=1))))


if __name__ == "__main__":
    main()
