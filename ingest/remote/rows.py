"""A paper as rows of a Chroma collection, one a passage, and back.

Row ``PAPER#n`` has as its document what was embedded of passage n, "title. passage", as its
embedding that vector, and metadata to choose by (``paper``, ``title``, ``authors``, ``year``,
``topics`` in lower case, ``kind``, ``start``, ``end``). Row ``PAPER#0`` is the paper: its ``json``
has all other fields and the records that it was made of, ``parts`` is the number of its rows, and
``id0`` ..., ``title0`` ... are what it is found by when records are merged. It is written last and
deleted first, so that rows of a writer who was killed count for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import orjson

from ingest.embedders import Vectors
from ingest.ids import ORDER
from ingest.paper import Paper, Passage, as_json, digest
from ingest.passages import embedded_text
from ingest.store.merge import keys_of
from ingest.store.truth import Record

SLOTS = [f"{kind}{n}" for kind in ("id", "title") for n in range(6)]
# Chroma Cloud's limits: 4,096 bytes a value, 16,384 a document, 128 an id.
_VALUE, _DOCUMENT, _ID = 4_000, 16_000, 110


@dataclass(frozen=True)
class Row:
    """One row of the collection; ``vector`` ``(dim,)`` where it was asked for."""

    id: str
    document: str
    metadata: Mapping[str, Any]
    vector: Vectors | None = None

    @property
    def first(self) -> str:
        """The id of the paper's first row."""
        return f"{self.id.rpartition('#')[0]}#0"

    @property
    def part(self) -> int:
        return int(self.id.rpartition("#")[2])

    @property
    def size(self) -> int:
        """About how many bytes it is on the wire."""
        vector = 0 if self.vector is None else 2 * self.vector.nbytes
        return vector + len(self.document.encode()) + len(str(self.metadata).encode())

    @cached_property
    def _said(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(joined(self.metadata, "json"))
        return found

    @cached_property
    def paper(self) -> Paper:
        """The paper whose first row this is."""
        fields = self._said["paper"]
        text = self.document[len(fields["title"]) + 2 :]
        return Paper.from_dict({"abstract": text, **fields})

    @property
    def records(self) -> list[Record]:
        """The records that the paper of a first row was made of."""
        return [
            Record(origin, self.paper if other is None else Paper.from_dict(other), self.paper.id)
            for origin, other in self._said["records"]
        ]


def row_id(paper: str, part: int = 0) -> str:
    """The id of a row of a paper: of its own, unless that is too long for Chroma."""
    return f"{paper if len(paper.encode()) <= _ID else digest(paper)}#{part}"


def rows_of(
    paper: Paper,
    records: Sequence[Record],
    cut: Sequence[Passage],
    vectors: Sequence[Vectors | None] | None,
    dim: int,
    *,
    anew: bool,
) -> list[Row]:
    """The rows of ``paper``, without vectors where it keeps those it has. What it has no more is
    None, so that Chroma forgets it; where it comes ``anew`` that is left out."""
    rows = []
    for part, passage in enumerate(cut):
        vector = None if vectors is None else vectors[part]
        if vectors is not None and vector is None:
            vector = np.zeros(dim, np.float32)  # Chroma has no rows without
        document = _cut(embedded_text(passage), _DOCUMENT)[0]
        metadata = {
            "paper": paper.id,
            "title": _cut(paper.title, _VALUE)[0],
            "authors": list(paper.authors[:50]) or None,
            "year": paper.year,
            "topics": [topic.casefold() for topic in paper.topics] or None,
            "kind": paper.kind,
            "start": passage.start,
            "end": passage.end,
        }
        rows.append(Row(row_id(paper.id, part), document, metadata, vector))
    first = rows[0]
    fields = paper.to_dict()
    if first.document == f"{paper.title}. {paper.abstract}":
        del fields["abstract"]  # the document says it
    same = paper.content_hash
    said = [[r.origin, None if r.said.content_hash == same else r.said.to_dict()] for r in records]
    keys = dict.fromkeys([paper.id, *(key for record in records for key in keys_of(record.said))])
    titles = [key for key in keys if key.startswith("title:")]
    ids = sorted(keys.keys() - set(titles), key=lambda id_: (not id_.startswith(ORDER), id_))
    own = {
        **parted("json", as_json({"paper": fields, "records": said})),
        **dict(zip(SLOTS, _filled(ids) + _filled(titles), strict=True)),
        "parts": len(rows),
    }
    rows[0] = replace(first, metadata={**first.metadata, **own})
    return [replace(row, metadata=_said(row.metadata)) for row in rows] if anew else rows


def _said(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in metadata.items() if value is not None}


def _filled(keys: list[str]) -> list[str | None]:
    return [*keys[:6], *[None] * (6 - len(keys))]


def parted(name: str, text: str) -> dict[str, Any]:
    """A text of any length as values ``name0``, ``name1`` ... that Chroma takes, and a None, so
    that a longer one of before ends there."""
    parts = [*_cut(text, _VALUE), None]
    return {f"{name}{number}": part for number, part in enumerate(parts)}


def joined(metadata: Mapping[str, Any], name: str) -> str:
    """The text that was ``parted``."""
    parts: list[str] = []
    while (part := metadata.get(f"{name}{len(parts)}")) is not None:
        parts.append(part)
    return "".join(parts)


def _cut(text: str, size: int) -> list[str]:
    """Pieces of at most ``size`` bytes; at least one."""
    parts, left = list[str](), text.encode()
    while left or not parts:
        part = left[:size].decode("utf-8", "ignore")
        parts.append(part)
        left = left[len(part.encode()) :]
    return parts
