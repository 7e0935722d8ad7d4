"""What a person can say about how sources are read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ARXIV = "https://export.arxiv.org/api/query"
HUGGING_FACE = "https://huggingface.co"
ZOTERO = "http://127.0.0.1:23119"


def _silent(message: str) -> None:
    pass


def _never(source: str) -> int:
    return 0


def _forgotten(source: str, version: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost: ``records`` of all kinds, ``seconds`` of a processor, memory."""

    records: int = 50_000
    seconds: int = 60
    megabytes: int = 1_000


@dataclass(frozen=True, slots=True)
class Options:
    """How sources are read; the defaults suit files.

    ``columns`` maps our fields to theirs (``title`` -> ``Title``) where names aren't enough.
    ``limit`` is the most papers that a live listing or search gives (None: 200 of one without
    dates, all of one with dates). ``downloads`` is where pages
    of an unfinished live source are kept, so that it goes on where it stopped; None keeps none.
    ``pause`` is the least number of seconds between two requests to arXiv. ``note`` is told what
    a person should know: how columns were understood, what a service says; ``detail`` what only a
    rehearsal shows: formats, fields of JSON. ``patience``: a service that doesn't answer is tried
    anew for as many seconds. With ``limits`` a file is read in a process of its own, so far only.
    A source that counts its changes gives what is newer than ``since`` (0: all), and tells
    ``reached`` how far it came.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    limit: int | None = None
    arxiv: str = ARXIV
    hugging_face: str = HUGGING_FACE
    zotero: str = ZOTERO
    downloads: Path | None = None
    pause: float = 3.0
    wait: Callable[[float], None] = time.sleep
    timeout: float = 30.0
    patience: float = 3600.0
    limits: Limits | None = None
    since: Callable[[str], int] = _never
    reached: Callable[[str, int], None] = _forgotten
    note: Callable[[str], None] = _silent
    detail: Callable[[str], None] = _silent
