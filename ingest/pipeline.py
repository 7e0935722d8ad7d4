"""The way of an abstract: read -> Paper -> passages -> vectors -> put, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ingest.errors import ParseError
from ingest.library import Library, Tally
from ingest.paper import Paper
from ingest.sources import read

_BATCH = 512  # papers a transaction: what a killed run loses, or pays for again, at most


@dataclass(slots=True)
class Report:
    """What an ingest did: papers by outcome, and every record or source that was skipped."""

    tally: Tally = field(default_factory=Tally)
    duplicates: int = 0
    skipped: list[ParseError] = field(default_factory=list)

    @property
    def papers(self) -> int:
        """Papers read, whatever became of them."""
        tally = self.tally
        return tally.added + tally.updated + tally.unchanged + tally.kept_abstracts


def ingest(
    library: Library,
    sources: Iterable[str],
    *,
    progress: Callable[[int], None] = lambda papers: None,
) -> Report:
    """Read sources into ``library``; bad records and sources are skipped and listed.

    ``progress`` is called with the number of papers read so far. Raises LibraryBusy.
    """
    report = Report()
    with library.filling():
        papers = _papers(sources, report)
        while batch := list(islice(papers, _BATCH)):
            report.duplicates += len(batch) - len({paper.id for paper in batch})
            report.tally += library.put(batch)
            progress(report.papers)
    return report


def _papers(sources: Iterable[str], report: Report) -> Iterator[Paper]:
    for source in sources:
        try:
            for record in read(source):
                if isinstance(record, ParseError):
                    report.skipped.append(record)
                else:
                    yield record
        except ParseError as error:
            report.skipped.append(error)
