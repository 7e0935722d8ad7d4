"""What is to be explained: a paper as a whole ("What is ZeRO?"), its limits, or a term."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import islice

from rag.text.words import stem, words

# Beside the paper's name such a question has nothing but words like these.
_WHOLE = frozenset(
    stem(word)
    for word in "work explain explanation summarise summary sum describe description define"
    " definition introduce overview gist tell teach know learn understand tl dr tldr eli5 short"
    " brief simple simply quick plain word sentence basic idea concept main key core central"
    " important result finding findings contribution message takeaway point goal aim purpose"
    " good problem issue solve address tackle paper study article authors propose present give"
    " show please pls hi hello hey ok okay mean stand thing kind sort help useful novel new"
    " line paragraph nutshell layman".split()
)
# Of papers set side by side, when nothing but a comparison is asked for.
COMPARING = frozenset(
    stem(word)
    for word in "compare comparison compared comparing differ difference diff different versus vs"
    " whats contrast relate similar between each other two both".split()
)
_LIMITS = re.compile(
    r"\b(?:limits|limitations?|weak(?:ness(?:es)?|\s(?:points?|spots?))|drawbacks?|shortcomings?"
    r"|disadvantages?|downsides?|caveats?|flaws?|pitfalls?|cons)\b",
    re.I,
)
# A text that speaks of its own work, and then of what that can't do; not of what it mends.
_ADMITS = re.compile(
    r"\b(?:our|its|we|it|the proposed|(?:the|this) (?:method|approach|model|system|study|paper))\b"
    r".{0,300}"
    r"\b(?:limitations?|limited (?:to|by|in)|drawbacks?|shortcomings?|weakness(?:es)?|caveats?"
    r"|fails?|struggles?|cannot|at the cost of|degrades|future work|remains? (?:open|unsolved)"
    r"|needs? (?:a )?(?:second|further|more|additional))\b",
    re.I,
)
_MENDS = re.compile(
    r"\b(?:address\w*|overcom\w+|tackl\w+|mitigat\w+|solv\w+|propos\w+|introduc\w+|present\w*"
    r"|existing|prior|previous|current|conventional|traditional|others?|reveal\w*|benchmark\w*"
    r"|evaluat\w+|show|find)\b",
    re.I,
)
# A term that is asked for by itself, not something of a paper.
_NO_PART = r"(?!(?:of|in|for|on|by|to|the|and|or|with|from|that|does|do|mean|stands?|short)\b)"
_TERM = rf"({_NO_PART}[\w@^+-]+(?: {_NO_PART}[\w@^+-]+){{0,4}})"
_SPELT_OUT = re.compile(
    rf"^what (?:do|does|did) \w+ mean by {_TERM}$"
    rf"|^what (?:does|do|did) (?:the (?:term|acronym|abbreviation|word) )?[“\"']?{_TERM}[”\"']? ?"
    rf"(?:stands? for|mean|abbreviate)$|^what (?:is|are) {_TERM} ?short for$"
    rf"|^(?:the )?(?:meaning|long form|full form) of {_TERM}$"
    rf"|^{_TERM}(?:: | )(?:meaning|what (?:is|does) (?:it|that|this) (?:short|stand) for)$",
    re.I,
)
_EXPLAINED = re.compile(
    rf"^(?:what (?:is|are)|what is meant by|define|(?:the )?definition of|explain(?: the term)?)"
    rf" (?:an? )?[“\"']?{_TERM}[”\"']?$",
    re.I,
)
_IS = (
    r"(?:(?:is|are) (?:an?|the|one|what|when|how|any) (?!subject|topic|focus)"
    r"|means? |refers? to )"
)
_CLAUSE_END = re.compile(r"[,;.:?!(](?=\s|$)|\s[-–—]\s")
_FIRST_CLAUSES = 4  # after so many nobody asks for a summary any more; all would take long
_ASKS = re.compile(r"\?|\b(?:how|what|which|when|why|where|who|whose|is|does|do|did|can)\b", re.I)


def summary_asked(question: str, naming: Container[str]) -> bool:
    """Whether ``question`` is about a whole paper, ``naming`` being the stems of its name.

    A clause behind that asks nothing is the asker's own story: "..., I'm new to this".
    """
    clauses = islice(_CLAUSE_END.finditer(question), _FIRST_CLAUSES)
    for end in (len(question), *(found.start() for found in clauses)):
        asked = words(question[:end])
        named = any(word.stem in naming for word in asked)
        whole = all(not w.is_content or w.stem in naming or w.stem in _WHOLE for w in asked)
        if named and whole and len(asked) > 1 and not _ASKS.search(question[end:].strip(" ?")):
            return True
    return False


def term_asked(question: str) -> tuple[str, bool]:
    """The term whose meaning is asked for, "" for none; and whether it is to be spelt out."""
    spelt = _SPELT_OUT.match(question)
    found = spelt or _EXPLAINED.match(question)
    term = next(filter(None, found.groups()), "") if found else ""
    return term.strip(), spelt is not None


def defines(sentence: str, term: str) -> int:
    """2 for a sentence that says what ``term`` is, a pattern; 1 where it is only the subject."""
    said = rf"{term}(?: \([^()]{{1,60}}\))?"
    outright = rf"(?:^|\b(?:an?|the) ){said},? {_IS}|\b(?:called|defines?(?: the \w+)?) {term}\b"
    if re.search(rf"{outright}|^{said}, (?:an?|the|which) ", sentence, re.I):
        return 2
    return int(bool(re.match(rf"(?:an? |the )?{said} (?!and |or |for )[a-z]", sentence, re.I)))


def limits_asked(question: str) -> tuple[str, ...]:
    """The words by which a question asks for what a work can't do; () where it doesn't."""
    return tuple(match[0] for match in _LIMITS.finditer(question))


def admits_limits(sentence: str) -> bool:
    """Whether a paper's sentence says what its own work can't do, not what others' can't."""
    return bool(_ADMITS.search(sentence)) and not _MENDS.search(sentence)
