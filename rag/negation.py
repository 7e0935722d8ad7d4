"""Negation: does one text deny what the other affirms?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.synonyms import same_meaning
from rag.words import Word, stem

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
        "incapable unlikely contrary refuse reject beyond out".split(),
    )
)
SOFTENERS = frozenset("only just longer necessarily".split())  # "not only", "no longer"
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
        if not is_cue(word):
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
            said[i] = replace(denied, negated=True)
            heads.append(said[i])
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
        if _is_not(word) and following.text.lower() not in SOFTENERS
    ]
    if denials and not any(_denies(words, claim) for words in evidence):
        return denials[0]
    for head in their_heads:
        # Other words may state what the evidence denies of a word: only the same pair counts.
        followed = [one for one in ours if one.following == head.following]
        if _only_the_other_way(head, followed):
            return head.word
    return None


def _is_not(word: Word) -> bool:
    return word.text.lower() in ("not", "cannot") or word.text.lower().endswith(("n't", "n’t"))


def _denies(sentence: Sequence[Word], claim: Sequence[Word]) -> bool:
    """Whether a sentence denies anything that the claim doesn't in the same word."""
    said = {word.stem for word in claim}
    return any(is_cue(word) or (_is_denying(word) and word.stem not in said) for word in sentence)


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
