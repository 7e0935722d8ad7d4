"""A library of the starter's papers without the seconds that making one takes."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ingest.paper import Paper
from rag.assistant import Assistant


def starter_library(place: Path) -> Path:
    """``place``, now a library of the starter's papers: a copy of one that is made once a run."""
    return Path(shutil.copytree(_original(), place, dirs_exist_ok=True))


@cache
def _original() -> Path:
    place = Path(tempfile.mkdtemp(prefix="askpapers-starter-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    Assistant.open(place / "library", llm="quoted", starter=True).close()
    return place / "library"


@contextmanager
def holding(place: Path, texts: Mapping[str, str]) -> Iterator[Assistant]:
    """An assistant over papers of these titles and abstracts, and no others."""
    with Assistant.open(place, starter=False, llm="quoted") as opened:
        opened.library.put(
            [Paper(id=f"test:{name}", title=name, abstract=text) for name, text in texts.items()]
        )
        yield opened
