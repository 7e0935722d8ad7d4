"""The wire to a Chroma server: its client, calls that are tried again, its errors turned into ours.

Chroma's client says of most failures only their text; what happened is in the exception's context.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import chromadb
import httpx
from chromadb import Knn, Schema, Search, SparseVectorIndexConfig, VectorIndexConfig
from chromadb.base_types import SparseVector
from chromadb.config import Settings
from chromadb.errors import (
    AuthorizationError,
    ChromaAuthError,
    ChromaError,
    NotFoundError,
    RateLimitError,
    UniqueConstraintError,
)

from ingest.errors import LibraryError

Result = TypeVar("Result")

_PATIENCE = (0.2, 0.5, 1, 2, 4, 8)  # seconds between attempts: a restarted server comes back
_ANSWERS = 60.0  # seconds; the client's own setting is to wait for ever
_CONNECTS = 5.0  # seconds
_LOST = ("finding id", "getting embedding", "hnsw segment")  # Chroma's words for missing files
_PASSING = (408, 429, 502, 503, 504)  # what a proxy says while the server behind it is restarted


@dataclass(frozen=True, slots=True)
class Address:
    """``http(s)://host:port/name``, or ``cloud:name`` for Chroma Cloud.

    ``access`` are the headers to send, or the arguments of the Cloud's client; it doesn't show.
    """

    said: str
    access: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The name of the collection."""
        path = self.said.partition(":")[2] if self.cloud else urlsplit(self.said).path
        return path.strip("/")

    @property
    def cloud(self) -> bool:
        return self.said.startswith("cloud:")

    def client(self) -> Any:  # noqa: ANN401 - Chroma's own type has no close
        settings = Settings(anonymized_telemetry=False)
        if self.cloud:
            client: Any = chromadb.CloudClient(**self.access, settings=settings)
        else:
            parts = urlsplit(self.said)
            tls = parts.scheme == "https"
            host, port = parts.hostname or "localhost", parts.port or (443 if tls else 8000)
            # Asked first with a limit of time: making the client has none.
            shown = f"[{host}]" if ":" in host else host
            beat = f"{parts.scheme}://{shown}:{port}/api/v2/heartbeat"
            headers = {"Content-Type": "application/json", **self.access}
            timeout = httpx.Timeout(_ANSWERS, connect=_CONNECTS)
            answer = httpx.get(beat, headers=headers, timeout=timeout).raise_for_status()
            if "nanosecond heartbeat" not in answer.json():
                raise ValueError("no heartbeat")
            client = chromadb.HttpClient(
                host=host, port=port, ssl=tls, headers=dict(self.access), settings=settings
            )
        client._server._session.timeout = httpx.Timeout(_ANSWERS, connect=_CONNECTS)
        return client


def with_sparse_index(key: str) -> Schema:
    """How a collection is made whose rows are also found by sparse vectors, in the metadata
    ``key``: https://docs.trychroma.com/cloud/schema/sparse-vector-search."""
    dense = Schema().create_index(VectorIndexConfig(space="cosine"))
    return dense.create_index(SparseVectorIndexConfig(), key=key)


def sparse(weights: Mapping[int, float]) -> SparseVector:
    """A sparse vector as Chroma takes it."""
    pairs = sorted(weights.items())
    return SparseVector([index for index, _ in pairs], [value for _, value in pairs])


def by_sparse(weights: Mapping[int, float], key: str, where: Any, limit: int) -> Search:  # noqa: ANN401
    """What to search for to get the documents of the ``limit`` rows nearest by ``key``."""
    rank = Knn(query=sparse(weights), key=key, limit=limit)
    return Search(where=where, rank=rank, limit=limit, select=["#document"])


class ServerDown(LibraryError):
    """The server can't be reached."""


class IndexLost(LibraryError):
    """The server has the papers, and its index of their vectors has lost files."""


class Wire:
    """A connection to the server at ``address``, made when first needed."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._client: Any = None
        self._patience: tuple[float, ...] = _PATIENCE

    def collection(self, name: str) -> Any:  # noqa: ANN401
        """The collection of this name as it is now; None where there is none."""

        def found() -> Any:  # noqa: ANN401
            try:
                return self._chroma().get_collection(name, embedding_function=None)
            except NotFoundError:
                return None

        return self.tried(found)

    def make(self, name: str, metadata: Mapping[str, Any], **how: Any) -> bool:  # noqa: ANN401
        """Make an empty collection, unless there is one of this name: it stays as it is.

        ``how`` are Chroma's own arguments. False where the server has no sparse index.
        """

        def made() -> bool:
            try:
                self._chroma().create_collection(
                    name, embedding_function=None, metadata=dict(metadata), **how
                )
            except UniqueConstraintError:
                pass
            except ChromaError as error:
                if "not enabled in local" in str(error):
                    return False
                if "already exists" not in str(error):
                    raise
            return True

        return self.tried(made)

    def now(self) -> float:
        """Seconds by the server's clock, the one that all machines share."""
        return float(self.tried(lambda: self._chroma().heartbeat())) / 1e9

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Inside, a call that fails isn't tried again: somebody waits who can do without."""
        patient, self._patience = self._patience, ()
        try:
            yield
        finally:
            self._patience = patient

    def tried(self, call: Callable[[], Result]) -> Result:
        """What ``call`` gives, tried again while the server can't be reached."""
        until = time.monotonic() + _ANSWERS
        for wait in (*self._patience, None):
            try:
                return call()
            # Chroma raises Exception itself for answers that it can't read.
            except Exception as error:
                failure = self._ours(error)
                if failure is None:
                    raise
                if not isinstance(failure, ServerDown) or wait is None or time.monotonic() > until:
                    raise failure from error
            time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _chroma(self) -> Any:  # noqa: ANN401
        if self._client is None:
            self._client = self.address.client()
        return self._client

    def _ours(self, error: Exception) -> LibraryError | None:
        """What to tell a person of this failure; None when it is a bug of ours."""
        said = self.address.said
        if isinstance(error, LibraryError):
            return error
        wire = _of_the_wire(error)
        if isinstance(wire, httpx.HTTPStatusError) and wire.response.status_code in (401, 403):
            return self._refused()
        if isinstance(error, (AuthorizationError, ChromaAuthError)):
            return self._refused()
        if isinstance(error, ChromaError):
            return self._reported(error)
        if isinstance(wire, httpx.HTTPStatusError):
            return self._answered(wire.response)
        if isinstance(wire, httpx.TransportError):
            return self._unreached(wire)
        if wire is not None:
            return LibraryError(f"{said}: can't be asked ({_line(wire)})")
        if isinstance(error, ValueError):  # no JSON, or other JSON than Chroma's
            return LibraryError(
                f"{said}: something answers there that isn't a Chroma server ({_line(error)})"
            )
        return None

    def _reported(self, error: ChromaError) -> LibraryError:
        said = self.address.said
        if isinstance(error, RateLimitError):
            return ServerDown(f"{said}: the server asks for fewer calls; try again later")
        if any(words in str(error) for words in _LOST):
            return self.lost(_line(error))
        return LibraryError(f"{said}: the Chroma server reports: {_line(error)}")

    def lost(self, how: str) -> IndexLost:
        """What to tell a person whose server has lost its index."""
        said = self.address.said
        return IndexLost(
            f"{said}: the server has lost its index ({how}); put back its data, or save the papers"
            f" with: askpapers copy {said} DIRECTORY"
        )

    def _refused(self) -> LibraryError:
        where = (
            "check CHROMA_API_KEY, CHROMA_TENANT and CHROMA_DATABASE"
            if self.address.cloud
            else "put the header that it asks for, as 'Name: value', into $ASKPAPERS_SERVER_HEADERS"
        )
        return LibraryError(f"{self.address.said}: access is refused; {where}")

    def _answered(self, response: httpx.Response) -> LibraryError:
        said, status = self.address.said, response.status_code
        if status in _PASSING:
            return ServerDown(
                f"{said}: the Chroma server can't be reached: a proxy before it answers {status};"
                " is the server running? Nothing that was acknowledged is lost"
            )
        if status == 413:
            return LibraryError(
                f"{said}: a proxy before the server takes no requests of this size; let it take"
                " 1 MB"
            )
        if status == 500:
            return LibraryError(
                f"{said}: the server fails (500: {_line(response.text)}); its own log says more"
            )
        return LibraryError(
            f"{said}: what answers there isn't a Chroma server of version 1 (it says {status})"
        )

    def _unreached(self, error: httpx.TransportError) -> LibraryError:
        said = self.address.said
        if isinstance(error, httpx.ConnectError) and "SSL" in str(error):
            return LibraryError(
                f"{said}: no TLS connection ({_line(error)}); without TLS the address begins with"
                " http://"
            )
        return ServerDown(
            f"{said}: the Chroma server can't be reached ({type(error).__name__}); is it running?"
            " Nothing that was acknowledged is lost"
        )


def _of_the_wire(error: BaseException | None) -> httpx.HTTPError | None:
    """The failure of HTTP that an exception of Chroma's client came from; None for none."""
    while error is not None and not isinstance(error, httpx.HTTPError):
        error = error.__cause__ or error.__context__
    return error


def _line(said: object) -> str:
    """One line, not too long, of what may be a page of HTML."""
    return " ".join(str(said).split())[:200]
