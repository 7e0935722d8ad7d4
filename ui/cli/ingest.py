"""The ``ingest`` and ``starter`` commands."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from ingest.embedders import DEFAULT, load_embedder
from ingest.library import Library
from ingest.paths import embedding_price, library_directory, shown
from ingest.pipeline import Report, ingest
from ingest.sources.arguments import add_sources, options_of
from ingest.sources.services.web import forget_finished
from ingest.starter import starter_papers
from ui.cli.dry_run import dry_run, reasons
from ui.cli.estimate import Foretold, announced, price_of
from ui.cli.shared import add_library, carried_out, counted

_LISTED = 20  # skipped records named one by one


def add_ingest(parser: argparse.ArgumentParser) -> None:
    add_sources(parser)
    parser.add_argument(
        "--embedder",
        help=f"for a new library (default: {DEFAULT}): contextual (bundled, reads in context),"
        " static (bundled, quick, for very large libraries; finds less in everyday words), minilm,"
        " openai/MODEL",
    )
    parser.add_argument(
        "--prune",
        action="store_true",
        help="remove papers that a SOURCE had before and has no longer",
    )
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    parser.set_defaults(run=run_ingest)


def run_ingest(args: argparse.Namespace) -> int:
    embedder = load_embedder(args.embedder) if args.embedder else None
    directory = library_directory(args.library)
    if args.dry_run:
        return dry_run(args, directory)
    with Library.open(directory, embedder=embedder, create=True) as library:
        report = _ingested(library, args.sources, args)
        held = len(library)
    if args.json:
        print(json.dumps({**_facts(report), "library": shown(directory), "papers": held}))
    else:
        print(f"{_said(report)} The library at {shown(directory)} holds {held:,} papers.")
    _print_skipped(report)
    return 0 if report.papers else 2


def add_starter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--originals",
        action="store_true",
        help="fetch the authors' abstracts from arXiv in place of the digests",
    )
    parser.set_defaults(run=run_starter, map=(), encoding="utf-8", limit=None, prune=False)


def run_starter(args: argparse.Namespace) -> int:
    """Put the starter papers into the library; with ``--originals`` by their authors' abstracts."""
    papers = starter_papers()
    with Library.open(library_directory(args.library), create=True) as library:
        library.put(papers, origin="starter")
        print(f"{len(papers):,} starter papers, as digests in this project's own words.")
        if not args.originals:
            return 0
        source = "arxiv:" + ",".join(paper.id.removeprefix("arxiv:") for paper in papers)
        report = _ingested(library, [source], args)
    print(f"{report.papers:,} of them have their authors' abstracts now, from arXiv.")
    _print_skipped(report)
    return 0 if report.papers else 2


def _ingested(library: Library, sources: Sequence[str], args: argparse.Namespace) -> Report:
    options = options_of(args, note=lambda said: print(said, file=sys.stderr))
    silent = options_of(args, note=lambda said: None)  # the ingest itself will say it
    price = price_of(embedding_price())
    if (line := announced(library, sources, silent, price)) is not None:
        print(line, file=sys.stderr, flush=True)
    report = Report()
    foretold = Foretold(library, sources, silent, report)
    with counted("papers") as progress:

        def arrived(papers: int) -> None:
            progress(papers)
            if (line := foretold()) is not None:
                print(line, file=sys.stderr, flush=True)

        ingest(library, sources, options=options, prune=args.prune, progress=arrived, report=report)
    if options.downloads is not None:
        forget_finished(options.downloads)  # all that came in is in the library
    return report


def _print_skipped(report: Report) -> None:
    for error in report.skipped[:_LISTED]:
        print(f"skipped: {error}", file=sys.stderr)
    for origin in report.not_pruned:
        print(f"not pruned: {origin}: not all of it could be read", file=sys.stderr)
    if len(report.skipped) > _LISTED:
        print(
            f"skipped: {len(report.skipped) - _LISTED:,} more; {reasons(report.skipped)};"
            " --json names each",
            file=sys.stderr,
        )


def _said(report: Report) -> str:
    tally = report.tally
    parts = [
        f"{count:,} {what}"
        for count, what in (
            (tally.added, "added"),
            (tally.updated, "updated"),
            (tally.unchanged, "unchanged"),
            (tally.kept_abstracts, "known already by their abstracts"),
            (tally.merged, "known already from elsewhere"),
            (report.duplicates, "given twice"),
            (len(report.skipped), "skipped"),
            (tally.removed, "removed that their sources no longer have"),
        )
        if count
    ]
    if report.papers and not (tally.added or tally.updated or tally.removed):
        parts.append("nothing changed")
    return f"{report.papers:,} papers read: {', '.join(parts) or 'nothing to do'}."


def _facts(report: Report) -> dict[str, object]:
    tally = report.tally
    return {
        "read": report.papers,
        "added": tally.added,
        "updated": tally.updated,
        "unchanged": tally.unchanged,
        "kept_abstracts": tally.kept_abstracts,
        "merged": tally.merged,
        "removed": tally.removed,
        "duplicates": report.duplicates,
        "not_pruned": report.not_pruned,
        "skipped": [
            {"file": error.file, "record": error.record, "reason": error.reason}
            for error in report.skipped
        ],
    }


def main() -> int:
    """``python -m ingest SOURCE...``"""
    parser = argparse.ArgumentParser(prog="python -m ingest", description=__doc__)
    add_library(parser)
    add_ingest(parser)
    return carried_out(run_ingest, parser.parse_args())
