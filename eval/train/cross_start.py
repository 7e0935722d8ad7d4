"""What the cross-encoder starts from: MiniLM's weights, or those that ship with the code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from onnx.numpy_helper import to_array
from safetensors.torch import load_file
from torch import Tensor

from eval.train.cross_model import NEW, Cross

_EMBEDDINGS = "embeddings."
_PARTS = {
    "out": "attention.output.dense",
    "norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "norm2": "output.LayerNorm",
}


def started(minilm: Path, keep: Sequence[int], layers: Sequence[int]) -> Cross:
    """The model with MiniLM's weights: the word vectors in ``keep``, the blocks in ``layers``."""
    old = _minilm(minilm)
    model = Cross(len(keep), len(layers))
    new = _words(old, keep) | {
        "types.weight": old[f"{_EMBEDDINGS}token_type_embeddings.weight"],
        "norm.weight": old[f"{_EMBEDDINGS}LayerNorm.weight"],
        "norm.bias": old[f"{_EMBEDDINGS}LayerNorm.bias"],
    }
    for place, number in enumerate(layers):
        at = f"encoder.layer.{number}."
        for part in ("weight", "bias"):
            new[f"layers.{place}.qkv.{part}"] = torch.cat(
                [old[f"{at}attention.self.{which}.{part}"] for which in ("query", "key", "value")]
            )
            for ours, theirs in _PARTS.items():
                new[f"layers.{place}.{ours}.{part}"] = old[f"{at}{theirs}.{part}"]
    missing, unexpected = model.load_state_dict(new, strict=False)
    assert not unexpected, unexpected
    assert all(name.startswith(NEW) for name in missing), missing
    return model


def restored(shipped: Path, minilm: Path, keep: Sequence[int], layers: int) -> Cross:
    """The model with the weights of a shipped ``cross.onnx``, made whole numbers again.

    Word vectors were never trained: those in ``keep`` are taken from MiniLM, so that the pieces
    may be others than before.
    """
    graph = onnx.load(str(shipped)).graph
    known = {tensor.name: torch.tensor(to_array(tensor)) for tensor in graph.initializer}
    new = _words(_minilm(minilm), keep)
    new |= {n.removeprefix("model."): t for n, t in known.items() if n.startswith("model.")}
    new = {n: t for n, t in new.items() if "_Transposed_" not in n}
    for node in graph.node:
        if node.op_type in ("MatMulInteger", "DynamicQuantizeMatMul"):
            stem = node.input[1].removesuffix("_quantized")
            weight = known[f"{stem}_quantized"].float() - known[f"{stem}_zero_point"].float()
            new[_named(node.name)] = (weight * known[f"{stem}_scale"]).T.contiguous()
    model = Cross(len(keep), layers)
    model.load_state_dict(new)
    return model


def _named(node: str) -> str:
    """The parameter that a node multiplies by: "/qkv_1/MatMul_quant" is "layers.1.qkv.weight"."""
    first, second, *_ = node.strip("/").split("/")
    if first in ("sentence", "null"):
        return f"{second}.weight"
    part, _, layer = first.partition("_")
    return f"layers.{layer or 0}.{part}.weight"


def _minilm(folder: Path) -> dict[str, Tensor]:
    found = load_file(folder / "model.safetensors")
    return {name.removeprefix("bert."): value for name, value in found.items()}


def _words(minilm: dict[str, Tensor], keep: Sequence[int]) -> dict[str, Tensor]:
    return {
        "words.weight": minilm[f"{_EMBEDDINGS}word_embeddings.weight"][list(keep)],
        "places.weight": minilm[f"{_EMBEDDINGS}position_embeddings.weight"],
    }
