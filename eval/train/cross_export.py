"""The trained cross-encoder as it ships: ``python -m eval.train.cross_export DIR``.

``DIR`` holds the ``reader.pt`` and ``tokenizer.json`` of ``eval/train/cross.py``. Writes
``cross.onnx`` in 8-bit numbers beside them, and says how often it chooses what the whole one does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from eval.train.cross import Encoder
from eval.train.cross_data import Unit, papers_of, units
from eval.train.cross_model import Cross
from rag.read.cross_encoder import LENGTH


class Shipped(nn.Module):
    """One question with one paper: ids, types (1, t) and segments (1, s, t) -> scores (1, 1 + s).

    Word vectors are kept as 8-bit numbers, each row with its own scale.
    """

    def __init__(self, model: Cross) -> None:
        super().__init__()
        self.model = model
        words = model.words.weight.detach()
        scale = words.abs().amax(1, keepdim=True).clamp(min=1e-9) / 127
        self.table: Tensor
        self.scale: Tensor
        self.places: Tensor
        self.register_buffer("table", (words / scale).round().to(torch.int8))
        self.register_buffer("scale", scale)
        self.register_buffer("places", model.places.weight.detach()[:LENGTH].clone())

    def forward(self, ids: Tensor, types: Tensor, segments: Tensor) -> Tensor:
        model = self.model
        x = self.table[ids].float() * self.scale[ids]
        x = model.norm(x + self.places[: ids.shape[1]][None] + model.types(types))
        for layer in model.layers:
            x = _through(layer, x)
        asked_at = (1 - types).float()
        asked = (asked_at / asked_at.sum(1, keepdim=True))[:, None] @ x
        pooled = segments @ x
        like = F.cosine_similarity(pooled, asked.expand_as(pooled), dim=-1)
        both = torch.cat([pooled, asked.expand_as(pooled), pooled * asked], dim=-1)
        scores = model.sentence(both).squeeze(-1) + model.likeness * like
        null = model.null(torch.cat([x[:, 0], asked[:, 0]], dim=-1)) + model.nothing
        return torch.cat([null, scores], dim=1)


def _through(layer: nn.Module, x: Tensor) -> Tensor:
    """A block without mask, its attention spelt out: what the exporter knows."""
    t, width = x.shape[1], x.shape[2]
    heads = 12
    q, k, v = layer.qkv(x).view(1, t, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
    mixed = (q @ k.transpose(-1, -2) / (width // heads) ** 0.5).softmax(-1) @ v
    x = layer.norm(x + layer.out(mixed.transpose(1, 2).reshape(1, t, width)))
    return layer.norm2(x + layer.down(F.gelu(layer.up(x))))


def exported(model: Cross, out: Path) -> Path:
    """``cross.onnx`` in 8-bit numbers."""
    row = torch.tensor([[0, 0, 0, 1, 1, 1, 1, 1, 1]])
    segments = torch.zeros(1, 2, 9)
    segments[0, 0, 4:6], segments[0, 1, 7:8] = 0.5, 1.0
    torch.onnx.export(
        Shipped(model).eval(),
        (torch.ones(1, 9, dtype=torch.long), row, segments),
        str(path := out / "cross.onnx"),
        input_names=["ids", "types", "segments"],
        output_names=["scores"],
        dynamic_axes={
            "ids": {1: "tokens"},
            "types": {1: "tokens"},
            "segments": {1: "sentences", 2: "tokens"},
        },
        dynamo=False,
        opset_version=17,
    )
    in_eight_bits(path)
    return path


def in_eight_bits(path: Path) -> None:
    """Make a model's numbers 8-bit ones, of seven bits' range: all processors count alike; and lay
    its steps out as onnxruntime would at every start, which takes it longer than to read them."""
    from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        str(path),
        str(small := path.with_suffix(".small")),
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gemm"],
    )
    options = SessionOptions()
    # No further: the last level is for the processor that it is done on.
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    InferenceSession(str(small), options, providers=["CPUExecutionProvider"])
    small.unlink()


def agreement(model: Cross, path: Path, encoder: Encoder, rows: Sequence[Unit]) -> dict[str, float]:
    """How often both choose the same sentence, and how far their log odds lie apart."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path))
    model.eval()
    same, apart = [], []
    for unit in rows:
        batch = encoder.batch([unit[:1]])
        count = int(batch.there.sum())
        with torch.inference_mode():
            whole = model(batch.ids, batch.types, batch.mask, batch.segments).numpy()[
                0, : 1 + count
            ]
        asked = {
            "ids": batch.ids.numpy(),
            "types": batch.types.numpy(),
            "segments": batch.segments.numpy()[:, :count],
        }
        small = session.run(None, asked)[0][0]
        same.append(whole[1:].argmax() == small[1:].argmax())
        odds = [np.logaddexp.reduce(scores[1:]) - scores[0] for scores in (whole, small)]
        apart.append(abs(odds[0] - odds[1]))
    return {"same_sentence": float(np.mean(same)), "odds_apart": float(np.mean(apart))}


def main() -> None:
    """Exports, compares, writes ``card.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dir", type=Path)
    parser.add_argument("--papers", type=Path, nargs="+", required=True)
    parser.add_argument("--held", type=Path, nargs="+", required=True)
    parser.add_argument("--layers", type=int, default=6)
    args = parser.parse_args()
    encoder = Encoder(Tokenizer.from_file(str(args.dir / "tokenizer.json")))
    model = Cross(encoder.tokenizer.get_vocab_size(), args.layers)
    model.load_state_dict(torch.load(args.dir / "reader.pt", weights_only=True))
    path = exported(model, args.dir)
    rows = units(args.held, papers_of(args.papers), seed=1)
    card = {
        "from": "all-MiniLM-L6-v2, Apache-2.0",
        "layers": args.layers,
        "pieces": encoder.tokenizer.get_vocab_size(),
        **{name: round(value, 4) for name, value in agreement(model, path, encoder, rows).items()},
        "compared_on": len(rows),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    (args.dir / "card.json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    print(card)


if __name__ == "__main__":
    main()
