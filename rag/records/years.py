"""Years in a question: "from 2024", "before 2020", "between 2019 and 2021"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.filters import Filters

_YEAR = r"(?:19|20)\d\d"
_VERB = (
    r"(?:(?:that )?(?:were |was |are |is )?"
    r"(?:published|written|released|posted|dated|appeared|came out) ?)?"
)
# (pattern, what it bounds): the years in groups a and b.
_FORMS = (
    (rf"{_VERB}(?:between|from) (?P<a>{_YEAR}) (?:and|to|until|till|-|–) (?P<b>{_YEAR})", "both"),
    (rf"{_VERB}(?:in |from )?(?P<a>{_YEAR}) ?[-–] ?(?P<b>{_YEAR})", "both"),
    (rf"{_VERB}(?:since|from) (?P<a>{_YEAR}) (?:on|onwards?)|{_VERB}since (?P<b>{_YEAR})", "since"),
    (rf"(?P<a>{_YEAR}) (?:or|and) (?:later|newer|after)", "since"),
    (rf"(?P<a>{_YEAR}) (?:or|and) (?:earlier|older|before)", "until"),
    (rf"{_VERB}(?:after|later than|newer than) (?P<a>{_YEAR})", "after"),
    (rf"{_VERB}(?:before|earlier than|older than|prior to) (?P<a>{_YEAR})", "before"),
    (rf"{_VERB}(?:until|till|up to|through) (?P<a>{_YEAR})", "until"),
    (rf"{_VERB}(?:are |is )?(?:from|in|of|during|for)(?: the year)? (?P<a>{_YEAR})", "in"),
    (rf"(?P<a>{_YEAR})(?= (?:papers?|articles?|publications?|works?)\b)", "in"),
)  # fmt: skip
_PATTERNS = tuple((re.compile(rf"\b{form}\b", re.I), bound) for form, bound in _FORMS)


@dataclass(frozen=True, slots=True)
class Years:
    """The years of a question, how it is said to a person, and the question without them."""

    filters: Filters
    said: str
    rest: str


def years_in(question: str) -> Years | None:
    """The first bound on years in ``question``; None where there is none."""
    for pattern, bound in _PATTERNS:
        if match := pattern.search(question):
            found = sorted(int(year) for year in match.groupdict().values() if year)
            rest = f"{question[: match.start()]} {question[match.end() :]}"
            rest = re.sub(
                r"\b(?:are|were|is|that|which)\s*$", "", " ".join(rest.split()).strip(" ,")
            )
            filters, said = _bounded(bound, found)
            return Years(filters, said, rest.strip(" ,"))
    return None


def _bounded(bound: str, years: list[int]) -> tuple[Filters, str]:
    first, last = years[0], years[-1]
    if bound == "both":
        return Filters(since=first, until=last), f"years {first} to {last}"
    if bound in ("since", "after"):
        start = first + (bound == "after")
        return Filters(since=start), f"{start} and later"
    if bound in ("until", "before"):
        end = first - (bound == "before")
        return Filters(until=end), f"{end} and earlier"
    return Filters(since=first, until=first), f"year {first}"
