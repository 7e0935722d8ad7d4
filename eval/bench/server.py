"""A library on a Chroma server against the same in a directory, by size of library.

    python -m eval.bench.server CORPUS.jsonl.gz --sizes 2000 10000

The server is a ``chroma run`` of its own on this machine, which shares its cores with it. Both
libraries are measured in the same run, one after the other: times belong to a machine and its
load, ratios carry over.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console

from eval.bench.kills.served import ChromaServer
from eval.metrics import percentile
from eval.reports.table import grid
from ingest.copying import copied
from ingest.embedders import load_embedder
from ingest.library import Library
from ingest.paths import SERVER
from ingest.pipeline import ingest

_QUESTIONS = 60  # a process
_ASKING = (1, 4, 8)  # processes at once

Facts = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure size after size, print a table as it grows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpus", type=Path, help="JSONL or JSONL.gz of papers")
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 10_000])
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures here")
    parser.add_argument("--ask", nargs=2, metavar=("LIBRARY", "PAPERS"), help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.ask:
        print(json.dumps(_searches(Path(args.ask[0]), Path(args.ask[1]))))
        return 0
    found: list[Facts] = []
    for size in args.sizes:
        with tempfile.TemporaryDirectory() as scratch:
            found.append(_measured(args.corpus, size, Path(scratch)))
        _print(found)
        if args.json is not None:
            args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def _measured(corpus: Path, size: int, place: Path) -> Facts:
    papers, few = place / "papers.jsonl", place / "few.jsonl"
    with gzip.open(corpus, "rt") if corpus.suffix == ".gz" else corpus.open() as source:
        papers.write_text("".join(islice(source, size)), encoding="utf-8")
        few.write_text("".join(islice(source, 100)), encoding="utf-8")
    _ingested(place / "warm", few)  # imports and models are no part of what is measured
    facts: Facts = {"papers": size, "directory": _ingested(place / "directory", papers)}
    facts["directory_search"] = _asked_by(1, place / "directory", papers)
    server = ChromaServer(place / "served")
    try:

        def served(name: str) -> Path:
            (place / name).mkdir(exist_ok=True)
            address = {"address": server.address("papers")}
            (place / name / SERVER).write_text(json.dumps(address), "utf-8")
            return place / name

        facts["ingest"] = _ingested(served("here"), papers)
        facts["again"] = _ingested(served("there"), papers)
        facts["open"] = _opened(served("there"))
        facts["search"] = {n: _asked_by(n, served("there"), papers) for n in _ASKING}
        facts["disk"] = _megabytes(place / "served")
        facts["memory"] = _resident(server.pid)
        started = time.perf_counter()
        copied(served("there"), place / "copy", lambda arrived: None)
        facts["copy"] = time.perf_counter() - started
    finally:
        server.kill()
    return facts


def _ingested(place: Path, papers: Path) -> float:
    started = time.perf_counter()
    with Library.open(place, embedder=load_embedder("static"), create=True) as library:
        ingest(library, [str(papers)])
    return time.perf_counter() - started


def _opened(place: Path) -> float:
    started = time.perf_counter()
    with Library.open(place) as library:
        assert not library.is_empty
        return time.perf_counter() - started


def _asked_by(processes: int, place: Path, papers: Path) -> dict[str, float]:
    """Milliseconds of a search while so many processes ask at once."""
    command = [sys.executable, "-m", "eval.bench.server", str(papers)]
    command += ["--ask", str(place), str(papers)]
    pipe = subprocess.PIPE
    asking = [
        subprocess.Popen(command, stdout=pipe)  # noqa: S603 - ours
        for _ in range(processes)
    ]
    times = [time for process in asking for time in json.loads(process.communicate()[0])]
    return {"p50": percentile(times, 0.5), "p95": percentile(times, 0.95)}


def _searches(place: Path, papers: Path) -> list[float]:
    """Milliseconds of searches for sentences of papers from all over the file."""
    with papers.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["abstract"].partition(". ")[0][:300] for line in lines]
    times = []
    with Library.open(place) as library:
        for text in ["a first one", *texts[:: max(1, len(texts) // _QUESTIONS)]]:
            started = time.perf_counter()
            library.candidates(text, library.embedder.embed([text])[0], 100)
            times.append((time.perf_counter() - started) * 1000)
    return times[1:]


def _megabytes(place: Path) -> float:
    return sum(file.stat().st_size for file in place.rglob("*") if file.is_file()) / 1e6


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmRSS"))


def _print(found: Sequence[Facts]) -> None:
    table = grid(
        "papers",
        "ingest s: directory",
        "server",
        "again",
        "open s",
        "search p50/p95 ms: directory",
        *(f"server, {n} asking" for n in _ASKING),
        "server MB: disk",
        "memory",
        "copy s",
    )
    for facts in found:
        searches = (facts["directory_search"], *facts["search"].values())
        table.add_row(
            f"{facts['papers']:,}",
            f"{facts['directory']:.1f}",
            f"{facts['ingest']:.1f}",
            f"{facts['again']:.1f}",
            f"{facts['open']:.2f}",
            *(f"{times['p50']:.0f}/{times['p95']:.0f}" for times in searches),
            f"{facts['disk']:.0f}",
            f"{facts['memory']:.0f}",
            f"{facts['copy']:.1f}",
        )
    Console(highlight=False, width=170).print(table)


if __name__ == "__main__":
    raise SystemExit(main())
