"""Rounds: a command meets with harm, is looked at, and is repeated."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from eval.bench.kills.harms import (
    Clock,
    FollowerKilled,
    FollowerStopped,
    FullDisk,
    FullThenKill,
    Harm,
    Machine,
    ServerKilled,
    ServerStopped,
)
from eval.bench.kills.held import Command, State, carry_out, faults, source_of, text, unanswered
from eval.bench.kills.processes import Say, forked
from eval.bench.kills.served import ChromaServer
from ingest.paths import SERVER
from ingest.remote import wire

_PATIENT = 30.0  # seconds that a question may take, whatever has happened
_LIMIT = httpx.Timeout(20.0, connect=5.0)  # of calls of a server: a run has many that hang
_ASKED = 5  # papers


@dataclass(slots=True)
class Library:
    """One library that harm is done to, with what it must hold."""

    directory: Path
    rng: random.Random
    papers: int  # that a command is about
    harms: dict[str, list[Harm]]  # by the kinds of commands
    server: ChromaServer | None = None
    state: State = field(default_factory=State)
    seconds: dict[str, float] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)
    version: int = 0
    next: int = 0

    def fill(self) -> None:
        """Give the library its first papers, and time that."""
        problems = self._whole(self._command("ingest"))
        assert not problems, problems

    def rounds(self) -> Iterator[tuple[str, Harm]]:
        """Every command with every harm, for ever: as many papers go as come."""
        while True:
            most = max(map(len, self.harms.values()))
            for number in range(most):
                for place, (kind, harms) in enumerate(self.harms.items()):
                    yield kind, harms[(number + place) % len(harms)]

    def round(self, kind: str, harm: Harm) -> str:
        """One command, harmed, looked at, and repeated; what happened, and the faults."""
        command = self._command(kind)
        took = 1.05 * self.seconds.get(kind, self.seconds["ingest"])
        begun = time.monotonic()
        said = forked(self._runs(command), partial(_happens, harm, took))
        at = time.monotonic() - begun
        if "through" in said:
            self.seconds[kind] = min(at, self.seconds.get(kind, at))
        problems = [line for line in said if line.startswith("failed")]
        through, refused = "through" in said, [x for x in said if x.startswith("refused")]
        problems += [] if harm.refuses else refused
        acks = [int(line.split()[1]) for line in said if line.startswith("ack")]
        command.done = len(command.numbers) if through else max(acks, default=0)
        if harm.asks:
            problems += self._asked(command, harm)
        harm.mended()
        how = "through" if through else "refused" if refused else "killed"
        what = f"{'server' if self.server else 'directory'}, {harm.name}, {kind}: {how}"
        self.tally[what] += 1
        self.tally["kills"] += how == "killed" or harm.killed_others()
        self.tally["rounds"] += 1
        told = f"{what} after {at:.2f} s, {command.done} done"
        problems += self._looked_at(command, "afterwards", killed=True)
        problems += self._whole(command)
        self.tally["rounds with faults"] += bool(problems)
        return "\n  fault: ".join((told, *problems[:5]))

    def _command(self, kind: str) -> Command:
        self.version += 1
        known = sorted(self.state.papers)
        if kind == "ingest":
            numbers = list(range(self.next, self.next + self.papers))
            self.next += self.papers
        elif kind in ("reembed", "repair"):
            numbers = known
        else:
            numbers = self.rng.sample(known, min(self.papers, len(known)))
        dim = (160 if self.state.dim == 192 else 192) if kind == "reembed" else self.state.dim
        command = Command(kind, numbers, self.version, dim)
        if kind in ("ingest", "update"):
            lines = (
                json.dumps({"id": f"p{n}", "title": f"T {n}", "abstract": text(n, self.version)})
                for n in numbers
            )
            source_of(self.directory, kind).write_text("\n".join(lines), "utf-8")
        return command

    def _runs(self, command: Command) -> partial[None]:
        return partial(_run, command, self.directory)

    def _whole(self, command: Command) -> list[str]:
        """Repeat the command; what is wrong afterwards."""
        start = time.monotonic()
        said = forked(self._runs(command))
        self.seconds.setdefault(command.kind, time.monotonic() - start)
        command.done = len(command.numbers)
        problems = [f"repeated: {line}" for line in said if line.startswith(("failed", "refused"))]
        if self.server is not None and command.kind != "repair":
            # What a killed writer has left there isn't seen, and goes with this.
            repair = Command("repair", command.numbers, command.version, command.dim)
            problems += [x for x in forked(self._runs(repair)) if not x.startswith(("ack", "thr"))]
        problems += self._looked_at(command, "when repeated", killed=False)
        self.state = self.state.after(command)
        return problems

    def _asked(self, command: Command, harm: Harm) -> list[str]:
        """Questions about papers that the command isn't about, while the harm lasts."""
        known = sorted(self.state.papers.keys() - set(command.numbers))
        asked = self.rng.sample(known, min(_ASKED, len(known)))
        begun = time.monotonic()
        said = forked(lambda say: _tell(say, unanswered(self.directory, asked, self.state)))
        took = time.monotonic() - begun
        slow = [f"questions took {took:.0f} s"] if took > _PATIENT else []
        wrong = ("fault", "failed") if harm.refuses else ("fault", "failed", "refused")
        return slow + [f"asked meanwhile: {line}" for line in said if line.startswith(wrong)]

    def _looked_at(self, command: Command, when: str, *, killed: bool) -> list[str]:
        rng = random.Random(self.rng.random())  # noqa: S311
        look = partial(faults, self.directory, self.state, command, rng, killed=killed)
        said = forked(lambda say: _tell(say, look()))
        return [f"{when}: {line}" for line in said if line != "through"]


def in_directory(machine: Machine, rng: random.Random, papers: int) -> Library:
    """A library in a directory, and what may happen to it."""
    each = _each(machine, rng)
    harms = dict.fromkeys(("ingest", "update", "delete", "reembed", "repair"), each)
    harms["ingest"] = harms["update"] = [*each, FollowerKilled(rng), FollowerStopped(rng)]
    return Library(machine.place / "library", rng, papers, harms)


def on_server(machine: Machine, rng: random.Random, papers: int) -> Library:
    """A library on a server, and what may happen to it and to the server."""
    wire.TIMEOUT = _LIMIT
    server = ChromaServer(machine.place / "served")
    directory = machine.place / "cache"
    directory.mkdir()
    (directory / SERVER).write_text(json.dumps({"address": server.address("papers")}), "utf-8")
    each = [*_each(machine, rng, server), ServerKilled(rng, server), ServerStopped(rng, server)]
    harms = dict.fromkeys(("ingest", "update", "delete", "repair"), each)
    return Library(directory, rng, papers, harms, server)


def _each(machine: Machine, rng: random.Random, server: ChromaServer | None = None) -> list[Harm]:
    harms: list[Harm] = [Harm(rng)]
    if machine.clock is not None:
        harms.append(Clock(rng, machine.clock))
    if machine.small:
        harms += [kind(rng, machine.place, server) for kind in (FullDisk, FullThenKill)]
    return harms


def _run(command: Command, directory: Path, say: Say) -> None:
    carry_out(command, directory, lambda done: say(f"ack {done}"))


def _happens(harm: Harm, seconds: float, writer: int) -> None:
    harm.happens(writer, seconds)


def _tell(say: Say, found: list[str]) -> None:
    for one in found:
        say(f"fault {one}")
