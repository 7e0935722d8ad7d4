"""Embeddings by OpenAI's protocol: from OpenAI, or from any server that speaks it.

The only file that knows the embeddings of the ``openai`` package, which takes over a second to
import: it is imported with the first request.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np

from ingest.embedders import Vectors
from ingest.errors import ProviderError

if TYPE_CHECKING:
    import openai

OPENAI_URL = "https://api.openai.com/v1"
# https://platform.openai.com/docs/guides/embeddings: so that opening a library needs no request
DIMS = {
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
}
MAX_INPUTS = 2048  # texts a request, OpenAI's limit
MAX_TOKENS = 250_000  # a request, estimated; OpenAI's limit is 300,000
BYTES_A_TOKEN = 3  # low, so that the estimate is high: abstracts have 4 to 5
MAX_BYTES = 16_000  # a text; the rest is cut off: OpenAI's limit is 8,192 tokens
NO_KEY = "no-key-needed"  # the client insists on one; a server of one's own may not
WAY_OUT = "; try again later, or use the bundled embedder, static, which needs no server"


@dataclass(frozen=True, slots=True)
class Server:
    """Where requests go and with which key; neither shows in a repr."""

    url: str = field(repr=False)
    key: str = field(default=NO_KEY, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Server:
        """OPENAI_BASE_URL (OpenAI's own by default) and OPENAI_API_KEY.

        With the address alone a dummy key is sent. Raises ProviderError when there is neither, or
        when one can't be right.
        """
        url = environment.get("OPENAI_BASE_URL", "").strip()
        key = environment.get("OPENAI_API_KEY", "").strip()
        if not url and not key:
            raise ProviderError(
                "openai: set OPENAI_API_KEY, or OPENAI_BASE_URL to a server of your own such as"
                " http://localhost:11434/v1; the bundled embedder, static, needs neither"
            )
        if url and not url.startswith(("http://", "https://")):
            raise ProviderError("openai: OPENAI_BASE_URL must begin with http:// or https://")
        if not (key.isascii() and key.isprintable()):
            # The client would show the whole key in its error.
            raise ProviderError("openai: OPENAI_API_KEY has characters that no key has")
        return cls(url or OPENAI_URL, key or NO_KEY)

    @property
    def shown(self) -> str:
        """The address without what may be secret: user, password, query."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on: attempts, seconds for each, seconds in all, seconds before the second."""

    attempts: int
    attempt: float
    total: float
    first_wait: float = 0.5


ONE = Patience(attempts=3, attempt=20, total=30)  # somebody waits for an answer
MANY = Patience(attempts=8, attempt=60, total=300)  # an ingest: limits are counted by the minute


class OpenAIEmbedder:
    """Vectors of ``model``; the server and the key come from the environment unless given."""

    def __init__(
        self,
        model: str,
        server: Server | None = None,
        *,
        one: Patience = ONE,
        many: Patience = MANY,
        dim: int | None = None,
    ) -> None:
        self.name = f"openai/{model}"
        self.version = "1"
        self._model = model
        self._server = server or Server.from_environment(os.environ)
        self._one, self._many = one, many
        if dim is not None:
            self.__dict__["dim"] = dim  # what the property would find out

    @cached_property
    def dim(self) -> int:
        """The length of a vector; for a model that isn't known it takes a reply to know it."""
        known = DIMS.get(self._model)
        return known or int(self._request(["dimensions"], self._one).shape[1])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors ``(len(texts), dim) float32``; blank texts give zeros and aren't sent.

        Raises ProviderError when a request fails for good; vectors of this call's earlier requests
        are lost then, so callers keep what they have call by call.
        """
        sent = [row for row, text in enumerate(texts) if text.strip()]
        patience = self._one if len(texts) == 1 else self._many
        parts = [self._request(some, patience) for some in batches([texts[row] for row in sent])]
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        if parts:
            vectors[sent] = np.concatenate(parts)
        return vectors

    def requests(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """The texts in order, by requests that stay within the limits; overlong texts are cut."""
        return batches(texts)

    @cached_property
    def _client(self) -> openai.OpenAI:
        import openai

        # Its own retries would sleep beyond any deadline.
        return openai.OpenAI(base_url=self._server.url, api_key=self._server.key, max_retries=0)

    def _request(self, texts: list[str], patience: Patience) -> Vectors:
        """One request, tried again while that may help and the time allows."""
        import openai

        deadline = time.monotonic() + patience.total
        for attempt in count(1):
            left = max(deadline - time.monotonic(), 0.1)
            try:
                reply = self._client.embeddings.create(
                    model=self._model, input=texts, timeout=min(patience.attempt, left)
                )
                return self._vectors(reply, len(texts))
            except openai.OpenAIError as error:
                reason, passing, wait = _diagnosis(error)
                if wait is None:
                    backoff = min(patience.first_wait * 2 ** (attempt - 1), 8)
                    wait = backoff * (1 - random.random() / 4)  # noqa: S311
            except (AttributeError, TypeError, ValueError) as error:
                # The client passes on whatever came with status 200, or trips over it.
                detail = str(error) if isinstance(error, ValueError) else "a page, perhaps"
                reason = f"that is no reply of OpenAI's protocol ({detail}); is the address right?"
                passing, wait = False, 0.0
            if not passing:
                raise self._error(reason)
            if attempt == patience.attempts or time.monotonic() + wait > deadline:
                raise self._error(f"{reason}; {_attempts(attempt)}{WAY_OUT}")
            time.sleep(wait)
        raise AssertionError  # count() has no end

    def _vectors(self, reply: object, expected: int) -> Vectors:
        """The unit vectors ``(expected, dim)`` of a reply, in the order of its indices."""
        from openai.types import CreateEmbeddingResponse

        if not isinstance(reply, CreateEmbeddingResponse):
            raise TypeError(type(reply))
        rows = sorted(reply.data, key=lambda row: row.index)
        if [row.index for row in rows] != list(range(expected)):
            raise ValueError(
                f"{expected} texts were sent, {len(rows)} vectors came, or misnumbered"
            )
        vectors = np.array([row.embedding for row in rows], dtype=np.float32)
        dim = self.__dict__.get("dim") or DIMS.get(self._model)
        if vectors.ndim != 2 or not vectors.size or not np.isfinite(vectors).all():
            raise ValueError("its vectors are no rows of finite numbers")
        if dim and vectors.shape[1] != dim:
            raise ValueError(f"its vectors have {vectors.shape[1]} dimensions, not {dim}")
        self.__dict__.setdefault("dim", vectors.shape[1])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = vectors / np.maximum(lengths, 1e-12)
        return unit

    def _error(self, reason: str) -> ProviderError:
        """An error of one line, without the key even if the server sent it back."""
        line = f"{self.name} at {self._server.shown}: {' '.join(reason.split())}"
        return ProviderError(line.replace(self._server.key, "***"))


def batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in order, by requests that stay within the limits; overlong texts are cut."""
    batch: list[str] = []
    tokens = 0
    for text in texts:
        data = text.encode("utf-8", "replace")[:MAX_BYTES]
        size = 1 + len(data) // BYTES_A_TOKEN
        if batch and (len(batch) == MAX_INPUTS or tokens + size > MAX_TOKENS):
            yield batch
            batch, tokens = [], 0
        batch.append(data.decode("utf-8", "ignore"))
        tokens += size
    if batch:
        yield batch


def _diagnosis(error: openai.OpenAIError) -> tuple[str, bool, float | None]:
    """What is wrong, whether it may pass, and how many seconds the server asks to wait."""
    import openai

    match error:
        case openai.APITimeoutError():
            return "no answer in time", True, None
        case openai.APIConnectionError():
            return f"can't be reached ({error.__cause__ or error})", True, None
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            # What the server says here is best not shown: it may spell the key.
            return f"the key is refused ({error.status_code}); set OPENAI_API_KEY", False, None
        case openai.APIStatusError():
            status = error.status_code
            said = f"{status}: {error.message.removeprefix(f'Error code: {status} - ')[:200]}"
            if error.code == "insufficient_quota":
                return said, False, None
            passing = status in (408, 409, 429) or status >= 500
            return said, passing, retry_after(error.response.headers)
        case _:
            return f"{type(error).__name__}: {str(error)[:200]}", False, None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds by the Retry-After header, given as a number or a date; None without one."""
    value = headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - time.time()
    return seconds if seconds > 0 else None


def _attempts(number: int) -> str:
    return "tried once" if number == 1 else f"tried {number} times"
