"""What an ingest will cost: tokens, where they are paid for, and time, where it takes long."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from ingest.embedders import load_embedder
from ingest.errors import ParseError, ProviderError
from ingest.library import Library
from ingest.pipeline import Report, origin_of
from ingest.sources import Options, read
from ingest.store.paid import PaidEmbedder, tokens
from ingest.store.truth import Record

_BATCH = 512
_MEASURED = 256  # passages whose embedding tells how long the others will take
_LONG = 60.0  # seconds from which that is worth a line
_QUICK = "static"  # the bundled embedder that takes next to no time


def price_of(said: str | None) -> float | None:
    """ASKPAPERS_EMBEDDING_PRICE, what a million tokens cost; None where it isn't set."""
    if said is None or not said.strip():
        return None
    try:
        price = float(said)
    except ValueError:
        price = -1.0
    if not 0 <= price < float("inf"):
        raise ProviderError(
            f"ASKPAPERS_EMBEDDING_PRICE: {said!r} is no price of a million tokens, such as 0.02"
        )
    return price


def announced(
    library: Library, sources: Sequence[str], options: Options | None, price: float | None
) -> str | None:
    """One line on the tokens and the price; None where embedding costs nothing.

    Files are read once more for it; what comes over the network or a pipe can't be counted before.
    """
    if not isinstance(library.embedder, PaidEmbedder):
        return None
    name = library.embedder.name
    size, passages = 0, 0
    for texts in _to_embed(library, sources, options):
        size, passages = size + tokens(texts), passages + len(texts)
    rest = len(sources) - len(_countable(sources))
    also = f", and what {rest} more sources bring" if rest else ""
    return f"{name} is to embed {said(size, passages, price)}{also}."


def said(size: int, passages: int, price: float | None) -> str:
    """ "about 1,200 tokens in 6 passages (0.0001 by ASKPAPERS_EMBEDDING_PRICE)"."""
    cost = "" if price is None else f" ({price * size / 1e6:.4g} by ASKPAPERS_EMBEDDING_PRICE)"
    return f"about {size:,} tokens in {passages:,} passages{cost}"


class Foretold:
    """How long the rest of an ingest will take, by what its first passages took.

    To be called whenever a batch is in, with the ``report`` so far.
    """

    def __init__(
        self, library: Library, sources: Sequence[str], options: Options | None, report: Report
    ) -> None:
        self._library, self._sources, self._options = library, sources, options
        self._report = report
        self._last, self._embedded, self._seconds = time.monotonic(), 0, 0.0
        name = library.identity["embedder"]["name"]
        self._over = name == _QUICK or isinstance(library.embedder, PaidEmbedder)

    def __call__(self) -> str | None:
        """One line, once, when enough was measured and much is left; else None."""
        now, embedded = time.monotonic(), self._report.tally.embedded
        if embedded > self._embedded:  # papers that are known already tell nothing
            self._seconds += now - self._last
        self._last, self._embedded = now, embedded
        if self._over or embedded < _MEASURED:
            return None
        self._over = True
        left, some = 0, list[str]()
        for texts in _to_embed(self._library, self._sources, self._options):
            left, some = left + len(texts), some or texts
        seconds = left * self._seconds / embedded
        if seconds < _LONG:
            return None
        return (
            f"{self._library.embedder.name}: {left:,} passages are left to embed, about"
            f" {lasting(seconds)}; a new library with --embedder {_QUICK} takes about"
            f" {lasting(seconds - left * _quickly(some))} less, and finds less of what is asked in"
            " everyday words."
        )


def _quickly(texts: Sequence[str]) -> float:
    """Seconds that the quick embedder takes for one of the texts."""
    quick = load_embedder(_QUICK)
    started = time.perf_counter()
    quick.embed(texts)
    return (time.perf_counter() - started) / len(texts)


def lasting(seconds: float) -> str:
    """ "90 s", "12 min", "3.5 h"."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _countable(sources: Sequence[str]) -> list[str]:
    """Those that can be read twice."""
    return [source for source in sources if Path(source).is_file()]


def _to_embed(
    library: Library, sources: Sequence[str], options: Options | None
) -> Iterator[list[str]]:
    """The texts of the files that the library has no vectors of, by batches that have any."""
    for source in _countable(sources):
        papers = iter(_read(source, options))
        while batch := list(islice(papers, _BATCH)):
            if texts := library.to_embed(batch):
                yield texts


def _read(source: str, options: Options | None) -> Iterable[Record]:
    try:
        for record in read(source, options):
            if not isinstance(record, ParseError):
                yield Record(origin_of(source), record)
    except ParseError:
        return  # the ingest itself will say so
