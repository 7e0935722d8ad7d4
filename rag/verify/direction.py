"""Direction: does the claim point the other way than its evidence, about the same thing?

Each direction word speaks on an axis ("amount", "speed", "quality" ...) with a sign, near the words
that it is about. A claim is faulted where its evidence, about the same words on the same axis, has
the other sign, and nothing of the same sign as near.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rag.text.synonyms import same_meaning
from rag.text.words import Word
from rag.verify.negation import SOFTENERS, is_cue
from rag.verify.opposites import BEATS, GAINS, QUALITY, entries, is_verdict, valence

_MARGIN = 0.3  # how much nearer the opposite must stand than a word of the same direction
# How near the opposite must stand at least: a "large" model and a "small" rule are no opposites.
_LEAST, _LEAST_OF_QUALITIES = 0.2, 0.6
_MOVES = frozenset({"amount", "speed"})
_BEHIND = 0.5
_DERIVED = 0.6  # what nearness is worth where only good and bad are opposed
_SCANT = frozenset("little few negligible minimal minor low limited no".split())
_ADJECTIVE = ("ent", "ant", "ive", "able", "ible", "ate", "al", "ous", "ic", "ly", "ful", "cise")
_NUMBER_WORDS = frozenset(
    "a one two three four five six seven eight nine ten twenty thirty forty fifty half twice "
    "hundred thousand million billion over".split()
)


@dataclass(frozen=True, slots=True)
class Direction:
    """One word that points: its place among the words, its signs by axis, what it is about.

    ``about`` weighs the stems around the word in (0, 1]: what follows more than what precedes.
    ``before`` and ``after`` are the two sides of a comparison, empty where it compares nothing.
    ``denied`` means that a "not" has turned the signs: good for agreement, too weak for a fault.
    """

    index: int
    signs: Mapping[str, int]
    about: Mapping[str, float]
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    denied: bool = False


def directions(sentence: Sequence[Word]) -> tuple[Direction, ...]:
    """The direction words of one sentence, in order."""
    found: list[Direction] = []
    flip = 1
    for i, word in enumerate(sentence):
        lowered = word.text.lower()
        following = sentence[i + 1 : i + 7]
        if lowered in ("more", "less", "most", "least") and _modifies(following[:2]):
            adjective = following[0]
            if not entries(adjective):
                sign = 1 if lowered in ("more", "most") else -1
                found.append(Direction(i, {f"{adjective.stem}": sign}, {adjective.stem: 1.0}))
            elif lowered in ("less", "least"):
                flip = -1  # "less efficient" is "inefficient"
            continue
        axes = entries(word)
        if not axes or _bounds_a_figure(sentence, i):
            continue
        denied = _is_denied(sentence, i)
        sign = -flip if denied else flip
        flip = 1
        ahead = _until_next(following)[:4]
        behind = [other.stem for other in _clause_before(sentence, i) if other.is_content][-4:]
        signs = {axis: sign * way for axis, way in axes}
        _weigh_quality(signs, word, ahead, behind)
        heaviest = _BEHIND if ahead else 0.7  # what has an object is about its object
        about = {one: heaviest * (1 - 0.2 * place) for place, one in enumerate(behind[::-1])}
        about |= {one: 1.0 - 0.2 * place for place, one in enumerate(ahead)}
        before, after = _compared(sentence, i)
        found.append(Direction(i, signs, about, before, after, denied))
    return tuple(found)


def _weigh_quality(
    signs: dict[str, int], word: Word, ahead: Sequence[str], behind: Sequence[str]
) -> None:
    """Adds what the direction means for quality: slower is worse, and so is more latency."""
    for axis, worth in QUALITY.items():
        if axis in signs:
            signs["quality"] = worth * signs[axis]
    if "amount" not in signs:
        return
    # The last noun says what "energy efficiency" is.
    worth = next((v for v in map(valence, [*ahead[1::-1], *behind[::-1]]) if v), 0)
    if word.stem in GAINS:
        signs["quality"] = signs["amount"]
    elif worth:
        signs["quality"] = signs["amount"] * worth


def _modifies(following: Sequence[Word]) -> bool:
    """Whether "more" is about an adjective or adverb, not about how much there is of a thing."""
    if not following:
        return False
    if entries(following[0]):
        return True
    noun_follows = len(following) > 1 and following[1].is_content  # "more historical data"
    return following[0].text.lower().endswith(_ADJECTIVE) and not noun_follows


def _is_denied(sentence: Sequence[Word], i: int) -> bool:
    """ "Never worse", "without losing", "little loss"."""
    if i and sentence[i - 1].text.lower() in _SCANT:
        return True
    if sentence[0].text.lower() in ("no", "none", "neither", "nothing"):  # "no method does better"
        return True
    for j in range(max(0, i - 3), i):
        if is_cue(sentence[j]) and sentence[j + 1].text.lower() not in SOFTENERS:
            between = sentence[j + 1 : i]
            return len(between) < 3 and not any(entries(word) for word in between)
    return False


def _clause_before(sentence: Sequence[Word], i: int) -> Sequence[Word]:
    """The words before ``i`` back to a comma: punctuation leaves a gap of two signs or more."""
    start = i
    while start > 0 and i - start < 12:
        gap = sentence[start].start - sentence[start - 1].end
        if gap > 1 and not sentence[start - 1].text[-1].isdigit():  # "4.5% higher"
            break
        start -= 1
    return sentence[start:i]


def _compared(sentence: Sequence[Word], i: int) -> tuple[frozenset[str], frozenset[str]]:
    """What stands on either side where a word compares: "A beats B", "A is faster than B"."""
    lowered = [word.text.lower() for word in sentence[i : i + 6]]
    if sentence[i].stem not in BEATS and "than" not in lowered:
        return frozenset(), frozenset()
    turn = i + (lowered.index("than") if "than" in lowered else 0)
    before = {word.stem for word in [w for w in sentence[:i] if w.is_content][-3:]}
    after = {word.stem for word in [w for w in sentence[turn + 1 :] if w.is_content][:3]}
    return frozenset(before - after), frozenset(after - before)


def opposite(claim: Sequence[Word], evidence: Sequence[Sequence[Word]]) -> tuple[Word, Word] | None:
    """The claim's word and the evidence's that point apart about the same thing, else None."""
    theirs = [
        (words, direction, 1.0 if i == 0 else 0.6)
        for i, words in enumerate(evidence)
        for direction in directions(words)
    ]
    for ours in directions(claim):
        word = claim[ours.index]
        if _is_pair(claim, ours.index):
            continue
        agree, against, culprit = 0.0, 0.0, None
        for words, their, weight in theirs:
            axes = ours.signs.keys() & their.signs.keys()
            near = weight * _shared(ours.about, their.about) if axes else 0.0
            if axes == {"quality"}:
                near *= _DERIVED
            if not near or (
                axes == {"quality"} and "thrift" in ours.signs.keys() | their.signs.keys()
            ):
                continue  # what is saved or wasted is good or bad by its own name only
            crossed = _crossed(ours, their)
            # What both say outright counts before what it means for quality.
            decisive = axes - {"quality"} or axes
            same_way = any(ours.signs[axis] == their.signs[axis] for axis in decisive)
            if same_way != crossed:  # A beats B, or B is beaten by A
                agree = max(agree, near + 0.3 * (words[their.index].stem == word.stem))
            elif near > max(against, _least(decisive)) and not (ours.denied or their.denied):
                against, culprit = near, words[their.index]
        if not agree and not against and evidence:
            culprit = _flat_contrary(word, ours, evidence[0])
            against = 1.0 if culprit else 0.0
        if culprit is not None and against > agree + (_MARGIN if agree else 0.0):
            return word, culprit
    return _prefixed(claim, evidence)


def _least(axes: Collection[str]) -> float:
    return _LEAST if _MOVES.intersection(axes) else _LEAST_OF_QUALITIES * _DERIVED


def _is_pair(claim: Sequence[Word], i: int) -> bool:
    """ "Quick and slow", "lower or upper": both ends are named, neither is meant."""
    signs = dict(entries(claim[i]))
    for j in (i - 2, i + 2):
        if 0 <= j < len(claim) and claim[(i + j) // 2].text.lower() in ("and", "or", "to", "nor"):
            other = dict(entries(claim[j]))
            if any(signs[axis] == -other[axis] for axis in signs.keys() & other.keys()):
                return True
    return False


def _crossed(ours: Direction, theirs: Direction) -> bool:
    """Whether what wins in one text loses in the other."""
    straight = len(ours.before & theirs.before) + len(ours.after & theirs.after)
    swapped = len(ours.before & theirs.after) + len(ours.after & theirs.before)
    return swapped > straight


def _flat_contrary(word: Word, ours: Direction, best: Sequence[Word]) -> Word | None:
    """The best sentence's verdict where the claim's is the opposite, whatever they are about."""
    if not is_verdict(word):
        return None
    verdicts = [d for d in directions(best) if "quality" in d.signs]
    if verdicts and all(
        (d.signs["quality"] != ours.signs["quality"]) != _crossed(ours, d) for d in verdicts
    ):
        return best[verdicts[0].index]
    return None


def _prefixed(
    claim: Sequence[Word], evidence: Sequence[Sequence[Word]]
) -> tuple[Word, Word] | None:
    """The claim's "inaccurate" where the evidence has "accurate" only, or the other way round."""
    if any(is_cue(word) for words in (claim, *evidence) for word in words):
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


def _until_next(sentence: Sequence[Word]) -> list[str]:
    """The content stems up to the next direction word: what follows that is its own."""
    stems: list[str] = []
    for word in sentence:
        if entries(word):
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
