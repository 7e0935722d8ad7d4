"""What we add to a streamed answer: before its first piece, for each sentence, and in all.

    python -m eval.bench.written_speed

A scripted server sends the quoted answers of the starter's questions as a model would, some 100
tokens a second. Its times are taken in the same process, so they compare; on a busy machine the
medians are of its load.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

from rich.console import Console

from eval.bench.scripted import ScriptedServer, scripted
from eval.metrics import percentile
from eval.questions import load_questions
from eval.reports.table import grid
from rag.answer import Answer
from rag.assistant import Assistant
from rag.llms import open_llm

BETWEEN = 0.01  # seconds between two pieces


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds: the first piece after the server's; one sentence's check; ours over the server's."""

    first: float
    sentence: float
    added: float
    share: float


def timed(assistant: Assistant, server: ScriptedServer, question: str) -> Timed | None:
    """One streamed answer; None where nothing was written."""
    stream = assistant.stream(question)
    first = 0.0
    for piece in stream:
        first = first or perf_counter()
        if isinstance(piece, Answer):
            answer = piece
    if answer.mode != "written" or answer.refused:
        return None
    ended = perf_counter()
    # From the prompt's making to the last word, less what the server took: retrieval is before.
    served = server.ended - server.asked
    added = answer.timings["write"] - served
    assert ended >= server.ended
    return Timed(
        first=first - server.began,
        sentence=answer.timings["check"] / len(answer.sentences),
        added=added,
        share=added / served,
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--answers", type=int, default=30, help="how many (%(default)s)")
    args = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory() as place,
        Assistant.open(place, llm="quoted", starter=True) as quoting,
    ):
        asked = [q.question for q in load_questions() if q.answerable and not q.history]
        with scripted() as server:
            server.between = BETWEEN
            writing = quoting.with_llm(open_llm("openai/scripted", base_url=server.url))
            found: list[Timed] = []
            for question in asked[:: max(1, len(asked) // (args.answers + 1))]:
                text = quoting.ask(question).text

                def reply(_: Sequence[Mapping[str, str]], text: str = text) -> str:
                    return text

                server.reply = reply
                if (one := timed(writing, server, question)) is not None:
                    found.append(one)
    Console().print(_table(found[1:]))  # the first also loads the client
    return 0


def _table(found: Sequence[Timed]) -> object:
    table = grid(f"{len(found)} answers", "p50", "p95", "target")
    for name, values, unit, target in (
        ("first piece after the server's", [1000 * t.first for t in found], "ms", "50 ms"),
        ("check of a sentence", [1000 * t.sentence for t in found], "ms", "5 ms"),
        ("added in all", [1000 * t.added for t in found], "ms", ""),
        ("added, of the server's time", [100 * t.share for t in found], "%", "10 %"),
    ):
        p50, p95 = statistics.median(values), percentile(values, 0.95)
        table.add_row(name, f"{p50:.1f} {unit}", f"{p95:.1f} {unit}", target)
    return table


if __name__ == "__main__":
    sys.exit(main())
