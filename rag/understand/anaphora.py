"""Rules for words that point back: "it", "the authors", "the second one", "which of the two"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from rag.text.rules import Rule, any_of
from rag.understand.dialogue_state import DialogueState, Rewritten, last_question_of
from rag.understand.phrases import (
    AUX,
    DESCRIBED,
    DETAIL,
    HAS_AUX,
    PREP,
    bare,
    content,
    is_detail,
    lead,
    subjects,
)
from rag.understand.subjects import Topic, distinct, joined

_ORDINALS = {
    "first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3,
    "4th": 3, "fifth": 4, "5th": 4, "last": -1, "latter": -1, "final": -1,
}  # fmt: skip
_KIND = (
    r"(?:one|paper|system|method|approach|study|work|option|entry|of (?:them|those|these|the \w+))"
)
_POINTED = re.compile(
    rf"\b(?:the|that)\s+(?:(latter|former)(?:\s+{_KIND})?"
    rf"|({'|'.join(_ORDINALS)})(?:\s+{_KIND}(?:\s+(?!work\b|study\b){_KIND})?"
    rf"|(?=\s*(?:$|[?.,!;])|\s+(?:{AUX})\b))"
    rf"|(other|previous|earlier)(?:\s+{_KIND}|(?=\s*(?:$|[?.,!;]|['’]s)))|(one\s+before))"
    rf"|\b(?:paper|number|no\.|nr\.?|^the)\s+(\d)\b|\[(\d)\]|#(\d)\b",
    re.I,
)


_COUNTS = {"two": 2, "three": 3, "four": 4, "2": 2, "3": 3, "4": 4}
_PLACE = rf"(?:the )?(?:number |no\.? ?|#)?({'|'.join(_ORDINALS)}|\d)(?: one| paper)?"
_ENUMERATED = re.compile(  # "the first two", "the second and the fourth one"
    rf"\b(?:the )?(first|top|last) ({'|'.join(_COUNTS)})(?: (?:papers|ones|systems|of \w+))?\b"
    rf"|(?<![\w.,]){_PLACE}"
    rf"( (?:and|with|to|vs\.?|versus|differs? from|compares? (?:to|with)) ){_PLACE}(?![\w.%])",
    re.I,
)


def enumerated(question: str, state: DialogueState) -> Rewritten:
    """ "Compare the first two" -> "Compare FlexLLM and DistServe" """
    match = _ENUMERATED.search(question)
    if match is None:
        return None
    if match[1]:
        count = _COUNTS[match[2].lower()]
        places = list(range(-count, 0) if match[1].lower() == "last" else range(count))
    else:
        places = [_place(match[3]), _place(match[5])]
    listed = _listed(state, places)
    if not listed:
        return None
    topics = tuple(listed[place] for place in places)
    named = match[4].join(topic.name for topic in topics) if match[4] else joined(topics)
    return question[: match.start()] + named + question[match.end() :], topics


def _listed(state: DialogueState, places: Sequence[int]) -> tuple[Topic, ...]:
    """The last list that has all of ``places``, else all topics as they came up, if these do."""
    as_they_came = distinct(topic for group in state.groups for topic in group)
    least = max(2, *(place + 1 if place >= 0 else -place for place in places), 0)
    lists = (*reversed(state.groups), as_they_came)
    return next((some for some in lists if len(some) >= least), ())


def _place(said: str) -> int:
    return _ORDINALS[said.lower()] if said.lower() in _ORDINALS else int(said) - 1


_ALONE = re.compile(rf"(?:{'|'.join(_ORDINALS)})(?:\s+(?:one|paper|system))?|\d", re.I)
_BEGINS = re.compile(rf"(?:{'|'.join(_ORDINALS)}) (?:one|paper)\b", re.I)


def pointed(question: str, state: DialogueState) -> Rewritten:
    """ "What error does the second one get?" -> "What error does EEEA-Net get?" """
    if _ALONE.fullmatch(lead(question)[1]):  # "first one", "2"
        question = f"the {lead(question)[1]}"
    elif _BEGINS.match(question):  # "second one: how fast is it?"
        question = f"the {question}"
    match = _POINTED.search(question)
    topic = _pointed_at(match, state) if match else None
    if match is None or topic is None:
        return None
    resolved = question[: match.start()] + topic.name + question[match.end() :]
    rest = lead(resolved)[1]
    if re.fullmatch(rf"(?:(?:for|in|on|with|of|by)\s+)?{re.escape(bare(topic.name))}", rest):
        return last_question_of(state, topic), (topic,)
    found = pronoun(rest, state)
    return found and (found[0], distinct((*found[1], topic))) or (rest, (topic,))


def _pointed_at(match: re.Match[str], state: DialogueState) -> Topic | None:
    if match[6] and (marked := state.marked(int(match[6]))):
        return marked
    said = match[1] or match[2] or match[5] or match[6] or match[7]
    if said is None:  # "the other one"
        listed = _listed(state, ())
        pool = [*(listed if state.focus in listed else ()), *state.recent(), *state.aside]
        return next((topic for topic in pool if topic != state.focus), None)
    listed = _listed(state, [_place(said)])
    return listed[_place(said)] if listed else None


_OF_THEM = (
    r"of (?:them|(?:these|those)(?: two)?(?: papers| systems| ones)?|both"
    r"|the (?:two|three)(?!\s+\w+\s+(?:papers|systems|methods|models|ones|tools|kinds)\b))"
)
_ONE_VERB = r"needs?|uses?|takes?|saves?|gets?|reach(?:es)?|reports?|achieves?|runs?|costs?|claims?"
# Which of the papers are meant is the name of the group that fits.
_POINTS_AT_SEVERAL = (
    Rule(
        rf"\b(?P<which>which)(?: one| paper| system)? {_OF_THEM}",
        "which of them is faster?",
        "which of the papers is faster?",
    ),
    Rule(r"^(?P<one>which)(?: one)\b", "which one is faster?", "which papers are faster?"),
    Rule(
        r"^(?P<bare>which|who)(?: paper\b| system\b"
        rf"|(?=\s+(?:is|has|does|was|should|{_ONE_VERB})\b))",
        "which is faster?",
        "which model is faster?",
    ),
    Rule(
        rf"\b(?P<both>both)(?: {_OF_THEM}| papers| systems| methods| approaches)?"
        r"(?! \S+(?: \S+)? and\b)",
        "do both use GPUs?",
        "does it use both CPUs and GPUs?",
    ),
    Rule(
        rf"\b(?P<each>each|either|neither|any|none)(?: {_OF_THEM}| one| paper| system)",
        "how fast is each of them?",
        "how fast is each GPU?",
    ),
    Rule(
        rf"\b(?P<verb>each|either|neither)(?=\s*$|\s*[?.,]|\s+(?:{AUX}|{_ONE_VERB})\b)",
        "how much does each need?",
        "how much does each GPU need?",
    ),
    Rule(
        r"(?<=\bdid )(?P<did>each|either|neither|both)(?= \w)|(?<=\bdo )(?P<do>both)(?= \w)",
        "how many did each test?",
        "how much did it test each time?",
    ),
    Rule(
        r"\b(?P<all>(?:the|these|those) two(?: papers| systems|(?=\s*$|\s*[?.,]))"
        r"|all (?:of them|three|four)|them both)\b",
        "what do the two papers share?",
        "what do the two GPUs share?",
    ),
    Rule(
        r"\b(?P<they>they)(?= (?:\w+ ){0,2}(?:differ|compare|relate|overlap|have in common)\b)",
        "how do they differ?",
        "how do they train?",
    ),
    Rule(
        r"\bthe (?P<diff>differences?)(?: between (?:them|these|those|both))?(?=\s*$|\s*[?.,])",
        "what is the difference?",
        "what is the difference in latency?",
    ),
)
_SEVERAL = any_of(_POINTS_AT_SEVERAL)


def points_at_several(question: str) -> bool:
    """Whether papers that were told of are meant together: "which one is newer?"."""
    return _SEVERAL.search(lead(question)[1]) is not None


_GRADED = re.compile(
    r"which (?:(?:is|was|has|does) (?:the )?\w+(?:er|est|st)|should i \w+)\b.{0,20}", re.I
)


def several(question: str, state: DialogueState) -> Rewritten:
    """ "Which of the two is faster?" -> "Which of FlexLLM and DistServe is faster?" """
    topics = state.group[:4]
    rest = lead(question)[1]
    match = _SEVERAL.search(rest)
    if match is None or len(topics) < 2 or len(subjects(rest)) > 1 or DESCRIBED.search(rest):
        return None
    kind = match.lastgroup
    if kind == "bare" and not (
        len(state.groups[-1]) > 1 and (is_detail(rest) or _GRADED.fullmatch(rest))
    ):
        return None
    word = match[kind or 0]
    shown = {
        "both": f"both {joined(topics)}",
        "all": joined(topics),
        "they": joined(topics),
        "diff": f"the {word} between {joined(topics)}",
    }.get(kind or "", f"{word} of {joined(topics)}")
    return rest[: match.start()] + shown + rest[match.end() :], topics


_EXPLETIVE = re.compile(
    r"it (?:true|possible|worth|clear|ok|safe|hard|easy|better to"
    r"|(?:takes?|helps?|pays?|hurts?) to|matters?|seems?)\b"
    r"|it (?:is|was) (?:not |un)?(?:proven|shown|known|true|possible|important|clear|likely|easy"
    r"|hard|said|believed)\b",
    re.I,
)
_MAIN = re.compile(rf"(?:^|\b(?:{AUX})\s+|\b(?:what|how|where|who)['’]s\s+)$", re.I)
_ASKS = re.compile(rf"\W*(?:which|what|who|whose|how|where|when|why|{AUX}|{PREP})\b", re.I)
INDEFINITE = re.compile(
    r"\b(?:an?|any|my|our|your|some|several|someone|somebody|anyone|people|something|lots"
    r"|(?<!how )many)\s",
    re.I,
)
_SUBORDINATE = re.compile(
    r"(?<!\S)\S+\s+\S+\s+(?:when|while|because|so|until|that|what|if|before|after|once)\s+$", re.I
)
_FOLLOWS = (
    # "what does this solve", "how does that compare to X"
    r"(?:(?<=do \w{4})|(?<=does \w{4})|(?<=did \w{4}))"
    r"(?=\s+[a-z]+(?:\W*$|\s+(?:to|with|for|on|in|by|under)\b))"
    rf"|(?=\s*(?:$|[?.,!;])|\s+(?:{AUX}|{PREP}|\w+(?:ly|er|ed|able|ible)|pay|shown|work|mean"
    r"|help|hold|apply|scale|happen|need|require|take|use|make|cost|run|change|affect|go|beat|done|possible"
    r"|true|good|bad|new|open|also|still|even|only|just|really|an?|all|any|because|due|so|too)\b)"
)
_IT = r"it['’]?s|its|it"
_THEY = r"they['’]re|they|their|theirs|them|s?he|his|her"
_THAT = (
    r"(?:this|that|these|those) (?:one|paper|work(?!\W*$)|study|article|method|approach|system"
    r"|technique|idea|framework|tool|papers|ones)s?(?:['’]s)?(?!\s+(?:that|on|about|which|from|by)\b)"
)
_AUTHORS = (
    r"the (?:paper|authors?|study|article|researchers|team)(?:['’]s?)?"
    r"(?!\s+(?:that|on|about|of|which|from|by|with|behind|who|for)\s+\w)"
)
_PRONOUN = re.compile(
    rf"\b(?:(?P<it>{_IT})|(?P<that>{_THAT})|(?P<authors>{_AUTHORS})|(?P<they>{_THEY})"
    rf"|(?<=\w )(?P<this>this|that|these|those)(?:{_FOLLOWS}))(?!\w)",
    re.I,
)
_BEFORE_THIS = re.compile(
    rf"\b(?:{AUX}|{PREP}|explain|summari[sz]e|describe|who \w+|why|use)\s+$", re.I
)


def pronoun(question: str, state: DialogueState) -> Rewritten:
    """ "when does this pay off?" -> "When does Sleep-time Compute pay off?" """
    if state.focus is None:
        return None
    opened, rest = lead(question)
    if opened and re.match(r"[A-Z]\w+,", rest):
        return None  # "and Splitwise, how fast is that?" names its own
    matches = [m for m in islice(_PRONOUN.finditer(rest), 6) if not _bound(rest, m, state)]
    chosen = next((m for m in matches if m.lastgroup != "they"), matches[0] if matches else None)
    if chosen is None:
        return None
    many = chosen.lastgroup in ("they", "this") and chosen[0].lower() not in ("this", "that")
    topics = state.group[:4] if many and state.ambiguous else (state.focus,)
    new = _put(topics, chosen, rest)
    return new, distinct((*topics, *(t for t in state.recent() if t.find(rest))))


def _put(topics: Sequence[Topic], match: re.Match[str], question: str) -> str:
    """``question`` with the names of ``topics`` in place of the pronoun, in the same case."""
    before, after = question[: match.start()], question[match.end() :]
    said = match[0].lower().replace("’", "'")
    name = joined(topics)
    owner = name + topics[-1].possessive.removeprefix(topics[-1].name)
    acts = re.search(r"\b(?:do|did|does|have|has|had|can|could|will|would)\s+$", before, re.I)
    if re.match(r"the (?:author|research|team)", said) and not acts:  # "who are the authors?"
        who = said.removesuffix("'")
        return f"{before}{who} of {name}{after}"
    if said == "it's" and not re.search(rf"\b(?:{AUX}|{PREP})\s+$", before, re.I):
        return f"{before}{name} is{after}"
    if said in ("its", "their", "theirs", "his", "her") or "'s" in said:  # "it's" for "its", too
        return f"{before}{owner}{after}"
    if len(topics) == 1 and (verb := _PLURAL.search(before)):  # "do they" -> "does FlexLLM"
        before = before[: verb.start()] + _SINGULAR[verb[1].lower()] + verb[2]
    verb_after = " are" if said == "they're" else ""
    return f"{before}{name}{verb_after}{after}"


_SINGULAR = {"do": "does", "are": "is", "were": "was", "have": "has"}
_PLURAL = re.compile(rf"\b({'|'.join(_SINGULAR)})(\s+)$", re.I)


def _bound(question: str, match: re.Match[str], state: DialogueState) -> bool:
    """Whether the pronoun's meaning lies in the question itself, or it has none."""
    before, after = question[: match.start()], question[match.end() :]
    if _EXPLETIVE.match(question, match.start()):
        return not is_detail(after)
    if match.lastgroup == "this" and not _BEFORE_THIS.search(before):
        return True
    if re.match(r"(?:these|those) \w+s\b", match[0], re.I) and len(state.group) < 2:
        return True  # "Do these systems exist for other chips?", after one paper
    if _names_its_own(question, match, state) or _follows_a_clause(before):
        return True
    if match.lastgroup in ("they", "authors") and _tells_enough(question, state):
        return True
    if match.lastgroup in ("that", "authors") or _MAIN.search(before):
        return False
    if subjects(question) or re.match(
        rf"(?:which|what|who|how many)\b(?!.*\b(?:{AUX})\b) \S+ \S+", before, re.I
    ):
        return True  # "Which teams opened up their code?", "Which task hands each X its Y in Z?"
    if not _ASKS.match(before) and HAS_AUX.search(before):
        return True  # "Reviews are biased in their view."
    return bool(INDEFINITE.search(before) or _SUBORDINATE.search(before) or len(before.split()) > 8)


def _names_its_own(question: str, match: re.Match[str], state: DialogueState) -> bool:
    """Whether the question names what its pronoun means: "Does Wan move its cache?" """
    if DESCRIBED.search(question):
        return True
    names = subjects(question)
    if any(name.start < match.start() for name in names):
        return True
    if any(topic.find(question[: match.start()]) for topic in state.recent()):
        return True
    # "What did they use to show that AIOS is reliable?"
    return match.lastgroup in ("they", "authors") and any(
        re.match(rf"\s+(?:{AUX})\b", question[name.end :]) for name in names
    )


def _tells_enough(question: str, state: DialogueState) -> bool:
    """Whether four words of content or more are new, which is enough to find a paper by."""
    said = state.words.union(content(state.asked), DETAIL)
    new = {word for word in content(_PRONOUN.sub(" ", question)) if word not in said}
    return len(new) >= 4


def _follows_a_clause(before: str) -> bool:
    """Whether the pronoun can mean what an earlier clause speaks of.

    "What is a KV cache, and why does it grow?", "Training a planner: how is it done?"
    """
    clauses = re.split(r",?(?<!\s)\s+and\s+", before)
    if len(clauses) > 1 and len(clauses[0].split()) > 2 and not is_detail(clauses[0]):
        if not _PRONOUN.search(clauses[0]):
            return True
    parts = re.split(r"[.!?:;—–]\s+|\s-\s", before)
    return any(not is_detail(part) for part in parts[:-1] if content(part))
