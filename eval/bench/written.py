"""Are a model's mistakes marked, and its true sentences left alone? Planted through a real server.

    python -m eval.bench.written [--paraphrases FILE]

True sentences of the starter's digests and our own paraphrases of them, on which nothing was tuned
(``tests/paraphrases.jsonl``), are said by a scripted server that speaks OpenAI's protocol, as they
are and with one thing changed: a figure, a name, or the paper cited. The whole road is taken: what
is counted is what a reader would see marked, or an answer that gave way to quotes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console

from eval.bench.scripted import ScriptedServer, scripted
from eval.planted import other_figure, other_name, systems_of
from eval.reports.table import grid
from ingest.paper import Paper, title_key
from ingest.sentences import sentences
from rag.answer import Answer
from rag.assistant import Assistant
from rag.llms import open_llm

KINDS = ("true", "figure", "name", "paper")
PARAPHRASES = Path(__file__).parents[2] / "tests" / "paraphrases.jsonl"
SEED = 7


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence of a model about ``paper``: ``true``, with one thing planted in it or none."""

    source: str  # "verbatim" or "paraphrase"
    kind: str
    paper: Paper
    true: str
    said: str


@dataclass(frozen=True, slots=True)
class Row:
    case: Case
    marked: bool
    text: str


def cases(
    papers: Sequence[Paper], *, a_paper: int = 2, every: int = 1, paraphrases: Path = PARAPHRASES
) -> list[Case]:
    """``a_paper`` sentences of each digest, and all paraphrases, each true and changed."""
    random = Random(SEED)  # noqa: S311 - the same faults in every run
    rename = other_name(systems_of([paper.title for paper in papers]))
    found: list[Case] = []
    for source, paper, sentence in list(_true(papers, a_paper, random, paraphrases))[::every]:
        found.append(Case(source, "true", paper, sentence, sentence))
        for kind, plant in (("figure", other_figure), ("name", rename)):
            changed = plant(sentence, random)
            if changed is not None and changed != sentence:
                found.append(Case(source, kind, paper, sentence, changed))
        found.append(Case(source, "paper", paper, sentence, sentence))
    return found


def _true(
    papers: Sequence[Paper], a_paper: int, random: Random, paraphrases: Path
) -> Iterator[tuple[str, Paper, str]]:
    for paper in papers:
        told = sentences(paper.abstract)
        for sentence in random.sample(told, min(a_paper, len(told))):
            yield "verbatim", paper, sentence
    by_title = {title_key(paper.title): paper for paper in papers}
    for line in paraphrases.read_text("utf-8").splitlines():
        row = json.loads(line)
        yield "paraphrase", by_title[title_key(row["paper"])], row["claim"]


def run(assistant: Assistant, server: ScriptedServer, planted: Sequence[Case]) -> Iterator[Row]:
    """Each case asked for and answered; those that the assistant refuses itself are left out."""
    writing = assistant.with_llm(open_llm("openai/scripted", base_url=server.url))
    for case in planted:
        server.reply = partial(reply, case)
        answer = writing.ask(f"What does {case.paper.title} say?")
        if not answer.refused:
            yield Row(case, _marked(answer), answer.text)


def reply(case: Case, messages: Sequence[Mapping[str, str]]) -> str:
    """A true sentence, and the case's on a line of its own.

    The true one is there because an answer of which nothing is borne out is never shown.
    """
    lines = messages[-1]["content"].splitlines()
    shown = [json.loads(line) for line in lines if line.startswith('{"source"')]
    own, cited = cited_by(case, shown)
    return f"{sentences(case.paper.abstract)[0]} [{own}]\n{case.said} [{cited}]"


def cited_by(case: Case, shown: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """The number of the case's paper among the sources, and the number that it cites."""
    numbers = {title_key(row["title"]): int(row["source"]) for row in shown}
    own = numbers[title_key(case.paper.title)]
    return own, own if case.kind != "paper" else next(n for n in numbers.values() if n != own)


def _marked(answer: Answer) -> bool:
    """Whether the last line is marked; an answer that gave way to quotes shows none of it."""
    if answer.mode == "quoted":
        return True
    line = answer.text.rfind("\n")
    return any(sentence.marked for sentence in answer.sentences if sentence.start > line)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--show", type=int, default=0, metavar="N", help="N wrong rows a kind")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth sentence")
    parser.add_argument("--paraphrases", type=Path, default=PARAPHRASES, metavar="FILE")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every row here")
    args = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory() as place,
        Assistant.open(place, llm="quoted", starter=True) as assistant,
    ):
        with scripted() as server:
            papers = list(assistant.library.papers())
            planted = cases(papers, every=args.every, paraphrases=args.paraphrases)
            rows = list(run(assistant, server, planted))
    total = Counter((row.case.source, row.case.kind) for row in rows)
    marked = Counter((row.case.source, row.case.kind) for row in rows if row.marked)
    table = [
        [source, *(f"{marked[source, kind]}/{total[source, kind]}" for kind in KINDS)]
        for source in ("verbatim", "paraphrase")
    ]
    printed = grid("marked, of", *KINDS)
    for line in table:
        printed.add_row(*line)
    Console().print(printed)
    for kind in KINDS:
        wrong = [row for row in rows if row.case.kind == kind and row.marked == (kind == "true")]
        for row in wrong[: args.show]:
            print(f"{kind}: {row.text.splitlines()[-1]}")
    if args.json is not None:
        facts = [
            {"source": r.case.source, "kind": r.case.kind, "said": r.case.said, "marked": r.marked}
            for r in rows
        ]
        args.json.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
