"""What kind of answer a question asks for, and which papers it calls by name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from rag.answer import Hit
from rag.mentions import mentions
from rag.names import COMMON, fold, folded_ngrams, names
from rag.words import default_idf, rarest_idf, stem

_EVERYDAY_IDF = 6.0  # of words in one of 400 papers

Intent = Literal["fact", "find", "list", "compare"]

_THINGS = (
    r"(?:papers|systems|works|approaches|techniques|tools|frameworks|surveys|overviews|reviews"
    r"|studies|articles|teams|groups|candidates|options|optimi[sz]ers|indexes|indices|solutions"
    r"|replacements|alternatives|schedulers|engines|publications|theses|reports|projects|proposals"
    r"|ones|stuff|methods)"
)
# Papers have these, too: "which datasets were used" asks for a fact.
_PARTS = r"(?:models|data ?sets|benchmarks|algorithms|releases|ideas)"
_NO_FACT = r"(?! (?:does|do|did|was|were|is|are|has|have|had|can|could|went|in|on|of|and)\b)"
_LIST = re.compile(
    rf"(?<!on )(?<!in )(?<!with )(?<!against )\b(?:which|what) (?:of (?:the|these|those|your|them|our)\b.*"
    rf"|(?:[^\W\d]\w*[ -]){{0,4}}{_THINGS}\b{_NO_FACT}|{_PARTS}\b{_NO_FACT})"
    rf"|\b(?:list|name|enumerate|show me|give me|find me)\b.*\b(?:all|{_THINGS[3:-1]}|{_PARTS[3:-1]})\b|^list\b|\blist (?:them|all)\b"
    rf"|\b(?:all|any|every|other|more|several|some|the) (?:\w+[ -]){{0,3}}{_THINGS}\b.*\b(?:that|about|on|for|with|which|who)\b"
    rf"|\b(?:what|which|who)\b.*\b(?:are there|have (?:we|you) got|do (?:we|you) have|is there (?:about|on)|are covered)\b"
    rf"|\bwhat are the (?:candidates|options|alternatives)\b"
    rf"|\bwhat(?:'s| is) there\b|\beverything (?:on|about)\b|\bwhat (?:would|might|could) interest me\b"
    rf"|\bwhich (?:do|are|use|deal|treat|cover|work|were|have|compare|report|train|run)\b"
    rf"|\bwho (?:else|all|looks?|works?|deals?|uses?|reports?|studies)\b|^(?:\w+[ -]){{0,3}}{_THINGS} (?:about|on|with|for|that|using)\b"
    rf"|^(?:\w+[ -]){{1,3}}papers\b|\bany \w+ in (?:there|here)\b|\bin (?:this|the|your) (?:collection|library)\b"
    rf"|\b(?:in )?(?:which|what) (?:\w+ )?papers\b{_NO_FACT}|\bin which papers\b",
    re.I,
)
_ONE = re.compile(
    r"\b(?:which|what) (?:\w+[ -]){0,3}(?:paper|system|work|method|approach|tool|framework|team"
    r"|study|survey|thesis|article|benchmark|model|group)\b|\bis there (?:a|an|any|some)\w*\b"
    r"|\bi(?:'m| am)? (?:need|want|look(?:ing)?|search(?:ing)?|after)\b|\bsome(?:thing|body|one) (?:that|which|who|to|for|like)\b"
    r"|\b(?:a|the|that) (?:paper|system|work|method|way|tool|trick|scheme)\b|\bwho (?:built|made|proposed|wrote|invented)\b"
    r"|\bdoes any(?:body|one|thing)\b|\bhas any(?:body|one)\b|\bpaper (?:that|which|where|about|on)\b|\bany(?:thing|body|one)\b",
    re.I,
)
_COMPARE = re.compile(
    r"\b(?:compar\w+|versus|vs\.?|differ\w*|differences?|against|between|rather than|or|and|both|each"
    r"|than|whereas|while|respectively)\b",
    re.I,
)


def named_hits(question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that the question calls by name, in the order of their ranks.

    By a name of their own; else by one that no other hit shares. In a comparison also those that
    alone among the hits have a name of the question in their title, or at least in their text:
    "MegaScale or the Frontier people". A name that a paper found so already speaks of is no other
    paper but what it compares itself with: "How does MARS differ from Medusa?".
    """
    present = folded_ngrams(question)
    written = {fold(mention.text) for mention in mentions(question)}
    # "zero retraining" names no ZeRO: an everyday word is a name only when written like one.
    present = frozenset(n for n in present if n in written or not _everyday(n))
    known = {hit.paper.id: names(hit.paper.title, hit.paper.abstract) for hit in hits}
    chosen = {id_ for id_, its in known.items() if present.intersection(its.own)}
    if not chosen:
        holders = Counter(name for its in known.values() for name in its.shared)
        chosen = {
            id_
            for id_, its in known.items()
            if any(name in written and holders[name] == 1 for name in its.shared)
        }
    if chosen and _COMPARE.search(question):
        spoken_of = frozenset[str]().union(
            *(_names_of(hit.paper.abstract) for hit in hits if hit.paper.id in chosen),
            *(_names_of(hit.paper.title) for hit in hits if hit.paper.id in chosen),
        )
        asked = {
            fold(mention.text): mention.sure
            for mention in mentions(question)
            if fold(mention.text) not in COMMON | spoken_of and len(mention.text) > 1
        }
        titles = {hit.paper.id: _names_of(hit.paper.title) for hit in hits}
        texts = {hit.paper.id: _names_of(hit.paper.abstract) for hit in hits}
        for name, sure in asked.items():
            holding = [id_ for id_, found in titles.items() if name in found]
            if sure and not holding:
                holding = [id_ for id_, found in texts.items() if name in found]
            if len(holding) == 1:
                chosen.add(holding[0])
    return [hit for hit in hits if hit.paper.id in chosen]


def _everyday(name: str) -> bool:
    return default_idf().get(stem(name), rarest_idf()) < _EVERYDAY_IDF


@lru_cache(maxsize=8192)
def _names_of(text: str) -> frozenset[str]:
    return frozenset(fold(mention.text) for mention in mentions(text))


def intent(question: str, named: int) -> Intent:
    """The kind of answer asked for, when ``named`` papers are called by name."""
    if named >= 2 and _COMPARE.search(question):
        return "compare"
    if named == 0 and _LIST.search(question) and not _single(question):
        return "list"
    if named == 0 and (
        _ONE.search(question)
        or not re.search(
            r"\b(?:how|what|which|when|why|where|who|do|does|did|is|are|can)\b|\?", question, re.I
        )
    ):
        return "find"
    return "fact"


_SURELY_SEVERAL = re.compile(
    r"\b(?:list (?:them|all)|what are the (?:candidates|options|alternatives)|which papers)\b", re.I
)


def _single(question: str) -> bool:
    """One paper is meant in spite of a plural: "which paper compares methods that ..."."""
    start = " ".join(question.split()[:6])
    if _SURELY_SEVERAL.search(question):
        return False
    if re.match(
        r"\s*(?:which|what) (?:one )?(?:paper|system|work|study|team|survey)\b", question, re.I
    ):
        return True
    return bool(_ONE.search(start)) and not _LIST.search(start)
