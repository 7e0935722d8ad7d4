"""What a claim says and its evidence doesn't: figures, units, names, negation, direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ingest.sentences import Span, sentence_spans
from rag.text.figures import Figure, figures
from rag.text.mentions import KnownNames, key, mentions
from rag.text.same_figures import same, same_value
from rag.text.words import Word, words
from rag.verify.direction import opposite
from rag.verify.negation import denied

FaultKind = Literal["figure", "unit", "name", "negation", "direction", "uncovered", "swap"]

_RARE = 5.0  # the idf of a word that the table lacks
_SIDES = frozenset({"above", "below"})
_DIGITS_OF_YEAR = 4
# What a word at the far end of a sentence tells of whose a figure is, beside the one next to it;
# and by how much (in idf) more words must speak for another figure of the same measure.
_FAR, _MORE = 0.5, 1.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that the evidence doesn't bear out: its kind, the claim's words, and why.

    ``hard`` faults mean that the claim isn't supported, whatever the score.
    """

    kind: FaultKind
    words: str
    reason: str
    hard: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """A figure and the stems of its sentence, the nearer the heavier, in (0.5, 1].

    ``start_of`` is the other end where it begins a change: "from 80 ms to 45 ms".
    """

    figure: Figure
    around: Mapping[str, float]
    start_of: Figure | None = None


def places(text: str) -> tuple[Place, ...]:
    """The figures of ``text`` with what stands around each."""
    found = figures(text)
    spans = sentence_spans(text) if found else ()
    return tuple(
        Place(
            figure,
            _around(text, figure, spans),
            following if _goes(text, figure, following) else None,
        )
        for figure, following in zip(found, [*found[1:], None], strict=False)
    )


def _goes(text: str, figure: Figure, following: Figure | None) -> bool:
    return (
        following is not None
        and text[max(0, figure.start - 9) : figure.start].rstrip().lower().endswith("from")
        and text[figure.end : following.start].strip().lower() == "to"
    )


def _around(text: str, figure: Figure, spans: Sequence[Span]) -> dict[str, float]:
    start, end = next((one for one in spans if figure.start < one[1]), (0, len(text)))
    around: dict[str, float] = {}
    for side in (words(text[start : figure.start])[::-1], words(text[figure.end : end])):
        for distance, word in enumerate(word for word in side if word.is_content):
            weight = _FAR + (1 - _FAR) / (1.0 + 0.5 * distance)
            around[word.stem] = max(weight, around.get(word.stem, 0.0))
    return around


def figure_faults(
    claim: str, given: Sequence[Place], idf: Mapping[str, float]
) -> tuple[Fault, ...]:
    """The claim's figures that are not among the ``given`` ones, or belong to something else."""
    told = places(claim)
    faults = (_figure_fault(place, told, given, idf) for place in told)
    return tuple(fault for fault in faults if fault is not None)


def _figure_fault(
    place: Place, told: Sequence[Place], given: Sequence[Place], idf: Mapping[str, float]
) -> Fault | None:
    figure = place.figure
    if figure.in_name:
        return None  # the name is checked as a name
    written = figure.text.strip()
    found = [other for other in given if same(figure, other.figure)]
    if found:
        # "More than ten times as fast" takes less than a tenth of the time.
        bounds = {o.figure.bound for o in found if o.figure.measure == figure.measure} or {""}
        if figure.bound in _SIDES and bounds <= _SIDES - {figure.bound}:
            reason = f"the passage gives {written} as a bound from the other side"
            return Fault("direction", written, reason)
        return (
            _reversed(place, given)
            or _miscounted(figure, found, given)
            or _elsewhere(place, found, _rivals(place, told, given), idf)
        )
    if _is_difference(figure, [other.figure for other in given]):
        return None
    counted = [
        other.figure
        for other in given
        if other.figure.measure == "count" and set(other.figure.nouns) & set(figure.nouns)
    ]
    if _is_loose(figure, given, conflict=bool(counted)):
        return None
    units = [other.figure for other in given if same_value(figure, other.figure)]
    if units:
        reason = f"the passage has {units[0].text.strip()}, not {written}"
        return Fault("unit", written, reason)
    alike = counted or [
        o.figure for o in given if o.figure.measure == figure.measure and not _is_year(o.figure)
    ]
    has = ", ".join(dict.fromkeys(other.text.strip() for other in alike[:3]))
    reason = f"the passage has {has}" if has else "the passage has no such figure"
    return Fault("figure", written, reason)


def _is_year(figure: Figure) -> bool:
    """ "2024" alone, as a paper's year: nothing that stands in another figure's place."""
    bare = figure.measure == "count" and not figure.nouns and len(figure.digits) == _DIGITS_OF_YEAR
    return bare and figure.factor == 1.0 and 1800 <= figure.value < 2100


def _is_loose(figure: Figure, given: Sequence[Place], *, conflict: bool) -> bool:
    """Words that need not stand for a figure of the evidence: "its two parts", "a double role"."""
    if figure.measure.startswith("vague") or figure.measure in ("times", "fraction"):
        return figure.spelt and all(place.figure.measure != figure.measure for place in given)
    # "1 GPU" for "a single GPU", but PaLM 1 isn't PaLM 2
    small = figure.value <= (3 if figure.spelt else 1) and bool(figure.nouns or figure.spelt)
    return small and figure.measure == "count" and not conflict


def _is_difference(figure: Figure, given: Sequence[Figure]) -> bool:
    """ "Ten points more" where the evidence says from 59.8% to 69.8%."""
    if figure.measure != "points" and "point" not in figure.text:
        return False
    shares = [other.value for other in given if other.measure == "percent"]
    return any(
        abs(abs(one - other) - figure.value) < 0.0051
        for one, other in zip(shares, shares[1:], strict=False)
    )


def _miscounted(figure: Figure, found: Sequence[Place], given: Sequence[Place]) -> Fault | None:
    """The figure counts one thing in the claim, another in the evidence, which has its own."""
    if figure.measure != "count" or not figure.nouns:
        return None
    if any(not o.figure.nouns or set(o.figure.nouns) & set(figure.nouns) for o in found):
        return None
    for place in given:
        other = place.figure
        if other.measure == "count" and other.nouns[:1] == figure.nouns[:1] and not other.in_name:
            written = figure.text.strip()
            return Fault("figure", written, f"the passage has {other.text.strip()} there")
    return None


def _reversed(place: Place, given: Sequence[Place]) -> Fault | None:
    """ "From 45 to 80" where the evidence goes from 80 to 45."""
    if place.start_of is None:
        return None
    ends = [(other.figure, other.start_of) for other in given if other.start_of is not None]
    if any(same(place.figure, b) and same(place.start_of, a) for a, b in ends) and not any(
        same(place.figure, a) and same(place.start_of, b) for a, b in ends
    ):
        reason = "the passage goes the other way"
        return Fault("direction", place.figure.text.strip(), reason)
    return None


def _rivals(place: Place, told: Sequence[Place], given: Sequence[Place]) -> list[Place]:
    """The evidence's other figures of the same measure, but for those that the claim has, too."""
    ours = place.figure
    return [
        other
        for other in given
        if other.figure.measure == ours.measure
        and not any(same(one.figure, replace(other.figure, bound="")) for one in told)
        and (ours.measure != "count" or other.figure.nouns[:1] == ours.nouns[:1])
        and not (_is_year(other.figure) and not _is_year(ours))
    ]


def _elsewhere(
    place: Place, found: Sequence[Place], rivals: Sequence[Place], idf: Mapping[str, float]
) -> Fault | None:
    """The figure is in the evidence, but another stands where the claim puts it."""

    def nearness(other: Place) -> float:
        shared = place.around.keys() & other.around.keys()
        return sum(place.around[s] * other.around[s] * idf.get(s, _RARE) for s in shared)

    rival = max(rivals, key=nearness, default=None)
    if rival is None or nearness(rival) <= max(map(nearness, found)) + _MORE:
        return None
    reason = f"the passage has {rival.figure.text.strip()} there"
    return Fault("figure", place.figure.text.strip(), reason)


def name_faults(claim: str, known: KnownNames) -> tuple[Fault, ...]:
    """The claim's names that ``known`` lacks, each once."""
    faults: list[Fault] = []
    seen: set[str] = set()
    units = [figure for figure in figures(claim) if not figure.in_name]  # "2.2 MB/s"
    for name in mentions(claim):
        of_figure = any(one.start <= name.start < one.end for one in units)
        if of_figure or key(name.text) in seen or name.text in known:
            continue
        seen.add(key(name.text))
        reason = "neither the passage nor its title has this name"
        faults.append(Fault("name", name.text, reason, hard=name.sure))
    return tuple(faults)


def polarity_faults(
    said: Sequence[Word],
    evidence: Sequence[Sequence[Word]],
    passage: Sequence[Sequence[Word]] = (),
) -> tuple[Fault, ...]:
    """Where the claim denies what the evidence affirms, or points the other way.

    ``evidence`` are the sentences that bear the claim out, the best first, ``passage`` all of them.
    """
    faults: list[Fault] = []
    word = denied(said, evidence[0], passage) if evidence else None
    if word is not None:
        reason = "the passage affirms what the sentence denies, or the other way round"
        faults.append(Fault("negation", word.text, reason))
    turned = opposite(said, evidence)
    if turned is not None:
        reason = f"the passage says “{turned[1].text}”"
        faults.append(Fault("direction", turned[0].text, reason))
    return tuple(faults)
