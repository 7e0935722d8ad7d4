"""Trains the bundled embedder from titles and abstracts. Read it from top to bottom.

    pip install "askpapers[train]"
    python -m eval.train.embedder papers.jsonl.gz --out static-v1 --exclude test.jsonl \\
        --teacher all-MiniLM-L6-v2

Without ``--teacher`` (a sentence-transformers model's folder) rows start from noise. With
``--from FOLDER`` the last stage alone is run, on the model in that folder: two minutes.

A static embedder is a table with a row per token; a text's vector is the sum of its tokens' rows.
The table starts from a teacher's vectors of the single words, so that words of a like meaning
start near each other, and is then trained so that a paper's title lies nearer to its own abstract
than to the abstracts of the 2,047 other papers of the batch, and so that short texts lie as near to
each other as the teacher has them. Last it is polished on pairs of our own writing
(``pairs/README.md``), so that a question in everyday words lies near what an abstract would say.

Shapes: V tokens in the vocabulary, D dimensions, B texts in a batch.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from eval.train.embedder.batches import (
    Bags,
    Pair,
    Texts,
    by_number,
    cut_spans,
    gather,
    join,
    read_pairs,
    read_papers,
    read_titles,
    stack,
    thin,
    tokenise,
    train_tokenizer,
    without_shared,
)
from eval.train.embedder.teacher import (
    Floats,
    Lessons,
    Teacher,
    choose_lessons,
    needs,
    take_lessons,
)
from ingest.embedders.static import UNKNOWN, StaticEmbedder

if TYPE_CHECKING:
    from torch import Tensor

OUR_PAIRS = Path(__file__).parents[1] / "pairs"


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
    polish_steps: int = 350
    polish_pairs: int = 512  # pairs of everyday and technical words in a step
    polish_papers: int = 1_024  # papers in a step beside them, so that nothing is forgotten
    polish_first: int = 60_000  # papers of the first corpus that these are drawn from
    polish_rate: float = 1.2e-3
    polish_drop: float = 0.1  # share of tokens left out of every text of a step
    seed: int = 20261123


# --- 1. Where rows start ------------------------------------------------------------------------


def initial_weights(counts: NDArray[np.int64]) -> Floats:
    """Smooth inverse frequency, ``a / (a + p(token))`` (https://openreview.net/forum?id=SyK00v5xx)."""
    a = 1e-4
    weights: Floats = (a / (a + counts / counts.sum())).astype(np.float32)
    return weights


def initial_directions(tokenizer: Tokenizer, teacher: Teacher | None, recipe: Recipe) -> Floats:
    """Unit rows ``(V, D)``: the teacher's vectors of the single tokens, or noise without one."""
    vocabulary = by_number(tokenizer)
    if teacher is None:
        noise = np.random.default_rng(recipe.seed).standard_normal((len(vocabulary), recipe.dim))
        return unit(noise.astype(np.float32))
    words = [token.removeprefix("##") for token in vocabulary]
    return unit(principal(teacher.vectors(words), recipe.dim))


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


# --- 2. Training --------------------------------------------------------------------------------


def pooled(rows: Tensor, bags: Bags, size: int) -> Tensor:
    """Unit vectors ``(size, D)`` of a batch; rows ``(V, D)`` are as long as they weigh."""
    torch = needs("torch")
    offsets = torch.from_numpy(np.searchsorted(bags.owners, np.arange(size)))
    total = torch.nn.functional.embedding_bag(torch.from_numpy(bags.ids), rows, offsets, mode="sum")
    vectors: Tensor = torch.nn.functional.normalize(total, dim=1)
    return vectors


def contrast(queries: Tensor, documents: Tensor, scale: float) -> Tensor:
    """How badly queries ``(B, D)`` find the first B of the documents among all, and the reverse."""
    torch = needs("torch")
    cosines = scale * queries @ documents.T  # (B, documents)
    own = torch.arange(len(queries))
    there = torch.nn.functional.cross_entropy(cosines, own)
    back = torch.nn.functional.cross_entropy(cosines.T[: len(queries)], own)
    loss: Tensor = (there + back) / 2
    return loss


def warmth(step: int, steps: int, warm_up: int) -> float:
    """The share of the learning rate at a step: up during the warm-up, then down to 0.05."""
    return min(1.0, (step + 1) / warm_up, 1.05 - step / steps)


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

    self_pairs = torch.eye(recipe.batch, dtype=torch.bool)

    def nearness(vectors: Tensor) -> Tensor:  # log-probabilities over the others, (B, B)
        cosines = vectors @ vectors.T
        return functional.log_softmax((recipe.scale * cosines).masked_fill(self_pairs, -1e4), dim=1)

    n = len(titles.starts) - 1
    order = np.empty(0, dtype=np.int64)
    for step in range(recipe.steps):
        if len(order) < recipe.batch:
            order = np.concatenate([order, rng.permutation(n)])
        chosen, order = order[: recipe.batch], order[recipe.batch :]

        title, abstract = gather(titles, chosen), gather(abstracts, chosen)
        span, rest = cut_spans(abstract, recipe.batch, rng)
        pairs = [(title, abstract), (span, join(title, rest))]

        rate = warmth(step, recipe.steps, 50)
        for group, lr in zip(optimizer.param_groups, peak, strict=True):
            group["lr"] = lr * rate

        rows = table * log_weights.exp()[:, None]  # (V, D)
        loss = torch.zeros(())
        for query, document in pairs:
            spared = rng.random(recipe.batch) >= recipe.drop_shared
            document = without_shared(document, query, spared)
            queries = pooled(rows, query, recipe.batch)  # (B, D)
            documents = pooled(rows, document, recipe.batch)  # (B, D)
            loss = loss + contrast(queries, documents, recipe.scale) / len(pairs)
        if lessons and recipe.teach:
            some = rng.choice(len(lessons.title_vectors), recipe.batch // 2, replace=False)
            texts = stack(gather(lessons.titles, some), gather(lessons.sentences, some), len(some))
            ours = pooled(rows, texts, recipe.batch)  # (B, D)
            taught_at = [lessons.title_vectors[some], lessons.sentence_vectors[some]]
            theirs = torch.from_numpy(np.concatenate(taught_at))  # (B, 384)
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


# --- 3. Everyday words ---------------------------------------------------------------------------


def polish(
    table: Floats, our_pairs: Sequence[Texts], papers: Sequence[Texts], recipe: Recipe
) -> Floats:
    """The table ``(V, D)``, so moved that everyday words find what technical ones say.

    Given are the two sides of our pairs (everyday, technical) and of papers (titles, abstracts).

    Papers go on being trained on beside our pairs, or else the table would forget them. Their
    abstracts also stand among the technical texts, as wrong answers of a real abstract's length.
    """
    torch = needs("torch")
    rng = np.random.default_rng(recipe.seed)
    (lay, technical), (titles, abstracts) = our_pairs, papers
    rows = torch.nn.Parameter(torch.from_numpy(table.copy()))  # (V, D), weights included
    optimizer = torch.optim.Adam([rows], lr=recipe.polish_rate, betas=(0.9, 0.99), fused=True)

    def drawn(texts: Texts, size: int) -> NDArray[np.int64]:
        return rng.choice(len(texts.starts) - 1, size, replace=False)

    def vectors(bags: Bags, size: int) -> Tensor:  # -> (size, D)
        return pooled(rows, thin(bags, recipe.polish_drop, rng), size)

    def less_shared(document: Bags, query: Bags, size: int) -> Bags:
        return without_shared(document, query, rng.random(size) >= recipe.drop_shared)

    p = min(recipe.polish_pairs, len(lay.starts) - 1)
    b = min(recipe.polish_papers, len(titles.starts) - 1)
    for step in range(recipe.polish_steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.polish_rate * warmth(step, recipe.polish_steps, 20)

        of_pairs, of_papers = drawn(lay, p), drawn(titles, b)
        title, abstract = gather(titles, of_papers), gather(abstracts, of_papers)
        span, rest = cut_spans(abstract, b, rng)

        found = vectors(less_shared(abstract, title, b), b)  # (b, D)
        by_title = contrast(vectors(title, b), found, recipe.scale)
        remainder = vectors(less_shared(rest, span, b), b)  # (b, D)
        by_span = contrast(vectors(span, b), remainder, recipe.scale)
        answers = torch.cat([vectors(gather(technical, of_pairs), p), found[:p]])  # (up to 2p, D)
        by_lay = contrast(vectors(gather(lay, of_pairs), p), answers, recipe.scale)

        loss = by_lay + (by_title + by_span) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0 or step == recipe.polish_steps - 1:
            say(f"polish {step:4d}  pairs {by_lay.item():.3f}  papers {by_title.item():.3f}")
    polished: Floats = rows.detach().numpy()
    polished[UNKNOWN] = 0
    return polished


# --- 4. On disk ---------------------------------------------------------------------------------


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


def load(folder: Path) -> tuple[Tokenizer, Floats]:
    """What ``save`` wrote: the tokenizer and the table ``(V, D)``."""
    rows, scales = np.load(folder / "rows.npy"), np.load(folder / "scales.npy")
    table: Floats = rows.astype(np.float32) * scales[:, None]
    return Tokenizer.from_file(str(folder / "tokenizer.json")), table


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
    parser.add_argument("--from", dest="start", type=Path, help="model folder: polish it, no more")
    parser.add_argument(
        "--pairs", nargs="*", type=Path, help="everyday and technical words (default: ours)"
    )
    for name, default in asdict(Recipe()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    args = parser.parse_args()
    recipe = Recipe(**{name: getattr(args, name) for name in asdict(Recipe())})

    excluded = set().union(*map(read_titles, args.exclude))
    first, *others = (read_papers(path, excluded) for path in args.corpus)
    held = first[len(first) - min(recipe.held_out, len(first) // 10) :]
    first = first[: len(first) - len(held)]
    second = [paper for corpus in others for paper in corpus]
    say(f"{len(first):,} + {len(second):,} papers, {len(held):,} held out")

    if args.start:
        tokenizer, table = load(args.start)
    else:
        teacher = Teacher(args.teacher, args.cache) if args.teacher else None
        tokenizer, table = learn(first, second, teacher, recipe)

    pairs = read_pairs(sorted(OUR_PAIRS.glob("*.jsonl")) if args.pairs is None else args.pairs)
    if pairs:
        say(f"polishing on {len(pairs):,} pairs of everyday and technical words")
        papers = first[: recipe.polish_first] + second * recipe.repeat_second
        table = polish(
            table,
            [tokenise(tokenizer, side) for side in zip(*pairs, strict=True)],
            [tokenise(tokenizer, side) for side in zip(*papers, strict=True)],
            recipe,
        )
    save(args.out, tokenizer, table, args.version)
    if held:
        rank = reciprocal_rank(StaticEmbedder(args.out), held)
        say(f"held-out titles find their abstracts: mean reciprocal rank {rank:.3f}")


def learn(
    first: list[Pair], second: list[Pair], teacher: Teacher | None, recipe: Recipe
) -> tuple[Tokenizer, Floats]:
    """Vocabulary and table ``(V, D)`` from papers, the first corpus and the others."""
    papers = first + second * recipe.repeat_second
    tokenizer = train_tokenizer(
        [f"{title}\n{abstract}" for title, abstract in papers], recipe.words, recipe.pieces
    )
    titles = tokenise(tokenizer, [title for title, _ in papers])
    abstracts = tokenise(tokenizer, [abstract for _, abstract in papers])
    counts = np.bincount(np.concatenate([titles.ids, abstracts.ids]))
    counts.resize(tokenizer.get_vocab_size())
    say(f"{len(counts):,} tokens in the vocabulary, {counts.sum():,} in the papers")

    directions = initial_directions(tokenizer, teacher, recipe)
    lessons = None
    if teacher is not None:
        short = choose_lessons(first, second, recipe.lessons)
        lessons = take_lessons(tokenizer, teacher, short)
    say("the teacher is done; training")
    return tokenizer, train(titles, abstracts, lessons, directions, initial_weights(counts), recipe)


def reciprocal_rank(embedder: StaticEmbedder, held: Sequence[Pair]) -> float:
    """Mean reciprocal rank of their own abstract for up to 1,000 titles, among all abstracts."""
    titles = embedder.embed([title for title, _ in held[:1_000]])  # (q, D)
    cosines = titles @ embedder.embed([abstract for _, abstract in held]).T  # (q, n)
    own = np.diagonal(cosines)[:, None]  # (q, 1)
    return float(np.mean(1 / (1 + (cosines > own).sum(axis=1))))


if __name__ == "__main__":
    main()
