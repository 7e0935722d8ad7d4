"""Messages that a table of whole sentences knows: conversation, and what no record tells."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.understand.phrases import FILLER as OPENING


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of message: a pattern over all of it, with examples that a test walks."""

    intent: str
    pattern: re.Pattern[str]
    examples: tuple[str, ...]
    others: tuple[str, ...] = ()  # that look alike and aren't


_PAPERS = r"(?:papers?|articles?|publications?|works?|stud(?:y|ies)|preprints?)"
_LIBRARY = r"(?:library|collection|corpus|database|catalog|archive|set|papers|stuff|lot)"
_HERE = (
    rf"(?: (?:(?:in|of|about|inside|for) )?(?:here|there|all|(?:the|this|my|your|these|those|all)"
    rf" (?:\w+ )?{_LIBRARY}|it all|everything)"
    r"| (?:do|can) (?:you|we|i) (?:have|offer|know|find|get|hold|see)| have you got| you have"
    r"| cover(?:s|ed)?| contain(?:s|ed)?)"
)
_GIVE = r"(?:(?:show|give|get|pick|open|suggest|recommend|choose|find)(?: me| us)? )?"


def _row(intent: str, pattern: str, examples: tuple[str, ...], others: tuple[str, ...] = ()) -> Row:
    return Row(intent, re.compile(pattern, re.I), examples, others)


# The first row that matches the whole message decides. Precision comes first: what no row knows
# may still be a question of the records (``query``), or is one of the papers' texts.
ROWS: tuple[Row, ...] = (
    _row(
        "greeting",
        r"(?:hi|hello|hey|hallo|howdy|good (?:morning|afternoon|evening|day))(?: there| all)?",
        ("hi", "Hello there!", "good morning"),
        ("hello world programs",),
    ),
    _row(
        "thanks",
        r"(?:(?:ok|okay|great|perfect|cool|nice|alright|awesome)[,!. ]*)*"
        r"(?:many )?(?:thanks|thank you|thx|cheers|ta|bye|goodbye|see you|ok|okay|great|perfect)"
        r"(?: (?:a lot|so much|very much|a bunch|later|bye|for .{1,40}))?"
        r"(?:[,!. ]+(?:that (?:helped|was helpful|helps|works)|bye|very helpful|got it|cool))*",
        ("thanks", "ok thank you very much", "cheers", "bye", "thanks, that helped!", "ok cool"),
        ("thanks to which trick is SPANN fast",),
    ),
    _row(
        "help",
        r"help(?: me)?|what can (?:you|i|it|this) (?:do|ask)(?: here| for me)?"
        r"|how (?:do|can|should) i use (?:this|you|it)|how does this work|what (?:is this|are you)"
        r"|who are you|what (?:kinds?|sorts?) of questions can i ask(?: you)?"
        r"|what (?:should|could) i ask(?: you)?",
        ("help", "what can you do?", "Who are you?"),
        ("how does ZeRO work?",),
    ),
    _row(
        "doubt",
        r"(?:are|r) (?:you|u) (?:really |quite |absolutely )?(?:sure|certain)"
        r"(?: about (?:that|this|it))?|(?:is (?:that|this|it) )(?:really )?(?:right|correct|true)"
        r"|really",
        ("are you sure?", "is that right"),
        ("are you sure that SPANN is faster than DiskANN",),
    ),
    _row(
        "shorter",
        r"(?:make (?:it|that) |(?:a bit |much )?)(?:shorter|briefer|more concise)"
        r"|in (?:one|a single) sentence|too long|tl;?dr",
        ("shorter", "make it shorter please", "in one sentence"),
        ("tldr SPANN",),
    ),
    _row(
        "more",
        r"(?:tell me |show me |give me |any |some )?more(?: details?| please)?|go on|continue"
        r"|elaborate|what else",
        ("more", "tell me more", "go on"),
        ("more about ZeRO",),
    ),
    _row(
        "overview",
        rf"(?:(?:please )?(?:summari[sz]e|describe|explain|introduce|outline)|{_GIVE}(?:an? |the )?"
        r"(?:short |quick |brief )?(?:overview|summary|outline|description)"
        rf"(?: of)?) ?(?:me )?(?:what is)?{_HERE}*"
        rf"|what (?:is|are)(?: this| the| your| these)*(?: {_LIBRARY})?{_HERE}*(?: all| about| on)*"
        rf"(?:{_HERE}| about| on)"
        rf"|what (?:kinds?|sorts?|types?) of {_PAPERS}(?: (?:is|are|this|these|those))*{_HERE}*"
        rf"|how (?:big|large|old|recent|new) (?:is|are) (?:the|this|your|these) {_LIBRARY}{_HERE}*"
        rf"|(?:the )?size of (?:the|this|your) {_LIBRARY}"
        rf"|what (?:do|does) (?:the|this|your|these) {_LIBRARY} (?:cover|contain|hold|have|treat"
        r"|discuss|deal with)(?: about)?"
        rf"|(?:tell me )?about (?:the|this|your) {_LIBRARY}|what do you (?:have|know|cover|hold)"
        r"(?: here| about)?",
        (
            "summarize the library",
            "What is in this library?",
            "give me an overview of the collection",
            "what kind of papers are these",
            "what do you have?",
        ),
        ("summarize ZeRO", "what is in the cache of vAttention", "what do you have on caches"),
    ),
    _row(
        "unrecorded",
        rf".*\b(?:who|{_PAPERS}|what) (?:else |that |which )?(?:cites?|citing|ha(?:s|ve) cited)\b.*"
        r"|.*\b(?:h[- ]index|impact factor|cited by|peer[- ]review\w*|e-?mail(?: address)?)\b.*"
        r"|(?:how many|number of|what (?:is|are)|most|list).*\b(?:citations?|citation counts?"
        r"|downloads|pages)\b.*|.*\b(?:most cited|citation counts?)\b.*"
        rf"|(?:(?:what|which)(?: {_PAPERS})? )?(?:does|do|did) (?!i |we |you )[^?]* cite\W*"
        r"|.*\bhow (?:often|many times) .*\bcited\b.*|.*\bhow (?:long|many pages) is .*paper",
        (
            "who cites FlexLLM?",
            "what is the h-index of Chen",
            "papers that cite FlexLLM",
            "which papers does POLCA cite",
            "how many citations does ZeRO have",
        ),
        ("which paper is about citation recommendation", "bibtex citation of ZeRO"),
    ),
    _row(
        "letters",
        r".*\b(?:papers?|titles?|names?|authors?)\b.*"
        r" (?:start|begin|end)(?:s|ing|ning)? (?:with|in)"
        r" (?:the letter |an? )?\W?\w\W?",
        ("authors whose name starts with Z", "papers beginning with A"),
        ("papers that start with pruning",),
    ),
    _row(
        "uncountable",
        r"(?:what|which) (?P<s>\w+(?: \w+){0,2}?) (?:is|are|was|were|gets?) (?:used "
        r"|mentioned |studied )?"
        r"(?:the )?(?:most|least)(?: (?:often|frequently|used|common(?:ly)?|popular|frequent"
        r"|mentioned))?(?: .{0,40})?"
        r"|what (?:is|are) the (?:most (?:used|common|popular|frequent|mentioned)|average"
        r"|mean|median|typical) .+ (?:here|(?:in|of|over|across) (?:all|these|the|this) (?:\w+ )?"
        r"(?:papers|library)|overall)"
        r"|(?:what|which) .+ do (?:people|papers|they|authors) \w+ (?:the )?most(?: often)?"
        r"|(?:what|which)(?: .+)? do (?:most|all) (?:papers|people|authors) .+"
        r"|on average .+",
        ("what hardware is used most?", "Which dataset is most common here?"),
        ("which model is the largest", "what is the average speedup of SPANN"),
    ),
    _row(
        "random",
        rf"{_GIVE}(?:(?:a|any|some|one|another) )?random {_PAPERS}(?: {_PAPERS})?(?: to read)?"
        rf"|surprise me|(?:pick|suggest|recommend|choose)(?: me)? (?:a|any|some|one) {_PAPERS}"
        r"(?: for me| to read| here)?",
        ("random paper", "surprise me"),
        ("papers on random forests",),
    ),
)

_POLITE = re.compile(
    r"^(?:(?:please|pls|hey|hi|hello|so|and|ok|okay|well|just|now)\b[,!]? +)*"
    r"(?:(?:can|could|would|will) (?:you|u) (?:please )?(?:(?=list|show|give|find|name|tell"
    r"|pick|get|count|suggest|recommend|make|summari|describe|sort)|tell me |let me know )"
    r"|(?:do you know|i(?:'d| would) (?:like|love) to know|i want to know|tell me|let me"
    r" know|i wonder) (?=who|when|what|which|how|where))?"
    r"(?:please )?",
    re.I,
)
_TAIL = re.compile(r"(?:[,.?!]? ?(?:please|pls|plz|thanks|thx|thank you))?[\s?!.…]*$", re.I)
_CHAT = (
    (re.compile(r"\bw/o\b", re.I), "without"),
    (re.compile(r"\bw/ ?(?=\w)", re.I), "with "),
    (re.compile(r"\bwhat['’]?s\b", re.I), "what is"),
    (re.compile(r"\bwho['’]?s\b", re.I), "who is"),
    (re.compile(r"\b(?:u|ya)\b", re.I), "you"),
    (re.compile(r"\bthe year (?=(?:19|20)\d\d)", re.I), ""),
    (re.compile(r"(?<=\w),? (?:pls|plz)(?= )", re.I), ""),
)


def bare(question: str) -> str:
    """The question without politeness and final marks, shorthands of chat written out."""
    asked = _TAIL.sub("", _POLITE.sub("", OPENING.sub("", " ".join(question.split())))).strip()
    for pattern, words in _CHAT:
        asked = pattern.sub(words, asked)
    return asked


def known(question: str) -> str | None:
    """The intent of a message that a row matches, as it is said or bare."""
    for asked in (" ".join(question.split()).strip(" ?!.…"), bare(question)):
        for row in ROWS:
            if row.pattern.fullmatch(asked):
                return row.intent
    return None
