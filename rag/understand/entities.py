"""Which of the papers found a question calls by name, and which names nobody here knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from rag.answer import Hit
from rag.text.mentions import mentions
from rag.text.names import COMMON, fold, folded_ngrams, names
from rag.text.words import default_idf, rarest_idf, stem, words

_EVERYDAY_IDF = 6.0  # of words in one of 400 papers

_FOR_SURE = r"compar\w+|versus|vs\.?|differ\w*|differences?|between"
_PERHAPS = (
    rf"{_FOR_SURE}|against|each|either|both|agree|disagree|rather than|or|and|than|whereas|while"
    "|respectively"
)
_SURELY_COMPARE, _COMPARE = (
    re.compile(rf"\b(?:{meant})\b", re.I) for meant in (_FOR_SURE, _PERHAPS)
)


def compares(question: str) -> bool:
    """Whether the words may set papers side by side: a mere "or" may."""
    return bool(_COMPARE.search(question))


def named_hits(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that the question calls by name, in the order of their ranks.

    By a name of their own; else by one that no other hit shares. In a comparison also those that
    alone among the hits have a name of the question in their title, or at least in their text:
    "MegaScale or the Frontier people". A name that a paper found so already speaks of is no other
    paper but what it compares itself with: "How does MARS differ from Medusa?".
    """
    chosen = _called(question, hits)
    if not chosen:
        known = {hit.paper.id: names(hit.paper.title, hit.paper.abstract) for hit in hits}
        written = {fold(mention.text) for mention in mentions(question)}
        holders = Counter(name for its in known.values() for name in its.shared)
        chosen = {
            id_
            for id_, its in known.items()
            if any(name in written and holders[name] == 1 for name in its.shared)
        }
    if chosen and compares(question):
        chosen |= _beside(question, hits, chosen)
    return [hit for hit in hits if hit.paper.id in chosen]


def surely_named(question: str, hits: Sequence[Hit]) -> bool:
    """Whether a hit is called by a name of its own, not just by one that it alone mentions."""
    return bool(_called(question, hits))


def unknown_names(question: str, hits: Sequence[Hit], named: Sequence[Hit]) -> tuple[str, ...]:
    """Names that an outright comparison sets beside ``named`` papers and that no hit mentions."""
    if not named or not _SURELY_COMPARE.search(question):
        return ()
    mentioned = [m.text for m in mentions(question) if m.sure and fold(m.text) not in COMMON]
    texts = [fold(f"{hit.paper.title} {hit.paper.abstract}") for hit in hits]
    return tuple(
        dict.fromkeys(name for name in mentioned if not any(fold(name) in text for text in texts))
    )


def _called(question: str, hits: Sequence[Hit]) -> set[str]:
    """The ids of hits that are called by names of their own."""
    written = {fold(mention.text) for mention in mentions(question)}
    # "zero retraining" names no ZeRO: an everyday word is a name only when written like one.
    present = {n for n in folded_ngrams(question) if n in written or not _everyday(n)}
    return {
        hit.paper.id
        for hit in hits
        if present.intersection(names(hit.paper.title, hit.paper.abstract).own)
    }


def _beside(question: str, hits: Sequence[Hit], chosen: set[str]) -> set[str]:
    """Who else holds a name of the question that the papers chosen already don't speak of."""
    spoken_of = frozenset[str]().union(
        *(_names_of(hit.paper.abstract) for hit in hits if hit.paper.id in chosen),
        *(_names_of(hit.paper.title) for hit in hits if hit.paper.id in chosen),
    )
    spoken_of |= {
        fold(word.text) for hit in hits if hit.paper.id in chosen for word in words(hit.paper.title)
    }
    asked = {
        fold(mention.text): mention.sure
        for mention in mentions(question)
        if fold(mention.text) not in COMMON | spoken_of and len(mention.text) > 1
    }
    titles = {hit.paper.id: _names_of(hit.paper.title) for hit in hits}
    texts = {hit.paper.id: _names_of(hit.paper.abstract) for hit in hits}
    found = set()
    for name, sure in asked.items():
        holding = [id_ for id_, its in titles.items() if name in its]
        if sure and not holding:
            holding = [id_ for id_, its in texts.items() if name in its]
        if len(holding) == 1:
            found.add(holding[0])
    return found


def _everyday(name: str) -> bool:
    return default_idf().get(stem(name), rarest_idf()) < _EVERYDAY_IDF


@lru_cache(maxsize=8192)
def _names_of(text: str) -> frozenset[str]:
    return frozenset(fold(mention.text) for mention in mentions(text))
