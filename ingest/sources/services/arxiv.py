"""arXiv live, by ids, by a query or by a category, through its API.

Its rules (https://info.arxiv.org/help/api/tou.html): one request in three seconds, one connection.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import partial

from ingest.errors import NotAPaper, ParseError
from ingest.paper import Paper
from ingest.sources.formats import atom
from ingest.sources.ids import identity
from ingest.sources.options import Options
from ingest.sources.services.live import Address
from ingest.sources.services.web import MalformedError, Web

_PAGE = 100  # papers a request; arXiv is slow with more
_UNDATED = 200  # papers of a category or a search when nobody says how many
_MOST = 30_000  # that arXiv gives of one query

_Page = tuple[int, list[Paper | ParseError]]


def read(wanted: Address, options: Options) -> Iterator[Paper | ParseError]:
    """The papers of ``wanted``; for a category or a search the newest first."""
    with Web(wanted, "arXiv", options, pause=options.pause) as web:
        if wanted.ids:
            yield from _by_ids(web, wanted, options)
        else:
            yield from _by_query(web, wanted, options)
        web.done()


def _by_ids(web: Web, wanted: Address, options: Options) -> Iterator[Paper | ParseError]:
    for first in range(0, len(wanted.ids), _PAGE):
        some = wanted.ids[first : first + _PAGE]
        query = {"id_list": ",".join(some), "max_results": str(len(some))}
        _, records = web.get(options.arxiv, query, partial(_page, name=wanted.name))
        yield from records
        given = {record.id for record in records if isinstance(record, Paper)}
        if any(isinstance(record, ParseError) for record in records):
            continue  # which is about one of these ids
        for missing in (id_ for id_ in some if identity([id_]).id not in given):
            yield NotAPaper(wanted.name, "arXiv has no such paper", record=missing)


def _by_query(web: Web, wanted: Address, options: Options) -> Iterator[Paper | ParseError]:
    limit = min(options.limit or (_MOST if wanted.dated else _UNDATED), _MOST)
    start, total = 0, 1
    while start < min(limit, total):
        size = min(_PAGE, limit - start)
        query = {
            "search_query": wanted.query,
            "sortBy": "submittedDate",
            "sortOrder": "descending",
            "start": str(start),
            "max_results": str(size),
        }
        total, records = web.get(
            options.arxiv, query, partial(_page, name=wanted.name, start=start)
        )
        if start == 0:
            options.note(_said(wanted, total, limit))
        yield from records
        start += size


def _page(body: bytes, name: str, start: int | None = None) -> _Page:
    """How many papers there are in all, and those on this page.

    Raises MalformedError for what is no whole feed, and for a page that should hold papers and is
    empty, as arXiv gives now and then.
    """
    if b"<feed" not in body[:2000]:
        raise MalformedError("no Atom feed")
    total = re.search(rb"totalResults[^>]*>\s*(\d+)\s*<", body)
    try:
        records = list(atom.entries(name, io.BytesIO(body)))
    except ParseError as error:
        raise MalformedError(error.reason) from error
    count = int(total[1]) if total else len(records)
    if start is not None and not records and count > start:
        raise MalformedError("an empty page")
    return count, records


def _said(wanted: Address, total: int, limit: int) -> str:
    if total <= limit:
        return f"{wanted.name}: arXiv has {total:,} papers"
    return f"{wanted.name}: the newest {limit:,} of {total:,} papers; --limit says how many"
