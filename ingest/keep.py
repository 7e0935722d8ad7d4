"""The commands that keep a library: papers, status, remove, reembed, repair."""

from __future__ import annotations

import argparse
import json
import sys

from ingest.command import counted
from ingest.embedders import load_embedder
from ingest.library import Library
from ingest.paper import Paper
from ingest.place import library_directory


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
        unknown = [id_ for id_ in args.ids if not library.resolved([id_])]
        removed = library.remove(args.ids)
        print(f"{removed:,} papers removed; the library holds {len(library):,}.")
    for missing in unknown:
        print(f"skipped: {missing}: no such paper in the library", file=sys.stderr)
    return 0 if removed else 2


def add_reembed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--embedder", required=True, help="static, minilm or openai/MODEL")
    parser.set_defaults(run=run_reembed)


def run_reembed(args: argparse.Namespace) -> int:
    with Library.open(library_directory(args.library)) as library:
        with counted("passages") as progress:
            done = library.reembed(load_embedder(args.embedder), progress)
        passages = library.counts()["passages"]
    print(f"{done:,} new vectors; all {passages:,} passages have those of {args.embedder}.")
    return 0


def add_repair(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=run_repair)


def run_repair(args: argparse.Namespace) -> int:
    with Library.open(library_directory(args.library)) as library:
        library.repair()
        counts = library.counts()
    print(
        f"The truth is whole: {counts['papers']:,} papers, {counts['passages']:,} passages."
        " Both indexes were built anew."
    )
    return 0
