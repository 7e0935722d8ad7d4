"""The wire to a Chroma server: its client, calls that are tried again, its errors turned into ours.

Chroma's client says of most failures only their text; what happened is in the exception's context.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import httpx
from chromadb import Knn, Schema, Search, SparseVectorIndexConfig, VectorIndexConfig
from chromadb.api.client import Client
from chromadb.auth.token_authn import TokenTransportHeader
from chromadb.base_types import SparseVector
from chromadb.config import Settings
from chromadb.errors import (
    AuthorizationError,
    ChromaAuthError,
    ChromaError,
    NotFoundError,
    RateLimitError,
)

from ingest.errors import LibraryError

Result = TypeVar("Result")

_PATIENCE = (0.2, 0.5, 1, 2, 4, 8)  # seconds between attempts: a restarted server comes back
TIMEOUT = httpx.Timeout(60.0, connect=5.0)  # the client's own setting is to wait for ever
_LOST = ("finding id", "getting embedding", "hnsw segment")  # Chroma's words for missing files
_PASSING = (408, 429, 502, 503, 504)  # what a proxy says while the server behind it is restarted
_CALL = 300  # rows a call that Chroma Cloud takes
_READ = 1_000  # where nothing limits them


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
        return self.said.rpartition(":" if self.cloud else "/")[2]

    @property
    def cloud(self) -> bool:
        return self.said.startswith("cloud:")

    def client(self) -> Any:  # noqa: ANN401 - Chroma's own type has no close
        if self.cloud:
            return _on_the_cloud(**self.access)
        parts = urlsplit(self.said)
        tls = parts.scheme == "https"
        host, port = parts.hostname or "localhost", parts.port or (443 if tls else 8000)
        # Asked first, whether it is a Chroma server at all.
        beat = httpx.URL(self.said).copy_with(port=port, path="/api/v2/heartbeat")
        headers = {"Content-Type": "application/json", **self.access}
        answer = httpx.get(beat, headers=headers, timeout=TIMEOUT).raise_for_status()
        if "nanosecond heartbeat" not in answer.json():
            raise ValueError("no heartbeat")
        return _Client(settings=_settings(host, port, tls, chroma_server_headers=dict(self.access)))


class _Client(Client):
    """Chroma's client; its first calls, made while it is made, have a limit of time as well."""

    def get_user_identity(self) -> Any:  # noqa: ANN401
        cast(Any, self._server)._session.timeout = TIMEOUT
        return super().get_user_identity()

    def _validate_tenant_database(self, tenant: str, database: str) -> None:
        cast(Any, self._admin_client)._server._session.timeout = TIMEOUT
        super()._validate_tenant_database(tenant, database)


def _on_the_cloud(
    api_key: str,
    tenant: str | None = None,
    database: str | None = None,
    cloud_host: str = "api.trychroma.com",
    cloud_port: int = 443,
    enable_ssl: bool = True,
) -> Client:
    """What ``chromadb.CloudClient`` makes of these arguments."""
    access = {
        "chroma_client_auth_provider": "chromadb.auth.token_authn.TokenAuthClientProvider",
        "chroma_client_auth_credentials": api_key,
        "chroma_auth_token_transport_header": TokenTransportHeader.X_CHROMA_TOKEN,
        "chroma_overwrite_singleton_tenant_database_access_from_auth": True,
    }
    settings = _settings(cloud_host, cloud_port, enable_ssl, **access)
    return _Client(tenant, database, settings)


def _settings(host: str, port: int, tls: bool, **more: Any) -> Settings:  # noqa: ANN401
    return Settings(
        anonymized_telemetry=False,
        chroma_api_impl="chromadb.api.fastapi.FastAPI",
        chroma_server_host=host,
        chroma_server_http_port=port,
        chroma_server_ssl_enabled=tls,
        **more,
    )


def with_sparse_index(key: str) -> Schema:
    """How a collection is made whose rows are also found by sparse vectors, in the metadata
    ``key``: https://docs.trychroma.com/cloud/schema/sparse-vector-search."""
    dense = Schema().create_index(VectorIndexConfig(space="cosine"))
    return dense.create_index(SparseVectorIndexConfig(), key=key)


def sparse(weights: Mapping[int, float]) -> SparseVector:
    """A sparse vector as Chroma takes it."""
    return SparseVector(sorted(weights), [weights[index] for index in sorted(weights)])


def by_sparse(weights: Mapping[int, float], key: str, where: Any, limit: int) -> Search:  # noqa: ANN401
    """What to search for to get the documents of the ``limit`` rows nearest by ``key``."""
    rank = Knn(query=sparse(weights), key=key, limit=limit)
    return Search(where=where, rank=rank, limit=limit, select=["#document"])


class ServerDown(LibraryError):
    """The server can't be reached."""


class ServerHangs(ServerDown):
    """The server has taken a call and not answered it; there is no use in trying again."""


class IndexLost(LibraryError):
    """The server has the papers, and its index of their vectors has lost files."""


class Wire:
    """A connection to the server at ``address``, made when first needed."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._client: Any = None

    @property
    def step(self) -> int:
        """Rows a call."""
        return _CALL if self.address.cloud else _READ

    def client(self) -> Any:  # noqa: ANN401
        if self._client is None:
            self._client = self.address.client()
        return self._client

    def make(self, name: str, metadata: Mapping[str, Any], **how: Any) -> bool:  # noqa: ANN401
        """Make an empty collection, unless there is one of this name: it stays as it is.

        ``how`` are Chroma's own arguments. False where the server has no sparse index.
        """

        def made() -> bool:
            try:
                self.client().get_or_create_collection(
                    name, embedding_function=None, metadata=dict(metadata), **how
                )
            except ChromaError as error:
                if "not enabled in local" not in str(error):
                    raise
                return False
            return True

        return self.tried(made)

    def now(self) -> float:
        """Seconds by the server's clock, the one that all machines share."""
        return float(self.tried(lambda: self.client().heartbeat())) / 1e9

    def tried(self, call: Callable[[], Result]) -> Result:
        """What ``call`` gives, tried again while the server can't be reached."""
        until = time.monotonic() + 60
        for wait in (*_PATIENCE, None):
            try:
                return call()
            # Chroma raises Exception itself for answers that it can't read.
            except Exception as error:
                failure = self._ours(error)
                if failure is None:
                    raise
                passing = isinstance(failure, ServerDown) and not isinstance(failure, ServerHangs)
                if not passing or wait is None or time.monotonic() > until:
                    raise failure from error
            time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _ours(self, error: Exception) -> LibraryError | None:
        """What to tell a person of this failure; None when it is a bug of ours."""
        said, wire = self.address.said, _of_the_wire(error)
        status = wire.response.status_code if isinstance(wire, httpx.HTTPStatusError) else 0
        if isinstance(error, LibraryError):
            return error
        if status in (401, 403) or isinstance(error, (AuthorizationError, ChromaAuthError)):
            return LibraryError(
                f"{said}: access is refused; {_KEYS if self.address.cloud else _HEADER}"
            )
        if isinstance(error, RateLimitError):
            return ServerDown(f"{said}: the server asks for fewer calls; try again later")
        if isinstance(error, ChromaError):
            lost = any(words in str(error) for words in _LOST)
            told = f"{said}: the Chroma server reports: {_line(error)}"
            return self.lost(_line(error)) if lost else LibraryError(told)
        if isinstance(wire, httpx.HTTPStatusError):
            return self._answered(wire.response)
        if isinstance(wire, httpx.ConnectError) and "SSL" in str(wire):
            return LibraryError(
                f"{said}: no TLS connection ({_line(wire)}); without TLS the address begins with"
                " http://"
            )
        if isinstance(wire, httpx.TransportError):
            return self._cut(wire)
        if wire is not None:
            return LibraryError(f"{said}: can't be asked ({_line(wire)})")
        if isinstance(error, ValueError):  # no JSON, or other JSON than Chroma's
            return LibraryError(
                f"{said}: something answers there that isn't a Chroma server ({_line(error)})"
            )
        return None

    def _answered(self, response: httpx.Response) -> LibraryError:
        said, status = self.address.said, response.status_code
        if status in _PASSING:
            return self._down(f"a proxy before it answers {status}")
        told = {
            413: "a proxy before the server takes no requests of this size; let it take 1 MB",
            500: f"the server fails (500: {_line(response.text)}); its own log says more",
        }
        other = f"what answers there isn't a Chroma server of version 1 (it says {status})"
        return LibraryError(f"{said}: {told.get(status, other)}")

    def _cut(self, wire: httpx.TransportError) -> ServerDown:
        if isinstance(wire, (httpx.ReadTimeout, httpx.WriteTimeout)):
            return ServerHangs(
                f"{self.address.said}: the Chroma server takes calls and doesn't answer; if that"
                " goes on, start it anew (is its disk full?). Nothing that was acknowledged is lost"
            )
        return self._down(type(wire).__name__)

    def _down(self, how: str) -> ServerDown:
        return ServerDown(
            f"{self.address.said}: the Chroma server can't be reached ({how}); is it running?"
            " Nothing that was acknowledged is lost"
        )

    def lost(self, how: str) -> IndexLost:
        """What to tell a person whose server has lost its index."""
        said = self.address.said
        return IndexLost(
            f"{said}: the server has lost its index ({how}); put back its data, or save the papers"
            f" with: askpapers copy {said} DIRECTORY"
        )


_KEYS = "check CHROMA_API_KEY, CHROMA_TENANT and CHROMA_DATABASE"
_HEADER = "put the header that it asks for, as 'Name: value', into $ASKPAPERS_SERVER_HEADERS"


class Rows:
    """One collection of a server; as many rows go in a call as it takes."""

    def __init__(self, wire: Wire, name: str, *, make: bool = False) -> None:
        self.wire, self.name = wire, name
        self._make = make
        self.chroma: Any = None

    def look(self) -> Any:  # noqa: ANN401 - Chroma's own
        """The collection as it is now; None where there is none."""

        def found() -> Any:  # noqa: ANN401
            try:
                return self.wire.client().get_collection(self.name, embedding_function=None)
            except NotFoundError:
                return None

        self.chroma = self.wire.tried(found)
        return self.chroma

    def call(self, method: str, *args: Any, **how: Any) -> Any:  # noqa: ANN401
        """What Chroma's ``method`` of the collection gives."""
        if self.chroma is None and self._make and self.look() is None:
            self.wire.make(self.name, {"layout": 0})
            self.look()
        return self.wire.tried(lambda: getattr(self.chroma, method)(*args, **how))

    def get(self, **how: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
        """What Chroma's ``get`` gives, a call's worth at a time."""
        if (ids := how.pop("ids", None)) is not None:
            for first in range(0, len(ids), self.wire.step):
                yield self.call("get", ids=ids[first : first + self.wire.step], **how)
        elif not self.wire.address.cloud:
            yield self.call("get", **how)
        else:
            for offset in count(0, _CALL):
                found = self.call("get", limit=_CALL, offset=offset, **how)
                yield found
                if len(found["ids"]) < _CALL:
                    return

    def metadatas(self, **how: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401
        """The metadata of the rows that ``get`` finds, by their ids."""
        parts = self.get(include=["metadatas"], **how)
        return {id_: m for f in parts for id_, m in zip(f["ids"], f["metadatas"], strict=True)}

    def upsert(self, ids: Sequence[str], vectors: Any, **how: Any) -> None:  # noqa: ANN401
        self.call("upsert", ids=list(ids), embeddings=vectors, **how)

    def delete(self, ids: Sequence[str]) -> None:
        for first in range(0, len(ids), _CALL):
            self.call("delete", ids=list(ids[first : first + _CALL]))


def _of_the_wire(error: BaseException | None) -> httpx.HTTPError | None:
    """The failure of HTTP that an exception of Chroma's client came from; None for none."""
    while error is not None and not isinstance(error, httpx.HTTPError):
        error = error.__cause__ or error.__context__
    return error


def _line(said: object) -> str:
    """One line, not too long, of what may be a page of HTML."""
    return " ".join(str(said).split())[:200]
