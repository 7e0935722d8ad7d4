"""Negation and direction: does the claim say the opposite of its evidence?

Each direction word speaks on an axis ("amount", "speed", "quality" ...) with a sign, near the words
that it is about. A claim is faulted where its evidence, about the same words on the same axis, has
only the other sign. Tables are our own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.synonyms import same_meaning
from rag.words import Word, stem

# axis: words that raise it | words that lower it.
_AXES = (
    """
amount: increase raise grow rise gain climb more higher greater larger longer bigger boost
  expand enlarge extend amplify elevate heighten lift maximize widen most highest largest |
  reduce lower cut decrease drop fall shrink less fewer smaller shorter save minimize diminish
  lose lessen shorten decline trim curb slash narrow mitigate alleviate ease relieve
  least lowest smallest
speed: faster quicker speed accelerate speedup fast quick rapid fastest quickly | slower slow
  decelerate slowdown sluggish slowest slowly
quality: better improve outperform beat surpass superior best enhance enhancement outdo
  strengthen | worse degrade underperform inferior worst harm hurt deteriorate lag worsen impair
  weaken trail
price: expensive costly costlier pricey | cheap inexpensive affordable cheaper economical
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
permission: allow enable permit let | prevent prohibit forbid block hinder
sameness: same identical similar equal | different dissimilar unequal
online: online | offline
dynamic: dynamic dynamically | static statically
density: dense | sparse
complexity: complex complicated | simple simpler
openness: open public | closed proprietary private
possibility: possible feasible | impossible infeasible
success: succeed success successful successfully | fail failure unsuccessful
presence: include contain | exclude omit lack
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
thrift: save | waste
""".replace("\n  ", " ")
    .strip()
    .splitlines()
)

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
        "hard difficult unchanged untouched independent agnostic save spare differ different "
        "incapable unlikely contrary refuse reject beyond".split(),
    )
)

# What these axes mean for quality, where nothing else is said: slower is worse.
_QUALITY = {"speed": 1, "price": -1, "efficiency": 1, "accuracy": 1, "thrift": 1, "stability": 1}
_GAINS = frozenset(map(stem, "gain benefit advantage boost speedup improvement".split()))
_SOFTENERS = frozenset("only just longer necessarily".split())  # "not only", "no longer"
_MARGIN = 0.3  # how much nearer the opposite must stand than a word of the same direction
_NUMBER_WORDS = frozenset(
    "a one two three four five six seven eight nine ten twenty thirty forty fifty half twice "
    "hundred thousand million billion over".split()
)
# Verbs that say little by themselves: what is denied is what follows.
_LIGHT = frozenset(
    map(
        stem,
        "use achieve need require take make give get reach obtain do perform provide offer have "
        "run involve rely show keep work".split(),
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
_STEM_AXES = frozenset(
    {"amount", "speed", "quality", "permission", "success", "tie", "agree", "thrift"}
)
_BY_STEM = {
    stem(word): tuple(entry for entry in entries if entry[0] in _STEM_AXES)
    for word, entries in _BY_WORD.items()
    if any(axis in _STEM_AXES for axis, _ in entries) and stem(word) not in ("low", "high", "long")
}


@dataclass(frozen=True, slots=True)
class Direction:
    """One word that points: its place among the words, its signs by axis, what it is about.

    ``about`` weighs the stems around the word in (0, 1]: what follows more than what precedes.
    """

    index: int
    signs: Mapping[str, int]
    about: Mapping[str, float]


def directions(sentence: Sequence[Word]) -> tuple[Direction, ...]:
    """The direction words of one sentence, in order."""
    found: list[Direction] = []
    for i, word in enumerate(sentence):
        entries = _BY_WORD.get(word.text.lower()) or _BY_STEM.get(word.stem, ())
        if not entries or _bounds_a_figure(sentence, i):
            continue
        signs = dict(entries)
        following = _until_next(sentence[i + 1 : i + 7])[:4]
        preceding = [other.stem for other in sentence[max(0, i - 12) : i] if other.is_content][-4:]
        about = {one: 0.7 - 0.15 * place for place, one in enumerate(preceding[::-1])}
        about |= {one: 1.0 - 0.2 * place for place, one in enumerate(following)}
        for axis, valence in _QUALITY.items():
            if axis in signs:
                signs["quality"] = valence * signs[axis]
        if "amount" in signs:
            valence = next((v for v in map(_valence, following[:3] + preceding[::-1]) if v), 0)
            if word.stem in _GAINS:
                signs["quality"] = 1
            elif valence:
                signs["quality"] = signs["amount"] * valence
        found.append(Direction(i, signs, about))
    return tuple(found)


def _until_next(sentence: Sequence[Word]) -> list[str]:
    """The content stems up to the next direction word: what follows that is its own."""
    stems: list[str] = []
    for word in sentence:
        if word.text.lower() in _BY_WORD or word.stem in _BY_STEM:
            break
        if word.is_content:
            stems.append(word.stem)
    return stems


def _bounds_a_figure(sentence: Sequence[Word], i: int) -> bool:
    """ "More than 80%" and "at least 3" say how large a figure is, not where something goes."""
    before = sentence[i - 1].text.lower() if i else ""
    after = [word.text.lower() for word in sentence[i + 1 : i + 4]]
    if before in ("no", "at"):
        return True
    return after[:1] == ["than"] and any(
        word[0].isdigit() or word in _NUMBER_WORDS for word in after[1:]
    )


def _valence(one: str) -> int:
    return 1 if one in _GOOD else -1 if one in _BAD else 0


def opposite(claim: Sequence[Word], evidence: Sequence[Sequence[Word]]) -> tuple[Word, Word] | None:
    """The claim's word and the evidence's that point apart about the same thing, else None."""
    theirs = [
        (words, direction, 1.0 if i == 0 else 0.6)
        for i, words in enumerate(evidence)
        for direction in directions(words)
    ]
    for ours in directions(claim):
        word = claim[ours.index]
        agree, against, culprit = 0.0, 0.0, None
        for words, their, weight in theirs:
            shared_axes = ours.signs.keys() & their.signs.keys()
            near = weight * _shared(ours.about, their.about) if shared_axes else 0.0
            if not near:
                continue
            if words[their.index].stem == word.stem:
                agree = max(agree, near + 0.3)
            elif any(ours.signs[axis] == their.signs[axis] for axis in shared_axes):
                agree = max(agree, near)
            elif near > against:
                against, culprit = near, words[their.index]
        if not agree and not against and evidence:
            culprit = _flat_contrary(word, ours, evidence[0])
            against = 1.0 if culprit else 0.0
        if culprit is not None and against > agree + (_MARGIN if agree else 0.0):
            return word, culprit
    return _prefixed(claim, evidence)


def _flat_contrary(word: Word, ours: Direction, best: Sequence[Word]) -> Word | None:
    """The best sentence's verdict where the claim's is the opposite, whatever they are about."""
    if _BY_STEM.get(word.stem, ())[:1] not in ((("quality", 1),), (("quality", -1),)):
        return None
    verdicts = [d for d in directions(best) if "quality" in d.signs]
    if verdicts and all(d.signs["quality"] != ours.signs["quality"] for d in verdicts):
        return best[verdicts[0].index]
    return None


def _prefixed(
    claim: Sequence[Word], evidence: Sequence[Sequence[Word]]
) -> tuple[Word, Word] | None:
    """The claim's "inaccurate" where the evidence has "accurate" only, or the other way round."""
    if any(_is_cue(word) for words in (claim, *evidence) for word in words):
        return None  # "nobody controls" is "uncontrolled"
    theirs = {word.stem: word for words in evidence for word in words}
    for word in claim:
        if word.stem in theirs:
            continue
        for prefix in ("in", "un", "im", "non"):
            bare = word.stem.removeprefix(prefix)
            if len(bare) >= 5 and bare != word.stem and bare in theirs:
                return word, theirs[bare]
            if len(word.stem) >= 5 and prefix + word.stem in theirs:
                return word, theirs[prefix + word.stem]
    return None


def _shared(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """How much two neighbourhoods have in common; synonyms count half."""
    total = 0.0
    for stem_, weight in one.items():
        if stem_ in other:
            total += weight * other[stem_]
        else:
            loose = [other[like] for like in same_meaning(stem_) if like in other]
            total += 0.5 * weight * max(loose, default=0.0)
    return total


@dataclass(frozen=True, slots=True)
class _Said:
    """A content word as one text has it: what follows, and whether it is denied there."""

    word: Word
    following: str
    negated: bool
    denied_by: frozenset[str]  # stems of denying words and cues nearby


def _is_cue(word: Word) -> bool:
    lowered = word.text.lower().replace("’", "'")
    return lowered in _CUES or lowered.endswith("n't")


def _reading(sentence: Sequence[Word]) -> tuple[list[_Said], list[_Said]]:
    """All content words of a sentence, and those that a "not" denies (the first it reaches)."""
    content = [i for i, word in enumerate(sentence) if word.is_content]
    said: dict[int, _Said] = {}
    for place, i in enumerate(content):
        around = sentence[max(0, i - 5) : i + 4]
        said[i] = _Said(
            sentence[i],
            sentence[content[place + 1]].stem if place + 1 < len(content) else "",
            False,
            frozenset(word.stem for word in around if word.stem in _DENYING)
            | frozenset("not" for word in sentence[max(0, i - 6) : i] if _is_cue(word)),
        )
    heads: list[_Said] = []
    for cue, word in enumerate(sentence):
        if not _is_cue(word):
            continue
        passes = word.text.lower() not in ("no", "without", "neither", "nor", "never")
        reach = sentence[cue + 1 : cue + 7]
        if not reach or reach[0].text.lower() in _SOFTENERS:
            continue
        # "does not significantly need the cache" denies the cache: adverbs and light verbs pass.
        for i in range(cue + 1, cue + 1 + len(reach)):
            if i not in said or sentence[i].text.endswith("ly"):
                continue
            denied = said[i]
            said[i] = _Said(denied.word, denied.following, True, denied.denied_by)
            heads.append(said[i])
            if not passes or sentence[i].stem not in _LIGHT:
                break
    return list(said.values()), heads


def denied(claim: Sequence[Word], evidence: Sequence[Sequence[Word]]) -> Word | None:
    """A word that is negated in one text and asserted in the other, else None."""
    ours, our_heads = _reading(claim)
    theirs: list[_Said] = []
    their_heads: list[_Said] = []
    for words in evidence:
        said, heads = _reading(words)
        theirs += said
        their_heads += heads
    for head in our_heads:
        if _only_the_other_way(head, theirs):
            return head.word
    denials = [
        word
        for word, following in zip(claim, claim[1:], strict=False)
        if _is_not(word) and following.text.lower() not in _SOFTENERS
    ]
    if denials and not any(_denies(words) for words in evidence):
        return denials[0]
    for head in their_heads:
        # Other words may state what the evidence denies of a word: only the same pair counts.
        followed = [one for one in ours if one.following == head.following]
        if head.following and _only_the_other_way(head, followed):
            return head.word
    return None


def _is_not(word: Word) -> bool:
    return word.text.lower() in ("not", "cannot") or word.text.lower().endswith(("n't", "n’t"))


def _denies(sentence: Sequence[Word]) -> bool:
    """Whether a sentence denies anything at all, be it without a "not"."""
    return any(_is_cue(word) or word.stem in _DENYING for word in sentence)


def _only_the_other_way(head: _Said, others: Sequence[_Said]) -> bool:
    """Whether the others have the denied word, and nowhere deny it, be it without a "not"."""
    alike = [one for one in others if one.word.stem == head.word.stem]
    if not alike:
        meant = same_meaning(head.word.stem)
        alike = [one for one in others if one.word.stem in meant]
    exact = [one for one in alike if one.following == head.following]
    return bool(alike) and not any(
        one.negated or one.denied_by - (head.denied_by - {"not"}) for one in exact or alike
    )
