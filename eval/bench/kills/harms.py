"""What happens to a command at a random moment: a kill, or a clock, disk or server that fails."""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from eval.bench.kills.processes import followers, running
from eval.bench.kills.served import ChromaServer

_DISK = 400_000_000  # bytes
_DAY = 86_400
_JUMPS = (-1, 1, -90, 90, -_DAY, _DAY, -3_650 * _DAY, 3_650 * _DAY)  # seconds


class Harm:
    """Something that happens to a command, and is over when ``mended``.

    ``refuses``: it may end with an error of ours. ``asks``: questions are asked before it is over.
    """

    name = "kill"
    refuses: ClassVar[bool] = False
    asks: ClassVar[bool] = False

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def killed_others(self) -> bool:
        """Whether it has killed or stopped a process beside the command's."""
        return False

    def happens(self, writer: int, seconds: float) -> None:
        """To the process ``writer``, which takes about so many ``seconds``."""
        self.moment(writer, seconds)
        with suppress(ProcessLookupError):
            os.kill(writer, signal.SIGKILL)

    def moment(self, writer: int, seconds: float) -> None:
        """Wait for a random moment within so many ``seconds``, or until the process has ended."""
        end = time.monotonic() + self.rng.uniform(0, seconds)
        while time.monotonic() < end and running(writer):
            time.sleep(min(0.01, seconds))

    def mended(self) -> None:
        """It is over."""


class Clock(Harm):
    """The clock jumps, and jumps again; then the command is killed. What comes next, too, meets
    with a clock that has jumped."""

    name = "clock, kill"

    def __init__(self, rng: random.Random, file: Path) -> None:
        super().__init__(rng)
        self._file = file

    def happens(self, writer: int, seconds: float) -> None:
        for _ in range(2):
            self.moment(writer, seconds / 2)
            self._set()
        super().happens(writer, seconds / 2)

    def mended(self) -> None:
        self._set()

    def _set(self) -> None:
        set_clock(self._file, self.rng.choice(_JUMPS))


class FullDisk(Harm):
    """The disk gets full, to some bytes, and stays so until the command has ended."""

    name = "disk full"
    refuses = asks = True

    def __init__(self, rng: random.Random, disk: Path, server: ChromaServer | None = None) -> None:
        super().__init__(rng)
        self._disk, self._server = disk, server

    def happens(self, writer: int, seconds: float) -> None:
        self.moment(writer, seconds)
        spare = self.rng.choice((0, 0, 4_096, 40_000, 400_000))
        for _ in range(100):  # while the command writes, it may be more by the time it is set
            if _sized(self._disk, _used(self._disk) + spare):
                break

    def mended(self) -> None:
        assert _sized(self._disk, _DISK)
        # Chroma may keep its database locked after that, for minutes, at once or some calls later:
        # it is started anew, as its clients say.
        if self._server is not None:
            self._server.kill()
            self._server.start()


class FullThenKill(FullDisk):
    """The disk gets full, and the command is killed while it deals with that."""

    name = "disk full, kill"

    def happens(self, writer: int, seconds: float) -> None:
        super().happens(writer, seconds)
        Harm.happens(self, writer, seconds / 4)


class FollowerKilled(Harm):
    """The processes in which indexes follow are killed; who writes goes on."""

    name = "followers killed"
    stops: ClassVar[bool] = False

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.met: set[int] = set()

    def killed_others(self) -> bool:
        return bool(self.met)

    def happens(self, writer: int, seconds: float) -> None:
        self.met.clear()
        while running(writer):
            for follower in set(followers(writer)) - self.met:
                self.met.add(follower)
                self.moment(follower, seconds / 2)
                with suppress(ProcessLookupError):
                    os.kill(follower, signal.SIGSTOP if self.stops else signal.SIGKILL)
            if self.stops and self.met:
                break
            time.sleep(0.002)
        if self.stops:
            super().happens(writer, seconds / 4)


class FollowerStopped(FollowerKilled):
    """A process in which an index follows is stopped, and who writes is killed; then it goes on, or
    is killed, too."""

    name = "followers stopped, kill"
    stops = asks = True

    def mended(self) -> None:
        for follower in self.met:
            if running(follower):
                os.kill(follower, self.rng.choice((signal.SIGCONT, signal.SIGKILL)))


class ServerKilled(Harm):
    """The server is killed, and comes back; who writes goes on."""

    name = "server killed"

    def __init__(self, rng: random.Random, server: ChromaServer) -> None:
        super().__init__(rng)
        self._server = server

    def killed_others(self) -> bool:
        return True

    def happens(self, writer: int, seconds: float) -> None:
        self.moment(writer, seconds)
        self._server.kill()
        time.sleep(self.rng.uniform(0, 0.5))
        self._server.start()


class ServerStopped(Harm):
    """The server takes calls and answers none; who writes waits for it, or is killed."""

    name = "server stopped"
    refuses = asks = True

    def __init__(self, rng: random.Random, server: ChromaServer) -> None:
        super().__init__(rng)
        self._server = server

    def happens(self, writer: int, seconds: float) -> None:
        self.moment(writer, seconds)
        os.kill(self._server.pid, signal.SIGSTOP)
        if self.rng.random() < 0.5:
            super().happens(writer, seconds / 4)

    def mended(self) -> None:
        os.kill(self._server.pid, signal.SIGCONT)


# --- what they need of the machine --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Machine:
    """A place for libraries; the file that sets the clock, and whether its disk can be full."""

    place: Path
    clock: Path | None
    small: bool


@contextmanager
def machine(clock: Path | None) -> Iterator[Machine]:
    """A scratch place, on a disk whose size can be set where this is root on Linux."""
    with tempfile.TemporaryDirectory(prefix="askpapers-kills-") as scratch:
        place = Path(scratch) / "disk"
        place.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", str(place)]
        small = bool(shutil.which("mount")) and _worked(mount)
        try:
            yield Machine(place, clock, small)
        finally:
            if small:
                _worked(["umount", "-l", str(place)])
            if clock is not None:
                shutil.rmtree(clock.parent, ignore_errors=True)


def _sized(disk: Path, size: int) -> bool:
    return _worked(["mount", "-o", f"remount,size={size}", str(disk)])


def _used(disk: Path) -> int:
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _worked(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def with_settable_clock() -> None:
    """Begin this process anew, with ``--clock FILE``: what is in the file sets the clock of it and
    of those that it starts. File times stay true. Returns where that can't be.
    """
    compiler, source = shutil.which("cc"), Path(__file__).with_name("clock.c")
    if not sys.platform.startswith("linux") or compiler is None:
        return
    made = Path(tempfile.mkdtemp(prefix="askpapers-clock-"))
    library, file = made / "clock.so", made / "seconds"
    if not _worked([compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]):
        return
    set_clock(file, 0)
    ctypes.CDLL(str(library))  # it can be loaded
    preloaded = [f"LD_PRELOAD={library}", f"ASKPAPERS_CLOCK={file}"]
    again = [sys.executable, *sys.orig_argv[1:], "--clock", str(file)]
    os.execvp("env", ["env", *preloaded, *again])  # noqa: S606, S607 - ourselves


def set_clock(file: Path, seconds: int) -> None:
    """So many seconds beside the true time, from now on."""
    with file.open("r+b" if file.exists() else "wb") as opened:
        opened.write(struct.pack("=q", seconds))
