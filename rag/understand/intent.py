"""What kind of answer a question asks for: a fact, a paper, several papers, a comparison."""

from __future__ import annotations

import re
from typing import Literal

from rag.text.rules import Rule, any_of
from rag.text.words import words
from rag.understand.entities import compares

Intent = Literal["fact", "find", "list", "compare"]

_THING_WORDS = (
    "papers|systems|works|approaches|techniques|tools|frameworks|surveys|overviews|reviews"
    "|studies|articles|teams|groups|candidates|options|optimi[sz]ers|indexes|indices|solutions"
    "|replacements|alternatives|schedulers|engines|publications|theses|reports|projects|proposals"
    "|ones|stuff|methods|experiments"
)
# Papers have these, too: "which datasets were used" asks for a fact.
_PART_WORDS = "models|data ?sets|benchmarks|algorithms|releases|ideas"
_THINGS, _PARTS = f"(?:{_THING_WORDS})", f"(?:{_PART_WORDS})"
_NO_FACT = r"(?! (?:does|do|did|was|were|is|are|has|have|had|can|could|went|in|on|of|and)\b)"
_NO_OBJECT = r"(?<!on )(?<!in )(?<!with )(?<!against )"  # "on which datasets ..."
_HAVE = r"(?:(?:have|'?ve) (?:we|you)(?: got)?|do (?:we|you) have|(?:we|you)(?: ha|')ve)"
_SEVERAL_ARE_MEANT = (
    Rule(
        rf"{_NO_OBJECT}\b(?:which|what) of (?:the|these|those|your|them|our)\b",
        "which of these papers use reinforcement learning?",
        "on which of the datasets is it tested?",
    ),
    Rule(
        rf"{_NO_OBJECT}\b(?:which|what) (?:[^\W\d]\w*[ -]){{0,4}}{_THINGS}\b{_NO_FACT}",
        "Which systems use FPGAs?",
        "which methods are compared?",
    ),
    Rule(
        rf"{_NO_OBJECT}\b(?:which|what) {_PARTS}\b{_NO_FACT}",
        "which models solve partial differential equations?",
        "which datasets were used?",
    ),
    Rule(
        r"\b(?:list|name|enumerate|show me|give me|find me)\b"
        rf".{{0,300}}\b(?:all|{_THING_WORDS}|{_PART_WORDS})\b",
        "Show me all papers on federated learning",
        "give me the memory that it saves",
    ),
    Rule(r"^list\b", "List what you hold on pruning", "What is on the list?"),
    Rule(r"\blist (?:them|all)\b", "please list them", "please list it"),
    Rule(
        rf"\b(?:all|any|every|other|more|several|some|the) (?:\w+[ -]){{0,3}}{_THINGS}\b"
        r".{0,300}\b(?:that|about|on|for|with|which|who)\b",
        "all papers that deal with checkpoints",
        "all layers that are pruned",
    ),
    Rule(
        r"\b(?:what|which|who)\b.{0,300}"
        rf"\b(?:are there|{_HAVE}|is there (?:about|on)|are covered)\b",
        "What do you have on pruning?",
        "What does it have?",
    ),
    Rule(r"\bwhat(?:'s|s| is) (?:in )?(?:there|here)\b", "What's in here?", "What is goodput?"),
    Rule(r"\beverything (?:on|about)\b", "everything on vector search", "is everything pruned?"),
    Rule(
        r"\bwhich (?:do|are|use|deal|treat|cover|work|were|have|compare|report|train|run|mention"
        r"|involve|include|study|claim|say)\b",
        "which mention PPO",
        "which mentions of PPO are there in its abstract",
    ),
    Rule(
        r"\bwho (?:else|all|looks?|works?|deals?|uses?|reports?|studies)\b",
        "Who else prunes?",
        "Who wrote it?",
    ),
    Rule(
        rf"^(?:\w+[ -]){{0,3}}{_THINGS} (?:about|on|with|for|that|using)\b",
        "papers on quantization",
        "pages on quantization",
    ),
    Rule(
        rf"^(?:[\w/&]+[ -]){{1,4}}(?:{_THINGS}|{_PARTS})\W*$",
        "code generation benchmarks",
        "benchmarks of code generation",
    ),
    Rule(r"\bany \w+ in (?:there|here)\b", "any surveys in there?", "any in the text?"),
    Rule(
        r"\bin (?:this|the|your) (?:collection|library)\b",
        "what is new in your library",
        "in the abstract",
    ),
    Rule(
        r"\b(?:any|which|what|more|other) papers\W*$",
        "Environmental footprint of AI, any papers?",
        "how long are papers?",
    ),
    Rule(r"\bwhich (?:papers|ones)\b", "on what, and in which papers?", "in which paper?"),
    Rule(r"\band the like\b", "vector search and the like", "and the likelihood"),
    Rule(r"\band such\W*$", "pruning and such", "and such a loss"),
)
_LIST = any_of(_SEVERAL_ARE_MEANT)
# One is meant for sure, or one will do.
_ONE_WILL_DO = (
    Rule(
        r"\b(?:which|what) (?:\w+[ -]){0,3}(?:paper|system|work|method|approach|tool|framework|team"
        r"|study|survey|thesis|article|benchmark|model|group)\b",
        "Which paper is about cold starts?",
        "Which papers are about cold starts?",
    ),
    Rule(r"\bis there (?:a|an)\b", "Is there a survey of MoE?", "Is there more on MoE?"),
    Rule(
        r"\bi(?:'m| am)? (?:need|want|look(?:ing)?|search(?:ing)?|after)\b",
        "I'm looking for tools",
        "I know it",
    ),
    Rule(
        r"\bsome(?:thing|body|one) (?:that|which|who|to|for|like)\b",
        "something that prunes prompts",
        "something else",
    ),
    Rule(
        r"\b(?:a|the|that) (?:paper|system|work|method|way|tool|trick|scheme)\b",
        "the paper that trains video models",
        "the papers that train video models",
    ),
    Rule(
        r"\bwho (?:built|made|proposed|wrote|invented)\b",
        "Who built a cache?",
        "Who builds caches?",
    ),
    Rule(r"\bpaper (?:that|which|where|about|on)\b", "paper about pruning", "papers about pruning"),
)
_ONE = any_of(_ONE_WILL_DO)
# "Does anyone prune?", "any work on pruning?": one or several, as it comes.
_ONE_OR_SEVERAL = (
    Rule(
        r"\bany(?:thing|body|one)?\b", "Does anyone treat data lakes?", "Do many treat data lakes?"
    ),
    Rule(r"\bis there some\w*\b", "is there something on pruning?", "is there a sum?"),
    Rule(r"^who\b", "Who quantizes activations?", "By whom?"),
    Rule(r"[.:;,-] who\b", "Activations, who quantizes them?", "Find out who"),
    Rule(
        r"\bwhere (?:does|do|is|are) .{0,300}\b(?:come in|used)\b",
        "Where do bandits come in?",
        "Where do they work?",
    ),
    Rule(r"[,-] (?:which|where)\W*$", "Pruned prompts, where?", "where?"),
)
_ANY = any_of(_ONE_OR_SEVERAL)
_ASKS = re.compile(r"\b(?:how|what|which|when|why|where|who|do|does|did|is|are|can)\b|\?", re.I)
_SURELY_SEVERAL = re.compile(
    r"\b(?:list (?:them|all)|what are the (?:candidates|options|alternatives)"
    rf"|(?:which|any) papers|{_HAVE})\b",
    re.I,
)
# Words that ask for a list, or say that papers are about something, but not about what.
_ASKING = frozenset(
    "paper papers article articles publication publications study studies work works system"
    " systems method methods approach approaches technique techniques tool tools thing things"
    " stuff list lists show give find name collection library have got get there here anyone"
    " anybody anything everything everyone any all who what which please pls know want need look"
    " looks looking deal deals treat treats cover covers covered topic topics subject about"
    " concern concerns involve involves involved mention mentions report reports reported say"
    " says claim claims use uses used rely relies do does help try tries kind sort team teams"
    " group groups project projects people somebody someone one ones test tests run runs ran"
    " experiment experiments number numbers result results measure measured else".split()
)


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


def several_sought(question: str) -> bool:
    """Whether papers are asked for, and several would do: "papers on X", "anything on X?"."""
    kind = intent(question, 0)
    return kind == "list" or (kind == "find" and leaves_open(question))


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
