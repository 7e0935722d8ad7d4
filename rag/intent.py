"""What kind of answer a question asks for, and which papers it calls by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from rag.answer import Hit
from rag.mentions import mentions
from rag.names import COMMON, fold, names_in

Intent = Literal["fact", "find", "list", "compare"]

_THINGS = (
    r"(?:papers|systems|works|methods|approaches|techniques|tools|frameworks|benchmarks|surveys"
    r"|overviews|reviews|studies|articles|teams|groups|authors|candidates|options|models|datasets"
    r"|optimi[sz]ers|algorithms|indexes|indices|solutions|replacements|alternatives|schedulers"
    r"|engines|publications|theses|reports|projects|ideas|proposals|ones|stuff)"
)
_LIST = re.compile(
    rf"\b(?:which|what) (?:of (?:the|these|those|your|them|our)\b.*|(?:\w+[ -]){{0,4}}{_THINGS}\b)"
    rf"|\b(?:list|name|enumerate|show me)\b.*\b(?:all|{_THINGS[3:-1]})\b|^list\b"
    rf"|\b(?:all|any|every|other|more|several|some|the) (?:\w+[ -]){{0,3}}{_THINGS}\b.*\b(?:that|about|on|for|with|which|who)\b"
    rf"|\b(?:what|which|who)\b.*\b(?:are there|have (?:we|you) got|do (?:we|you) have|is there (?:about|on))\b"
    rf"|\bwhat(?:'s| is) there\b|\beverything (?:on|about)\b|\banything (?:on|about)\b|\bwhat (?:would|might|could) interest me\b"
    rf"|\bwhich (?:do|are|use|deal|treat|cover|work|were|have|compare|report|train|run)\b"
    rf"|\bwho (?:else|all|looks?|works?|deals?|uses?|reports?)\b|\b{_THINGS} (?:about|on|with|for|that|using)\b"
    rf"|^(?:\w+[ -]){{1,3}}papers\b|\bany \w+ in (?:there|here)\b|\bin (?:this|the|your) (?:collection|library)\b"
    rf"|\bwhich papers\b|\bin which papers\b",
    re.I,
)
_ONE = re.compile(
    r"\b(?:which|what) (?:\w+[ -]){0,3}(?:paper|system|work|method|approach|tool|framework|team"
    r"|study|survey|thesis|article|benchmark|model|group)\b(?! s)|\bis there (?:a|an|any|some)\w*\b"
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
    """The hits that the question calls by a name of their own, in the order of their ranks.

    In a comparison also those that alone among the hits have a name of the question in their title,
    or at least in their text: "MegaScale or the Frontier people".
    """
    own = {hit.paper.id: set(names_in(question, hit.paper)) for hit in hits}
    chosen = {id_ for id_, names in own.items() if names}
    if chosen and _COMPARE.search(question):
        claimed = "".join(name for names in own.values() for name in names)
        asked = {fold(mention.text) for mention in mentions(question) if mention.sure} - COMMON
        asked = {name for name in asked if len(name) > 1 and name not in claimed}
        titles = {hit.paper.id: _names_of(hit.paper.title) for hit in hits}
        texts = {hit.paper.id: _names_of(hit.paper.abstract) for hit in hits}
        for name in asked:
            holders = [id_ for id_, names in titles.items() if name in names]
            holders = holders or [id_ for id_, names in texts.items() if name in names]
            if len(holders) == 1:
                chosen.add(holders[0])
    return [hit for hit in hits if hit.paper.id in chosen]


@lru_cache(maxsize=8192)
def _names_of(text: str) -> frozenset[str]:
    return frozenset(fold(mention.text) for mention in mentions(text))


def intent(question: str, named: int) -> Intent:
    """The kind of answer asked for, when ``named`` papers are called by name."""
    if named >= 2 and _COMPARE.search(question):
        return "compare"
    if named == 0 and _LIST.search(question) and not _single(question):
        return "list"
    if named == 0 and (_ONE.search(question) or not re.search(r"\b(?:how|what|which|when|why|where|who|do|does|did|is|are|can)\b|\?", question, re.I)):
        return "find"
    return "fact"


def _single(question: str) -> bool:
    """One paper is meant in spite of a plural: "which paper compares methods that ..."."""
    start = " ".join(question.split()[:6])
    return bool(_ONE.search(start)) and not _LIST.search(start)
