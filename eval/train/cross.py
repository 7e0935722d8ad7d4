"""Trains the contextual reader: ``python -m eval.train.cross MINILM_DIR --papers FILE... --out DIR``.

One pass over ``[CLS] question [SEP] title [SEP] s1 [SEP] s2 ...`` scores every sentence and "not
answered here" (the null). Starts from all-MiniLM-L6-v2 (Apache-2.0), word vectors cut to the words
that papers use and kept as they are. Questions and claims are the project's own
(``eval/train/data``); abstracts are looked up in the given files of papers and never stored.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel

from eval.train.cross_data import (
    Example,
    Unit,
    claims,
    kept_pieces,
    papers_of,
    units,
    worded_apart,
)
from eval.train.cross_model import NEW, Cross
from eval.train.cross_start import restored, started
from rag.read.cross_encoder import Pass

# The weights kept are the mean of all from this share of the run on: the last ones alone are too
# sure of themselves (eval/LOG.md), as in https://arxiv.org/abs/1803.05407.
EARLIER = 0.4


@dataclass(frozen=True)
class Batch:
    """Padded passes: ids, mask (b, t); segments (b, s, t) average a sentence's tokens."""

    ids: Tensor
    types: Tensor
    mask: Tensor
    segments: Tensor
    there: Tensor  # (b, s) which sentences exist
    target: Tensor  # (b, 1 + s) a distribution; column 0 is the null
    units: tuple[range, ...]  # rows of one question, of which the first one answers


class Encoder:
    """Examples to batches."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.cls, self.sep = (int(tokenizer.token_to_id(t) or 0) for t in ("[CLS]", "[SEP]"))
        self._known: dict[str, list[int]] = {}

    def pieces(self, text: str) -> list[int]:
        """The numbers of a text's word pieces, remembered."""
        if text not in self._known:
            self._known[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self._known[text]

    def row(self, example: Example) -> Pass:
        """The example as the shipped model reads it."""
        texts = (example.question, example.title, *example.sentences)
        return Pass.of([self.pieces(text) for text in texts], (self.cls, self.sep))

    def batch(self, some: Sequence[Unit]) -> Batch:
        """Rows padded to the longest."""
        group = [example for unit in some for example in unit]
        ends = np.cumsum([len(unit) for unit in some]).tolist()
        several = [
            range(end - len(unit), end) for unit, end in zip(some, ends, strict=True) if unit[1:]
        ]
        rows = [self.row(example) for example in group]
        t = max(len(row.ids) for row in rows)
        s = max(1, max(len(row.spans) for row in rows))
        n = len(rows)
        ids, types = torch.zeros(n, t, dtype=torch.long), torch.zeros(n, t, dtype=torch.long)
        mask, segments = torch.zeros(n, t), torch.zeros(n, s, t)
        there, target = torch.zeros(n, s), torch.zeros(n, 1 + s)
        for i, row in enumerate(rows):
            ids[i, : len(row.ids)] = torch.tensor(row.ids)
            types[i, row.second : len(row.ids)] = 1
            mask[i, : len(row.ids)] = 1
            for j, (start, end) in enumerate(row.spans):
                segments[i, j, start:end] = 1 / max(1, end - start)
                there[i, j] = 1
            answers = [j for j in group[i].evidence if j < len(row.spans)]
            for j in answers:
                target[i, 1 + j] = 1 / len(answers)
            if not answers:
                target[i, 0] = 1
        return Batch(ids, types, mask, segments, there, target, tuple(several))


def loss_of(scores: Tensor, batch: Batch) -> Tensor:
    """What is to become small, a row: three cross entropies.

    Over the null and the sentences of a paper; whether it answers at all; and over the papers of
    one question, which of them answers: the loss of ListNet (Cao et al. 2007).
    """
    gone = torch.cat([torch.ones(len(scores), 1), batch.there], dim=1) == 0
    scores = scores.float().masked_fill(gone, -1e4)
    listwise = -(batch.target * scores.log_softmax(1)).sum(1)
    answers = torch.logsumexp(scores[:, 1:], 1) - scores[:, 0]  # log odds that it is answered
    answered = 1 - batch.target[:, 0]
    each = listwise + 0.5 * F.binary_cross_entropy_with_logits(answers, answered, reduction="none")
    first = [-answers[unit.start : unit.stop].log_softmax(0)[0] for unit in batch.units]
    return each.mean() + (torch.stack(first).sum() / len(scores) if first else 0.0)


def batches(rows: Sequence[Unit], size: int, chance: random.Random) -> Iterable[list[Unit]]:
    """Shuffled, then alike in length within stretches of fifty batches: little is padded."""
    order = list(rows)
    chance.shuffle(order)
    for at in range(0, len(order), size * 20):
        part = sorted(order[at : at + size * 20], key=_longest)
        groups: list[list[Unit]] = [[]]
        for unit in part:
            if groups[-1] and sum(map(len, groups[-1])) + len(unit) > size:
                groups.append([])
            groups[-1].append(unit)
        chance.shuffle(groups)
        yield from groups


def _longest(unit: Unit) -> int:
    return max(sum(map(len, example.sentences)) for example in unit)


def figures(model: Cross, encoder: Encoder, some: Sequence[Unit]) -> dict[str, float]:
    """Evidence in the top 1 and 3 where there is any; AUROC of answered against not."""
    model.eval()
    rows = [example for unit in some for example in unit]
    top1 = top3 = n = 0
    odds: list[float] = []
    answered: list[bool] = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for at in range(0, len(rows), 32):
            group = rows[at : at + 32]
            batch = encoder.batch([(example,) for example in group])
            scores = model(batch.ids, batch.types, batch.mask, batch.segments).float()
            for i, example in enumerate(group):
                count = int(batch.there[i].sum())
                sentence = scores[i, 1 : 1 + count]
                odds.append(float(torch.logsumexp(sentence, 0) - scores[i, 0]))
                answered.append(bool(example.evidence))
                if example.evidence:
                    order = sentence.argsort(descending=True).tolist()
                    n += 1
                    top1 += order[0] in example.evidence
                    top3 += bool(set(order[:3]) & set(example.evidence))
    model.train()
    value, truth = np.array(odds), np.array(answered)
    gt = (value[truth][:, None] > value[~truth][None]).mean() if (~truth).any() else float("nan")
    line = np.sort(value[truth])[int(0.03 * truth.sum())] if n else 0.0
    return {
        "n": len(rows),
        "top1": top1 / max(1, n),
        "top3": top3 / max(1, n),
        "auroc": float(gt),
        "refused_at_3": float((value[~truth] < line).mean()) if (~truth).any() else float("nan"),
    }


def main() -> None:
    """Trains, reports after each epoch on authors kept apart, writes ``reader.pt`` and the tokenizer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minilm", type=Path)
    parser.add_argument("--papers", type=Path, nargs="+", required=True)
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, help="questions to learn from"
    )
    parser.add_argument(
        "--held", type=Path, nargs="*", default=[], help="questions of other authors"
    )
    parser.add_argument("--found", type=Path, help="what eval/train/hard_negatives.py wrote")
    parser.add_argument("--negatives", type=int, default=2, help="papers a question and round")
    parser.add_argument("--claims", type=Path, nargs="*", default=[])
    parser.add_argument(
        "--pairs", type=Path, nargs="*", default=[], help="everyday words, read first"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--from", dest="start", type=Path, help="go on from these weights, a cross.onnx"
    )
    parser.add_argument("--layers", default="0,1,2,3,4,5")
    parser.add_argument("--words", type=int, default=16000)
    parser.add_argument("--epochs", type=float, default=1)
    parser.add_argument("--rate", type=float, default=8e-5)
    parser.add_argument("--size", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    chance = random.Random(args.seed)  # noqa: S311
    papers = papers_of(args.papers)
    lines = args.found.read_text("utf-8").splitlines() if args.found else ()
    found = {d["question"]: d["papers"] for d in map(json.loads, lines)} or None
    first = worded_apart(args.pairs, seed=args.seed)
    fixed = claims(args.claims, papers)
    rounds = [
        # Each round meets other papers that don't answer.
        units(args.data, papers, seed=args.seed + n, negatives=args.negatives, found=found) + fixed
        for n in range(math.ceil(args.epochs))
    ]
    held = {path.stem: units([path], papers, seed=args.seed) for path in args.held}
    layers = [int(number) for number in args.layers.split(",")]
    args.out.mkdir(parents=True, exist_ok=True)
    sample = chance.sample(sorted(papers), min(30000, len(papers)))
    text, keep = kept_pieces(
        args.minilm / "tokenizer.json",
        (f"{papers[i].title}. {papers[i].abstract}" for i in sample),
        {unit[0].question for unit in (*first, *rounds[0])},
        args.words,
    )
    if args.start:
        model = restored(args.start, args.minilm, keep, len(layers))
    else:
        model = started(args.minilm, keep, layers)
    (args.out / "tokenizer.json").write_text(text, "utf-8")
    model.words.weight.requires_grad_(False)
    encoder = Encoder(Tokenizer.from_str(text))
    lots = [list(batches(rows, args.size, chance)) for rows in (first, *rounds)]
    groups = [group for lot in lots for group in lot]
    steps = min(len(groups), len(lots[0]) + int(args.epochs * len(lots[1])))
    heads = [p for n, p in model.named_parameters() if n.startswith(NEW)]
    body = [p for n, p in model.named_parameters() if not n.startswith(NEW) and p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": body}, {"params": heads, "lr": 5 * args.rate}], lr=args.rate, weight_decay=0.01
    )
    warm = max(1, steps // 12)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min(1, (n + 1) / warm) * max(0.02, 1 - n / steps)
    )
    print(f"{len(first)} + {len(rounds[0])} questions and claims, {steps} steps", flush=True)
    kept = AveragedModel(model)
    began, mean = time.monotonic(), 0.0
    for done, group in enumerate(groups[:steps], start=1):
        batch = encoder.batch(group)
        with torch.autocast("cpu", torch.bfloat16):
            scores = model(batch.ids, batch.types, batch.mask, batch.segments)
        loss = loss_of(scores, batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        mean += 0.02 * (loss.item() - mean) if done > 1 else loss.item()
        if done % 50 == 0:
            rate = done * args.size / (time.monotonic() - began)
            print(f"{done}/{steps} loss {mean:.3f}, {rate:.1f} a second", flush=True)
        if done >= EARLIER * steps:
            kept.update_parameters(model)
        if done % max(1, steps // 5) == 0 or done == steps:
            shown = model if done < EARLIER * steps else kept.module
            torch.save(shown.state_dict(), args.out / "reader.pt")
            for name, some in held.items():
                said = figures(shown, encoder, some)
                print(name, {k: round(v, 3) for k, v in said.items()}, flush=True)


if __name__ == "__main__":
    main()
