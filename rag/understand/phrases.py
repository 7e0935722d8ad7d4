"""How people put follow-ups: what opens and fills them, and what a detail of a paper is called."""

from __future__ import annotations

import re
from functools import lru_cache

from rag.text.rules import Rule, any_of
from rag.understand.subjects import Name, named

MARKS = " \t\n?!.,;:…"
AUX = (
    "is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|might|may|must"
    "|isn't|aren't|wasn't|weren't|don't|doesn't|didn't|hasn't|haven't|can't|couldn't|won't"
)
PREP = (
    "on|for|with|without|at|in|under|over|against|than|from|to|by|using|across|during|after|before"
    "|of|about|behind|like|between|beyond"
)
HAS_AUX = re.compile(rf"\b(?:{AUX})\b|\b(?:(?:what|who|how|where|that|there)['’]?|it['’])s\b", re.I)
_COURTEOUS = frozenset(
    "ok okay thanks thank thx ta cheers great cool nice perfect good wow super fine hi hello hey"
    " bye goodbye yes no sure right see got understood interesting brilliant lovely awesome"
    " helpful clear indeed makes sense welcome done helped helps help morning evening".split()
)
_COURTEOUS_TOO = frozenset(
    "you you're very much so a lot that's that all i it many well job to know there this really for"
    " your the".split()
)
# "OK. ", "thanks, ", "I see - ": what people say before the question proper.
FILLER = re.compile(
    r"^(?:(?:ok(?:ay)?|thanks?(?: a lot)?|thank you|thx|cheers|great|cool|nice|perfect|wow|right"
    r"|hm+|ah|oh|i see|got it|interesting|makes sense"
    r"|that's (?:clear|helpful|great|interesting)|well"
    r"|hang on|wait|please|sure|yes|yeah|fine)\b[\s,.!…–—-]+)+(?=\S)",
    re.I,
)
# "which dataset please?": what people add after it.
COURTESY = re.compile(
    r"(?<![\s,])[\s,]+(?:please|pls|plz|then|though|tho|thanks|thx|mate|i guess|huh)$", re.I
)
CORRECTION = re.compile(
    r"^(?:no|nope|sorry|not [\w -]+,|actually|not that(?: one)?|oops|rather|i mean|i meant)"
    r"(?!\w)[\s,.!:–—-]*"
    r"(?:(?:no|sorry|but|actually|i (?:mean|meant|was asking about|was talking about)|make that)\b"
    r"[\s,.:–—-]*)*",
    re.I,
)
LEAD = re.compile(
    r"^(?:(?:and|but|or|so|then|also|plus)\b[\s,]*)*(?:(?:what|how)(?:['’]s)? about|what of"
    r"|(?:the )?same (?:question |thing )?(?=for|with|on|in))\b\s*"
    r"|^(?:(?:and|but|or|so|then|also|plus)\b[\s,]*)+",
    re.I,
)
SPELLINGS = {
    "waht": "what", "wat": "what", "wich": "which", "whcih": "which", "hwo": "how", "teh": "the",
    "abot": "about", "aboud": "about", "abuot": "about", "thier": "their",
    "secnd": "second", "seccond": "second", "fro": "for", "adn": "and",
    "compair": "compare", "theyre": "they're",
}  # fmt: skip
SEARCH = re.compile(
    r"\b(?:papers|who|anyone|anybody|somebody|someone|anything|something|is there|are there|any"
    r"|find|list|show|everything|people|recommend|suggest)\b"
    r"|\bwhich (?!(?:data ?sets|models|baselines|benchmarks|gpus|devices|languages|tasks)\b)\w+s\b",
    re.I,
)
METRIC = frozenset(
    "accuracy ram memory speed speedup speed-up latency throughput cost price energy power carbon"
    " bandwidth overhead efficiency size parameter runtime time error loss perplexity recall"
    " precision quality performance score training inference code licence license availability"
    " limitation drawback weakness downside benefit advantage dataset data set benchmark baseline"
    " hardware gpu cpu tpu device storage privacy security robustness scalability toxicity safety"
    " footprint utilisation utilization goodput compression ratio result finding gain improvement"
    " saving reduction figure number experiment evaluation test language method methodology"
    " approach idea contribution conclusion architecture author year venue future work"
    " disk consumption communication compute convergence repo repository github"
    " demo downside acuracy accurracy memmory".split()
)
# Words that, in a question without names, only make sense of a paper already under discussion.
DETAIL = METRIC | frozenset(
    "main key big large small good bad fast slow faster slower cheaper better worse bigger smaller"
    " much many long high low higher lower more less most least best worst total average typical"
    " use used need needed take taken get got reach achieve achieved report reported show shown"
    " test tested train trained evaluate evaluated measure measured compare compared prove proven"
    " open source available public released free run save saved reduce reduced improve improved"
    " beat gpus hour day week percent percentage exactly really actually roughly kind sort type"
    " overall there did work works working happen paper model metric term number peak extra only"
    " give given claim claimed propose proposed call called come reproduce".split()
)
GRAMMAR = frozenset(
    "a an the of in on at to for with by as and or but what which how who where when why is are was"
    " were do does did has have had can could will would should be been it's i you we me us so if"
    " up out per vs versus than from over under all any not no very too"
    " also then pls again now".split()
)
WORK = (
    "paper|study|survey|thesis|dissertation|roadmap|article|benchmark|primer|router"
    "|system|framework|scheduler|tool|optimi[sz]er|algorithm|approach|method|project|engine|agent"
)
# "the sleep-time paper", "the paper on routing": a question that describes its own subject.
DESCRIBED = re.compile(
    rf"\b(?:the|that|a)\s+(?!(?:first|second|third|fourth|last|other|same|whole|new|proposed|two|one)\b)"
    rf"(?:(?!(?:{AUX})\b)[\w'’/^-]+\s+){{1,4}}(?:{WORK})\b(?!-)"
    rf"|\b(?:the|that|a)\s+(?:{WORK})s?\s+(?:that|which|on|about|for|of|from|with|behind|who)\s+\w",
    re.I,
)


_DOUBT = 80  # characters; who writes more asks something of his own
_DOUBTS = (
    Rule(
        r"^(?:[\w'’ ]{1,30}[,.!?:] )?(?:but )?(?:was|is|were|are)(?:n['’]?t| not)"
        r" (?:it|that|this|they)\b",
        "really, wasn't it 24x?",
        "which of these isn't on GPUs?",
    ),
    Rule(
        r"^(?:[\w'’ ]{1,30}[,.!?:] )?(?:but )?i"
        r" (?:thought|remember|recall|heard|had read|believed)\b",
        "hm, I thought it was half",
        "what I remember",
    ),
    Rule(
        r"^(?!(?:what|which|how|who|when|where|why)\b)[^?]*\d[^?]{0,40}"
        r" (?:right|no|correct|huh|or so|i guess|i think)$",
        "only 64 of them right",
        "how many of the 64 are right",
    ),
    Rule(
        r"^(?:so )?(?:it|that)(?: is|['’]s| was) (?:just |only |about )?\d[\d.,]*"
        r" ?(?:[%x]|\w{1,12})$",
        "so it's 2x",
        "it is 2 papers that I want",
    ),
)
_REMEMBERED = any_of(_DOUBTS)


def spelt(question: str) -> str:
    """The question with single blanks, without filler, and grammar words spelt right."""
    words = " ".join(question.split()).split(" ")
    spelt = " ".join(SPELLINGS.get(word.lower(), word) for word in words)
    return FILLER.sub("", spelt)


def is_smalltalk(text: str) -> bool:
    """Whether nothing is asked: "ok, great, thank you very much"."""
    words = re.findall(r"[\w'’]+", text.lower())
    return bool(_COURTEOUS & set(words)) and _COURTEOUS | _COURTEOUS_TOO >= set(words)


def doubts(text: str) -> bool:
    """Whether it is only said that an answer is remembered otherwise: "wasn't it 24x?"."""
    return len(text) <= _DOUBT and _REMEMBERED.search(bare(text)) is not None


def bare(text: str) -> str:
    return COURTESY.sub("", text.strip(MARKS)).strip(MARKS)


def sentence(text: str) -> str:
    """``text`` as a question: capital first, unless a name like vAttention, and a question mark."""
    text = " ".join(text.split()).strip(" ,;:")
    if not re.match(r"[a-z]*[A-Z]", text):
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else text + "?"


def content(text: str) -> list[str]:
    """The words that aren't grammar, in lower case, without plural s."""
    words = [word for word in re.findall(r"[\w+-]+", text.lower()) if word not in GRAMMAR]
    return [word[:-1] if re.search(r"[^s]s$", word) and len(word) > 3 else word for word in words]


def is_detail(text: str, vocabulary: frozenset[str] = DETAIL) -> bool:
    """Whether only parts of any paper are asked for: "the code", "GPU hours on ImageNet"."""
    for name in reversed(named(text)):
        joined = re.search(r"\b(?:for|in|and|or)\s+$", text[: name.start], re.I)
        if name.beside or (name.yardstick and joined):
            text = text[: name.start] + text[name.end :]
    words = content(text)
    return bool(words) and all(w in vocabulary or w + "s" in vocabulary for w in words)


@lru_cache(maxsize=256)
def lead(question: str) -> tuple[str, str]:
    """What opens an ellipsis ("and", "what about", "no, I meant") and what is left of it."""
    rest = spelt(question)
    corrected = CORRECTION.match(rest)
    rest = rest[corrected.end() :] if corrected else rest
    lead = LEAD.match(rest)
    rest = rest[lead.end() :] if lead else rest
    opened = (corrected.group() if corrected else "") + (lead.group() if lead else "")
    return opened.strip(), bare(rest)


def subjects(question: str) -> list[Name]:
    """The names in a question that can be what it is about."""
    return [name for name in named(question) if not (name.beside or name.yardstick)]
