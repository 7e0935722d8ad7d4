"""Sentences of two papers that point apart on one thing: "X improves Y", "X doesn't improve Y".

A finding has the topic as what acts, and one verdict on what it does to something. What a paper
says of its own system, of earlier work or of another kind of the thing is none: rather no pair than
a false one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from ingest.paper import Paper
from ingest.sentences import Span, sentence_spans
from rag.read.disagreement import Apart
from rag.text.abbreviations import Abbreviations
from rag.text.synonyms import same_meaning
from rag.text.words import Word, content_stems, stem, words
from rag.verify.direction import directions
from rag.verify.negation import is_cue
from rag.verify.opposites import BEATS, entries

MOST_PAIRS = 3


def _stems(said: str) -> frozenset[str]:
    return frozenset(map(stem, said.split()))


# Verdicts beside those of ``rag.verify.direction``, of which only these axes tell good from bad.
_AXES = frozenset(("quality", "amount"))
_HELPS = _stems(
    "gain improvement help benefit aid beneficial helpful effective useful essential crucial"
    " necessary"
)
_HURTS = _stems(
    "hurt harm damage undermine erode harmful detrimental ineffective unnecessary useless hinder"
    " hamper impede degradation"
)
_SCANT = _stems("fail little no negligible minimal marginal limited rarely hardly seldom")
_HALF = frozenset("only just merely longer all every".split())  # a "not" before them is half a one
_LESS = _stems("reduce mitigate alleviate prevent avoid lessen address overcome limit counter")
# Outcomes that stand for how well something works, as the bare verdict does.
_IN_ALL = _stems(
    "performance accuracy quality result capability ability score success task benchmark model"
    " llm reasoning effectiveness metric outcome evaluation gain improvement"
)
# Before the topic where it acts: the beginning of a clause, or a word of telling or using.
_BEGINS = frozenset("that the a this these when while although but and however using via".split())
_TELLS = _stems(
    "use apply add show find reveal demonstrate observe indicate suggest because whereas"
)
_USES = {
    "of": _stems("use effect impact role amount application addition effectiveness benefit harm"),
    **dict.fromkeys(("on", "with"), _stems("train tune finetune prompt")),
}
_PLAIN = frozenset(
    "the standard vanilla naive simple plain explicit ordinary typical long using more".split()
)
# Between the topic and its verdict: kinds of doing it, and words that only carry it.
_BETWEEN = _SCANT | _stems(
    "prompt reason train tune method technique approach strategy learn generate decode process"
    " data show prove find yield lead bring provide offer give have result produce deliver cause"
    " achieve obtain reach perform become remain consistent significant substantial strong large"
    " model step usage often always generally usually typically also even alone measurable"
    " mechanism behavior quality high cot"
)
_TURNS = frozenset(
    "that which who whose of for with in on by without we and or across at as than".split()
)
# Before "to improve": it does so. After other words that is only what it is for.
_DOES = _stems("show prove fail find demonstrate tend able know report lead likely contribute")
_ENDS = _TURNS | frozenset("over when compared under through to but while".split())
_BE = frozenset("is are was were be been being".split())
_SMALL = frozenset("a an and for in of on or the to with".split())
_OWN = re.compile(
    r"\bour (?!results?|findings?|experiments?|analys\w+|stud\w+|evaluations?|work|empirical"
    r"|extensive|experimental|investigation|observations?)"
    r"|\b(?:we|this paper|this work) (?:\w+ )?(?:propos|introduc|present|develop|design|aim|seek"
    r"|investigat|stud|ask|explor|examin)\w*|\b(?:whether|hypothesi[sz]e|may|might|could|novel"
    r"|unclear|question|settings? where|unknown|aims?|goal)\b|\?$",
    re.I,
)
_FOUND = re.compile(
    r"\b(?:we|results?|findings?|experiments?|analys[ie]s|evaluations?|study|evidence)\b.{0,60}"
    r"\b(?:find|found|show|observe|reveal|demonstrate|indicate|suggest|confirm|report|conclude)",
    re.I,
)
_CLAUSES = re.compile(
    r"; |: |, (?=(?:but|while|whereas|although|though|yet|and|which|with|as)\b)"
    r"| (?=(?:but|while|whereas|because) )"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one sentence says the topic does: ``sign`` 1 for good, -1 for bad, to ``what``.

    ``denied``: by a "not". ``context`` are its other stems, ``sure`` tells a result from hearsay.
    """

    paper: Paper
    span: Span
    sign: int
    denied: bool
    what: str
    context: frozenset[str]
    sure: float


def pairs_apart(topic: str, papers: Sequence[Paper]) -> tuple[Apart, ...]:
    """The surest pairs on ``topic``, what speaks for it first; no paper is in two."""
    forms = _forms(topic, papers)
    found = [one for paper in papers for one in _findings(paper, forms)]
    pairs = [pair for pair in combinations(found, 2) if _apart(*pair)]
    shown: list[Apart] = []
    told: set[str] = set()
    for pair in sorted(pairs, key=lambda pair: -_sure(*pair)):
        if len(shown) < MOST_PAIRS and not told & {one.paper.id for one in pair}:
            told |= {one.paper.id for one in pair}
            good, bad = sorted(pair, key=lambda one: -one.sign)
            shown.append(Apart((good.paper, good.span), (bad.paper, bad.span)))
    return tuple(shown)


def _forms(topic: str, papers: Sequence[Paper]) -> list[frozenset[str]]:
    """The stems of what acts: the topic's own, and those of its short or long form."""
    known = Abbreviations(f"{paper.title}. {paper.abstract}" for paper in papers)
    own = content_stems(topic)
    short = (s for s in known.short_forms(topic) if own in map(content_stems, known.long_forms(s)))
    said = frozenset(word.stem for word in words(topic) if word.text.lower() not in _SMALL)
    others = map(content_stems, (*known.long_forms(topic), *short))
    return [form for form in (said, *others) if form]


def _findings(paper: Paper, forms: Sequence[frozenset[str]]) -> Iterator[Finding]:
    text, name = paper.abstract, paper.title.partition(":")[0]
    for start, end in sentence_spans(text):
        said = text[start:end]
        stems = frozenset(word.stem for word in words(said))
        of_its_own = _OWN.search(said) or (" " not in name and name in said)
        if of_its_own or not any(form <= stems for form in forms):
            continue
        told = [found for clause in _CLAUSES.split(said) for found in _verdicts(clause, forms)]
        if len({sign for sign, *_ in told}) == 1:  # good and bad at once is on neither side
            context = content_stems(said).difference(*forms)
            sure = float(bool(_FOUND.search(said))) + (start > len(text) / 3)
            yield Finding(paper, (start, end), *told[0], context, sure)


def _verdicts(said: str, forms: Sequence[frozenset[str]]) -> Iterator[tuple[int, bool, str]]:
    """What one clause says of the topic: the sign, whether by a denial, and of what."""
    clause = words(said)
    signs = _signs(clause)
    for stems in forms:
        for start, end in _places(clause, stems):
            for at, (sign, denied) in signs.items():
                if any(said[clause[i].start - 1 : clause[i].start] == "-" for i in (start, at)):
                    continue  # "NF-CoT" and "RL-enhanced" are something else
                if _acts(clause, start, end, at):
                    yield sign, denied, _what(clause, at, stems)
                elif _is_credited(clause, start, at):
                    yield sign, denied, ""


def _signs(clause: Sequence[Word]) -> dict[int, tuple[int, bool]]:
    """The words that say better or worse, by their place: the sign, and whether by a denial."""
    signs = {
        found.index: found.signs["quality"] * (-1 if found.denied else 1)
        for found in directions(clause)
        if "quality" in found.signs and {a for a, _ in entries(clause[found.index])} & _AXES
    }
    signs |= {i: 1 for i, word in enumerate(clause) if word.stem in _HELPS}
    signs |= {i: -1 for i, word in enumerate(clause) if word.stem in _HURTS}
    told: dict[int, tuple[int, bool]] = {}
    for i, sign in sorted(signs.items()):
        before = clause[max(0, i - 5) : i]
        lowered = {word.text.lower() for word in before}
        denied = any(is_cue(word) or word.stem in _SCANT for word in before)
        undone = sign < 0 and any(word.stem in _LESS for word in before[-3:])
        if undone or "neither" in lowered or (denied and lowered & _HALF):
            return {}
        meant_to = i > 1 and clause[i - 1].text.lower() == "to" and clause[i - 2].stem not in _DOES
        if not meant_to and not clause[i].text.endswith("ly"):
            told[i] = (-sign if denied else sign, denied)
    return told


def _places(clause: Sequence[Word], stems: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where all words of the topic stand close together."""
    for start, word in enumerate(clause):
        ends = range(start + 1, min(len(clause), start + len(stems) + 2) + 1)
        if word.stem in stems:
            close = (end for end in ends if stems <= {w.stem for w in clause[start:end]})
            yield from ((start, end) for end in [*close][:1])


def _acts(clause: Sequence[Word], start: int, end: int, at: int) -> bool:
    """Whether the topic is what does it: it stands before the verdict, and nothing between."""
    between = clause[end:at]
    if at < end or _is_passive(clause, at) or any(w.text.lower() in _TURNS for w in between):
        return False
    if any(
        word.is_content
        and word.stem not in _BETWEEN
        and not (word.text.endswith("ly") or is_cue(word))
        for word in between
    ):
        return False
    # "Standard CoT" is CoT, but "safety prompts" are a kind of prompts.
    first = start
    while first and (
        clause[first - 1].text.lower() in _PLAIN or clause[first - 1].text[-2:] == "ly"
    ):
        first -= 1
    if not first or clause[first].start - clause[first - 1].end > 1:
        return True
    last = clause[first - 1]
    if (used := _USES.get(last.text.lower())) is not None:
        return any(word.stem in used for word in clause[max(0, first - 4) : first - 1])
    return last.text.lower() in _BEGINS or last.stem in _TELLS


def _is_passive(clause: Sequence[Word], at: int) -> bool:
    """ "Is hampered": it is done to what stands before."""
    near = {word.text.lower() for word in clause[max(0, at - 2) : at]}
    return clause[at].text.endswith("ed") and bool(_BE & near)


def _is_credited(clause: Sequence[Word], start: int, at: int) -> bool:
    """ "Models don't benefit from the topic", "accuracy is improved by the topic"."""
    joins = clause[at + 1].text.lower() if at + 1 < len(clause) else ""
    by = joins == "by" and _is_passive(clause, at)
    return at < start <= at + 4 and (by or joins in ("from", "with"))


def _what(clause: Sequence[Word], at: int, topic: frozenset[str]) -> str:
    """The noun that the verdict is on, or beside which it is better; "" where it is all in all."""
    head = ""
    for last, word in zip(clause[at:], clause[at + 1 : at + 7], strict=False):
        if word.text.lower() in _ENDS or word.start - last.end > 1:
            break
        if word.is_content and not word.text.endswith("ly"):
            head = word.stem
    if clause[at].stem in BEATS:
        return f"than {head}"
    return "" if head in _IN_ALL or head in topic else head


def _apart(one: Finding, other: Finding) -> bool:
    if one.paper.id == other.paper.id or one.sign == other.sign or (one.denied and other.denied):
        return False
    return one.what == other.what or one.what in same_meaning(other.what)


def _sure(one: Finding, other: Finding) -> float:
    """Two results before hearsay, and those in the same words before others."""
    shared = len(one.context & other.context)
    return min(one.sure, other.sure) + shared / (1 + min(len(one.context), len(other.context)))
