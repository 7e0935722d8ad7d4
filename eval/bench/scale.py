"""Time, memory and recall by size of library, against a bare Chroma loop and a stock pipeline.

    python -m eval.bench.scale CORPUS.jsonl.gz --sizes 1000 10000 100000 --json OUT --svg OUT

Every measurement is a process of its own, so that its peak memory is its own; baselines run in turn
with what is measured. Nothing is asserted: times belong to a machine and its load, ratios carry
over.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console

from eval.bench.scale_parts import PARTS
from eval.bench.scale_plot import scale_plot
from eval.reports.table import grid

_STOCK_AT_MOST = 10_000  # papers the stock pipeline is given: it is many times slower

Facts = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure size after size, print a table as it grows, write what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpus", type=Path, help="JSONL or JSONL.gz of papers")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the libraries here")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures here")
    parser.add_argument("--svg", type=Path, metavar="OUT", help="write the plot here")
    parser.add_argument("--part", nargs=2, metavar=("NAME", "DIR"), help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.part is not None:
        name, place = args.part
        print(json.dumps(PARTS[name](Path(place))))
        return 0
    found: list[Facts] = []
    with tempfile.TemporaryDirectory() as scratch:
        for size in sorted(args.sizes):
            place = (args.keep or Path(scratch)) / str(size)
            place.mkdir(parents=True, exist_ok=True)
            found.append(_measured(args.corpus, size, place))
            _print(found)
            if args.json is not None:
                args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if args.svg is not None:
        args.svg.write_text(scale_plot(found), encoding="utf-8")
    return 0


def _measured(corpus: Path, size: int, place: Path) -> Facts:
    papers = _head(corpus, size, place / "papers.jsonl")
    facts: Facts = {"papers": papers}
    stock = _head(corpus, min(size, _STOCK_AT_MOST), place / "stock.jsonl")
    for name in ("ingest", "again", "bare", "stock", "query"):
        facts[name] = _part(name, place, corpus)
    facts["stock"]["papers"] = stock
    return facts


def _head(corpus: Path, size: int, place: Path) -> int:
    """Write the first ``size`` lines of the corpus; how many there were."""
    opened: Callable[..., Any] = gzip.open if corpus.suffix == ".gz" else open
    with opened(corpus, "rt", encoding="utf-8") as source, place.open("w", encoding="utf-8") as out:
        lines: Iterator[str] = islice(source, size)
        return sum(1 for line in lines if out.write(line))


def _part(name: str, place: Path, corpus: Path) -> Facts:
    command = [sys.executable, "-m", "eval.bench.scale", str(corpus), "--part", name, str(place)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    facts: Facts = json.loads(done.stdout.splitlines()[-1])
    return facts


def _print(found: Sequence[Facts]) -> None:
    names = (
        "papers",
        "ingest s",
        "of bare",
        "x stock",
        "again x",
        "MB peak",
        "MB disk",
        "search p50/p95 ms",
        "filtered",
        "ask",
        "recall@10",
    )
    table = grid(*names)
    for facts in found:
        query = facts["query"]
        times = (f"{query[name]['p50']:.0f}/{query[name]['p95']:.0f}" for name in QUERIES)
        table.add_row(
            f"{facts['papers']:,}",
            f"{facts['ingest']['seconds']:.1f}",
            *(f"{ratio:.2f}" for ratio in (of_bare(facts), of_stock(facts), of_again(facts))),
            f"{facts['ingest']['peak_mb']:.0f}",
            f"{facts['ingest']['disk_mb']:.0f}",
            *times,
            f"{query['recall@10']:.3f}",
        )
    Console(highlight=False, width=140).print(table)


QUERIES = ("search", "filtered", "ask")


def of_bare(facts: Facts) -> float:
    """The ingest's rate as a share of the best bare loop's with Chroma's own settings."""
    best = min(loop["seconds"] for loop in facts["bare"]["loops"] if loop["settings"] == "default")
    return float(best / facts["ingest"]["seconds"])


def of_stock(facts: Facts) -> float:
    """How many times the papers a second of the stock pipeline."""
    stock = facts["stock"]
    return float(
        (facts["papers"] / facts["ingest"]["seconds"]) / (stock["papers"] / stock["seconds"])
    )


def of_again(facts: Facts) -> float:
    """How many times faster the same ingest is when nothing has changed."""
    return float(facts["ingest"]["seconds"] / facts["again"]["seconds"])


if __name__ == "__main__":
    raise SystemExit(main())
