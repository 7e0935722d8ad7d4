"""A library as askpapers kept it on a server before: a log of packed papers, only read any more."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.library import Entry
from ingest.paper import Paper, Passage
from ingest.passages import embedded_text
from ingest.remote.rows import joined
from ingest.remote.wire import Address, Rows, Wire
from ingest.store.journal import unpack
from ingest.store.truth import Record

LAYOUT = 2


class OldLog:
    """The log of one library: row ``n`` holds some papers as they were when it was written."""

    def __init__(self, log: Rows) -> None:
        self._log, self._facts = log, log.chroma.metadata
        pairs = ((key.partition("identity ")[2], value) for key, value in self._facts.items())
        self.identity: dict[str, Any] = {key: json.loads(value) for key, value in pairs if key}

    @classmethod
    def at(cls, server: tuple[str, Mapping[str, str]] | None) -> OldLog | None:
        """The log at this address; None where there is none."""
        if server is None:
            return None
        wire = Wire(Address(*server))
        found = (log := Rows(wire, wire.address.name)).look()
        old = found is not None and (found.metadata or {}).get("layout") == LAYOUT
        return cls(log) if old else None

    def entries(self) -> Iterator[Entry]:
        """Every paper as the log says it last."""
        latest: dict[str, Any] = {}
        for said in self._said():
            if "only" in said:
                latest = {id_: latest[id_] for id_ in said["only"] if id_ in latest}
            else:
                latest[said["id"]] = said
        for said in latest.values():
            if "paper" not in said:
                continue
            paper = Paper.from_dict(said["paper"])
            yield (
                [
                    Record(origin, paper if other is None else Paper.from_dict(other), paper.id)
                    for origin, other in said["records"]
                ],
                {
                    embedded_text(Passage(paper, *span)): unpack(base64.b64decode(v)) if v else None
                    for *span, v in said["passages"]
                },
            )

    def _said(self) -> Iterator[dict[str, Any]]:
        ids = [str(n) for n in range(int(self._facts["start"]), int(self._facts["rows"]))]
        rows, text = self._log.metadatas(ids=ids), ""
        for row in (rows[id_] for id_ in ids):
            text += joined(row, "text")
            if row["whole"]:
                yield from json.loads(zlib.decompress(base64.b64decode(text)))
                text = ""
