"""Pages to attack: each a process of its own over the starter papers, on this machine only."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.assistant import Assistant

SECRET = "correct horse battery"  # noqa: S105 - of a page that lives for minutes


@dataclass(frozen=True)
class Page:
    """A running page; ``errors`` is what it writes to standard error."""

    address: str
    port: int
    process: int
    place: Path
    errors: Path

    @property
    def held(self) -> tuple[int, int, int]:
        """Open descriptors, threads, and megabytes in memory."""
        said = Path(f"/proc/{self.process}/status").read_text("utf-8").splitlines()
        known = dict(line.split(":", 1) for line in said if ":" in line)
        open_ = len(os.listdir(f"/proc/{self.process}/fd"))
        return open_, int(known["Threads"]), int(known["VmRSS"].split()[0]) // 1000

    @property
    def seconds(self) -> float:
        """Processor time that it has used."""
        fields = Path(f"/proc/{self.process}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def feedback(self) -> int:
        """Lines in its file of judgements."""
        file = self.place / "library-feedback.jsonl"
        return len(file.read_text("utf-8").splitlines()) if file.exists() else 0


@contextmanager
def serving(place: Path, *options: str) -> Iterator[Page]:
    """``askpapers chat`` with ``options`` until the block ends."""
    place.mkdir(parents=True, exist_ok=True)
    Assistant.open(place / "library", starter=True).close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "ui.cli.main", "chat", "--port", str(port), *options]
    library = ["--library", str(place / "library")]
    errors = place / "errors.txt"
    with (
        errors.open("w") as said,
        subprocess.Popen(  # noqa: S603 - our own program
            [*command, *library],
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            if not any("askpapers is at" in line for line in process.stdout):
                raise RuntimeError(f"the page didn't start: {errors.read_text('utf-8')}")
            yield Page(f"http://127.0.0.1:{port}/", port, process.pid, place, errors)
        finally:
            process.terminate()
