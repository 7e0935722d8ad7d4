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
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console

from eval.metrics import percentile
from eval.reports.table import grid
from ingest.library import Library
from ingest.paths import SERVER
from ingest.pipeline import ingest

_NEW = 100  # papers that come later
_QUESTIONS = 200

Facts = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure size after size, print a table as it grows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpus", type=Path, help="JSONL or JSONL.gz of papers")
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 10_000])
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures here")
    args = parser.parse_args(argv)
    found: list[Facts] = []
    for size in args.sizes:
        with tempfile.TemporaryDirectory() as scratch:
            found.append(_measured(args.corpus, size, Path(scratch)))
        _print(found)
        if args.json is not None:
            args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def _measured(corpus: Path, size: int, place: Path) -> Facts:
    papers, later = place / "papers.jsonl", place / "later.jsonl"
    with gzip.open(corpus, "rt") if corpus.suffix == ".gz" else corpus.open() as source:
        papers.write_text("".join(islice(source, size)), encoding="utf-8")
        later.write_text("".join(islice(source, _NEW)), encoding="utf-8")
    _ingested(place / "warm", later)  # imports and models are no part of what is measured
    facts: Facts = {"papers": size, "directory": _ingested(place / "directory", papers)}
    facts["directory_disk"] = _megabytes(place / "directory")
    facts["directory_search"] = _searches(place / "directory", papers)
    with _chroma_run(place / "served") as (address, process):

        def copy(name: str) -> Path:
            (place / name).mkdir(exist_ok=True)
            (place / name / SERVER).write_text(json.dumps({"address": address}), "utf-8")
            return place / name

        facts["ingest"] = _ingested(copy("writer"), papers)
        facts["server_disk"] = _megabytes(place / "served")
        facts["server_memory"] = _resident(process.pid)
        facts["join"], facts["first"] = _opened(copy("reader"))
        facts["copy_disk"] = _megabytes(place / "reader")
        facts["search"] = _searches(copy("reader"), papers)
        _ingested(copy("writer"), later)
        facts["catch_up"] = _opened(copy("reader"))[0]
        facts["up"] = _opened(copy("reader"))[0]
    return facts


@contextmanager
def _chroma_run(place: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chroma = shutil.which("chroma") or str(Path(sys.executable).with_name("chroma"))
    quiet = subprocess.DEVNULL
    command = [chroma, "run", "--path", str(place), "--port", str(port)]
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet)  # noqa: S603 - ours
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/papers", process
    finally:
        process.kill()
        process.wait()


def _ingested(place: Path, papers: Path) -> float:
    started = time.perf_counter()
    with Library.open(place, create=True) as library:
        ingest(library, [str(papers)])
    return time.perf_counter() - started


def _opened(place: Path) -> tuple[float, float]:
    """Seconds until the library is open, and from then until the first question is answered."""
    started = time.perf_counter()
    with Library.open(place, create=True) as library:
        opened = time.perf_counter()
        _search(library, "how do neural networks generalise")
        return opened - started, time.perf_counter() - opened


def _searches(place: Path, papers: Path) -> dict[str, float]:
    """Milliseconds of searches for the papers' own titles, the looks at the server included."""
    with papers.open(encoding="utf-8") as lines:
        titles = [json.loads(line)["title"] for line in islice(lines, _QUESTIONS)]
    times = []
    with Library.open(place) as library:
        _search(library, titles[0])
        for title in titles:
            started = time.perf_counter()
            _search(library, title)
            times.append((time.perf_counter() - started) * 1000)
    return {"p50": percentile(times, 0.5), "p95": percentile(times, 0.95), "most": max(times)}


def _search(library: Library, text: str) -> None:
    library.search_lexical(text, 50)
    library.search_dense(library.embedder.embed([text])[0], 50)


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
        "x",
        "join s",
        "+ first question",
        f"{_NEW} new s",
        "0 new",
        "search p50/p95 ms: directory",
        "server",
        "MB: directory",
        "copy",
        "server",
        "memory",
    )
    for facts in found:
        searches = (facts["directory_search"], facts["search"])
        table.add_row(
            f"{facts['papers']:,}",
            f"{facts['directory']:.1f}",
            f"{facts['ingest']:.1f}",
            f"{facts['ingest'] / facts['directory']:.2f}",
            f"{facts['join']:.1f}",
            f"{facts['first']:.1f}",
            f"{facts['catch_up']:.2f}",
            f"{facts['up']:.2f}",
            *(f"{times['p50']:.0f}/{times['p95']:.0f}" for times in searches),
            f"{facts['directory_disk']:.0f}",
            f"{facts['copy_disk']:.0f}",
            f"{facts['server_disk']:.0f}",
            f"{facts['server_memory']:.0f}",
        )
    Console(highlight=False, width=170).print(table)


if __name__ == "__main__":
    raise SystemExit(main())
