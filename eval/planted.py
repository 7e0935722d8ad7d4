"""Faults planted in true sentences, so that the support check can be measured on known wrongs.

Each function gives the sentence with one thing changed, or None where it has nothing to change.
The same ``Random`` gives the same faults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

Plant = Callable[[str, Random], str | None]

# Digits that stand for themselves: not inside A100, GPT-4 or 2-bit-Llama-70B.
_FIGURE = re.compile(
    r"(?<![\w.@^-])\$?\d[\d,]*(?:\.\d+)?(?=\s|%|x\b|-fold|[KMB]\b|\s?[GM]B|[,.;)]|$)"
)
_SYSTEM = re.compile(
    r"(?<![\w-])(?:[A-Za-z]*[a-z][A-Za-z]*[A-Z][\w-]*|[A-Z]\w*[A-Z]\w*[a-z]\w+)(?![\w-])"
)
_UNITS = (
    (r"(?<=\d)%", "x"), (r"(?<=\d)x\b", "%"), (r"(?<=\d)-fold\b", "%"), (r"(?<=\d) times\b", "%"),
    (r"(?<=\d) percent\b", "x"), (r"(?<=\d)(\s?)GB\b", r"\1MB"), (r"(?<=\d)(\s?)MB\b", r"\1GB"),
    (r"(?<=\d) GPU hours\b", " GPU days"), (r"(?<=\d) GPU days?\b", " GPU hours"),
    (r"(?<=\d) hours\b", " days"), (r"(?<=\d) days?\b", " hours"),
    (r"(?<=\d) minutes\b", " seconds"), (r"(?<=\d) seconds\b", " minutes"),
    (r"(?<=\d)(\s?)ms\b", r"\1s"), (r"(?<=\d)B\b", "M"), (r"(?<=\d)M\b", "B"),
    (r"(?<=\d)([\s-])billion\b", r"\1million"), (r"(?<=\d)([\s-])million\b", r"\1billion"),
)  # fmt: skip
_OPPOSITES = dict(
    pair.split("/")
    for pair in (
        "increases/decreases decreases/increases raises/lowers lowers/raises improves/worsens "
        "reduces/increases cuts/raises faster/slower slower/faster more/less less/more "
        "fewer/more higher/lower lower/higher better/worse worse/better larger/smaller "
        "smaller/larger outperforms/underperforms outperform/underperform beats/trails "
        "beat/trail rises/falls falls/rises increase/decrease decrease/increase raise/lower "
        "reduce/increase improve/worsen improving/worsening reducing/increasing cheaper/costlier "
        "cheap/expensive expensive/cheap efficient/inefficient stable/unstable easier/harder "
        "easy/difficult difficult/easy saves/wastes boosts/hurts boost/drop gains/loses "
        "accurate/inaccurate stronger/weaker strong/weak speeds/slows shrinks/enlarges "
        "increased/decreased reduced/increased improved/worsened lowering/raising "
        "greater/smaller longer/shorter shorter/longer"
    ).split()
)
_VERB = re.compile(
    r"\b(is|are|can|has|have|does|do|will|may|was|were|needs?|uses?|lets?|makes?|gives?|keeps?"
    r"|reduces?|improves?|raises?|cuts?|beats?|outperforms?|reaches|achieves?|runs?|trains?"
    r"|supports?|includes?|relies|selects?|learns?|produces?|covers?|takes?|allows?|shows?)\b"
)
_DENIAL = re.compile(r"\b(?:does not|do not|did not|is not|are not|cannot|without|never)\b")
_AUXILIARIES = frozenset("is are can has have will may was were".split())


def other_figure(sentence: str, random: Random) -> str | None:
    """One figure becomes another of the same size and form."""
    found = list(_FIGURE.finditer(sentence))
    if not found:
        return None
    match = random.choice(found)
    digits = [i for i, char in enumerate(match.group()) if char.isdigit()]
    changed = list(match.group())
    for _ in range(20):
        place = random.choice(digits[: max(1, len(digits) - 1)])
        changed[place] = random.choice("123456789")
        if "".join(changed) != match.group():
            break
    return sentence[: match.start()] + "".join(changed) + sentence[match.end() :]


def other_unit(sentence: str, random: Random) -> str | None:
    """One unit becomes another: % and x, GB and MB, hours and days, billion and million."""
    found = [
        (match, match.expand(new)) for old, new in _UNITS for match in re.finditer(old, sentence)
    ]
    if not found:
        return None
    match, new = random.choice(found)
    return sentence[: match.start()] + new + sentence[match.end() :]


def other_name(systems: Sequence[str]) -> Plant:
    """A planter that turns all mentions of one system into one of ``systems`` not named there."""

    def plant(sentence: str, random: Random) -> str | None:
        found = sorted({match.group() for match in _SYSTEM.finditer(sentence)})
        others = [system for system in systems if system.lower() not in sentence.lower()]
        if not found or not others:
            return None
        old = random.choice(found)
        return re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", random.choice(others), sentence)

    return plant


def other_direction(sentence: str, random: Random) -> str | None:
    """One direction word becomes its opposite."""
    found = [match for match in re.finditer(r"[A-Za-z]+", sentence) if match.group() in _OPPOSITES]
    if not found:
        return None
    match = random.choice(found)
    return sentence[: match.start()] + _OPPOSITES[match.group()] + sentence[match.end() :]


def other_polarity(sentence: str, random: Random) -> str | None:
    """A "not" more, or one less."""
    if denial := _DENIAL.search(sentence):
        plain = {"cannot": "can", "without": "with", "never": "always"}
        changed = plain.get(denial.group()) or denial.group().removesuffix(" not")
        return sentence[: denial.start()] + changed + sentence[denial.end() :]
    match = _VERB.search(sentence)
    if match is None:
        return None
    verb = match.group()
    if verb in _AUXILIARIES:
        changed = "cannot" if verb == "can" else f"{verb} not"
    elif verb in ("does", "do"):
        changed = f"{verb} not"
    else:
        plural = not verb.endswith("s")
        base = verb if plural else {"relies": "rely", "reaches": "reach"}.get(verb, verb[:-1])
        changed = f"{'do' if plural else 'does'} not {base}"
    return sentence[: match.start()] + changed + sentence[match.end() :]


def systems_of(titles: Sequence[str]) -> list[str]:
    """The systems that titles of the form "GaLore: Memory-Efficient ..." name."""
    heads = [title.partition(":")[0].strip() for title in titles if ":" in title]
    return sorted({head for head in heads if _SYSTEM.fullmatch(head)})


def plants(titles: Sequence[str]) -> dict[str, Plant]:
    """All planters by name; names come from papers with these ``titles``."""
    return {
        "figure": other_figure,
        "name": other_name(systems_of(titles)),
        "direction": other_direction,
        "negation": other_polarity,
        "unit": other_unit,
    }
