"""Negation: does one text deny what the other affirms?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from rag.text.synonyms import same_meaning
from rag.text.words import Word, document_frequencies, stem
from rag.verify.opposites import entries

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
        "incapable unlikely contrary refuse reject beyond out poor poorly less fewer worse away "
        "aside still face nobody barely".split(),
    )
)
# Where one of these stands, a change that the claim denies may be what the evidence says.
_KEEPING = frozenset(
    map(stem, "keep stay remain maintain preserve retain same constant comparable original".split())
)
# "not only", "no longer", "not always", "not quite": half a denial, and in other words none at all.
SOFTENERS = frozenset(
    "only just longer necessarily always quite as by fully entirely all every much other "
    "doubt".split()
)
# What a "no" or "never" before it turns into something good.
_WORSE = frozenset(map(stem, "worse less fewer fail lose loss hurt suffer compromise".split()))
_PREFIXES = ("un", "in", "im", "non")
# Words that begin like a denial and deny nothing: "improve" has nothing to do with "prove".
_NOT_PREFIXED = frozenset(
    map(
        stem,
        "information improve import important intend intent install invent invest impress inform "
        "increase inference input instance index indicate internal interest intense union unit "
        "unique universal implement impact image instruct inspire inspect".split(),
    )
)
_FREQUENT = 100  # texts of the table that a word must stand in for its prefix to be one
# Verbs that say little by themselves: what is denied is what follows.
_LIGHT = frozenset(
    map(
        stem,
        "use achieve need require take make give get reach obtain do perform provide offer have "
        "run involve rely show keep work".split(),
    )
)


@dataclass(frozen=True, slots=True)
class _Said:
    """A content word as one text has it: what follows, and whether it is denied there."""

    word: Word
    following: str
    near: frozenset[str]  # the content words either side, three at most
    negated: bool
    denied_by: frozenset[str]  # stems of denying words and cues nearby
    scope: tuple[Word, ...] = ()  # what the "not" reaches, where there is one


def is_cue(word: Word) -> bool:
    """Whether the word denies what follows: not, never, without, can't."""
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
            frozenset(sentence[j].stem for j in content[max(0, place - 3) : place + 4] if j != i),
            False,
            frozenset(word.stem for word in around if _is_denying(word))
            | frozenset("not" for word in sentence[max(0, i - 6) : i + 4] if is_cue(word)),
        )
    heads: list[_Said] = []
    for cue, word in enumerate(sentence):
        if not is_cue(word) or _is_doubled(sentence, cue):
            continue
        passes = word.text.lower() not in ("no", "without", "neither", "nor", "never")
        reach = sentence[cue + 1 : cue + 7]
        if not reach or reach[0].text.lower() in SOFTENERS:
            continue
        # "does not significantly need the cache" denies the cache: adverbs and light verbs pass.
        for i in range(cue + 1, cue + 1 + len(reach)):
            if i not in said or sentence[i].text.endswith("ly"):
                continue
            if passes and sentence[i].stem in _LIGHT:
                continue
            denied = said[i]
            said[i] = replace(denied, negated=True, scope=tuple(reach))
            heads.append(said[i])
            break
    return list(said.values()), heads


def denied(
    claim: Sequence[Word], evidence: Sequence[Word], passage: Sequence[Sequence[Word]] = ()
) -> Word | None:
    """A word that is negated in one text and asserted in the other, else None.

    ``evidence`` is the sentence that bears the claim out best, ``passage`` all that are known: a
    denial is borne out wherever it stands.
    """
    ours, our_heads = _reading(claim)
    theirs, their_heads = _reading(evidence)
    denials = [_denial(sentence) for sentence in passage]
    for head in our_heads:
        if _only_the_other_way(head, theirs) and not _borne_out(head.scope, evidence, denials):
            return head.word
    for cue, word in enumerate(claim[:-1]):
        if not _is_not(word) or claim[cue + 1].text.lower() in SOFTENERS or _is_doubled(claim, cue):
            continue
        if not _denies(evidence, claim) and not _borne_out(
            claim[cue + 1 : cue + 7], evidence, denials
        ):
            return word
    for head in their_heads:
        # Other words may state what the evidence denies of a word: only the same pair counts.
        followed = [one for one in ours if one.following == head.following]
        if _only_the_other_way(head, followed):
            return head.word
    return None


def _is_not(word: Word) -> bool:
    return word.text.lower() in ("not", "cannot") or word.text.lower().endswith(("n't", "n’t"))


def _is_doubled(sentence: Sequence[Word], cue: int) -> bool:
    """ "No less accurate", "never fails", "not without": what is denied denies."""
    following = sentence[cue + 1 : cue + 3]
    if sentence[cue].text.lower() == "nor":
        return True  # its "neither" is looked at
    if cue and sentence[cue - 1].text.lower() == "but":
        return True  # "with ReMax but not with PPO": what is denied was said before
    return any(is_cue(word) or word.stem in _WORSE for word in following)


def _denial(sentence: Sequence[Word]) -> frozenset[str]:
    """The stems that the "not"s of a sentence reach."""
    reached: set[str] = set()
    for cue, word in enumerate(sentence):
        if is_cue(word):
            reached.update(one.stem for one in _content(sentence[cue + 1 : cue + 7])[:3])
    return frozenset(reached)


def _content(sentence: Iterable[Word]) -> list[Word]:
    return [word for word in sentence if word.is_content and word.stem not in _LIGHT]


def _borne_out(
    scope: Sequence[Word], evidence: Sequence[Word], denials: Sequence[frozenset[str]]
) -> bool:
    """Whether the passage says in other words what the claim's "not" says of ``scope``.

    By a denial elsewhere, by a prefix (not accurate, inaccurate), by an opposite (not cheap,
    costly), or by saying that something stays (does not lower, keeps).
    """
    reached = [word.stem for word in _content(scope)]
    wanted = reached[:2]
    for denial in denials:
        if wanted and all(_is_among(one, denial) for one in wanted):
            return True
    stems = {word.stem for word in evidence}
    if any(_unprefixed(one) in reached for one in stems):
        return True
    if any(_unprefixed(one) in stems for one in reached):
        return True
    first = _content(scope)[:1]
    if any(word.stem in stems for word in first):
        return False  # the very word stands there: no other needs to say it
    if any(entries(word) for word in first) and stems & _KEEPING:
        return True
    return any(
        axis == other and sign == -way
        for word in first
        for axis, sign in entries(word)
        for theirs in evidence
        for other, way in entries(theirs)
    )


def _is_among(one: str, stems: frozenset[str]) -> bool:
    return one in stems or bool(same_meaning(one) & stems)


@cache
def _unprefixed(one: str) -> str | None:
    """What a stem denies by its prefix: "accur" for "inaccur"; None for most."""
    if one in _NOT_PREFIXED:
        return None
    _, counts = document_frequencies()
    for prefix in _PREFIXES:
        bare = one.removeprefix(prefix)
        if bare != one and len(bare) >= 4 and counts.get(bare, 0) >= _FREQUENT:
            return bare
    return None


def _denies(sentence: Sequence[Word], claim: Sequence[Word]) -> bool:
    """Whether a sentence denies anything, in words that don't merely repeat the claim's."""
    said = {word.stem for word in claim}
    said.update(*(same_meaning(word.stem) for word in claim if word.is_content))
    return any(
        is_cue(word)
        or (_is_denying(word) and word.stem not in said)
        or (_unprefixed(word.stem) is not None and word.stem not in said)
        for word in sentence
    )


def _is_denying(word: Word) -> bool:
    return word.stem in _DENYING and word.text[1:].islower()  # ZeRO is a name


def _only_the_other_way(head: _Said, others: Sequence[_Said]) -> bool:
    """Whether the others have the denied word, and nowhere deny it, be it without a "not"."""
    alike = [one for one in others if one.word.stem == head.word.stem]
    if not alike:
        meant = same_meaning(head.word.stem)
        alike = [one for one in others if one.word.stem in meant]
    alike = [one for one in alike if not head.near or one.near & head.near]
    exact = [one for one in alike if one.following == head.following]
    return bool(alike) and not any(
        one.negated or one.denied_by - (head.denied_by - {"not"}) for one in exact or alike
    )
