"""Libraries on a Chroma server of our own."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import CountingEmbedder

from eval.bench.kills.served import CHROMA, ChromaServer
from ingest.library import Library
from ingest.paths import library_directory

__all__ = ["ChromaServer", "machine", "needs_chroma", "opened"]

needs_chroma = pytest.mark.skipif(not Path(CHROMA).exists(), reason="needs the chroma command")


def machine(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on this process is the machine whose cache is at ``place``."""
    monkeypatch.setenv("ASKPAPERS_CACHE", str(place))


def opened(address: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """The library at ``address`` as the machine at ``place`` sees it."""
    machine(place, monkeypatch)
    return Library.open(library_directory(address), embedder=CountingEmbedder(), create=True)
