"""A paper as rows of a Chroma collection, one a passage, and back.

A row's document is the text that was embedded, "title. passage", its embedding that vector. Its
metadata say which paper and slice it is (``paper``, ``title``, ``authors``, ``year``, ``topics``
in lower case, ``kind``, ``start``, ``end``; ``part`` of ``parts``) and when it was written
(``made``). A paper's first row has all else: the paper's other fields with the records that it was
made of (``json``), and what it is found again by when records are merged (``id0`` ..., ``title0``
..., ``origins``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from ingest.embedders import Vectors
from ingest.ids import ORDER
from ingest.paper import Paper, Passage, as_json, digest
from ingest.passages import embedded_text
from ingest.store.merge import keys_of
from ingest.store.truth import Record

SLOTS = 6  # keys of each kind that a paper is found by: Chroma Cloud takes 8 conditions a call
# Chroma Cloud's limits: 4,096 bytes a value, 16,384 a document, 128 an id.
_VALUE, _DOCUMENT, _ID = 4_000, 16_000, 128


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the collection; ``vector`` ``(dim,)`` where it was asked for."""

    id: str
    document: str
    metadata: Mapping[str, Any]
    vector: Vectors | None = None

    @property
    def paper(self) -> str:
        return str(self.metadata["paper"])

    @property
    def text(self) -> str:
        """All that was embedded, of which Chroma Cloud takes the first part as a document."""
        return self.document + _joined(self.metadata, "more").decode()

    @property
    def kept(self) -> dict[str, Any]:
        """The metadata that have a value."""
        return {key: value for key, value in self.metadata.items() if value is not None}

    @property
    def size(self) -> int:
        """About how many bytes it is on the wire."""
        vector = 0 if self.vector is None else 2 * self.vector.nbytes
        return vector + len(self.document.encode()) + len(str(self.metadata).encode())


@dataclass(frozen=True, slots=True)
class Held:
    """A paper as the collection has it, the records that it was made of, and its passages with
    their vectors (where they were asked for)."""

    paper: Paper
    records: tuple[Record, ...]
    passages: Mapping[str, tuple[Passage, Vectors | None]]


def row_id(passage: str) -> str:
    """The id of a passage's row: its own, unless that is too long for Chroma."""
    paper, _, span = passage.rpartition("#")
    return passage if len(passage.encode()) <= _ID else f"{digest(paper)}#{span}"


def rows_of(
    paper: Paper,
    records: Sequence[Record],
    cut: Sequence[tuple[Passage, Vectors | None]],
    *,
    made: int,
    dim: int,
) -> list[Row]:
    """The rows of ``paper``. What no row has any more is None, so that Chroma forgets it."""
    rows = []
    for part, (passage, vector) in enumerate(cut):
        text = embedded_text(passage)
        document = text.encode()[:_DOCUMENT].decode("utf-8", "ignore")
        metadata = {
            "paper": paper.id,
            "title": paper.title.encode()[:_VALUE].decode("utf-8", "ignore"),
            "authors": list(paper.authors[:50]) or None,
            "year": paper.year,
            "topics": [topic.casefold() for topic in paper.topics] or None,
            "kind": paper.kind,
            "start": passage.start,
            "end": passage.end,
            "part": part,
            "parts": len(cut),
            "made": made,
            **_cut("more", text[len(document) :].encode()),
            **(_first(paper, records, [p for p, _ in cut]) if part == 0 else {}),
        }
        filled = np.zeros(dim, np.float32) if vector is None else vector
        rows.append(Row(row_id(passage.id), document, metadata, filled))
    return rows


def _first(paper: Paper, records: Sequence[Record], cut: Sequence[Passage]) -> dict[str, Any]:
    fields = {name: value for name, value in paper.to_dict().items() if name != "abstract"}
    said = [
        [
            record.origin,
            record.said.content_hash,
            None if record.said.content_hash == paper.content_hash else record.said.to_dict(),
            record.said.id,
        ]
        for record in records
    ]
    keys = dict.fromkeys([paper.id, *(key for r in records for key in keys_of(r.said))])
    ids = sorted((k for k in keys if not k.startswith("title:")), key=_known_first)
    titles = [key for key in keys if key.startswith("title:")]
    json = as_json({"paper": fields, "records": said, "gaps": _gaps(paper.abstract, cut)}).encode()
    return {
        **_cut("json", json),
        **{f"id{n}": ids[n] if n < len(ids) else None for n in range(SLOTS)},
        **{f"title{n}": titles[n] if n < len(titles) else None for n in range(SLOTS)},
        "origins": sorted({record.origin for record in records if record.origin}) or None,
    }


def _known_first(id_: str) -> bool:
    return not id_.startswith(ORDER)


def _gaps(text: str, cut: Sequence[Passage]) -> list[str]:
    """What lies between the passages: white space, as a rule."""
    gaps, at = [], 0
    for passage in cut:
        gaps.append(text[at : passage.start])
        at = max(at, passage.end)
    return [*gaps, text[at:]]


def _cut(name: str, value: bytes) -> dict[str, Any]:
    """A value of any length as values ``name0``, ``name1`` ... that Chroma takes; and one None, so
    that a longer one of before ends there."""
    parts: dict[str, Any] = {}
    at = 0
    while at < len(value):
        part = value[at : at + _VALUE].decode("utf-8", "ignore")
        parts[f"{name}{len(parts)}"] = part
        at += len(part.encode())
    return {**parts, f"{name}{len(parts)}": None}


def _joined(metadata: Mapping[str, Any], name: str) -> bytes:
    parts: list[bytes] = []
    while (part := metadata.get(f"{name}{len(parts)}")) is not None:
        parts.append(str(part).encode())
    return b"".join(parts)


def is_whole(row: Row) -> bool:
    """Whether the row alone tells all of its paper."""
    return int(row.metadata["parts"]) == 1


def records_in(row: Row) -> list[tuple[str, str, str]]:
    """Origin, id and content hash of the records that the paper of a first row was made of."""
    said = orjson.loads(_joined(row.metadata, "json"))["records"]
    return [(origin, id_, hash_) for origin, hash_, _, id_ in said]


def keys_in(row: Row) -> list[str]:
    """What the paper of a first row is found by."""
    found = (row.metadata.get(f"{kind}{n}") for kind in ("id", "title") for n in range(SLOTS))
    return [key for key in found if key is not None]


def held(rows: Iterable[Row]) -> dict[str, Held]:
    """The papers whose rows these are, by their ids; leftovers of older states are left out."""
    by_paper: dict[str, list[Row]] = {}
    for row in rows:
        by_paper.setdefault(row.paper, []).append(row)
    found: dict[str, Held] = {}
    for id_, some in by_paper.items():
        first = max((row for row in some if row.metadata["part"] == 0), key=_made, default=None)
        if first is None:
            continue
        own = [row for row in some if row.metadata["made"] == first.metadata["made"]]
        if len(own) == first.metadata["parts"]:
            found[id_] = _one(sorted(own, key=lambda row: int(row.metadata["part"])))
    return found


def _made(row: Row) -> int:
    return int(row.metadata["made"])


def _one(rows: Sequence[Row]) -> Held:
    said = orjson.loads(_joined(rows[0].metadata, "json"))
    before = len(said["paper"]["title"]) + 2
    text = ""
    for gap, row in zip(said["gaps"], rows, strict=False):
        text += gap
        text += row.text[before + len(text) - int(row.metadata["start"]) :]
    paper = Paper.from_dict({**said["paper"], "abstract": text + said["gaps"][-1]})
    passages = {}
    for row in rows:
        passage = Passage(paper, int(row.metadata["start"]), int(row.metadata["end"]))
        vector = row.vector if row.vector is not None and row.vector.any() else None
        passages[passage.id] = (passage, vector)
    records = tuple(
        Record(origin, paper if other is None else Paper.from_dict(other), paper.id)
        for origin, _, other, _ in said["records"]
    )
    return Held(paper, records, passages)
