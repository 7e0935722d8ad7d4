"""The cross-encoder as it learns: a small BERT with a score a sentence and one for "not here"."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH, HEADS = 384, 12
NEW = ("sentence.", "null.", "likeness", "nothing")  # what MiniLM has no weights for


class Layer(nn.Module):
    """One block of BERT, as in https://arxiv.org/abs/1810.04805."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.up = nn.Linear(WIDTH, 4 * WIDTH)
        self.down = nn.Linear(4 * WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (b, t, w), mask (b, 1, 1, t) added to the scores -> (b, t, w)."""
        b, t, _ = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        # Spelt out: on a processor twice as quick to learn by as torch's own attention.
        likeness = (q * (WIDTH // HEADS) ** -0.5) @ k.transpose(-1, -2) + mask.to(q.dtype)
        mixed = (torch.softmax(likeness, -1, q.dtype) @ v).transpose(1, 2).reshape(b, t, WIDTH)
        x = self.norm(x + self.out(mixed))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Cross(nn.Module):
    """The encoder with its heads: a score a sentence, the null, and how far a claim is borne out."""

    def __init__(self, words: int, layers: int) -> None:
        super().__init__()
        self.words = nn.Embedding(words, WIDTH)
        self.places = nn.Embedding(512, WIDTH)
        self.types = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.sentence = nn.Sequential(nn.Linear(3 * WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, 1))
        self.null = nn.Sequential(nn.Linear(2 * WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, 1))
        # Likeness of question and sentence starts as MiniLM knows it; the rest is learned on top.
        self.likeness = nn.Parameter(torch.tensor(12.0))
        self.nothing = nn.Parameter(torch.tensor(6.0))

    def encode(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """Token vectors (b, t, w)."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.norm(self.words(ids) + self.places(places) + self.types(types))
        added = (1.0 - mask.float())[:, None, None, :] * -1e4
        for layer in self.layers:
            x = layer(x, added.to(x.dtype))
        return x

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor, segments: Tensor) -> Tensor:
        """Scores (b, 1 + s): the null first, then a sentence each."""
        x = self.encode(ids, types, mask)
        asked_at = mask * (1 - types)
        asked = (asked_at / asked_at.sum(1, keepdim=True))[:, None].to(x.dtype) @ x  # (b, 1, w)
        pooled = segments.to(x.dtype) @ x
        like = F.cosine_similarity(pooled.float(), asked.float(), dim=-1)
        both = torch.cat([pooled, asked.expand_as(pooled), pooled * asked], dim=-1)
        scores = self.sentence(both).squeeze(-1).float() + self.likeness * like
        null = self.null(torch.cat([x[:, 0], asked[:, 0]], dim=-1)).float() + self.nothing
        return torch.cat([null, scores], dim=1)
