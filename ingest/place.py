"""Where things are when nobody says: the library, what waits for it, the services that fill it.

$ASKPAPERS_LIBRARY and $ASKPAPERS_CACHE name directories, else they are the user's own; a mirror of
arXiv's API or of Hugging Face is named by $ASKPAPERS_ARXIV and $HF_ENDPOINT.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

from ingest.errors import LibraryError


def _directory(said: str | os.PathLike[str]) -> Path:
    try:
        return Path(said).expanduser()
    except RuntimeError as error:
        raise LibraryError(f"{said}: there is no such user") from error


def library_directory(chosen: str | os.PathLike[str] | None = None) -> Path:
    """The library's directory: ``chosen``, else the environment's, else the user's own."""
    if chosen is not None:
        return _directory(chosen)
    from_environment = os.environ.get("ASKPAPERS_LIBRARY")
    if from_environment:
        return _directory(from_environment)
    return user_data_path("askpapers") / "library"


def downloads_directory() -> Path:
    """Where pages of unfinished live sources wait for the rest."""
    from_environment = os.environ.get("ASKPAPERS_CACHE")
    cache = (
        Path(from_environment).expanduser() if from_environment else user_cache_path("askpapers")
    )
    return cache / "live"


def arxiv_address() -> str:
    """arXiv's API."""
    return os.environ.get("ASKPAPERS_ARXIV") or "https://export.arxiv.org/api/query"


def hugging_face_address() -> str:
    """Hugging Face, or the mirror that its own tools use, too."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def feedback_file(library: Path) -> Path:
    """Where what readers think of answers is written down: beside their library."""
    return library.with_name(f"{library.name}-feedback.jsonl")


def embedding_price() -> str | None:
    """What a person says that a million embedded tokens cost; None where nothing is said."""
    return os.environ.get("ASKPAPERS_EMBEDDING_PRICE")
