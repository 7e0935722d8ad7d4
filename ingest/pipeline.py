"""The way of an abstract: read -> Paper -> passages -> vectors -> put, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ingest.errors import NotAPaper, ParseError
from ingest.library import Library
from ingest.plan import Tally
from ingest.sources import Options, read
from ingest.sources.live import shows_newest
from ingest.truth import Record

_BATCH = 512  # papers a transaction: what a killed run loses, or pays for again, at most


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
) -> Report:
    """Read sources into ``library``; bad records and sources are skipped and listed.

    With ``prune``, papers that a source had at an earlier ingest and has no longer are removed,
    unless something of the source couldn't be read. ``options`` say how sources
    are read. ``progress`` is called with the number of papers read so far. Raises LibraryBusy.
    """
    report = Report()
    seen: dict[str, set[str] | None] = {}  # by origin, the ids that it has; None: not read whole
    with library.filling():
        records = _records(sources, report, options, seen)
        while batch := list(islice(records, _BATCH)):
            report.duplicates += len(batch) - len({record.key for record in batch})
            report.tally += library.put_records(batch)
            progress(report.papers)
        for origin, ids in seen.items() if prune else ():
            if ids is None:
                report.not_pruned.append(origin)
            else:
                report.tally += Tally(removed=library.prune(origin, ids))
    return report


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
    seen: dict[str, set[str] | None],
) -> Iterator[Record]:
    for source in sources:
        origin = origin_of(source)
        skipped = len(report.skipped)
        ids = seen.setdefault(origin, set())
        try:
            for record in read(source, options):
                if isinstance(record, ParseError):
                    report.skipped.append(record)
                    continue
                if ids is not None:
                    ids.add(record.id)
                yield Record(origin, record)
        except ParseError as error:
            report.skipped.append(error)
        unread = (e for e in report.skipped[skipped:] if not isinstance(e, NotAPaper))
        if any(unread) or shows_newest(source):
            seen[origin] = None
