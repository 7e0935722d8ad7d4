"""Ids of papers in one spelling: ``arxiv:…`` and ``doi:…``, wherever a record has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

ORDER = ("arxiv:", "doi:")  # of ids: the first names the paper

_ARXIV = re.compile(
    r"(?:arxiv:|(?:doi:)?10\.48550/arxiv\.)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?",
    re.I,
)
_DOI = re.compile(r"(?:doi:\s*)?(10\.\d{4,9}/\S+)", re.I)
_HOST = re.compile(
    r"https?://(?:(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/|(?:dx\.|www\.)?doi\.org/)", re.I
)
# Where sources put the ids that they don't lead with.
_FIELDS = ("doi", "DOI", "arxiv_id", "arxiv", "arxivId", "eprint")


@lru_cache(maxsize=4096)
def canonical_id(raw: str) -> str:
    """``arxiv:…`` without a version, ``doi:…`` in lower case, else ``raw`` as it is.

    The DOIs that arXiv registers for its own papers come out as arXiv ids.
    """
    bare = re.sub(r"\.pdf$", "", _HOST.sub("", raw.strip()))
    bare = unquote(bare) if bare != raw.strip() else bare  # of an address
    if match := _ARXIV.fullmatch(bare):
        return f"arxiv:{match[1].lower() if '/' in match[1] else match[1]}"
    if match := _DOI.fullmatch(bare):
        return f"doi:{match[1].lower()}"
    return raw.strip()


def ids_in(own: str, url: str | None, extra: Mapping[str, Any]) -> tuple[str, ...]:
    """``own`` id and its canonical form, then the arXiv ids and DOIs in ``url`` and ``extra``."""
    said = [url, *(extra[name] for name in _FIELDS if name in extra)]
    others = [canonical_id(value) for value in said if isinstance(value, str)]
    known = [id_ for id_ in others if id_.startswith(ORDER)]
    return tuple(dict.fromkeys([own, canonical_id(own), *known]))
