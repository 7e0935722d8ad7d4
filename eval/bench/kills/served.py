"""``chroma run`` as a process that is started, killed and started again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

CHROMA = shutil.which("chroma") or str(Path(sys.executable).with_name("chroma"))
_STARTS = 180.0  # seconds that it may take to listen


class ChromaServer:
    """``chroma run`` on a free port, with its data in ``place``."""

    def __init__(self, place: Path) -> None:
        self.place = place
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - ours
            [CHROMA, "run", "--path", str(self.place), "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + _STARTS
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError("chroma run did not start")

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"
