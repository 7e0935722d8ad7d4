"""What an ingest will cost with an embedder that is paid by the token, said before it starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from ingest.errors import ParseError, ProviderError
from ingest.library import Library
from ingest.pipeline import origin_of
from ingest.sources import Options, read
from ingest.store.paid import PaidEmbedder, tokens
from ingest.store.truth import Record

_BATCH = 512


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
    countable = [source for source in sources if Path(source).is_file()]
    size, passages = 0, 0
    for source in countable:
        papers = (paper for paper in _read(source, options))
        while batch := list(islice(papers, _BATCH)):
            texts = library.to_embed(batch)
            size, passages = size + tokens(texts), passages + len(texts)
    rest = len(sources) - len(countable)
    also = f", and what {rest} more sources bring" if rest else ""
    return f"{name} is to embed {said(size, passages, price)}{also}."


def said(size: int, passages: int, price: float | None) -> str:
    """ "about 1,200 tokens in 6 passages (0.0001 by ASKPAPERS_EMBEDDING_PRICE)"."""
    cost = "" if price is None else f" ({price * size / 1e6:.4g} by ASKPAPERS_EMBEDDING_PRICE)"
    return f"about {size:,} tokens in {passages:,} passages{cost}"


def _read(source: str, options: Options | None) -> Iterable[Record]:
    try:
        for record in read(source, options):
            if not isinstance(record, ParseError):
                yield Record(origin_of(source), record)
    except ParseError:
        return  # the ingest itself will say so
