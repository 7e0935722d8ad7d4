"""Harm at random moments to every command that writes; then a look at what is left.

    python -m eval.bench.kills --kills 200

Each round runs one command on a library that already holds papers, in a process of its own, and at
a random moment of it something happens: it is killed (kill -9), also after the clock was set forth
or back, the disk is full, processes in which indexes follow are killed or stopped; with --server
the server, too, is killed. A fresh process then opens the library and checks that every
acknowledged paper is there once and is found by its own words and by its own vector, that removed
ones are gone, and that truth, lexical index and vectors agree. Then it repeats the command, without
harm, and checks that it completes. A command that isn't killed may only be through, or say in one
line what is wrong.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
from collections import Counter
from itertools import count
from pathlib import Path

from eval.bench.kills.harms import machine, with_settable_clock
from eval.bench.kills.rounds import in_directory, on_server
from eval.bench.kills.served import CHROMA


def main() -> int:
    """``python -m eval.bench.kills``"""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--papers", type=int, default=1200, help="papers that a command is about")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--server", action="store_true", help="also libraries on a Chroma server")
    parser.add_argument("--clock", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.clock is None:
        with_settable_clock()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # not without its cleaning up
    import ingest.index.vectors  # noqa: F401 - Chroma is loaded once, before the forks

    rng = random.Random(args.seed)  # noqa: S311 - moments, no secrets
    with machine(args.clock) as here:
        for what, there in (("clock (cc)", args.clock), ("disk (root, mount)", here.small)):
            if not there:
                print(f"left out, for want of a {what} of its own")
        libraries = [in_directory(here, rng, args.papers)]
        if args.server and Path(CHROMA).exists():
            libraries.append(on_server(here, rng, args.papers // 4))
        try:
            for library in libraries:
                library.fill()
            turns = [library.rounds() for library in libraries]
            for number in count():
                if sum(library.tally["kills"] for library in libraries) >= args.kills:
                    break
                which = number % len(libraries)
                print(libraries[which].round(*next(turns[which])), flush=True)
        finally:
            for library in libraries:
                if library.server is not None:
                    library.server.kill()
    return _told(sum((library.tally for library in libraries), Counter[str]()))


def _told(tally: Counter[str]) -> int:
    """Print what has happened how often; 1 where something was wrong."""
    rounds, bad = tally.pop("rounds", 0), tally.pop("rounds with faults", 0)
    kills = tally.pop("kills", 0)
    for what, times in sorted(tally.items()):
        print(f"{what:50} {times}")
    print(f"{rounds} rounds, {kills} kills, {bad} with faults")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
