"""What kind of answer a question asks for: a fact, a paper, several papers, a comparison."""

from __future__ import annotations

import re
from typing import Literal

from rag.text.words import words
from rag.understand.entities import compares

Intent = Literal["fact", "find", "list", "compare"]

_THINGS = (
    r"(?:papers|systems|works|approaches|techniques|tools|frameworks|surveys|overviews|reviews"
    r"|studies|articles|teams|groups|candidates|options|optimi[sz]ers|indexes|indices|solutions"
    r"|replacements|alternatives|schedulers|engines|publications|theses|reports|projects|proposals"
    r"|ones|stuff|methods|experiments)"
)
# Papers have these, too: "which datasets were used" asks for a fact.
_PARTS = r"(?:models|data ?sets|benchmarks|algorithms|releases|ideas)"
_NO_FACT = r"(?! (?:does|do|did|was|were|is|are|has|have|had|can|could|went|in|on|of|and)\b)"
_HAVE = r"(?:(?:have|'?ve) (?:we|you)(?: got)?|do (?:we|you) have|(?:we|you)(?: ha|')ve)"
_LIST = re.compile(
    rf"(?<!on )(?<!in )(?<!with )(?<!against )\b(?:which|what) (?:of (?:the|these|those|your|them|our)\b.*"
    rf"|(?:[^\W\d]\w*[ -]){{0,4}}{_THINGS}\b{_NO_FACT}|{_PARTS}\b{_NO_FACT})"
    rf"|\b(?:list|name|enumerate|show me|give me|find me)\b.*\b(?:all|{_THINGS[3:-1]}|{_PARTS[3:-1]})\b|^list\b|\blist (?:them|all)\b"
    rf"|\b(?:all|any|every|other|more|several|some|the) (?:\w+[ -]){{0,3}}{_THINGS}\b.*\b(?:that|about|on|for|with|which|who)\b"
    rf"|\b(?:what|which|who)\b.*\b(?:are there|{_HAVE}|is there (?:about|on)|are covered)\b"
    rf"|\bwhat are the (?:candidates|options|alternatives)\b"
    rf"|\bwhat(?:'s|s| is) (?:in )?(?:there|here)\b|\beverything (?:on|about)\b|\bwhat (?:would|might|could) interest me\b"
    rf"|\bwhich (?:do|are|use|deal|treat|cover|work|were|have|compare|report|train|run|mention|involve|include|study|claim|say)\b"
    rf"|\bwho (?:else|all|looks?|works?|deals?|uses?|reports?|studies)\b|^(?:\w+[ -]){{0,3}}{_THINGS} (?:about|on|with|for|that|using)\b"
    rf"|^(?:[\w/&]+[ -]){{1,4}}(?:{_THINGS}|{_PARTS})\W*$|\bany \w+ in (?:there|here)\b|\bin (?:this|the|your) (?:collection|library)\b"
    rf"|\b(?:any|which|what|more|other) papers\W*$|\bwhich (?:papers|ones)\b|\band the like\b|\band such\W*$"
    rf"|\bpapers (?:do|have|did) (?:that|it|this|so)\W*$|\b(?:in )?(?:which|what) (?:\w+ )?papers\b{_NO_FACT}|\bin which papers\b",
    re.I,
)
# One is meant for sure, or one will do.
_ONE = re.compile(
    r"\b(?:which|what) (?:\w+[ -]){0,3}(?:paper|system|work|method|approach|tool|framework|team"
    r"|study|survey|thesis|article|benchmark|model|group)\b|\bis there (?:a|an)\b"
    r"|\bi(?:'m| am)? (?:need|want|look(?:ing)?|search(?:ing)?|after)\b|\bsome(?:thing|body|one) (?:that|which|who|to|for|like)\b"
    r"|\b(?:a|the|that) (?:paper|system|work|method|way|tool|trick|scheme)\b|\bwho (?:built|made|proposed|wrote|invented)\b"
    r"|\bpaper (?:that|which|where|about|on)\b",
    re.I,
)
# "Does anyone prune?", "any work on pruning?": one or several, as it comes.
_ANY = re.compile(
    r"\bdoes any(?:body|one|thing)\b|\bhas any(?:body|one)\b|\bany(?:thing|body|one)?\b"
    r"|\bis there some\w*\b|^who\b|[.:;,-] who\b|\bwhere (?:does|do|is|are) .*\b(?:come in|used)\b|[,-] (?:which|where)\W*$",
    re.I,
)
_ASKS = re.compile(r"\b(?:how|what|which|when|why|where|who|do|does|did|is|are|can)\b|\?", re.I)
_SURELY_SEVERAL = re.compile(
    r"\b(?:list (?:them|all)|what are the (?:candidates|options|alternatives)|(?:which|any) papers)\b"
    rf"|\b{_HAVE}\b",
    re.I,
)
# Words that ask for a list, or say that papers are about something, but not about what.
_ASKING = frozenset(
    "paper papers article articles publication publications study studies work works system systems"
    " method methods approach approaches technique techniques tool tools thing things stuff list lists"
    " show give find name collection library have got get there here anyone anybody anything"
    " everything everyone any all who what which please pls know want need look looks looking deal"
    " deals treat treats cover covers covered topic topics subject about concern concerns involve"
    " involves involved mention mentions report reports reported say says claim claims use uses used"
    " rely relies do does help try tries kind sort team teams group groups project projects people"
    " somebody someone one ones test tests run runs ran experiment experiments number numbers result"
    " results measure measured else".split()
)


# "What is ZeRO?", "tl;dr ZeRO", "explain ZeRO simply, I'm new to this": the paper as a whole. Just
# a name may follow: "what is ZeRO's licence?" asks for a detail, which may be refused.
_POLITE = r"(?:(?:hi|hello|hey|so|ok|okay|please|pls|can you|could you|would you)\W+)*"
_NAME = r"[\w^+.-]+"
_SUMMARY = re.compile(
    rf"^\W*{_POLITE}(?:what(?:['’]?s| is| are) {_NAME}(?: about)?|what does {_NAME} do"
    rf"|how does {_NAME} work|what (?:problem|issue) does {_NAME} (?:solve|address|tackle)"
    rf"|(?:explain|summari[sz]e|describe|define|tell me about|tl;?dr\W?) {_NAME}"
    r"(?: (?:\w+ly|to me|paper)\b.*|[,;.] .*)?)\W*$",
    re.I,
)


def summary_asked(question: str) -> bool:
    """Whether a paper is to be defined, explained or summed up as a whole."""
    return bool(_SUMMARY.search(question))


def intent(question: str, named: int, *, surely: bool = True) -> Intent:
    """The kind of answer asked for, when ``named`` papers are called by name.

    ``surely``: by names of their own. A name that one paper merely mentions may well be the topic
    of a list: "Which papers test on Spider?".
    """
    if _LIST.search(question) and not (named and surely) and not _single(question):
        return "list"
    if named >= 2 and compares(question):
        return "compare"
    if named == 0 and (
        _ONE.search(question) or _ANY.search(question) or not _ASKS.search(question)
    ):
        return "find"
    return "fact"


def leaves_open(question: str) -> bool:
    """Whether a question for papers ("find") leaves open if one or several are sought."""
    return not _ONE.search(question)


def topic(question: str) -> str:
    """What a list is to be about: the question without the words that ask for a list."""
    found = words(question)
    kept = [word for word in found if word.text.lower() not in _ASKING]
    if not any(word.is_content for word in kept):
        return question
    return " ".join(word.text for word in kept)


def _single(question: str) -> bool:
    """One paper is meant in spite of a plural: "which paper compares methods that ..."."""
    start = " ".join(question.split()[:6])
    if _SURELY_SEVERAL.search(question):
        return False
    if re.match(
        r"\s*(?:which|what) (?:one )?(?:paper|system|work|study|team|survey)\b", question, re.I
    ):
        return True
    return bool(_ONE.search(start) or _ANY.search(start)) and not _LIST.search(start)
