"""Live addresses: ``arxiv:2407.11062``, ``arxiv:cat:cs.CL``, ``hf:2026-11``, ``zotero:``, ...

The pages of arXiv and Hugging Face can be named by their web addresses, too.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.ids import identity
from ingest.sources.options import Options

_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?\*?")
_MAX_DAYS = 1500
_EXAMPLES = (
    "arxiv:2407.11062, arxiv:cat:cs.CL, arxiv:cat:cs.CL:2026-11-01..2026-11-07, arxiv:search:WORDS,"
    " hf:2026-11-20, hf:2026-11-01..2026-11-07, zotero:, zotero:COLLECTION"
)


@dataclass(frozen=True, slots=True)
class Address:
    """What is asked for: papers of arXiv by ``ids`` or ``query``, Hugging Face's of ``days``, or a
    running Zotero's, all of them or those of a ``group`` or a ``collection``.

    ``dated`` says that the query is bounded by dates, so that all of it is wanted.
    """

    source: str
    ids: tuple[str, ...] = ()
    query: str = ""
    dated: bool = False
    days: tuple[date, ...] = ()
    zotero: bool = False
    group: str = ""
    collection: str = ""

    @property
    def name(self) -> str:
        """The source as messages name it: of many ids the first."""
        more = len(self.ids) - 1
        return self.source if more < 3 else f"arxiv:{self.ids[0]} and {more} more"


def address(source: str) -> Address | None:
    """What a live ``source`` asks for; None for the name of a file. Raises ParseError."""
    scheme, colon, rest = source.partition(":")
    if not colon or scheme.lower() not in ("arxiv", "hf", "zotero", "http", "https"):
        return None
    if scheme.lower() == "arxiv":
        return _arxiv(source, rest.strip())
    if scheme.lower() == "zotero":
        kind, _, name = rest.partition(":")
        group = name.strip() if kind == "group" else ""
        if kind == "group" and not group:
            raise ParseError(source, "which group? write zotero:group:NAME")
        return Address(source, zotero=True, group=group, collection="" if group else rest.strip())
    if scheme.lower() == "hf":
        return Address(source, days=_days(source, rest.strip()))
    if (who := identity([source])).arxiv:
        return Address(source, ids=(who.arxiv + (f"v{who.version}" if who.version else ""),))
    if found := re.search(r"huggingface\.co/papers.{0,200}?(?:date[=/])(\d{4}-\d\d-\d\d)", source):
        return Address(source, days=_days(source, found[1]))
    if found := re.search(r"arxiv\.org/list/([\w.-]+)", source):
        return Address(source, query=f"cat:{found[1]}")
    raise ParseError(source, f"not an address that is known; save the page, or use {_EXAMPLES}")


def read(wanted: Address, options: Options) -> Iterator[Paper | ParseError]:
    """The papers at an address. Raises ParseError when the service doesn't give them all."""
    from ingest.sources.services import arxiv, daily, zotero

    if wanted.zotero:
        yield from zotero.read(wanted, options)
    elif wanted.days:
        yield from daily.read(wanted, options)
    else:
        yield from arxiv.read(wanted, options)


def shows_newest(source: str) -> bool:
    """Whether a source gives only the newest of what it has: what it lacks may still be there."""
    try:
        wanted = address(source)
    except ParseError:
        return False
    return wanted is not None and bool(wanted.query) and not wanted.dated


def _arxiv(source: str, rest: str) -> Address:
    kind, colon, what = rest.partition(":")
    if colon and kind == "cat":
        category, _, days = what.partition(":")
        if not _CATEGORY.fullmatch(category):
            raise ParseError(source, f"{category!r} is no category of arXiv, such as cs.CL")
        query = f"cat:{category}"
        if not days:
            return Address(source, query=query)
        span = _days(source, days)
        bounds = f"[{span[0]:%Y%m%d}0000 TO {span[-1]:%Y%m%d}2359]"
        return Address(source, query=f"{query} AND submittedDate:{bounds}", dated=True)
    if colon and kind == "search":
        if not what.strip():
            raise ParseError(source, "nothing to search for; write arxiv:search:WORDS")
        return Address(source, query=_query(what))
    ids = []
    for said in re.split(r"[,\s]+", rest):
        who = identity([said])
        if who.arxiv is None:
            reason = f"{said!r} is no arXiv id; live addresses are {_EXAMPLES}"
            raise ParseError(source, reason)
        ids.append(who.arxiv + (f"v{who.version}" if who.version else ""))
    return Address(source, ids=tuple(dict.fromkeys(ids)))


def _query(said: str) -> str:
    """A query in arXiv's own language as it is; words alone all have to occur."""
    if re.search(r"\b(?:all|ti|au|abs|co|jr|cat|rn|id|submittedDate):", said):
        return said.strip()
    return " AND ".join(f"all:{word}" for word in re.findall(r'"[^"]+"|[^\s"]+', said))


def _days(source: str, said: str) -> tuple[date, ...]:
    """``2026-11-20``, ``2026-11-01..2026-11-07``, ``2026-11`` or ``today`` as days."""
    today = datetime.now(UTC).date()
    try:
        if said == "today":
            first = last = today
        elif month := re.fullmatch(r"(\d{4})-(\d\d)", said):
            first = date(int(month[1]), int(month[2]), 1)
            last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
            last = min(last, max(today, first))
        else:
            start, _, end = said.partition("..")
            first = date.fromisoformat(start)
            last = date.fromisoformat(end or start)
    except ValueError:
        reason = f"{said!r} is no date; write 2026-11-20 or 2026-11-01..2026-11-07"
        raise ParseError(source, reason) from None
    if first > last:
        raise ParseError(source, "the range ends before it begins")
    if last > today:
        raise ParseError(source, f"{last} is in the future; today is {today} (UTC)")
    if (last - first).days >= _MAX_DAYS:
        raise ParseError(source, f"over {_MAX_DAYS:,} days; ask for fewer at a time")
    return tuple(first + timedelta(days) for days in range((last - first).days + 1))
