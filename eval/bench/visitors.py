"""Many visitors at once: ``python -m eval.bench.visitors`` asks a page of its own over HTTP.

Each visitor asks its questions one after the other, by the two requests of ``/call/ask``. Visitors
have computers of their own, and these share the page's: so they are one thread that does little but
wait (300 ``gradio_client`` took as long as the page itself). Reported are the times of single
answers (median, p95, worst), how many were told at once that all are busy and to come back later,
how long ``/health`` took meanwhile, and every error.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from ingest.starter import starter_papers

BUSY = "many are asking just now; try again in"


@dataclass
class Seen:
    """Seconds of answers, of being told that all are busy, and of looks at ``/health``."""

    answers: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


async def fetched(address: str, path: str, said: object = None) -> str:
    """The body of what ``address`` answers at ``path``; ``said`` is posted as JSON."""
    at = urlsplit(address)
    body = b"" if said is None else json.dumps(said).encode()
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.0\r\nHost: {at.netloc}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    writer.write(head.encode() + body)
    status, _, found = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    if " 200 " not in status[:20]:
        raise OSError(f"{path}: {status.partition(chr(13))[0]}")
    return found


async def asked(address: str, questions: Sequence[str], pauses: Sequence[float], s: Seen) -> None:
    """Ask after a pause before each question; raises what isn't an answer or "busy"."""
    for question, pause in zip(questions, pauses, strict=True):
        await asyncio.sleep(pause)
        begin = time.perf_counter()
        data = [question, None, None, None, None, None, "quoted"]
        event = json.loads(await fetched(address, "/gradio_api/call/ask", {"data": data}))
        found = await fetched(address, f"/gradio_api/call/ask/{event['event_id']}")
        took = time.perf_counter() - begin
        if BUSY in found:
            s.busy.append(took)
            continue
        data_line = found.partition("event: complete\ndata: ")[2].partition("\n")[0]
        answer = json.loads(data_line or "[{}]")[0]
        assert answer.get("question") == question, f"another answer: {found[:200]}"
        s.answers.append(took)


async def measured(address: str, visitors: int, each: int, pause: float = 0.0) -> Seen:
    """What visitors of the page at ``address`` meet; ``pause`` is the mean before a question."""
    names = [p.title.partition(":")[0] for p in starter_papers() if ":" in p.title]
    pauses = np.random.default_rng(7).exponential(pause, (visitors, each))
    seen = Seen()

    async def visit(number: int) -> None:
        questions = [f"What does {names[(number * 7 + n) % len(names)]} do?" for n in range(each)]
        try:
            await asked(address, questions, pauses[number].tolist(), seen)
        except Exception as error:  # every error of a visitor is reported
            seen.errors.append(f"visitor {number}: {type(error).__name__}: {error}")

    async def look() -> None:
        while True:
            begin = time.perf_counter()
            await fetched(address, "/health")
            seen.health.append(time.perf_counter() - begin)
            await asyncio.sleep(0.2)

    looking = asyncio.create_task(look())
    await asyncio.gather(*(visit(number) for number in range(visitors)))
    looking.cancel()
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
                asyncio.run(measured(address, 1, 3))  # loads what the first question needs
                seen = asyncio.run(measured(address, args.visitors, args.questions, args.pause))
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
