"""A library as askpapers kept it on a server before: a log of packed papers, only read any more."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ingest.library import Entry
from ingest.paper import Paper, Passage
from ingest.passages import embedded_text
from ingest.remote.wire import Address, Wire
from ingest.store.journal import unpack
from ingest.store.truth import Record

LAYOUT = 2
_READ = 300  # rows a call: Chroma Cloud's limit


class OldLog:
    """The log of one library: row ``n`` holds some papers as they were when it was written."""

    def __init__(self, wire: Wire, log: Any) -> None:  # noqa: ANN401 - Chroma's own
        self._wire, self._log = wire, log
        pairs = ((key.partition("identity ")[2], value) for key, value in log.metadata.items())
        self.identity: dict[str, Any] = {key: json.loads(value) for key, value in pairs if key}

    @classmethod
    def at(cls, server: tuple[str, Mapping[str, str]] | None) -> OldLog | None:
        """The log at this address; None where there is none."""
        if server is None:
            return None
        wire = Wire(Address(*server))
        log = wire.collection(wire.address.name)
        old = log is not None and (log.metadata or {}).get("layout") == LAYOUT
        return cls(wire, log) if old else None

    def entries(self) -> Iterator[Entry]:
        """Every paper as the log says it last."""
        latest: dict[str, Any] = {}
        for said in self._said():
            if "only" in said:
                latest = {id_: latest[id_] for id_ in said["only"] if id_ in latest}
            else:
                latest[said["id"]] = said
        for said in latest.values():
            if "paper" in said:
                yield _entry(said)

    def _said(self) -> Iterator[dict[str, Any]]:
        text, facts = "", self._log.metadata
        for first in range(int(facts["start"]), int(facts["rows"]), _READ):
            ids = [str(n) for n in range(first, min(first + _READ, int(facts["rows"])))]
            found = self._wire.tried(partial(self._log.get, ids=ids, include=["metadatas"]))
            rows = dict(zip(found["ids"], found["metadatas"], strict=True))
            for row in (rows[id_] for id_ in ids):
                text += "".join(row[f"text{n}"] for n in range(int(row["parts"])))
                if row["whole"]:
                    yield from json.loads(zlib.decompress(base64.b64decode(text)))
                    text = ""


def _entry(said: Mapping[str, Any]) -> Entry:
    paper = Paper.from_dict(said["paper"])
    vectors = {
        embedded_text(Passage(paper, start, stop)): unpack(base64.b64decode(blob)) if blob else None
        for start, stop, blob in said["passages"]
    }
    records = [
        Record(origin, paper if other is None else Paper.from_dict(other), paper.id)
        for origin, other in said["records"]
    ]
    return records, vectors
