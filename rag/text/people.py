"""Authors by name: surname alone, first name and surname, and spellings that are close."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.paper import folded

_CLOSE = 0.8  # of difflib's ratio: "Smithe" and "Smith" .91, "Chen" and "Cheng" .89


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name, folded: given names or initials, and the surname."""

    given: tuple[str, ...]
    surname: str


def name_of(written: str) -> Name:
    """``Fern Smith``, ``Smith, Fern``, ``F. Smith`` or ``Smith`` as a Name."""
    plain = folded(written).replace("’", "'")
    if "," in plain:
        surname, _, given = plain.partition(",")
    else:
        *before, surname = plain.split() or [""]
        given = " ".join(before)
    return Name(tuple(re.findall(r"[\w'-]+", given)), " ".join(surname.split()))


def matching(wanted: str, authors: Iterable[str]) -> set[str]:
    """The authors, as written, that ``wanted`` may mean: exactly, else in close spellings."""
    bare = re.sub(r"\bet\.? al\.?|\b(?:dr|prof(?:essor)?|mr|mrs|ms)\b\.?", "", wanted, flags=re.I)
    name = name_of(bare.strip(" .,'’"))
    known = {author: name_of(author) for author in authors}
    if not name.surname:
        return set()
    exact = {a for a, n in known.items() if n.surname == name.surname and _given(name, n)}
    if not exact and not name.given:  # a first name alone
        exact = {a for a, n in known.items() if name.surname in n.given}
    if exact:
        return exact
    close = difflib.get_close_matches(
        name.surname, {n.surname for n in known.values()}, n=3, cutoff=_CLOSE
    )
    return {a for a, n in known.items() if n.surname in close and _given(name, n)}


def _given(wanted: Name, known: Name) -> bool:
    """Whether the given names can be one person's: initials stand for names, none for any."""
    return not wanted.given or not known.given or _initials_fit(wanted.given, known.given)


def _initials_fit(one: Sequence[str], other: Sequence[str]) -> bool:
    a, b = one[0].strip("."), other[0].strip(".")
    if len(a) == 1 or len(b) == 1:
        return a[:1] == b[:1]
    return a == b or difflib.SequenceMatcher(None, a, b).ratio() >= _CLOSE
