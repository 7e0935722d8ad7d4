"""Does a claim deny what its evidence affirms, or point the other way, about the same thing?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rag.text.words import Word, stem
from rag.verify.opposites import BEATS, entries

_CUES = frozenset(
    "not no never without neither nor cannot none hardly nothing nobody nowhere".split()
)
# Words that deny without a "not".
_DENYING = frozenset(
    map(
        stem,
        "avoid remove eliminate rather instead unlike lack fail unable free skip unnecessary only "
        "zero prevent except exclude absent bypass obviate few little rarely seldom impossible "
        "unclear overlook ignore neglect limited struggle miss insufficient prohibit vulnerable "
        "hard difficult unchanged untouched independent agnostic save spare differ different "
        "incapable unlikely contrary refuse reject beyond out poor poorly less fewer worse away "
        "aside still face nobody barely".split(),
    )
)
# "not only", "no longer", "not always", "not quite": half a denial, and in other words none at all.
_SOFTENERS = frozenset(
    "only just longer necessarily always quite as by fully entirely all every much other "
    "doubt".split()
)
# What a "no" or "never" before it turns into something good.
_WORSE = frozenset(map(stem, "worse less fewer fail lose loss hurt suffer compromise".split()))
# Verbs that say little by themselves: what is denied is what follows.
_LIGHT = frozenset(
    map(
        stem,
        "use achieve need require take make give get reach obtain do perform provide offer have "
        "run involve rely show keep work".split(),
    )
)
_SCANT = frozenset("little few negligible minimal minor low limited no".split())
_NUMBER_WORDS = frozenset(
    "a one two three four five six seven eight nine ten twenty thirty forty fifty half twice "
    "hundred thousand million billion over".split()
)
_BEFORE, _AFTER = 6, 4  # words either side of a word where a denial may be of it
_REACH = 6  # words after a "not" that it may deny
_ABOUT = 4  # content words either side that tell what a word of direction is about
_ELSEWHERE = 0.6  # what these count in another sentence than the best
_BEHIND = 0.6  # what those before a word count where others follow it
_LEAST = 0.5  # of them that opposites must share
_MARGIN = 0.3  # how many more of them the opposite must have than a word of the same direction


@dataclass(frozen=True, slots=True)
class _Pointing:
    """A word that points, its sign on each axis, the stems before and after it."""

    word: Word
    signs: Mapping[str, int]
    before: frozenset[str]
    after: frozenset[str]
    denied: bool


def denied(claim: Sequence[Word], evidence: Sequence[Word]) -> Word | None:
    """The "not" of one text where the other affirms the same, else None."""
    said = {word.stem for word in claim}
    nowhere = not _denies(evidence, said)
    for i in _denials(claim):
        plainly = claim[i].text.lower().replace("’", "'").endswith(("not", "n't"))
        if plainly and nowhere or _affirmed(_reached(claim, i)[:1], evidence, said):
            return claim[i]
    for i in _denials(evidence):
        reached = _reached(evidence, i)[:2]
        # Other words may state what the evidence denies of a word: only the same pair counts.
        if reached and said.issuperset(reached) and _affirmed(reached[:1], claim, ()):
            return evidence[i]
    return None


def _is_cue(word: Word) -> bool:
    lowered = word.text.lower().replace("’", "'")
    return lowered in _CUES or lowered.endswith("n't")


def _denials(sentence: Sequence[Word]) -> list[int]:
    """The places of its "not"s, less those that are half a denial or deny one."""
    return [
        i
        for i, word in enumerate(sentence[:-1])
        if _is_cue(word)
        and sentence[i + 1].text.lower() not in _SOFTENERS
        and not any(_is_cue(other) or other.stem in _WORSE for other in sentence[i + 1 : i + 3])
    ]


def _reached(sentence: Sequence[Word], i: int) -> list[str]:
    """What the "not" at ``i`` denies: "does not significantly need the cache" denies the cache."""
    return [
        word.stem
        for word in sentence[i + 1 : i + 1 + _REACH]
        if word.is_content and word.stem not in _LIGHT and not word.text.endswith("ly")
    ]


def _affirmed(stems: Collection[str], sentence: Sequence[Word], repeated: Collection[str]) -> bool:
    """Whether a sentence has one of the stems, and denies none of them."""
    places = [i for i, word in enumerate(sentence) if word.stem in stems]
    return bool(places) and not any(
        _denies(sentence[max(0, i - _BEFORE) : i + _AFTER], repeated) for i in places
    )


def _denies(sentence: Sequence[Word], repeated: Collection[str]) -> bool:
    """Whether it denies anything; a denying word that is ``repeated`` from the claim doesn't."""
    return any(
        _is_cue(word)
        or (word.stem in _DENYING and word.text[1:].islower() and word.stem not in repeated)
        for word in sentence
    )


def turned(claim: Sequence[Word], evidence: Sequence[Sequence[Word]]) -> tuple[Word, Word] | None:
    """The claim's word and the evidence's that point apart about the same thing, else None.

    ``evidence`` are sentences, the best first.
    """
    theirs = [
        (1.0 if not place else _ELSEWHERE, pointing)
        for place, sentence in enumerate(evidence)
        for pointing in _pointings(sentence)
    ]
    for ours in _pointings(claim):
        agree, against, culprit = 0.0, 0.0, None
        for weight, their in theirs:
            axes = ours.signs.keys() & their.signs.keys()
            shared = weight * _shared(ours, their)
            if not axes:
                continue
            if any(ours.signs[a] == their.signs[a] for a in axes) != _crossed(ours, their):
                same_word = ours.word.stem == their.word.stem
                agree = max(agree, shared + _MARGIN * same_word, 0.01)
            elif shared > against and not (ours.denied or their.denied):
                against, culprit = shared, their.word
        if culprit is not None and against >= _LEAST and against > agree + _MARGIN * bool(agree):
            return ours.word, culprit
    return None


def _shared(ours: _Pointing, theirs: _Pointing) -> float:
    """The words that both are about; those before a word count half where others follow it."""
    mine, their = _about(ours), _about(theirs)
    return sum(mine[one] * their[one] for one in mine.keys() & their.keys())


def _about(pointing: _Pointing) -> dict[str, float]:
    behind = _BEHIND if pointing.after else 1.0
    return dict.fromkeys(pointing.before, behind) | dict.fromkeys(pointing.after, 1.0)


def _crossed(ours: _Pointing, theirs: _Pointing) -> bool:
    """Whether what wins in one text loses in the other: A beats B, B is beaten by A."""
    if not {ours.word.stem, theirs.word.stem} & BEATS:
        return False
    straight = len(ours.before & theirs.before) + len(ours.after & theirs.after)
    return len(ours.before & theirs.after) + len(ours.after & theirs.before) > straight


def _pointings(sentence: Sequence[Word]) -> list[_Pointing]:
    """The words of one sentence that point somewhere, in order."""
    found: list[_Pointing] = []
    flip = 1
    for i, word in enumerate(sentence):
        if word.text.lower() in ("more", "most", "less", "least") and any(
            map(entries, sentence[i + 1 : i + 2])
        ):
            flip = -1 if word.text.lower() in ("less", "least") else flip
            continue  # "less efficient" is "inefficient"
        axes = () if _bounds_a_figure(sentence, i) else entries(word)
        if axes:
            is_denied = _is_denied(sentence, i)
            sign = -flip if is_denied else flip
            signs = {axis: sign * way for axis, way in axes}
            before = [other.stem for other in sentence[:i] if other.is_content][-_ABOUT:]
            after = [other.stem for other in sentence[i + 1 :] if other.is_content][:_ABOUT]
            found.append(_Pointing(word, signs, frozenset(before), frozenset(after), is_denied))
        flip = 1
    return found


def _is_denied(sentence: Sequence[Word], i: int) -> bool:
    """ "Never worse", "without losing", "little loss"."""
    if i and sentence[i - 1].text.lower() in _SCANT:
        return True
    return any(
        _is_cue(sentence[j]) and sentence[j + 1].text.lower() not in _SOFTENERS
        for j in range(max(0, i - 3), i)
    )


def _bounds_a_figure(sentence: Sequence[Word], i: int) -> bool:
    """ "More than 80%" and "at least 3" say how large a figure is, not where something goes."""
    before = sentence[i - 1].text.lower() if i else ""
    after = [word.text.lower() for word in sentence[i + 1 : i + 4]]
    if before in ("no", "at"):
        return True
    return after[:1] == ["than"] and any(
        word[0].isdigit() or word in _NUMBER_WORDS for word in after[1:]
    )
