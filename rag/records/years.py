"""Years in a question: "from 2024", "before 2020", "between 2019 and 2021", "last year"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from ingest.filters import Filters

_YEAR = r"(?:19|20)\d\d"
_VERB = (
    r"(?:(?:that )?(?:were |was |are |is )?"
    r"(?:published|written|released|posted|dated|appeared|came out) ?)?"
)
_PAPERS = r"(?:papers?|articles?|publications?|works?|surveys?|ones?|preprints?)"
# (pattern, what it bounds): the years in groups a and b.
_FORMS = (
    (rf"{_VERB}(?:between|from) (?P<a>{_YEAR}) (?:and|to|until|till|-|–) (?P<b>{_YEAR})", "both"),
    (rf"{_VERB}(?:in |from )?(?P<a>{_YEAR}) ?[-–] ?(?P<b>{_YEAR})", "both"),
    (rf"{_VERB}(?:in |from )?(?P<a>{_YEAR}) ?(?:and|or|vs\.?|versus|,|&) (?:in |from )?"
     rf"(?P<b>{_YEAR})", "each"),
    (rf"{_VERB}(?:since|from) (?P<a>{_YEAR}) (?:onwards?|on(?= *$| *[,.;?)]| (?:about|by|for)))"
     rf"|{_VERB}since (?P<b>{_YEAR})", "since"),
    (rf"(?P<a>{_YEAR})(?: (?:or|and) (?:later|newer|after)| ?\+(?!\w))", "since"),
    (rf"(?P<a>{_YEAR}) (?:or|and) (?:earlier|older|before)", "until"),
    (rf"{_VERB}(?:after|later than|(?:newer|more recent) than|post|>) ?-?(?P<a>{_YEAR})", "after"),
    (rf"{_VERB}(?:before|earlier than|older than|prior to|pre|<) ?-?(?P<a>{_YEAR})", "before"),
    (rf"{_VERB}(?:until|till|up to|through) (?P<a>{_YEAR})", "until"),
    (rf"{_VERB}(?:are |is )?(?:from|frm|in|of|during|for|dated)(?: the year)? (?P<a>{_YEAR})",
     "in"),
    (rf"(?P<a>{_YEAR})(?= {_PAPERS}\b)", "in"),
    (rf"(?P<a>(?<![\w.,/:-]){_YEAR}(?![\w/:-]|[.,]\d))", "in"),  # a bare one
    (r"(?:(?:from|in|of|within) )?(?:the )?(?:last|past) (?P<n>\d+|two|three|four|five) years",
     "since"),
    (r"(?:(?:from|in|of) )?last year(?:['’]s)?", "last"),
    (r"(?:(?:from|in|of) )?this year(?:['’]s)?", "this"),
)  # fmt: skip
_PATTERNS = tuple(
    (re.compile(rf"(?<!\w){form}" + ("" if bound == "since" else r"(?!\w)"), re.I), bound)
    for form, bound in _FORMS
)
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5}


@dataclass(frozen=True, slots=True)
class Years:
    """The years of a question, how they are said to a person, and where they stand.

    ``each`` are single years, side by side: "2019 and 2023" isn't 2021.
    """

    filters: Filters
    said: str
    start: int
    end: int
    each: tuple[int, ...] = ()


def years_in(question: str) -> Years | None:
    """The first bound on years in ``question``; None where there is none."""
    for pattern, bound in _PATTERNS:
        if match := pattern.search(question):
            groups = match.groupdict()
            years = sorted(int(groups[name]) for name in "ab" if groups.get(name))
            filters, said = _bounded(bound, years, groups.get("n") or "")
            each = tuple(years) if bound == "each" else ()
            return Years(filters, said, match.start(), match.end(), each)
    return None


def _bounded(bound: str, years: list[int], ago: str) -> tuple[Filters, str]:
    now = date.today().year
    if not years:
        years = [now - int(_NUMBERS.get(ago, 0) or ago) if ago else now - (bound == "last")]
    first, last = years[0], years[-1]
    if bound == "both":
        return Filters(since=first, until=last), f"years {first} to {last}"
    if bound == "each":
        return Filters(since=first, until=last), f"years {first} and {last}"
    if bound in ("since", "after"):
        start = first + (bound == "after")
        return Filters(since=start), f"{start} and later"
    if bound in ("until", "before"):
        end = first - (bound == "before")
        return Filters(until=end), f"{end} and earlier"
    return Filters(since=first, until=first), f"year {first}"
