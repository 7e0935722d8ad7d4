"""The way of an abstract: read -> Paper -> passages -> vectors -> put, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from ingest.embedders import at_once
from ingest.errors import NotAPaper, ParseError
from ingest.library import Library
from ingest.sources import Options, read
from ingest.sources.services.live import shows_newest
from ingest.store.plan import Tally
from ingest.store.stamps import Stamp, content_of, known, remember
from ingest.store.truth import Record

BATCH = 1024  # papers a transaction, at most: what a killed run loses


@dataclass(slots=True)
class Report:
    """What an ingest did: papers by outcome, and every record or source that was skipped.

    ``not_pruned`` are sources of which something couldn't be read: what they no longer have isn't
    known.
    """

    tally: Tally = field(default_factory=Tally)
    duplicates: int = 0
    skipped: list[ParseError] = field(default_factory=list)
    not_pruned: list[str] = field(default_factory=list)

    @property
    def papers(self) -> int:
        """Papers read, whatever became of them."""
        return self.tally.read


def ingest(
    library: Library,
    sources: Iterable[str],
    *,
    options: Options | None = None,
    prune: bool = False,
    progress: Callable[[int], None] = lambda papers: None,
    batch: int | None = None,
    report: Report | None = None,
) -> Report:
    """Read sources into ``library``; bad records and sources are skipped and listed.

    With ``prune``, papers that a source had at an earlier ingest and has no longer are removed,
    unless something of the source couldn't be read. ``options`` say how sources
    are read. ``progress`` is called with the number of papers read so far, after each ``batch`` of
    them, which are durable then; None: as many as suit the library's embedder. ``report`` is filled
    as it goes, for who looks at it meanwhile. Raises LibraryBusy.
    """
    report = report if report is not None else Report()
    contents: dict[str, str] = {}
    unknown: list[str] = []
    for source in sources:
        origin = origin_of(source)
        # What the file had before isn't known to its stamp: pruning takes all of its ids.
        content = None if prune else content_of(source, options)
        if (stamp := known(library, origin, content)) is not None:
            report.tally += Tally(unchanged=stamp.papers)
            report.duplicates += stamp.twice
            report.skipped += stamp.skipped
            continue
        unknown.append(source)
        if content is not None:
            contents[origin] = content
    if not unknown:
        return report
    seen: dict[str, Seen] = {}
    reached: dict[str, int] = {}
    options = replace(
        options or Options(),
        since=lambda source: 0 if prune else library.note(f"reached {source}") or 0,
        reached=reached.__setitem__,
    )
    size = batch or at_once(library.identity["embedder"]["name"], BATCH)
    with library.filling(enough=4 * (batch or BATCH)):
        records = _records(unknown, report, options, seen)
        while some := list(islice(records, size)):
            report.duplicates += len(some) - len({record.key for record in some})
            report.tally += library.put_records(some)
            progress(report.papers)
        for origin, those in seen.items() if prune else ():
            if those.whole:
                report.tally += Tally(removed=library.prune(origin, those.ids))
            else:
                report.not_pruned.append(origin)
    report.tally += _kept_so_far(library, reached, seen, prune=prune)
    for origin, content in contents.items():
        those = seen[origin]
        stamp = Stamp(len(those.ids), those.records - len(those.ids), tuple(those.skipped))
        remember(library, origin, content, stamp)
    return report


def _kept_so_far(
    library: Library, reached: dict[str, int], seen: dict[str, Seen], *, prune: bool
) -> Tally:
    """Remember how far sources came that count their changes; the rest of each is unchanged."""
    tally = Tally()
    for source, version in reached.items():
        origin = origin_of(source)
        if not prune and library.note(f"reached {source}"):
            tally += Tally(unchanged=len(library.stale(origin, seen[origin].ids)))
        library.keep_note(f"reached {source}", version)
    return tally


@dataclass(slots=True)
class Seen:
    """What a source turned out to have; not ``whole`` where it may have more."""

    ids: set[str] = field(default_factory=set)
    records: int = 0
    skipped: list[ParseError] = field(default_factory=list)
    whole: bool = True


def origin_of(source: str) -> str:
    """What a source is remembered by: the full path of a file, else its name as it was given."""
    try:
        path = Path(source)
        name = str(path.resolve()) if path.exists() else source
    except (OSError, ValueError):
        name = source
    return name.encode("utf-8", "replace").decode()  # a file's name may be no UTF-8


def _records(
    sources: Iterable[str],
    report: Report,
    options: Options | None,
    seen: dict[str, Seen],
) -> Iterator[Record]:
    for source in sources:
        origin = origin_of(source)
        those = seen.setdefault(origin, Seen())
        skipped = len(report.skipped)
        try:
            for record in read(source, options):
                if isinstance(record, ParseError):
                    report.skipped.append(record)
                    continue
                those.ids.add(record.id)
                those.records += 1
                yield Record(origin, record)
        except ParseError as error:
            report.skipped.append(error)
        those.skipped += report.skipped[skipped:]
        unread = any(not isinstance(error, NotAPaper) for error in report.skipped[skipped:])
        those.whole = those.whole and not unread and not shows_newest(source)
