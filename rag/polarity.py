"""Negation and direction: does the claim say the opposite of its evidence?

Each direction word speaks on an axis ("amount", "speed", "quality" ...) with a sign, near the words
that it is about. A claim is faulted where its evidence, about the same words on the same axis, has
only the other sign. Tables are our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.synonyms import same_meaning
from rag.words import Word, stem

# axis: words that raise it | words that lower it.
_AXES = """
amount: increase raise grow rise gain climb more higher greater larger longer bigger boost expand enlarge extend amplify elevate heighten lift up maximize widen most highest largest | reduce lower cut decrease drop fall shrink less fewer smaller shorter save minimize diminish lessen shorten decline trim curb down slash narrow least lowest smallest
speed: faster quicker speed accelerate speedup fast quick rapid fastest quickly | slower slow decelerate slowdown sluggish slowest slowly
quality: better improve outperform beat surpass exceed superior best enhance enhancement outdo strengthen | worse degrade underperform inferior worst harm hurt deteriorate lag worsen impair weaken trail
price: expensive costly pricey | cheap inexpensive affordable cheaper economical
efficiency: efficient efficiently efficiency | inefficient inefficiently wasteful inefficiency
accuracy: accurate accurately | inaccurate inaccurately
effect: effective effectively | ineffective ineffectively
stability: stable stability steady | unstable instability
strength: strong stronger | weak weaker
difficulty: difficult hard harder challenging | easy easier easily
size: large big huge | small tiny little
height: high | low
length: long | short
order: before earlier previously early precede | after later afterwards late follow
place: upper above over | below under
permission: allow enable permit let | prevent prohibit forbid block hinder
sameness: same identical similar equal | different dissimilar unequal
online: online | offline
dynamic: dynamic dynamically | static statically
density: dense | sparse
complexity: complex complicated | simple simpler
openness: open public | closed proprietary private
possibility: possible feasible | impossible infeasible
success: succeed success successful successfully | fail failure unsuccessful
presence: include contain with | exclude omit lack without
sufficiency: sufficient enough adequate | insufficient inadequate
necessity: necessary required essential | unnecessary optional
regularity: always often frequently usually | never rarely seldom
robustness: robust robustness | fragile brittle
known: known familiar seen | unknown unfamiliar unseen
supervision: supervised | unsupervised
linearity: linear | nonlinear
likelihood: likely | unlikely
positivity: positive positively | negative negatively
begin: start begin | end finish stop
safety: safe safely | unsafe dangerous
freedom: free | constrained restricted
wide: wide broad | narrow
central: centralized | decentralized
uniform: homogeneous uniform | heterogeneous
balance: balanced | imbalanced unbalanced
structure: structured | unstructured
reliability: reliable reliably | unreliable
tie: add attach insert | remove delete detach eliminate
agree: agree support confirm | disagree contradict refute
major: majority | minority
""".strip().splitlines()

# What more of is good (+1) or bad (-1): "raises latency" and "improves latency" differ.
_GOOD = frozenset(
    map(
        stem,
        "accuracy throughput performance robustness quality efficiency scalability speed "
        "utilization bandwidth reliability stability precision recall score diversity "
        "generalization flexibility fairness safety privacy productivity success capability "
        "effectiveness".split(),
    )
)
_BAD = frozenset(
    map(
        stem,
        "latency cost memory overhead error time energy consumption loss carbon emission delay "
        "complexity noise price expense power footprint usage waste runtime traffic burden "
        "hallucination risk mortality bias failure computation parameters perplexity".split(),
    )
)

_CUES = frozenset(
    "not no never without neither nor cannot none hardly nothing nobody nowhere".split()
)
# Words that deny without a "not": where one stands in either text, negation is left undecided.
_DENYING = frozenset(
    map(
        stem,
        "avoid remove eliminate rather instead unlike lack fail unable free skip unnecessary only "
        "zero prevent except exclude absent bypass obviate few little rarely seldom impossible "
        "unclear overlook ignore neglect limited struggle miss insufficient prohibit vulnerable "
        "hard difficult unchanged untouched independent".split(),
    )
)


def _axis_table() -> dict[str, tuple[tuple[str, int], ...]]:
    table: dict[str, tuple[tuple[str, int], ...]] = {}
    for line in _AXES:
        axis, _, sides = line.partition(":")
        up, _, down = sides.partition("|")
        for side, sign in ((up, 1), (down, -1)):
            for word in side.split():
                table[word] = (*table.get(word, ()), (axis, sign))
    return table


_BY_WORD = _axis_table()
# Verbs are met by stem as well ("reducing"); adjectives only as written: "high" is not "higher".
_STEM_AXES = frozenset({"amount", "speed", "quality", "permission", "success", "tie", "agree"})
_BY_STEM = {
    stem(word): tuple(entry for entry in entries if entry[0] in _STEM_AXES)
    for word, entries in _BY_WORD.items()
    if any(axis in _STEM_AXES for axis, _ in entries) and stem(word) not in ("low", "high", "long")
}


@dataclass(frozen=True, slots=True)
class Direction:
    """One word that points: its place among the words, axis, sign, and the stems it is about."""

    index: int
    axis: str
    sign: int
    about: frozenset[str]


def directions(sentence: Sequence[Word]) -> tuple[Direction, ...]:
    """The direction words of one sentence."""
    found: list[Direction] = []
    for i, word in enumerate(sentence):
        entries = _BY_WORD.get(word.text.lower()) or _BY_STEM.get(word.stem, ())
        if not entries:
            continue
        near = [
            other.stem
            for other in sentence[max(0, i - 4) : i + 6]
            if other is not word and other.is_content
        ]
        about = frozenset(near)
        following = [other.stem for other in sentence[i + 1 : i + 6] if other.is_content]
        for axis, sign in entries:
            found.append(Direction(i, axis, sign, about))
            if axis == "amount":
                valence = next((v for v in map(_valence, following) if v), 0)
                if valence:
                    found.append(Direction(i, "quality", sign * valence, about))
    return tuple(found)


def _valence(one: str) -> int:
    return 1 if one in _GOOD else -1 if one in _BAD else 0


def opposite(
    claim: Sequence[Word], evidence: Sequence[Sequence[Word]]
) -> tuple[Word, Word] | None:
    """The claim's word and the evidence's that point apart about the same thing, else None."""
    theirs = [(words, direction) for words in evidence for direction in directions(words)]
    stems = {word.stem for words in evidence for word in words}
    written = {word.text.lower() for words in evidence for word in words}
    for ours in directions(claim):
        word = claim[ours.index]
        if word.text.lower() in written or (word.stem in stems and word.stem in _BY_STEM):
            continue  # the evidence says this very word
        on_axis = [
            (_shared(ours.about, their.about), their.sign, words[their.index])
            for words, their in theirs
            if their.axis == ours.axis
        ]
        if not on_axis:
            continue
        with_us = max((near for near, sign, _ in on_axis if sign == ours.sign), default=-1.0)
        against = max((near for near, sign, _ in on_axis if sign != ours.sign), default=-1.0)
        if against > max(with_us, 0.0):
            culprit = next(w for near, sign, w in on_axis if sign != ours.sign and near == against)
            return word, culprit
    return None


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """How much two neighbourhoods have in common, synonyms at half weight."""
    exact = one & other
    loose = sum(1 for stem_ in one - exact if same_meaning(stem_) & (other - exact))
    return len(exact) + 0.5 * loose


def negated(sentence: Sequence[Word]) -> dict[int, int]:
    """Content words in the reach of a "not": index -> index of its cue. Four words, no further."""
    reach: dict[int, int] = {}
    for i, word in enumerate(sentence):
        lowered = word.text.lower().replace("’", "'")
        if lowered not in _CUES and not lowered.endswith("n't"):
            continue
        if i + 1 < len(sentence) and sentence[i + 1].text.lower() in ("only", "just", "longer"):
            continue
        for j in range(i + 1, min(i + 5, len(sentence))):
            if sentence[j].text.lower() in ("but", "and", "although", "while"):
                break
            if sentence[j].is_content:
                reach[j] = i
    return reach


def denied(claim: Sequence[Word], evidence: Sequence[Sequence[Word]]) -> Word | None:
    """The claim's word that is negated in one text and asserted in the other, else None."""
    ours = negated(claim)
    reaches = [negated(words) for words in evidence]
    if ours:
        if any(reaches) or any(_denies(words) for words in evidence):
            return None
        asserted = {word.stem for words in evidence for word in words if word.is_content}
        for j in ours:
            if claim[j].stem in asserted or same_meaning(claim[j].stem) & asserted:
                return claim[ours[j]]
        return None
    if _denies(claim):
        return None
    said = {word.stem: word for word in claim if word.is_content}
    for words, reach in zip(evidence, reaches, strict=True):
        heads: dict[int, int] = {}
        for j, cue in reach.items():
            heads.setdefault(cue, j)
        for head in heads.values():
            if words[head].stem in said and words[head].stem not in {
                word.stem
                for other, other_reach in zip(evidence, reaches, strict=True)
                for k, word in enumerate(other)
                if k not in other_reach
            }:
                return said[words[head].stem]
    return None


def _denies(sentence: Sequence[Word]) -> bool:
    return any(word.stem in _DENYING for word in sentence)
