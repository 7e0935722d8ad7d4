"""One question of the records, read: its kind and its facets."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.filters import EVERYTHING, Filters
from ingest.paper import Paper

SHOWN = 10  # papers that a list shows; a longer one goes on beyond them
LONGEST = 300  # characters of a question that is read here
TOPIC = 5  # words of a topic that the library doesn't have


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """One question of the records.

    ``intent`` is "record" (attributes of papers), "similar", "list", "group" (authors, years or
    topics with their counts), "overview", "define" (a ``term``, or what it stands for where that is
    to be ``spelt_out``), a turn of a conversation ("thanks"), or what no record tells
    ("unrecorded", "uncountable", "unrankable", "letters"). ``papers`` are those it is about, none
    where "it" is; ``attributes`` what is asked of their record, ``claimed`` what a yes-or-no
    question supposes of it. The rest are facets of a list, each empty where none was said:
    ``subject`` a topic, ``term`` what the text has, ``authors`` whose, ``strangers`` not whose,
    ``without`` topics left out, ``coded`` with or without an address of code, ``filters`` the
    years, ``years`` how they were said, ``each`` single ones, ``not_years`` that these are left
    out; ``order`` "newest", "oldest" or "random", ``number`` how many, ``skip`` how many were
    shown; ``counted`` that a number is asked for; ``extreme`` "most" or "least" of a ``group``,
    ``least`` how many papers each has at least.
    """

    intent: str
    subject: str = ""
    papers: tuple[Paper, ...] = ()
    attributes: tuple[str, ...] = ()
    claimed: tuple[str, ...] = ()
    term: str = ""
    authors: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    coded: bool | None = None
    filters: Filters = EVERYTHING
    years: str = ""
    each: tuple[int, ...] = ()
    not_years: bool = False
    order: str = ""
    number: int = 0
    skip: int = 0
    counted: bool = False
    spelt_out: bool = False
    group: str = ""
    extreme: str = ""
    least: int = 0

    @property
    def said(self) -> str:
        """The facets in words: " by Reed, 2024 and later"."""
        parts = (
            f" by {' or '.join(self.authors)}" if self.authors else "",
            f" about “{self.subject}”" if self.subject else "",
            f" mentioning “{self.term}”" if self.term else "",
            f", {'not ' * self.not_years}{self.years}" if self.years else "",
            f", not by {' or '.join(self.strangers)}" if self.strangers else "",
            "".join(f", without “{left_out}”" for left_out in self.without),
            "" if self.coded is None else f", with{'' if self.coded else 'out'} code on record",
            " of these" if self.papers else "",
        )
        return "".join(parts)
