"""The command `askpapers eval`."""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import AskpapersError, ParseError

if TYPE_CHECKING:
    from eval.answers import Asker, Figure
    from eval.judge import Row
    from eval.questions import Question
    from rag.assistant import Assistant


def add_eval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "questions",
        nargs="?",
        type=Path,
        metavar="QUESTIONS.jsonl",
        help="questions with their gold papers (default: the bundled ones, on the starter library)",
    )
    parser.add_argument("--split", choices=("dev", "test"), help="only this half of the questions")
    parser.add_argument("--beir", type=Path, metavar="DIR", help="retrieval figures on a BEIR set")
    parser.add_argument("--grounding", type=Path, metavar="FILE", help="the support check's figures")
    parser.add_argument("--floors", action="store_true", help="answers of floors that know nothing")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write figures and rows here")
    parser.set_defaults(run=run_eval)


def run_eval(args: argparse.Namespace) -> int:
    if args.beir is not None:
        return _run_beir(args)
    if args.grounding is not None:
        return _run_grounding(args)
    return _run_questions(args)


def _run_questions(args: argparse.Namespace) -> int:
    from eval.answers import ask_all, assistant_asker, random_asker, refusing_asker
    from eval.questions import QUESTIONS_FILE, load_questions, split
    from rag.assistant import Assistant

    path = args.questions or QUESTIONS_FILE
    if not path.is_file():
        raise ParseError(str(path), "no such file")
    questions = [q for q in load_questions(path) if args.split in (None, split(q.id))]
    if not questions:
        raise ParseError(str(path), "no questions in it")
    with _library(args) as assistant:
        _warn_of_missing(questions, assistant)
        supports = _support_judge(assistant)
        askers: dict[str, Asker] = {"askpapers": assistant_asker(assistant)}
        if args.floors:
            askers["floor: lexical only"] = assistant_asker(
                Assistant(assistant.library, lexical_share=1.0)
            )
            askers["floor: random paper"] = random_asker(assistant)
            askers["floor: always refuse"] = refusing_asker()
        runs = {name: ask_all(questions, asker, supports) for name, asker in askers.items()}
    for name, rows in runs.items():
        print(f"\n{name}, {len(rows)} questions of {path.name}")
        _print_rows(rows)
    if args.json is not None:
        _write(args.json, {name: _facts(rows) for name, rows in runs.items()})
    return 0


@contextmanager
def _library(args: argparse.Namespace) -> Iterator[Assistant]:
    """The library named, the default one for questions of one's own, else a fresh starter one."""
    from rag.assistant import Assistant

    if args.library is not None or args.questions is not None:
        with Assistant.open(args.library) as assistant:
            yield assistant
        return
    with tempfile.TemporaryDirectory() as place, Assistant.open(place) as assistant:
        yield assistant


def _warn_of_missing(questions: Sequence[Question], assistant: Assistant) -> None:
    from ingest.paper import title_key

    held = {title_key(paper.title) for paper in assistant.library.papers()}
    asked = {title for question in questions for title in question.papers}
    missing = [title for title in asked if title_key(title) not in held]
    if missing and len(missing) == len(asked):
        raise AskpapersError(
            f"none of the {len(asked)} gold papers is in {assistant.library.directory};"
            " name the library that the questions are about with --library"
        )
    if missing:
        print(f"{len(missing)} of {len(asked)} gold papers are not in this library")


def _support_judge(assistant: Assistant) -> Any:
    from rag.support import SupportCheck

    check = SupportCheck(assistant.library.embedder)
    return lambda claim, evidence, title: check(claim, evidence, title=title).supported


def _facts(rows: Sequence[Row]) -> dict[str, Any]:
    from eval.answers import refusal, risk_coverage, summary

    figures = {
        kind: {name: asdict(figure) for name, figure in found.items()}
        for kind, found in summary(rows).items()
    }
    return {
        "figures": figures,
        "refusal": asdict(refusal(rows)),
        "risk_coverage": risk_coverage(rows),
        "rows": [row.to_dict() for row in rows],
    }


def _print_rows(rows: Sequence[Row]) -> None:
    from rich.console import Console
    from rich.table import Table

    from eval.answers import FIGURES, refusal, summary

    by_kind = summary(rows)
    table = Table("figure", *(f"{kind}" for kind in by_kind), box=None, pad_edge=False)
    table.add_row("questions", *(str(_count(rows, kind)) for kind in by_kind))
    for name in FIGURES:
        if any(name in figures for figures in by_kind.values()):
            table.add_row(name, *(_said(figures.get(name)) for figures in by_kind.values()))
    console = Console(width=max(Console().width, 132))
    console.print(table)
    verdict = refusal(rows)
    console.print(
        f"refusal: accuracy {verdict.accuracy:.3f}, precision {verdict.precision:.3f}, refusal rate"
        f" {verdict.rate:.3f}; of the unanswerable {verdict.rightly:.3f}, of the answerable"
        f" {verdict.wrongly:.3f}"
    )
    seconds = sorted(row.seconds for row in rows)
    p95 = seconds[min(len(seconds) - 1, math.ceil(0.95 * len(seconds)) - 1)]
    words = [row.words for row in rows if not row.refused and row.kind != "list"]
    console.print(
        f"a question: p50 {1000 * statistics.median(seconds):.1f} ms, p95 {1000 * p95:.1f} ms;"
        f" median answer outside lists {statistics.median(words) if words else 0:.0f} words"
    )


def _count(rows: Sequence[Row], kind: str) -> int:
    return len(rows) if kind == "overall" else sum(row.kind == kind for row in rows)


def _said(figure: Figure | None) -> str:
    if figure is None:
        return ""
    if figure.high > 1.5:
        return f"{figure.mean:.1f}"
    return f"{figure.mean:.3f} [dim]{figure.low:.2f}–{figure.high:.2f}[/dim]"


def _run_beir(args: argparse.Namespace) -> int:
    from eval.beir import load, measure
    from ingest.embedders import load_embedder

    judged = load(args.beir)
    print(f"{args.beir.name}: {len(judged.papers):,} texts, {len(judged.queries):,} queries")
    modes = measure(judged, load_embedder("static"))
    for mode, figures in modes.items():
        print(f"{mode:8}", "  ".join(f"{name} {value:.4f}" for name, value in figures.items()))
    if args.json is not None:
        _write(args.json, {"set": args.beir.name, "modes": modes})
    return 0


def _run_grounding(args: argparse.Namespace) -> int:
    from eval.grounding import measure

    if not args.grounding.is_file():
        raise ParseError(str(args.grounding), "no such file")
    facts = measure(args.grounding)
    print("  ".join(f"{k} {v:.4g}" for k, v in facts.items() if isinstance(v, int | float)))
    if args.json is not None:
        _write(args.json, facts)
    return 0


def _write(path: Path, facts: object) -> None:
    path.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"written: {path}")
