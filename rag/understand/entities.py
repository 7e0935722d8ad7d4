"""Which of the papers found a question calls by name, and which names nobody here knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from rag.answer import Hit
from rag.text.mentions import KnownNames, mentions
from rag.text.names import COMMON, fold, folded_ngrams, names
from rag.text.words import default_idf, rarest_idf, stem, words

_EVERYDAY_IDF = 6.0  # of words in one of 400 papers
_DESCRIBED = 0.75  # share of a description's weight that the title of the paper meant has
_AHEAD = 0.2  # ... above that of any other title
_TELLING = 8.0  # weight of a description, or a phrase, that can tell one paper from others

_FOR_SURE = r"compar\w+|versus|vs\.?|differ\w*|differences?|between"
_TOGETHER = rf"{_FOR_SURE}|against|each|either|both|agree|disagree"
_PERHAPS = rf"{_TOGETHER}|rather than|or|and|than|whereas|while|respectively"
_SURELY_COMPARE, _SIDE_BY_SIDE, _COMPARE = (
    re.compile(rf"\b(?:{meant})\b", re.I) for meant in (_FOR_SURE, _TOGETHER, _PERHAPS)
)
_SIDE = r"(?:the|and|or|vs|versus|with|against|between)"
_DESCRIPTION = re.compile(
    rf"(?:\b{_SIDE}\.? |^)((?:(?!{_SIDE}\b)[\w/-]+ ){{1,6}}?"
    r"(?:papers?|stud(?:y|ies)|surveys?|reviews?|works?|articles?|reports?|people"
    r"|teams?|authors|folks|model|system|framework|approach|method|scheme|one|benchmark|project|thesis"
    r"|interviews|dataset|tool|idea|experiments?|laws?))\b",
    re.I,
)
# What a paper is, as titles say it too: "the routing survey".
_TOLD_IN_TITLES = frozenset("survey review benchmark thesis".split())


def compares(question: str) -> bool:
    """Whether the words may set papers side by side: a mere "or" may."""
    return bool(_COMPARE.search(question))


def named_hits(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that the question calls by name, in the order of their ranks.

    By a name of their own; else by one that no other hit shares. In a comparison also those that
    alone among the hits have a name of the question in their title, or at least in their text:
    "MegaScale or the Frontier people"; and those described in words of their title: "the in-memory
    fault tolerance paper". A name that a paper found so already speaks of is no other paper but
    what it compares itself with: "How does MARS differ from Medusa?".
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
    if compares(question):
        if chosen:
            chosen |= _beside(question, hits, chosen)
        described = chosen | _described(question, hits)
        if len(described) < 2 and _SIDE_BY_SIDE.search(question):
            described |= _phrased(question, hits)
        # One description alone compares nothing.
        if len(described) >= 2:
            chosen = described
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


def _described(question: str, hits: Sequence[Hit]) -> set[str]:
    """Those that a description means: one title has its words, and no other nearly as many."""
    found = set()
    for match in _DESCRIPTION.finditer(question):
        content = [word for word in words(match[1]) if word.is_content]
        if not content:
            continue
        *described, last = content
        if last.text.lower().removesuffix("s") in _TOLD_IN_TITLES:
            described.append(last)
        weights = {word.text: _weight(word.stem) for word in described}
        total = sum(weights.values())
        if total < _TELLING:
            continue
        shares = sorted(
            (
                (sum(w for word, w in weights.items() if _in_title(word, hit.paper.title)), place)
                for place, hit in enumerate(hits)
            ),
            reverse=True,
        )
        second = shares[1][0] if len(shares) > 1 else 0.0
        first, place = shares[0] if shares else (0.0, 0)
        if first >= _DESCRIBED * total and first - second >= _AHEAD * total:
            found.add(hits[place].paper.id)
    return found


def _phrased(question: str, hits: Sequence[Hit]) -> set[str]:
    """Those of whose title the question has two telling words in a row that no other hit has."""
    holders: dict[tuple[str, str], set[str]] = {pair: set() for pair in _pairs(question)}
    for hit in hits:
        for pair in _pairs(hit.paper.title) | _pairs(hit.paper.abstract):
            if pair in holders:
                holders[pair].add(hit.paper.id)
    return {
        hit.paper.id
        for hit in hits
        for pair in _pairs(hit.paper.title)
        if holders.get(pair) == {hit.paper.id} and sum(map(_weight, pair)) >= _TELLING
    }


@lru_cache(maxsize=8192)
def _pairs(text: str) -> frozenset[tuple[str, str]]:
    """Neighbouring words of content, by their stems."""
    found = words(text)
    return frozenset(
        (a.stem, b.stem)
        for a, b in pairwise(found)
        if a.is_content and b.is_content and b.start - a.end <= 1
    )


def _in_title(word: str, title: str) -> bool:
    """Whether a title has the word in some form, or is abbreviated by it: "the PEFT survey"."""
    if stem(word) in _stems(title):
        return True
    return sum(char.isupper() for char in word) > 1 and word in _known(title)


def _weight(stemmed: str) -> float:
    return default_idf().get(stemmed, rarest_idf())


@lru_cache(maxsize=8192)
def _known(title: str) -> KnownNames:
    return KnownNames.of([title])


def _everyday(name: str) -> bool:
    return _weight(stem(name)) < _EVERYDAY_IDF


@lru_cache(maxsize=8192)
def _names_of(text: str) -> frozenset[str]:
    return frozenset(fold(mention.text) for mention in mentions(text))


@lru_cache(maxsize=8192)
def _stems(title: str) -> frozenset[str]:
    return frozenset(word.stem for word in words(title))
