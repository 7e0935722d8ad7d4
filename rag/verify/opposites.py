"""Own table of opposites: which words point up or down on which axis, and what that is good for."""

from __future__ import annotations

from rag.text.words import Word, stem

# axis: words that raise it | words that lower it.
_AXES = (
    """
amount: increase raise grow rise gain climb more higher greater larger longer bigger boost
  expand enlarge extend amplify elevate heighten lift maximize widen highest largest |
  reduce lower cut decrease drop fall shrink less fewer smaller shorter minimize diminish
  lose lessen shorten decline trim curb slash narrow mitigate alleviate ease relieve
  lowest smallest
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
permission: allow enable permit let | prevent prohibit forbid block hinder
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
robustness: robust robustness | fragile brittle
supervision: supervised | unsupervised
linearity: linear | nonlinear
likelihood: likely | unlikely
positivity: positive positively | negative negatively
safety: safe safely | unsafe dangerous
central: centralized | decentralized
uniform: homogeneous uniform | heterogeneous
balance: balanced | imbalanced unbalanced
structure: structured | unstructured
reliability: reliable reliably | unreliable
tie: add attach insert | remove delete detach eliminate
agree: agree support confirm | disagree contradict refute
thrift: save | waste
sameness: same identical shared joint jointly | separate separately different distinct disjoint
number: single | multiple several many numerous various
order: parallel concurrent concurrently simultaneous simultaneously | sequential sequentially serial
  serially
manual: manual manually | automatic automatically automated
exactness: exact | approximate
frequency: always often frequently usually frequent | rarely seldom rare infrequent infrequently
recency: newer newest latest modern | older oldest outdated
reach: local locally | global globally
inside: internal internally | external externally
completeness: full complete entire completely fully | partial partially incomplete
symmetry: symmetric | asymmetric
explicitness: explicit explicitly | implicit implicitly
continuity: continuous continuously | discrete
depth: deep deeper | shallow shallower
width: wide wider broad broader | narrow narrower
weight: heavy heavier | light lighter lightweight
generality: general generic universal | specific specialized
abundance: abundant plentiful | scarce
strictness: strict tight | loose relaxed
warmth: hot warm | cold
share: majority | minority
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
# What these axes mean for quality, where nothing else is said: slower is worse.
QUALITY = {"speed": 1, "price": -1, "efficiency": 1, "accuracy": 1, "thrift": 1, "stability": 1}
GAINS = frozenset(map(stem, "gain benefit advantage boost speedup improvement".split()))
BEATS = frozenset(map(stem, "beat outperform surpass exceed outdo underperform trail lag".split()))


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


def entries(word: Word) -> tuple[tuple[str, int], ...]:
    """The axes on which a word points, with its sign on each; none for most words."""
    return _BY_WORD.get(word.text.lower()) or _BY_STEM.get(word.stem, ())


def valence(one: str) -> int:
    """1 where more of the stem is good (throughput), -1 where it is bad (latency), else 0."""
    return 1 if one in _GOOD else -1 if one in _BAD else 0


def is_verdict(word: Word) -> bool:
    """Whether the word says no more than better or worse."""
    return bool(entries(word)) and all(axis == "quality" for axis, _ in entries(word))
