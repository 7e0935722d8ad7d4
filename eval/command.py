"""The command `askpapers eval`; what it needs is imported when it runs, not when it is parsed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eval.reports.summary import Run
    from ingest.paper import Paper
    from rag.llms import LLM


def add_eval(parser: argparse.ArgumentParser) -> None:
    """The arguments of `askpapers eval`."""
    parser.add_argument(
        "questions",
        nargs="?",
        type=Path,
        metavar="QUESTIONS.jsonl",
        help="questions with their gold papers (default: the bundled ones, on the starter library)",
    )
    parser.add_argument("--split", choices=("dev", "test"), help="only this half of the questions")
    parser.add_argument(
        "--floors",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="also ask floors: lexical search alone, a random paper, always refusing",
    )
    parser.add_argument(
        "--judge",
        metavar="MODEL",
        help="a model that judges the answers, too: openai/MODEL, ollama/MODEL ...; its own"
        " accuracy on known claims is shown beside its verdicts",
    )
    other = parser.add_mutually_exclusive_group()
    other.add_argument(
        "--compare", nargs=2, type=Path, metavar=("A.json", "B.json"), help="two runs, paired"
    )
    other.add_argument("--beir", type=Path, metavar="DIR", help="retrieval figures on a BEIR set")
    other.add_argument("--grounding", type=Path, metavar="FILE", help="the support check's figures")
    other.add_argument(
        "--feedback",
        type=Path,
        metavar="FILE.jsonl",
        help="what visitors of the chat page thought of its answers",
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write figures and rows here")
    parser.add_argument("--html", type=Path, metavar="OUT", help="write a report to click through")
    parser.add_argument(
        "--write-floors",
        action="store_true",
        help="make this run's figures, less their intervals, the floors that the tests hold",
    )
    parser.set_defaults(run=run_eval)


def run_eval(args: argparse.Namespace) -> int:
    """Do what `askpapers eval` was asked to; 0, or AskpapersError when it can't be done."""
    if args.compare is not None:
        return _run_compare(args)
    if args.beir is not None:
        return _run_beir(args)
    if args.grounding is not None:
        return _run_grounding(args)
    if args.feedback is not None:
        return _run_feedback(args)
    return _run_questions(args)


def _run_questions(args: argparse.Namespace) -> int:
    import tempfile

    from eval.answers import run_questions
    from eval.questions import QUESTIONS_FILE, load_questions, split
    from eval.reports.table import print_run
    from ingest.errors import AskpapersError, ParseError
    from rag.assistant import Assistant
    from rag.llms.settings import Settings

    judge_model = Settings.from_environment().open(args.judge) if args.judge else None
    path = args.questions or QUESTIONS_FILE
    _must_exist(path)
    questions = [q for q in load_questions(path) if args.split in (None, split(q.id))]
    if not questions:
        raise ParseError(str(path), "no questions in it")
    if args.write_floors and (args.questions or args.library or args.split):
        raise AskpapersError("--write-floors takes the bundled questions, all, and no --library")
    with tempfile.TemporaryDirectory() as fresh:
        # The bundled questions are about the starter papers; others about the reader's own library.
        place = args.library or (None if args.questions else fresh)
        with Assistant.open(place, starter=not args.library) as assistant:
            run = run_questions(
                questions, assistant, floors=args.floors, name=path.name, split=args.split
            )
            papers = list(assistant.library.papers()) if judge_model else []
    print_run(run)
    if judge_model is not None:
        run = _judged(run, papers, judge_model)
    if args.json is not None:
        _write_json(args.json, run.to_dict())
    if args.html is not None:
        from eval.reports.report import page

        _write(args.html, page(run))
    if args.write_floors:
        from eval.reports.floors import FLOORS_FILE, floors_of

        _write_json(FLOORS_FILE, floors_of(run.rows))
    return 0


def _judged(run: Run, papers: Sequence[Paper], model: LLM) -> Run:
    from dataclasses import replace

    from eval.llm_judge import LLMJudge, accuracy, facts, judged_rows, print_judged

    judge = LLMJudge(model)
    own = accuracy(judge, papers)
    rows = judged_rows(run.rows, papers, judge)
    print_judged(rows, judge, own, print)
    return replace(run, rows=rows, judge=facts(judge, own))


def _run_compare(args: argparse.Namespace) -> int:
    from eval.reports.compare import compare, load_run, print_comparison

    before, after = (load_run(path) for path in args.compare)
    found = compare(before, after)
    print_comparison(found, names=tuple(path.name for path in args.compare))
    if args.json is not None:
        _write_json(args.json, found.to_dict())
    return 0


def _run_beir(args: argparse.Namespace) -> int:
    from eval.beir import load, measure
    from ingest.embedders import load_embedder

    judged = load(args.beir)
    print(f"{args.beir.name}: {len(judged.papers):,} texts, {len(judged.queries):,} queries")
    modes = measure(judged, load_embedder("static"))
    for mode, figures in modes.items():
        print(f"{mode:8}", "  ".join(f"{name} {value:.4f}" for name, value in figures.items()))
    if args.json is not None:
        counts = {"texts": len(judged.papers), "queries": len(judged.queries)}
        _write_json(args.json, {"set": args.beir.name, **counts, "modes": modes})
    return 0


def _run_grounding(args: argparse.Namespace) -> int:
    from eval.grounding import measure

    _must_exist(args.grounding)
    facts = measure(args.grounding)
    print(f"{args.grounding.name}: {facts['n']:,} pairs, {facts['supported']:,} supported")
    for name in ("auroc", "balanced_accuracy"):
        low, high = facts.get(f"{name}_interval") or (None, None)
        if facts[name] is not None and low is not None:
            print(f"{name:18} {facts[name]:.3f}  {low:.3f}\u2013{high:.3f}")
    if args.json is not None:
        _write_json(args.json, facts)
    return 0


def _run_feedback(args: argparse.Namespace) -> int:
    from eval.feedback import load_feedback, print_feedback, summary

    _must_exist(args.feedback)
    judged = load_feedback(args.feedback)
    found = summary(judged)
    print_feedback(found, judged)
    if args.json is not None:
        _write_json(args.json, found)
    return 0


def _must_exist(path: Path) -> None:
    from ingest.errors import ParseError

    if not path.is_file():
        raise ParseError(str(path), "no such file")


def _write_json(path: Path, facts: object) -> None:
    _write(path, json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def _write(path: Path, text: str) -> None:
    from ingest.errors import AskpapersError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AskpapersError(f"{path} can't be written ({error.strerror})") from error
    print(f"written: {path}")
