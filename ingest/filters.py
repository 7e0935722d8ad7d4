"""Which papers a question is about: applied inside the stores, before anything is ranked."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.paper import Paper


@dataclass(frozen=True, slots=True)
class Filters:
    """Years ``since`` and ``until`` (both inclusive), any of ``topics`` (case ignored), any of
    ``papers`` (ids). Nothing set selects every paper; papers without a year fail a year filter.
    """

    since: int | None = None
    until: int | None = None
    topics: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.topics or self.papers) or not (self.since is None and self.until is None)

    def select(self, paper: Paper) -> bool:
        """Whether ``paper`` is among the chosen ones."""
        if self.since is not None and (paper.year is None or paper.year < self.since):
            return False
        if self.until is not None and (paper.year is None or paper.year > self.until):
            return False
        if self.topics:
            wanted = {topic.casefold() for topic in self.topics}
            if wanted.isdisjoint(topic.casefold() for topic in paper.topics):
                return False
        return not self.papers or paper.id in self.papers


EVERYTHING = Filters()
