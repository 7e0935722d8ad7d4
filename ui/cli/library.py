"""The commands that keep a library: papers, status, remove, copy, reembed, repair."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ingest.copying import copied
from ingest.embedders import load_embedder
from ingest.errors import LibraryError
from ingest.export import FORMATS, SUFFIXES
from ingest.filters import Filters
from ingest.library import Library
from ingest.paper import Paper, title_key
from ingest.paths import library_directory, shown
from ui.cli.shared import counted, directory


def add_papers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", type=int, metavar="YEAR", help="from YEAR on")
    parser.add_argument("--until", type=int, metavar="YEAR", help="up to YEAR")
    parser.add_argument("--topic", action="append", default=[], help="on this topic (repeatable)")
    parser.add_argument(
        "--kind", choices=("abstract", "digest"), help="whose words their texts are"
    )
    parser.add_argument("--source", help="said by this source, as `status` names it")
    parser.add_argument("--text", metavar="WORDS", help="with these words in title or text")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--format", choices=tuple(FORMATS), help="print them in this form")
    parser.add_argument(
        "--export",
        metavar="FILE",
        help="write them to FILE: .jsonl, .csv, .bib, or as --format says (- is standard output)",
    )
    parser.set_defaults(run=run_papers)


def run_papers(args: argparse.Namespace) -> int:
    form = args.format or ("jsonl" if args.json else None)
    if args.export == "-":
        args.export, form = None, form or "jsonl"
    if args.export and form is None:
        form = SUFFIXES.get(Path(args.export).suffix.lower())
        if form is None:
            raise LibraryError(
                f"{args.export}: no known suffix; say --format {', '.join(FORMATS)}, or name the"
                f" file {', '.join(SUFFIXES)}"
            )
    with Library.open(library_directory(args.library)) as library:
        chosen = _chosen(library, args)
        if form is None:
            for paper in chosen:
                print(_line(paper))
        elif args.export is None:
            for piece in FORMATS[form](chosen):
                sys.stdout.write(piece)
        else:
            count = _written(Path(args.export), FORMATS[form], chosen)
            print(f"{count:,} papers written to {args.export}.")
    return 0


def _chosen(library: Library, args: argparse.Namespace) -> Iterator[Paper]:
    filters = Filters(since=args.since, until=args.until, topics=tuple(args.topic))
    words = set(title_key(args.text or "").split())
    of_source = set(library.said_by(args.source)) if args.source is not None else None
    for paper in library.papers():
        if of_source is not None and paper.id not in of_source:
            continue
        if args.kind and paper.kind != args.kind:
            continue
        if filters.select(paper) and words <= _words(paper, words):
            yield paper


def _words(paper: Paper, wanted: set[str]) -> set[str]:
    return set(title_key(f"{paper.title} {paper.abstract}").split()) if wanted else set()


def _written(
    path: Path, form: Callable[[Iterable[Paper]], Iterator[str]], papers: Iterator[Paper]
) -> int:
    """How many papers were written; the file is there whole or not at all."""
    count = 0

    def counting() -> Iterator[Paper]:
        nonlocal count
        for paper in papers:
            count += 1
            yield paper

    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            file.writelines(form(counting()))
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise LibraryError(f"{path}: can't be written ({error.strerror})") from error
    return count


def _line(paper: Paper) -> str:
    return f"{paper.id}\t{paper.year or ''}\t{paper.kind}\t{paper.title}"


def add_status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.add_argument(
        "--check", action="store_true", help="read everything and say whether it is as it was put"
    )
    parser.set_defaults(run=run_status)


def run_status(args: argparse.Namespace, **further: object) -> int:
    """Print what the library is, and what else the caller knows."""
    directory = library_directory(args.library)
    with Library.open(directory) as library:
        facts: dict[str, object] = {
            "library": shown(directory),
            **library.counts(),
            "bytes": sum(f.stat().st_size for f in directory.rglob("*") if f.is_file()),
            "schema": library.identity["schema"],
            "embedder": library.identity["embedder"],
            "cut": library.identity["passages"],
            "indexes": library.health(),
            "made_from": library.origins(),
            **further,
        }
        found = library.disagreements() if args.check else []
        if args.check:
            facts["check"] = "; ".join(found) or "all papers are as they were put here"
    if args.json:
        print(json.dumps(facts))
        return 2 if found else 0
    for name, value in facts.items():
        said = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        print(f"{name:10} {said}")
    return 2 if found else 0


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


def add_copy(parser: argparse.ArgumentParser) -> None:
    kinds = "a directory, http://HOST:PORT/NAME, or cloud:NAME"
    parser.add_argument("source", metavar="FROM", type=directory, help=kinds)
    parser.add_argument("target", metavar="TO", type=directory, help="the same; made if need be")
    parser.set_defaults(run=run_copy)


def run_copy(args: argparse.Namespace) -> int:
    with counted("papers") as progress:
        tally, held = copied(args.source, args.target, progress)
    came, known = tally.added + tally.updated, tally.unchanged
    print(f"{came:,} papers copied, {known:,} were there; {shown(args.target)} holds {held:,}.")
    return 0


def add_reembed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--embedder", required=True, help="contextual, static, minilm or openai/MODEL"
    )
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
