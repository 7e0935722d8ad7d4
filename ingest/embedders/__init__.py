"""Embedders by name: text in, unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ProviderError

Vectors = NDArray[np.float32]

DEFAULT = "contextual"  # what a new library is made with, where nobody names another one
# Papers that an ingest keeps at once, some seconds' work on two cores; the others are quicker.
_AT_ONCE = {"contextual": 128, "minilm": 64}


class Embedder(Protocol):
    """Anything that turns texts into unit vectors of one length.

    ``name``, ``version`` and ``dim`` are the identity that a library remembers: vectors of two
    identities are never mixed.
    """

    name: str
    version: str

    @property
    def dim(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors ``(len(texts), dim) float32``; a text without known words gives zeros."""
        ...


def load_embedder(name: str, dim: int | None = None) -> Embedder:
    """The embedder of this name: ``contextual``, ``static``, ``minilm`` or ``openai/MODEL``.

    ``dim`` is the length of its vectors where that is known: a server isn't asked for it then.
    Raises ProviderError for a name that is not known.
    """
    if name == "static":
        from ingest.embedders.static import StaticEmbedder

        return StaticEmbedder()
    if name == "contextual":
        from ingest.embedders.contextual import bundled

        return bundled()
    if name == "minilm":
        from ingest.embedders.minilm import MiniLMEmbedder

        return MiniLMEmbedder()
    provider, _, model = name.partition("/")
    if provider == "openai" and model:
        from ingest.embedders.openai import OpenAIEmbedder

        return OpenAIEmbedder(model, dim=dim)
    raise ProviderError(
        f"{name}: no such embedder; there are contextual, static, minilm and openai/MODEL"
    )


def at_once(name: str, most: int) -> int:
    """How many papers to embed before they are kept: ``most``, of slow embedders fewer.

    A killed run loses no more than that, and progress moves.
    """
    return min(most, _AT_ONCE.get(name, most))
