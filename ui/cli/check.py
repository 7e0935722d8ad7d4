"""The command that checks a draft: a coloured summary, or JSON, Markdown, CSV."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import ParseError, QuestionError
from ingest.sources.drafts import read_text

if TYPE_CHECKING:
    from rich.console import Console

    from rag.check.report import CheckedClaim, Report

_COLOURS = {
    "supported": "green", "figure differs": "bold red", "quotation differs": "bold red",
    "contradicted": "bold red", "elsewhere": "yellow", "not found": "yellow",
    "not here": "cyan", "uncited": "cyan",
}  # fmt: skip
_FORMATS = ("text", "json", "markdown", "csv", "bibtex")


def add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "draft", help="Markdown, LaTeX, plain text or .docx; - reads it from standard input"
    )
    parser.add_argument(
        "references", nargs="?", metavar="REFS", help="its bibliography: BibTeX, RIS ..."
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.add_argument(
        "--format",
        choices=_FORMATS,
        help="another form: markdown, csv, or bibtex of the papers offered",
    )
    parser.add_argument("--all", action="store_true", help="show what is supported, too")
    parser.epilog = (
        "exit codes: 1 when a paper contradicts a claim, has another figure or other words than"
        " those quoted, else 0"
    )
    parser.set_defaults(run=run_check)


def run_check(args: argparse.Namespace) -> int:
    """Check a draft; 1 when something is contradicted, or a figure or quotation differs."""
    text = read_text(args.draft)
    if not text.strip():
        raise QuestionError(f"{args.draft}: there is nothing in it to check")
    if args.references is not None and not Path(args.references).is_file():
        raise ParseError(args.references, "no such file")
    from rag.assistant import Assistant

    with Assistant.open(args.library) as assistant:
        report = assistant.check(text, args.references)
    for warning in report.warnings:
        print(f"note: {warning}", file=sys.stderr)
    form = "json" if args.json else args.format or "text"
    if form == "text":
        _print(report, show_all=args.all)
    else:
        print(_written(report, form), end="")
    return 1 if report.wrong else 0


def _written(report: Report, form: str) -> str:
    from rag.check.report import to_csv
    from rag.export import report_markdown, to_bibtex

    if form == "json":
        return json.dumps(report.to_dict(), ensure_ascii=False) + "\n"
    if form == "bibtex":
        return to_bibtex(report.offered)
    return to_csv(report) if form == "csv" else report_markdown(report)


def _print(report: Report, *, show_all: bool) -> None:
    from rich.console import Console

    class Told(Console):
        def on_broken_pipe(self) -> None:  # rich would exit with 1, which means "contradicted" here
            raise BrokenPipeError

    console = Told(highlight=False, soft_wrap=True)
    shown = [c for c in report.claims if show_all or c.verdict != "supported" or c.reason]
    for claim in shown:
        _print_claim(console, claim)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in report.counts.items())
    console.print(f"{len(report.claims)} claims: {counts or 'none'}", style="bold", markup=False)
    console.print(report.notice, style="dim", markup=False)


def _print_claim(console: Console, claim: CheckedClaim) -> None:
    colour = _COLOURS[claim.verdict]
    console.print(claim.said, style=colour, markup=False, end=": ")
    console.print(" ".join(claim.text.split()), markup=False)
    if claim.reason:
        console.print(f"    {claim.reason}", markup=False)
    if claim.evidence is not None and (claim.verdict != "supported" or claim.reason):
        evidence = claim.evidence
        console.print(f"    {evidence.paper.title}: {evidence.quote}", style="dim", markup=False)
    for quotation in claim.quotations:
        if not quotation.verbatim:
            said = f"not in the paper: “{quotation.said}”"
            if quotation.found is not None:
                said = f"“{quotation.said}” is “{quotation.found}” in the paper"
            console.print(f"    {said}", style="yellow", markup=False)
    for offered in claim.offered:
        paper = offered.paper
        console.print(f"    says it: {paper.title} ({paper.id})", style="cyan", markup=False)
    console.print()
