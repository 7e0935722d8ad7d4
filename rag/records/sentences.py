"""Messages that a table of whole sentences knows: conversation, and what no record tells."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of question: a pattern over the bare question, with examples that a test walks."""

    intent: str
    pattern: re.Pattern[str]
    examples: tuple[str, ...]
    others: tuple[str, ...] = ()  # that look alike and aren't


_PAPERS = r"(?:papers?|articles?|publications?|works?|stud(?:y|ies)|preprints?)"
_HERE = (
    r"(?: (?:are |is )?(?:there|here|in (?:here|there|total|all|(?:the|this|my|your) "
    r"(?:library|collection|database)))| do (?:you|we|i) have| have you got| you have)*"
)
_ON = r"(?:on|about|regarding|concerning|dealing with|related to|in the area of|for|in)"
_OPEN = (
    r"(?:(?:what|which)(?: are| is|'s)?|list|show|give|find|name|get|are there|is there|do you have"
    r"|any|all|every)"
)
_LEAD = rf"(?:{_OPEN} )?(?:me )?(?:(?:all|any|some|every|of) )?(?:the |of the |your |my )?"


def _row(intent: str, pattern: str, examples: tuple[str, ...], others: tuple[str, ...] = ()) -> Row:
    return Row(intent, re.compile(pattern, re.I), examples, others)


# The first row that matches the whole question decides. ``s`` is the subject. Precision comes
# first: what no row knows is a question about the papers' texts.
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
        r"(?:[,!. ]+(?:that (?:helped|was helpful|helps|works)|bye|very helpful|got it))*",
        ("thanks", "ok thank you very much", "cheers", "bye", "thanks, that helped!"),
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
        "abstract",
        r"(?:(?:show|give|read|can i see|let me see)(?: me)? )?(?:the |its |that )?"
        r"(?:whole |full |entire )?(?:abstract|digest|full text)(?: (?:of|for) (?P<s>.+))?",
        ("show the abstract", "abstract of POLCA"),
        ("which abstract mentions FPGAs",),
    ),
    _row(
        "unrecorded",
        r".*\b(?:who|which papers?|what) (?:else )?(?:cites?|has cited|have cited)\b.*"
        r"|.*\b(?:h[- ]index|citation counts?|number of citations|impact factor|cited by|most cited"
        r"|affiliations?|institutions?|peer[- ]review\w*|e-?mail(?: address)?)\b.*"
        r"|.*\bhow (?:often|many times) .*\bcited\b.*",
        ("who cites FlexLLM?", "what is the h-index of Chen", "authors' institutions of POLCA"),
        ("which paper is about citation recommendation",),
    ),
    _row(
        "uncountable",
        r"(?:what|which) (?P<s>\w+(?: \w+){0,2}?) (?:is|are|was|were|gets?) (?:used "
        r"|mentioned |studied )?"
        r"(?:the )?(?:most|least)(?: (?:often|frequently|used|common(?:ly)?|popular|frequent"
        r"|mentioned))?(?: .{0,40})?"
        r"|what(?:'s| is| are) the (?:most (?:used|common|popular|frequent|mentioned)|average"
        r"|mean|median|typical) .+ (?:here|in (?:these|the|this) (?:papers|library)|overall)"
        r"|on average .+",
        ("what hardware is used most?", "Which dataset is most common here?"),
        ("which model is the largest", "what is the average speedup of SPANN"),
    ),
    _row(
        "with_code",
        rf"(?:{_LEAD}|how many ){_PAPERS}{_HERE} (?:that |which )?"
        r"(?:have|has|with|come with|provide|release|link to|share|offer)s? "
        r"(?:an? |any |their |its |public |open |available |linked |official )*"
        r"(?:code|source code|source|github|repo(?:sitory|sitories|s)?|implementations?)"
        r"(?: address(?:es)?| links?| available| online| released)*"
        r"|(?:which|what)(?: of (?:them|these))? (?:have|has) (?:public |open )?code(?:"
        r" available)?",
        ("which papers have code?", "papers with public code"),
        ("papers with code generation",),
    ),
    _row(
        "mentions",
        rf"(?:(?:how many|number of|which|what|list|show me|in which|in how many) {_PAPERS}{_HERE}"
        r"|do any|does any(?:one| paper)?)"
        r" (?:that )?(?:mentions?|contains?|name|speak of|include the (?:word|term)|uses?|using)"
        r" (?:the )?(?:(?:word|term|name|phrase) )?(?P<s>[^ ]+(?: [^ ]+)?)",
        ("How many papers mention MoE?", "which papers mention FPGAs", "do any use FPGAs"),
        ("which papers use reinforcement learning to tune a compiler",),
    ),
    _row(
        "topics",
        r"(?:(?:what|which|list|show)(?: me)? (?:all )?(?:the )?"
        r"(?:topics?|subjects?|themes?|areas?|fields?|research areas?)"
        r"(?: (?:are|is|does|do|can|were))?"
        r"(?: (?:the|this|your|these) (?:library|collection|papers))?"
        rf"(?: (?:covered|cover|about|available|include|included|have|contain))?{_HERE})"
        r"|what(?:'s| is) (?:in )?(?:the|this|your) (?:library|collection)(?: about)?",
        (
            "What topics does this library cover?",
            "which topics are here",
            "what topics are covered",
        ),
        ("which topics do the surveys leave open",),
    ),
    _row(
        "span",
        r"(?:which|what) years?(?: range| span)? (?:does|do|is|are) (?:the|this|your|these) "
        r"(?:library|collection|papers) (?:span|cover(?:ed)?|from|have|contain)",
        ("Which years does the collection span",),
    ),
    _row(
        "random",
        rf"(?:{_LEAD}|pick |open |suggest )*(?:a )?random {_PAPERS}|surprise me"
        r"|(?:pick|suggest|recommend|choose)(?: me)? (?:a|any|some|one) (?:paper|article)"
        r"(?: for me| to read| here)?",
        ("random paper", "surprise me"),
        ("papers on random forests",),
    ),
)

_POLITE = re.compile(
    r"^(?:(?:please|pls|hey|hi|hello|so|and|ok|okay|well|just|now)\b[,!]? +)*"
    r"(?:(?:can|could|would|will) (?:you|u) (?:please )?(?:(?=list|show|give|find|name|tell"
    r"|pick|get|count|suggest|recommend|make)|tell me |let me know )"
    r"|(?:do you know|i(?:'d| would) (?:like|love) to know|i want to know|tell me|let me"
    r" know|i wonder) (?=who|when|what|which|how|where))?"
    r"(?:please )?",
    re.I,
)
_TAIL = re.compile(r"(?:,? ?(?:please|pls|plz|thanks|thx|thank you))?[\s?!.…]*$", re.I)


def bare(question: str) -> str:
    """The question without politeness and final marks."""
    return _TAIL.sub("", _POLITE.sub("", " ".join(question.split()))).strip()


def known(question: str) -> tuple[str, str] | None:
    """The intent of a question that a row matches, as it is said or bare, and its subject."""
    for asked in (" ".join(question.split()).strip(" ?!.…"), bare(question)):
        for row in ROWS:
            if match := row.pattern.fullmatch(asked):
                return row.intent, (match.groupdict().get("s") or "").strip(" ,")
    return None
