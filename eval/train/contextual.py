"""Trains the contextual embedder: ``python -m eval.train.contextual MINILM_DIR --papers FILE... --out DIR``.

Starts from all-MiniLM-L6-v2 (Apache-2.0), its word pieces cut to those that papers use and the
commonest others. Questions by independent authors (``eval/train/data``) are drawn to their papers
and away from the batch's others (InfoNCE) and from one a question that search took for it. Papers
are looked up in the given files and never stored. Writes ``contextual.onnx`` (8-bit numbers), its tokenizer, a card.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from eval.train.cross_data import Text, kept_pieces, papers_of
from eval.train.cross_export import in_eight_bits
from eval.train.cross_model import Cross
from eval.train.cross_start import started
from ingest.embedders.contextual import LENGTH

LIKENESS = 20.0  # what cosines are multiplied by in the loss, as MiniLM was trained
Row = tuple[str, str, str]  # a question, its paper, and one that comes close


class Encoder(nn.Module):
    """Ids ``(1, t)`` -> a unit vector ``(1, 384)``: the mean of the contextual token vectors.

    Word vectors are kept as 8-bit numbers, each row with its own scale.
    """

    def __init__(self, model: Cross) -> None:
        super().__init__()
        self.model = model
        words = model.words.weight.detach()
        scale = words.abs().amax(1, keepdim=True) / 127
        self.table: Tensor
        self.scale: Tensor
        self.register_buffer("table", (words / scale).round().to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.table[ids].float() * self.scale[ids]
        places = self.model.places(torch.arange(ids.shape[1]))[None]
        x = self.model.norm(x + places + self.model.types.weight[0])
        for layer in self.model.layers:
            x = layer(x, torch.zeros(1, 1, 1, 1))
        mean = x.mean(1)
        return mean / mean.norm(dim=1, keepdim=True)


def rows_of(files: Sequence[Path], papers: dict[str, Text], found: Path, seed: int) -> list[Row]:
    """Every question with the first of its papers that is there, and one that search ``found``."""
    chance = random.Random(seed)  # noqa: S311
    near = {d["question"]: d["papers"] for d in map(json.loads, found.open(encoding="utf-8"))}
    rows = []
    for fields in (json.loads(line) for path in files for line in path.open(encoding="utf-8")):
        own = [paper for paper in fields.get("papers", []) if paper in papers]
        close = [paper for paper in near.get(fields["question"], ()) if paper in papers]
        if own and close:
            rows.append((fields["question"], own[0], chance.choice(close)))
    return rows


def text_of(paper: Text) -> str:
    """What is embedded of a paper."""
    return f"{paper.title}. {paper.abstract}"


class Batcher:
    """Texts to padded ids and masks."""

    def __init__(self, tokenizer: Tokenizer, length: int = LENGTH) -> None:
        self._tokenizer, self._length = tokenizer, length
        self._cls, self._sep = (int(tokenizer.token_to_id(t) or 0) for t in ("[CLS]", "[SEP]"))

    def __call__(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Ids and mask, both ``(n, t)``."""
        read = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        rows = [[self._cls, *some.ids[: self._length], self._sep] for some in read]
        ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        mask = torch.zeros(ids.shape)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row)
            mask[i, : len(row)] = 1
        return ids, mask


def embedded(model: Cross, ids: Tensor, mask: Tensor) -> Tensor:
    """Unit vectors ``(n, 384)`` of padded rows."""
    x = model.encode(ids, torch.zeros_like(ids), mask).float()
    return F.normalize((x * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True), dim=1)


def train(
    model: Cross, batcher: Batcher, rows: Sequence[Row], papers: dict[str, Text], *, rate: float
) -> None:
    """One epoch in batches of 32 questions with their papers and 32 that come close."""
    size, chance = 32, random.Random(1)  # noqa: S311
    steps = len(rows) // size
    learned = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min(1, (n + 1) / 10) * max(0.05, 1 - n / steps)
    )
    order = list(rows)
    chance.shuffle(order)
    began, mean = time.monotonic(), 0.0
    for step in range(steps):
        group = order[step * size : (step + 1) * size]
        ids = [row[1] for row in group] + [row[2] for row in group]
        with torch.autocast("cpu", torch.bfloat16):
            asked = embedded(model, *batcher([row[0] for row in group]))
            found = embedded(model, *batcher([text_of(papers[id_]) for id_ in ids]))
        scores = LIKENESS * asked @ found.T
        # A paper that is the question's own must not count against it in another's place.
        same = torch.tensor([[row[1] == paper for paper in ids] for row in group])
        same[range(len(group)), range(len(group))] = False
        loss = F.cross_entropy(scores.masked_fill(same, -1e4), torch.arange(len(group)))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        schedule.step()
        mean += (0.05 if step else 1.0) * (loss.item() - mean)
        if step % 10 == 0:
            print(f"{step}/{steps} loss {mean:.3f} {time.monotonic() - began:.0f} s", flush=True)


def exported(model: Cross, out: Path) -> None:
    """``contextual.onnx`` in 8-bit numbers."""
    torch.onnx.export(
        Encoder(model).eval(),
        (torch.ones(1, 9, dtype=torch.long),),
        str(path := out / "contextual.onnx"),
        input_names=["ids"],
        output_names=["vector"],
        dynamic_axes={"ids": {1: "tokens"}},
        dynamo=False,
        opset_version=17,
    )
    in_eight_bits(path)


def agreement(model: Cross, out: Path, batcher: Batcher, texts: Sequence[str]) -> float:
    """The mean cosine between the exported vectors and those before export."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(out / "contextual.onnx"))
    cosines = []
    model.eval()
    for text in texts:
        ids, mask = batcher([text])
        with torch.inference_mode():
            whole: NDArray[np.float32] = embedded(model, ids, mask).numpy()[0]
        cosines.append(float(session.run(None, {"ids": ids.numpy()})[0][0] @ whole))
    return float(np.mean(cosines))


def main() -> None:
    """Trains, exports, writes the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minilm", type=Path)
    parser.add_argument("--papers", type=Path, nargs="+", required=True)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--found", type=Path, required=True, help="of eval/train/hard_negatives.py")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pieces", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=2e-5)
    args = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    papers = papers_of(args.papers)
    rows = [
        row for seed in range(args.epochs) for row in rows_of(args.data, papers, args.found, seed)
    ]
    args.out.mkdir(parents=True, exist_ok=True)
    text, keep = kept_pieces(
        args.minilm / "tokenizer.json",
        map(text_of, papers.values()),
        sorted({row[0] for row in rows}),
        args.pieces,
    )
    (args.out / "tokenizer.json").write_text(text, "utf-8")
    model = started(args.minilm, keep, range(6))
    model.words.weight.requires_grad_(False)
    batcher = Batcher(Tokenizer.from_str(text))
    train(model, Batcher(Tokenizer.from_str(text)), rows, papers, rate=args.rate)
    exported(model, args.out)
    sample = [text_of(papers[id_]) for id_ in sorted(papers)[:40]]
    card = {
        "from": "all-MiniLM-L6-v2, Apache-2.0",
        "examples": len(rows),
        "files": [path.name for path in args.data],
        "pieces": args.pieces,
        "rate": args.rate,
        "seed": 1,
        "agrees": round(agreement(model, args.out, batcher, sample), 4),
        "sha256": hashlib.sha256((args.out / "contextual.onnx").read_bytes()).hexdigest(),
    }
    (args.out / "card.json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    print(card)


if __name__ == "__main__":
    main()
