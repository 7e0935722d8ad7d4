"""Rules for questions that leave words out: "and on ImageNet?", "why?", "which dataset?"."""

from __future__ import annotations

import re

from rag.text.names import fold
from rag.understand.anaphora import INDEFINITE
from rag.understand.dialogue_state import (
    DialogueState,
    Rewritten,
    about,
    last_question,
    last_question_of,
    within,
)
from rag.understand.phrases import (
    AUX,
    DESCRIBED,
    HAS_AUX,
    METRIC,
    PREP,
    SEARCH,
    bare,
    content,
    is_detail,
    lead,
    subjects,
)
from rag.understand.subjects import Topic, named

_MORE = re.compile(
    r"(?:(?:can|could) you |please )?(?:tell me (?:some )?more|say more"
    r"|(?:some )?more(?: details?)?|go on|briefly|in short"
    r"|(?:explain )?like i(?:['’]?m| am) (?:five|5)|in (?:one|a|two) (?:sentence|word|nutshell)s?"
    r"|continue|elaborate|expand|explain(?: more)?|details|summari[sz]e|tl;?dr|and then)"
    r"(?: (?:about|on|of))?(?: (?:it|this|that|this one|that one|the paper|that paper))?"
    r"(?: (?:please|again|further|(?:for|to) me|in (?:one sentence|a nutshell)"
    r"|in (?:more|simple|plain|short|other|a few) \w+))*",
    re.I,
)


def more(question: str, state: DialogueState) -> Rewritten:
    """ "tell me more" -> "Tell me more about FlexLLM." """
    if state.focus is None or not _MORE.fullmatch(bare(question)):
        return None
    return f"Tell me more about {state.focus.name}.", (state.focus,)


_BARE = re.compile(
    r"(?:but |and |so )?(?P<ask>why|how|how so|how come"
    r"|why (?:is|was) (?:that|this|it)(?: so| the case)?"
    r"|by how much|how much|how many|when|where|in what way|how does (?:it|that) work"
    r"|how (?:do|does|did|can) (?:it|they) (?:do|manage|achieve|get) (?:that|this|it|so)"
    r"|(?:compared )?(?:to|with) what|than what|such as|for example|like what|since when|really"
    r"|who|who else(?: does (?:that|this|it))?|anyone else|anybody else|what else|any others?"
    r"|(?:does|do|has|have|did) (?:any\w*|others?|other papers)(?: else| other \w+)? (?:do|done)"
    r" (?:this|that|it|so)|(?:which|what|who) (?:else|other \w+) (?:do|does) (?:this|that|it|so)"
    r"|others|which ones?|which papers?|at what cost)(?: exactly| then| though| precisely)?",
    re.I,
)
_YES_NO = re.compile(r"(?:does|do|did|is|are|was|were|can|could|will|has|have)\b", re.I)


def bare_question(question: str, state: DialogueState) -> Rewritten:
    """ "why?" after "Does it mix training and serving?" -> "Why does FlexLLM mix ...?" """
    match = _BARE.fullmatch(bare(question))
    if match is None or not state.asked:
        return None
    ask = match["ask"].lower()
    if ask == "how does it work" and state.focus:
        return f"How does {state.focus.name} work?", (state.focus,)
    ask = "why" if ask.startswith(("why", "how come")) else ask
    ask = "how" if re.match(r"how (?:so|do|does|did|can)\b", ask) else ask
    before = bare(last_question(state))
    if _YES_NO.match(before) and ask in ("why", "how", "when", "where", "by how much", "how much"):
        return f"{ask} {before[0].lower()}{before[1:]}", about(state)
    if ask == "how" and state.focus:
        return f"how does {state.focus.name} do that: {before}", (state.focus,)
    return (f"{ask}: {before}" if " other" in ask or " else" in ask else f"{before}, {ask}"), about(
        state
    )


def name_swapped(question: str, state: DialogueState) -> Rewritten:
    """ "and FastSwitch?" after "How fast is vAttention?" -> "How fast is FastSwitch?" """
    opened, rest = lead(question)
    name = re.sub(r"['’]s?$", "", rest)
    topic = next(
        (t for t in (*state.recent(), *state.aside) if t.find(name) == (0, len(name))), None
    )
    if topic is None:
        names = named(f"and {name}")
        new = len(names) == 1 and names[0].text == name and not names[0].yardstick
        if not new and fold(name) not in state.known:
            return None
        topic = Topic.of(name)
    return (last_question_of(state, topic), (topic,)) if opened and state.asked else None


_CONDITION = re.compile(
    rf"(?:(?:even|only|just) )?(?:{PREP}|if|when|while|once|given|vs|versus"
    r"|compared (?:to|with)|instead of|end[- ]to[- ]end"
    r"|overall|in general|on average|at (?:most|best))\b",
    re.I,
)
_CLAUSE = re.compile(rf"(?:even )?(?:if|when|while|once|after|before)\b(?!\s+(?:{AUX})\b)", re.I)
_SIZE = re.compile(r"\b\d+(?:\.\d+)?\s?[BM]\b|\b(?:\d+|two|four|eight)[- ]?bits?\b", re.I)
_VARIANT = re.compile(
    rf"(?:(?:the|its|their|a)\s+)?(?:(?:small|larg|bigg?|tini|long|short)(?:e?st|e?r)?\b|{_SIZE.pattern}"
    r"|base|full|distilled)(?:[\w\s-]{0,60}\b(?:models?|versions?|ones?|variants?|siblings?|sizes?"
    r"|clusters?|contexts?|inputs?|batch(?:es)?))?",
    re.I,
)
_THE_ONE = re.compile(r"\bthe (\S.{0,100}?) ones?\b", re.I)


def condition(question: str, state: DialogueState) -> Rewritten:
    """ "and for the AIME one?" -> "How much accuracy does Sleep-time Compute add for AIME?" """
    opened, rest = lead(question)
    if _VARIANT.fullmatch(rest):
        rest = f"for {rest}"
    elif (names := named(f"and {rest}")) and names[0].yardstick and names[0].text == rest:
        rest = f"on {rest}"
    clause = _CLAUSE.match(rest)
    if not _CONDITION.match(rest) or not state.asked or len(rest.split()) > (12 if clause else 8):
        return None
    if re.search(r"\b(?:which|what|how|who|where|why)\b", rest, re.I) or SEARCH.search(rest):
        return None
    if (HAS_AUX.search(rest) and not clause) or len(rest.split()) > 6 and not opened:
        return None
    rest = _THE_ONE.sub(r"\1", rest)
    return _conditioned(rest, state)


def _conditioned(rest: str, state: DialogueState) -> Rewritten:
    """The last question with its condition of the same kind replaced by ``rest``, or added."""
    asked, focus = bare(last_question(state)), state.focus
    preposition, _, object_ = rest.partition(" ")
    names = named(f"and {object_}")
    spans = [m for m in _phrases(asked) if not (focus and focus.find(m.group()))]
    same = [m for m in spans if m[1].lower() == preposition.lower()]
    beside = preposition.lower() in ("vs", "versus", "than", "against", "compared")
    with_name = [m for m in spans if names and not beside and named(f"and {m[2]}")]
    if preposition in ("for", "in", "of", "by") and not same and not with_name:
        known = [t for t in state.recent() if t.find(object_) == (0, len(object_))]
        new = re.search(r"[A-Za-z][A-Z]", object_) and len(names) == 1
        if known or (new and names[0].text == object_ and not names[0].yardstick):
            topic = known[0] if known else Topic.of(object_)
            return last_question_of(state, topic), (topic,)
    sizes = _SIZE.search(asked), _SIZE.search(rest)
    if sizes[0] and sizes[1]:
        start, end = sizes[0].span()
        return asked[:start] + sizes[1].group() + asked[end:], about(state)
    if old := (same or with_name)[-1:]:
        return f"{asked[: old[0].start()]}{rest}{asked[old[0].end() :]}", about(state)
    return f"{asked} {rest}", about(state)


def _phrases(text: str) -> list[re.Match[str]]:
    """The prepositional phrases of ``text``: preposition and object."""
    word = rf"(?!(?:{PREP}|{AUX}|and|if|when)\b)[^\s?,;]+"
    return list(re.finditer(rf"\b({PREP})\s+({word}(?:\s+{word})*)", text, re.I))


_SHORT_ASK = re.compile(
    rf"(?:(?:{PREP})\s+)?(?:how (?:much|many)\b.{{0,50}}|how \w+|how (?:long|often|big)\b.{{0,20}}"
    r"|(?:which|what|whose) \S+(?: \S+| and \S+(?: \S+)?)?)",
    re.I,
)
# "is there code?", "any downsides"; but "are there any benchmarks?" may look for papers.
_EXISTS = re.compile(r"(?:(?:is|are) there (?:any |an? )?|any |got (?:any )?)([\w ]+)", re.I)
_SOUGHT = frozenset("benchmark dataset data set language model test evaluation".split())
_MEASURED = re.compile(
    r"how (?:much )?(\w+er|fast|big|large|small|good|slow|cheap|expensive)", re.I
)


def fragment(question: str, state: DialogueState) -> Rewritten:
    """ "which dataset?" -> "Which dataset in FlexLLM?"; "how much faster?" -> "... is FlexLLM?" """
    rest = lead(question)[1]
    exists = _EXISTS.fullmatch(rest)
    if exists and is_detail(exists[1], METRIC) and _SOUGHT.isdisjoint(content(exists[1])):
        return within(rest, state)
    if HAS_AUX.search(rest) or not state.recent() or subjects(rest) or len(rest.split()) > 7:
        return None
    if DESCRIBED.search(rest) or SEARCH.search(rest):
        return None
    if _MEASURED.fullmatch(rest) and state.focus:
        return f"{rest} is {state.focus.name}", (state.focus,)
    figures = set(re.findall(r"\d[\w.]*", rest)) & state.words
    if _SHORT_ASK.fullmatch(rest) or is_detail(rest) or figures:
        return within(rest, state)
    return None


_THE_PART = re.compile(
    r"\bthe ([\w-]+)(?![\w-])(?!\s+(?:for|from)\b)"
    r"(?!(?:\s+[\w-]+){0,2}\s+(?:of|that|which|behind|who)\b)",
    re.I,
)
_PARTS = frozenset(
    "node model method system approach student teacher router scheduler agent framework algorithm"
    " chip accelerator trace index server cluster predictor encoder decoder controller memory"
    " network pipeline cache loss scheduling routing pruning training sharding simulator survey"
    " theory kernel library tool tracker planner".split()
)


_GENERAL = re.compile(r"how (?:can|could|should|to)\b", re.I)  # "How can costs be reduced?"


def definite(question: str, state: DialogueState) -> Rewritten:
    """ "How does the node compare with a DGX H100?" -> "... in SambaNova SN40L?" """
    rest = lead(question)[1]
    if not state.recent() or state.ambiguous or len(rest.split()) > 11 or subjects(rest):
        return None
    if (
        SEARCH.search(rest)
        or DESCRIBED.search(rest)
        or INDEFINITE.search(rest.partition(" with ")[0])
    ):
        return None
    if re.search(r"\b(?:i|we|my|our|you)\b", rest, re.I):
        return None
    known = _PARTS | METRIC | frozenset(state.words)
    part = _THE_PART.search(rest)
    detail_only = is_detail(rest) and len(content(rest)) <= 4 and not _GENERAL.match(rest)
    if detail_only or (part and part[1].lower() in known):
        return within(rest, state)
    if re.match(r"(?:\w+ )?how (?:many|much|long)\b", rest, re.I):
        words = [word for word in content(rest) if word not in ("many", "much", "there")]
        told = [word for word in words if word in state.words]
        return within(rest, state) if told and 2 * len(told) >= len(words) else None
    return None
