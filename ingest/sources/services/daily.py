"""Hugging Face's daily papers live, by date: one request a day and page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ingest.errors import ParseError
from ingest.paper import Paper
from ingest.sources.options import Options
from ingest.sources.record import paper_from
from ingest.sources.services import huggingface
from ingest.sources.services.live import Address
from ingest.sources.services.web import MalformedError, Web

_PAGE = 100  # papers a request, the most that it gives
_MAX_PAGES = 50  # a day has had at most a few hundred papers


def read(wanted: Address, options: Options) -> Iterator[Paper | ParseError]:
    """The papers of each day in order; a day without any (a weekend) gives none."""
    given = 0
    # Its limit is 500 requests in five minutes: a fifth of arXiv's pause.
    with Web(wanted, "Hugging Face", options, pause=options.pause / 5) as web:
        for day in wanted.days:
            for page in range(_MAX_PAGES):
                query = {"date": day.isoformat(), "limit": str(_PAGE), "p": str(page)}
                entries = web.get(f"{options.hugging_face}/api/daily_papers", query, _entries)
                for place, entry in enumerate(entries, page * _PAGE + 1):
                    if options.limit is not None and given >= options.limit:
                        web.done()
                        return
                    given += 1
                    yield _paper(entry, wanted.source, f"{day}, paper {place}")
                if len(entries) < _PAGE:
                    break
        web.done()


def _entries(body: bytes) -> list[Any]:
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedError("not JSON") from error
    if not isinstance(entries, list):
        raise MalformedError("no list of papers")
    return entries


def _paper(entry: object, source: str, where: str) -> Paper | ParseError:
    if not isinstance(entry, dict) or not huggingface.knows(entry):
        return ParseError(source, "no daily paper", record=where)
    return paper_from(huggingface.fields(entry), source, where)
