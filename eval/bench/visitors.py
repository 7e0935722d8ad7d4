"""Many visitors at once: ``python -m eval.bench.visitors`` asks a page of its own by gradio_client.

Each visitor is a client with a session of its own and asks its questions one after the other;
reported are the times of single answers (median, p95, worst), how many were told at once that all
are busy and to come back later, how long ``/health`` took meanwhile, and every error.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ingest.starter import starter_papers

BUSY = "busy: many are asking just now; try again in"


@dataclass
class Seen:
    """Seconds of answers, of being told that all are busy, and of looks at ``/health``."""

    answers: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def asked(
    client: Any,  # noqa: ANN401
    questions: list[str],
    start: threading.Barrier,
    pauses: Sequence[float],
    seen: Seen,
) -> None:
    """Ask after a pause before each question; raises what the page raises, but for being busy."""
    start.wait()
    for question, pause in zip(questions, pauses, strict=True):
        time.sleep(pause)
        begin = time.perf_counter()
        try:
            answer = client.predict(question, mode="quoted", api_name="/ask")
        except Exception as error:
            if BUSY not in str(error):
                raise
            seen.busy.append(time.perf_counter() - begin)
            continue
        seen.answers.append(time.perf_counter() - begin)
        assert answer["question"] == question, "another visitor's answer"


def measured(address: str, visitors: int, each: int, pause: float = 0.0) -> Seen:
    """What visitors of the page at ``address`` meet; ``pause`` is the mean before a question."""
    from gradio_client import Client

    names = [p.title.partition(":")[0] for p in starter_papers() if ":" in p.title]
    clients = [
        # Without TLS there is nothing to verify: loading the certificates at every request would
        # take several times as long as the answer, on the processors that the server needs.
        Client(address, verbose=False, analytics_enabled=False, ssl_verify=False)
        for _ in range(visitors)
    ]
    start = threading.Barrier(visitors)
    pauses = np.random.default_rng(7).exponential(pause, (visitors, each))
    seen, end = Seen(), threading.Event()

    def visit(number: int) -> None:
        questions = [f"What does {names[(number * 7 + n) % len(names)]} do?" for n in range(each)]
        try:
            asked(clients[number], questions, start, pauses[number].tolist(), seen)
        except Exception as error:  # every error of a visitor is reported
            seen.errors.append(f"visitor {number}: {type(error).__name__}: {error}")

    def look() -> None:
        while not end.wait(0.2):
            begin = time.perf_counter()
            with urllib.request.urlopen(f"{address}health") as response:  # noqa: S310 - our page
                response.read()
            seen.health.append(time.perf_counter() - begin)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(visitors)]
    looking = threading.Thread(target=look)
    for thread in (*threads, looking):
        thread.start()
    for thread in threads:
        thread.join()
    end.set()
    looking.join()
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description="Many visitors ask a page at once.")
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--questions", type=int, default=4, help="of each, one after the other")
    parser.add_argument(
        "--pause", type=float, default=0.0, help="seconds that a visitor reads, on average (0)"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        askpapers = [sys.executable, "-m", "ui.cli.main"]
        library = ["--library", str(Path(place) / "library")]
        subprocess.run([*askpapers, "starter", *library], check=True)  # noqa: S603
        chat = [*askpapers, "chat", "--rate", "0", *library]
        with subprocess.Popen(chat, stdout=subprocess.PIPE, text=True) as page:  # noqa: S603
            assert page.stdout is not None
            line = next(line for line in page.stdout if "askpapers is at" in line)
            address = line.split()[3]
            try:
                measured(address, 1, 3)  # loads what the first question needs
                seen = measured(address, args.visitors, args.questions, args.pause)
            finally:
                page.terminate()
    for what, seconds in (
        ("answered", seen.answers),
        ("told to come back", seen.busy),
        ("looks at /health", seen.health),
    ):
        p50, p95 = np.percentile(seconds, [50, 95]) if seconds else (0.0, 0.0)
        worst = max(seconds, default=0)
        print(f"{len(seconds)} {what}: p50 {p50:.2f} s, p95 {p95:.2f} s, worst {worst:.2f} s")
    print(f"{args.visitors} visitors, {len(seen.errors)} errors")
    for error in seen.errors[:10]:
        print(error)
    return 1 if seen.errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
