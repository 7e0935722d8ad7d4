"""Where things are when nobody says: the library, what waits for it, the services that fill it.

$ASKPAPERS_LIBRARY and $ASKPAPERS_CACHE name directories, else they are the user's own; a mirror of
arXiv's API or of Hugging Face is named by $ASKPAPERS_ARXIV and $HF_ENDPOINT.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_cache_path, user_data_path

from ingest.errors import LibraryError

SERVER = "server.json"  # in the directory of a copy


def _directory(said: str | os.PathLike[str]) -> Path:
    if str(said).startswith(("http://", "https://", "cloud:")):
        return _copy_of(str(said))
    try:
        return Path(said).expanduser()
    except RuntimeError as error:
        raise LibraryError(f"{said}: there is no such user") from error


def _copy_of(address: str) -> Path:
    """Where this machine's copy of a library on a server is; the file in it says of which."""
    said = address.rstrip("/")
    name = said.replace(":", "/").rpartition("/")[2]
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,498}[A-Za-z0-9]", name) or (
        said.startswith("http") and not urlsplit(said).path.strip("/")
    ):
        raise LibraryError(
            f"{address}: name the library, too, like http://host:8000/papers (3 or more of a-z,"
            " 0-9, dot, dash, underscore)"
        )
    place = _cache() / "servers" / f"{name}-{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / SERVER).write_text(json.dumps({"address": said}), "utf-8")
    except OSError as error:
        raise LibraryError(f"{place}: can't keep a copy here ({error.strerror})") from error
    return place


def server_of(directory: Path) -> tuple[str, dict[str, str]] | None:
    """The address of the server that the library in ``directory`` is a copy from, and the headers
    to send ($ASKPAPERS_SERVER_HEADERS, ``Name: value`` a line); None for a library of its own."""
    try:
        address = json.loads((directory / SERVER).read_text("utf-8"))["address"]
    except (FileNotFoundError, NotADirectoryError):
        return None
    lines = os.environ.get("ASKPAPERS_SERVER_HEADERS", "").splitlines()
    pairs = (line.partition(":") for line in lines if ":" in line)
    return str(address), {name.strip(): value.strip() for name, _, value in pairs}


def _cache() -> Path:
    from_environment = os.environ.get("ASKPAPERS_CACHE")
    return Path(from_environment).expanduser() if from_environment else user_cache_path("askpapers")


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
    return _cache() / "live"


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
