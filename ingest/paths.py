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

TRUTH = "askpapers.sqlite"  # in the directory of a library
SERVER = "server.json"  # in the cache of a library on a server


def _directory(said: str | os.PathLike[str]) -> Path:
    if str(said).startswith(("http://", "https://", "cloud:")):
        return _cache_of(str(said))
    try:
        path = Path(said).expanduser()
        os.fspath(path.absolute()).encode()
    except RuntimeError as error:
        raise LibraryError(f"{said}: there is no such user") from error
    except UnicodeEncodeError as error:
        shown = str(said).encode("utf-8", "replace").decode()
        reason = "the name of a library's directory has to be UTF-8"
        raise LibraryError(f"{shown}: {reason}") from error
    return path


def _cache_of(address: str) -> Path:
    """Where this machine's cache of a library on a server is; the file in it says of which."""
    said, name = address.rstrip("/"), _name_in(address)
    place = _cache() / "servers" / f"{name}-{hashlib.sha256(said.encode()).hexdigest()[:12]}"
    try:
        if not (place / SERVER).exists():  # another process may be reading it
            place.mkdir(parents=True, exist_ok=True)
            new = place / f"{SERVER}.{os.getpid()}"
            new.write_text(json.dumps({"address": said}), "utf-8")
            new.replace(place / SERVER)
    except OSError as error:
        raise LibraryError(f"{place}: can't keep a cache here ({error.strerror})") from error
    return place


def _name_in(address: str) -> str:
    """The library's name at the end of an address. Raises LibraryError where that is no good."""
    try:
        parts = urlsplit(address)
        if parts.username is not None or parts.query or parts.fragment:
            raise LibraryError(  # a password isn't shown
                f"{parts.scheme}://{parts.hostname}: an address is http(s)://host:port/name; what"
                " opens the server goes into $ASKPAPERS_SERVER_HEADERS"
            )
        if parts.scheme != "cloud" and not (parts.hostname and parts.port != 0):
            raise ValueError
    except ValueError as error:
        raise LibraryError(
            f"{address}: no host and port; an address is http(s)://host:port/name"
        ) from error
    name = parts.path.strip("/")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,118}[A-Za-z0-9]", name):
        raise LibraryError(
            f"{address}: name the library, too, like http://host:8000/papers (3 to 120 of a-z,"
            " 0-9, dot, dash, underscore)"
        )
    return name


def shown(directory: Path) -> str:
    """The library in ``directory`` as a person names it: a server's by its address."""
    server = _address_in(directory)
    return str(directory) if server is None else server


def server_of(directory: Path) -> tuple[str, dict[str, str]] | None:
    """The address of the server that the library of the cache ``directory`` is on, and what opens
    it: headers to send ($ASKPAPERS_SERVER_HEADERS, ``Name: value`` a line), for Chroma Cloud its
    client's arguments ($CHROMA_API_KEY and so on); None for a library of its own."""
    address = _address_in(directory)
    if address is None:
        return None
    return address, _cloud_access(address) if address.startswith("cloud:") else _headers()


def _address_in(directory: Path) -> str | None:
    try:
        return str(json.loads((directory / SERVER).read_text("utf-8"))["address"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LibraryError(
            f"{directory / SERVER}: can't be read as the address of a server; name the server again"
            " with --library, or remove the file"
        ) from error


def _headers() -> dict[str, str]:
    lines = [line for line in os.environ.get("ASKPAPERS_SERVER_HEADERS", "").splitlines() if line]
    headers: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, colon, value = (part.strip() for part in line.partition(":"))
        # What is wrong with it isn't shown: it may be a password.
        if (
            not colon
            or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
            or not (value.isascii() and value.isprintable())
        ):
            raise LibraryError(
                f"$ASKPAPERS_SERVER_HEADERS: line {number} is no 'Name: value' in ASCII"
            )
        headers[name] = value
    return headers


def _cloud_access(address: str) -> dict[str, str]:
    names = {"api_key": "CHROMA_API_KEY", "tenant": "CHROMA_TENANT", "database": "CHROMA_DATABASE"}
    found = {key: os.environ[name] for key, name in names.items() if os.environ.get(name)}
    if "api_key" not in found:
        raise LibraryError(
            f"{address}: Chroma Cloud needs CHROMA_API_KEY, and CHROMA_TENANT and CHROMA_DATABASE"
            " where the key is for more than one database; set them and run the command again"
        )
    return found


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


def slow_models_file() -> Path:
    """Where it is kept which language models were measured to be slow."""
    return _cache() / "slow-models.json"


def arxiv_address() -> str:
    """arXiv's API."""
    return os.environ.get("ASKPAPERS_ARXIV") or "https://export.arxiv.org/api/query"


def hugging_face_address() -> str:
    """Hugging Face, or the mirror that its own tools use, too."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def zotero_address() -> str:
    """Where a running Zotero listens; its own port where nobody says otherwise."""
    return (os.environ.get("ASKPAPERS_ZOTERO") or "http://127.0.0.1:23119").rstrip("/")


def feedback_file(library: Path) -> Path:
    """Where what readers think of answers is written down: beside their library."""
    return library.with_name(f"{library.name}-feedback.jsonl")


def embedding_price() -> str | None:
    """What a person says that a million embedded tokens cost; None where nothing is said."""
    return os.environ.get("ASKPAPERS_EMBEDDING_PRICE")
