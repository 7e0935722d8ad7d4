"""How long a question takes: as a whole process, against `import chromadb`, and when warm.

Run `python -m eval.bench.ask`. Nothing here is asserted: times belong to a machine and its load,
so the baseline runs in turn with what is measured, and the ratio is what carries over.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from eval.metrics import percentile
from eval.questions import load_questions
from eval.reports.table import grid
from rag.assistant import Assistant

BASELINE = "import chromadb"
QUESTION = "How does FlexLLM save memory?"
_ASK = "import sys; from ui.cli import start; sys.exit(start())"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print a table, and write JSON where it is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--library", type=Path, help="default: a fresh one with the starter papers")
    parser.add_argument("--runs", type=int, default=7, help="of each process (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures here")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as fresh:
        place = str(args.library or fresh)
        warm = warm_seconds(place)  # also fills a fresh library and compiles the bytecode
        cold = cold_seconds(commands(place), runs=max(args.runs, 1))
    _print(cold, warm)
    if args.json is not None:
        facts = {"cold_seconds": cold, "warm_seconds": {s: _at(warm, s) for s in ("p50", "p95")}}
        args.json.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return 0


def commands(library: str) -> dict[str, list[str]]:
    """What is measured as whole processes, by name; the baseline is the second."""
    python = sys.executable
    return {
        "python -c pass": [python, "-c", "pass"],
        BASELINE: [python, "-c", BASELINE],
        "askpapers ask": [python, "-c", _ASK, "ask", "--library", library, QUESTION],
        "askpapers search": [python, "-c", _ASK, "search", "--library", library, QUESTION],
    }


def cold_seconds(by_name: Mapping[str, Sequence[str]], *, runs: int) -> dict[str, list[float]]:
    """Wall seconds of each process, in turn, so that a busy minute hits all of them alike."""
    found: dict[str, list[float]] = {name: [] for name in by_name}
    for round_ in range(runs + 1):
        for name, command in by_name.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
            if round_:  # the first round warms the file cache
                found[name].append(time.perf_counter() - started)
    return found


def warm_seconds(library: str) -> list[float]:
    """Seconds of each gold question in one process, after a first one."""
    found = []
    with Assistant.open(library, starter=True) as assistant:
        assistant.ask(QUESTION)
        for question in load_questions():
            started = time.perf_counter()
            assistant.ask(question.question, question.history)
            found.append(time.perf_counter() - started)
    return found


def _print(cold: Mapping[str, Sequence[float]], warm: Sequence[float]) -> None:
    baseline = statistics.median(cold[BASELINE])
    table = grid("", "median ms", "least", "most", f"x {BASELINE}")
    for name, times in cold.items():
        median = statistics.median(times)
        cells = (f"{1000 * value:.0f}" for value in (median, min(times), max(times)))
        table.add_row(f"process: {name}", *cells, f"{median / baseline:.2f}")
    for name in ("p50", "p95"):
        value = _at(warm, name)
        ratio = f"{value / baseline:.3f}"
        row = f"warm: a question, {name} of {len(warm)}"
        table.add_row(row, f"{1000 * value:.1f}", "", "", ratio)
    Console(highlight=False, width=120).print(table)


def _at(times: Sequence[float], name: str) -> float:
    return percentile(times, int(name[1:]) / 100)


if __name__ == "__main__":
    raise SystemExit(main())
