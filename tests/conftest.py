"""What tests share: libraries in temporary places, and the papers that they hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Before numpy: its threads only get in each other's way here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from fakes import CountingEmbedder

from ingest.library import Library
from ingest.paper import Paper


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library whose vectors a person can compute."""
    with Library.open(tmp_path / "library", embedder=CountingEmbedder(), create=True) as opened:
        yield opened


def paper(number: int, text: str = "", **fields: object) -> Paper:
    """A small paper of that number; its words are its own."""
    words = " ".join(f"word{number}x{place}" for place in range(12))
    abstract = text or f"We study subject{number} in depth. It is {number} times faster. {words}."
    return Paper(**{"id": f"p{number}", "title": f"Title {number}", "abstract": abstract, **fields})
