"""``askpapers ingest --dry-run``: everything is read and compared, nothing is changed."""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ingest.errors import NotAPaper, ParseError
from ingest.library import Library
from ingest.paper import Paper
from ingest.pipeline import origin_of
from ingest.sources import read
from ingest.sources.arguments import options_of
from ingest.sources.services.live import shows_newest
from ingest.store.plan import Tally
from ingest.store.truth import Record

_BATCH = 512  # papers compared at a time
_LISTED = 20  # skipped records named one by one
_TITLES = 50  # titles listed; as JSON all are


@dataclass(slots=True)
class Found:
    """What an ingest would find in one source and do with it."""

    source: str
    tally: Tally = field(default_factory=Tally)
    twice: int = 0
    stale: int = 0
    titles: list[str] = field(default_factory=list)  # to be added
    skipped: list[ParseError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def dry_run(args: argparse.Namespace, directory: Path) -> int:
    """Say what ``askpapers ingest`` with these arguments would do; 0 when there are papers."""
    if (directory / "askpapers.sqlite").exists():
        with Library.open(directory) as library:
            all_found = _rehearsed(args, library)
    else:
        all_found = _rehearsed(args, None)
    if args.json:
        print(json.dumps([_facts(found) for found in all_found]))
    else:
        for found in all_found:
            _print(found, prune=args.prune)
        print("Nothing was changed; without --dry-run it is.")
    return 0 if any(found.tally.read for found in all_found) else 2


def reasons(skipped: Iterable[ParseError]) -> str:
    """The reasons of many skipped records, each with its count, the commonest first."""
    kinds = Counter(re.split("[(;]", error.reason)[0].rstrip() for error in skipped)
    return "in all: " + ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common(6))


def _rehearsed(args: argparse.Namespace, library: Library | None) -> list[Found]:
    seen: set[str] = set()
    return [_found(source, args, library, seen) for source in args.sources]


def _found(source: str, args: argparse.Namespace, library: Library | None, seen: set[str]) -> Found:
    found = Found(source)
    papers = _papers(found, args)
    here: set[str] = set()
    while batch := list(islice(papers, _BATCH)):
        fresh = {paper.id: paper for paper in batch if paper.id not in seen}
        found.twice += len(batch) - len(fresh)
        seen |= fresh.keys()
        here |= {paper.id for paper in batch}
        if library is None:
            found.tally += Tally(added=len(fresh))
            found.titles += [paper.title for paper in fresh.values()]
        else:
            origin = origin_of(source)
            records = [Record(origin, paper) for paper in fresh.values()]
            tally, titles = library.preview(records)
            found.tally += tally
            found.titles += titles
    if args.prune and library is not None and not _unread(found):
        found.stale = len(library.stale(origin_of(source), here))
    return found


def _unread(found: Found) -> bool:
    unread = any(not isinstance(error, NotAPaper) for error in found.skipped)
    return unread or shows_newest(found.source)


def _papers(found: Found, args: argparse.Namespace) -> Iterator[Paper]:
    options = options_of(args, note=found.notes.append, detail=found.notes.append)
    try:
        for record in read(found.source, options):
            if isinstance(record, ParseError):
                found.skipped.append(record)
            else:
                yield record
    except ParseError as error:
        found.skipped.append(error)


def _print(found: Found, *, prune: bool) -> None:
    for note in found.notes:
        print(note)
    tally = found.tally
    counts = (
        (tally.added, "to be added"),
        (tally.updated, "to be updated"),
        (tally.unchanged, "unchanged"),
        (tally.kept_abstracts, "known already by their abstracts"),
        (tally.merged, "known already from elsewhere"),
        (found.twice, "given twice"),
        (found.stale, "to be removed"),
        (len(found.skipped), "to be skipped"),
    )
    said = ", ".join(f"{count:,} {what}" for count, what in counts if count)
    print(f"{found.source}: {said or 'nothing to do'}")
    for title in found.titles[:_TITLES]:
        print(f"  to be added: {title}")
    if len(found.titles) > _TITLES:
        print(f"  to be added: {len(found.titles) - _TITLES:,} more; --json names each")
    for error in found.skipped[:_LISTED]:
        print(f"  skipped: {error}")
    if len(found.skipped) > _LISTED:
        print(
            f"  skipped: {len(found.skipped) - _LISTED:,} more; {reasons(found.skipped)};"
            " --json names each"
        )
    if prune and _unread(found):
        print("  nothing to be removed: not all of it could be read")


def _facts(found: Found) -> dict[str, object]:
    tally = found.tally
    return {
        "source": found.source,
        "added": tally.added,
        "titles": found.titles,
        "updated": tally.updated,
        "unchanged": tally.unchanged,
        "kept_abstracts": tally.kept_abstracts,
        "merged": tally.merged,
        "removed": found.stale,
        "duplicates": found.twice,
        "notes": found.notes,
        "skipped": [
            {"file": e.file, "record": e.record, "reason": e.reason} for e in found.skipped
        ],
    }
