"""The commands that keep a library: ingest, papers, status, remove, reembed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from ingest.embedders import load_embedder
from ingest.errors import AskpapersError
from ingest.library import Library
from ingest.paper import Paper
from ingest.pipeline import Report, ingest
from ingest.place import library_directory

_LISTED = 20  # skipped records named one by one


def add_ingest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="a saved Hugging Face Papers page (text or HTML) or a JSONL file",
    )
    parser.add_argument(
        "--embedder",
        help="for a new library: static (bundled, the default), minilm, openai/MODEL",
    )
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")
    parser.set_defaults(run=run_ingest)


def run_ingest(args: argparse.Namespace) -> int:
    embedder = load_embedder(args.embedder) if args.embedder else None
    directory = library_directory(args.library)
    with Library.open(directory, embedder=embedder, create=True) as library:
        with _progress("papers") as progress:
            report = ingest(library, args.sources, progress=progress)
        held = len(library)
    if args.json:
        print(json.dumps({**_facts(report), "library": str(directory), "papers": held}))
    else:
        print(f"{_said(report)} The library at {directory} holds {held:,} papers.")
    for error in report.skipped[:_LISTED]:
        print(f"skipped: {error}", file=sys.stderr)
    if len(report.skipped) > _LISTED:
        print(f"skipped: {len(report.skipped) - _LISTED:,} more", file=sys.stderr)
    return 0 if report.papers else 2


def _said(report: Report) -> str:
    tally = report.tally
    parts = [
        f"{count:,} {what}"
        for count, what in (
            (tally.added, "added"),
            (tally.updated, "updated"),
            (tally.unchanged, "unchanged"),
            (tally.kept_abstracts, "known already by their abstracts"),
            (report.duplicates, "given twice"),
            (len(report.skipped), "skipped"),
        )
        if count
    ]
    if report.papers and not tally.added and not tally.updated:
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
        "duplicates": report.duplicates,
        "skipped": [
            {"file": error.file, "record": error.record, "reason": error.reason}
            for error in report.skipped
        ],
    }


@contextmanager
def _progress(unit: str) -> Iterator[Callable[[int], None]]:
    """A counter on standard error when it is a terminal; silence in a pipe."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), MofNCompleteColumn(), f"{unit}", TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(unit, total=None)
        yield lambda done: bar.update(task, completed=done)


def add_papers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=run_papers)


def run_papers(args: argparse.Namespace) -> int:
    with Library.open(library_directory(args.library)) as library:
        for paper in library.papers():
            print(json.dumps(paper.to_dict(), ensure_ascii=False) if args.json else _line(paper))
    return 0


def _line(paper: Paper) -> str:
    return f"{paper.id}\t{paper.year or ''}\t{paper.kind}\t{paper.title}"


def add_status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(run=run_status)


def run_status(args: argparse.Namespace, **further: object) -> int:
    """Print what the library is, and what else the caller knows."""
    directory = library_directory(args.library)
    with Library.open(directory) as library:
        facts: dict[str, object] = {
            "library": str(directory),
            **library.counts(),
            "bytes": sum(f.stat().st_size for f in directory.rglob("*") if f.is_file()),
            "schema": library.identity["schema"],
            "embedder": library.identity["embedder"],
            "cut": library.identity["passages"],
            "indexes": library.health(),
            **further,
        }
    if args.json:
        print(json.dumps(facts))
        return 0
    for name, value in facts.items():
        said = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        print(f"{name:10} {said}")
    return 0


def add_remove(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help="as `askpapers papers` prints them")
    parser.set_defaults(run=run_remove)


def run_remove(args: argparse.Namespace) -> int:
    with Library.open(library_directory(args.library)) as library:
        known = {paper.id for paper in library.papers(args.ids)}
        removed = library.remove(sorted(known))
        print(f"{removed:,} papers removed; the library holds {len(library):,}.")
    for missing in (id_ for id_ in args.ids if id_ not in known):
        print(f"skipped: {missing}: no such paper in the library", file=sys.stderr)
    return 0 if removed else 2


def add_reembed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--embedder", required=True, help="static, minilm or openai/MODEL")
    parser.set_defaults(run=run_reembed)


def run_reembed(args: argparse.Namespace) -> int:
    with Library.open(library_directory(args.library)) as library:
        with _progress("passages") as progress:
            done = library.reembed(load_embedder(args.embedder), progress)
    print(f"{done:,} passages have new vectors, made by {args.embedder}.")
    return 0


def add_library(parser: argparse.ArgumentParser) -> None:
    """``--library``, the same for every command."""
    parser.add_argument(
        "--library",
        type=_directory,
        metavar="DIR",
        help="where the library is (default: $ASKPAPERS_LIBRARY, else your user data directory)",
    )


def _directory(said: str) -> Path:
    if not said:
        raise argparse.ArgumentTypeError("no directory is named")  # not the current one
    try:
        return Path(said).expanduser()
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"{said}: there is no such user") from error


def carried_out(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """What ``run`` returns; for an error that is the world's fault one line and 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A narrow terminal encoding costs a sign, not the answer.
            stream.reconfigure(errors="replace")
    try:
        code = run(args)
        sys.stdout.flush()  # a few lines wait here for the end: too late to catch anything
        return code
    except AskpapersError as error:
        print(f"askpapers: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a pipe (head, less) has gone; nothing more can be printed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def main() -> int:
    """``python -m ingest SOURCE...``"""
    parser = argparse.ArgumentParser(prog="python -m ingest", description=__doc__)
    add_library(parser)
    add_ingest(parser)
    return carried_out(run_ingest, parser.parse_args())
