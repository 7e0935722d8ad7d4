"""Asking a service politely: one request at a time, with pauses, patience and an end to it.

What came in whole is kept until the papers in it are in the library, so a run that was killed or
failed asks only for the rest when it is repeated.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlencode

from ingest.embedders.openai import retry_after
from ingest.errors import ParseError
from ingest.paper import digest
from ingest.sources.options import Options
from ingest.sources.services.live import Address
from ingest.store.lock import file_lock

if TYPE_CHECKING:
    import httpx

_TRIES = 5
_CONNECTED = 5.0  # seconds; a service that is there takes a connection at once
_FIRST_WAIT = 2.0  # seconds before the second try; doubled before each further one
_LONGEST_WAIT = 120.0  # that a service may ask of us before we give up for now
_DEADLINE = 180.0  # seconds for one answer, however slowly it trickles
_MAX_BODY = 50_000_000  # bytes, unpacked
_FRESH = 24 * 3600  # seconds that a kept page is used
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})

Parsed = TypeVar("Parsed")


class MalformedError(Exception):
    """An answer that isn't what the service gives: worth another try."""


class _RefusedError(Exception):
    """The service understood and said no: not worth another try."""


class Web:
    """One live source's way to its service."""

    def __init__(self, wanted: Address, service: str, options: Options, *, pause: float) -> None:
        import httpx

        self._source, self._service, self._options = wanted.name, service, options
        self._client = httpx.Client(
            timeout=httpx.Timeout(options.timeout, connect=min(options.timeout, _CONNECTED)),
            headers={"User-Agent": _user_agent(), "Accept-Encoding": "gzip"},
            follow_redirects=True,
            max_redirects=5,
        )
        self._pace = _Pace(pause, service, options)
        self._kept = _Kept(options.downloads, wanted.source)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(
        self, address: str, query: Mapping[str, str], parse: Callable[[bytes], Parsed]
    ) -> Parsed:
        """What ``parse`` makes of the answer; kept pages are not asked for again.

        ``parse`` raises MalformedError for an answer that isn't whole. Raises ParseError when the
        service says no or doesn't answer after several tries.
        """
        asked = f"{address}?{urlencode(query)}"
        if (body := self._kept.page(asked)) is not None:
            try:
                return parse(body)
            except MalformedError:
                pass  # a page kept by a version that read it otherwise
        wait, fault, started = _FIRST_WAIT, "", time.monotonic()
        for left in reversed(range(_TRIES)):
            try:
                with self._pace.turn():
                    body = self._body(asked)
                parsed = parse(body)
            except _AgainError as error:
                fault, wait = str(error), max(wait, error.wait)
            except MalformedError as error:
                fault = f"the answer is malformed: {error}"
            except _RefusedError as error:
                raise ParseError(self._source, f"{self._service} says no ({error})") from error
            else:
                self._kept.keep(asked, body)
                return parsed
            if wait > _LONGEST_WAIT:
                fault += f"; it asks to be left alone for {wait:,.0f} s"
            patience = started + self._options.patience - time.monotonic()
            if not left or wait > min(_LONGEST_WAIT, patience):
                break
            self._options.note(f"{self._source}: {fault}; trying again in {wait:g} s")
            self._options.wait(wait)
            wait *= 2
        reason = (
            f"{self._service} can't be reached for now ({fault}); what came in is kept, the same"
            " command goes on from there"
        )
        raise ParseError(self._source, reason)

    def done(self) -> None:
        """All of the source has been read: its pages are let go by ``forget_finished``."""
        self._kept.done()

    def _body(self, asked: str) -> bytes:
        import httpx

        parts: list[bytes] = []
        size, started = 0, time.monotonic()
        try:
            with self._client.stream("GET", asked) as response:
                for part in response.iter_bytes(65_536):
                    parts.append(part)
                    size += len(part)
                    if size > _MAX_BODY:
                        raise _RefusedError(f"an answer of over {_MAX_BODY // 1_000_000} MB")
                    if time.monotonic() - started > _DEADLINE:
                        raise _AgainError(f"no whole answer in {_DEADLINE:g} s")
                _must_be_ok(response, b"".join(parts))
        except httpx.TimeoutException as error:
            raise _AgainError(f"no answer in {self._options.timeout:g} s") from error
        except httpx.ConnectError as error:
            host = httpx.URL(asked).host
            said = f"no connection to {host}: is this machine online, is the service up?"
            raise _AgainError(said) from error
        except (httpx.TransportError, httpx.DecodingError) as error:
            said = re.sub(r"\[Errno -?\d+\]\s*", "", str(error))
            raise _AgainError(said or type(error).__name__) from error
        except (httpx.TooManyRedirects, httpx.InvalidURL) as error:
            raise _RefusedError(str(error)) from error
        return b"".join(parts)


def forget_finished(downloads: Path) -> None:
    """Drop the pages of live sources that were read to their end; call it when all is put."""
    for mark in downloads.glob("*/done"):
        shutil.rmtree(mark.parent, ignore_errors=True)


class _AgainError(Exception):
    """No answer this time; ``wait`` is the number of seconds that the service asks for."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


def _must_be_ok(response: httpx.Response, body: bytes) -> None:
    if response.is_success:
        return
    status = f"{response.status_code} {response.reason_phrase}".strip()
    if response.status_code in _TRY_AGAIN:
        raise _AgainError(status, retry_after(response.headers) or 0.0)
    said = " ".join(body[:300].decode("utf-8", "replace").split()) if len(body) < 2000 else ""
    raise _RefusedError(f"{status}: {said}" if said and not said.startswith("<") else status)


def _user_agent() -> str:
    try:
        return f"askpapers/{version('askpapers')}"
    except PackageNotFoundError:  # run from a clone
        return "askpapers"


class _Pace:
    """At least ``pause`` seconds between requests to a service, of all processes of this user."""

    def __init__(self, pause: float, service: str, options: Options) -> None:
        self._pause, self._wait = pause, options.wait
        self._last = 0.0
        self._stamp: Path | None = None
        if options.downloads is not None:
            options.downloads.mkdir(parents=True, exist_ok=True)
            self._stamp = options.downloads / f"{service}.last"
            self._lock = file_lock(options.downloads / f"{service}.lock")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Our turn to ask; it ends when the answer is in."""
        if self._stamp is None:
            with self._waited(self._last):
                yield
            self._last = time.time()
            return
        with self._lock:
            last = self._stamp.stat().st_mtime if self._stamp.exists() else 0.0
            try:
                with self._waited(last):
                    yield
            finally:
                self._stamp.touch()

    @contextmanager
    def _waited(self, last: float) -> Iterator[None]:
        since = time.time() - last
        if 0 <= since < self._pause:
            self._wait(self._pause - since)
        try:
            yield
        finally:
            self._last = time.time()


class _Kept:
    """The pages of one source that came in whole."""

    def __init__(self, downloads: Path | None, source: str) -> None:
        self._directory = downloads / digest(source)[:16] if downloads is not None else None

    def page(self, asked: str) -> bytes | None:
        """What was answered to ``asked`` within a day; None when that isn't here."""
        path = self._path(asked)
        if path is None or not path.exists():
            return None
        if time.time() - path.stat().st_mtime > _FRESH:
            path.unlink(missing_ok=True)
            return None
        return path.read_bytes()

    def keep(self, asked: str, body: bytes) -> None:
        if (path := self._path(asked)) is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(body)
            os.replace(part, path)

    def done(self) -> None:
        if self._directory is not None and self._directory.exists():
            (self._directory / "done").touch()

    def _path(self, asked: str) -> Path | None:
        return None if self._directory is None else self._directory / f"{digest(asked)}.page"
