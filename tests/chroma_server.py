"""``chroma run`` as a process that tests start, kill and start again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes import CountingEmbedder

from ingest.library import Library
from ingest.paths import library_directory

CHROMA = shutil.which("chroma") or str(Path(sys.executable).with_name("chroma"))
needs_chroma = pytest.mark.skipif(not Path(CHROMA).exists(), reason="needs the chroma command")


class ChromaServer:
    """``chroma run`` on a free port, with its data in a temporary place."""

    def __init__(self, place: Path) -> None:
        self.place = place
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [CHROMA, "run", "--path", str(self.place), "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("chroma run did not start")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"


def machine(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on this process is the machine whose cache is at ``place``."""
    monkeypatch.setenv("ASKPAPERS_CACHE", str(place))


def opened(address: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """The library at ``address`` as the machine at ``place`` sees it."""
    machine(place, monkeypatch)
    return Library.open(library_directory(address), embedder=CountingEmbedder(), create=True)
