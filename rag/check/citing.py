r"""What a draft cites: ``[3]``, ``\cite{key}``, ``[@key]``, ``(Smith et al., 2020)``, ids."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ingest.ids import ORDER
from ingest.sources.ids import identity

CiteKind = Literal["number", "key", "author", "id"]

_MOST_IN_RANGE = 50  # "[1-9999]" is no list of citations
_YEAR = r"(?:1[89]|20)\d\d[a-z]?"
_PARTICLE = (
    r"(?:(?:[Vv]an|[Vv]on|[Dd]e|der|den|[Dd]u|[Ll]a|[Ll]e|[Dd]i|[Dd]a|[Dd]os|[Ee]l|[Aa]l)"
    r"[ -]){0,4}"
)
_NAME = rf"{_PARTICLE}[^\W\d_][^\W\d_'’.-]*(?:['’-][^\W\d_]+){{0,4}}"
_NAMES = rf"{_NAME}(?:(?:,\s+|,?\s+(?:and|&)\s+){_NAME}){{0,20}}(?:,?\s+et\s+al\.?)?"
_BEGIN = r"(?<![^\W\d_])"  # no letter before: a word is tried once

# "Vaswani", "de la Cruz", "O'Neil", "McMahan", but neither "BERT" nor "ImageNet".
_TITLED = r"(?:Mc|Mac|Le|La|De|Di|Du|Da|Van|Fitz|[OD]['’])?[^\W\d_a-z][^\W\d_A-Z]+"
_SURNAME = re.compile(rf"{_PARTICLE}{_TITLED}(?:-{_TITLED})*")
_BARE = re.compile(rf"{_BEGIN}(?P<names>{_NAME}\s+et\s+al\.?),?\s+(?P<years>{_YEAR})\b")

_COMMAND = re.compile(
    r"~?\\(?=[A-Za-z]*?cite)[A-Za-z]+\*?(?:\[[^\[\]]*\]){0,2}\{(?P<keys>[^{}]*)\}", re.I
)
_BRACKETED = re.compile(r"\[(?P<keys>[^\[\]@]*-?@[^\[\]]+)\]")
_KEY = re.compile(r"(?<![\w.])-?@(?P<key>[\w][\w:.#$%&+?<>~/-]*[\w])")
_NUMBERS = re.compile(r"~?\[(?P<numbers>\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*)\](?!\()")
_IN_BRACKETS = re.compile(rf"\((?P<inside>(?=[^()]*?\b{_YEAR})[^()]*)\)")
_PART = re.compile(
    rf"\s*(?:(?:see|e\.g\.,?|cf\.|also|in|by)\s*){{0,8}}(?P<names>{_NAMES})(?P<comma>,?)\s+"
    rf"(?P<years>{_YEAR}(?:\s*,\s*{_YEAR})*)"
)
_TOLD = re.compile(rf"{_BEGIN}(?P<names>{_NAMES})\s+\((?P<years>{_YEAR}(?:\s*[,;]\s*{_YEAR})*)\)")
_ID = re.compile(
    r"(?<![^\s()\[\]{},;])[^\s()\[\]{},;]*(?:arxiv|10\.\d{4,9}/)[^\s\[\]{},;]*"
    r"|(?<![\w.])\d{4}\.\d{5}(?:v\d{1,2})?(?![\w%])",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Cite:
    """One work cited at ``text[start:end]``: a number, a key, a first author, or an id.

    ``years`` go with an author; ``sure`` is false where the words may be no citation at all:
    "(March, 2020)".
    """

    kind: CiteKind
    what: str
    start: int
    end: int
    year: int | None = None
    sure: bool = True


def cites(text: str) -> list[Cite]:
    """The citations in ``text``, in order; what stands in one place is read once."""
    found: list[Cite] = []
    taken = [False] * len(text)
    for read in (_commands, _bracketed, _numbered, _ids, _in_brackets, _told, _bare, _bare_keys):
        new = [cite for cite in read(text) if not any(taken[cite.start : cite.end])]
        for cite in new:
            taken[cite.start : cite.end] = [True] * (cite.end - cite.start)
        found += new
    return sorted(found, key=lambda cite: cite.start)


def _commands(text: str) -> Iterator[Cite]:
    for match in _COMMAND.finditer(text):
        for key in match["keys"].split(","):
            if key.strip():
                yield Cite("key", key.strip(), *match.span())


def _bracketed(text: str) -> Iterator[Cite]:
    for match in _BRACKETED.finditer(text):
        for key in _KEY.finditer(match["keys"]):
            yield Cite("key", key["key"], *match.span())


def _bare_keys(text: str) -> Iterator[Cite]:
    for match in _KEY.finditer(text):
        yield Cite("key", match["key"], *match.span(), sure=False)


def _numbered(text: str) -> Iterator[Cite]:
    for match in _NUMBERS.finditer(text):
        for part in re.split("[,;]", match["numbers"]):
            first, *last = (int(number) for number in re.split("[–-]", part))
            until = min(last[-1] if last else first, first + _MOST_IN_RANGE)
            for number in range(first, until + 1):
                yield Cite("number", str(number), *match.span())


def _ids(text: str) -> Iterator[Cite]:
    for match in _ID.finditer(text):
        said = match[0].rstrip(".")
        while said.endswith(")") and said.count(")") > said.count("("):
            said = said[:-1].rstrip(".")
        id_ = identity([said]).id
        if id_ is not None and id_.startswith(ORDER):
            yield Cite("id", id_, match.start(), match.start() + len(said))


def _in_brackets(text: str) -> Iterator[Cite]:
    for match in _IN_BRACKETS.finditer(text):
        for part in match["inside"].split(";"):
            said = _PART.match(part.strip())
            if said and _is_people(said["names"], comma=bool(said["comma"])):
                yield from _of_author(said, *match.span())


def _told(text: str) -> Iterator[Cite]:
    """ "Smith et al. (2020) show ...": the names are part of the sentence, the years aren't."""
    for match in _TOLD.finditer(text):
        if _is_people(match["names"], comma=True):
            yield from _of_author(match, match.start("years") - 1, match.end())


def _bare(text: str) -> Iterator[Cite]:
    """ "Smith et al., 2020 show ...", without brackets."""
    for match in _BARE.finditer(text):
        yield from _of_author(match, match.start("years"), match.end())


def _of_author(said: re.Match[str], start: int, end: int) -> Iterator[Cite]:
    names = said["names"]
    first = re.split(r",|(?<!\s)\s+(?:and|&|et\s+al)(?!\w)", names)[0].strip()
    sure = bool(re.search(r"\band\b|&|et\s+al|,", names) or _SURNAME.fullmatch(first))
    for year in re.findall(r"\d{4}", said["years"]):
        yield Cite("author", first, start, end, int(year), sure)


def _is_people(names: str, *, comma: bool) -> bool:
    first = re.split(r"[\s,]+", names)
    capital = any(word[:1].isupper() for word in first)
    is_month = first[0] in (*calendar.month_name, *calendar.month_abbr)
    acronym = len(first) == 1 and first[0].isupper() and not comma  # "(ICML 2020)"
    return capital and not is_month and not acronym
