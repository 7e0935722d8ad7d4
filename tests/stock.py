"""A library of the starter's papers without the seconds that making one takes."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

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
